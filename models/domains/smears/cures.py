"""A remedy kept inside a model: what was found for another laboratory goes with it, and later cells are decided so too.

Either the odds of the model itself are moved, or a linear model decides on vectors that stand against what is usual in
that laboratory; both concern two classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.fitted import Model
from models.learn.tabular import Linear
from models.learn.temperature import apply_temperature

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
#: Where a model keeps it, among its numbers and before the names of its arrays.
KEPT = "cure"


@dataclass(frozen=True)
class Cure:
    """threshold: the odds from which on a cell is decided for. arrays: ``middle`` (for what cannot be read),
    ``usual`` and ``spread`` of the laboratory, those of the linear model, and ``own`` where the odds of the model
    itself are its last feature (what is usual of them, and their spread); {} where these alone count.
    """

    threshold: float
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def decide(self, p: Floats, vectors: Callable[[], Floats]) -> Floats:
        """The probability of the class that is looked for, (n,), by that of the model and its vectors (n, d)."""
        own = odds_of(p)
        return shares((self.odds(vectors(), own) if self.arrays else own) - self.threshold)

    def odds(self, x: Floats, own: Numbers) -> Numbers:
        """Log odds by the linear model, of vectors (n, d) and the odds of the model itself (n,)."""
        from models.domains.smears.alignment import decisions, framed

        whole = np.asarray(np.where(np.isfinite(x), x, self.arrays["middle"]), np.float32)
        seen = framed(whole, self.arrays["usual"], self.arrays["spread"])
        if "own" in self.arrays:
            seen = np.hstack([seen, framed(np.asarray(own[:, None], np.float32), *self.arrays["own"])])
        return decisions(Linear(self.arrays), seen)


def with_cure(model: Model, cure: Cure, at: int, temperature: float) -> Model:
    """A model that decides so. at: the place of the class looked for; temperature: of its answers beside its own."""
    arrays = {**model.arrays, **{f"{KEPT}.{name}": np.asarray(values) for name, values in cure.arrays.items()}}
    told = {"threshold": cure.threshold, "at": at, "temperature": temperature}
    return replace(model, arrays=arrays, numbers={**model.numbers, KEPT: told}, memo={})


def cure_of(model: Model) -> Cure | None:
    """What a model keeps, None where it decides as it was trained."""
    told = model.numbers.get(KEPT)
    stem = f"{KEPT}."
    arrays = {name.removeprefix(stem): values for name, values in model.arrays.items() if name.startswith(stem)}
    return None if told is None else Cure(float(told["threshold"]), arrays)


def cured(model: Model, p: Floats, vectors: Callable[[], Floats]) -> Floats:
    """Probabilities (n, 2) as the kept remedy has them, those given where there is none."""
    cure = cure_of(model)
    if cure is None:
        return p
    told = model.numbers[KEPT]
    at = int(told["at"])
    found = cure.decide(apply_temperature(p, float(told["temperature"]))[:, at], vectors)
    return np.stack([found, 1 - found] if at == 0 else [1 - found, found], 1)


def odds_of(p: Floats) -> Numbers:
    """Log odds, kept finite."""
    held = np.clip(np.asarray(p, np.float64), 1e-37, 1 - 1e-7)
    return np.asarray(np.log(held / (1 - held)), np.float64)


def shares(odds: Numbers) -> Floats:
    """Probabilities of log odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -500, 500))), np.float32)
