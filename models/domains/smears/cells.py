"""Cells cut out of their images, each image read once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.smears import boxes
from models.domains.smears.images import BadImage, open_image
from models.learn.words import count as count_of
from models.learn.words import listing, plural
from models.payload import PictureReader
from models.sample import Samples

Index = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
#: The columns that a sample is loaded by; see `models.domains.smears.read`.
IMAGE, BOX, WHOLE = "_image", "_box", "_whole"
#: The inner column of how a cell is painted when it is cut out; see `models.domains.smears.paints`.
PAINT = "_paint"
#: What stands where a cell cannot be read.
GREY = 200


class OutsideImage(Exception):
    """A box that holds no pixel of its image."""


def box_columns(box: boxes.Box, width: int, height: int) -> dict[str, Any]:
    """What a sample keeps of its box in an image of this size (0 × 0 where unknown)."""
    left, top, right, bottom = box
    sides = {"width": right - left, "height": bottom - top, "edge": boxes.touches(box, width, height)}
    return {BOX: boxes.plain(box), **sides}


def crops(samples: Samples, rows: Index, side: int, margin: float = 0.0, square: bool = False) -> Pixels:
    """The cells at these rows, (n, side, side, 3); grey where the image is missing or damaged.

    margin: share of the box that is added on each side, as far as the image goes. square: the region grows to a
    square, so that the cell keeps its shape, and a file that is a cell gets a rim in its outline's colour; else it
    is stretched.
    """
    out = np.full((len(rows), side, side, 3), GREY, np.uint8)
    for places, found in crops_by_image(samples, rows, side, margin, square):
        out[places] = found
    return out


def crops_by_image(
    samples: Samples, rows: Index, side: int, margin: float = 0.0, square: bool = False
) -> Iterator[tuple[Index, Pixels]]:
    """The same, an image at a time: places among `rows`, and the cells at them. What cannot be read is left out."""
    rows = np.asarray(rows, np.int64)
    regions, paintings = boxes_of(samples, rows), paintings_of(samples, rows)
    for path, places in images_of(samples, rows):
        found: dict[int, Pixels] = {}
        with contextlib.suppress(BadImage):
            reader = open_image(path)
            for place in places.tolist():
                # A box outside its image costs no other cell.
                with contextlib.suppress(OutsideImage):
                    found[place] = cell(reader, regions[place], side, margin, square)
        if found:
            seen = np.array(list(found), np.int64)
            yield seen, _painted(np.stack(list(found.values())), paintings[seen])


def paintings_of(samples: Samples, rows: Index) -> npt.NDArray[np.object_]:
    """How the cells at these rows are painted when they are cut out, (n,); "" for as they are."""
    if PAINT not in samples.names:
        return np.full(len(rows), "", object)
    return np.array([text or "" for text in samples.table.column(PAINT).take(rows).to_pylist()], object)


def _painted(cells: Pixels, paintings: npt.NDArray[np.object_]) -> Pixels:
    for text in set(filter(None, paintings.tolist())):
        from models.domains.smears.paints import paint

        here = paintings == text
        cells[here] = paint(cells[here], text)
    return cells


def cell(reader: PictureReader, box: npt.NDArray[np.float32], side: int, margin: float, square: bool) -> Pixels:
    """One cell, (side, side, 3); the whole image where the box is NaN. Raises BadImage and OutsideImage."""
    from PIL import Image

    left, top, right, bottom = region(reader, box, margin, square)
    scale = 1
    while min(right - left, bottom - top) / (scale * 2) >= 2 * side:
        scale *= 2
    # The pixels that a fraction of is needed come along; Pillow weighs them.
    edges = int(left), int(top), int(np.ceil(right)), int(np.ceil(bottom))
    pixels = reader.read(*edges, scale)
    if not pixels.size:
        raise OutsideImage("the box lies outside the image")
    inner = [
        (left - edges[0]) / scale,
        (top - edges[1]) / scale,
        (right - edges[0]) / scale,
        (bottom - edges[1]) / scale,
    ]
    high, wide = pixels.shape[:2]
    limits = (max(inner[0], 0.0), max(inner[1], 0.0), min(inner[2], float(wide)), min(inner[3], float(high)))
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if square:
        # A region that could grow is square already.
        share = side / max(right - left, bottom - top)
        wide, high = max(round(share * (right - left)), 1), max(round(share * (bottom - top)), 1)
    else:
        wide = high = side
    found = np.asarray(image.resize((wide, high), Image.Resampling.BILINEAR, box=limits))
    return found if (wide, high) == (side, side) else _rimmed(found, side)


def _rimmed(pixels: Pixels, side: int) -> Pixels:
    """Pixels in the middle of a square, what is beside them in the colour of their outline."""
    high, wide = pixels.shape[:2]
    outline = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    out = np.empty((side, side, 3), np.uint8)
    out[:] = np.median(outline, axis=0)
    top, left = (side - high) // 2, (side - wide) // 2
    out[top : top + high, left : left + wide] = pixels
    return out


def region(
    reader: PictureReader, box: npt.NDArray[np.float32], margin: float, square: bool
) -> tuple[float, float, float, float]:
    """The region of an image that a cell is cut from: its box with the margin, inside the image."""
    width, height = reader.width, reader.height
    if np.isnan(box).any():
        return 0.0, 0.0, float(width), float(height)
    left, top, right, bottom = map(float, box)
    across, down = (right - left) * (1 + 2 * margin), (bottom - top) * (1 + 2 * margin)
    if square:
        across = down = min(max(across, down), width, height)
    x, y = (left + right) / 2, (top + bottom) / 2
    if square:
        # At the border the square is moved, not cut.
        x = min(max(x, across / 2), width - across / 2)
        y = min(max(y, down / 2), height - down / 2)
    left, top = max(x - across / 2, 0.0), max(y - down / 2, 0.0)
    return left, top, min(x + across / 2, width), min(y + down / 2, height)


def boxes_of(samples: Samples, rows: Index) -> boxes.Boxes:
    """The boxes of these samples, (n, 4), NaN where the whole file is the cell."""
    if BOX not in samples.names:
        return np.full((len(rows), 4), np.nan, np.float32)
    return boxes.table(samples.table.column(BOX).take(rows))


def images_of(samples: Samples, rows: Index) -> Iterator[tuple[Path, Index]]:
    """The image of each group of rows that lie in the same one, with their places among `rows`."""
    names = samples.table.column(IMAGE).take(rows).to_pylist() if IMAGE in samples.names else [None] * len(rows)
    sources = samples.table.column("source").take(rows).to_pylist()
    groups: dict[tuple[int, str | None], list[int]] = {}
    for place, key in enumerate(zip(sources, names, strict=True)):
        groups.setdefault(key, []).append(place)
    folders: dict[int, Path] = {}
    for (source, name), places in groups.items():
        if source not in folders:
            folders[source] = folder_of(Path(samples.sources[source]))
        path = image_in(folders[source], name)
        if path is not None:
            yield path, np.array(places, np.int64)


def sides_of(samples: Samples, rows: Index) -> npt.NDArray[np.float32]:
    """The side of a square as large as each cell's box or file, in pixels, NaN where it cannot be read."""
    out = np.full(len(rows), np.nan, np.float32)
    regions = boxes_of(samples, rows)
    for path, places in images_of(samples, rows):
        with contextlib.suppress(BadImage):
            reader = open_image(path)
            for place in places.tolist():
                left, top, right, bottom = region(reader, regions[place], 0.0, square=False)
                out[place] = np.sqrt(max(right - left, 0) * max(bottom - top, 0))
    return out


