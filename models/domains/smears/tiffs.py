"""TIFF files: of any depth, tiled, in pyramids, with the size of a pixel; read tile by tile where they are large."""

from __future__ import annotations

import io
import logging
import math
import re
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.smears import images
from models.domains.smears.layers import clipped, reduced

Pixels = npt.NDArray[np.uint8]
#: The compressions of the format by number; tiles of the others are left to Pillow, which reads a file whole.
_JPEG, _PLAIN = 7, (1, 8, 32773, 32946)
_DEFLATED = (8, 32946)
#: No piece has more bytes; of those that unpack to fewer nobody looks whether they are what they claim.
_LARGEST, _HARMLESS = 2 << 30, 256 << 20
#: Most bytes that one byte can stand for in this compression.
_DEFLATION = 1032
#: Tiles kept of one image, in bytes.
_KEPT = 96 << 20
#: Pixels that the range of deep values is taken from.
_SAMPLED = 32_000_000
#: From this scale of a copy in the file on, a coarser copy is made by going through the whole once, of at most so
#: many pixels.
_OVERVIEW, _OVERVIEW_PIXELS = 8, 32_000_000


def examine(path: Path) -> images.Header:
    """Width, height, pixel size and what is done to the values. Raises BadImage, or what a damaged file raises."""
    with _opened(path) as file:
        page, level = _first(file)
        pixel, size = _pixel_size(file, page), path.stat().st_size
        width, height = level.width, level.height
        whole = level.codes and not any(end > size for end in level.ends)
        if not whole:
            raise images.BadImage("the image is cut off: the end of the file is missing")
        note = _note(file, page)
    turned = _orientation(page)
    if turned != 1 or not (level.tiled and level.decodable):
        images.check_size((width, height))
    images.check_size((width, height), images.MOST_TILED)
    if turned >= 5:
        width, height = height, width
    return images.Header(width, height, turned, pixel, note)


def decode(path: Path) -> Pixels:
    """All pixels of the first plane, (h, w, 3). Raises BadImage, or what a damaged file raises."""
    with _opened(path) as file:
        page, level = _first(file)
        images.check_size((level.width, level.height))
        turned = _orientation(page)
        if level.decodable:
            reader = TiledImage(path, [level])
            found = reader.read(0, 0, level.width, level.height, 1)
        else:
            found = _by_pillow(path)
            # Pillow turns a TIFF as it loads it.
            turned = 1
    return _turned(found, turned)


def open_tiled(path: Path, small: int) -> TiledImage | None:
    """A reader tile by tile, None for an image that is better decoded whole. Raises BadImage for one too large."""
    with _opened(path) as file:
        page, level = _first(file)
        fit = level.decodable and _orientation(page) == 1
        if level.width * level.height <= small or not fit:
            return None
        series = file.series[0].levels if file.series else []
        others = [_level(other.keyframe) for other in series[1:]]
    usable = [one for one in others if one.decodable and one.kind == level.kind and 0 < one.width < level.width]
    return TiledImage(path, [level, *usable])


def _opened(path: Path) -> Any:
    """An open file. What is wrong with it is raised; the library's own log of it is read by nobody."""
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    return tifffile.TiffFile(path)


@dataclass(frozen=True)
class Level:
    """One page of a file: where its pieces lie, and how they are decoded.

    piece: width and height of a tile or strip. kind: depth and channels. tables: of JPEG, shared by all tiles.
    """

    width: int
    height: int
    piece: tuple[int, int]
    across: int
    codes: tuple[tuple[int, int], ...]
    compression: int
    kind: tuple[str, int, int]
    planar: bool
    tiled: bool
    decoder: Any
    tables: bytes | None
    palette: Any
    photometric: int

    @property
    def ends(self) -> list[int]:
        """Where each piece ends in the file."""
        return [offset + count for offset, count in self.codes]

    @property
    def overview(self) -> int:
        """The scale of a coarse copy that is made of it."""
        scale = _OVERVIEW
        while self.width * self.height // scale**2 > _OVERVIEW_PIXELS:
            scale *= 2
        return scale

    @property
    def decodable(self) -> bool:
        """Whether a piece can be decoded by itself."""
        if self.kind[0] not in "uif":
            return False
        if self.compression == _JPEG:
            return not self.planar and self.photometric in (1, 2, 6)
        return self.compression in _PLAIN and self.photometric in (0, 1, 2, 3)


def _first(file: Any) -> tuple[Any, Level]:
    """The first page at full size, and how it is read."""
    if not len(file.pages):
        raise images.BadImage("it holds no image")
    page = file.series[0].keyframe if file.series else file.pages[0]
    return page, _level(page)


