"""Boxes by hand: drawn, moved and removed, and what a file of such edits asks for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.smears import boxes, cells, images
from models.domains.smears.boxes import BadBox, Box
from models.domains.smears.cells import BOX, IMAGE, WHOLE, box_columns
from models.domains.smears.images import BadImage
from models.domains.smears.load import neighbours
from models.errors import UserError
from models.sample import LINE, PRINTS, Sample, Samples
from models.structure import BOX as DRAW
from models.structure import MOVE, REMOVE, Edit, Made, Step, Taken

Live = npt.NDArray[np.bool_]
#: What is known of an image and so of a cell drawn in it.
_OF_IMAGE = ("image", "patient", "slide", "split", "pixel_um", "missing", IMAGE)
#: What a moved cell does not take along: it is of the old box, or the store's own.
_OF_BOX = (BOX, "width", "height", "edge", "_parents", "_act", "_pending", LINE, PRINTS)
#: No file of edits is longer, in bytes.
_LONGEST = 64 << 20


def make_steps(samples: Samples, edits: Sequence[Edit], taken: Taken, live: Live) -> list[Step]:
    """The steps of what is wanted, one each. UserError for a box of no area, outside its image, or there already."""
    hand = _Hand(samples, taken, live)
    hand.gone = {row for edit in edits if edit.kind in (MOVE, REMOVE) for row in edit.rows}
    work = {DRAW: hand.draw, MOVE: hand.move, REMOVE: hand.remove}
    return [work[edit.kind](edit) for edit in edits]


@dataclass
class _Image:
    """One image in the course of an act: rows of its samples, its sides (0 unknown), boxes there, the next number."""

    rows: npt.NDArray[np.int64]
    width: int
    height: int
    there: set[Box]
    number: int


@dataclass
class _Hand:
    """Makes the steps of one act. gone: rows that it retires."""

    samples: Samples
    taken: Taken
    live: Live
    gone: set[int] = field(default_factory=set)
    replaced: set[int] = field(default_factory=set)
    images: dict[int, _Image] = field(default_factory=dict)

    def draw(self, edit: Edit) -> Step:
        """A new cell; the sample that stands for an image without boxes goes with the first one."""
        row = edit.rows[0] if edit.rows else self._row_of(str(edit.values.get("image", "")))
        one = self._image(row)
        wholes = [at for at in one.rows.tolist() if self.live[at] and self._is_whole(at)]
        parent = self.samples.sample(wholes[0] if wholes else row)
        if not wholes and self._box_of(row) is None and not self._is_whole(row):
            raise UserError(f"{parent.id} is a cell by itself: no boxes are drawn in it. Nothing was changed.")
        box = self._placed(one, parent, edit.values.get("box"))
        retired = tuple(at for at in wholes if at not in self.gone | self.replaced)
        self.replaced.update(retired)
        kept = {name: parent.meta[name] for name in _OF_IMAGE if parent.meta.get(name) is not None}
        made = self._made(one, wholes[0] if wholes else row, parent, kept, box, str(edit.values.get("class") or ""))
        return Step(DRAW, retired, (made,))

    def move(self, edit: Edit) -> Step:
        """The same cell in another box."""
        row = edit.rows[0]
        old = self.samples.sample(row)
        before = self._box_of(row)
        if before is None:
            raise UserError(f"{old.id} is a whole image and has no box that could be moved.")
        one = self._image(row)
        box = self._placed(one, old, edit.values.get("box"))
        if box == before:
            raise UserError(f"{old.id} has this box already: {boxes.plain(box)}. Nothing was changed.")
        kept = {name: value for name, value in old.meta.items() if value is not None and name not in _OF_BOX}
        return Step(MOVE, edit.rows, (self._made(one, row, old, kept, box, ""),))

    def remove(self, edit: Edit) -> Step:
        """Cells that go. With ``keep_image`` an image that loses its last box stays, as one without boxes."""
        made = []
        for row in edit.rows if edit.values.get("keep_image") else ():
            one = self._image(row)
            if any(self.live[at] and at not in self.gone for at in one.rows.tolist()) or self._is_whole(row):
                continue
            parent = self.samples.sample(row)
            kept = {name: parent.meta[name] for name in _OF_IMAGE if parent.meta.get(name) is not None}
            size = {"width": float(one.width), "height": float(one.height)} if one.width else {}
            made.append(Made(self._key(one, row, parent), parent.group, (row,), {**kept, **size, WHOLE: "1"}))
            break
        return Step(REMOVE, edit.rows, tuple(made))

    def _image(self, row: int) -> _Image:
        rows = neighbours(self.samples, row)
        first = int(rows[0])
        if first not in self.images:
            width, height = self._size(row)
            there = {self._box_of(at) for at in rows.tolist() if self.live[at] and at not in self.gone}
            keys = [str(self.samples.table.column("key")[at].as_py()) for at in rows.tolist()]
            numbers = [int(end) for key in keys if (end := key.rpartition("#")[2]).isdigit()]
            found = {box for box in there if box is not None}
            self.images[first] = _Image(rows, width, height, found, max(numbers, default=-1) + 1)
        return self.images[first]

    def _size(self, row: int) -> tuple[int, int]:
        path = cells.path_of(self.samples, row)
        try:
            header = images.examine(path) if path is not None else None
        except BadImage:
            header = None
        return (header.width, header.height) if header is not None else (0, 0)

    def _placed(self, one: _Image, sample: Sample, told: Any) -> Box:
        """A box of the image, cut at its border. UserError for one that is none, or is there already."""
        name = sample.meta.get("image") or sample.id
        try:
            if not isinstance(told, list | tuple):
                raise BadBox("a box is left, top, right and bottom in pixels")
            cut = boxes.corners(boxes.plain(boxes.judge(boxes.corners(told), one.width, one.height)).split(","))
            if cut in one.there:
                raise BadBox(f"the box {boxes.plain(cut)} is there already")
        except BadBox as reason:
            raise UserError(f"{name}: {reason}. Nothing was changed.") from reason
        one.there.add(cut)
        return cut

    def _made(self, one: _Image, row: int, parent: Sample, kept: Mapping[str, Any], box: Box, label: str) -> Made:
        own = box_columns(box, one.width, one.height)
        return Made(self._key(one, row, parent), parent.group, (row,), {**kept, **own}, label)

    def _key(self, one: _Image, row: int, parent: Sample) -> str:
        """The image as other keys of it have it, and the next number that no other cell has or had."""
        head, sign, number = parent.key.rpartition("#")
        told = head if sign and number.isdigit() else parent.key or str(parent.meta.get(IMAGE) or "")
        while self.taken(row, f"{told}#{one.number}"):
            one.number += 1
        one.number += 1
        return f"{told}#{one.number - 1}"

    def _box_of(self, row: int) -> Box | None:
        text = self.samples.table.column(BOX)[row].as_py() if BOX in self.samples.names else None
        try:
            return boxes.parse(text)
        except BadBox:
            return None

    def _is_whole(self, row: int) -> bool:
        return WHOLE in self.samples.names and self.samples.table.column(WHOLE)[row].as_py() == "1"

    def _row_of(self, name: str) -> int:
        """A sample of the image of this name: its place in the source's folder, or its name alone where one has it."""
        if "edits" not in self.samples.memo:
            self.samples.memo["edits"] = _by_name(self.samples)
        rows = self.samples.memo["edits"].get(name.replace("\\", "/"), [])
        if not rows:
            raise UserError(f"there is no image {name!r} in this project. Nothing was changed.")
        there = [row for row in rows if self.live[row]] or rows
        firsts = {int(neighbours(self.samples, row)[0]) for row in there}
        if len(firsts) > 1:
            ids = ", ".join(self.samples.take(sorted(firsts)[:2]).ids())
            raise UserError(f"{name!r} is the name of {len(firsts)} images ({ids}). Give the id of a sample of it.")
        return int(there[0])


