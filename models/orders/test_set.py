"""The locked test set of a project: drawn once, by whole groups; told where it parts groups, and drawn anew then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain
from models.errors import UserError
from models.learn.apart import check_apart
from models.learn.split import Split, draw_split
from models.learn.words import listing, plural
from models.sample import Samples
from models.store.project import Project
from models.store.voted import standing

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
#: A column of more different values than this is no level of the design.
LEVELS = 12
#: What to do about a test set that is none.
REMEDY = "On the command line winnow train --redraw-test draws it anew; runs before that are then compared no more."


def lock_test(project: Project, kind: Domain, labelled: Mask, size: float, again: bool = False) -> Rows:
    """Draw the test set over all labelled samples, (n,), and lock whole groups of it; gives its rows.

    It is even over the classes, and over the levels of the domain's own column (noise) as well, so
    that a metric by that column rests on groups of each level. Unlabelled samples of its groups
    belong to it too, so that none of them can be trained on later. again: in the place of one that is locked.
    """
    fold, samples = standing(project, project.journal.fold), project.samples
    level = level_of(samples, kind)
    rows = first_test(
        np.where(labelled, fold.codes, -1),
        samples.group_codes()[0],
        samples.column(level) if level else None,
        size,
        fold.classes,
        kind.words(samples) if kind.apart else None,
    )
    if not len(rows):
        raise UserError("there are too few labelled samples for a test set. Label more, or say --folds 5.")
    project.lock_test(rows, again)
    return rows


def level_of(samples: Samples, kind: Domain) -> str:
    """The column of the domain by whose levels runs are scored, as far as these samples have it; "" for none."""
    return next((name for name in kind.by_columns if name in samples.names), "")


def first_test(
    codes: Rows,
    groups: Rows,
    values: npt.NDArray[Any] | None,
    size: float,
    classes: Sequence[str],
    apart: tuple[str, str] | None,
) -> Rows:
    """The rows that a first training locks for its test: whole groups, with those of theirs that have no label.

    codes, groups, values: (n,), the class of `classes` (−1 for none), the group, the level by which runs are scored.
    apart: what a group and a sample are called where groups must not be parted; UserError then where the test set would
    tell nothing.
    """
    drawn = draw_test(codes, groups, values, size, apart is not None)
    if apart is not None:
        check_apart(drawn, codes, groups, classes, apart)
    rows = drawn.test
    return np.flatnonzero(np.isin(groups, np.unique(groups[rows]))) if drawn.by == "group" and len(rows) else rows


def draw_test(codes: Rows, groups: Rows, values: npt.NDArray[Any] | None, size: float, apart: bool = False) -> Split:
    """The split whose test side a first training locks. values: (n,) of the column by which runs are scored.

    Where groups can be spared by their classes alone, no level parts them: of a level for each group there is none to
    spare, and the split would be by sample. Nor does a level keep a class out of the test. apart: never by sample.
    """
    drawn, plain = (
        draw_split(strata, groups, 0, size, 0.0, apart=apart) for strata in (_strata(codes, groups, values), codes)
    )
    as_many = len(np.unique(codes[drawn.test])) >= len(np.unique(codes[plain.test]))
    return drawn if len(drawn.test) and drawn.by == "group" and as_many else plain


def _strata(codes: Rows, groups: Rows, values: npt.NDArray[Any] | None) -> Rows:
    """Class and level of the values as one number; −1 unlabelled."""
    if values is None:
        return codes
    words = np.array([str(value) for value in values.tolist()])
    levels = np.unique(words, return_inverse=True)[1].astype(np.int64)
    count = int(levels.max(initial=0)) + 1
    pairs = len(np.unique(groups * count + levels))
    if count > LEVELS or pairs != len(np.unique(groups)):
        return codes
    return np.where(codes >= 0, codes * count + levels, -1)


def redraw_test(project: Project, kind: Domain, labelled: Mask, size: float) -> None:
    """Draw a test set anew that parts groups or holds one class alone; UserError for one that is sound."""
    rows, fold = project.test_rows(), standing(project, project.journal.fold)
    if rows is None:
        return
    told = np.unique(fold.codes[rows][labelled[rows]])
    if len(told) > 1 and not tell_torn(project, kind):
        group = kind.words(project.samples)[0]
        raise UserError(f"the locked test set is one of whole {group}s. Runs are compared on it, so it stays as it is.")
    lock_test(project, kind, labelled, size, again=True)


def tell_torn(project: Project, kind: Domain) -> str:
    """That groups stand in the locked test set in part, where they are not to be parted; "" where all is well."""
    rows = project.test_rows()
    if rows is None or not kind.apart:
        return ""
    fold, groups = project.journal.fold, project.samples.group_codes()[0]
    outside = (fold.live_codes >= 0) & ~fold.flagged("exclude")
    outside[rows] = False
    beside = outside & np.isin(groups, groups[rows])
    if not beside.any():
        return ""
    group, sample = kind.words(project.samples)
    torn, count = len(np.unique(groups[beside])), plural(int(beside.sum()), f"labelled {sample}")
    left = "No training learns from these." if (outside & ~beside).any() else "Nothing is left to learn from."
    return (
        f"The locked test set parts {plural(torn, group)}: {count} of theirs stand outside it, as it was drawn by "
        f"{sample} or these came later. {left} {REMEDY}"
    )


def tell_leaking(project: Project, kind: Domain) -> list[str]:
    """Runs of the default split whose groups stand on two sides all the same, as earlier versions drew it."""
    if not kind.apart:
        return []
    group, sample = kind.words(project.samples)
    leaking = []
    for run in project.runs.list():
        split, wish = run.record.get("split", {}), run.record.get("wish", {})
        if split.get("independent") is False and not (wish.get("split_by") or wish.get("split")):
            leaking.append(run.title)
    if not leaking:
        return []
    were, scores = ("was", "its score tells") if len(leaking) == 1 else ("were", "their scores tell")
    return [
        f"{listing(leaking)} {were} split by {sample}, though nobody asked for that: {scores} nothing of another "
        f"{group}. Train anew."
    ]
