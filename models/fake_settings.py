"""What a generation of data is told, which may be text, read with limits; and that it writes over nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.errors import UserError
from models.params import unknown


def check_names(settings: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise UserError for a setting that there is none of."""
    names = list(known)
    for name in settings:
        if name not in names:
            raise UserError(unknown("setting", name, names))


def one_of(settings: Mapping[str, Any], name: str, known: Sequence[str]) -> str:
    """One of some words, the first unless told. Raises UserError for another."""
    value = str(settings.get(name, known[0]))
    if value not in known:
        raise UserError(f"{name} is {value!r}: give {', '.join(known[:-1])} or {known[-1]}")
    return value


def number_of(settings: Mapping[str, Any], name: str, usual: float, low: float, high: float) -> float:
    """A number inside limits, a whole one where the usual one is. Raises UserError for another."""
    given = settings.get(name, usual)
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = low - 1
    if not low <= value <= high or (isinstance(usual, int) and value != int(value)):
        kind = "a whole number" if isinstance(usual, int) else "a number"
        raise UserError(f"{name} is {given!r}: give {kind} from {low:g} to {high:g}")
    return value


def refuse(path: Path) -> None:
    """Raise UserError where something is already."""
    if path.exists():
        raise UserError(f"{path} exists: give another folder, or delete it first")
