"""Training behind the window: the first step after the click, smooth frames meanwhile, throughput.

Frames are the trace viewer's (60 s of 20 channels at 256 Hz, panned), painted in a window's thread
while the worker trains, in turn with idle rounds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from models.job import Done, Job

Row = dict[str, Any]
FRAME = 1 / 60


def run(quick: bool) -> list[Row]:
    """All rows; see ``table``."""
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    bench = _Bench(app)
    try:
        return [
            *bench.first_step(1 if quick else 5),
            *bench.frames(1 if quick else 5, 2.0 if quick else 12.0),
            *bench.throughput(quick),
        ]
    finally:
        bench.host.close()


def _job(name: str, **arguments: Any) -> Job:
    return Job(f"benchmarks.loads:{name}", arguments, name, "cpu")


class _Bench:
    """One application with one host."""

    def __init__(self, app: Any) -> None:
        from workers.host import Host

        self.app = app
        self.host = Host("cpu")

    def until(self, fact: Callable[[], bool], seconds: float = 300.0) -> None:
        """Let the loop run until `fact()`."""
        end = time.monotonic() + seconds
        while not fact():
            if time.monotonic() > end:
                raise TimeoutError("a benchmark waited in vain")
            self.app.processEvents()
            time.sleep(0.0005)

    def prime(self) -> None:
        ready: list[float] = []
        self.host.primed.connect(ready.append)
        self.host.prime()
        self.until(lambda: bool(ready))
        self.host.primed.disconnect(ready.append)

    def _click(self) -> tuple[float, float]:
        """Seconds from the click on Train until the first step begins, and until its end is seen in the window."""
        ticket = self.host.ticket(_job("training"))
        came: list[float] = []
        ticket.progressed.connect(lambda _: came.append(time.time()))
        clicked = time.time()
        self.host.submit(ticket)
        self.until(lambda: bool(came) or ticket.ending is not None)
        if not came:
            raise RuntimeError(f"the training did not start: {ticket.ending}")
        began = ticket.last.values["began"]
        self.stop(ticket)
        return began - clicked, came[0] - clicked

    def stop(self, ticket: Any) -> None:
        self.host.cancel(ticket)
        self.until(lambda: ticket.ending is not None)

    def first_step(self, rounds: int) -> list[Row]:
        """A primed standby against a child that is spawned at the click."""
        from workers.host import Host

        cold, primed = [], []
        for _ in range(rounds):
            self.host.close()
            self.host = Host("cpu")
            cold.append(self._click())
            self.host.close()
            self.host = Host("cpu")
            self.prime()
            primed.append(self._click())
        rows = []
        for place, what in enumerate(("begins", "is done and seen")):
            ours, peer = (statistics.median(times[place] for times in each) for each in (primed, cold))
            rows.append(
                {
                    "name": f"first training step {what} after the click",
                    "ours": ours,
                    "peer": peer,
                    "ratio": peer / ours,
                    "unit": "s",
                    "goal": None if place else 0.1,
                    "goal_of": "ours",
                    "higher_is_better": False,
                    "note": "primed standby, its first job; peer: a child spawned at the click",
                }
            )
        return rows

    def frames(self, rounds: int, seconds: float) -> list[Row]:
        """Frame times while the worker trains against idle."""
        paint, what = _painter()
        _loop(self.app, paint, 1.0)
        idle, busy = [], []
        for _ in range(rounds):
            idle.append(_loop(self.app, paint, seconds))
            ticket = self.host.ticket(_job("training"))
            self.host.submit(ticket)
            self.until(partial(_begun, ticket))
            busy.append(_loop(self.app, paint, seconds))
            self.stop(ticket)
        quiet, load = np.concatenate(idle) * 1000, np.concatenate(busy) * 1000
        ratios = [float(np.percentile(b, 99) / np.percentile(i, 99)) for i, b in zip(idle, busy, strict=True)]
        shape = {part: f"{np.percentile(load, part):.1f}/{np.percentile(quiet, part):.1f}" for part in (50, 95)}
        return [
            {
                "name": "frame p99 while training against idle",
                "ours": float(np.percentile(load, 99)),
                "peer": float(np.percentile(quiet, 99)),
                "ratio": statistics.median(ratios),
                "unit": "ms",
                "goal": 1.5,
                "goal_of": "ratio",
                "higher_is_better": False,
                "note": f"{what}; training/idle p50 {shape[50]}, p95 {shape[95]} ms; {len(load)} frames",
            },
            {
                "name": "longest frame while training",
                "ours": float(load.max()),
                "peer": float(quiet.max()),
                "ratio": float(load.max() / quiet.max()),
                "unit": "ms",
                "goal": 50.0,
                "goal_of": "ours",
                "higher_is_better": False,
                "note": "peer: idle",
            },
        ]

    def throughput(self, quick: bool) -> list[Row]:
        """Samples a second of the project's loop against one written by hand."""
        count, epochs, rounds = (1000, 2, 3) if quick else (2000, 4, 7)
        ticket = self.host.ticket(_job("throughput", count=count, epochs=epochs, rounds=rounds))
        self.host.submit(ticket)
        self.until(lambda: ticket.ending is not None, 900)
        if not isinstance(ticket.ending, Done):
            raise RuntimeError(f"the throughput could not be measured: {ticket.ending}")
        found, samples = ticket.ending.result, count * 4 // 5 * epochs
        return [
            {
                "name": "training throughput against a hand-written loop",
                "ours": samples / found["ours"],
                "peer": samples / found["hand"],
                "ratio": found["ratio"],
                "unit": "samples/s",
                "goal": 0.97,
                "goal_of": "ratio",
                "higher_is_better": True,
                "note": "the seed's CNN on 500-sample traces; ours with curves, checkpoints and validation",
            }
        ]


