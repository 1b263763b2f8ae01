"""What a run is scored by, and beside what: metadata alone, and the domain's baseline on the same split."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import Cancelled, UserError
from models.job import Progress
from models.learn.metadata import confound_words
from models.learn.words import tell_few
from models.orders.fitting import Seen, fit_rows, predict_rows
from models.orders.folding import out_of_fold
from models.orders.metadata import score_metadata
from models.orders.naming import find_recipe
from models.orders.scoring import held_out, score_rows, wants_balanced
from models.orders.way import Floats, Parts, Training
from models.store.runs import JUDGES


def score_parts(training: Training, p: Floats, parts: Parts) -> dict[str, Any]:
    """The metrics of each part that a run is judged by; p, parts: of all samples."""
    plan, balanced = training.plan, wants_balanced(training.kind, training.asked.params)
    metrics: dict[str, Any] = {}
    for name in JUDGES:
        rows = np.flatnonzero((parts == name) & (plan.codes >= 0))
        if len(rows):
            metrics[name] = score_rows(
                training.kind, plan.samples, plan.codes, p, rows, plan.classes, balanced, votes=plan.votes
            )
    return metrics


def few_words(training: Training, metrics: dict[str, Any], parts: Parts) -> list[str]:
    """That the score of a run rests on very few groups; nothing where it does not."""
    plan = training.plan
    part = held_out(parts, plan.codes)[0]
    told = tell_few(metrics.get(part), training.kind.words(plan.samples)[0], part == "out_of_fold")
    return [told] if told else []


def score_beside(training: Training, metrics: dict[str, Any], parts: Parts) -> Generator[Progress, None, str]:
    """Add to the metrics what metadata alone reach and the domain's baseline; in words what the first means."""
    kind, seen, words = training.kind, training.seen, ""
    part, rows = held_out(parts, training.plan.codes)
    try:
        if kind.metadata is not None:
            yield Progress(text="Scoring metadata alone")
            metrics["metadata_only"] = score_metadata(kind, training.plan)
            words = confound_words(metrics["metadata_only"], metrics.get(part))
        if kind.baseline and kind.baseline != training.asked.recipe.name and len(rows):
            yield Progress(text="Scoring the baseline")
            metrics["baseline"] = yield from _baseline(training, part, rows)
    except Cancelled:
        seen.cancelled = True
    except UserError as error:
        seen.log.append(f"Not scored beside: {error}")
    return words


def _baseline(training: Training, part: str, rows: npt.NDArray[np.int64]) -> Generator[Progress, None, dict[str, Any]]:
    plan, kind, setting, seed = training.plan, training.kind, training.setting, training.asked.seed
    recipe, work = find_recipe(kind, kind.baseline), training.folder.work / "baseline"
    params, seen = recipe.params(), Seen()
    p = np.zeros((len(plan.samples), len(plan.classes)), np.float32)
    if part == "out_of_fold":
        rows, found = yield from out_of_fold(plan, kind, recipe, params, seed, setting, work, seen, training.there)
    else:
        split = plan.split
        fitted = yield from fit_rows(plan, recipe, params, split.train, split.val, seed, setting, work, seen)
        found = yield from predict_rows(fitted, plan.samples, rows, setting)
    p[rows] = found
    scored = score_rows(kind, plan.samples, plan.codes, p, rows, plan.classes, bool(kind.by_columns), votes=plan.votes)
    return {"recipe": recipe.name, "part": part, **scored}
