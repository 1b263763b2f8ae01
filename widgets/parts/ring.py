"""The focus ring: two pixels of accent, one pixel off, round whatever has the keyboard's focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)

from widgets import theme, tokens

#: Space that the ring takes around its widget: 1 px offset and 2 px line.
REACH = 3
_FOLLOWED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ZOrderChange)


class FocusRing(QWidget):
    """Follows the focused button; fields show their own accent border, lists their bar."""

    _installed: FocusRing | None = None

    @classmethod
    def install(cls, app: QApplication) -> None:
        """Follow the application's focus, once."""
        if cls._installed is None:
            cls._installed = cls()
            app.focusChanged.connect(cls._installed.follow)
            app.aboutToQuit.connect(cls.remove)

    @classmethod
    def remove(cls) -> None:
        """Stop following."""
        cls._installed = None

    def __init__(self) -> None:
        super().__init__()
        self._watch = _Watch(self)
        self._target: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Stand round the widget that has the focus now, where it needs a ring."""
        if self._target is not None:
            self._target.removeEventFilter(self._watch)
            self._target = None
        if now is None or not wants_ring(now):
            self.hide()
            self.setParent(None)
            return
        self._target = now
        now.installEventFilter(self._watch)
        now.destroyed.connect(self._forget)
        self.setParent(now.window())
        self.place()

    def place(self) -> None:
        """Take the place of the target anew."""
        if self._target is None or not self._target.isVisible():
            self.hide()
            return
        corner = self._target.mapTo(self._target.window(), QPoint(-REACH, -REACH))
        self.setGeometry(corner.x(), corner.y(), self._target.width() + 2 * REACH, self._target.height() + 2 * REACH)
        self.raise_()
        self.show()

    def _forget(self, gone: QObject | None = None) -> None:
        if gone is None or gone is self._target:
            self._target = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.token("accent"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), tokens.RADIUS + 2, tokens.RADIUS + 2)


class _Watch(QObject):
    def __init__(self, ring: FocusRing) -> None:
        super().__init__(ring)
        self._ring = ring

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _FOLLOWED:
            self._ring.place()
        return False


def wants_ring(widget: QWidget) -> bool:
    """Whether a ring marks the focus of this widget: buttons and cards, not fields or lists."""
    if isinstance(widget, QLineEdit | QComboBox | QAbstractSpinBox | QAbstractScrollArea):
        return False
    return isinstance(widget, QAbstractButton) or bool(widget.property("ring"))
