"""How far predictions are from the shares of votes: the Kullback–Leibler divergence, with intervals.

KL(p ‖ q) = Σ p·ln(p/q) in nats, p the shares of votes and q the prediction clipped at 1e-15, as the mean over
samples (Kullback & Leibler 1951; the metric of the HMS competition). 0 is a perfect answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.agreement import paired, whole_votes
from models.learn.bootstrap import Draws, draw_whole, interval

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
    how many voted, of rows that tell it: shares do not; ``raters``: see `beside_raters`. None where no row has a vote.
    """
    counts = np.asarray(votes, np.float64)
    total = counts.sum(axis=1)
    kept = np.flatnonzero(total > 0)
    if not len(kept):
        return {"n": 0, "kl": None, "interval": None, "chance": None, "uniform": None, "by_votes": [], "raters": None}
    shares, q = counts[kept] / total[kept, None], np.asarray(predicted, np.float64)[kept]
    each = divergences(shares, q)
    lots = draw_whole(None if groups is None else np.asarray(groups)[kept], len(kept), draws, seed)
    sizes = lots.times @ np.bincount(lots.unit, minlength=lots.units).astype(np.float64)
    equal, told = np.full((1, counts.shape[1]), 1 / counts.shape[1]), _counted(counts[kept])
    return {
        "n": len(kept),
        "kl": float(each.mean()),
        "interval": interval(lots.sums(each) / sizes),
        "chance": float(divergences(shares, shares.mean(axis=0, keepdims=True)).mean()),
        "uniform": float(divergences(shares, equal).mean()),
        "by_votes": _by_votes(np.rint(total[kept][told]), each[told]),
        "raters": beside_raters(counts[kept], q, None if groups is None else np.asarray(groups)[kept], draws, seed),
    }


def beside_raters(
    votes: npt.ArrayLike,
    predicted: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    draws: int = 500,
    seed: int = 0,
) -> dict[str, Any] | None:
    """The model held against one vote after the other, beside what the other votes on the same sample do.

    votes: counts (n, k); predicted (n, k). Only samples with two votes or more that are counted (no shares) say it.
    Keys: ``n``; ``agreement`` and ``kl``, each {model, raters, intervals {model, raters, difference}}: the chance that
    a vote drawn from the sample's is the model's first class, or that of another vote; and the divergence from a vote
    of the model, or of the shares of the other votes, to which one vote of the mean shares of all is added, so that no
    class is impossible. Each has forgotten the vote that it is held against. None where no sample says it.
    """
    table = np.asarray(votes, np.float64)
    kept = paired(table)
    if not kept.any():
        return None
    counts, q = np.rint(table[kept]), np.asarray(predicted, np.float64)[kept]
    shares = counts / counts.sum(axis=1, keepdims=True)
    others = counts.sum(axis=1, keepdims=True) - 1
    first = np.take_along_axis(shares, q.argmax(axis=1)[:, None], axis=1)[:, 0]
    same = (shares * (counts - 1) / others).sum(axis=1)
    # Of the others' votes only the share of the class that was voted for is needed.
    known = (np.maximum(counts - 1, 0) + shares.mean(axis=0)) / (others + 1)
    lots = draw_whole(None if groups is None else np.asarray(groups)[kept], len(counts), draws, seed)
    return {
        "n": len(counts),
        "agreement": _beside(lots, first, same),
        "kl": _beside(lots, _from_a_vote(shares, q), _from_a_vote(shares, known)),
    }


def _from_a_vote(shares: Floats, q: Floats) -> Floats:
    """The divergence from one vote drawn from these shares, which is the logarithm of what it was given."""
    found: Floats = -(shares * np.log(np.where(shares > 0, np.clip(q, CLIP, 1), 1))).sum(axis=1)
    return found


def _beside(lots: Draws, model: Floats, raters: Floats) -> dict[str, Any]:
    """Means over samples, with 95 % intervals of each and of the model less the raters, by group."""
    sizes = lots.times @ np.bincount(lots.unit, minlength=lots.units).astype(np.float64)
    drawn = lots.sums(np.stack([model, raters, model - raters], axis=1)) / sizes[:, None]
    intervals = dict(zip(("model", "raters", "difference"), map(interval, drawn.T), strict=True))
    return {"model": float(model.mean()), "raters": float(raters.mean()), "intervals": intervals}


def _counted(counts: Floats) -> npt.NDArray[np.bool_]:
    """(n,): whether a row tells how many voted. Beside votes told as shares, what sums to 1 may be a share too."""
    whole = np.asarray(whole_votes(counts), bool)
    return whole if whole.all() else whole & (np.rint(counts).sum(axis=1) > 1)


def _by_votes(total: Floats, each: Floats) -> list[dict[str, Any]]:
    found = []
    for low, high in zip(EDGES, (*EDGES[1:], np.inf), strict=True):
        inside = (total >= low) & (total < high)
        if inside.any():
            words = f"{low}" if high == low + 1 else f"{low} to {high - 1}" if high < np.inf else f"{low} or more"
            found.append({"value": words, "n": int(inside.sum()), "kl": float(each[inside].mean())})
    return found
