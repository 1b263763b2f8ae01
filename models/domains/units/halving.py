"""Successive halving over seeded pipelines (Jamieson & Talwalkar 2016), in folds that keep sessions together.

Many configurations are scored on few rows with few trees, the better part of them on more, the best
on all. Imputer and scaler are fitted inside each fold, once for all configurations that share them.
"""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units.pipelines import (
    CLASSIFIERS,
    Configuration,
    fit_classifier,
    make_classifier,
    make_imputer,
    make_scaler,
    quietly,
)
from models.job import Progress
from models.learn.split import fold_rows

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

#: What a classifier may raise at a configuration that does not fit the data.
_BROKEN = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError, ImportError)
#: Rows of the first rung; below this many, all of them.
FIRST_ROWS = 500
#: A drawn configuration must beat the known one of its family by this much, and a single one the vote: the best of
#: many is partly the luck of the folds, and more so the more are tried.
MARGIN = 0.02


@dataclass(frozen=True)
class Table:
    """What is learnt from: metrics (n, d) with NaN, codes 0 … k−1, weights, and what must stay together (n,)."""

    x: Floats
    codes: Codes
    weights: Weights
    groups: Rows

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Rows) -> Table:
        """These rows."""
        return Table(self.x[rows], self.codes[rows], self.weights[rows], self.groups[rows])

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.codes.max(initial=-1)) + 1


@dataclass(frozen=True)
class Limits:
    """What one configuration may take: seconds for all folds of a rung, megabytes of a fitted classifier."""

    seconds: float = 60.0
    megabytes: float = 100.0


@dataclass(frozen=True)
class Tried:
    """One row of the table: a configuration with its scores by folds. note: why it has none.

    rung: 0 the first; the vote of several stands at the last. seconds: spent on all its folds.
    """

    configuration: Configuration
    rung: int
    balanced_accuracy: float
    precision: float
    recall: float
    seconds: float
    note: str = ""
    voters: tuple[Configuration, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON; scores None where there are none."""
        scores = {name: getattr(self, name) for name in ("balanced_accuracy", "precision", "recall")}
        told = {name: None if math.isnan(value) else round(value, 4) for name, value in scores.items()}
        more = {"voters": [voter.plain() for voter in self.voters]} if self.voters else {}
        words = " + ".join(CLASSIFIERS[voter.classifier].title for voter in self.voters)
        one = self.configuration.plain()
        if self.voters:
            one = {"classifier": f"Vote of {words}", "imputation": "", "scaling": "", "values": {}}
        return {**one, **told, "seconds": round(self.seconds, 3), "rung": self.rung, "note": self.note, **more}


@dataclass(frozen=True)
class Outcome:
    """What the search found: the configurations that vote (one: alone), all that was tried, and by folds
    the probabilities (m, k) of the winner for the rows that were in a fold."""

    winners: tuple[Configuration, ...]
    tried: tuple[Tried, ...]
    rows: Rows
    probabilities: Floats
    score: float


@dataclass(frozen=True)
class Rung:
    """How much of the data and of the classifiers one rung spends, and how many go on from it."""

    rows: int
    folds: int
    size: float
    keep: int


def plan_rungs(rows: int, count: int, folds: int) -> list[Rung]:
    """Two rungs on small data, three on large; the last sees all rows and full sizes."""
    few, last = min(folds, 3), max(2, min(6, count))
    if count <= 6:
        return [Rung(rows, folds, 1.0, 1)]
    middle = max(last, math.ceil(count / 3))
    rungs = [Rung(min(rows, FIRST_ROWS), 2, 0.3, middle if rows > 3 * FIRST_ROWS else last)]
    if rows > 3 * FIRST_ROWS:
        rungs.append(Rung(rows // 2, 2, 0.5, last))
    return [*rungs, Rung(rows, folds if rows < 3 * FIRST_ROWS else few, 1.0, 1)]


@dataclass
class _Stage:
    """One rung's rows and folds, with what imputers and scalers made of them."""

    table: Table
    rung: Rung
    number: int
    seed: int
    folds: list[Rows]
    made: dict[tuple[str, str, int], tuple[Floats, Floats]] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)

    def fold(self, configuration: Configuration, number: int) -> tuple[Rows, Rows, Floats, Floats]:
        """Training rows, held-out rows, and both imputed and scaled."""
        held_out = self.folds[number]
        train = np.setdiff1d(np.arange(len(self.table)), held_out)
        key = (configuration.imputation, configuration.scaling, number)
        if key not in self.made:
            imputer, scaler = make_imputer(key[0], self.seed), make_scaler(key[1])
            with quietly():
                fitted = scaler.fit_transform(imputer.fit_transform(self.table.x[train]))
                seen = scaler.transform(imputer.transform(self.table.x[held_out]))
            self.made[key] = (fitted.astype(np.float32), seen.astype(np.float32))
        return (train, held_out, *self.made[key])


