"""Taking samples out for good: nothing of them stays but hashes."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.sample import PRINTS
from models.store import carriers, presence, schema, settings
from models.store.database import Database, insert_rows
from models.store.digest import id_digest
from models.store.journal import Rows
from models.store.predictions import FILE_NAME, drop_predictions, read_predictions
from models.store.recognition import WITHDRAWN, parts_of, print_digests, withdrawn_from
from models.store.samples import bump
from models.store.scrub import scrub_run
from models.store.sources import BAD_CHANNELS, forget_sources

if TYPE_CHECKING:
    from models.store.project import Project

_CHUNK = 5_000
_GENERIC = "withdrawn"
#: The setting that says, since the transaction of a purge, that files are still to be rewritten.
_DUE = "purge_due"


def purge(project: Project, rows: Rows) -> int:
    """Purge rows of the project's samples; gives how many. The caller holds the project's locks."""
    if len(rows) == 0:
        return 0
    ids: list[str] = project.samples.table.column("id").take(pa.array(rows)).to_pylist()
    groups = _groups_of(project, ids)
    subjects = project.journal.fold.subjects[rows].tolist()
    with project._writing() as (local, writer):
        _forget_subjects(project._labels, writer.connection, subjects, ids, _prints_of(local, ids))
        _hand_on(project, local, ids)
        _forget_samples(project._database, local, ids)
        settings.put(local, _DUE, True)
    project._settings.read()
    with project._labels.reading() as connection:
        project.journal._catch_up(connection)
    _forget_files(project, ids, groups)
    vacuum(project)
    return len(ids)


def finish(project: Project) -> None:
    """Go on with a purge that was interrupted after its transaction: files, cache, the database's free pages.

    Also after one that others made while files of its samples were still written here.
    """
    with project._labels.reading() as connection:
        stones = set(connection.execute(select(schema.tombstone.c.sha)).scalars())
    gone: set[str] = set()
    for file in _prediction_files(project):
        with contextlib.suppress(UserError):
            gone.update(name for name in read_predictions(file).ids if id_digest(name) in stones)
    # Who began before a purge knows the samples that went by it still.
    gone.update(name for name in project.samples.ids() if id_digest(name) in stones)
    _forget_files(project, sorted(gone), _groups_of(project, sorted(gone)))
    vacuum(project)


def follow_withdrawals(project: Project) -> bool:
    """Take out what another curator of a shared journal has withdrawn; True when there was any."""
    with project._labels.reading() as connection:
        purges = connection.exec_driver_sql("SELECT value FROM counter WHERE name = 'purges'").scalar() or 0
        if purges == project.setting("purges_seen", 0):
            return False
        stones = set(connection.execute(select(schema.tombstone.c.sha)).scalars())
    gone = [name for name in project.samples.ids() if id_digest(name) in stones]
    groups = _groups_of(project, gone)
    if gone:
        with project._database.writing() as local:
            _hand_on(project, local, gone)
            _forget_samples(project._database, local, gone)
            settings.put(local, _DUE, True)
        project._settings.read()
        _forget_files(project, gone, groups)
        vacuum(project)
    project.set_setting("purges_seen", purges)
    return bool(gone)


def vacuum(project: Project) -> None:
    """Rewrite the databases so that deleted text is out of the files; put off while another process is at work."""
    done = True
    for database in {id(one): one for one in (project._database, project._labels)}.values():
        try:
            with database.plain() as connection:
                if database.dialect == "sqlite":
                    connection.exec_driver_sql("VACUUM")
                    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
                    done = done and not busy
                else:
                    connection.exec_driver_sql("VACUUM change, event, subject")
        except UserError:
            done = False
    if project.setting(_DUE) and done:
        project.set_setting(_DUE, None)


def _prints_of(connection: Connection, ids: Sequence[str]) -> list[str]:
    """The hashes by which what these samples hold is known again, wherever it stands then."""
    own = schema.sample.c
    told = own.meta.contains(f'"{PRINTS}":', autoescape=True)
    known = or_(told, own.made == 1)  # what was made here is in no source: its number may be given anew
    parts = (connection.execute(select(own.id, own.meta).where(own.id.in_(part), known)) for part in _parts(ids))
    going = {name: json.loads(meta) for rows in parts for name, meta in rows}
    if not any(PRINTS in meta for meta in going.values()):
        return [sha for name, meta in going.items() for sha in print_digests(name, meta, ())]
    # What tells of several recordings of a person, as the height, is no sign of the one that goes.
    others = connection.execute(select(own.id, own.meta).where(told))
    shared = {part for name, meta in others if name not in going for part in parts_of(json.loads(meta))}
    return [sha for name, meta in going.items() for sha in print_digests(name, meta, shared)]


def _forget_subjects(
    database: Database, connection: Connection, subjects: Sequence[int], ids: Sequence[str], further: Sequence[str]
) -> None:
    """further: hashes that are left behind beside those of the ids."""
    touched: set[int] = set()
    for part in _parts(subjects):
        marks = ",".join("?" * len(part))
        text = database.sql(f"SELECT DISTINCT event FROM change WHERE subject IN ({marks})")
        touched.update(connection.exec_driver_sql(text, part).scalars())
        connection.exec_driver_sql(database.sql(f"DELETE FROM change WHERE subject IN ({marks})"), part)
        connection.exec_driver_sql(database.sql(f"DELETE FROM subject WHERE number IN ({marks})"), part)
    for names in _parts(ids):
        marks = ",".join("?" * len(names))
        connection.exec_driver_sql(database.sql(f"DELETE FROM test_sample WHERE id IN ({marks})"), names)
    _mend_events(database, connection, sorted(touched), ids)
    known = set(connection.execute(select(schema.tombstone.c.sha)).scalars())
    stones = [sha for sha in dict.fromkeys([*map(id_digest, ids), *further]) if sha not in known]
    insert_rows(database, connection, "tombstone", [stones, [datetime.now(UTC).isoformat()] * len(stones)])
    bump(database, connection, "purges")


def _mend_events(database: Database, connection: Connection, numbers: Sequence[int], ids: Sequence[str]) -> None:
    """Counts of what is left; a title stays only when it can't speak of what is gone."""
    names = set(ids)
    for part in _parts(numbers):
        marks = ",".join("?" * len(part))
        left_over = "(SELECT count(*) FROM change WHERE event = number)"
        text = f"SELECT number, title, {left_over} FROM event WHERE number IN ({marks})"
        rows = connection.exec_driver_sql(database.sql(text), part).fetchall()
        values = [(left, _title(title, left, names), number) for number, title, left in rows]
        connection.exec_driver_sql(database.sql("UPDATE event SET count = ?, title = ? WHERE number = ?"), values)


