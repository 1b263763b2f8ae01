"""A step of a job that a file describes, and what its paths mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.orders.naming import place


@dataclass(frozen=True)
class Step:
    """One step of the file: its verb, arguments and line."""

    verb: str
    arguments: Mapping[str, Any]
    line: int


def beside(file: Path, text: str) -> Path:
    """A path as the file means it: from the file's own folder."""
    path = Path(text).expanduser()
    return path if path.is_absolute() else place(str(file.parent / path))
