"""What is in a project: counts, columns as a data wrangler shows them, rows of samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.natural import natural
from models.orders.naming import find_domain, plain
from models.orders.records import short
from models.orders.test_set import tell_leaking, tell_torn
from models.params import unknown
from models.store.project import Project
from models.store.sources import READ_AS, SourceInfo
from models.store.view import DERIVED, View
from models.store.voted import standing

Array = npt.NDArray[Any]
#: Bars of a numeric histogram; the most frequent texts that are listed.
BINS, WORDS = 20, 20


def summarise(project: Project) -> dict[str, Any]:
    """Counts, classes, votes, each column's type, gaps, distinct values and range, runs."""
    fold = project.journal.fold
    stands = standing(project, fold)
    names, counts = np.unique(stands.labels()[stands.live_codes >= 0].astype(str), return_counts=True)
    labels = dict(zip(names.tolist(), counts.tolist(), strict=True))
    test, samples = project.test_rows(), project.samples if fold.whole else project.samples.take(fold.live)
    voters = fold.annotators()
    return {
        "project": str(project.path),
        "domain": project.domain,
        "samples": len(samples),
        "retired": len(project.samples) - len(samples),
        "groups": len(np.unique(samples.group_codes()[0])),
        "labels": {name: labels[name] for name in sorted(labels, key=natural)},
        "labelled": int(sum(labels.values())),
        "votes": {name: int((fold.vote_codes(name) >= 0)[fold.live].sum()) for name in voters},
        "test": None if test is None else len(test),
        "sources": [_source(source, project.setting(READ_AS, {})) for source in project.sources()],
        "columns": [describe_column(name, samples.column(name)) for name in samples.names if not name.startswith("_")],
        "runs": [short(record) for record in project.runs.list()],
        **({"notes": notes} if (notes := _notes(project)) else {}),
    }


def _notes(project: Project) -> list[str]:
    """What is to be known of the test set and the runs before anything is made of their scores."""
    kind = find_domain(project)
    return [*filter(None, [tell_torn(project, kind)]), *tell_leaking(project, kind)]


def _source(source: SourceInfo, kept: dict[str, Any]) -> dict[str, Any]:
    told = {"name": source.name, "path": str(source.path), "missing": source.missing}
    return {**told, "read_as": kept[source.name]} if source.name in kept else told


def describe_column(name: str, values: Array) -> dict[str, Any]:
    """Type, missing, distinct, range and histogram of one column."""
    if values.dtype == object:
        known = np.array([str(value) for value in values if value is not None])
        words, counts = np.unique(known, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:WORDS]
        top = [{"value": str(words[place]), "n": int(counts[place])} for place in order]
        return _told(name, "text", len(values) - len(known), len(words), None, top)
    if values.dtype == bool:
        top = [{"value": "yes", "n": int(values.sum())}, {"value": "no", "n": int((~values).sum())}]
        return _told(name, "yes/no", 0, len(np.unique(values)), None, top)
    finite = values[np.isfinite(values)]
    distinct = np.unique(finite)
    whole = bool(len(finite)) and bool((finite == np.round(finite)).all())
    limits = [float(finite.min()), float(finite.max())] if len(finite) else None
    missing = int(np.isnan(values).sum())
    return _told(name, "whole number" if whole else "number", missing, len(distinct), limits, _bars(finite, distinct))


def _told(
    name: str, kind: str, missing: int, distinct: int, limits: list[float] | None, histogram: list[dict[str, Any]]
) -> dict[str, Any]:
    head = {"name": name, "type": kind, "missing": missing, "distinct": distinct}
    return {**head, "range": limits, "histogram": histogram}


def _bars(finite: Array, distinct: Array) -> list[dict[str, Any]]:
    if not len(finite):
        return []
    if len(distinct) <= BINS:
        return [{"value": float(value), "n": int((finite == value).sum())} for value in distinct]
    counts, edges = np.histogram(finite, BINS)
    spans = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return [{"from": low, "to": high, "n": count} for low, high, count in spans]


def list_samples(
    project: Project,
    where: str = "",
    columns: Sequence[str] = (),
    sort: str = "",
    limit: int | None = None,
    run: str = "last",
) -> dict[str, Any]:
    """Rows with id, group, label and the chosen columns (default: prediction, confidence, metadata)."""
    view = View(project, run)
    rows = view.rows(where)
    found = len(rows)
    if sort:
        rows = rows[_order(_column(view, sort.lstrip("-"))[rows], sort.startswith("-"))]
    if limit is not None:
        rows = rows[:limit]
    own = [name for name in project.samples.names if not name.startswith("_")]
    names = list(columns) or ["by", "prediction", "confidence", *own]
    values = {
        name: plain(_column(view, name)[rows].tolist())
        for name in ("id", "group", "label", *names)
        if name not in ("votes", "flags")
    }
    if not columns or "votes" in columns:
        values["votes"] = view.fold.tallies(rows)
    if not columns or "flags" in columns:
        values["flags"] = view.fold.flag_lists(rows)
    return {"rows": [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)], "found": found}


def _column(view: View, name: str) -> Array:
    if name not in view.names():
        raise UserError(unknown("column", name, [*view.samples.names, "id", "group", *DERIVED, "votes", "flags"]))
    return view.column(name)


def _order(values: Array, reverse: bool) -> npt.NDArray[np.int64]:
    """Stable order with gaps last."""
    if values.dtype == object:
        gaps = np.array([value is None for value in values], bool)
        keys = np.array(["" if value is None else str(value) for value in values])
    else:
        keys = values.astype(np.float64)
        gaps = np.isnan(keys)
    _, rank = np.unique(keys, return_inverse=True)
    rank = -rank.ravel() if reverse else rank.ravel()
    return np.lexsort((rank, gaps)).astype(np.int64)