def _title(title: str, left: int, names: set[str]) -> str:
    return _GENERIC if left == 0 or any(name in title for name in names) else title


def _hand_on(project: Project, connection: Connection, going: Sequence[str]) -> None:
    """Let what is called bad of a recording stand on another of its samples where the one that carries it goes."""
    with contextlib.suppress(UserError):  # damaged; it is forgotten as a whole
        told = settings.stored(connection, BAD_CHANNELS) or {}
        new = carriers.heirs(project.domain, project.samples, frozenset(going), told)
        if new:
            settings.put(connection, BAD_CHANNELS, {new.get(name, name): bad for name, bad in told.items()})


def _forget_samples(database: Database, connection: Connection, ids: Sequence[str]) -> None:
    for part in _parts(ids):
        settings.put(connection, WITHDRAWN, withdrawn_from(connection, part) or None)
        marks = ",".join("?" * len(part))
        connection.exec_driver_sql(f"DELETE FROM sample WHERE id IN ({marks})", part)
    forget_sources(connection)
    bump(database, connection, "samples")
    bump(database, connection, "rewrites")


def _groups_of(project: Project, ids: Sequence[str]) -> set[str]:
    """The groups of which nothing is left without these samples."""
    table, going = project.samples.table, set(ids)
    pairs = list(zip(table.column("id").to_pylist(), table.column("group").to_pylist(), strict=True))
    return {str(group) for name, group in pairs if name in going} - {
        str(group) for name, group in pairs if name not in going
    }


def _forget_files(project: Project, ids: Sequence[str], groups: Collection[str]) -> None:
    """Predictions and tables of runs lose their rows; the cache goes as a whole, it is made again."""
    project._table.forget()
    _empty(project.cache, project.presence.is_alone())
    for file in _prediction_files(project):
        with contextlib.suppress(UserError):
            drop_predictions(file, ids)
    names = {*ids, *(name.partition("#")[2] for name in ids)} - {""}
    for folder in _run_folders(project):
        with contextlib.suppress(UserError):
            scrub_run(folder, names, groups)


def _empty(cache: Path, alone: bool) -> None:
    """Take away all that is in the cache. alone: folders too, which others who are at work write into."""
    for entry in list(cache.iterdir()) if cache.is_dir() else []:
        if entry.name == presence.FOLDER:
            continue
        folder = entry.is_dir() and not entry.is_symlink()
        if folder and alone:
            shutil.rmtree(entry, ignore_errors=True)
            continue
        for file in (
            [path for path in entry.rglob("*") if path.is_symlink() or not path.is_dir()] if folder else [entry]
        ):
            with contextlib.suppress(OSError):
                file.unlink()


def _prediction_files(project: Project) -> list[Path]:
    return [file for folder in _run_folders(project) for file in folder.rglob(FILE_NAME)]


def _run_folders(project: Project) -> list[Path]:
    return [*project.runs.folders(), *(one.path for one in project.runs.unfinished())]


def _parts(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [tuple(values[start : start + _CHUNK]) for start in range(0, len(values), _CHUNK)]
