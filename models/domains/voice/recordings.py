"""Recordings and images with a table beside them that tells who speaks and the class, or folders named by class."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.domain import Finding, Noted, Skipped
from models.domains.voice import splits as splitting
from models.domains.voice.folders import Told, healthy_twice, read_classes, read_folders, read_states
from models.domains.voice.mapping import Mapping, unnamed
from models.domains.voice.options import NONE, Options
from models.domains.voice.paths import LABEL, SPEAKER, Template, none_fits, read_all
from models.domains.voice.sheet import Desk, Entry, ages_of, class_text, facts_of, gather, named
from models.domains.voice.walk import TABLE, Files, clean
from models.errors import UserError
from models.job import Progress
from models.learn.words import plural
from models.mapping_text import GUESS
from models.texttable import Table

#: What to say of recordings whose paths tell no class; a list of labels may, now or later.
_CLASSLESS = (
    "the paths of these recordings tell no class: where folders are classes, --set paths='{label}/*' says so; a table "
    "beside them or --labels tells it too"
)


@dataclass
class _Rows:
    """The rows of a table with the file of each; what is wrong with others."""

    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    files: dict[Path, str | None] = field(default_factory=dict)


def read_recordings(
    path: Path, table: Table, mapping: Mapping, files: Files, desk: Desk
) -> Generator[Progress | Finding, None, int]:
    """The recordings that a table tells of, and those in its folder that it does not."""
    told, sources = files.name_of(path), kept_under(path, files)
    template = desk.options.template(*sources)
    if template is not None and SPEAKER in template.names and mapping.speaker == mapping.file:
        # What a person says of paths is better than a guess from names.
        mapping = replace(mapping, speaker="", pattern="", why=())
    yield Noted(told, "mapping", f"read as {mapping.json()}")
    yield from (Noted(told, "mapping", why) for why in mapping.why)
    yield from (Skipped(told, *torn) for torn in table.torn())
    rows = _resolve(path, table, mapping, files, desk)
    root = path.parent if all(_inside(file, path.parent) for file in rows.files) else files.top
    yield from _left_out(told, rows)
    beside = [] if files.named else _unnamed(root, files, rows, desk)
    entries = [replace(one, key=one.path.relative_to(root).as_posix()) for one in rows.entries]
    entries += [Entry(file, file.relative_to(root).as_posix()) for file in beside]
    if template is not None:
        entries, template = yield from _told_by_paths(told, entries, template, desk.options)
    names = template.names if template is not None else ()
    if not mapping.speaker and SPEAKER not in names:
        yield Noted(told, "mapping", unnamed(table, mapping, "who speaks", "speaker_column"))
    if not mapping.label and LABEL not in names:
        entries = yield from _states(told, files.name_of(root), table, mapping, entries, desk.options)
    yield from _of_several(told, entries)
    yield from _told_beside(told, root, beside, entries)
    folder = yield from _splits(root, entries, files, desk)
    settings = {"mapping": mapping.json(), **desk.options.said(*sources), **_kept(template)}
    return (yield from gather(root, files.name_of(root), entries, desk, settings, folder))


def kept_under(path: Path, files: Files) -> tuple[str, ...]:
    """The names under which a project keeps how a table was read: its own, of its folder, of the source."""
    return (files.name_of(path), files.name_of(path.parent), files.name_of(files.top))


def _states(
    name: str, root: str, table: Table, mapping: Mapping, entries: Sequence[Entry], options: Options
) -> Generator[Finding, None, list[Entry]]:
    """Entries with the class that folders or names tell of how people are: a table may tell only who speaks."""
    states = read_states([entry.key for entry in entries])
    if options.label == NONE or not any(states.labels):
        yield Noted(name, "mapping", unnamed(table, mapping, "the class", "label_column"))
        # A class that the source told before is none any more where a person says so.
        return [replace(one, label="") for one in entries] if options.label == NONE else list(entries)
    yield from (Noted(name, "mapping", note) for note in told_notes(states, options, root))
    return [replace(one, label=label or None) for one, label in zip(entries, states.labels, strict=True)]


def _told_beside(name: str, root: Path, beside: Sequence[Path], entries: Sequence[Entry]) -> Iterator[Noted]:
    """Which files no row names."""
    labels = {one.path: one.label for one in entries}
    count = len(beside)
    if count:
        many = "1 file is not in the table and comes in" if count == 1 else f"{count} files are not in the table and"
        many = many if count == 1 else f"{many} come in"
        bare = "" if any(labels[file] for file in beside) else " without a label"
        yield Noted(name, "", named(f"{many}{bare}", [file.relative_to(root).as_posix() for file in beside]))


def _splits(root: Path, entries: Sequence[Entry], files: Files, desk: Desk) -> Generator[Finding, None, str]:
    """The folder of splits of these speakers from the root on, "" for none; what they leave over is told."""
    free = [path for path in files.of(TABLE) if splitting.is_split(path) and _inside(path, root)]
    free = [path for path in free if path not in desk.claimed]
    desk.claimed.update(free)
    splits, folder = splitting.find_splits(root, free, desk.options.splits)
    labels = {entry.speaker.casefold(): entry.label for entry in entries if entry.speaker}
    yield from splitting.joins(splits, labels, set(labels))
    return folder


def _resolve(path: Path, table: Table, mapping: Mapping, files: Files, desk: Desk) -> _Rows:
    """The file of each row."""
    rows, told = _Rows(), files.name_of(path)
    facts = facts_of(table.rows, (mapping.file, mapping.speaker, mapping.label))
    for line, row, more in zip(table.lines, table.rows, facts, strict=True):
        name, where = row[mapping.file].strip(), f"line {line}"
        found = files.index.find(name, path.parent)
        if len(found) != 1:
            rows.skipped.append(Skipped(told, where, _lost(name, len(found))))
            rows.lost += [name] if clean(name) and not found else []
            continue
        (file,) = found
        label = class_text(row[mapping.label]) if mapping.label else None
        if file in rows.files or file in desk.claimed:
            rows.twice.append(f"{where} ({name})")
            if rows.files.get(file, label) != label:
                words = f"{name} is {rows.files[file]!r} in a line before and {label!r} here: the first holds"
                rows.skipped.append(Skipped(told, where, words))
            continue
        rows.files[file] = label
        speaker = mapping.speaker_of(row)
        rows.entries.append(Entry(file, "", speaker, label, more))
        desk.ages |= ages_of(speaker, more)
    return rows


def _lost(name: str, count: int) -> str:
    if not name:
        return "it names no file"
    if count:
        return f"{name!r} is the name of {count} files: give their folders too"
    if not clean(name):
        return f"{name[:200]!r} leaves the folder of the data: it is not followed"
    return f"{name[:200]!r} is not there"


def _left_out(told: str, rows: _Rows) -> Iterator[Finding]:
    """The rows that are left out, and those that name a file again."""
    yield from _skipped(told, rows)
    if rows.twice:
        many = "1 row names" if len(rows.twice) == 1 else f"{len(rows.twice)} rows name"
        yield Noted(told, "", named(f"{many} a file that another row has, left out", rows.twice))


def _skipped(told: str, rows: _Rows) -> list[Skipped]:
    """The rows that are left out; one line for all whose files are not there, where not a single one is."""
    if len(rows.lost) < 2 or rows.files:
        return rows.skipped
    words = (
        f"none of the {len(rows.lost)} files that it names is there, such as {rows.lost[0][:200]!r}: put the table "
        "where these paths start, or import the folder that holds both"
    )
    missing = {_lost(name, 0) for name in rows.lost}
    return [Skipped(told, "", words), *(one for one in rows.skipped if one.reason not in missing)]


def _inside(file: Path, folder: Path) -> bool:
    return folder in file.parents


def _unnamed(root: Path, files: Files, rows: _Rows, desk: Desk) -> list[Path]:
    """Recordings below the root that no row names."""
    from models.domains.voice.places import AUDIO

    free = (file for file in files.of(AUDIO) if file not in rows.files and file not in desk.claimed)
    return [file for file in free if _inside(file, root)]


def read_loose(top: Path, name: str, found: Sequence[Path], desk: Desk) -> Generator[Progress | Finding, None, int]:
    """Recordings without a table: class and speaker as their folders and names tell them, or as a person says."""
    entries = [Entry(file, Path(os.path.relpath(file, top)).as_posix()) for file in found]
    template = desk.options.template(name)
    if template is not None:
        entries, template = yield from _told_by_paths(name, entries, template, desk.options)
    told = _left_to_guess(entries, template)
    yield from (Noted(name, "", note) for note in told_notes(told, desk.options, name))
    # A class that was told before is none any more where a person says what paths tell, and that is no class.
    nothing = "" if template is not None or desk.options.paths == GUESS else None
    entries = [
        replace(one, speaker=one.speaker or speaker, label=one.label or label or nothing)
        for one, speaker, label in zip(entries, told.speakers, told.labels, strict=True)
    ]
    if template is not None:
        yield from _of_several(name, entries)
    if not any(one.label for one in entries):
        yield Noted(name, "class", _CLASSLESS)
    return (yield from gather(top, name, entries, desk, _kept(template)))


def read_one(path: Path, desk: Desk) -> Generator[Progress | Finding, None, int]:
    """One recording that a person pointed at, with what its path tells where he says what that is."""
    entries, template = [Entry(path, path.as_posix())], desk.options.template(path.name)
    if template is not None:
        entries, template = yield from _told_by_paths(path.name, entries, template, desk.options)
    return (yield from gather(path, path.name, [replace(entries[0], key="")], desk, _kept(template)))


def told_notes(told: Told, options: Options, source: str) -> list[str]:
    """How class and speaker were found; of classes that may be one, unless they are called so."""
    called = options.names(source)
    return [*told.notes, *healthy_twice(sorted({called.get(label, label) for label in told.labels if label}))]


def _left_to_guess(entries: Sequence[Entry], template: Template | None) -> Told:
    """What is guessed of paths that a template does not tell: no speaker, and no class of folders that it tells of."""
    keys = [one.key for one in entries]
    if template is None:
        return read_folders(keys)
    nobody = ("",) * len(keys)
    if LABEL in template.names:
        return Told(nobody, nobody)
    return read_states(keys) if template.tells_folders else read_classes(keys)


def _told_by_paths(
    name: str, entries: Sequence[Entry], template: Template, options: Options
) -> Generator[Finding, None, tuple[list[Entry], Template | None]]:
    """Entries with what their paths tell of them that a table does not, and the template; None where one that the
    project kept fits none. Raises UserError where a person says now what fits none."""
    keys = [one.key for one in entries]
    told, strange = read_all(template, keys)
    if keys and len(strange) == len(keys):
        if options.paths:
            raise UserError(none_fits(template, keys))
        yield Noted(name, "paths", f"as kept, {none_fits(template, keys)}. It is guessed; --set paths=guess forgets it")
        return list(entries), None
    if strange:
        words = f"{plural(len(strange), 'recording does', 'recordings do')} not fit {template.text}"
        of = "it" if len(strange) == 1 else "them"
        yield Noted(name, "paths", named(f"{words}, which tells nothing of {of}", strange))
    columns = [one for one in template.names if one not in (LABEL, SPEAKER)]
    facts = facts_of([{column: one.get(column, "") for column in columns} for one in told], ())
    # Who is S07 by the path may be 7 by the table: one person has one name.
    both = {one[SPEAKER]: entry.speaker for one, entry in zip(told, entries, strict=True)
            if entry.speaker and one.get(SPEAKER)}  # fmt: skip
    read = [
        replace(
            entry,
            speaker=entry.speaker or both.get(one.get(SPEAKER, ""), one.get(SPEAKER, "")),
            label=entry.label or class_text(one.get(LABEL, "")),
            facts={**more, **entry.facts},
        )
        for entry, one, more in zip(entries, told, facts, strict=True)
    ]
    return read, template


def _of_several(name: str, entries: Sequence[Entry]) -> Iterator[Noted]:
    """Speakers of several classes: two people may have one name."""
    owners: dict[str, set[str]] = {}
    for one in entries:
        owners.setdefault(one.speaker, set()).update([one.label] if one.label else [])
    if mixed := [speaker for speaker, labels in owners.items() if speaker and len(labels) > 1]:
        who = plural(len(mixed), "speaker is", "speakers are")
        words = f"{who} of several classes: where they are other people of one name, have the class in it too"
        yield Noted(name, "speaker", named(f"{words}, as --set paths='{{speaker}}/{{speaker}}/*' does", mixed))


def _kept(template: Template | None) -> dict[str, str]:
    return {} if template is None else {"paths": template.text}
