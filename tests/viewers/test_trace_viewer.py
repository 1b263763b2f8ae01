"""The trace viewer by keys and mouse: ranges, cursors, signals, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.payload import ArrayReader, Mark, Traces
from models.pyramid import PyramidReader
from tests.viewers.mouse import drag, wheel
from widgets import theme
from widgets.charts.picture import picture
from widgets.traces.lanes import value_range
from widgets.traces.marks import MarkTable, covered
from widgets.traces.plot import clock_step, clock_text, nice_step, tick_text, ticks
from widgets.traces.viewer import NO_RATE, TraceViewer, listed

ALT, CTRL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


@pytest.fixture
def viewer(qtbot: QtBot, traces: Traces) -> Iterator[TraceViewer]:
    shown = TraceViewer()
    qtbot.addWidget(shown)
    shown.resize(900, 560)
    shown.set_payload(traces, 2, "2")
    shown.show()
    qtbot.waitExposed(shown)
    yield shown
    shown.close_down()


def pixel(viewer: TraceViewer, time: float, value: float = 0.0) -> QPoint:
    return viewer.plot.to_pixel(time, value).toPoint()


def test_it_shows_the_whole_trace_and_says_that_it_has_no_rate(viewer: TraceViewer) -> None:
    assert viewer.plot.x_range() == (0.0, 999.0)
    assert viewer.plot.rim.caption == NO_RATE
    low, high = viewer.plot.y_range()
    values = viewer.traces.reader.read(0, 1000, 1000)[0]
    assert low < values.min()
    assert high > values.max()
    assert viewer.header.title.text() == "2/08:22"


def test_a_rate_gives_seconds(viewer: TraceViewer, traces: Traces) -> None:
    viewer.set_payload(replace(traces, rate=100.0, start=5.0))
    assert viewer.plot.x_range() == (5.0, pytest.approx(14.99))
    assert viewer.plot.rim.caption == "Time, s"


def test_keys_zoom_pan_and_fit(viewer: TraceViewer, qtbot: QtBot) -> None:
    qtbot.keyClick(viewer, Qt.Key.Key_Plus)
    left, right = viewer.plot.x_range()
    assert right - left == pytest.approx(666, abs=1)
    qtbot.keyClick(viewer, Qt.Key.Key_Right)
    assert viewer.plot.x_range()[0] == pytest.approx(left + 66.6, abs=1)
    for _ in range(9):
        qtbot.keyClick(viewer, Qt.Key.Key_Right)
    assert viewer.plot.x_range()[1] == pytest.approx(999)
    qtbot.keyClick(viewer, Qt.Key.Key_Minus)
    qtbot.keyClick(viewer, Qt.Key.Key_Minus)
    assert viewer.plot.x_range() == (0.0, 999.0)
    qtbot.keyClick(viewer, Qt.Key.Key_Plus)
    qtbot.keyClick(viewer, Qt.Key.Key_Home)
    assert viewer.plot.x_range() == (0.0, 999.0)


def test_gain_and_offset_keys(viewer: TraceViewer, qtbot: QtBot) -> None:
    low, high = viewer.plot.y_range()
    qtbot.keyClick(viewer, Qt.Key.Key_Up, CTRL)
    assert np.ptp(viewer.plot.y_range()) == pytest.approx((high - low) / 1.25)
    qtbot.keyClick(viewer, Qt.Key.Key_Down, CTRL)
    assert np.ptp(viewer.plot.y_range()) == pytest.approx(high - low)
    qtbot.keyClick(viewer, Qt.Key.Key_Up, SHIFT)
    assert viewer.plot.y_range()[0] == pytest.approx(low - 0.1 * (high - low))


def test_drag_pans_and_tells(viewer: TraceViewer, qtbot: QtBot) -> None:
    viewer.plot.set_x(200, 600)
    with qtbot.waitSignal(viewer.range_changed):
        drag(qtbot, viewer.plot.viewport(), pixel(viewer, 500), pixel(viewer, 400))
    assert viewer.plot.x_range()[0] == pytest.approx(300, abs=3)


def test_wheel_pans_and_with_ctrl_zooms_at_the_pointer(viewer: TraceViewer) -> None:
    at = pixel(viewer, 250)
    wheel(viewer.plot.viewport(), at, 120, CTRL)
    left, right = viewer.plot.x_range()
    assert right - left == pytest.approx(999 * 0.8, abs=1)
    assert viewer.plot.to_data(QPointF(at)).x() == pytest.approx(250, abs=2)
    viewer.plot.set_x(200, 600)
    wheel(viewer.plot.viewport(), at, -120, Qt.KeyboardModifier.NoModifier)
    assert viewer.plot.x_range() == (pytest.approx(240), pytest.approx(640))


def test_shift_drag_zooms_into_a_box(viewer: TraceViewer, qtbot: QtBot) -> None:
    drag(qtbot, viewer.plot.viewport(), pixel(viewer, 300, 1.0), pixel(viewer, 500, -1.0), SHIFT)
    assert viewer.plot.x_range() == (pytest.approx(300, abs=3), pytest.approx(500, abs=3))
    assert viewer.plot.y_range() == (pytest.approx(-1, abs=0.05), pytest.approx(1, abs=0.05))


def test_the_range_never_changes_by_itself(viewer: TraceViewer, traces: Traces) -> None:
    viewer.plot.set_x(100, 300)
    before = viewer.plot.y_range()
    bigger = replace(traces, reader=ArrayReader(traces.reader.read(0, 1000, 1000)[0] * 100))
    viewer.set_payload(bigger, keep_range=True)
    QApplication.processEvents()
    assert viewer.plot.x_range() == (100.0, 300.0)
    assert viewer.plot.y_range() == before
    viewer.set_payload(bigger)
    assert viewer.plot.x_range() == (0.0, 999.0)
    assert np.ptp(viewer.plot.y_range()) > 100


def test_cursors_are_dragged_and_stepped(viewer: TraceViewer, qtbot: QtBot) -> None:
    told: list[tuple[float, float]] = []
    viewer.cursor_moved.connect(lambda a, b: told.append((a, b)))
    qtbot.mouseClick(viewer.cursor_button, Qt.MouseButton.LeftButton)
    assert viewer.cursors.isVisible()
    assert viewer.cursors.at == [333.0, 666.0], "both can be seen and taken hold of"
    viewer.place_cursors(262, 438)
    assert told[-1] == (262.0, 438.0)
    drag(qtbot, viewer.plot.viewport(), pixel(viewer, 262), pixel(viewer, 300))
    assert told[-1][0] == pytest.approx(300, abs=2)
    assert viewer.plot.x_range() == (0.0, 999.0)
    at = viewer.cursors.at[0]
    qtbot.keyClick(viewer, Qt.Key.Key_Right, ALT)
    assert viewer.cursors.at[0] == at + 1
    qtbot.keyClick(viewer, Qt.Key.Key_Left, ALT | SHIFT)
    assert viewer.cursors.at[0] == at - 9
    qtbot.keyClick(viewer, Qt.Key.Key_Down, ALT)
    qtbot.keyClick(viewer, Qt.Key.Key_Right, ALT)
    assert viewer.cursors.at[1] == 439.0


def test_the_readout_gives_places_and_differences(viewer: TraceViewer) -> None:
    values = np.zeros((1, 1000), np.float32)
    values[0, 438] = 0.16
    viewer.set_payload(Traces(ArrayReader(values), ("x",)))
    viewer.place_cursors(262, 438)
    assert viewer.readout() == ("A 262", "B 438", "Δ 176 samples", "Δy +0.16")
    viewer.set_payload(Traces(ArrayReader(values), ("x",), rate=100.0, unit="mV"))
    viewer.place_cursors(2.62, 4.38)
    assert viewer.readout()[2:] == ("Δ 1.76 s", "Δy +0.16 mV")
    viewer.set_cursors(False)
    assert viewer.readout() == ()


def test_overlays_are_toggled_and_named(viewer: TraceViewer, qtbot: QtBot) -> None:
    assert len(viewer.raster.layers) == 2
    assert "same cell" in viewer.caption.accessibleName()
    with qtbot.waitSignal(viewer.overlays_asked):
        qtbot.mouseClick(viewer.overlay_button, Qt.MouseButton.LeftButton)
    assert len(viewer.raster.layers) == 1
    assert "same cell" not in viewer.caption.accessibleName()


def test_the_previous_sample_is_a_ghost(viewer: TraceViewer, traces: Traces) -> None:
    viewer.set_previous(traces, "previous 2/08:21")
    assert viewer.raster.layers[-2].colour.rgb() == theme.token("accent").rgb()
    assert "previous 2/08:21" in viewer.caption.accessibleName()
    viewer.set_previous(None)
    assert len(viewer.raster.layers) == 2


def ink(viewer: TraceViewer, colour: QColor) -> int:
    """Pixels of a colour in the plot."""
    image = viewer.plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return int((bits == colour.rgb()).sum())


def test_the_trace_is_painted_in_the_pen_of_the_theme(viewer: TraceViewer, qapp: QApplication) -> None:
    assert ink(viewer, theme.token("pen")) > 500
    theme.apply(qapp, "dark")
    assert ink(viewer, theme.token("pen")) > 500
    assert ink(viewer, theme.token("well")) > 10_000


def test_cursors_are_painted_in_indigo(viewer: TraceViewer) -> None:
    before = ink(viewer, theme.token("accent"))
    viewer.place_cursors(262, 438)
    assert ink(viewer, theme.token("accent")) > before + 300


def test_relevance_is_heat_at_the_foot(viewer: TraceViewer) -> None:
    values = np.zeros(1000)
    values[500:510] = -3.0
    viewer.set_relevance(values)
    shares = viewer.strip.shares(1000)
    assert viewer.strip.isVisible()
    assert np.flatnonzero(shares > 0.99).tolist() == pytest.approx(list(range(500, 511)), abs=1)
    assert ink(viewer, QColor("#2B3A67")) > 10
    viewer.plot.set_x(100, 300)
    assert viewer.strip.shares(400).max() == 0
    viewer.set_relevance(None)
    assert not viewer.strip.isVisible()


def many(channels: int = 4, length: int = 1000) -> Traces:
    values = np.random.default_rng(0).standard_normal((channels, length)).astype(np.float32)
    return Traces(ArrayReader(values), tuple(f"C{i}" for i in range(channels)), rate=100.0, unit="µV")


def test_channels_stand_in_lanes_with_names(viewer: TraceViewer, qtbot: QtBot) -> None:
    viewer.set_payload(many())
    assert [name for _at, name in viewer.plot.side.names] == ["C0", "C1", "C2", "C3"]
    assert viewer.scale_bar.isVisible()
    gain = viewer.raster.layers[-1].gains[0]
    qtbot.keyClick(viewer, Qt.Key.Key_Up, CTRL)
    assert viewer.raster.layers[-1].gains[0] == pytest.approx(gain * 1.25)
    viewer.place_cursors(2.0, 4.0)
    qtbot.mouseClick(viewer.plot.viewport(), Qt.MouseButton.LeftButton, pos=pixel(viewer, 5.0, -2.0))
    assert viewer.readout()[3].startswith("C2 Δy")
    viewer.stack_action.trigger()
    assert viewer.plot.side.names == []
    assert not viewer.scale_bar.isVisible()


def test_a_long_recording_gets_its_pyramid_in_the_background(viewer: TraceViewer, qtbot: QtBot) -> None:
    viewer.set_payload(many(4, 1_200_000))
    assert viewer.plot.x_range() == (0.0, pytest.approx(10.0))
    qtbot.waitUntil(lambda: viewer._growth.share == 1.0, timeout=20_000)
    reader = viewer.raster.layers[-1].reader
    assert isinstance(reader, PyramidReader)
    assert reader.pyramid.done == 1_200_000
    qtbot.keyClick(viewer, Qt.Key.Key_Right)
    assert viewer.plot.x_range()[0] == pytest.approx(10.0)
    qtbot.keyClick(viewer, Qt.Key.Key_Home)
    assert viewer.plot.rim.caption == "Time, h:min:s"


def test_empty_missing_and_broken_say_so_in_words(viewer: TraceViewer) -> None:
    viewer.set_payload(Traces(ArrayReader(np.zeros((1, 0), np.float32)), ("x",), title="2/08:22"))
    assert viewer.words.accessibleName().startswith("This trace is empty")
    assert viewer.words.isVisible()
    viewer.set_words("sim.h5 is missing", "Locate it.", "file_lost")
    assert viewer.words.accessibleName() == "sim.h5 is missing. Locate it."
    viewer.set_payload(None)
    assert viewer.words.accessibleName().startswith("No sample is shown")


def test_missing_values_do_not_spoil_the_range(viewer: TraceViewer) -> None:
    values = np.full((1, 1000), np.nan, np.float32)
    viewer.set_payload(Traces(ArrayReader(values), ("x",)))
    assert viewer.plot.y_range() == (-1.0, 1.0)
    values[0, 10:20] = 3.0
    values[0, 30] = np.inf
    viewer.set_payload(Traces(ArrayReader(values.copy()), ("x",)))
    low, high = viewer.plot.y_range()
    assert low < 3.0 < high < 10
    viewer.plot.grab()


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_what_is_drawn_becomes_a_picture(viewer: TraceViewer, qtbot: QtBot, suffix: str) -> None:
    action = next(entry for entry in viewer.header._entries if entry.objectName() == "trace_save")
    with qtbot.waitSignal(viewer.picture_asked) as asked:
        action.trigger()
    assert asked.args is not None
    figure = asked.args[0]
    made = picture(figure, suffix)
    if suffix == ".png":
        image = QImage.fromData(made)
        assert image.width() == 2 * viewer.plot.width()
        middle = [image.pixelColor(image.width() // 2, y) for y in range(image.height())]
        assert len({colour.rgb() for colour in middle}) > 2, "the trace and the grid are drawn"
    else:
        text = made.decode()
        assert text.count("<polyline") + text.count("<path") >= 2
        assert "<text" in text


def test_visible_marks_are_found_by_time() -> None:
    marks = [Mark(float(at), str(at)) for at in range(100)] + [Mark(5.0, "s", 60.0), Mark(50.0, "t", 51.0)]
    table = MarkTable(marks)
    assert table.moments(10, 12).tolist() == [10, 11, 12]
    assert table.spans(55, 70).tolist() == [0]
    assert table.spans(50.5, 50.6).tolist() == [0, 1]
    assert table.spans(70, 80).tolist() == []
    assert covered(np.array([1.2, 5.0]), np.array([3.1, 5.0]), 8).tolist() == [0, 1, 1, 1, 0, 1, 0, 0]


def test_marks_are_painted(viewer: TraceViewer, traces: Traces) -> None:
    viewer.set_payload(replace(traces, marks=()))
    bare = viewer.plot.grab().toImage()
    viewer.set_payload(traces)
    assert viewer.plot.grab().toImage() != bare
    spikes = (*(Mark(float(at)) for at in range(0, 1000, 2)), Mark(100.0, "burst", 200.0))
    viewer.set_payload(replace(traces, marks=spikes))
    assert ink(viewer, theme.mix(theme.token("warn"), theme.token("well"), 0.12)) > 2_000


@pytest.mark.parametrize("reach", [0.45, 0.55, 0.65, 1.1, 2.6])
def test_zero_never_stands_alone_at_the_axis_of_values(viewer: TraceViewer, reach: float) -> None:
    viewer.plot.set_y(-reach, reach)
    viewer.plot.resize(600, 140)
    assert len(viewer.plot.side.values()) >= 3


def test_ticks_without_words_are_counted_and_named_in_the_caption(viewer: TraceViewer, traces: Traces) -> None:
    assert viewer.caption.marks == "", "these say themselves what they are"
    spikes = tuple(Mark(float(at)) for at in range(0, 1000, 2))
    viewer.set_payload(replace(traces, marks=spikes, mark_words="spikes (events_AP)", overlays=(), note=""))
    assert viewer.caption.marks == "500 spikes (events_AP)"
    assert "500 spikes (events_AP)" in viewer.caption.accessibleName()
    seen = viewer.caption.grab()
    viewer.caption.show_words(viewer.caption.unit, viewer.caption.legend, (), "")
    assert viewer.caption.grab().toImage() != seen.toImage()
    viewer.set_payload(replace(traces, marks=(*spikes, Mark(5.0, "cMax 1.2"))))
    assert viewer.caption.marks == "500 marks"


def test_the_caption_names_the_shown_trace_only_beside_others(viewer: TraceViewer, traces: Traces) -> None:
    assert viewer.caption.legend[0][1] == traces.names[0]
    viewer.set_overlays(False)
    assert viewer.caption.legend == []
    assert listed(["noise 0.010", "noise 0.050"]) == "noise 0.010, 0.050"
    assert listed(["noise 0.010", "clean"]) == "noise 0.010, clean"
    assert listed([]) == ""


def test_a_person_who_gave_the_label_is_marked(viewer: TraceViewer) -> None:
    viewer.show_label(2, "2", "ann")
    assert not viewer.person.isHidden()
    assert viewer.person.toolTip() == "Labelled by ann"
    viewer.show_label(2, "2")
    assert viewer.person.isHidden()
    assert not viewer.chip.isHidden()
    viewer.show_label(-1, "", "ann")
    assert viewer.person.isHidden()


def test_steps_and_words_of_the_axis() -> None:
    assert nice_step(1000, 7) == 200.0
    assert nice_step(0.3, 6) == pytest.approx(0.05)
    assert clock_step(3600, 12) == 300
    assert ticks(0.15, 0.35, 0.1) == pytest.approx([0.2, 0.3])
    assert tick_text(-0.2, 0.1) == "−0.2"
    assert clock_text(277, 1) == "00:04:37"
    assert clock_text(277.25, 0.25) == "00:04:37.3" or clock_text(277.25, 0.05) == "00:04:37.25"
    assert clock_text(20.99609375, 0.01) == "00:00:21.00", "not a second too early"
    assert clock_text(59.996, 0.01) == "00:01:00.00"
    assert clock_text(-3599.9996, 0.001) == "−01:00:00.000"
    assert clock_text(20.99, 1) == "00:00:20"


def test_the_range_of_values_is_sampled_where_there_are_many() -> None:
    values = np.zeros((1, 3_000_000), np.float32)
    values[0, :100] = 5.0
    low, high = value_range([(ArrayReader(values), 0, 3_000_000)])
    assert low < 0
    assert high > 5


def test_a_view_that_nobody_touched_is_fitted_to_the_next_sample(viewer: TraceViewer, traces: Traces) -> None:
    bigger = replace(traces, reader=ArrayReader(traces.reader.read(0, 1000, 1000)[0] * 100))
    viewer.set_payload(bigger, keep_range=True)
    low, high = viewer.plot.y_range()
    values = bigger.reader.read(0, 1000, 1000)[0]
    assert low <= values.min() < values.max() <= high
    viewer.plot.set_y(-1, 1)
    viewer.set_payload(traces, keep_range=True)
    assert viewer.plot.y_range() == (-1, 1)
