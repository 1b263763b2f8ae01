"""The right of the rapid page: the sample to vote on, the classes, and how many a vote speaks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.nouns import sample_noun
from app.pages.showing import Showing
from app.pages.viewers import Viewers
from widgets import numbers, tokens
from widgets.class_bar import ClassBar
from widgets.parts.buttons import ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyHints
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

Rows = npt.NDArray[np.int64]
QUEUES = (("Medoids", "medoids"), ("Between classes", "boundary"))


class RapidCase(QWidget):
    """Viewer over class rows. noun: what a vote speaks for, a stretch or a cluster."""

    def __init__(self, window: Window, reader: Reader) -> None:
        super().__init__()
        self.session, self.noun = window.session, "stretch"
        self.viewers = Viewers(window.session, brief=True)
        self.showing = Showing(window.session, self.viewers, reader, self._label)
        self._letters: list[str] = []
        self._spoken = np.zeros(0, np.int64)
        self.head = PaneHeader("", "")
        self.queue = LabelledCombo("Queue", QUEUES, "Which samples come next")
        self.queue.setObjectName("rapid.queue")
        self.back = ToolButton("left", "Sample before", key="Shift+Space")
        self.back.setObjectName("rapid.back")
        self.back.clicked.connect(lambda _on=False: window.run_command("go.back"))
        self.next = ToolButton("right", "Next sample", key="Space")
        self.next.setObjectName("rapid.next")
        self.next.clicked.connect(lambda _on=False: window.run_command("go.next"))
        self.head.add_tool(self.queue, keep=True)
        self.head.add_tool(self.back)
        self.head.add_tool(self.next)
        self.classes_head = PaneHeader("Vote", "")
        self.only = ToolButton("target", "Vote for the shown sample alone", checkable=True, key="O")
        self.only.setObjectName("rapid.only")
        self.only.clicked.connect(lambda _on=False: self._toggled(window))
        self.classes_head.add_tool(self.only, keep=True)
        self.classes = ClassBar()
        self.classes.setObjectName("rapid.classes")
        self.classes.set_row_height(tokens.CLASS_ROW_LOW)
        self.classes.class_asked.connect(lambda name: window.run_command(f"label.class.{name}"))
        self.hints = KeyHints([])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.viewers.centre, 1)
        column.addWidget(self.classes_head)
        column.addWidget(self.classes)
        column.addWidget(self.hints)
        self.setProperty("ground", "panel")

    def _toggled(self, window: Window) -> None:
        # The click has checked it already, and the command turns it.
        self.only.setChecked(not self.only.isChecked())
        window.run_command("rapid.only")

    def show_project(self) -> None:
        """Another project, or other classes."""
        session = self.session
        if session.project is None:
            return
        self.viewers.show_features()
        titles = {name: session.class_title(name) for name in session.classes}
        self._letters = tokens.propose_letters(session.classes)
        self.classes.set_classes(session.classes, self._letters, titles)
        keys = tokens.keys_of(session.classes) or "1"
        hints = [(keys, "vote and spread"), ("Space", "skip"), ("Y", "accept here"), ("N", "refuse here")]
        self.hints.set_hints([*hints, ("Shift+A", "accept all"), ("Ctrl+Z", "undo")])

    def _label(self) -> tuple[int, str, str]:
        """Place and letter of what this person says of the shown sample, and who says it."""
        session, row = self.session, self.session.current
        place = int(session.said_places()[row]) if session.project is not None and row >= 0 else -1
        return place, self._letters[place] if place >= 0 else "", session.curator if place >= 0 else ""

    def show_sample(self) -> None:
        """Another sample is shown."""
        self.showing.show()
        self._show_votes()

    def show_followers(self, followers: Rows, spoken: Rows) -> None:
        """How many a vote on the shown sample would be proposed to; spoken: all of its stretch."""
        self._spoken = spoken
        count = len(followers)
        noun = sample_noun(self.session) if self.session.project is not None else "sample"
        words = f"would be spread to {numbers.plural(count, f'other {noun}')}" if count else f"for this {noun} alone"
        self.classes_head.set_subtitle(words)
        self.show_place()
        self._show_votes()

    def show_place(self) -> None:
        """Which sample of the queue it is."""
        session = self.session
        if session.project is None or session.current < 0:
            self.head.set_title("", "")
            return
        place = session.place
        queued = (
            f"{place + 1} of {numbers.count(len(session.order))} in the queue" if place >= 0 else "not in the queue"
        )
        told = queued if session.listing.queue else ""
        self.head.set_title(session.short(session.current), told)

    def labels_changed(self) -> None:
        """Labels or proposals changed."""
        self.showing.show_label()
        self.viewers.recolour()
        self._show_votes()

    def _show_votes(self) -> None:
        """The classes of the stretch, said and proposed, beside the model's of the shown sample."""
        session, row = self.session, self.session.current
        if session.project is None or row < 0:
            return
        said, waits = session.said_places(), session.proposed_places()
        places = np.where(waits >= 0, waits, said)[self._spoken]
        counts = {name: float((places == place).sum()) for place, name in enumerate(session.classes)}
        place = int(said[row])
        label = session.classes[place] if place >= 0 else None
        self.classes.show_sample(label, {name: one for name, one in counts.items() if one}, session.shares(row))

    def busy(self) -> bool:
        """Whether the sample is being read."""
        return self.showing.busy()

    def panes(self) -> list[QWidget]:
        """Where F6 puts the focus."""
        return [*self.viewers.panes(), *self.classes.rows()[:1]]

    def close_down(self) -> None:
        """The window goes."""
        self.viewers.close_down()
