"""The focus ring: two pixels of accent, one pixel off, round whatever has the keyboard's focus."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
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


_BY_KEYS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class FocusRing(QWidget):
    """The ring itself: a child of the window, over the focused widget, deaf to the mouse."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def surround(self, target: QWidget) -> None:
        """Stand round a widget of the same window."""
        corner = target.mapTo(target.window(), QPoint(-REACH, -REACH))
        box = QRect(corner.x(), corner.y(), target.width() + 2 * REACH, target.height() + 2 * REACH)
        self.setGeometry(box.intersected(target.window().rect()))  # at its edge all four sides are seen too
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.token("accent"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), tokens.RADIUS + 2, tokens.RADIUS + 2)


class FocusFollower(QObject):
    """Puts a ring round the focused button; fields show their own accent border, lists their bar."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._target: QWidget | None = None
        self._watched: list[QWidget] = []
        self._ring: FocusRing | None = None
        app.focusChanged.connect(self.follow)

    def follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Stand round the widget that has the focus now, where it needs a ring."""
        self._leave()
        if now is not None and wants_ring(now):
            self._target = now
            self._ring = FocusRing(now.window())
            # Where what it stands in moves, it moves too, without an event of its own.
            while now is not None:
                now.installEventFilter(self)
                self._watched.append(now)
                now = None if now.isWindow() else now.parentWidget()
            self._place()

    def _leave(self) -> None:
        # A closed window has taken its ring along: ask before touching either.
        for widget in self._watched:
            if shiboken6.isValid(widget):
                widget.removeEventFilter(self)
        self._watched = []
        if self._ring is not None and shiboken6.isValid(self._ring):
            self._ring.hide()
            self._ring.setParent(None)
            self._ring.deleteLater()
        self._target = self._ring = None

    def _place(self) -> None:
        target, ring = self._target, self._ring
        if target is None or ring is None or not shiboken6.isValid(ring) or not shiboken6.isValid(target):
            return
        if target.isVisible():
            ring.surround(target)
        else:
            ring.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _FOLLOWED:
            self._place()
        return False


def ring_by_keys(widget: QWidget, event: QFocusEvent) -> None:
    """A large pane has a ring when keys brought the focus there, not after a click; for its ``focusInEvent``."""
    widget.setProperty("ring", event.reason() in _BY_KEYS)


def install(app: QApplication) -> None:
    """Follow the application's focus, once."""
    if app.findChild(FocusFollower) is None:
        FocusFollower(app)


def wants_ring(widget: QWidget) -> bool:
    """Whether a ring marks the focus of this widget: buttons and cards, not fields or lists."""
    if isinstance(widget, QLineEdit | QComboBox | QAbstractSpinBox | QAbstractScrollArea):
        return False
    return isinstance(widget, QAbstractButton) or bool(widget.property("ring"))
