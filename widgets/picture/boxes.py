"""The boxes of an image: whose they are, which are seen, and how their strokes are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from widgets import numbers, paint, theme, tokens
from widgets.picture.strokes import draw_dots, draw_outlines
from widgets.picture.view import Box, View

Index = npt.NDArray[np.int64]
ALL, CELL, DISAGREEING, NONE = "all", "cell", "disagreeing", "none"
LABEL, PREDICTION = "label", "prediction"
#: Below the first a box is a dot; from the second on it has its letter, unless there are more of them than that.
_DOT, _PLATE, _PLATES = 5.0, 34.0, 400
#: Among more boxes than that all lines are thin.
_CROWD = 1500


class Boxes:
    """The boxes of one image with the label and the prediction of each; −1 for none."""

    def __init__(self, places: npt.ArrayLike = (), ids: Sequence[str] = (), chosen: int = -1) -> None:
        self.places = np.array(places, np.float64).reshape(-1, 4)
        self.ids = list(ids)
        self.chosen = chosen
        self.shown, self.colour = ALL, LABEL
        self.titles: Sequence[str] = ()
        self.letters: Sequence[str] = ()
        self.labels, self.predicted = np.full((2, len(self)), -1, np.int64)
        self.shares = np.full(len(self), np.nan)

    def __len__(self) -> int:
        return len(self.places)

    def set_values(self, labels: npt.ArrayLike, predicted: npt.ArrayLike, shares: npt.ArrayLike) -> None:
        """Label, prediction and its probability of each, (n,)."""
        self.labels, self.predicted = np.array(labels, np.int64), np.array(predicted, np.int64)
        self.shares = np.array(shares, np.float64)

    def box(self, place: int) -> Box:
        """One of them."""
        left, top, right, bottom = (float(value) for value in self.places[place])
        return left, top, right, bottom

    def disagree(self) -> npt.NDArray[np.bool_]:
        """Which have a label that is not what the model says."""
        return np.asarray((self.labels >= 0) & (self.predicted >= 0) & (self.labels != self.predicted))

    def drawn(self) -> npt.NDArray[np.bool_]:
        """Which are drawn as boxes among others; the chosen one is marked on its own."""
        drawn = np.full(len(self), self.shown == ALL)
        if self.shown == DISAGREEING:
            drawn = self.disagree()
        if self.chosen >= 0:
            drawn[self.chosen] = False
        return drawn

    def at(self, x: float, y: float) -> int:
        """The smallest box that holds a place of the image, −1 for none; of those that are drawn."""
        left, top, right, bottom = self.places.T
        inside = (left <= x) & (x < right) & (top <= y) & (y < bottom)
        seen = self.drawn()
        if self.chosen >= 0:
            seen[self.chosen] = self.shown != NONE
        found = np.flatnonzero(inside & seen)
        if not len(found):
            return -1
        return int(found[np.argmin(((right - left) * (bottom - top))[found])])

    def mark(self, place: int) -> str:
        """What stands on the plate of the chosen cell: ``T ≠ S .63`` where label and model differ, ``T .92``, ``T``."""
        label, predicted = int(self.labels[place]), int(self.predicted[place])
        share = numbers.p(float(self.shares[place])) if np.isfinite(self.shares[place]) else ""
        words = [self.letters[label]] if label >= 0 else []
        if predicted >= 0 and predicted != label:
            words += ["≠", self.letters[predicted]] if words else [f"{self.letters[predicted]}?"]
        return " ".join([*words, share] if share and predicted >= 0 else words)

    def tell(self, place: int) -> str:
        """The classes of a box in words."""
        label, predicted = int(self.labels[place]), int(self.predicted[place])
        said = self.titles[label] if label >= 0 else "no label"
        if predicted < 0:
            return said
        share = f" {numbers.p(float(self.shares[place]))}" if np.isfinite(self.shares[place]) else ""
        return f"{said}, model {self.titles[predicted]}{share}"

    # -- editing before the answer comes

    def put(self, place: int, box: Box) -> None:
        """Show a box elsewhere until its image is loaded anew."""
        self.places[place] = box

    def add(self, box: Box) -> None:
        """Show a box more, of no sample yet."""
        self.places = np.vstack([self.places, box])
        self.ids.append("")
        self.labels, self.predicted = np.append(self.labels, -1), np.append(self.predicted, -1)
        self.shares = np.append(self.shares, np.nan)

    def remove(self, place: int) -> None:
        """Show a box no more."""
        self.places = np.delete(self.places, place, axis=0)
        del self.ids[place]
        self.labels, self.predicted = np.delete(self.labels, place), np.delete(self.predicted, place)
        self.shares = np.delete(self.shares, place)
        self.chosen = -1 if self.chosen == place else self.chosen - (self.chosen > place)

    # -- drawing

    def draw(self, painter: QPainter, view: View, region: QRect, ratio: float, bright: bool) -> None:
        """Strokes and letters of the boxes that touch a region of the screen; clipped by the painter."""
        corner = np.array([view.left, view.top, view.left, view.top])
        edges = np.rint(self.places * view.scale).astype(np.int64) - corner
        near = (edges[:, 0] <= region.right() + 1) & (edges[:, 1] <= region.bottom() + 1)
        near &= (edges[:, 2] >= region.left()) & (edges[:, 3] >= region.top()) & self.drawn()
        found = np.flatnonzero(near)
        if not len(found):
            return
        classes = (self.labels if self.colour == LABEL else self.predicted)[found]
        sides = (edges[found, 2:] - edges[found, :2]).max(axis=1)
        dots = sides < _DOT * ratio
        thin = max(round(ratio), 1)
        thick = np.where(self.disagree()[found] & (len(found) <= _CROWD), max(round(2 * ratio), 2), thin)
        pixels = np.zeros((region.height(), region.width()), np.uint32)
        inside = edges[found] - np.array([region.left(), region.top()] * 2)
        inks = _inks(classes, bright)
        draw_dots(pixels, inside[dots], inks[dots], round(3 * ratio))
        draw_outlines(pixels, inside[~dots], inks[~dots], thick[~dots], self.colour == PREDICTION)
        form = QImage.Format.Format_ARGB32_Premultiplied
        image = QImage(pixels.data, region.width(), region.height(), region.width() * 4, form)
        painter.drawImage(region.topLeft(), image)
        self._draw_letters(painter, edges, found[(sides >= _PLATE * ratio) & (classes >= 0)], view, ratio)

    def _draw_letters(self, painter: QPainter, edges: Index, found: Index, view: View, ratio: float) -> None:
        """A chip in the corner of each: filled for the label, hollow for the model's."""
        port = edges[(edges[:, 0] < view.width) & (edges[:, 1] < view.height) & (edges[:, 2:] > 0).all(axis=1)]
        if len(port) > _PLATES:
            return
        classes = self.labels if self.colour == LABEL else self.predicted
        kind, by = "filled" if self.colour == LABEL else "hollow", round(2 * ratio)
        for place in found:
            chip = paint.chip_pixmap(kind, self.letters[classes[place]], int(classes[place]), ratio, 15)
            side = chip.width()
            painter.drawPixmap(QRect(edges[place, 0] + by, edges[place, 1] + by, side, side), chip, chip.rect())


