"""Traces of one tissue stacked by their distance to the target: median and all of each ring."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from models.payload import ArrayReader, Tissue
from widgets import theme
from widgets.numbers import plural
from widgets.parts import EmptyState, LabelledCombo, PaneHeader
from widgets.parts.ring import ring_by_keys
from widgets.traces.plot import Plot
from widgets.traces.raster import Layer, TraceRaster

Floats = npt.NDArray[np.floating[Any]]
BOTH, MEDIAN, ALL = "both", "median", "all"
#: A click this near to a trace, in pixels, means it.
_NEAR = 14.0


def ring_name(ring: int) -> str:
    """``centre``, ``1 hop``, ``2 hops``."""
    return "centre" if ring == 0 else "1 hop" if ring == 1 else f"{ring} hops"


class RingLanes:
    """Which lane each cell's trace stands in, and at what scale.

    All lanes share one scale: three typical spreads of a trace fill a lane.
    """

    def __init__(self, tissue: Tissue) -> None:
        self.rings = np.unique(tissue.ring)
        self.lane = np.searchsorted(self.rings, tissue.ring)
        values = np.where(np.isfinite(tissue.traces), tissue.traces, np.nan).astype(np.float64)
        known = np.isfinite(values).any(axis=1)
        self.middle = np.zeros(len(values))
        spread = np.ones(1)
        if known.any():
            low, middle, high = np.nanpercentile(values[known], (2, 50, 98), axis=1)
            self.middle[known], spread = middle, high - low
        usual = float(np.median(spread[spread > 0])) if (spread > 0).any() else 1.0
        self.gain = 0.62 / usual
        self.medians = {int(ring): _median(values[tissue.ring == ring]) for ring in self.rings}

    def offsets(self, cells: npt.NDArray[np.int64]) -> Floats:
        """Height to add to each cell's scaled values."""
        return np.asarray(-self.lane[cells] - self.middle[cells] * self.gain)

    def heights(self, traces: Floats) -> Floats:
        """All traces as drawn, (cells, length)."""
        every = np.arange(len(traces))
        return np.asarray(traces * self.gain + self.offsets(every)[:, None])

    def y_range(self, traces: Floats) -> tuple[float, float]:
        """All lanes; the first and the last one may reach out by the height of one and a half."""
        heights, last = self.heights(traces), len(self.rings) - 1
        heights = heights[np.isfinite(heights)]
        high = float(heights.max()) if len(heights) else 0.0
        low = float(heights.min()) if len(heights) else 0.0
        return -last - min(max(-last - low + 0.08, 0.4), 1.5), min(max(high + 0.08, 0.5), 1.5)


def _median(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=0)
    median = np.full(values.shape[1], np.nan)
    median[known] = np.nanmedian(values[:, known], axis=0)
    return median


