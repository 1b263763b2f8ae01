"""Sample metadata: rows in the database are the truth, an Arrow file in the cache is what is read."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from models.errors import UserError
from models.sample import FIXED, Samples, empty_samples
from models.store import schema
from models.store.atomic import plain, write_whole
from models.store.database import Database, damaged_text, insert_rows
from models.store.state import Ints

#: Holds the sample's number in the journal in the cached table; not shown to anyone.
_SUBJECT = "\x1fsubject"
#: Tells samples that an act made of others.
_MADE = "\x1fmade"
_FORM = 3
#: A table of more pieces than this is made one.
_PIECES = 32
_ROWS = 'SELECT number, id, subject, source, "key", grp, meta, made FROM sample WHERE number > ? ORDER BY number'
_COUNTERS = "SELECT name, value FROM counter WHERE name IN ('samples', 'rewrites')"


@dataclass(frozen=True)
class Loaded:
    """The samples as they were at one generation.

    table: as in `Samples`, with the columns of subjects and of what was made. last: number of the last row.
    """

    table: pa.Table
    sources: tuple[str, ...]
    generation: int
    rewrites: int
    last: int

    def samples(self) -> Samples:
        """The samples as all others see them."""
        return Samples(self.table.drop_columns([_SUBJECT, _MADE]), self.sources)

    def subjects(self) -> Ints:
        """The number of each sample in the journal."""
        return cast(Ints, self.table.column(_SUBJECT).to_numpy().astype(np.int64, copy=False))

    def made(self) -> Ints:
        """Rows of the samples that an act made of others."""
        return np.flatnonzero(self.table.column(_MADE).to_numpy())


class SampleTable:
    """Reads the samples of a project, from the cache where it is of this generation."""

    def __init__(self, database: Database, cache: Path, keep_cache: bool = True) -> None:
        self._database = database
        self._cache = cache
        self._keep = keep_cache
        self._now: Loaded | None = None
        self._kept: tuple[int, int] | None = None

    def load(self) -> Loaded:
        """The samples of now: what is loaded or cached where it still holds, and the rows added since."""
        with self._database.reading() as connection:
            generation, rewrites = counters(connection)
            base = self._now if self._now is not None else self._read(rewrites)
            if base is not None and base.rewrites != rewrites:
                base = None
            if base is None or base.generation != generation:
                base = self._extend(connection, base, generation, rewrites)
            self._now = base
        return base

    def keep(self, columns: Mapping[str, Mapping[str, Any]]) -> None:
        """Put metadata of samples, by id, in the place of what they had, in the database and in what is loaded."""
        with self._database.writing() as connection:
            before = counters(connection)
            keep_metadata(self._database, connection, columns)
            after = counters(connection)
        now = self._now
        if now is None or (now.generation, now.rewrites) != before:
            return
        # All rows are read anew only where the few that differ cannot be put into what is loaded.
        table = _patched(now.table, columns)
        if table is not None:
            self._now = replace(now, table=table, generation=after[0], rewrites=after[1])

    def stale(self) -> bool:
        """Whether the database holds another generation than the one loaded."""
        with self._database.reading() as connection:
            now = self._now
            return now is None or (now.generation, now.rewrites) != counters(connection)

    def forget(self) -> None:
        """Drop what is loaded and cached; the next load reads the database."""
        self._now = self._kept = None

    def save(self) -> None:
        """Write the cache, unless it is of this generation; one that can't be written is left out."""
        now = self._now
        if now is None or not self._keep or self._kept == (now.rewrites, now.generation):
            return
        with contextlib.suppress(OSError, UserError):
            write_whole(self._path(now.rewrites, now.generation), lambda file: _write(file, now), sync=False)
            self._kept = (now.rewrites, now.generation)
            for old in self._cache.glob("samples-*.arrow"):
                if old != self._path(now.rewrites, now.generation):
                    old.unlink()

    def _path(self, rewrites: int, generation: int) -> Path:
        return self._cache / f"samples-{rewrites}-{generation}.arrow"

    def _read(self, rewrites: int) -> Loaded | None:
        """The newest cached file of these rewrites that can be read."""
        files = sorted(self._cache.glob(f"samples-{rewrites}-*.arrow"), key=_generation)
        for path in reversed(files):
            with contextlib.suppress(OSError, pa.ArrowInvalid, ValueError, KeyError):
                found = _open(path)
                self._kept = (found.rewrites, found.generation)
                return found
        return None

    def _extend(self, connection: Connection, base: Loaded | None, generation: int, rewrites: int) -> Loaded:
        last = base.last if base is not None else -1
        rows = connection.exec_driver_sql(_ROWS, (last,)).fetchall()
        paths = connection.exec_driver_sql("SELECT path FROM source ORDER BY number").scalars().all()
        try:
            table = table_of(rows)
        except (pa.ArrowException, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            raise UserError(damaged_text(self._database.place)) from None
        if base is not None:
            joined = _join(base.table, table)
            if joined is None:
                return self._extend(connection, None, generation, rewrites)
            table = joined
        return Loaded(table, tuple(paths), generation, rewrites, rows[-1][0] if rows else last)


def counters(connection: Connection) -> tuple[int, int]:
    """Generation of the samples and number of rewrites."""
    found: dict[str, int] = dict(connection.exec_driver_sql(_COUNTERS).all())
    counts = found.get("samples", 0), found.get("rewrites", 0)
    if not all(isinstance(count, int) for count in counts):
        raise UserError(damaged_text("the project's file"))
    return counts


def samples_of(connection: Connection, source: int) -> dict[str, tuple[str, str]]:
    """Group and metadata as text of each sample of a source, by its id."""
    own = schema.sample.c
    statement = select(own.id, own.grp, own.meta).where(own.source == source)
    return {name: (group, meta) for name, group, meta in connection.execute(statement)}


def bump(database: Database, connection: Connection, name: str) -> None:
    """Raise one counter by one."""
    connection.exec_driver_sql(
        database.sql(
            "INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1"
        ),
        (name,),
    )


def insert_samples(database: Database, connection: Connection, columns: Sequence[Sequence[Any]], made: bool) -> None:
    """Put samples after those that are there: ids, subjects, sources, keys, groups, metadata."""
    count = len(columns[0])
    first = connection.exec_driver_sql("SELECT coalesce(max(number) + 1, 0) FROM sample").scalar_one()
    insert_rows(database, connection, "sample", [range(first, first + count), *columns, [int(made)] * count])


def keep_metadata(database: Database, connection: Connection, columns: Mapping[str, Mapping[str, Any]]) -> None:
    """Put metadata of samples, by id, in the place of what they had under these names; None takes a name out."""
    statement = select(schema.sample.c.id, schema.sample.c.meta).where(schema.sample.c.id.in_(columns))
    values = []
    for name, text in connection.execute(statement).all():
        meta = {**json.loads(text), **{column: _plain(value) for column, value in columns[name].items()}}
        kept = {column: value for column, value in meta.items() if value is not None}
        values.append((json.dumps(kept, ensure_ascii=False, separators=(",", ":")), name))
    if values:
        connection.exec_driver_sql("UPDATE sample SET meta = ? WHERE id = ?", values)
        bump(database, connection, "samples")
        bump(database, connection, "rewrites")


def _patched(table: pa.Table, columns: Mapping[str, Mapping[str, Any]]) -> pa.Table | None:
    """A table with other metadata of some samples; None where a column is new or becomes one of another kind."""
    import pyarrow.compute as pc

    places = pc.index_in(pa.array(list(columns), pa.string()), value_set=table.column("id")).to_pylist()
    pairs = ((place, told) for place, told in zip(places, columns.values(), strict=True) if place is not None)
    given = sorted(pairs, key=lambda pair: pair[0])
    for name in dict.fromkeys(name for _, told in given for name in told):
        values = {place: _plain(told[name]) for place, told in given if name in told}
        if name not in table.column_names:
            if any(value is not None for value in values.values()):
                return None
            continue
        column = _column(table.column(name), values)
        if column is None:
            return None
        number = table.schema.get_field_index(name)
        known = column.null_count < len(column)
        table = table.set_column(number, name, column) if known else table.remove_column(number)
    return table


def _column(held: pa.ChunkedArray, values: Mapping[int, Any]) -> pa.Array | None:
    """A column with some values in the place of others, by rising row; None where its kind does not hold them."""
    import pyarrow.compute as pc

    new = typed(list(values.values()))
    kind = held.type
    if new.null_count < len(new) and new.type != kind:
        if {kind, new.type} != {pa.int64(), pa.float64()}:
            return None
        kind = pa.float64()
    mask = np.zeros(len(held), bool)
    mask[list(values)] = True
    whole = held.cast(kind).combine_chunks()
    return pc.replace_with_mask(whole, pa.array(mask), new.cast(kind))


def metadata_rows(columns: Mapping[str, Sequence[Any]], count: int) -> list[str]:
    """The columns of a source as one JSON object each sample; missing and NaN values are left out."""
    lists = {name: _plain_list(values) for name, values in columns.items() if name not in FIXED}
    for name, values in lists.items():
        if len(values) != count:
            raise ValueError(f"column {name!r} has {len(values)} values for {count} samples")
    if not lists:
        return ["{}"] * count
    names = list(lists)
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return [
        dump({name: value for name, value in zip(names, row, strict=True) if value is not None})
        for row in zip(*lists.values(), strict=True)
    ]


def _plain_list(values: Sequence[Any]) -> list[Any]:
    listed = values.tolist() if isinstance(values, np.ndarray) else values
    return [_plain(value) for value in listed]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def table_of(rows: Sequence[Row[Any]]) -> pa.Table:
    """Rows of the sample table as columns, metadata typed by what occurs."""
    if not rows:
        empty = empty_samples().table
        empty = empty.append_column(_SUBJECT, pa.array([], pa.int64()))
        return empty.append_column(_MADE, pa.array([], pa.bool_()))
    _, ids, subjects, sources, keys, groups, metas, made = zip(*rows, strict=True)
    columns = {
        "id": pa.array(ids, pa.string()),
        "source": pa.array(sources, pa.int32()),
        "key": pa.array(keys, pa.string()),
        "group": pa.array(groups, pa.string()).dictionary_encode(),
        _SUBJECT: pa.array(subjects, pa.int64()),
        _MADE: pa.array([bool(one) for one in made], pa.bool_()),
    }
    facts = json.loads(f"[{','.join(metas)}]")
    for name in dict.fromkeys(name for fact in facts for name in fact):
        columns[name] = typed([fact.get(name) for fact in facts])
    return pa.table(columns)


def typed(values: list[Any]) -> pa.Array:
    """An Arrow array of the narrowest kind that holds all: bool, int64, float64 or string."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pa.array(values, pa.bool_())
    if kinds <= {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pa.array(values, pa.int64())
    if kinds <= {bool, int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if kinds <= {bool, int, float, str} and not _worded(values):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _worded(values: Iterable[Any]) -> bool:
    """Whether a text other than an infinite number occurs."""
    return any(isinstance(value, str) and value not in ("inf", "-inf") for value in values)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _join(base: pa.Table, more: pa.Table) -> pa.Table | None:
    """Both tables as one, or None where a column's kind must be found anew from all rows."""
    if more.num_rows == 0:
        return base
    for field in more.schema:
        place = base.schema.get_field_index(field.name)
        if place >= 0 and not _fits(base.schema.field(place).type, field.type):
            return None
    joined = pa.concat_tables([base, more], promote_options="permissive")
    if joined.column("id").num_chunks > _PIECES:
        joined = joined.unify_dictionaries().combine_chunks()
    return joined


def _fits(old: pa.DataType, new: pa.DataType) -> bool:
    numbers = (pa.int64(), pa.float64())
    return old == new or (old in numbers and new in numbers)


def _write(file: Any, loaded: Loaded) -> None:
    facts = {
        "form": _FORM,
        "generation": loaded.generation,
        "rewrites": loaded.rewrites,
        "last": loaded.last,
        "sources": loaded.sources,
    }
    table = loaded.table.unify_dictionaries().combine_chunks()
    table = table.replace_schema_metadata({"winnow": json.dumps(facts)})
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _open(path: Path) -> Loaded:
    """Map a cached table; nothing of it is read before it is asked for."""
    file = pa.memory_map(str(plain(path)))
    table = pa.ipc.open_file(file).read_all()
    facts = json.loads(table.schema.metadata[b"winnow"])
    if facts["form"] != _FORM:
        raise ValueError(f"{path}: another form of the cache")
    table = table.replace_schema_metadata(None)
    return Loaded(table, tuple(facts["sources"]), facts["generation"], facts["rewrites"], facts["last"])


def _generation(path: Path) -> int:
    tail = path.stem.rpartition("-")[2]
    return int(tail) if tail.isdigit() else -1
