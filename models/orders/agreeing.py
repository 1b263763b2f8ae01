"""How those who label a project agree: annotators, files, and a run on what it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.event import LABEL, MODEL, Entry, Event
from models.job import Progress, Steps
from models.learn.agreement import agree, fleiss
from models.orders.naming import check_class, find_domain, place, plain
from models.params import unknown
from models.store.project import Project
from models.store.view import View

Codes = npt.NDArray[np.int64]
Levels = Sequence[tuple[str, Codes]]
#: The set of labels that says how split votes were settled.
SETTLED = "settled"
#: Values of the column of `--group-by` that get a row of their own.
VALUES = 50


def opinions(view: View, run: bool = True) -> dict[str, Codes]:
    """Who → a code of the fold's classes each, −1 for none: annotators with a vote, then the view's run.

    The run has an opinion only on samples that it did not learn from.
    """
    fold, live = view.fold, view.fold.live
    found = {by: np.where(live, fold.vote_codes(by), -1).astype(np.int64) for by in fold.annotators()}
    if run:
        codes = {name: code for code, name in enumerate(fold.classes)}
        model = np.array([codes.get(name, -1) if name else -1 for name in view.column("prediction")], np.int64)
        found[MODEL] = np.where(live & ~view.taught(), model, -1)
    return {name: votes for name, votes in found.items() if (votes >= 0).any()}


def split_rows(project: Project, votes: Mapping[str, Codes]) -> Codes:
    """Rows on which annotators (not the run) name different classes and which nobody settled."""
    people = [codes for name, codes in votes.items() if name != MODEL]
    if len(people) < 2:
        return np.zeros(0, np.int64)
    table = np.stack(people)
    most = table.max(0)
    least = np.where(table >= 0, table, np.iinfo(np.int64).max).min(0)
    settled = project.journal.fold.codes_of(SETTLED) >= 0
    return np.flatnonzero((most >= 0) & (least < most) & ~settled)


def agreement(project: str, group_by: str = "", run: str = "last") -> Steps:
    """Kappa of all annotators and of each pair, per class, by a column; the ids of samples with split votes."""
    with Project.open(place(project)) as opened:
        view = View(opened, run)
        votes, classes = opinions(view), tuple(opened.journal.fold.classes)
        if len(votes) < 2:
            raise UserError(
                "fewer than two have an opinion here. Label as a second curator, or import labels beside the first."
            )
        levels = _levels(view, group_by) if group_by else []
        pairs = []
        for number, (one, other) in enumerate(combinations(votes, 2), 1):
            yield Progress(number, len(votes) * (len(votes) - 1) // 2, f"{one} and {other}")
            pairs += _pair(opened, votes, (one, other), classes, levels)
        rows = split_rows(opened, votes)
        ids = list(opened.samples.take(rows).ids()) if len(rows) else []
        head = {"kappa": kappa_of_all(votes, len(classes)), "annotators": list(votes), "classes": list(classes)}
        told: dict[str, Any] = plain({**head, "pairs": pairs, "open": len(ids), "open_samples": ids})
        return told


def _pair(
    project: Project, votes: Mapping[str, Codes], names: tuple[str, str], classes: tuple[str, ...], levels: Levels
) -> list[dict[str, Any]]:
    """A pair's figures; nothing where no sample has both opinions."""
    one, other = (votes[name] for name in names)
    groups = project.samples.group_codes()[0]
    found = agree(one, other, groups, len(classes))
    if not found.n:
        return []
    told: dict[str, Any] = {"first": names[0], "second": names[1], **found.plain(classes)}
    if levels:
        told["by"] = [_at(level, rows, one, other, groups, len(classes)) for level, rows in levels]
    return [told]


def kappa_of_all(votes: Mapping[str, Codes], k: int) -> float | None:
    """Kappa of all annotators: Cohen's of two, Fleiss' of more."""
    people = [codes for name, codes in votes.items() if name != MODEL]
    if len(people) == 2:
        return agree(people[0], people[1], np.zeros(len(people[0]), np.int64), k, draws=0).kappa
    counts = np.zeros((len(next(iter(votes.values()))), k), np.int64)
    for codes in people:
        rows = np.flatnonzero(codes >= 0)
        counts[rows, codes[rows]] += 1
    return fleiss(counts)


def _levels(view: View, column: str) -> list[tuple[str, Codes]]:
    """The values of a column with their rows, most frequent first."""
    if column not in view.names():
        raise UserError(unknown("column", column, view.names()))
    values = np.array(["" if value is None else str(value) for value in view.column(column)], object)
    names, codes = np.unique(values.astype(str), return_inverse=True)
    order = np.argsort(-np.bincount(codes), kind="stable")[:VALUES]
    return [(str(names[code]), np.flatnonzero(codes == code)) for code in order if names[code]]


def _at(level: str, rows: Codes, one: Codes, other: Codes, groups: Codes, k: int) -> dict[str, Any]:
    found = agree(one[rows], other[rows], groups[rows], k, draws=0)
    return {"value": level, "n": found.n, "agreement": found.share, "kappa": found.kappa}


def adjudicate(project: Project, rows: Sequence[int], values: Sequence[str], by: str) -> Event:
    """Settle split votes: the person's label, and that it decides; one event. UserError where votes agree."""
    kind = find_domain(project)
    for value in dict.fromkeys(values):
        check_class(project, kind, value)
    waiting = set(split_rows(project, opinions(View(project, ""), False)).tolist())
    known = project.journal.fold.codes_of(SETTLED) >= 0
    wrong = [row for row in rows if row not in waiting and not known[row]]
    if wrong:
        name = project.samples.take(wrong[:1]).ids()[0]
        raise UserError(f"{name}: its votes do not differ, so there is nothing to settle. Use winnow label.")
    pairs = list(zip(rows, values, strict=True))
    entries = [Entry(row, LABEL, name, value) for row, value in pairs for name in ("", SETTLED)]
    count = f"{len(rows)} samples" if len(rows) != 1 else "1 sample"
    return project.journal.act(entries, by, f"Settle {count}")
