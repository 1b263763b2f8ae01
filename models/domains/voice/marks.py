"""What a file of another program tells inside recordings: regions by recording, labels of whole ones, what is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.region import Region

#: What stands for a region without a text where a format has no place for an empty one.
UNNAMED = "unnamed"
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")


class NoMarks(Exception):
    """Why a file tells of no regions, in words."""


@dataclass(frozen=True)
class Recorded:
    """What is written of: the name of a sound file, its length in s and its rate in samples/s."""

    name: str
    seconds: float
    rate: float


@dataclass
class Marks:
    """What one file tells. regions, labels: by the name it gives a recording, "" where it gives none.

    Regions have no name yet. wrong: the place of what is left out, and why. commas: numbers with a decimal comma.
    """

    regions: dict[str, list[Region]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    commas: int = 0

    def number(self, text: str) -> float:
        """A number as a file writes it, a comma for the point too. Raises ValueError with words for what is none."""
        plain = text.strip()
        if not _NUMBER.fullmatch(plain):
            raise ValueError(f"{plain[:40]!r} is no number")
        self.commas += "," in plain
        value = float(plain.replace(",", "."))
        if not math.isfinite(value):
            raise ValueError(f"{plain[:40]!r} is out of all bounds")
        return value

    def add(
        self, where: str, times: tuple[float, float], text: str, band: Sequence[float | None] = (None, None),
        recording: str = "", channels: tuple[str, ...] = (),
    ) -> bool:  # fmt: skip
        """One region more, or a word on why it is none."""
        start, stop = times
        low, high = band
        if stop < start:
            self.wrong.append((where, f"it ends at {stop:g} s, before it begins at {start:g} s"))
            return False
        if low is not None and high is not None and low >= high:
            self.wrong.append((where, f"its frequencies go from {low:g} up to {high:g} Hz"))
            return False
        if any(end is not None and end < 0 for end in band):
            self.wrong.append((where, "it has a frequency below 0 Hz"))
            return False
        self.regions.setdefault(recording, []).append(Region("", start, stop, text, channels, low, high))
        return True

    def told(self) -> list[str]:
        """All notes, that on commas among them."""
        many = f"{self.commas} number{'s' * (self.commas != 1)} with a decimal comma"
        return [*self.notes, *([f"{many} read as with a point"] if self.commas else [])]


def plain(number: float, least: int = 0) -> str:
    """A number to nine decimals, as many as it needs and at least so many."""
    head, _, tail = f"{number:.9f}".partition(".")
    tail = tail.rstrip("0").ljust(least, "0")
    return f"{head}.{tail}" if tail else head


def lines_of(text: str) -> list[str]:
    """The lines of a text, however their ends are written."""
    return [line.removesuffix("\r") for line in (text if "\n" in text else text.replace("\r", "\n")).split("\n")]


def one_line(text: str) -> str:
    """A text without tabs and ends of lines, for formats that have no place for them."""
    return re.sub(r"[\t\r\n]+", " ", text)


def ordered(regions: Sequence[Region]) -> list[Region]:
    """Regions by time, the longest of one start first."""
    return sorted(regions, key=lambda one: (one.start, -one.stop, one.name))
