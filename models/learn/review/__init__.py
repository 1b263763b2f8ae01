"""What to look at next, and why: `queue(pool, strategy, n)` gives suggestions with a reason in words."""

from models.learn.review.pool import Pool, Suggestion
from models.learn.review.queue import STRATEGIES, queue

__all__ = ["STRATEGIES", "Pool", "Suggestion", "queue"]
