"""The points as they are seen: few as shapes, many as pixels with density; rings round the disagreeing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from widgets import theme
from widgets.map.cloud import Camera, Cloud, Floats, Index, Runs
from widgets.map.raster import Binner, Bytes, Colours, paint_pixels, palette, spread
from widgets.map.sprites import Sprites, stamp

#: Up to this many visible points are drawn as shapes; beyond, as pixels with density.
FEW = 12_000
_CROWD = 100_000
_MOST_RINGS, _CLEAR_RINGS = 1_500, 200


@dataclass(frozen=True)
class Look:
    """One kind of point: its name, colour and shape."""

    name: str
    colour: QColor
    shape: str = "●"


class Picture:
    """What is shown of a cloud; `draw` makes an image of it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.looks: Sequence[Look] = (Look("all", theme.token("text2")),)
        self.shapes = True
        self.rings = np.zeros(len(cloud), bool)
        self.hollow = np.zeros(len(cloud), bool)
        self.selected = np.zeros(len(cloud), bool)
        self.dim = False
        self._ringed: Index = np.zeros(0, np.int64)
        self._codes: Bytes = np.ones(len(cloud), np.uint8)
        self._place_of: Index = np.full(cloud.count, -1, np.int64)
        self._place_of[cloud.order] = np.arange(len(cloud))
        self._binner = Binner()
        self._sprites = Sprites()
        self._pixels: Colours = np.zeros((0, 0), np.uint32)

    def place_of(self, row: int) -> int:
        """Where a row stands in the cloud's order, −1 for one that is not on the map."""
        return int(self._place_of[row]) if 0 <= row < len(self._place_of) else -1

    def set_codes(self, codes: npt.NDArray[np.integer], looks: Sequence[Look]) -> None:
        """(n,) number of each point's look, −1 for none (drawn faint); at most 254 looks."""
        kept = np.asarray(codes)[self.cloud.order]
        self.looks = looks
        self._codes = np.where((kept >= 0) & (kept < 254), kept + 2, 1).astype(np.uint8)

    def counts(self, looks: int) -> list[int]:
        """How many points have no look, then how many each of the first looks."""
        found: list[int] = np.bincount(self._codes, minlength=looks + 2)[1 : looks + 2].tolist()
        return found

    def set_rings(self, mask: npt.NDArray[np.bool_]) -> None:
        """(n,) which points get a ring."""
        self.rings = np.asarray(mask, bool)[self.cloud.order]
        self._ringed = np.flatnonzero(self.rings)

    def set_hollow(self, mask: npt.NDArray[np.bool_]) -> None:
        """(n,) which points are drawn as outlines: what they show is proposed only."""
        self.hollow = np.asarray(mask, bool)[self.cloud.order]

    def set_selection(self, rows: Index) -> None:
        """Rows that stand out; the others are dimmed when there are any."""
        places = self._place_of[rows]
        self.selected = np.zeros(len(self.cloud), bool)
        self.selected[places[places >= 0]] = True
        self.dim = len(rows) > 0

    def ringed_selected(self) -> int:
        """How many of the selected have a ring."""
        return int((self.selected & self.rings).sum())

    def draw(self, camera: Camera, ratio: float) -> QImage:
        """What the camera sees, for a screen of a pixel ratio. Valid until the next is drawn."""
        runs = self.cloud.visible(camera, 12)
        seen, fine = len(runs), camera.enlarged(ratio)
        radius = _radius(seen)
        if seen > FEW:
            image, points, ringed = self._draw_pixels(fine, runs, ratio), None, self._ringed
        else:
            image = QImage(fine.width, fine.height, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            points = runs.points()
            ringed = points[self.rings[points]]
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        if points is not None:
            self._draw_shapes(painter, camera, points, ratio)
        painter.end()
        self._draw_rings(image, camera, ringed, radius + 2.5)
        return image

    def _draw_pixels(self, camera: Camera, runs: Runs, ratio: float) -> QImage:
        seen = len(runs)
        codes, counts = self._binner.bin(self.cloud, self._codes, camera, runs, seen > _CROWD)
        size = round((1 if seen > 400_000 else 2 if seen > 60_000 else 3) * ratio)
        if size > 1:
            codes, counts = spread(codes, size), spread(counts, size) if counts is not None else None
        tones = [theme.token("line2"), *(look.colour for look in self.looks)]
        table = palette([(tone.red(), tone.green(), tone.blue()) for tone in tones], counts is not None)
        if self._pixels.shape != codes.shape:
            self._pixels = np.zeros(codes.shape, np.uint32)
        paint_pixels(codes, counts, table, self._pixels)
        kind = QImage.Format.Format_ARGB32_Premultiplied
        return QImage(self._pixels.data, camera.width, camera.height, camera.width * 4, kind)

    def _draw_shapes(self, painter: QPainter, camera: Camera, points: Index, ratio: float) -> None:
        across, down = camera.across(self.cloud.x[points]), camera.down(self.cloud.y[points])
        codes, selected, radius = self._codes[points], self.selected[points], _radius(len(points))
        hollow = self.hollow[points]
        for code in np.unique(codes).tolist():
            for bright, open_ in ((False, False), (False, True), (True, False), (True, True)):
                here = np.flatnonzero((codes == code) & (selected == bright) & (hollow == open_))
                if len(here):
                    look = self._look(code)
                    alpha = 1.0 if bright else 0.62 if self.dim else 0.82
                    sign = look.shape if self.shapes else "●"
                    sprite = self._sprites.get(look.colour, sign, radius, alpha, ratio, open_)
                    stamp(painter, sprite, across[here], down[here])

    def _look(self, code: int) -> Look:
        return self.looks[code - 2] if 2 <= code < len(self.looks) + 2 else Look("", theme.token("line2"))

    def _draw_rings(self, image: QImage, camera: Camera, points: Index, around: float) -> None:
        across, down = camera.across(self.cloud.x[points]), camera.down(self.cloud.y[points])
        seen = (across > -around) & (across < camera.width + around)
        seen &= (down > -around) & (down < camera.height + around)
        if not 0 < int(seen.sum()) <= _MOST_RINGS:
            return
        x, y = across[seen], down[seen]
        if len(x) <= _CLEAR_RINGS:
            _circle(image, x, y, around)
            return
        # Many rings as one faint layer: one above the other they would hide the points.
        layer = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
        layer.setDevicePixelRatio(image.devicePixelRatioF())
        layer.fill(Qt.GlobalColor.transparent)
        _circle(layer, x, y, around)
        painter = QPainter(image)
        painter.setOpacity(0.4)
        painter.drawImage(0, 0, layer)
        painter.end()


def _circle(image: QImage, across: Floats, down: Floats, around: float) -> None:
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.token("text"), 1.3))
    for x, y in zip(across.tolist(), down.tolist(), strict=True):
        painter.drawEllipse(QPointF(x, y), around, around)
    painter.end()


def _radius(shown: int) -> float:
    return 4.5 if shown <= 2_500 else 3.6 if shown <= 6_000 else 2.8