def _by_name(samples: Samples) -> dict[str, list[int]]:
    """Rows by what their image may be called: its place, its name, the id of a sample of it."""
    found: dict[str, list[int]] = {}
    places = samples.table.column(IMAGE).to_pylist() if IMAGE in samples.names else [None] * len(samples)
    for row, (own, place) in enumerate(zip(samples.ids(), places, strict=True)):
        for name in {own, str(place or ""), str(place or "").rpartition("/")[2]}:
            if name:
                found.setdefault(name, []).append(row)
    return found


# What a file asks for


def read_edits(path: Path, samples: Samples) -> list[Edit]:
    """``{"boxes": [{"image": …, "box": [l, t, r, b], "class": …}], "moves": [{"sample": …, "box": …}],
    "removals": [sample, …]}``. Raises UserError for another file, or a sample that is not in the project.
    """
    told = _json(path)
    lists = {name: told.get(name, []) for name in ("boxes", "moves", "removals")}
    if not any(lists.values()) or not all(isinstance(one, list) for one in lists.values()):
        raise UserError(f"{path} asks for no boxes, moves or removals: it needs a list under one of these names.")
    rows = {name: row for row, name in enumerate(samples.ids())}

    def row_of(item: Any) -> int:
        name = item.get("sample", item.get("id")) if isinstance(item, dict) else item
        if not isinstance(name, str) or name not in rows:
            raise UserError(f"{path}: there is no sample {name!r} in this project.")
        return rows[name]

    edits = []
    for place, item in enumerate(lists["boxes"]):
        if not isinstance(item, dict) or not isinstance(item.get("image"), str):
            raise UserError(f"{path}: entry {place} of boxes tells no image.")
        edits.append(Edit(DRAW, (), {name: item.get(name) for name in ("image", "box", "class")}))
    for place, item in enumerate(lists["moves"]):
        if not isinstance(item, dict):
            raise UserError(f"{path}: entry {place} of moves tells no sample.")
        edits.append(Edit(MOVE, (row_of(item),), {"box": item.get("box")}))
    removed = tuple(row_of(item) for item in lists["removals"])
    return [*edits, Edit(REMOVE, removed)] if removed else edits


def _json(path: Path) -> dict[str, Any]:
    try:
        if os.path.getsize(path) > _LONGEST:
            raise UserError(f"{path} is too long for a list of edits.")
        told = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no JSON: {error}.") from error
    if not isinstance(told, dict):
        raise UserError(f"{path} asks for no boxes, moves or removals: it is no JSON object.")
    return told
