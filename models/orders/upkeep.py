"""Looks after a project: its health, moved sources, withdrawn samples."""

from __future__ import annotations

from models.errors import UserError
from models.job import Progress, Steps
from models.orders.naming import place
from models.store import check as health
from models.store.project import Project
from models.store.view import View


def check(project: str) -> Steps:
    """Whether all is well: {ok, problems, notes}; notes tell of what is no problem, such as a killed training."""
    with Project.open(place(project)) as opened:
        yield Progress(text="Checking")
        problems = health.check(opened)
        return {"ok": not problems, "problems": problems, "notes": health.notes(opened)}


def purge(project: str, where: str) -> Steps:
    """Take samples out for good, also those that are not there any more; UserError when none is chosen."""
    with Project.open(place(project)) as opened:
        rows = View(opened).every(where)
        if not len(rows):
            raise UserError(f"no sample fits {where!r}; nothing was taken out.")
        yield Progress(text=f"Taking out {len(rows)} samples")
        return {"purged": opened.purge(rows)}


def locate(project: str, old: str, new: str) -> Steps:
    """Point moved sources to their new place, checked by hash."""
    with Project.open(place(project)) as opened:
        yield Progress(text="Comparing files")
        found = opened.locate(place(old), place(new))
        return {"found": found.found, "missing": list(found.missing)}
