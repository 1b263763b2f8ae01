"""The spawned process that does the orders. Knows no Qt and never imports the window's modules.

The main thread works, one thread listens to the pipe (so that a cancel and the window's death are
noticed during a step), one sends progress at most thirty times a second. All wait without polling.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

import psutil

from models.job import Progress
from workers.messages import Cancel, Command, Ended, Leave, Prime, Primed, Report, Run, Started, Stepped
from workers.steps import ending

#: Progress messages a second, at most.
RATE = 30.0
#: What a training imports; loaded by a primed standby.
USUAL = (
    *("numpy", "models.orders", "models.store.project", "torch", "models.learn.fit"),
    *("models.learn.metrics", "sklearn.linear_model", "sklearn.ensemble"),
)


def cores() -> int:
    """Cores that this process may use, less one for the window."""
    try:
        there = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        there = os.cpu_count() or 1
    return max(1, there - 1)


def main(pipe: Connection, device: str, crash_log: str, parent: int) -> None:
    """Serve the host at the other end of `pipe` until it says Leave or is gone.

    crash_log: a file that takes the Python stack of a segfault. parent: the host's process id.
    """
    _settle(crash_log)
    _die_with(parent)
    Child(pipe, device).serve()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(0)  # not sys.exit: no data loader or library thread may keep the process


def _settle(crash_log: str) -> None:
    """Be polite: leave the window a core, run below its priority, let it handle Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, str(cores()))
    me = psutil.Process()
    if sys.platform == "win32":
        me.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        me.nice(min(19, me.nice() + 5))
    faulthandler.enable(Path(crash_log).open("w", encoding="utf-8"))  # noqa: SIM115  open for life


def _die_with(parent: int) -> None:
    """Linux: the kernel kills this process with its parent, even while C code holds the interpreter."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


class Outbox:
    """Sends reports; progress is gathered and leaves at most RATE times a second.

    Of the steps gathered, those with values or a log line are all kept; of the others the latest.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._held: list[Progress] = []
        self._number = 0
        self._sent = 0.0
        self._due = threading.Condition()
        threading.Thread(target=self._run, name="outbox", daemon=True).start()

    def step(self, number: int, step: Progress) -> None:
        """Send `step`, now when the last message is old enough, else with the next."""
        with self._due:
            self._number = number
            first = not self._held
            if not first and not self._held[-1].values and not self._held[-1].log:
                self._held.pop()
            self._held.append(step)
            if time.monotonic() >= self._sent + 1 / RATE:
                self._flush()
            elif first:
                self._due.notify()

    def send(self, report: Report) -> None:
        """Send held progress, then `report`, now."""
        with self._due:
            self._flush()
            self._put(report)

    def _run(self) -> None:
        while True:
            with self._due:
                self._due.wait_for(lambda: bool(self._held))
                left = self._sent + 1 / RATE - time.monotonic()
                if left <= 0:
                    self._flush()
            time.sleep(max(0.0, left))

    def _flush(self) -> None:
        if self._held:
            steps, self._held = tuple(self._held), []
            self._put(Stepped(self._number, steps))
            self._sent = time.monotonic()

    def _put(self, report: Report) -> None:
        try:
            self._pipe.send(report)
        except OSError:  # the host is gone
            os._exit(1)


class Child:
    """Does what arrives in the pipe, one order after the other."""

    def __init__(self, pipe: Connection, device: str) -> None:
        self.pipe = pipe
        self.device = device
        self.outbox = Outbox(pipe)
        self.todo: SimpleQueue[Command] = SimpleQueue()
        self.cancelled: set[int] = set()
        self.priming: Iterator[None] | None = None
        self.began = 0.0
        threading.Thread(target=self._listen, name="listener", daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                command: Command = self.pipe.recv()
            except (EOFError, OSError):
                os._exit(1)
            if isinstance(command, Cancel):
                self.cancelled.add(command.number)
            else:
                self.todo.put(command)

    def serve(self) -> None:
        """Work until told to leave. Priming goes on between orders and gives way to them."""
        while True:
            if self.priming is not None and self.todo.empty():
                self._prime()
                continue
            match self.todo.get():
                case Prime():
                    self.priming, self.began = prime(self.device), time.monotonic()
                case Run() as run:
                    if self._do(run):
                        return
                case Leave():
                    return

    def _prime(self) -> None:
        """One stage; a failure is logged and leaves the child cold but of use."""
        assert self.priming is not None
        try:
            next(self.priming)
        except StopIteration:
            self.priming = None
            self.outbox.send(Primed(time.monotonic() - self.began))
        except Exception:
            self.priming = None
            logging.getLogger(__name__).exception("the standby could not be primed")

    def _do(self, run: Run) -> bool:
        """One order; True when this process is of no use any more."""
        self.outbox.send(Started(run.number))
        end, error = ending(
            run.order,
            run.arguments,
            run.device,
            lambda step: self.outbox.step(run.number, step),
            lambda: run.number in self.cancelled,
        )
        self.cancelled.discard(run.number)
        broken = error is not None and breaks_device(error)
        self.outbox.send(Ended(run.number, end, broken))
        return broken


def breaks_device(error: BaseException) -> bool:
    """Whether the error leaves a GPU context that fails every later call (out-of-memory does not)."""
    if type(error).__name__ == "OutOfMemoryError":
        return False
    return type(error).__name__ == "AcceleratorError" or "CUDA error" in str(error)


def prime(device: str) -> Iterator[None]:
    """Load what a training needs, one import a step, and train a tiny net for one step."""
    for name in USUAL:
        if find_spec(name) is not None:
            import_module(name)
        yield
    stages: tuple[Callable[[], object], ...] = (_set_threads, lambda: _dummy_step(device), gc.collect, gc.freeze)
    for stage in stages:
        stage()
        yield


def _set_threads() -> None:
    import torch

    torch.set_num_threads(cores())


def _dummy_step(wanted: str) -> None:
    """The first AdamW, convolution and backward pass cost 0.2 s and more: pay now."""
    import torch
    from torch import nn

    device = "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"
    net = nn.Sequential(
        *(nn.Conv1d(1, 32, 7), nn.BatchNorm1d(32), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(32, 32, 5)),
        *(nn.AdaptiveAvgPool1d(8), nn.Flatten(), nn.Dropout(), nn.Linear(256, 3)),
    ).to(device)
    optimiser = torch.optim.AdamW(net.parameters(), fused=True)
    target = torch.zeros(64, dtype=torch.long, device=device)
    loss = nn.functional.cross_entropy(net(torch.zeros(64, 1, 500, device=device)), target)
    torch.autograd.backward(loss)
    optimiser.step()
    float(loss.detach())
