"""Reading the journal into a state, forward from an event or backward to one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy.engine import Connection, Row

from models.store.database import Database
from models.store.state import State

#: So many changes are read at once.
CHUNK = 100_000

_EVENTS = "SELECT number, by, count, undoes, redoes FROM event WHERE number > ? AND number <= ? ORDER BY number"
_FORWARD = (
    "SELECT event, subject, kind, name, after, after_stamp FROM change "
    "WHERE event BETWEEN ? AND ? ORDER BY event, place"
)
_BACKWARD = (
    "SELECT event, subject, kind, name, before, before_stamp FROM change WHERE event BETWEEN ? AND ? "
    "ORDER BY event DESC, place DESC"
)


def replay(database: Database, connection: Connection, state: State, position: int) -> State:
    """Apply the events after the state's own position up to `position`, in order."""
    events = connection.exec_driver_sql(database.sql(_EVENTS), (state.position, position)).fetchall()
    people = {event[0]: event[1] for event in events}
    for first, last in _spans([(event[0], event[2]) for event in events]):
        rows = connection.exec_driver_sql(database.sql(_FORWARD), (first, last)).fetchall()
        _apply(state, rows, people)
    for event in events:
        state.follow(*event)
    return state


def drop_after(database: Database, connection: Connection, state: State, position: int) -> State:
    """Take the events after `position` back, newest first (undo stacks are not kept)."""
    events = connection.exec_driver_sql(database.sql(_EVENTS), (position, state.position)).fetchall()
    people = {event[0]: event[1] for event in events}
    for first, last in reversed(list(_spans([(event[0], event[2]) for event in events]))):
        rows = connection.exec_driver_sql(database.sql(_BACKWARD), (first, last)).fetchall()
        _apply(state, rows, people)
    state.position = position
    return state


def _spans(events: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs of events, (first, last), of about `CHUNK` changes."""
    first, total = None, 0
    for number, count in events:
        first = number if first is None else first
        total += count
        if total >= CHUNK:
            yield first, number
            first, total = None, 0
    if first is not None:
        yield first, events[-1][0]


def _apply(state: State, rows: Sequence[Row[Any]], people: dict[int, str]) -> None:
    if not rows:
        return
    numbers, subjects, kinds, names, values, stamps = zip(*rows, strict=True)
    keys = list(zip(kinds, names, map(people.__getitem__, numbers), strict=True))
    codes = {key: code for code, key in enumerate(dict.fromkeys(keys))}
    all_subjects, all_stamps = np.array(subjects, np.int64), np.array(stamps, np.int64)
    if len(codes) == 1:
        state.apply(all_subjects, *keys[0], values, all_stamps)
        return
    place = np.fromiter(map(codes.__getitem__, keys), np.int64, len(keys))
    order = np.argsort(place, kind="stable")
    ends = np.searchsorted(place[order], np.arange(len(codes) + 1))
    texts = np.array(values, object)
    for key, code in codes.items():
        chosen = order[ends[code] : ends[code + 1]]
        state.apply(all_subjects[chosen], *key, texts[chosen].tolist(), all_stamps[chosen])
