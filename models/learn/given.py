"""Scores of trainings whose splits came with the data: by fold, at the level of samples and of groups, and pooled.

An undefined figure (one class in a fold) is None there, is left out of mean and deviation, and what is pooled over
the folds has it all the same. Thresholds come from validation rows, never from those that are judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.bootstrap import bounds, can_bound, centred, draw_rows
from models.learn.fuse import RULES, Fusion, by_unit, class_by_unit, learn_fusion
from models.learn.metrics import mean_auc, mean_recall
from models.learn.words import interval as brackets
from models.learn.words import plural, share, signed
from models.recipe import Given

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
#: What is told of each fold, and of all together.
FIGURES = ("accuracy", "balanced_accuracy", "f1", "auc", "sensitivity", "specificity")
LEVELS = ("sample", "group")
#: Draws of groups for an interval.
DRAWS = 500


@dataclass(frozen=True)
class Answered:
    """What a model says of the validation and test rows of one given training, (m, k) each."""

    given: Given
    val: npt.NDArray[np.float32]
    test: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Truth:
    """What is known of all rows: codes (n,), −1 unlabelled, groups (n,), how many classes.

    positive: the class that sensitivity is of where there are two, None for more.
    """

    codes: Rows
    groups: Rows
    classes: int
    positive: int | None


@dataclass(frozen=True)
class Told:
    """Answers at one level: truth (m,), probabilities (m, k), the unit of each, and which are called positive (m,)."""

    truth: Rows
    p: Floats
    units: Rows
    guess: Rows


def choose_threshold(p: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """From which probability on (m,) a sample is called positive: where the recalls' mean is greatest, nearest .5.

    .5 where only one class is there.
    """
    values, truth = np.asarray(p, np.float64), np.asarray(positive, bool)
    if not len(values) or truth.all() or not truth.any():
        return 0.5
    known = np.unique(values)
    cuts = np.concatenate([[0.5], (known[1:] + known[:-1]) / 2])
    scores = [
        ((values >= cut) & truth).sum() / truth.sum() + ((values < cut) & ~truth).sum() / (~truth).sum() for cut in cuts
    ]
    best = np.flatnonzero(np.isclose(scores, max(scores)))
    return float(cuts[best[np.abs(cuts[best] - 0.5).argmin()]])


def tell(answered: Answered, truth: Truth, level: str) -> tuple[Told, float | None]:
    """The judged answers of one training at a level, and the threshold that its validation rows gave."""
    held = _at(answered.given.val, answered.val, truth, level)
    judged = _at(answered.given.test, answered.test, truth, level)
    if truth.positive is None:
        return Told(
            judged.truth, judged.p, judged.units, judged.p.argmax(axis=1) if len(judged.p) else judged.truth
        ), None
    cut = choose_threshold(held.p[:, truth.positive], held.truth == truth.positive)
    called = judged.p[:, truth.positive] >= cut
    guess = np.where(called, truth.positive, 1 - truth.positive)
    return Told(judged.truth, judged.p, judged.units, guess), cut


def _at(rows: Rows, p: npt.NDArray[Any], truth: Truth, level: str) -> Told:
    """The labelled ones of these rows at a level; a group has the label of most of its rows."""
    known = (truth.codes[rows] >= 0) & np.isfinite(p).all(axis=1)
    rows, p = rows[known], np.asarray(p[known], np.float64)
    codes, groups = truth.codes[rows], truth.groups[rows]
    if level == "sample" or not len(rows):
        return Told(codes, p.reshape(-1, truth.classes), groups, codes)
    joined, units = by_unit(p, groups)
    label = class_by_unit(codes, groups, truth.classes)
    return Told(label, joined, units, label)


def figures(told: Told, positive: int | None) -> dict[str, Any]:
    """{n, positives, each of FIGURES}: None where it is undefined; F1 is of the positive class, of more the mean.

    positives: how many of the n are of the positive class, which is what sensitivity is of, as specificity is of the
    others; None where there is no positive class. Where nobody is of it nothing could be found, so that there is no
    sensitivity and no F1 either.
    """
    found: dict[str, Any] = {"n": len(told.truth), "positives": None, **dict.fromkeys(FIGURES)}
    if positive is not None:
        found["positives"] = int((told.truth == positive).sum())
    if not len(told.truth):
        return found
    present = np.unique(told.truth)
    found["accuracy"] = float((told.truth == told.guess).mean())
    if positive in present or (positive is None and len(present) > 1):
        found["f1"] = _f1(told, positive)
    if positive is not None:
        for name, code in (("sensitivity", positive), ("specificity", 1 - positive)):
            of = told.truth == code
            found[name] = float((told.guess[of] == code).mean()) if of.any() else None
    if len(present) > 1:
        found["balanced_accuracy"] = mean_recall(told.truth, told.guess)
        found["auc"] = mean_auc(told.truth, told.p)
    return found


def _f1(told: Told, positive: int | None) -> float:
    codes = np.unique([*told.truth, *told.guess]) if positive is None else np.array([positive])
    found = []
    for code in codes.tolist():
        both = int(((told.truth == code) & (told.guess == code)).sum())
        found.append(2 * both / int((told.truth == code).sum() + (told.guess == code).sum()))
    return float(np.mean(found))


def count_groups(rows: Rows, truth: Truth) -> list[int]:
    """How many groups of each class stand in these rows; a group of several counts for each of them."""
    known = rows[truth.codes[rows] >= 0]
    pairs = np.unique(np.stack([truth.codes[known], truth.groups[known]]), axis=1)
    return [int(count) for count in np.bincount(pairs[0], minlength=truth.classes)]


def summarise(answers: Sequence[Answered], truth: Truth, seed: int = 0) -> dict[str, Any]:
    """{folds, mean, sd, counted, pooled, intervals} of the trainings of one set, each by level.

    folds: [{fold, threshold, sample: figures, group: figures}]. mean, sd: of the folds in which a figure is defined
    (sample deviation, None for fewer than two); counted: how many these are. pooled: of all judged answers together;
    intervals: of pooled AUC and balanced accuracy, by groups.
    """
    folds: list[dict[str, Any]] = []
    together: dict[str, list[Told]] = {level: [] for level in LEVELS}
    for one in answers:
        line: dict[str, Any] = {"fold": one.given.fold, "threshold": {}}
        for level in LEVELS:
            told, cut = tell(one, truth, level)
            together[level].append(told)
            line["threshold"][level] = cut
            line[level] = figures(told, truth.positive)
        folds.append(line)
    pooled = {level: _joined(parts, truth.classes) for level, parts in together.items()}
    return {
        "folds": folds,
        "mean": {level: _over(folds, level, np.mean, 1) for level in LEVELS},
        "sd": {level: _over(folds, level, lambda v: np.std(v, ddof=1), 2) for level in LEVELS},
        "counted": {level: _counted(folds, level) for level in LEVELS},
        "pooled": {level: figures(told, truth.positive) for level, told in pooled.items()},
        "intervals": {level: _intervals(told, seed) for level, told in pooled.items()},
    }


def _over(folds: Sequence[Mapping[str, Any]], level: str, how: Any, least: int) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name in FIGURES:
        values = [fold[level][name] for fold in folds if fold[level][name] is not None]
        found[name] = float(how(values)) if len(values) >= least else None
    return found


def _counted(folds: Sequence[Mapping[str, Any]], level: str) -> dict[str, int]:
    return {name: sum(fold[level][name] is not None for fold in folds) for name in FIGURES}


def _joined(parts: Sequence[Told], classes: int) -> Told:
    if not parts:
        none = np.empty(0, np.int64)
        return Told(none, np.empty((0, classes)), none, none)
    return Told(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("truth", "p", "units", "guess")))


def _intervals(told: Told, seed: int) -> dict[str, list[float] | None]:
    """95 % intervals over whole groups, centred on what they are of."""
    if len(np.unique(told.truth)) < 2 or not can_bound(told.truth, told.units):
        return {"auc": None, "balanced_accuracy": None}
    drawn = draw_rows(told.units, len(told.units), DRAWS, seed)
    return {
        name: bounds(centred(values, middle))
        for name, values, middle in (
            ("auc", [mean_auc(told.truth[rows], told.p[rows]) for rows in drawn], mean_auc(told.truth, told.p)),
            ("balanced_accuracy", [_recall(told, rows) for rows in drawn], mean_recall(told.truth, told.guess)),
        )
    }


def _recall(told: Told, rows: Rows) -> float:
    truth = told.truth[rows]
    return mean_recall(truth, told.guess[rows]) if len(np.unique(truth)) > 1 else float("nan")


@dataclass(frozen=True)
class Fused:
    """The answers of several sets joined, by fold; fusions: what was learnt on the validation rows of each."""

    answers: tuple[Answered, ...]
    fusions: tuple[Fusion, ...]


def fuse_sets(sets: Mapping[str, Sequence[Answered]], truth: Truth, rule: str) -> Fused:
    """Join what the sets say in each fold, on the rows that all of them tell of; the rule learns on validation."""
    folds = sorted({one.given.fold for answers in sets.values() for one in answers})
    answers, fusions = [], []
    for fold in folds:
        told = [one for group in sets.values() for one in group if one.given.fold == fold]
        val, val_p = _common([(one.given.val, one.val) for one in told])
        test, test_p = _common([(one.given.test, one.test) for one in told])
        known = np.isfinite(val_p).all(axis=(0, 2))
        fusion = learn_fusion(rule, val_p[:, known], truth.codes[val][known])
        given = Given("fusion", fold, np.empty(0, np.int64), val, test)
        joined = [np.asarray(fusion.join(p), np.float32) for p in (val_p, test_p)]
        answers.append(Answered(given, *joined))
        fusions.append(fusion)
    return Fused(tuple(answers), tuple(fusions))


def _common(told: Sequence[tuple[Rows, npt.NDArray[np.float32]]]) -> tuple[Rows, Floats]:
    """The rows that all have, ascending, and what each says of them, (m, n, k)."""
    rows = told[0][0]
    for others, _ in told[1:]:
        rows = np.intersect1d(rows, others)
    rows = np.unique(rows)
    found = []
    for own, p in told:
        order = np.argsort(own)
        found.append(p[order][np.searchsorted(own[order], rows)])
    return rows, np.asarray(found, np.float64)


def weigh_rules(sets: Mapping[str, Sequence[Answered]], truth: Truth, seed: int = 0) -> dict[str, Any]:
    """{best, single, single_interval, by_fold, rules, against, against_by_fold}: fusion beside the best single set.

    At the level of groups. best: the set whose pooled validation AUC is greatest, chosen without a look at what is
    judged. by_fold: the same chosen in each fold on its own validation rows alone, {sets, auc, interval}. rules: {rule:
    {auc, interval}}. against, against_by_fold: {rule: {difference, interval}} of the rule's pooled AUC less that of the
    one and the other choice, paired by group.
    """
    best = max(sets, key=lambda name: (_val_auc(sets[name], truth), -list(sets).index(name)))
    folded = _best_by_fold(sets, truth)
    single, each = _pooled(sets[best], truth), _pooled(list(folded.values()), truth)
    names = {fold: one.given.name for fold, one in folded.items()}
    found: dict[str, Any] = {
        "best": best,
        "single": _auc(single),
        "single_interval": _intervals(single, seed)["auc"],
        "by_fold": {"sets": names, "auc": _auc(each), "interval": _intervals(each, seed)["auc"]},
        "patients": len(np.unique(single.units)),
        "rules": {},
        "against": {},
        "against_by_fold": {},
    }
    for rule in RULES:
        fused = fuse_sets(sets, truth, rule)
        told = _pooled(fused.answers, truth)
        taken = sorted({one.rule for one in fused.fusions})
        found["rules"][rule] = {"auc": _auc(told), "interval": _intervals(told, seed)["auc"], "taken": taken}
        found["against"][rule] = _paired(single, told, seed)
        found["against_by_fold"][rule] = _paired(each, told, seed)
    return found


def _best_by_fold(sets: Mapping[str, Sequence[Answered]], truth: Truth) -> dict[int, Answered]:
    """Of each fold the answers of the set that is best on its validation rows: by AUC, then by likelihood."""
    found: dict[int, Answered] = {}
    reached: dict[int, tuple[float, float]] = {}
    for answers in sets.values():
        for one in answers:
            worth = (_val_auc([one], truth), _likelihood(_at(one.given.val, one.val, truth, "group")))
            if one.given.fold not in reached or worth > reached[one.given.fold]:
                reached[one.given.fold], found[one.given.fold] = worth, one
    return dict(sorted(found.items()))


def _likelihood(told: Told) -> float:
    """The mean logarithm of the probability of what is true, −inf of nothing."""
    if not len(told.truth):
        return -np.inf
    return float(np.log(np.clip(told.p[np.arange(len(told.truth)), told.truth], 1e-6, 1)).mean())


def tell_fusion(beside: Mapping[str, Any], rule: str, noun: str = "group") -> str:
    """The joined answers against the best single set in words. beside: as `weigh_rules` tells it; noun: of a group."""
    mine, gap = beside["rules"][rule], beside["against"][rule]
    if mine["auc"] is None or beside["single"] is None or gap["difference"] is None:
        return "Late fusion cannot be held against a single sub-base: only one class is judged."
    single = f"{share(beside['single'])} {brackets(beside['single_interval'])}".strip()
    joined = f"{share(mine['auc'])} {brackets(mine['interval'])}".strip()
    text = f"Joined ({rule}) the AUC is {joined}, of {beside['best']}, which is best on validation, {single}"
    low, high = gap["interval"] or (-1.0, 1.0)
    proven = "nothing is proven" if low <= 0 <= high else "fusion is better" if low > 0 else "fusion is worse"
    reach = f"{signed(gap['difference'])} {brackets(gap['interval'])}".strip()
    return f"{text}: {reach} over {plural(int(beside['patients']), noun)}, {proven}."


def _pooled(answers: Sequence[Answered], truth: Truth) -> Told:
    return _joined([tell(one, truth, "group")[0] for one in answers], truth.classes)


def _val_auc(answers: Sequence[Answered], truth: Truth) -> float:
    held = [_at(one.given.val, one.val, truth, "group") for one in answers]
    value = _auc(_joined(held, truth.classes))
    return -1.0 if value is None else value


def _auc(told: Told) -> float | None:
    return mean_auc(told.truth, told.p) if len(np.unique(told.truth)) > 1 else None


def _paired(first: Told, second: Told, seed: int) -> dict[str, Any]:
    """The difference of two pooled AUCs, over the groups that both tell of."""
    both = np.intersect1d(first.units, second.units)
    one, two = (_only(told, both) for told in (first, second))
    if not len(both) or len(np.unique(one.truth)) < 2 or len(one.truth) != len(two.truth):
        return {"difference": None, "interval": None}
    gap = mean_auc(two.truth, two.p) - mean_auc(one.truth, one.p)
    drawn = [
        mean_auc(two.truth[rows], two.p[rows]) - mean_auc(one.truth[rows], one.p[rows])
        for rows in draw_rows(one.units, len(one.units), DRAWS, seed)
    ]
    return {"difference": gap, "interval": bounds(centred(drawn, gap, -1.0))}


def _only(told: Told, units: Rows) -> Told:
    """The answers of these units in their order."""
    rows = np.flatnonzero(np.isin(told.units, units))
    rows = rows[np.argsort(told.units[rows], kind="stable")]
    return Told(told.truth[rows], told.p[rows], told.units[rows], told.guess[rows])
