"""Time-stamped annotation lists, the text inside EDF+ and BDF+ files: taken apart and put together."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: What no text may hold, for it ends a text.
_CUTS = str.maketrans({"\x00": " ", "\x14": " ", "\x15": " "})


@dataclass(frozen=True)
class Stamp:
    """One text of a list: onset and duration in s (None where it tells none), and the text.

    place, mates: which text of its list it is, of how many.
    """

    onset: float
    duration: float | None
    text: str
    place: int = 0
    mates: int = 1


def parse(block: bytes) -> tuple[list[Stamp], int]:
    """The texts of one record, time-keeping ones (empty) left out, and how many lists are damaged."""
    found: list[Stamp] = []
    damaged = 0
    for one in block.split(b"\x00"):
        if not one:
            continue
        head, sign, rest = one.partition(b"\x14")
        times = _times(head)
        if not sign or times is None:
            damaged += 1
            continue
        words = [text for part in rest.split(b"\x14") if (text := _decoded(part))]
        found += [Stamp(*times, text, place, len(words)) for place, text in enumerate(words)]
    return found, damaged


def clock_of(block: bytes) -> float | None:
    """When a record begins, as the first list of its first signal of text says."""
    times = _times(block.partition(b"\x14")[0])
    return None if times is None else times[0]


def _times(head: bytes) -> tuple[float, float | None] | None:
    onset, sign, duration = head.partition(b"\x15")
    try:
        first, long = float(onset), float(duration) if sign else None
    except ValueError:
        return None
    if not onset.startswith((b"+", b"-")) or not math.isfinite(first) or not (long is None or 0 <= long < 1e12):
        return None
    return first, long


def _decoded(part: bytes) -> str:
    try:
        return part.decode("utf-8")
    except UnicodeDecodeError:
        return part.decode("latin-1")


def compose(onset: float, duration: float, *texts: str) -> bytes:
    """One list of these texts; no duration where it is 0."""
    long = b"\x15" + plain(duration).encode() if duration else b""
    said = b"".join(_clean(text) + b"\x14" for text in texts)
    return f"{'' if onset < 0 else '+'}{plain(onset)}".encode() + long + b"\x14" + said + b"\x00"


def keep_time(onset: float) -> bytes:
    """The list that says when a record begins."""
    return f"{'' if onset < 0 else '+'}{plain(onset)}".encode() + b"\x14\x14\x00"


def plain(value: float) -> str:
    """A number with all its digits and without an exponent."""
    text = format(Decimal(repr(float(value))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _clean(text: str) -> bytes:
    return text.translate(_CUTS).encode("utf-8")


def fill(lists: Iterable[bytes], clocks: Iterable[float], width: int) -> tuple[int, list[bytes]]:
    """Lists dealt out to records that begin at these times: samples a record, and the bytes of each.

    width: bytes of a sample.
    """
    heads = [keep_time(clock) for clock in clocks]
    wanted = list(lists)
    longest = max(map(len, wanted), default=0)
    room = max(map(len, heads)) + (-(-sum(map(len, wanted)) // len(heads)) + longest if wanted else 0)
    size = -(-room // width) * width
    rest = iter(wanted)
    one = next(rest, None)
    blocks = []
    for head in heads:
        block = head
        while one is not None and len(block) + len(one) <= size:
            block += one
            one = next(rest, None)
        blocks.append(block.ljust(size, b"\x00"))
    return size // width, blocks


def read_date(word: str) -> dt.date | None:
    """The day of ``24-APR-1989``; None for another word."""
    parts = word.strip().upper().split("-")
    if len(parts) != 3 or parts[1] not in _MONTHS or not parts[0].isdigit() or not parts[2].isdigit():
        return None
    try:
        return dt.date(int(parts[2]), _MONTHS.index(parts[1]) + 1, int(parts[0]))
    except ValueError:
        return None


def write_date(day: dt.date) -> str:
    """A day as EDF+ has it."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year:04d}"
