"""The picture itself: shows tiles and boxes, moves over them, takes clicks and boxes drawn by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from models.payload import Axis, Picture, PictureReader
from widgets import paint, theme
from widgets.picture import axes, plates
from widgets.picture.boxes import NONE, Boxes, accent, draw_mark
from widgets.picture.editing import BoxEdit, Editor
from widgets.picture.frame import Frame
from widgets.picture.pixels import Look
from widgets.picture.tiles import Place, Tiles
from widgets.picture.view import Box, View

Floats = npt.NDArray[np.floating[Any]]
#: After so many ms without a zoom the tiles are drawn well.
_SETTLE = 90
_STEP, _ZOOM, _HANDLE = 60.0, 1.25, 7.0


class Canvas(QWidget):
    """Paints the picture. Drag moves, wheel zooms at the pointer; a click tells the box.

    ``clicked(place)`` of a box; ``hovered(place)``, −1 for none. ``edited(list of BoxEdit)``: boxes were drawn, moved
    or deleted by hand. ``moved``: the view is another one. ``failed(text, whole)``: pixels could not be read.
    """

    clicked = Signal(int)
    hovered = Signal(int)
    edited = Signal(object)
    editing_changed = Signal(bool)
    moved = Signal()
    settled = Signal()
    failed = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_canvas")
        self.setAccessibleName("Image with boxes")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.tiles = Tiles(self)
        self.frame = Frame(self.tiles)
        self.reader: PictureReader | None = None
        self.view = View(1, 1, 1, 1)
        self.look = Look()
        self.pixel: float | None = None
        self.axes: tuple[Axis, Axis] | None = None
        self.note = ""
        self.describe: Callable[[int], str] = lambda _place: ""
        self.hover = -1
        self.opacity = 0.6
        self.editor: Editor | None = None
        self._heat: QImage | None = None
        self._hot: tuple[float, float, float, float] | None = None
        self._touched = False
        self.zoomed = 1.0
        self._small: QImage | None = None
        self._pointer, self._over = QPointF(), False
        self._pressed: QPointF | None = None
        self._travelled = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._settle.timeout.connect(self._refine)
        self.tiles.arrived.connect(self._take_tile)
        self.tiles.overview_changed.connect(self._take_overview)
        self.tiles.failed.connect(self._take_failure)

    @property
    def boxes(self) -> Boxes:
        """The boxes that are shown."""
        return self.frame.boxes

    def sizeHint(self) -> QSize:
        return QSize(800, 560)

    # -- what is shown

    def show_picture(self, picture: Picture, boxes: Boxes, same: bool) -> None:
        """An image with its boxes. same: it is the one that is shown, and stays where it is if its cell is seen."""
        self._leave_box()
        self.frame.boxes, self.pixel, self.axes = boxes, picture.pixel, picture.axes
        if self.editor is not None:
            self._edit_on(self.editor.taken() if same else None)
        if not same:
            assert picture.reader is not None
            self._small = self._heat = None
            self.reader, self.note, self._touched = picture.reader, "", False
            self.tiles.start(picture.reader, self.look)
        self.frame.spoil()
        if not same:
            self._open()
        elif boxes.chosen >= 0 and not self.view.shows(boxes.box(boxes.chosen)):
            self.centre_cell()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self.reader = None
        self.tiles.stop()
        self._leave_box()
        self.frame.boxes, self._heat, self._small, self.note = Boxes(), None, None, ""
        self.frame.spoil()

    def set_look(self, look: Look) -> None:
        """Pixels in another look, as soon as they are coloured."""
        self.look = look
        self.tiles.set_look(look)
        self._want()

    def set_relevance(self, values: Floats | None, region: Sequence[float] | None = None) -> None:
        """Heat (h, w) over this region of the image, else over the chosen box; None takes it away."""
        self._heat = plates.heat(values) if values is not None and values.size else None
        self._hot = None if region is None else (region[0], region[1], region[2], region[3])
        self.update()

    def refresh(self) -> None:
        """Boxes look different: draw all anew."""
        self.frame.spoil()
        self.update()

    # -- the view

    def _port(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)

    def _open(self) -> None:
        """The chosen cell with what is around it, or the whole image."""
        assert self.reader is not None
        self.view = View(self.reader.width, self.reader.height, *self._port()).fitted()
        if self.boxes.chosen >= 0:
            self.view = self.view.on_cell(self.boxes.box(self.boxes.chosen), self.zoomed)
        self._look_at(self.view)

    def _look_at(self, view: View) -> None:
        zoomed = view.scale != self.view.scale
        self.view = view
        if zoomed:
            self._settle.start()
        self._want()
        self.update()
        self.moved.emit()

    def _go(self, view: View) -> None:
        """Look where a person wants to."""
        self._touched = True
        self._look_at(view)

    def _want(self) -> None:
        if self.reader is not None:
            self.tiles.want(self.frame.wanted(self.view))

    def fit(self) -> None:
        """The whole image."""
        self._go(self.view.fitted())

    def look_at(self, x: float, y: float, scale: float) -> None:
        """A place of the image in the middle, so many pixels of the screen for one of it."""
        self._go(self.view.centred(x, y, scale))

    def settling(self) -> bool:
        """Whether it was zoomed a moment ago, and is still drawn coarsely."""
        return self._settle.isActive() or self.frame.unfinished

    def show_cell(self) -> None:
        """The chosen cell with what is around it."""
        if self.boxes.chosen >= 0:
            self.zoomed = 1.0
            self._go(self.view.on_cell(self.boxes.box(self.boxes.chosen)))

    def centre_cell(self) -> None:
        """The chosen cell in the middle, as large as things are; larger where it would hardly be seen."""
        box = self.boxes.box(self.boxes.chosen)
        view = self.view.centred((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        self._look_at(view if view.shows(box) else self.view.on_cell(box))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Larger by a factor around a point of the widget (the middle); so are the cells of the next image."""
        ratio = self.devicePixelRatioF()
        self._go(self.view.zoomed(factor, at * ratio if at is not None else None))
        if self.boxes.chosen >= 0:
            self.zoomed = self.view.scale / self.view.scale_of(self.boxes.box(self.boxes.chosen))

    def pan(self, right: float, down: float) -> None:
        """See what lies further right and down, in the widget's pixels."""
        ratio = self.devicePixelRatioF()
        self._go(self.view.moved(right * ratio, down * ratio))

    def to_image(self, position: QPointF) -> tuple[float, float]:
        """The place in the image of a point of the widget."""
        ratio = self.devicePixelRatioF()
        return self.view.to_image(position.x() * ratio, position.y() * ratio)

    def to_widget(self, x: float, y: float) -> QPointF:
        """The point of the widget of a place in the image."""
        across, down = self.view.to_screen(x, y)
        return QPointF(across, down) / self.devicePixelRatioF()

    def rect_of(self, box: tuple[float, float, float, float]) -> QRectF:
        """A box of the image in the widget."""
        return QRectF(self.to_widget(box[0], box[1]), self.to_widget(box[2], box[3]))

    # -- what comes

    def _refine(self) -> None:
        self.settled.emit()
        self.frame.refine()
        self.update()

    def _take_tile(self, place: Place) -> None:
        self.frame.tell(place)
        self._want()
        self.update()

    def _take_overview(self) -> None:
        assert self.tiles.overview is not None
        side = round(2 * plates.MAP * self.devicePixelRatioF())  # thinned twice: well, and at no cost in each painting
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        self._small = self.tiles.overview.scaled(side, side, keep, smooth)
        self.frame.spoil()
        self._want()
        self.update()

    def _take_failure(self, text: str, whole: bool) -> None:
        self.note = text
        self.failed.emit(text, whole)
        self.update()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, ratio = QPainter(self), self.devicePixelRatioF()
        if self.reader is None:
            painter.fillRect(self.rect(), theme.token("well"))
            return
        picture = self.frame.paint(self.view, ratio)
        painter.drawPixmap(QRectF(0, 0, picture.width() / ratio, picture.height() / ratio), picture, picture.rect())
        if self.frame.unfinished:
            self.update()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_chosen(painter)
        if self.editor is not None:
            self._draw_editor(painter, self.editor)
        self._draw_over(painter)

    def _draw_chosen(self, painter: QPainter) -> None:
        chosen = self.boxes.chosen
        rect = self.rect_of(self.boxes.box(chosen)) if chosen >= 0 else self._whole()
        if self._heat is not None:
            painter.setOpacity(self.opacity)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(rect if self._hot is None else self.rect_of(self._hot), self._heat)
            painter.setOpacity(1.0)
        if chosen >= 0 and self.boxes.shown != NONE:
            draw_mark(painter, rect, self.boxes.mark(chosen), self.tiles.bright)

    def _draw_editor(self, painter: QPainter, editor: Editor) -> None:
        ink = accent(self.tiles.bright)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        box = editor.now or (editor.boxes.box(editor.place) if editor.place >= 0 else None)
        if box is None:
            return
        painter.setPen(QPen(ink, 1.5, Qt.PenStyle.DashLine if editor.now is not None else Qt.PenStyle.SolidLine))
        painter.drawRect(self.rect_of(box))
        painter.setPen(QPen(ink, 1.5))
        painter.setBrush(QColor("#FFFFFF"))
        for x, y in editor.handles():
            at = self.to_widget(x, y)
            painter.drawRect(QRectF(at.x() - 3.5, at.y() - 3.5, 7, 7))

    def _draw_over(self, painter: QPainter) -> None:
        room, ratio = QRectF(self.rect()), self.devicePixelRatioF()
        if self.axes is not None:
            axes.draw_axes(painter, self.axes, self._whole(), room)
        else:
            plates.draw_scale(painter, room, *plates.scale_words(self.view, self.pixel, ratio))
        if self.tiles.overview is None and not self.note:
            paint.text(painter, room, "Reading the image…", "body", "text2", paint.CENTRE)
        frame, chosen = self.map_rect(), self.boxes.chosen
        if not frame.isEmpty() and self._small is not None:
            left, top, right, bottom = self.boxes.box(chosen) if chosen >= 0 else (0.0, 0.0, 0.0, 0.0)
            cell = ((left + right) / 2, (top + bottom) / 2) if chosen >= 0 else None
            plates.draw_map(painter, frame, self._small, self.view, cell, accent(self.tiles.bright))
        if self.note:
            plates.draw_note(painter, room, f"A part of this image cannot be read: {self.note}")
        words = self.describe(self.hover) if self.hover >= 0 and self._pressed is None else self.told()
        if words:
            plates.draw_words(painter, room, self._pointer, words)

    def told(self) -> str:
        """What the picture measures at the pointer, "" where that is not known."""
        return axes.words_at(self.axes, self._whole(), self._pointer) if self.axes is not None and self._over else ""

    def _whole(self) -> QRectF:
        """Where the whole image lies."""
        return self.rect_of((0.0, 0.0, float(self.view.across), float(self.view.down)))

    def map_rect(self) -> QRectF:
        """Where the map of the whole image stands, empty where there is none."""
        return plates.map_rect(QRectF(self.rect()), self.view)

    # -- hands

    def set_editing(self, on: bool) -> None:
        """Draw and change boxes by hand, or leave off."""
        was = self.editor is not None
        self.editor = Editor(self.boxes, self.view.across, self.view.down) if on and self.reader is not None else None
        self.setCursor(Qt.CursorShape.ArrowCursor if self.editor is None else Qt.CursorShape.CrossCursor)
        self.update()
        if was != (self.editor is not None):
            self.editing_changed.emit(self.editor is not None)

    def _edit_on(self, taken: Box | None) -> None:
        """Go on with the boxes of now. What was drawn or moved comes back with its sample and is still in hand."""
        self.set_editing(True)
        chosen = self.boxes.chosen
        if self.editor is not None and chosen >= 0 and self.boxes.box(chosen) == taken:
            self.editor.place = chosen

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left, middle = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
        if self.reader is None or event.button() not in (left, middle):
            return
        self._pressed, self._travelled = event.position(), False
        if event.button() == middle:
            return
        if self.map_rect().contains(event.position()):
            self._jump(event.position())
        elif self.editor is not None:
            new = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.editor.press(*self.to_image(event.position()), self._reach(), new)
            self.update()

    def _reach(self) -> float:
        """How far from a handle a press takes it, in pixels of the image."""
        return _HANDLE * self.devicePixelRatioF() / self.view.scale

    def _jump(self, position: QPointF) -> None:
        """Look at a place on the map of the whole image."""
        frame = self.map_rect()
        scale = self.view.across / frame.width()
        x, y = (position.x() - frame.left()) * scale, (position.y() - frame.top()) * scale
        self._go(self.view.centred(x, y))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        before, self._pointer, self._over = self._pointer, event.position(), True
        if self._pressed is None:
            self._point(event.position())
            return
        middle = bool(event.buttons() & Qt.MouseButton.MiddleButton)
        if not self._travelled and (event.position() - self._pressed).manhattanLength() <= 3:
            self._pointer = before
            return
        if self.editor is not None and self.editor.sides is not None and not middle:
            self.editor.move(*self.to_image(event.position()))
            self._travelled = True
            self.update()
        elif self.map_rect().contains(self._pressed) and not middle:
            self._jump(event.position())
            self._travelled = True
        else:
            by = event.position() - (before if self._travelled else self._pressed)
            self._travelled = True
            self.pan(-by.x(), -by.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None or event.button() == Qt.MouseButton.MiddleButton:
            return
        if self.editor is not None and self.editor.sides is not None:
            self._tell(self.editor.release())
        elif not self._travelled and self.editor is None and not self.map_rect().contains(event.position()):
            place = self.boxes.at(*self.to_image(event.position()))
            if place >= 0 and self.boxes.ids[place]:
                self.clicked.emit(place)
        self._point(event.position())

    def _tell(self, edit: BoxEdit | None) -> None:
        self.refresh()
        if edit is not None:
            # The places of boxes may be others now.
            self._leave_box()
            # Who draws has found the place to look at: no other size of the window takes it away.
            self._touched = True
            self.edited.emit([edit])

    def _point(self, position: QPointF) -> None:
        """The pointer rests on a box, a handle, the map."""
        self._pointer = position
        place = -1 if self.map_rect().contains(position) else self.boxes.at(*self.to_image(position))
        if self.editor is not None:
            self.setCursor(self.editor.cursor(*self.to_image(position), self._reach()))
        if place != self.hover:
            self.hover = place
            self.hovered.emit(place)
        if place >= 0 or self.editor is not None or self.axes is not None:
            self.update()

    def _leave_box(self) -> None:
        """The pointer rests on no box."""
        if self.hover >= 0:
            self.hover = -1
            self.hovered.emit(-1)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._leave_box()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        if self.reader is not None:
            self.zoom(1.2 ** (event.angleDelta().y() / 120), event.position())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.reader is None:
            return
        if not self._touched:
            self._open()  # nobody has moved yet: what it opens with is made for this size
        else:
            self._look_at(self.view.resized(*self._port()))

    def take_key(self, event: QKeyEvent) -> bool:
        """Whether a key meant the picture."""
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self.reader is None or held & ~Qt.KeyboardModifier.ShiftModifier:
            return False
        acts: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Plus: lambda: self.zoom(_ZOOM),
            Qt.Key.Key_Equal: lambda: self.zoom(_ZOOM),
            Qt.Key.Key_Minus: lambda: self.zoom(1 / _ZOOM),
            Qt.Key.Key_Home: self.fit,
            Qt.Key.Key_Left: lambda: self.pan(-_STEP, 0),
            Qt.Key.Key_Right: lambda: self.pan(_STEP, 0),
            Qt.Key.Key_Up: lambda: self.pan(0, -_STEP),
            Qt.Key.Key_Down: lambda: self.pan(0, _STEP),
        }
        if self.editor is not None:
            acts[Qt.Key.Key_Delete] = lambda: self._tell(self.editor.delete() if self.editor is not None else None)
            acts[Qt.Key.Key_Escape] = self.step_back
        act = acts.get(key)
        if act is not None:
            act()
        return act is not None

    def step_back(self) -> None:
        """Leave off the box that is being drawn, else let go of the one taken, else leave editing."""
        if self.editor is not None and not self.editor.step_back():
            self.set_editing(False)
        self._pressed = None
        self.update()
