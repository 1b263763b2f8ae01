"""The samples of one group below each other: label, name, what a model says of each; the shown one is marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from widgets import numbers, paint, theme, tokens
from widgets.parts.rows import Rows

ROW = 26
#: Room for a probability at the right.
_P = 36


@dataclass(frozen=True)
class Kin:
    """One sample. label, model: class index, −1 for none; p: of the model's class; note: why nothing is said of it."""

    row: int
    name: str
    label: int = -1
    model: int = -1
    p: float = math.nan
    note: str = ""
    shown: bool = False
    flagged: bool = False


class KinRows(Rows[Kin]):
    """`row_asked(row)`: one of them was clicked."""

    row_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._letters: list[str] = []
        super().__init__(ROW, "Samples of the same group", parent=parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_kin(self, kin: Sequence[Kin], letters: Sequence[str]) -> None:
        """Show these samples. letters: of the classes."""
        self._letters = list(letters)
        self.show_rows(kin)

    def kin(self) -> list[Kin]:
        """What is shown."""
        return self.rows()

    def _said(self, row: Kin) -> str:
        label = f"labelled {self._letter(row.label)}" if row.label >= 0 else "no label"
        model = f"the model says {self._letter(row.model)} {numbers.p(row.p)}" if row.model >= 0 else row.note
        return ", ".join(part for part in (row.name, label, model, "flagged" if row.flagged else "") if part)

    def _letter(self, place: int) -> str:
        return self._letters[place] if 0 <= place < len(self._letters) else ""

    def _draw(self, painter: QPainter, row: Kin, line: QRectF) -> None:
        line = line.adjusted(4, 0, -4, 0)
        if row.shown:
            paint.plate(painter, line.adjusted(0, 1, 0, -1), theme.token("selection"), tokens.RADIUS)
        top = line.center().y() - paint.CHIP / 2
        self._draw_chip(painter, QRectF(tokens.GUTTER, top, paint.CHIP, paint.CHIP), row.label, "filled")
        end = self._draw_model(painter, row, line, top)
        if row.flagged:
            end -= 18
            theme.draw_sign(painter, QRectF(end, top + 2, 12, 12), "flag", theme.token("warn"))
        left = tokens.GUTTER + paint.CHIP + 8
        paint.text(painter, QRectF(left, line.top(), end - left - 8, ROW), row.name, "mono", "text")

    def _draw_model(self, painter: QPainter, one: Kin, line: QRectF, top: float) -> float:
        """What the model says, or why not, at the right; where that begins."""
        right = self.width() - tokens.GUTTER
        if one.model < 0:
            wide = min(paint.width(one.note, "caption") + 1, line.width() / 2)
            paint.text(painter, QRectF(right - wide, line.top(), wide, ROW), one.note, "caption", "text3", paint.RIGHT)
            return right - wide
        paint.text(painter, QRectF(right - _P, line.top(), _P, ROW), numbers.p(one.p), "strong", "text", paint.RIGHT)
        chip = QRectF(right - _P - paint.CHIP - 2, top, paint.CHIP, paint.CHIP)
        self._draw_chip(painter, chip, one.model, "hollow")
        if 0 <= one.label != one.model:
            paint.text(painter, QRectF(chip.left() - 16, line.top(), 14, ROW), "≠", "strong", "warn")
            return chip.left() - 18
        return chip.left()

    def _draw_chip(self, painter: QPainter, area: QRectF, place: int, kind: str) -> None:
        paint.chip(painter, area, kind if place >= 0 else "dashed", self._letter(place), max(place, 0))

    # -- hands

    def _at(self, y: float) -> int:
        place = int(y // ROW)
        return place if 0 <= place < len(self._rows) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._at(event.position().y())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.row_asked.emit(self._rows[place].row)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._at(event.pos().y())
            QToolTip.showText(event.globalPos(), self._said(self._rows[place]) if place >= 0 else "", self)
            return True
        return super().event(event)
