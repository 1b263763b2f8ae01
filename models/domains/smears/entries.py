"""What every format is read as before it becomes samples: images, and the boxes that a file draws in them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from models.domains.smears.boxes import BadBox, Box

#: What no class is written with: line ends, tabs, and signs that XML and file names have no place for.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ufffe\uffff]+")


class Mark(NamedTuple):
    """One object of an image: its box, or why that is none; its class or None; what else is told of it."""

    box: Box | None
    label: str | None
    wrong: str = ""
    facts: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Entry:
    """One image of a file: the name as told, its marks, its size as told (0 unknown), and facts of all its cells.

    wrong: why it is no image, "" for one that is; the name then tells the place in the file.
    """

    name: str
    marks: Sequence[Mark] = ()
    width: int = 0
    height: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    wrong: str = ""


def mark(read: Callable[[], Box], label: Any, facts: Mapping[str, Any] | None = None) -> Mark:
    """One mark, whose box is read by a function that may raise BadBox or find something missing."""
    try:
        return Mark(read(), class_text(label), "", facts or {})
    except BadBox as reason:
        return Mark(None, class_text(label), str(reason), facts or {})
    except (KeyError, TypeError, IndexError, AttributeError):
        return Mark(None, class_text(label), "it has no box", facts or {})


def class_text(value: Any) -> str | None:
    """A class as text, as it is written: None for nothing; whole numbers without decimals, and one line."""
    if value is None or isinstance(value, dict | list) or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _CONTROL.sub(" ", str(value)).strip() or None


def size_of(value: Any) -> int:
    """A side of an image as told, 0 where it is no number of pixels."""
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if 0 < number < 10_000_000 else 0
