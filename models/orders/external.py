"""External validation: a run inside and outside, what differs there, and remedies on one locked test."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.external import External, Remedy
from models.job import Progress, Steps
from models.learn.words import plural
from models.orders.abroad import Away, kept_name, look_abroad
from models.orders.abroad import shifts as find_shifts
from models.orders.naming import device_of, find_domain, place, plain
from models.orders.outside import judged, measured
from models.orders.records import keep
from models.params import unknown
from models.store.project import Project
from models.store.runs import RunRecord

Rows = npt.NDArray[np.int64]
#: How many labels of the other project are tried.
LABELS = (0, 10, 20, 50, 100)


def external(
    project: str,
    run: str = "last",
    on: str = "",
    remedies: Sequence[str] | None = None,
    labels: Sequence[int] = LABELS,
    draws: int = 5,
    seed: int = 0,
    device: str = "auto",
) -> Steps:
    """A run on another project: {inside, outside, test, shifts, remedies, groups, stages, …}, kept with the run.

    remedies: by name, None for all of the domain. What was found earlier of others stays, where labels are as they
    were. Half of the groups there are a test that is locked once; labels for a remedy are of the other half.
    """
    if not on:
        raise UserError("name the other project: --on OTHER.")
    with Project.open(place(project)) as opened, Project.open(place(on)) as other:
        kind, record = find_domain(opened), opened.runs.get(run)
        known = offered(kind)
        if other.domain != opened.domain:
            raise UserError(f"{other.path} holds {other.domain}, the run is of {opened.domain}.")
        wanted = None if remedies is None else {remedy_named(known, one).name for one in remedies}
        tried = [one for one in known.remedies if wanted is None or one.name in wanted]
        counts = sorted({int(count) for count in labels if int(count) > 0})
        setting = Setting(device_of(device), opened.cache)
        name = kept_name(str(other.path))
        away = yield from look_abroad(opened, other, kind, record, setting, seed)
        basis = plain({**away.basis, "labels": counts, "draws": draws, "seed": seed})
        told = _earlier(record, name, basis) or (yield from _looked(opened, other, known, record, away, basis, name))
        for number, one in enumerate(tried):
            yield Progress(number, len(tried), one.title)
            found = yield from _tried(one, known, away, counts, draws, seed)
            others = [entry for entry in told["remedies"] if entry["name"] != one.name]
            told = {**told, "remedies": _ordered(known, [*others, *found])}
            told = keep(opened, record, name, plain(told))
        return told


def offered(kind: Domain) -> External:
    """What a domain knows of other sources; UserError where it is nothing."""
    if kind.external is None:
        raise UserError(f"there is no external validation for {kind.title}. Evaluate the run --on the other project.")
    return kind.external


def remedy_named(known: External, name: str) -> Remedy:
    """The remedy of a name; UserError with the known ones."""
    for one in known.remedies:
        if one.name == name:
            return one
    raise UserError(unknown("remedy", name, [one.name for one in known.remedies]))


def _earlier(record: RunRecord, name: str, basis: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was kept before, where it stands on the same labels and the same test and was not left half done."""
    found = record.added(name)
    if found is None or found.get("basis") != basis:
        return None
    return found if found["shifts"]["traits"] else None


def _looked(
    project: Project,
    other: Project,
    known: External,
    record: RunRecord,
    away: Away,
    basis: Mapping[str, Any],
    name: str,
) -> Generator[Progress, None, dict[str, Any]]:
    """What stands before any remedy is tried, kept under this name with the run."""
    # Inside and outside stand at once: what differs and what helps takes longer.
    told = keep(project, record, name, plain(_first(project, other, known, record, away, basis)))
    yield Progress(text="What differs there")
    shifted = yield from find_shifts(project, other, known, away)
    return keep(project, record, name, plain({**told, "shifts": shifted}))


def _first(
    project: Project, other: Project, known: External, record: RunRecord, away: Away, basis: Mapping[str, Any]
) -> dict[str, Any]:
    """The run inside and outside as trained, before what differs and what helps is looked for."""
    part, metrics = record.judged()
    if list(away.classes) != list(record.record["classes"]):
        metrics = {**metrics, "confusion": [row[::-1] for row in metrics["confusion"][::-1]]}
    return {
        "run": record.id,
        "recipe": record.recipe,
        "on": str(other.path),
        "name": other.path.name,
        "project": project.path.name,
        "basis": dict(basis),
        "classes": list(away.classes),
        "shares": known.shares,
        "group": away.partings[0].title,
        "inside": {"part": part, **_short(metrics), "examples": away.inside_examples(project)},
        "outside": {"all": _short(away.score_all()), **measured(away, away.p), "examples": away.outside_examples()},
        "test": away.test_told(),
        "notes": list(away.notes),
        "shifts": {"traits": [], "together": None},
        "remedies": [],
    }


def _short(metrics: Mapping[str, Any]) -> dict[str, Any]:
    names = ("n", "accuracy", "balanced_accuracy", "auc", "macro_f1", "confusion", "intervals", "interval_units")
    return {name: metrics.get(name) for name in names}


def _ordered(known: External, entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    place_of = {one.name: number for number, one in enumerate(known.remedies)}
    return sorted(entries, key=lambda entry: (place_of.get(entry["name"], 0), entry["labels"]))


def _tried(
    one: Remedy, known: External, away: Away, counts: Sequence[int], draws: int, seed: int
) -> Generator[Progress, None, list[dict[str, Any]]]:
    """The entries of one remedy: one, or one for each number of labels."""
    head = {"name": one.name, "title": one.title, "labels": 0, "asks": one.labels}
    why = away.why_not(one)
    if why:
        return [{**head, "state": "cannot", "why": why}]
    if not one.labels:
        p = yield from one.make(away.abroad)
        return [{**head, "state": "done", **judged(away, [p])}]
    entries = []
    scores = yield from away.scores()
    for count in counts:
        if count > len(away.abroad.pool):
            entries.append({**head, "labels": count, "state": "cannot", "why": f"it has no {count} cells to label"})
            continue
        found = []
        for draw in range(draws):
            yield Progress(draw, draws, f"{one.title}, {plural(count, 'label')}")
            rows = away.asked(known, scores, count, seed + draw)
            given = replace(away.abroad, known=rows, told=away.truth[rows])
            found.append((yield from one.make(given)))
        entries.append({**head, "labels": count, "state": "done", **judged(away, found)})
    return entries
