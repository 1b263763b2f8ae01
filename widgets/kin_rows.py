"""The samples of one group below each other: label, name, what a model says of each; the shown one is marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import numbers, paint, theme, tokens

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


class KinRows(QWidget):
    """`row_asked(row)`: one of them was clicked."""

    row_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kin: list[Kin] = []
        self._letters: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Samples of the same group")
        self.show_kin([], [])

    def show_kin(self, kin: Sequence[Kin], letters: Sequence[str]) -> None:
        """Show these samples. letters: of the classes."""
        self._kin, self._letters = list(kin), list(letters)
        self.setFixedHeight(ROW * len(self._kin))
        self.setAccessibleDescription("; ".join(self._words(one) for one in self._kin))
        self.update()

    def kin(self) -> list[Kin]:
        """What is shown."""
        return list(self._kin)

    def sizeHint(self) -> QSize:
        return QSize(260, self.height())

    def rect_of(self, place: int) -> QRectF:
        """Where one stands."""
        return QRectF(4, place * ROW, self.width() - 8, ROW)

    def _words(self, one: Kin) -> str:
        label = f"labelled {self._letter(one.label)}" if one.label >= 0 else "no label"
        model = f"the model says {self._letter(one.model)} {numbers.p(one.p)}" if one.model >= 0 else one.note
        return ", ".join(part for part in (one.name, label, model, "flagged" if one.flagged else "") if part)

    def _letter(self, place: int) -> str:
        return self._letters[place] if 0 <= place < len(self._letters) else ""

    # -- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, one in enumerate(self._kin):
            self._draw(painter, one, self.rect_of(place))

    def _draw(self, painter: QPainter, one: Kin, line: QRectF) -> None:
        if one.shown:
            paint.plate(painter, line.adjusted(0, 1, 0, -1), theme.token("selection"), tokens.RADIUS)
        top = line.center().y() - paint.CHIP / 2
        self._draw_chip(painter, QRectF(tokens.GUTTER, top, paint.CHIP, paint.CHIP), one.label, "filled")
        end = self._draw_said(painter, one, line, top)
        if one.flagged:
            end -= 18
            theme.draw_sign(painter, QRectF(end, top + 2, 12, 12), "flag", theme.token("warn"))
        left = tokens.GUTTER + paint.CHIP + 8
        paint.text(painter, QRectF(left, line.top(), end - left - 8, ROW), one.name, "mono", "text")

    def _draw_said(self, painter: QPainter, one: Kin, line: QRectF, top: float) -> float:
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
        return place if 0 <= place < len(self._kin) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._at(event.position().y())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.row_asked.emit(self._kin[place].row)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._at(event.pos().y())
            QToolTip.showText(event.globalPos(), self._words(self._kin[place]) if place >= 0 else "", self)
            return True
        return super().event(event)
