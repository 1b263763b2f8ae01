"""How far windows lie from those that a model learnt from: kept with the model, told with each answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Task
from models.learn.fitted import Model, keep_part, part_of

Floats = npt.NDArray[np.float32]
#: Windows that tell what is usual.
MOST = 256
#: Further than this part of usual windows by this factor is far.
_PART, _BEYOND = 0.99, 1.3
#: A deviation counts to this at most, so that one number of many does not decide.
_WORST = 8.0


def known_from(task: Task, vectors: Callable[[npt.NDArray[np.int64]], Floats]) -> dict[str, npt.NDArray[Any]]:
    """Arrays that `distances` needs, of windows that were learnt from, and of ones that were held out where there are.

    vectors: those of the model for rows of the task's samples.
    """
    rng = np.random.default_rng([task.seed, 31])
    learnt = vectors(_some(np.unique(task.train), rng))
    held = vectors(_some(task.val, rng)) if len(task.val) else learnt
    middle, scale = learnt.mean(axis=0), learnt.std(axis=0) + 1e-3
    usual = _away(held, middle, scale)
    limits = np.array([np.median(usual), np.quantile(usual, _PART) * _BEYOND], np.float32)
    return keep_part("known", {"middle": middle, "scale": scale, "limits": limits})


def distances(model: Model, vectors: Floats) -> tuple[Floats, float] | None:
    """How far windows are from usual ones, (n,), where 1 is the middle of those, and from where on that is far.

    None of a model that does not know it.
    """
    known = part_of(model, "known")
    if not known:
        return None
    middle, far = (float(limit) for limit in known["limits"])
    away = _away(vectors, known["middle"], known["scale"])
    return np.asarray(away / max(middle, 1e-6), np.float32), far / max(middle, 1e-6)


def _some(rows: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return rows if len(rows) <= MOST else np.sort(rng.choice(rows, MOST, replace=False))


def _away(vectors: Floats, middle: npt.NDArray[Any], scale: npt.NDArray[Any]) -> Floats:
    """The root mean square of standardised vectors, (n,)."""
    z = np.clip((vectors - middle) / scale, -_WORST, _WORST)
    return np.asarray(np.sqrt((z**2).mean(axis=1)), np.float32)
