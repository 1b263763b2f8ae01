"""Small lines or pictures of samples as thumbnails, read beside the window's thread and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.session import Session
from models.change import Rows
from widgets.mosaic.marks import ThumbMark
from workers.reading import Reader

#: Points of a line, pixels of a picture's side; how many bytes of them are kept at most.
POINTS, SIDE = 80, 96
#: Of a picture that is shown larger than that.
LARGE = 192
KEPT = 128 * 2**20
LANES = 8
#: Pictures that are read at once: the first stand there before the last are read.
BATCH = 24
#: The strategy whose score is a likeness.
SIMILAR = "similar"


class Thumbs(QObject):
    """What a mosaic reads. `came(rows)` tells which pictures are there now."""

    came = Signal(object)

    def __init__(self, session: Session, reader: Reader) -> None:
        super().__init__()
        self.session = session
        self.reader = reader
        self._lines: dict[int, Any] = {}
        self._asked: set[int] = set()
        self._lane = 0
        #: What each lane was asked for last: another wish there drops it, unless it was begun.
        self._wished: dict[int, list[int]] = {}
        self._side = SIDE
        self._scored: tuple[object, npt.NDArray[np.float64]] = None, np.zeros(0)
        reader.arrived.connect(self._arrived)

    def forget(self) -> None:
        """Another project, or other samples."""
        self._lines.clear()
        self._asked.clear()
        self._wished.clear()

    def line(self, row: int) -> Any | None:
        """The line (or picture) of one sample, or None while it is to come; then it is asked for."""
        if row not in self._lines and row not in self._asked:
            self._ask([row])
        return self._lines.get(row)

    def pixels(self, rows: Rows, size: int) -> Sequence[Any]:
        """Lines of the samples; those to come are asked for. size: of a side on the screen."""
        side = LARGE if size > SIDE and self._pictured() else SIDE
        if side != self._side:
            self._side = side
            self.forget()
        wanted = [int(row) for row in rows if int(row) not in self._lines and int(row) not in self._asked]
        for start in range(0, len(wanted), BATCH):
            self._ask(wanted[start : start + BATCH])
        return [self._lines.get(int(row)) for row in rows]

    def _pictured(self) -> bool:
        return self.session.open_domain.pictures(self.session.open_project.samples)

    def _ask(self, rows: list[int]) -> None:
        domain, project = self.session.open_domain, self.session.open_project
        samples, cache = project.samples, project.cache
        self._lane = (self._lane + 1) % LANES
        # What is dropped for this is asked for again when it is still looked at once something came.
        self._asked.difference_update(self._wished.get(self._lane, ()))
        self._wished[self._lane] = rows
        self._asked.update(rows)
        index, side = np.array(rows, np.int64), self._side
        key = ("thumbs", side, tuple(rows))
        self.reader.ask(key, lambda: domain.look(samples, index, POINTS, side, cache), f"thumbs{self._lane}")

    def _arrived(self, key: Any, lines: Any) -> None:
        if key[0] != "thumbs" or key[1] != self._side:
            return
        if len(self._lines) * lines[0].nbytes > KEPT:
            self._lines.clear()
        for row, line in zip(key[2], lines, strict=True):
            self._lines[row] = line
            self._asked.discard(row)
        self.came.emit(np.array(key[2], np.int64))

    def marks(self, rows: Rows) -> Sequence[ThumbMark]:
        """Label, model, p (in a queue of similar samples the likeness), by a person."""
        session = self.session
        labels, predicted = session.places()[rows], session.predicted_places()[rows]
        human = session.fold.human()[rows]
        sure = self._shares()[rows]
        marks = zip(labels, predicted, sure, human, strict=True)
        return [ThumbMark(int(a), int(b), float(p), bool(person)) for a, b, p, person in marks]

    def _shares(self) -> npt.NDArray[np.float64]:
        """The figure of each sample that stands on its picture."""
        listing = self.session.listing
        if not listing.suggestions or listing.suggestions[0].strategy != SIMILAR:
            return np.asarray(self.session.view.column("confidence"), np.float64)
        if self._scored[0] is not listing.suggestions:
            self._scored = listing.suggestions, listing.scores(len(self.session.view))
        return self._scored[1]
