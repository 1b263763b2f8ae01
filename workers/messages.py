"""What goes through the pipe between the host and its child: numbers, names and plain results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from models.job import Ending, Progress


@dataclass(frozen=True)
class Run:
    """To the child: do this order; `number` names the job in all later messages."""

    number: int
    order: str
    arguments: Mapping[str, Any]
    device: str


@dataclass(frozen=True)
class Cancel:
    """To the child: stop that job at its next step."""

    number: int


@dataclass(frozen=True)
class Prime:
    """To the child: load what a training needs and do one dummy step."""


@dataclass(frozen=True)
class Leave:
    """To the child: end."""


@dataclass(frozen=True)
class Started:
    """From the child: the job's first step begins."""

    number: int


@dataclass(frozen=True)
class Stepped:
    """From the child: steps since the last message, oldest first."""

    number: int
    steps: tuple[Progress, ...]


@dataclass(frozen=True)
class Ended:
    """From the child: how the job ended; `leaving`: the child ends too (its GPU context is broken)."""

    number: int
    ending: Ending
    leaving: bool = False


@dataclass(frozen=True)
class Primed:
    """From the child: the standby is ready; `seconds` it took."""

    seconds: float


Command = Run | Cancel | Prime | Leave
Report = Started | Stepped | Ended | Primed


def plain(value: Any) -> Any:
    """`value` as JSON knows it: numpy numbers and small arrays, tuples, sets and paths are converted.

    Raises TypeError for anything else, so that no object sneaks through the pipe.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value if type(value) in (str, bool, int, float, type(None)) else _bare(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # numpy and torch, without importing either
        return plain(value.tolist())
    raise TypeError(f"an order's result may hold plain values only, not {type(value).__name__}")


def _bare(value: Any) -> Any:
    """An instance of a subclass (numpy.float64, an enum of str) as its plain base."""
    return next(base(value) for base in (bool, int, float, str) if isinstance(value, base))


def plain_progress(step: Progress) -> Progress:
    """`step` with plain numbers."""
    values = {str(name): _number(value) for name, value in step.values.items()}
    return replace(step, done=int(step.done), total=int(step.total), values=values)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
