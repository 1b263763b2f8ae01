"""The panes of the unit viewer with the tools in their heads, and where they stand at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from widgets import tokens
from widgets.parts import LabelledCombo, ToolButton
from widgets.unit.activity import AmplitudeField, RateField
from widgets.unit.crosses import CrossField
from widgets.unit.docks import DockArea, Pane
from widgets.unit.drift import DriftField
from widgets.unit.heat import HeatField
from widgets.unit.lags import AutoField, GapField
from widgets.unit.measures import GAP, TALL, MeasureView
from widgets.unit.nearby import COMPONENTS, DRIFT, SIMILAR, SNIPPETS, STRETCH
from widgets.unit.pane import ClassKeys, Pair
from widgets.unit.piece import PieceField
from widgets.unit.probe import COUNTS, ProbeField
from widgets.unit.scatter import ScatterField
from widgets.unit.similar import SimilarTable
from widgets.unit.why import WhyStrip

#: What may be chosen, in ms, and what is chosen first.
WINDOWS, BINS, LIMITS = (10, 25, 50, 100, 200, 500), (0.25, 0.5, 1, 2, 5, 10), (0.5, 1, 1.5, 2, 3, 5)
#: s of the recording that are seen at once, in ms.
SPANS = (20, 50, 100, 250, 1000)
WAYS = (("as recorded", "raw"), ("above 300 Hz", "filtered"), ("less the median", "referenced"))
#: Below this height the measures are folded and similar units share the place of the waveforms at first.
LOW, SIDE_BY_SIDE = 700, 560
#: Share of the width that the waveforms have, and of the height right of them that the intervals have.
LEFT_SHARE, LAGS_SHARE, SIMILAR_SHARE = 0.5, 0.42, 0.3
#: Waveforms need less of a wide window than intervals and activity.
WIDE, WIDE_SHARE = 1400, 0.46
#: From this height on the strip of measures has two rows.
HIGH = 1000


class Panes:
    """All panes. choose(): a choice in a head was changed."""

    def __init__(self, choose: Callable[[], None]) -> None:
        self._choose = choose
        #: Whether the window is too low for similar units below the waveforms.
        self.low = False
        self.probe, self.heat = ProbeField(), HeatField()
        self.auto, self.gaps, self.crosses = AutoField(), GapField(), CrossField()
        self.amplitude, self.rate = AmplitudeField(), RateField()
        self.drift, self.scatter, self.piece = DriftField(), ScatterField(), PieceField()
        self.similar, self.measures = SimilarTable(), MeasureView()
        self._build_template()
        self._build_lags()
        self._build_activity()
        self._build_beside()
        self._build_measures()
        self.all = (
            self.template_pane, self.similar_pane, self.lags_pane, self.activity_pane, self.drift_pane,
            self.scatter_pane, self.piece_pane, self.measures_pane,
        )  # fmt: skip
        #: Pane → what is read for it.
        self.needs = {
            self.template_pane: SNIPPETS,
            self.similar_pane: SIMILAR,
            self.drift_pane: DRIFT,
            self.scatter_pane: COMPONENTS,
            self.piece_pane: STRETCH,
        }

    def _build_template(self) -> None:
        faces = Pair(
            (self.probe, self.heat), (("probe", "Probe"), ("heat", "Heat map")), "unit_face", SIDE_BY_SIDE, 0.58
        )
        self.template_pane = Pane("Waveforms", "unit_template", faces)
        self.channels = self._combo("Channels", "unit_channels", [(str(count), count) for count in COUNTS])
        self.channels.set_value(self.probe.count)
        self.singles = _toggle("trace", "Single spikes over the template", "unit_singles")
        self.singles.setChecked(True)
        self.singles.clicked.connect(lambda: self.probe.show_singles(self.singles.isChecked()))
        self.template_pane.header.add_tool(self.channels)
        self.template_pane.header.add_tool(self.singles)
        self.template_pane.header.add_tool(faces.buttons, keep=True)

    def _build_lags(self) -> None:
        self.pair = Pair((self.auto, self.gaps), (("auto", "Auto"), ("gaps", "Intervals")), "unit_lags", 300, 0.6)
        self.lags = QStackedWidget()
        self.lags.addWidget(self.pair)
        self.lags.addWidget(self.crosses)
        self.lags_pane = Pane("Autocorrelogram", "unit_lags", self.lags, "Correlograms")
        self.limit = self._combo("Refractory", "unit_refractory", [(f"{ms:g} ms", ms / 1000) for ms in LIMITS])
        self.bin = self._combo("Bin", "unit_bin", [(f"{ms:g} ms", ms / 1000) for ms in BINS])
        self.window_box = self._combo("Window", "unit_window", [(f"± {ms:g} ms", ms / 1000) for ms in WINDOWS])
        for combo, value in ((self.limit, 0.0015), (self.bin, 0.001), (self.window_box, 0.05)):
            combo.set_value(value)
            self.lags_pane.header.add_tool(combo)
        self.lags_pane.header.add_tool(self.pair.buttons, keep=True)

    def _build_activity(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.amplitude, 5)
        column.addWidget(self.rate, 3)
        self.activity_pane = Pane("Activity", "unit_activity", body)
        self.lasso = _toggle("lasso", "Lasso spikes to split them off", "unit_lasso")
        self.lasso.clicked.connect(lambda: self.amplitude.lasso.set_on(self.lasso.isChecked()))
        self.activity_pane.header.add_tool(self.lasso, keep=True)

    def _build_beside(self) -> None:
        self.similar_pane = Pane("Similar units", "unit_similar", self.similar, "Similar")
        self.drift_pane = Pane("Depth over time", "unit_drift", self.drift, "Depth")
        self.scatter_pane = Pane("Principal components", "unit_scatter", self.scatter, "PCs")
        self.across = LabelledCombo("x", [])
        self.up = LabelledCombo("y", [])
        for combo, name in ((self.across, "unit_pc_x"), (self.up, "unit_pc_y")):
            combo.setObjectName(name)
            combo.chosen.connect(lambda _value: self.scatter.choose(self.across.value(), self.up.value()))
            self.scatter_pane.header.add_tool(combo)
            self.scatter_pane.header.offer(combo, False)
        self.pc_lasso = _toggle("lasso", "Lasso spikes to split them off", "unit_pc_lasso")
        self.pc_lasso.clicked.connect(lambda: self.scatter.lasso.set_on(self.pc_lasso.isChecked()))
        self.scatter_pane.header.add_tool(self.pc_lasso, keep=True)
        self.piece_pane = Pane("Recording", "unit_piece", self.piece, "Trace")
        self.way = LabelledCombo("Shown", list(WAYS))
        self.span = LabelledCombo("Length", [(f"{ms:g} ms", ms / 1000) for ms in SPANS])
        self.way.set_value("filtered")
        self.span.set_value(0.1)
        for combo, name in ((self.way, "unit_way"), (self.span, "unit_span")):
            combo.setObjectName(name)
            combo.chosen.connect(lambda _value: self._choose())
            self.piece_pane.header.add_tool(combo)
        #: What is of no use without a recording.
        self.piece_tools: list[QWidget] = [self.way, self.span]
        for icon, words, name, by in (
            ("back", "Spike before", "unit_spike_before", -1),
            ("caret_right", "Next spike", "unit_spike_next", 1),
        ):
            button = ToolButton(icon, words)
            button.setObjectName(name)
            button.clicked.connect(lambda _on=False, by=by: self.piece.step(by))
            self.piece_pane.header.add_tool(button, keep=True)
            self.piece_tools.append(button)
        for tool in self.piece_tools:
            self.piece_pane.header.offer(tool, False)

    def _build_measures(self) -> None:
        self.why = WhyStrip()
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.why)
        row.addWidget(self.measures, 1)
        self.measures_pane = Pane("Measures", "unit_measures", body)
        self.keys = ClassKeys()
        self.measures_pane.header.add_tool(self.keys)
        self.ask_why = ToolButton("bulb", "Explain the model’s class")
        self.ask_why.setObjectName("unit_ask_why")
        self.measures_pane.header.add_tool(self.ask_why, keep=True)
        self.fold = ToolButton("caret_down", "Fold the measures", True)
        self.fold.setObjectName("unit_fold")
        self.measures_pane.header.add_tool(self.fold, keep=True)

    def _combo(self, label: str, name: str, choices: list[tuple[str, Any]]) -> LabelledCombo:
        combo = LabelledCombo(label, choices)
        combo.setObjectName(name)
        combo.chosen.connect(lambda _value: self._choose())
        return combo

    # -- places

    def lay_out(self, area: DockArea) -> None:
        """All at their first places."""
        left, level, upright = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        area.addDockWidget(left, self.template_pane)
        area.splitDockWidget(self.template_pane, self.lags_pane, level)
        area.splitDockWidget(self.lags_pane, self.activity_pane, upright)
        if self.low:
            area.tabifyDockWidget(self.template_pane, self.similar_pane)
        else:
            area.splitDockWidget(self.template_pane, self.similar_pane, upright)
        for pane in (self.drift_pane, self.scatter_pane, self.piece_pane):
            area.tabifyDockWidget(self.activity_pane, pane)
        area.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.measures_pane)
        for pane in self.all:
            pane.show()
        self.template_pane.raise_()
        self.activity_pane.raise_()

    def first_shares(self, size: QSize) -> dict[str, tuple[float, float]]:
        """Shares of width and height of each pane in an area of this size, by their names."""
        wide, tall = max(size.width(), 1), max(size.height(), 1)
        strip = tokens.HEADER + (0 if self.fold.isChecked() else (2 if tall >= HIGH else 1) * TALL + GAP // 2)
        upper = 1 - strip / tall
        left = LEFT_SHARE if wide < WIDE else WIDE_SHARE
        below = upper if self.low else upper * SIMILAR_SHARE
        found = {pane.objectName(): (1 - left, upper * (1 - LAGS_SHARE)) for pane in self.all}
        found[self.lags_pane.objectName()] = (1 - left, upper * LAGS_SHARE)
        found[self.template_pane.objectName()] = (left, upper if self.low else upper - below)
        found[self.similar_pane.objectName()] = (left, below)
        found[self.measures_pane.objectName()] = (1.0, strip / tall)
        return found


def _toggle(icon: str, words: str, name: str) -> ToolButton:
    button = ToolButton(icon, words, True)
    button.setObjectName(name)
    return button
