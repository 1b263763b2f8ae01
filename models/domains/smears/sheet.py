"""The samples of one source: boxes judged, images found and looked at, and what is told of both."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.domain import Finding, Found, Noted, Skipped
from models.domains.smears import boxes, images
from models.domains.smears.boxes import BadBox, Box
from models.domains.smears.cells import BOX, IMAGE, WHOLE, box_columns
from models.domains.smears.entries import Entry, Mark
from models.domains.smears.images import BadImage, Header
from models.domains.smears.layout import Layout, LeavesFolder, clean
from models.domains.smears.mapping import Mapping as Mapped
from models.domains.smears.options import GROUPS, Options, part_of
from models.domains.smears.sameness import match, print_of
from models.job import Progress
from models.learn.words import plural
from models.sample import LINE, PRINTS

#: So many images or objects of one trouble are named; of more the number is told.
_NAMED = 5
#: A number in a kind of trouble, with its noun for one and for many.
_NUMBER = re.compile(r"\{(count|images)(?::([^|}]*)\|([^}]*))?\}")
#: Columns that are made here, whatever a file calls its own.
_OURS = (
    "id",
    "source",
    "key",
    "group",
    "label",
    "image",
    "width",
    "height",
    "edge",
    "missing",
    "own_class",
    IMAGE,
    BOX,
    WHOLE,
)


@dataclass
class Desk:
    """What a whole import knows: its options, the groups that are taken, and the images that belong to boxes.

    groups: the place that a group's name is of; places: the group of each image, whatever list tells of it.

    asked: the mapping that a person gave; kept: those that the project keeps, by the name of the list.
    """

    options: Options
    groups: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    claimed: set[Path] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    layouts: dict[Path, Layout] = field(default_factory=dict)
    asked: Mapped | None = None
    kept: dict[str, Mapped] = field(default_factory=dict)

    def mapping(self, name: str) -> Mapped | None:
        """How a list of this name is read: as a person says, else as the project keeps it, else None."""
        return self.asked or self.kept.get(name)

    def layout(self, folder: Path) -> Layout:
        """Where the images of a folder lie; looked at once for all its files."""
        if folder not in self.layouts:
            self.layouts[folder] = Layout(folder, self.options.images)
        return self.layouts[folder]

    def own_group(self, values: Mapping[str, Any], told: str, source: str, place: str) -> str:
        """What a cell is never parted from: as asked, else its patient, slide or image."""
        wanted = self.options.group
        if wanted and wanted not in ("image", "folder"):
            if values.get(wanted) not in (None, ""):
                return str(values[wanted])
            self.said.add(f"group {wanted}")
        elif wanted == "folder":
            return told.rpartition("/")[0] or source.rpartition("/")[0] or Path(place).parent.name
        elif not wanted:
            known = next((values[name] for name in ("patient", "slide") if values.get(name) not in (None, "")), None)
            if known is not None:
                return str(known)
        return self.group_of(told, source, place)

    def group_of(self, name: str, source: str, place: str) -> str:
        """A group's name: another image of the same name in another folder gets its source's folder before it.

        An image that two lists tell of stays in the group that it has by the first, whatever the second calls it.
        """
        if place in self.places:
            return self.places[place]
        found = name
        if self.groups.setdefault(name, place) != place:
            found = f"{source.rpartition('/')[0] or source}/{name}"
        if place.lower().endswith(images.SUFFIXES):
            # What is missing has the place of its list.
            self.places[place] = found
        return found


@dataclass
class Sheet:
    """The columns of one source as they grow."""

    path: Path
    name: str
    layout: Layout
    desk: Desk
    keys: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    troubles: dict[str, list[str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    names: dict[Path, str] = field(default_factory=dict)
    renamed: bool = False

    def find(self, told: str) -> Path | None:
        """The image of a name, None where it is missing or is the image of another name already."""
        path = self.layout.find(told)
        if path is not None and self.names.setdefault(path, told) != told:
            self.trouble("{images:name stands|names stand} for an image that another name has: taken as missing", told)
            return None
        return path

    def trouble(self, kind: str, where: str, count: int = 1) -> None:
        """One more of a kind of trouble, which is told once for all."""
        self.troubles.setdefault(kind, []).append(where)
        self.counts[kind] += count

    def put(self, key: str, group: str, label: str | None, values: dict[str, Any]) -> None:
        """One more sample."""
        number = len(self.keys)
        name = self.desk.options.classes.get(label or "")
        if name is not None:
            values = {**values, "own_class": label}
            self.trouble(f"{{count:cell|cells}} of class {label}: called {name} here", key)
            label = name
            self.renamed = True
        self.keys.append(key)
        self.groups.append(group)
        self.labels.append(label)
        for name, value in values.items():
            column = self.columns.setdefault(name, [])
            if len(column) < number:
                column += [None] * (number - len(column))
            column.append(value)

    def found(self, settings: Mapping[str, str] | None = None) -> Found:
        """The samples; columns of nothing are left out. settings: kept of the source."""
        number = len(self.keys)
        whole = {name: values + [None] * (number - len(values)) for name, values in self.columns.items()}
        kept = {name: uniform(values) for name, values in whole.items() if any(one is not None for one in values)}
        classes = json.dumps(dict(self.desk.options.classes), ensure_ascii=False)
        settings = {**(settings or {}), **({"classes": classes} if self.renamed else {})}
        columns = (self.labels, (), kept, settings)
        return Found(self.path, self.name, self.keys, self.groups, *columns, beside=True, match=match)

    def notes(self) -> Iterator[Noted]:
        """What was told of the images and boxes, once a kind."""
        for kind, where in self.troubles.items():
            named = ", ".join(where[:_NAMED])
            more = f" and {len(where) - _NAMED} more" if len(where) > _NAMED else ""
            # Not by format: what a file says may hold braces.
            words = _counted(kind, {"count": self.counts[kind], "images": len(where)})
            yield Noted(self.name, "", f"{words}: {named}{more}")


def _counted(kind: str, numbers: Mapping[str, int]) -> str:
    """A kind of trouble with its numbers: ``{count}``, or ``{count:box is|boxes are}`` with its noun and verb."""

    def told(found: re.Match[str]) -> str:
        number, one, many = numbers[found[1]], found[2], found[3]
        return str(number) if one is None else plural(number, one, many)

    return _NUMBER.sub(told, kind)


def uniform(values: Sequence[Any]) -> list[Any]:
    """Values of one type: numbers where all are, else text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 and kinds <= {str, int, float, bool}:
        return list(values)
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in values]
    return [None if value is None else str(value) for value in values]


