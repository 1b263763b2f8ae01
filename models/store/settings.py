"""Settings of a project: a name and its value as JSON."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.store import schema
from models.store.database import Database


class Settings:
    """The settings as they were read last; each one set is written at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._texts: dict[str, str] = {}
        self.read()

    def read(self) -> None:
        """Read all anew."""
        with self._database.reading() as connection:
            self._texts = {row[0]: row[1] for row in connection.execute(select(schema.setting))}

    def get(self, name: str, default: Any = None) -> Any:
        """A setting, or the default."""
        text = self._texts.get(name)
        return default if text is None else json.loads(text)

    def set(self, name: str, value: Any) -> None:
        """Keep a setting; None takes it out."""
        with self._database.writing() as connection:
            put(connection, name, value)
        self.read()


def put(connection: Connection, name: str, value: Any) -> None:
    """Keep a setting inside an open transaction; None takes it out."""
    connection.execute(schema.setting.delete().where(schema.setting.c.name == name))
    if value is not None:
        text = json.dumps(value, ensure_ascii=False)
        connection.execute(schema.setting.insert().values(name=name, value=text))
