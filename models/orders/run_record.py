"""The record of a run, as its run.json keeps it."""

from __future__ import annotations

import platform
import sys
from itertools import islice
from typing import Any

import numpy as np

from models.learn import stop
from models.orders.classing import class_table
from models.orders.naming import plain
from models.orders.plan import Plan, plain_wish
from models.orders.way import Floats, Reached, Training
from models.params import to_plain
from models.store.project import Project


def record_of(training: Training, reached: Reached, metrics: dict[str, Any]) -> dict[str, Any]:
    """What a run tells of its training: what was asked, what it learnt from, how it went, what it reached."""
    project, plan, asked, made, seen = training.project, training.plan, training.asked, reached.made, training.seen
    locked = plan.split.kind == "locked"
    record = {
        "recipe": asked.recipe.name,
        "params": to_plain(asked.params),
        "preset": asked.preset,
        "seed": asked.seed,
        "device": training.setting.device,
        "versions": versions(),
        "split": plan.split.plain(),
        "wish": plain_wish(asked.wish),
        "classes": list(plan.classes),
        "grouping": class_table(project, training.kind, asked.params, project.journal.fold),
        "metrics": metrics,
        "balance": {
            "rule": getattr(asked.params, "balance", "none"),
            "before": dict(zip(plan.classes, made.before, strict=False)),
            "after": dict(zip(plan.classes, made.after, strict=False)),
        },
        "temperature": made.temperature,
        "project": project.path.name,
        "domain": training.kind.name,
        "curves": seen.curves,
        "log": seen.log,
        "test_version": project.keep_test_version() if locked else 0,
        "parent": "",
        "stopped_early": seen.cancelled,
        "input": made.facts,
        "stopping": _stopping(project, asked.recipe.name, plan, reached.p),
    }
    if ran := training.there.plain():
        record["cluster"] = ran
    found: dict[str, Any] = plain(record)
    return found


def _stopping(project: Project, recipe: str, plan: Plan, p: Floats) -> dict[str, Any]:
    """How the predictions changed over the runs of this recipe: whether more labels still change the model."""
    tables, runs = [p], project.runs.list()
    alike = (run for run in runs if run.recipe == recipe and tuple(run.record["classes"]) == plan.classes)
    for run in islice(alike, stop.RUNS):
        kept = run.predictions()
        rows, index = kept.rows(plan.samples)
        before = np.full_like(p, np.nan)
        before[rows] = kept.probabilities[index]
        tables.insert(0, before)
    return stop.stability(tables).plain()


def versions() -> dict[str, str]:
    """Versions of what can change a result, of those that are loaded."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for module, name in (("numpy", "numpy"), ("sklearn", "scikit-learn"), ("torch", "torch"), ("app", "winnow")):
        try:
            if module in sys.modules or module == "app":
                found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "from source"
    return found
