"""Class folders of crops: every cell an image of its own, in a folder of its class."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.domain import ExportView
from models.domains.smears import images, outgoing
from models.domains.smears.boxes import Box
from models.domains.smears.cells import BOX
from models.domains.smears.crops import CELLS_LIST, CLASS_LIST, says_nothing
from models.domains.smears.images import BadImage
from models.domains.smears.outgoing import Cell, Image
from models.job import Progress
from models.payload import PictureReader
from models.store.outfolder import folder, folder_names

_HEAD = ("file", "group", "sample", "image", "by", "at", "kind")


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """A folder for each class, PNG of each cell in them (a file that is a cell is copied), and two lists.

    The lists tell which class a folder stands for, since not every class can be a name of a folder, and of which
    sample and group each file is.
    """
    found = yield from outgoing.gather(view)
    folders = folder_names(outgoing.class_list(view, found), says_nothing)
    boxed = view.samples.table.column(BOX).to_pylist() if BOX in view.samples.names else [None] * len(view.samples)
    groups = view.samples.column("group").tolist()
    rows: list[Sequence[str]] = []
    kept: list[Image] = []
    skipped = list(found.skipped)
    with folder(path) as beside:
        for name in folders.values():
            (beside / name).mkdir()
        for place, image in enumerate(found.images):
            if place % 20 == 0:
                yield Progress(place, len(found.images), f"Writing cells of {image.name}")
            try:
                reader = images.open_image(image.path) if any(boxed[cell.row] for cell in image.cells) else None
            except BadImage as reason:
                skipped.append(_told(image, reason))
                continue
            kept.append(image)
            for number, cell in enumerate(image.cells):
                name = f"{folders[cell.label]}/{_file_name(image, number, bool(boxed[cell.row]))}"
                _write(image, cell.box, reader if boxed[cell.row] else None, beside / name)
                rows.append(_row(view, cell, name, groups[cell.row], image))
        _write_lists(beside, folders, rows)
        return outgoing.result(path, beside, replace(found, images=tuple(kept), skipped=skipped))


def _told(image: Image, reason: BadImage) -> dict[str, str]:
    return {"source": image.path.name, "where": f"{len(image.cells)} cells", "reason": str(reason)}


def _file_name(image: Image, number: int, boxed: bool) -> str:
    return f"{image.name.rpartition('.')[0]}_{number}.png" if boxed else image.name


def _write(image: Image, box: Box, reader: PictureReader | None, place: Path) -> None:
    """The pixels of a cell, not scaled; the file itself where the whole of it is the cell."""
    if reader is None:
        outgoing.put_image(image, place)
        return
    left, top, right, bottom = box
    pixels = reader.read(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom), 1)
    # Packed lightly: it takes much less time for a fifth more bytes.
    images.pillow().fromarray(pixels).save(place, compress_level=1)


def _row(view: ExportView, cell: Cell, name: str, group: str, image: Image) -> Sequence[str]:
    told = outgoing.provenance(view, cell)
    values = {**told, "file": name.rpartition("/")[2], "group": group, "image": image.name}
    return [re.sub(r"[\t\r\n]+", " ", str(values.get(column, ""))) for column in _HEAD]


def _write_lists(beside: Path, folders: dict[str, str], rows: Sequence[Sequence[str]]) -> None:
    lines = ["\t".join(("folder", "class")), *(f"{folder}\t{name}" for name, folder in folders.items())]
    (beside / CLASS_LIST).write_text("\n".join(lines) + "\n", "utf-8")
    lines = ["\t".join(row) for row in [_HEAD, *rows]]
    (beside / CELLS_LIST).write_text("\n".join(lines) + "\n", "utf-8")
