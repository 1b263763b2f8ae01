"""Two runs on the same samples: paired bootstrap by group, what flipped, a verdict in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.bootstrap import draw_units, interval
from models.learn.divergence import divergences
from models.learn.metrics import check_probabilities
from models.learn.words import interval as brackets
from models.learn.words import listing, plural, share, signed

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


#: What the intervals of a comparison leave out where all samples are of one group.
ONE_GROUP = "All of this is of one group; another one may show otherwise."


@dataclass(frozen=True)
class Gap:
    """One compared figure: its name (a class, or a value of a column), rows, both runs' value.

    difference = second − first, with its 95 % interval; None where undefined.
    """

    name: str
    n: int
    first: float | None
    second: float | None
    difference: float | None
    interval: tuple[float, float] | None

    @property
    def worse(self) -> bool:
        """The second is worse beyond chance: the whole interval lies below 0."""
        return self.interval is not None and self.interval[1] < 0

    @property
    def better(self) -> bool:
        """The second is better beyond chance."""
        return self.interval is not None and self.interval[0] > 0

    def words(self) -> str:
        """``.52 against .60, difference −.08 [−.14, −.03]``."""
        told = f"{share(self.second)} against {share(self.first)}, difference {signed(self.difference)}"
        return f"{told} {brackets(self.interval)}".rstrip()

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "n": self.n,
            "first": self.first,
            "second": self.second,
            "difference": self.difference,
            "interval": None if self.interval is None else list(self.interval),
        }


@dataclass(frozen=True)
class Comparison:
    """The second run against the first.

    metric: "balanced_accuracy", or "accuracy" when truth holds one class. difference, interval:
    second − first. per_class: recalls. by: column → gaps of the metric at its values. flipped,
    now_right, now_wrong: positions in the compared rows whose prediction changed, and which of
    them became right or wrong. worse_classes: classes with a whole interval below 0; worse_sites
    the same for `by`, as "column value". kl: the divergence from the votes, of which less is better; None where no
    votes are counted.
    """

    metric: str
    overall: Gap
    per_class: tuple[Gap, ...]
    by: dict[str, tuple[Gap, ...]]
    flipped: Rows
    now_right: Rows
    now_wrong: Rows
    verdict: str
    worse_classes: tuple[str, ...]
    worse_sites: tuple[str, ...]
    kl: Gap | None = None

    @property
    def difference(self) -> float | None:
        """Second − first in the metric."""
        return self.overall.difference

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the difference."""
        return self.overall.interval

    @property
    def worse(self) -> bool:
        """Whether a person should be warned before the second replaces the first."""
        return self.overall.worse or bool(self.worse_classes) or bool(self.worse_sites)

    def plain(self) -> dict[str, Any]:
        """As JSON, with counts of the flipped rows."""
        return {
            "metric": self.metric,
            "n": self.overall.n,
            "first": self.overall.first,
            "second": self.overall.second,
            "difference": self.difference,
            "interval": None if self.interval is None else list(self.interval),
            "per_class": [gap.plain() for gap in self.per_class],
            "by": {name: [gap.plain() for gap in gaps] for name, gaps in self.by.items()},
            "flipped": len(self.flipped),
            "now_right": len(self.now_right),
            "now_wrong": len(self.now_wrong),
            "kl": None if self.kl is None else self.kl.plain(),
            "worse": self.worse,
            "worse_classes": list(self.worse_classes),
            "worse_sites": list(self.worse_sites),
            "verdict": self.verdict,
        }


def compare_runs(
    truth: npt.ArrayLike,
    p_a: npt.ArrayLike,
    p_b: npt.ArrayLike,
    groups: npt.ArrayLike | None,
    classes: Sequence[str],
    draws: int = 1000,
    seed: int = 0,
    *,
    names: tuple[str, str] = ("the first run", "the second run"),
    titles: Mapping[str, str] | None = None,
    by: Mapping[str, npt.ArrayLike] | None = None,
) -> Comparison:
    """Compare two runs' probabilities, (n, k) each, on the same rows.

    truth: codes (n,), −1 rows are passed over. Both runs are scored on the same draws of groups
    (paired bootstrap, by sample with one group), so what makes a draw easy cancels out. names and
    titles (of classes) are for the verdict. by: columns, for example the site, whose every value is
    compared too. Each class and value is judged at 95 % by itself, without correction for their
    number: a warning too many costs a look, one too few a worse model. Raises UserError without
    common rows or for probabilities that are none.
    """
    codes = np.asarray(truth, np.int64)
    kept = np.flatnonzero(codes >= 0)
    if not len(kept):
        raise UserError("The two runs share no labelled sample, so they cannot be compared.")
    shape = (len(codes), len(classes))
    first, second = (_answers(table, kept, shape, name) for table, name in zip((p_a, p_b), names, strict=True))
    codes = codes[kept]
    units = None if groups is None else np.asarray(groups)[kept]
    metric, overall, recalls = _gaps(codes, first, second, units, len(classes), draws, seed)
    per_class = tuple(_named(gap, (titles or {}).get(name, name)) for gap, name in zip(recalls, classes, strict=True))
    sites = {name: _sites(np.asarray(values)[kept], codes, (first, second), units, len(classes), draws, seed)
             for name, values in (by or {}).items()}  # fmt: skip
    flipped = first != second
    worse = tuple(name for name, gap in zip(classes, per_class, strict=True) if gap.worse)
    worse_sites = tuple(f"{name} {gap.name}" for name, gaps in sites.items() for gap in gaps if gap.worse)
    right, wrong = kept[flipped & (second == codes)], kept[flipped & (first == codes)]
    words = _verdict(metric, overall, per_class, sites, (len(right), len(wrong)), names)
    if units is not None and len(np.unique(units)) == 1:
        words += f" {ONE_GROUP}"
    return Comparison(metric, overall, per_class, sites, kept[flipped], right, wrong, words, worse, worse_sites)


