"""How far predictions are from the shares of votes: the Kullback–Leibler divergence, with intervals.

KL(p ‖ q) = Σ p·ln(p/q) in nats, p the shares of votes and q the prediction clipped at 1e-15, as the mean over
samples (Kullback & Leibler 1951; the metric of the HMS competition). 0 is a perfect answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.bootstrap import draw_units, interval

Floats = npt.NDArray[np.float64]

CLIP = 1e-15
#: Samples with fewer votes, and with as many or more, are told apart at these.
EDGES = (1, 2, 3, 5, 10, 20)


def divergences(shares: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats:
    """The divergence of each row in nats; shares and predicted (n, k), rows sum to 1."""
    p = np.asarray(shares, np.float64)
    q = np.clip(np.asarray(predicted, np.float64), CLIP, 1)
    ratio = np.log(np.where(p > 0, p, 1) / q)
    found: Floats = np.where(p > 0, p * ratio, 0).sum(axis=1)
    return found


def score_votes(
    votes: npt.ArrayLike,
    predicted: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    draws: int = 500,
    seed: int = 0,
) -> dict[str, Any]:
    """The mean divergence of predictions from vote shares, over the rows that have votes.

    votes: counts (n, k). Keys: ``n``; ``kl``; ``interval`` (95 %, bootstrap by group); ``chance``: what the shares
    over all rows reach as an answer to each; ``uniform``: what equal shares reach; ``by_votes`` [{value, n, kl}] by
    how many voted. None where no row has a vote.
    """
    counts = np.asarray(votes, np.float64)
    total = counts.sum(axis=1)
    kept = np.flatnonzero(total > 0)
    if not len(kept):
        return {"n": 0, "kl": None, "interval": None, "chance": None, "uniform": None, "by_votes": []}
    shares, q = counts[kept] / total[kept, None], np.asarray(predicted, np.float64)[kept]
    each = divergences(shares, q)
    lots = draw_units(None if groups is None else np.asarray(groups)[kept], len(kept), draws, seed)
    sizes = lots.times @ np.bincount(lots.unit, minlength=lots.units).astype(np.float64)
    equal = np.full((1, counts.shape[1]), 1 / counts.shape[1])
    return {
        "n": len(kept),
        "kl": float(each.mean()),
        "interval": interval(lots.sums(each) / sizes),
        "chance": float(divergences(shares, shares.mean(axis=0, keepdims=True)).mean()),
        "uniform": float(divergences(shares, equal).mean()),
        "by_votes": _by_votes(total[kept], each),
    }


def _by_votes(total: Floats, each: Floats) -> list[dict[str, Any]]:
    found = []
    for low, high in zip(EDGES, (*EDGES[1:], np.inf), strict=True):
        inside = (total >= low) & (total < high)
        if inside.any():
            words = f"{low}" if high == low + 1 else f"{low} to {high - 1}" if high < np.inf else f"{low} or more"
            found.append({"value": words, "n": int(inside.sum()), "kl": float(each[inside].mean())})
    return found
