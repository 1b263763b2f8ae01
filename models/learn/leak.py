"""How much a score flatters: one recipe split by group and by sample, beside what needs no sample at all.

A model that meets a speaker in training knows the voice at the test, whatever it learnt of the illness. The same
recipe split by recording and by speaker tells how much of a score is that (Chaibub Neto et al. 2019). Labels dealt
anew among speakers are the floor, and models of age, sex or the microphone alone tell which other way leads there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.bootstrap import centred, draw_rows, interval
from models.learn.metrics import mean_auc
from models.learn.words import interval as brackets
from models.learn.words import plural, share, signed

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
#: Two groups are alike in a number that differs by no more than this share of its spread over the groups.
ALIKE = 0.5
#: Draws of groups for the interval of a difference.
DRAWS = 500
#: What is told of labels that were dealt anew.
FLOOR = ("auc", "balanced_accuracy", "accuracy")


def permute(codes: npt.ArrayLike, groups: npt.ArrayLike, seed: int) -> Rows:
    """The labels dealt anew, −1 left as it is: among groups where each has one, else among the samples of each group.

    So nothing but the tie between samples and labels is lost: classes keep their counts of groups or samples.
    """
    known, units = np.asarray(codes, np.int64), np.asarray(groups)
    rng, dealt = np.random.default_rng([seed, 31]), known.copy()
    rows = np.flatnonzero(known >= 0)
    names, unit = np.unique(units[rows], return_inverse=True)
    first = known[rows][np.unique(unit, return_index=True)[1]] if len(rows) else known[:0]
    if len(names) > 1 and (known[rows] == first[unit]).all():
        dealt[rows] = rng.permutation(first)[unit]
        return dealt
    for number in range(len(names)):
        inside = rows[unit == number]
        dealt[inside] = rng.permutation(known[inside])
    return dealt


def match_groups(codes: npt.ArrayLike, groups: npt.ArrayLike, table: npt.ArrayLike, kinds: Sequence[bool] = ()) -> Rows:
    """Rows of groups that can be paired across classes: alike in each column of the table (n, d), of one class each.

    Every group of the class with fewest is paired with one of each other class, so that all differences together are
    least (assignment); a pair whose columns differ by more than `ALIKE` of their spread is left out, in one of kinds
    (`kinds`, none by default) by anything at all, and so is a group with a gap. Ascending; empty where nothing fits.
    """
    known, units, x = np.asarray(codes, np.int64), np.asarray(groups), np.asarray(table, np.float64)
    rows = np.flatnonzero(known >= 0)
    _, first, unit = np.unique(units[rows], return_index=True, return_inverse=True)
    label, values = known[rows[first]], x[rows[first]]
    mixed = np.unique(unit[known[rows] != label[unit]])
    fit = np.asarray(np.isfinite(values).all(axis=1), bool)
    fit[mixed] = False
    classes = [np.flatnonzero(fit & (label == code)) for code in np.unique(label[fit])]
    if len(classes) < 2:
        return np.empty(0, np.int64)
    strict = np.asarray(kinds, bool) if len(kinds) else np.zeros(values.shape[1], bool)
    spread = values[fit].std(axis=0)
    chosen = _pair(classes, values / np.where(spread > 0, spread, 1.0), strict)
    return rows[np.isin(unit, chosen)]


def _pair(classes: Sequence[Rows], scaled: Floats, strict: npt.NDArray[np.bool_]) -> Rows:
    """Groups of which each class has one that is like those of the others."""
    from scipy.optimize import linear_sum_assignment

    classes = sorted(classes, key=len)
    kept = [[one] for one in classes[0].tolist()]
    for other in classes[1:]:
        apart = np.abs(scaled[[row[0] for row in kept], None] - scaled[None, other])
        far = np.asarray((apart > np.where(strict, 1e-9, ALIKE)).any(axis=2), bool)
        left, right = linear_sum_assignment(apart.sum(axis=2) + 1e6 * far)
        partner = {int(a): int(other[b]) for a, b in zip(left, right, strict=True) if not far[a, b]}
        kept = [[*row, partner[place]] for place, row in enumerate(kept) if place in partner]
    return np.array([one for row in kept for one in row], np.int64)


def over_deals(deals: Sequence[Mapping[str, Any]], reached: float | None) -> dict[str, Any]:
    """Scores of several deals of the labels as one row: means, and where 95 of 100 single deals lie.

    That interval is of Student's distribution about the mean, for one deal more; None for fewer than two. draws: the
    AUCs. share: of the deals, the true one counted among them, that are as good as `reached`: a permutation test.
    """
    found: dict[str, Any] = {"n": int(deals[0]["n"]), "intervals": {}, "chance": deals[0]["chance"]}
    for name in FLOOR:
        values = [float(deal[name]) for deal in deals if deal[name] is not None]
        found[name] = float(np.mean(values)) if values else None
        found["intervals"][name] = _spread(values)
    aucs = [float(deal["auc"]) for deal in deals if deal["auc"] is not None]
    as_good = None if reached is None else (1 + sum(auc >= reached for auc in aucs)) / (1 + len(aucs))
    return {**found, "draws": aucs, "share": as_good, "interval_by": "draw", "interval_units": len(aucs)}


def _spread(values: Sequence[float]) -> list[float] | None:
    from scipy.stats import t

    if len(values) < 2:
        return None
    reach = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) * np.sqrt(1 + 1 / len(values)))
    middle = float(np.mean(values))
    return [max(middle - reach, 0.0), min(middle + reach, 1.0)]


def flattery(
    codes: npt.ArrayLike, by_group: npt.ArrayLike, by_sample: npt.ArrayLike, groups: npt.ArrayLike, seed: int = 0
) -> dict[str, Any]:
    """{difference, interval}: mean AUC of the second table of probabilities (n, k) less that of the first.

    Both of the same rows; the interval is of the same draws of whole groups, centred on the difference.
    """
    truth = np.asarray(codes, np.int64)
    first, second = np.asarray(by_group, np.float64), np.asarray(by_sample, np.float64)
    found = [mean_auc(truth, p) for p in (first, second)]
    if not np.isfinite(found).all():
        return {"difference": None, "interval": None}
    drawn = [_gap(truth, first, second, rows) for rows in draw_rows(groups, len(truth), DRAWS, seed)]
    gap = float(found[1] - found[0])
    return {"difference": gap, "interval": interval(centred(drawn, gap, -1.0))}


def _gap(truth: Rows, first: Floats, second: Floats, rows: Rows) -> float:
    return mean_auc(truth[rows], second[rows]) - mean_auc(truth[rows], first[rows])


def tell_leak(told: Mapping[str, Any], group: str, sample: str) -> str:
    """The difference in words. told: {difference, interval, shared, groups}; group, sample: what these are called."""
    gap, reach = told.get("difference"), told.get("interval")
    if gap is None:
        return "The difference is undefined: too few labels of one class."
    of = plural(int(told["groups"]), group)
    meets = f"{told['shared']} of {of} stand in training and in test there"
    if reach is None or reach[0] <= 0 <= reach[1]:
        return f"A split by {sample} differs by {signed(gap)} {brackets(reach)}: nothing is proven. {meets}.".strip()
    flatters = "flatters by" if gap > 0 else "is worse by"
    return f"A split by {sample} {flatters} {share(abs(gap))} {_positive(gap, reach)}. {meets}."


def _positive(gap: float, reach: Sequence[float]) -> str:
    low, high = (reach[0], reach[1]) if gap > 0 else (-reach[1], -reach[0])
    return brackets([low, high])
