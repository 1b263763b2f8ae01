"""What a scan of any domain found, skipped and noted, and the samples that a project's table would hold of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from models.domain import Finding, Found, Noted, Skipped
from models.sample import Samples, portable_id
from models.store.samples import typed


class Scanned:
    """The findings of one scan, by kind."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        items = list(findings)
        self.found = [item for item in items if isinstance(item, Found)]
        self.skipped = [item for item in items if isinstance(item, Skipped)]
        self.noted = [item for item in items if isinstance(item, Noted)]

    @property
    def one(self) -> Found:
        """The samples of the only source that gives some."""
        assert len(self.found) == 1, [found.name for found in self.found] or self.skipped
        return self.found[0]

    @property
    def keys(self) -> list[str]:
        return [str(key) for one in self.found for key in one.keys]

    @property
    def labels(self) -> list[str | None]:
        return [label for one in self.found for label in one.labels]

    @property
    def groups(self) -> list[str]:
        return [group for one in self.found for group in one.groups]

    def column(self, name: str) -> list[Any]:
        return [value for one in self.found for value in one.columns.get(name, [None] * len(one.keys))]

    @property
    def words(self) -> str:
        """All that was told, a line each."""
        told = [f"{one.source} {one.where}: {one.text}" for one in self.noted]
        return "\n".join([*told, *(f"{one.source} {one.where}: {one.reason}" for one in self.skipped)])

    def samples(self) -> Samples:
        """The samples as a project holds them."""
        return samples_of(self.found)

    def note(self, word: str) -> str:
        """The one note that holds a word, with source and place."""
        told = [f"{one.source}|{one.where}|{one.text}" for one in self.noted if word in one.text]
        assert len(told) == 1, self.noted
        return told[0]


def samples_of(found: Sequence[Found]) -> Samples:
    """Samples as a project holds them."""
    names = dict.fromkeys(name for one in found for name in one.columns)
    columns: dict[str, list[Any]] = {name: [] for name in ("id", "source", "key", "group", *names)}
    for number, one in enumerate(found):
        columns["id"] += [portable_id(one.name, key) for key in one.keys]
        columns["source"] += [number] * len(one.keys)
        columns["key"] += list(one.keys)
        columns["group"] += list(one.groups)
        for name in names:
            values = list(one.columns.get(name, [None] * len(one.keys)))
            columns[name] += [None if isinstance(value, float) and np.isnan(value) else value for value in values]
    table = {name: typed([_plain(value) for value in columns[name]]) for name in names}
    fixed = {
        "id": pa.array(columns["id"], pa.string()),
        "source": pa.array(columns["source"], pa.int32()),
        "key": pa.array(columns["key"], pa.string()),
        "group": pa.array(columns["group"], pa.string()).dictionary_encode(),
    }
    return Samples(pa.table({**fixed, **table}), tuple(str(one.source) for one in found))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
