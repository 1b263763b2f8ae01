"""Which part of an image is seen, in whole pixels of the screen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRect, QRectF

#: The most pixels of the screen that one of the image takes.
CLOSEST = 32.0
#: What the longer side of a cell takes of the shorter one of the viewer when it opens on it, and at most so large.
_SHARE, _LARGEST = 0.26, 8.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """A port of width × height pixels of the screen on an image of across × down pixels.

    scale: screen pixels a pixel of the image. left, top: the port's corner in pixels of the scaled image. They are
    whole, so that what was painted can be moved instead of being painted again.
    """

    across: int
    down: int
    width: int
    height: int
    scale: float = 1.0
    left: int = 0
    top: int = 0

    @property
    def fitting(self) -> float:
        """The scale at which the whole image is seen; that of one cell alone is enlarged."""
        return min(self.width / max(self.across, 1), self.height / max(self.down, 1), _LARGEST)

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """The place in the image of a pixel of the screen."""
        return (x + self.left) / self.scale, (y + self.top) / self.scale

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the image is on the screen."""
        return x * self.scale - self.left, y * self.scale - self.top

    def rect(self, box: Box) -> QRectF:
        """A box of the image on the screen."""
        left, top = self.to_screen(box[0], box[1])
        right, bottom = self.to_screen(box[2], box[3])
        return QRectF(left, top, right - left, bottom - top)

    def whole(self, box: Box) -> QRect:
        """A box of the image on whole pixels of the screen: neighbours share their edge."""
        left, top = round(box[0] * self.scale) - self.left, round(box[1] * self.scale) - self.top
        right, bottom = round(box[2] * self.scale) - self.left, round(box[3] * self.scale) - self.top
        return QRect(left, top, right - left, bottom - top)

    def seen(self) -> Box:
        """The part of the image that is seen."""
        left, top = self.to_image(0, 0)
        right, bottom = self.to_image(self.width, self.height)
        return max(left, 0.0), max(top, 0.0), min(right, float(self.across)), min(bottom, float(self.down))

    def placed(self, scale: float, left: float, top: float) -> View:
        """Another part, kept inside the image; an image smaller than the port stands in its middle."""
        scale = min(max(scale, self.fitting), CLOSEST)
        return replace(
            self,
            scale=scale,
            left=_inside(left, self.across * scale, self.width),
            top=_inside(top, self.down * scale, self.height),
        )

    def moved(self, right: float, down: float) -> View:
        """The port moved over the image by pixels of the screen."""
        return self.placed(self.scale, self.left + right, self.top + down)

    def zoomed(self, factor: float, at: QPointF | None = None) -> View:
        """Larger by a factor around a pixel of the screen (the middle)."""
        at = QPointF(self.width / 2, self.height / 2) if at is None else at
        x, y = self.to_image(at.x(), at.y())
        scale = min(max(self.scale * factor, self.fitting), CLOSEST)
        return self.placed(scale, x * scale - at.x(), y * scale - at.y())

    def fitted(self) -> View:
        """The whole image."""
        return self.placed(self.fitting, 0, 0)

    def centred(self, x: float, y: float, scale: float | None = None) -> View:
        """A place of the image in the middle."""
        scale = self.scale if scale is None else min(max(scale, self.fitting), CLOSEST)
        return self.placed(scale, x * scale - self.width / 2, y * scale - self.height / 2)

    def scale_of(self, box: Box) -> float:
        """The scale at which a cell is seen with what is around it."""
        side = max(box[2] - box[0], box[3] - box[1], 1.0)
        return min(min(self.width, self.height) * _SHARE / side, _LARGEST)

    def on_cell(self, box: Box, zoom: float = 1.0) -> View:
        """A cell in the middle with what is around it; so many times as large as usual."""
        scale = self.scale_of(box) * zoom
        return self.centred((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, scale)

    def shows(self, box: Box) -> bool:
        """Whether a cell is wholly in view and large enough to be told from others."""
        left, top, right, bottom = self.seen()
        inside = box[0] >= left and box[1] >= top and box[2] <= right and box[3] <= bottom
        return inside and max(box[2] - box[0], box[3] - box[1]) * self.scale >= 12

    def resized(self, width: int, height: int) -> View:
        """Another size of the port; the middle stays, and so does a whole image."""
        other = replace(self, width=width, height=height)
        if self.scale == self.fitting:
            return other.fitted()
        return other.centred(*self.to_image(self.width / 2, self.height / 2))


def _inside(start: float, length: float, room: int) -> int:
    """Where the port begins: inside the image, or half of what is left beside it."""
    if length <= room:
        return -math.floor((room - length) / 2)
    return round(min(max(start, 0.0), length - room))
