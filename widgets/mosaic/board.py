"""A few thumbnails on a board that fits them into its room; nothing is scrolled or chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, tokens
from widgets.mosaic.marks import ThumbMark, paint_mark

LEAST, MOST, GAP = 48, 96, 6


class ThumbBoard(QWidget):
    """Thumbnails with their marks, in whole rows, as many as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: list[Any] = []
        self._marks: list[ThumbMark] = []
        self._letters: list[str] = []
        self.setMinimumSize(2 * LEAST, LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_cells(self, pictures: Sequence[Any], marks: Sequence[ThumbMark], letters: Sequence[str]) -> None:
        """Show these pictures (h, w, 3), empty places where there are none yet."""
        self._pictures, self._marks, self._letters = list(pictures), list(marks), list(letters)
        wrong = sum(mark.conflict for mark in self._marks)
        self.setAccessibleDescription(f"{len(self._marks)} samples, {wrong} answered wrongly")
        self.update()

    def marks(self) -> list[ThumbMark]:
        """What stands on the thumbnails."""
        return list(self._marks)

    def sizeHint(self) -> QSize:
        return QSize(5 * (MOST + GAP), 4 * (MOST + GAP))

    def places(self) -> list[QRect]:
        """Where each shown thumbnail stands."""
        wide, high = self.width() - 2 * tokens.GUTTER, self.height() - GAP
        count = len(self._marks)
        fits: list[tuple[int, int, int]] = []
        for columns in range(1, 9):
            side = min((wide - (columns - 1) * GAP) // columns, MOST)
            lines = min(count // columns, high // (side + GAP)) if side > 0 else 0
            if side >= LEAST and lines:
                # As many as there is room for, and of these boards the one of the largest thumbnails.
                fits.append((columns * lines, side, columns))
        if not fits:
            return []
        shown, side, columns = max(fits)
        return [
            QRect(tokens.GUTTER + at % columns * (side + GAP), GAP + at // columns * (side + GAP), side, side)
            for at in range(shown)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for at, box in enumerate(self.places()):
            picture = self._pictures[at] if at < len(self._pictures) else None
            if picture is None:
                paint.skeleton(painter, box.toRectF())
                continue
            painter.drawImage(box, paint.image_of(picture))
            paint_mark(painter, self._marks[at], box, self._letters, self.devicePixelRatioF(), 56)
