"""The way of cross-validation: beside the model, one of all other folds says what each sample is."""

from __future__ import annotations

from collections.abc import Generator

from models.errors import Cancelled
from models.job import Progress
from models.orders.folding import out_of_fold
from models.orders.made import MADE, Made, keep_made, made_key, read_made
from models.orders.way import MODEL, Reached, Training
from models.orders.way_split import learn_split


def by_folds(training: Training) -> Generator[Progress, None, Reached]:
    """The model, then out-of-fold probabilities in place of those of a model that saw the sample."""
    asked, plan, seen = training.asked, training.plan, training.seen
    made = yield from _model(training)
    p, parts = made.p, plan.split.parts(len(plan.samples))
    if seen.cancelled:
        return Reached(made, p, parts)
    try:
        rows, found = yield from out_of_fold(
            plan, training.kind, asked.recipe, asked.params, asked.seed, training.setting,
            training.folder.work / "folds", seen, training.there,
        )  # fmt: skip
    except Cancelled:
        seen.cancelled = True
        return Reached(made, p, parts)
    p, parts = p.copy(), parts.copy()
    p[rows], parts[rows] = found, "out_of_fold"
    return Reached(made, p, parts)


def _model(training: Training) -> Generator[Progress, None, Made]:
    """The model, kept until all folds are done: who is interrupted in one of them need not fit it again."""
    asked, seen, file = training.asked, training.seen, training.folder.work / MADE
    key = made_key(training.plan, training.kind, asked.recipe, asked.params, asked.seed, training.setting)
    known = read_made(file, key, seen)
    if known is not None and (training.folder.path / MODEL).is_dir():
        yield Progress(text="The model was kept before", log="The model was kept before")
        return known
    made = yield from learn_split(training)
    if not seen.cancelled:
        keep_made(file, key, made, seen)
    return made
