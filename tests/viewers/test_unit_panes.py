"""Panes around a unit: correlograms of several, similar units, depth, components, the recording, the lasso."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.errors import UserError
from models.payload import Components, Drift, Likeness, Snippets, Stretch, Unit
from widgets import theme
from widgets.unit.axes import Field
from widgets.unit.crosses import reach_words
from widgets.unit.digest import Digest, Lags, digest
from widgets.unit.drift import DriftField
from widgets.unit.heat import HeatField
from widgets.unit.nearby import NEEDS, Nearby, View, count_crosses
from widgets.unit.nearby import look as read
from widgets.unit.parting import Spikes
from widgets.unit.probe import ProbeField
from widgets.unit.similar import Mark
from widgets.unit.tints import tint
from widgets.unit.viewer import UnitViewer
from widgets.unit.why import Why, WhyStrip

LIKES = (Likeness("8", 0.97, 4.0, 0.05, 900), Likeness("3", 0.61, 25.0, float("nan"), 40))


@dataclass(frozen=True)
class Around:
    """A sorting of one unit with everything that there can be."""

    count: int
    trouble: str = ""

    def unit(self, key: str) -> Unit | None:
        return None

    def likenesses(self, key: str) -> tuple[Likeness, ...]:
        if self.trouble:
            raise UserError(self.trouble)
        return LIKES

    def snippets(self, key: str) -> Snippets | None:
        waves = np.random.default_rng(0).normal(0, 20, (30, 3, 60)).astype(np.float32)
        return Snippets(waves, (6, 4, 8), 20, np.arange(30))

    def components(self, key: str) -> Components | None:
        rng = np.random.default_rng(1)
        names = ("channel c6, PC 1", "channel c6, PC 2", "channel c4, PC 1")
        values = rng.normal(0, 1, (self.count, 3)).astype(np.float32)
        values[: self.count // 4, [0, 2]] += 20
        return Components(names, values, np.arange(self.count), rng.normal(3, 1, (500, 3)).astype(np.float32))

    def depths(self, key: str) -> npt.NDArray[np.float32]:
        return np.random.default_rng(2).normal(60, 3, self.count).astype(np.float32)

    def drift(self) -> Drift | None:
        counts = np.random.default_rng(3).integers(0, 9, (40, 50))
        return Drift(counts, np.linspace(0, 300, 41), np.linspace(0, 3_300_000, 51))

    def stretch(self, key: str, at: int, samples: int, way: str) -> Stretch | None:
        values = np.random.default_rng(4).normal(0, 5, (3, samples)).astype(np.float32)
        return Stretch(values, (6, 4, 8), max(at - samples // 2, 0), "µV")


@pytest.fixture
def whole(unit: Unit) -> Unit:
    return replace(unit, around=Around(1000))


@pytest.fixture
def viewer(qtbot: QtBot, whole: Unit) -> UnitViewer:
    shown = UnitViewer()
    qtbot.addWidget(shown)
    shown.resize(1500, 1000)
    shown.set_payload(whole, 1, "M")
    shown.show()
    qtbot.waitExposed(shown)
    qtbot.waitUntil(lambda: bool(shown.panes.similar.rows))
    return shown


def other(unit: Unit, key: str, shift: int) -> Digest:
    assert unit.spikes is not None
    train = Spikes(unit.spikes.times() + shift, unit.spikes.amplitudes() * 0.5)
    return digest(replace(unit, key=key, title=key, spikes=train))


def colours(field: Field) -> int:
    image = field.grab().toImage()
    return len({image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)})


def test_only_what_is_seen_is_read(viewer: UnitViewer) -> None:
    assert set(viewer._read) == {"similar", "snippets"}
    viewer.panes.similar_pane.close()
    viewer.show_pane(viewer.panes.drift_pane)
    assert set(viewer._read) == {"similar", "snippets", "drift"}
    for pane in (viewer.panes.scatter_pane, viewer.panes.piece_pane):
        viewer.show_pane(pane)
    assert set(viewer._read) == set(NEEDS)


def test_every_pane_draws_data_in_both_themes(viewer: UnitViewer, look: QApplication) -> None:
    panes = viewer.panes
    fields = {panes.drift_pane: panes.drift, panes.scatter_pane: panes.scatter, panes.piece_pane: panes.piece}
    for mode in ("light", "dark"):
        theme.apply(look, mode)  # type: ignore[arg-type]
        for pane, field in fields.items():
            viewer.show_pane(pane)
            assert field.empty == ("", "")
            assert colours(field) > 8, pane.objectName()
            assert field.readout(field.axes().area.center()), pane.objectName()
            assert field.readout(QPointF(1, 1)) == ""


def test_single_spikes_stand_behind_the_template(viewer: UnitViewer) -> None:
    assert viewer.panes.singles.isVisibleTo(viewer)
    with_spikes = viewer.probe.grab().toImage()
    viewer.panes.singles.click()
    assert viewer.probe.grab().toImage() != with_spikes


def test_similar_units_are_told_and_asked_for(viewer: UnitViewer, qtbot: QtBot) -> None:
    table, asked = viewer.panes.similar, []
    viewer.compare_asked.connect(lambda key, more: asked.append(key + "+" * more))
    assert table.row_words(LIKES[0]).startswith("unit 8: Cosine 0.97, Away, µm 4, Dip 0.05")
    assert "Dip –" in table.row_words(LIKES[1])
    table.step(1)
    table.step(1)
    table.step(1)
    assert asked == ["8", "3", "8"]
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert asked[-1] == "3"
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPointF(40, 26 + 10).toPoint())
    assert asked[-1] == "8"
    control = Qt.KeyboardModifier.ControlModifier
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, control, QPointF(40, 26 + 36).toPoint())
    assert asked[-1] == "3+"
    viewer.set_marks({"8": Mark(0, "G")})
    assert [row.key for row in table.rows] == ["8"], "what is not in the project is not told"
    assert viewer.panes.similar_pane.header.subtitle.text() == "to 7"


def test_several_units_are_compared_in_their_colours(viewer: UnitViewer, whole: Unit) -> None:
    before = [field.grab().toImage() for field in (viewer.probe, viewer.amplitude)]
    viewer.set_others([other(whole, "8", 90), other(whole, "3", 3000)])
    crosses = viewer.panes.crosses
    assert viewer.panes.lags.currentWidget() is crosses
    assert viewer.panes.lags_pane.header.title.text() == "Correlograms"
    assert len(crosses.crosses) == 9
    assert crosses.crosses[0, 1].counts[53] == 1000, "3 ms after each spike"
    assert crosses.crosses[1, 0].counts[46] == 1000
    image = crosses.grab().toImage()
    ratio = crosses.devicePixelRatioF()
    seen = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert {tint(place).name() for place in range(3)} <= seen
    assert "8 around 7 · 3 to 4 ms · 1" in crosses.readout(crosses.box(0, 1).center() + QPointF(3.5, 0) *
                                                          crosses.box(0, 1).width() / 100 * ratio)  # fmt: skip
    assert viewer.panes.similar.chosen == ("8", "3")
    assert [field.grab().toImage() for field in (viewer.probe, viewer.amplitude)] != before
    viewer.panes.window_box.set_value(0.1)
    viewer._choose()
    assert len(crosses.crosses[0, 1].counts) == 200
    viewer.set_others(())
    assert viewer.panes.lags.currentWidget() is viewer.panes.pair


def test_a_correlogram_without_pairs_has_no_scale() -> None:
    assert reach_words(np.zeros(9)) == "no pairs"
    assert reach_words(np.array([0, 11.54, 3])) == "11.5 Hz"


def test_units_of_other_rates_are_not_correlated(whole: Unit) -> None:
    one, strange = digest(whole), replace(other(whole, "8", 0), unit=replace(whole, rate=20_000.0))
    assert set(count_crosses((one, strange), Lags())) == {(0, 0), (1, 1)}


def test_the_recording_is_read_around_a_spike(viewer: UnitViewer, whole: Unit) -> None:
    piece = viewer.panes.piece
    viewer.show_pane(viewer.panes.piece_pane)
    assert whole.spikes is not None
    times = whole.spikes.times()
    assert piece.stretch is not None
    assert piece.stretch.start == max(times[0] - 1500, 0)
    piece.step(4)
    assert piece.stretch.start == times[4] - 1500
    assert viewer.panes.piece_pane.header.subtitle.text().startswith("spike 5 of ")
    viewer.panes.span.set_value(0.02)
    viewer.panes.way.set_value("raw")
    viewer._choose()
    assert piece.view == View(4, 0.02, "raw")
    assert piece.stretch.values.shape == (3, 600)
    inside = (times >= piece.stretch.start) & (times < piece.stretch.start + 600)
    assert len(piece._own()) == inside.sum() >= 1


def draw(field: Field, corners: list[QPointF]) -> None:
    """A line with the mouse down."""
    QTest.mousePress(field, Qt.MouseButton.LeftButton, pos=corners[0].toPoint())
    for at in corners[1:]:
        QTest.mouseMove(field, at.toPoint())
        QApplication.processEvents()
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, pos=corners[-1].toPoint())


def test_a_lasso_tells_the_spikes_inside(viewer: UnitViewer, whole: Unit) -> None:
    heard: list[npt.NDArray[np.bool_]] = []
    viewer.lassoed.connect(heard.append)
    viewer.panes.lasso.click()
    field = viewer.amplitude
    axes = field.axes()
    middle = axes.y(-50)
    area = axes.area
    left, right, low = area.left() - 5, area.right() + 5, area.bottom() + 5
    draw(field, [QPointF(left, middle), QPointF(right, middle), QPointF(right, low), QPointF(left, low)])
    assert len(heard) == 1
    assert whole.spikes is not None
    assert heard[0].sum() == pytest.approx((whole.spikes.amplitudes() < -50).sum(), abs=40)
    draw(field, [QPointF(100, 60), QPointF(101, 60), QPointF(101, 61)])
    assert len(heard) == 1, "a click is no line"
    viewer.panes.lasso.click()
    draw(field, [area.topLeft(), area.topRight(), area.bottomRight()])
    assert len(heard) == 1, "put away"


def test_components_are_split_only_where_all_spikes_have_some(viewer: UnitViewer, whole: Unit) -> None:
    viewer.show_pane(viewer.panes.scatter_pane)
    scatter = viewer.panes.scatter
    assert scatter.whole
    assert viewer.panes.pc_lasso.isEnabled()
    assert viewer.panes.across.itemText(0) == "channel c6, PC 1"
    heard: list[npt.NDArray[np.bool_]] = []
    viewer.lassoed.connect(heard.append)
    viewer.panes.pc_lasso.click()
    axes = scatter.axes()
    corners = [(10, 10), (10, 30), (30, 30), (30, 10)]
    draw(
        scatter,
        [QPointF(min(axes.x(x), axes.area.right() + 9), max(axes.y(y), axes.area.top() - 9)) for x, y in corners],
    )
    assert heard[0].sum() == pytest.approx(250, abs=3)
    fewer = replace(Around(1000).components("7"), spikes=np.arange(200), values=np.zeros((200, 3), np.float32))  # type: ignore[type-var]

    class Fewer(Around):
        def components(self, key: str) -> Components | None:
            return fewer

    viewer.set_payload(replace(whole, key="9", around=Fewer(1000)))
    assert not viewer.panes.pc_lasso.isEnabled()
    assert viewer.panes.scatter_pane.header.subtitle.text() == "200 of the spikes"


def test_what_cannot_be_read_is_said(viewer: UnitViewer, whole: Unit, unit: Unit) -> None:
    viewer.set_payload(replace(whole, key="9", around=Around(1000, "The folder is gone.")))
    assert viewer.panes.similar.accessibleDescription() == "No similar unit"
    assert read(digest(replace(whole, around=Around(0, "Gone."))), {"similar"}).trouble == "Gone."
    viewer.set_payload(unit)
    for pane in (viewer.panes.drift_pane, viewer.panes.scatter_pane, viewer.panes.piece_pane):
        viewer.show_pane(pane)
        assert pane.body.empty[0].startswith("No "), pane.objectName()  # type: ignore[attr-defined]


def test_the_models_reason_stands_beside_the_measures(viewer: UnitViewer, whole: Unit) -> None:
    asked: list[None] = []
    viewer.why_asked.connect(lambda: asked.append(None))
    viewer.panes.ask_why.click()
    assert len(asked) == 1
    why = viewer.panes.why
    assert not why.isVisible()
    features = (("SNR", 0.31), ("Depth", -0.124), *((f"M {place}", 0.01) for place in range(20)))
    viewer.show_why(Why("good", "log-odds", "exact", features))
    assert why.isVisible()
    assert why.accessibleName() == "Why good"
    assert why.accessibleDescription().startswith("SNR +0.31, Depth −0.12")
    assert 1 <= len(why.shown()) < len(features)
    image = why.grab().toImage()
    assert any(image.pixelColor(x, 24 + 8) == theme.token("accent") for x in range(image.width())), "what adds"
    assert any(image.pixelColor(x, 24 + 16 + 8) == theme.token("bar") for x in range(image.width())), "what takes"
    viewer.set_payload(replace(whole, key="9"))
    assert not why.isVisible(), "it was another unit's"


def test_short_intervals_are_offered_as_a_split(viewer: UnitViewer, whole: Unit) -> None:
    heard: list[npt.NDArray[np.bool_]] = []
    viewer.lassoed.connect(heard.append)
    viewer.panes.limit.set_value(0.005)
    viewer.ask_short()
    assert whole.spikes is not None
    assert heard[0].sum() == (np.diff(whole.spikes.times()) < 150).sum() > 0
    assert not heard[0][0]


def test_the_lasso_is_taken_up_in_the_pane_that_is_seen(viewer: UnitViewer) -> None:
    viewer.toggle_lasso()
    assert viewer.amplitude.lasso.on
    viewer.show_pane(viewer.panes.scatter_pane)
    viewer.toggle_lasso()
    assert viewer.panes.scatter.lasso.on
    viewer.show_pane(viewer.panes.drift_pane)
    viewer.toggle_lasso()
    assert not viewer.amplitude.lasso.on, "put away again"
    assert viewer.area.is_seen(viewer.panes.activity_pane)


def test_waveforms_of_all_units_find_room(viewer: UnitViewer, whole: Unit) -> None:
    before = viewer.probe.plan()
    larger = other(whole, "8", 90)
    viewer.set_others([replace(larger, unit=replace(larger.unit, template=4 * whole.template))])
    after = viewer.probe.plan()
    assert before is not None
    assert after is not None
    assert after.scale < before.scale


def test_names_beside_the_heat_map_stand_clear_where_depths_have_one_or_two_channels(qtbot: QtBot, unit: Unit) -> None:
    places = unit.positions.copy()
    places[1::4] += (0, 7)
    heat = HeatField()
    qtbot.addWidget(heat)
    heat.show_unit(replace(unit, positions=places))
    for tall in range(60, 400, 20):
        heat.resize(200, tall)
        axes = heat.axes()
        at = sorted(axes.y(place) for place, _words in heat._names(axes))
        assert len(at) == 1 or np.diff(at).min() >= 15


def test_without_components_or_recording_nothing_is_to_be_chosen(qtbot: QtBot, unit: Unit) -> None:
    viewer = UnitViewer()
    qtbot.addWidget(viewer)
    viewer.resize(700, 900)
    viewer.show()
    viewer.set_payload(replace(unit, around=None))
    viewer.show_pane(viewer.panes.scatter_pane)
    qtbot.waitUntil(viewer.panes.scatter.isVisible)
    assert "pc_features.npy" in viewer.panes.scatter.empty[1]
    head = viewer.panes.scatter_pane.header
    assert viewer.panes.across not in head.overflowed()
    viewer.resize(2400, 900)
    assert not viewer.panes.across.isVisible()
    viewer.show_pane(viewer.panes.piece_pane)
    qtbot.waitUntil(viewer.panes.piece.isVisible)
    assert not any(tool.isVisible() for tool in viewer.panes.piece_tools)


def test_a_band_wider_than_its_template_leaves_the_rows_beside_it_to_be_read(qtbot: QtBot, unit: Unit) -> None:
    probe = ProbeField()
    qtbot.addWidget(probe)
    probe.resize(300, 500)
    scales = []
    for spread in (4.0, 200.0):
        probe.show_unit(replace(unit, spread=np.full_like(unit.template, spread)))
        plan = probe.plan()
        assert plan is not None
        scales.append(plan.scale)
        assert spread * plan.scale < 2 * plan.tall
    probe.show_unit(replace(unit, spread=None))
    plan = probe.plan()
    assert plan is not None
    assert scales[0] == plan.scale, "a small one changes nothing"
    assert scales[1] < scales[0] / 3


def test_reasons_that_read_as_nothing_are_left_out(qtbot: QtBot) -> None:
    strip = WhyStrip()
    qtbot.addWidget(strip)
    strip.resize(290, 400)
    strip.show_why(Why("good", "probability", "exact", (("SNR", 0.2), ("Depth", -0.004), ("Rate", 0.0))))
    assert strip.shown() == (("SNR", 0.2),)
    strip.show_why(Why("good", "probability", "exact", (("SNR", 0.001), ("Depth", 0.0))))
    assert strip.shown() == (("SNR", 0.001),), "that nothing speaks for it is told"


def test_a_source_that_places_no_single_spikes_says_that_it_tells_no_drift(qtbot: QtBot, unit: Unit) -> None:
    field, shown = DriftField(), digest(unit)
    qtbot.addWidget(field)
    field.resize(400, 300)
    many = len(shown.times)
    drift = Drift(np.ones((2, 2), np.int64), np.array([0.0, 50.0, 100.0]), np.array([0.0, 1e6, 2e6]))
    for depths, told in ((np.full(many, 0.0), True), (np.linspace(0, 9, many), False)):
        field.show_nearby(shown, Nearby(unit.key, frozenset(), depths=depths.astype(np.float32), drift=drift))
        assert ("at its unit’s depth" in field.level_words()) is told
        assert field.axes().low < 0, "a unit at the end of the probe does not stand on the rim"
        field.grab()
