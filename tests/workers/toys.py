"""Orders for the tests of the workers; the child finds them as ``tests.workers.toys:name``."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

from models.errors import Cancelled, UserError
from models.job import Job, Progress

Steps = Generator[Progress, None, Any]


def job(name: str, **arguments: Any) -> Job:
    return Job(f"tests.workers.toys:{name}", arguments, name)


def count(to: int, pause: float = 0.0) -> Steps:
    for done in range(1, to + 1):
        time.sleep(pause)
        yield Progress(done, to, f"step {done}")
    return {"counted": to, "pid": os.getpid()}


def curve(to: int) -> Steps:
    for done in range(1, to + 1):
        yield Progress(done, to, values={"epoch": done})
        yield Progress(done, to, "between")
    return to


def keep(mark: str) -> Steps:
    """Keeps what it has when cancelled, as a training does."""
    done = 0
    try:
        while True:
            done += 1
            yield Progress(done)
            time.sleep(0.01)
    except Cancelled:
        yield Progress(done, text="saving")
        Path(mark).write_text(str(done))
        return {"kept": done}


def keeping(seconds: float) -> Steps:
    """Is in no hurry to keep what it has."""
    with suppress(Cancelled):
        yield Progress(1, keeping=True)
    time.sleep(seconds)
    with suppress(Cancelled):
        yield Progress(2, keeping=True)
    time.sleep(seconds)
    return "kept"


def keeping_late(before: float, seconds: float) -> Steps:
    """Says that it keeps what it has only some time after the cancel."""
    with suppress(Cancelled):
        yield Progress(1)
    time.sleep(before)
    with suppress(Cancelled):
        yield Progress(2, keeping=True)
    time.sleep(seconds)
    return "kept"


def deaf(seconds: float = 60.0) -> Steps:
    with suppress(Cancelled):  # should the cancel come before the long step
        yield Progress(1)
    time.sleep(seconds)
    yield Progress(2)


def stubborn() -> Steps:
    """Swallows the cancel."""
    while True:
        try:
            yield Progress(1)
            time.sleep(0.01)
        except Cancelled:
            continue


def killed(number: int = 9) -> Steps:
    yield Progress(1, text="about to die")
    os.kill(os.getpid(), number)
    time.sleep(10)
    yield Progress(2)


def left(status: int) -> Steps:
    yield Progress(1)
    os._exit(status)


def segfault() -> Steps:
    yield Progress(1)
    os.kill(os.getpid(), signal.SIGSEGV)
    yield Progress(2)


def wrong_file() -> Steps:
    yield Progress(1)
    raise UserError("a.h5 is not an HDF5 file: choose another one.")


def bug() -> Steps:
    yield Progress(1)
    raise ZeroDivisionError("division by nothing")


def short_of_memory() -> Steps:
    yield Progress(1)
    raise MemoryError


def leaves_by_exit() -> Steps:
    yield Progress(1)
    sys.exit(3)


def cuda_broken() -> Steps:
    yield Progress(1)
    raise RuntimeError("CUDA error: an illegal memory access was encountered")


def loaded() -> Steps:
    """Which of the window's modules this process has, and how it is set up."""
    import psutil

    yield Progress(1)
    names = ("PySide6", "pyqtgraph", "qasync", "app", "widgets", "torch")
    return {
        "modules": [name for name in names if name in sys.modules],
        "main": getattr(sys.modules["__main__"], "__file__", None),
        "nice": psutil.Process().nice(),
        "threads": os.environ["OMP_NUM_THREADS"],
        "daemon": __import__("multiprocessing").current_process().daemon,
    }


def on_device(device: str) -> Steps:
    yield Progress(1)
    return device


def numbers() -> Steps:
    """A result with numpy in it."""
    import numpy as np

    yield Progress(1, values={"train_loss": np.float32(0.5)})
    return {"share": np.float64(0.25), "counts": np.arange(3), "where": Path("a"), "pair": (1, None)}


def secret() -> Steps:
    """A result that no JSON holds."""
    yield Progress(1)
    return object()


def forks() -> Steps:
    """Dies while a process that it forked lives on and holds its pipes."""
    yield Progress(1)
    if os.fork() == 0:
        time.sleep(25)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)
    yield Progress(2)


def hold(seconds: float) -> Steps:
    """Holds the interpreter's lock in C."""
    import ctypes

    yield Progress(1)
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))
    yield Progress(2)
