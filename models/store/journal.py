"""The journal: append-only acts on labels, flags, notes and all other entries, with undo."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.event import CANNOT_SAY, CLEARED, FLAG, KINDS, LABEL, NOTE, Changed, Entry, Event
from models.sample import Samples, empty_samples
from models.store import checkpoint
from models.store.database import Database
from models.store.fold import Fold
from models.store.replay import drop_after, replay
from models.store.state import Batch, Ints, State
from models.store.writer import Writer, Written, now

Rows = npt.NDArray[np.int64]

#: How many changes an event carries unless all were asked for.
SHOWN = 5
#: After so many new events (at a refresh) or changes (after an act) the fold is written to the cache.
CHECKPOINT_EVENTS = 4_000
CHECKPOINT_CHANGES = 200_000

_EVENT = "number, at, by, title, count, undoes, redoes, run, accepts"
_STAND = "SELECT (SELECT max(number) FROM event), (SELECT value FROM counter WHERE name = 'purges')"


class Journal:
    """Acts of one project. Rows are those of the project's samples.

    Every method that writes waits for other writers, first folds in what they wrote, and returns
    after the commit. Safe to use from several threads, and from several processes at once.
    """

    def __init__(self, database: Database, cache: Path, keep_cache: bool = True) -> None:
        self.database = database
        self.lock = threading.RLock()
        self._cache = cache / "fold.arrow"
        self._keep = keep_cache
        self._state = State()
        self._reported = 0
        self._own: set[int] = set()
        self._saved = 0
        self._unsaved_changes = 0
        self._bound_purges = 0
        self._row_of = np.zeros(1, np.int64)
        self.fold = Fold(self._state, empty_samples(), np.zeros(0, np.int64))

    # ---- opening and closing

    def load(self, samples: Samples, subjects: Ints, made: Ints | None = None) -> None:
        """Fold the journal: from the cached checkpoint where it fits, and what came after it."""
        with self.lock, self.database.reading() as connection:
            kept = checkpoint.load(self._cache)
            fits = kept is not None and _mark(connection, kept[0].position) == kept[1]
            self._state = kept[0] if kept is not None and fits else State()
            self._saved = self._state.position if fits else -1
            self._catch_up(connection)
            self._reported = self._state.position
            self.bind(samples, subjects, made)

    def bind(self, samples: Samples, subjects: Ints, made: Ints | None = None) -> None:
        """Align the fold with these samples; subjects: the number of each; made: rows that an act made of others."""
        with self.lock:
            self._row_of = np.full(int(subjects.max(initial=0)) + 1, -1, np.int64)
            self._row_of[subjects] = np.arange(len(subjects))
            self._state.grow(len(self._row_of))
            self._bound_purges = self._state.purges
            self.fold = Fold(self._state, samples, subjects, made)

    def save(self) -> None:
        """Write the checkpoint, when something came since the last; a cache that can't be written is left out."""
        with self.lock:
            if not self._keep or self._saved == self._state.position:
                return
            with contextlib.suppress(OSError, UserError), self.database.reading() as connection:
                checkpoint.save(self._cache, self._state, _mark(connection, self._state.position))
                self._saved, self._unsaved_changes = self._state.position, 0

    # ---- acts

    @property
    def position(self) -> int:
        """Number of the last event seen; 0 for an empty journal."""
        return self._state.position

    def act(
        self,
        entries: Sequence[Entry],
        by: str,
        title: str,
        run: str = "",
        first: Callable[[], None] | None = None,
    ) -> Event:
        """Set any entries as one act. The last entry wins where two name the same thing.

        first: called when all that others wrote is folded in and nobody else can write; what it raises stops the act.
        Returns the event; of no entries one with count 0 that is not written.
        """
        for entry in entries:
            if entry.kind not in KINDS:
                raise ValueError(f"unknown kind {entry.kind!r}")
        groups: dict[tuple[str, str], dict[int, str | None]] = {}
        for entry in entries:
            groups.setdefault((entry.kind, entry.name), {})[entry.row] = _clean(entry.value)
        wanted = [
            (kind, name, self._subjects(list(rows)), list(rows.values())) for (kind, name), rows in groups.items()
        ]
        return self._act(wanted, by, title, run, first=first)

    def label(self, rows: npt.ArrayLike, value: str, by: str, title: str = "", run: str = "", name: str = "") -> Event:
        """Give all rows one label, as one act; "" clears it, "?" says that one cannot say."""
        chosen = np.unique(_rows(rows))
        title = title or f"{_words(value)} on {_count(len(chosen))}"
        return self._act([(LABEL, name, self._subjects(chosen), [_clean(value)] * len(chosen))], by, title, run)

    def label_each(
        self,
        rows: npt.ArrayLike,
        values: Sequence[str],
        by: str,
        title: str = "",
        run: str = "",
        name: str = "",
        accepts: bool = False,
    ) -> Event:
        """Give each row its own label, as one act; the last one wins where a row comes twice.

        accepts: the labels are what the run says, and a person takes its word.
        """
        pairs = dict(zip(_rows(rows).tolist(), values, strict=True))
        title = title or f"labels on {_count(len(pairs))}"
        cleaned = [_clean(value) for value in pairs.values()]
        return self._act([(LABEL, name, self._subjects(list(pairs)), cleaned)], by, title, run, accepts)

    def flag(self, rows: npt.ArrayLike, name: str, on: bool, by: str, title: str = "") -> Event:
        """Raise or lower a flag on rows, as one act."""
        chosen = np.unique(_rows(rows))
        title = title or f"{name} {'on' if on else 'off'}, {_count(len(chosen))}"
        return self._act([(FLAG, name, self._subjects(chosen), ["on" if on else ""] * len(chosen))], by, title, "")

    def note(self, row: int, text: str, by: str) -> Event:
        """Write the note of one row; "" takes it away."""
        return self.act([Entry(row, NOTE, "", text)], by, f"note on {_count(1)}")

    def _act(
        self,
        wanted: Sequence[tuple[str, str, Ints, list[str | None]]],
        by: str,
        title: str,
        run: str,
        accepts: bool = False,
        first: Callable[[], None] | None = None,
    ) -> Event:
        if not any(len(subjects) for _, _, subjects, _ in wanted):
            return Event(self.position, now(), by, title, 0)
        with self.writing() as writer:
            if first is not None:
                first()
            return writer.act(wanted, by, title, run, accepts=accepts)

    @contextlib.contextmanager
    def writing(self, connection: Connection | None = None) -> Iterator[Writer]:
        """A transaction that holds the journal's write lock, everything before it folded in.

        connection: an open write transaction of the same database to write in; the caller then
        calls `settle` on the writer after its commit.
        """
        with self.lock:
            if connection is not None:
                self._catch_up(connection)
                yield Writer(self, connection)
                return
            with self.database.writing() as own:
                self._catch_up(own)
                writer = Writer(self, own)
                yield writer
            writer.settle()

    # ---- undo

    def undo(self, by: str) -> Event | None:
        """Take back the curator's last act that still stands; None when there is none."""
        return self._turn(by, back=True)

    def redo(self, by: str) -> Event | None:
        """Bring back the act that the curator took back last; None when there is none."""
        return self._turn(by, back=False)

    def _turn(self, by: str, back: bool) -> Event | None:
        with self.writing() as writer:
            stack = self._state.stacks.get(by)
            numbers = (stack.undo if back else stack.redo) if stack else []
            return writer.turn(numbers[-1], by, back) if numbers else None

    def undoable(self, by: str) -> Event | None:
        """The act that `undo` would take back."""
        stack = self._state.stacks.get(by)
        return self.event(stack.undo[-1]) if stack and stack.undo else None

    def redoable(self, by: str) -> Event | None:
        """The act that `redo` would bring back."""
        stack = self._state.stacks.get(by)
        return self.event(stack.redo[-1]) if stack and stack.redo else None

    # ---- reading

    def refresh(self) -> list[Event]:
        """Events that others (or another window) wrote since the last call, oldest first; folds them in."""
        with self.lock, self.database.reading() as connection:
            self._catch_up(connection)
            news = sorted(set(range(self._reported + 1, self.position + 1)) - self._own)
            self._reported = self.position
            self._own.clear()
            events = _events(self.database, connection, numbers=news) if news else []
        if self.position - max(self._saved, 0) >= CHECKPOINT_EVENTS:
            self.save()
        return events[::-1]

    def catch_up(self) -> None:
        """Fold in what was written since; `refresh` tells of it later."""
        with self.lock, self.database.reading() as connection:
            self._catch_up(connection)

    def event(self, number: int) -> Event:
        """One event by its number, with its first changes."""
        with self.database.reading() as connection:
            return _events(self.database, connection, numbers=[number])[0]

    def events(self, row: int | None = None, limit: int | None = None, all_changes: bool = False) -> list[Event]:
        """Events, newest first: of all, or those that changed one row (−1: the project itself).

        Of a row, `changes` holds that row's only. Otherwise the first few, or all of them.
        """
        subject = None if row is None else int(self._subjects([row])[0])
        with self.database.reading() as connection:
            return _events(self.database, connection, subject=subject, limit=limit, all_changes=all_changes)

    def at(self, position: int) -> Fold:
        """Labels as they were after event `position`, for the samples of now."""
        if not 0 <= position <= self.position:
            raise UserError(f"there is no event {position} in the journal; the last one is {self.position}.")
        with self.lock:
            near = self.position - position <= position
            state, now = self._state.copy() if near else State(), self.fold
        with self.database.reading() as connection:
            turn = drop_after if near else replay
            return Fold(turn(self.database, connection, state, position), now.samples, now.subjects, now.made)

    def from_nothing(self) -> State:
        """The whole journal folded anew, to compare with the present fold."""
        with self.database.reading() as connection:
            return replay(self.database, connection, State(), self.position)

    # ---- inside

    def _subjects(self, rows: npt.ArrayLike) -> Ints:
        chosen = _rows(rows)
        if len(chosen) == 0:
            return chosen
        if int(chosen.min()) < -1 or int(chosen.max()) >= len(self.fold.subjects):
            raise IndexError(f"rows must lie between 0 and {len(self.fold.subjects) - 1}")
        if int(chosen.min()) >= 0:
            return self.fold.subjects[chosen]
        padded = np.append(self.fold.subjects, 0)
        return padded[chosen]

    def _catch_up(self, connection: Connection) -> None:
        last, purges = connection.exec_driver_sql(_STAND).one()
        purged = (purges or 0) != self._state.purges
        # A journal that is shorter than ours is a backup that came back.
        if self._state.position and (purged or (last or 0) < self._state.position):
            self._forget()
        self._state.purges = purges or 0
        if (last or 0) > self._state.position:
            replay(self.database, connection, self._state, last)
            self._reported = min(self._reported, last)

    def _forget(self) -> None:
        fresh = State()
        fresh.grow(len(self._row_of))
        fresh.version, fresh.edits = self._state.version + 1, self._state.edits + 1
        self._state = self.fold.state = fresh
        self._saved = -1

    def known(self, subjects: Ints) -> npt.NDArray[np.bool_]:
        """Which subjects stand in rows of this project."""
        inside = subjects < len(self._row_of)
        return inside & (self._row_of[np.where(inside, subjects, 0)] >= 0)

    def _finish(self, written: Sequence[Written]) -> None:
        for one in written:
            event = one.event
            for batch in one.batches:
                self._state.apply(batch.subjects, batch.kind, batch.name, event.by, batch.after, batch.after_stamps)
            self._state.follow(event.number, event.by, event.count, event.undoes, event.redoes)
            self._own.add(event.number)
            self._unsaved_changes += event.count
        if self._unsaved_changes >= CHECKPOINT_CHANGES:
            self._unsaved_changes = 0
            self.save()

    def _changes(self, batches: Sequence[Batch]) -> tuple[Changed, ...]:
        shown: list[Changed] = []
        for batch in batches:
            for place in range(min(len(batch.subjects), SHOWN - len(shown))):
                sample = self._id(int(batch.subjects[place]))
                shown.append(Changed(sample, batch.kind, batch.name, batch.before[place], batch.after[place]))
        return tuple(shown)

    def row(self, subject: int) -> int:
        """The row of a subject, −1 for one that this project does not have."""
        return int(self._row_of[subject]) if 0 < subject < len(self._row_of) else -1

    def _id(self, subject: int) -> str:
        row = self.row(subject)
        return str(self.fold.samples.table.column("id")[row].as_py()) if row >= 0 else ""


