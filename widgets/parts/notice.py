"""Notices at the bottom right: one at a time, six seconds, with undo; errors stay until closed or put aside."""

from __future__ import annotations

import re
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QObject, QPoint, QPropertyAnimation, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGraphicsDropShadowEffect, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import isValid

from widgets import paint, theme, tokens
from widgets.parts.buttons import Button, LinkButton, PrimaryButton, ToolButton
from widgets.parts.text import Text

_SIGNS = {"ok": "check", "info": "info", "warn": "warn", "error": "error", "worse": "worse"}
_TONES = {"ok": "ok", "info": "accent_text", "warn": "warn", "error": "error", "worse": "warn"}
SECONDS = 6.0
_LONG_WORD = re.compile(r"\S{36,}")


@dataclass(frozen=True)
class Note:
    """What a notice says. state: ok, info, warn, error, worse; the last two stay, as does `stays`.

    actions: (key, words) each; a passing notice shows the first as a link, a staying one shows
    all as buttons.
    """

    text: str
    state: str = "ok"
    title: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    stays: bool = False

    @property
    def lasting(self) -> bool:
        """Whether it stays until it is closed."""
        return self.stays or self.state in ("error", "worse")

    @property
    def sign(self) -> str:
        """The icon of its state."""
        return _SIGNS[self.state]

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return _TONES[self.state]


_KEPT: weakref.WeakSet[QWidget] = weakref.WeakSet()


def keep_clear(widget: QWidget) -> None:
    """Notices stand above this widget, never over it: a field that is written in, buttons for a selection."""
    _KEPT.add(widget)


def breakable(text: str) -> str:
    """The text with places to break inside words that are longer than a line, such as paths."""
    return _LONG_WORD.sub(lambda found: re.sub(r"([_/.-])(?=.)", "\\1\u200b", found.group()), text)


def raise_shadow(widget: QWidget, radius: int = 24) -> None:
    """The shadow of a floating layer."""
    effect = QGraphicsDropShadowEffect(widget)
    effect.setBlurRadius(radius)
    effect.setOffset(0, 4)
    effect.setColor(Qt.GlobalColor.black)
    colour = effect.color()
    colour.setAlphaF(0.28)
    effect.setColor(colour)
    widget.setGraphicsEffect(effect)


