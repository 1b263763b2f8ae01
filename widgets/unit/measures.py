"""The measures of a unit, each at its place among the labelled units of every class."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip, QWidget

from models.payload import Measure
from widgets import numbers, paint, theme
from widgets.feature_strip import POINTS, density

Floats = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.int64]
WIDE, TALL, GAP, HEADING = 148, 74, 12, 30
#: The height of a cell where there is room, in its width.
FLATTEST, TALLEST = 0.5, 0.8
#: From this height on, families have headings.
ROOMY = 300
#: A value so many times the median is far: such a measure is shown by its logarithm.
SKEWED = 30.0
FAMILIES = {
    "quality": "Quality",
    "pca": "Principal components",
    "template": "Template",
    "sorter": "From the sorter",
    "": "Place",
}


@dataclass(frozen=True)
class Spread:
    """How one measure lies among units: by class a curve (POINTS,) from `low` to `high`, and its values.

    whole: the curve of all units, for where none is labelled. log: whether the axis is logarithmic;
    floor: the smallest value it tells apart.
    """

    low: float
    high: float
    log: bool
    floor: float
    whole: Floats
    curves: tuple[tuple[int, Floats], ...]
    values: tuple[tuple[int, Floats], ...]

    def share(self, value: float) -> float:
        """Where a value stands on the axis, 0 to 1."""
        at = float(_scaled(np.array([value]), self.log, self.floor)[0])
        return min(max((at - self.low) / (self.high - self.low), 0.0), 1.0)

    def ranks(self, value: float) -> list[tuple[int, float, int]]:
        """(class, share of its units that lie below the value, how many units) each."""
        return [(code, float((held < value).mean()), len(held)) for code, held in self.values]


class Population:
    """All units of the project: columns by name, the class of each (−1 unlabelled), titles of the classes."""

    def __init__(self, column: Callable[[str], Floats | None], codes: Codes, titles: Sequence[str]) -> None:
        self.titles = tuple(titles)
        self._column, self._codes = column, codes
        self._spreads: dict[str, Spread | None] = {}

    @property
    def labelled(self) -> bool:
        """Whether any of them has a label."""
        return bool((self._codes >= 0).any())

    def spread(self, name: str) -> Spread | None:
        """How a measure lies among them, counted once; None where fewer than two units have it."""
        if name not in self._spreads:
            values = self._column(name)
            self._spreads[name] = None if values is None else _spread(values, self._codes)
        return self._spreads[name]


def _spread(values: Floats, codes: Codes) -> Spread | None:
    good = np.isfinite(values)
    held = np.asarray(values[good], np.float64)
    if len(held) < 2 or held.min() == held.max():
        return None
    positive = held[held > 0]
    floor = float(np.quantile(positive, 0.01)) if len(positive) else 1.0
    log = bool(held.min() >= 0 and len(positive) > 1 and np.quantile(held, 0.99) > SKEWED * np.median(positive))
    scaled = _scaled(held, log, floor)
    low, high = (float(edge) for edge in np.quantile(scaled, [0.005, 0.995]))
    if high <= low:
        low, high = float(scaled.min()), float(scaled.max())
    labels = codes[good]
    classes = [int(code) for code in np.unique(labels[labels >= 0]) if (labels == code).sum() > 1]
    curves = tuple((code, density(scaled[labels == code], low, high)) for code in classes)
    whole = density(scaled, low, high)
    return Spread(low, high, log, floor, whole, curves, tuple((code, held[labels == code]) for code in classes))


def _scaled(values: Floats, log: bool, floor: float) -> Floats:
    return np.log10(np.maximum(values, floor)) if log else values


@dataclass(frozen=True)
class Cell:
    """One measure's place in the content, or a heading's (measure None)."""

    rect: QRectF
    measure: Measure | None
    words: str = ""


class MeasureView(QAbstractScrollArea):
    """Measures in a grid that scrolls: title, value, and the classes' densities with this unit's place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unit_measures")
        self.setAccessibleName("Measures of the unit")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(40)
        self.measures: tuple[Measure, ...] = ()
        self.population: Population | None = None
        self._cells: list[Cell] = []
        self._ground: tuple[Any, QPixmap] | None = None
        theme.changed.connect(self._forget)

    def sizeHint(self) -> QSize:
        return QSize(600, TALL + 2 * GAP)

    def show_measures(self, measures: Sequence[Measure]) -> None:
        """Show the measures of a unit; the place in the list stays."""
        same = [one.name for one in self.measures] == [one.name for one in measures]
        self.measures = tuple(measures)
        told = [f"{one.title} {value_words(one)}" for one in measures if math.isfinite(one.value)]
        self.setAccessibleDescription(", ".join(told) or "No measures")
        if not same:
            self._lay_out()
        else:
            fresh = {one.name: one for one in measures}
            self._cells = [
                Cell(cell.rect, fresh[cell.measure.name] if cell.measure else None, cell.words) for cell in self._cells
            ]
        self.viewport().update()

    def set_population(self, population: Population | None) -> None:
        """The units that a measure is seen among."""
        self.population = population
        self._forget()

    def _forget(self) -> None:
        self._ground = None
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        wide, tall = self.viewport().width() - 2 * GAP, self.viewport().height()
        roomy = tall >= ROOMY
        groups = self._groups() if roomy else [("", list(self.measures))]
        columns, high = self._grid(groups, wide, tall - GAP - len(groups) * HEADING) if roomy else (_most(wide), TALL)
        across = (wide + GAP) / columns
        cells, y = [], GAP / 2
        for words, group in groups:
            if roomy:
                cells.append(Cell(QRectF(GAP, y, wide, HEADING), None, words))
                y += HEADING
            for place, measure in enumerate(group):
                box = QRectF(GAP + place % columns * across, y + place // columns * high, across - GAP, high - 8)
                cells.append(Cell(box, measure))
            y += -(-len(group) // columns) * high
        self._cells = cells
        self._ground = None
        bar = self.verticalScrollBar()
        bar.setPageStep(tall)
        bar.setSingleStep(round(high))
        bar.setRange(0, max(round(y) - tall, 0))
        self.viewport().update()

    def _grid(self, groups: Sequence[tuple[str, list[Measure]]], wide: int, room: int) -> tuple[int, float]:
        """Columns, and height of a row, so that all measures stand as large as there is room for."""
        for columns in range(1, _most(wide) + 1):
            rows = sum(-(-len(group) // columns) for _words, group in groups)
            across = wide / columns
            high = min(max(room / max(rows, 1), TALL), across * TALLEST)
            if rows * high <= room and high >= across * FLATTEST:
                return columns, high
        return _most(wide), float(TALL)

    def _groups(self) -> list[tuple[str, list[Measure]]]:
        families = dict.fromkeys(measure.family for measure in self.measures)
        return [
            (FAMILIES.get(family, family), [one for one in self.measures if one.family == family])
            for family in families
        ]

    def cells(self) -> list[tuple[Measure, QRectF]]:
        """The measures that are seen, and where."""
        return [(cell.measure, cell.rect) for cell in self._seen() if cell.measure is not None]

    def _seen(self) -> list[Cell]:
        shift = -self.verticalScrollBar().value()
        moved = (Cell(cell.rect.translated(0, shift), cell.measure, cell.words) for cell in self._cells)
        return [cell for cell in moved if cell.rect.bottom() > 0 and cell.rect.top() < self.viewport().height()]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme.token("well"))
        if not self.measures:
            paint.text(painter, QRectF(self.viewport().rect()), "No measures", "strong", "text2", paint.CENTRE)
            return
        seen = self._seen()
        painter.drawPixmap(0, 0, self._drawn_ground(seen))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for cell in seen:
            if cell.measure is not None:
                self._draw_value(painter, cell.rect, cell.measure)

    def _drawn_ground(self, seen: Sequence[Cell]) -> QPixmap:
        """What all units share, drawn once for a size and a place: headings, titles, densities."""
        ratio = self.devicePixelRatioF()
        size = self.viewport().size() * ratio
        wanted = (size, self.verticalScrollBar().value())
        if self._ground is None or self._ground[0] != wanted:
            drawn = QPixmap(size)
            drawn.setDevicePixelRatio(ratio)
            drawn.fill(theme.token("well"))
            painter = QPainter(drawn)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for cell in seen:
                self._draw_cell(painter, cell)
            painter.end()
            self._ground = wanted, drawn
        return self._ground[1]

    def _draw_cell(self, painter: QPainter, cell: Cell) -> None:
        if cell.measure is None:
            paint.text(painter, cell.rect.adjusted(0, 8, 0, 0), cell.words, "strong", "text")
            return
        box, spread = cell.rect, self._spread(cell.measure)
        paint.text(painter, QRectF(box.left(), box.top(), box.width(), 16), cell.measure.title, "caption", "text2")
        area = _strip(box)
        if spread is None or area.height() < 8:
            return
        if not spread.curves:
            _draw_curve(painter, area, spread.whole, theme.token("bar"), theme.token("bar"))
        for code, curve in spread.curves:
            look = theme.class_colour(code)
            _draw_curve(painter, area, curve, look.fill, look.stroke)
        painter.fillRect(QRectF(area.left(), round(area.bottom()), area.width(), 1), theme.token("line2"))

    def _draw_value(self, painter: QPainter, box: QRectF, measure: Measure) -> None:
        known = math.isfinite(measure.value)
        words, spread = value_words(measure), self._spread(measure)
        line = QRectF(box.left(), box.top() + 15, box.width(), 18)
        taken = paint.text(painter, line, words, "strong", "text" if known else "text3")
        if spread is not None and spread.log and box.width() - taken > 30:
            paint.text(painter, line, "log", "caption", "text3", paint.RIGHT)
        area = _strip(box)
        if spread is None or not known or area.height() < 8:
            return
        x = area.left() + spread.share(measure.value) * area.width()
        painter.setPen(QPen(theme.token("text"), 1.8))
        painter.drawLine(QPointF(x, area.top() - 2), QPointF(x, area.bottom() + 2))

    def _spread(self, measure: Measure) -> Spread | None:
        return self.population.spread(measure.name) if self.population is not None else None

    def told(self, measure: Measure) -> str:
        """A measure in words: its value, and the share of each class that lies below it."""
        words, spread = f"{measure.title} {value_words(measure)}", self._spread(measure)
        if spread is None or self.population is None or not math.isfinite(measure.value):
            return words
        places = [
            f"above {share * 100:.0f} % of {numbers.count(many)} {self.population.titles[code]}"
            for code, share, many in spread.ranks(measure.value)
        ]
        return "\n".join([words, *places])

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = QPointF(event.pos())
            under = next((measure for measure, box in self.cells() if box.contains(at)), None)
            QToolTip.showText(event.globalPos(), self.told(under) if under is not None else "", self)
            return True
        return super().viewportEvent(event)


def _draw_curve(painter: QPainter, area: QRectF, curve: Floats, fill: QColor, stroke: QColor) -> None:
    x = area.left() + np.arange(POINTS) * (area.width() / (POINTS - 1))
    y, ends = area.bottom() - curve * area.height(), np.array([area.bottom()])
    soft = QColor(fill)
    soft.setAlphaF(0.14)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(soft)
    painter.drawPolygon(paint.polygon(np.concatenate([x[:1], x, x[-1:]]), np.concatenate([ends, y, ends])))
    painter.setPen(QPen(stroke, 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(paint.polygon(x, y))


def _most(wide: int) -> int:
    """How many columns a width holds."""
    return max((wide + GAP) // (WIDE + GAP), 1)


def value_words(measure: Measure) -> str:
    """A value with its unit."""
    return numbers.measured(measure.value, measure.decimals, measure.unit)


def _strip(box: QRectF) -> QRectF:
    """Where the densities of a cell stand."""
    return QRectF(box.left(), box.top() + 36, box.width(), max(box.height() - 40, 0))
