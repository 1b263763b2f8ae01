"""The locked test set: portable ids that runs are compared on, and the versions of their labels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.store import schema
from models.store.database import Database, insert_rows

#: Samples with their labels.
Labels = Sequence[tuple[str, str | None]]

_IDS = select(schema.test_sample.c.id)
_ROWS = select(schema.test_version.c.version, schema.test_version.c.sha, schema.test_version.c.at)
_VERSIONS = select(schema.test_version.c.sha, schema.test_version.c.version)


class LockedSet:
    """The test set of one journal: all its curators have the same, each as far as he has its samples."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ids(self) -> list[str]:
        """Its samples; none before it is drawn."""
        with self._database.reading() as connection:
            return list(connection.execute(_IDS).scalars())

    def lock(self, ids: set[str], project: set[str], again: bool) -> None:
        """Lock these of the project's samples; UserError when others of them are locked already, unless `again`.

        What is locked of samples that the project does not have stays.
        """
        if ids == project.intersection(self.ids()):
            return
        with self._database.writing() as connection:
            old = set(connection.execute(_IDS).scalars())
            here = old & project
            if here and here != ids and not again:
                raise UserError("the test set is locked already. Runs are compared on it; it is drawn only once.")
            connection.execute(schema.test_sample.delete())
            insert_rows(self._database, connection, "test_sample", [sorted((old - project) | ids)])

    def join(self, ids: set[str]) -> None:
        """Take more samples into the set."""
        if not ids:
            return
        with self._database.writing() as connection:
            old = set(connection.execute(_IDS).scalars())
            insert_rows(self._database, connection, "test_sample", [sorted(ids - old)])

    def version(self, labels: Labels) -> int:
        """The version that these labels (id, value) are: a known one, or the next."""
        known = self._known()
        return known.get(_sha(labels), max(known.values(), default=0) + 1)

    def keep(self, labels: Labels) -> int:
        """The version that these labels are, known from now on; in a project that is only read it is told only."""
        sha = _sha(labels)
        if self._database.read_only or sha in self._known():
            return self.version(labels)
        with self._database.writing() as connection:
            known = _versions(connection)
            version = known.get(sha, max(known.values(), default=0) + 1)
            if sha not in known:
                values = {"version": version, "sha": sha, "at": datetime.now(UTC).isoformat()}
                connection.execute(schema.test_version.insert().values(values))
        return version

    def _known(self) -> dict[str, int]:
        with self._database.reading() as connection:
            return _versions(connection)

    def share(self, old: Database) -> None:
        """Take over the set that a project locked in its own file, `old`, before its journal's curators shared one.

        A number that runs here and runs elsewhere know for different labels is not given to any labels again.
        """
        with old.reading() as connection:
            ids = set(connection.execute(_IDS).scalars())
            versions = [(int(row[0]), str(row[1]), str(row[2])) for row in connection.execute(_ROWS)]
        if not ids and not versions:
            return
        with self._database.writing() as connection:
            if ids and not set(connection.execute(_IDS).scalars()):
                insert_rows(self._database, connection, "test_sample", [sorted(ids)])
            _join_versions(connection, versions)
        with old.writing() as connection:
            connection.execute(schema.test_sample.delete())
            connection.execute(schema.test_version.delete())


def _join_versions(connection: Connection, more: Sequence[tuple[int, str, str]]) -> None:
    table = schema.test_version
    known = {int(version): sha for version, sha, _ in connection.execute(_ROWS)}
    for version, sha, at in more:
        if version not in known:
            values = {"version": version, "sha": _nobody(version) if sha in known.values() else sha, "at": at}
            connection.execute(table.insert().values(values))
        elif known[version] != sha:
            connection.execute(table.update().where(table.c.version == version).values(sha=_nobody(version)))


def _nobody(version: int) -> str:
    """What stands for the labels of a version that no one set of labels goes by."""
    return f"-{version}"


def _versions(connection: Connection) -> dict[str, int]:
    return {sha: int(version) for sha, version in connection.execute(_VERSIONS)}


def _sha(labels: Labels) -> str:
    return hashlib.sha256(json.dumps(sorted(labels)).encode()).hexdigest()
