"""The viewer of recordings by keys and mouse: montages, filters, units, pages, annotations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.electrodes import CHANNELS
from models.errors import UserError
from models.filters import Filters, apply
from models.montage import BUILT_IN, parse_montage, rows
from models.payload import Recording
from models.region import Region
from widgets.recording import reader as reading
from widgets.recording.hand import Hand, snapper
from widgets.recording.page import PageView
from widgets.recording.reader import MontageReader, PagedReader
from widgets.recording.regions import NOTHING, RegionTable, main_classes, tint
from widgets.recording.rows import lay_out, show_rows
from widgets.recording.scale import band_words, page_words, step
from widgets.recording.viewer import RecordingViewer
from widgets.traces import growth

RATE = 100.0
KINDS = (*(["eeg"] * 19), "ekg")
SHIFT, CTRL, NONE = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.NoModifier,
)


class Signals:
    """Values in memory; counts what is read."""

    def __init__(self, values: npt.NDArray[np.float32], key: str = "") -> None:
        self.values, self.key, self.asked = values, key, list[tuple[int, int]]()

    @property
    def channels(self) -> int:
        return len(self.values)

    @property
    def length(self) -> int:
        return self.values.shape[1]

    def read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        self.asked.append((first, last))
        return self.values[:, max(first, 0) : last]


def waves(seconds: float, names: tuple[str, ...] = CHANNELS) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(0)
    at = np.arange(int(seconds * RATE)) / RATE
    slow = 40 * np.sin(2 * np.pi * (2 + np.arange(len(names))[:, None] / 10) * at)
    return (slow + rng.normal(0, 5, slow.shape)).astype(np.float32)


def recorded(seconds: float = 300.0, **other: object) -> Recording:
    told = {"window": (100.0, 150.0), "labelled": (120.0, 130.0), "title": "p12/0388", "whole": "w", **other}
    return Recording(Signals(waves(seconds)), CHANNELS, RATE, KINDS, **told)  # type: ignore[arg-type]


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[RecordingViewer]:
    shown = RecordingViewer()
    qtbot.addWidget(shown)
    shown.resize(900, 700)
    shown.show()
    qtbot.waitExposed(shown)
    shown.set_payload(recorded(), 2, "G")
    QApplication.processEvents()
    yield shown
    shown.close_down()


def place(viewer: RecordingViewer, time: float, share: float = 0.5) -> QPoint:
    area = viewer.page.plot.area()
    return QPointF(viewer.page.plot.to_pixel(time).x(), area.top() + share * area.height()).toPoint()


def drag(qtbot: QtBot, viewer: RecordingViewer, start: QPoint, stop: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
    port = viewer.page.plot.viewport()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, keys, start)
    for share in (0.4, 1.0):
        qtbot.mouseMove(port, (QPointF(start) + (QPointF(stop) - QPointF(start)) * share).toPoint())
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, keys, stop)


def page(viewer: RecordingViewer) -> tuple[float, float]:
    return viewer.page.plot.x_range()


# Readers


def test_a_page_is_montaged_and_then_filtered_with_what_lies_beyond_it() -> None:
    signals = Signals(waves(60))
    applied = rows(CHANNELS, BUILT_IN["longitudinal"])
    filters = Filters(0.5, 30.0)
    read = MontageReader(signals, applied.matrix, RATE, filters)
    whole = apply(applied.matrix @ signals.values, RATE, filters)
    low, high = read.read(2000, 3000, 1000)
    np.testing.assert_allclose(low, whole[:, 2000:3000], atol=0.05)
    assert low is high
    first, last = signals.asked[-1]
    assert first < 2000
    assert last > 3000
    low, high = read.read(2000, 3000, 100)
    np.testing.assert_allclose(low, whole[:, 2000:3000].reshape(-1, 100, 10).min(2), atol=0.05)
    np.testing.assert_allclose(high, whole[:, 2000:3000].reshape(-1, 100, 10).max(2), atol=0.05)


def test_the_same_moment_is_drawn_the_same_wherever_the_page_begins() -> None:
    read = MontageReader(Signals(waves(60)), rows(CHANNELS, BUILT_IN["average"]).matrix, RATE, Filters(0.5, 30.0, 50.0))
    one, other = read.read(2000, 3000, 1000)[0], read.read(2500, 3500, 1000)[0]
    np.testing.assert_allclose(one[:, 500:], other[:, :500], atol=0.05)


def test_a_row_is_missing_only_where_one_of_its_own_channels_is() -> None:
    values = waves(10)
    values[CHANNELS.index("F7"), 100:200] = np.nan
    found = MontageReader(Signals(values), rows(CHANNELS, BUILT_IN["longitudinal"]).matrix, RATE).samples(0, 1000)
    lost = np.isnan(found)
    assert lost[:2, 100:200].all()
    assert lost.sum() == 2 * 100


def test_long_stretches_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PIECE", 300)
    signals = Signals(waves(10))
    matrix = rows(CHANNELS, BUILT_IN["transverse"]).matrix
    np.testing.assert_allclose(
        MontageReader(signals, matrix, RATE).samples(50, 950), matrix @ signals.values[:, 50:950], atol=1e-3
    )
    assert max(last - first for first, last in signals.asked) == 300


def test_wide_pages_are_as_recorded() -> None:
    signals = Signals(waves(300))
    matrix = rows(CHANNELS, BUILT_IN["longitudinal"]).matrix
    live = MontageReader(signals, matrix, RATE, Filters(5.0, 30.0))
    both = PagedReader(live, live.plain(), lambda _why: None)
    np.testing.assert_allclose(both.read(0, 30_000, 30_000)[0], matrix @ signals.values, atol=1e-3)
    assert not np.allclose(both.read(0, 1000, 1000)[0], (matrix @ signals.values)[:, :1000], atol=5)


# Rows


def test_groups_stand_apart_and_the_heart_below_with_its_own_gain() -> None:
    shown = show_rows(recorded(), BUILT_IN["longitudinal"], ())
    spreads = np.full(len(shown), 50.0)
    spreads[-1] = 2000.0
    lanes = lay_out(shown, 1000, 0.5, spreads, np.zeros(len(shown)))
    steps = -np.diff(lanes.middles)
    assert steps[3] > 1.4 * steps[0]
    assert steps[0] == pytest.approx(steps[1])
    gains = lanes.gains()
    assert (gains[:-1] == -0.5).all()
    assert gains[-1] * 2000 == pytest.approx(0.8 * lanes.tall)
    assert lay_out(shown, 1000, 0.5, spreads, np.zeros(len(shown)), upright=True).gains()[0] == 0.5
    wide = lanes.fitted(np.full(len(shown), 4000.0)).gains()
    np.testing.assert_allclose(np.abs(wide) * 4000, 0.8 * lanes.tall)
    np.testing.assert_array_equal(lanes.fitted(np.full(len(shown), 1.0)).gains(), gains)
    assert -1000 < lanes.middles.min() < lanes.middles.max() < 0


def test_rows_that_were_not_recorded_are_left_out_and_told(viewer: RecordingViewer) -> None:
    kept = tuple(name for name in CHANNELS if name != "Cz")
    viewer.set_payload(Recording(Signals(waves(60, kept)), kept, RATE, KINDS[1:]))
    assert viewer.page.shown is not None
    assert "Fz-Cz" not in viewer.page.shown.labels
    assert "not recorded: Fz-Cz, Cz-Pz" in viewer.page.words.notes


def test_a_recording_without_the_electrodes_is_shown_as_recorded(viewer: RecordingViewer) -> None:
    names = ("A-B", "C-D", "breath")
    viewer.set_payload(Recording(Signals(waves(60, names)), names, RATE, ("eeg", "eeg", "other")))
    assert viewer.page.shown is not None
    assert viewer.page.shown.labels == names
    assert "too few electrodes for Double banana: as recorded" in viewer.page.words.notes


def test_as_recorded_shows_channels_that_no_montage_names(viewer: RecordingViewer) -> None:
    names = (*CHANNELS, "LOC", "SpO2")
    kinds = (*KINDS, "eog", "other")
    viewer.set_payload(Recording(Signals(waves(60, names)), names, RATE, kinds))
    viewer.choose_montage("referential")
    assert viewer.page.shown is not None
    assert {"LOC", "SpO2"} <= set(viewer.page.shown.labels)
    assert viewer.page.shown.kinds[viewer.page.shown.labels.index("SpO2")] == "other"


def test_own_montages_are_offered(viewer: RecordingViewer) -> None:
    own = parse_montage({"name": "mine", "groups": [{"name": "a", "rows": ["Fp1-O1", "Fp2-O2"]}]})
    viewer.set_montages([own])
    viewer.choose_montage("mine")
    assert viewer.page.shown is not None
    assert viewer.page.shown.labels == ("Fp1-O1", "Fp2-O2")
    viewer.set_montages([])
    assert viewer.page.look.montage.name == "longitudinal"


# Pages and units


def test_it_opens_at_the_judged_seconds(viewer: RecordingViewer) -> None:
    assert page(viewer) == pytest.approx((120, 130))
    viewer.set_payload(recorded(labelled=None))
    assert page(viewer) == pytest.approx((100, 110))
    viewer.set_payload(recorded(labelled=None, window=None))
    assert page(viewer) == pytest.approx((0, 10))


def test_keys_turn_pages(viewer: RecordingViewer, qtbot: QtBot) -> None:
    for key, wanted in (
        (Qt.Key.Key_Right, 125),
        (Qt.Key.Key_PageDown, 135),
        (Qt.Key.Key_PageUp, 125),
        (Qt.Key.Key_Left, 120),
        (Qt.Key.Key_Left, 115),
        (Qt.Key.Key_Home, 120),
    ):
        qtbot.keyClick(viewer, key)
        assert page(viewer)[0] == pytest.approx(wanted)
    qtbot.keyClick(viewer, Qt.Key.Key_Minus)
    assert page(viewer) == pytest.approx((117.5, 132.5))
    qtbot.keyClick(viewer, Qt.Key.Key_Plus)
    assert page(viewer) == pytest.approx((120, 130))
    qtbot.keyClick(viewer, Qt.Key.Key_Up, CTRL)
    assert viewer.page.look.sensitivity == 5


def test_a_millimetre_is_one_of_the_screen(viewer: RecordingViewer) -> None:
    viewer.set_pixels_a_mm(4.0)
    viewer.sensitivity.set_value(10.0)
    viewer._choose()
    layer = viewer.page.raster.layers[0]
    assert layer.gains[0] == pytest.approx(-0.4)
    low, high = viewer.page.plot.y_range()
    assert high - low == pytest.approx(viewer.page.plot.area().height())
    viewer.paper.set_value(("speed", 30.0))
    viewer._choose()
    left, right = page(viewer)
    assert (right - left) * 30 * 4 == pytest.approx(viewer.page.plot.area().width())
    assert viewer.page.page_words()[1] == "30 mm/s"


def test_words_of_units() -> None:
    assert [page_words(value) for value in (0.5, 6.53, 10, 120, 86_400)] == [
        "0.50 s",
        "6.53 s",
        "10 s",
        "2 min",
        "24 h",
    ]
    assert band_words((0.5, 40.0)) == "0.5–40 Hz"
    assert band_words((None, None)) == "as recorded"
    assert (step((1, 2, 5), 2, 1), step((1, 2, 5), 2, -1), step((1, 2, 5), 5, 1)) == (5, 1, 5)


def test_the_bar_stands_for_a_value_that_has_room(viewer: RecordingViewer) -> None:
    viewer.set_pixels_a_mm(4.0)
    assert viewer.page.bars.values() == (100.0, 1.0)
    viewer.sensitivity.set_value(1.0)
    viewer._choose()
    assert viewer.page.bars.values()[0] == 10.0
    viewer.paper.set_value(("page", 120.0))
    viewer._choose()
    assert viewer.page.bars.values()[1] > 1.0


@pytest.mark.parametrize(("wide", "high"), [(320, 240), (420, 560), (900, 700), (1500, 1200)])
@pytest.mark.parametrize("seconds", [2.0, 10.0, 60.0, 300.0])
def test_the_bars_of_the_scale_lie_over_no_row_and_no_label(
    viewer: RecordingViewer, wide: int, high: int, seconds: float
) -> None:
    viewer.resize(wide, high)
    viewer.page.plot.set_x(100, 100 + seconds)
    QApplication.processEvents()
    bars, plot = viewer.page.bars, viewer.page.plot
    area, whole = plot.area(), plot.rect().toRectF()
    value, long = bars.values()
    assert bars.upright.height() == pytest.approx(value * bars.per_value), "as long as it says"
    assert bars.level.width() == pytest.approx(long * area.width() / (plot.x_range()[1] - plot.x_range()[0]))
    for place in (bars.upright, bars.level):
        assert not place.intersects(area)
        assert whole.contains(place)
    # The rows look the same without them.
    inside = area.toAlignedRect()
    with_bars = plot.grab().toImage().copy(inside)
    bars.hide()
    assert plot.grab().toImage().copy(inside) == with_bars
    # Nor is any label of a time under them: without labels the foot there is the same.
    bars.show()
    foot = area.toAlignedRect()
    foot.setTop(foot.bottom() + 3)
    foot.setBottom(plot.height())
    foot.setLeft(round(area.right() - plot.rim.kept) + 1)
    told = plot.grab().toImage().copy(foot)
    plot.rim.hide()
    assert plot.grab().toImage().copy(foot) == told


def test_wide_pages_say_that_they_are_not_filtered(viewer: RecordingViewer) -> None:
    assert viewer.page.words.notes == ()
    viewer.paper.set_value(("page", 600.0))
    viewer._choose()
    assert viewer.page.words.notes == ("unfiltered at this width", "rows fitted, peaks cut")
    assert viewer.page.bars.per_value < viewer.page.pixels_a_mm / 7
    viewer.sensitivity.set_value(200.0)
    viewer.band.set_value((None, None))
    viewer.notch.set_value(None)
    viewer._choose()
    assert viewer.page.words.notes == ()


def test_peaks_of_hours_lie_over_no_other_row(viewer: RecordingViewer) -> None:
    values = waves(300)
    values[0, 100::2000] = 5000.0  # Fp1
    viewer.set_payload(replace(recorded(), reader=Signals(values)))
    lanes = viewer.page.lanes
    assert lanes is not None
    assert not lanes.cut, "a narrow page shows what was recorded"
    viewer.paper.set_value(("page", 600.0))
    viewer._choose()
    lanes, (layer,) = viewer.page.lanes, viewer.page.raster.layers
    assert lanes is not None
    drawn = layer.place(layer.reader.read(0, 30_000, 500)[1])
    away = np.nanmax(np.abs(drawn - lanes.middles[:, None]), axis=1)
    assert away[0] == pytest.approx(0.48 * lanes.tall)
    assert (away <= 0.48 * lanes.tall + 1e-3).all()


def test_the_overview_of_a_long_recording_is_built_beside_the_window(
    viewer: RecordingViewer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "LONG", 1000)
    viewer.set_payload(recorded(600))
    qtbot.waitUntil(lambda: type(viewer.page.reader.wide).__name__ == "PyramidReader", timeout=5000)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: viewer.page.growth.share == 1, timeout=5000)
    reader = viewer.page.reader
    assert reader is not None
    low, high = reader.read(0, 60_000, 100)
    plain = reader.rows.plain().read(0, 60_000, 60_000)[0]
    assert low.min() == pytest.approx(plain.min())
    assert high.max() == pytest.approx(plain.max())


def test_the_next_window_of_a_recording_is_not_read_anew(viewer: RecordingViewer) -> None:
    signals = Signals(waves(300), "file")
    one = replace(recorded(), reader=signals)
    viewer.set_payload(one)
    before = viewer.page.reader
    other = Signals(signals.values, "file")
    viewer.set_payload(replace(one, reader=other, labelled=(220.0, 230.0), window=(200.0, 250.0)))
    assert viewer.page.reader is before
    assert page(viewer) == pytest.approx((220, 230))
    viewer.set_payload(replace(one, reader=Signals(signals.values, "another")))
    assert viewer.page.reader is not before


# Channels


def test_a_click_on_a_name_calls_its_channel_bad(viewer: RecordingViewer, qtbot: QtBot) -> None:
    viewer.choose_montage("referential")
    told = []
    viewer.bad_changed.connect(told.append)
    lanes = viewer.page.lanes
    assert lanes is not None
    at = QPoint(20, round(viewer.page.plot.area().top() - lanes.middles[2]))
    qtbot.mouseClick(viewer.page.plot.viewport(), Qt.MouseButton.LeftButton, NONE, at)
    assert told == [frozenset({"C3"})]
    assert [len(layer.channels) for layer in viewer.page.raster.layers] == [1, 19]
    qtbot.mouseClick(viewer.page.plot.viewport(), Qt.MouseButton.LeftButton, NONE, at)
    assert told[-1] == frozenset()


def test_both_channels_of_a_pair_can_be_bad(viewer: RecordingViewer) -> None:
    menu = viewer.rows.bad_menu(0)
    assert [action.text() for action in menu.actions() if action.text()] == ["Fp1 is bad", "F7 is bad", "Hide Fp1-F7"]
    menu.actions()[1].trigger()
    assert viewer.page.bad == {"F7"}
    assert len(viewer.page.raster.layers[0].channels) == 2
    menu.actions()[-1].trigger()
    assert viewer.page.shown is not None
    assert "Fp1-F7" not in viewer.page.shown.labels
    viewer.rows.fill()
    assert next(action.text() for action in viewer.rows.menu.actions() if not action.isChecked()) == "Fp1-F7"


def test_a_row_is_picked_by_keys_and_its_channel_called_bad(viewer: RecordingViewer, qtbot: QtBot) -> None:
    viewer.choose_montage("referential")
    side = viewer.page.plot.side
    assert side.picked == ""
    for wanted in ("Fp1", "F3", "C3"):
        qtbot.keyClick(viewer, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        assert side.picked == wanted
    qtbot.keyClick(viewer, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    viewer.ask_bad()
    assert viewer.page.bad == {"F3"}
    assert side.picked == "F3"
    viewer.ask_bad()
    assert viewer.page.bad == frozenset()
    viewer.set_hidden(["F3"])
    assert side.picked == ""


def test_bad_channels_of_the_file_and_of_the_person_stay_with_a_recording(viewer: RecordingViewer) -> None:
    viewer.set_payload(recorded(bad=frozenset({"O1"})))
    viewer.toggle_bad("T3")
    viewer.set_payload(recorded(bad=frozenset({"O1"}), labelled=(130.0, 140.0)))
    assert viewer.page.bad == {"O1", "T3"}
    viewer.set_payload(recorded(whole="another"))
    assert viewer.page.bad == frozenset()


def test_a_channel_without_values_is_no_part_of_the_mean(viewer: RecordingViewer) -> None:
    values = waves(60)
    values[3] = np.nan
    viewer.set_payload(Recording(Signals(values), CHANNELS, RATE, KINDS))
    viewer.choose_montage("average")
    assert viewer.page.reader is not None
    found = viewer.page.reader.read(0, 1000, 1000)[0]
    assert np.isnan(found).all(1).sum() == 1


# Cursors


def test_a_click_puts_the_shared_cursor(viewer: RecordingViewer, qtbot: QtBot) -> None:
    told = []
    viewer.cursor_moved.connect(told.append)
    qtbot.mouseClick(viewer.page.plot.viewport(), Qt.MouseButton.LeftButton, NONE, place(viewer, 125))
    assert told == [pytest.approx(125, abs=0.03)]
    assert viewer.page.moment.at == told[0]
    viewer.show_cursor(200.0)
    assert page(viewer) == pytest.approx((195, 205))
    assert len(told) == 1


def test_cursors_measure_time_and_amplitude(viewer: RecordingViewer) -> None:
    viewer.cursor_button.setChecked(True)
    viewer.page.cursors.at = [122.0, 122.5]
    viewer.page.row = 1
    said = viewer.page.readout()
    assert said[:2] == ("Δ 0.500 s", "2.00 Hz")
    assert viewer.page.reader is not None
    values = viewer.page.reader.rows.read(12_200, 12_251, 51)[0][1]
    assert said[2] == f"F7-T3 Δ {values[-1] - values[0]:+.1f} µV".replace("-", "−").replace("F7−T3", "F7-T3")
    assert said[3] == f"peak to peak {np.ptp(values):.1f} µV"
    viewer.cursor_button.setChecked(False)
    assert viewer.page.readout() == ()


def test_the_strip_goes_where_it_is_clicked(viewer: RecordingViewer, qtbot: QtBot) -> None:
    strip = viewer.page.strip
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, NONE, QPointF(strip.across(200), 15).toPoint())
    assert sum(page(viewer)) / 2 == pytest.approx(200, abs=1)
    assert strip.page == page(viewer)


# Annotations


def test_annotations_are_found_by_time() -> None:
    rng = np.random.default_rng(0)
    regions = [Region(str(i), float(at), float(at + i % 50), "a") for i, at in enumerate(rng.random(10_000) * 86_400)]
    table = RegionTable([*regions, Region("long", 0, 86_400, "b")], {"a": 1})
    found = {table.regions[number].name for number in table.visible(5000, 5100).tolist()}
    assert found == {one.name for one in regions if one.start <= 5100 and one.stop >= 5000} | {"long"}
    assert set(table.colours.tolist()) == {1, -1}


def test_a_column_has_the_colour_of_what_takes_most_of_it() -> None:
    starts, stops = np.array([0.0, 2.0, 4.0, 7.5]), np.array([3.0, 4.5, 4.0, 7.6])
    found = main_classes(starts, stops, np.array([1, 0, -1, 3]), (0, 8), 4)
    assert found.tolist() == [1, 0, 0, 3]
    assert main_classes(starts[2:3], stops[2:3], np.array([-1]), (0, 8), 4).tolist() == [NOTHING, NOTHING, -1, NOTHING]


def test_an_annotation_is_drawn_by_hand(viewer: RecordingViewer, qtbot: QtBot) -> None:
    told = []
    viewer.region_drawn.connect(lambda *what: told.append(what))
    drag(qtbot, viewer, place(viewer, 124), place(viewer, 126))
    assert told == []
    viewer.fit()
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    assert viewer.edit.isChecked()
    assert viewer.hints.isVisible()
    drag(qtbot, viewer, place(viewer, 122), place(viewer, 124.5))
    assert told == [(pytest.approx(122, abs=0.03), pytest.approx(124.5, abs=0.03), ())]
    assert page(viewer) == pytest.approx((120, 130))
    drag(qtbot, viewer, place(viewer, 122, 0.02), place(viewer, 124.5, 0.1), SHIFT)
    assert set(told[1][2]) == {"Fp1", "F7", "T3"}
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert not viewer.edit.isChecked()


def test_where_annotations_cannot_be_kept_none_is_drawn(viewer: RecordingViewer, qtbot: QtBot) -> None:
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    viewer.offer_editing(False)
    assert not viewer.page.annotating.editing
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    assert not viewer.page.annotating.editing
    viewer.offer_editing(True)
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    assert viewer.page.annotating.editing


def test_edges_are_drawn_to_those_that_are_there(viewer: RecordingViewer, qtbot: QtBot) -> None:
    told = []
    viewer.region_drawn.connect(lambda *what: told.append(what))
    viewer.set_regions([Region("a", 126.013, 128, "x")], {})
    viewer.page.annotating.set_editing(True)
    drag(qtbot, viewer, place(viewer, 123), place(viewer, 126.06))
    assert told[0][1] == 126.013


def test_the_chosen_annotation_is_moved_stretched_and_deleted(viewer: RecordingViewer, qtbot: QtBot) -> None:
    moved, removed = list[Region](), list[str]()
    viewer.region_moved.connect(moved.append)
    viewer.region_removed.connect(removed.append)
    viewer.set_regions([Region("a", 122, 124, "lpd", ()), Region("b", 121, 129, "gpd")], {"lpd": 1})
    qtbot.mouseClick(viewer.page.plot.viewport(), Qt.MouseButton.LeftButton, NONE, place(viewer, 123))
    assert viewer.chosen_region() is not None
    assert viewer.chosen_region().name == "a"  # type: ignore[union-attr]
    drag(qtbot, viewer, place(viewer, 124), place(viewer, 125.5))
    assert moved[-1].name == "a"
    assert (moved[-1].start, moved[-1].stop) == (122, pytest.approx(125.5, abs=0.03))
    viewer.page.annotating.set_editing(True)
    drag(qtbot, viewer, place(viewer, 123), place(viewer, 126.4))
    assert moved[-1].start == pytest.approx(125.4, abs=0.05)
    assert moved[-1].seconds == pytest.approx(2)
    qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    assert removed == ["a"]
    viewer.set_regions([Region("b", 121, 129, "gpd")], {})
    assert viewer.chosen_region() is None


def test_an_end_that_is_not_on_the_page_cannot_be_taken(viewer: RecordingViewer, qtbot: QtBot) -> None:
    moved = list[Region]()
    viewer.region_moved.connect(moved.append)
    viewer.set_regions([Region("a", 50, 250, "x")], {})
    viewer.page.annotating.choose("a")
    drag(qtbot, viewer, place(viewer, 120.01), place(viewer, 122))
    assert moved == []
    assert page(viewer)[0] < 119


def test_a_class_is_written_by_its_title(viewer: RecordingViewer) -> None:
    viewer.set_regions([Region("a", 50, 250, "gpd"), Region("b", 1, 2, "spike")], {"gpd": 2}, {"gpd": "GPD"})
    table = viewer.page.annotating.table
    assert [table.words(one) for one in table.regions] == ["spike", "GPD"]


def test_choosing_goes_there(viewer: RecordingViewer) -> None:
    told = list[str]()
    viewer.region_chosen.connect(told.append)
    viewer.set_regions([Region("far", 250, 252, "x")], {})
    viewer.choose_region("far")
    assert told == ["far"]
    assert sum(page(viewer)) / 2 == pytest.approx(251)
    assert viewer.page.annotating.step_back()
    assert told == ["far", ""]
    viewer.set_regions([Region("long", 20, 80, "x")], {})
    viewer.choose_region("long")
    left, right = page(viewer)
    assert left < 20 < left + 0.3 * (right - left)


def test_notes_stand_under_the_words_of_annotations(viewer: RecordingViewer) -> None:
    notes, top = viewer.page.words, viewer.page.plot.area().top()
    assert notes.top() < top + 18
    viewer.set_regions([Region("a", 121, 127, "Sleep stage W")], {})
    assert notes.top() >= top + 5 + 18, "as low as their plates end"
    viewer.set_regions([Region("a", 121, 127, "")], {})
    assert notes.top() < top + 18


def test_one_outside_the_recording_is_chosen_and_nothing_jumps(viewer: RecordingViewer) -> None:
    before = page(viewer)
    viewer.set_regions([Region("late", 400, 410, "x"), Region("early", -20, -5, "x")], {})
    for name in ("late", "early"):
        viewer.choose_region(name)
        assert viewer.page.annotating.chosen == name
        assert page(viewer) == before


def test_a_moment_at_the_very_end_is_seen(viewer: RecordingViewer) -> None:
    viewer.set_regions([Region("end", 300, 300, "")], {})
    viewer.page.plot.set_x(290, 300)
    (drawn,) = viewer.page.annotating.ground.places(Region("end", 300, 300, ""))
    assert drawn.width() >= 2
    assert viewer.page.plot.area().contains(drawn)
    # One that began before the page ends where it ends.
    (cut,) = viewer.page.annotating.ground.places(Region("long", 280, 291, ""))
    assert cut.width() == pytest.approx(viewer.page.plot.area().width() / 10, abs=1)


def test_ten_thousand_annotations_are_drawn_as_columns(viewer: RecordingViewer) -> None:
    regions = [Region(str(i), i / 40, i / 40 + 0.01, "lpd") for i in range(10_000)]
    viewer.set_regions(regions, {"lpd": 1})
    viewer.paper.set_value(("page", 600.0))
    viewer._choose()
    image = viewer.page.plot.grab().toImage()
    ratio = image.devicePixelRatio()
    area = viewer.page.plot.area()
    row = round((area.top() + 1) * ratio)
    seen = {image.pixelColor(x, row).name() for x in range(round(area.left() * ratio), round(area.right() * ratio))}
    assert tint(1, 0.9).name() in seen


def test_annotations_over_each_other_are_drawn_once_the_later_on_top(viewer: RecordingViewer) -> None:
    some = [Region("a", 121, 127, "lpd"), Region("b", 123, 125, "gpd"), Region("c", 126, 129, "x", ("EKG",))]
    viewer.set_regions(some, {"lpd": 1, "gpd": 2})
    ground, table = viewer.page.annotating.ground, viewer.page.annotating.table
    runs = ground._runs(table, table.visible(120, 130))
    assert [index for _, _, index in runs] == [1, 2, 1]
    second = viewer.page.plot.area().width() / 10
    assert [(high - low) / second for low, high, _ in runs] == pytest.approx([2, 2, 2], abs=0.1)
    image = viewer.page.plot.grab().toImage()
    ratio, top = image.devicePixelRatio(), viewer.page.plot.area().top() + 1
    drawn = [image.pixelColor(round(place(viewer, at).x() * ratio), round(top * ratio)) for at in (122.3, 124.3, 126.5)]
    assert [colour.name() for colour in drawn] == [tint(index, 0.9).name() for index in (1, 2, 1)]


def test_a_hand_keeps_annotations_inside_the_recording() -> None:
    snap = snapper([], 0, 0.01, 0)
    held = Region("a", 10, 12, "x")
    hand = Hand(held, held, (True, True), 11, 0.1, (0, 20), snap)
    hand.move(50)
    assert (hand.now.start, hand.now.stop) == (18, 20)
    hand.move(-50)
    assert (hand.now.start, hand.now.stop) == (0, 2)
    new = Hand(None, Region("", 5, 5, ""), (True, True), 5, 0.1, (0, 20), snap)
    new.move(5.05)
    assert new.release() is None
    new.move(3)
    assert (new.release() or held).seconds == 2


# States and choices


def test_choices_are_kept_and_nonsense_is_left_out(viewer: RecordingViewer, qtbot: QtBot) -> None:
    told = []
    viewer.choices_changed.connect(lambda: told.append(1))
    viewer.choose_montage("average")
    viewer.band.set_value((1.0, 70.0))
    viewer._choose()
    viewer.set_hidden({"O1-avg"})
    viewer.set_pixels_a_mm(5.0)
    assert len(told) == 4
    other = RecordingViewer()
    qtbot.addWidget(other)
    other.set_choices(viewer.choices())
    assert other.choices() == viewer.choices()
    assert other.page.look.filters == Filters(1.0, 70.0, 60.0)
    other.set_choices({"montage": "none", "band": "x", "paper": 3, "heart": "big", "pixels_a_mm": -1, "hidden": 2})
    assert other.choices() == {**viewer.choices(), "heart": 1.0, "hidden": [], "pixels_a_mm": None}


class Lost(Signals):
    """A file that is taken away."""

    gone = False

    def read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        if self.gone:
            raise UserError("the file is gone")
        return super().read(first, last)


def test_a_file_that_is_taken_away_is_told(
    viewer: RecordingViewer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "LONG", 1000)
    signals = Lost(waves(300))
    viewer.set_payload(replace(recorded(), reader=signals))
    QApplication.processEvents()
    signals.gone = True
    viewer.page._grow()
    thread = viewer.page.growth._thread
    assert thread is not None
    thread.join(5)
    assert viewer.page.growth.share < 1
    qtbot.keyClick(viewer, Qt.Key.Key_PageDown)
    qtbot.waitUntil(viewer.speaks, timeout=5000)
    assert "the file is gone" in viewer.words._text.text()
    signals.gone = False
    viewer.set_payload(replace(recorded(), reader=signals))
    assert not viewer.speaks()


def test_a_slow_recording_is_filtered_by_what_makes_sense(viewer: RecordingViewer) -> None:
    slow = Recording(Signals(waves(60)), CHANNELS, 1.0, KINDS)
    viewer.set_payload(slow)
    viewer.grab()
    assert viewer.page.reader is not None
    assert viewer.page.reader.rows.filters.high is None
    assert not viewer.speaks()


def test_wheels_and_drags_leave_the_heights(viewer: RecordingViewer, qtbot: QtBot) -> None:
    heights = viewer.page.plot.y_range()
    viewer.page.plot.zoom_y(0.8)
    assert viewer.page.look.sensitivity == 5
    at = place(viewer, 125)
    drag(qtbot, viewer, at, at + QPoint(0, 60), Qt.KeyboardModifier.AltModifier)
    assert viewer.page.plot.y_range() == heights


def test_an_empty_recording_says_so(viewer: RecordingViewer) -> None:
    viewer.set_payload(Recording(Signals(np.zeros((20, 0), np.float32)), CHANNELS, RATE, note="Cut off."))
    assert viewer.speaks()
    viewer.set_payload(None)
    assert viewer.speaks()
    assert viewer.page.reader is None


def test_a_page_without_a_recording_does_nothing(qtbot: QtBot) -> None:
    alone = PageView()
    qtbot.addWidget(alone)
    alone.go_home()
    alone.renew()
    assert alone.readout() == ()
    assert alone.settle(1.5) == 1.5


def test_gaps_stay_gaps(viewer: RecordingViewer) -> None:
    signals = waves(300)
    signals[:, 12_300:12_500] = np.nan
    viewer.set_payload(replace(recorded(), reader=Signals(signals), gaps=((123.0, 125.0),)))
    assert viewer.page.reader is not None
    found = viewer.page.reader.read(12_000, 13_000, 1000)[0]
    assert np.isnan(found[:, 300:500]).all()
    assert np.isfinite(found[:, :300]).all()
    assert viewer.page.ground.gaps == ((123.0, 125.0),)
    viewer.grab()
