"""How good predictions are, with intervals and chance lines, as plain JSON-able data.

Pure numpy. Truth is a class code per sample (−1: unlabelled, not scored); probabilities are
(n, k). The prediction is the class of the highest probability (the first of equal ones). What is
undefined (one class only, nothing predicted) is None, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.bootstrap import Draws, bounds, can_bound, draw_units, draw_whole
from models.learn.reliability import BINS, calibration_error, confidence_bins

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

#: Probabilities are clipped to this before their logarithm (the precision of float32).
CLIP = 1.2e-7
#: Repeats of down-sampling for the balanced figures.
REPEATS = 25
#: A column of numbers with more distinct values than this is cut into five quantile bins.
DISTINCT = 12
#: Values of one column that are scored at most, most frequent first.
VALUES = 60
_AUC_BINS = 256
PLAIN = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss", "calibration_error")
#: Means over classes.
OVER_CLASSES = ("balanced_accuracy", "macro_f1", "auc")
ORDINAL = ("mae", "within_one", "quadratic_kappa")


@dataclass(frozen=True)
class _Scored:
    """Checked input: truth, prediction and probabilities of the scored rows."""

    truth: Rows
    guess: Rows
    p: Floats
    k: int

    @property
    def cells(self) -> Rows:
        """The cell of the confusion matrix of each row."""
        return self.truth * self.k + self.guess


def mean_recall(truth: npt.ArrayLike, guess: npt.ArrayLike) -> float:
    """Balanced accuracy over the classes that are present in `truth`; NaN without any."""
    codes = np.asarray(truth)
    totals = np.bincount(codes)
    hits = np.bincount(codes[codes == np.asarray(guess)], minlength=len(totals))
    there = totals > 0
    return float((hits[there] / totals[there]).mean()) if there.any() else math.nan


def score(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    classes: Sequence[str] = (),
    ordinal: bool = False,
    draws: int = 500,
    seed: int = 0,
    balanced: bool = False,
    by: Mapping[str, npt.ArrayLike] | None = None,
) -> dict[str, Any]:
    """All metrics of one set of predictions.

    truth: codes (n,), −1 rows are passed over. groups: codes (n,) for the bootstrap (by sample when
    there are none; all of one group bound nothing, so that every interval is None). by: column name → values (n,).

    Keys: ``n``; ``accuracy``; ``balanced_accuracy`` (mean recall of the classes in truth);
    ``macro_f1`` (over classes in truth or predicted); ``auc`` (one-vs-rest, mean over classes);
    ``log_loss`` (nats); ``calibration_error`` (10 bins of the shown label's probability, Guo et
    al. 2017); with `ordinal` also ``mae``, ``within_one``, ``quadratic_kappa`` (else None);
    ``per_class`` {class: n, precision, recall, f1, auc, interval (of the recall, None where all of the class are of
    one group)}; ``confusion``
    (rows truth); ``intervals`` {metric: [low, high]}, 95 % percentile bootstrap over
    ``interval_by`` ("group" or "sample", of which there are ``interval_units``); ``chance``
    {metric: what a guess without looking reaches}; ``by_<column>`` [{value, n, accuracy,
    balanced_accuracy, interval and chance (of the balanced accuracy), accuracy_interval,
    accuracy_chance}]; with `balanced` ``balanced``, see `_balanced`.

    Chance: accuracy = share of the most frequent class; balanced accuracy = 1/k of the classes in
    truth; macro F1 = always the most frequent class; AUC .5; log loss = the class shares as
    probabilities; mae and within_one = the best constant answer; quadratic kappa 0; calibration
    error has none.

    Raises UserError when probabilities are not numbers or not of the right shape.
    """
    names = tuple(classes)
    data, kept = _check(truth, probabilities, names)
    names = names or tuple(str(code) for code in range(data.k))
    lots = draw_whole(None if groups is None else np.asarray(groups)[kept], len(kept), draws, seed)
    result = _figures(data, ordinal)
    confusion = np.bincount(data.cells, minlength=data.k**2).reshape(data.k, data.k)
    aucs = _aucs(data.truth, data.p)
    drawn = lots.counts(data.cells, data.k**2).reshape(-1, data.k, data.k)
    result["per_class"] = _per_class(confusion, aucs, names, drawn, _units_of(data, lots))
    result["confusion"] = confusion.tolist()
    result["intervals"] = _intervals(data, lots, drawn, result, ordinal)
    result["interval_by"], result["interval_units"] = lots.by, lots.units
    result["chance"] = _chance(confusion.sum(axis=1), ordinal)
    columns = {name: np.asarray(values)[kept] for name, values in (by or {}).items()}
    parts = {name: _parts(values) for name, values in columns.items()}
    unit = None if lots.by == "sample" else np.asarray(groups)[kept]
    draws = len(lots.times)  # of what nothing bounds no slice has bounds
    for name, rows in parts.items():
        result[f"by_{name}"] = [_slice(data, unit, value, mask, draws, seed) for value, mask in rows]
    if balanced:
        result["balanced"] = _balanced(data, unit, parts, ordinal, draws, seed)
    return result


def _check(truth: npt.ArrayLike, probabilities: npt.ArrayLike, classes: tuple[str, ...]) -> tuple[_Scored, Rows]:
    """The checked input and the scored positions."""
    codes = np.asarray(truth, np.int64)
    p = np.asarray(probabilities, np.float64)
    width = len(classes) or (p.shape[1] if p.ndim == 2 else 0)
    if len(p) == 0 and len(codes) == 0:
        p = np.zeros((0, width))
    if p.ndim != 2 or len(p) != len(codes) or p.shape[1] != width:
        raise UserError(f"Probabilities of shape {p.shape} do not fit {len(codes)} samples of {width} classes.")
    kept = np.flatnonzero(codes >= 0)
    codes, p = codes[kept], p[kept]
    if len(codes) and codes.max() >= width:
        raise UserError(f"A label has the code {codes.max()}, but the predictions know {width} classes only.")
    check_probabilities(p)
    p = p / np.maximum(p.sum(axis=1, keepdims=True), CLIP)
    return _Scored(codes, p.argmax(axis=1).astype(np.int64) if width else codes, p, width), kept


def check_probabilities(p: npt.NDArray[np.floating[Any]]) -> None:
    """Raise UserError, with how many rows, when probabilities (n, k) are no numbers, negative or all 0."""
    bad = int((~np.isfinite(p).all(axis=1)).sum())
    if bad:
        raise UserError(f"{bad} of {len(p)} rows of predictions are not numbers (NaN or infinite): train the run anew.")
    if len(p) and ((p < -1e-6).any() or (p.sum(axis=1) <= 0).any()):
        wrong = int(((p < -1e-6).any(axis=1) | (p.sum(axis=1) <= 0)).sum())
        raise UserError(f"{wrong} of {len(p)} rows of predictions are no probabilities (negative or all 0).")


def _none(value: float) -> float | None:
    """A JSON number, None where it is undefined."""
    return float(value) if np.isfinite(value) else None


def _figures(data: _Scored, ordinal: bool) -> dict[str, Any]:
    """The single figures, None where undefined."""
    confusion = np.bincount(data.cells, minlength=data.k**2).reshape(1, data.k, data.k).astype(np.float64)
    values = {name: float(value[0]) for name, value in _from_confusion(confusion, ordinal).items()}
    several = bool((confusion[0].sum(axis=1) > 0).sum() > 1)
    values["auc"] = _mean(_aucs(data.truth, data.p)) if several else np.nan
    values["log_loss"] = float(_losses(data).mean()) if len(data.truth) else np.nan
    values["calibration_error"] = calibration_error(data.truth, data.p) if len(data.truth) else np.nan
    names = PLAIN + ORDINAL
    return {"n": len(data.truth)} | {name: _none(values.get(name, np.nan)) for name in names}


def _mean(values: Floats) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _losses(data: _Scored) -> Floats:
    losses: Floats = -np.log(np.clip(data.p[np.arange(len(data.truth)), data.truth], CLIP, 1))
    return losses


def _recalls(confusions: Floats) -> Floats:
    """Recall of each class, (m, k), NaN where it is not in truth."""
    with np.errstate(divide="ignore", invalid="ignore"):
        recalls: Floats = np.diagonal(confusions, axis1=1, axis2=2) / confusions.sum(axis=2)
    return recalls


def _row_mean(values: Floats, wanted: npt.NDArray[np.bool_]) -> Floats:
    """Mean over the wanted entries of each row, NaN where there is none."""
    total = np.where(wanted, values, 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Floats = total / wanted.sum(axis=1)
    return mean


def _from_confusion(confusions: Floats, ordinal: bool) -> dict[str, Floats]:
    """Metrics of each of m confusion matrices (m, k, k); NaN where undefined."""
    truth, guess = confusions.sum(axis=2), confusions.sum(axis=1)
    hits = np.diagonal(confusions, axis1=1, axis2=2)
    several = (truth > 0).sum(axis=1) > 1
    either = (truth + guess) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        accuracy = hits.sum(axis=1) / truth.sum(axis=1)
        f1 = 2 * hits / (truth + guess)
    result = {
        "accuracy": accuracy,
        "balanced_accuracy": np.where(several, _row_mean(_recalls(confusions), truth > 0), np.nan),
        "macro_f1": np.where(several, _row_mean(f1, either), np.nan),
    }
    return result | (_from_distance(confusions) if ordinal else {})


def _from_distance(confusions: Floats) -> dict[str, Floats]:
    """Mean absolute error in classes, share within one class, Cohen's kappa with quadratic weights."""
    k = confusions.shape[1]
    distance = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(np.float64)
    total = confusions.sum(axis=(1, 2))
    expected = confusions.sum(axis=2)[:, :, None] * confusions.sum(axis=1)[:, None, :]
    several = (confusions.sum(axis=2) > 0).sum(axis=1) > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa = 1 - (confusions * distance**2).sum(axis=(1, 2)) * total / (expected * distance**2).sum(axis=(1, 2))
        return {
            "mae": (confusions * distance).sum(axis=(1, 2)) / total,
            "within_one": (confusions * (distance <= 1)).sum(axis=(1, 2)) / total,
            "quadratic_kappa": np.where(several, kappa, np.nan),
        }