def search(
    table: Table,
    configurations: Sequence[Configuration],
    limits: Limits,
    seed: int,
    tried: list[Tried],
    folds: int = 5,
    voters: int = 3,
) -> Generator[Progress, None, Outcome]:
    """Halve the configurations rung by rung; each score is a Progress that carries its row of the table.

    voters: how many of the best, each of another family, may vote together; the vote wins
    unless one alone beats it by `MARGIN`. A configuration that breaks or would take more than the
    limits is told and left out. tried: takes each row, so that whoever stops the search has them.
    ValueError when none can be fitted.
    """
    alive = list(configurations)
    rungs = plan_rungs(len(table), len(alive), folds)
    total = sum(min(len(alive), before.keep) for before in rungs[:-1]) + len(alive)
    found: dict[Configuration, Floats] = {}
    times: dict[Configuration, float] = {}
    for number, rung in enumerate(rungs):
        stage = _stage(table, rung, number, seed)
        scores, found = {}, {}
        for one in alive:
            row, p = _guarded(stage, one, limits, times.get(one))
            tried.append(row)
            if not row.note:
                scores[one], found[one], times[one] = row.balanced_accuracy, p, row.seconds
            log = f"Left out: {one.words}: {row.note}" if row.note else ""
            text = f"{one.words}: {row.note or f'{row.balanced_accuracy:.3f}'}"
            yield Progress(len(tried), max(total, len(tried)), text, log=log, row=row.plain())
        if not scores:
            raise ValueError(f"no configuration could be fitted; the last one: {tried[-1].note}")
        alive = _best(scores, rung.keep if number + 1 < len(rungs) else len(scores))
        if number + 1 < len(rungs):
            times = {one: _expected(times[one], rung, rungs[number + 1], len(table)) for one in alive}
    return (yield from _settle(stage, alive, scores, found, tried, voters))


def _stage(table: Table, rung: Rung, number: int, seed: int) -> _Stage:
    rows = _some_rows(table, rung.rows, seed + number)
    part = table.take(rows)
    return _Stage(part, rung, number, seed, fold_rows(part.codes, part.groups, rung.folds, seed))


def _some_rows(table: Table, count: int, seed: int) -> Rows:
    """About `count` rows with the class shares of all, at least ten of each class while there are."""
    if count >= len(table):
        return np.arange(len(table))
    rng, kept = np.random.default_rng([seed, 44]), []
    for code in range(table.classes):
        rows = np.flatnonzero(table.codes == code)
        wanted = min(len(rows), max(10, round(count * len(rows) / len(table))))
        kept.append(rng.choice(rows, wanted, replace=False))
    return np.sort(np.concatenate(kept))


def _guarded(stage: _Stage, one: Configuration, limits: Limits, expected: float | None) -> tuple[Tried, Floats]:
    nothing = np.zeros((0, stage.table.classes), np.float32)
    blank = Tried(one, stage.number, math.nan, math.nan, math.nan, 0.0)
    if expected is not None and expected > limits.seconds:
        note = f"would take about {expected:.0f} s, more than the limit of {limits.seconds:g} s"
        return replace(blank, note=note), nothing
    began = time.perf_counter()
    try:
        p, note = _cross(stage, one, limits, began)
    except _BROKEN as error:
        note = (str(error).splitlines() or [type(error).__name__])[0][:160]
        return replace(blank, seconds=time.perf_counter() - began, note=note), nothing
    spent = time.perf_counter() - began
    if note:
        return replace(blank, seconds=spent, note=note), nothing
    return _scored(one, stage, p, spent), p


def _cross(stage: _Stage, one: Configuration, limits: Limits, began: float) -> tuple[Floats, str]:
    """Held-out probabilities of all rows of the stage, (m, k), and why it was given up."""
    p = np.zeros((len(stage.table), stage.table.classes), np.float32)
    for number in range(len(stage.folds)):
        train, held_out, z, seen = stage.fold(one, number)
        codes, weights = stage.table.codes[train], stage.table.weights[train]
        fitted = fit_classifier(make_classifier(one, stage.seed, stage.rung.size), z, codes, weights, stage.seed)
        with quietly():
            p[np.ix_(held_out, fitted.classes_.astype(np.int64))] = fitted.predict_proba(seen)
        if (spent := time.perf_counter() - began) > limits.seconds:
            return p, f"took {spent:.0f} s for {number + 1} of {len(stage.folds)} folds, more than the limit"
        if number == 0 and (size := _megabytes(fitted)) > limits.megabytes:
            return p, f"is {size:.0f} MB large, more than the limit of {limits.megabytes:g} MB"
    return p, ""


