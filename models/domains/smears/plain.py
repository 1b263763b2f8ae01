"""Images without boxes: each is one sample until boxes are drawn or found in it; small ones are cells of no class."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from pathlib import Path

from models.domain import Finding, Noted, Skipped
from models.domains.smears import images
from models.domains.smears.cells import IMAGE, WHOLE
from models.domains.smears.crops import LARGEST, read_crops
from models.domains.smears.images import BadImage
from models.domains.smears.sheet import Desk, Sheet
from models.job import Progress


def read_plain(
    top: Path, name: str, files: Sequence[Path], desk: Desk, named: bool
) -> Generator[Progress | Finding, None, int]:
    """Images that no file of boxes tells of, below one folder. named: the person pointed at each."""
    crops: list[tuple[Path, str, str]] = []
    count = 0
    for place, file in enumerate(files):
        if place % 200 == 199:
            yield Progress(place, len(files), f"{name}: {place + 1} of {len(files)} images")
        at = file.name if named else Path(os.path.relpath(file, top)).as_posix()
        try:
            header = images.examine(file)
        except BadImage as reason:
            yield Skipped(at, "", str(reason))
            continue
        if max(header.width, header.height) <= LARGEST:
            crops.append((file, "", ""))
            continue
        sheet = Sheet(file, at, desk.layout(file.parent), desk)
        values = {
            "image": file.name,
            "width": header.width,
            "height": header.height,
            "pixel_um": desk.options.pixel or header.pixel,
            IMAGE: file.name,
            WHOLE: "1",
        }
        if header.note:
            sheet.trouble(f"in {{images:image|images}} {header.note}", at)
        sheet.put("", desk.own_group(values, at, at, str(file)), None, values)
        yield from sheet.notes()
        yield sheet.found()
        count += 1
    if crops:
        yield Noted(name, "", f"{len(crops)} images of at most {LARGEST} pixels a side are taken for single cells")
        count += yield from read_crops(top, name, crops, desk)
    return count
