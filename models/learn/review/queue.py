"""The one way in: a strategy by name gives the samples to look at next."""

from __future__ import annotations

from collections.abc import Callable

from models.errors import UserError
from models.learn.review.audit import rank_audit
from models.learn.review.blend import blend, check_pool
from models.learn.review.boundary import rank_boundary
from models.learn.review.disagreement import rank_disagreeing
from models.learn.review.diversity import rank_diverse
from models.learn.review.issues import rank_issues
from models.learn.review.medoids import rank_medoids
from models.learn.review.pool import Pool, Suggestion
from models.learn.review.spread import rank_spread
from models.learn.review.uncertainty import rank_uncertain
from models.params import unknown

Strategy = Callable[[Pool, int, int], list[Suggestion]]

STRATEGIES: dict[str, Strategy] = {
    "blend": blend,
    "uncertainty": lambda pool, n, _: rank_uncertain(pool).take(n),
    "label-issue": lambda pool, n, _: rank_issues(pool).take(n),
    "diversity": lambda pool, n, seed: rank_diverse(pool, n, seed).take(n),
    "disagreement": lambda pool, n, _: rank_disagreeing(pool).take(n),
    "spread": lambda pool, n, _: rank_spread(pool, n).take(n),
    "medoids": lambda pool, n, seed: rank_medoids(pool, n, seed).take(n),
    "boundary": lambda pool, n, seed: rank_boundary(pool, n, seed).take(n),
    "audit": lambda pool, n, seed: rank_audit(pool, seed).take(n),
}


def queue(pool: Pool, strategy: str = "blend", n: int = 50, seed: int = 0) -> list[Suggestion]:
    """Up to n suggestions, best first, no row twice; the same pool and seed give the same queue.

    A labelled sample comes only as a suspected label error, where runs disagree on one that they
    did not see (after the unlabelled), or in the audit. Raises UserError for an unknown strategy,
    one that lacks what it needs, or tables that do not fit.
    """
    if strategy not in STRATEGIES:
        raise UserError(unknown("strategy", strategy, STRATEGIES))
    check_pool(pool)
    return STRATEGIES[strategy](pool, n, seed) if n > 0 else []
