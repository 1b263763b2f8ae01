"""What mosaic, wall of cards and list of groups share: a scrolled list with small pictures, made as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from models.change import Rows
from widgets import paint, theme, tokens
from widgets.mosaic.tiles import Picture, Tiles
from widgets.pick_view import PickView


class Pictures(Protocol):
    """Where small pictures come from, those of the visible rows at once."""

    def pixels(self, rows: Rows, size: int) -> Sequence[Picture]:
        """A picture each: QImage, uint8 (h, w) or (h, w, 3), a 1-D line for a small trace, or None
        while it is still to come (call `refresh` then). `size` is in device pixels."""
        ...


class PicturedView(PickView):
    """A list with small pictures and the letters of classes. Not for use by itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letters: list[str] = []
        self._tiles = Tiles()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme.changed.connect(self.forget)

    def set_letters(self, letters: Sequence[str]) -> None:
        """The letters of the classes, by index."""
        self._letters = list(letters)
        self.viewport().update()

    def _letter(self, place: int) -> str:
        return self._letters[place] if 0 <= place < len(self._letters) else ""

    def refresh(self, rows: Rows | None = None) -> None:
        """What is told changed, or pictures of `rows` that were to come are there."""
        if rows is not None:
            self._tiles.forget(rows)
        self.viewport().update()

    def forget(self) -> None:
        """Read all pictures anew."""
        self._tiles.forget()
        self.viewport().update()

    def _side(self, points: float) -> int:
        """A side in device pixels."""
        return round(points * self.devicePixelRatioF())

    def _make_tiles(self, source: Pictures, rows: Rows, points: float, size: int = 0) -> None:
        """Make what tiles of these rows are missing. points: their side on the screen. size: the side in device pixels
        of what is asked for, 0 for that of the tiles."""
        side = self._side(points)
        missing = self._tiles.missing(rows, side)
        if len(missing):
            pictures = source.pixels(missing, size or side)
            self._tiles.give(missing, pictures, side, self.devicePixelRatioF(), 2 * len(rows))

    def _paint_tile(self, painter: QPainter, row: int, box: QRectF) -> None:
        """The picture of a row in a square box, a plain ground while it is to come."""
        picture = self._tiles.get(row, self._side(box.width()))
        if picture is None:
            paint.plate(painter, box, theme.token("track"), tokens.RADIUS)
        else:
            painter.drawPixmap(QPointF(box.topLeft()), picture)
