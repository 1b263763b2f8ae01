"""Finding smears: files of boxes of every known form, folders of cells, images; each given to what reads it."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.domain import Finding, Noted, Skipped
from models.domains.smears import bbbc, boxlists, coco, cpa, crops, geojson, plain, voc, yolo
from models.domains.smears.cpa import BadProperties
from models.domains.smears.mapping import Mapping as Mapped
from models.domains.smears.mapping import read_kept, read_mapping, read_records
from models.domains.smears.options import part_in, read_options
from models.domains.smears.sheet import Desk, check_group, gather
from models.domains.smears.voc import NotVoc
from models.domains.smears.walk import Files, Listed, find_files
from models.job import Progress
from models.mapping_text import GUESS
from models.texttable import NoTable, read_table

#: No list of boxes is longer, in bytes of text, or has more entries: both are seen before it takes up memory.
_LONGEST, _MOST_ENTRIES = 1 << 30, 40_000_000
#: One sign that is written by its number; a half of one that takes two (a text that was cut between them).
_SIGN = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.S)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
#: What a damaged file of boxes can raise while it is read.
DAMAGE = (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, MemoryError)


class BadList(Exception):
    """Why a file of boxes cannot be read, in words."""


def scan(sources: Sequence[Path], settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    """All cells of the sources; one broken file, image or box is told and the rest goes on.

    settings: the keys of `models.domains.smears.options.IMPORT_KEYS`, and ``kept`` (what the project keeps of
    earlier imports). Raises UserError for a missing path or a wrong setting.
    """
    options = read_options(settings)
    asked = read_mapping(options.mapping) if options.mapping not in ("", GUESS) else None
    desk = Desk(options, asked=asked, kept=read_kept(options.kept) if not options.mapping else {})
    for source in sources:
        files, notes = find_files(Path(os.path.abspath(source)), source)
        yield from notes
        yield from _read(files, desk)
    yield from check_group(desk)


def _read(files: Files, desk: Desk) -> Iterator[Progress | Finding]:
    """Files of boxes, then what they leave over."""
    count = 0
    for read in (_read_json, _read_xml, _read_yolo, _read_cpa, _read_tables):
        count += yield from read(files, desk)
    yield from _read_images(files, desk, bool(count))


# Files of boxes


def _read_json(files: Files, desk: Desk) -> Generator[Progress | Finding, None, int]:
    count = 0
    for item in files.of("json"):
        if item.named or desk.options.wants(item.path):
            yield Progress(text=f"Reading {item.name}")
            count += yield from _guarded(item, _read_list(item, desk))
    return count


def _guarded(item: Listed, steps: Generator[Progress | Finding, None, int]) -> Generator[Progress | Finding, None, int]:
    """The findings of one file; what is wrong with it is told and costs no other."""
    try:
        return (yield from steps)
    except (BadList, NoTable, NotVoc, BadProperties) as reason:
        yield Skipped(item.name, "", str(reason))
    except DAMAGE as error:
        yield Skipped(item.name, "", f"it cannot be read ({type(error).__name__}: {error})")
    return 0


def _read_list(item: Listed, desk: Desk) -> Generator[Progress | Finding, None, int]:
    text = _text_of(item.path)
    whole = _whole_signs(text)
    if whole != text:
        yield Noted(item.name, "", "letters of which only half is there are read as \N{REPLACEMENT CHARACTER}")
    content = _parsed(whole)
    part = part_in(item.path.name.partition(".")[0])
    if bbbc.is_bbbc(content):
        return (yield from gather(item.path, item.name, bbbc.read_bbbc(content, part), desk))
    if coco.is_coco(content):
        return (yield from gather(item.path, item.name, coco.read_coco(content, part), desk))
    if geojson.is_geojson(content):
        stem = item.path.name.partition(".")[0] if item.path.suffix == ".gz" else item.path.stem
        return (yield from gather(item.path, item.name, geojson.read_geojson(content, stem, part), desk))
    mapping = desk.mapping(item.name) or boxlists.guess(content)
    return (yield from _read_mapped(item, desk, mapping, content, "no list of images with boxes"))


def _read_mapped(
    item: Listed, desk: Desk, mapping: Mapped | None, content: Any, else_: str
) -> Generator[Progress | Finding, None, int]:
    """The images of a list or table of another layout; how it is read is told, and kept with the project."""
    if mapping is None:
        if item.named:
            raise BadList(f"{else_} is found in it; give a mapping (which entries are image, box and class)")
        yield Noted(item.name, "", f"{else_}, left out")
        return 0
    if mapping.json() not in desk.said:
        # Once for all lists of one layout.
        desk.said.add(mapping.json())
        yield from (Noted(item.name, "mapping", why) for why in (f"read as {mapping.json()}", *mapping.why))
    entries = read_records(content, mapping)
    kept = {"mapping": mapping.json()}
    return (yield from gather(item.path, item.name, entries, desk, settings=kept))


def _read_tables(files: Files, desk: Desk) -> Generator[Progress | Finding, None, int]:
    count = 0
    for item in files.of("table"):
        if (item.named or desk.options.wants(item.path)) and item.path not in desk.claimed:
            yield Progress(text=f"Reading {item.name}")
            count += yield from _guarded(item, _read_table(item, desk))
    return count


def _read_table(item: Listed, desk: Desk) -> Generator[Progress | Finding, None, int]:
    try:
        table = read_table(item.path)
    except NoTable as reason:
        if item.named:
            raise
        yield Noted(item.name, "", f"{reason}, left out")
        return 0
    mapping = desk.mapping(item.name) or boxlists.guess_columns(table.names, table.rows)
    if mapping is not None and not {mapping.image, *mapping.box} <= set(table.names):
        mapping = None
    if mapping is not None:
        yield from (Skipped(item.name, *torn) for torn in table.torn())
    return (yield from _read_mapped(item, desk, mapping, table.rows, "no table of boxes"))


def _read_yolo(files: Files, desk: Desk) -> Generator[Progress | Finding, None, int]:
    labels = [item.path for item in files.of("text") if yolo.is_label_file(item.path)]
    count = 0
    for one in yolo.find_sets(files.top, labels) if not desk.options.files else ():
        root = one.root
        name = root.name if root == files.top else root.relative_to(files.top).as_posix()
        yield Progress(text=f"Reading {name}")
        if not one.names:
            yield Noted(name, "", "no data.yaml or classes.txt names its classes: they are called by their numbers")
        images = [item.path for item in files.of("image") if root in item.path.parents]
        entries = yolo.read_yolo(one, desk.layout(root), images)
        count += yield from _guarded(Listed(root, name), gather(root, name, entries, desk, root))
    return count


def _read_cpa(files: Files, desk: Desk) -> Generator[Progress | Finding, None, int]:
    count = 0
    sets = [item for item in files.of("text", "table") if cpa.is_training_set(item.path)]
    used: set[Path] = set()
    for item in files.of("properties"):
        if item.named or desk.options.wants(item.path):
            near = [one.path for one in sets if one.path.parent == item.path.parent]
            beside = near or [path for path in sorted(item.path.parent.glob("*.txt")) if cpa.is_training_set(path)]
            used.update(beside)
            count += yield from _guarded(item, _read_properties(item, beside, desk))
    for item in sets:
        if item.path not in used:
            desk.claimed.add(item.path)
            yield Skipped(item.name, "", "a training set names objects of tables: bring the properties file with it")
    return count


def _read_properties(item: Listed, beside: Sequence[Path], desk: Desk) -> Generator[Progress | Finding, None, int]:
    labels: dict[tuple[str, str], str] = {}
    centres: dict[tuple[str, str], tuple[str, str]] = {}
    for path in beside:
        one = cpa.read_training_set(path)
        labels |= one.labels
        centres |= one.centres
        yield Noted(item.name, "", f"{len(one.labels)} labels from {path.name}")
        for number in one.wrong:
            yield Skipped(path.name, f"line {number}", "it is no class, image and object")
    told = cpa.read_properties(item.path)
    tables = [told.get(f"{what}_csv_file", "") for what in ("image", "object")]
    desk.claimed.update([*beside, *(item.path.parent / name for name in tables if name)])
    entries = cpa.read_cpa(item.path, cpa.TrainingSet(labels, centres))
    return (yield from gather(item.path, item.name, entries, desk))


def _text_of(path: Path) -> str:
    """The text of a list that is not too much for the memory, unpacked or not. Raises BadList."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rb") as file:
            data = file.read(_LONGEST + 1)
    except (OSError, EOFError) as error:
        raise BadList(f"the file is damaged or cut off ({error})") from error
    if len(data) > _LONGEST:
        raise BadList(f"it is longer than {_LONGEST >> 20:,} MiB")
    if sum(map(data.count, (b"[", b"{", b","))) > _MOST_ENTRIES:
        raise BadList(f"it has more than {_MOST_ENTRIES:,} entries. Split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadList(f"it is no text in UTF-8 (at byte {error.start:,})") from error


def _whole_signs(text: str) -> str:
    """The text without halves of signs, which no database and no file keeps."""
    if not _HALF.search(text):
        return text
    return _SIGN.sub(lambda found: "\N{REPLACEMENT CHARACTER}" if found[1] else found[0], text)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) - 1 or "Unterminated" in error.msg
        words = "the JSON is cut off" if cut else "the JSON is damaged"
        raise BadList(f"{words} ({error.msg.lower()}, line {error.lineno} column {error.colno})") from error
    except RecursionError as error:
        raise BadList("the JSON is nested too deeply") from error


def _read_xml(files: Files, desk: Desk) -> Generator[Progress | Finding, None, int]:
    count = 0
    parts: dict[Path, dict[str, str]] = {}
    others: list[str] = []
    items = [item for item in files.of("xml") if item.named or desk.options.wants(item.path)]
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


def _read_images(files: Files, desk: Desk, boxed: bool) -> Generator[Progress | Finding, None, None]:
    left = [item.path for item in files.of("image") if item.path not in desk.claimed]
    if files.named:
        yield from plain.read_plain(files.top, files.top.name, left, desk, True)
        return
    taken: set[Path] = set()
    for root in crops.find_classes(files.top, left) if not desk.options.files else ():
        taken.update(file for file, _, _ in root.items)
        name = root.root.name if root.root == files.top else root.root.relative_to(files.top).as_posix()
        yield from crops.read_crops(root.root, name, root.items, desk)
    left = [path for path in left if path not in taken]
    if left and (boxed or taken or desk.options.files):
        words = f"{len(left)} image{'s' * (len(left) != 1)} without boxes left out: name them to import them"
        yield Noted(files.top.name, left[0].relative_to(files.top).as_posix(), words)
    elif left:
        yield from plain.read_plain(files.top, files.top.name, left, desk, False)
