"""Samples gathered by group: what each group is labelled, what a model says of all of it together, and how sure.

The model's word on a group is the mean log-odds of what it says of its samples, as `by_unit` joins them; beside it
stand the mean of the probabilities and the vote of the single samples. The interval is that of the mean log-odds over
the samples (Student's t, 95 %), so it tells how far the samples of this group differ, not how far the model errs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.fuse import EDGE
from models.natural import order_of

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
#: Fewer samples than this tell no interval.
LEAST = 3


@dataclass(frozen=True)
class Said:
    """What a model says of each of g groups taken together, (g,) each.

    said: how many samples the model speaks of; p, mean: mean log-odds as probability, and mean probability, of the
    class `of` of each group, NaN where nothing is said; low, high: the interval of p, NaN for fewer than `LEAST`
    samples or such as are all alike; vote: the share of samples whose likeliest class it is; model: the class that the
    model gives the whole group, −1 for none.
    """

    said: Rows
    of: Rows
    p: Floats
    mean: Floats
    low: Floats
    high: Floats
    vote: Floats
    model: Rows

    def of_groups(self, kept: Mask) -> dict[str, Any]:
        """The same of the groups that are kept, by name."""
        return {column.name: getattr(self, column.name)[kept] for column in fields(self)}


@dataclass(frozen=True, kw_only=True)
class Gathered(Said):
    """g groups of n samples. names (g,); rows: samples by group, in the order of the project; starts (g + 1,).

    label: the class of more than half of its labels, −1 for none; mixed: its labels are several. flagged: samples with
    a flag.
    """

    names: npt.NDArray[np.object_]
    rows: Rows
    starts: Rows
    label: Rows
    mixed: Mask
    flagged: Rows

    def __len__(self) -> int:
        return len(self.names)

    @property
    def counts(self) -> Rows:
        """Samples of each group, (g,)."""
        return np.diff(self.starts)

    @property
    def judged(self) -> Mask:
        """Which groups have both a label and the model's word, (g,)."""
        return np.asarray((self.label >= 0) & (self.model >= 0), bool)

    @property
    def differs(self) -> Mask:
        """Which groups the model takes for another class than they are labelled, (g,)."""
        return np.asarray(self.judged & (self.label != self.model), bool)

    @property
    def doubt(self) -> Floats:
        """How much speaks against the label of each group, (g,), NaN without a label or the model's word.

        The probability of another class than the label, of more than two that of the model's own where it differs.
        """
        against = np.where(self.label == self.of, 1 - self.p, self.p)
        return np.where(self.judged, against, np.nan)

    def of_group(self, place: int) -> Rows:
        """The samples of a group."""
        return self.rows[self.starts[place] : self.starts[place + 1]]


def gather(units: Rows, names: Sequence[str], codes: Rows, said: Said, live: Mask, flagged: Mask) -> Gathered:
    """Gather samples by group: units (n,) the place of each in names, codes (n,) of its label, −1 for none.

    said: of the same groups. live: which samples count; a group without one is left out.
    """
    rows = np.flatnonzero(live)
    place, count = units[rows], len(names)
    kept = np.bincount(place, minlength=count) > 0
    order = np.argsort(place, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=count)[kept])])
    classes = max(int(codes.max(initial=-1)) + 1, 1)
    known = codes[rows] >= 0
    pairs = place[known] * classes + codes[rows][known]
    votes = np.bincount(pairs, minlength=count * classes).reshape(count, classes)[kept]
    label = np.where(2 * votes.max(axis=1, initial=0) > votes.sum(axis=1), votes.argmax(axis=1), -1)
    return Gathered(
        names=np.array(names, object)[kept],
        rows=rows[order],
        starts=starts,
        label=label,
        mixed=(votes > 0).sum(axis=1) > 1,
        flagged=np.bincount(place, flagged[rows], minlength=count).astype(np.int64)[kept],
        **said.of_groups(kept),
    )


