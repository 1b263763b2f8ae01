"""Samples like the shown one: as a queue whose first are labelled at once, the labelled ones beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer

from app.chrome.dialog import FieldDialog
from app.commands import Command
from app.nouns import sample_noun
from app.pages.votes_part import HIDDEN
from models.errors import UserError
from widgets import numbers, tokens
from widgets.mosaic.marks import ThumbMark
from widgets.parts.notice import Note
from workers.reading import Reader

if TYPE_CHECKING:
    from app.pages.label_panel import LabelPanel
    from app.window import Window
    from models.orders.likeness import Likeness

#: Samples of the queue; labelled ones beside the shown one; how many are selected unless a person says otherwise.
LENGTH, NEAR, FIRST = 300, 5, 20
#: Vectors of so many samples are made without being asked for, so that the labelled neighbours stand there.
UNASKED = 5000
#: Neighbours are looked for when a person stays with a sample for so many ms.
DWELL_MS = 150
SIDE = 96
TITLE = "Similar"


class Alike(QObject):
    """Asks the worker for the queue, reads neighbours beside the window's thread once their vectors are there."""

    def __init__(self, window: Window, panel: LabelPanel) -> None:
        super().__init__(panel)
        self.desk, self.session, self.panel = window, window.session, panel
        self._reader = Reader(threads=1, count=64, parent=self)
        self._reader.arrived.connect(self._came)
        self._likeness: tuple[Any, Likeness] | None = None
        self._wished = ""
        self._near_to = -1
        self._dwell = QTimer(self)
        self._dwell.setSingleShot(True)
        self._dwell.setInterval(DWELL_MS)
        self._dwell.timeout.connect(self._read)
        panel.near.row_asked.connect(self.session.go_to)

    def commands(self) -> list[Command]:
        """Finding them is the S of the viewer; here is what can be done with them."""

        def ranked() -> bool:
            return self.session.listing.queue.startswith(TITLE) and len(self.session.order) > 1

        title = "Label all like this…"
        return [
            Command("similar.select", title, self.ask_first, ("Shift+L",), "Review", ranked, ("curate",), "similar")
        ]

    # The queue

    def find(self) -> None:
        """Rank all samples by how like they are to the shown one."""
        session = self.session
        if session.project is None or session.current < 0:
            return
        sample = session.sample_id(session.current)
        arguments = {"sample": sample, "run": session.run, "n": LENGTH}
        words = f"{TITLE} to {session.short(session.current)}"
        session.start_here("similar", arguments, words, partial(self._show, words, session.run))

    def _show(self, words: str, run: str, result: dict[str, Any]) -> None:
        from models.orders.likeness import NOTHING

        session = self.session
        if session.project is None:
            return
        found = session.ranked(result["queue"])
        if len(found) < 2:
            alone = bool(found) and found[0].reason == NOTHING
            self.desk.notify(Note(NOTHING if alone else "There is no other sample to compare with.", "info"))
            return
        self.desk.show_page("curate")
        session.show_queue(words, run, found)
        self.show()

    def ask_first(self) -> None:
        """How many of the queue are to be selected; what they are is seen before a class key labels them."""
        session, noun = self.session, sample_noun(self.session)
        dialog = FieldDialog(
            "Label all like this",
            "The first of the queue are selected, and you see them. A class key then labels them as one act.",
            "Select",
            "alike",
            self.desk,
        )
        dialog.add_field("count", f"First {noun}s", str(min(FIRST, len(session.order))))
        dialog.add_field("least", "Or likeness from", hint="such as .9; stands before the number")

        def select(values: dict[str, str]) -> None:
            self.select_first(_count(values, session.listing.scores(len(session.view))[session.order]))
            self.desk.focus_page()

        dialog.ask(select)

    def select_first(self, count: int) -> None:
        """Select so many of the list's first samples."""
        session = self.session
        rows = session.order[:count]
        session.choose(int(rows[0]), rows)
        self.desk.notify(Note(f"{numbers.count(len(rows))} are selected. A class key labels them.", "info"))

    # Labelled neighbours

    def show_project(self) -> None:
        """Another project, other samples or another run: other vectors."""
        self._likeness, self._wished = None, ""
        self._show_none()
        self._reader.forget()
        kind = self.session.domain
        for widget in (self.panel.near_head, self.panel.near):
            widget.setVisible(kind is not None and (kind.near or kind.gallery))
        self.show()

    def show(self) -> None:
        """The shown sample changed: neighbours of the one before go. After a label they stay until read anew."""
        if self.session.current != self._near_to:
            self._show_none()
        if self.session.project is not None and not self.panel.near.isHidden():
            self._dwell.start()

    def _show_none(self) -> None:
        self._near_to = -1
        self.panel.near.show_near((), (), (), (), ())
        self.panel.near_head.set_subtitle("")

    def _read(self) -> None:
        session, row = self.session, self.session.current
        if session.project is None or row < 0 or not self.panel.near.isVisible():
            return
        if not session.revealed()[row]:
            self._show_none()
            self.panel.near_head.set_subtitle(HIDDEN)
            return
        likeness = self._vectors()
        if likeness is None:
            self._wish()
            return
        from models.orders.likeness import candidates

        domain, project = session.open_domain, session.open_project
        samples, cache, among = project.samples, project.cache, candidates(project, True)

        def read() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[Any]]:
            rows, likes = likeness.nearest(row, NEAR, among)
            return rows, likes, domain.look(samples, rows, SIDE, SIDE, cache)

        # Labels change who is among them: what was read before is not to be taken for it.
        self._reader.forget()
        self._reader.ask(("near", row), read, "near")

    def _vectors(self) -> Likeness | None:
        from models.orders.likeness import Likeness
        from models.orders.mapping import known_vectors

        session = self.session
        project = session.open_project
        key = (str(project.path), session.run, project.generation)
        if self._likeness is None or self._likeness[0] != key:
            known = known_vectors(project, session.open_domain, session.record())
            if known is None or len(known) != len(project.samples):
                return None
            self._likeness = key, Likeness(known)
        return self._likeness[1]

    def _wish(self) -> None:
        """Have the vectors made once, where that is soon done."""
        session = self.session
        project = session.open_project
        key = f"{project.path} {session.run} {project.generation}"
        if len(project.samples) > UNASKED:
            self.panel.near_head.set_subtitle("S looks for them")
        elif self._wished != key:
            self._wished = key
            arguments = {"sample": session.sample_id(session.current), "run": session.run}
            session.start_here("similar", {**arguments, "n": NEAR}, "Compare samples", lambda _result: self.show())

    def _came(self, key: Any, found: Any) -> None:
        session = self.session
        if session.project is None or key != ("near", session.current):
            return
        rows, likes, pictures = found
        self._near_to = session.current
        labels = session.places()[rows]
        human = session.fold.human()[rows]
        marks = [
            ThumbMark(int(label), -1, float(like), bool(person))
            for label, like, person in zip(labels, likes, human, strict=True)
        ]
        words: Sequence[str] = [session.short(int(row)) for row in rows]
        self.panel.near.show_near(rows.tolist(), list(pictures), marks, words, tokens.propose_letters(session.classes))
        told = [self._agreement(labels), "by likeness to 1" if len(rows) else ""]
        if self._likeness is not None and not self._likeness[1].knows(session.current):
            told = ["nothing to compare it by"]
        self.panel.near_head.set_subtitle(", ".join(part for part in told if part))

    def _agreement(self, labels: npt.NDArray[Any]) -> str:
        """How many of them have the label of the shown sample; who votes blind is not told those of others."""
        own, known = int(self.session.places()[self.session.current]), labels[labels >= 0]
        hidden = len(labels) - len(known)
        if own < 0 or not len(labels):
            return ""
        words = f"{int((known == own).sum())} of {len(known)} agree" if len(known) else ""
        return ", ".join(part for part in (words, f"labels of {hidden} hidden" if hidden else "") if part)

    def close(self) -> None:
        """The window goes."""
        self._dwell.stop()
        self._reader.close()


def _count(values: dict[str, str], scores: npt.NDArray[np.float64]) -> int:
    """How many of the queue are meant: from a likeness on, else a number. UserError for neither."""
    try:
        count = int((scores >= float(values["least"])).sum()) if values["least"] else int(values["count"])
    except ValueError:
        raise UserError("Give a whole number, or a likeness such as .9.") from None
    if count < 1:
        raise UserError("Nothing is that much alike. Give a smaller likeness, or a number.")
    return min(count, len(scores))