def gather(
    path: Path,
    name: str,
    entries: Iterable[Entry],
    desk: Desk,
    folder: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Generator[Progress | Finding, None, int]:
    """The samples of a source from its entries, with all that is to be told of them; returns how many.

    folder: what names of images start from, where that is not the source's own. settings: kept of the source.
    """
    sheet = Sheet(path, name, desk.layout(folder or path.parent), desk)
    numbers: Counter[str] = Counter()
    for place, entry in enumerate(entries):
        if place % 100 == 99:
            yield Progress(text=f"{name}: {place + 1} images")
        if desk.options.wants_part(str(entry.facts.get("split", "") or "")):
            yield from _add(sheet, entry, numbers)
    yield from sheet.notes()
    if sheet.keys:
        yield sheet.found(settings)
    return len(sheet.keys)


def _add(sheet: Sheet, entry: Entry, numbers: Counter[str]) -> Iterator[Finding]:
    """The samples of one image."""
    try:
        if entry.wrong:
            raise LeavesFolder(entry.wrong)
        told = clean(entry.name)
    except LeavesFolder as reason:
        lost = f"; its {plural(len(entry.marks), 'box stays', 'boxes stay')} out" if entry.marks else ""
        yield Skipped(sheet.name, entry.name[:200], f"{reason}{lost}")
        return
    desk = sheet.desk
    path = sheet.find(told)
    home = str(path or sheet.path.parent)
    header = _look(sheet, path, told, len(entry.marks))
    if path is not None:
        desk.claimed.add(path)
    kept = sheet.layout.relative(path) if path is not None else told
    facts = _facts(sheet, entry, header)
    facts |= {"image": told.rpartition("/")[2], IMAGE: kept}
    if header is None:
        facts["missing"] = True
    size = _size(sheet, entry, header, told)
    group = desk.own_group(facts, told, sheet.name, home)
    first = numbers[told]
    numbers[told] += len(entry.marks)
    if entry.marks or first:
        yield from _objects(sheet, entry, first, told, home, facts, size)
        return
    values = {**facts, "width": size[0] or None, "height": size[1] or None, WHOLE: "1"}
    sheet.put(told, group, None, values)
    numbers[told] += 1


def _objects(
    sheet: Sheet, entry: Entry, first: int, told: str, home: str, facts: Mapping[str, Any], size: tuple[int, int, int]
) -> Iterator[Finding]:
    """The samples of the boxes of an image, numbered from `first`. size: as of `_size`."""
    width, height, turned = size
    seen: dict[tuple[Box, str | None], int] = {}
    for number, mark in enumerate(entry.marks, first):
        where = f"{told} object {number}"
        try:
            box = _box(sheet, mark, width, height, turned, where)
        except BadBox as reason:
            yield Skipped(sheet.name, where, str(reason))
            continue
        if seen.setdefault((box, mark.label), number) != number:
            sheet.trouble("{count:box is|boxes are} drawn twice with one class and kept once", where)
            continue
        values = {**_told(mark.facts), **facts, **box_columns(box, width, height)}
        values |= {LINE: f"object {number}", PRINTS: print_of(told, values[BOX])}
        sheet.put(f"{told}#{number}", sheet.desk.own_group(values, told, sheet.name, home), mark.label, values)


def _look(sheet: Sheet, path: Path | None, told: str, count: int) -> Header | None:
    """The header of an image, None where it is missing or cannot be read, which is noted."""
    if path is None:
        sheet.trouble("{images:image is|images are} missing, with {count:box|boxes}, marked as missing", told, count)
        return None
    try:
        header = images.examine(path)
    except BadImage as reason:
        sheet.trouble(
            f"an image cannot be read, its {{count:box is|boxes are}} marked as missing ({reason})", told, count
        )
        return None
    if header.note:
        sheet.trouble(f"in {{images:image|images}} {header.note}", told)
    return header


def _facts(sheet: Sheet, entry: Entry, header: Header | None) -> dict[str, Any]:
    facts = _told(entry.facts)
    if facts.get("split"):
        facts["split"] = part_of(str(facts["split"]))
    pixel = facts.get("pixel_um") or sheet.desk.options.pixel or (header.pixel if header is not None else None)
    if pixel:
        facts["pixel_um"] = float(pixel)
    return facts


def _told(facts: Any) -> dict[str, Any]:
    """What a file tells, without what is made here and without what samples cannot keep."""
    return {
        name: value
        for name, value in dict(facts).items()
        if name not in _OURS and not name.startswith("_") and isinstance(value, str | int | float | bool)
    }


def _size(sheet: Sheet, entry: Entry, header: Header | None, told: str) -> tuple[int, int, int]:
    """Width and height of an image as shown, and how boxes of the stored pixels are turned (1: not at all).

    Boxes refer to the image as shown, as the programs draw it that they come from; where a file tells the size of
    the stored pixels, they refer to those.
    """
    if header is None:
        return entry.width, entry.height, 1
    size, asked = (header.width, header.height), (entry.width, entry.height)
    if not all(asked) or asked == size:
        return *size, 1
    if asked == header.stored:
        sheet.trouble(
            "boxes of {images:image|images} were drawn before these were turned, and are turned with them", told
        )
        return *size, header.orientation
    text = f"{told} ({size[0]} × {size[1]}, told as {asked[0]} × {asked[1]})"
    sheet.trouble(
        "{images:image has|images have} another size than the file tells, and boxes are taken as they stand", text
    )
    return *size, 1


def _box(sheet: Sheet, mark: Mark, width: int, height: int, turned: int, where: str) -> Box:
    """The box of a mark in the image as shown, cut at its border. Raises BadBox."""
    if mark.box is None:
        raise BadBox(mark.wrong or "it has no box")
    box = mark.box
    if turned != 1:
        stored = (height, width) if turned >= 5 else (width, height)
        box = boxes.turn(box, turned, *stored)
    cut = boxes.judge(box, width, height)
    if cut != box:
        sheet.trouble(
            "{count:box goes beyond its image and is|boxes go beyond their image and are} cut at its border", where
        )
    return cut


def check_group(desk: Desk) -> Iterator[Noted]:
    """Tell where the wanted group is not known of some cells."""
    wanted = desk.options.group
    if f"group {wanted}" in desk.said:
        words = f"{wanted} is not known of all cells: the others are grouped by image"
        yield Noted("", "group", words if wanted in GROUPS else f"there is no column {words}")