def _answers(p: npt.ArrayLike, kept: Rows, shape: tuple[int, int], name: str) -> Rows:
    """The likeliest class of each of these rows; UserError for probabilities that are none, or of another shape."""
    table = np.asarray(p, np.float64)
    if table.shape != shape:
        raise UserError(f"The predictions of {name} do not fit {shape[0]} samples of {shape[1]} classes.")
    check_probabilities(table[kept])
    return np.asarray(table[kept].argmax(axis=1), np.int64)


def compare_votes(
    votes: npt.ArrayLike, p_a: npt.ArrayLike, p_b: npt.ArrayLike, groups: npt.ArrayLike | None, draws: int = 1000
) -> Gap | None:
    """The divergence of two runs' probabilities (n, k) from votes (n, k), paired by group; None without a vote."""
    counts = np.asarray(votes, np.float64)
    kept = np.flatnonzero(counts.sum(axis=1) > 0)
    if not len(kept):
        return None
    shares = counts[kept] / counts[kept].sum(axis=1, keepdims=True)
    first, second = (divergences(shares, np.asarray(table, np.float64)[kept]) for table in (p_a, p_b))
    lots = draw_units(None if groups is None else np.asarray(groups)[kept], len(kept), draws, 0)
    drawn = lots.sums(second - first) / lots.sums(np.ones(len(kept)))
    return _gap("kl", len(kept), float(first.mean()), float(second.mean()), drawn)


def _named(gap: Gap, name: str) -> Gap:
    return Gap(name, gap.n, gap.first, gap.second, gap.difference, gap.interval)


def _gaps(
    codes: Rows, first: Rows, second: Rows, units: npt.NDArray[Any] | None, k: int, draws: int, seed: int
) -> tuple[str, Gap, list[Gap]]:
    """The metric compared, its gap, and the gap in each class's recall."""
    lots = draw_units(units, len(codes), draws, seed)
    sizes = lots.counts(codes, k)
    counts = np.bincount(codes, minlength=k)
    recalls, drawn = [], []
    for guess in (first, second):
        right = np.bincount(codes[guess == codes], minlength=k)
        cells = np.where(guess == codes, codes, k)
        with np.errstate(divide="ignore", invalid="ignore"):
            recalls.append(right / counts)
            drawn.append(lots.counts(cells, k + 1)[:, :k] / sizes)
    several = (counts > 0).sum() > 1
    metric = "balanced_accuracy" if several else "accuracy"
    both = [_present_mean(recall[None])[0] for recall in recalls]
    overall = _gap(metric, len(codes), both[0], both[1], _present_mean(drawn[1]) - _present_mean(drawn[0]))
    spread = drawn[1] - drawn[0]
    # All of a class in one unit: each draw says the same of it, which bounds nothing.
    spread[:, [len(np.unique(lots.unit[codes == c])) < 2 for c in range(k)]] = np.nan
    classes = [_gap("", int(counts[c]), recalls[0][c], recalls[1][c], spread[:, c]) for c in range(k)]
    return metric, overall, classes


def _present_mean(recalls: Floats) -> Floats:
    """Mean recall of the classes in truth, for each row of recalls (m, k)."""
    defined = np.isfinite(recalls)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(defined, recalls, 0).sum(axis=1) / defined.sum(axis=1)
    return mean


def _gap(name: str, n: int, first: float, second: float, drawn: Floats) -> Gap:
    if not n:
        return Gap(name, 0, None, None, None, None)
    pair = interval(drawn)
    limits = None if pair is None else (pair[0], pair[1])
    return Gap(name, n, float(first), float(second), float(second - first), limits)


def _sites(
    values: npt.NDArray[Any],
    codes: Rows,
    guesses: tuple[Rows, Rows],
    units: npt.NDArray[Any] | None,
    k: int,
    draws: int,
    seed: int,
) -> tuple[Gap, ...]:
    words = np.array([str(value) for value in values.tolist()], dtype=str)
    gaps = []
    for word in np.unique(words):
        mask = words == word
        groups = None if units is None else units[mask]
        _, gap, _ = _gaps(codes[mask], guesses[0][mask], guesses[1][mask], groups, k, draws, seed)
        gaps.append(_named(gap, str(word)))
    return tuple(gaps)


def _verdict(
    metric: str,
    overall: Gap,
    per_class: Sequence[Gap],
    sites: Mapping[str, Sequence[Gap]],
    turned: tuple[int, int],
    names: tuple[str, str],
) -> str:
    """One sentence on the whole, one on each class and value that is worse, one on what flipped."""
    first, second = names
    title = metric.replace("_", " ")
    start = second[0].upper() + second[1:] if second.startswith("the ") else second
    if overall.worse or overall.better:
        lines = [f"{start} is {'worse' if overall.worse else 'better'}: {title} {overall.words()}."]
    else:
        lines = [f"No difference shown between {first} and {second}: {title} {overall.words()}."]
    lines += [f"{start} is worse on {gap.name}: {gap.words()}." for gap in per_class if gap.worse]
    for name, gaps in sites.items():
        lines += [f"{start} is worse where {name} is {gap.name}: {gap.words()}." for gap in gaps if gap.worse]
    if sum(turned):
        told = listing([f"{plural(turned[0], 'answer')} became right", f"{turned[1]} became wrong"])
        lines.append(f"{told}.")
    return " ".join(lines)
