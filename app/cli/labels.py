"""Verbs on labels, flags, notes and the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.cli.projects import opened
from app.cli.run import answer, order, settings
from app.cli.verbs import by_option, curator, project_argument, set_option, shared, where_option

if TYPE_CHECKING:
    from models.event import Changed, Event
    from models.store.project import Project


def rows_of(project: Project, names: list[str]) -> list[int]:
    """Rows of these ids; UserError with the nearest for one that is not there."""
    from models.errors import UserError

    rows = [int(row) for row in project.rows_of(names)]
    for name, row in zip(names, rows, strict=True):
        if row < 0:
            raise UserError(f"there is no sample {name!r} in {project.path}.{_near(project, name)}")
    return rows


def _near(project: Project, name: str) -> str:
    import difflib

    if len(project.samples) > 20_000:
        return " See winnow samples for the ids."
    near = difflib.get_close_matches(name, project.samples.ids(), n=1)
    return f" Did you mean {near[0]}?" if near else " See winnow samples for the ids."


def split_pair(text: str, known: tuple[str, ...]) -> tuple[str, str]:
    """``SAMPLE=CLASS`` at the last ``=`` whose right side is a known class, or else the last one."""
    places = [place for place, letter in enumerate(text) if letter == "="]
    if not places:
        raise click.BadParameter(f"{text!r} is not of the form SAMPLE=CLASS.")
    at = next((place for place in reversed(places) if text[place + 1 :] in known), places[-1])
    return text[:at], text[at + 1 :]


@click.command(
    "label",
    help="Label samples: SAMPLE=CLASS…, or --where with --as, or --from a CSV. One act. Or spread your labels to "
    "samples like them (--spread): they are proposals, no labels, until you --accept or --refuse them.",
)
@project_argument
@click.argument("pairs", nargs=-1, metavar="[SAMPLE=CLASS]...")
@where_option
@click.option("--as", "name", default=None, metavar="CLASS", help="The class for --where; empty takes labels away.")
@click.option("--from", "file", default="", metavar="FILE.csv", help="A CSV with the columns sample and label.")
@click.option("--new-class", is_flag=True, help="Declare the class when it is not known yet.")
@click.option("--spread", "act", flag_value="spread", default=None, help="Propose your labels to samples like them.")
@click.option("--accept", "act", flag_value="accept", help="Make what was proposed your labels; of all, or --where.")
@click.option("--refuse", "act", flag_value="refuse", help="Refuse what was proposed; of all, or --where.")
@click.option("-n", "n", type=click.IntRange(min=1), default=50, help="Stretches or clusters that --spread fills.")
@click.option("--run", default="", metavar="RUN", help="Whose embedding --spread goes by; default the samples' own.")
@by_option
@shared
def label(
    project: str,
    pairs: tuple[str, ...],
    where: str,
    name: str | None,
    file: str,
    new_class: bool,
    act: str | None,
    n: int,
    run: str,
    by: str,
    as_json: bool,
    verbose: bool,
) -> None:
    if act is not None:
        if pairs or file or name is not None or (act == "spread" and where):
            raise click.UsageError(f"--{act} goes with --by{', -n and --run' if act == 'spread' else ' and --where'}.")
        _proposals(project, act, where, n, run, by, as_json)
        return
    if sum([bool(pairs), bool(where), bool(file)]) != 1:
        raise click.UsageError("give SAMPLE=CLASS, or --where with --as, or --from: one of the three.")
    if bool(where) != (name is not None):
        raise click.UsageError("--where and --as go together.")
    if file:
        with opened(project) as found:
            who = curator(found, by)
        answer(order("label_file", {"project": project, "path": file, "by": who}, as_json), as_json)
        return
    with opened(project) as found:
        event = (
            _label_where(found, where, name or "", new_class, by)
            if where
            else _label_pairs(found, pairs, new_class, by)
        )
        answer({"changed": event.count, "event": event.number, "title": event.title}, as_json)


def _proposals(project: str, act: str, where: str, n: int, run: str, by: str, as_json: bool) -> None:
    """Spread labels as proposals, or accept or refuse what is proposed."""
    with opened(project) as found:
        who = curator(found, by)
    if act == "spread":
        answer(order("spread_labels", {"project": project, "by": who, "n": n, "run": run}, as_json), as_json)
        return
    import numpy as np

    from models.orders.naming import chosen_rows
    from models.store.proposals import accept, refuse

    with opened(project) as found:
        rows = chosen_rows(found, where) if where else np.arange(len(found.samples))
        event = (accept if act == "accept" else refuse)(found, rows, who)
        changed = event.count // 2 if act == "accept" else event.count
        answer({"changed": changed, "event": event.number, "title": event.title}, as_json)


def _known(project: Project, names: list[str], new_class: bool) -> None:
    from models.orders.naming import check_class, find_domain

    kind = find_domain(project)
    for name in dict.fromkeys(names):
        if new_class and name not in ("", "?", *project.classes):
            project.add_class(name)
        check_class(project, kind, name)


def _label_where(project: Project, where: str, name: str, new_class: bool, by: str) -> Event:
    from models.errors import UserError
    from models.orders.naming import chosen_rows

    rows = chosen_rows(project, where)
    if not len(rows):
        raise UserError(f"no sample fits {where!r}; nothing was labelled.")
    _known(project, [name], new_class)
    return project.journal.label(rows, name, curator(project, by))


def _label_pairs(project: Project, pairs: tuple[str, ...], new_class: bool, by: str) -> Event:
    import numpy as np

    from models.orders.naming import class_names, find_domain

    known = class_names(project, find_domain(project))
    split = [split_pair(pair, known) for pair in pairs]
    rows = rows_of(project, [sample for sample, _ in split])
    values = [value for _, value in split]
    _known(project, values, new_class)
    who = curator(project, by)
    if len(set(values)) == 1:
        return project.journal.label(np.array(rows), values[0], who)
    return project.journal.label_each(np.array(rows), values, who)


@click.command("flag", help="Flag samples (bookmark, bad quality, exclude), or take a flag off.")
@project_argument
@click.argument("names", nargs=-1, metavar="[SAMPLE]...")
@where_option
@click.option("--as", "flag_name", required=True, metavar="NAME", help="bookmark, flag, bad quality, exclude, …")
@click.option("--off", is_flag=True, help="Take the flag off.")
@by_option
@shared
def flag(
    project: str,
    names: tuple[str, ...],
    where: str,
    flag_name: str,
    off: bool,
    by: str,
    as_json: bool,
    verbose: bool,
) -> None:
    import numpy as np

    from models.errors import UserError
    from models.orders.naming import chosen_rows

    if bool(names) == bool(where):
        raise click.UsageError("give samples or --where, one of the two.")
    if not flag_name.strip():
        raise UserError("a flag needs a name. Give one with --as, such as bookmark.")
    with opened(project) as found:
        rows = chosen_rows(found, where) if where else np.array(rows_of(found, list(names)))
        if not len(rows):
            raise UserError(f"no sample fits {where!r}; nothing was flagged.")
        event = found.journal.flag(rows, flag_name, not off, curator(found, by))
        answer({"changed": event.count, "event": event.number, "title": event.title}, as_json)


@click.command("note", help="Write a note on a sample; an empty text takes it away.")
@project_argument
@click.argument("sample")
@click.argument("text")
@by_option
@shared
def note(project: str, sample: str, text: str, by: str, as_json: bool, verbose: bool) -> None:
    with opened(project) as found:
        event = found.journal.note(rows_of(found, [sample])[0], text, curator(found, by))
        answer({"changed": event.count, "event": event.number, "title": event.title}, as_json)


@click.command("edit", help="Change structure, or annotations, as a JSON file says.")
@project_argument
@click.option(
    "--from",
    "file",
    required=True,
    metavar="FILE.json",
    help="The edits: a curation file, {merges, splits, removals}, or {boxes or intervals, moves, removals}.",
)
@click.option("--dry-run", is_flag=True, help="Report only, write nothing.")
@by_option
@shared
def edit(project: str, file: str, dry_run: bool, by: str, as_json: bool, verbose: bool) -> None:
    with opened(project) as found:
        who = curator(found, by)
    arguments = {"project": project, "path": file, "by": who, "dry_run": dry_run}
    answer(order("edit", arguments, as_json), as_json)


@click.command("find", help="Find samples where there are none, such as cells in images without boxes: one act.")
@project_argument
@where_option
@set_option
@click.option("--dry-run", is_flag=True, help="Report only, write nothing.")
@by_option
@shared
def find(project: str, where: str, sets: tuple[str, ...], dry_run: bool, by: str, as_json: bool, verbose: bool) -> None:
    with opened(project) as found:
        who = curator(found, by)
    arguments = {"project": project, "where": where, "values": settings(sets), "by": who, "dry_run": dry_run}
    answer(order("find", arguments, as_json), as_json)


@click.command("undo", help="Take back your own last act.")
@project_argument
@by_option
@shared
def undo(project: str, by: str, as_json: bool, verbose: bool) -> None:
    with opened(project) as found:
        event = found.journal.undo(curator(found, by))
        answer({"undone": told(event)}, as_json)


@click.command("redo", help="Bring back what you took back last.")
@project_argument
@by_option
@shared
def redo(project: str, by: str, as_json: bool, verbose: bool) -> None:
    with opened(project) as found:
        event = found.journal.redo(curator(found, by))
        answer({"redone": told(event)}, as_json)


def told(event: Event | None) -> dict[str, Any] | None:
    """An event as JSON; null when there was nothing to do."""
    if event is None:
        return None
    changes = [_shown(change) for change in event.changes]
    head = {"event": event.number, "at": event.at, "by": event.by, "title": event.title, "count": event.count}
    return {**head, "undoes": event.undoes, "redoes": event.redoes, "run": event.run, "changes": changes}


def _shown(change: Changed) -> dict[str, Any]:
    """A change as JSON; of how a sample was made the act and the parents, not its every measure and spike."""
    from models.event import MADE, STRUCTURE

    values = vars(change)
    if (change.kind, change.name) != (STRUCTURE, MADE):
        return values
    return {**values, "before": _making(change.before), "after": _making(change.after)}


def _making(text: str | None) -> Any:
    import json

    told = json.loads(text) if text and text.startswith("{") else text
    return {"act": told.get("act"), "of": told.get("parents")} if isinstance(told, dict) else told


@click.command("history", help="The journal, newest first; of one sample where it is named.")
@project_argument
@click.argument("sample", required=False)
@click.option("--limit", "-n", type=click.IntRange(min=0), default=None, help="At most so many events.")
@click.option("--all-changes", is_flag=True, help="All changes of bulk acts, not the first few.")
@shared
def history(
    project: str, sample: str | None, limit: int | None, all_changes: bool, as_json: bool, verbose: bool
) -> None:
    with opened(project) as found:
        row = rows_of(found, [sample])[0] if sample else None
        events = found.journal.events(row, limit, all_changes)
        answer({"events": [told(event) for event in events]}, as_json)


COMMANDS = {
    "label": label,
    "flag": flag,
    "note": note,
    "edit": edit,
    "find": find,
    "undo": undo,
    "redo": redo,
    "history": history,
}
