"""The unit viewer: panes, choices by keys and boxes, what stands there when something is missing, both sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from models.payload import Measure, Unit
from widgets import theme
from widgets.charts.picture import picture as image_of
from widgets.unit.measures import Population
from widgets.unit.probe import near_channels, spots
from widgets.unit.viewer import UnitViewer
from widgets.unit.why import Why


@pytest.fixture
def viewer(qtbot: QtBot, unit: Unit) -> UnitViewer:
    shown = UnitViewer()
    qtbot.addWidget(shown)
    shown.resize(1500, 1000)
    shown.set_payload(unit, 1, "M", "ann")
    shown.show()
    qtbot.waitExposed(shown)
    QApplication.processEvents()
    return shown


def picture(widget: object) -> QImage:
    return widget.grab().toImage()  # type: ignore[attr-defined,no-any-return]


def chroma(colour: QColor) -> int:
    parts = (colour.red(), colour.green(), colour.blue())
    return max(parts) - min(parts)


def test_it_says_what_it_shows(viewer: UnitViewer) -> None:
    assert viewer.header.title.text() == "session:7"
    assert viewer.person.toolTip() == "Labelled by ann"
    assert viewer.panes.template_pane.header.subtitle.text().startswith("largest on channel c6, depth 60 µm")
    assert viewer.panes.activity_pane.header.subtitle.text().endswith("spikes")
    assert "SNR 6.80" in viewer.measures.accessibleDescription()
    assert viewer.gaps.words() == ("0.00 % < 1.5 ms", "text2")


def test_every_pane_draws_data_in_both_themes(viewer: UnitViewer, look: QApplication) -> None:
    panes = (viewer.probe, viewer.heat, viewer.auto, viewer.gaps, viewer.amplitude, viewer.rate)
    for mode in ("light", "dark"):
        theme.apply(look, mode)  # type: ignore[arg-type]
        for pane in panes:
            assert pane.empty == ("", "")
            image = picture(pane)
            colours = {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
            assert len(colours) > 8, pane.objectName()
            assert image.pixelColor(1, 1) == theme.token("well")


def test_the_nearest_channels_stand_where_they_are_on_the_probe(viewer: UnitViewer, unit: Unit) -> None:
    assert near_channels(unit, 4) == [6, 4, 8, 7]
    plan = viewer.probe.plan()
    assert plan is not None
    assert len(plan.channels) == 16
    where = {channel: plan.middles[place] for place, channel in enumerate(plan.channels)}
    assert where[6][1] < where[4][1], "deeper is lower"
    assert where[6][0] < where[7][0]
    assert where[6] == pytest.approx([plan.place(0, 60).x(), plan.place(0, 60).y()])
    assert viewer.probe.channel_at(QPointF(*where[6])) == 6
    assert "channel c6" in viewer.probe.readout(QPointF(*where[6]))
    assert viewer.probe.channel_at(QPointF(0, 0)) == -1


def test_keys_change_the_channels_and_their_height(viewer: UnitViewer, qtbot: QtBot) -> None:
    heard: list[None] = []
    viewer.choices_changed.connect(lambda: heard.append(None))
    qtbot.keyClick(viewer, Qt.Key.Key_Plus)
    assert (viewer.probe.count, viewer.panes.channels.value()) == (12, 12)
    qtbot.keyClick(viewer, Qt.Key.Key_Minus)
    qtbot.keyClick(viewer, Qt.Key.Key_Minus)
    assert viewer.probe.count == 32
    before = viewer.probe.plan()
    qtbot.keyClick(viewer, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    after = viewer.probe.plan()
    assert before is not None
    assert after is not None
    assert after.scale == pytest.approx(before.scale * 1.25)
    qtbot.keyClick(viewer, Qt.Key.Key_Home)
    assert (viewer.probe.count, viewer.probe.gain) == (20, 1.0)
    assert len(heard) == 4


def test_window_bin_and_refractory_time_are_chosen_and_kept(viewer: UnitViewer, qtbot: QtBot, unit: Unit) -> None:
    assert viewer.auto.axes().right == pytest.approx(50)
    viewer.panes.window_box.setFocus()
    qtbot.keyClick(viewer.panes.window_box, Qt.Key.Key_Down)
    assert viewer.auto.axes().right == pytest.approx(100)
    assert viewer.gaps.axes().right == pytest.approx(100)
    viewer.panes.limit.set_value(0.005)
    viewer._choose()
    assert viewer.gaps.refractory == 0.005
    assert viewer.gaps.words()[1] == "error", "many intervals are shorter than 5 ms"
    other = UnitViewer()
    qtbot.addWidget(other)
    other.set_choices(viewer.choices())
    assert (
        other.choices()
        == viewer.choices()
        == {"window": 0.1, "bin": 0.001, "refractory": 0.005, "channels": 20, "way": "filtered", "span": 0.1}
    )
    other.set_choices({"window": 7.0})
    assert other.choices() == viewer.choices(), "what is no choice changes nothing"
    other.set_payload(unit)
    assert other.auto.axes().right == pytest.approx(100)


def test_bars_within_the_refractory_time_stand_out(viewer: UnitViewer) -> None:
    early = {}
    for limit in (0.0, 0.005):
        viewer.auto.show_digest(viewer.shown, viewer.lags(), limit)
        image, error = picture(viewer.auto), theme.token("error").rgb()
        spots = [(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixel(x, y) == error]
        early[limit] = len(spots)
    assert early[0.0] == 0 < early[0.005]


def test_the_readouts_tell_what_is_under_the_pointer(viewer: UnitViewer) -> None:
    for field in (viewer.heat, viewer.auto, viewer.gaps, viewer.amplitude):
        middle = field.axes().area.center()
        assert field.readout(middle), field.objectName()
        assert field.readout(QPointF(0, 0)) == ""
    auto = viewer.auto.axes()
    assert viewer.auto.readout(QPointF(auto.x(0.5), auto.area.center().y())) == "0 to 1 ms · 0"


def test_a_narrow_viewer_shows_one_of_two_fields_and_folds_the_measures(viewer: UnitViewer, qtbot: QtBot) -> None:
    viewer.resize(1800, 1000)
    QApplication.processEvents()
    assert viewer.probe.isVisible()
    assert viewer.heat.isVisible()
    assert viewer.measures.isVisible()
    viewer.resize(640, 620)
    QApplication.processEvents()
    assert not viewer.heat.isVisible()
    assert viewer.measures.height() == 0
    faces = viewer.panes.template_pane.findChild(object, "unit_face")
    assert faces is not None
    qtbot.keyClick(faces, Qt.Key.Key_Right)  # type: ignore[arg-type]
    assert viewer.heat.isVisible()
    assert not viewer.probe.isVisible()
    viewer.panes.fold.click()
    qtbot.waitUntil(lambda: viewer.measures.height() > 40)
    viewer.resize(1500, 600)
    QApplication.processEvents()
    assert viewer.measures.height() > 40, "a person's choice holds"


def test_measures_stand_alone_where_there_is_nothing_else(viewer: UnitViewer, unit: Unit) -> None:
    empty = np.zeros((0, 0), np.float32)
    tables = replace(unit, template=empty, positions=np.zeros((0, 2), np.float32), best=(), spikes=None, note="Tables.")
    viewer.set_payload(tables)
    QApplication.processEvents()
    assert not viewer.area.isVisible()
    assert viewer.alone.measures.height() > 800
    assert viewer.alone.head.subtitle.text() == "Tables."
    assert len(viewer.alone.measures.cells()) == 3
    viewer.show_why(Why("good", "probability", "exact", (("SNR", 0.2),)))
    assert viewer.alone.why.isVisible()
    viewer.set_payload(unit)
    QApplication.processEvents()
    assert viewer.area.isVisible()
    assert viewer.measures.height() < 200


@pytest.mark.parametrize("size", [(660, 650), (1100, 950), (1800, 1350)])
def test_many_measures_fill_the_room_there_is(viewer: UnitViewer, unit: Unit, size: tuple[int, int]) -> None:
    families = ["quality"] * 20 + ["pca"] * 6
    many = tuple(Measure(f"m{place}", f"M {place}", 1.0, "", 1, family) for place, family in enumerate(families))
    empty = np.zeros((0, 0), np.float32)
    viewer.set_payload(replace(unit, template=empty, best=(), spikes=None, measures=many))
    viewer.resize(*size)
    QApplication.processEvents()
    boxes = [box for _measure, box in viewer.alone.measures.cells()]
    assert max(box.right() for box in boxes) <= viewer.alone.measures.viewport().width()
    assert max(box.bottom() for box in boxes) > 0.7 * viewer.alone.measures.viewport().height()
    assert len(boxes) == 26 or viewer.alone.measures.verticalScrollBar().maximum() > 0


def test_depths_stand_beside_the_heat_map_at_equal_steps(viewer: UnitViewer, unit: Unit) -> None:
    viewer.resize(1800, 1000)
    QApplication.processEvents()
    assert [words for _at, words in viewer.heat._names(viewer.heat.axes())] == [str(20 * k) for k in range(7, -1, -1)]
    viewer.heat.resize(200, 130)
    depths = [int(words) for _at, words in viewer.heat._names(viewer.heat.axes())]
    assert 60 in depths, "the best channel's"
    assert len(set(np.diff(depths))) <= 1
    assert len(depths) < 8


@pytest.mark.parametrize("missing", ["spikes", "template", "rate", "amplitudes", "places", "one spike", "flat", "none"])
def test_what_is_missing_is_said(viewer: UnitViewer, unit: Unit, missing: str) -> None:
    spikes = unit.spikes
    assert spikes is not None
    less = {
        "spikes": replace(unit, spikes=None),
        "template": replace(unit, template=np.zeros((0, 0), np.float32), best=(), note="No templates here."),
        "rate": replace(unit, rate=None, seconds=None),
        "amplitudes": replace(unit, spikes=replace(spikes, sizes=np.zeros(0, np.float32))),  # type: ignore[type-var]
        "places": replace(unit, positions=np.zeros((16, 2), np.float32)),
        "one spike": replace(unit, spikes=replace(spikes, at=spikes.times()[:1], sizes=spikes.amplitudes()[:1])),  # type: ignore[type-var]
        "flat": replace(unit, template=np.zeros((16, 60), np.float32), best=()),
        "none": replace(unit, spikes=replace(spikes, at=spikes.times()[:0], sizes=spikes.amplitudes()[:0])),  # type: ignore[type-var]
    }[missing]
    viewer.set_payload(less)
    QApplication.processEvents()
    picture(viewer)
    fields = (viewer.probe, viewer.heat, viewer.auto, viewer.gaps, viewer.amplitude, viewer.rate)
    said = {field.objectName() for field in fields if field.empty[0]}
    assert (
        said
        == {
            "spikes": {"unit_auto", "unit_gaps", "unit_amplitude", "unit_rate"},
            "template": {"unit_probe", "unit_heat"},
            "rate": {"unit_auto", "unit_gaps"},
            "amplitudes": {"unit_amplitude"},
            "places": set(),
            "one spike": {"unit_auto", "unit_gaps"},
            "flat": {"unit_probe", "unit_heat"},
            "none": {"unit_auto", "unit_gaps", "unit_amplitude", "unit_rate"},
        }[missing]
    )
    if missing == "template":
        assert viewer.probe.empty == ("No waveforms", "No templates here.")
        assert viewer.probe.accessibleDescription() != ""
    if missing == "places":
        assert np.unique(spots(less)[:, 1]).size == 16


def test_measures_stand_among_the_classes(viewer: UnitViewer) -> None:
    rng = np.random.default_rng(1)
    columns = {"snr": rng.normal(6, 1, 300), "depth": rng.uniform(0, 300, 300)}
    before = picture(viewer.measures)
    viewer.set_population(Population(columns.get, rng.integers(0, 3, 300), ("good", "mua", "noise")))
    assert viewer.keys.accessibleName() == "good, mua, noise"
    snr, box = viewer.measures.cells()[0]
    words = viewer.measures.told(snr)
    assert words.startswith("SNR 6.80\nabove ")
    assert words.count("%") == 3
    after = picture(viewer.measures)
    assert after != before
    area = [after.pixelColor(x, int(box.bottom()) - 10) for x in range(int(box.left()), int(box.right()))]
    assert any(chroma(colour) > 50 for colour in area), "the classes have their colours"
    viewer.set_population(Population(columns.get, np.full(300, -1), ("good", "mua", "noise")))
    assert not viewer.keys.isVisible()
    grey = picture(viewer.measures)
    colours = [QColor(grey.pixel(x, int(box.bottom()) - 10)) for x in range(int(box.left()), int(box.right()))]
    assert max(chroma(colour) for colour in colours) < 25, "no class, no colour"
    assert len({colour.rgb() for colour in colours}) > 1


def test_the_unit_before_is_drawn_behind(viewer: UnitViewer, unit: Unit) -> None:
    alone = picture(viewer.probe)
    viewer.set_previous(replace(unit, template=-unit.template))
    assert picture(viewer.probe) != alone
    viewer.set_previous(None)
    assert picture(viewer.probe) == alone


def test_panes_share_the_room_and_a_moved_line_keeps_its_share(viewer: UnitViewer, qtbot: QtBot) -> None:
    area, pane = viewer.area, viewer.panes.template_pane

    def has_share(wanted: float) -> None:
        qtbot.waitUntil(lambda: abs(pane.width() / area.width() - wanted) < 0.03)

    has_share(0.46)
    assert viewer.panes.measures_pane.width() == area.width()
    assert not area.touched
    line = QPoint(pane.geometry().right() + 1, 200)
    QTest.mousePress(area, Qt.MouseButton.LeftButton, pos=line)
    QApplication.processEvents()
    for step in (10, 60, 100):
        QTest.mouseMove(area, line - QPoint(step, 0))
        QApplication.processEvents()
    QTest.mouseRelease(area, Qt.MouseButton.LeftButton, pos=line - QPoint(100, 0))
    has_share(0.46 - 100 / area.width())
    assert area.touched
    QTest.mouseClick(viewer.amplitude, Qt.MouseButton.LeftButton)
    area.note()
    share = pane.width() / area.width()
    viewer.resize(1000, 1300)
    has_share(share)
    viewer.reset_panes()
    has_share(0.5)
    assert not area.touched


def test_heads_name_the_panes_that_share_a_place(viewer: UnitViewer, qtbot: QtBot) -> None:
    panes = viewer.panes
    QApplication.processEvents()
    names = [words for _name, words, _icon in panes.activity_pane.tabs.segments()]
    assert names == ["Activity", "Depth", "PCs", "Trace"]
    assert panes.lags_pane.tabs.isHidden()
    assert panes.lags_pane.header.title.text() == "Autocorrelogram"
    qtbot.keyClick(panes.activity_pane.tabs, Qt.Key.Key_Right)
    assert viewer.area.is_seen(panes.drift_pane)
    assert not viewer.area.is_seen(panes.activity_pane)
    panes.scatter_pane.close()
    QApplication.processEvents()
    assert [words for _name, words, _icon in panes.drift_pane.tabs.segments()] == ["Activity", "Depth", "Trace"]
    assert viewer.area.touched


def test_places_of_panes_are_kept(viewer: UnitViewer, qtbot: QtBot, unit: Unit) -> None:
    assert "panes" not in viewer.choices(), "as at first is not kept"
    viewer.panes.similar_pane.close()
    both = [viewer.panes.template_pane, viewer.panes.lags_pane]
    viewer.area.resizeDocks(both, [400, 1099], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: abs(viewer.panes.template_pane.width() - 400) < 20)
    viewer.area.note()
    kept = viewer.choices()
    other = UnitViewer()
    qtbot.addWidget(other)
    other.set_choices(kept)
    other.resize(1500, 1000)
    other.set_payload(unit)
    other.show()
    qtbot.waitExposed(other)
    QApplication.processEvents()
    assert other.panes.similar_pane.isHidden()
    qtbot.waitUntil(lambda: abs(other.panes.template_pane.width() - 400) < 20)
    assert not other.area.set_state({"docks": "nonsense", "shares": {}})
    QApplication.processEvents()
    assert other.panes.similar_pane.isVisible(), "what cannot be read is as at first"


def test_a_picture_of_all_panes_is_asked_for(viewer: UnitViewer) -> None:
    asked: list[QWidget] = []
    viewer.picture_asked.connect(asked.append)
    entry = viewer.findChild(QAction, "unit_save")
    assert entry is not None
    entry.trigger()
    assert asked == [viewer.area]
    assert image_of(viewer.area, ".png").startswith(b"\x89PNG")
    assert image_of(viewer.area, ".svg").startswith(b"<?xml")


def test_nothing_and_trouble_are_said(viewer: UnitViewer, unit: Unit) -> None:
    viewer.set_words("This sample cannot be read", "The folder is gone.", "file_lost")
    assert viewer.words.isVisible()
    assert viewer.words.accessibleName() == "This sample cannot be read. The folder is gone."
    viewer.set_payload(unit)
    assert not viewer.words.isVisible()
