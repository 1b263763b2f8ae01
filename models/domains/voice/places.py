"""Where samples of voice lie: recordings and images below the folder of their source, rows of tables in it."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.words import count as count_of
from models.learn.words import listing, plural
from models.sample import Samples

Index = npt.NDArray[np.int64]
#: Inner columns: the file of a sample from the folder of its source on ("" for the source itself), what it is, the
#: columns of its table that are features (JSON: a list, or those that are none by WITHOUT), and the folder of splits
#: from the folder of its source on.
FILE, KIND, FEATURES, SPLITS = "_file", "_kind", "_features", "_splits"
WITHOUT = "without"
#: What a sample is: a recording, a mel image of one, or a row of a table of features.
AUDIO, IMAGE, ROW = "audio", "image", "row"


def text_of(samples: Samples, row: int, name: str) -> str:
    """A column as text, "" where it is missing."""
    value = samples.table.column(name)[row].as_py() if name in samples.names else None
    return "" if value is None else str(value)


def texts_of(samples: Samples, name: str) -> list[str]:
    """A column as texts, (n,), "" where it is missing."""
    if name not in samples.names:
        return [""] * len(samples)
    return ["" if value is None else str(value) for value in samples.table.column(name).to_pylist()]


def kinds(samples: Samples) -> npt.NDArray[np.object_]:
    """What each sample is, (n,): AUDIO, IMAGE or ROW."""
    return np.array(texts_of(samples, KIND), object)


def audible(samples: Samples) -> npt.NDArray[np.bool_]:
    """Which samples are recordings, (n,): there is nothing to hear of an image or a row."""
    return np.asarray(kinds(samples) == AUDIO, bool)


def path_of(samples: Samples, row: int) -> Path | None:
    """The file of a sample; None for a row of a table, and for a name that leaves the folder of its source."""
    if text_of(samples, row, KIND) == ROW:
        return None
    return _path(samples.sources[samples.table.column("source")[row].as_py()], text_of(samples, row, FILE))


def paths_of(samples: Samples) -> list[Path | None]:
    """The file of each sample, as `path_of` tells it."""
    sources = samples.table.column("source").to_pylist()
    told = zip(sources, texts_of(samples, FILE), texts_of(samples, KIND), strict=True)
    return [None if kind == ROW else _path(samples.sources[source], name) for source, name, kind in told]


def _path(source: str, name: str) -> Path | None:
    if not name:
        return Path(source)
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\x00" in name or (len(name) > 1 and name[1] == ":"):
        return None
    return Path(source) / name


def carrier_of(samples: Samples, row: int) -> str:
    """The id of the sample on which the regions of a sample stand: its own where it is a recording, else ""."""
    return str(samples.table.column("id")[row].as_py()) if text_of(samples, row, KIND) == AUDIO else ""


def able(samples: Samples) -> npt.NDArray[np.bool_]:
    """Which samples can be learnt from: rows of tables, and those whose file is there, (n,)."""
    rows = kinds(samples) == ROW
    there = [path is not None and os.path.isfile(path) for path in paths_of(samples)]
    return np.asarray(rows | np.array(there, bool), bool)


def ailing(samples: Samples) -> list[str]:
    """What to say of files that were there when samples came in and are not now."""
    told = [path for path in paths_of(samples) if path is not None]
    gone = [path.name for path in told if not os.path.isfile(path)]
    if not gone:
        return []
    words = f"{count_of(len(gone))} of {plural(len(told), 'file')} are gone: {listing(gone)}"
    return [f"{words}. Bring them back to where they were, or say where they are now with winnow locate."]


def facts_of(samples: Samples, row: int, names: tuple[str, ...]) -> dict[str, Any]:
    """Some columns of one sample, those that are told."""
    found = {name: samples.table.column(name)[row].as_py() for name in names if name in samples.names}
    return {name: value for name, value in found.items() if value not in (None, "")}
