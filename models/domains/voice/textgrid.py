"""TextGrids of Praat as text, long and short: tiers of intervals and of moments.

Praat reads such a file by its free-standing numbers, texts in quotes and flags alone; all else is a comment. So one
reader reads both forms (Praat manual, "TextGrid file formats").
"""

from __future__ import annotations

import bisect
import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.domains.voice.marks import UNNAMED, Marks, NoMarks, Recorded, ordered, plain
from models.region import Region

SUFFIX = ".TextGrid"
TITLE = "a Praat TextGrid"
_INTERVALS, _POINTS = "IntervalTier", "TextTier"
#: Our tiers: the label of the recording, regions (further ones "regions 2" …), moments.
_RECORDING, _REGIONS, _MOMENTS = "recording", "regions", "moments"
_TOKEN = re.compile(r'"(?:[^"]|"")*"(?=\s|$)|!.*|\S+')
_NUMBER = re.compile(r"[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?%?")
_OURS = re.compile(rf"(?:{_REGIONS}|{_MOMENTS})(?: \d+)?")
#: No file tells of more tiers, or more parts of one.
_MOST = 10_000_000


def is_grid(head: str) -> bool:
    """Whether a text begins as a TextGrid does."""
    return '"ooTextFile"' in head[:400] and "TextGrid" in head[:400]


# Writing


def write(regions: Sequence[Region], label: str, of: Recorded) -> tuple[str, list[Region]]:
    """The text of a TextGrid, and the regions in its order; what overlaps goes to further tiers."""
    start = min([0.0, *(one.start for one in regions)])
    stop = max([of.seconds, *(one.stop for one in regions)])
    ends = (start, stop if stop > start else start + 1)
    spans = _apart([one for one in ordered(regions) if one.stop > one.start])
    moments = _apart([one for one in ordered(regions) if one.stop == one.start])
    tiers: list[tuple[str, str, list[tuple[float, float, str]]]] = []
    if label:
        tiers.append((_INTERVALS, _RECORDING, [(*ends, label)]))
    for number, row in enumerate(spans or [[]], 1):
        parts = [(one.start, one.stop, one.text if one.text.strip() else UNNAMED) for one in row]
        tiers.append((_INTERVALS, _numbered(_REGIONS, number), [*_filled(parts, ends)]))
    for number, row in enumerate(moments, 1):
        parts = [(one.start, one.stop, one.text) for one in row]
        tiers.append((_POINTS, _numbered(_MOMENTS, number), parts))
    return _text(tiers, ends), [one for row in (*spans, *moments) for one in row]


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def _apart(regions: Sequence[Region]) -> list[list[Region]]:
    """Regions in as few rows as they need, none of a row over another; of moments none at the place of another."""
    rows: list[list[Region]] = []
    free: list[tuple[float, int]] = []
    for one in regions:
        moment = one.stop == one.start
        if free and (free[0][0] < one.start if moment else free[0][0] <= one.start):
            place = heapq.heappop(free)[1]
        else:
            place = len(rows)
            rows.append([])
        rows[place].append(one)
        heapq.heappush(free, (one.stop, place))
    return rows


def _filled(parts: Sequence[tuple[float, float, str]], ends: tuple[float, float]) -> Iterator[tuple[float, float, str]]:
    """Intervals with empty ones between them, so that all of the time is told."""
    now = ends[0]
    for start, stop, text in parts:
        if start > now:
            yield now, start, ""
        yield start, stop, text
        now = stop
    if now < ends[1]:
        yield now, ends[1], ""


def _text(tiers: Sequence[tuple[str, str, list[tuple[float, float, str]]]], ends: tuple[float, float]) -> str:
    low, high = map(plain, ends)
    lines = [
        'File type = "ooTextFile"', 'Object class = "TextGrid"', "", f"xmin = {low}", f"xmax = {high}",
        "tiers? <exists>", f"size = {len(tiers)}", "item []:",
    ]  # fmt: skip
    for number, (kind, name, parts) in enumerate(tiers, 1):
        what = "intervals" if kind == _INTERVALS else "points"
        lines += [
            f"    item [{number}]:", f'        class = "{kind}"', f"        name = {_quoted(name)}",
            f"        xmin = {low}", f"        xmax = {high}", f"        {what}: size = {len(parts)}",
        ]  # fmt: skip
        for place, (start, stop, text) in enumerate(parts, 1):
            lines.append(f"        {what} [{place}]:")
            if kind == _INTERVALS:
                lines += [f"            xmin = {plain(start)}", f"            xmax = {plain(stop)}"]
                lines.append(f"            text = {_quoted(text)}")
            else:
                lines += [f"            number = {plain(start)}", f"            mark = {_quoted(text)}"]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


