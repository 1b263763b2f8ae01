"""A few choices side by side, one of them down: table or grid, counts or shares."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme, tokens


class SegmentedButtons(QWidget):
    """Segments of (value, words, icon); words may be "" with an icon. `chosen` tells the value.

    Arrow keys move the choice, a click sets it; `set_value` shows one without telling.
    """

    chosen = Signal(str)

    def __init__(self, segments: Sequence[tuple[str, str, str]], name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._value = ""
        self.setFixedHeight(tokens.CONTROL)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setProperty("ring", True)
        self.set_segments(segments)

    def set_segments(self, segments: Sequence[tuple[str, str, str]]) -> None:
        """Offer other segments; the choice stays where it can."""
        self._segments = list(segments)
        values = [value for value, _words, _icon in self._segments]
        self.set_value(self._value if self._value in values else (values[0] if values else ""))
        self.updateGeometry()

    def segments(self) -> list[tuple[str, str, str]]:
        """The segments: (value, words, icon) each."""
        return list(self._segments)

    def value(self) -> str:
        """The chosen value."""
        return self._value

    def set_value(self, value: str) -> None:
        """Show a value without telling."""
        self._value = value
        words = next((words or key for key, words, _icon in self._segments if key == value), value)
        self.setAccessibleName(f"{self._name}: {words}" if self._name else words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(sum(self._widths())) + 4, tokens.CONTROL)

    def _widths(self) -> list[float]:
        widths = []
        for _value, words, icon in self._segments:
            wide = paint.width(words, "label") + 20 if words else 14.0
            widths.append(wide + (16 if icon else 0))
        return widths

    def rect_of(self, value: str) -> QRectF:
        """Where the segment of a value stands."""
        x = 2.0
        for (key, _words, _icon), wide in zip(self._segments, self._widths(), strict=True):
            if key == value:
                return QRectF(x, 2, wide, self.height() - 4)
            x += wide
        return QRectF()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.plate(painter, QRectF(self.rect()), theme.token("track"), tokens.RADIUS)
        for value, words, icon in self._segments:
            rect = self.rect_of(value)
            on = value == self._value
            if on:
                painter.setPen(QPen(theme.token("line2"), 1))
                painter.setBrush(theme.token("raised"))
                painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            tone = ("text" if on else "text2") if self.isEnabled() else "disabled"
            if icon:
                left = rect.left() + (8 if words else (rect.width() - 14) / 2)
                sign = theme.pixmap(icon, 14, tone, self.devicePixelRatioF())
                painter.drawPixmap(round(left), round(rect.center().y() - 7), sign)
                rect.setLeft(left + 14)
            if words:
                paint.text(painter, rect, words, "strong" if on else "label", tone, paint.CENTRE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for value, _words, _icon in self._segments:
            if self.rect_of(value).contains(event.position()):
                self.choose(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        values = [value for value, _words, _icon in self._segments]
        if not step or self._value not in values:
            super().keyPressEvent(event)
            return
        self.choose(values[max(0, min(values.index(self._value) + step, len(values) - 1))])

    def choose(self, value: str, *_checked: object) -> None:
        """Choose a value as a click would: tells it when it is another one."""
        if value != self._value:
            self.set_value(value)
            self.chosen.emit(value)
