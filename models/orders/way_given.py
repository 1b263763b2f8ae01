"""The way of splits that came with the data: a model for each of their folds, joined to one that answers for all."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from models.domain import GivenOutcome
from models.job import Progress
from models.learn.given import fuse_sets
from models.orders.answers import FUSION, keep_answers
from models.orders.fitting import keeping
from models.orders.given import Whole, answer_given, fit_given, join_models, score_given
from models.orders.made import made_of
from models.orders.naming import find_recipe
from models.orders.way import Reached, Training, keep_model


def by_given(training: Training) -> Generator[Progress, None, Reached]:
    """Train over the splits, and leave the files that the field expects of them."""
    plan, recipe = training.plan, training.asked.recipe
    whole = _whole(training)
    sets = yield from fit_given(whole, training.seen, training.anew)
    fitted = replace((yield from join_models(whole, sets, training.folder.work, training.seen)), recipe=recipe)
    said = yield from keeping(keep_model(training, fitted), training.seen)
    p, parts = answer_given(whole, sets, said, plan.split.parts(len(plan.samples)))
    scores = score_given(whole, sets)
    joined = {FUSION: fuse_sets(sets, whole.truth, whole.rule).answers} if len(sets) > 1 else {}
    keep_answers(training.folder.path, plan.samples, {**sets, **joined}, plan.classes)
    if recipe.report is not None:
        labels = [plan.classes[code] if code >= 0 else None for code in plan.codes.tolist()]
        outcome = GivenOutcome(recipe.name, plan.samples, labels, plan.classes, training.givens, scores)
        recipe.report(outcome, training.folder.path)
    return Reached(made_of(fitted, said), p, parts, scores)


def _whole(training: Training) -> Whole:
    """What the single trainings share: the recipe itself, or the one that it joins models of."""
    asked = training.asked
    recipe, params = asked.recipe, asked.params
    if recipe.member is not None:
        name, params = recipe.member(params)
        recipe = find_recipe(training.kind, name)
    rule = asked.recipe.fusion(asked.params) if asked.recipe.fusion is not None else "mean"
    return Whole(
        training.plan, training.kind, recipe, params, training.givens, asked.seed, training.setting, training.there,
        rule,
    )  # fmt: skip
