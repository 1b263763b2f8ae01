"""Independent pieces of work, such as the folds of a training: done here or elsewhere, each kept once it is finished.

A piece is a plain description that another process can be handed: what to do, with what, and a key of all
that its outcome depends on. What is finished lies in a folder, whole or not at all; who was interrupted does
only what is missing, and nothing of other settings, labels or code is taken for finished.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import shutil
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

import models
from models.errors import UserError
from models.job import Progress
from models.learn.save import read_tensors, write_tensors
from models.sample import Samples
from models.store.atomic import clear_left, own_folder
from models.store.hold import held

#: In a piece's own folder: what it belongs to.
_KEY = "key"
#: Ends of names: of an outcome, and of what tells that a process is at the piece.
_KEPT, _LOCK = ".safetensors", ".lock"


@dataclass(frozen=True)
class Outcome:
    """What a piece comes to: arrays by name, and facts that JSON knows."""

    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Bench:
    """Where a piece is done. work: its own folder for checkpoints; resume: it was begun there before.

    spare: the cache of a machine that does not see the project's; None where it does. alone: no other process is at
    the same piece.
    """

    work: Path
    resume: bool = False
    spare: Path | None = None
    alone: bool = True

    def clear(self) -> None:
        """Leave nothing: the piece is finished."""
        shutil.rmtree(self.work, ignore_errors=True)

    def cache(self, path: Path) -> Path:
        """The folder to keep what can be computed again in, in place of this one of the project."""
        return path if self.spare is None else self.spare


Work = Callable[[Any, Any, Bench], Generator[Progress, None, Outcome]]


@dataclass(frozen=True)
class Piece:
    """One piece: work(given, ground, bench) gives its outcome; the ground is what all pieces share.

    name: of its file, different from all others'. title: for a person. work: a function of a module, for it
    travels by its name. given: plain values and arrays. key: of all that the outcome depends on. device: "cpu"
    or "cuda". values: numbers that go with the progress where it begins.
    """

    name: str
    title: str
    work: Work
    given: Any
    key: str
    device: str = "cpu"
    values: Mapping[str, float] = field(default_factory=dict)


class Batch:
    """The pieces of one call, and those of them that are finished.

    ground: what all of them share. paths: files and folders that who does them must see. folder: where
    outcomes are kept.
    """

    def __init__(self, pieces: Sequence[Piece], ground: Any, folder: Path, paths: Sequence[Path] = ()) -> None:
        if len({piece.name for piece in pieces}) < len(pieces):
            raise ValueError("two pieces of one name")
        self.pieces, self.ground, self.folder, self.paths = tuple(pieces), ground, folder, tuple(paths)
        folder.mkdir(parents=True, exist_ok=True)
        found = {piece.name: read_outcome(self.file(piece), piece.key) for piece in pieces}
        self.done = {name: outcome for name, outcome in found.items() if outcome is not None}

    def file(self, piece: Piece) -> Path:
        """Where the outcome of a piece is kept."""
        return self.folder / f"{piece.name}{_KEPT}"

    def missing(self) -> list[Piece]:
        """Those that are still to be done, in their order."""
        return [piece for piece in self.pieces if piece.name not in self.done]

    def number(self, piece: Piece) -> int:
        """The place of a piece, from 0."""
        return self.pieces.index(piece)

    def keep(self, piece: Piece, outcome: Outcome) -> None:
        """Take a finished piece down; UserError where the disk does not."""
        keep_outcome(self.file(piece), piece.key, outcome)
        self.done[piece.name] = outcome

    def look(self, piece: Piece) -> bool:
        """Whether another process has finished a piece meanwhile, which is taken from it."""
        outcome = read_outcome(self.file(piece), piece.key)
        if outcome is not None:
            self.done[piece.name] = outcome
        return outcome is not None

    def outcomes(self) -> list[Outcome]:
        """All outcomes in the order of the pieces."""
        return [self.done[piece.name] for piece in self.pieces]


class Place(Protocol):
    """Where pieces are done: this process, or a cluster."""

    def steps(self, batch: Batch) -> Generator[Progress, None, None]:
        """Do what is missing and have the batch keep it. `Cancelled` thrown in stops all pieces."""
        ...

    def plain(self) -> dict[str, Any]:
        """What a run's record says of the place; {} for this process."""
        ...


class Here:
    """This process: one piece after the other, those that another process is at last."""

    def steps(self, batch: Batch) -> Generator[Progress, None, None]:
        waiting = deque(batch.missing())
        put_off = 0
        while waiting:
            piece = waiting.popleft()
            with at_bench(batch.folder, piece) as bench:
                if batch.look(piece):
                    bench.clear()
                    continue
                if not bench.alone and put_off < len(waiting):
                    waiting.append(piece)
                    put_off += 1
                    continue
                yield Progress(batch.number(piece), len(batch.pieces), piece.title, piece.values)
                batch.keep(piece, (yield from piece.work(piece.given, batch.ground, bench)))
                bench.clear()
                put_off = 0

    def plain(self) -> dict[str, Any]:
        return {}


