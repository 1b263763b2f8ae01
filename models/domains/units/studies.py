"""What can be asked of a run on units beside its scores: metrics that count, another animal, shift, the labels."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Inspected, Reasons, Studied
from models.domains.units import contributions
from models.domains.units.importance import importance
from models.domains.units.recipes.model import Model, group_codes, one_part, predict_table, table_of
from models.domains.units.repair import learnt
from models.domains.units.shift import advise, between, moved, shift_words
from models.domains.units.transfer import leave_out
from models.errors import UserError
from models.job import Progress
from models.learn.split import fold_rows
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Made = Generator[Progress, None, Studied]
#: Folds of a run that has no held-out units of its own, when metrics are shuffled.
FOLDS = 3


def judge_of(model: Model) -> Callable[[Floats], Floats]:
    """Probabilities (n, classes) that a model gives to a table of its metrics."""
    from models.domains.units.recipes.two_step import raw

    return lambda x: predict_table(model, x, one_part if "classifier" in model.parts else raw)


def importances(run: Inspected) -> Made:
    """How much balanced accuracy falls when a metric is shuffled, on units that the model has not seen."""
    groups = run.task.samples.group_codes()[0]
    if run.part == "out_of_fold":
        rows, judge = yield from _by_folds(run)
    else:
        rows, judge = run.held, judge_of(run.model)
        if not len(rows):
            raise UserError("the model has learnt from each labelled unit here. Label others, or import a session.")
    # Of all units first: metrics may be relative to their whole session.
    x = table_of(run.model, run.task.samples)[rows]
    found = yield from importance(judge, x, run.model.names, run.codes[rows], groups[rows], run.task.seed)
    sessions = found[0].groups if found else 0
    over = f"spread over {sessions} sessions" if sessions > 1 else "spread over repeated shuffles"
    unsure = "adopted" in run.model.facts and learnt(run.model, run.task.samples) is None
    which = "units; which of them it learnt from can't be told" if unsure else "units that it has not seen"
    text = (
        f"Fall of the model's balanced accuracy when a metric is shuffled within its session, on {len(rows)} {which}; "
        f"{over}."
    )
    return Studied(text, [one.plain() for one in found], "name", "drop", "spread", "Fall of balanced accuracy")


def _by_folds(run: Inspected) -> Generator[Progress, None, tuple[Rows, Callable[[Floats], Floats]]]:
    """Held-out rows of folds by session, and a judge that asks for each of them the model that has not seen it."""
    groups = group_codes(run.task.samples, "session")
    every = np.unique(run.task.train)
    folds = fold_rows(run.codes[every], groups[every], FOLDS, run.task.seed)
    models: list[tuple[slice, Callable[[Floats], Floats]]] = []
    rows: list[Rows] = []
    start = 0
    for number, held in enumerate(folds):
        yield Progress(number, len(folds), f"Fold {number + 1} of {len(folds)}")
        mine = np.isin(run.task.train, every[held])
        part = replace(run.task, train=run.task.train[~mine], val=np.empty(0, np.int64))
        model = yield from run.recipe.fit(part)
        # The same metrics in the same order: the run's own are what is shuffled.
        if model.names != run.model.names:
            raise UserError("other metrics are known now than when this run was trained. Train again.")
        models.append((slice(start, start + len(held)), judge_of(model)))
        rows.append(every[held])
        start += len(held)
    return np.concatenate(rows), lambda x: np.concatenate([judge(x[part]) for part, judge in models])


def transfer(run: Inspected) -> Made:
    """Each animal (each session, where there is one animal) left out in turn."""
    by = "animal" if _several(run, "animal") else "session"
    found = yield from leave_out(run.recipe, run.task, by)
    rows = []
    for row in found.rows:
        told = row.plain()
        recalls = {f"recall_{name}": value for name, value in told.pop("recalls").items()}
        rows.append({by: told.pop("name"), **told, **recalls})
    text = (
        f"{len(rows)} models, each tested on the {by} that it has not seen: mean balanced accuracy "
        f"{found.mean:.3f}, spread {found.spread:.3f}."
    )
    return Studied(text, rows, by, "balanced_accuracy", "", "Balanced accuracy")


def _several(run: Inspected, column: str) -> bool:
    if column not in run.task.samples.names:
        return False
    named = {value for value in run.task.samples.column(column)[np.unique(run.task.train)] if value}
    return len(named) > 1


def shifts(run: Inspected) -> Made:
    """How far the metrics of the judged units lie from those that the model learnt from."""
    yield Progress(text="Comparing distributions")
    x, arrays = table_of(run.model, run.task.samples), run.model.arrays
    if "adopted" in run.model.facts:
        if "quantiles" not in arrays or not len(run.held):
            missing = "its folder does not tell what it learnt from" if len(run.held) else "it learnt from all of them"
            raise UserError(f"the units here can't be held against this model's training: {missing}.")
        found = moved(x[run.held], run.model.names, arrays["quantiles"], arrays["missing"])
    elif not len(run.train) or run.part == "out_of_fold":
        raise UserError("this run has no units apart from those that it learnt from. Train with a test part.")
    else:
        found = between(x[run.train], x[run.held], run.model.names)
    rows = []
    for one in found:
        told = one.plain()
        before, now = told.pop("medians"), told.pop("missing")
        rows.append(
            {
                "name": told["name"],
                "distance": told["distance"],
                "median_training": before[0],
                "median_held_out": before[1],
                "missing_training": now[0],
                "missing_held_out": now[1],
            }
        )
    text = shift_words(found) or "No metric of the held-out units is far from the training units."
    return Studied(text, rows, "name", "distance", "", "Distance of the distributions (Kolmogorov and Smirnov)")


def advice(run: Inspected) -> Made:
    """What speaks against training on these labels."""
    yield Progress(text="Looking at the labels")
    samples = run.task.samples
    codes, names = samples.group_codes()
    animals = samples.column("animal").tolist() if "animal" in samples.names else ()
    sessions = [names[code] for code in codes.tolist()]
    x = table_of(run.model, samples)
    found = advise(x, run.model.names, run.codes, run.task.classes, sessions, animals)
    rows = [{"check": one.kind, "level": one.level, "text": one.text} for one in found]
    text = f"{len(rows)} of the checks did not pass." if rows else "Enough labels of each class, of several animals."
    return Studied(text, rows)


# Why a unit got its class


def reasons(model: Model, samples: Samples, rows: Rows, background: Rows) -> Reasons:
    """What each metric adds for the class that the model gives each unit, before the probabilities are calibrated."""
    # Of all units first: metrics may be relative to their whole session.
    every = table_of(model, samples)
    x, seen = every[rows], every[background]
    decided = judge_of(model)(x).argmax(1)
    values, base = np.zeros(x.shape), np.zeros(len(x))
    told: contributions.Reasons | None = None
    for code in np.unique(decided).tolist():
        mine = np.flatnonzero(decided == code)
        told = _of_class(model, x[mine], seen, int(code))
        values[mine], base[mine] = told.values, told.base
    classes = tuple(model.classes[code] for code in decided.tolist())
    scale, method = (told.scale, told.method) if told else ("probability", contributions.SAMPLED)
    return Reasons(classes, tuple(model.names), values, base, scale, method)


def _of_class(model: Model, x: Floats, seen: Floats, code: int) -> contributions.Reasons:
    pipeline: Any = model.parts.get("classifier")
    present: Sequence[int] = model.present.get("classifier", ())
    if pipeline is None or code not in present:
        return contributions.explain(None, judge_of(model), x, seen, model.names, code)
    from models.domains.units.pipelines import probabilities

    place = list(present).index(code)
    return contributions.explain(
        pipeline, lambda table: probabilities(pipeline, table, model.names), x, seen, model.names, place
    )
