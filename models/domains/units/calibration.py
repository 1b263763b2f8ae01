"""Honest confidence on a new animal from some 50 of its units, labelled in the order of the queue “spread”.

The model's decisions stay; only how sure it says it is. Platt's scaling of the confidence of the
decided class (Platt 1999), two numbers with priors, for 50 units carry no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Setting
from models.domains.units.recipes.model import Calibration, Model
from models.errors import UserError
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]

#: The fewest labelled units that say anything.
FEWEST = 20
#: Strength of the priors: log of the scale near 0, the offset near 0.
SCALE_PRIOR, OFFSET_PRIOR = 20.0, 1.0
BINS = 5


@dataclass(frozen=True)
class Calibrated:
    """A model with a calibration, and the calibration error of the labelled units before and after.

    after: by folds of the labelled units, each told by the others.
    """

    model: Model
    calibration: Calibration
    before: float
    after: float
    rows: int

    @property
    def words(self) -> str:
        """For a person."""
        return (
            f"Calibrated on {self.rows} labelled units: calibration error {self.before:.3f} before, "
            f"{self.after:.3f} after (by folds of these units)."
        )


def fit_calibration(p: Floats, codes: Codes) -> Calibration:
    """Scale and offset of the decided class's log-odds from probabilities (n, k) and classes (n,)."""
    from scipy.optimize import minimize

    decided = p.argmax(1)
    sure = np.clip(p.max(1).astype(np.float64), 1e-4, 1 - 1e-4)
    odds, right = np.log(sure / (1 - sure)), (decided == codes).astype(np.float64)

    def loss(v: npt.NDArray[np.float64]) -> float:
        told = np.exp(v[0]) * odds + v[1]
        prior = SCALE_PRIOR * v[0] ** 2 + OFFSET_PRIOR * v[1] ** 2
        return float((np.logaddexp(0, told) - right * told).sum() + prior)

    found = minimize(loss, np.zeros(2), method="L-BFGS-B")
    return Calibration(float(np.exp(found.x[0])), float(found.x[1]), len(codes))


def calibrate_on(model: Model, samples: Samples, labels: Sequence[str | None], setting: Setting) -> Calibrated:
    """The model with confidences that fit these labelled units; units without a class of the model do not count.

    UserError for fewer than `FEWEST` such units.
    """
    from models.learn.reliability import calibration_error

    places = [row for row, label in enumerate(labels) if label in model.classes]
    if len(places) < FEWEST:
        raise UserError(f"{len(places)} labelled units are too few to calibrate on: label at least {FEWEST}.")
    bare = replace(model, calibration=None)
    p = _predict(bare, samples.take(np.array(places)), setting)
    codes = np.array([model.classes.index(str(labels[row])) for row in places], np.int64)
    shown = _by_folds(p, codes)
    calibration = fit_calibration(p, codes)
    before, after = calibration_error(codes, p, BINS), calibration_error(codes, shown, BINS)
    return Calibrated(replace(model, calibration=calibration), calibration, before, after, len(places))


def fitted_to(
    model: Model, temperature: float, samples: Samples, labels: Sequence[str | None], setting: Setting
) -> tuple[Model, dict[str, Any]]:
    """The calibrated model, the run's own temperature taken into it, and its figures as JSON."""
    whole = replace(model, temperature=model.temperature * temperature)
    found = calibrate_on(whole, samples, labels, setting)
    figures = {"rows": found.rows, "before": found.before, "after": found.after, "words": found.words}
    return found.model, figures


def _predict(model: Model, samples: Samples, setting: Setting) -> Floats:
    from models.domains.units.recipes import RECIPES

    recipe = next(one for one in RECIPES if one.name == model.recipe)
    return recipe.predict(model, samples, setting)


def _by_folds(p: Floats, codes: Codes, folds: int = 5) -> Floats:
    """Shown probabilities of each unit by a calibration on the others' folds."""
    shown = p.copy()
    for fold in range(folds):
        held_out = np.arange(len(codes)) % folds == fold
        shown[held_out] = fit_calibration(p[~held_out], codes[~held_out]).apply(p[held_out])
    return shown
