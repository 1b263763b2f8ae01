"""One database, SQLite or PostgreSQL: connections, transactions, and errors in plain words."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from sqlalchemy import create_engine, event, inspect, select
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from models.errors import UserError, lacking
from models.store import schema

#: Seconds to wait for another process that writes before giving up.
LOCK_SECONDS = 20.0
#: Pages of a file's write-ahead log from which an act itself carries them over, where nobody did it in a pause.
LOG_PAGES = 8_000
#: Seconds to wait for a label server to answer.
SERVER_SECONDS = 5


class Database:
    """The engine of one database and its two kinds of transaction.

    place: how messages name it (a path, or a URL without its password). dialect: ``sqlite`` or
    ``postgresql``. Safe to use from several threads.
    """

    def __init__(self, engine: Engine, place: str, read_only: bool = False) -> None:
        self.place = place
        self.read_only = read_only
        self.dialect = engine.dialect.name
        self._engine = engine
        self._writer = engine.execution_options(write=True)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees one state of the database."""
        with translated(self.place), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; committed at the end, or not at all."""
        if self.read_only:
            raise UserError(read_only_text(self.place))
        with translated(self.place), self._writer.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def plain(self) -> Iterator[Connection]:
        """A connection outside any transaction, for VACUUM and the like."""
        options = self._engine.execution_options(plain=True, isolation_level="AUTOCOMMIT")
        with translated(self.place), options.connect() as connection:
            yield connection

    def checkpoint(self) -> None:
        """Carry a file's write-ahead log over into the file, as far as nobody has to wait for it."""
        if self.dialect == "sqlite" and not self.read_only:
            with self.plain() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def sql(self, text: str) -> str:
        """Statement text with ``?`` for parameters in this database's own manner."""
        return text if self.dialect == "sqlite" else text.replace("?", "%s")

    def version(self) -> str | None:
        """The schema's version, or None for a database that is not ours (yet)."""
        with self.reading() as connection:
            if not inspect(connection).has_table(schema.version.name):
                return None
            return cast("str | None", connection.execute(select(schema.version.c.version_num)).scalar())

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def open_file(path: Path, read_only: bool = False, immutable: bool = False) -> Database:
    """The database in a file. immutable: nobody else can write there, not even a lock."""
    mode = "?mode=ro" + ("&immutable=1" if immutable else "") if read_only else ""
    address = path.absolute().as_uri() + mode

    def connect() -> sqlite3.Connection:
        link = sqlite3.connect(address, uri=True, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        for line in _pragmas(read_only):
            link.execute(line)
        return link

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=8)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, str(path), read_only)


