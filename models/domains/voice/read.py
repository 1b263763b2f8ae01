"""Finding voice: data sets of mel images, recordings with a table or in class folders, tables of features."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.domain import Finding, Noted, Skipped
from models.domains.voice import layout, mark_files, recordings, rows
from models.domains.voice.layout import name_of
from models.domains.voice.mapping import mapping_of
from models.domains.voice.options import Options, read_options
from models.domains.voice.places import AUDIO, IMAGE
from models.domains.voice.sheet import Desk, Entry, gather
from models.domains.voice.splits import is_split
from models.domains.voice.walk import MARKS, TABLE, Files, find_files
from models.job import Progress
from models.texttable import NoTable, Prose, Table, read_table

#: So many columns of a table that is left out are named.
_TOLD = 8


def scan(sources: Sequence[Path], settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    """All samples of the sources; one broken file or row is told and the rest goes on.

    settings: the keys of `models.domains.voice.options.IMPORT_KEYS`, and ``kept`` (what the project keeps of
    earlier imports). Raises UserError for a missing path, a wrong setting, and splits that leak.
    """
    options = read_options(settings)
    layout.check_given(options.survey, options.splits)
    desk = Desk(options)
    for source in sources:
        files, notes = find_files(Path(os.path.abspath(source)), source)
        yield from notes
        if files.named and not files.of(TABLE):
            yield from _read_named(files, desk)
        else:
            yield from _read(files, desk)


def _read_named(files: Files, desk: Desk) -> Iterator[Progress | Finding]:
    """One file that a person pointed at: it is the source itself."""
    ((kind, (path,)),) = files.files.items()
    told = name_of(path) if kind == IMAGE else None
    facts = {"record_id": told.record, "column_id": told.column} if told is not None else {}
    if kind == AUDIO:
        yield from recordings.read_one(path, desk)
    elif kind == IMAGE:
        yield from gather(path, path.name, [Entry(path, "", told.code if told else "", None, facts)], desk)
    elif kind == MARKS:
        yield from mark_files.read_all(files)
    else:
        yield Skipped(path.name, "", "it is no sound, mel image, table or file of regions by its name")


def _read(files: Files, desk: Desk) -> Iterator[Progress | Finding]:
    """Data sets in a layout that is known, then tables of recordings, recordings without, tables of features."""
    count = 0
    desk.options = replace(desk.options, offered=_offered(files, desk.options))
    count += yield from _read_layouts(files, desk, told=True)
    features: list[tuple[Path, Table]] = []
    for path in files.of(TABLE):
        if path not in desk.claimed and not is_split(path):
            count += yield from _read_table(path, files, desk, features)
    count += yield from _read_layouts(files, desk, told=False)
    left = [path for path in files.of(AUDIO) if path not in desk.claimed] if not files.named else []
    if left:
        count += yield from recordings.read_loose(files.top, files.top.name, left, desk)
    yield from _read_features(features, files, desk, bool(count))
    yield from mark_files.read_all(files) if not files.named else ()
    yield from _unread(files, desk)


def _offered(files: Files, options: Options) -> frozenset[str]:
    """The columns of all tables, where a person named one: not every table of a folder has it."""
    found: set[str] = set()
    for path in files.of(TABLE) if options.speaker or options.label or options.leave_out else ():
        with contextlib.suppress(Prose, NoTable):
            found.update(read_table(path, options.headed(*recordings.kept_under(path, files))).names)
    return frozenset(found)


def _read_layouts(files: Files, desk: Desk, told: bool) -> Generator[Progress | Finding, None, int]:
    """The data sets of the IMBALMED layout; those of images alone come when no table told of these."""
    count = 0
    for one in layout.find_layouts(files, desk, told) if not files.named else ():
        count += yield from layout.read_layout(one, files, desk)
    return count


def _read_table(
    path: Path, files: Files, desk: Desk, features: list[tuple[Path, Table]]
) -> Generator[Progress | Finding, None, int]:
    """The recordings that a table tells of; one of features is kept for later."""
    name = files.name_of(path)
    try:
        table = read_table(path, desk.options.headed(*recordings.kept_under(path, files)))
    except Prose as reason:
        if files.named or path.suffix.lower() != ".txt":
            yield Skipped(name, "", str(reason)) if files.named else Noted(name, "", f"{reason}, left out")
        return 0
    except NoTable as reason:
        yield Skipped(name, "", str(reason)) if files.named else Noted(name, "", f"{reason}, left out")
        return 0
    roots = recordings.kept_under(path, files)[1:]
    found = mapping_of(name, table, desk.options, lambda told: bool(files.index.find(told, path.parent)), roots)
    if found is None:
        words = _of_no_use(table)
        yield Skipped(name, "", words) if files.named else Noted(name, "", f"{words}, left out")
        return 0
    if table.note:
        yield Noted(name, "", table.note)
    if not found.file:
        features.append((path, table))
        return 0
    meant = [file for row in table.rows for file in files.index.find(row[found.file], path.parent)]
    if meant and all(file in desk.claimed for file in meant):
        yield Noted(name, "", "what it names is in the project by another table or by its layout, left out")
        return 0
    return (yield from recordings.read_recordings(path, table, found, files, desk))


def _of_no_use(table: Table) -> str:
    """Why a table gives no samples, and what to do: at once where it has no names that could tell anything."""
    columns = ", ".join(table.names[:_TOLD]) + (" …" if len(table.names) > _TOLD else "")
    why = f"it names neither recordings nor features with a speaker or a class (columns: {columns})"
    do = "--set speaker_column=… and label_column=… tell who speaks and the class"
    if table.note:
        return f"{table.note}; {do}, as 1 for {table.names[0]}; without them {why}"
    return f"{why}; features are three columns of numbers at least, and {do}"


def _read_features(
    features: Sequence[tuple[Path, Table]], files: Files, desk: Desk, others: bool
) -> Iterator[Progress | Finding]:
    """Tables of features; beside recordings they are only told of: the same voices would come in twice."""
    for path, table in features:
        name = files.name_of(path)
        if others and not files.named:
            yield Noted(name, "", "a table of features beside recordings is left out: name it to import it by itself")
            yield from rows.other_ages(name, table, desk.ages)
            continue
        found = mapping_of(name, table, desk.options, lambda told: False)
        if found is not None:
            yield from rows.read_rows(path, name, table, found, desk)


def _unread(files: Files, desk: Desk) -> Iterator[Noted]:
    if files.named:
        return
    for path in files.of(TABLE):
        if is_split(path) and path not in desk.claimed:
            yield Noted(files.name_of(path), "", "splits without images or a table of recordings beside them, left out")
    left = [path for path in files.of(IMAGE) if path not in desk.claimed]
    if left:
        first = left[0].relative_to(files.top).as_posix()
        words = f"{len(left)} picture{'s' * (len(left) != 1)} that are no mel images by their names or a table left out"
        yield Noted(files.top.name, first, words)
