"""What a worker of a cluster does: looks whether it is fit for the work, then does pieces and tells how far it is."""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from models.errors import UserError
from models.job import Progress
from models.learn.machine import Threads, computing, has_gpu
from models.learn.pieces import Bench, Outcome, Piece, at_bench, code_digest, keep_outcome, read_outcome

#: Libraries that numbers depend on; both sides have the same ones.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "pandas", "pyarrow")
#: So many paths of many are looked for.
LOOKED = 400
#: Seconds between two reports of a piece.
PULSE = 0.5
#: Of what several pieces share, the last ones are kept in memory.
_KEPT = 2
_grounds: dict[str, Any] = {}
#: A worker of several threads does one piece after the other all the same: seeds and threads are the process's.
_turn = threading.Lock()


@dataclass(frozen=True)
class Needs:
    """What a worker must have: this code, these versions, files and folders; device "cuda" a GPU.

    mark: a file with a word in it, by which a worker tells that it sees the folder of the run.
    """

    code: str
    versions: dict[str, str]
    paths: tuple[str, ...]
    mark: tuple[str, str]
    device: str


@dataclass(frozen=True)
class Report:
    """What a worker said of itself: where it is, what is wrong with it, whether it sees the folder of the run."""

    who: str
    troubles: tuple[str, ...]
    shared: bool


@dataclass(frozen=True)
class Order:
    """A piece on its way. ground: the digest of what it shares with others; file: where that lies, where it is seen.

    folder: of the run's outcomes, "" where it is not seen. number: of the worker's GPU, by its name; −1 its own.
    """

    piece: Piece
    ground: str
    file: str
    folder: str
    needs: Needs
    threads: Threads


@dataclass(frozen=True)
class Reply:
    """How a piece ended: "done", "written" (its outcome lies in the folder), "lacking" (the ground), "wrong", "fault",
    "stopped".

    text: why, for a person; trace: where it is our fault.
    """

    kind: str
    who: str
    outcome: Outcome | None = None
    text: str = ""
    trace: str = ""
    seconds: float = 0.0


def needs_of(paths: Iterable[Path], folder: Path, device: str) -> Needs:
    """What workers need for pieces of this run; the mark is written."""
    file, word = folder / "seen.txt", secrets.token_hex(8)
    file.write_text(word, "utf-8")
    return Needs(code_digest(), versions(), chosen(paths), (str(file), word), device)


def chosen(paths: Iterable[Path]) -> tuple[str, ...]:
    """Of paths that are there, those that a worker is asked for: all, or of very many some and all their folders."""
    there = sorted({str(path) for path in paths if path.exists()})
    if len(there) <= LOOKED:
        return tuple(there)
    folders = sorted({os.path.dirname(path) for path in there})
    return (*folders[:: len(folders) // LOOKED + 1], *there[:: len(there) // LOOKED + 1])


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that numbers depend on."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def examine(needs: Needs) -> Report:
    """What speaks against this worker, in sentences, and whether it sees the folder of the run."""
    troubles = []
    mine = versions()
    other = [f"{name} {mine.get(name)} there and {told} here" for name, told in needs.versions.items()
             if mine.get(name) != told]  # fmt: skip
    if other:
        troubles.append(f"other versions: {', '.join(other)}. Install the same ones there")
    elif code_digest() != needs.code:
        troubles.append("another version of Winnow. Install the same one there")
    unseen = [path for path in needs.paths if not os.path.exists(path)]
    if unseen:
        more = f" (and {len(unseen) - 1} more)" if len(unseen) > 1 else ""
        troubles.append(f"{unseen[0]}{more} is not there. Mount it on that machine at the same place")
    if needs.device == "cuda" and not has_gpu():
        troubles.append("no CUDA device. Start it where there is one, or say --device cpu")
    return Report(who(), tuple(troubles), _sees(*needs.mark))


def who() -> str:
    """This process, for a person."""
    return f"{socket.gethostname()}, process {os.getpid()}"


def _sees(file: str, word: str) -> bool:
    try:
        return Path(file).read_text("utf-8") == word
    except (OSError, UnicodeDecodeError):
        return False


def take(digest: str, data: bytes) -> None:
    """Keep what several pieces share in this process. ValueError where it is not what it should be."""
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError("the ground of the pieces was changed on its way")
    while len(_grounds) >= _KEPT:
        _grounds.pop(next(iter(_grounds)))
    _grounds[digest] = pickle.loads(data)


def do(order: Order, spare: Path, tell: Callable[[Progress], None], wanted: Callable[[], bool]) -> Reply:
    """Do a piece. spare: a folder of this machine's own. tell: sends progress. wanted: whether to go on."""
    began = time.monotonic()
    try:
        with _turn:
            reply = _try(order, spare, tell, wanted) if wanted() else Reply("stopped", who())
    except UserError as error:
        reply = Reply("wrong", who(), text=str(error))
    except MemoryError:
        reply = Reply("wrong", who(), text="the memory of the worker is full. Start fewer workers on that machine.")
    except Exception as error:  # noqa: BLE001  it is raised where the work was asked for
        reply = Reply("fault", who(), text=f"{type(error).__name__}: {error}", trace=traceback.format_exc())
    return replace(reply, seconds=round(time.monotonic() - began, 3))


def _try(order: Order, spare: Path, tell: Callable[[Progress], None], wanted: Callable[[], bool]) -> Reply:
    _check(order)
    file = Path(order.folder) / f"{order.piece.name}.safetensors"
    if order.folder and read_outcome(file, order.piece.key) is not None:
        # Done already by a worker that died before it could say so.
        with at_bench(Path(order.folder), order.piece) as bench:
            bench.clear()
        return Reply("written", who())
    if order.ground not in _grounds:
        if not order.file:
            return Reply("lacking", who())
        take(order.ground, Path(order.file).read_bytes())
    folder = Path(order.folder) if order.folder else spare / order.ground[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with at_bench(folder, order.piece, None if order.folder else spare / "cache") as bench:
        with computing(order.threads):
            outcome = _run(order, bench, tell, wanted)
        if outcome is None:
            return Reply("stopped", who())
        if order.folder:
            keep_outcome(file, order.piece.key, outcome)
        bench.clear()
    return Reply("written", who()) if order.folder else Reply("done", who(), outcome)


def _check(order: Order) -> None:
    """Raise UserError where this worker, which may have come later than the others, is not fit."""
    report = examine(order.needs)
    if report.troubles:
        raise UserError(f"the worker on {report.who}: {'; '.join(report.troubles)}.")
    if order.folder and not report.shared:
        raise UserError(f"the worker on {report.who} does not see {order.folder}. Mount it there.")


def _run(order: Order, bench: Bench, tell: Callable[[Progress], None], wanted: Callable[[], bool]) -> Outcome | None:
    """The outcome of the piece; None when it was told to stop between two steps."""
    steps = order.piece.work(order.piece.given, _grounds[order.ground], bench)
    told = 0.0
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        if not wanted():
            steps.close()
            return None
        if time.monotonic() - told >= PULSE:
            told = time.monotonic()
            tell(Progress(step.done, step.total, step.text))
