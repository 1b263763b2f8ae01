"""Model folders of other programs: looked at first, then taken in as a run that predicts all samples."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Doctor, Domain, Recipe, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.save import read_json
from models.orders.fitting import load_model, predict_there, unsaid_words
from models.orders.naming import device_of, find_domain, find_recipe, name_run, place, plain
from models.orders.run_record import versions
from models.params import to_plain
from models.store.atomic import write_text
from models.store.predictions import FILE_NAME, write_predictions
from models.store.project import Project


def examine_model(project: str, folder: str) -> Steps:
    """What is known of a model folder, and how its inputs fit the project's samples; nothing of it runs."""
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        yield Progress(text=f"Looking at {place(folder).name}")
        found: dict[str, Any] = plain(dict(_doctor(kind).examine(place(folder), opened.samples)))
        return found


def adopt_model(
    project: str,
    folder: str,
    trust: Sequence[str] = (),
    rebuild: bool = False,
    classes: Mapping[str, str] | None = None,
    name: str = "",
    by: str = "",
) -> Steps:
    """Take a model folder in as a run that predicts all samples: mended, or built again from its training data.

    classes: what its classes are called here, where that differs.
    """
    with Project.open(place(project)) as opened:
        if name:
            opened.runs.check_name(name)
        kind = find_domain(opened)
        made = opened.runs.start()
        try:
            words = yield from _take_in(kind, place(folder), made.path, tuple(trust), rebuild)
            record = yield from _predict(opened, kind, made.path, words, dict(classes or {}))
            made.finish(record)
        except (Exception, GeneratorExit):
            made.discard()
            raise
        if name:
            name_run(opened, made.id, name, by)
        return {"run": made.id, "classes": record["classes"], "words": record["words"], "notes": record["notes"]}


def _doctor(kind: Domain) -> Doctor:
    if kind.doctor is None:
        raise UserError(f"there are no model folders of other programs for {kind.title}. Use a run or its folder.")
    return kind.doctor


def _take_in(
    kind: Domain, folder: Path, target: Path, trust: tuple[str, ...], rebuild: bool
) -> Generator[Progress, None, str]:
    """Make the run's folder; how, in words."""
    doctor = _doctor(kind)
    if rebuild:
        return (yield from doctor.rebuild(folder, target))
    yield Progress(text="Opening the model")
    if kind.adopt is None:
        raise UserError(f"{kind.title} take no model of another program.")
    kind.adopt(folder, target, trust)
    mended = read_json(target / "run.json").get("input", {}).get("mended") or []
    return f"Mended: {'; '.join(mended)}." if mended else "Taken as it was."


def _predict(
    project: Project, kind: Domain, folder: Path, words: str, called: Mapping[str, str]
) -> Generator[Progress, None, dict[str, Any]]:
    """Predict all samples, and say how far they are from what the model learnt from."""
    began = time.monotonic()
    setting = Setting(device_of("cpu"), project.cache)
    fitted, record = load_model(kind, folder)
    rows = np.arange(len(project.samples), dtype=np.int64)
    p = yield from predict_there(fitted, kind, project.samples, rows, len(record["classes"]), setting)
    ids = project.samples.ids()
    classes = [called.get(name, name) for name in record["classes"]]
    if len(set(classes)) < len(classes):
        raise UserError("two classes of the model got one name. Give each its own.")
    seen = _doctor(kind).learnt(fitted.model, project.samples)
    parts = ["rest"] * len(ids) if seen is None else np.where(seen, "train", "rest").tolist()
    said = np.flatnonzero(np.isfinite(p).all(axis=1)).tolist()
    kept = [ids[row] for row in said], [parts[row] for row in said], p[said]
    write_predictions(folder / FILE_NAME, *kept, tuple(classes))
    moved = kind.shift(fitted.model, project.samples) if kind.shift is not None else ""
    notes = [*unsaid_words(p, kind, project.samples), *(words for words in (moved, _seen_words(kind, seen)) if words)]
    write_text(folder / "log.txt", "\n".join([words, *notes]) + "\n")
    told = {"classes": classes, "seconds": round(time.monotonic() - began, 3), "words": words, "notes": notes}
    found: dict[str, Any] = plain({**record, **_head(project, find_recipe(kind, str(record["recipe"]))), **told})
    return found


def _head(project: Project, recipe: Recipe) -> dict[str, Any]:
    """What a record tells of a run that was not trained here."""
    journal = project.journal
    return {
        "params": to_plain(recipe.params()),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": 0,
        "device": "cpu",
        "versions": versions(),
        "snapshot": {"position": journal.position, "sha": journal.fold.sha(), "labels": 0},
        "split": {"kind": "none", "by": "none", "independent": True},
        "project": project.path.name,
        "metrics": {},
        "parent": "",
    }


def _seen_words(kind: Domain, seen: npt.NDArray[np.bool_] | None) -> str:
    """How many of the samples here the model has learnt from, or that nobody knows."""
    if seen is None:
        return f"Which {kind.sample}s here it learnt from can't be told: a score of it may rest on what it has seen."
    count = int(seen.sum())
    words = f"{count} of the {len(seen)} {kind.sample}s here stand in its training data: no score of it rests on them."
    return words if count else ""