def _level(page: Any) -> Level:
    width, height = int(page.imagewidth), int(page.imagelength)
    piece = (page.tilewidth, page.tilelength) if page.is_tiled else (width, min(page.rowsperstrip or height, height))
    dtype = np.dtype(page.dtype) if page.dtype is not None else np.dtype("V1")
    area, depth = piece[0] * piece[1], page.samplesperpixel * dtype.itemsize
    if min(piece) <= 0 or area > images.MOST_PIXELS or page.imagedepth != 1:
        raise images.BadImage(f"it has tiles of {piece[0]} × {piece[1]} pixels")
    if area * depth > _LARGEST:
        raise images.BadImage(f"it has tiles of {piece[0]} × {piece[1]} pixels of {depth} bytes each")
    return Level(
        width=width,
        height=height,
        piece=(int(piece[0]), int(piece[1])),
        across=-(-width // int(piece[0])),
        codes=tuple(zip(map(int, page.dataoffsets), map(int, page.databytecounts), strict=False)),
        compression=int(page.compression),
        kind=(dtype.kind, dtype.itemsize, int(page.samplesperpixel)),
        planar=int(page.planarconfig) == 2 and page.samplesperpixel > 1,
        tiled=bool(page.is_tiled),
        decoder=page.decode if int(page.compression) in _PLAIN else None,
        tables=page.jpegtables,
        palette=_palette(page),
        photometric=int(page.photometric),
    )


def _palette(page: Any) -> Pixels | str | None:
    """The colours of an indexed image, (n, 3); "white" where 0 is white, "rgb" for JPEG without luma; else None."""
    photometric = int(page.photometric)
    if photometric == 3 and page.colormap is not None:
        return np.asarray(np.asarray(page.colormap).T >> 8, np.uint8)
    return {0: "white", 2: "rgb"}.get(photometric)


class TiledImage:
    """A PictureReader over a TIFF whose pieces are decoded when they are needed.

    levels: the image at full size and its coarser copies. The range of values of more than 8 bits is that of
    the coarsest copy, of some of its pieces where these are many.
    """

    def __init__(self, path: Path, levels: list[Level]) -> None:
        self.path = path
        self.levels = levels
        self.lock = threading.RLock()
        self.kept: OrderedDict[tuple[int, int, int], Pixels] = OrderedDict()
        self.held = 0
        self.weight = _KEPT
        self.most: float | None = None
        self.overviews: dict[int, dict[int, Pixels]] = {}

    @property
    def width(self) -> int:
        return self.levels[0].width

    @property
    def height(self) -> int:
        return self.levels[0].height

    def read(self, left: int, top: int, right: int, bottom: int, scale: int) -> Pixels:
        left, top, right, bottom = clipped(left, top, right, bottom, self.width, self.height)
        with self.lock:
            place, factor = self._level_for(scale)
            on_grid = not (left % scale or top % scale)
            level = self.levels[place]
            if scale // factor >= level.overview and on_grid:
                return self._from_overview(left, top, right, bottom, scale)
            box = (left // factor, top // factor, -(-right // factor), -(-bottom // factor))
            near = clipped(*box, level.width, level.height)
            found = self._region(place, *near)
        wanted = -(-(bottom - top) // scale), -(-(right - left) // scale)
        return _fitted(reduced(found, scale // factor), wanted)

    def _level_for(self, scale: int) -> tuple[int, int]:
        """The coarsest level whose factor is a power of two that divides the scale."""
        best = (0, 1)
        for place, level in enumerate(self.levels):
            factor = round(self.width / level.width)
            power = factor & (factor - 1) == 0
            same = (
                abs(level.height * factor - self.height) <= factor and abs(level.width * factor - self.width) <= factor
            )
            if power and same and factor <= scale and factor > best[1]:
                best = (place, factor)
        return best

    def _from_overview(self, left: int, top: int, right: int, bottom: int, scale: int) -> Pixels:
        """From a coarse copy of a level; its strips are made when they are first asked for, so that none waits long."""
        place, factor = self._level_for(scale)
        level = self.levels[place]
        step = -(-level.piece[1] // level.overview) * level.overview
        first = min(top // factor, level.height - 1) // step
        last = max(-(-min(-(-bottom // factor), level.height) // step), first + 1)
        strips = self.overviews.setdefault(place, {})
        for number in range(first, last):
            if number not in strips:
                end = min((number + 1) * step, level.height)
                strip = self._region(place, 0, number * step, level.width, end, keep=False)
                strips[number] = reduced(strip, level.overview)
        seen = np.concatenate([strips[number] for number in range(first, last)])
        coarse = factor * level.overview
        above = first * step // level.overview
        part = seen[top // coarse - above : -(-bottom // coarse) - above, left // coarse : -(-right // coarse)]
        wanted = -(-(bottom - top) // scale), -(-(right - left) // scale)
        return _fitted(reduced(part, scale // coarse), wanted)

    def _region(self, place: int, left: int, top: int, right: int, bottom: int, keep: bool = True) -> Pixels:
        """The pixels of a region of one level, of as many pieces as it touches."""
        level = self.levels[place]
        wide, high = level.piece
        out = np.full((bottom - top, right - left, 3), 255, np.uint8)
        for row in range(top // high, -(-bottom // high)):
            for column in range(left // wide, -(-right // wide)):
                piece = self._piece(place, row, column, keep)
                x, y = column * wide, row * high
                y1, y2 = max(y, top), min(y + piece.shape[0], bottom)
                x1, x2 = max(x, left), min(x + piece.shape[1], right)
                if y2 > y1 and x2 > x1:
                    out[y1 - top : y2 - top, x1 - left : x2 - left] = piece[y1 - y : y2 - y, x1 - x : x2 - x]
        return out

    def _piece(self, place: int, row: int, column: int, keep: bool) -> Pixels:
        key = (place, row, column)
        if key in self.kept:
            self.kept.move_to_end(key)
            return self.kept[key]
        with images.reading():
            raw = self._raw(self.levels[place], row, column)
            piece = _coloured(raw, self.levels[place], self._most() if raw.dtype != np.uint8 else None)
        if keep:
            self.kept[key] = piece
            self.held += piece.nbytes
            while len(self.kept) > 1 and self.held > _KEPT:
                self.held -= self.kept.popitem(last=False)[1].nbytes
        return piece

    def _raw(self, level: Level, row: int, column: int) -> npt.NDArray[Any]:
        """One piece as it is stored, (h, w, channels)."""
        down = -(-level.height // level.piece[1])
        planes = range(level.kind[2] if level.planar else 1)
        parts = [_decoded(self.path, level, (plane * down + row) * level.across + column) for plane in planes]
        return np.concatenate(parts, axis=2) if len(parts) > 1 else parts[0]

    def _most(self) -> float:
        """The greatest value of the coarsest level: what the depth of all values is taken from."""
        if self.most is None:
            level = self.levels[-1]
            greatest = [float(np.nanmax(self._raw(level, *place), initial=0)) for place in _spread(level)]
            self.most = max(greatest)
        return self.most


def _spread(level: Level) -> list[tuple[int, int]]:
    """Row and column of the pieces of a level; of many those at even distances, as many as are soon decoded."""
    count = level.across * -(-level.height // level.piece[1])
    most = max(_SAMPLED // (level.piece[0] * level.piece[1]), 1)
    # A step that shares no factor with the width of a row comes by all columns.
    step = -(-count // most)
    while step > 1 and math.gcd(step, level.across) > 1:
        step += 1
    return [divmod(number, level.across) for number in range(0, count, step)]


def _decoded(path: Path, level: Level, number: int) -> npt.NDArray[Any]:
    """One piece by its number in the file, (h, w, channels)."""
    channels = 1 if level.planar else level.kind[2]
    high = min(level.piece[1], level.height) if not level.tiled else level.piece[1]
    offset, count = level.codes[number] if number < len(level.codes) else (0, 0)
    if not count:
        return np.zeros((high, level.piece[0], channels), f"{level.kind[0]}{level.kind[1]}")
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(count)
    if len(data) < count:
        raise images.BadImage("the image is cut off: the end of the file is missing")
    if level.compression == _JPEG:
        return _jpeg(data, level)
    if level.compression in _DEFLATED:
        _check_unpacked(data, high * level.piece[0] * channels * int(level.kind[1]))
    segment: npt.NDArray[Any] | None = level.decoder(data, number)[0]
    if segment is None:
        return np.zeros((high, level.piece[0], channels), f"{level.kind[0]}{level.kind[1]}")
    found: npt.NDArray[Any] = segment[0]
    return found


def _check_unpacked(data: bytes, wanted: int) -> None:
    """Raise BadImage for what would unpack to far more than its piece holds; nothing of that is kept."""
    if len(data) * _DEFLATION <= _HARMLESS:
        return
    stream, rest, found = zlib.decompressobj(), data, 0
    while rest and not stream.eof:
        found += len(stream.decompress(rest, 1 << 24))
        rest = stream.unconsumed_tail
        if found > wanted + _HARMLESS:
            raise images.BadImage(f"a piece of it unpacks to more than the {wanted:,} bytes that it holds")


def _jpeg(data: bytes, level: Level) -> npt.NDArray[Any]:
    """A tile in JPEG, whose tables may stand elsewhere in the file."""
    from PIL import Image

    body = data[2:]
    if level.tables:
        body = level.tables[2:-2] + body
    if isinstance(level.palette, str) and level.kind[2] == 3:
        # Without this mark three channels would be taken for luma and colour differences.
        body = b"\xff\xee\x00\x0eAdobe\x00d\x00\x00\x00\x00\x00" + body
    with Image.open(io.BytesIO(b"\xff\xd8" + body), formats=("JPEG",)) as image:
        images.check_size(image.size, 4 * level.piece[0] * level.piece[1])
        found = np.asarray(image)
    return found[:, :, None] if found.ndim == 2 else found


def _coloured(raw: npt.NDArray[Any], level: Level, most: float | None) -> Pixels:
    """Values of any depth and number of channels as RGB."""
    if isinstance(level.palette, np.ndarray) and raw.dtype.kind == "u":
        return np.asarray(level.palette[np.minimum(raw[:, :, 0], len(level.palette) - 1)], np.uint8)
    if most is not None:
        # The greatest value goes along, so that all pieces get the same depth.
        edge = np.array([most], np.float64).astype(raw.dtype)
        raw = images.to_bytes(np.append(raw.reshape(-1), edge))[:-1].reshape(raw.shape)
    values = raw.astype(np.uint8, copy=False)
    if isinstance(level.palette, str) and level.palette == "white":
        values = 255 - values
    if values.shape[2] == 4 and level.palette == "rgb":
        alpha = values[:, :, 3:].astype(np.uint16)
        return ((values[:, :, :3] * alpha + 255 * (255 - alpha)) // 255).astype(np.uint8)
    if values.shape[2] >= 3:
        return values[:, :, :3]
    return np.repeat(values[:, :, :1], 3, axis=2)


def _fitted(pixels: Pixels, wanted: tuple[int, int]) -> Pixels:
    """Cut, or filled with its last row and column, to an exact size: copies in a file round as they like."""
    cut = pixels[: wanted[0], : wanted[1]]
    missing = wanted[0] - cut.shape[0], wanted[1] - cut.shape[1]
    return np.pad(cut, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge") if any(missing) and cut.size else cut


def _by_pillow(path: Path) -> Pixels:
    with images.pillow().open(path, formats=("TIFF",)) as image:
        images.check_size(image.size)
        image.load()
        if image.mode.startswith("I") or image.mode == "F":
            plane = images.to_bytes(np.asarray(image))
            return np.repeat(plane[:, :, None], 3, axis=2)
        return np.asarray(images.on_white(image))


def _orientation(page: Any) -> int:
    tag = page.tags.get(274)
    found = int(tag.value) if tag is not None and str(tag.value).isdigit() else 1
    return found if 1 <= found <= 8 else 1


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    turns: dict[int, Any] = {
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: p.transpose(1, 0, 2)[:, ::-1],
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: p.transpose(1, 0, 2)[::-1],
    }
    return np.ascontiguousarray(turns[orientation](pixels)) if orientation in turns else pixels


_MICRON = re.compile(r"^(u|µ|μ|\\u00B5)m$|^micron", re.I)
_PHYSICAL = re.compile(r'PhysicalSizeX="([0-9.eE+-]+)"')
_PHYSICAL_UNIT = re.compile(r'PhysicalSizeXUnit="([^"]{1,10})"')
_MPP = re.compile(r"\bMPP\s*=\s*([0-9.]+)")


def _pixel_size(file: Any, page: Any) -> float | None:
    """µm per pixel by OME, ImageJ, a slide scanner, or the resolution that every TIFF may have."""
    try:
        words = str(page.description or "")[:200_000]
        if file.is_ome and (found := _PHYSICAL.search(words)):
            unit = _PHYSICAL_UNIT.search(words)
            scale = {"nm": 1e-3, "mm": 1e3}.get(unit[1] if unit else "", 1.0)
            return images.likely_pixel(float(found[1]) * scale)
        if found := _MPP.search(words):
            return images.likely_pixel(float(found[1]))
        across = float(page.resolution[0])
        unit_name = str((file.imagej_metadata or {}).get("unit", "")) if file.is_imagej else ""
        if _MICRON.search(unit_name):
            return images.likely_pixel(1 / across)
        length = {2: 25_400.0, 3: 10_000.0}.get(int(page.resolutionunit))
        return images.likely_pixel(length / across) if length and across > 0 else None
    except images.DAMAGE:
        return None


def _note(file: Any, page: Any) -> str:
    if page.dtype is not None and np.dtype(page.dtype) != np.uint8:
        return "values of more than 8 bits are brought to 8" if np.dtype(page.dtype).itemsize > 1 else ""
    if int(page.photometric) == 5:
        return "CMYK colours are turned into RGB"
    if page.samplesperpixel in (2, 4):
        return "what is transparent is laid on white"
    planes = len(file.series[0].pages) if file.series else 1
    return f"of {planes} planes the first is read" if planes > 1 else ""