class Notice(QFrame):
    """One notice as a card; `body` may hold a further widget (an interval bar)."""

    closed = Signal()
    retitled = Signal()
    aside_asked = Signal()
    action_asked = Signal(str)

    def __init__(self, note: Note, body: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.note = note
        self.left = 1.0
        self.setObjectName("notice")
        self.setAccessibleName(f"{note.title}. {note.text}" if note.title else note.text)
        self.setMinimumWidth(360 if note.lasting else 250)
        self.setMaximumWidth(400)
        if note.lasting:
            self._build_lasting(body)
        else:
            self._build_passing()
        raise_shadow(self)

    def _build_passing(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 9)
        row.setSpacing(9)
        row.addWidget(_sign(self.note))
        text = Text(self.note.text, "body", wrap=len(self.note.text) > 44)
        row.addWidget(text, 1)
        for key, words in self.note.actions[:1]:
            row.addWidget(self._button(LinkButton(words), key))

    def _build_lasting(self, body: QWidget | None) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 10, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(9)
        head.addWidget(_sign(self.note))
        self._title = Text(self.note.title or self.note.text, "strong", self.note.tone, wrap=True)
        head.addWidget(self._title, 1)
        for name, tip, asked in (("minus", "Put aside", self.aside_asked), ("close", "Close", self.closed)):
            button = ToolButton(name, tip)
            button.setObjectName("notice_aside" if name == "minus" else "notice_close")
            button.setFixedSize(24, 24)
            button.setIconSize(QSize(12, 12))
            button.clicked.connect(asked)
            head.addWidget(button)
        column.addLayout(head)
        inner = QVBoxLayout()
        inner.setContentsMargins(23, 0, 6, 0)
        inner.setSpacing(8)
        if self.note.title:
            words = breakable(self.note.text)
            text = Text(words, "body", "text2", wrap=True)
            if words == self.note.text:
                text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            else:
                text.setToolTip(self.note.text)
            inner.addWidget(text)
        if body is not None:
            inner.addWidget(body)
        if self.note.actions:
            inner.addLayout(self._action_row())
        column.addLayout(inner)

    def set_title(self, title: str) -> None:
        """Say how far a lasting notice's matter is, also where it was put aside."""
        self.note = replace(self.note, title=title)
        self._title.setText(title)
        self.setAccessibleName(f"{title}. {self.note.text}")
        self.retitled.emit()

    def _action_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(6)
        for place, (key, words) in enumerate(self.note.actions):
            first = place == 0 and self.note.state == "worse"
            row.addWidget(self._button(PrimaryButton(words) if first else Button(words), key))
        row.addStretch(1)
        return row

    def _button(self, button: Button, key: str) -> Button:
        button.setObjectName(f"notice_{key}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where the work is
        button.clicked.connect(lambda: self.action_asked.emit(key))
        return button

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.setBrush(theme.token("raised"))
        painter.drawRoundedRect(area, tokens.RADIUS, tokens.RADIUS)
        tone = theme.token(self.note.tone)
        if self.note.lasting:
            painter.fillRect(1, 1, 3, self.height() - 2, tone)
        else:
            painter.fillRect(1, self.height() - 3, round((self.width() - 2) * self.left), 2, theme.token("accent"))


def _sign(note: Note) -> QLabel:
    label = QLabel()
    label.setFixedSize(14, 18)
    label.setPixmap(theme.pixmap(note.sign, 14, note.tone, 2.0))
    return label


class NoticeStack(QObject):
    """Shows notes over a widget's bottom right corner, `foot` px above it: clear of the status line and the key hints.

    A new passing note replaces the one before; lasting ones wait below it and come back. One that is
    put aside covers nothing until it is brought back: ``aside_changed`` tells that there are others.
    ``action_asked(note, key)`` tells the button that was pressed; the notice goes then.
    """

    action_asked = Signal(object, str)
    aside_changed = Signal()

    def __init__(self, over: QWidget, foot: int = tokens.STATUS + tokens.FOOT + 8) -> None:
        super().__init__(over)
        self._over, self._foot = over, foot
        self._passing: Notice | None = None
        self._lasting: list[Notice] = []
        self._aside: list[Notice] = []
        self._shown: Notice | None = None
        self._glide: QPropertyAnimation | None = None
        self._left, self._ticked = SECONDS, 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._tick)
        over.installEventFilter(self)

    def say(self, note: Note | str, body: QWidget | None = None, aside: bool = False) -> Notice:
        """Show a note now; aside: a lasting one that waits to be brought back."""
        notice = Notice(Note(note) if isinstance(note, str) else note, body, self._over)
        notice.hide()
        notice.closed.connect(lambda: self.drop(notice))
        notice.retitled.connect(self.aside_changed)
        notice.aside_asked.connect(lambda: self.put_aside([notice]))
        notice.action_asked.connect(lambda key: self._act(notice, key))
        if notice.note.lasting:
            self._lasting.append(notice)
            if aside:
                self.put_aside([notice])
        else:
            self._forget_passing()
            self._passing = notice
            self._left, self._ticked = SECONDS, time.monotonic()
            self._timer.start()
        self._refresh()
        return notice

    def shown(self) -> Notice | None:
        """The notice on show."""
        return self._shown

    def notes(self) -> Sequence[Note]:
        """All notes that are not gone."""
        passing = [self._passing] if self._passing else []
        return [notice.note for notice in (*passing, *self._lasting)]

    def aside(self) -> list[Note]:
        """The notes that were put aside."""
        return [notice.note for notice in self._aside]

    def put_aside(self, notices: Sequence[Notice] | None = None) -> None:
        """Let lasting notices (all by default) cover nothing until they are brought back."""
        more = [notice for notice in (self._lasting if notices is None else notices) if notice not in self._aside]
        self._aside += more
        if more:
            self._refresh()
            self.aside_changed.emit()

    def bring_back(self) -> None:
        """Show again what was put aside."""
        if self._aside:
            self._aside.clear()
            self._forget_passing()
            self._refresh()
            self.aside_changed.emit()

    def drop(self, notice: Notice | None = None) -> bool:
        """Take one notice away (the shown one by default); False when there was none."""
        gone = notice or self._shown
        if gone is None:
            return False
        if gone is self._passing:
            self._forget_passing()
        elif gone in self._lasting:
            self._lasting.remove(gone)
            gone.hide()
            gone.deleteLater()
        if gone in self._aside:
            self._aside.remove(gone)
            self.aside_changed.emit()
        self._refresh()
        return True

    def clear(self) -> None:
        """Take all away."""
        self.drop_where(lambda _note: True)

    def drop_where(self, test: Callable[[Note], bool]) -> None:
        """Take those away of which the test is true."""
        for notice in [self._passing, *self._lasting]:
            if notice is not None and test(notice.note):
                self.drop(notice)

    def settle(self) -> None:
        """Look again for a place that is clear, after the page below has changed."""
        if not self._gliding():
            self._place()

    def _gliding(self) -> bool:
        """A glide is its notice's child and is gone with it."""
        glide = self._glide
        return glide is not None and isValid(glide) and glide.state() == QPropertyAnimation.State.Running

    def _act(self, notice: Notice, key: str) -> None:
        note = notice.note
        self.drop(notice)
        self.action_asked.emit(note, key)

    def _forget_passing(self) -> None:
        self._timer.stop()
        if self._passing is not None:
            self._passing.hide()
            self._passing.deleteLater()
            self._passing = None

    def _tick(self) -> None:
        since, self._ticked = self._ticked, time.monotonic()
        if self._passing is None or self._passing.underMouse():
            return
        self._left -= self._ticked - since
        self._passing.left = max(self._left / SECONDS, 0.0)
        self._passing.update()
        self.settle()
        if self._left <= 0:
            self.drop(self._passing)

    def _refresh(self) -> None:
        open_ones = [notice for notice in self._lasting if notice not in self._aside]
        wanted = self._passing or (open_ones[-1] if open_ones else None)
        if wanted is self._shown:
            return
        for notice in self._lasting:
            notice.setVisible(False)
        self._shown = wanted
        if wanted is not None:
            wanted.adjustSize()
            self._place()  # before it shows: a mouse at the corner where it is made would hold it for ever
            wanted.show()
            wanted.raise_()
            self._place(glide=True)

    def _place(self, glide: bool = False) -> None:
        notice = self._shown
        if notice is None:
            return
        wide = min(
            max(notice.sizeHint().width(), notice.minimumWidth()), notice.maximumWidth(), self._over.width() - 24
        )
        tall = notice.heightForWidth(wide) if notice.hasHeightForWidth() else notice.sizeHint().height()
        end = QRect(self._over.width() - wide - 14, self._over.height() - self._foot - tall, wide, tall)
        for box in sorted(self._kept(), key=lambda box: -box.top()):
            if box.intersects(end):
                end.moveBottom(box.top() - 8)
        notice.setGeometry(end)
        if glide and theme.motion(160):
            self._glide = QPropertyAnimation(notice, b"geometry", notice)
            self._glide.setDuration(theme.motion(160))
            self._glide.setStartValue(end.translated(0, 10))
            self._glide.setEndValue(end)
            self._glide.start()

    def _kept(self) -> list[QRect]:
        """Where the widgets are that stay clear."""
        found = [item for item in _KEPT if isValid(item) and item.isVisible() and self._over.isAncestorOf(item)]
        return [QRect(item.mapTo(self._over, QPoint(0, 0)), item.size()) for item in found]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False


class IssuePanel(QFrame):
    """A state panel inside a page: sign, title and words on the state's ground (warn by default)."""

    clicked = Signal()

    def __init__(
        self,
        title: str = "",
        text: str = "",
        state: str = "warn",
        icon: str = "conflict",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._icon = state, icon
        column = QVBoxLayout(self)
        column.setContentsMargins(34, 6, 10, 8)
        column.setSpacing(0)
        self.title = Text(title, "strong", _TONES[state], wrap=True)
        self.text = Text(text, "body", "text", wrap=True)
        column.addWidget(self.title)
        column.addWidget(self.text)
        self.set_words(title, text, state, icon)

    def set_words(self, title: str, text: str, state: str = "warn", icon: str = "conflict") -> None:
        """Say something else."""
        self._state, self._icon = state, icon
        self.title.setText(title)
        self.title.set_tone(_TONES[state])
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.setAccessibleName(f"{title}. {text}")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = "info_bg" if self._state == "info" else f"{'warn' if self._state == 'worse' else self._state}_bg"
        paint.plate(painter, QRectF(self.rect()), theme.token(ground), tokens.RADIUS_CHIP)
        theme.draw_sign(painter, QRectF(12, 9, 13, 13), self._icon, theme.token(_TONES[self._state]))
