"""A random check of labels: an unbiased estimate of their error and of the model's accuracy.

Only a random draw can say how many labels are wrong; suspects found by a model are no sample. So
the audit shows labelled samples by design, in an order that depends on the seed alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.review.pool import Pool, Ranked
from models.learn.words import interval as brackets
from models.learn.words import share

#: Normal quantile of a two-sided 95 % interval.
Z = 1.959963984540054
REASON = "Random audit draw: its answer counts towards the label-error estimate."


def rank_audit(pool: Pool, seed: int = 0) -> Ranked:
    """Labelled rows not yet audited in a random order that stays the same as answers come in."""
    keys = np.random.default_rng([seed, 41]).random(len(pool))
    rows = np.flatnonzero(pool.labelled & ~pool.marked("audited"))
    order = rows[np.argsort(keys[rows], kind="stable")]
    return Ranked("audit", order, 1 - keys[order], lambda row, _: words(pool, row))


def words(pool: Pool, row: int) -> str:
    """The reason, with a mark for rows of the locked test set."""
    return f"{REASON} In the locked test set." if pool.marked("test")[row] else REASON


@dataclass(frozen=True)
class Estimate:
    """A share estimated from n of `population` samples drawn at random, with its 95 % interval."""

    value: float | None
    interval: tuple[float, float] | None
    n: int
    population: int

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        limits = None if self.interval is None else list(self.interval)
        return {"value": self.value, "interval": limits, "n": self.n, "population": self.population}


def estimate_share(hits: int, n: int, population: int) -> Estimate:
    """Share of hits with a Wilson (1927) interval and finite-population correction.

    The correction takes n for the sample size of the same variance drawn with replacement,
    n·(N − 1)/(N − n); with n = N the share is known. Undefined for n = 0.
    """
    if not 0 <= hits <= n <= population:
        raise UserError(f"{hits} of {n} audited among {population} samples is impossible: check the audit's rows.")
    if not n:
        return Estimate(None, None, 0, population)
    value = hits / n
    if n == population:
        return Estimate(value, (value, value), n, population)
    size = n * (population - 1) / (population - n)
    middle = (value + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z * ((value * (1 - value) / size + Z**2 / (4 * size**2)) ** 0.5) / (1 + Z**2 / size)
    low, high = max(middle - half, hits / population), min(middle + half, 1 - (n - hits) / population)
    return Estimate(value, (min(low, value), max(high, value)), n, population)


@dataclass(frozen=True)
class Audited:
    """What an audit says of the labels and, where predictions were given, of the model."""

    label_error: Estimate
    model_accuracy: Estimate | None

    def plain(self) -> dict[str, Any]:
        """As JSON, with the sentence."""
        accuracy = None if self.model_accuracy is None else self.model_accuracy.plain()
        return {"label_error": self.label_error.plain(), "model_accuracy": accuracy, "text": self.words()}

    def words(self) -> str:
        """``About .04 [.02, .09] of the labels are wrong (120 of 2000 audited).``"""
        error = self.label_error
        if error.value is None:
            return "Nothing audited yet."
        text = f"About {share(error.value)} {brackets(error.interval)} of the labels are wrong "
        text += f"({error.n} of {error.population} audited)."
        if self.model_accuracy is not None and self.model_accuracy.value is not None:
            model = self.model_accuracy
            text += f" The model is right on {share(model.value)} {brackets(model.interval)} (n = {model.n})."
        return text


def audit(
    before: npt.ArrayLike,
    answers: npt.ArrayLike,
    population: int,
    predicted: npt.ArrayLike | None = None,
    predicted_population: int | None = None,
) -> Audited:
    """Estimate from audited samples.

    before: the label of each when it was drawn; answers: what the auditor said (−1 "cannot say" is
    passed over). population: labelled samples drawn from. predicted: the model's class by a model
    that did not see the sample, −1 where there is none, among `predicted_population` such samples.
    """
    old, new = np.asarray(before), np.asarray(answers)
    said = new >= 0
    error = estimate_share(int((old != new)[said].sum()), int(said.sum()), population)
    if predicted is None:
        return Audited(error, None)
    guess = np.asarray(predicted)
    known = said & (guess >= 0)
    whole = population if predicted_population is None else predicted_population
    return Audited(error, estimate_share(int((guess == new)[known].sum()), int(known.sum()), whole))
