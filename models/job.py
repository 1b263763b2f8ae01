"""What travels between the window, the worker's host and its child: plain picklable records."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

#: An order is a generator of Progress that returns a JSON-able result.
Steps = Generator["Progress", None, Any]
Order = Callable[..., Steps]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Progress:
    """One step: `done` of `total` (0 = unknown), words, numbers for curves and meters.

    values: for a training step ``epoch``, ``train_loss``, ``val_loss``,
    ``val_balanced_accuracy``, ``train_balanced_accuracy``, ``rate`` (samples/s), ``left`` (s); where a
    fold begins ``fold`` (from 1) and ``folds``.
    log: one line for the run's log, empty for none. note: a sentence for who reads what came of it, on its card and in
    the answer; it goes into the log too. keeping: what was made is being kept, so a cancel
    waits for it. row: one more row of a table that grows, such as a configuration that was tried.
    """

    done: int = 0
    total: int = 0
    text: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    log: str = ""
    note: str = ""
    keeping: bool = False
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Printout(Progress):
    """Pages that who runs the order writes as PDF before the next step: an order knows no printer.

    html: with its pictures as PNG inside. paper: "a4" or "letter". foot: what stands at the foot of each page, beside
    its title and number.
    """

    html: str = ""
    path: Path = Path()
    paper: str = "a4"
    title: str = ""
    foot: str = ""


def finish(steps: Generator[Any, None, Result]) -> Result:
    """Run a generator to its end and give its value."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Job:
    """One order by its name in ``models.orders.ORDERS`` with its arguments.

    device: "cpu", "cuda", or "auto" for the GPU where there is one.
    """

    order: str
    arguments: Mapping[str, Any]
    title: str
    device: str = "auto"


@dataclass(frozen=True)
class Done:
    """The job's result (JSON-able)."""

    result: Any


@dataclass(frozen=True)
class Failed:
    """Why a job ended: words for a person; `trace` only when it was our fault."""

    text: str
    trace: str = ""


@dataclass(frozen=True)
class Stopped:
    """The job was cancelled; `result` is what it kept, or None."""

    result: Any = None


Ending = Done | Failed | Stopped
