"""The command palette: find and run anything by typing, over the dimmed page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from widgets import numbers, paint, theme, tokens
from widgets.parts.keys import KeyHints, caps_width, draw_caps
from widgets.parts.notice import raise_shadow
from widgets.parts.text import Rule, Text

WIDE, TOP, ROW, HEAD = 680, 108, 34, 26
DIM = 0.32


@dataclass(frozen=True)
class Entry:
    """One thing to run: title, soft words beside it, an icon or a class chip, its key, any value."""

    title: str
    hint: str = ""
    icon: str = ""
    chip: tuple[str, int] | None = None
    key: str = ""
    value: Any = None
    mono: bool = False
    enabled: bool = True


@dataclass(frozen=True)
class Section:
    """A heading and its entries; `total` when more matched than are shown."""

    title: str
    entries: Sequence[Entry]
    total: int = 0


@dataclass
class _Line:
    top: int
    height: int
    title: str = ""
    count: int = 0
    entry: Entry | None = None
    marks: list[tuple[int, int]] = field(default_factory=list)


Search = Callable[[str], Sequence[Section]]
_HINTS = (("Up Down", "choose"), ("Enter", "run"), ("Tab", "complete"), ("Esc", "close"))


def matches(text: str, wanted: str) -> list[tuple[int, int]]:
    """Where the words of `wanted` stand in `text`, as (start, stop), for highlighting."""
    spots: list[tuple[int, int]] = []
    for word in wanted.lower().lstrip(">@#? ").split():
        found = re.search(rf"\b{re.escape(word)}", text.lower()) or re.search(re.escape(word), text.lower())
        if found:
            spots.append(found.span())
    return sorted(spots)


class Palette(QWidget):
    """Covers a window: `search(text)` gives sections, ``entry_asked(entry)`` the one to run.

    `modes` are words at the foot's right: the signs that narrow the search.
    ↑ ↓ choose, Enter runs, Tab completes, Escape closes; a click outside closes too.
    """

    entry_asked = Signal(object)
    closed = Signal()

    def __init__(self, over: QWidget, search: Search, modes: str = "") -> None:
        super().__init__(over)
        self._over = over
        self._search = search
        self._before: QWidget | None = None
        self.card = _Card(self)
        self.card.setObjectName("palette_card")
        self.field = QLineEdit()
        self.field.setObjectName("palette_field")
        self.field.setAccessibleName("Find or run anything")
        self.field.setPlaceholderText("Find or run anything")
        self.field.setProperty("bare", True)
        self.field.setFont(theme.font("head"))
        self.context = Text("", "body", "text2")
        self.entries = EntryList(self)
        self.entries.setObjectName("palette_entries")
        self._build(modes)
        self.setAccessibleName("Command palette")
        self.field.textChanged.connect(self._type)
        self.field.installEventFilter(self)
        self.entries.entry_asked.connect(self._run)
        over.installEventFilter(self)
        self.hide()

    def _build(self, modes: str) -> None:
        column = QVBoxLayout(self.card)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 0, 16, 0)
        head.setSpacing(12)
        sign = QLabel()
        sign.setPixmap(theme.pixmap("search", 16, "text2", 2.0))
        head.addWidget(sign)
        head.addWidget(self.field, 1)
        head.addWidget(self.context)
        self.field.setFixedHeight(46)
        column.addLayout(head)
        column.addWidget(Rule())
        column.addWidget(self.entries)
        foot = KeyHints(_HINTS)
        foot.setFixedHeight(34)
        line = QHBoxLayout(foot)
        line.setContentsMargins(16, 0, 16, 0)
        line.addStretch(1)
        line.addWidget(Text(modes, "caption", "text2"))
        column.addWidget(foot)
        raise_shadow(self.card, 36)

    def open(self, text: str = "", context: str = "") -> None:
        """Show it with a text typed in, and words about what it acts on."""
        self._before = self._over.window().focusWidget()
        self.context.setText(context)
        self.context.setVisible(bool(context))
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        if self.field.text() == text:
            self._type(text)
        self.field.setText(text)
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Take it away; the focus goes back to where it was."""
        if self.isHidden():
            return
        self.hide()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def search_again(self) -> None:
        """What is searched has grown: show what the typed text finds now."""
        if not self.isHidden():
            self._type(self.field.text())

    def _type(self, text: str) -> None:
        self.entries.set_sections(self._search(text), text)
        self._place()

    def _place(self) -> None:
        wide = min(WIDE, self.width() - 24)
        room = max(self.height() - TOP - 120, 3 * ROW)
        self.entries.setFixedHeight(min(self.entries.whole_height(), room))
        tall = 48 + 1 + self.entries.height() + 34
        self.card.setGeometry((self.width() - wide) // 2, min(TOP, max(self.height() - tall - 12, 12)), wide, tall)

    def _run(self, entry: Entry) -> None:
        if entry.enabled:
            self.close_palette()
            self.entry_asked.emit(entry)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize and not self.isHidden():
            self.setGeometry(self._over.rect())
            self._place()
        elif watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        return False

    def _key(self, key: Qt.Key) -> bool:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}
        chosen = self.entries.chosen()
        if key in steps:
            self.entries.step(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and chosen is not None:
            self._run(chosen)
        elif key == Qt.Key.Key_Tab and chosen is not None:
            self.field.setText(chosen.title)
        elif key == Qt.Key.Key_Escape:
            self.close_palette()
        else:
            return key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.card.geometry().contains(event.position().toPoint()):
            self.close_palette()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shade = QColor(0, 0, 0)
        shade.setAlphaF(DIM)
        painter.fillRect(self.rect(), shade)


class _Card(QFrame):
    """The raised ground; it paints itself, so that the shadow is its own and not the letters'."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.setBrush(theme.token("raised"))
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, tokens.RADIUS_PALETTE, tokens.RADIUS_PALETTE)


class EntryList(QAbstractScrollArea):
    """The found entries under their headings."""

    entry_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[_Line] = []
        self._chosen = -1
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Found")
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setStyleSheet("QAbstractScrollArea { background: transparent; }")

    def set_sections(self, sections: Sequence[Section], wanted: str = "") -> None:
        """Show what was found; the first entry is chosen."""
        self._lines, top = [], 6
        for section in sections:
            if not section.entries:
                continue
            count = section.total or len(section.entries)
            self._lines.append(_Line(top, HEAD, section.title, count))
            top += HEAD
            for entry in section.entries:
                self._lines.append(_Line(top, ROW, entry=entry, marks=matches(entry.title, wanted)))
                top += ROW
        self._chosen = next((place for place, line in enumerate(self._lines) if line.entry), -1)
        self.verticalScrollBar().setValue(0)
        self._set_range()
        self._tell()

    def whole_height(self) -> int:
        """Height of all lines."""
        return (self._lines[-1].top + self._lines[-1].height + 6) if self._lines else 60

    def chosen(self) -> Entry | None:
        """The chosen entry."""
        return self._lines[self._chosen].entry if 0 <= self._chosen < len(self._lines) else None

    def step(self, by: int) -> None:
        """Choose another entry, round the ends."""
        places = [place for place, line in enumerate(self._lines) if line.entry]
        if not places:
            return
        at = places.index(self._chosen) + by
        self._chosen = places[at % len(places) if abs(by) == 1 else max(0, min(at, len(places) - 1))]
        line = self._lines[self._chosen]
        bar = self.verticalScrollBar()
        if line.top - HEAD < bar.value():
            bar.setValue(line.top - HEAD - 6)
        elif line.top + ROW > bar.value() + self.viewport().height():
            bar.setValue(line.top + ROW - self.viewport().height() + 6)
        self._tell()

    def _tell(self) -> None:
        entry = self.chosen()
        self.setAccessibleDescription(entry.title if entry else "nothing found")
        self.viewport().update()

    def _set_range(self) -> None:
        self.verticalScrollBar().setRange(0, max(self.whole_height() - self.viewport().height(), 0))
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.verticalScrollBar().setSingleStep(ROW)

    def resizeEvent(self, event: QEvent) -> None:
        self._set_range()

    def _place_at(self, y: float) -> int:
        at = y + self.verticalScrollBar().value()
        return next(
            (place for place, line in enumerate(self._lines) if line.entry and line.top <= at < line.top + ROW), -1
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().y())
        if place >= 0 and place != self._chosen:
            self._chosen = place
            self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().y())
        if place >= 0:
            self.entry_asked.emit(self._lines[place].entry)

    def sizeHint(self) -> QSize:
        return QSize(WIDE, self.whole_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        shift, wide = self.verticalScrollBar().value(), self.viewport().width()
        if not self._lines:
            box = QRectF(16, 0, wide - 32, 60)
            paint.text(painter, box, "Nothing found. Try fewer letters.", "body", "text2")
        for place, line in enumerate(self._lines):
            box = QRectF(0, line.top - shift, wide, line.height)
            if box.bottom() < 0 or box.top() > self.viewport().height():
                continue
            if line.entry is None:
                paint.text(painter, box.adjusted(16, 0, -16, 0), line.title, "caption_strong", "text2")
                paint.text(
                    painter, box.adjusted(16, 0, -16, 0), numbers.count(line.count), "caption", "text2", paint.RIGHT
                )
            else:
                self._paint_entry(painter, line, line.entry, box, place == self._chosen)

    def _paint_entry(self, painter: QPainter, line: _Line, entry: Entry, box: QRectF, chosen: bool) -> None:
        if chosen:
            paint.plate(painter, box.adjusted(6, 1, -6, -1), theme.token("selection"), tokens.RADIUS)
        middle = box.center().y()
        if entry.chip is not None:
            letter, index = entry.chip
            chip = paint.chip_pixmap("filled", letter, index, self.devicePixelRatioF())
            painter.drawPixmap(16, round(middle - paint.CHIP / 2), chip)
        elif entry.icon:
            sign = theme.pixmap(entry.icon, 16, "text2", self.devicePixelRatioF())
            painter.drawPixmap(17, round(middle - 8), sign)
        right = box.right() - 16
        if entry.key:
            draw_caps(painter, right, middle, entry.key, to_left=True)
            right -= caps_width(entry.key) + 10
        x = self._paint_title(painter, line, entry, QRectF(44, box.top(), right - 44, box.height()))
        if right - x > 30:
            room = right - x - 10
            # Names of files differ at their ends.
            hint = paint.metrics("caption").elidedText(entry.hint, Qt.TextElideMode.ElideMiddle, room)
            paint.text(painter, QRectF(x + 10, box.top(), room, box.height()), hint, "caption", "text2")

    def _paint_title(self, painter: QPainter, line: _Line, entry: Entry, box: QRectF) -> float:
        plain, strong = ("mono", "mono_strong") if entry.mono else ("body", "strong")
        tone = "text" if entry.enabled else "disabled"
        x, at = box.left(), 0
        pieces: list[tuple[str, str]] = []
        for start, stop in line.marks:
            if start >= at:
                pieces += [(entry.title[at:start], plain), (entry.title[start:stop], strong)]
                at = stop
        pieces.append((entry.title[at:], plain))
        for words, role in pieces:
            if words and x < box.right():
                x += paint.text(painter, QRectF(x, box.top(), box.right() - x, box.height()), words, role, tone)
        return x
