"""A run carried over to samples that came after it: predicted, and its confidence fitted to labels of theirs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.orders.fitting import Fitted, load_model, predict_rows
from models.orders.naming import chosen_rows, device_of, find_domain, place, plain
from models.store.atomic import write_text
from models.store.predictions import FILE_NAME, write_predictions
from models.store.project import Project
from models.store.runs import RunRecord

Rows = npt.NDArray[np.int64]
#: What a run's folder holds beside its model that stays true of the run that follows from it.
KEPT = ("tried.csv",)


def carry_run(project: str, run: str = "last") -> Steps:
    """A run that follows from another and has predicted what came after it: {run, predicted, notes}."""
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run)
        fitted, _ = load_model(kind, record.path)
        rows = _new_rows(opened, kind, record)
        if not len(rows):
            raise UserError(f"{record.title} has predicted all samples that are there. Import new ones first.")
        words = kind.shift(fitted.model, opened.samples.take(rows)) if kind.shift is not None else ""
        more = {"words": f"Follows from {record.title}.", "notes": [words] if words else []}
        made = yield from _follow(opened, record, fitted, rows, more)
        return {"run": made, "predicted": len(rows), "notes": more["notes"]}


def calibrate(project: str, run: str = "last", where: str = "") -> Steps:
    """A run that follows from another, its confidence fitted to labels that it did not learn from.

    Without `where` those of samples that came after it. {run, rows, before, after, words}: the calibration error.
    """
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run)
        if kind.calibrate is None:
            raise UserError(
                f"there is no calibration on labels of new samples for {kind.title}. Train again with them."
            )
        setting = Setting(device_of("cpu"), opened.cache)
        fitted, _ = load_model(kind, record.path)
        unseen = _unseen(opened, kind, record)
        rows = np.intersect1d(chosen_rows(opened, where, record.id), unseen) if where else unseen
        labels = opened.journal.fold.labels()
        yield Progress(text="Fitting the confidence")
        samples, told = opened.samples.take(rows), [labels[row] for row in rows.tolist()]
        model, found = kind.calibrate(fitted.model, fitted.temperature, samples, told, setting)
        fitted = Fitted(fitted.recipe, model, 1.0, fitted.balanced, fitted.folder, fitted.answers)
        more = {"calibration": dict(found), "words": found["words"], "temperature": 1.0}
        made = yield from _follow(opened, record, fitted, unseen, more)
        return {"run": made, **found}


def _new_rows(project: Project, kind: Domain, record: RunRecord) -> Rows:
    """Rows that the run has no prediction of, of those whose files are there."""
    known, _ = record.predictions().rows(project.samples)
    return np.setdiff1d(np.flatnonzero(project.journal.fold.live & kind.there(project.samples)), known).astype(np.int64)


def _unseen(project: Project, kind: Domain, record: RunRecord) -> Rows:
    """Rows that had no part in the run, as they came later or were not labelled then, and whose files are there."""
    kept = record.predictions()
    known, index = kept.rows(project.samples)
    taken = known[kept.part[index] != "rest"]
    return np.setdiff1d(np.flatnonzero(project.journal.fold.live & kind.there(project.samples)), taken).astype(np.int64)


def _follow(
    project: Project, record: RunRecord, fitted: Fitted, rows: Rows, more: dict[str, Any]
) -> Generator[Progress, None, str]:
    """Keep a run with this model, these rows predicted anew and all others as they were; gives its id."""
    began = time.monotonic()
    folder = project.runs.start()
    try:
        (folder.path / "model").mkdir()
        fitted.recipe.save(fitted.model, folder.path / "model")
        for name in KEPT:
            if (record.path / name).is_file():
                shutil.copyfile(record.path / name, folder.path / name)
        yield from _predict(project, record, fitted, rows, folder.path)
        told = {
            **record.record,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - began, 3),
            "parent": record.id,
            **more,
        }
        write_text(folder.path / "log.txt", f"{more['words']}\n")
        folder.finish(plain(told))
    except (Exception, GeneratorExit):
        folder.discard()
        raise
    return folder.id


def _predict(
    project: Project, record: RunRecord, fitted: Fitted, rows: Rows, folder: Path
) -> Generator[Progress, None, None]:
    kept, classes = record.predictions(), tuple(record.record["classes"])
    p = np.full((len(project.samples), len(classes)), np.nan, np.float32)
    parts = np.full(len(p), "rest", object)
    known, index = kept.rows(project.samples)
    p[known], parts[known] = kept.probabilities[index], kept.part[index]
    p[rows] = yield from predict_rows(fitted, project.samples, rows, Setting(device_of("cpu"), project.cache))
    told = np.flatnonzero(np.isfinite(p[:, 0]))
    ids = project.samples.take(told).ids()
    write_predictions(folder / FILE_NAME, ids, parts[told].tolist(), p[told], classes)
