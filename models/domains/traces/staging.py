"""The traces of many samples as one float32 matrix, kept as a memory map in the cache folder.

Ragged input (differing rates or lengths) is resampled to one rate, then cropped or padded at its
end; the length of what is valid is the mask.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.job import Progress
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: Samples read in one go; a stop takes effect between two.
CHUNK = 512
#: Staged matrices kept in the cache; the oldest go first.
KEPT = 32
#: Fewer samples than this are not worth a file in the cache.
SMALL = 64


@dataclass(frozen=True)
class Kin:
    """Samples with all others of their simulations: where the asked ones stand, and who belongs together.

    place: row of each asked sample in `samples`. groups: number of each row's simulation.
    """

    samples: Samples
    place: Index
    groups: Index


@dataclass(frozen=True)
class Reader:
    """How traces are read: one 1-D array a sample, their rates in samples/s (NaN unknown), their simulations."""

    traces: Callable[[Samples], list[npt.NDArray[Any]]]
    rates: Callable[[Samples], npt.NDArray[np.float64]]
    kin: Callable[[Samples], Kin] | None = None


def domain_reader() -> Reader:
    """The reader of the domain's own files."""
    from models.domains.traces.read import rates, read_traces
    from models.domains.traces.wholes import widen

    return Reader(read_traces, rates, widen)


@dataclass(frozen=True)
class Staged:
    """Traces as one matrix.

    values: (n, length) float32, 0 where padded. lengths: valid samples of each row from its
    start. groups: number of each row's group. facts: kind, length, rate (0 unknown), and how many
    rows were repaired, resampled, cropped, padded.
    """

    values: Floats
    lengths: Index
    groups: Index
    facts: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def length(self) -> int:
        return int(self.values.shape[1])

    @property
    def whole(self) -> bool:
        """Whether no row is padded."""
        return bool((self.lengths == self.length).all())

    def mask(self, rows: Any = slice(None)) -> npt.NDArray[np.bool_]:
        """Which values of these rows are valid, (rows, length)."""
        return np.arange(self.length)[None, :] < self.lengths[rows, None]

    def take(self, rows: Any) -> Staged:
        """These rows, in memory."""
        return Staged(np.asarray(self.values[rows]), self.lengths[rows], self.groups[rows], self.facts)


def stage(
    samples: Samples, cache: Path, rate: float = 0.0, length: int = 0, reader: Reader | None = None
) -> Generator[Progress, None, Staged]:
    """Read, repair and fit the traces of the samples, or map what an earlier call staged.

    rate: samples/s to resample to, 0 for the lowest rate found; where any rate is unknown the
    samples stay as they are. length: of the matrix in samples, 0 for the median. Cached by ids,
    source paths, their sizes and times, and this target. Raises UserError when the disk is short.
    """
    reader = reader or domain_reader()
    groups = samples.group_codes()[0]
    folder = cache / "traces" / _key(samples, rate, length) if len(samples) >= SMALL else None
    if folder is not None and (folder / "facts.json").exists():
        found = _open(folder, groups)
        if found is not None:
            return found
    traces: list[Floats] = []
    for start in range(0, len(samples), CHUNK):
        part = samples.take(np.arange(start, min(start + CHUNK, len(samples))))
        traces += [np.asarray(trace, np.float32).ravel() for trace in reader.traces(part)]
        yield Progress(len(traces), len(samples), "Reading traces")
    staged = fit_traces(traces, reader.rates(samples), rate, length, groups)
    if folder is not None:
        _write(folder, staged)
        staged = _open(folder, groups) or staged
    return staged


def fit_traces(
    traces: Sequence[npt.NDArray[Any]],
    rates: npt.ArrayLike | None = None,
    rate: float = 0.0,
    length: int = 0,
    groups: npt.ArrayLike | None = None,
) -> Staged:
    """Bring 1-D traces to one matrix; arguments as in `stage`."""
    count = len(traces)
    speeds = np.full(count, np.nan) if rates is None else np.asarray(rates, np.float64)
    known = np.isfinite(speeds) & (speeds > 0)
    target = (rate or float(speeds.min())) if count and known.all() else 0.0
    factors = target / speeds if target else np.ones(count)
    sizes = np.array([_size(len(trace), factor) for trace, factor in zip(traces, factors, strict=True)], np.int64)
    length = length or (int(np.median(sizes)) if count else 1)
    values = np.zeros((count, max(length, 1)), np.float32)
    repaired = 0
    for row, trace in enumerate(traces):
        clean, gaps = repair(trace)
        repaired += gaps
        part = resample(clean, int(sizes[row])) if sizes[row] != len(trace) else clean
        values[row, : len(part)] = part[:length]
    facts = {
        "kind": "traces",
        "length": int(length),
        "rate": float(target),
        "repaired": repaired,
        "resampled": int((np.abs(factors - 1) > 1e-6).sum()),
        "cropped": int((sizes > length).sum()),
        "padded": int((sizes < length).sum()),
    }
    codes = np.zeros(count, np.int64) if groups is None else np.asarray(groups, np.int64)
    return Staged(values, np.minimum(sizes, length), codes, facts)


