"""The .mat files of the IIIC studies: segments with votes and a model's word, and ten seconds beside ten minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Found, Noted, Skipped
from models.domains.eeg import finding
from models.domains.eeg.broken import Broken
from models.domains.eeg.constants import BINS, CHANNELS, CLASSES, COLUMNS, LABELLED, RATE, REGIONS, SPARCNET, WINDOW
from models.domains.eeg.finding import Listed, counted, known, majority, ordered, same, tallies_of, tell
from models.domains.eeg.matfile import MatFile, numbers, open_mat, texts
from models.learn.words import count

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
#: Name, votes, probabilities, and place on a map: what a row of a table of segments has.
_FIELDS = 5


def is_table(file: MatFile) -> bool:
    """Whether a file is a table of segments, their signals in files beside it."""
    return [*file.variables] == ["LUT"] and file.variables["LUT"].kind == "cell"


def is_segment(file: MatFile) -> bool:
    """Whether a file holds one segment of EEG."""
    return _is_eeg(file, "seg")


def is_spectro(file: MatFile) -> bool:
    """Whether a file holds some seconds of EEG with the spectrogram around them."""
    return _is_eeg(file, "seg_10sec") and "Sdata" in file.variables


def _is_eeg(file: MatFile, name: str) -> bool:
    return name in file.variables and file.variables[name].kind == "numbers"


def scan_table(item: Listed, file: MatFile, used: set[Path]) -> Iterator[Finding]:
    """The segments of a table; used: files of signals that it names are added."""
    cells = [part for part in file.read("LUT").reshape(-1) if isinstance(part, np.ndarray)]
    tables = [part for part in cells if part.dtype == object and part.ndim == 2 and part.shape[1] >= _FIELDS]
    rows = [row for part in tables for row in part]
    names = texts(row[0] for row in rows)
    votes, said = (_vectors([row[place] for row in rows], len(SPARCNET)) for place in (1, 2))
    across, up = (numbers(row[place] for row in rows) for place in (3, 4))
    right = np.flatnonzero((np.isfinite(votes) & (votes >= 0)).all(axis=1)).tolist()
    use = [place for place in right if names[place]]
    if len(use) < len(rows):
        yield Skipped(item.name, "LUT", f"{counted(len(rows) - len(use), 'row')} without a name or six votes")
    if not use:
        yield Noted(item.name, "", "it holds no table of segments, left out")
        return
    names, votes, said = [names[place] for place in use], ordered(votes[use], SPARCNET), ordered(said[use], SPARCNET)
    files = [item.path.parent / f"{name}.mat" if _is_plain(name) else None for name in names]
    there = [path is not None and path.is_file() for path in files]
    used.update(path for path, is_there in zip(files, there, strict=True) if path is not None and is_there)
    if not all(there):
        gone = [name for name, is_there in zip(names, there, strict=True) if not is_there]
        text = f"EEGs of {count(len(gone))} of {counted(len(names), 'segment')} are missing: {', '.join(gone[:8])}"
        yield Noted(item.name, "", text)
    labels = majority(votes)
    yield from _no_majority(item, labels)
    columns = {
        **_columns("iiic", len(names), WINDOW),
        finding.EEG: [f"{name}.mat" if is_there else None for name, is_there in zip(names, there, strict=True)],
        finding.ROW: [str(place) for place in use],
        "recording": names,
        "votes_total": known(votes.sum(axis=1)),
        "missing": [not is_there for is_there in there],
        **finding.probability_columns(said),
        "x": known(across[use]),
        "y": known(up[use]),
    }
    yield Found(
        item.path, item.name, names, names, labels=labels, tallies=tallies_of(votes), columns=columns, beside=True
    )


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file beside, and of no other place."""
    return Path(name).name == name and name not in (".", "..")


def _no_majority(item: Listed, labels: Sequence[str | None]) -> Iterator[Noted]:
    split = sum(label is None for label in labels)
    if split:
        yield Noted(item.name, "", f"votes of {counted(split, 'sample')} are split evenly: no label there")


def _vectors(cells: Sequence[Any], size: int) -> Numbers:
    """The numbers of each cell, (n, size), NaN where it has not so many."""
    out = np.full((len(cells), size), np.nan)
    for row, cell in enumerate(cells):
        if isinstance(cell, np.ndarray) and cell.dtype.kind in "fiub" and cell.size == size:
            out[row] = cell.reshape(-1)
    return out


def _columns(kind: str, count: int, seconds: float) -> dict[str, Sequence[Any]]:
    """Columns that all samples of such files have."""
    return {
        finding.KIND: same(kind, count),
        finding.START: same("0", count),
        finding.SECONDS: same(tell(seconds), count),
        "start": same(0.0, count),
        "seconds": same(float(seconds), count),
        "rate": same(float(RATE), count),
        "channels": same(len(CHANNELS), count),
    }


