"""Boxes: numbers of any kind made into four, judged, cut at the border, and written as the text that samples keep."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

#: Left, top, right, bottom in pixels; right and bottom are exclusive.
Box = tuple[float, float, float, float]
Boxes = npt.NDArray[np.float32]
#: No place in an image lies further away, in pixels.
FAR = 1e9


class BadBox(Exception):
    """Why a box is none, in words."""


def number(value: Any) -> float:
    """A coordinate, which may be text. Raises BadBox for what is no finite number."""
    if isinstance(value, bool) or value is None:
        raise BadBox(f"{value!r} is no number")
    try:
        found = float(value.strip() if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        raise BadBox(f"{str(value)[:40]!r} is no number") from None
    if not math.isfinite(found) or abs(found) > FAR:
        raise BadBox(f"{value!r} is no place in an image")
    return found


def corners(values: Sequence[Any]) -> Box:
    """A box of left, top, right, bottom as a file has them. Raises BadBox."""
    if len(values) != 4:
        raise BadBox(f"it has {len(values)} numbers, not 4")
    left, top, right, bottom = map(number, values)
    return left, top, right, bottom


def extent(values: Sequence[Any]) -> Box:
    """A box of left, top, width, height. Raises BadBox."""
    left, top, width, height = corners(values)
    return left, top, left + width, top + height


def about(values: Sequence[Any]) -> Box:
    """A box of centre, width and height. Raises BadBox."""
    x, y, width, height = corners(values)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def centred(values: Sequence[Any], width: float, height: float) -> Box:
    """A box of centre and size as shares of the image. Raises BadBox."""
    x, y, w, h = corners(values)
    # Files of this form round to six decimals: a thousandth of a pixel is no information.
    edges = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
    left, top, right, bottom = (round(edge, 2) for edge in edges)
    return left, top, right, bottom


def judge(box: Box, width: int, height: int) -> Box:
    """The box cut at the border of its image (0 × 0 where unknown). Raises BadBox for one that holds no pixel."""
    left, top, right, bottom = box
    if right < left or bottom < top:
        raise BadBox(f"the box {plain(box)} is inverted: its end comes before its start")
    if right == left or bottom == top:
        raise BadBox(f"the box {plain(box)} has no area")
    far_right, far_bottom = width or math.inf, height or math.inf
    if right <= 0 or bottom <= 0 or left >= far_right or top >= far_bottom:
        size = f" of {width} × {height}" if width else ""
        raise BadBox(f"the box {plain(box)} lies outside the image{size}")
    cut = max(left, 0.0), max(top, 0.0), min(right, far_right), min(bottom, far_bottom)
    if cut[2] - cut[0] < 1 or cut[3] - cut[1] < 1:
        raise BadBox(f"the box {plain(box)} holds less than a pixel")
    return cut


def touches(box: Box, width: int, height: int) -> bool:
    """Whether a box ends at the border of its image."""
    left, top, right, bottom = box
    return left <= 0 or top <= 0 or bool(width and right >= width) or bool(height and bottom >= height)


def turn(box: Box, orientation: int, width: int, height: int) -> Box:
    """A box of the stored pixels (width × height) in the image as it is shown by its EXIF orientation."""
    left, top, right, bottom = box
    if orientation in (2, 3):
        left, right = width - right, width - left
    if orientation in (3, 4):
        top, bottom = height - bottom, height - top
    if orientation in (5, 6, 7, 8):
        left, top, right, bottom = top, left, bottom, right
    if orientation in (6, 7):
        left, right = height - right, height - left
    if orientation in (7, 8):
        top, bottom = width - bottom, width - top
    return left, top, right, bottom


def plain(box: Sequence[float]) -> str:
    """The four numbers as text, without decimals that say nothing."""
    return ",".join(f"{value:.2f}".rstrip("0").rstrip(".") for value in box)


def parse(text: str | None) -> Box | None:
    """The box that a sample keeps as text, None for none. Raises BadBox for what we never wrote."""
    if not text:
        return None
    return corners(text.split(","))


def table(texts: pa.ChunkedArray | Sequence[str | None]) -> Boxes:
    """Boxes of many samples, (n, 4), NaN where a sample has none or an unreadable one."""
    column = texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([pa.array(texts, pa.string())])
    parts = pc.split_pattern(column, ",")
    four = pc.fill_null(pc.equal(pc.list_value_length(parts), 4), False)
    found = np.full((len(column), 4), np.nan, np.float64)
    try:
        values = pc.list_flatten(parts.filter(four)).cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        # Somebody else wrote one of them: each by itself.
        return _each(column.to_pylist())
    found[four.to_numpy()] = values.reshape(-1, 4)
    found[~(np.abs(found) <= FAR).all(axis=1)] = np.nan
    return found.astype(np.float32)


def _each(texts: Sequence[str | None]) -> Boxes:
    found = np.full((len(texts), 4), np.nan, np.float32)
    for place, text in enumerate(texts):
        if text:
            with contextlib.suppress(BadBox):
                found[place] = corners(text.split(","))
    return found
