"""Fields over the time of the recording: axis, readout, and clouds of a unit's spikes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from widgets import numbers, theme
from widgets.traces.plot import clock_step, nice_step, tick_text, ticks
from widgets.unit.axes import Axes, Field
from widgets.unit.digest import Digest
from widgets.unit.spots import spots

Floats = npt.NDArray[np.floating[Any]]
LEFT, TOP = 46, 26
#: Right of the data: room for a marginal histogram, and the margin.
MARGIN, RIGHT = 52, 10


def time_scale(digest: Digest) -> tuple[float, str]:
    """How many s (samples without a rate) one unit of the time axis has, and its title."""
    if not digest.unit.rate:
        return (1e6, "Time, million samples") if digest.length > 3e6 else (1.0, "Time, samples")
    if digest.length >= 3 * 3600:
        return 3600.0, "Time, h"
    return (60.0, "Time, min") if digest.length >= 180 else (1.0, "Time, s")


class TimeField(Field):
    """A field over the time of the recording.

    bottom: room below for times and their title; margin: beside the data for a histogram.
    """

    bottom, margin = 36, MARGIN

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(name, words, parent)
        self.digest: Digest | None = None

    def show_digest(self, digest: Digest | None) -> None:
        """Show the spikes of a unit."""
        self.digest = digest
        if digest is None or digest.unit.spikes is None:
            self.say_empty("No spikes", "This source holds no spike times.")
        elif digest.trouble:
            self.say_empty("The spikes cannot be read", digest.trouble)
        elif not len(digest.times):
            self.say_empty("No spikes", "The sorting has none of this unit.")
        else:
            self.say_empty("")
        self.update()

    def time_axes(self, low: float, high: float, top: float) -> Axes:
        """Time in its unit to the right, from `low` to `high` upwards."""
        assert self.digest is not None
        right = max(self.width() - LEFT - self.margin - RIGHT, 20)
        area = QRectF(LEFT, top, right, max(self.height() - top - self.bottom, 12))
        return Axes(area, 0.0, self.digest.length / time_scale(self.digest)[0] or 1.0, low, high)

    def time_ticks(self, axes: Axes) -> list[tuple[float, str]]:
        """Round times."""
        assert self.digest is not None
        scale, _title = time_scale(self.digest)
        most = max(axes.area.width() / 64, 2)
        round_step = clock_step if scale in (60.0, 3600.0) else nice_step
        step = round_step((axes.right - axes.left) * scale, most) / scale
        return [(at, tick_text(at, min(step, 1.0) if step < 1 else 1.0)) for at in ticks(axes.left, axes.right, step)]


class CloudField(TimeField):
    """A value of each spike over time, as a picture that is made once for a size. made(axes): makes it."""

    def __init__(self, name: str, words: str, made: Callable[[Axes], QImage], parent: QWidget | None = None) -> None:
        super().__init__(name, words, parent)
        self._made = made
        self.readout = self._told
        self._image: tuple[tuple[int, int, float], QImage] | None = None
        theme.changed.connect(self.forget)

    def axes(self) -> Axes:
        """Where the data stand; for subclasses."""
        return self.time_axes(0.0, 1.0, TOP)

    def time_unit(self) -> str:
        """The unit of the time axis."""
        assert self.digest is not None
        return time_scale(self.digest)[1].partition(", ")[2]

    def forget(self) -> None:
        """The picture is to be made anew."""
        self._image = None
        self.update()

    def image(self, axes: Axes) -> QImage:
        """The picture of the area of the axes, in device pixels."""
        ratio = self.devicePixelRatioF()
        wanted = (round(axes.area.width() * ratio), round(axes.area.height() * ratio), ratio)
        if self._image is None or self._image[0] != wanted:
            self._image = wanted, self._made(axes)
        return self._image[1]

    def cloud(self, one: Digest, values: Floats, axes: Axes, pen: QColor) -> QImage:
        """The spikes of a unit at their `values` (n,); of very many every so manieth."""
        assert self.digest is not None
        at = one.times[one.shown] * (1 / (one.rate * time_scale(self.digest)[0]))
        return spots(at, values[one.shown], axes, self.devicePixelRatioF(), pen, len(one.times))

    def words_at(self, value: float) -> str:
        """A value of the upright axis in words, "" where nothing is told."""
        return ""

    def _told(self, position: QPointF) -> str:
        axes = self.axes()
        if not axes.area.contains(position):
            return ""
        words = self.words_at(axes.low + (axes.area.bottom() - position.y()) / axes.up)
        at = axes.left + (position.x() - axes.area.left()) / axes.across
        return numbers.minus(f"{at:.4g} {self.time_unit()} · {words}") if words else ""
