"""Cells and images that are there more than once: what a score would flatter itself with."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.smears.cells import BOX, images_of
from models.sample import Samples

Index = npt.NDArray[np.int64]
#: Of a file so many bytes are read at its beginning, in its middle and at its end.
_READ = 1 << 16


def contents(samples: Samples, rows: Index) -> list[str]:
    """What the image of each sample holds, as a hash; "" where it cannot be read."""
    found = [""] * len(rows)
    for path, places in images_of(samples, np.asarray(rows, np.int64)):
        text = _content(path)
        for place in places.tolist():
            found[place] = text
    return found


def _content(path: Path) -> str:
    """A hash of a file's size and of three parts of it: no two images share them all."""
    try:
        size = os.path.getsize(path)
        made = hashlib.blake2b(str(size).encode(), digest_size=16)
        with path.open("rb") as file:
            for start in sorted({0, max(size // 2 - _READ // 2, 0), max(size - _READ, 0)}):
                file.seek(start)
                made.update(file.read(_READ))
    except OSError:
        return ""
    return made.hexdigest()


def advise(samples: Samples, codes: Index, _classes: Sequence[str]) -> list[tuple[str, str]]:
    """Tell where cells, or images under two names, were imported twice: training would see cells of the test."""
    rows = np.flatnonzero(codes >= 0)
    groups = samples.group_codes()[0][rows]
    texts = samples.table.column(BOX).take(rows).to_pylist() if BOX in samples.names else [None] * len(rows)
    by_path: dict[Path, list[Index]] = {}
    for path, places in images_of(samples, rows):
        by_path.setdefault(path, []).append(places)
    parted: list[Index] = []
    doubled, twin = 0, np.zeros(0, np.int64)
    for listed in by_path.values():
        if len(listed) < 2:
            continue
        places = np.concatenate(listed)
        first = np.unique(groups[places], return_index=True)[1]
        if len(first) > 1:
            parted.append(rows[places[first[:2]]])
        known: dict[str | None, int] = {}
        for place in places.tolist():
            if known.setdefault(texts[place], place) != place:
                doubled += 1
                twin = twin if len(twin) else rows[[known[texts[place]], place]]
    return [*_parted(samples, parted), *_doubled(samples, doubled, twin)]


def _parted(samples: Samples, pairs: list[Index]) -> list[tuple[str, str]]:
    if not pairs:
        return []
    one, other = (str(samples.sample(int(row)).group) for row in pairs[0])
    words = f"{len(pairs)} image{'s are' if len(pairs) > 1 else ' is'} there in two groups, such as {one} and {other}"
    return [("Images in two groups", f"{words}: cells of one image come to training and test. {_CURE}")]


def _doubled(samples: Samples, count: int, pair: Index) -> list[tuple[str, str]]:
    if not count:
        return []
    one, other = samples.take(pair).ids()
    words = f"{count} cell{'s are' if count > 1 else ' is'} there twice, such as {one} and {other}"
    return [("Cells there twice", f"{words}. {_CURE}")]


_CURE = "Train on the cells of one list alone, or purge those of the other"
