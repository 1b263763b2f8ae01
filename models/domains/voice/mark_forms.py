"""The formats of regions: Raven's, Praat's and Audacity's; which one a file is, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.domains.voice import audacity, raven, textgrid
from models.domains.voice.marks import Marks, NoMarks, Recorded
from models.region import Region
from models.texttable import decode

#: No file of regions is longer, in bytes; of one so many are looked at to tell what it is.
_LONGEST, _HEAD = 256 << 20, 4096
#: How a TextGrid begins that is not text, or is of a form that Praat itself has left behind.
_BINARY, _OLD = b"ooBinaryFile", "Praat chronological TextGrid"


@dataclass(frozen=True)
class Form:
    """One format. write: regions, label and what they are of → text, and the regions in the order of `read`."""

    name: str
    title: str
    suffix: str
    fits: Callable[[str], bool]
    write: Callable[[Sequence[Region], str, Recorded], tuple[str, list[Region]]]
    read: Callable[[str], Marks]


RAVEN = Form("raven", raven.TITLE, raven.SUFFIX, raven.is_table, raven.write, raven.read)
TEXTGRID = Form("textgrid", textgrid.TITLE, textgrid.SUFFIX, textgrid.is_grid, textgrid.write, textgrid.read)
AUDACITY = Form("audacity", audacity.TITLE, audacity.SUFFIX, audacity.is_track, audacity.write, audacity.read)
FORMS = (RAVEN, TEXTGRID, AUDACITY)


def form_of(path: Path) -> Form | None:
    """The format of a file by how it begins, None for another file."""
    try:
        # A pipe would be waited for, for ever.
        if not path.is_file():
            return None
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    text = head.decode("utf-16", "ignore") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else decode(head, cut=True)
    return next((form for form in FORMS if form.fits(text)), None)


def read_marks(path: Path) -> Marks:
    """What a file of regions tells. Raises NoMarks for one that is none or cannot be read."""
    try:
        if path.exists() and not path.is_file():
            raise NoMarks("it is a folder, a pipe or a device, not a file")
        if path.stat().st_size > _LONGEST:
            raise NoMarks(f"it is longer than {_LONGEST >> 20} MB: split it")
        data = path.read_bytes()
    except OSError as error:
        raise NoMarks(f"it cannot be read ({error.strerror or error})") from error
    if not data.strip():
        raise NoMarks("it is empty")
    text = decode(data)
    form = next((one for one in FORMS if one.fits(text)), None)
    if form is None:
        raise NoMarks(_reason(data, text))
    marks = form.read(text)
    try:
        data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError:
        marks.notes.append("it is not written in UTF-8: read as Latin-1, look at its accents")
    return marks


def _reason(data: bytes, text: str) -> str:
    if data.startswith(_BINARY):
        return "it is a binary TextGrid: save it as a text file in Praat"
    if _OLD in text[:400]:
        return "it is a chronological TextGrid: save it as a text file in Praat"
    return "it does not begin as a TextGrid, a Raven selection table or an Audacity label track"
