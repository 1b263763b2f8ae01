"""Pictures of mel spectrograms: looked at before they are read, shown, made small."""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = npt.NDArray[np.uint8]
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
#: No picture of a spectrogram has more pixels.
MOST_PIXELS = 100_000_000
#: A picture whose brightness varies by less than this shows nothing.
_BLANK = 2.0
#: Pixels of a side that are enough to tell.
_ROUGH = 64


class NoImage(Exception):
    """Why a file cannot be seen, in words."""


@dataclass(frozen=True)
class Look:
    """What is known of a picture. blank: it shows nothing; key: the same for the same bytes."""

    width: int
    height: int
    blank: bool
    key: str


def examine(path: Path) -> Look:
    """What is known of a picture, read roughly. Raises NoImage."""
    with _opened(path) as image:
        size = image.size
        image.draft("L", (_ROUGH, _ROUGH))
        blank = float(np.asarray(image.convert("L"), np.float32).std()) < _BLANK
    return Look(*size, blank, hashlib.blake2b(path.read_bytes(), digest_size=12).hexdigest())


def read_pixels(path: Path) -> Pixels:
    """The picture, (h, w, 3). Raises NoImage."""
    with _opened(path) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


def small(path: Path, side: int) -> Pixels:
    """The picture as a square, (side, side, 3), stretched. Raises NoImage."""
    from PIL import Image

    with _opened(path) as image:
        image.draft("RGB", (side, side))
        return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR), np.uint8)


@dataclass(frozen=True)
class Pixmap:
    """A PictureReader over an array (h, w, 3)."""

    pixels: Pixels

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def read(self, left: int, top: int, right: int, bottom: int, scale: int) -> Pixels:
        """The pixels [left, right) × [top, bottom) at 1/scale, each the mean of those that it stands for."""
        part = self.pixels[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        if scale == 1 or not part.size:
            return part
        rows, columns = np.arange(0, part.shape[0], scale), np.arange(0, part.shape[1], scale)
        total = np.add.reduceat(np.add.reduceat(part.astype(np.uint32), rows, 0), columns, 1)
        high = np.diff(np.append(rows, part.shape[0]))
        wide = np.diff(np.append(columns, part.shape[1]))
        return np.asarray(total // (high[:, None] * wide)[..., None], np.uint8)


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    """A picture that is not too large. Raises NoImage, also for what goes wrong inside."""
    from PIL import Image, UnidentifiedImageError

    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode):
            raise NoImage("it is no file")
        if not state.st_size:
            raise NoImage("it is empty (0 bytes)")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise NoImage(f"it has {image.width:,} × {image.height:,} pixels, more than can be read")
                yield image
    except UnidentifiedImageError:
        raise NoImage("it is no picture, or its beginning is damaged") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError, *_struct()) as error:
        raise NoImage(f"the picture is damaged or cut off ({str(error)[:120]})") from None


def _struct() -> tuple[Any, ...]:
    import struct

    return (struct.error,)
