"""A sample is an address; a million of them are columns, not objects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

#: The columns that each sample table has; all others are metadata of the domain.
FIXED = ("id", "source", "key", "group")
#: Inner columns. The place in its source, as ``line 4``, of a sample that its source does not name, "" where it is not
#: in it any more; a column ``line`` may tell it to people. And short hashes of what a sample holds, with spaces: of all
#: of it, by which it is known again, then of parts, by which it is when it was withdrawn and has changed.
LINE, PRINTS = "_line", "_prints"
Array = npt.NDArray[Any]


def portable_id(source: str, key: str) -> str:
    """The id that is the same for every curator: relative source path, ``#``, key."""
    return f"{source}#{key}" if key else source


@dataclass(frozen=True)
class Sample:
    """One address: id, absolute path of its source, key inside it, group, metadata."""

    id: str
    source: Path
    key: str
    group: str
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class Samples:
    """Many samples as columns.

    table: ``id`` string, ``source`` int32 (number in `sources`), ``key`` string, ``group``
    dictionary<int32, string>, then metadata columns (float64, int64, bool or string).
    sources: the absolute path of each source. live: which of them no act has retired; None: all. whole: all
    those that these were taken of; None: these are all. bad_channels: id of the carrier of a recording → names of its
    channels that a person called bad, none where one said that all are good. memo: what was found out about all of
    them, by name.
    """

    table: pa.Table
    sources: tuple[str, ...]
    live: npt.NDArray[np.bool_] | None = field(default=None, repr=False, compare=False)
    whole: Samples | None = field(default=None, repr=False, compare=False)
    bad_channels: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False, compare=False)
    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return cast(int, self.table.num_rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the metadata columns."""
        return tuple(name for name in self.table.column_names if name not in FIXED)

    def column(self, name: str) -> Array:
        """One column, length n: float64 with NaN where missing, bool, or object (text or None)."""
        values = self.table.column(name)
        kind = values.type
        if pa.types.is_dictionary(kind):
            values, kind = values.cast(pa.string()), pa.string()
        if pa.types.is_boolean(kind) and values.null_count == 0:
            return cast(Array, values.to_numpy())
        if pa.types.is_boolean(kind):
            values, kind = values.cast(pa.int8()), pa.int8()
        # What is missing among numbers comes out as NaN; the window need not load pyarrow.compute to say so.
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return cast(Array, values.to_numpy().astype(np.float64, copy=False))
        return cast(Array, values.to_numpy(zero_copy_only=False))

    def ids(self) -> list[str]:
        """All ids as text; for few samples or an export, not for each frame."""
        return cast("list[str]", self.table.column("id").to_pylist())

    def group_codes(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """The group of each sample as a number, and the name of each number."""
        groups = self.table.column("group").unify_dictionaries().combine_chunks()
        if isinstance(groups, pa.ChunkedArray):
            groups = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
        names = cast("list[str]", groups.dictionary.to_pylist())
        return groups.indices.to_numpy(zero_copy_only=False).astype(np.int64), names

    def take(self, index: npt.ArrayLike) -> Samples:
        """The samples at these rows, in this order."""
        rows = np.asarray(index)
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        taken = self.table.take(pa.array(rows.astype(np.int64)))
        return Samples(taken, self.sources, whole=self.whole or self, bad_channels=self.bad_channels)

    def standing(self, live: npt.NDArray[np.bool_] | None) -> Samples:
        """The same samples, of which these are not retired (n,); None: none is."""
        other = replace(self, live=live)
        other.memo.update(self.memo)
        return other

    def heard(self, bad_channels: Mapping[str, Sequence[str]]) -> Samples:
        """The same samples, of whose recordings these channels are called bad."""
        other = replace(self, bad_channels=bad_channels)
        other.memo.update(self.memo)
        return other

    @cached_property
    def bad_digest(self) -> str:
        """What tells these bad channels from others, as 12 hex digits; empty where nobody spoke of any."""
        if not self.bad_channels:
            return ""
        told = json.dumps(dict(self.bad_channels), sort_keys=True)
        return hashlib.blake2b(told.encode(), digest_size=6).hexdigest()

    @property
    def population(self) -> Samples:
        """What a sample is measured against inside its group, however few were taken: all that is not retired."""
        every = self.whole or self
        return every if every.live is None else every.take(every.live)

    def sample(self, row: int) -> Sample:
        """The one sample at a row."""
        values = {name: self.table.column(name)[row].as_py() for name in self.table.column_names}
        source = Path(self.sources[values["source"]])
        meta = {name: values[name] for name in self.names}
        return Sample(values["id"], source, values["key"], values["group"], meta)


def empty_samples() -> Samples:
    """A table of no samples, with the fixed columns."""
    group = pa.dictionary(pa.int32(), pa.string())
    kinds = {"id": pa.string(), "source": pa.int32(), "key": pa.string(), "group": group}
    return Samples(pa.table({name: pa.array([], kind) for name, kind in kinds.items()}), ())
