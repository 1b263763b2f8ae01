"""What a training works on: labelled rows, classes, targets, and the split around the locked test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain
from models.errors import UserError
from models.learn.apart import check_apart, tell_emptied
from models.learn.split import Split, add_folds, draw_split, read_split
from models.learn.words import plural
from models.natural import natural
from models.orders.classing import classed, grouping_of
from models.orders.naming import place
from models.orders.test_set import REMEDY, lock_test, redraw_test, tell_torn
from models.params import unknown
from models.sample import Samples
from models.store.fold import Fold
from models.store.project import Project
from models.store.view import View

Rows = npt.NDArray[np.int64]
#: The share of a test set for which nobody gave one.
TEST = 0.2


@dataclass(frozen=True)
class Wish:
    """How a person wants rows chosen and split; all plain values.

    split: a CSV. split_by: a column kept together instead of the group ("sample" for none).
    split_seed: a separate split of this seed, the locked test set left alone. test_size: share of a
    drawn test set. folds: cross-validation on the rows that are not test.
    """

    where: str = ""
    max_samples: int = 0
    split: str = ""
    split_by: str = ""
    split_seed: int | None = None
    test_size: float | None = None
    folds: int = 0

    @property
    def is_separate(self) -> bool:
        """Whether it draws a split of its own whatever is locked."""
        return bool(self.split or self.split_by) or self.split_seed is not None


@dataclass(frozen=True)
class Plan:
    """Rows to learn from: codes (n,) with −1 for rows that take no part, targets (n, k), the split.

    votes: how many voted for each class, (n, k), where the project counts all votes; else None.
    """

    samples: Samples
    classes: tuple[str, ...]
    codes: Rows
    targets: npt.NDArray[np.float32]
    groups: Rows
    units: Rows
    split: Split
    votes: npt.NDArray[np.float64] | None = None


def make_plan(project: Project, kind: Domain, fold: Fold, wish: Wish, seed: int, params: Any) -> Plan:
    """Choose labelled rows (none flagged ``exclude``) and split them; UserError where that can't be.

    params: of the recipe, None for none; its label mode and share of validation hold, where it has them.
    """
    val_size = getattr(params, "val_size", 0.2)
    mode, fold = grouping_of(kind, params), classed(project, kind, params, fold)
    if wish.test_size is not None and not 0 <= wish.test_size <= 0.9:  # nor is it a number at all
        raise UserError(f"the share of the test set is {wish.test_size:g}. Give one from 0 to 0.9.")
    samples = project.samples
    there = kind.there(samples)
    everything = _usable(fold, there)
    mask = View(project, fold=fold).mask(wish.where) if wish.where else np.ones(len(samples), bool)
    usable, gone = _usable(fold, mask & there), int(_usable(fold, mask & kind.gone(samples)).sum())
    beside = int(_usable(fold, mask & ~there & kind.beside(samples)).sum())
    if beside and not gone:
        _refuse_beside(kind, fold, usable, _usable(fold, mask))
    if gone and not usable.any():
        raise UserError("the files of all labelled samples are missing, so nothing can be learnt. Locate the source.")
    if gone and len(np.unique(fold.codes[usable])) == 1 < len(np.unique(fold.codes[_usable(fold, mask)])):
        raise UserError(
            f"the files of {plural(gone, 'labelled sample')} are missing, and all others are of one class. Locate the "
            "source."
        )
    declared = project.setting("classes", []) if mode is None or not mode.classes else list(mode.classes)
    counted = bool(project.setting("votes", False))
    names, codes = _codes(fold, usable, declared or kind.ordered(sorted(fold.used(), key=natural)), counted)
    groups = samples.group_codes()[0]
    separate = wish.is_separate or (wish.test_size is not None and project.test_rows() is not None)
    # The test set is locked before a limit is drawn: else the first call would score on less than the next.
    test = project.test_rows() if separate else _locked(project, kind, wish, everything)
    if wish.max_samples:
        codes = _limit(codes, wish.max_samples, seed, test)
    torn = "" if separate else tell_torn(project, kind)
    nouns = kind.words(samples)
    drawing = Drawing(samples, codes, everything, groups, names, nouns, kind.apart, test, separate, torn)
    split, units = drawing.split(wish, seed, val_size)
    if not len(split.train):
        raise UserError("nothing is left to train on. Label more samples or widen --where.")
    split = replace(split, notes=(*_left_out(kind, gone, beside), *split.notes))
    votes = counted_votes(project, fold, names)
    return Plan(samples, names, codes, _targets(votes, names, codes), groups, units, split, votes)


def _refuse_beside(kind: Domain, fold: Fold, usable: npt.NDArray[np.bool_], labelled: npt.NDArray[np.bool_]) -> None:
    """UserError where all labels, or all of any other class, are of samples that nothing is learnt from."""
    there, all_of = (len(np.unique(fold.codes[rows])) for rows in (usable, labelled))
    if not there or there == 1 < all_of:
        told = "labels of another class are of" if there else "labels are of"
        raise UserError(f"all {told} {kind.asides[1]}, which nothing is learnt from. Label {kind.sample}s.")


def _left_out(kind: Domain, gone: int, beside: int) -> tuple[str, ...]:
    """What to say of labelled samples whose files are missing, or that are of another kind than what is learnt from."""
    words = []
    if beside:
        labelled = plural(beside, f"labelled {kind.asides[0]}", f"labelled {kind.asides[1]}")
        words.append(f"{labelled} left out: only {kind.sample}s are learnt from and scored.")
    if gone:
        labelled = plural(gone, "labelled sample")
        words.append(f"{labelled} left out, whose files are missing: none is learnt from or scored.")
    return tuple(words)


def _usable(fold: Fold, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    usable: npt.NDArray[np.bool_] = mask & (fold.live_codes >= 0) & ~fold.flagged("exclude")
    return usable


def _codes(
    fold: Fold, usable: npt.NDArray[np.bool_], declared: Sequence[str], counted: bool
) -> tuple[tuple[str, ...], Rows]:
    """Class names that occur, declared ones in their order, and the code of each row.

    counted: all votes count, so a class that got some occurs, though no row has it for its label.
    """
    present = {fold.classes[code] for code in np.unique(fold.codes[usable]).tolist()}
    if len(present) < 2:
        found = f"only the class {min(present)!r}" if present else "no label"
        raise UserError(f"among the chosen samples there is {found}. Label samples of at least two classes.")
    if counted:
        present |= {fold.classes[code] for code in np.flatnonzero(fold.vote_counts()[usable].any(axis=0)).tolist()}
    names = tuple([name for name in declared if name in present] + sorted(present - set(declared), key=natural))
    place_of = np.array([names.index(name) if name in names else -1 for name in fold.classes] + [-1], np.int64)
    return names, np.where(usable, place_of[fold.codes], -1)


def _limit(codes: Rows, most: int, seed: int, test: Rows | None) -> Rows:
    """At most so many rows besides the locked test set, drawn at random by seed."""
    free = codes >= 0
    if test is not None:
        free[test] = False
    rows = np.flatnonzero(free)
    if len(rows) <= most:
        return codes
    dropped = np.random.default_rng([seed, 21]).permutation(rows)[most:]
    kept = codes.copy()
    kept[dropped] = -1
    return kept


def counted_votes(project: Project, fold: Fold, names: Sequence[str]) -> npt.NDArray[np.float64] | None:
    """How many voted for each of these classes, (n, k), where the project counts all votes; else None."""
    if not project.setting("votes", False):
        return None
    places = {name: code for code, name in enumerate(fold.classes)}
    counts = np.pad(fold.vote_counts(), ((0, 0), (0, 1)))
    return counts[:, [places.get(name, -1) for name in names]]


def _targets(votes: npt.NDArray[np.float64] | None, names: tuple[str, ...], codes: Rows) -> npt.NDArray[np.float32]:
    """One-hot present labels; vote shares where the project counts all votes."""
    targets = np.zeros((len(codes), len(names)), np.float32)
    rows = np.flatnonzero(codes >= 0)
    targets[rows, codes[rows]] = 1
    if votes is None:
        return targets
    counts = votes[rows].astype(np.float32)
    total = counts.sum(axis=1, keepdims=True)
    targets[rows] = np.where(total > 0, counts / np.maximum(total, 1e-9), targets[rows])
    return targets


@dataclass(frozen=True)
class Drawing:
    """What a split is drawn of, for a training as for its preview: nothing here reads or writes a project.

    codes, groups: (n,), the places in `classes` (−1 for rows that take no part) and the groups. usable: (n,), rows that
    any training may use. nouns: what a group and a sample are called; apart: no group is parted unasked. locked: the
    rows of the test set, None for none. separate: it is left alone. torn: that it parts groups, in words.
    """

    samples: Samples
    codes: Rows
    usable: npt.NDArray[np.bool_]
    groups: Rows
    classes: Sequence[str]
    nouns: tuple[str, str]
    apart: bool
    locked: Rows | None
    separate: bool
    torn: str = ""

    def split(self, wish: Wish, seed: int, val_size: float) -> tuple[Split, Rows]:
        """The split, and the codes (n,) of what it keeps together: given, of its own, or round the locked test set.

        Raises UserError where it tells nothing.
        """
        if wish.split:
            return read_split(place(wish.split), self.samples).keep(self.codes >= 0), self.groups
        if not self.separate:
            return self._round_locked(wish, seed, val_size), self.groups
        units, by = units_of(self.samples, wish.split_by, self.groups)
        seed = seed if wish.split_seed is None else wish.split_seed
        return self._separate(wish, seed, val_size, units, by), units

    def _separate(self, wish: Wish, seed: int, val_size: float, units: Rows, by: str) -> Split:
        """A split of its own, which leaves the locked test set alone."""
        codes, apart = self.codes, self.apart and by != "sample"
        size = TEST if wish.test_size is None else wish.test_size
        if by == "group" and wish.folds and wish.test_size is None:
            size = 0.0
        split = draw_split(
            codes, units, seed, size, val_size, by=by, within=self.groups, classes=self.classes, apart=apart
        )
        split = _folded(replace(split, kind="separate"), wish, codes, units, seed)
        if apart and (wish.folds or size):
            check_apart(split, codes, units, self.classes, (self.nouns[0] if by == "group" else by, self.nouns[1]))
        if wish.test_size and not len(split.test):
            told = f"a share of {wish.test_size:g} leaves the test set without a {split.by}"
            raise UserError(f"{told}. Give a larger one, or 0 for none.")
        return split

    def _round_locked(self, wish: Wish, seed: int, val_size: float) -> Split:
        """A split round the locked test set."""
        codes, groups, test = self.codes, self.groups, self.locked
        bare = None if test is None else int((~self.usable[test]).sum())
        split = draw_split(
            codes, groups, seed, 0.0, val_size, locked_test=test, classes=self.classes, bare=bare, apart=self.apart
        )
        if test is not None and not len(split.test) and not wish.folds:
            raise UserError(
                "none of the chosen samples is in the locked test set. Give --split-seed 1 for a split apart."
            )
        if self.torn and not len(split.train):
            raise UserError(self.torn[0].lower() + self.torn[1:])
        notes = [*split.notes, *([self.torn] if self.torn else [])]
        split = _folded(replace(split, notes=tuple(notes)), wish, codes, groups, seed)
        if self.apart:
            check_apart(split, codes, groups, self.classes, self.nouns)
            emptied = tell_emptied(split, codes)
            split = replace(split, notes=(*split.notes, *([f"{emptied} {REMEDY}"] if emptied else [])))
        return split


def _locked(project: Project, kind: Domain, wish: Wish, everything: npt.NDArray[np.bool_]) -> Rows | None:
    """The locked test set, locked now when there is none; None where folds need none."""
    test = project.test_rows()
    if test is None and not wish.folds:
        return lock_test(project, kind, everything, TEST if wish.test_size is None else wish.test_size)
    return test


def draw_anew(project: Project, kind: Domain, wish: Wish, params: Any) -> None:
    """Draw the locked test set anew over all that such a training may use; UserError for one that is sound."""
    usable = _usable(classed(project, kind, params, project.journal.fold), kind.there(project.samples))
    redraw_test(project, kind, usable, TEST if wish.test_size is None else wish.test_size)


def units_of(samples: Samples, column: str, groups: Rows) -> tuple[Rows, str]:
    """Codes (n,) of what a split keeps together, and its name: the group, a column, or "sample" for nothing."""
    if column in ("", "group"):
        return groups, "group"
    if column in ("sample", "id"):
        return np.arange(len(groups)), "sample"
    if column not in samples.names:
        raise UserError(unknown("column", column, ("group", "sample", *samples.names)))
    words = np.array([str(value) for value in samples.column(column).tolist()])
    return np.unique(words, return_inverse=True)[1].astype(np.int64), column


def _folded(split: Split, wish: Wish, codes: Rows, units: Rows, seed: int) -> Split:
    if not wish.folds:
        return split
    return add_folds(split, codes, units, wish.folds, seed)


def plain_wish(wish: Wish) -> Mapping[str, Any]:
    """The wish as JSON for the run record."""
    return dict(vars(wish))


def again(record: Mapping[str, Any]) -> Wish:
    """The wish of an earlier run, to train on the same rows."""
    return replace(Wish(), **record.get("wish", {}))
