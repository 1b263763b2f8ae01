"""When to stop labelling: predictions that no longer change (Bloodgood & Vijay-Shanker 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.words import share

Table = npt.NDArray[np.floating[Any]]

#: Kappa between successive runs from which predictions count as stable, and over how many runs.
STABLE, RUNS = 0.99, 3
#: From here on little changes.
NEARLY = 0.95


@dataclass(frozen=True)
class Step:
    """One run against the one before: rows both predict, share of equal answers, kappa, rows that changed."""

    n: int
    agreement: float | None
    kappa: float | None
    changed: int


@dataclass(frozen=True)
class Stability:
    """All steps, oldest first, whether to stop, and that in words."""

    steps: tuple[Step, ...]
    stable: bool
    verdict: str

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        steps = [{"n": s.n, "agreement": s.agreement, "kappa": s.kappa, "changed": s.changed} for s in self.steps]
        return {"steps": steps, "stable": self.stable, "verdict": self.verdict}


def compare_step(before: Table, now: Table) -> Step:
    """Agreement and Cohen's kappa of the answers of two (n, k) tables on rows that both know (no NaN).

    Kappa is undefined when both give one and the same class everywhere.
    """
    if before.shape != now.shape:
        raise UserError(f"Two runs with predictions of shapes {before.shape} and {now.shape} cannot be compared.")
    known = np.isfinite(before).all(axis=1) & np.isfinite(now).all(axis=1)
    if not known.any():
        return Step(0, None, None, 0)
    first, second = before[known].argmax(axis=1), now[known].argmax(axis=1)
    agreement = float((first == second).mean())
    k = before.shape[1]
    chance = float((np.bincount(first, minlength=k) * np.bincount(second, minlength=k)).sum() / len(first) ** 2)
    kappa = (agreement - chance) / (1 - chance) if chance < 1 else None
    return Step(len(first), agreement, kappa, int((first != second).sum()))


def stability(tables: Sequence[Table], stable: float = STABLE, runs: int = RUNS) -> Stability:
    """Judge successive runs' predictions, oldest first, (n, k) each on the same rows (best: all unlabelled).

    Stable when the last `runs` steps all reach the kappa. This says that more labels of this kind
    change little, not that the answers are right: for that there is the audit.
    """
    steps = tuple(compare_step(before, now) for before, now in pairwise(tables))
    kappas = [step.kappa for step in steps]
    last = [kappa for kappa in kappas[-runs:] if kappa is not None]
    done = len(kappas) >= runs and len(last) == runs and min(last) >= stable
    return Stability(steps, done, _verdict(steps, done, runs))


def _verdict(steps: tuple[Step, ...], done: bool, runs: int) -> str:
    if not steps:
        return "Too early to say: train a second run after labelling more."
    step = steps[-1]
    if step.kappa is None or step.agreement is None:
        return "Nothing to compare: the last two runs share no varied predictions."
    told = f"{step.changed} of {step.n} predictions changed since the run before (kappa {share(step.kappa)})"
    if done:
        return f"Stable over {runs} retrainings: {told}. More labels of this kind change little; check by an audit."
    if step.kappa >= STABLE:
        return f"{told}. Stable for now: wait for {runs} such retrainings in a row."
    if step.kappa >= NEARLY:
        return f"{told}. Nearly stable: go on a little."
    return f"{told}. Labels still change the model: go on."
