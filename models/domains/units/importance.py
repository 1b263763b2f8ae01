"""Which metrics a model leans on: permutation importance (Breiman 2001) on units it has not seen, by session."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.job import Progress
from models.learn.metrics import mean_recall

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
Judge = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Importance:
    """How much balanced accuracy falls when a metric is shuffled: its mean, and its spread over sessions.

    spread: standard deviation over the held-out sessions (over repeats where there is one session).
    """

    name: str
    drop: float
    spread: float
    groups: int

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "drop": round(self.drop, 5), "spread": round(self.spread, 5), "groups": self.groups}


def importance(
    judge: Judge, x: Floats, names: Sequence[str], codes: Codes, groups: Codes, seed: int = 0, repeats: int = 5
) -> Generator[Progress, None, list[Importance]]:
    """The importance of each metric for `judge`, which gives probabilities (n, k) of metrics (n, d), largest first.

    x, codes, groups: of held-out units. A metric is shuffled inside each session, so that what it
    tells of the session stays and what it tells of the unit goes. UserError without two classes.
    """
    if len(np.unique(codes)) < 2:
        raise UserError("importance needs held-out units of at least two classes. Keep a larger test part.")
    parts = [rows for rows in (np.flatnonzero(groups == group) for group in np.unique(groups)) if len(rows) > 1]
    base = judge(x).argmax(1)
    found = []
    for place, name in enumerate(names):
        drops = np.array(
            [_drops(judge, x, codes, base, parts, place, [seed, 61, place, turn]) for turn in range(repeats)]
        )
        by_group = drops.mean(0) if len(parts) > 1 else drops[:, 0]
        weights = np.array([len(rows) for rows in parts], float)
        spread = float(by_group.std(ddof=1)) if len(by_group) > 1 else 0.0
        found.append(Importance(name, float(np.average(drops.mean(0), weights=weights)), spread, len(parts)))
        yield Progress(place + 1, len(names), f"Shuffling {name}")
    return sorted(found, key=lambda one: -one.drop)


def _drops(
    judge: Judge, x: Floats, codes: Codes, base: Codes, parts: Sequence[Codes], place: int, seed: Sequence[int]
) -> list[float]:
    """The fall of balanced accuracy in each session by one shuffle of one metric."""
    rng, mixed = np.random.default_rng(list(seed)), x.copy()
    for rows in parts:
        mixed[rows, place] = x[rng.permutation(rows), place]
    now = judge(mixed).argmax(1)
    return [mean_recall(codes[rows], base[rows]) - mean_recall(codes[rows], now[rows]) for rows in parts]
