"""The bar of colours in the head with its limits, and the card that they are set on."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QGridLayout, QSizePolicy, QSpinBox, QWidget

from widgets import paint, theme, tokens
from widgets.numbers import minus
from widgets.parts import LabelledCombo, LinkButton, Text
from widgets.spectrogram.colours import CLOSEST, MAPS, USUAL, Span, ramp

#: Width of the ramp, and how many dB a pixel of a drag or a notch of the wheel is.
_RAMP, _SHORT, _A_PIXEL, _A_NOTCH = 58, 34, 0.25, 1.0
#: dB that a limit can be.
_LEAST, _MOST = -100, 100


class ColourBar(QAbstractButton):
    """``−10 ▭▭▭ 25 dB``: a drag or the wheel on the left half moves the lower limit, on the right half the upper.

    ``moved((low, high))``; a click opens the card (it can be checked).
    """

    moved = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectrogram_limits")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip("Limits of the colours: drag or turn the wheel on a half, click for more")
        self.limits: Span = (-10.0, 25.0)
        self.map = USUAL
        self._ramp = _RAMP
        self._pressed: tuple[float, Span, bool] | None = None
        self._dragged = False
        self.show_limits(self.limits, self.map)

    def show_limits(self, limits: Span, name: str) -> None:
        """Show these limits in dB, and the colours of this map."""
        self.limits, self.map = limits, name
        low, high = self._words()
        self.setAccessibleName(f"Colours from {low} to {high}")
        self.updateGeometry()
        self.update()

    def _words(self) -> tuple[str, str]:
        low, high = (minus(f"{value:.0f}") for value in self.limits)
        return low, f"{high} dB"

    def sizeHint(self) -> QSize:
        wide = sum(paint.width(words, "caption") for words in self._words())
        return QSize(round(wide) + self._ramp + 22, tokens.CONTROL)

    def set_short(self, on: bool) -> None:
        """With less of the colours, where there is little room."""
        ramp_wide = _SHORT if on else _RAMP
        if ramp_wide != self._ramp:
            self._ramp = ramp_wide
            self.updateGeometry()

    def _ramp_place(self) -> QRectF:
        left = 5 + paint.width(self._words()[0], "caption") + 6
        return QRectF(left, self.height() / 2 - 4, self._ramp, 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, (low, high), place = QPainter(self), self._words(), self._ramp_place()
        if self.isChecked() or self.underMouse():
            paint.plate(painter, self.rect().toRectF(), theme.token("hover"), tokens.RADIUS)
        tall = self.height()
        paint.text(painter, QRectF(5, 0, place.left() - 9, tall), low, "caption", "text2")
        paint.text(painter, QRectF(place.right() + 6, 0, self.width(), tall), high, "caption", "text2")
        colours = ramp(self.map)
        painter.drawImage(place, QImage(colours.data, len(colours), 1, 4 * len(colours), QImage.Format.Format_RGB32))

    def _put(self, start: Span, lower: bool, by: float) -> None:
        low, high = start
        found = (min(low + by, high - CLOSEST), high) if lower else (low, max(high + by, low + CLOSEST))
        low, high = (float(min(max(round(value), _LEAST), _MOST)) for value in found)
        if (low, high) != self.limits and low < high:
            self.moved.emit((low, high))

    def _is_lower(self, x: float) -> bool:
        return x < self._ramp_place().center().x()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._dragged = False
        self._pressed = event.position().x(), self.limits, self._is_lower(event.position().x())
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        begin, start, lower = self._pressed
        away = event.position().x() - begin
        self._dragged = self._dragged or abs(away) > 3
        if self._dragged:
            self._put(start, lower, away * _A_PIXEL)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self._dragged:
            self.setDown(False)
            return
        super().mouseReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        self._put(self.limits, self._is_lower(event.position().x()), event.angleDelta().y() / 120 * _A_NOTCH)


class LimitsCard(QFrame):
    """Limits in dB and the map. ``moved((low, high))``; ``map_chosen(name)``; ``reset_asked``."""

    moved = Signal(object)
    map_chosen = Signal(str)
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectrogram_limits_card")
        self.setAccessibleName("Colours of the spectrogram")
        self.low = self._spin("spectrogram_low", "Lowest colour, dB")
        self.high = self._spin("spectrogram_high", "Highest colour, dB")
        self.map = LabelledCombo("Colours", [(words, name) for name, words in MAPS.items()], "Colours")
        self.map.setObjectName("spectrogram_map")
        self.map.chosen.connect(self.map_chosen.emit)
        self.reset = LinkButton("As at first")
        self.reset.setObjectName("spectrogram_limits_reset")
        self.reset.clicked.connect(lambda _on=False: self.reset_asked.emit())
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setHorizontalSpacing(10)
        for row, (words, spin) in enumerate((("From", self.low), ("To", self.high))):
            grid.addWidget(Text(words, "body"), row, 0)
            grid.addWidget(spin, row, 1)
        grid.addWidget(self.map, 2, 0, 1, 2)
        grid.addWidget(self.reset, 3, 0, 1, 2, Qt.AlignmentFlag.AlignRight)
        self.hide()

    def _spin(self, name: str, words: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setObjectName(name)
        spin.setAccessibleName(words)
        spin.setRange(_LEAST, _MOST)
        spin.setSuffix(" dB")
        spin.setFixedWidth(96)
        spin.valueChanged.connect(lambda _value: self._tell())
        return spin

    def show_limits(self, limits: Span, name: str) -> None:
        """Show these limits and this map; emits nothing."""
        for spin, value in zip((self.low, self.high), limits, strict=True):
            spin.blockSignals(True)
            spin.setValue(round(value))
            spin.blockSignals(False)
        self.map.set_value(name)

    def _tell(self) -> None:
        low, high = float(self.low.value()), float(self.high.value())
        if low + CLOSEST <= high:
            self.moved.emit((low, high))

    def open_below(self, anchor: QWidget) -> None:
        """Stand below a widget, ending where it ends."""
        self.adjustSize()
        self.move(anchor.geometry().bottomRight() + QPoint(-self.width() - 6, 6))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("raised"))
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
