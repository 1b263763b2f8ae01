"""Samples that are found where there are none yet, such as cells in images without boxes; one act of structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.errors import UserError
from models.job import Progress, Steps
from models.learn.words import listing, plural
from models.orders.editing import edits_of, steps_of
from models.orders.fitting import Seen, relay
from models.orders.naming import chosen_rows, find_domain, place
from models.params import build
from models.store.fold import person
from models.store.project import Project
from models.structure import Edit, title_of


def find(
    project: str,
    samples: Sequence[str] = (),
    where: str = "",
    values: Mapping[str, Any] | None = None,
    by: str = "",
    dry_run: bool = False,
) -> Steps:
    """Find what is not a sample yet, and make samples of it as one act: {found, event, title, edits, notes}.

    samples, where: those in whose images it is looked for; without both, where there are none yet. values: of the
    search. dry_run: nothing is made; edits then tells what would be: [{samples, values}]. notes: what could not be
    looked at, and why.
    """
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        known = edits_of(kind)
        if known.find is None or known.searched is None:
            raise UserError(f"samples of {kind.title} are not looked for in what they come from. Import them instead.")
        params = build(known.searched(), dict(values or {}))
        live = np.flatnonzero(opened.journal.fold.live)
        chosen = None
        if samples or where:
            chosen = opened.rows_of(list(samples)) if samples else chosen_rows(opened, where, "")
        seen = Seen()
        edits: list[Edit] = yield from relay(known.find(opened.samples, live, chosen, params), seen)
        notes = [f"{plural(len(seen.log), 'file')} not looked at: {listing(seen.log)}."] if seen.log else []
        if dry_run or not edits:
            told = [{"samples": opened.samples.take(list(one.rows)).ids(), "values": one.values} for one in edits]
            return {"found": len(edits), "event": None, "title": "", "edits": told, "notes": notes}
        steps = steps_of(opened, kind, edits)
        title = title_of(steps, kind.words(opened.samples)[1])
        yield Progress(text=f"{title[:1].upper()}{title[1:]}", keeping=True)
        event = opened.restructure(steps, person(by), title).event
        return {"found": len(edits), "event": event.number, "title": event.title, "edits": [], "notes": notes}