def folder_of(source: Path) -> Path:
    """The folder that the image names of a source start from."""
    return source if os.path.isdir(source) else source.parent


def image_in(folder: Path, name: str | None) -> Path | None:
    """Where the image of this name lies; None for a name that only a file or another curator can have made up."""
    if not name or "\x00" in name or PurePosixPath(name).is_absolute() or (len(name) > 1 and name[1] == ":"):
        return None
    return Path(os.path.normpath(folder / name))


def path_of(samples: Samples, row: int) -> Path | None:
    """The image of one sample, None where it has none."""
    return next((path for path, _ in images_of(samples, np.array([row], np.int64))), None)


def readable(samples: Samples) -> npt.NDArray[np.bool_]:
    """Which samples are cells whose image is there now, (n,)."""
    rows = np.flatnonzero(drawable(samples))
    able = np.zeros(len(samples), bool)
    for path, places in images_of(samples, rows):
        able[rows[places]] = os.path.isfile(path)
    return able


def ailing(samples: Samples) -> list[str]:
    """What to say of images that were there when their cells were read and are not now; one look an image."""
    images = list(images_of(samples, np.flatnonzero(~_marked(samples, "missing"))))
    gone = [(path.name, len(places)) for path, places in images if not os.path.isfile(path)]
    if not gone:
        return []
    cells = plural(sum(count for _, count in gone), "sample")
    told = f"{count_of(len(gone))} of {plural(len(images), 'image')} are gone, with {cells}"
    return [f"{told}: {listing([name for name, _ in gone])}. Bring them back to where they were."]


def drawable(samples: Samples) -> npt.NDArray[np.bool_]:
    """Which samples are cells whose image was there when they were read: what can be learnt from, (n,)."""
    return ~(_marked(samples, "missing") | _marked(samples, WHOLE))


def _marked(samples: Samples, name: str) -> npt.NDArray[np.bool_]:
    """Which samples have a mark, of bool with None where it is not told, or "1"."""
    if name not in samples.names:
        return np.zeros(len(samples), bool)
    return np.array([value in (True, 1.0, "1") for value in samples.column(name).tolist()], bool)
