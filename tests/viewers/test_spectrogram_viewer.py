"""The spectrogram viewer by keys and mouse: ranges, colours, cursor, pictures."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from models.payload import Spectrogram, Strip
from models.region import Region
from tests.viewers.mouse import wheel
from tests.viewers.spectrograms import BINS, COLUMNS, NONE, STEP, grabbed, pixel, reader, shown_viewer, span, strips
from widgets import theme
from widgets.charts.picture import picture
from widgets.spectrogram.colours import MAPS, decibels, level_colours, ramp
from widgets.spectrogram.place import Axis, strip_places, time_labels
from widgets.spectrogram.raster import Frame, visible_columns
from widgets.spectrogram.viewer import SpectrogramViewer

# Ranges


@pytest.fixture
def viewer(qtbot: QtBot, spectrogram: Spectrogram) -> Iterator[SpectrogramViewer]:
    yield from shown_viewer(qtbot, spectrogram)


def test_five_minutes_around_the_window_at_first(viewer: SpectrogramViewer) -> None:
    assert span(viewer) == (pytest.approx(3325), pytest.approx(3925))
    assert viewer.header.subtitle.text() == "±5 min"
    assert viewer.window_mark.window == (3600, 3650)
    assert viewer.window_mark.labelled == (3620, 3630)


def test_a_whole_recording_and_a_window_at_its_edge(viewer: SpectrogramViewer, spectrogram: Spectrogram) -> None:
    viewer.set_payload(replace(spectrogram, window=None, labelled=None))
    assert span(viewer) == (1.0, 1.0 + COLUMNS * STEP)
    assert viewer.header.subtitle.text() == "3 h"
    viewer.set_payload(replace(spectrogram, window=(0, 50), labelled=(20, 30)))
    assert span(viewer) == (1.0, 601.0)
    viewer.set_payload(replace(spectrogram, strips=strips(4, 24)))
    assert span(viewer) == (1.0, 49.0)


def test_keys_zoom_out_to_the_whole_and_come_home(viewer: SpectrogramViewer, qtbot: QtBot) -> None:
    qtbot.keyClick(viewer, Qt.Key.Key_Plus)
    assert span(viewer) == (pytest.approx(3475), pytest.approx(3775))
    qtbot.keyClick(viewer, Qt.Key.Key_Right)
    assert span(viewer)[0] == pytest.approx(3550)
    qtbot.keyClick(viewer, Qt.Key.Key_PageUp)
    assert span(viewer)[0] == pytest.approx(3250)
    for _ in range(9):
        qtbot.keyClick(viewer, Qt.Key.Key_Minus)
    assert span(viewer) == viewer.plot.bounds
    qtbot.keyClick(viewer, Qt.Key.Key_Home)
    assert span(viewer) == (pytest.approx(3325), pytest.approx(3925))


def test_the_button_shows_the_whole_and_the_window_again(viewer: SpectrogramViewer, qtbot: QtBot) -> None:
    button = viewer.findChild(QWidget, "spectrogram_whole")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert span(viewer) == viewer.plot.bounds
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert span(viewer) == (pytest.approx(3325), pytest.approx(3925))


def test_the_wheel_and_a_drag_move_and_control_zooms(viewer: SpectrogramViewer, qtbot: QtBot) -> None:
    port = viewer.plot.viewport()
    middle = viewer.plot.area().center()
    wheel(port, middle.toPoint(), -120)
    assert span(viewer)[0] == pytest.approx(3385)
    wheel(port, middle.toPoint(), 120, Qt.KeyboardModifier.ControlModifier)
    assert span(viewer)[1] - span(viewer)[0] == pytest.approx(480)
    left = span(viewer)[0]
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, NONE, middle.toPoint())
    for by in (20, 60):
        qtbot.mouseMove(port, middle.toPoint() + QPoint(by, 0))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, NONE, middle.toPoint() + QPoint(60, 0))
    assert span(viewer)[0] == pytest.approx(left - 60 / viewer.plot.area().width() * 480, abs=2)
    heights = viewer.plot.y_range()
    wheel(port, middle.toPoint(), 120, Qt.KeyboardModifier.ShiftModifier)
    assert viewer.plot.y_range() == heights


def test_another_window_of_the_same_recording_keeps_what_was_zoomed_to(
    viewer: SpectrogramViewer, spectrogram: Spectrogram
) -> None:
    first = replace(spectrogram, key="night")
    viewer.set_payload(first)
    other = replace(first, strips=strips(), window=(3700, 3750), labelled=(3720, 3730))
    viewer.set_payload(other)
    assert span(viewer) == (pytest.approx(3425), pytest.approx(4025))
    assert viewer.spectrogram is not None
    assert viewer.spectrogram.strips is first.strips
    viewer.toggle_whole()
    viewer.set_payload(first)
    assert span(viewer) == viewer.plot.bounds
    viewer.plot.set_x(3000, 4000)
    viewer.set_payload(replace(first, window=(9000, 9050), labelled=(9020, 9030)))
    assert span(viewer) == (pytest.approx(8525), pytest.approx(9525))
    viewer.set_payload(replace(first, key="other night"))
    assert span(viewer) == (pytest.approx(3325), pytest.approx(3925))


# What is drawn


def test_a_short_event_is_seen_at_any_width(viewer: SpectrogramViewer) -> None:
    at = 2.0 + COLUMNS // 2 * STEP
    for left, right in ((at - 40, at + 60), viewer.plot.bounds):
        viewer.plot.set_x(left, right)
        x, y = pixel(viewer, 0, at)
        shot = grabbed(viewer)
        assert max(shot.pixelColor(x + by, y).green() for by in (-1, 0, 1)) > 200
        assert shot.pixelColor(x + 30, y).green() < 30


def test_each_strip_stands_in_its_place_with_its_own_colour(viewer: SpectrogramViewer) -> None:
    colours = level_colours("inferno", viewer.spectrogram, (-10.0, 25.0))  # type: ignore[arg-type]
    shot = grabbed(viewer)
    for number in range(4):
        x, y = pixel(viewer, number, 3400)
        assert shot.pixelColor(x, y).rgba() == colours[50 + 10 * number]


def test_columns_are_those_of_the_recording_and_the_highest_where_pixels_are_fewer() -> None:
    values = np.arange(1000, dtype=np.uint8)[:, None].repeat(3, axis=1)
    found = visible_columns(reader(values), 1.0, 2.0, Frame(0.0, 20.0, 100))
    assert found.levels[0].tolist() == list(range(10))
    assert (found.begin, found.end) == (0, 100)
    half = visible_columns(reader(values), 1.0, 2.0, Frame(3.0, 13.0, 100))
    assert (half.begin, half.end) == (pytest.approx(-10), pytest.approx(110))
    assert half.levels[0].tolist() == [1, 2, 3, 4, 5, 6]
    flat = np.zeros((1000, 1), np.uint8)
    flat[500] = 9
    for left in (0.0, 40.0, 300.0):
        pool = visible_columns(reader(flat), 1.0, 2.0, Frame(left, left + 2000, 100))
        at = int((500 * 2 - left) / 20)
        assert np.flatnonzero(pool.levels[0]).tolist() == [at - int(pool.begin)]


def test_moving_what_is_pooled_moves_the_same_columns() -> None:
    values = np.random.default_rng(0).integers(1, 255, (5000, 2), dtype=np.uint8)
    one = visible_columns(reader(values), 1.0, 2.0, Frame(1000, 7000, 300)).levels
    other = visible_columns(reader(values), 1.0, 2.0, Frame(1200, 7200, 300)).levels
    assert np.array_equal(one[:, 10:], other[:, :-10])


def test_outside_the_recording_nothing_is_read() -> None:
    values = np.ones((10, 2), np.uint8)
    assert visible_columns(reader(values), 1.0, 2.0, Frame(100, 120, 50)).levels.shape == (2, 0)
    assert visible_columns(reader(values), 1.0, 2.0, Frame(-9000, -1000, 50)).levels.shape == (2, 0)


def test_nothing_there_has_the_ground_of_the_theme(viewer: SpectrogramViewer, spectrogram: Spectrogram) -> None:
    hollow = (Strip("hollow", reader(np.zeros((COLUMNS, BINS), np.uint8))),)
    viewer.set_payload(replace(spectrogram, strips=hollow))
    for mode in ("light", "dark"):
        theme.apply(QApplication.instance(), mode)  # type: ignore[arg-type]
        x, y = pixel(viewer, 0, 3400)
        assert grabbed(viewer).pixelColor(x, y) == theme.token("panel")


def test_edges_of_the_window_and_the_marks_of_annotations_are_drawn(viewer: SpectrogramViewer) -> None:
    x, y = pixel(viewer, 1, 3600)
    shot = grabbed(viewer)
    assert max(shot.pixelColor(x + by, y).lightness() for by in (-1, 0, 1)) > 230
    viewer.set_regions([Region("a", 3400, 3450, "gpd"), Region("b", 3800, 3801, "?")], {"gpd": 2})
    foot = round(viewer.plot.area().bottom() + 5)
    shot = grabbed(viewer)
    assert shot.pixelColor(round(viewer.scales.across(3425)), foot) == theme.class_colour(2).fill
    assert shot.pixelColor(round(viewer.scales.across(3500)), foot) == theme.token("well")
    assert shot.pixelColor(round(viewer.scales.across(3800.5)), foot) == theme.token("bar")
    viewer.set_page((3500, 3560))
    page = round(viewer.plot.area().bottom() + 11)
    assert grabbed(viewer).pixelColor(round(viewer.scales.across(3530)), page) == theme.token("accent")


def test_a_window_that_is_all_of_what_is_seen_has_the_colours_of_its_power(
    viewer: SpectrogramViewer, spectrogram: Spectrogram
) -> None:
    colours = level_colours("inferno", spectrogram, (-10.0, 25.0))
    viewer.set_limits((-30.0, 25.0))
    at = pixel(viewer, 3, 3605)
    assert grabbed(viewer).pixelColor(*at).rgba() != level_colours("inferno", spectrogram, (-30.0, 25.0))[80], "tinted"
    viewer.plot.set_x(3595, 3660)
    shown = grabbed(viewer).pixelColor(*pixel(viewer, 3, 3610)).rgba()
    assert shown == level_colours("inferno", spectrogram, (-30.0, 25.0))[80] != colours[80]


def test_frequencies_stand_half_a_bin_from_the_edges(spectrogram: Spectrogram) -> None:
    axis = Axis(spectrogram)
    assert axis.hertz(0.5 / BINS) == pytest.approx(0.5)
    assert axis.hertz(1 - 0.5 / BINS) == pytest.approx(20.0)
    assert axis.share(20.0) == pytest.approx(1 - 0.5 / BINS)
    assert axis.labels(180) == [5, 10, 15, 20]
    assert [axis.bin_at(share) for share in (-1.0, 0.0, 0.999, 2.0)] == [0, 0, BINS - 1, BINS - 1]
    voice = Axis(replace(spectrogram, low=0.0, high=8000.0, mel=True))
    assert voice.hertz(voice.share(1000)) == pytest.approx(1000)
    assert voice.share(1000) > 0.3
    assert voice.labels(200) == sorted(voice.labels(200))
    assert len(voice.labels(200)) > 2


def test_strips_share_the_height() -> None:
    from PySide6.QtCore import QRectF

    found = strip_places(QRectF(40, 6, 300, 400), 4)
    assert [place.height() for place in found] == [94.0] * 4
    assert all(one.bottom() < other.top() for one, other in itertools.pairwise(found))
    assert strip_places(QRectF(0, 0, 300, 2), 4) == []


def test_times_are_told_from_the_window_or_by_the_clock() -> None:
    near = dict(time_labels((3325, 3925), 3625, 450))
    assert near[3625] == "window"
    assert near[3625 - 240] == "−4 min"
    assert dict(time_labels((3605, 3645), 3625, 450))[3635] == "+10 s"
    assert dict(time_labels((3525, 3725), 3625, 600))[3715] == "+1:30"
    assert (7200, "02:00:00") in time_labels((0, 21600), 3625, 450)
    assert all(words != "window" for _at, words in time_labels((0, 600), None, 450))
    assert list(dict(time_labels((3325, 3925), 3625, 212)).values()) == [
        "−4 min",
        "−2 min",
        "window",
        "+2 min",
        "+4 min",
    ]
    assert list(dict(time_labels((3325, 3925), 3625, 175)).values()) == ["−5 min", "window", "+5 min"]


# Colours


def test_the_bar_moves_limits_by_wheel_and_drag(viewer: SpectrogramViewer, qtbot: QtBot) -> None:
    told: list[object] = []
    viewer.choices_changed.connect(lambda: told.append(viewer.choices()))
    bar = viewer.bar
    assert viewer.limits() == (-10.0, 25.0)
    wheel(bar, QPoint(8, 12), 120)
    wheel(bar, QPoint(bar.width() - 8, 12), -240)
    assert viewer.limits() == (-9.0, 23.0)
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, NONE, QPoint(bar.width() - 8, 12))
    qtbot.mouseMove(bar, QPoint(bar.width() + 32, 12))
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton, NONE, QPoint(bar.width() - 8, 12))
    assert viewer.limits() == (-9.0, 33.0)
    assert not bar.isChecked()
    assert told[-1] == {"map": "inferno", "limits": [-9.0, 33.0]}
    wheel(bar, QPoint(8, 12), 120 * 90)
    assert viewer.limits() == (32.0, 33.0)


def test_the_card_sets_limits_and_colours_and_resets_them(viewer: SpectrogramViewer, qtbot: QtBot) -> None:
    qtbot.mouseClick(viewer.bar, Qt.MouseButton.LeftButton)
    assert viewer.card.isVisible()
    viewer.card.low.setValue(0)
    viewer.card.high.setValue(40)
    assert viewer.limits() == (0.0, 40.0)
    viewer.card.high.setValue(-20)
    assert viewer.limits() == (0.0, 40.0)
    before = grabbed(viewer).pixelColor(*pixel(viewer, 3, 3400))
    viewer.card.map.setCurrentIndex(1)
    viewer.card.map.activated.emit(1)
    assert viewer.map == "viridis"
    assert grabbed(viewer).pixelColor(*pixel(viewer, 3, 3400)) != before
    qtbot.mouseClick(viewer.card.reset, Qt.MouseButton.LeftButton)
    assert (viewer.map, viewer.limits()) == ("inferno", (-10.0, 25.0))
    assert (viewer.card.low.value(), viewer.card.high.value()) == (-10, 25)
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert not viewer.card.isVisible()


def test_choices_are_kept_and_nonsense_is_not(viewer: SpectrogramViewer, spectrogram: Spectrogram) -> None:
    viewer.set_choices({"map": "grey", "limits": [-5, 30]})
    assert viewer.choices() == {"map": "grey", "limits": [-5.0, 30.0]}
    viewer.set_choices({"map": "rainbow", "limits": [3, "x"]})
    viewer.set_choices({"map": 7, "limits": [30, -5]})
    assert viewer.choices() == {"map": "grey", "limits": [-5.0, 30.0]}
    viewer.set_payload(replace(spectrogram, shown=(0.0, 10.0)))
    assert viewer.limits() == (-5.0, 30.0)
    viewer.reset_colours()
    assert viewer.limits() == (0.0, 10.0)


def test_levels_become_colours_between_the_limits(spectrogram: Spectrogram) -> None:
    assert decibels(1, spectrogram) == pytest.approx(-40)
    assert decibels(255, spectrogram) == pytest.approx(60)
    assert math.isnan(decibels(0, spectrogram))
    for name in MAPS:
        colours = level_colours(name, spectrogram, (-10.0, 25.0))
        assert colours[1] == ramp(name)[0]
        assert colours[255] == ramp(name)[255]
        bright = [
            sum((int(one) >> shift & 255) * part for shift, part in ((16, 3), (8, 6), (0, 1))) for one in ramp(name)
        ]
        assert all(later >= now - 40 for now, later in itertools.pairwise(bright))


# Cursor and pointer


def test_a_click_asks_for_the_moment_and_a_drag_tells_where_the_cursor_is(
    viewer: SpectrogramViewer, qtbot: QtBot
) -> None:
    asked: list[float] = []
    moved: list[float] = []
    viewer.time_asked.connect(asked.append)
    viewer.cursor_moved.connect(moved.append)
    port = viewer.plot.viewport()
    x, y = pixel(viewer, 2, 3700)
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, NONE, QPoint(x, y))
    assert asked == [pytest.approx(3700, abs=1.5)]
    assert viewer.moment.at == asked[0]
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, NONE, QPoint(x, y))
    for by in (30, 80):
        qtbot.mouseMove(port, QPoint(x + by, y))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, NONE, QPoint(x + 80, y))
    assert len(asked) == 1
    assert moved[-1] == viewer.moment.at == pytest.approx(3700 + 80 / viewer.plot.area().width() * 600, abs=2)
    assert span(viewer) == (pytest.approx(3325), pytest.approx(3925))


def test_the_shared_cursor_comes_into_view(viewer: SpectrogramViewer) -> None:
    viewer.show_cursor(3800)
    assert span(viewer) == (pytest.approx(3325), pytest.approx(3925))
    viewer.show_cursor(9000)
    assert span(viewer) == (pytest.approx(8700), pytest.approx(9300))
    assert viewer.moment.at == 9000


def test_the_pointer_is_told_time_frequency_power_and_strip(viewer: SpectrogramViewer, qtbot: QtBot) -> None:
    x, y = pixel(viewer, 1, 3700)
    qtbot.mouseMove(viewer.plot.viewport(), QPoint(x, y))
    assert viewer.readout.words == "strip 1 · 01:01:40 · 10.2 Hz · −17 dB"
    assert viewer.told_at(QPointF(3, 3)) == ""
    viewer.plot.left_plot.emit()
    assert viewer.readout.words == ""


def test_where_nothing_is_no_power_is_told(viewer: SpectrogramViewer, spectrogram: Spectrogram) -> None:
    hollow = (Strip("hollow", reader(np.zeros((COLUMNS, BINS), np.uint8))),)
    viewer.set_payload(replace(spectrogram, strips=hollow))
    assert viewer.told_at(viewer.plot.area().center()).endswith("nothing there")


# States


def test_words_where_there_is_nothing(viewer: SpectrogramViewer, spectrogram: Spectrogram, qtbot: QtBot) -> None:
    viewer.set_card(True)
    viewer.set_payload(replace(spectrogram, strips=()))
    assert viewer.speaks()
    assert not viewer.card.isVisible()
    viewer.set_payload(None)
    assert viewer.speaks()
    qtbot.keyClick(viewer, Qt.Key.Key_Plus)
    viewer.show_cursor(5.0)
    viewer.toggle_whole()
    viewer.fit()


def test_a_narrow_head_keeps_its_colours(viewer: SpectrogramViewer, spectrogram: Spectrogram) -> None:
    viewer.set_payload(replace(spectrogram, title="Regional spectrogram"))
    assert viewer.header.title.text() == "Regional spectrogram"
    viewer.resize(300, 500)
    QApplication.processEvents()
    assert viewer.header.title.text() == "Spectrogram"
    assert viewer.bar.isVisible()
    viewer.resize(262, 500)
    QApplication.processEvents()
    assert viewer.bar.isVisible()
    assert viewer.bar.width() == viewer.bar.sizeHint().width(), "not cut"


def test_it_becomes_a_picture(viewer: SpectrogramViewer) -> None:
    assert b"<image" in picture(viewer.body, ".svg")
    assert picture(viewer.body, ".png").startswith(b"\x89PNG")


def test_frequencies_are_written_anew_with_the_theme(viewer: SpectrogramViewer) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = theme.mode()
    for mode in ("light", "dark"):
        theme.apply(app, mode)
        image = grabbed(viewer)
        x = round((viewer.plot.area().left() - 3) * image.devicePixelRatio())
        seen = {image.pixelColor(x, y).name() for y in range(image.height())}
        assert seen == {theme.token("line2").name(), theme.token("well").name()}
    theme.apply(app, before)
