"""What a split by whole groups lacks to tell anything, in words: for data whose groups nothing parts unasked.

Who speaks is heard in every recording, so a model that meets a speaker at the test again is scored on the voice it
learnt (Chaibub Neto et al. 2019). Where speakers cannot be held out there is no score that could be told.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.split import Split
from models.learn.words import listing, plural

Rows = npt.NDArray[np.int64]


def check_apart(split: Split, codes: Rows, groups: Rows, classes: Sequence[str], nouns: tuple[str, str]) -> None:
    """Raise UserError where a split by whole groups tells nothing: why, and what to do.

    The split is one that is to be scored, by its folds or else by its test rows. codes, groups: (n,) of all rows, −1
    for what takes no part. nouns: what a group and a sample are called. A test set that was locked before is not
    refused for what its labels became since: `tell_emptied` tells of that.
    """
    group, sample = nouns
    known = np.concatenate(split.folds) if split.folds else np.flatnonzero(codes >= 0)
    if len(np.unique(groups[known])) == 1:
        there = " outside the test set" if split.folds and len(split.test) else ""
        told = (
            f"all {plural(len(known), f'labelled {sample}')}{there} are of one {group}, whom a model would meet again"
        )
        raise UserError(f"{told} where it is judged. {_remedy(group, sample)}")
    drawn = split.kind != "locked"
    if _poor_fold(split, codes) if split.folds else drawn and len(np.unique(codes[split.test])) < 2:
        told = _lonely(codes, groups, known, classes, group) or _uneven(split, group)
        raise UserError(f"{told} {_remedy(group, sample)}")


def tell_emptied(split: Split, codes: Rows) -> str:
    """That a locked test set tells no classes apart by the labels of now, "" where it does or none is scored by it."""
    if split.kind != "locked" or split.folds or len(np.unique(codes[split.test])) > 1:
        return ""
    return "The locked test set holds fewer than two classes by the labels of now, so nothing is told apart there."


def _poor_fold(split: Split, codes: Rows) -> bool:
    """Whether one class alone is left to learn from where a fold is judged."""
    pool = np.concatenate(split.folds)
    return any(len(np.unique(codes[np.setdiff1d(pool, held)])) < 2 for held in split.folds)


def _lonely(codes: Rows, groups: Rows, known: Rows, classes: Sequence[str], group: str) -> str:
    pairs = np.unique(np.stack([codes[known], groups[known]]), axis=1)
    counts = np.bincount(pairs[0], minlength=len(classes))
    alone = [name for name, count in zip(classes, counts.tolist(), strict=False) if count == 1]
    if not alone:
        return ""
    stands = f"{alone[0]} is of one {group} alone" if len(alone) == 1 else f"{listing(alone)} are of one {group} each"
    return f"{stands}, who can be learnt from or judged by, not both."


def _uneven(split: Split, group: str) -> str:
    if split.folds:
        return f"a fold holds every {group} of a class out and leaves one class to learn from: take more folds."
    return "the test set would hold fewer than two classes, so nothing is told apart there."


def _remedy(group: str, sample: str) -> str:
    return (
        f"Label {sample}s of two {group}s or more of each class. A split by {sample}, with --split-by sample, is yours "
        f"to choose: its score tells nothing of another {group}."
    )
