"""Labels carried over to samples that are the same things found anew, such as the units of a re-sorted recording."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Matched
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.words import plural
from models.orders.naming import find_domain, place, plain
from models.params import unknown
from models.store.project import Project

Rows = npt.NDArray[np.int64]
#: Pairs less alike than this are told, but no label is carried over.
LEAST = 0.5


def carry_labels(
    project: str, old: str, new: str, least: float = LEAST, by: str = "winnow", dry_run: bool = False
) -> Steps:
    """Labels of `old` to the matching samples of `new` (groups or sources) that have none; one act.

    {carried, matched, unmatched, event, pairs: [{old, new, label, score, reason, carried}]}, the surest pair first;
    unmatched: ids of labelled samples of `old` without a match.
    """
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        if kind.match is None:
            raise UserError(f"samples of {kind.title} are not matched: import the labels as a table instead.")
        first, second = _rows(opened, old), _rows(opened, new)
        if old == new:
            raise UserError("name two: the group or source that was curated, and the one that was found anew.")
        found = yield from kind.match(opened.samples, first, second)
        labels = opened.journal.fold.labels()
        taken = [pair for pair in found if _takes(labels, pair, least)]
        event = 0
        if taken and not dry_run:
            yield Progress(text="Carrying labels over", keeping=True)
            rows = np.array([pair.new for pair in taken], np.int64)
            title = f"Carry {plural(len(taken), 'label')} from {old} to {new}"
            event = opened.journal.label_each(rows, [str(labels[pair.old]) for pair in taken], by, title).number
        return plain(_report(opened, labels, found, {pair.new for pair in taken}, first, least) | {"event": event})


def _rows(project: Project, name: str) -> Rows:
    """Rows of a group or, where one recording was sorted twice, of a source."""
    samples, live = project.samples, project.journal.fold.live
    codes, groups = samples.group_codes()
    if name in groups:
        return np.flatnonzero((codes == list(groups).index(name)) & live).astype(np.int64)
    sources = {info.name: info.number for info in project.sources()}
    if name not in sources:
        raise UserError(unknown("group or source", name, [*groups, *sources]))
    return np.flatnonzero((samples.table.column("source").to_numpy() == sources[name]) & live).astype(np.int64)


def _takes(labels: npt.NDArray[np.object_], pair: Matched, least: float) -> bool:
    return pair.score >= least and labels[pair.old] is not None and labels[pair.new] is None


def _report(
    project: Project,
    labels: npt.NDArray[np.object_],
    found: list[Matched],
    taken: set[int],
    first: Rows,
    least: float,
) -> dict[str, Any]:
    ids = project.samples.ids()
    pairs = [
        {
            "old": ids[pair.old],
            "new": ids[pair.new],
            "label": labels[pair.old],
            "score": round(pair.score, 4),
            "reason": pair.reason,
            "carried": pair.new in taken,
        }
        for pair in found
    ]
    sure = {pair.old for pair in found if pair.score >= least}
    lost = [ids[row] for row in first.tolist() if labels[row] is not None and row not in sure]
    return {"carried": len(taken), "matched": len(sure), "unmatched": lost, "pairs": pairs}