def _pragmas(read_only: bool) -> list[str]:
    shared = ["PRAGMA cache_size=-65536", "PRAGMA temp_store=MEMORY", "PRAGMA foreign_keys=ON"]
    if read_only:
        return shared
    log = ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", f"PRAGMA wal_autocheckpoint={LOG_PAGES}"]
    return [*log, "PRAGMA secure_delete=ON", *shared]


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("plain"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write") else "BEGIN")


def open_url(text: str) -> Database:
    """The journal's database by URL: ``postgresql://…`` or ``sqlite:///…``; UserError when it can't be."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise UserError(
            "the labels URL can't be read. Write it like postgresql://name@host/database or sqlite:////path/labels.sqlite."
        ) from None
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database:
        return open_file(Path(url.database))
    if kind in ("postgresql", "postgres"):
        return _open_server(url)
    raise UserError(f"labels can't be kept on {kind!r}. Give a postgresql:// or sqlite:/// URL.")


def _open_server(url: URL) -> Database:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise lacking("labels on PostgreSQL need", "postgres") from None
    place = url.set(drivername="postgresql").render_as_string(hide_password=True)
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={"connect_timeout": SERVER_SECONDS},
        )
    except (ArgumentError, NoSuchModuleError):
        raise UserError(
            f"the labels URL {place} can't be used. Write it like postgresql://name@host/database."
        ) from None
    event.listen(engine, "begin", _begin_server)
    return Database(engine, place)


def _begin_server(connection: Connection) -> None:
    """One writer at a time, so that event numbers have no gaps and rise in commit order."""
    if connection.get_execution_options().get("write"):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(LOCK_SECONDS * 1000)}ms'")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8241904431)")


def insert_rows(database: Database, connection: Connection, table: str, columns: Sequence[Sequence[Any]]) -> None:
    """Insert many rows, given as columns in the table's own order."""
    if not columns or not columns[0]:
        return
    if database.dialect == "sqlite":
        marks = ",".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", list(zip(*columns, strict=True)))
        return
    kinds = ["text[]" if any(isinstance(value, str) for value in values) else "" for values in columns]
    types = [kind or _server_kind(table, place) for place, kind in enumerate(kinds)]
    arrays = ",".join(f"%s::{kind}" for kind in types)
    connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM unnest({arrays})", tuple(list(c) for c in columns))


def _server_kind(table: str, place: int) -> str:
    kind = list(schema.metadata.tables[table].columns)[place].type
    return "text[]" if kind.python_type is str else "bigint[]"


@contextlib.contextmanager
def translated(place: object) -> Iterator[None]:
    """Turn what a person can mend (full disk, lock, server away, read-only) into UserError."""
    try:
        yield
    except DBAPIError as error:
        text = _database_text(str(place), error)
        if text is None:
            raise
        raise UserError(text) from None
    except OSError as error:
        text = _system_text(str(place), error)
        if text is None:
            raise
        raise UserError(text) from None


def _system_text(place: str, error: OSError) -> str | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full_text(place)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return read_only_text(place)
    return None


def _database_text(place: str, error: DBAPIError) -> str | None:
    words = str(error.orig).lower()
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_text(place, words)
    for signs, text in _SERVER_WORDS:
        if any(sign in words for sign in signs):
            return text.format(place=place, seconds=LOCK_SECONDS)
    away = type(error.orig).__name__ in ("OperationalError", "InterfaceError", "AdminShutdown")
    return _SERVER_AWAY.format(place=place) if away or error.connection_invalidated else None


_SERVER_AWAY = "the label server {place} does not answer. Nothing was lost; check network and server, then try again."
_SERVER_WORDS = (
    (
        ("lock timeout",),
        "the label server {place} is busy for over {seconds:g} s with another curator's act. Try again.",
    ),
    (
        ("no space left", "disk full"),
        "the disk of the label server {place} is full. Nothing was lost; free some space.",
    ),
    (
        ("authentication failed", "fatal:  database", "fatal:  role", "no password supplied"),
        "the label server {place} refuses this user or database. Check both, and the password.",
    ),
    (
        ("read-only", "permission denied"),
        "the label server {place} is read-only for this user. Ask for the right to write.",
    ),
)


def _sqlite_text(place: str, words: str) -> str | None:
    if "locked" in words or "busy" in words:
        holders = _holders(place)
        return f"{place} is locked by another process{holders}. Close it or wait, then try again; nothing was lost."
    if "disk is full" in words or "disk i/o error" in words:
        return full_text(place)
    if "readonly" in words:
        return read_only_text(place)
    if "unable to open" in words:
        return f"{place} can't be opened. Check that the folder exists and that you may read and write it."
    lacking = any(sign in words for sign in ("not a database", "malformed", "no such table", "no such column"))
    return damaged_text(place) if lacking else None


def damaged_text(place: str) -> str:
    """The words for a file that is no database, lacks what Winnow writes, or holds something else."""
    return f"{place} is damaged: it is not a database as Winnow writes it. Restore it from a backup."


def full_text(place: str) -> str:
    """The words for a full disk."""
    return f"the disk is full: {place} could not be written. Free some space and try again; nothing was lost."


def read_only_text(place: str) -> str:
    """The words for a write where only looking is possible."""
    return f"{place} is read-only here. Copy the project to a folder you can write to, or ask for the right to write."


def _holders(place: str) -> str:
    """Who has the file open, as far as this user may know: `` (python, process 4711)``."""
    import os

    import psutil

    found = []
    for process in psutil.process_iter(["pid", "name"]):
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and any(file.path == place for file in process.open_files()):
                found.append(f"{process.info['name']}, process {process.pid}")
    return f" ({'; '.join(found)})" if found else ""
