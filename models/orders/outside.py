"""What a remedy is worth: on the locked test of another project, against the run as it was trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.bootstrap import wilson
from models.learn.compare import compare_runs
from models.learn.metrics import mean_recall, score
from models.orders.abroad import Away, Parting

Floats = npt.NDArray[np.float32]
#: Of the draws of labels, this share lies in the band.
BAND = (10.0, 90.0)


def judged(away: Away, draws: Sequence[Floats]) -> dict[str, Any]:
    """The figures of a remedy over draws of labels (one where it needs none), and its difference to none at all."""
    rows, count = away.test, len(draws)
    truth, groups = np.tile(away.truth[rows], count), np.tile(away.groups[rows], count)
    after = _both(np.concatenate([p[rows] for p in draws]))
    before = _both(np.tile(away.p[rows], count))
    # All draws stand on the same cells, so groups are drawn with all their copies.
    pair = compare_runs(truth, before, after, groups, away.classes, draws=500)
    values = [mean_recall(away.truth[rows], p[rows] > 0.5) for p in draws]
    middle = int(np.argsort(values)[len(values) // 2])
    band = np.percentile(values, BAND).tolist() if count > 1 else None
    scored = score(truth, after, groups, away.classes, draws=500)
    return {
        **measured(away, draws[middle]),
        "balanced_accuracy": float(np.mean(values)),
        "auc": scored["auc"],
        "accuracy": scored["accuracy"],
        "intervals": {name: scored["intervals"].get(name) for name in ("balanced_accuracy", "accuracy", "auc")},
        "difference": pair.difference,
        "difference_interval": None if pair.interval is None else list(pair.interval),
        "helps": pair.overall.better,
        "harms": pair.overall.worse,
        "draws": values,
        "band": band,
    }


def measured(away: Away, p: Floats) -> dict[str, Any]:
    """The figures on the locked test of one answer, with each group and each class of the source's own."""
    rows = away.test
    truth, guess = away.truth[rows], (p[rows] > 0.5).astype(np.int64)
    scored = score(truth, _both(p[rows]), away.groups[rows], away.classes, draws=500)
    kept = ("n", "accuracy", "balanced_accuracy", "auc", "confusion", "intervals")
    return {
        **{name: scored[name] for name in kept},
        "groups": _parts(away, away.partings[0], p),
        "by": [{"title": one.title, "parts": _parts(away, one, p)} for one in away.partings[1:]],
        "stages": [_stage(away, name, rows, guess) for name in away.own_classes()],
    }


def _both(p: Floats) -> npt.NDArray[np.float64]:
    values = np.asarray(p, np.float64)
    # A tie is no finding.
    return np.stack([np.where(values == 0.5, 0.5 + 1e-9, 1 - values), values], 1)


def _parts(away: Away, parting: Parting, p: Floats) -> list[dict[str, Any]]:
    """Each part of the test."""
    codes = parting.codes[away.test]
    return [_part(away, parting.names[code], away.test[codes == code], p) for code in np.unique(codes[codes >= 0])]


def _part(away: Away, name: str, rows: npt.NDArray[np.int64], p: Floats) -> dict[str, Any]:
    """One part of the test: how much is right, and the share of the class that is looked for, said and labelled."""
    truth, guess = away.truth[rows], (p[rows] > 0.5).astype(np.int64)
    found, told = int(guess.sum()), int(truth.sum())
    return {
        "group": name,
        "n": len(rows),
        "accuracy": float((truth == guess).mean()),
        "share": found / len(rows),
        "share_interval": wilson(found, len(rows)),
        "labelled_share": told / len(rows),
        "sensitivity": float(guess[truth == 1].mean()) if told else None,
        "sensitivity_interval": wilson(int(guess[truth == 1].sum()), told),
        "positives": told,
    }


def _stage(away: Away, name: str, rows: npt.NDArray[np.int64], guess: npt.NDArray[np.int64]) -> dict[str, Any]:
    here = away.labels[rows] == name
    code = int(away.truth[rows][here].max(initial=0))
    right = int((guess[here] == code).sum())
    n = int(here.sum())
    return {"class": name, "n": n, "found": right / n if n else None, "interval": wilson(right, n)}