def _aucs(truth: npt.NDArray[Any], p: npt.NDArray[np.floating[Any]]) -> Floats:
    """Area under the ROC of each class against the rest (Mann & Whitney 1947); NaN where one-sided."""
    return np.array([rank_auc(truth == code, p[:, code]) for code in range(p.shape[1])])


def mean_auc(truth: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """The mean one-vs-rest AUC over the classes that are there, probabilities (n, k); NaN where there is none."""
    return _mean(_aucs(np.asarray(truth), np.asarray(probabilities, np.float64)))


def rank_auc(positive: npt.NDArray[np.bool_], values: npt.NDArray[np.floating[Any]]) -> float:
    """Probability that a positive's value is above a negative's, ties counted half; NaN one-sided."""
    hits = int(positive.sum())
    if hits in {0, len(positive)}:
        return float("nan")
    _, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2
    above = ranks[place.ravel()[positive]].sum() - hits * (hits + 1) / 2
    return float(above / (hits * (len(positive) - hits)))


def _units_of(data: _Scored, lots: Draws) -> list[int]:
    """How many of what is drawn hold samples of each class: a class of one of them is the same in all draws."""
    return [len(np.unique(lots.unit[data.truth == code])) for code in range(data.k)]


def _per_class(
    confusion: Rows, aucs: Floats, names: tuple[str, ...], drawn: Floats, units: Sequence[int]
) -> dict[str, Any]:
    truth, guess, hits = confusion.sum(axis=1), confusion.sum(axis=0), np.diagonal(confusion)
    recalls = _recalls(drawn)
    return {
        name: {
            "n": int(truth[code]),
            "precision": _ratio(hits[code], guess[code]),
            "recall": _ratio(hits[code], truth[code]),
            "f1": _ratio(2 * hits[code], truth[code] + guess[code]),
            "auc": _none(aucs[code]),
            "interval": bounds(recalls[:, code]) if units[code] > 1 else None,
        }
        for code, name in enumerate(names)
    }


def _ratio(part: float, whole: float) -> float | None:
    return float(part) / float(whole) if whole else None


def _intervals(
    data: _Scored, lots: Draws, drawn: Floats, figures: Mapping[str, Any], ordinal: bool
) -> dict[str, list[float] | None]:
    """95 % intervals of all single figures.

    The calibration error of a resample is biased upwards (Kumar et al. 2019), so its draws are
    centred on the estimate; AUC draws are of binned values and are centred the same way.
    """
    names = PLAIN + (ORDINAL if ordinal else ())
    if not len(data.truth):
        return dict.fromkeys(names)
    values = _from_confusion(drawn, ordinal)
    weight = lots.times @ np.bincount(lots.unit, minlength=lots.units).astype(np.float64)
    values["log_loss"] = lots.sums(_losses(data)) / weight
    values["calibration_error"] = np.maximum(_centred(_drawn_calibration(data, lots), figures["calibration_error"]), 0)
    if figures["auc"] is not None:
        values["auc"] = np.clip(_centred(_drawn_auc(data, lots), figures["auc"]), 0, 1)
    lone = lots.by == "group" and not can_bound(data.truth, lots.unit)
    left = OVER_CLASSES if lone else ()
    found = {name: bounds(values[name]) if name in values and name not in left else None for name in names}
    return {name: pair if figures[name] is not None else None for name, pair in found.items()}


def _centred(values: Floats, estimate: float) -> Floats:
    defined = np.isfinite(values)
    return values - values[defined].mean() + estimate if defined.any() else values


def _drawn_calibration(data: _Scored, lots: Draws) -> Floats:
    confidence, place = confidence_bins(data.p, BINS)
    gap = (data.guess == data.truth) - confidence
    table = np.zeros((lots.units, BINS))
    np.add.at(table, (lots.unit, place), gap)
    rows = lots.times @ np.bincount(lots.unit, minlength=lots.units)
    drawn: Floats = np.abs(lots.times @ table).sum(axis=1) / rows
    return drawn


def _drawn_auc(data: _Scored, lots: Draws) -> Floats:
    """The mean one-vs-rest AUC of each draw, of values in quantile bins."""
    found = []
    for code in range(data.k):
        positive = data.truth == code
        if positive.any() and not positive.all():
            place, size = _quantile_bins(data.p[:, code], _AUC_BINS)
            counts = lots.counts(place * 2 + positive, size * 2).reshape(-1, size, 2)
            found.append(_binned_auc(counts[:, :, 1], counts[:, :, 0]))
    values = np.stack(found, axis=1)
    return _row_mean(values, np.isfinite(values))


def _binned_auc(positive: Floats, negative: Floats) -> Floats:
    """AUC of each row of counts by ascending bin, (m, bins) each."""
    below = np.cumsum(negative, axis=1) - negative / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        areas: Floats = (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
    return areas


def _quantile_bins(values: Floats, most: int) -> tuple[Rows, int]:
    """A bin of each value by rank (equal values share one) and how many bins there are."""
    distinct, place = np.unique(values, return_inverse=True)
    place = place.ravel().astype(np.int64)
    if len(distinct) > most:
        first = np.searchsorted(np.sort(place), np.arange(len(distinct)))
        place = (first * most // len(values))[place]
    return place, int(place.max()) + 1


def _chance(counts: Rows, ordinal: bool) -> dict[str, float | None]:
    """What a guess without looking reaches on truth of these class counts, (k,)."""
    names = PLAIN + (ORDINAL if ordinal else ())
    total, present = int(counts.sum()), int((counts > 0).sum())
    if not total:
        return dict.fromkeys(names)
    shares = counts / total
    top, held = float(shares.max()), shares[shares > 0]
    chance: dict[str, float | None] = dict.fromkeys(names)
    chance |= {"accuracy": top, "log_loss": abs(float((held * np.log(held)).sum()))}
    if present > 1:
        chance |= {"balanced_accuracy": 1 / present, "macro_f1": 2 * top / (1 + top) / present, "auc": 0.5}
    if ordinal:
        distance = np.abs(np.subtract.outer(np.arange(len(counts)), np.arange(len(counts))))
        chance |= {"mae": float((distance @ shares).min()), "within_one": float(((distance <= 1) @ shares).max())}
        chance["quadratic_kappa"] = 0.0 if present > 1 else None
    return chance


def _parts(values: npt.NDArray[Any]) -> list[tuple[Any, npt.NDArray[np.bool_]]]:
    """The values of a column in order, each with its rows; many numbers become quantile bins."""
    if values.dtype.kind not in "fiub":
        words = np.array(["" if value is None else str(value) for value in values], dtype=str)
        found, place, sizes = np.unique(words, return_inverse=True, return_counts=True)
        kept = np.sort(np.argsort(-sizes, kind="stable")[:VALUES])
        return [(str(found[one]) or None, place.ravel() == one) for one in kept]
    missing = ~np.isfinite(values.astype(np.float64))
    found = np.unique(values[~missing])
    if len(found) > DISTINCT:
        parts = _number_bins(values.astype(np.float64))
    else:
        parts = [(_plain(value), values == value) for value in found]
    return [*parts, (None, missing)] if missing.any() else parts


def _number_bins(values: Floats) -> list[tuple[Any, npt.NDArray[np.bool_]]]:
    edges = np.unique(np.quantile(values[np.isfinite(values)], np.linspace(0, 1, 6)))
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    masks = [(place == one) & np.isfinite(values) for one in range(len(edges) - 1)]
    return [(f"{values[mask].min():.4g} to {values[mask].max():.4g}", mask) for mask in masks if mask.any()]


def _plain(value: Any) -> Any:
    """A numpy number as JSON has it; a whole float as an integer."""
    plain = value.item()
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def _slice(
    data: _Scored, unit: npt.NDArray[Any] | None, value: Any, mask: npt.NDArray[np.bool_], draws: int, seed: int
) -> dict[str, Any]:
    """The small set of figures on the rows of one value."""
    cells = data.cells[mask]
    lots = draw_units(None if unit is None else unit[mask], len(cells), draws, seed)
    drawn = _from_confusion(lots.counts(cells, data.k**2).reshape(-1, data.k, data.k), False)
    confusion = np.bincount(cells, minlength=data.k**2).reshape(1, data.k, data.k).astype(np.float64)
    figures = {name: _none(found[0]) for name, found in _from_confusion(confusion, False).items()}
    chance = _chance(confusion[0].sum(axis=1).astype(np.int64), False)
    several = figures["balanced_accuracy"] is not None
    return {
        "value": value,
        "n": len(cells),
        "accuracy": figures["accuracy"],
        "balanced_accuracy": figures["balanced_accuracy"],
        "interval": bounds(drawn["balanced_accuracy"]) if several else None,
        "chance": chance["balanced_accuracy"],
        "accuracy_interval": bounds(drawn["accuracy"]),
        "accuracy_chance": chance["accuracy"],
    }


def _balanced(
    data: _Scored,
    unit: npt.NDArray[Any] | None,
    parts: Mapping[str, list[tuple[Any, npt.NDArray[np.bool_]]]],
    ordinal: bool,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """Figures on the rows down-sampled to the smallest class, the mean over `REPEATS` draws.

    Keys: ``n`` of one draw, ``repeats``, ``accuracy``, ``balanced_accuracy``, ``macro_f1``, the
    ordinal ones, ``confusion`` of the first draw, ``interval`` and ``chance`` (1/k) of the
    accuracy, and ``by_<column>``, balanced within each value. The accuracy expected over draws is
    the balanced accuracy, whose bootstrap by group gives the interval.
    """
    everything = np.ones(len(data.truth), bool)
    result = _evened(data, unit, everything, ordinal, draws, seed)
    for name, rows in parts.items():
        short = [{"value": value} | _evened(data, unit, mask, False, draws, seed) for value, mask in rows]
        keys = ("value", "n", "accuracy", "balanced_accuracy", "interval", "chance")
        result[f"by_{name}"] = [{key: one[key] for key in keys} for one in short]
    return result


def _evened(
    data: _Scored, unit: npt.NDArray[Any] | None, mask: npt.NDArray[np.bool_], ordinal: bool, draws: int, seed: int
) -> dict[str, Any]:
    cells, k = data.cells[mask], data.k
    confusion = np.bincount(cells, minlength=k * k).reshape(k, k)
    counts = confusion.sum(axis=1)
    present = counts > 0
    names = (*PLAIN[:3], *(ORDINAL if ordinal else ()))
    if present.sum() < 2:
        empty: dict[str, Any] = {"n": 0, "repeats": 0} | dict.fromkeys(names)
        return empty | {"confusion": None, "interval": None, "chance": None}
    size, rng = int(counts[present].min()), np.random.default_rng([seed, 22])
    drawn = np.zeros((REPEATS, k, k))
    for code in np.flatnonzero(present):
        drawn[:, code] = rng.multivariate_hypergeometric(confusion[code], size, size=REPEATS, method="marginals")
    figures = {name: _none(values.mean()) for name, values in _from_confusion(drawn, ordinal).items()}
    lots = draw_units(None if unit is None else unit[mask], len(cells), draws, seed)
    spread = _from_confusion(lots.counts(cells, k * k).reshape(-1, k, k), False)["balanced_accuracy"]
    head = {"n": size * int(present.sum()), "repeats": REPEATS} | {name: figures[name] for name in names}
    tail = {"confusion": drawn[0].astype(int).tolist(), "interval": bounds(spread), "chance": 1 / int(present.sum())}
    return head | tail
