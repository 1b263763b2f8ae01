"""The map itself: paints the cloud, moves over it, takes lasso and rectangle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import shiboken6
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from widgets import paint, theme, tokens
from widgets.map.cloud import Binner, Bytes, Camera, Cloud, Floats, Index, choose, spread
from widgets.numbers import count

POINT, LASSO, RECTANGLE = "point", "lasso", "rectangle"
#: Up to this many visible points are drawn as shapes; beyond, as pixels with density.
FEW = 12_000
_MOST_RINGS = 1_500
_MARGIN = 32


@dataclass(frozen=True)
class Look:
    """One kind of point: its name, colour and shape."""

    name: str
    colour: QColor
    shape: str = "●"


class MapField(QWidget):
    """Paints the points. Drag moves, wheel zooms at the pointer, L and R draw, Esc clears.

    ``chosen(rows)``: a lasso or rectangle was closed (None: cleared). ``clicked(row)``.
    """

    chosen = Signal(object)
    clicked = Signal(int)
    tool_changed = Signal(str)
    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_field")
        self.setAccessibleName("Embedding map")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(200, 160)
        self.cloud = Cloud(np.zeros((0, 2)))
        self.looks: Sequence[Look] = ()
        self.tool = POINT
        self.thumbnail: Callable[[int], QImage | None] = lambda _row: None
        self.describe: Callable[[int], str] = lambda _row: ""
        self.shapes = True
        self.selection: Index = np.zeros(0, np.int64)
        self.chosen_row = -1
        self.corners: Floats = np.zeros((0, 2))
        self.hover = -1
        self._place_of: Index = np.zeros(0, np.int64)
        self._codes: Bytes = np.zeros(0, np.uint8)
        self._rings: npt.NDArray[np.bool_] = np.zeros(0, bool)
        self._ringed: Index = np.zeros(0, np.int64)
        self._selected: npt.NDArray[np.bool_] = np.zeros(0, bool)
        self._binner = Binner()
        self._image: QImage | None = None
        self._pixels = np.zeros((0, 0), np.uint32)
        self._sprites: dict[object, QPixmap] = {}
        self._origin: tuple[float, float] = (0.0, 0.0)
        self._scale = 1.0
        self._fitted = True
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._drawing: list[QPointF] = []
        self._where: list[float] = []

    def sizeHint(self) -> QSize:
        return QSize(900, 640)

    # -- what is shown

    def set_points(self, places: Floats) -> None:
        """(n, 2) places; the view fits them."""
        self.cloud = Cloud(places)
        count = self.cloud.count
        self._place_of = np.full(count, -1, np.int64)
        self._place_of[self.cloud.order] = np.arange(len(self.cloud))
        self._codes = np.ones(len(self.cloud), np.uint8)
        self._rings = np.zeros(len(self.cloud), bool)
        self._ringed = np.zeros(0, np.int64)
        self._selected = np.zeros(len(self.cloud), bool)
        self.looks = (Look("all", theme.token("text2")),)
        self.selection, self.corners, self.chosen_row, self.hover = np.zeros(0, np.int64), np.zeros((0, 2)), -1, -1
        self.fit()

    def set_codes(self, codes: npt.NDArray[np.integer], looks: Sequence[Look]) -> None:
        """(n,) number of each point's look, −1 for none (drawn faint); at most 254 looks."""
        kept = np.asarray(codes)[self.cloud.order]
        self.looks = looks
        self._codes = np.where((kept >= 0) & (kept < 254), kept + 2, 1).astype(np.uint8)
        self.refresh()

    def set_rings(self, mask: npt.NDArray[np.bool_]) -> None:
        """(n,) which points get a ring (label and model disagree)."""
        self._rings = np.asarray(mask, bool)[self.cloud.order]
        self._ringed = np.flatnonzero(self._rings)
        self.refresh()

    def set_selection(self, rows: Index, corners: Floats | None = None) -> None:
        """Show rows as selected; corners in data: the line that was drawn around them."""
        self.selection = np.asarray(rows, np.int64)
        self._selected = np.zeros(len(self.cloud), bool)
        places = self._place_of[self.selection] if len(self.selection) else np.zeros(0, np.int64)
        self._selected[places[places >= 0]] = True
        self.corners = np.zeros((0, 2)) if corners is None else corners
        self.refresh()

    def set_chosen(self, row: int) -> None:
        """The shown sample, ringed; −1 for none."""
        self.chosen_row = row
        self.update()

    def set_tool(self, tool: str) -> None:
        """Point and move, lasso, or rectangle."""
        if tool != self.tool:
            self.tool = tool
            self._drawing = []
            self.setCursor(Qt.CursorShape.ArrowCursor if tool == POINT else Qt.CursorShape.CrossCursor)
            self.tool_changed.emit(tool)

    def refresh(self) -> None:
        """Paint anew."""
        self._image = None
        self.update()

    def fit(self) -> None:
        """All points in view."""
        span = np.maximum(self.cloud.high - self.cloud.low, 1e-9)
        room = np.maximum([self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN], 16)
        self._scale = float((room / span).min())
        middle = (self.cloud.low + self.cloud.high) / 2
        half = np.array([self.width(), self.height()]) / 2 / self._scale
        self._origin = (float(middle[0] - half[0]), float(middle[1] + half[1]))
        self._fitted = True
        self.refresh()

    def camera(self, ratio: float = 1.0) -> Camera:
        """The present view, in pixels of a ratio."""
        size = (round(self.width() * ratio), round(self.height() * ratio))
        return Camera(*self._origin, self._scale * ratio, *size)

    def pan(self, across: float, down: float) -> None:
        """Move the picture by pixels."""
        self._fitted = False
        self._origin = (self._origin[0] - across / self._scale, self._origin[1] + down / self._scale)
        self.refresh()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge by a factor around a point of the widget (the middle)."""
        self._fitted = False
        at = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        x, y = self.camera().data(at.x(), at.y())
        self._scale = float(min(max(self._scale * factor, 1e-9), 1e12))
        self._origin = (x - at.x() / self._scale, y + at.y() / self._scale)
        self.refresh()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        if not len(self.cloud):
            return
        ratio = self.devicePixelRatioF()
        if self._image is None:
            self._image = self._picture(ratio)
        painter.drawImage(0, 0, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_line(painter)
        self._draw_chosen(painter)
        if self.hover >= 0:
            self._draw_plate(painter)

    def _picture(self, ratio: float) -> QImage:
        camera = self.camera(ratio)
        parts = self.cloud.visible(camera, 12 * ratio)
        seen = sum(part.stop - part.start for part in parts)
        if seen <= FEW:
            image = QImage(camera.width, camera.height, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            image.setDevicePixelRatio(ratio)
            self._draw_shapes(image, self.cloud.take(parts))
            return image
        image = self._pixel_image(camera, parts, seen, ratio)
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        self._draw_rings(painter, self._radius(seen))
        painter.end()
        return image

    def _pixel_image(self, camera: Camera, parts: list[slice], seen: int, ratio: float) -> QImage:
        crowded = seen > 100_000
        codes, levels = self._binner.bin(self.cloud, self._codes, camera, parts, crowded)
        size = round((1 if seen > 400_000 else 2 if seen > 60_000 else 3) * ratio)
        if size > 1:
            codes, levels = spread(codes, size), spread(levels, size) if crowded else levels
        table = self._table(not crowded)
        if self._pixels.shape != codes.shape:
            self._pixels = np.zeros(codes.shape, np.uint32)
        for first in range(0, camera.height, 64):  # a band at a time stays in the processor's cache
            band = slice(first, first + 64)
            index = codes[band].astype(np.intp)
            if crowded:
                index += levels[band].astype(np.intp) << 8
            np.take(table, index, out=self._pixels[band], mode="clip")
        kind = QImage.Format.Format_ARGB32_Premultiplied
        return QImage(self._pixels.data, camera.width, camera.height, camera.width * 4, kind)

    def _table(self, flat: bool) -> npt.NDArray[np.uint32]:
        """Premultiplied colour of each code at each of eight density levels."""
        table = np.zeros((8, 256), np.uint32)
        alphas = np.full(8, 0.85) if flat else np.array([0.34, 0.48, 0.6, 0.7, 0.8, 0.88, 0.95, 1.0])
        colours = [theme.token("line2"), *(look.colour for look in self.looks)]
        for code, colour in enumerate(colours[:255], start=1):
            rgb = np.array([colour.red(), colour.green(), colour.blue()])
            for level, alpha in enumerate(alphas):
                red, green, blue = (int(part) for part in np.rint(rgb * alpha))
                table[level, code] = round(alpha * 255) << 24 | red << 16 | green << 8 | blue
        return table.ravel()

    def _radius(self, shown: int) -> float:
        return 4.5 if shown <= 2_500 else 3.6 if shown <= 6_000 else 2.8

    def _draw_shapes(self, image: QImage, found: Index) -> None:
        painter = QPainter(image)
        camera, ratio = self.camera(), image.devicePixelRatioF()
        across, down = camera.across(self.cloud.x[found]), camera.down(self.cloud.y[found])
        codes, selected = self._codes[found], self._selected[found]
        radius = self._radius(len(found))
        dim = bool(len(self.selection))
        for code in np.unique(codes):
            for bright in (False, True):
                here = np.flatnonzero((codes == code) & (selected == bright))
                if len(here):
                    alpha = 1.0 if bright else 0.62 if dim else 0.82
                    stamp(painter, self._sprite(int(code), radius, alpha, ratio), across[here], down[here])
        self._draw_rings(painter, radius)
        painter.end()

    def _sprite(self, code: int, radius: float, alpha: float, ratio: float) -> QPixmap:
        look = self.looks[code - 2] if code >= 2 and code - 2 < len(self.looks) else Look("", theme.token("line2"))
        sign = look.shape if self.shapes else "●"
        key = (look.colour.rgba(), sign, radius, alpha, ratio)
        if key not in self._sprites:
            self._sprites[key] = draw_sprite(look.colour, sign, radius, alpha, ratio)
        return self._sprites[key]

    def _draw_rings(self, painter: QPainter, radius: float) -> None:
        camera, around = self.camera(), radius + 2.5
        across, down = camera.across(self.cloud.x[self._ringed]), camera.down(self.cloud.y[self._ringed])
        seen = (
            (across > -around) & (across < camera.width + around) & (down > -around) & (down < camera.height + around)
        )
        if not 0 < int(seen.sum()) <= _MOST_RINGS:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.token("text"), 1.3))
        for x, y in zip(across[seen].tolist(), down[seen].tolist(), strict=True):
            painter.drawEllipse(QPointF(x, y), around, around)

    def _draw_line(self, painter: QPainter) -> None:
        if self._drawing:
            shape = QPolygonF(self._outline())
        elif len(self.corners):
            camera = self.camera()
            shape = paint.polygon(camera.across(self.corners[:, 0]), camera.down(self.corners[:, 1]))
        else:
            return
        pen = QPen(theme.token("accent"), 1.3, Qt.PenStyle.DashLine)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(theme.faded("accent", 0.14))
        painter.drawPolygon(shape)
        if not self._drawing and len(self.selection):
            self._draw_count(painter, shape.boundingRect())

    def _draw_count(self, painter: QPainter, around: QRectF) -> None:
        rings = int((self._selected & self._rings).sum())
        words = f"{count(len(self.selection))} in {'lasso' if len(self.corners) > 4 else 'rectangle'}"
        words += f", {count(rings)} disagree" if rings else ""
        wide = paint.width(words, "strong") + 20
        rect = QRectF(around.center().x() - wide / 2, around.top() - 34, wide, 24)
        rect.moveLeft(min(max(rect.left(), 4), self.width() - wide - 4))
        rect.moveTop(max(rect.top(), 4))
        self._draw_card(painter, rect)
        paint.text(painter, rect, words, "strong", "text", paint.CENTRE)

    def _draw_card(self, painter: QPainter, rect: QRectF) -> None:
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.setBrush(theme.token("raised"))
        painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)

    def pixel_of(self, row: int) -> QPointF | None:
        """Where a row stands in the widget; None for one that is not on the map."""
        place = int(self._place_of[row]) if 0 <= row < len(self._place_of) else -1
        if place < 0:
            return None
        camera = self.camera()
        at = self.cloud.x[place : place + 1], self.cloud.y[place : place + 1]
        return QPointF(float(camera.across(at[0])[0]), float(camera.down(at[1])[0]))

    def _draw_chosen(self, painter: QPainter) -> None:
        at = self.pixel_of(self.chosen_row)
        if at is None:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.token("accent"), 2))
        painter.drawEllipse(at, 10, 10)

    def _draw_plate(self, painter: QPainter) -> None:
        at, image, words = self.pixel_of(self.hover), self.thumbnail(self.hover), self.describe(self.hover)
        if at is None or (image is None and not words):
            return
        picture = image.scaledToWidth(108, Qt.TransformationMode.SmoothTransformation) if image is not None else None
        tall = (picture.height() + 4 if picture is not None else 0) + (24 if words else 0)
        wide = max(112.0 if picture is not None else 0.0, paint.width(words, "caption_strong") + 16)
        rect = QRectF(at.x() - wide - 14, at.y() + 14, wide + 4, tall + 4)
        rect.moveLeft(max(rect.left(), 4) if rect.left() >= 4 else min(at.x() + 14, self.width() - rect.width() - 4))
        if rect.bottom() > self.height() - 46:
            rect.moveBottom(at.y() - 14)
        self._draw_card(painter, rect)
        if picture is not None:
            painter.drawImage(QPointF(rect.center().x() - picture.width() / 2, rect.top() + 4), picture)
        if words:
            foot = QRectF(rect.left() + 8, rect.bottom() - 25, wide - 8, 22)
            paint.text(painter, foot, words, "caption_strong", "text")

    # -- hands

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()
        else:
            self.refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed = self._last = event.position()
        if self.tool != POINT:
            self._drawing = [event.position()]
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            self._hover_at(event.position())
            return
        if self._drawing:
            self._drawing.append(event.position())
            self.update()
            return
        if self._last != self._pressed or (event.position() - self._pressed).manhattanLength() > 3:
            by = event.position() - self._last
            self.pan(by.x(), by.y())
            self._last = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return
        if self._drawing:
            self._close_line(event.position())
        elif self._last == pressed:
            row = self.row_at(event.position())
            if row >= 0:
                self.clicked.emit(row)

    def _outline(self) -> list[QPointF]:
        if self.tool == RECTANGLE and self._drawing:
            rect = QRectF(self._drawing[0], self._drawing[-1]).normalized()
            return [rect.topLeft(), rect.topRight(), rect.bottomRight(), rect.bottomLeft()]
        return self._drawing

    def _close_line(self, last: QPointF) -> None:
        self._drawing.append(last)
        points, self._drawing = self._outline(), []
        corners = np.array([[point.x(), point.y()] for point in points], np.float64)
        corners = np.clip(corners, 0, [self.width(), self.height()])
        if len(corners) < 3 or np.ptp(corners, axis=0).max() < 4:
            self.update()
            return
        camera = self.camera()
        x, y = camera.data(corners[:, 0], corners[:, 1])  # type: ignore[arg-type]
        rows = self.rows_inside(corners)
        self.set_selection(rows, np.stack([np.asarray(x), np.asarray(y)], axis=1))
        self.chosen.emit(rows)

    def rows_inside(self, corners: Floats) -> Index:
        """Rows inside a polygon of widget pixels, (k, 2); exact."""
        camera = self.camera()
        return choose(self.cloud, camera, corners, polygon_mask(corners, camera.width, camera.height))

    def row_at(self, position: QPointF) -> int:
        """The row nearest to a point of the widget, −1 when none is near."""
        place = self.cloud.nearest(self.camera(), position.x(), position.y(), 8.0)
        return int(self.cloud.order[place]) if place >= 0 else -1

    def _hover_at(self, position: QPointF) -> None:
        row = self.row_at(position)
        if row != self.hover:
            self.hover = row
            self.hovered.emit(row)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hover = -1
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        self.zoom(1.2 ** (event.angleDelta().y() / 120), event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = 60.0
        acts: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_L: lambda: self.set_tool(LASSO if self.tool != LASSO else POINT),
            Qt.Key.Key_Escape: self.step_back,
            Qt.Key.Key_Home: self.fit,
            Qt.Key.Key_Plus: lambda: self.zoom(1.25),
            Qt.Key.Key_Equal: lambda: self.zoom(1.25),
            Qt.Key.Key_Minus: lambda: self.zoom(0.8),
            Qt.Key.Key_Left: lambda: self.pan(step, 0),
            Qt.Key.Key_Right: lambda: self.pan(-step, 0),
            Qt.Key.Key_Up: lambda: self.pan(0, step),
            Qt.Key.Key_Down: lambda: self.pan(0, -step),
        }
        held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        act = acts.get(Qt.Key(event.key())) if held == Qt.KeyboardModifier.NoModifier else None
        if act is None:
            event.ignore()
        else:
            act()

    def step_back(self) -> None:
        """Leave off drawing, else clear the selection, else put the lasso away."""
        if self._drawing:
            self._drawing, self._pressed = [], None
            self.update()
        elif len(self.selection):
            self.set_selection(np.zeros(0, np.int64))
            self.chosen.emit(self.selection)
        else:
            self.set_tool(POINT)


def stamp(painter: QPainter, sprite: QPixmap, across: Floats, down: Floats) -> None:
    """One sprite at many places, in one call to the painter."""
    pieces = np.zeros((len(across), 10))
    pieces[:, 0], pieces[:, 1] = across, down
    pieces[:, 4], pieces[:, 5] = sprite.width(), sprite.height()
    pieces[:, 6:8] = 1 / sprite.devicePixelRatio()
    pieces[:, 9] = 1.0
    first = cast(QPainter.PixmapFragment, shiboken6.wrapInstance(pieces.ctypes.data, QPainter.PixmapFragment))
    painter.drawPixmapFragments(first, len(pieces), sprite)


def draw_sprite(colour: QColor, sign: str, radius: float, alpha: float, ratio: float) -> QPixmap:
    """One shape as a small picture."""
    side = int(np.ceil((2 * radius + 4) * ratio))
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(side / 2, side / 2)
    painter.setOpacity(alpha)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPath(paint.shape(sign, 2 * radius * ratio))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def polygon_mask(corners: Floats, width: int, height: int) -> Bytes:
    """0 outside a polygon, 1 inside, 2 wherever its edge runs, (height, width)."""
    image = QImage(width, height, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    shape = paint.polygon(corners[:, 0], corners[:, 1])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(1, 1, 1))
    painter.drawPolygon(shape)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(2, 2, 2), 4))
    painter.drawPolygon(shape)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return rows[:, :width].copy()
