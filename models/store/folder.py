"""The databases of a project's folder: made whole, opened to write or for looking only."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models.errors import UserError
from models.store import migrate, schema
from models.store.database import Database, open_file, open_url, translated
from models.store.settings import parsed

FILE_NAME = "project.sqlite"


@dataclass(frozen=True)
class Opened:
    """The databases of one project; one and the same where the journal is in the project's own file.

    copy: a folder of this process's own, where the project's may only be looked at.
    """

    database: Database
    labels: Database
    copy: Path | None

    def close(self) -> None:
        """Let go of the files; again is harmless."""
        self.database.close()
        self.labels.close()
        if self.copy is not None:
            shutil.rmtree(self.copy, ignore_errors=True)


def open_folder(path: Path) -> Opened:
    """Open the databases of a project; UserError when it is none, of a newer version, or locked."""
    file = path / FILE_NAME
    if not file.is_file():
        raise UserError(f"{path} is not a project: it holds no {FILE_NAME}. Give the folder of a project.")
    database, copy = (open_file(file), None) if _writable(path, file) else _open_read_only(file)
    try:
        url = _labels_url(database)
        migrate.ensure(database, project=True, labels=not url)
        return Opened(database, open_labels(url) if url else database, copy)
    except BaseException:
        Opened(database, database, copy).close()
        raise


def create_file(path: Path, settings: Mapping[str, Any], labels: bool) -> None:
    """Make the database beside and rename it, so that a project exists whole or not at all."""
    partial = path / f".{FILE_NAME}.partial"
    database = open_file(partial)
    try:
        with database.writing() as connection:
            schema.create(connection, project=True, labels=labels)
            values = [{"name": name, "value": json.dumps(value)} for name, value in settings.items()]
            connection.execute(schema.setting.insert(), values)
    finally:
        database.close()
    with translated(path):
        os.rename(partial, path / FILE_NAME)


def _labels_url(database: Database) -> str:
    version = database.version()
    if version is None:
        return ""
    with database.reading() as connection:
        text = connection.execute(select(schema.setting.c.value).where(schema.setting.c.name == "labels_url")).scalar()
    return str(parsed("labels_url", text, database.place)) if text else ""


def open_labels(url: str, create: bool = False) -> Database:
    """The journal's own database; `create` makes its tables in an empty one."""
    database = open_url(url)
    try:
        if database.version() is None and create:
            with database.writing() as connection:
                if not connection.dialect.has_table(connection, schema.version.name):
                    schema.create(connection, project=False, labels=True)
        migrate.ensure(database, project=False, labels=True)
    except BaseException:
        database.close()
        raise
    return database


def _writable(path: Path, file: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(file, os.W_OK)


def _open_read_only(file: Path) -> tuple[Database, Path]:
    """Open for looking only; from a copy where a write-ahead log or an older schema must be worked in first."""
    copy = Path(tempfile.mkdtemp(prefix="winnow-"))
    log = file.with_name(f"{file.name}-wal")
    own = copy / file.name
    try:
        if not log.exists() or log.stat().st_size == 0:
            database = open_file(file, read_only=True, immutable=True)
            if database.version() not in schema.VERSIONS[:-1]:
                return database, copy
            database.close()
        with translated(copy):
            for part in (file, log):
                if part.exists():
                    shutil.copyfile(part, copy / part.name)
        _renew(own, str(file))
    except BaseException:
        shutil.rmtree(copy, ignore_errors=True)
        raise
    database = open_file(own, read_only=True)
    database.place = str(file)
    return database, copy


def _renew(own: Path, place: str) -> None:
    """Bring a copy to the present schema, so that an older project can be looked at where it can't be changed."""
    database = open_file(own)
    database.place = place
    try:
        if database.version() in schema.VERSIONS[:-1]:
            migrate.upgrade(database, project=True, labels=not _labels_url(database))
    finally:
        database.close()
