"""How two sets of samples differ: each trait alone by its two-sample AUC, all together by a classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
#: Bins of a distribution, over the inner part of both sets together.
BINS, EDGES = 48, (0.5, 99.5)
FOLDS = 5


def two_sample_auc(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """How well one number tells two sets apart, .5 (not at all) to 1; None where one has no value."""
    from scipy.stats import rankdata

    a, b = (np.asarray(part, np.float64) for part in (first, second))
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    if not len(a) or not len(b):
        return None
    ranks = rankdata(np.concatenate([a, b]))
    area = (ranks[len(a) :].sum() - len(b) * (len(b) + 1) / 2) / (len(a) * len(b))
    return float(max(area, 1 - area))


def together(first: Floats, second: Floats, groups: tuple[Rows, Rows], seed: int = 0) -> float | None:
    """The same of a classifier on all numbers, judged out of fold by group; None where it cannot be."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import GroupKFold

    x = np.concatenate([first, second])
    y = np.repeat([0, 1], [len(first), len(second)])
    units = np.concatenate([groups[0], groups[1] + 1 + groups[0].max(initial=0)])
    folds = min(FOLDS, len(np.unique(groups[0])), len(np.unique(groups[1])))
    if folds < 2:
        return None
    scores = np.full(len(x), np.nan)
    for train, test in GroupKFold(folds).split(x, y, units):
        if len(np.unique(y[train])) == 2:
            model = HistGradientBoostingClassifier(max_iter=40, random_state=seed).fit(x[train], y[train])
            scores[test] = model.predict_proba(x[test])[:, 1]
    return two_sample_auc(scores[y == 0], scores[y == 1])


def distributions(first: npt.ArrayLike, second: npt.ArrayLike) -> dict[str, Any]:
    """Both on the same bins, as shares of each set: {low, high, inside, outside}."""
    a, b = (np.asarray(part, np.float64) for part in (first, second))
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    both = np.concatenate([a, b])
    low, high = np.percentile(both, EDGES) if len(both) else (0.0, 1.0)
    high = high if high > low else low + 1.0
    inside, outside = (np.histogram(np.clip(part, low, high), BINS, (low, high))[0] for part in (a, b))
    shares = [(part / max(part.sum(), 1)).round(5).tolist() for part in (inside, outside)]
    return {"low": float(low), "high": float(high), "inside": shares[0], "outside": shares[1]}
