"""Small made-up tables of units for the tests of training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from models.domain import Recipe, Task
from models.domains.units.halving import Table
from models.params import build
from models.sample import Samples

NAMES = ("num_spikes", "snr", "isi_violations_ratio", "amplitude_median", "nn_hit_rate", "nn_miss_rate")
CLASSES = ("good", "mua", "noise")


def metrics(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Metrics (n, 6) with gaps, codes and sessions: noise has low snr, mua has violations."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(3, count, p=(0.25, 0.45, 0.3))
    x = np.stack(
        [
            np.exp(rng.normal(7, 1, count) - 0.5 * (codes == 2)),
            np.exp(rng.normal(1.2, 0.35, count) - 0.9 * (codes == 2)),
            np.exp(rng.normal(-2, 0.8, count) + 1.6 * (codes == 1)),
            rng.normal(60, 15, count) - 15 * (codes == 2),
            np.clip(rng.normal(0.8, 0.1, count) - 0.1 * (codes == 1), 0, 1),
            np.clip(rng.normal(0.05, 0.02, count), 0, 1),
        ],
        axis=1,
    ).astype(np.float32)
    x[rng.random(x.shape) < 0.05] = np.nan
    return x, codes.astype(np.int64), np.repeat(np.arange(6), -(-count // 6))[:count]


def table(count: int = 240, seed: int = 0) -> Table:
    """A table whose classes weigh the same."""
    x, codes, groups = metrics(count, seed)
    return Table(x, codes, (len(codes) / 3 / np.bincount(codes))[codes], groups)


def samples(x: np.ndarray, groups: np.ndarray) -> Samples:
    """Units with these metrics as samples; two sessions of each animal."""
    columns: dict[str, Any] = {
        "id": [f"s{group}.csv#{row}" for row, group in enumerate(groups)],
        "source": pa.array([0] * len(x), pa.int32()),
        "key": [str(row) for row in range(len(x))],
        "group": pa.array([f"s{group}" for group in groups], pa.string()).dictionary_encode(),
        "animal": [f"a{group // 2}" for group in groups],
    }
    columns |= {name: x[:, place].astype(float) for place, name in enumerate(NAMES)}
    return Samples(pa.table(columns), ("s.csv",))


def task(recipe: Recipe, work: Path, count: int = 240, seed: int = 0, test: int = 0, **values: Any) -> Task:
    """A training task on made-up units; the last `test` of them do not train."""
    x, codes, groups = metrics(count, seed)
    train = np.arange(count - test)
    weights = (count / 3 / np.bincount(codes))[codes].astype(np.float32)
    return Task(
        samples=samples(x, groups),
        classes=CLASSES,
        targets=np.eye(3, dtype=np.float32)[codes],
        train=train.astype(np.int64),
        val=np.empty(0, np.int64),
        weights=weights,
        draw=None,
        params=build(recipe.params, values),
        seed=1,
        device="cpu",
        cache=work,
        work=work,
    )


def finish(steps: Any) -> tuple[list[Any], Any]:
    """All progress of a generator, and its value."""
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value
