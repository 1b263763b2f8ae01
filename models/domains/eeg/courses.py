"""The recordings of a project with their windows in order of time."""

from __future__ import annotations

from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.course import Course
from models.domains.eeg import finding
from models.domains.eeg.constants import LABELLED, WINDOW
from models.natural import natural
from models.sample import Samples

Index = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def courses(samples: Samples) -> list[Course]:
    """The recordings that windows with an EEG lie in, by patient; those without one stand in no time."""
    if not {finding.EEG, finding.START} <= set(samples.names):
        return []
    eeg = samples.table.column(finding.EEG)
    there = pc.is_valid(eeg).to_numpy(zero_copy_only=False)
    there &= pc.is_valid(samples.table.column(finding.START)).to_numpy(zero_copy_only=False)
    if samples.live is not None:
        there &= samples.live
    rows = np.flatnonzero(there).astype(np.int64)
    if not len(rows):
        return []
    of = _recordings(samples, rows)
    whole = _texts(samples, finding.WHOLE, rows)
    begins, seconds = _seconds(samples, finding.START, rows, 0.0), _seconds(samples, finding.SECONDS, rows, WINDOW)
    order = np.lexsort((begins, of))
    parts = np.split(order, np.flatnonzero(np.diff(of[order])) + 1)
    found = [_course(samples, rows, part, begins, seconds, whole) for part in parts]
    return sorted((one for one in found if len(one.rows)), key=lambda one: (natural(one.group), natural(one.name)))


def _recordings(samples: Samples, rows: Index) -> Index:
    """A number for the recording of each row: its source, and where that lists several, which of them."""
    place = pc.dictionary_encode(samples.table.column(finding.EEG).combine_chunks()).indices
    codes = pc.fill_null(place, 0).to_numpy().astype(np.int64)[rows]
    source = samples.table.column("source").to_numpy().astype(np.int64)[rows]
    return np.asarray(source * (int(codes.max(initial=0)) + 1) + codes, np.int64)


def _course(
    samples: Samples, rows: Index, part: Index, begins: Floats, seconds: Floats, whole: npt.NDArray[np.bool_]
) -> Course:
    all_of = part[whole[part]]
    windows = part[~whole[part]]
    first = int(rows[part[0]])
    middles = begins[windows] + seconds[windows] / 2
    steps = np.diff(middles)
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else float(LABELLED)
    # Neighbours share the time between their middles; nobody judged more of a window than all of it.
    half = np.minimum(step, seconds[windows]) / 2
    starts = middles - half
    stops = np.minimum(middles + half, np.append(starts[1:], np.inf))
    name, title = _name(samples, first)
    group = str(samples.table.column("group")[first].as_py())
    return Course(
        name,
        title,
        group,
        rows[windows],
        starts,
        np.maximum(stops, starts),
        int(rows[all_of[0]]) if len(all_of) else -1,
    )


def _name(samples: Samples, row: int) -> tuple[str, str]:
    """What a recording is called in the project, and what people call it."""
    identity, key = (str(samples.table.column(name)[row].as_py()) for name in ("id", "key"))
    source = identity.removesuffix(f"#{key}") if key else identity
    eeg = PurePosixPath(str(samples.table.column(finding.EEG)[row].as_py()).replace("\\", "/"))
    if eeg.name == PurePosixPath(source).name:
        return source, source
    return f"{source}#{eeg}", eeg.stem


def _texts(samples: Samples, name: str, rows: Index) -> npt.NDArray[np.bool_]:
    """Where a column of text says something."""
    if name not in samples.names:
        return np.zeros(len(rows), bool)
    said = pc.not_equal(pc.fill_null(samples.table.column(name), ""), "")
    return np.asarray(said.to_numpy(zero_copy_only=False)[rows], bool)


def _seconds(samples: Samples, name: str, rows: Index, without: float) -> Floats:
    """A column of times that are kept as text; what is none counts as `without`."""
    if name not in samples.names:
        return np.full(len(rows), without)
    texts = samples.table.column(name).take(pa.array(rows)).to_pylist()
    return np.array([_number(text, without) for text in texts], np.float64)


def _number(text: str | None, without: float) -> float:
    try:
        return float(text) if text else without
    except ValueError:
        return without