class _Counter:
    """A file that only counts what is written to it."""

    size = 0

    def write(self, data: Any) -> int:
        self.size += memoryview(data).nbytes
        return memoryview(data).nbytes


def _megabytes(value: Any) -> float:
    """The size of a fitted classifier, measured by writing it nowhere."""
    counter = _Counter()
    pickle.Pickler(counter, protocol=5).dump(value)
    return counter.size / 1e6


def _scored(one: Configuration, stage: _Stage, p: Floats, seconds: float) -> Tried:
    return Tried(one, stage.number, *scores_of(stage.table.codes, p), seconds)


def scores_of(codes: Codes, p: Floats) -> tuple[float, float, float]:
    """Balanced accuracy, macro precision and macro recall of the likeliest class."""
    k = p.shape[1]
    confusion = np.bincount(codes * k + p.argmax(1), minlength=k * k).reshape(k, k).astype(float)
    truth, said, right = confusion.sum(1), confusion.sum(0), confusion.diagonal()
    recalls = (right / np.maximum(truth, 1))[truth > 0]
    precisions = (right / np.maximum(said, 1))[(truth > 0) | (said > 0)]
    return float(recalls.mean()), float(precisions.mean()), float(recalls.mean())


def _best(scores: Mapping[Configuration, float], keep: int) -> list[Configuration]:
    """The best, in order; of each family the best known and the best drawn one are among them."""
    order = sorted(scores, key=lambda one: -scores[one])
    kept = [*_firsts([one for one in order if one.known], _family), *_firsts(order, _family)]
    kept += _firsts([one for one in order if not one.known], _family)
    kept = list(dict.fromkeys([*kept, *order]))[:keep]
    return sorted(kept, key=lambda one: -scores[one])


def _champions(order: Sequence[Configuration], scores: Mapping[Configuration, float]) -> list[Configuration]:
    """One of each family: the best drawn one where it clearly beats the best known one, else that."""
    found = []
    for best in _firsts(order, _family):
        known = next((one for one in order if one.known and _family(one) == _family(best)), best)
        found.append(best if scores[best] > scores[known] + MARGIN else known)
    return sorted(found, key=lambda one: -scores[one])


def _family(one: Configuration) -> str:
    return CLASSIFIERS[one.classifier].family


def _firsts(order: Sequence[Configuration], kind: Callable[[Configuration], str]) -> list[Configuration]:
    """The first of each kind, in order."""
    return [one for place, one in enumerate(order) if kind(one) not in {kind(other) for other in order[:place]}]


def _expected(seconds: float, now: Rung, then: Rung, rows: int) -> float:
    """How long a configuration will take on a later rung: in proportion to rows, folds and size."""
    more = min(then.rows, rows) / min(now.rows, rows)
    shares = (1 - 1 / then.folds) / (1 - 1 / now.folds)
    return seconds * more * shares * then.folds / now.folds * then.size / now.size


def _settle(
    stage: _Stage,
    alive: Sequence[Configuration],
    scores: Mapping[Configuration, float],
    found: Mapping[Configuration, Floats],
    tried: list[Tried],
    voters: int,
) -> Generator[Progress, None, Outcome]:
    """The winner of the last rung: the vote of the best unlike ones, or the one that beats it clearly."""
    best = max(_champions(alive, scores), key=lambda one: scores[one])
    rows = np.arange(len(stage.table))
    chosen = tuple(_champions(alive, scores)[:voters])
    if len(chosen) > 1:
        p = np.mean([found[one] for one in chosen], axis=0).astype(np.float32)
        seconds = sum(row.seconds for row in tried if row.rung == stage.number and row.configuration in chosen)
        row = replace(_scored(best, stage, p, seconds), voters=chosen)
        tried.append(row)
        text = f"Vote of {len(chosen)}: {row.balanced_accuracy:.3f}"
        yield Progress(len(tried), len(tried), text, row=row.plain())
        if row.balanced_accuracy >= scores[best] - MARGIN:
            return Outcome(chosen, tuple(tried), rows, p, row.balanced_accuracy)
    return Outcome((best,), tuple(tried), rows, found[best], scores[best])