def _size(length: int, factor: float) -> int:
    return length if abs(factor - 1) <= 1e-6 else max(1, math.floor(length * factor + 0.5))


def repair(trace: npt.NDArray[Any]) -> tuple[Floats, bool]:
    """The trace with NaN and infinity interpolated from their neighbours, and whether there were any.

    A trace without one finite value becomes zeros.
    """
    values = np.asarray(trace, np.float32)
    good = np.isfinite(values)
    if good.all():
        return values, False
    if not good.any():
        return np.zeros_like(values), True
    places = np.arange(len(values))
    return np.asarray(np.interp(places, places[good], values[good]), np.float32), True


def resample(trace: npt.NDArray[Any], size: int) -> Floats:
    """The trace in `size` samples: the mean over each new sample's span, which keeps out aliases.

    Where the new samples are closer than the old ones: linear interpolation.
    """
    count = len(trace)
    if count < 2 or size >= count:
        places = (np.arange(size) + 0.5) * count / size - 0.5
        return np.asarray(np.interp(places, np.arange(count), trace), np.float32)
    total = np.concatenate([[0.0], np.cumsum(trace, dtype=np.float64)])
    edges = np.interp(np.linspace(0, count, size + 1), np.arange(count + 1), total)
    return np.asarray(np.diff(edges) * size / count, np.float32)


def _key(samples: Samples, rate: float, length: int) -> str:
    """Content key: ids in order, each source's path, size and time, the target."""
    digest = hashlib.sha256(f"1 {rate!r} {length}".encode())
    digest.update("\n".join(samples.ids()).encode())
    for number in np.unique(samples.column("source")).astype(int):
        path = samples.sources[number]
        try:
            state = os.stat(path)
            digest.update(f"{path} {state.st_size} {state.st_mtime_ns}".encode())
        except OSError:
            digest.update(f"{path} missing".encode())
    return digest.hexdigest()[:32]


def _write(folder: Path, staged: Staged) -> None:
    from models.learn.save import write_json

    folder.parent.mkdir(parents=True, exist_ok=True)
    room = shutil.disk_usage(folder.parent).free
    if staged.values.nbytes > 0.9 * room:
        raise UserError(
            f"{folder.parent}: staging the traces needs {staged.values.nbytes >> 20} MiB "
            f"and the disk has {room >> 20}. Free some space, or train on fewer samples."
        )
    _prune(folder.parent)
    beside = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    beside.mkdir(exist_ok=True)
    np.save(beside / "values.npy", staged.values)
    np.save(beside / "lengths.npy", staged.lengths)
    write_json(beside / "facts.json", staged.facts)
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    try:
        os.replace(beside, folder)
    except OSError:  # another process staged the same at the same moment
        shutil.rmtree(beside, ignore_errors=True)


def _open(folder: Path, groups: Index) -> Staged | None:
    """The staged matrix of a folder, or None when it is broken (a cache may be)."""
    from models.learn.save import read_json

    try:
        values = np.load(folder / "values.npy", mmap_mode="r")
        lengths = np.load(folder / "lengths.npy")
        facts = read_json(folder / "facts.json")
    except (OSError, EOFError, ValueError, UserError):
        return None
    if len(values) != len(groups) or len(lengths) != len(groups):
        return None
    return Staged(values, lengths, groups, facts)


def _prune(folder: Path) -> None:
    """Take out the oldest staged matrices beyond those that are kept."""
    made = sorted((part for part in folder.iterdir() if part.is_dir()), key=lambda part: part.stat().st_mtime)
    for old in made[: max(0, len(made) - KEPT + 1)]:
        shutil.rmtree(old, ignore_errors=True)
