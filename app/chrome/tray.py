"""The jobs tray: what runs and what waits, with cancel and reorder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from models.job import Progress
from widgets import numbers, tokens
from widgets.parts.bars import Bar
from widgets.parts.buttons import Button, ToolButton
from widgets.parts.header import PaneHeader
from widgets.parts.text import ElidedText, Text
from workers.ticket import Ticket

if TYPE_CHECKING:
    from app.window import Window

WIDTH = 420


class JobsTray(QFrame):
    """A floating panel above the status line; the first row is the running job."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._desk = window
        self._rows: list[tuple[Ticket, ElidedText, Bar]] = []
        self.setObjectName("tray")
        self.setAccessibleName("Jobs")
        self.setProperty("ground", "raised")
        self.setFrameShape(QFrame.Shape.Box)
        self.setFixedWidth(WIDTH)
        self.head = PaneHeader("Jobs", "nothing runs", ground="raised")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 8)
        self._column.setSpacing(0)
        self._column.addWidget(self.head)
        self.hide()

    def open_above(self, line: QWidget) -> None:
        """Show the tray over the left end of the status line, beside what the page keeps free."""
        self.adjustSize()
        top = line.mapTo(self._desk, line.rect().topLeft())
        name = self._desk.page_name()
        free = self._desk.page(name).kept_free() if name else None
        left = free.mapTo(self._desk, free.rect().topRight()).x() + 1 if free is not None else 0
        self.move(left + 12, top.y() - self.height() - 8)
        self.show()
        self.raise_()

    def show_tickets(self, tickets: Sequence[Ticket]) -> None:
        """Show these tickets; numbers alone change when they are the same."""
        if [ticket for ticket, _words, _bar in self._rows] != list(tickets):
            self._build(tickets)
        for ticket, words, bar in self._rows:
            words.setText(_state_words(ticket))
            progress = ticket.last
            bar.set_part(progress.done / progress.total if progress.total else 0.0)
            bar.setVisible(ticket.state == "running")

    def _build(self, tickets: Sequence[Ticket]) -> None:
        while self._column.count() > 1:
            item = self._column.takeAt(1)
            widget = item.widget() if item else None
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._rows = []
        for place, ticket in enumerate(tickets):
            self._column.addWidget(self._row(ticket, place))
        waiting = sum(ticket.state == "waiting" for ticket in tickets)
        running = len(tickets) - waiting
        self.head.set_subtitle(f"{running} running, {waiting} waiting" if tickets else "nothing runs")
        if self.isVisible():
            self.open_above(self._desk.status)

    def _row(self, ticket: Ticket, place: int) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(tokens.GUTTER, 8, 8, 4)
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(Text(ticket.job.title, "strong"))
        words, bar = ElidedText("", "body", "text2"), Bar(0, "accent")
        bar.setFixedWidth(110)
        column.addWidget(words)
        line.addLayout(column, 1)
        line.addWidget(bar, 0, Qt.AlignmentFlag.AlignVCenter)
        if ticket.state == "running":
            cancel: QWidget = self._cancel_button(ticket)
        else:
            if place > 1:
                up = ToolButton("up", "Run earlier")
                up.setObjectName(f"tray.up.{place}")
                up.clicked.connect(lambda: self._desk.session.jobs.host.reorder(ticket, place - 2))
                line.addWidget(up)
            cancel = ToolButton("close", "Cancel")
            cancel.clicked.connect(lambda: self._desk.session.jobs.cancel(ticket))
        cancel.setObjectName(f"tray.cancel.{place}")
        line.addWidget(cancel)
        self._rows.append((ticket, words, bar))
        return row

    def _cancel_button(self, ticket: Ticket) -> Button:
        button = Button("Cancel")
        button.clicked.connect(lambda: self._desk.session.jobs.cancel(ticket))
        return button


def _state_words(ticket: Ticket) -> str:
    if ticket.state == "waiting":
        return "waits"
    return progress_words(ticket.last)


def progress_words(progress: Progress) -> str:
    """A step in words: its own, how many of how many, time left."""
    told = [progress.text] if progress.text else []
    if progress.total and not progress.text:
        told.append(f"{numbers.count(progress.done)} of {numbers.count(progress.total)}")
    if "left" in progress.values:
        told.append(f"{numbers.duration(progress.values['left'])} left")
    return ", ".join(told) or "begins"
