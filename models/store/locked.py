"""The locked test set: portable ids that runs are compared on, and the versions of their labels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import select

from models.errors import UserError
from models.store import schema
from models.store.database import Database, insert_rows

#: Samples with their labels.
Labels = Sequence[tuple[str, str | None]]


class LockedSet:
    """The test set of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ids(self) -> list[str]:
        """Its samples; none before it is drawn."""
        with self._database.reading() as connection:
            return list(connection.execute(select(schema.test_sample.c.id)).scalars())

    def lock(self, ids: set[str], again: bool) -> None:
        """Lock these samples; UserError when others are locked already, unless `again` says so."""
        old = set(self.ids())
        if old and old != ids and not again:
            raise UserError("the test set is locked already. Runs are compared on it; it is drawn only once.")
        if old != ids:
            with self._database.writing() as connection:
                connection.execute(schema.test_sample.delete())
                insert_rows(self._database, connection, "test_sample", [sorted(ids)])

    def version(self, labels: Labels) -> int:
        """The version that these labels (id, value) are: a known one, or the next."""
        known = self._known()
        return known.get(_sha(labels), max(known.values(), default=0) + 1)

    def keep(self, labels: Labels) -> int:
        """The version that these labels are, known from now on; in a project that is only read it is told only."""
        sha, table = _sha(labels), schema.test_version
        if self._database.read_only or sha in self._known():
            return self.version(labels)
        with self._database.writing() as connection:
            version = connection.exec_driver_sql("SELECT coalesce(max(version), 0) + 1 FROM test_version").scalar_one()
            connection.execute(table.insert().values(version=version, sha=sha, at=datetime.now(UTC).isoformat()))
        return cast(int, version)

    def _known(self) -> dict[str, int]:
        table = schema.test_version
        with self._database.reading() as connection:
            return {sha: int(version) for sha, version in connection.execute(select(table.c.sha, table.c.version))}


def _sha(labels: Labels) -> str:
    return hashlib.sha256(json.dumps(sorted(labels)).encode()).hexdigest()
