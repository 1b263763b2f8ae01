"""Small pictures of the points' shapes, drawn once and stamped many times."""

from __future__ import annotations

from typing import cast

import numpy as np
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

from widgets import paint
from widgets.map.cloud import Floats


class Sprites:
    """Keeps each shape that was once asked for."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str, float, float, float, bool], QPixmap] = {}

    def get(
        self, colour: QColor, sign: str, radius: float, alpha: float, ratio: float, hollow: bool = False
    ) -> QPixmap:
        """A shape of a colour and size, for screens of a pixel ratio; hollow: its outline alone."""
        key = (colour.rgba(), sign, radius, alpha, ratio, hollow)
        if key not in self._kept:
            self._kept[key] = draw_sprite(colour, sign, radius, alpha, ratio, hollow)
        return self._kept[key]


def stamp(painter: QPainter, sprite: QPixmap, across: Floats, down: Floats) -> None:
    """One sprite at many places, in one call to the painter."""
    pieces = np.zeros((len(across), 10))
    pieces[:, 0], pieces[:, 1] = across, down
    pieces[:, 4], pieces[:, 5] = sprite.width(), sprite.height()
    pieces[:, 6:8] = 1 / sprite.devicePixelRatio()
    pieces[:, 9] = 1.0
    first = cast(QPainter.PixmapFragment, shiboken6.wrapInstance(pieces.ctypes.data, QPainter.PixmapFragment))
    painter.drawPixmapFragments(first, len(pieces), sprite)


def draw_sprite(colour: QColor, sign: str, radius: float, alpha: float, ratio: float, hollow: bool = False) -> QPixmap:
    """One shape as a small picture."""
    side = int(np.ceil((2 * radius + 4) * ratio))
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(side / 2, side / 2)
    painter.setOpacity(alpha)
    painter.setPen(QPen(colour, 1.3 * ratio) if hollow else QPen(Qt.PenStyle.NoPen))
    painter.setBrush(QBrush() if hollow else QBrush(colour))
    painter.drawPath(paint.shape(sign, 2 * radius * ratio - (0.6 * ratio if hollow else 0)))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result
