"""Image files of any kind as RGB pixels, decoded safely: sizes are checked before anything is allocated.

An image is shown as its EXIF orientation says, as image viewers and OpenCV do; boxes refer to that, too.
Alpha is laid on white, the bright field of a smear. Of several pages the first is read.
"""

from __future__ import annotations

import importlib
import os
import struct
import threading
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.smears.layers import LayeredImage
from models.payload import PictureReader

Pixels = npt.NDArray[np.uint8]

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
_TIFF = (".tif", ".tiff")
#: An image of more pixels is not decoded as a whole; tiled ones are read tile by tile.
MOST_PIXELS = 250_000_000
#: No image has more, whatever its header claims.
MOST_TILED = 1 << 36
#: Tiled images up to so many pixels are decoded whole: that is faster than tile by tile.
_SMALL = 16_000_000
#: Decoded images that are kept, in bytes.
_KEPT = 256 << 20
#: A pixel of a smear is between these, in µm; what a header tells beyond is the resolution of a screen or a printer.
FINEST, COARSEST = 0.005, 20.0
#: Pillow's own formats that we open: none that runs another program or a page description.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
#: What a damaged image can raise while it is read.
DAMAGE = (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, AttributeError, EOFError, OverflowError,
          MemoryError, ArithmeticError, struct.error, zlib.error, RuntimeError)  # fmt: skip


class BadImage(Exception):
    """Why an image cannot be read, in words."""


@dataclass(frozen=True)
class Header:
    """What an image file tells of itself.

    width, height: as shown. orientation: by EXIF, 1 for none; stored: width and height of the stored pixels.
    pixel: µm per pixel, None where it tells none. note: what is done to its values, "" for nothing.
    """

    width: int
    height: int
    orientation: int = 1
    pixel: float | None = None
    note: str = ""

    @property
    def stored(self) -> tuple[int, int]:
        """Width and height before it was turned."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def examine(path: Path) -> Header:
    """The header of an image file and whether its end is there; no pixel is decoded. Raises BadImage."""
    with reading():
        if not os.path.getsize(path):
            raise BadImage("the file is empty")
        if path.suffix.lower() in _TIFF:
            from models.domains.smears import tiffs

            return tiffs.examine(path)
        with _opened(path) as image:
            header = _header(image)
            check_size(image.size)
            kind = str(image.format)
        _check_end(path, kind)
        return header


def check_size(size: tuple[int, int], most: int = MOST_PIXELS) -> None:
    """Raise BadImage for an image that is too large to be decoded, or claims to be."""
    width, height = size
    if width <= 0 or height <= 0:
        raise BadImage(f"it claims {width} × {height} pixels")
    if width * height > most:
        raise BadImage(f"it claims {width} × {height} pixels, more than {most:,}. Save it as a tiled TIFF")


def decode(path: Path) -> Pixels:
    """All pixels of an image, (h, w, 3). Raises BadImage."""
    with reading():
        if path.suffix.lower() in _TIFF:
            from models.domains.smears import tiffs

            return tiffs.decode(path)
        with _opened(path) as image:
            check_size(image.size)
            return _pixels(image)


def open_image(path: Path) -> PictureReader:
    """A reader of an image; the last ones stay open. Raises BadImage."""
    try:
        facts = os.stat(path)
    except OSError as error:
        raise BadImage(f"it cannot be read: {error.strerror}") from error
    return _KEEPER.get(path, (str(path), facts.st_size, facts.st_mtime_ns))


def _open(path: Path) -> PictureReader:
    if path.suffix.lower() in _TIFF:
        from models.domains.smears import tiffs

        with reading():
            tiled = tiffs.open_tiled(path, _SMALL)
        if tiled is not None:
            return tiled
    return LayeredImage(decode(path))


class _Keeper:
    """Readers that were opened last, up to some bytes of decoded pixels."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.lock = threading.Lock()
        self.kept: OrderedDict[tuple[str, int, int], PictureReader] = OrderedDict()

    def get(self, path: Path, key: tuple[str, int, int]) -> PictureReader:
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        reader = _open(path)
        with self.lock:
            self.kept[key] = reader
            while len(self.kept) > 1 and sum(map(_weight, self.kept.values())) > self.most:
                self.kept.popitem(last=False)
        return reader


def _weight(reader: PictureReader) -> int:
    return getattr(reader, "weight", 0)


_KEEPER = _Keeper(_KEPT)