def _loop(app: Any, paint: Callable[[int], None], seconds: float) -> Any:
    """Times of paced frames, in s: what passes from the new range to the drawn frame, events included.

    The view paints in the event loop, so the loop is inside what is timed.
    """
    times = []
    end = time.perf_counter() + seconds
    due = time.perf_counter()
    number = 0
    while due < end:
        while (now := time.perf_counter()) < due:
            app.processEvents()
            time.sleep(min(0.001, max(0.0, due - now)))
        began = time.perf_counter()
        paint(number)
        app.processEvents()
        times.append(time.perf_counter() - began)
        number += 1
        due = max(due + FRAME, time.perf_counter())
    return np.array(times)


class _Recording:
    """Twenty channels in memory, as a lazy reader."""

    def __init__(self, channels: int = 20, seconds: int = 3600, rate: int = 256) -> None:
        self.values = np.random.default_rng(0).normal(size=(channels, seconds * rate)).astype(np.float32)

    @property
    def channels(self) -> int:
        return len(self.values)

    @property
    def length(self) -> int:
        return int(self.values.shape[1])

    def read(self, start: int, stop: int, columns: int) -> tuple[Any, Any]:
        part = self.values[:, max(0, start) : stop]
        if part.shape[1] <= columns:
            return part, part
        edges = np.linspace(0, part.shape[1], columns, endpoint=False).astype(int)
        return np.minimum.reduceat(part, edges, axis=1), np.maximum.reduceat(part, edges, axis=1)


def _begun(ticket: Any) -> bool:
    """Whether its first epoch is done."""
    return bool(ticket.last.values.get("epoch", 0) >= 1)


def _painter() -> tuple[Callable[[int], None], str]:
    """A function that pans the trace viewer to a page and paints it."""
    from models.payload import Traces
    from widgets.traces.viewer import TraceViewer

    viewer = TraceViewer()
    viewer.resize(1280, 720)
    viewer.show()
    viewer.set_payload(Traces(_Recording(), tuple(f"ch {i}" for i in range(20)), 256.0, unit="µV", title="benchmark"))

    def paint(number: int) -> None:
        left = (number * 7.0) % 3500
        viewer.plot.set_x(left, left + 60)

    return paint, "trace viewer, 60 s of 20 channels, 1280 × 720"
