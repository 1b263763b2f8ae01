"""The boxes of an image: whose they are, which are seen, and how their strokes are drawn."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QByteArray, QDataStream, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from widgets import numbers, paint, theme, tokens
from widgets.picture.view import Box, View

Index = npt.NDArray[np.int64]
ALL, CELL, DISAGREEING, NONE = "all", "cell", "disagreeing", "none"
LABEL, PREDICTION = "label", "prediction"
#: Below the first a box is a dot; from the second on it has its letter, unless there are more of them than that.
_DOT, _PLATE, _PLATES = 5.0, 34.0, 400
_GAP = 4  # length of a dash and of what is left out between two


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
        rim = np.array([region.left() - 1, region.top() - 1, region.right() + 1, region.bottom() + 1])
        near = (edges[:, :2] <= rim[2:]).all(axis=1) & (edges[:, 2:] >= rim[:2]).all(axis=1) & self.drawn()
        found = np.flatnonzero(near)
        if not len(found):
            return
        classes = (self.labels if self.colour == LABEL else self.predicted)[found]
        sides = (edges[found, 2:] - edges[found, :2]).max(axis=1)
        differ, dots = self.disagree()[found], sides < _DOT * ratio
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place in np.unique(classes):
            mine, ink = classes == place, stroke(int(place), bright)
            _draw_dots(painter, edges[found[mine & dots]], ink, ratio)
            _draw_boxes(painter, edges[found[mine & ~dots & ~differ]], self._pen(ink), round(ratio))
            _draw_boxes(painter, edges[found[mine & ~dots & differ]], self._pen(ink), round(2 * ratio))
        self._draw_letters(painter, edges, found[(sides >= _PLATE * ratio) & (classes >= 0)], view, ratio)

    def _pen(self, ink: QColor) -> QPen:
        pen = QPen(ink, 1)
        pen.setCapStyle(Qt.PenCapStyle.SquareCap)
        if self.colour == PREDICTION:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([_GAP, _GAP - 1])
        return pen

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


def _draw_dots(painter: QPainter, edges: Index, ink: QColor, ratio: float) -> None:
    """Small boxes as dots."""
    if len(edges):
        painter.setPen(QPen(ink, max(round(3 * ratio), 2)))
        middle = (edges[:, :2] + edges[:, 2:]) / 2
        painter.drawPoints(paint.polygon(middle[:, 0], middle[:, 1]))


def _draw_boxes(painter: QPainter, edges: Index, pen: QPen, thick: int) -> None:
    """Outlines of whole pixels, one inside the other for a thick one: a pen of one pixel is drawn fastest."""
    if len(edges):
        painter.setPen(pen)
        for inset in range(max(thick, 1)):
            painter.drawPath(outlines(edges + np.array([inset, inset, -1 - inset, -1 - inset])))


def outlines(edges: Index) -> QPainterPath:
    """The four sides of each (left, top, right, bottom) as one path of single lines, so that dashes begin anew."""
    left, top, right, bottom = edges.T + 0.5
    lines = [(left, top, right, top), (right, top, right, bottom), (left, bottom, right, bottom)]
    lines.append((left, top, left, bottom))
    points = np.stack([np.stack(line, axis=-1) for line in lines], axis=1).reshape(-1, 2)
    steps = np.zeros(len(points), [("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])
    steps["kind"] = np.tile([0, 1], len(points) // 2)  # move, then line
    steps["x"], steps["y"] = points.T
    path = QPainterPath()
    buffer = QByteArray(struct.pack(">i", len(points)) + steps.tobytes() + struct.pack(">ii", 0, 0))
    QDataStream(buffer) >> path
    return path


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