@contextmanager
def reading() -> Iterator[None]:
    """Whatever a damaged file makes Pillow or tifffile raise, as BadImage."""
    try:
        with warnings.catch_warnings():
            # A wrong EXIF block or a strange tag is told by the reader as a warning: the pixels are there.
            warnings.simplefilter("ignore")
            yield
    except BadImage:
        raise
    except DAMAGE as error:
        raise BadImage(_words(error)) from error


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read: {error.strerror}"
    if "cannot identify" in text:
        return "it is no image of a known kind"
    if "truncated" in text.lower():
        return "the image is cut off: the end of the file is missing"
    return f"the image is damaged ({text[:120] or type(error).__name__})"


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with pillow().open(path, formats=_FORMATS) as image:
        yield image


def pillow() -> Any:
    """Pillow with the formats that it does not load by itself, and without its own limit.

    Sizes are checked here, with a limit that fits slides; Pillow's would stop at 89 million pixels.
    """
    from PIL import Image

    for kind in ("Tiff", "WebP"):
        importlib.import_module(f"PIL.{kind}ImagePlugin")
    Image.MAX_IMAGE_PIXELS = None
    return Image


def _header(image: Any) -> Header:
    width, height = image.size
    orientation = _orientation(image)
    if orientation >= 5:
        width, height = height, width
    return Header(width, height, orientation, _pixel_size(image), _note(image))


def _orientation(image: Any) -> int:
    # To look behind the pixels of a PNG, where nobody writes it, Pillow would decode them all.
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    try:
        found = image.getexif().get(0x0112, 1)
    except DAMAGE:
        return 1
    return int(found) if found in range(1, 9) else 1


def _pixel_size(image: Any) -> float | None:
    """µm per pixel by the resolution in dots per inch, where that can be one of a microscope."""
    dots = image.info.get("dpi")
    try:
        return likely_pixel(25_400 / float(dots[0])) if dots else None
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None


def likely_pixel(size: float) -> float | None:
    """The size of a pixel in µm, None where no microscope has it."""
    return float(size) if FINEST <= size <= COARSEST else None


def _note(image: Any) -> str:
    if image.mode == "CMYK":
        return "CMYK colours are turned into RGB"
    if image.mode.startswith("I") or image.mode == "F":
        return "values of more than 8 bits are brought to 8"
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        return "what is transparent is laid on white"
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        return f"of {image.n_frames} frames the first is read"
    return ""


def _pixels(image: Any) -> Pixels:
    """The pixels of an open image as RGB, turned as it is shown."""
    from PIL import Image

    turn = _TURNS.get(_orientation(image))
    image.load()
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(to_bytes(np.asarray(image)))
    image = on_white(image)
    turned = image if turn is None else image.transpose(turn)
    return np.ascontiguousarray(np.asarray(turned), np.uint8)


def on_white(image: Any) -> Any:
    """An image of Pillow as RGB, what is transparent laid on white."""
    from PIL import Image

    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        ground = Image.new("RGBA", coloured.size, (255, 255, 255, 255))
        image = Image.alpha_composite(ground, coloured)
    return image.convert("RGB")


#: Pillow's transposition for each EXIF orientation.
_TURNS: dict[int, Any] = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}


def to_bytes(values: npt.NDArray[Any]) -> Pixels:
    """Values of any type as 0 to 255.

    Whole numbers by the least of 8, 10, 12, 14, 16 … bits that holds them all, so that images of one camera keep
    their ratio; fractions in 0 to 1 as they are; other values between their least and greatest.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values.astype(np.uint8) * 255
    most = float(np.nanmax(values, initial=0)) if values.size else 0.0
    least = float(np.nanmin(values, initial=0)) if values.size else 0.0
    if values.dtype.kind in "ui" and least >= 0:
        bits = next((bits for bits in (8, 10, 12, 14, 16, 24, 32) if most < 2**bits), 64)
        factor = 255 / (2**bits - 1)
        scaled = np.asarray(values, np.float32) * np.float32(factor) + np.float32(0.5)
        return np.asarray(scaled, np.uint8)
    if not np.isfinite([least, most]).all():
        raise BadImage("it holds infinite values")
    low, span = (0.0, 1.0) if least >= 0 and most <= 1 else (least, most - least or 1.0)
    shares = (np.nan_to_num(values.astype(np.float64), nan=low) - low) * (255 / span)
    return np.asarray(np.clip(shares, 0, 255) + 0.5, np.uint8)


def _check_end(path: Path, kind: str) -> None:
    """Raise BadImage where the last mark of a PNG or JPEG is missing: it was cut off on its way."""
    mark = {"PNG": b"IEND", "JPEG": b"\xff\xd9", "MPO": b"\xff\xd9"}.get(kind)
    if mark is None:
        return
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        # Some programs leave padding after the end.
        file.seek(max(0, file.tell() - 65_536))
        if mark not in file.read():
            raise BadImage("the image is cut off: the end of the file is missing")