class ByDistance(QWidget):
    """``sample_asked(id)``: a trace was clicked. Show: median and all, median, or all."""

    sample_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("by_distance")
        self.setAccessibleName("Traces by distance")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.tissue: Tissue | None = None
        self._lanes: RingLanes | None = None
        self.header = PaneHeader("By distance")
        choices = [("Median and all", BOTH), ("Median", MEDIAN), ("All", ALL)]
        self.combo = LabelledCombo("Show", choices, "Which traces are drawn")
        self.combo.setObjectName("by_distance_show")
        self.combo.chosen.connect(lambda _value: self._redraw())
        self.header.add_tool(self.combo)
        self.header.add_entry("Fit", self.fit).setObjectName("by_distance_fit")
        self.plot = Plot(self)
        self.plot.setObjectName("by_distance_plot")
        self.plot.setAccessibleName("Traces stacked by distance")
        self.plot.set_margins(56, 6, 10, 24)
        self.plot.vertical = False
        self.plot.rim.unit = "samples"
        self.raster = TraceRaster()
        self.plot.box.addItem(self.raster, ignoreBounds=True)
        self.plot.clicked.connect(self._ask)
        self.words = EmptyState("No tissue", "This sample stands in no tissue.", "layers")
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.plot)
        self._stack.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(body, 1)
        theme.changed.connect(self._dress)
        self.set_payload(None)

    def sizeHint(self) -> QSize:
        return QSize(400, 320)

    def set_payload(self, tissue: Tissue | None) -> None:
        """Show the traces of a tissue; the range stays while the tissue is the same."""
        same = tissue is not None and self.tissue is not None and tissue.cells == self.tissue.cells
        self.tissue = tissue
        if tissue is None or not tissue.traces.size:
            self._lanes = None
            self.raster.set_layers(())
            self.header.set_title("By distance", "")
            self._stack.setCurrentIndex(1)
            return
        self._stack.setCurrentIndex(0)
        self.header.set_title("By distance", plural(len(tissue.cells), "cell"))
        if not same or self._lanes is None:
            self._lanes = RingLanes(tissue)
            self.plot.bounds = (0.0, float(max(tissue.traces.shape[1] - 1, 1)))
            self.plot.shortest = min(8.0, self.plot.bounds[1])
            self.plot.side.names = [(-float(lane), ring_name(int(r))) for lane, r in enumerate(self._lanes.rings)]
            self.fit()
        self._redraw()

    def fit(self) -> None:
        """All of the time, all rings."""
        if self._lanes is not None and self.tissue is not None:
            self.plot.set_x(*self.plot.bounds)
            self.plot.set_y(*self._lanes.y_range(self.tissue.traces))

    def layers(self) -> list[Layer]:
        """What is drawn: of each ring all its traces, then its median; the shown cell last, in black."""
        tissue, lanes, show = self.tissue, self._lanes, self.combo.value()
        if tissue is None or lanes is None:
            return []
        found: list[Layer] = []
        for lane, ring in enumerate(lanes.rings):
            colour = theme.class_colour(int(ring)).stroke
            cells = np.flatnonzero(tissue.ring == ring)
            alone = len(cells) == 1
            if show != MEDIAN and not alone:
                found.append(self._layer(tissue.traces[cells], lanes.offsets(cells), _soft(colour), 1.0))
            if show != ALL or alone:
                found.append(self._median_layer(lanes, int(ring), lane, colour))
        if 0 <= tissue.chosen < len(tissue.cells) and (show != MEDIAN):
            chosen = np.array([tissue.chosen])
            found.append(self._layer(tissue.traces[chosen], lanes.offsets(chosen), theme.token("pen"), 1.3))
        return found

    def _layer(self, traces: Floats, offsets: Floats, colour: QColor, width: float) -> Layer:
        assert self._lanes is not None
        count = len(traces)
        reader = ArrayReader(np.asarray(traces, np.float32))
        gains = (self._lanes.gain,) * count
        return Layer(reader, tuple(range(count)), gains, tuple(float(o) for o in offsets), colour, width)

    def _median_layer(self, lanes: RingLanes, ring: int, lane: int, colour: QColor) -> Layer:
        median = lanes.medians[ring]
        known = median[np.isfinite(median)]
        middle = float(np.median(known)) if len(known) else 0.0
        return self._layer(median[None], np.array([-lane - middle * lanes.gain]), colour, 1.8)

    def _redraw(self) -> None:
        self.raster.set_layers(self.layers())

    def _ask(self, position: QPointF) -> None:
        cell = self.cell_at(position)
        if cell >= 0 and self.tissue is not None and self.tissue.cells[cell]:
            self.sample_asked.emit(self.tissue.cells[cell])

    def cell_at(self, position: QPointF) -> int:
        """The cell whose trace runs nearest to a point of the plot, −1 when none is near."""
        if self.tissue is None or self._lanes is None or not self.plot.area().contains(position):
            return -1
        point = self.plot.to_data(position)
        length = self.tissue.traces.shape[1]
        at = min(max(round(point.x()), 0), length - 1)
        low, high = self.plot.y_range()
        scale = self.plot.area().height() / (high - low)
        away = np.abs(self._lanes.heights(self.tissue.traces[:, at : at + 1])[:, 0] - point.y()) * scale
        away[~np.isfinite(away)] = np.inf
        nearest = int(away.argmin())
        return nearest if away[nearest] <= _NEAR else -1

    def focusInEvent(self, event: QFocusEvent) -> None:
        ring_by_keys(self, event)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        acts = {
            Qt.Key.Key_Left: lambda: self.plot.pan(-0.1),
            Qt.Key.Key_Right: lambda: self.plot.pan(0.1),
            Qt.Key.Key_Plus: lambda: self.plot.zoom(1 / 1.5),
            Qt.Key.Key_Minus: lambda: self.plot.zoom(1.5),
            Qt.Key.Key_Home: self.fit,
        }
        act = acts.get(Qt.Key(event.key())) if event.modifiers() == Qt.KeyboardModifier.NoModifier else None
        if act is None:
            event.ignore()
        else:
            act()

    def _dress(self) -> None:
        self.plot.dress()
        self._redraw()


def _soft(colour: QColor) -> QColor:
    soft = QColor(colour)
    soft.setAlphaF(0.4)
    return soft
