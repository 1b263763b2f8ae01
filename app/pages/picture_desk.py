"""The picture viewer on the curate page: an image's boxes with the labels and predictions of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from models.payload import Picture
from models.structure import BOX, MOVE, REMOVE, Edit
from widgets import numbers, tokens
from widgets.picture.editing import DELETE, DRAW, BoxEdit
from widgets.picture.viewer import PictureViewer

if TYPE_CHECKING:
    from app.session import Session

#: The setting that keeps what a person chose: boxes, colours, pixels.
CHOICES = "picture_view"


class PictureDesk(QObject):
    """Keeps the picture viewer in step with the session, and does what a hand on its boxes asks for.

    `sample_asked(id)`: a box was clicked.
    """

    sample_asked = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.viewer = PictureViewer()
        self.viewer.set_choices(session.settings.get(CHOICES, {}))
        self.viewer.choices_changed.connect(lambda: session.settings.set(CHOICES, self.viewer.choices()))
        self.viewer.sample_asked.connect(self.sample_asked)
        self.viewer.boxes_asked.connect(self._edit)
        self.viewer.name_of = self._name
        self._rows = np.zeros(0, np.int64)
        self._row = -1
        self._shown: tuple[Picture, int, str, str] | None = None

    def show(self, picture: Picture, place: int, letter: str, by: str) -> None:
        """Show an image with the boxes that are there: not those that others took the place of."""
        rows = np.array(self.session.rows_of(picture.ids), np.int64)
        live = self.session.open_project.journal.fold.live
        there = (rows >= 0) & live[np.maximum(rows, 0)] if len(rows) else np.zeros(0, bool)
        kept = np.flatnonzero(there)
        chosen = np.flatnonzero(kept == picture.chosen)
        self._rows = rows[kept]
        at = int(chosen[0]) if len(chosen) else -1
        shown = replace(
            picture,
            boxes=picture.boxes[kept],
            ids=tuple(picture.ids[place] for place in kept.tolist()),
            chosen=at,
            facts=(*_counted(at, len(kept)), *picture.facts),
        )
        self._row = self.session.current
        self._shown = (shown, place, letter, by)
        self.viewer.set_payload(*self._shown)
        self.recolour()

    def _edit(self, asked: Sequence[BoxEdit]) -> None:
        """Draw, move or remove cells as one act; the one that was made is the chosen one, ready for its label."""
        edits = [self._wish(one) for one in asked]
        change = self.session.restructure(edits)
        if change is None:
            self._show_again()
        elif change.came:
            self._row = change.came[-1]
            self.session.go_to(self._row)

    def _wish(self, asked: BoxEdit) -> Edit:
        """What a record of the viewer means. A box that is seen has a sample; a new one is drawn beside the shown."""
        if asked.kind == DRAW:
            return Edit(BOX, (self._row,), {"box": list(asked.after or ())})
        row = self.session.rows_of([asked.id])[0]
        if asked.kind == DELETE:
            return Edit(REMOVE, (row,), {"keep_image": True})
        return Edit(MOVE, (row,), {"box": list(asked.after or ())})

    def _show_again(self) -> None:
        """The boxes as they are, where an act was refused."""
        if self._shown is not None:
            self.viewer.set_payload(*self._shown)
            self.recolour()

    def recolour(self) -> None:
        """Labels or predictions changed."""
        session = self.session
        if session.project is None:
            return
        rows = self._rows[self._rows < len(session.view)]
        self.viewer.set_values(
            session.places()[rows],
            session.predicted_places()[rows],
            session.view.column("confidence")[rows],
            [session.class_title(name) for name in session.classes],
            tokens.propose_letters(session.classes),
        )

    def forget(self) -> None:
        """Another project: its rows mean other samples."""
        self._rows = np.zeros(0, np.int64)
        self._row, self._shown = -1, None

    def _name(self, sample: str) -> str:
        rows = self.session.rows_of([sample])
        return self.session.short(rows[0]) if rows and rows[0] >= 0 else sample


def _counted(chosen: int, count: int) -> tuple[str, ...]:
    """Which cell of those in its image is shown, or how many there are."""
    if chosen >= 0:
        return (f"cell {chosen + 1} of {count}",)
    return (f"{numbers.plural(count, 'cell')}",) if count else ()
