"""The plain way: one model learns from the training part of the split, and says what all samples are."""

from __future__ import annotations

from collections.abc import Generator

from models.job import Progress
from models.orders.fitting import fit_rows, keeping
from models.orders.made import Made, made_of
from models.orders.way import Reached, Training, keep_model


def by_split(training: Training) -> Generator[Progress, None, Reached]:
    """Fit, keep the model, predict."""
    made = yield from learn_split(training)
    return Reached(made, made.p, training.plan.split.parts(len(training.plan.samples)))


def learn_split(training: Training) -> Generator[Progress, None, Made]:
    """The model of the training part; who cancels has the best so far."""
    asked, plan, seen = training.asked, training.plan, training.seen
    fitted = yield from fit_rows(
        plan, asked.recipe, asked.params, plan.split.train, plan.split.val, asked.seed, training.setting,
        training.folder.work, seen, training.resume,
    )  # fmt: skip
    return made_of(fitted, (yield from keeping(keep_model(training, fitted), seen)))