def run_pieces(
    pieces: Sequence[Piece], ground: Any, place: Place, folder: Path, paths: Sequence[Path] = ()
) -> Generator[Progress, None, list[Outcome]]:
    """Do the pieces that `folder` has no outcome of; all outcomes, in the order of the pieces.

    ground, paths: see `Batch`. Raises what a piece raises, and UserError for a place that cannot do them; what was
    finished by then stays in the folder. `Cancelled` thrown in stops the pieces.
    """
    batch = Batch(pieces, ground, folder, paths)
    before = len(batch.done)
    if before:
        words = f"{before} of {len(pieces)} were finished before"
        yield Progress(before, len(pieces), words, log=words)
    if batch.missing():
        yield from place.steps(batch)
    return batch.outcomes()


def clear_pieces(folder: Path) -> None:
    """Take away what pieces left, as all are finished, but for those that another process is still at."""
    kept = (entry.name.removesuffix(_KEPT) for entry in folder.glob("[!.]*") if not entry.name.endswith(_LOCK))
    for name in set(kept):
        with held(folder / f"{name}{_LOCK}") as alone:
            if alone:
                (folder / f"{name}{_KEPT}").unlink(missing_ok=True)
                shutil.rmtree(folder / name, ignore_errors=True)
                clear_left(folder / name)
    with contextlib.suppress(OSError):
        folder.rmdir()


@contextlib.contextmanager
def at_bench(folder: Path, piece: Piece, spare: Path | None = None) -> Iterator[Bench]:
    """The bench of a piece: its own folder as it was left, emptied where that belongs to something else.

    While another process is at it, a folder that goes with the block.
    """
    work = folder / piece.name
    with held(folder / f"{piece.name}{_LOCK}") as alone:
        if not alone:
            with own_folder(work) as beside:
                yield Bench(beside, False, spare, False)
            return
        file = work / _KEY
        try:
            known = file.read_text("utf-8") == piece.key
        except (OSError, UnicodeDecodeError):
            known = False
        if not known:
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            file.write_text(piece.key, "utf-8")
        yield Bench(work, known, spare)


def keep_outcome(path: Path, key: str, outcome: Outcome) -> None:
    """Write an outcome whole; UserError where the disk does not take it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(path, outcome.arrays, {"key": key, "facts": dict(outcome.facts)})
    except OSError as error:
        raise UserError(
            f"{path}: what was finished cannot be kept ({error.strerror}). Free some space there."
        ) from None


def read_outcome(path: Path, key: str) -> Outcome | None:
    """The outcome that was kept under this key; None for nothing, another key, or a file that is broken."""
    try:
        arrays, numbers = read_tensors(path)
        if numbers.get("key") != key:
            return None
        return Outcome(arrays, dict(numbers["facts"]))
    except (UserError, ValueError, KeyError, TypeError, AttributeError):
        return None


def key_of(*parts: Any) -> str:
    """A key of plain values, arrays, samples and records of these; the code that runs is part of it."""
    digest = hashlib.sha256(code_digest().encode())
    for part in parts:
        _add(digest, part)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def code_digest() -> str:
    """What tells this code from another version of it."""
    digest = hashlib.sha256()
    root = Path(models.__path__[0])
    for file in sorted(root.rglob("*.py")):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _add(digest: Any, part: Any) -> None:
    """Add one value: its kind and size first, so that no two read the same."""
    if isinstance(part, Samples):
        columns = {name: part.column(name) for name in part.table.column_names}
        _add(digest, [part.sources, columns, dict(part.bad_channels)])
    elif isinstance(part, np.ndarray):
        _add_array(digest, part)
    elif dataclasses.is_dataclass(part) and not isinstance(part, type):
        _add(digest, {item.name: getattr(part, item.name) for item in dataclasses.fields(part)})
    elif isinstance(part, Mapping):
        digest.update(f"map {len(part)};".encode())
        for name in sorted(part, key=str):
            _add(digest, str(name))
            _add(digest, part[name])
    elif isinstance(part, bytes):
        digest.update(f"bytes {len(part)};".encode())
        digest.update(part)
    elif isinstance(part, list | tuple):
        digest.update(f"list {len(part)};".encode())
        for item in part:
            _add(digest, item)
    else:
        words = json.dumps(part if isinstance(part, int | float | str | bool | None) else str(part))
        digest.update(f"{type(part).__name__} {len(words)};{words}".encode())


def _add_array(digest: Any, values: npt.NDArray[Any]) -> None:
    if values.dtype == object:
        _add(digest, json.dumps(values.tolist(), default=str))
        return
    digest.update(f"array {values.dtype.str} {values.shape};".encode())
    digest.update(np.ascontiguousarray(values).tobytes())
