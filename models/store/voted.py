"""Labels of a project in which all votes count: what most say, or what somebody settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.event import FILE
from models.store.fold import Fold, Retold
from models.store.state import NONE, Codes

if TYPE_CHECKING:
    from models.store.project import Project

#: The set of labels that says how split votes were settled.
SETTLED = "settled"


def standing(project: Project, fold: Fold) -> Fold:
    """The fold with the labels that stand: the latest ones, or what most say where the project counts all votes."""
    return as_voted(fold) if project.setting("votes", False) else fold


def as_voted(fold: Fold) -> Fold:
    """The fold with the label that most votes give each row, in place of the latest vote."""
    return fold if isinstance(fold, VotedFold) else VotedFold(fold)


class VotedFold(Retold):
    """A fold in which a label is what was settled, else the class with most votes.

    Of classes with equally many it is the one that the latest vote names, else the one that the source itself gives;
    else there is none until somebody settles it: the order of classes decides nothing. Who cannot say takes nobody
    else's vote away.
    """

    def _codes(self, name: str) -> Codes:
        latest = super()._codes(name)
        if name:
            return latest
        counts = self.plainly.vote_counts()
        if not counts.size:
            return latest
        most = counts.max(axis=1)
        first = (counts == most[:, None]) & (most > 0)[:, None]
        found = np.where(most > 0, NONE, latest)
        rows = np.arange(len(found))
        own = self.vote_codes(FILE) if FILE in self.annotators() else np.full(len(found), NONE, np.int32)
        for told in (own, latest):
            found = np.where((told >= 0) & first[rows, np.maximum(told, 0)], told, found)
        found = np.where(first.sum(axis=1) == 1, first.argmax(axis=1), found)
        return np.where(self._settled() >= 0, self._settled(), found).astype(np.int32)

    def _settled(self) -> Codes:
        """What was settled, as codes of the classes; −1 where nothing was."""
        place = {name: code for code, name in enumerate(self.classes)}
        names = [place.get(self.meant(name), NONE) for name in self.classes_of(SETTLED)]
        return np.array([*names, NONE], np.int32)[self.plainly.codes_of(SETTLED)]
