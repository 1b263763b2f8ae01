"""Spikes by their principal components: the unit's over those of its neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from models.payload import Components
from widgets import numbers, theme
from widgets.unit.axes import Axes, Field, draw_grid, draw_legend, draw_titles
from widgets.unit.digest import Digest
from widgets.unit.lasso import Lasso
from widgets.unit.nearby import Nearby
from widgets.unit.spots import spots

Floats = npt.NDArray[np.floating[Any]]
LEFT, TOP, RIGHT, BOTTOM = 46, 26, 10, 36
#: Where components come from.
HOW = (
    "This source holds none of this unit’s spikes. Kilosort writes them as pc_features.npy, "
    "spikeinterface as the extension principal_components; they are seen here once they are there."
)


class ScatterField(Field):
    """Two components at a time; across, up: their places among the axes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_scatter", "Principal components", parent)
        self.digest: Digest | None = None
        self.components: Components | None = None
        self.across, self.up = 0, 2
        self._pictures: tuple[Any, QImage, QImage] | None = None
        self.readout = self._told
        self.lasso = Lasso(self, self.axes, self.points)
        theme.changed.connect(self._forget)

    def show_nearby(self, digest: Digest | None, nearby: Nearby) -> None:
        """Show the components of a unit, once they were read."""
        self.digest, self.components = digest, nearby.components
        self.lasso.clear()
        self._forget()
        if nearby.trouble:
            self.say_empty("Components cannot be read", nearby.trouble)
        elif self.components is None:
            self.say_empty(
                "No components", HOW, digest is not None and "principal_components" in digest.unit.computable
            )
        else:
            self.say_empty("")

    def choose(self, across: int, up: int) -> None:
        """Which components are seen."""
        self.across, self.up = across, up
        self.lasso.clear()
        self._forget()

    def _forget(self) -> None:
        self._pictures = None
        self.update()

    @property
    def whole(self) -> bool:
        """Whether all spikes of the unit have components, so that it can be split by them."""
        return (
            self.components is not None
            and self.digest is not None
            and len(self.components.spikes) == len(self.digest.times)
        )

    def _places(self) -> tuple[int, int]:
        assert self.components is not None
        last = len(self.components.names) - 1
        return min(self.across, last), min(self.up, last)

    def points(self) -> Floats:
        """(spikes, 2): where each spike of the unit stands, NaN for one without components."""
        assert self.components is not None
        assert self.digest is not None
        found = np.full((len(self.digest.times), 2), np.nan)
        found[self.components.spikes] = self.components.values[:, list(self._places())]
        return found

    def axes(self) -> Axes:
        """All of the unit's spikes but stray ones."""
        assert self.components is not None
        area = QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 20), max(self.height() - TOP - BOTTOM, 20))
        across, up = self._places()
        own = self.components.values
        spans = [_span(own[:, place], self.components.others[:, place]) for place in (across, up)]
        return Axes(area, *spans[0], *spans[1])

    def draw(self, painter: QPainter) -> None:
        axes, components = self.axes(), self.components
        assert components is not None
        draw_grid(painter, axes, axes.level_ticks(), axes.upright_ticks())
        behind, own = self._drawn(axes)
        painter.drawImage(axes.area, behind)
        painter.drawImage(axes.area, own)
        across, up = self._places()
        draw_titles(painter, axes, _upper(components.names[across]), _upper(components.names[up]))
        if len(components.others):
            draw_legend(painter, axes, "grey: neighbours", 240)

    def _drawn(self, axes: Axes) -> tuple[QImage, QImage]:
        ratio = self.devicePixelRatioF()
        across, up = self._places()
        wanted = (round(axes.area.width() * ratio), round(axes.area.height() * ratio), across, up)
        if self._pictures is None or self._pictures[0] != wanted:
            assert self.components is not None
            both = [
                spots(values[:, across], values[:, up], axes, ratio, pen, len(values))
                for values, pen in (
                    (self.components.others, theme.token("bar")),
                    (self.components.values, theme.token("accent")),
                )
            ]
            self._pictures = wanted, both[0], both[1]
        return self._pictures[1:]

    def _told(self, position: QPointF) -> str:
        axes = self.axes()
        if not axes.area.contains(position):
            return ""
        x = axes.left + (position.x() - axes.area.left()) / axes.across
        y = axes.low + (axes.area.bottom() - position.y()) / axes.up
        return numbers.minus(f"{x:.3g}, {y:.3g}")


def _span(own: Floats, others: Floats) -> tuple[float, float]:
    low, high = (float(value) for value in np.quantile(own, [0.002, 0.998]))
    room = (high - low) * 0.25 or 1.0
    low, high = low - room, high + room
    if len(others):
        inner, outer = (float(value) for value in np.quantile(others, [0.02, 0.98]))
        low, high = min(low, max(inner, low - 3 * room)), max(high, min(outer, high + 3 * room))
    return low, high


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
