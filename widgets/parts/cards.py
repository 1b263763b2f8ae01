"""Cards of the start page: what to begin with, recent projects, demos."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme, tokens

#: Paints a picture into its place.
Drawing = Callable[[QPainter, QRectF], None]


class Card(QWidget):
    """A raised rectangle that is clicked or entered; `clicked` tells both, `menu_asked` the context menu."""

    clicked = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._down = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._down = event.button() == Qt.MouseButton.LeftButton

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._down and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        self._down = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())

    def draw_ground(self, painter: QPainter, fill: str = "raised", edge: str = "line") -> QRectF:
        """Paint ground, border and focus; returns the inner rectangle."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        colour = theme.token(fill)
        if self.underMouse() and fill == "raised":
            colour = theme.mix(theme.token("hover"), colour, 0.6)
        focused = self.hasFocus()
        if focused:
            area.adjust(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.token("accent" if focused else edge), 2 if focused else 1))
        painter.setBrush(colour)
        painter.drawRoundedRect(area, tokens.RADIUS_CARD, tokens.RADIUS_CARD)
        return area

    def draw_edge(self, painter: QPainter) -> None:
        """Paint the edge of focus again, over what was painted on the ground."""
        painter.setPen(QPen(theme.token("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(area, tokens.RADIUS_CARD, tokens.RADIUS_CARD)


class CardButton(Card):
    """An icon, a title with its key, and a line of what it does; the primary one is ink-filled."""

    def __init__(
        self, title: str, text: str, icon: str, key: str = "", primary: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent)
        self._title, self._text, self._icon, self._key, self._primary = title, text, icon, key, primary
        self.setFixedHeight(56)
        self.setMinimumWidth(200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        return QSize(288, 56)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill = "primary" if self._primary else "raised"
        self.draw_ground(painter, fill, "primary" if self._primary else "line2")
        tone = "primary_text" if self._primary else "text"
        soft = "primary_text" if self._primary else "text2"
        theme.draw_sign(painter, QRectF(16, 19, 18, 18), self._icon, theme.token(tone))
        wide = paint.width(self._key, "caption")
        paint.text(painter, QRectF(self.width() - wide - 14, 9, wide + 2, 20), self._key, "caption", soft)
        paint.text(painter, QRectF(48, 9, self.width() - wide - 70, 20), self._title, "title", tone)
        paint.text(painter, QRectF(48, 28, self.width() - 60, 18), self._text, "caption", soft)


class PictureCard(Card):
    """A card with a picture."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._drawing: Drawing | None = None

    def set_drawing(self, drawing: Drawing | None) -> None:
        """What paints its picture."""
        self._drawing = drawing
        self.update()

    def draw_picture(self, painter: QPainter, area: QRectF) -> None:
        """Paint the picture into its place."""
        painter.fillRect(area, theme.token("well"))
        if self._drawing is not None:
            self._drawing(painter, area)


class ProjectCard(PictureCard):
    """A project: picture on top, name and when, facts, share labelled, two lines."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._name = name
        self._when = self._facts = self._line = self._run = ""
        self._share = 0.0
        self.setMinimumSize(220, 220)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(292)

    def set_facts(self, when: str, facts: Sequence[str], share: float, line: str, run: str = "") -> None:
        """Say when it was used, its domain and count, the labelled share, what is left, its best run."""
        self._when, self._facts, self._share = when, "  ·  ".join(facts), share
        self._line, self._run = line, run
        self.setAccessibleDescription(f"{self._facts}, {line} {run}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(380, 292)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.draw_ground(painter)
        body = self.height() - 114
        self._draw_top(painter, QRectF(1, 1, self.width() - 2, body))
        left, wide = 14, self.width() - 28
        when = paint.width(self._when, "caption")
        paint.text(painter, QRectF(left, body + 10, wide - when - 10, 20), self._name, "title", "text")
        paint.text(painter, QRectF(left, body + 10, wide, 20), self._when, "caption", "text2", paint.RIGHT)
        paint.text(painter, QRectF(left, body + 30, wide, 18), self._facts, "body", "text2")
        paint.plate(painter, QRectF(left, body + 55, wide, 4), theme.token("track"), 2)
        if self._share > 0:
            paint.plate(painter, QRectF(left, body + 55, wide * min(self._share, 1), 4), theme.token("label_bar"), 2)
        paint.text(painter, QRectF(left, body + 64, wide, 18), self._line, "body", "text")
        paint.text(painter, QRectF(left, body + 85, wide, 18), self._run, "caption", "text2")
        if self.hasFocus():
            self.draw_edge(painter)

    def _draw_top(self, painter: QPainter, area: QRectF) -> None:
        painter.save()
        clip = QPainterPath()
        clip.addRoundedRect(area.adjusted(0, 0, 0, 10), tokens.RADIUS_CARD - 1, tokens.RADIUS_CARD - 1)
        painter.setClipPath(clip)
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        self.draw_picture(painter, area)
        painter.restore()
        painter.fillRect(QRectF(1, area.bottom(), self.width() - 2, 1), theme.token("line"))


class DemoCard(PictureCard):
    """A small card of one row: picture, title, words."""

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._title, self._text = title, text
        self.setFixedHeight(64)
        self.setMinimumWidth(180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        return QSize(224, 64)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.draw_ground(painter)
        self.draw_picture(painter, QRectF(8, 8, 66, 48))
        paint.text(painter, QRectF(84, 11, self.width() - 92, 20), self._title, "title", "text")
        paint.text(painter, QRectF(84, 31, self.width() - 92, 18), self._text, "caption", "text2")
