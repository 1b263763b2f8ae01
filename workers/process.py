"""One spawned child as the host sees it: start, talk, notice its death, end it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import types
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

import psutil

from workers import child
from workers.messages import Command, Report

_spawning = threading.Lock()


class Process:
    """A running child. Raises OSError when it cannot be started."""

    def __init__(self, device: str) -> None:
        handle, name = tempfile.mkstemp(prefix="winnow-worker-", suffix=".log")
        os.close(handle)
        self._crash_log = Path(name)
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=child.main,
            args=(theirs, device, name, os.getpid()),
            name=f"winnow worker {device}",
            daemon=False,
        )
        try:
            _start(self._process)
        except OSError:
            self._crash_log.unlink(missing_ok=True)
            raise
        finally:
            theirs.close()
        self.pid: int = self._process.pid or 0
        self._pidfd = _pidfd(self.pid)

    @property
    def death(self) -> int:
        """Something for ``connection.wait`` that becomes ready when the child dies.

        multiprocessing's own sentinel stays open while a data loader that the child forked lives;
        a Linux pidfd does not.
        """
        return self._process.sentinel if self._pidfd is None else self._pidfd

    def send(self, command: Command) -> None:
        """Nothing happens when the child is dead: `death` tells."""
        with contextlib.suppress(OSError):
            self.pipe.send(command)

    def reports(self) -> list[Report]:
        """What has arrived, oldest first."""
        found: list[Report] = []
        with contextlib.suppress(EOFError, OSError):
            while self.pipe.poll():
                found.append(self.pipe.recv())
        return found

    def end(self, patience: float) -> int:
        """Wait `patience` seconds for the child to leave, then kill it and its own children.

        Returns the exit status, negative for a signal.
        """
        wait([self.death], patience)  # not join(patience): it waits for the sentinel
        if self._process.exitcode is None:
            self._kill()
            self._process.join()
        status = self._process.exitcode
        self._process.close()
        self.pipe.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
        return status if status is not None else -1

    def _kill(self) -> None:
        with contextlib.suppress(psutil.Error):
            for each in psutil.Process(self.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    each.kill()
        self._process.kill()

    def last_words(self) -> str:
        """The Python stack that a segfault left, or ""; once, after `end`."""
        try:
            return self._crash_log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        finally:
            with contextlib.suppress(OSError):
                self._crash_log.unlink(missing_ok=True)


def _start(process: SpawnProcess) -> None:
    """Start without the main module.

    A spawned process imports its parent's main module again: the window with Qt, a script without a
    main guard. The child needs nothing of it, so an empty one stands in while the process starts.
    """
    with _spawning:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            process.start()
        finally:
            sys.modules["__main__"] = main


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or an old kernel
        return None


def death_words(status: int) -> str:
    """How a process ended, for a person: "signal 9", "status 3"."""
    if status >= 0:
        return f"status {status}"
    with contextlib.suppress(ValueError):
        return f"signal {-status}, {signal.Signals(-status).name}"
    return f"signal {-status}"
