"""A remedy that helped becomes a run of the other project: with its model, predictions, and where it comes from."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.external import Abroad, External, Remedy
from models.job import Progress, Steps
from models.learn.words import plural
from models.orders.abroad import Away, look_abroad
from models.orders.classing import class_table, fold_of
from models.orders.evaluating import codes_of
from models.orders.external import offered, remedy_named
from models.orders.fitting import Fitted, load_model, predict_rows
from models.orders.naming import device_of, find_domain, place, plain
from models.orders.plan import Wish, plain_wish
from models.orders.scoring import score_rows
from models.store.atomic import write_text
from models.store.predictions import FILE_NAME, write_predictions
from models.store.project import Project
from models.store.runs import RunRecord

Rows = npt.NDArray[np.int64]
#: What is told of the run that a remedy is made of, and who notes where the new one comes from.
_SAME = ("recipe", "params", "preset", "seed", "versions", "domain", "input")
BY = "winnow"


def apply_remedy(
    project: str,
    run: str = "last",
    on: str = "",
    remedy: str = "",
    labels: int = 0,
    seed: int = 0,
    device: str = "auto",
) -> Steps:
    """Keep a remedy as a run of the other project, where it predicts its samples: {run, project, predicted, words}.

    labels: so many of its labels are told, those that the first draw of the measurement told. The locked test of the
    measurement judges it.
    """
    if not on:
        raise UserError("name the other project: --on OTHER.")
    with Project.open(place(project)) as opened, Project.open(place(on)) as other:
        kind, record = find_domain(opened), opened.runs.get(run)
        known = offered(kind)
        one = remedy_named(known, remedy)
        find, keep = _ways(one, known, labels)
        setting = Setting(device_of(device), opened.cache)
        away = yield from look_abroad(opened, other, kind, record, setting, seed)
        why = away.why_not(one)
        if why:
            raise UserError(f"{one.title} is nothing for this run: {why}.")
        told = _told(away, kind, labels if one.labels else 0, seed)
        found = yield from find(replace(away.abroad, known=told, told=away.truth[told]))
        fitted, base = load_model(kind, record.path)
        at = next(number for number, name in enumerate(base["classes"]) if known.positive(name))
        fitted = replace(fitted, model=keep(fitted.model, found, at, fitted.temperature), temperature=1.0, spare=())
        words = _made_words(one, record, opened, len(told))
        test, origin = away.test_told()["groups"], _origin(opened, record, base)
        remedied = {
            "name": one.name, "title": one.title, "labels": len(told), "seed": seed, "test": test, "from": origin,
        }  # fmt: skip
        made = yield from _keep(other, kind, record, fitted, away, told, {"words": words, "remedy": remedied})
        return {**made, "project": str(other.path), "words": words}


def _made_words(one: Remedy, record: RunRecord, inside: Project, labels: int) -> str:
    """What a run is, in a sentence: the remedy, what it is made of, and with how many labels."""
    words = f"{one.title}, made of {record.title} of {inside.path.name}"
    return f"{words} with {plural(labels, 'label')}." if labels else f"{words}."


def _ways(
    one: Remedy, known: External, labels: int
) -> tuple[Callable[[Abroad], Generator[Progress, None, Any]], Callable[[Any, Any, int, float], Any]]:
    """How a remedy is found and how a model keeps it; UserError for one that can be kept by none, or lacks labels."""
    if one.find is None or known.keep is None:
        raise UserError(f"{one.title} cannot be kept as a run: it sees pictures otherwise, or learns them anew.")
    if one.labels and labels < 1:
        raise UserError(f"{one.title} needs labels of the other project: say how many, such as --labels 50.")
    return one.find, known.keep


def _origin(project: Project, record: RunRecord, base: Mapping[str, Any]) -> dict[str, Any]:
    """Which run a remedy was made of."""
    digests = base.get("digests", {})
    return {"project": project.path.name, "run": record.id, "name": record.title, "digests": digests}


def _told(away: Away, kind: Domain, labels: int, seed: int) -> Rows:
    """Places of the samples whose labels are told."""
    if not labels:
        return np.zeros(0, np.int64)
    if labels > len(away.abroad.pool):
        raise UserError(f"the other project has {len(away.abroad.pool)} labelled samples beside its locked test.")
    scores = np.asarray(away.p, np.float64)
    return away.asked(offered(kind), scores, labels, seed)


def _keep(
    other: Project, kind: Domain, record: RunRecord, fitted: Fitted, away: Away, told: Rows, more: Mapping[str, Any]
) -> Generator[Progress, None, dict[str, Any]]:
    began, started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    fold, classes = other.journal.fold, tuple(record.record["classes"])
    rows = np.flatnonzero(fold.live & kind.there(other.samples))
    p = np.full((len(other.samples), len(classes)), np.nan, np.float32)
    p[rows] = yield from predict_rows(fitted, other.samples, rows, Setting("cpu", other.cache))
    codes, test = codes_of(fold_of(other, kind, record), classes), away.rows[away.test]
    parts = np.full(len(p), "rest", object)
    parts[test], parts[away.rows[told]] = "test", "train"
    whole = {
        **_told_of(other, kind, record, away, told),
        "started": started,
        "seconds": round(time.monotonic() - began, 3),
        "metrics": {"test": score_rows(kind, other.samples, codes, p, test, classes, False)},
        "log": [more["words"]],
        **more,
    }
    folder = other.runs.start()
    try:
        (folder.path / "model").mkdir()
        fitted.recipe.save(fitted.model, folder.path / "model")
        ids = other.samples.take(rows).ids()
        write_predictions(folder.path / FILE_NAME, ids, parts[rows].tolist(), p[rows], classes)
        write_text(folder.path / "log.txt", f"{more['words']}\n")
        folder.finish(plain(whole))
        other.runs.note(folder.id, more["words"], BY)
    except (Exception, GeneratorExit):
        folder.discard()
        raise
    return {"run": folder.id, "predicted": len(rows)}


def _told_of(other: Project, kind: Domain, record: RunRecord, away: Away, told: Rows) -> dict[str, Any]:
    """The record of the run but for its outcome: what a training tells, as it is true of a remedy."""
    fold, params = other.journal.fold, record.record["params"]
    groups = {"train": len(np.unique(away.groups[told])), "val": 0, "test": len(np.unique(away.groups[away.test]))}
    return {
        **{name: record.record[name] for name in _SAME if name in record.record},
        "device": "cpu",
        "snapshot": {"position": other.journal.position, "sha": fold.sha(), "labels": len(told)},
        "split": {"kind": "locked", "by": "group", "train": len(told), "val": 0, "test": len(away.test), "seed": 0,
                  "groups": groups, "folds": [], "left_out": 0, "independent": groups["test"] > 1, "notes": []},
        "wish": plain_wish(Wish()), "classes": list(record.record["classes"]),
        "grouping": class_table(other, kind, params, fold), "temperature": 1.0, "project": other.path.name,
        "curves": [], "test_version": 0, "parent": "", "stopped_early": False, "notes": [],
    }  # fmt: skip
