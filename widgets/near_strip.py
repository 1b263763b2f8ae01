"""The labelled samples that are most alike to the shown one: small pictures with their chips and likeness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import numbers, paint, theme, tokens
from widgets.mosaic.marks import ThumbMark, paint_mark
from widgets.mosaic.tiles import tile

#: Of a picture, between two of them, of the line below with the likeness.
SIDE, SMALL, GAP, LINE = 58, 36, 6, 16


class NearStrip(QWidget):
    """`row_asked(row)`: one of them was clicked."""

    row_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = SIDE
        self._rows: list[int] = []
        self._pictures: list[npt.NDArray[Any]] = []
        self._marks: list[ThumbMark] = []
        self._words: list[str] = []
        self._letters: list[str] = []
        self.setFixedHeight(self._side + LINE + 6)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Nearest labelled samples")

    def set_small(self, small: bool) -> None:
        """Smaller pictures where the panel is narrow. Told from outside: a height that followed from the own width
        would bring and take the scroll bar beside it for ever."""
        self._side = SMALL if small else SIDE
        self.setFixedHeight(self._side + LINE + 6)

    def show_near(
        self,
        rows: Sequence[int],
        pictures: Sequence[npt.NDArray[Any]],
        marks: Sequence[ThumbMark],
        words: Sequence[str],
        letters: Sequence[str],
    ) -> None:
        """Show these, the most alike first; the p of a mark is its likeness. words: of each, told on hover."""
        self._rows, self._pictures, self._marks = list(rows), list(pictures), list(marks)
        self._words, self._letters = list(words), list(letters)
        told = (f"{name}, likeness {numbers.p(mark.p)}" for name, mark in zip(words, marks, strict=True))
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(2 * tokens.GUTTER + 5 * (self._side + GAP) - GAP, self._side + LINE + 6)

    def _box(self, place: int) -> QRect:
        """Its place; all five share the width where it is narrow."""
        step = min(self._side + GAP, (self.width() - 2 * tokens.GUTTER + GAP) // 5)
        return QRect(tokens.GUTTER + place * step, 2, step - GAP, step - GAP)

    def _at(self, event: QMouseEvent | QHelpEvent) -> int:
        point = event.position().toPoint() if isinstance(event, QMouseEvent) else event.pos()
        return next((place for place in range(len(self._rows)) if self._box(place).contains(point)), -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, ratio = QPainter(self), self.devicePixelRatioF()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, (picture, mark) in enumerate(zip(self._pictures, self._marks, strict=True)):
            box = self._box(place)
            painter.drawPixmap(box.topLeft(), tile(picture, round(box.width() * ratio), ratio, theme.token("panel")))
            paint_mark(painter, replace(mark, p=math.nan), box, self._letters, ratio, least=40)
            below = QRectF(box.left(), box.bottom() + 2, box.width(), LINE)
            paint.text(painter, below, numbers.p(mark.p), "caption", "text2", paint.CENTRE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._at(event)
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.row_asked.emit(self._rows[place])

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._at(event)
            words = f"{self._words[place]}, likeness {numbers.p(self._marks[place].p)}" if place >= 0 else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)
