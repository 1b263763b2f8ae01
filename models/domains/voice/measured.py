"""The measures of recordings: computed once, kept in the cache of the project, the same for all runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.voice import acoustics
from models.domains.voice.audio import NoAudio, mono, open_sound
from models.domains.voice.measures import NAMES
from models.domains.voice.places import AUDIO, kinds, paths_of
from models.job import Progress
from models.learn.kept import keep, marks_of, state_of
from models.learn.words import listing
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: What stands for a measure that cannot be told, as the cache keeps whole rows only.
_HOLE = float(np.finfo(np.float32).max)
#: Why nothing can be measured of a recording.
SILENT, LOST = "silent", "broken or missing"


def measure_rows(samples: Samples, rows: Index, cache: Path) -> Generator[Progress, None, Floats]:
    """The measures of the samples at these rows, (n, 81), NaN for each that cannot be told.

    All of a row are NaN where the file cannot be heard, and of what is no recording.
    """
    out = np.full((len(rows), len(NAMES)), np.nan, np.float32)
    chosen = samples.take(rows)
    paths = paths_of(chosen)
    sound = [place for place, kind in enumerate(kinds(chosen)) if kind == AUDIO and paths[place] is not None]
    files = [paths[place] for place in sound]

    def make(places: Index) -> Floats:
        return np.stack([_row(files[place]) for place in places.tolist()])

    marks = marks_of(f"{acoustics.VERSION}|{state_of(path)}" for path in files if path is not None)
    found = yield from keep(marks, cache / "voice" / "measures", len(NAMES), make, "Measuring recordings", step=4)
    out[sound] = np.where(found == _HOLE, np.nan, found)
    return out


def measure_file(path: Path) -> Floats:
    """The measures of one file, (81,), of its middle where it is long. Raises NoAudio."""
    return acoustics.row_of(acoustics.measure(*_part(path)))


def _part(path: Path) -> tuple[Floats, int]:
    """What is measured of a file, its middle where it is long: samples (n,), and their rate. Raises NoAudio."""
    sound = open_sound(path)
    rate, length = sound.header.rate, sound.header.length
    count = min(int(acoustics.LONGEST * rate), length)
    first = (length - count) // 2
    return mono(sound.read(first, first + count)), rate


def why_unheard(samples: Samples, rows: Index) -> str:
    """What is wrong with rows of which nothing can be measured, counted: "4 are silent and 1 is too short"."""
    chosen = samples.take(rows)
    found = Counter(map(_why, kinds(chosen), paths_of(chosen)))
    return listing([f"{count} {'is' if count == 1 else 'are'} {words}" for words, count in found.most_common()])


def _why(kind: str, path: Path | None) -> str:
    if kind != AUDIO:
        return "no recording"
    try:
        if path is None:
            return LOST
        values = _part(path)[0]
    except NoAudio:
        return LOST
    return "too short" if values.any() else SILENT


def _row(path: Path | None) -> Floats:
    """What is kept of a file; NaN of one that cannot be heard."""
    try:
        if path is None:
            raise NoAudio("it is not there")
        found = measure_file(path)
    except NoAudio:
        return np.full(len(NAMES), np.nan, np.float32)
    return np.where(np.isfinite(found), found, np.float32(_HOLE)).astype(np.float32)