def _events(
    database: Database,
    connection: Connection,
    *,
    subject: int | None = None,
    limit: int | None = None,
    numbers: Sequence[int] | None = None,
    all_changes: bool = False,
) -> list[Event]:
    where = ""
    values: tuple[int, ...] = ()
    if subject is not None:
        where, values = "WHERE number IN (SELECT event FROM change WHERE subject = ?)", (subject,)
    if numbers is not None:
        where, values = "WHERE number BETWEEN ? AND ?", (min(numbers), max(numbers))
    text = f"SELECT {_EVENT} FROM event {where} ORDER BY number DESC"
    if limit is not None:
        text = f"{text} LIMIT {int(limit)}"
    rows = connection.exec_driver_sql(database.sql(text), values).fetchall()
    if numbers is not None:
        wanted = set(numbers)
        rows = [row for row in rows if row[0] in wanted]
    changes = _changes_of(database, connection, [row[0] for row in rows], subject, all_changes) if rows else {}
    return [_event(tuple(row), tuple(changes.get(row[0], ()))) for row in rows]


def _changes_of(
    database: Database, connection: Connection, numbers: Sequence[int], subject: int | None, all_changes: bool
) -> dict[int, list[Changed]]:
    text = (
        "SELECT c.event, s.id, c.kind, c.name, c.before, c.after FROM change c "
        "LEFT JOIN subject s ON s.number = c.subject WHERE c.event BETWEEN ? AND ? "
    )
    values: tuple[int, ...] = (min(numbers), max(numbers))
    if subject is not None:
        text, values = f"{text} AND c.subject = ?", (*values, subject)
    elif not all_changes:
        text = f"{text} AND c.place < {SHOWN}"
    found: dict[int, list[Changed]] = {}
    for number, *rest in connection.exec_driver_sql(database.sql(f"{text} ORDER BY c.event, c.place"), values):
        found.setdefault(number, []).append(Changed(rest[0] or "", *rest[1:]))
    return found


def _event(row: tuple[Any, ...], changes: tuple[Changed, ...]) -> Event:
    number, at, by, title, count, undoes, redoes, run, accepts = row
    return Event(number, at, by, title, count, changes, undoes, redoes, run, bool(accepts))


def _mark(connection: Connection, position: int) -> str:
    """What tells the event at `position` from another of that number (after a backup came back)."""
    text = f"SELECT at, by, title, count FROM event WHERE number = {int(position)}"
    return "|".join(str(part) for row in connection.exec_driver_sql(text) for part in row)


def _rows(rows: npt.ArrayLike) -> Rows:
    chosen = np.asarray(rows)
    if chosen.dtype == bool:
        chosen = np.flatnonzero(chosen)
    return np.atleast_1d(chosen).astype(np.int64).ravel()


def _clean(value: str | None) -> str | None:
    return value.replace("\0", "") if value else value


def _count(number: int) -> str:
    return "1 sample" if number == 1 else f"{number} samples"


def _words(value: str) -> str:
    return {CLEARED: "no label", CANNOT_SAY: "cannot say"}.get(value, value)
