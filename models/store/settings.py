"""Settings of a project: a name and its value as JSON; what all curators must agree on stands with the journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.store import schema
from models.store.database import Database

#: What says which labels there are and which of them count: one answer for all curators of a journal.
SHARED = ("classes", "votes")


class Settings:
    """The settings as they were read last; each one set is written at once.

    local: the project's own database. labels: the journal's, the same one where nothing is shared.
    """

    def __init__(self, local: Database, labels: Database) -> None:
        self._local = local
        self._labels = labels
        self._texts: dict[str, str] = {}
        self.read()

    def read(self) -> None:
        """Read all anew, as after another process has set some."""
        texts = _texts(self._local)
        if self._labels is not self._local:
            texts.update(_texts(self._labels))
        self._texts = texts

    def get(self, name: str, default: Any = None) -> Any:
        """A setting, or the default."""
        text = self._texts.get(name)
        return default if text is None else json.loads(text)

    def set(self, name: str, value: Any) -> None:
        """Keep a setting; None takes it out."""
        self.change(name, lambda old: value)

    def change(self, name: str, make: Callable[[Any], Any]) -> None:
        """Make a setting anew from what it is now (None: not set), so that no other process's value is lost."""
        database = self._labels if name in SHARED else self._local
        with database.writing() as connection:
            put(connection, name, make(stored(connection, name)))
        self.read()

    def share(self) -> None:
        """Bring what is declared in the project's own file alone to the journal's database, once."""
        own = {name: json.loads(text) for name, text in _texts(self._local).items() if name in SHARED}
        for name, value in own.items():
            self.change(name, partial(_merged, value))
        if own:
            with self._local.writing() as connection:
                for name in own:
                    put(connection, name, None)


def joined(old: list[str] | None, more: list[str]) -> list[str]:
    """Both lists as one, each name once, the old ones first."""
    return list(dict.fromkeys([*(old or []), *more]))


def _merged(own: Any, shared: Any) -> Any:
    if isinstance(own, list):
        return joined(shared, own)
    return own if shared is None else shared


def _texts(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(select(schema.setting))}


def stored(connection: Connection, name: str) -> Any:
    """A setting as it stands inside an open transaction; None for none."""
    text = connection.execute(select(schema.setting.c.value).where(schema.setting.c.name == name)).scalar()
    return None if text is None else json.loads(text)


def put(connection: Connection, name: str, value: Any) -> None:
    """Keep a setting inside an open transaction; None takes it out."""
    connection.execute(schema.setting.delete().where(schema.setting.c.name == name))
    if value is not None:
        text = json.dumps(value, ensure_ascii=False)
        connection.execute(schema.setting.insert().values(name=name, value=text))
