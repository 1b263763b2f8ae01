"""The whole simulations that some samples belong to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from models.domains.traces import blocks, container
from models.domains.traces.container import Broken
from models.domains.traces.staging import Kin
from models.errors import UserError
from models.sample import Samples

Table = tuple[int, str]


def widen(samples: Samples) -> Kin:
    """The samples and every other cell of their simulations.

    Cells that are not in the project are read too; a recording that is no simulation is a group
    of its own. Raises UserError for a source that is missing or can no longer be read.
    """
    found = blocks.places(samples)
    tables: dict[Table, int] = {}
    groups, cells = np.zeros(len(samples), np.int64), np.zeros(len(samples), np.int64)
    for row, source in enumerate(found.sources):
        one = found.at(row)
        table = (source, one.dataset if one.simulated else f"{one.dataset}\n{row}")
        groups[row] = tables.setdefault(table, len(tables))
        cells[row] = one.index[0] if one.simulated else -1
    wanted = _counts(samples, found, groups, cells, len(tables))
    if (np.bincount(groups, minlength=len(tables)) >= wanted).all():
        return Kin(samples, np.arange(len(samples)), groups)
    return _add(samples, found, groups, cells, wanted)


def _counts(
    samples: Samples, found: blocks.Places, groups: blocks.Array, cells: blocks.Array, count: int
) -> blocks.Array:
    """Cells of each group: as many as the first table of its source has; 1 for a recording."""
    first = np.unique(groups, return_index=True)[1] if len(groups) else np.zeros(0, np.int64)
    sizes: dict[int, int] = {}
    wanted = np.ones(count, np.int64)
    for group, row in enumerate(first):
        if cells[row] < 0:
            continue
        source = found.sources[row]
        if source not in sizes:
            sizes[source] = _cells(Path(samples.sources[source]), found.at(int(row)))
        wanted[group] = sizes[source]
    return wanted


def _cells(path: Path, one: blocks.Address) -> int:
    if not path.exists():
        raise container.gone(path)
    try:
        with container.opened(path) as h5:
            block = container.dataset(h5, one.dataset)
            if block is None:
                raise Broken(f"{one.dataset} is no longer in the file")
            return int(block.shape[1 - one.axis]) if block.ndim == 2 else 1
    except Broken as reason:
        raise UserError(f"{path}: {reason}") from reason


def _add(
    samples: Samples, found: blocks.Places, groups: blocks.Array, cells: blocks.Array, wanted: blocks.Array
) -> Kin:
    """A table with the samples first, then the cells that are lacking."""
    there = set(zip(groups.tolist(), cells.tolist(), strict=True))
    first = np.unique(groups, return_index=True)[1]
    more: list[tuple[int, str, str | None, int]] = []
    for group, row in enumerate(first):
        stem = found.keys[row].rpartition("/")[0]
        for cell in range(int(wanted[group])) if cells[row] >= 0 else ():
            if (group, cell) not in there:
                more.append((found.sources[row], f"{stem}/{cell}", found.layouts[row], group))
    columns = {
        "id": samples.ids() + [f"+{source}#{key}" for source, key, _, _ in more],
        "source": found.sources + [item[0] for item in more],
        "key": found.keys + [item[1] for item in more],
        "group": [""] * (len(samples) + len(more)),
        "_layout": found.layouts + [item[2] for item in more],
    }
    kinds = {"source": pa.int32(), "group": pa.dictionary(pa.int32(), pa.string())}
    table = pa.table({name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()})
    if "rate" in samples.names:
        rates = np.concatenate([blocks.rates(samples), np.full(len(more), np.nan)])
        table = table.append_column("rate", pa.array(rates))
    whole = Samples(table, samples.sources)
    return Kin(whole, np.arange(len(samples)), np.concatenate([groups, [item[3] for item in more]]).astype(np.int64))
