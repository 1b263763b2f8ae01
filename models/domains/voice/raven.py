"""Selection tables of Raven: a row a selection, or two where it is in a waveform and in a spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath

from models.domains.voice.marks import Marks, NoMarks, Recorded, lines_of, one_line, ordered, plain
from models.region import Region

SUFFIX = ".selections.txt"
TITLE = "a Raven selection table"
_BEGIN, _END, _LOW, _HIGH = "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"
_FILE, _OFFSET, _TEXT, _LEVEL = "Begin File", "File Offset (s)", "Annotation", "Level"
HEAD = ("Selection", "View", "Channel", _BEGIN, _END, _LOW, _HIGH, _FILE, _TEXT, _LEVEL)
_WAVE, _SOUND = "Waveform 1", "Spectrogram 1"
#: What the level of a row is, where a table tells it.
_REGION, _RECORDING = "region", "recording"
#: Columns that may hold what a selection is called, the first that is there.
_TEXTS = (
    "annotation", "annotations", "label", "class", "species", "call type", "call_type", "type", "tag", "tags",
    "common name", "species code", "notes", "comment", "comments",
)  # fmt: skip


def is_table(head: str) -> bool:
    """Whether a text begins as a selection table does."""
    names = _names(head.split("\n", 1)[0])
    return _BEGIN.casefold() in names and _END.casefold() in names


def _names(line: str) -> list[str]:
    return [name.strip().casefold() for name in line.rstrip("\r").split("\t")]


def write(regions: Sequence[Region], label: str, of: Recorded) -> tuple[str, list[Region]]:
    """The text of a selection table, and the regions in its order."""
    top = of.rate / 2 if of.rate > 0 else 0.0
    kept = ordered(regions)
    rows = [(_WAVE, "1", 0.0, of.seconds, 0.0, top, label, _RECORDING)] if label else []
    for one in kept:
        low = one.low or 0.0
        high = one.high if one.high is not None else top
        # A box without a height would not be read again; the sidecar knows it.
        high = high if high > low else low + 1
        channel = one.channels[0] if len(one.channels) == 1 and one.channels[0].isdecimal() else "1"
        rows.append((_SOUND if one.banded else _WAVE, channel, one.start, one.stop, low, high, one.text, _REGION))
    lines = ["\t".join(HEAD)]
    for number, (view, channel, start, stop, low, high, text, level) in enumerate(rows, 1):
        numbers = (plain(start, 6), plain(stop, 6), plain(low, 3), plain(high, 3))
        lines.append("\t".join((str(number), view, channel, *numbers, one_line(of.name), one_line(text), level)))
    return "".join(f"{line}\n" for line in lines), kept


def read(text: str) -> Marks:
    """What a selection table tells; a row that is none is told and left out. Raises NoMarks."""
    lines = lines_of(text)
    names = _names(lines[0])
    if _BEGIN.casefold() not in names or _END.casefold() not in names:
        raise NoMarks(f"a selection table has columns {_BEGIN} and {_END}, and this has not")
    marks = Marks()
    if lines[-1].strip() and lines[-1].count("\t") < len(names) - 1:
        marks.wrong.append((f"line {len(lines)}", "it is cut off: the table ends in the middle of a row"))
        del lines[-1]
    rows = [(number, _cells(names, line)) for number, line in enumerate(lines[1:], 2) if line.strip()]
    rows = _singled(marks, rows)
    # A table that has anything on another channel tells channels; on the first alone it tells nothing.
    several = any(row.get("channel", "1") not in ("", "1") for _, row in rows)
    called = next((name for name in _TEXTS if name in names), "")
    if rows and not called:
        marks.notes.append("it has no column of annotations: its selections come in without a text")
    for number, row in rows:
        _take(marks, f"line {number}", row, called, several)
    return marks


def _cells(names: list[str], line: str) -> dict[str, str]:
    return dict(zip(names, (cell.strip(" ") for cell in line.split("\t")), strict=False))


def _singled(marks: Marks, rows: list[tuple[int, dict[str, str]]]) -> list[tuple[int, dict[str, str]]]:
    """A selection that is there by its waveform and by its spectrogram once, with its frequencies."""
    boxed = {_which(row) for _, row in rows if not _is_wave(row)}
    kept = [(number, row) for number, row in rows if not (_is_wave(row) and row.get("selection") and
                                                          _which(row) in boxed)]  # fmt: skip
    if len(kept) < len(rows):
        marks.notes.append(f"{len(rows) - len(kept)} selections are there as waveform and spectrogram and count once")
    return kept


def _which(row: dict[str, str]) -> tuple[str, ...]:
    """What tells a selection from others: a copy by its other view has the same number and times."""
    names = ("selection", "channel", _BEGIN.casefold(), _END.casefold(), _FILE.casefold())
    return tuple(row.get(name, "") for name in names)


def _is_wave(row: dict[str, str]) -> bool:
    return row.get("view", "").casefold().startswith("waveform")


def _take(marks: Marks, where: str, row: dict[str, str], called: str, several: bool) -> None:
    try:
        start, stop = (marks.number(row.get(name.casefold(), "")) for name in (_BEGIN, _END))
        offset = row.get(_OFFSET.casefold(), "")
        if offset:
            # Of a list of files the times run on over all of them.
            first = marks.number(offset)
            start, stop = first, round(first + stop - start, 9)
        band: list[float | None] = [None, None]
        if not _is_wave(row):
            told = [row.get(name.casefold(), "") for name in (_LOW, _HIGH)]
            band = [marks.number(text) if text else None for text in told]
    except ValueError as reason:
        marks.wrong.append((where, f"{reason} in {_BEGIN}, {_END} or the frequencies"))
        return
    recording = PureWindowsPath(row.get(_FILE.casefold(), "")).as_posix()
    recording = "" if recording == "." else recording
    text = row.get(called, "")
    if row.get(_LEVEL.casefold()) == _RECORDING:
        marks.labels[recording] = text
    else:
        marks.add(where, (start, stop), text, band, recording, (row.get("channel", "1"),) if several else ())