# Reading


@dataclass(frozen=True)
class _Token:
    """A free-standing number, text (then `value` is it) or flag, and where it stands."""

    kind: str
    value: str
    at: int


def read(text: str) -> Marks:
    """What a TextGrid tells; what is damaged in it is told and left out. Raises NoMarks."""
    if not is_grid(text):
        raise NoMarks("it does not begin as a TextGrid that was saved as text")
    # Of a file of another system the ends of lines inside texts are its own.
    head = text.split("\n", 1)[0]
    text = text.replace("\r\n", "\n") if head.endswith("\r") else text.replace("\r", "\n") if "\n" not in text else text
    return _Reading(text).marks


class _Reading:
    """Goes through the numbers and texts of a file, tier by tier."""

    def __init__(self, text: str) -> None:
        self.text, self.marks = text, Marks()
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._tokens = [token for token in _tokens(text) if token.kind]
        # File type, object class, start, end, the flag that there are tiers, and how many.
        self._next = next((place + 1 for place, one in enumerate(self._tokens) if one.kind == "flag"), 0)
        if not self._next:
            raise NoMarks("it holds no tiers")
        self._tiers()

    def _where(self, at: int) -> str:
        return f"line {bisect.bisect_left(self._ends, at) + 1}"

    def _take(self, kind: str) -> _Token | None:
        """The next token if it is of a kind."""
        if self._next < len(self._tokens) and self._tokens[self._next].kind == kind:
            self._next += 1
            return self._tokens[self._next - 1]
        return None

    def _wrong(self, reason: str) -> None:
        at = self._tokens[self._next].at if self._next < len(self._tokens) else len(self.text.rstrip())
        self.marks.wrong.append((self._where(at), reason))

    def _tiers(self) -> None:
        count = self._count("tiers")
        names = []
        for number in range(1, count + 1):
            kind = self._take("text")
            name = self._take("text")
            ends = self._take("number"), self._take("number")
            many = self._count("parts") if kind and name and all(ends) else None
            if kind is None or name is None or many is None or kind.value not in (_INTERVALS, _POINTS):
                self._wrong(f"tier {number} of {count} is damaged or missing: what follows is left out")
                return
            self._tier(kind.value, name.value, many)
            names += [name.value] if not _OURS.fullmatch(name.value) and name.value != _RECORDING else []
        if names:
            told = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            self.marks.notes.append(f"regions have no tiers: the names of tiers are not kept ({told})")

    def _count(self, what: str) -> int:
        """A number of things that follow, 0 where it is damaged."""
        token = self._take("number")
        digits = "" if token is None else token.value
        if token is None or not digits.isdecimal() or len(digits) > len(str(_MOST)) or int(digits) > _MOST:
            self._wrong(f"the number of {what} is damaged or missing")
            return 0
        return int(token.value)

    def _tier(self, kind: str, name: str, many: int) -> None:
        found = []
        for place in range(1, many + 1):
            part = self._part()
            if part is None:
                self._wrong(f"tier {name!r} has {place - 1} parts and tells of {many}")
                break
            found.append(part)
        whole = [part for part in found if part[1].value.strip()]
        if name == _RECORDING and kind == _INTERVALS and len(found) == len(whole) == 1:
            self.marks.labels[""] = whole[0][1].value
            return
        for numbers, text in found:
            self._region(kind, numbers, text)

    def _part(self) -> tuple[list[_Token], _Token] | None:
        """The numbers before a text, and it; None where the tier has ended too early."""
        numbers = []
        while (number := self._take("number")) is not None:
            numbers.append(number)
        following = self._tokens[self._next] if self._next < len(self._tokens) else None
        if following is None or (not numbers and following.value in (_INTERVALS, _POINTS)):
            return None
        text = self._take("text")
        return (numbers, text) if text is not None else None

    def _region(self, kind: str, numbers: list[_Token], text: _Token) -> None:
        if kind == _INTERVALS and not text.value.strip():
            return
        where = self._where(numbers[0].at if numbers else text.at)
        if len(numbers) != (2 if kind == _INTERVALS else 1):
            self.marks.wrong.append((where, f"{text.value[:40]!r} has not the times that it needs"))
            return
        try:
            times = [self.marks.number(one.value) for one in numbers]
        except ValueError as reason:
            self.marks.wrong.append((where, str(reason)))
            return
        self.marks.add(where, (times[0], times[-1]), text.value)


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        word = found[0]
        if word.startswith('"') and len(word) > 1 and word.endswith('"'):
            yield _Token("text", word[1:-1].replace('""', '"'), found.start())
        elif word == "<exists>":
            yield _Token("flag", word, found.start())
        elif _NUMBER.fullmatch(word):
            yield _Token("number", word, found.start())
