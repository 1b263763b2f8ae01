"""The tissue map: hexagons of one simulation, linked to table and traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from models.payload import Tissue
from widgets import paint, theme, tokens
from widgets.heat import heat_colours
from widgets.numbers import minus
from widgets.parts import EmptyState, LabelledCombo, PaneHeader
from widgets.parts.ring import ring_by_keys

Floats = npt.NDArray[np.floating[Any]]
#: What the hexagons may be coloured by; a feature's name is a further mode.
DISTANCE, LABEL, PREDICTION, CONFLICT, ERROR = "distance", "label", "prediction", "conflict", "error"
MODES = ((CONFLICT, "Label ≠ model"), (LABEL, "Label"), (PREDICTION, "Model"), (ERROR, "Error"), (DISTANCE, "Distance"))
ROOT3 = float(np.sqrt(3.0))


def hex_centres(column: npt.NDArray[np.int64], row: npt.NDArray[np.int64]) -> Floats:
    """Centres of flat-topped hexagons of side 1 in odd-q offset coordinates, (n, 2), y downwards."""
    x = 1.5 * column
    y = ROOT3 * (row + 0.5 * (np.abs(column) % 2))
    return np.stack([x, y], axis=1).astype(np.float64)


def hex_shape(centre: QPointF, side: float) -> QPolygonF:
    """A flat-topped hexagon."""
    angles = np.arange(6) * np.pi / 3
    points = zip(np.cos(angles) * side, np.sin(angles) * side, strict=True)
    return QPolygonF([centre + QPointF(float(x), float(y)) for x, y in points])


class TissueField(QWidget):
    """The hexagons alone: paints, hovers, takes clicks and arrow keys."""

    cell_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tissue_field")
        self.setAccessibleName("Cells of this tissue")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 100)
        self.tissue: Tissue | None = None
        self.fills: list[QColor] = []
        self.inks: list[QColor] = []
        self.words: list[tuple[str, str]] = []
        self.plates: list[tuple[str, ...]] = []
        self.hovered = -1
        self.foot = 0

    def sizeHint(self) -> QSize:
        return QSize(340, 320)

    def show_cells(
        self,
        tissue: Tissue,
        fills: list[QColor],
        inks: list[QColor],
        words: list[tuple[str, str]],
        plates: list[tuple[str, ...]],
    ) -> None:
        """Show these cells: fill, ink, one or two lines inside, lines of the hover plate."""
        self.tissue, self.fills, self.inks, self.words, self.plates = tissue, fills, inks, words, plates
        self.hovered = min(self.hovered, len(fills) - 1)
        self.update()

    def layout_cells(self) -> tuple[Floats, float]:
        """Centre of each hexagon in pixels, (n, 2), and the length of a side."""
        assert self.tissue is not None
        raw = hex_centres(self.tissue.column, self.tissue.row)
        half = np.array([1.0, ROOT3 / 2])
        low, high = raw.min(axis=0) - half, raw.max(axis=0) + half
        room = np.array([self.width() - 24, self.height() - 20 - self.foot], np.float64)
        side = float(min((room / (high - low)).min(), 40.0))
        middle = np.array([self.width() / 2, (self.height() - self.foot) / 2])
        return (raw - (low + high) / 2) * side + middle, side

    def cell_at(self, position: QPointF) -> int:
        """The cell under a point, or −1."""
        if self.tissue is None or not len(self.tissue.cells):
            return -1
        centres, side = self.layout_cells()
        away = np.hypot(centres[:, 0] - position.x(), centres[:, 1] - position.y())
        nearest = int(away.argmin())
        inside = hex_shape(QPointF(*centres[nearest]), side).containsPoint(position, Qt.FillRule.OddEvenFill)
        return nearest if inside else -1

    def centre(self, cell: int) -> QPoint:
        """The middle of a cell in the widget."""
        return QPointF(*self.layout_cells()[0][cell]).toPoint()

    def neighbour(self, cell: int, across: int, down: int) -> int:
        """The nearest cell in a direction, itself where there is none."""
        assert self.tissue is not None
        raw = hex_centres(self.tissue.column, self.tissue.row)
        step = raw - raw[cell]
        along = step[:, 0] * across + step[:, 1] * down
        aside = np.abs(step[:, 0] * down) + np.abs(step[:, 1] * across)
        cost = np.where(along > 0.1, along + 2 * aside, np.inf)
        return int(cost.argmin()) if np.isfinite(cost).any() else cell

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        if self.tissue is None or not self.fills:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centres, side = self.layout_cells()
        for cell, centre in enumerate(centres):
            self._draw_cell(painter, cell, QPointF(*centre), side)
        chosen = self.tissue.chosen
        if 0 <= chosen < len(centres):
            self._draw_ring(painter, QPointF(*centres[chosen]), side)
        if 0 <= self.hovered < len(centres) and self.plates:
            self._draw_plate(painter, QPointF(*centres[self.hovered]), side, self.plates[self.hovered])

    def _draw_cell(self, painter: QPainter, cell: int, centre: QPointF, side: float) -> None:
        assert self.tissue is not None
        painter.setPen(Qt.PenStyle.NoPen)
        if cell == self.hovered:
            painter.setPen(QPen(theme.token("text2"), 1.2))
        painter.setBrush(self.fills[cell])
        if not self.tissue.cells[cell]:
            painter.setPen(QPen(theme.token("line2"), 1, Qt.PenStyle.DashLine))
        painter.drawPolygon(hex_shape(centre, side - max(side * 0.04, 1.0)))
        self._write(painter, centre, side, *self.words[cell], ink=self.inks[cell])

    def _write(self, painter: QPainter, centre: QPointF, side: float, first: str, second: str, ink: QColor) -> None:
        painter.setPen(ink)
        face = theme.font("title" if side >= 22 else "strong" if side >= 15 else "small")
        painter.setFont(face)
        if not first or side < 9:
            return
        second = second if side >= 17 else ""
        if paint.width(first, "strong") > side * 1.7:
            painter.setFont(theme.font("small"))
        rise = side * (0.14 if side >= 22 else 0.2) if second else 0.0
        painter.drawText(QRectF(centre.x() - 40, centre.y() - 10 - rise, 80, 20), paint.CENTRE, first)
        if second:
            painter.setFont(theme.font("small"))
            painter.drawText(
                QRectF(centre.x() - 40, centre.y() - 7 + side * (0.42 if side >= 22 else 0.4), 80, 14),
                paint.CENTRE,
                second,
            )

    def _draw_ring(self, painter: QPainter, centre: QPointF, side: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.token("well"), 5))
        painter.drawPolygon(hex_shape(centre, side))
        painter.setPen(QPen(theme.token("accent"), 2))
        painter.drawPolygon(hex_shape(centre, side + 1.0))

    def _draw_plate(self, painter: QPainter, centre: QPointF, side: float, lines: Sequence[str]) -> None:
        wide = max(paint.width(line, "strong" if not place else "caption") for place, line in enumerate(lines)) + 16
        rect = QRectF(centre.x() + side * 0.8, centre.y() - side - 12, wide, 10 + 17 * len(lines))
        rect.moveLeft(min(max(rect.left(), 4), self.width() - wide - 4))
        if rect.top() < 4:
            rect.moveTop(centre.y() + side)
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.setBrush(theme.token("raised"))
        painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)
        for place, line in enumerate(lines):
            row = QRectF(rect.left() + 8, rect.top() + 5 + 17 * place, wide - 12, 17)
            paint.text(painter, row, line, "strong" if not place else "caption", "text" if not place else "text2")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if cell != self.hovered:
            self.hovered = cell
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell >= 0:
            self.cell_asked.emit(cell)

    def focusInEvent(self, event: QFocusEvent) -> None:
        ring_by_keys(self, event)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        way = ways.get(Qt.Key(event.key()))
        if way is None or self.tissue is None or not len(self.tissue.cells):
            event.ignore()
            return
        chosen = max(self.tissue.chosen, 0)
        target = self.neighbour(chosen, *way)
        if target != chosen:
            self.cell_asked.emit(target)


class TissueFoot(QWidget):
    """What the colours mean: chips of the classes, or a colour bar with its limits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(30)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.classes: Sequence[tuple[str, str, int]] = ()
        self.limits: tuple[str, str, str] | None = None

    def sizeHint(self) -> QSize:
        return QSize(200, 30)

    def show_classes(self, classes: Sequence[tuple[str, str, int]]) -> None:
        """Letter, name and place of each class."""
        self.classes, self.limits = classes, None
        self.setAccessibleName(", ".join(name for _letter, name, _index in classes))
        self.update()

    def show_limits(self, name: str, low: str, high: str) -> None:
        """A colour bar from low to high."""
        self.classes, self.limits = (), (name, low, high)
        self.setAccessibleName(f"{name} from {low} to {high}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        if self.limits is not None:
            self._draw_bar(painter, *self.limits)
            return
        x, side = float(tokens.GUTTER), 15.0
        names = sum(side + 18 + paint.width(name, "body") for _letter, name, _index in self.classes) < self.width() - 12
        for letter, name, index in self.classes:
            paint.chip(painter, QRectF(x, 7, side, side), "filled", letter, index)
            x += side + 6
            if names:
                x += paint.text(painter, QRectF(x, 0, 200, 29), name, "body", "text2") + (
                    16 if self.width() > 360 else 11
                )

    def _draw_bar(self, painter: QPainter, name: str, low: str, high: str) -> None:
        x = float(tokens.GUTTER)
        x += paint.text(painter, QRectF(x, 0, 140, 29), name, "body", "text2") + 12
        x += paint.text(painter, QRectF(x, 0, 80, 29), low, "body", "text2") + 6
        wide = max(min(120.0, self.width() - x - 60), 20)
        colours = heat_colours(np.linspace(0, 1, int(wide)))
        for place, colour in enumerate(colours):
            painter.fillRect(QRectF(x + place, 9, 1, 11), QColor.fromRgb(int(colour)))
        paint.text(painter, QRectF(x + wide + 6, 0, 80, 29), high, "body", "text2")


class TissueMap(QWidget):
    """The tissue with its head (what colours mean) and foot (legend).

    ``sample_asked(id)``: a cell was clicked or reached by arrow key. ``mode_asked(mode)``: another
    colouring was chosen; it is shown at once when its values are there.
    """

    sample_asked = Signal(str)
    mode_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tissue_map")
        self.setAccessibleName("Tissue map")
        self.tissue: Tissue | None = None
        self.mode = CONFLICT
        self.classes: tuple[str, ...] = ()
        self.letters: tuple[str, ...] = ()
        self.labels: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.predictions: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.numbers: Floats = np.zeros(0)
        self.header = PaneHeader("Tissue")
        self.combo = LabelledCombo(
            "Colour", [(words, mode) for mode, words in MODES], "What the hexagons are coloured by"
        )
        self.combo.setObjectName("tissue_colour")
        self.combo.chosen.connect(self._choose_mode)
        self.header.add_tool(self.combo)
        self.header.add_entry("Show the numbers again", self._reset).setObjectName("tissue_reset")
        self.field = TissueField()
        self.field.cell_asked.connect(self._ask_cell)
        self.foot = TissueFoot()
        self.words = EmptyState("No tissue", "This sample stands in no tissue.", "hexagon", parent=self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.field, 1)
        column.addWidget(self.foot)
        inside = QVBoxLayout(self.field)
        inside.addWidget(self.words)
        theme.changed.connect(self._show)
        self._show()

    def set_features(self, names: Sequence[str]) -> None:
        """Offer numeric features beside the fixed colourings."""
        self.combo.set_choices([*((words, mode) for mode, words in MODES), *((name, name) for name in names)])

    def set_payload(self, tissue: Tissue | None) -> None:
        """Show a tissue; its cells' values follow by `set_values`. The same cells keep theirs."""
        same = tissue is not None and self.tissue is not None and tissue.cells == self.tissue.cells
        self.tissue = tissue
        if not same:
            count = len(tissue.cells) if tissue is not None else 0
            self.labels = self.predictions = np.full(count, -1, np.int64)
            self.numbers = np.full(count, np.nan)
        self._show()

    def set_values(
        self,
        mode: str,
        labels: npt.ArrayLike,
        predictions: npt.ArrayLike,
        numbers: npt.ArrayLike | None = None,
        classes: Sequence[str] = (),
        letters: Sequence[str] = (),
    ) -> None:
        """Values of each cell in the payload's order.

        labels, predictions: class codes, −1 for none. numbers: for a feature's mode, NaN for none.
        classes, letters: of each class code.
        """
        self.mode = mode
        self.combo.set_value(mode)
        self.labels, self.predictions = np.asarray(labels, np.int64), np.asarray(predictions, np.int64)
        self.numbers = np.asarray(numbers, np.float64) if numbers is not None else np.full(len(self.labels), np.nan)
        self.classes = tuple(classes)
        self.letters = tuple(letters) or tuple(tokens.propose_letters(self.classes))
        self._show()

    # -- colours

    def _show(self) -> None:
        tissue = self.tissue
        empty = tissue is None or not len(tissue.cells)
        self.words.setVisible(empty)
        self.foot.setVisible(not empty)
        if tissue is None or empty:
            self.field.tissue = None
            self.header.set_title("Tissue", "")
            self.field.update()
            return
        count = len(tissue.cells)
        looks = [self._look(cell) for cell in range(count)]
        fills, inks, words = [look[0] for look in looks], [look[1] for look in looks], [look[2] for look in looks]
        self.field.show_cells(tissue, fills, inks, words, [self._plate(cell) for cell in range(count)])
        self._say()

    def _look(self, cell: int) -> tuple[QColor, QColor, tuple[str, str]]:
        assert self.tissue is not None
        label, model = int(self.labels[cell]), int(self.predictions[cell])
        if self.mode == DISTANCE:
            ring = int(self.tissue.ring[cell])
            return self._class_look(ring, str(ring), "", False)
        if self.mode == LABEL:
            return self._class_look(label, self._letter(label), "", False)
        if self.mode == PREDICTION:
            return self._class_look(model, self._letter(model), "", True)
        if self.mode == CONFLICT:
            differs = label >= 0 and model >= 0 and label != model
            second = f"≠ {self._letter(model)}" if differs else ""
            return self._class_look(label, self._letter(label), second, not differs)
        return self._number_look(cell)

    def _class_look(self, code: int, first: str, second: str, soft: bool) -> tuple[QColor, QColor, tuple[str, str]]:
        if code < 0:
            return theme.token("track"), theme.token("text3"), (first, second)
        look = theme.class_colour(code)
        if not soft:
            return look.fill, look.ink, (first, second)
        return theme.mix(look.fill, theme.token("well"), 0.38), theme.token("text"), (first, second)

    def _number_look(self, cell: int) -> tuple[QColor, QColor, tuple[str, str]]:
        values = self._numbers()
        value = values[cell]
        if not np.isfinite(value):
            return theme.token("track"), theme.token("text3"), ("", "")
        low, high = self.limits()
        share = float((value - low) / ((high - low) or 1.0))
        fill = QColor.fromRgb(int(heat_colours(np.array([share]))[0]))
        ink = QColor(tokens.DARK_INK if tokens.contrast(tokens.DARK_INK, fill.name()) > 4.5 else "#FFFFFF")
        return fill, ink, (_short(float(value)), "")

    def _numbers(self) -> Floats:
        assert self.tissue is not None
        if self.mode != ERROR:
            return self.numbers
        known = (self.labels >= 0) & (self.predictions >= 0)
        return np.where(known, np.abs(self.labels - self.predictions), np.nan).astype(np.float64)

    def limits(self) -> tuple[float, float]:
        """Lowest and highest number shown by colour."""
        values = self._numbers()
        values = values[np.isfinite(values)]
        if not len(values):
            return 0.0, 1.0
        return (0.0 if self.mode == ERROR else float(values.min())), float(values.max())

    def _letter(self, code: int) -> str:
        return self.letters[code] if 0 <= code < len(self.letters) else ""

    def _name(self, code: int) -> str:
        return self.classes[code] if 0 <= code < len(self.classes) else "none"

    def _plate(self, cell: int) -> tuple[str, ...]:
        assert self.tissue is not None
        ring = int(self.tissue.ring[cell])
        hops = "target" if ring == 0 else "1 hop away" if ring == 1 else f"{ring} hops away"
        lines = [self.tissue.cells[cell] or "not in the project", hops]
        label, model = int(self.labels[cell]), int(self.predictions[cell])
        if label >= 0:
            lines.append(f"label {self._name(label)}")
        if model >= 0:
            lines.append(f"model {self._name(model)}")
        if self._is_number() and np.isfinite(self._numbers()[cell]):
            lines.append(f"{self.mode} {_short(float(self._numbers()[cell]))}")
        return tuple(lines)

    def _is_number(self) -> bool:
        return self.mode not in (DISTANCE, LABEL, PREDICTION, CONFLICT)

    def conflicts(self) -> int:
        """Cells whose label and prediction differ."""
        return int(((self.labels >= 0) & (self.predictions >= 0) & (self.labels != self.predictions)).sum())

    def _say(self) -> None:
        assert self.tissue is not None
        count = len(self.tissue.cells)
        about = f"{self.conflicts()} of {count} conflict" if self.mode == CONFLICT else f"{count} cells"
        self.header.set_title("Tissue", ", ".join(part for part in (self.tissue.title, about) if part))
        if self._is_number():
            low, high = self.limits()
            name = "Classes apart" if self.mode == ERROR else self.mode
            self.foot.show_limits(name, _short(low), _short(high))
        elif self.mode == DISTANCE:
            rings = np.unique(self.tissue.ring)
            names = {0: "centre", 1: "1 hop"}
            self.foot.show_classes([(str(r), names.get(int(r), f"{r} hops"), int(r)) for r in rings])
        else:
            self.foot.show_classes([(self.letters[i], name, i) for i, name in enumerate(self.classes)])

    # -- asking

    def _choose_mode(self, mode: object) -> None:
        self.mode = str(mode)
        self.mode_asked.emit(self.mode)
        self._show()

    def _reset(self) -> None:
        self.combo.set_value(CONFLICT)
        self._choose_mode(CONFLICT)

    def _ask_cell(self, cell: int) -> None:
        if self.tissue is not None and self.tissue.cells[cell]:
            self.sample_asked.emit(self.tissue.cells[cell])


def _short(value: float) -> str:
    return minus(f"{value:.3g}")
