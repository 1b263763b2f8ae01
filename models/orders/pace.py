"""How long trainings that follow each other still take, all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from models.job import Progress


class Pace:
    """Tells of each step of one training what is left of all of them.

    A step with ``fold`` and ``folds`` begins a training; ``left`` is what its own network says. after: trainings of the
    same size that follow those. It rests on the time since the first one, of which each has taken the same share.
    """

    def __init__(self, after: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._after, self._clock = after, clock
        self._first = self._number = self._count = 0
        self._began = self._own = 0.0

    def begin(self, number: int, count: int) -> None:
        """A training begins, one of so many; from 1."""
        self._number, self._count, self._own = number, count, self._clock()
        if not self._first:
            self._first, self._began = number, self._own

    def take(self, step: Progress) -> Progress:
        """The step with what is left of all, in s."""
        if "fold" in step.values:
            self.begin(int(step.values["fold"]), int(step.values["folds"]))
        if "left" not in step.values or not self._first:
            return step
        now = self._clock()
        own = now - self._own
        part = own / max(own + step.values["left"], 1e-9)
        done = self._number - self._first + part
        whole = self._count - self._first + 1 + self._after
        left = (now - self._began) * (whole - done) / done if done > 0 else step.values["left"]
        return replace(step, values={**step.values, "left": max(left, step.values["left"])})
