"""The map itself: shows the picture, moves over it, takes lasso and rectangle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.map import lasso, plates
from widgets.map.cloud import Camera, Cloud, Floats, Index, stretch_of
from widgets.map.picture import Look, Picture
from widgets.numbers import count

POINT, LASSO, RECTANGLE = "point", "lasso", "rectangle"
#: Room beside, and above and below, where the plates with the legend (two lines of it) and the far points lie.
_MARGIN, _PLATES = 32, 72
#: Far points are left out of the first view where the others gain so much by it, and where they are few.
_GAIN, _FEW = 2.0, 0.15
ALL, CORE = "all", "core"


class MapField(QWidget):
    """Paints the points. Drag moves, wheel zooms at the pointer, L and R draw, Esc clears.

    ``chosen(rows)``: a lasso or rectangle was closed (None: cleared). ``clicked(row)``. ``moved()``:
    the view is another one.
    """

    chosen = Signal(object)
    clicked = Signal(int)
    tool_changed = Signal(str)
    hovered = Signal(int)
    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_field")
        self.setAccessibleName("Embedding map")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(200, 160)
        self.picture = Picture(Cloud(np.zeros((0, 2))))
        self.tool = POINT
        self.thumbnail: Callable[[int], QImage | None] = lambda _row: None
        self.describe: Callable[[int], str] = lambda _row: ""
        self.ring_word = "disagree"
        self.selection: Index = np.zeros(0, np.int64)
        self.chosen_row = -1
        self.corners: Floats = np.zeros((0, 2))
        self.hover = -1
        self._image: QImage | None = None
        self._origin: tuple[float, float] = (0.0, 0.0)
        self._scale = 1.0
        self._fitted = ALL
        self.stretch = (1.0, 1.0)
        self._far: Index = np.zeros(0, np.int64)
        self._core: tuple[Floats, Floats] = (self.cloud.low, self.cloud.high)
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._drawing: list[QPointF] = []

    @property
    def cloud(self) -> Cloud:
        """The points."""
        return self.picture.cloud

    def sizeHint(self) -> QSize:
        return QSize(900, 640)

    # -- what is shown

    def set_points(self, places: Floats) -> None:
        """(n, 2) places; the view fits them, without the few far ones that would squeeze the others.

        Where one axis has all the spread the other is stretched, as `stretch` tells.
        """
        shapes = self.picture.shapes
        given = np.asarray(places, np.float32).reshape(-1, 2)
        self.stretch = stretch_of(given)
        self.picture = Picture(Cloud(given * np.array(self.stretch, np.float32)))
        self.picture.shapes = shapes
        self.selection, self.corners, self.chosen_row, self.hover = np.zeros(0, np.int64), np.zeros((0, 2)), -1, -1
        self._find_core()
        self.fit(CORE)

    def set_codes(self, codes: npt.NDArray[np.integer], looks: Sequence[Look]) -> None:
        """(n,) number of each point's look, −1 for none (drawn faint); at most 254 looks."""
        self.picture.set_codes(codes, looks)
        self.refresh()

    def set_rings(self, mask: npt.NDArray[np.bool_]) -> None:
        """(n,) which points get a ring (label and model disagree)."""
        self.picture.set_rings(mask)
        self.refresh()

    def set_hollow(self, mask: npt.NDArray[np.bool_]) -> None:
        """(n,) which points are drawn as outlines."""
        self.picture.set_hollow(mask)
        self.refresh()

    def set_shapes(self, on: bool) -> None:
        """Whether the kinds differ by shape, or all are dots."""
        self.picture.shapes = on
        self.refresh()

    def set_selection(self, rows: Index, corners: Floats | None = None) -> None:
        """Show rows as selected; corners in data: the line that was drawn around them.

        The line stays while the same rows are handed back.
        """
        rows = np.asarray(rows, np.int64)
        if corners is not None:
            self.corners = corners
        elif not np.array_equal(rows, self.selection):
            self.corners = np.zeros((0, 2))
        self.selection = rows
        self.picture.set_selection(rows)
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

    def _find_core(self) -> None:
        """What the first view shows: all, or all but the few far points."""
        cloud, far = self.cloud, self.cloud.far()
        self._far, self._core = np.zeros(0, np.int64), (cloud.low, cloud.high)
        if 0 < len(far) <= _FEW * len(cloud):
            near = np.ones(len(cloud), bool)
            near[far] = False
            x, y = cloud.x[near], cloud.y[near]
            low, high = np.array([x.min(), y.min()], np.float64), np.array([x.max(), y.max()], np.float64)
            if np.any(high > low) and self._fitting(low, high) >= _GAIN * self._fitting(cloud.low, cloud.high):
                self._far, self._core = far, (low, high)

    def _fitting(self, low: Floats, high: Floats) -> float:
        """The scale at which a box fills the widget."""
        room = np.maximum([self.width() - 2 * _MARGIN, self.height() - 2 * _PLATES], 16)
        return float((room / np.maximum(high - low, 1e-9)).min())

    def outside(self) -> int:
        """How many of the far points are not in view."""
        camera = self.camera()
        across, down = camera.across(self.cloud.x[self._far]), camera.down(self.cloud.y[self._far])
        seen = (across >= 0) & (across < camera.width) & (down >= 0) & (down < camera.height)
        return int((~seen).sum())

    def fit_next(self) -> None:
        """All points in view; when they are already, those without the far ones."""
        self.fit(CORE if self._fitted == ALL else ALL)

    def fit(self, what: str = ALL) -> None:
        """All points in view, or those (CORE) that are not far beside the others."""
        low, high = self._core if what == CORE else (self.cloud.low, self.cloud.high)
        self._scale = self._fitting(low, high)
        middle = (low + high) / 2
        half = np.array([self.width(), self.height()]) / 2 / self._scale
        self._origin = (float(middle[0] - half[0]), float(middle[1] + half[1]))
        self._fitted = what
        self._move()

    def _move(self) -> None:
        self.refresh()
        self.moved.emit()

    def camera(self) -> Camera:
        """The present view, in the widget's pixels."""
        return Camera(*self._origin, self._scale, self.width(), self.height())

    def pan(self, across: float, down: float) -> None:
        """Move the picture by pixels."""
        self._fitted = ""
        self._origin = (self._origin[0] - across / self._scale, self._origin[1] + down / self._scale)
        self._move()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge by a factor around a point of the widget (the middle)."""
        self._fitted = ""
        at = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        x, y = self.camera().data(at.x(), at.y())
        self._scale = float(min(max(self._scale * factor, 1e-9), 1e12))
        self._origin = (x - at.x() / self._scale, y + at.y() / self._scale)
        self._move()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        if not len(self.cloud):
            return
        if self._image is None:
            self._image = self.picture.draw(self.camera(), self.devicePixelRatioF())
        painter.drawImage(0, 0, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_line(painter)
        self._draw_chosen(painter)
        if self.hover >= 0:
            self._draw_plate(painter)

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
            plates.draw_words(painter, QRectF(self.rect()), shape.boundingRect(), self._counted())

    def _counted(self) -> str:
        rings = self.picture.ringed_selected()
        words = f"{count(len(self.selection))} in {'lasso' if len(self.corners) > 4 else 'rectangle'}"
        return words + (f", {count(rings)} {self.ring_word}" if rings else "")

    def pixel_of(self, row: int) -> QPointF | None:
        """Where a row stands in the widget; None for one that is not on the map."""
        place = self.picture.place_of(row)
        if place < 0:
            return None
        camera, here = self.camera(), slice(place, place + 1)
        return QPointF(float(camera.across(self.cloud.x[here])[0]), float(camera.down(self.cloud.y[here])[0]))

    def _draw_chosen(self, painter: QPainter) -> None:
        at = self.pixel_of(self.chosen_row)
        if at is None:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.token("accent"), 2))
        painter.drawEllipse(at, 10, 10)

    def _draw_plate(self, painter: QPainter) -> None:
        at = self.pixel_of(self.hover)
        if at is not None:
            image, words = self.thumbnail(self.hover), self.describe(self.hover)
            plates.draw_sample(painter, QRectF(self.rect()), at, image, words)

    # -- hands

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit(self._fitted)
        else:
            self._move()

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
        rows = self.rows_inside(corners)
        self.set_selection(rows, self.camera().corners(corners))
        self.chosen.emit(rows)

    def rows_inside(self, corners: Floats) -> Index:
        """Rows inside a polygon of widget pixels, (k, 2); exact."""
        return lasso.rows_inside(self.cloud, self.camera().corners(corners))

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
            Qt.Key.Key_Home: self.fit_next,
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
