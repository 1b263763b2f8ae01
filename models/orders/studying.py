"""Looks at a run beyond its scores, as its domain knows them: each a table that is kept with the run."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.domain import Domain, Inspected, Setting, Study
from models.errors import UserError
from models.job import Progress, Steps
from models.orders.fitting import load_model, make_task
from models.orders.naming import device_of, find_domain, place, plain
from models.orders.plan import again, make_plan
from models.orders.records import keep
from models.orders.scoring import held_out
from models.params import build, unknown
from models.store.atomic import own_folder
from models.store.project import Project
from models.store.runs import RunRecord


def study(project: str, name: str, run: str = "last", device: str = "auto") -> Steps:
    """{study, title, text, rows, label, value, spread, axis, at, position} of the labels of now, kept with the run."""
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run)
        chosen = find_study(kind, name)
        return (yield from studied(opened, kind, record, chosen, Setting(device_of(device), opened.cache)))


def find_study(kind: Domain, name: str) -> Study:
    """The study of this name; UserError with the nearest and all known ones."""
    for one in kind.studies:
        if one.name == name:
            return one
    raise UserError(unknown("study", name, [one.name for one in kind.studies]))


def studied(
    project: Project, kind: Domain, record: RunRecord, chosen: Study, setting: Setting
) -> Generator[Progress, None, dict[str, Any]]:
    """Make a study of a run, and keep it."""
    yield Progress(text=chosen.title)
    with own_folder(project.cache / "study") as work:
        found = yield from chosen.make(_inspected(project, kind, record, setting, work))
    result = {
        "run": record.id,
        "study": chosen.name,
        "title": chosen.title,
        "text": found.text,
        "rows": [dict(row) for row in found.rows],
        **{part: getattr(found, part) for part in ("label", "value", "spread", "axis")},
    }
    return keep(project, record, chosen.kept, plain(result))


def kept_study(project: Project, record: RunRecord, chosen: Study) -> Mapping[str, Any] | None:
    """A study as it is kept with its run, None where it was never made or labels came since."""
    found = record.added(chosen.kept)
    return found if found is not None and found.get("position") == project.journal.position else None


def _inspected(project: Project, kind: Domain, record: RunRecord, setting: Setting, work: Path) -> Inspected:
    fitted, told = load_model(kind, record.path)
    params = build(fitted.recipe.params, told["params"])
    wish = again(told)
    plan = make_plan(project, kind, project.journal.fold, wish, told["seed"], params)
    predicted = record.predictions()
    rows, index = predicted.rows(plan.samples)
    parts = np.full(len(plan.samples), "", object)
    parts[rows] = predicted.part[index]
    part, held = held_out(parts, plan.codes)
    every = np.flatnonzero(plan.codes >= 0)
    none = np.empty(0, np.int64)
    task, _ = make_task(plan, params, every, none, told["seed"], setting, work)
    train = np.flatnonzero(np.isin(parts.astype(str), ("train", "out_of_fold")) & (plan.codes >= 0))
    return Inspected(fitted.recipe, fitted.model, task, plan.codes, train, held, part, setting)
