"""Generated raters: what a pattern is on the mean of all experts, and how single ones vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.domains.eeg.constants import CLASSES
from models.learn.divergence import divergences

Floats = npt.NDArray[np.float64]

#: Where half of all experts see one thing and half the other, and how sharply opinion turns there.
_SEEN, _TURN = 0.45, 0.055
_HALF, _SLOPE = 0.5, 0.07
#: Classes that raters take for each other, row: what is there.
_ALIKE = np.array(
    [
        # seizure lpd gpd lrda grda other
        [0.0, 3.0, 2.0, 2.0, 1.0, 2.0],
        [2.0, 0.0, 3.0, 2.0, 0.5, 2.0],
        [2.0, 3.0, 0.0, 0.5, 2.0, 2.0],
        [1.0, 2.0, 0.5, 0.0, 3.0, 3.0],
        [0.5, 0.5, 2.0, 3.0, 0.0, 3.0],
        [1.0, 1.5, 1.0, 2.0, 2.0, 0.0],
    ]
)
#: Draws of each window that the ceiling is taken over.
_DRAWS = 200
MOST_VOTES = 28


@dataclass(frozen=True)
class Pattern:
    """What is to be seen in a stretch of EEG; each of the first four is 0 to 1.

    strength: its size beside the background. lateral: on one side rather than on both. sharp: discharges rather
    than waves. evolving: its rate, size and place change. frequency: Hz at its begin. side: −1 left, 1 right.
    place: front (1) to back (−1).
    """

    strength: float
    lateral: float
    sharp: float
    evolving: float
    frequency: float
    side: int
    place: float


def draw_pattern(kind: str, ambiguous: bool, rng: np.random.Generator) -> Pattern:
    """A pattern of a class; an ambiguous one stands between it and others."""
    lateral, sharp = float(kind in ("lpd", "lrda")), float(kind in ("lpd", "gpd"))
    if kind in ("seizure", "other"):
        lateral, sharp = float(rng.random() < 0.6), float(rng.random())
    strength = 0.12 if kind == "other" else 0.8
    told = np.array([strength, lateral, sharp, float(kind == "seizure")])
    told += rng.normal(0, 0.1, 4)
    if ambiguous:
        # One of what tells classes apart stands in the middle.
        told[int(rng.integers(4))] = rng.normal(0.5, 0.1)
    told = np.clip(told, 0, 1)
    low, high = {"seizure": (2.6, 3.6), "lrda": (1.2, 2.6), "grda": (1.2, 2.6)}.get(kind, (0.6, 2.0))
    return Pattern(
        float(told[0]),
        float(told[1]),
        float(told[2]),
        float(told[3]),
        float(rng.uniform(low, high)),
        -1 if rng.random() < 0.5 else 1,
        float(rng.uniform(-0.6, 0.8)),
    )


def opinion(pattern: Pattern) -> Floats:
    """The shares of all experts that see each of CLASSES in a pattern."""
    seen = _turned(pattern.strength - _SEEN, _TURN)
    seizure = _turned(pattern.evolving - _HALF, _SLOPE)
    lateral = _turned(pattern.lateral - _HALF, _SLOPE)
    sharp = _turned(pattern.sharp - _HALF, _SLOPE)
    rest = seen * (1 - seizure)
    parts = [sharp * lateral, sharp * (1 - lateral), (1 - sharp) * lateral, (1 - sharp) * (1 - lateral)]
    return np.array([seen * seizure, *(rest * part for part in parts), 1 - seen])


def _turned(value: float, width: float) -> float:
    return float(1 / (1 + np.exp(-value / width)))


def draw_raters(count: int, disagreement: float, rng: np.random.Generator) -> Floats:
    """What each rater calls what is there, (count, 6, 6), rows sum to 1; each errs at own classes and as often.

    disagreement: how often on the mean.
    """
    wrong = rng.gamma(1.0, 1.0, (count, 6, 6)) * _ALIKE
    wrong /= wrong.sum(axis=2, keepdims=True)
    often = np.clip(disagreement * rng.gamma(4, 0.25, (count, 1, 1)), 0, 0.9)
    return np.asarray((1 - often) * np.eye(6) + often * wrong)


def draw_ballot(shares: Floats, raters: Floats, rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Which raters vote on a window that experts see so, and the class that each gives: mostly few, else ten on."""
    most = min(len(raters), MOST_VOTES)
    few = rng.random() < 0.55
    count = int(rng.integers(1, 8) if few else rng.integers(10, MOST_VOTES + 1))
    voters = np.sort(rng.permutation(len(raters))[: min(count, most)])
    given = [int(rng.choice(len(CLASSES), p=shares @ raters[voter])) for voter in voters]
    return voters, given


@dataclass(frozen=True)
class Ceiling:
    """How well the best possible classifier does on the mean, and two raters with each other."""

    accuracy: float
    kl: float
    agreement: float


def ceiling(shares: Floats, raters: Floats, counts: Sequence[int], rng: np.random.Generator) -> Ceiling:
    """Of who knows how windows were generated, (n, 6) shares, each with so many votes.

    Its answer is the mean of what all raters would say; what it cannot know is who votes and what they say.
    """
    best = shares @ raters.mean(axis=0)
    accuracy, divergence = [], []
    for row, count in zip(best, counts, strict=True):
        votes = rng.multinomial(count, row / row.sum(), size=_DRAWS)
        accuracy.append(np.mean(votes.argmax(axis=1) == row.argmax()))
        divergence.append(divergences(votes / count, row[None]).mean())
    pairwise = (best**2).sum(axis=1).mean()
    return Ceiling(float(np.mean(accuracy)), float(np.mean(divergence)), float(pairwise))
