"""The samples as one curator may see them who is to vote without knowing what others said."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.event import LABEL, NOTE, REGION
from models.store.fold import Bools, Counts, Fold, take
from models.store.state import NONE, Codes, Ints
from models.store.view import View
from models.store.where import Array

if TYPE_CHECKING:
    from models.store.project import Project

#: What is said of a sample in words.
_WORDS = (NOTE, REGION)


class BlindFold(Fold):
    """A fold that tells votes and counts of a sample only once the curator `by` has voted on it; labels are his own.

    To say that one cannot say is a vote; one that is taken back hides the others' again. So it is with notes and
    annotations, which may say the class as well: until then only the curator's own are told. Flags stay.
    """

    def __init__(self, fold: Fold, by: str) -> None:
        super().__init__(fold.state, fold.samples, fold.subjects, fold.made)
        self._by = by

    def voted(self) -> Bools:
        """Rows on which the curator has voted: all is told of them."""
        return np.asarray(self._array("voted", self._voted), bool)

    @property
    def by(self) -> tuple[Codes, list[str]]:
        names = list(self.state.people.texts)
        own = names.index(self._by) if self._by in names else NONE
        return np.where(self.codes >= 0, own, NONE).astype(np.int32), names

    def votes(self, row: int, name: str = "") -> dict[str, str]:
        return super().votes(row, name) if self.voted()[row] else {}

    def tally(self, row: int) -> dict[str, float]:
        return super().tally(row) if self.voted()[row] else {}

    def tallies(self, rows: Ints) -> list[dict[str, float]]:
        told = super().tallies(rows)
        return [votes if seen else {} for votes, seen in zip(told, self.voted()[rows].tolist(), strict=True)]

    def vote_codes(self, by: str, name: str = "") -> Codes:
        return np.where(self.voted(), super().vote_codes(by, name), NONE).astype(np.int32)

    def _entries(self, row: int, kind: str) -> dict[tuple[str, str], tuple[str, int]]:
        found = super()._entries(row, kind)
        if kind not in _WORDS or row < 0 or self.voted()[row]:
            return found
        return {key: pair for key, pair in found.items() if key[1] == self._by}

    def _said(self, kind: str) -> Iterator[tuple[int, str, str, int]]:
        if kind not in _WORDS:
            yield from super()._said(kind)
            return
        seen = set(self.subjects[self.voted()].tolist())
        for subject, own, name, by, value, stamp in self.state.sparse_rows():
            if own == kind and (by == self._by or subject in seen):
                yield subject, name, value, stamp

    def _codes(self, name: str) -> Codes:
        return super()._codes(name) if name else self.vote_codes(self._by)

    def _voted(self) -> Bools:
        track = self.state.tracks.get((LABEL, "", self._by))
        if track is None:
            return np.zeros(len(self), bool)
        return np.asarray(take(track.codes, self.subjects, NONE) > 0, bool)

    def _gather(self, part: str, key: tuple[str, str], fill: int = NONE, kind: type = np.int32) -> Any:
        values = super()._gather(part, key, fill, kind)
        return np.where(self.voted(), values, fill).astype(values.dtype) if key[0] == LABEL else values

    def _tally_counts(self) -> Counts:
        return super()._tally_counts() * self.voted()[:, None]


class BlindView(View):
    """The wide table as such a curator may see it: his own vote as the label; without one no prediction.

    telling: columns of the source that give the class away; they are hidden as well.
    """

    def __init__(
        self, project: Project, run: str, by: str, unseen: bool = False, telling: Collection[str] = frozenset()
    ) -> None:
        self.shown = BlindFold(project.journal.fold, by)
        super().__init__(project, run, self.shown, unseen)
        self._by = self._asker = self.curator = by
        self._telling = frozenset(telling)
        self._covered: dict[str, Array] = {}

    def column(self, name: str) -> Array:
        if name in ("prediction", "confidence", *self._telling):
            if name not in self._covered:
                self._covered[name] = self._cover(super().column(name))
            return self._covered[name]
        return super().column(name)

    def call(self, name: str, argument: str) -> Array:
        values = super().call(name, argument)
        return self._cover(values) if name in ("prediction", "confidence") else values

    def probabilities(self, run: str = "") -> tuple[Array, tuple[str, ...]]:
        values, classes = super().probabilities(run)
        key = f"\0{run or self._run}"
        if key not in self._covered:
            self._covered[key] = np.where(self.shown.voted()[:, None], values, np.nan).astype(np.float32)
        return self._covered[key], classes

    def renewed(self) -> BlindView:
        """The same after labels changed; what is covered is covered anew."""
        other = BlindView(self.project, self._run, self._by, self._unseen, self._telling)
        self._pass_on(other)
        return other

    def _standing(self, fold: Fold) -> Fold:
        return fold

    def _cover(self, values: Array) -> Array:
        nothing: Any = np.nan if values.dtype.kind == "f" else None
        covered: npt.NDArray[Any] = np.where(self.shown.voted(), values, nothing)
        return covered
