"""The viewer of sounds: one time, one cursor to the sample, live choices, boxes by hand, a selection."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.errors import UserError
from models.payload import Sound, Track
from models.region import Region
from models.sonogram import LONG
from tests.viewers.mouse import drag, wheel
from tests.viewers.sounds import RATE, Samples, sine, sounded, voiced
from widgets import theme
from widgets.sound.output import NO_DEVICE
from widgets.sound.player import Player
from widgets.sound.viewer import SoundViewer
from widgets.traces.plot import Plot

SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


def no_device() -> tuple[None, str]:
    return None, NO_DEVICE


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[SoundViewer]:
    shown = SoundViewer(player=Player(no_device))
    qtbot.addWidget(shown)
    shown.resize(1000, 700)
    shown.show()
    qtbot.waitExposed(shown)
    shown.set_payload(sounded(), 1, "P", "ann")
    drawn(shown, qtbot)
    yield shown
    shown.close_down()


def drawn(viewer: SoundViewer, qtbot: QtBot) -> None:
    """Wait until all tiles of what is seen are painted."""
    QApplication.processEvents()
    viewer.page.plot.viewport().repaint()
    qtbot.waitUntil(lambda: not viewer.page.backing.tiles.is_busy())
    QApplication.processEvents()
    viewer.page.plot.viewport().repaint()


def at(plot: Plot, time: float, share: float = 0.5) -> QPoint:
    """A point of a plot: a time, and how far up."""
    area = plot.area()
    return QPointF(plot.to_pixel(time).x(), area.bottom() - share * area.height()).toPoint()


def brightness(viewer: SoundViewer, time: float, hertz: float) -> int:
    page = viewer.page
    image = page.plot.viewport().grab().toImage()
    point = at(page.plot, time, page.scale().share(hertz))
    return sum(image.pixelColor(point).getRgb()[:3])


def test_a_sound_is_seen(viewer: SoundViewer) -> None:
    page = viewer.page
    assert page.plot.x_range() == pytest.approx((0, 4))
    assert page.wave.x_range() == pytest.approx((0, 4))
    assert viewer.header.title.text() == "ALS021_i"
    assert page.plot.area().left() == page.wave.area().left()
    assert page.plot.area().right() == page.wave.area().right()
    assert brightness(viewer, 2.1, 300) > brightness(viewer, 2.1, 3500) + 100, "a harmonic, and between what is none"
    low, high = page.wave.y_range()
    assert high == -low
    assert 0.3 < high < 1.06


def test_one_cursor_stands_on_a_sample_in_both(viewer: SoundViewer, qtbot: QtBot) -> None:
    page, told = viewer.page, list[float]()
    viewer.cursor_moved.connect(told.append)
    for plot in (page.wave, page.plot):
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, NONE, at(plot, 1.3))
        place = page.moment.at * RATE
        assert place == pytest.approx(round(place), abs=1e-6), "to the sample"
        assert page.moment.at == page.wave_moment.at == told[-1]
        assert page.moment.at == pytest.approx(1.3, abs=0.01)
    assert page.moment.across(page.moment.at) == pytest.approx(page.wave_moment.across(page.moment.at), abs=0.01)
    assert viewer.bar.clock.text() == f"0:0{page.moment.at:.3f}"
    words = page.cursor_words()
    assert words.startswith(f"{page.moment.at:.3f} s")
    assert "dBFS" in words
    drag(qtbot, page.plot.viewport(), at(page.plot, page.moment.at), at(page.plot, 2.0))
    assert page.moment.at == pytest.approx(2.0, abs=0.01), "it is dragged"
    assert page.selection is None


def test_the_level_at_the_cursor_is_that_of_a_sine(viewer: SoundViewer) -> None:
    viewer.set_payload(Sound(Samples(sine(500, 2.0, height=0.1)), RATE, title="quiet"))
    viewer.page.set_cursor(1.0)
    assert viewer.page.cursor_words().endswith("−20 dBFS")
    viewer.set_payload(Sound(Samples(np.zeros(32_000, np.float32)), RATE, title="silent"))
    viewer.page.set_cursor(1.0)
    assert viewer.page.cursor_words().endswith("silent")


def test_both_plots_move_and_zoom_together(viewer: SoundViewer, qtbot: QtBot) -> None:
    page = viewer.page
    wheel(page.wave.viewport(), at(page.wave, 2.0), 240, Qt.KeyboardModifier.ControlModifier)
    assert page.plot.x_range() == page.wave.x_range()
    assert page.plot.x_range()[1] - page.plot.x_range()[0] < 3
    qtbot.keyClick(viewer, Qt.Key.Key_Right)
    assert page.plot.x_range() == page.wave.x_range()
    qtbot.keyClick(viewer, Qt.Key.Key_Home)
    assert page.wave.x_range() == pytest.approx((0, 4))
    qtbot.keyClick(viewer, Qt.Key.Key_Plus)
    assert page.plot.x_range()[1] - page.plot.x_range()[0] == pytest.approx(2)
    page.plot.set_x(1.0, 1.0 + 40 / RATE)
    assert page.raster.layers[0].colour == theme.token("pen"), "samples are a line"
    assert len(page.raster.layers) == 1


def test_a_drag_chooses_a_stretch_that_is_zoomed_to(viewer: SoundViewer, qtbot: QtBot) -> None:
    page = viewer.page
    assert not viewer.zoomed.isEnabled()
    drag(qtbot, page.wave.viewport(), at(page.wave, 1.0), at(page.wave, 2.0))
    assert page.selection == pytest.approx((1, 2), abs=0.02)
    assert page.plot.x_range() == pytest.approx((0, 4)), "it does not pan"
    assert viewer.bar.words.text().startswith(("Selection 1.0", "Selection 0.9", NO_DEVICE))
    viewer.zoomed.click()
    left, right = page.plot.x_range()
    assert (left, right) == pytest.approx((0.98, 2.02), abs=0.04)
    viewer.setFocus()
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert page.selection is None


def test_choices_are_live(viewer: SoundViewer, qtbot: QtBot) -> None:
    page, told = viewer.page, list[int]()
    viewer.choices_changed.connect(lambda: told.append(1))
    for combo, value, now in (
        (viewer.scale, "mel", lambda: page.look.scale),
        (viewer.band, 0.0, lambda: page.look.band),
        (viewer.window_, 4096, lambda: page.look.window),
        (viewer.range, 48.0, lambda: page.look.range),
        (viewer.map, "viridis", lambda: page.look.map),
    ):
        before = page.plot.viewport().grab().toImage()
        combo.set_value(value)
        combo.activated.emit(combo.currentIndex())
        assert now() == value
        drawn(viewer, qtbot)
        assert page.plot.viewport().grab().toImage() != before, f"{value} is seen"
    assert len(told) == 5
    assert page.scale().high == RATE / 2
    assert page.backing.tiles.source is not None
    assert page.backing.tiles.source.window == 4096
    low, high = page.limits()
    assert high - low == pytest.approx(48)


def test_a_tone_stands_at_its_frequency_on_each_scale(viewer: SoundViewer, qtbot: QtBot) -> None:
    viewer.set_payload(Sound(Samples(sine(1000, 2.0)), RATE, title="tone"))
    for name in ("linear", "mel", "log"):
        viewer.scale.set_value(name)
        viewer.scale.activated.emit(viewer.scale.currentIndex())
        drawn(viewer, qtbot)
        assert brightness(viewer, 1.0, 1000) > brightness(viewer, 1.0, 2000) + 200, name


def test_choices_are_kept_and_nonsense_is_not(viewer: SoundViewer) -> None:
    kept = {"scale": "log", "band": 4000.0, "window": 512, "range": 60.0, "map": "grey", "tracks": False, "speed": 0.5}
    viewer.set_choices(kept)
    assert viewer.choices() == {**kept, "volume": 0.8}
    viewer.set_choices({"scale": "x", "band": "y", "window": 7, "range": -3, "map": 1, "speed": 9, "volume": True})
    assert viewer.choices() == {**kept, "volume": 0.8}


def test_a_band_beyond_the_rate_is_all_of_it(viewer: SoundViewer) -> None:
    viewer.set_payload(Sound(Samples(voiced(1.0, 8000.0)), 8000.0, title="telephone"))
    assert viewer.page.scale().high == 4000
    assert [viewer.band.itemText(index) for index in range(viewer.band.count())] == ["0–4 kHz"]


# -- regions


def test_a_box_is_drawn_on_the_spectrogram_and_an_interval_on_the_waveform(viewer: SoundViewer, qtbot: QtBot) -> None:
    page, told = viewer.page, list[Region]()
    viewer.region_drawn.connect(told.append)
    viewer.setFocus()
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    assert viewer.edit.isChecked()
    assert viewer.hints.isVisible()
    drag(qtbot, page.plot.viewport(), at(page.plot, 1.0, 0.2), at(page.plot, 2.0, 0.6))
    (box,) = told
    assert (box.start, box.stop) == (pytest.approx(1, abs=0.02), pytest.approx(2, abs=0.02))
    assert (box.low, box.high) == (pytest.approx(1000, abs=30), pytest.approx(3000, abs=30))
    drag(qtbot, page.wave.viewport(), at(page.wave, 2.5), at(page.wave, 3.0))
    assert (told[1].low, told[1].high) == (None, None)
    drag(qtbot, page.plot.viewport(), at(page.plot, 1.0, 0.5), at(page.plot, 2.0, 0.503))
    assert (told[2].low, told[2].high) == (None, None), "flat is of all frequencies"
    drag(qtbot, page.plot.viewport(), at(page.plot, 3.0, 0.5), at(page.plot, 3.5, 1.3))
    assert told[3].low == pytest.approx(2500, abs=30)
    assert told[3].high is None, "beyond the rim has no end"


def test_the_chosen_box_is_moved_and_stretched(viewer: SoundViewer, qtbot: QtBot) -> None:
    page, told = viewer.page, list[Region]()
    viewer.region_moved.connect(told.append)
    region = Region("a", 1.0, 2.0, "tremor", (), 1000.0, 3000.0)
    viewer.set_regions([region], {"tremor": 3})
    viewer.choose_region("a")
    port = page.plot.viewport()
    drag(qtbot, port, at(page.plot, 1.5, 0.6), at(page.plot, 1.5, 0.8))
    assert told[-1].high == pytest.approx(4000, abs=40), "its upper edge"
    assert (told[-1].low, told[-1].start, told[-1].stop) == (1000, 1, 2)
    drag(qtbot, port, at(page.plot, 1.5, 0.2), at(page.plot, 1.5, -0.4))
    assert told[-1].low is None, "over the rim"
    drag(qtbot, port, at(page.plot, 2.0, 0.4), at(page.plot, 2.5, 0.7))
    assert told[-1].stop == pytest.approx(2.5, abs=0.02), "its end in time"
    assert (told[-1].low, told[-1].high) == (1000, 3000)
    page.annotating.set_editing(True)
    drag(qtbot, port, at(page.plot, 1.5, 0.4), at(page.plot, 2.0, 0.5))
    assert told[-1].start == pytest.approx(1.5, abs=0.02)
    assert told[-1].low == pytest.approx(1500, abs=40)
    assert told[-1].high == pytest.approx(3500, abs=40)
    drag(qtbot, page.wave.viewport(), at(page.wave, 1.0), at(page.wave, 0.5))
    assert told[-1].start == pytest.approx(0.5, abs=0.02)
    assert (told[-1].low, told[-1].high) == (1000, 3000), "on the waveform its frequencies stay"


def test_a_click_chooses_on_both_plots_and_delete_asks(viewer: SoundViewer, qtbot: QtBot) -> None:
    page, chosen, removed = viewer.page, list[str](), list[str]()
    viewer.region_chosen.connect(chosen.append)
    viewer.region_removed.connect(removed.append)
    viewer.set_regions([Region("a", 1.0, 2.0, "x", (), 1000.0, 3000.0), Region("b", 1.2, 3.0, "y")], {})
    qtbot.mouseClick(page.plot.viewport(), Qt.MouseButton.LeftButton, NONE, at(page.plot, 1.6, 0.4))
    assert (page.boxes.chosen, page.intervals.chosen) == ("a", "a")
    qtbot.mouseClick(page.plot.viewport(), Qt.MouseButton.LeftButton, NONE, at(page.plot, 1.6, 0.9))
    assert page.intervals.chosen == "b", "above the box"
    qtbot.mouseClick(page.wave.viewport(), Qt.MouseButton.LeftButton, NONE, at(page.wave, 2.5))
    assert chosen == ["a", "b"]
    viewer.setFocus()
    qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    assert removed == ["b"]
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert page.boxes.chosen == ""
    assert chosen[-1] == ""


def test_r_makes_a_region_of_the_selection(viewer: SoundViewer, qtbot: QtBot) -> None:
    told = list[Region]()
    viewer.region_drawn.connect(told.append)
    viewer.page.set_selection((1.0, 1.5))
    viewer.setFocus()
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    (made,) = told
    assert (made.start, made.stop, made.banded) == (1.0, 1.5, False)
    assert viewer.page.selection is None
    assert not viewer.edit.isChecked()


def test_where_regions_cannot_be_kept_none_is_drawn(viewer: SoundViewer, qtbot: QtBot) -> None:
    viewer.offer_editing(False)
    viewer.setFocus()
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    assert not viewer.page.annotating.editing


def test_many_regions_are_found_by_time(viewer: SoundViewer) -> None:
    rng = np.random.default_rng(0)
    starts = rng.random(5000) * 4
    regions = [Region(str(number), float(start), float(start) + 0.01, "x") for number, start in enumerate(starts)]
    viewer.set_regions(regions, {"x": 0})
    viewer.page.plot.set_x(1.0, 1.2)
    viewer.grab()
    assert len(viewer.region_table()) == 5000


# -- curves, growth, trouble


def test_curves_come_in_the_background(viewer: SoundViewer, qtbot: QtBot) -> None:
    times = np.arange(0, 4, 0.01)
    values = np.full(len(times), 220.0, np.float32)
    values[200:] = np.nan

    def curves() -> Iterator[Track]:
        yield Track("F0", times[:100], values[:100])
        yield Track("F0", times, values)

    viewer.set_payload(sounded(tracks=curves))
    qtbot.waitUntil(
        lambda: len(viewer.page.backing.tracking.tracks.get("F0", Track("", times[:0], values[:0])).times) == 400
    )
    viewer.page.set_cursor(1.0)
    assert "F0 220 Hz" in viewer.page.cursor_words()
    viewer.page.set_cursor(3.0)
    assert "F0" not in viewer.page.cursor_words(), "where there is no voice there is none"
    viewer.page.set_cursor(1.0)
    viewer.tracks.click()
    assert not viewer.page.look.tracks
    assert "F0" not in viewer.page.cursor_words()


def test_curves_are_drawn_once_for_a_view_however_far_it_plays(
    viewer: SoundViewer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = np.arange(0, 4, 0.01)
    viewer.set_payload(sounded(tracks=lambda: iter([Track("F0", times, np.full(len(times), 220.0, np.float32))])))
    qtbot.waitUntil(lambda: "F0" in viewer.page.lines.tracks)
    drawn(viewer, qtbot)
    made: list[int] = []
    draw = viewer.page.lines._draw

    def counted(painter: QPainter) -> None:
        made.append(1)
        draw(painter)

    monkeypatch.setattr(viewer.page.lines, "_draw", counted)
    for time in (0.5, 1.0, 1.5):
        viewer.page.set_cursor(time)
        drawn(viewer, qtbot)
    assert not made, "a step of the cursor draws the cursor alone"
    viewer.page.plot.set_x(0.5, 1.5)
    drawn(viewer, qtbot)
    assert made == [1]
    viewer.page.lines.tracks = {"F0": Track("F0", times, np.full(len(times), 440.0, np.float32))}
    drawn(viewer, qtbot)
    assert made == [1, 1]


def test_curves_that_cannot_be_computed_are_told(viewer: SoundViewer, qtbot: QtBot) -> None:
    def curves() -> Iterator[Track]:
        raise UserError("parselmouth is missing: pip install winnow[praat]")
        yield

    viewer.set_payload(sounded(tracks=curves))
    qtbot.waitUntil(lambda: "parselmouth" in viewer.header.subtitle.text())
    assert not viewer.speaks()


def test_a_long_recording_is_seen_at_once_and_whole_soon(viewer: SoundViewer, qtbot: QtBot) -> None:
    values = np.zeros(LONG + 200_000, np.float32)
    seconds = len(values) / RATE
    values[int(0.7 * len(values)) : int(0.7 * len(values)) + 800] = voiced(0.05)
    viewer.set_payload(Sound(Samples(values), RATE, title="long"))
    viewer.page.plot.set_x(0, seconds)
    assert viewer.page.backing.share() < 1
    qtbot.waitUntil(lambda: viewer.page.backing.share() >= 1, timeout=30_000)
    drawn(viewer, qtbot)
    assert viewer.page.backing.tiles.source is not None
    keys = viewer.page.picture.keys(round(viewer.page.plot.area().width()), 300)
    assert viewer.page.backing.tiles.source.is_wide(keys[0].hop)
    assert len(keys) * 128 < 2500
    bright = max(brightness(viewer, 0.7 * seconds + by, 150) for by in np.linspace(-0.3, 0.3, 13))
    assert bright > brightness(viewer, 0.4 * seconds, 150) + 150, "fifty milliseconds in minutes"


def test_a_recording_that_cannot_be_read_any_more_says_so(viewer: SoundViewer, qtbot: QtBot) -> None:
    class Gone(Samples):
        def read(self, start: int, stop: int) -> np.ndarray:
            raise UserError("a.wav is gone. Put it back, or find it anew.")

    viewer.set_payload(Sound(Gone(voiced(1.0)), RATE, title="gone"))
    qtbot.waitUntil(viewer.speaks)
    assert viewer.sound is None


def test_a_file_that_became_shorter_is_silent_where_it_ended(viewer: SoundViewer, qtbot: QtBot) -> None:
    class Cut(Samples):
        @property
        def length(self) -> int:
            return 2 * len(self.values)

    viewer.set_payload(Sound(Cut(voiced(1.0)), RATE, title="cut"))
    drawn(viewer, qtbot)
    viewer.page.set_cursor(1.8)
    assert "silent" in viewer.page.cursor_words()
    assert not viewer.speaks()


@pytest.mark.parametrize("length", [0, 1, 7])
def test_hardly_any_samples(viewer: SoundViewer, qtbot: QtBot, length: int) -> None:
    viewer.set_payload(Sound(Samples(np.full(length, 0.5, np.float32)), RATE, title="short", note="cut in half"))
    QApplication.processEvents()
    viewer.grab()
    assert viewer.speaks() == (length == 0)
    viewer.fit()
    viewer.page.zoom(0.5)
    viewer.grab()


def test_the_same_sound_stays_as_it_is_looked_at(viewer: SoundViewer) -> None:
    sound = viewer.sound
    assert sound is not None
    viewer.page.plot.set_x(1.0, 2.0)
    viewer.page.set_cursor(1.5)
    viewer.set_payload(sound, 0, "H")
    assert viewer.page.plot.x_range() == pytest.approx((1, 2))
    assert viewer.page.moment.at == pytest.approx(1.5)
    viewer.set_payload(sounded(2.0))
    assert viewer.page.plot.x_range() == pytest.approx((0, 2))
    assert np.isnan(viewer.page.moment.at)


def test_the_dark_theme_repaints(viewer: SoundViewer, qapp: QApplication) -> None:
    before = viewer.grab().toImage()
    theme.apply(qapp, "dark")
    QApplication.processEvents()
    assert viewer.grab().toImage() != before


def test_without_a_device_all_else_works_and_the_bar_says_so(viewer: SoundViewer) -> None:
    viewer.bar.show_trouble(viewer.player.look_for_device())
    assert viewer.bar.words.text() == "No sound device: playback is off"
    assert not viewer.bar.play.isEnabled()
    viewer.toggle_play()
    assert not viewer.player.playing
    viewer.page.set_cursor(1.0)
    assert viewer.bar.clock.text() == "0:01.000"
    viewer.rewind()
    assert viewer.bar.clock.text() == "0:00.000"