def scan_segment(item: Listed, file: MatFile) -> Iterator[Finding]:
    """A segment that no table names: a sample without votes."""
    _check_shape(file, "seg")
    seconds = file.variables["seg"].shape[1] / RATE
    stem = item.path.stem
    columns = {**_columns("iiic", 1, seconds), finding.EEG: [item.path.name], "recording": [stem], "missing": [False]}
    yield Found(item.path, item.name, [""], [stem], labels=[None], columns=columns)


def scan_spectro(item: Listed, file: MatFile) -> Iterator[Finding]:
    """Ten seconds of EEG with their spectrogram and votes."""
    _check_shape(file, "seg_10sec")
    strips = read_strips(file)
    widths = [strips[name].shape[1] for name in REGIONS]
    if len(set(widths)) > 1:
        told = ", ".join(f"{name} {width}" for name, width in zip(REGIONS, widths, strict=True))
        yield Noted(item.name, "", f"its regions have spectrograms of different widths ({told}): brought to one clock")
    votes = np.zeros((1, len(CLASSES)))
    if "vv" in file.variables:
        read = _vectors([file.read("vv")], len(CLASSES))
        if np.isfinite(read).all() and (read >= 0).all():
            votes = ordered(read, SPARCNET)
        else:
            yield Skipped(item.name, "vv", "it is not six votes: the sample comes in without votes")
    labels = majority(votes)
    yield from _no_majority(item, labels) if votes.any() else ()
    columns = {
        **_columns("spectro", 1, LABELLED),
        finding.EEG: [item.path.name],
        finding.SPECTROGRAM: [item.path.name],
        finding.SPECTROGRAM_START: ["0"],
        "recording": [item.path.stem],
        "votes_total": [float(votes.sum())],
        "missing": [False],
    }
    yield Found(item.path, item.name, [""], [item.path.stem], labels=labels, tallies=tallies_of(votes), columns=columns)


def _check_shape(file: MatFile, name: str) -> None:
    shape = file.variables[name].shape
    if len(shape) != 2 or shape[0] not in (len(CHANNELS), len(CHANNELS) - 1) or not 0 < shape[1] <= RATE * 3600:
        size = " × ".join(map(str, shape))
        raise Broken(f"{name} is {size}, where {len(CHANNELS)} channels × samples are expected")


def read_segment(path: Path) -> Floats:
    """The EEG of a file, (20, n) µV in the order of CHANNELS; NaN for an EKG that is not in it. Raises Broken."""
    file = open_mat(path)
    name = next((name for name in ("seg", "seg_10sec") if _is_eeg(file, name)), "")
    if not name:
        raise Broken("it holds no segment of EEG")
    _check_shape(file, name)
    read = file.read(name)
    values: Floats = np.full((len(CHANNELS), read.shape[1]), np.nan, np.float32)
    values[: len(read)] = read
    return values


def read_strips(file: MatFile) -> dict[str, Floats]:
    """The spectrogram of each region, (bins, n) each of its own width. Raises Broken."""
    cells = file.read("Sdata")
    if cells.dtype != object or cells.ndim != 2 or cells.shape[1] != 2:
        raise Broken("Sdata is no table of regions and their spectrograms")
    names = texts(cells[:, 0])
    strips = {}
    for name, values in zip(names, cells[:, 1], strict=True):
        if name in REGIONS and isinstance(values, np.ndarray) and values.ndim == 2 and values.dtype.kind in "fiu":
            # Files of HDF5 have time first.
            strips[name] = (values if values.shape[0] == BINS else values.T).astype(np.float32)
    lacking = [name for name in REGIONS if name not in strips or strips[name].shape[0] != BINS or not strips[name].size]
    if lacking:
        raise Broken(f"Sdata has no spectrogram of {BINS} bins for {', '.join(lacking)}")
    return strips


def read_spectro(path: Path) -> Floats:
    """The ten minutes of a file on one clock, (4, 100, 300)."""
    strips = read_strips(open_mat(path))
    return np.stack([_clocked(strips[name]) for name in REGIONS])


def _clocked(strip: Floats) -> Floats:
    """Columns of ten minutes, one in two seconds, taken from columns at any pace: each the nearest in time."""
    width = strip.shape[1]
    # Where the ends are not filled up, windows of 4 s that step by 1 s lack 3 columns and begin at 2 s.
    bare = width == 2 * COLUMNS - 3
    pace = 1.0 if bare else 2 * COLUMNS / width
    first = 2.0 if bare else pace / 2
    wanted = 2.0 * np.arange(COLUMNS) + 1
    # Half-way between two columns the earlier one is the nearer by its content.
    places = np.clip(np.ceil((wanted - first) / pace - 0.5), 0, width - 1).astype(np.int64)
    taken: Floats = strip[:, places]
    return taken
