"""What groups and samples are called: simulations of cells, or what a recording's file says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from models.sample import Samples

_SIMULATED = ("simulation", "cell")
#: A folder of a file whose name says what lies in it: ``cells``, ``animals``; not ``session_2``.
_FOLDER = re.compile(r"[A-Za-z]{2,}[a-rt-z]s")


def nouns(samples: Samples) -> set[tuple[str, str]]:
    """The words for group and sample of these, each pair once; of a mixture two pairs are enough.

    A group of recordings is called by the folder that it stands in, where that is named in the
    plural (``cells/cell_3/rec1/dff``: cell).
    """
    recorded = _recorded(samples)
    found = {_SIMULATED} if recorded.num_rows < len(samples) else set()
    for folder, group in _pairs(recorded) if recorded.num_rows else ():
        found.add((_noun(folder, group), "recording"))
        if len(found) > 1:
            break
    return found


def _recorded(samples: Samples) -> pa.Table:
    """Key and group of the samples that are no cells of simulations."""
    table = samples.table
    if "_layout" not in table.column_names:
        return table.slice(0, 0)
    layouts = pc.cast(table.column("_layout"), pa.string())
    return table.select(["key", "group"]).filter(pc.fill_null(pc.starts_with(layouts, "{"), False))


def _pairs(recorded: pa.Table) -> Iterator[tuple[list[str], str]]:
    """Each place that a sample has in its file, with the last name of its group.

    Samples of one folder and group have the same word, so there are as many pairs as folders, not
    as samples.
    """
    keys = recorded.column("key").combine_chunks()
    groups = recorded.column("group").unify_dictionaries().combine_chunks()
    names = pc.replace_substring_regex(groups.dictionary, "^.*/", "").take(groups.indices)
    parts = pc.split_pattern(keys, "/", max_splits=1, reverse=True)
    folders = parts.flatten().take(parts.offsets[:-1])
    last = parts.flatten().take(pc.subtract(parts.offsets[1:], 1))
    # A sample that is a group of its own is its last name; elsewhere that does not matter.
    places = pc.if_else(pc.equal(last, names), keys, folders)
    unique = pa.table({"place": places, "name": names}).group_by(["place", "name"]).aggregate([])
    for place, name in zip(unique.column("place").to_pylist(), unique.column("name").to_pylist(), strict=True):
        yield place.split("/"), name


def _noun(parts: list[str], name: str) -> str:
    above = parts[parts.index(name, 1) - 1] if name in parts[1:] else ""
    return above.lower()[:-1] if _FOLDER.fullmatch(above) else "group"
