"""Acts of structure: what a file asks for, as one event; measures of what was made."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from models.errors import UserError
from models.job import Progress, Steps
from models.orders.annotating import annotate
from models.orders.naming import check_class, find_domain, place
from models.sample import portable_id
from models.store.fold import Fold, person
from models.store.project import Project
from models.store.structure import Edited
from models.structure import MERGE, MOVE, PENDING, Edit, Made, Proposal, Step, title_of

if TYPE_CHECKING:
    from models.domain import Domain, Edits


def edit(project: str, path: str, by: str, dry_run: bool = False) -> Steps:
    """Do what a file asks for as one act, then measure what was made: {changed, event, title, retired, new, notes}.

    In a domain of recordings without structure these are annotations.
    """
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        file = place(path)
        if kind.edits is None and kind.carrier is not None:
            return (yield from annotate(opened, kind, file, by, dry_run))
        known = edits_of(kind)
        yield Progress(text=f"Reading {file.name}")
        wanted = known.read(file, opened.samples)
        steps = steps_of(opened, kind, wanted)
        title = title_of(steps, kind.words(opened.samples)[1])
        renamed = renamed_words(wanted, steps)
        if dry_run:
            return _planned(opened, steps, title, renamed)
        edited = opened.restructure(steps, person(by), title)
        told = _told(opened, edited, renamed)
        yield Progress(text=f"{title[:1].upper()}{title[1:]}", keeping=True)
        yield from _measure_all(opened, kind)
        return told


def measure(project: str) -> Steps:
    """Compute the measures that made samples wait for: {measured}."""
    with Project.open(place(project)) as opened:
        return {"measured": (yield from _measure_all(opened, find_domain(opened)))}


def propose(project: str, n: int = 50) -> Steps:
    """Changes that may be right, the surest first: {proposals: [{kind, samples, score, reason}]}."""
    with Project.open(place(project)) as opened:
        known = edits_of(find_domain(opened))
        if known.propose is None:
            return {"proposals": []}
        found = yield from known.propose(opened.samples, np.flatnonzero(opened.journal.fold.live))
        return {"proposals": [_proposal(opened, one) for one in found[:n]]}


def _proposal(project: Project, one: Proposal) -> dict[str, Any]:
    ids = project.samples.take(list(one.edit.rows)).ids()
    return {"kind": one.edit.kind, "samples": ids, "score": round(one.score, 4), "reason": one.reason}


def edits_of(kind: Domain) -> Edits:
    """What a domain knows of structure; UserError where that is nothing."""
    if kind.edits is None:
        raise UserError(
            f"samples of {kind.title} are as their files tell: none is merged, split, added or found here. Label,"
            " flag or note them instead."
        )
    return kind.edits


def steps_of(project: Project, kind: Domain, edits: Sequence[Edit]) -> list[Step]:
    """The steps of what is wanted; what is merged of samples of one label, or moved, begins with it."""
    known = edits_of(kind)
    for one in edits:
        check_edit(kind, one)
        check_class(project, kind, str(one.values.get("class") or ""))
    _check_there(project, [row for one in edits for row in one.rows])
    steps = known.make(project.samples, edits, project.taken, project.journal.fold.live)
    return [_labelled(step, project.journal.fold) for step in steps]


def check_edit(kind: Domain, edit: Edit) -> None:
    """UserError for a kind that the domain does not know, or too few or too many samples."""
    known = edits_of(kind).kinds
    if edit.kind not in known:
        raise UserError(f"there is no {edit.kind} for {kind.title}. Known: {', '.join(known)}.")
    told = known[edit.kind]
    if len(edit.rows) < told.least or (told.most and len(edit.rows) > told.most):
        wanted = f"{told.least}" if told.least == told.most else f"at least {told.least}"
        raise UserError(f"{told.title}: choose {wanted}, not {len(edit.rows)}.")


def _check_there(project: Project, rows: Sequence[int]) -> None:
    fold = project.journal.fold
    gone = [row for row in rows if not fold.live[row]]
    if gone:
        raise UserError(
            f"{project.samples.sample(gone[0]).id} is not there any more: it was changed or removed before. "
            "Nothing was changed."
        )


def _labelled(step: Step, fold: Fold) -> Step:
    if step.kind not in (MERGE, MOVE):
        return step
    labels = {str(fold.classes[code]) if code >= 0 else "" for code in fold.codes[list(step.retired)].tolist()}
    label = labels.pop() if len(labels) == 1 else ""
    return replace(step, made=tuple(replace(made, label=made.label or label) for made in step.made))


def waiting(project: Project) -> list[int]:
    """Rows of samples that wait for their measures."""
    samples = project.samples
    if PENDING not in samples.names:
        return []
    pending = np.array([bool(value) for value in samples.table.column(PENDING).to_pylist()], bool)
    return np.flatnonzero(pending & project.journal.fold.live).tolist()


def _measure_all(project: Project, kind: Domain) -> Generator[Progress, None, int]:
    rows = waiting(project)
    if not rows or kind.edits is None or kind.edits.measure is None:
        return 0
    found = yield from kind.edits.measure(project.samples, np.array(rows, np.int64))
    ids = project.samples.take(list(found)).ids()
    columns: dict[str, Mapping[str, Any]] = dict(zip(ids, found.values(), strict=True))
    project.keep_columns(columns)
    return len(columns)


def _planned(project: Project, steps: Sequence[Step], title: str, notes: list[str]) -> dict[str, Any]:
    retired = project.samples.take([row for step in steps for row in step.retired]).ids()
    new = [_id_of(project, made) for step in steps for made in step.made]
    labels = sum(bool(made.label) for step in steps for made in step.made)
    count = len(retired) + len(new) + labels
    return {"changed": count, "event": None, "title": title, "retired": retired, "new": new, "notes": notes}


def _id_of(project: Project, made: Made) -> str:
    parent = project.samples.sample(made.parents[0])
    return portable_id(parent.id.removesuffix(f"#{parent.key}"), made.key)


def _told(project: Project, edited: Edited, notes: list[str]) -> dict[str, Any]:
    ids = project.samples.take(list(edited.retired)).ids() if edited.retired else []
    new = project.samples.take(list(edited.made)).ids() if edited.made else []
    event = edited.event
    head = {"changed": event.count, "event": event.number, "title": event.title, "retired": ids, "new": new}
    return {**head, "notes": [*notes, *tested_words(edited.tested)]}


def renamed_words(edits: Sequence[Edit], steps: Sequence[Step]) -> list[str]:
    """What to say of keys that were wished for and are another's, or were another's: what is made has the next free."""
    notes = []
    for edit, step in zip(edits, steps, strict=True):
        for wished, made in zip(edit.values.get("keys", ()), step.made, strict=False):
            given = made.key.rpartition("/")[2]
            if given != str(wished):
                notes.append(f"{wished} is the name of another one, or was: what is made is named {given} instead.")
    return notes


def tested_words(tested: Sequence[str]) -> list[str]:
    """What to say of made samples that came into the locked test set."""
    if not tested:
        return []
    more = f" and {len(tested) - 1} more" if len(tested) > 1 else ""
    text = f"{tested[0]}{more}: in the locked test set, because what it was made of is. No model is trained on it."
    return [text]
