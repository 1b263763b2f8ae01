"""Looks after a project: its health, moved sources, withdrawn samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.job import Progress, Steps
from models.learn.words import listing, plural
from models.orders.naming import find_domain, place
from models.orders.test_set import tell_leaking, tell_torn
from models.store import check as health
from models.store.project import Project
from models.store.structure import family
from models.store.view import View

Rows = npt.NDArray[np.int64]
#: Samples that a purge names before it is done.
NAMED = 20


def check(project: str) -> Steps:
    """Whether all is well: {ok, problems, notes}; notes tell of what is no problem, such as a killed training."""
    with Project.open(place(project)) as opened:
        yield Progress(text="Checking")
        kind = find_domain(opened)
        problems = health.check(opened)
        if kind.ailing is not None:
            problems += kind.ailing(opened.samples)
        torn = tell_torn(opened, kind)
        notes = [*health.notes(opened), *([torn] if torn else []), *tell_leaking(opened, kind)]
        return {"ok": not problems, "problems": problems, "notes": notes}


def purge(project: str, where: str, sure: bool = True) -> Steps:
    """Take samples out for good, also those that are not there any more: {purged, also}.

    also: ids of those that go with them, as they hold the same data; left out where there are none. UserError when
    none is chosen, and where nobody is sure yet: it names what would go.
    """
    with Project.open(place(project)) as opened:
        rows = View(opened).every(where)
        if not len(rows):
            raise UserError(f"no sample fits {where!r}; nothing was taken out.")
        chosen = opened.samples.take(rows).ids()
        also = opened.samples.take(np.setdiff1d(family(opened, rows), rows)).ids()
        if not sure:
            words = f"{going_words(chosen, also)}{_marked_words(opened, rows)}"
            raise UserError(f"{words} Say --yes to do it.")
        yield Progress(text=f"Taking out {plural(len(chosen) + len(also), 'sample')}")
        count = opened.purge(rows)
        return {"purged": count, "also": also} if also else {"purged": count}


def _marked_words(project: Project, rows: Rows) -> str:
    """How many annotations go: those of a whole recording stand on one of its samples."""
    fold = project.journal.fold
    count = sum(len(fold.regions(row)) for row in np.union1d(rows, family(project, rows)).tolist())
    if not count:
        return ""
    return f" {plural(count, 'annotation')} on them go too; of a recording that stays in part, those of all of it."


def going_words(chosen: Sequence[str], also: Sequence[str]) -> str:
    """What a purge takes, counted and named; of very many the first."""
    told = (
        f"purge takes data, labels and notes out for good, of {plural(len(chosen) + len(also), 'sample')}: "
        f"{plural(len(chosen), 'chosen one')} ({listing(chosen, NAMED)})"
    )
    if not also:
        return f"{told}."
    return f"{told} and {len(also)} that hold the same data, as one was made of the other ({listing(also, NAMED)})."


def locate(project: str, old: str, new: str) -> Steps:
    """Point moved sources to their new place, checked by hash."""
    with Project.open(place(project)) as opened:
        yield Progress(text="Comparing files")
        found = opened.locate(place(old), place(new))
        return {"found": found.found, "missing": list(found.missing)}
