"""The data page: each column with type, missing, distinct, range and histogram; a click on a bar filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.nouns import group_noun
from app.pages.page import Page
from models.change import Change, LabelsChanged, SamplesChanged
from models.store.profile import Profile, profile
from models.store.where import quote_name
from widgets import numbers, paint, theme, tokens
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyHints
from widgets.parts.states import Band
from widgets.parts.text import Text
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

ROW = 64
FIRST = ("label", "by")
NAME, KIND, MISSING, DISTINCT, RANGE, BARS = 12, 210, 290, 380, 470, 640
#: What stands for a text without a sign.
EMPTY = "empty"
HEADINGS = (
    (NAME, "Column"),
    (KIND, "Type"),
    (MISSING, "Missing"),
    (DISTINCT, "Distinct"),
    (RANGE, "Range"),
    (BARS, "Histogram"),
)


class Headings(QWidget):
    """Titles over the rows."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        for x, words in HEADINGS:
            paint.text(painter, QRectF(x, 0, 140, 28), words, "body", "text2")
        paint.rule(painter, self.rect(), "bottom")


class ProfileRow(QWidget):
    """One column's figures and bars. ``filter_asked(expression)`` tells a pressed bar."""

    filter_asked = Signal(str)

    def __init__(self, item: Profile, title: str) -> None:
        super().__init__()
        self.item, self._title = item, title
        self._hover = self._focused = -1
        self.setFixedHeight(ROW)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setObjectName(f"data.{item.name}")
        self.setAccessibleName(f"{item.name}, {item.kind}, {item.missing} missing, {item.distinct} distinct")

    def sizeHint(self) -> QSize:
        return QSize(900, ROW)

    def bar_rect(self, place: int) -> QRectF:
        """Where a bar of the histogram can be pressed."""
        count = max(len(self.item.bins), 1)
        wide = min(max(self.width() - BARS - 24, 60) / count, 76.0)
        return QRectF(BARS + place * wide, 6, wide, ROW - 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        item = self.item
        paint.text(painter, QRectF(NAME, 12, KIND - NAME - 10, 20), item.name, "mono_strong", "text")
        paint.text(painter, QRectF(NAME, 32, KIND - NAME - 10, 18), self._title, "caption", "text2")
        cells = ((KIND, item.kind), (MISSING, numbers.count(item.missing)), (DISTINCT, numbers.count(item.distinct)))
        for x, words in cells:
            tone = "warn" if x == MISSING and item.missing else "text"
            paint.text(painter, QRectF(x, 12, 84, 20), words, "body", tone)
        room = BARS - RANGE - 16
        for place, words in enumerate(range_lines(item, lambda words: paint.width(words, "body") <= room)):
            told = paint.metrics("body").elidedText(words, Qt.TextElideMode.ElideMiddle, room)
            paint.text(painter, QRectF(RANGE, 12 + 20 * place, room, 20), told, "body", "text")
        self._draw_bars(painter)
        paint.rule(painter, self.rect(), "bottom")

    def _draw_bars(self, painter: QPainter) -> None:
        named = [count for _words, count, where in self.item.bins if not _rest(where)]
        most = max(named, default=1) or 1
        shown = self._hover if self._hover >= 0 else self._focused if self.hasFocus() else -1
        alike = _shared_end([words for words, _count, where in self.item.bins if not _rest(where)])
        for place, (words, count, where) in enumerate(self.item.bins):
            area = self.bar_rect(place)
            high = max((area.height() - 18) * min(count / most, 1), 1.0 if count else 0.0)
            colour = theme.token("accent" if place == shown else "track" if _rest(where) else "bar")
            wide = area.width() - 2
            painter.fillRect(QRectF(area.left(), area.bottom() - 16 - high, wide, high), colour)
            if area.width() > 44:
                # Bars of a range begin at what stands below them; the whole of it is told on hover.
                below = words.partition(" – ")[0] if self.item.kind == "number" else words or EMPTY
                box = QRectF(area.left(), area.bottom() - 15, area.width() - 4, 16)
                if _rest(where):
                    box.setRight(self.width() - 4)  # the last bar has the rest of the row
                elif self.item.kind == "text":
                    # Names of one kind differ at their ends, but for what all of them end with.
                    below = below.removesuffix(alike)
                    below = paint.metrics("caption").elidedText(below, Qt.TextElideMode.ElideLeft, box.width())
                paint.text(painter, box, below, "caption", "text3")
        if self.item.bins and self.bar_rect(0).width() <= 44:
            self._draw_ends(painter)
        if shown >= 0:
            words, count, _where = self.item.bins[shown]
            told = f"{words or EMPTY}: {numbers.count(count)}"
            wide = paint.width(told, "caption") + 12
            box = QRectF(min(self.bar_rect(shown).left(), self.width() - wide - 8), 2, wide, 18)
            paint.plate(painter, box, theme.token("plate"), 4)
            paint.text(painter, box, told, "caption", "plate_text", paint.CENTRE)

    def _draw_ends(self, painter: QPainter) -> None:
        """Where bars are too narrow for words, the first and the last value of all."""
        first, last = self.bar_rect(0), self.bar_rect(len(self.item.bins) - 1)
        box = QRectF(first.left(), first.bottom() - 15, last.right() - first.left() - 2, 16)
        paint.text(painter, box, numbers.minus(self.item.low), "caption", "text3")
        paint.text(painter, box, numbers.minus(self.item.high), "caption", "text3", paint.RIGHT)

    def _place(self, x: float) -> int:
        for place in range(len(self.item.bins)):
            area = self.bar_rect(place)
            if area.left() <= x < area.right():
                return place
        return -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._place(event.position().x())
        self.setCursor(Qt.CursorShape.PointingHandCursor if self._hover >= 0 else Qt.CursorShape.ArrowCursor)
        self.update()

    def leaveEvent(self, event: Any) -> None:
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._ask(self._place(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and self.item.bins:
            self._focused = min(max(self._focused + step, 0), len(self.item.bins) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask(self._focused)
        else:
            super().keyPressEvent(event)

    def _ask(self, place: int) -> None:
        if 0 <= place < len(self.item.bins):
            self.filter_asked.emit(self.item.bins[place][2])


def range_lines(item: Profile, fits: Callable[[str], bool]) -> list[str]:
    """From where to where a column goes, in one line or, where that does not fit, in two."""
    if item.kind == "number":
        return [numbers.minus(item.low if item.low == item.high else f"{item.low} – {item.high}")]
    low, high = item.low or (EMPTY if item.distinct else ""), item.high
    if item.low == high:
        return [low]
    return [f"{low} – {high}"] if fits(f"{low} – {high}") else [low, f"– {high}"]


def _rest(where: str) -> bool:
    """Whether a bin holds what is too rare for a bar of its own; it would dwarf the others."""
    return " not in (" in where


def _shared_end(names: Sequence[str]) -> str:
    """What all of several names end with, from a sign that parts words on: ``_mini``, ``.h5``."""
    if len(names) < 2:
        return ""
    first, *others = names
    ends = (first[place:] for place in range(1, len(first)) if not first[place].isalnum())
    return next((end for end in ends if all(name.endswith(end) and name != end for name in others)), "")


class DataPage(Page):
    """All columns of the project, metadata first."""

    name = "data"
    title = "Data"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(parent=self)
        self.reader.arrived.connect(self._came)
        self._asked = ""
        self._shown = ""
        self.head = PaneHeader("Data", "", tall=True)
        self.unnamed = Band("No classes yet: nothing can be labelled", "Add class…", "info", "tag")
        self.unnamed.button.setObjectName("data.add_class")
        self.unnamed.action_asked.connect(lambda: window.run_command("project.class"))
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # until there are rows
        self.area.setAccessibleName("Columns")
        self._rows: dict[str, ProfileRow] = {}
        self.hints = KeyHints([("Left Right", "bar"), ("Enter", "filter by it")])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.head, self.unnamed, Headings(), self.area, self.hints):
            column.addWidget(widget)
        column.setStretchFactor(self.area, 1)

    def opened(self) -> None:
        self._shown = ""

    def refresh(self) -> None:
        session = self.session
        self.unnamed.setVisible(not session.classes)
        view = session.fresh_view()
        known = [name for name in session.open_project.samples.names if not name.startswith("_")]
        derived = ["prediction", "confidence", "issue", "part"] if session.record() else []
        names = [*FIRST, "group", *known, *derived]
        live = view.fold.live
        self._asked = f"{session.open_project.journal.position}:{session.run}:{len(view)}"
        if self._asked == self._shown:
            return
        if not self._shown:
            self._rows = {}
            self.area.setWidget(Text("  Counting…", "body", "text2"))

        def read() -> list[Profile]:
            return [profile(name, quote_name(name), view.column(name)[live]) for name in names]

        self.reader.ask(("profile", self._asked), read)

    def follow(self, change: Change) -> None:
        if isinstance(change, LabelsChanged | SamplesChanged):
            self.refresh()

    def _came(self, key: Any, profiles: list[Profile]) -> None:
        if key != ("profile", self._asked):
            return
        self._shown = self._asked
        session = self.session
        titles = {
            column.name: f"{column.title}, {column.unit}" if column.unit else column.title
            for column in session.open_domain.columns
        }
        body = QWidget()
        body.setProperty("ground", "well")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, tokens.GUTTER)
        column.setSpacing(0)
        focused, rows = self._focused(), {}
        for item in profiles:
            if item.missing < item.count:
                row = rows[item.name] = ProfileRow(item, titles.get(item.name, ""))
                row.filter_asked.connect(self._filter)
                column.addWidget(row)
        column.addStretch(1)
        self.area.setWidget(body)
        self._rows = rows
        if focused is not None and rows:
            rows.get(focused, next(iter(rows.values()))).setFocus()
        live = session.open_project.journal.fold.live
        count, groups = int(live.sum()), len(np.unique(session.open_project.samples.group_codes()[0][live]))
        held = numbers.plural(groups, group_noun(session))
        self.head.set_subtitle(f"{numbers.count(count)} samples in {held}, press a bar to filter")

    def _focused(self) -> str | None:
        """The column whose row has the focus, "" for the list itself, None when the focus is elsewhere."""
        if self.area.hasFocus():
            return ""
        return next((name for name, row in self._rows.items() if row.hasFocus()), None)

    def first_focus(self) -> QWidget:
        return next(iter(self._rows.values()), self.area)

    def _filter(self, expression: str) -> None:
        self.desk.show_page("curate")
        self.session.leave_queue()
        self.session.filter(expression)

    def busy(self) -> bool:
        return self._asked != self._shown

    def keep(self) -> None:
        self.reader.close()
