"""Label tracks of Audacity: a line with start, end and text, and one with the frequencies of a spectral selection."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.domains.voice.marks import Marks, Recorded, lines_of, one_line, ordered, plain
from models.region import Region

SUFFIX = ".txt"
TITLE = "an Audacity label track"
#: What a label that speaks for the whole recording begins with.
_WHOLE = "recording: "
#: What Audacity writes for a frequency that is not set.
_NONE = "-1.000000"
_TIME = r"[+-]?\d+(?:[.,]\d*)?"
_LINE = re.compile(rf"{_TIME}\t{_TIME}(?:\t|$)")
_BAND = "\\\t"


def is_track(head: str) -> bool:
    """Whether a text begins as a label track does."""
    first = next((line for line in head.split("\n") if line.strip()), "").rstrip("\r")
    return bool(_LINE.match(first))


def write(regions: Sequence[Region], label: str, of: Recorded) -> tuple[str, list[Region]]:
    """The text of a label track, and the regions in its order."""
    lines = [f"{plain(0, 6)}\t{plain(of.seconds, 6)}\t{_WHOLE}{one_line(label)}"] if label else []
    kept = ordered(regions)
    for one in kept:
        text = one_line(one.text)
        # What only looks like the label of the recording is moved away from that.
        text = f" {text}" if text.startswith(_WHOLE) else text
        lines.append(f"{plain(one.start, 6)}\t{plain(one.stop, 6)}\t{text}")
        if one.banded:
            low, high = (_NONE if end is None else plain(end, 6) for end in (one.low, one.high))
            lines.append(f"{_BAND}{low}\t{high}")
    return "".join(f"{line}\n" for line in lines), kept


def read(text: str) -> Marks:
    """What a label track tells; a line that is none is told and left out."""
    marks = Marks()
    lines = lines_of(text)
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("\\"):
            _take(marks, number, line, lines[number] if number < len(lines) else "")
        elif line.startswith("\\") and not (number > 1 and lines[number - 2].strip()):
            marks.wrong.append((f"line {number}", "frequencies without a label before them"))
    return marks


def _take(marks: Marks, number: int, line: str, after: str) -> None:
    """One label with the frequencies in the line behind it, where these are there."""
    where = f"line {number}"
    parts = line.split("\t", 2)
    try:
        if len(parts) < 2:
            raise ValueError("start and end have no tab between them")
        start, stop = marks.number(parts[0]), marks.number(parts[1])
    except ValueError as reason:
        marks.wrong.append((where, f"{reason}: give start, end and text with tabs between them"))
        return
    text = parts[2] if len(parts) > 2 else ""
    if text.startswith(_WHOLE):
        marks.labels[""] = text.removeprefix(_WHOLE)
        return
    try:
        band = _band(marks, after)
    except ValueError as reason:
        marks.wrong.append((f"line {number + 1}", f"{reason}: the label before it has no frequencies"))
        band = (None, None)
    marks.add(where, (start, stop), text, band)


def _band(marks: Marks, line: str) -> tuple[float | None, float | None]:
    """The frequencies in Hz that a line tells, None for one that is not set. Raises ValueError for a damaged line."""
    if not line.startswith("\\"):
        return None, None
    parts = line.split("\t")
    if len(parts) != 3:
        raise ValueError("a line of frequencies is \\, low and high with tabs between them")
    low, high = (marks.number(part) for part in parts[1:])
    return None if low == -1 else low, None if high == -1 else high
