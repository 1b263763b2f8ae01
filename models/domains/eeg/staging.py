"""What networks learn from, computed once a window and kept on disk as memory maps: preprocessed EEG, and pictures.

A folder holds parts, each written whole: the marks of some windows, and an array of what was computed of them. Whoever
stops loses nothing that was computed; two at the same time only do the same twice.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg.choices import STEPS_ONLY, Steps
from models.domains.eeg.constants import CHANNELS, WINDOW
from models.domains.eeg.recipes.model import marks
from models.errors import UserError
from models.job import Progress
from models.learn.kept import Marks
from models.params import to_plain
from models.sample import Samples

Values = npt.NDArray[Any]
Index = npt.NDArray[np.int64]
#: Windows computed between two signs of life, written as one part, and too few to be worth a file.
STEP, PART, FEW = 8, 256, 16
#: Kinds of arrays kept in the cache; those that were not used for longest go first.
KEPT = 6
#: Goes up when what is kept changes.
VERSION = 1
#: Largest value that is kept: half floats end not far beyond.
_MOST = 60_000.0


@dataclass(frozen=True)
class Form:
    """One kind of array: the folder of its name, what it depends on besides the window, shape and type of one."""

    name: str
    of: str
    shape: tuple[int, ...]
    kind: type

    def folder(self, cache: Path) -> Path:
        """Where arrays of this kind are kept."""
        told = hashlib.blake2b(f"{VERSION} {self.of} {self.shape}".encode(), digest_size=10).hexdigest()
        return cache / "eeg" / f"{self.name}-{told}"


class Staged:
    """Rows (n, …) that lie in several arrays, read when they are asked for."""

    def __init__(self, parts: Sequence[Values], part: Index, place: Index, form: Form) -> None:
        self.parts, self.part, self.place, self.form = parts, part, place, form

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.part), *self.form.shape)

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, index: Any) -> Values:
        part, place = self.part[index], self.place[index]
        out: Values = np.empty((len(part), *self.form.shape), self.form.kind)
        for number in np.unique(part).tolist():
            here = np.flatnonzero(part == number)
            out[here] = self.parts[number][place[here]]
        return out

    def take(self, rows: Index) -> Staged:
        """These rows."""
        return Staged(self.parts, self.part[rows], self.place[rows], self.form)


def stage_windows(samples: Samples, rows: Index, steps: Steps, cache: Path) -> Generator[Progress, None, Staged]:
    """The EEG of the windows at these rows after the steps, (n, 20, t)."""
    from models.domains.eeg import window
    from models.domains.eeg.bad_channels import called_bad

    form = Form("windows", told(steps), (len(CHANNELS), WINDOW * steps.rate), np.float16)

    def make(places: Index) -> Values:
        return preprocessed(window.eeg(samples, rows[places]), steps, called_bad(samples, rows[places]))

    return (yield from stage(form, marks(samples, rows, "eeg"), cache, make, "Preprocessing windows"))


def preprocessed(eeg: Values, steps: Steps, bad: npt.NDArray[np.bool_]) -> Values:
    """Windows (n, 20, 10000) as networks see them, as exact as they are kept. bad (n, 20): as somebody called them."""
    from models.domains.eeg.steps import apply

    return np.clip(apply(eeg, steps, told=bad), -_MOST, _MOST).astype(np.float16)


def told(steps: Steps) -> str:
    """The steps as a text that tells them from all others."""
    plain = to_plain(steps)
    return str(sorted((name, plain[name]) for name in STEPS_ONLY))


def stage(
    form: Form, asked: Marks, cache: Path, make: Callable[[Index], Values], text: str
) -> Generator[Progress, None, Staged]:
    """The arrays of windows by their marks: those that are kept, the others made; make(places) gives (places, …)."""
    folder = form.folder(cache)
    parts, part, place = _find(folder, asked, form)
    lacking = np.flatnonzero(part < 0)
    if len(lacking) > FEW:
        _make_room(folder, len(lacking), form)
    for start in range(0, len(lacking), PART):
        chosen = lacking[start : start + PART]
        made: Values = np.empty((len(chosen), *form.shape), form.kind)
        done = 0
        try:
            while done < len(chosen):
                yield Progress(start + done, len(lacking), text)
                these = chosen[done : done + STEP]
                made[done : done + len(these)] = make(these)
                done += len(these)
        finally:
            kept = _write(folder, asked[chosen[:done]], made[:done]) if len(lacking) > FEW and done else made
        parts.append(kept)
        part[chosen], place[chosen] = len(parts) - 1, np.arange(len(chosen))
    return Staged(parts, part, place, form)


def _find(folder: Path, asked: Marks, form: Form) -> tuple[list[Values], Index, Index]:
    """What the folder has: its arrays, and where each asked window lies, −1 for those that it lacks."""
    parts: list[Values] = []
    part, place = np.full(len(asked), -1, np.int64), np.zeros(len(asked), np.int64)
    for path in sorted(folder.glob("*.marks.npy")):
        try:
            marked = np.load(path)
            values = np.load(path.with_name(path.name.replace(".marks", "")), mmap_mode="r")
        except (OSError, ValueError, EOFError):
            continue  # a cache may be broken
        if values.shape != (len(marked), *form.shape) or values.dtype != form.kind or not len(marked):
            continue
        order = np.argsort(marked)
        found = order[np.minimum(np.searchsorted(marked, asked, sorter=order), len(order) - 1)]
        here = (marked[found] == asked) & (part < 0)
        part[here], place[here] = len(parts), found[here]
        parts.append(values)
    if parts:
        os.utime(folder)
    return parts, part, place


def _write(folder: Path, marked: Marks, values: Values) -> Values:
    """Keep an array, and give it back as a memory map."""
    name = hashlib.blake2b(marked.tobytes(), digest_size=12).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The marks come last: an array without them does not count.
        for end, array in ((".npy", values), (".marks.npy", marked)):
            beside = folder / f"{name}{end}.{os.getpid()}.partial"
            with beside.open("wb") as file:
                np.save(file, array)
            os.replace(beside, folder / f"{name}{end}")
        kept: Values = np.load(folder / f"{name}.npy", mmap_mode="r")
    except OSError as error:
        raise UserError(
            f"{folder}: what was computed of windows cannot be kept ({error.strerror}). Free some space there."
        ) from None
    return kept


def _make_room(folder: Path, count: int, form: Form) -> None:
    """Take out kinds that were not used for long. Raises UserError where the disk is too full."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    others = [path for path in folder.parent.glob("*-*") if path.is_dir() and path != folder]
    for old in sorted(others, key=lambda path: path.stat().st_mtime)[: max(0, len(others) - KEPT + 1)]:
        shutil.rmtree(old, ignore_errors=True)
    wanted = count * int(np.prod(form.shape)) * np.dtype(form.kind).itemsize
    room = shutil.disk_usage(folder.parent).free
    if wanted > 0.9 * room:
        raise UserError(
            f"{folder.parent}: what networks learn from needs {wanted >> 20} MiB there, and the disk has "
            f"{room >> 20}. Free some space, take a lower rate, or train on fewer windows."
        )
