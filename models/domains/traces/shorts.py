"""Short names of samples: lists are full of them, so that nothing is loaded here that reads a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.sample import Samples

#: Signs of a recording's short name, and the columns that short names are made of: all of them are read at a search.
ENDING = 18
_NAMING = ("key", "source", "_layout", "trace_id", "batch")


def short(samples: Samples, row: int) -> str:
    """A short name of one sample: batch, simulation, cell, or what tells a recording apart."""
    known = set(samples.table.column_names)
    meta = {name: samples.table.column(name)[row].as_py() for name in _NAMING if name in known}
    if str(meta.get("_layout") or "").startswith("{"):
        return ending(str(meta.get("trace_id") or meta["key"]))
    return name_of(meta, Path(samples.sources[meta["source"]]))


def ending(name: str) -> str:
    """The end of a long name, without folders and data sets that bear no number: they are named alike in all."""
    parts = name.split("/")
    while len(parts) > 1 and not any(sign.isdigit() for sign in parts[-1]):
        parts.pop()
    told = "/".join(parts)
    return told if len(told) <= ENDING else f"…{told[1 - ENDING :]}"


def name_of(meta: dict[str, Any], path: Path) -> str:
    """A short name: batch, simulation, cell, as in ``2/08:22``."""
    sample, _, cell = str(meta["key"]).rpartition("/")
    front = f"{meta['batch']:g}" if meta.get("batch") is not None else path.stem
    return f"{front}/{sample.zfill(2)}:{cell.zfill(2)}"
