"""Writing events inside one open transaction of the journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.event import Event
from models.store.database import Database, insert_rows
from models.store.state import Batch, Ints, State
from models.store.turning import guard_turn

if TYPE_CHECKING:
    from models.store.journal import Journal

_CHUNK = 5_000
_INSERT_EVENT = (
    "INSERT INTO event (number, at, by, title, count, undoes, redoes, run, accepts) VALUES (?,?,?,?,?,?,?,?,?)"
)
_INVERT = (
    "INSERT INTO change SELECT ?, place, subject, kind, name, after, after_stamp, before, before_stamp "
    "FROM change WHERE event = ?"
)
_REPEAT = (
    "INSERT INTO change SELECT ?, place, subject, kind, name, before, before_stamp, after, after_stamp "
    "FROM change WHERE event = ?"
)


@dataclass(frozen=True)
class Written:
    """An event of the open transaction, folded in once that one is committed."""

    event: Event
    batches: tuple[Batch, ...]


class Writer:
    """Writes events inside one open transaction."""

    def __init__(self, journal: Journal, connection: Connection) -> None:
        self.connection = connection
        self._journal = journal
        self._written: list[Written] = []
        self._last = journal.position

    @property
    def state(self) -> State:
        """The journal's state before this transaction."""
        return self._journal._state

    def act(
        self,
        wanted: Sequence[tuple[str, str, Ints, list[str | None]]],
        by: str,
        title: str,
        run: str = "",
        aside: Ints | None = None,
        accepts: bool = False,
    ) -> Event:
        """Write one event that sets (kind, name, subjects, values); the entries are the annotator's own.

        aside: subjects whose entry never holds over those of others, however late it comes: its stamp is 0.
        """
        if not by.strip():
            raise UserError("an act needs the name of its curator. Set one in the settings or give it with --by.")
        if not self.current:
            wanted = [self._standing(*one) for one in wanted]
            if not any(len(one[2]) for one in wanted):
                raise UserError("these samples were withdrawn from the project meanwhile. Nothing was changed.")
        number = self._last + 1
        batches = tuple(self._batch(number, by, *one, aside=aside) for one in wanted if len(one[2]))
        count = sum(len(batch.subjects) for batch in batches)
        event = Event(number, now(), by, title, count, self._journal._changes(batches), run=run, accepts=accepts)
        self._insert_event(event)
        place = 0
        for batch in batches:
            self._insert_batch(number, place, batch)
            place += len(batch.subjects)
        return self._keep(event, batches)

    def _standing(
        self, kind: str, name: str, subjects: Ints, values: list[str | None]
    ) -> tuple[str, str, Ints, list[str | None]]:
        """What is left of the wanted entries after a purge that this window has not yet followed."""
        known = np.array(self.connection.exec_driver_sql("SELECT number FROM subject").scalars().all(), np.int64)
        keep = np.isin(subjects, np.append(known, 0))
        return kind, name, subjects[keep], [value for value, kept in zip(values, keep, strict=True) if kept]

    def sql(self, text: str) -> str:
        """A statement in the dialect of the journal's database."""
        return self._journal.database.sql(text)

    def live(self, subject: int) -> bool:
        """Whether a sample is there, as far as this project has it."""
        row = self._journal.row(subject)
        return row < 0 or bool(self._journal.fold.live[row])

    @property
    def current(self) -> bool:
        """Whether no sample was withdrawn since this project's rows were read."""
        return self.state.purges == self._journal._bound_purges

    def registered(self, name: str) -> bool:
        """Whether the journal knows an id, whoever's project it is in."""
        text = self.sql("SELECT 1 FROM subject WHERE id = ?")
        return self.connection.exec_driver_sql(text, (name,)).first() is not None

    def register(self, ids: Sequence[str]) -> dict[str, int]:
        """The number of each id in the journal; new ones are given."""
        database, numbers = self._journal.database, dict[str, int]()
        for start in range(0, len(ids), _CHUNK):
            part = tuple(ids[start : start + _CHUNK])
            text = database.sql(f"SELECT id, number FROM subject WHERE id IN ({','.join('?' * len(part))})")
            numbers.update(dict(self.connection.exec_driver_sql(text, part).all()))
        first = self.connection.exec_driver_sql("SELECT coalesce(max(number), 0) + 1 FROM subject").scalar_one()
        new = [name for name in ids if name not in numbers]
        fresh = range(first, first + len(new))
        insert_rows(database, self.connection, "subject", [list(fresh), new])
        return {**numbers, **dict(zip(new, fresh, strict=True))}

    def turn(self, target: int, by: str, back: bool) -> Event:
        """Write the event that takes back (or brings back) the event `target`: values and stamps as they were."""
        guard_turn(self, target, back)
        number, database = self._last + 1, self._journal.database
        self.connection.exec_driver_sql(database.sql(_INVERT if back else _REPEAT), (number, target))
        batches = tuple(_batches(database, self.connection, number))
        (title,) = self.connection.exec_driver_sql(
            database.sql("SELECT title FROM event WHERE number = ?"), (target,)
        ).one()
        count = sum(len(batch.subjects) for batch in batches)
        event = Event(
            number, now(), by, f"{'Undo' if back else 'Redo'} {title}", count, self._journal._changes(batches)
        )
        event = replace(event, undoes=target) if back else replace(event, redoes=target)
        self._insert_event(event)
        return self._keep(event, batches)

    def settle(self) -> None:
        """Fold in what was written; to be called after the commit."""
        self._journal._finish(self._written)
        self._written = []

    def _keep(self, event: Event, batches: tuple[Batch, ...]) -> Event:
        self._last = event.number
        self._written.append(Written(event, batches))
        return event

    def _batch(
        self, number: int, by: str, kind: str, name: str, subjects: Ints, values: list[str | None], aside: Ints | None
    ) -> Batch:
        before, stamps = self.state.read(subjects, kind, name, by)
        after = np.full(len(subjects), number, np.int64)
        if None in values:
            after[[value is None for value in values]] = 0
        if aside is not None:
            after[np.isin(subjects, aside)] = 0
        return Batch(kind, name, subjects, before, stamps, values, after)

    def _insert_event(self, event: Event) -> None:
        head = (event.number, event.at, event.by, event.title, event.count)
        values = (*head, event.undoes, event.redoes, event.run, int(event.accepts))
        self.connection.exec_driver_sql(self._journal.database.sql(_INSERT_EVENT), values)

    def _insert_batch(self, number: int, place: int, batch: Batch) -> None:
        count = len(batch.subjects)
        columns: list[Sequence[Any]] = [
            [number] * count,
            range(place, place + count),
            batch.subjects.tolist(),
            [batch.kind] * count,
            [batch.name] * count,
            batch.before,
            batch.before_stamps.tolist(),
            batch.after,
            batch.after_stamps.tolist(),
        ]
        insert_rows(self._journal.database, self.connection, "change", columns)


def _batches(database: Database, connection: Connection, number: int) -> Iterator[Batch]:
    columns = "kind, name, subject, before, before_stamp, after, after_stamp"
    text = f"SELECT {columns} FROM change WHERE event = ? ORDER BY place"
    rows = connection.exec_driver_sql(database.sql(text), (number,)).fetchall()
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        groups.setdefault((row[0], row[1]), []).append(row)
    for (kind, name), members in groups.items():
        _, _, subjects, before, before_stamps, after, after_stamps = zip(*members, strict=True)
        yield Batch(kind, name, _ints(subjects), before, _ints(before_stamps), after, _ints(after_stamps))


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)


def now() -> str:
    """This moment as events tell it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
