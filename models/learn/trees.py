"""Trees of scikit-learn, fitted without what makes them slow on small tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]
#: Tables up to so many values are fitted on one core: threads wait for each other longer than they compute.
SMALL = 1 << 20


def fit_trees(model: Any, x: Floats, codes: npt.NDArray[np.int64], weights: npt.NDArray[Any]) -> Any:
    """Fit a classifier of trees on x (n, d), classes (n,) and weights (n,), and return it.

    Weights let the boosted ones (scikit-learn 1.9) look for their bins one by one: 255 searches a feature, many seconds
    whatever n is. So features with more values than bins come as the ends of bins in which samples count alike; the
    trees weigh the samples as ever.
    """
    from threadpoolctl import threadpool_limits

    bins = getattr(model, "max_bins", None)
    with threadpool_limits(1 if x.size <= SMALL else None, "openmp"):
        return model.fit(x if bins is None else binned(x, bins), codes, sample_weight=weights)


def binned(x: Floats, bins: int) -> Floats:
    """Each feature of x (n, d) that has more values than bins, as the nearer end of half as many bins; gaps stay.

    A tree parts half way between two values that it saw. Of both ends of each bin that is the middle of a bin, where
    its values were parted here too, or lies between two bins: so what is learnt on ends holds for the values as they
    are. Of one value a bin it would not, where bins are not alike wide.
    """
    out = np.array(x)
    for column in out.T:
        seen = np.isfinite(column)
        values = column[seen]
        if len(np.unique(values)) > bins:
            shares = np.linspace(0, 100, bins // 2 + 1)[1:-1]
            edges = np.unique(np.percentile(values, shares, method="inverted_cdf"))
            column[seen] = _ends(values, np.searchsorted(edges, values))
    return out


def _ends(values: Floats, places: npt.NDArray[np.int64]) -> Floats:
    """For each value, the least or the greatest of its bin, whichever is nearer."""
    low, high = np.full(places.max() + 1, np.inf), np.full(places.max() + 1, -np.inf)
    np.minimum.at(low, places, values)
    np.maximum.at(high, places, values)
    middle = low / 2 + high / 2
    return np.asarray(np.where(values <= middle[places], low[places], high[places]), values.dtype)