def weigh(units: Rows, count: int, p: npt.NDArray[np.floating], positive: int | None = None) -> Said:
    """What a model says of each of `count` groups: p (n, k), NaN where nothing is said of a sample.

    positive: the class that figures are of where there are two; with more they are of the class that the model gives
    the group.
    """
    kept = np.isfinite(p).all(axis=1) if p.shape[1] else np.zeros(len(p), bool)
    shares = _Shares(np.asarray(p[kept], np.float64), units[kept], count, positive)
    return Said(shares.said, shares.of, *shares.figures(), shares.model)


class _Shares:
    """What a model says of the samples that it speaks of, p (m, k), by the group of each, (m,)."""

    def __init__(self, p: Floats, place: Rows, count: int, positive: int | None) -> None:
        self.p, self.place, self.count = p, place, count
        self.said = np.bincount(place, minlength=count).astype(np.int64)
        self.logs = np.log(np.clip(p, EDGE, 1))
        joined = (
            np.stack([self._mean(column) for column in self.logs.T], axis=1) if p.shape[1] else np.zeros((count, 1))
        )
        self.model = np.where(self.said > 0, np.nan_to_num(joined).argmax(axis=1), -1)
        self.of = np.full(count, positive) if positive is not None and p.shape[1] == 2 else self.model.copy()

    def _mean(self, values: Floats) -> Floats:
        """The mean of values (m,) over each group, NaN for none."""
        sums = np.bincount(self.place, values, minlength=self.count)
        return np.asarray(sums / np.where(self.said, self.said, np.nan))

    def figures(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """p, mean, low, high and vote of the class that each group's figures are of."""
        if not len(self.p):
            none = np.full(self.count, np.nan)
            return none, none, none, none, none
        own, at = self.of[self.place], np.arange(len(self.p))
        # Of more than two classes the odds are against all others together.
        odds = self.logs[at, own] - np.log(np.maximum(1 - self.p[at, own], EDGE))
        middle = self._mean(odds)
        spread = self._spread(odds, middle)
        vote = self._mean((self.p.argmax(axis=1) == own).astype(np.float64))
        return _share(middle), self._mean(self.p[at, own]), _share(middle - spread), _share(middle + spread), vote

    def _spread(self, odds: Floats, middle: Floats) -> Floats:
        """Half the interval of each mean, NaN for few samples and for such as do not differ."""
        squares = np.bincount(self.place, (odds - middle[self.place]) ** 2, minlength=self.count)
        enough = (self.said >= LEAST) & (squares > 1e-12)
        n = np.where(enough, self.said, np.nan)
        return np.asarray(_t95(n - 1) * np.sqrt(squares / (n - 1) / n))


def _t95(freedom: Floats) -> Floats:
    """The 97.5 % point of Student's t, NaN where the degrees of freedom are."""
    from scipy.special import stdtrit  # loaded when something is to be shown, not with the window

    return np.asarray(stdtrit(freedom, 0.975), np.float64)


def _share(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)))


#: Ways to order groups, and what each is called.
SORTS = {
    "doubt": "disagreement",
    "p": "p",
    "name": "name",
    "count": "recordings",
    "label": "label",
    "mixed": "mixed labels",
    "flagged": "flags",
}


def sort_groups(found: Gathered, by: str) -> Rows:
    """Places of the groups, (g,), in an order of `SORTS`; what is missing stands last, names decide between equals."""
    names = order_of(found.names, False)
    if by == "name":
        return names
    values: dict[str, tuple[npt.NDArray[np.floating], bool]] = {
        "doubt": (found.doubt, True),
        "p": (found.p, True),
        "count": (found.counts.astype(float), True),
        "label": (np.where(found.label < 0, np.nan, found.label), False),
        "mixed": (found.mixed.astype(float), True),
        "flagged": (found.flagged.astype(float), True),
    }
    column, descending = values[by]
    return names[order_of(column[names], descending)]
