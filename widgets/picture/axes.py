"""What the sides of a picture measure, told along its edges and at the pointer."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from models.payload import Axis
from widgets import paint, theme
from widgets.numbers import minus

#: px between two ticks of the width and of the height at least; of a tick; height of its words.
ACROSS, UP, TICK, TALL = 64.0, 34.0, 6, 16.0
#: Steps between ticks, as parts of the power of ten below the length; each is made of the one after it.
_STEPS = (10.0, 5.0, 1.0, 0.5, 0.1, 0.05, 0.01)


def value_at(axis: Axis, place: float) -> float:
    """The value at a place from 0 to 1."""
    return float(np.interp(place, axis.places, axis.values))


def place_of(axis: Axis, value: float) -> float:
    """Where a value stands."""
    return float(np.interp(value, axis.values, axis.places))


def ticks(axis: Axis, low: float, high: float, length: float, apart: float) -> list[tuple[float, float]]:
    """(value, place) of ticks between two places, rising. length: px of the whole side; apart: px between two.

    Steps become finer from the low end on as far as there is room: where an axis is not even, where it is wide.
    """
    first, last = value_at(axis, low), value_at(axis, high)
    if last <= first:
        return []
    unit = 10.0 ** math.floor(math.log10(last - first))
    found: dict[float, float] = {}
    for part in _STEPS:
        found |= _finer(axis, list(_multiples(first, last, part * unit)), found, apart / length)
    return sorted(found.items())


def _finer(axis: Axis, values: list[float], found: dict[float, float], apart: float) -> dict[float, float]:
    """Those of more values that stand apart from each other and what was found: as far as none between two is left out.

    apart: as a part of the side.
    """
    kept: dict[float, float] = {}
    new: dict[float, float] = {}
    for value in values:
        place = place_of(axis, value)
        if value in found:
            kept, new = kept | new, {}
        elif any(abs(place - other) < apart for other in (*found.values(), *kept.values(), *new.values())):
            return kept
        else:
            new[value] = place
    return kept | new


def _multiples(first: float, last: float, step: float) -> Iterator[float]:
    tiny = 1e-9 * step
    for number in range(math.ceil((first - tiny) / step), math.floor((last + tiny) / step) + 1):
        yield float(f"{number * step:.9g}")


def draw_axes(painter: QPainter, axes: tuple[Axis, Axis], picture: QRectF, room: QRectF) -> None:
    """Ticks along the foot and the left edge of what is seen of a picture; the last of each has the unit."""
    seen = picture & room
    if seen.width() < ACROSS or seen.height() < UP:
        return
    across, up = axes
    left, right = ((x - picture.left()) / picture.width() for x in (seen.left(), seen.right()))
    low, high = ((picture.bottom() - y) / picture.height() for y in (seen.bottom(), seen.top()))
    foot = seen.bottom() - TALL - TICK
    told = ticks(up, low, high, picture.height(), UP)
    for value, place in told:
        y = picture.bottom() - place * picture.height()
        _draw_tick(painter, QRectF(seen.left(), y - 0.5, TICK, 1))
        words = _words(value, up.unit if value == told[-1][0] else "")
        at = max(y - TALL / 2, seen.top() + 1)
        if at + TALL < foot:  # below stand the words of the other side
            _draw_words(painter, QRectF(seen.left() + TICK + 1, at, 0, TALL), words)
    told = ticks(across, left, right, picture.width(), ACROSS)
    for value, place in told:
        x = picture.left() + place * picture.width()
        _draw_tick(painter, QRectF(x - 0.5, seen.bottom() - TICK, 1, TICK))
        words = _words(value, across.unit if value == told[-1][0] else "")
        wide = paint.width(words, "caption_strong") + 8
        at = min(max(x - wide / 2, seen.left() + TICK + 1), seen.right() - wide - 1)
        _draw_words(painter, QRectF(at, foot, 0, TALL), words)


def words_at(axes: tuple[Axis, Axis], picture: QRectF, position: QPointF) -> str:
    """``0.732 s · 1.24 kHz`` at a point of the picture, "" beside it."""
    if not picture.contains(position) or picture.isEmpty():
        return ""
    across, up = axes
    time = value_at(across, (position.x() - picture.left()) / picture.width())
    value = value_at(up, (picture.bottom() - position.y()) / picture.height())
    return minus(f"{time:.3f} {across.unit} · {value:.2f} {up.unit}")


def _words(value: float, unit: str) -> str:
    return minus(f"{value:g}{f' {unit}' if unit else ''}")


def _draw_tick(painter: QPainter, rect: QRectF) -> None:
    painter.fillRect(rect.adjusted(-1, -1, 1, 1), theme.token("well"))
    painter.fillRect(rect, theme.token("text"))


def _draw_words(painter: QPainter, rect: QRectF, words: str) -> None:
    rect.setWidth(paint.width(words, "caption_strong") + 8)
    paint.plate(painter, rect, theme.faded("well", 0.86))
    paint.text(painter, rect, words, "caption_strong", "text", paint.CENTRE)
