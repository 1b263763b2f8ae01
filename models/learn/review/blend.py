"""One queue of all reasons: ranks averaged (Borda), neighbours spread out, issues woven in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.errors import UserError
from models.learn.review import disagreement, diversity, uncertainty
from models.learn.review.issues import rank_issues
from models.learn.review.pool import Floats, Pool, Rows, Suggestion

Words = Callable[[int, int], str]
#: Weight of each reason's rank in the average.
WEIGHTS = {"uncertainty": 1.0, "disagreement": 1.0, "diversity": 0.5}
#: Candidates considered for each place in the queue.
_PER_PLACE, _AT_LEAST = 8, 200


def percentiles(values: Floats) -> Floats:
    """Rank of each value from just above 0 (lowest) to 1 (highest); equal values share the mean rank."""
    distinct, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2
    spread: Floats = ranks[place.ravel()] / max(len(values), 1)
    return spread if len(distinct) else values


def blend(pool: Pool, n: int, seed: int = 0) -> list[Suggestion]:
    """Up to n suggestions: half of them suspected label errors where there are as many, the rest unlabelled.

    Each unlabelled row's ranks by uncertainty, novelty and disagreement (of those available) are
    averaged; its reason is the one it ranks highest in. Without run and embedding: drawn at random.
    """
    issues = _issues(pool, n, seed)
    fresh = _unlabelled(pool, n, seed)
    wanted = min(len(issues), max(n // 2, n - len(fresh)))
    return _weave(fresh[: n - wanted], issues[:wanted])


def _where(pool: Pool, seed: int) -> diversity.Points:
    """Coordinates, or none (all at one place) where there is nothing to make them of."""
    if pool.embedding is None and pool.probabilities is None:
        return np.zeros((len(pool), 1), np.float32)
    return diversity.points(pool, seed)[0]


def _issues(pool: Pool, n: int, seed: int) -> list[Suggestion]:
    if pool.probabilities is None:
        return []
    ranked = rank_issues(pool)
    rows = ranked.rows[: max(n * _PER_PLACE, _AT_LEAST)]
    weights = 1 - np.arange(len(rows)) / max(len(rows), 1)
    order, values = diversity.spread_out(_where(pool, seed)[rows], weights, n)
    chosen = zip(rows[order].tolist(), values.tolist(), strict=True)
    return [Suggestion(row, value, "label-issue", ranked.words(row, 0)) for row, value in chosen]


def _unlabelled(pool: Pool, n: int, seed: int) -> list[Suggestion]:
    rows = np.flatnonzero(pool.unlabelled)
    parts = _components(pool, rows, seed)
    if not parts:
        return _random(rows, n, seed)
    total = np.zeros(len(rows))
    for name, (ranks, _) in parts.items():
        total += WEIGHTS[name] * ranks
    total /= sum(WEIGHTS[name] for name in parts)
    top = np.argsort(-total, kind="stable")[: max(n * _PER_PLACE, _AT_LEAST)]
    order, values = diversity.spread_out(_where(pool, seed)[rows[top]], total[top], n)
    return [_suggest(rows, parts, int(top[one]), value) for one, value in zip(order, values.tolist(), strict=True)]


def _suggest(rows: Rows, parts: dict[str, tuple[Floats, Words]], place: int, value: float) -> Suggestion:
    """The suggestion of one row, for the reason that it ranks highest in."""
    name = max(parts, key=lambda one: (parts[one][0][place], -list(parts).index(one)))
    ranks, words = parts[name]
    rank = 1 + int((ranks > ranks[place]).sum())
    return Suggestion(int(rows[place]), value, name, words(int(rows[place]), rank))


def _components(pool: Pool, rows: Rows, seed: int) -> dict[str, tuple[Floats, Words]]:
    """Rank of each unlabelled row by each reason that is available; 0 where a row lacks it."""
    parts: dict[str, tuple[Floats, Words]] = {}
    if pool.probabilities is not None:
        p = pool.probabilities
        found = np.full(len(rows), np.nan)
        known = pool.predicted[rows]
        found[known] = uncertainty.doubt(p[rows[known]], pool.measure)
        parts["uncertainty"] = (_ranks(found), lambda row, _: uncertainty.words(pool, p, row))
    if len(disagreement.tables(pool)) > 1:
        scores, differ = disagreement.divergence([table[rows] for table in disagreement.tables(pool).values()])
        parts["disagreement"] = (_ranks(scores + differ), lambda row, _: disagreement.words(pool, row))
    if pool.embedding is not None:
        where, known = diversity.points(pool, seed)
        found = np.full(len(rows), np.nan)
        have = known[rows]
        found[have] = diversity.novelty(pool, where, known, rows[have], seed)
        any_label = bool(((pool.codes >= 0) & known).any())
        parts["diversity"] = (_ranks(found), lambda _, place: diversity.words(any_label, place))
    return {name: part for name, part in parts.items() if part[0].any()}


def _ranks(values: Floats) -> Floats:
    known = np.isfinite(values)
    ranks = np.zeros(len(values))
    ranks[known] = percentiles(values[known])
    return ranks


def _random(rows: Rows, n: int, seed: int) -> list[Suggestion]:
    order = np.random.default_rng([seed, 42]).permutation(rows)[:n].tolist()
    reason = "Drawn at random among the unlabelled: there is no run yet to ask."
    return [Suggestion(row, 0.0, "random", reason) for row in order]


def _weave(first: list[Suggestion], second: list[Suggestion]) -> list[Suggestion]:
    """Both lists, each in its order, evenly mixed."""
    keyed = [((place + 0.5) / len(part), part is second, one) for part in (first, second)
             for place, one in enumerate(part)]  # fmt: skip
    return [one for _, _, one in sorted(keyed, key=lambda item: item[:2])]


def check_pool(pool: Pool) -> None:
    """Raise UserError when the parts of a pool are not of one length."""
    length, width = len(pool), len(pool.classes)
    tables = {"the run": pool.probabilities, **pool.others}
    for name, table in tables.items():
        if table is not None and table.shape != (length, width):
            raise UserError(f"Predictions of {name} do not fit {length} samples of {width} classes: {table.shape}.")
    if pool.embedding is not None and len(pool.embedding) != length:
        raise UserError(f"The embedding has {len(pool.embedding)} rows for {length} samples: make it anew.")
