"""Settings of a project: a name and its value as JSON; what all curators must agree on stands with the journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.store import schema
from models.store.database import Database

#: What says which labels there are and which of them count: one answer for all curators of a journal.
SHARED = ("classes", "votes")
#: What a setting is; one of another name may be anything.
_FORMS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("domain", "labels_url", "project_id", "curator"), lambda value: isinstance(value, str)),
    "classes": lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value),
    "votes": lambda value: isinstance(value, bool),
    "alert_rules": lambda value: isinstance(value, list) and all(isinstance(text, str) for text in value),
    "episodes": lambda value: isinstance(value, dict) and all(isinstance(one, int | float) for one in value.values()),
    "import_settings": lambda value: isinstance(value, dict) and all(map(_read_as, value.values())),
    "bad_channels": lambda value: isinstance(value, dict) and all(map(_named, value.values())),
    "audit": lambda value: isinstance(value, dict) and isinstance(value.get("population"), int) and _drawn(value),
}


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
        return default if text is None else parsed(name, text, self._local.place)

    def problems(self) -> list[str]:
        """A sentence for each setting that can't be read."""
        found = []
        for name in self._texts:
            try:
                self.get(name)
            except UserError as error:
                found.append(str(error))
        return found

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
        own = {
            name: parsed(name, text, self._local.place) for name, text in _texts(self._local).items() if name in SHARED
        }
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
    return None if text is None else parsed(name, text, "the project")


def parsed(name: str, text: str, place: str) -> Any:
    """The value of a setting; UserError where it is not what Winnow writes."""
    try:
        value = json.loads(text)
        fits = name not in _FORMS or _FORMS[name](value)
    except (ValueError, RecursionError):
        fits = False
    if not fits:
        raise UserError(f"the setting {name!r} of {place} is damaged. Restore the project from a copy.")
    return value


def _read_as(told: Any) -> bool:
    """Whether these are settings of one source: texts, and whether a person gave them."""
    if not isinstance(told, dict):
        return False
    return all(isinstance(value, bool if name == "given" else str) for name, value in told.items())


def _named(told: Any) -> bool:
    return isinstance(told, list) and all(isinstance(name, str) for name in told)


def _drawn(told: dict[str, Any]) -> bool:
    """Whether what was drawn for an audit stands there: of each sample its label and an event's number."""
    drawn = told.get("drawn")
    return isinstance(drawn, dict) and all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int) for pair in drawn.values()
    )


def put(connection: Connection, name: str, value: Any) -> None:
    """Keep a setting inside an open transaction; None takes it out."""
    connection.execute(schema.setting.delete().where(schema.setting.c.name == name))
    if value is not None:
        text = json.dumps(value, ensure_ascii=False)
        connection.execute(schema.setting.insert().values(name=name, value=text))
