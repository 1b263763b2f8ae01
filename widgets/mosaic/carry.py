"""Thumbnails under way to a class: how many stand at the pointer, and what a drop there would make of them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from widgets import numbers, paint, theme, tokens

#: The property of a widget that takes thumbnails: the name of its class.
BIN = "bin_class"


class Carry(QWidget):
    """A plate at the pointer that takes no events itself."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._room = window
        self._words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setObjectName("carry")

    def follow(self, point: QPoint, count: int, target: str) -> None:
        """Stand beside a point of the screen; target: the class that a drop would give, "" for none."""
        told = numbers.count(count)
        self._words = f"Label {told} as {target}" if target else f"{told} to a class"
        self.resize(QSize(round(paint.width(self._words, "strong")) + 20, 28))
        room = self._room
        place = room.mapFromGlobal(point) + QPoint(14, 12)
        self.move(min(place.x(), room.width() - self.width()), min(place.y(), room.height() - self.height()))
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.plate(painter, QRectF(self.rect()), theme.token("plate"), tokens.RADIUS)
        paint.text(painter, QRectF(self.rect()), self._words, "strong", "plate_text", paint.CENTRE)


def bin_at(point: QPoint, window: QWidget) -> str:
    """The class of the widget at a point of the screen that takes thumbnails, "" for none."""
    # A floating panel is a window of its own.
    found = window.childAt(window.mapFromGlobal(point)) or QApplication.widgetAt(point)
    while found is not None:
        if found.property(BIN):
            return str(found.property(BIN))
        found = found.parentWidget()
    return ""
