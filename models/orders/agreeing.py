"""How those who label a project agree: annotators, files, and a run on what it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.event import FILE, LABEL, MODEL, Entry, Event
from models.job import Progress, Steps
from models.learn.agreement import agree, fleiss, paired
from models.learn.raters import Bounds, Pairs, Standing, against_others, collect, compare_all, fleiss_interval
from models.learn.truth import Truth, estimate
from models.learn.words import plural
from models.orders.naming import check_class, find_domain, place, plain
from models.params import unknown
from models.store.project import Project
from models.store.view import View
from models.store.voted import SETTLED

Codes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.float64]
Levels = Sequence[tuple[str, Codes]]
#: Values of the column of `--group-by` that get a row of their own.
VALUES = 50
#: Pairs that are told one by one, those with most samples in common; all of them count in the figures of pairs.
PAIRS_TOLD = 100
#: Samples in common from which a pair's agreement says something.
LEAST = 40


def opinions(view: View, run: bool = True) -> dict[str, Codes]:
    """Who → a code of the fold's classes each, −1 for none: annotators with a vote, then the view's run.

    The run has an opinion only on samples that it did not learn from.
    """
    fold, live = view.fold, view.fold.live
    # A label that its source drew from the votes is no opinion beside them.
    own = {by: live & ~fold.tallied() if by == FILE else live for by in fold.annotators()}
    found = {by: np.where(there, fold.vote_codes(by), -1).astype(np.int64) for by, there in own.items()}
    if run:
        codes = {name: code for code, name in enumerate(fold.classes)}
        model = np.array([codes.get(name, -1) if name else -1 for name in view.column("prediction")], np.int64)
        found[MODEL] = np.where(live & ~view.taught(), model, -1)
    return {name: votes for name, votes in found.items() if (votes >= 0).any()}


def count_votes(view: View) -> Counts:
    """(rows, the fold's classes) all votes on the samples that are there: annotators', and those of no name."""
    return view.fold.vote_counts() * view.fold.live[:, None]


def several_voted(counts: Counts) -> npt.NDArray[np.bool_]:
    """Samples on which more than one voted: by their number, or because votes told as shares name several."""
    return np.asarray(paired(counts) | ((counts > 0).sum(axis=1) > 1), bool)


def split_rows(project: Project, counts: Counts) -> Codes:
    """Rows whose votes name different classes and which nobody settled."""
    settled = project.journal.fold.codes_of(SETTLED) >= 0
    return np.flatnonzero(((counts > 0).sum(axis=1) > 1) & ~settled)


@dataclass(frozen=True, eq=False)
class Survey:
    """Many raters at once: each pair, with the run among them; each annotator against the others; the likely classes.

    people: the annotators, in the order of `others` and of the matrices of `truth`. names: these and the run, in
    the order of `pairs`.
    """

    names: tuple[str, ...]
    people: tuple[str, ...]
    pairs: Pairs
    kappa: float | None
    interval: Bounds | None
    others: list[Standing]
    truth: Truth

    @property
    def among(self) -> Pairs:
        """The pairs of annotators, without the run."""
        size = len(self.people)
        return Pairs(self.pairs.n[:size, :size], self.pairs.share[:size, :size], self.pairs.kappa[:size, :size])


def survey(votes: Mapping[str, Codes], counts: Counts, groups: Codes) -> Survey:
    """How those agree whose votes these are, and how each of them errs."""
    people = tuple(name for name in votes if name != MODEL)
    ballots = collect([votes[name] for name in people], counts)
    return Survey(
        tuple(votes),
        people,
        compare_all(collect(list(votes.values()), counts)),
        *kappa_of_all(votes, counts, groups),
        against_others(ballots, groups),
        estimate(ballots),
    )


def agreement(project: str, group_by: str = "", run: str = "last") -> Steps:
    """Kappa of all annotators, of each pair and each annotator; the ids of samples with split votes."""
    with Project.open(place(project)) as opened:
        view = View(opened, run)
        votes, counts, classes = opinions(view), count_votes(view), tuple(opened.journal.fold.classes)
        if len(votes) < 2 and not several_voted(counts).any():
            raise UserError(
                "fewer than two have an opinion here. Label as a second curator, or import labels beside the first."
            )
        levels = _levels(view, group_by) if group_by else []
        yield Progress(0, 1, "all raters")
        found = survey(votes, counts, opened.samples.group_codes()[0])
        chosen, left = _chosen(found)
        pairs = []
        for number, (one, other) in enumerate(chosen, 1):
            yield Progress(number, len(chosen), f"{one} and {other}")
            pairs += _pair(opened, votes, (one, other), classes, levels)
        rows = split_rows(opened, counts)
        ids = list(opened.samples.take(rows).ids()) if len(rows) else []
        head = {"kappa": found.kappa, "interval": found.interval, "annotators": list(votes), "classes": list(classes)}
        several = {"raters": _raters(found, classes), "pairwise": _pairwise(found), "pairs_left_out": left}
        told: dict[str, Any] = plain({**head, "pairs": pairs, **several, "open": len(ids), "open_samples": ids})
        return told


def _chosen(found: Survey) -> tuple[list[tuple[str, str]], int]:
    """The pairs that are told one by one, in order of names, and how many are not."""
    known = [pair for pair in combinations(range(len(found.names)), 2) if found.pairs.n[pair]]
    kept = sorted(sorted(known, key=lambda pair: -int(found.pairs.n[pair]))[:PAIRS_TOLD])
    return [(found.names[one], found.names[other]) for one, other in kept], len(known) - len(kept)


def _pairwise(found: Survey) -> dict[str, Any]:
    """Mean share and mean kappa over the pairs of annotators that share enough samples."""
    shares, kappas = found.among.listed(LEAST)
    known = kappas[np.isfinite(kappas)]
    return {
        "pairs": len(shares),
        "least_in_common": LEAST,
        "agreement": float(shares.mean()) if len(shares) else None,
        "kappa": float(known.mean()) if len(known) else None,
        "median_kappa": float(np.median(known)) if len(known) else None,
    }


def _raters(found: Survey, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each annotator: against the majority of the others, and by the estimate of the likely classes."""
    sure = found.truth.accuracies()
    return [
        {
            "rater": name,
            "votes": int(found.pairs.n[place, place]),
            "n": one.n,
            "agreement": one.share,
            "kappa": one.kappa,
            "interval": one.interval,
            "accuracy": float(sure[place]),
            "bias": dict(zip(classes, found.truth.bias[place].tolist(), strict=True)),
            "errors": found.truth.errors[place].tolist(),
        }
        for place, (name, one) in enumerate(zip(found.people, found.others, strict=True))
    ]


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


def kappa_of_all(votes: Mapping[str, Codes], counts: Counts, groups: Codes) -> tuple[float | None, Bounds | None]:
    """Kappa of all votes with its interval: Cohen's where two annotators gave them all, else Fleiss'."""
    people = [codes for name, codes in votes.items() if name != MODEL]
    if len(people) == 2 and counts.sum() == sum(int((codes >= 0).sum()) for codes in people):
        pair = agree(people[0], people[1], groups, counts.shape[1])
        return pair.kappa, pair.interval
    return fleiss(counts), fleiss_interval(counts, groups)


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
    waiting = set(split_rows(project, count_votes(View(project, ""))).tolist())
    known = project.journal.fold.codes_of(SETTLED) >= 0
    wrong = [row for row in rows if row not in waiting and not known[row]]
    if wrong:
        name = project.samples.take(wrong[:1]).ids()[0]
        raise UserError(f"{name}: its votes do not differ, so there is nothing to settle. Use winnow label.")
    pairs = list(zip(rows, values, strict=True))
    entries = [Entry(row, LABEL, name, value) for row, value in pairs for name in ("", SETTLED)]
    count = plural(len(rows), "sample")
    return project.journal.act(entries, by, f"Settle {count}")
