"""Finding smears: files of boxes of every known form, folders of cells, images; each given to what reads it."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.domain import Finding, Noted, Skipped
from models.domains.smears import bbbc, crops, plain, voc
from models.domains.smears.images import SUFFIXES
from models.domains.smears.options import part_in, read_options
from models.domains.smears.sheet import Desk, check_group, gather
from models.domains.smears.voc import NotVoc
from models.errors import UserError
from models.job import Progress
from models.natural import natural

#: No list of boxes is longer, in bytes of text.
_LONGEST = 2 << 30
#: What a damaged file of boxes can raise while it is read.
DAMAGE = (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, MemoryError)


class BadList(Exception):
    """Why a file of boxes cannot be read, in words."""


@dataclass(frozen=True)
class Listed:
    """A file to read: its path, its portable name, whether a person pointed at it."""

    path: Path
    name: str
    named: bool = False


@dataclass
class Found:
    """The files below one place that a person pointed at, by what they may be."""

    top: Path
    files: dict[str, list[Listed]] = field(default_factory=dict)
    named: bool = False

    def of(self, *kinds: str) -> list[Listed]:
        """The files of some kinds, in natural order."""
        return sorted((item for kind in kinds for item in self.files.get(kind, [])), key=lambda one: natural(one.name))


#: What a file may be, by the end of its name.
_KINDS = {
    ".json": "json", ".json.gz": "json", ".geojson": "json", ".xml": "xml", ".csv": "table", ".tsv": "table",
    ".csv.gz": "table", ".txt": "text", ".yaml": "yaml", ".yml": "yaml", ".properties": "properties",
    ".names": "names", **dict.fromkeys(SUFFIXES, "image"),
}  # fmt: skip


def scan(sources: Sequence[Path], settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    """All cells of the sources; one broken file, image or box is told and the rest goes on.

    settings: the keys of `models.domains.smears.options.IMPORT_KEYS`, and ``kept`` (what the project keeps of
    earlier imports). Raises UserError for a missing path or a wrong setting.
    """
    desk = Desk(read_options(settings))
    for source in sources:
        found, notes = find(Path(os.path.abspath(source)), source)
        yield from notes
        yield from _read(found, desk)
    yield from check_group(desk)


def find(place: Path, told: Path) -> tuple[Found, list[Noted]]:
    """The files below a place. Raises UserError for one that is missing or may not be listed."""
    if place.is_file():
        return Found(place.parent, {_kind(place.name): [Listed(place, place.name, True)]}, True), []
    if not place.is_dir():
        raise UserError(f"{told} does not exist: name a file of boxes, an image, or a folder of them")
    found, notes = Found(place), []

    def refused(error: OSError) -> None:
        if str(error.filename) == str(place):
            raise UserError(f"{place} can't be listed: {error.strerror}. Ask for the right to read it.")
        notes.append(Noted(os.path.relpath(str(error.filename), place), "", "this folder may not be read"))

    others: Counter[str] = Counter()
    for folder, folders, files in os.walk(place, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.startswith("."):
                continue
            path, kind = Path(folder) / name, _kind(name)
            if kind:
                found.files.setdefault(kind, []).append(Listed(path, path.relative_to(place).as_posix()))
            else:
                others[path.suffix.lower() or "no suffix"] += 1
    for suffix, count in sorted(others.items()):
        notes.append(Noted(place.name, "", f"{count} file{'s' * (count != 1)} of another kind left out ({suffix})"))
    return found, notes


def _kind(name: str) -> str:
    lower = name.lower()
    return next((kind for end, kind in _KINDS.items() if lower.endswith(end)), "")


def _read(found: Found, desk: Desk) -> Iterator[Progress | Finding]:
    """Files of boxes, then what they leave over."""
    count = 0
    for read in (_read_json, _read_xml):
        count += yield from read(found, desk)
    yield from _read_images(found, desk, bool(count))


# Files of boxes


def _read_json(found: Found, desk: Desk) -> Generator[Progress | Finding, None, int]:
    count = 0
    for item in found.of("json"):
        if not (item.named or desk.options.wants(item.path)):
            continue
        yield Progress(text=f"Reading {item.name}")
        try:
            content = load_json(item.path)
            if bbbc.is_bbbc(content):
                count += yield from gather(
                    item.path, item.name, bbbc.read_bbbc(content, part_in(item.path.name.partition(".")[0])), desk
                )
            elif item.named:
                raise BadList("it is no list of images with boxes that is known")
            else:
                yield Noted(item.name, "", "no list of images with boxes, left out")
        except BadList as reason:
            yield Skipped(item.name, "", str(reason))
        except DAMAGE as error:
            yield Skipped(item.name, "", f"it cannot be read ({type(error).__name__}: {error})")
    return count


def load_json(path: Path) -> Any:
    """The content of a JSON file, packed or not. Raises BadList for what is cut off, damaged or too long."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rb") as file:
            data = file.read(_LONGEST + 1)
    except (OSError, EOFError) as error:
        raise BadList(f"the file is damaged or cut off ({error})") from error
    if len(data) > _LONGEST:
        raise BadList(f"it is longer than {_LONGEST >> 30} GiB")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadList(f"it is no text in UTF-8 (at byte {error.start:,})") from error
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) - 1 or "Unterminated" in error.msg
        words = "the JSON is cut off" if cut else "the JSON is damaged"
        raise BadList(f"{words} ({error.msg.lower()}, line {error.lineno} column {error.colno})") from error
    except RecursionError as error:
        raise BadList("the JSON is nested too deeply") from error


def _read_xml(found: Found, desk: Desk) -> Generator[Progress | Finding, None, int]:
    count = 0
    parts: dict[Path, dict[str, str]] = {}
    others: list[str] = []
    items = [item for item in found.of("xml") if item.named or desk.options.wants(item.path)]
    for place, item in enumerate(items):
        if place % 50 == 0:
            yield Progress(place, len(items), f"Reading {item.name}")
        folder = item.path.parent
        if folder not in parts:
            parts[folder] = voc.parts_of(folder)
        try:
            entry = voc.read_voc(item.path, parts[folder].get(item.path.stem, ""))
        except NotVoc as reason:
            if item.named or reason.ours:
                yield Skipped(item.name, "", str(reason))
            else:
                others.append(item.name)
            continue
        except DAMAGE as error:
            yield Skipped(item.name, "", f"it cannot be read ({type(error).__name__}: {error})")
            continue
        count += yield from gather(item.path, item.name, [entry], desk)
    if others:
        yield Noted(others[0], "", f"{len(others)} XML files that are no annotations of images left out")
    return count


# What no file of boxes tells of


def _read_images(found: Found, desk: Desk, boxed: bool) -> Generator[Progress | Finding, None, None]:
    left = [item.path for item in found.of("image") if item.path not in desk.claimed]
    if found.named:
        yield from plain.read_plain(found.top, found.top.name, left, desk, True)
        return
    taken: set[Path] = set()
    for root in crops.find_classes(found.top, left) if not desk.options.files else ():
        taken.update(file for file, _, _ in root.items)
        name = root.root.name if root.root == found.top else root.root.relative_to(found.top).as_posix()
        yield from crops.read_crops(root.root, name, root.items, desk)
    left = [path for path in left if path not in taken]
    if left and (boxed or taken or desk.options.files):
        words = f"{len(left)} image{'s' * (len(left) != 1)} without boxes left out: name them to import them"
        yield Noted(found.top.name, left[0].relative_to(found.top).as_posix(), words)
    elif left:
        yield from plain.read_plain(found.top, found.top.name, left, desk, False)
