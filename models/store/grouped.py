"""Labels as the classes that a run was trained on, where these are fewer than the journal's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.store.fold import Fold, Retold
from models.store.state import NONE, Codes


def as_classes(fold: Fold, of: Mapping[str, str]) -> Fold:
    """The fold with each class as the one it stands for; itself where `of` is empty."""
    return GroupedFold(fold, of) if of else fold


class GroupedFold(Retold):
    """A fold in which each class stands for another one, or for none: such a row counts as unlabelled.

    of: the class that a label stands for, "" or nothing for one that is left out. Other sets of labels, flags
    and notes stay as they are.
    """

    def __init__(self, fold: Fold, of: Mapping[str, str]) -> None:
        super().__init__(fold)
        self._of = of

    def classes_of(self, name: str) -> list[str]:
        """Class names by code, in order of the first label that stands for them."""
        plain = super().classes_of(name)
        if name:
            return plain
        return list(dict.fromkeys(found for one in plain if (found := self._of.get(one, ""))))

    def vote_codes(self, by: str, name: str = "") -> Codes:
        """One annotator's votes by row; −1 where there is none, or one that is left out."""
        codes = super().vote_codes(by, name)
        return codes if name else self._table()[codes]

    def meant(self, name: str) -> str:
        """What a vote for this class is counted for, "" for none."""
        return self._of.get(name, "")

    def _codes(self, name: str) -> Codes:
        codes = super()._codes(name)
        return codes if name else self._table()[codes]

    def _table(self) -> Codes:
        """The code of what each class stands for; −1 at the end, for no label."""
        place = {one: code for code, one in enumerate(self.classes)}
        plain = super().classes_of("")
        return np.array([*(place.get(self._of.get(one, ""), NONE) for one in plain), NONE], np.int32)
