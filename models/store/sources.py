"""Sources: the files and folders that samples come from, known again by name, place and content."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.store import schema, settings
from models.store.database import Database
from models.store.digest import digest, measure
from models.store.samples import bump

#: The setting of how sources were read that don't tell it themselves: name of the source → import settings, given.
READ_AS = "import_settings"
#: Id of the carrier of a recording → names of its channels that a person called bad.
BAD_CHANNELS = "bad_channels"


@dataclass(frozen=True)
class SourceInfo:
    """One source. size −1 and sha "" when it was missing from the start; missing: it is not there now."""

    number: int
    name: str
    path: Path
    size: int
    mtime: int
    sha: str
    missing: bool


@dataclass(frozen=True)
class Located:
    """How many sources were found at the new place, and the names of those that were not."""

    found: int
    missing: list[str]


@dataclass(frozen=True)
class Known:
    """The source that samples are added to. changed: its content is another than before."""

    number: int
    name: str
    changed: bool
    notes: tuple[str, ...] = ()


_COLUMNS = (schema.source.c.number, schema.source.c.name, schema.source.c.path)
_FACTS = (schema.source.c.size, schema.source.c.mtime, schema.source.c.sha)


def all_sources(connection: Connection) -> list[SourceInfo]:
    """All sources that hold samples, by number."""
    rows = connection.execute(select(*_COLUMNS, *_FACTS).order_by(schema.source.c.number))
    return [_info(*row) for row in rows if row[2]]


def _info(number: int, name: str, path: str, size: int, mtime: int, sha: str) -> SourceInfo:
    # os.path: a place that we may not look into is as good as missing; pathlib would raise.
    return SourceInfo(number, name, Path(path), size, mtime, sha, not os.path.exists(path))


def settle_source(connection: Connection, path: Path, name: str) -> Known:
    """Find the source again, or make it, under a name that no other file has.

    The same name and content at another place is the same source (moved, when its old place is
    empty). Another content under a name that is taken gets its parent folder before its name.
    """
    text = str(path)
    if any("\ud800" <= letter <= "\udfff" for letter in text + name):
        raise UserError(f"the name of {text!r} is not readable text. Rename the file, then import it again.")
    size, mtime = measure(path)
    sha = _digest(path)
    found, called = _seek(connection, path, name, sha)
    if found is None:
        notes = (f"{name} is the name of another file already; {path} is kept as {called}.",) if called != name else ()
        return _insert(connection, called, text, (size, mtime, sha), notes)
    if str(found.path) == text or found.missing:
        return _renew(connection, found, text, (size, mtime, sha), moved=str(found.path) != text)
    return Known(found.number, found.name, False, (f"{path} has the name and content of {found.path}.",))


def find_source(connection: Connection, path: Path, name: str) -> Known:
    """The source as `settle_source` would find it, without writing anything; number −1 for a new one."""
    place = Path(os.path.abspath(path))
    sha = _digest(place)
    found, called = _seek(connection, place, name, sha)
    if found is None:
        return Known(-1, called, False)
    return Known(found.number, found.name, bool(sha and found.sha and sha != found.sha))


def _seek(connection: Connection, path: Path, name: str, sha: str) -> tuple[SourceInfo | None, str]:
    """The source that a file is, None for a new one, and the name it goes by."""
    same = _find(connection, schema.source.c.path == str(path))
    if same is not None:
        return same, same.name
    for candidate in candidates(name, path):
        twin = _find(connection, schema.source.c.name == candidate)
        if twin is None or (twin.missing and (twin.sha == sha or not twin.sha)) or (twin.sha == sha and sha):
            return twin, candidate
    raise AssertionError("the candidates never end")


def candidates(name: str, path: Path) -> Iterator[str]:
    """The name itself, then with ever more parent folders before it, then with a number."""
    yield name
    parts = path.parts
    depth = len(PurePosixPath(name).parts)
    prefix = name
    for parent in reversed(parts[1:-depth] if depth < len(parts) else ()):
        prefix = f"{parent}/{prefix}"
        yield prefix
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _digest(path: Path) -> str:
    with contextlib.suppress(OSError):
        return digest(path)
    return ""


def _find(connection: Connection, where: object) -> SourceInfo | None:
    row = connection.execute(select(*_COLUMNS, *_FACTS).where(where)).first()  # type: ignore[arg-type]
    return _info(*row) if row is not None else None


def _insert(connection: Connection, name: str, path: str, facts: tuple[int, int, str], notes: tuple[str, ...]) -> Known:
    number = connection.exec_driver_sql("SELECT coalesce(max(number) + 1, 0) FROM source").scalar_one()
    size, mtime, sha = facts
    connection.execute(
        schema.source.insert().values(number=number, name=name, path=path, size=size, mtime=mtime, sha=sha)
    )
    return Known(number, name, False, notes)


def _renew(connection: Connection, old: SourceInfo, path: str, facts: tuple[int, int, str], moved: bool) -> Known:
    size, mtime, sha = facts
    changed = bool(sha and old.sha and sha != old.sha)
    if (size, mtime, sha, path) != (old.size, old.mtime, old.sha, str(old.path)) and size >= 0:
        set_place(connection, old.number, path, facts)
    notes = (f"{old.name} moved from {old.path} to {path}.",) if moved and old.sha else ()
    if changed:
        notes = (f"{old.name} has changed since it was imported; its metadata was read anew.",)
    return Known(old.number, old.name, changed, notes)


def set_place(connection: Connection, number: int, path: str, facts: tuple[int, int, str]) -> None:
    """Write where a source is now, and its size, time and hash."""
    size, mtime, sha = facts
    statement = update(schema.source).where(schema.source.c.number == number)
    connection.execute(statement.values(path=path, size=size, mtime=mtime, sha=sha))


def remeasure(connection: Connection, numbers: Sequence[int]) -> None:
    """Know sources again by what they hold now: more was written into them."""
    for source in all_sources(connection):
        if source.number in numbers:
            set_place(connection, source.number, str(source.path), (*measure(source.path), _digest(source.path)))


def forget_sources(connection: Connection) -> None:
    """Wipe name, place and hash of sources that hold no sample any more, how they were read and what was bad."""
    connection.exec_driver_sql(
        "UPDATE source SET name = '', path = '', size = -1, mtime = 0, sha = '' "
        "WHERE number NOT IN (SELECT DISTINCT source FROM sample)"
    )
    names = set(connection.execute(select(schema.source.c.name)).scalars())
    _forget_named(connection, READ_AS, names.__contains__)
    _forget_named(connection, BAD_CHANNELS, lambda carrier: _is_there(connection, carrier))


def _forget_named(connection: Connection, setting: str, known: Callable[[str], bool]) -> None:
    """Take out of a setting all that it tells of names that are not known any more."""
    try:
        told = settings.stored(connection, setting) or {}
    except UserError:  # it may name what was withdrawn
        settings.put(connection, setting, None)
        return
    left = {name: value for name, value in told.items() if known(name)}
    if len(left) < len(told):
        settings.put(connection, setting, left)


def _is_there(connection: Connection, carrier: str) -> bool:
    """Whether a sample has this id, or is a part of what would."""
    own = schema.sample.c.id
    parts = (own >= f"{carrier}#") & (own < f"{carrier}$")  # $ comes behind #
    return connection.execute(select(own).where((own == carrier) | parts).limit(1)).first() is not None


def relocate(database: Database, old: Path, new: Path) -> Located:
    """Point the sources at or below `old` to `new`, checked by hash; those that differ stay as they were."""
    if not new.exists():
        raise UserError(f"{new} does not exist. Give the place where the files are now.")
    with database.reading() as connection:
        sources = all_sources(connection)
    places, missing = find_moved(sources, old, new)
    if not places and not missing:
        raise UserError(f"no source of this project is at {old}. See `winnow check` for those that are missing.")
    if places:
        shas = {source.number: source.sha for source in sources}
        with database.writing() as connection:
            for number, place in places.items():
                set_place(connection, number, str(place), (*measure(place), shas[number]))
            bump(database, connection, "samples")
    return Located(len(places), [source.name for source in missing])


def find_moved(sources: list[SourceInfo], old: Path, new: Path) -> tuple[dict[int, Path], list[SourceInfo]]:
    """New places of the sources at or below `old`, by hash, and those not found at `new`.

    A file is looked for at the same relative place first, then anywhere below `new`.
    """
    wanted = [source for source in sources if source.path == old or old in source.path.parents]
    found: dict[int, Path] = {}
    rest = []
    for source in wanted:
        place = new if source.path == old else new / source.path.relative_to(old)
        if place.exists() and (not source.sha or _digest(place) == source.sha):
            found[source.number] = place
        else:
            rest.append(source)
    if rest and new.is_dir():
        found.update(_search(rest, new))
    return found, [source for source in rest if source.number not in found]


def _search(wanted: list[SourceInfo], folder: Path) -> dict[int, Path]:
    by_size: dict[int, list[SourceInfo]] = {}
    for source in wanted:
        if source.sha:
            by_size.setdefault(source.size, []).append(source)
    found: dict[int, Path] = {}
    for path in sorted(folder.rglob("*")):
        some = by_size.get(measure(path)[0]) if path.is_file() else None
        sha = _digest(path) if some else ""
        for source in some or ():
            if source.sha == sha and source.number not in found:
                found[source.number] = path
    return found
