"""The viewer of recordings by keys and mouse: units, pages, channels, cursors, choices."""

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
from models.filters import Filters
from models.payload import Recording
from tests.viewers.recordings import CTRL, KINDS, NONE, RATE, Signals, drag, page, place, recorded, shown_viewer, waves
from widgets.recording.page import PageView
from widgets.recording.scale import band_words, page_words, step
from widgets.recording.viewer import RecordingViewer
from widgets.traces import growth

# Pages and units


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[RecordingViewer]:
    yield from shown_viewer(qtbot)


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


def test_filters_in_force_are_told_where_their_choice_has_no_room(viewer: RecordingViewer) -> None:
    viewer.band.set_value((0.5, 40.0))
    viewer.notch.set_value(50.0)
    viewer._choose()
    wide = viewer.size()
    viewer.resize(520, wide.height())
    QApplication.processEvents()
    viewer._say_page()
    assert {viewer.band, viewer.notch} <= set(viewer.tools.overflowed())
    assert "0.5–40 Hz, notch 50 Hz" in viewer.page.words.notes
    viewer.resize(1900, wide.height())
    QApplication.processEvents()
    viewer._say_page()
    assert viewer.band not in viewer.tools.overflowed()
    assert not any("Hz" in note for note in viewer.page.words.notes)


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
    assert viewer.page.lanes is not None
    heart = area.top() - viewer.page.lanes.middles[-1]
    assert bars.upright.bottom() < heart, "it is no measure of the heart, which has a gain of its own"
    for bar in (bars.upright, bars.level):
        assert not bar.intersects(area)
        assert whole.contains(bar)
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
    with qtbot.waitSignal(viewer.rows.picked_first) as told:
        viewer.ask_bad()
    assert told.args == ["Fp1", 1]
    assert (viewer.page.bad, side.picked) == (frozenset(), "Fp1"), "nothing is bad that nobody picked"
    viewer.page.plot.side.pick("")
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
