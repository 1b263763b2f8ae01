"""Two runs on the same held-out samples, scored with the labels of now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.job import Progress, Steps
from models.learn.compare import Comparison, compare_runs, compare_votes
from models.orders.classing import fold_of
from models.orders.evaluating import codes_of
from models.orders.naming import find_domain, place, plain
from models.orders.plan import counted_votes
from models.store.project import Project
from models.store.runs import HELD_OUT, RunRecord

Rows = npt.NDArray[np.int64]


def compare(project: str, first: str, second: str) -> Steps:
    """The second run against the first; `flipped` lists each sample whose prediction changed."""
    with Project.open(place(project)) as opened:
        yield Progress(text="Comparing")
        one, two = opened.runs.get(first), opened.runs.get(second)
        rows, codes, tables, classes = _common(opened, one, two)
        found = _compare(opened, one, two, rows, codes, tables, classes)
        told = found.plain()
        flipped = [_flip(opened, rows, codes, tables, classes, int(spot)) for spot in found.flipped]
        versions = [record.record.get("test_version", 0) for record in (one, two)]
        kept = opened.keep_test_version()
        more = {"first_run": one.id, "second_run": two.id, "test_version": kept, "trained_on": versions}
        more["notes"] = _leaks(one, two)
        result: dict[str, Any] = plain({**told, **more, "flipped": flipped, "n_flipped": len(flipped)})
        return result


def compared(project: Project, one: RunRecord, two: RunRecord) -> Comparison:
    """The comparison itself, for a warning before a worse run replaces a better one."""
    rows, codes, tables, classes = _common(project, one, two)
    return _compare(project, one, two, rows, codes, tables, classes)


def _common(
    project: Project, one: RunRecord, two: RunRecord
) -> tuple[Rows, Rows, list[npt.NDArray[np.float32]], tuple[str, ...]]:
    """Rows that both held out, labelled now; probabilities (m, k) of both over the same classes."""
    if one.grouping != two.grouping:
        raise UserError(
            f"{one.id} and {two.id} learned other classes from the same labels, so they cannot be compared. Train both "
            "with one label mode."
        )
    classes = tuple(dict.fromkeys([*one.record["classes"], *two.record["classes"]]))
    tables, masks = [], []
    for record in (one, two):
        kept = record.predictions()
        rows, index = kept.rows(project.samples)
        p = np.zeros((len(project.samples), len(classes)), np.float32)
        columns = np.array([classes.index(name) for name in kept.classes])
        p[rows[:, None], columns] = kept.probabilities[index]
        mask = np.zeros(len(project.samples), bool)
        mask[rows] = np.isin(kept.part[index].astype(str), HELD_OUT)
        tables.append(p)
        masks.append(mask)
    codes = codes_of(fold_of(project, find_domain(project), two), classes)
    rows = np.flatnonzero(masks[0] & masks[1] & (codes >= 0))
    if not len(rows):
        raise UserError(
            f"{one.id} and {two.id} share no held-out sample, so they cannot be compared. Train both on the "
            "project's own test set."
        )
    return rows, codes[rows], [p[rows] for p in tables], classes


def _compare(
    project: Project,
    one: RunRecord,
    two: RunRecord,
    rows: Rows,
    codes: Rows,
    tables: list[npt.NDArray[np.float32]],
    classes: tuple[str, ...],
) -> Comparison:
    kind = find_domain(project)
    by = {name: project.samples.column(name)[rows] for name in kind.by_columns if name in project.samples.names}
    names = (one.title, two.title)
    groups = project.samples.group_codes()[0][rows]
    titles = dict(kind.class_titles)
    found = compare_runs(codes, tables[0], tables[1], groups, classes, names=names, titles=titles, by=by)
    counts = counted_votes(project, fold_of(project, kind, two), classes)
    kl = None if counts is None else compare_votes(counts[rows], tables[0], tables[1], groups)
    told = [] if kl is None else [f"Divergence from the votes, of which less is better: {kl.words()}."]
    return replace(found, verdict=" ".join([found.verdict, *told, *_leaks(one, two)]), kl=kl)


def _leaks(one: RunRecord, two: RunRecord) -> list[str]:
    """A sentence when a run had seen other samples of the groups that it is judged on."""
    torn = [run.title for run in (one, two) if run.record.get("split", {}).get("independent") is False]
    if not torn:
        return []
    return [f"Not independent: {' and '.join(torn)} also trained on samples of the groups compared here."]


def _flip(
    project: Project,
    rows: Rows,
    codes: Rows,
    tables: list[npt.NDArray[np.float32]],
    classes: tuple[str, ...],
    spot: int,
) -> dict[str, Any]:
    first, second = (classes[int(table[spot].argmax())] for table in tables)
    sample = project.samples.table.column("id")[int(rows[spot])].as_py()
    return {"sample": sample, "label": classes[codes[spot]], "first": first, "second": second}
