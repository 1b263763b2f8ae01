"""How alike the answers of two files are: how many rows get another class, and how many would by the luck of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
#: Probabilities below this are as good as none.
_LEAST = 1e-9
#: Rows on either side, by how sure they are, whose shifts a row might have had as well.
_NEAR = 16
#: Standard errors above the mean that 95 of 100 draws stay below.
_BOUND = 1.645


@dataclass(frozen=True)
class Alike:
    """rows: that both were asked. changed: share of these with another class. far: of probabilities at most.

    expected: share that would change had each row the shift of any row about as sure as it: steadier on few rows.
    bound: what that share is below in 95 of 100 draws of as many rows. shift: by how much the lead of the first class
    over the next, in log odds, is another on the mean.
    """

    rows: int
    changed: float
    expected: float
    bound: float
    shift: float
    far: float


def compare(wanted: Floats, found: Floats) -> Alike:
    """Probabilities (n, classes) beside those that were wanted."""
    if not len(wanted):
        return Alike(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    first = wanted.argmax(1)
    lead = _lead(wanted, first)
    shift = _lead(found, first) - lead
    changed = float((found.argmax(1) != first).mean())
    far = float(np.abs(wanted - found).max())
    chance = _chances(lead, shift)
    expected = float(chance.mean())
    bound = expected + _BOUND * float(chance.std()) / len(chance) ** 0.5
    return Alike(len(wanted), changed, expected, bound, float(np.abs(shift).mean()), far)


def _lead(p: Floats, first: npt.NDArray[np.int64]) -> Doubles:
    """By how much a class of each row is ahead of the best of all others, in log odds."""
    logs = np.log(np.maximum(p.astype(np.float64), _LEAST))
    rows = np.arange(len(p))
    own = logs[rows, first]
    logs[rows, first] = -np.inf
    lead: Doubles = own - logs.max(1, initial=np.log(_LEAST))
    return lead


def _chances(lead: Doubles, shift: Doubles) -> Doubles:
    """How likely each row, by how sure it is, gets another class."""
    order = np.argsort(lead)
    # The ends are mirrored, so that each row has as many neighbours.
    beside = np.pad(shift[order], min(_NEAR, len(lead) - 1), mode="reflect")
    near = np.lib.stride_tricks.sliding_window_view(beside, len(beside) - len(lead) + 1)
    chances: Doubles = (lead[order][:, None] + near < 0).mean(1)
    return chances