def stroke(place: int, bright: bool) -> QColor:
    """The stroke of a class on an image; grey for none. bright: of the image, whatever the theme is."""
    if place < 0:
        return QColor(tokens.COLOURS["text3"][tokens.LIGHT if bright else tokens.DARK])
    fill, _ink, dark, _shape = tokens.CLASSES[place % len(tokens.CLASSES)]
    return QColor(dark if bright else fill)


def accent(bright: bool) -> QColor:
    """The accent on an image."""
    return QColor(tokens.COLOURS["accent"][tokens.LIGHT if bright else tokens.DARK])


def on_accent(bright: bool) -> QColor:
    """Words on the accent on an image."""
    return QColor(tokens.COLOURS["on_accent"][tokens.LIGHT if bright else tokens.DARK])


def _inks(classes: Index, bright: bool) -> npt.NDArray[np.uint32]:
    """The stroke of each class as a pixel."""
    kinds, which = np.unique(classes, return_inverse=True)
    return np.array([stroke(int(kind), bright).rgba() for kind in kinds], np.uint32)[which]


def draw_mark(painter: QPainter, rect: QRectF, words: str, bright: bool) -> None:
    """The chosen cell: a frame in the accent, and its plate above (below at the top of the image)."""
    ink = accent(bright)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap, Qt.PenJoinStyle.MiterJoin))
    painter.drawRect(rect.adjusted(-1, -1, 1, 1))
    if not words:
        return
    top = rect.top() - 24 if rect.top() >= 24 else rect.bottom() + 4
    plate = QRectF(rect.left() - 2, top, paint.width(words, "chip") + 12, 20)
    paint.plate(painter, plate, ink)
    painter.setFont(theme.font("chip"))
    painter.setPen(on_accent(bright))
    painter.drawText(plate, paint.CENTRE, words)
