"""The split before it is made: one square a group, its colour the side it stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import numbers, paint, theme

LABEL = 104
#: More groups than this are drawn as one bar.
MOST = 420
NAMES = {"train": "train", "val": "validation", "test": "test", "mixed": "on several sides", "rest": "left out"}
ORDER = ("train", "val", "test", "mixed", "rest")


@dataclass(frozen=True)
class SquareRow:
    """Groups of one value: (name, side) each."""

    title: str
    groups: tuple[tuple[str, str], ...]


class SplitSquares(QWidget):
    """Rows of squares by a column's value; a lock marks the locked test groups."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[SquareRow] = []
        self._counts: dict[str, int] = {}
        self._locked = False
        self._hits: list[tuple[QRectF, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Split preview")

    def set_split(self, rows: Sequence[SquareRow], locked: bool) -> None:
        """Show these groups; `locked`: the test side is fixed for good."""
        self._rows, self._locked = list(rows), locked
        sides = [side for row in self._rows for _name, side in row.groups]
        self._counts = {side: sides.count(side) for side in ORDER if side in sides}
        self.setAccessibleDescription(self.legend())
        self._fit()
        self.update()

    def legend(self) -> str:
        """``train 21, validation 6, test 6, locked``."""
        words = [f"{NAMES[side]} {numbers.count(count)}" for side, count in self._counts.items()]
        return ", ".join(words) + (", locked" if self._locked and "test" in self._counts else "")

    def _cell(self) -> tuple[int, int]:
        total = sum(self._counts.values())
        return (16, 22) if total <= 80 else (9, 12)

    def _as_bar(self) -> bool:
        return sum(self._counts.values()) > MOST

    def _across(self) -> int:
        return max((self.width() - self._left() - 12) // self._cell()[1], 1)

    def _left(self) -> int:
        return 12 + (LABEL if any(row.title for row in self._rows) else 0)

    def _tall(self) -> int:
        if self._as_bar():
            return 20 + 26
        _side, step = self._cell()
        lines = sum(max(-(-len(row.groups) // self._across()), 1) for row in self._rows)
        return lines * (step + 2) + 26

    def _fit(self) -> None:
        if self.height() != self._tall():
            self.setFixedHeight(self._tall())

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(380, self._tall())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._hits = []
        bottom = self._draw_bar(painter) if self._as_bar() else self._draw_rows(painter)
        self._draw_legend(painter, bottom + 6)

    def _draw_rows(self, painter: QPainter) -> float:
        side, step = self._cell()
        y = 0.0
        for row in self._rows:
            paint.text(painter, QRectF(12, y, LABEL - 6, step), row.title, "body", "text")
            for place, (name, part) in enumerate(row.groups):
                line, column = divmod(place, self._across())
                box = QRectF(self._left() + column * step, y + line * (step + 2) + (step - side) / 2, side, side)
                self._draw_square(painter, box, part)
                self._hits.append((box, f"{name}: {NAMES[part]}"))
            y += max(-(-len(row.groups) // self._across()), 1) * (step + 2)
        return y

    def _draw_square(self, painter: QPainter, box: QRectF, part: str) -> None:
        hollow = part in ("test", "rest")
        inner = box.adjusted(0.8, 0.8, -0.8, -0.8) if hollow else box
        style = Qt.PenStyle.DotLine if part == "rest" else Qt.PenStyle.SolidLine
        tone = {"test": "text", "rest": "text3"}.get(part, "text")
        painter.setPen(QPen(theme.token(tone), 1.4, style) if hollow else Qt.PenStyle.NoPen)
        fills = {"train": "line2", "val": "accent", "mixed": "warn"}
        painter.setBrush(theme.token(fills[part]) if part in fills else theme.token("well"))
        painter.drawRoundedRect(inner, 3, 3)
        if part == "test" and self._locked and box.width() >= 14:
            theme.draw_sign(painter, box.adjusted(3, 3, -3, -3), "lock", theme.token("text"))

    def _draw_bar(self, painter: QPainter) -> float:
        x, wide, total = 12.0, self.width() - 24.0, sum(self._counts.values())
        for part, count in self._counts.items():
            part_wide = wide * count / total
            self._draw_square(painter, QRectF(x, 2, max(part_wide - 2, 2), 14), part)
            x += part_wide
        return 18.0

    def _draw_legend(self, painter: QPainter, y: float) -> None:
        x = float(self._left())
        words = {part: f"{NAMES[part]} {numbers.count(count)}" for part, count in self._counts.items()}
        if self._locked and "test" in words:
            words["test"] += ", locked"
        need = sum(paint.width(text, "caption") + 28 for text in words.values())
        if x + need > self.width():
            x = 12.0
        for part, text in words.items():
            self._draw_square(painter, QRectF(x, y + 3, 10, 10), part)
            x += 15
            x += paint.text(painter, QRectF(x, y - 1, max(self.width() - x, 1), 18), text, "caption", "text2") + 13

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            told = next((words for box, words in self._hits if box.contains(event.pos().toPointF())), "")
            QToolTip.showText(event.globalPos(), told, self)
            return True
        return super().event(event)
