"""The cells of the sample table: words, chips, bars, small lines and pictures, a column at a time."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPixmap

from models.change import Rows
from widgets import paint, theme
from widgets.table_header import Head

Floats = npt.NDArray[np.floating[Any]]
_KEPT = 4096
_SIGN = 11


@dataclass(frozen=True)
class ChipMark:
    """The classes of one sample by their index, −1 for none: its label, the model's; by a person."""

    label: int = -1
    model: int = -1
    person: bool = False

    @property
    def conflict(self) -> bool:
        """Label and model differ."""
        return self.label >= 0 and self.model >= 0 and self.label != self.model


class Columns(Protocol):
    """What a table reads, always for a handful of project rows at once."""

    def names(self) -> Sequence[Head]:
        """All columns that may be shown, in their own order."""
        ...

    def text(self, rows: Rows, column: str) -> Sequence[str]:
        """The words of a column; for a bar the figure beside it."""
        ...

    def whole(self, row: int, column: str) -> str:
        """What the cell of a row tells in full, for whoever points at it: letters by the words that they stand for."""
        ...

    def chip(self, rows: Rows) -> Sequence[ChipMark]:
        """Label and model of each row, for columns of kind "chips"."""
        ...

    def bar(self, rows: Rows, column: str) -> Floats:
        """The share (0 to 1, NaN none) of each row, for columns of kind "bar"."""
        ...


def fitted(text: str, kind: str, metrics: QFontMetrics, wide: int) -> str:
    """A cell's words in so many px: ids without their middle, letters by as many as there is room for and how many
    more there are (``F D +2``), anything else without its end."""
    if metrics.horizontalAdvance(text) <= wide:
        return text
    if kind != "letters":
        mode = Qt.TextElideMode.ElideMiddle if kind == "mono" else Qt.TextElideMode.ElideRight
        return metrics.elidedText(text, mode, wide)
    letters = text.split()
    for kept in range(len(letters) - 1, 0, -1):
        told = " ".join([*letters[:kept], f"+{len(letters) - kept}"])
        if metrics.horizontalAdvance(told) <= wide:
            return told
    return metrics.elidedText(f"+{len(letters)}", Qt.TextElideMode.ElideRight, wide)


def face_of(kind: str) -> QFont:
    """The type of the words of a column."""
    return theme.font("mono" if kind == "mono" else "body")


class Lines:
    """The small lines of the rows read last, and pictures of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Floats] = OrderedDict()
        self._pictures: OrderedDict[tuple[int, int, int, bool, float], QPixmap] = OrderedDict()

    def __contains__(self, row: int) -> bool:
        return row in self._kept

    def get(self, row: int) -> Floats | None:
        """A row's line, empty where it has none; None while it is still to come."""
        return self._kept.get(row)

    def give(self, rows: Rows, lines: Sequence[Floats | None] | Floats) -> None:
        """Take over lines, (points,), or pictures, (h, w, 3) uint8; None: the row has none."""
        for row, line in zip(rows.tolist(), lines, strict=True):
            self._kept[row] = np.zeros(0, np.float32) if line is None else np.asarray(line)
            self._kept.move_to_end(row)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Drop all."""
        self._kept.clear()
        self.forget_pictures()

    def forget_pictures(self) -> None:
        """Draw all anew: the theme changed."""
        self._pictures.clear()

    def picture(self, row: int, line: Floats, wide: int, tall: int, ratio: float) -> QPixmap:
        """A row's line as a picture of a size."""
        key = (row, wide, tall, theme.is_dark(), ratio)
        picture = self._pictures.get(key)
        if picture is None:
            picture = self._pictures[key] = _draw_line(line, wide, tall, ratio)
            if len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
        return picture


def _draw_line(line: Floats, wide: int, tall: int, ratio: float) -> QPixmap:
    picture = QPixmap(round(wide * ratio), round(tall * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    if line.ndim == 3:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF((wide - tall + 2) / 2, 1, tall - 2, tall - 2), paint.image_of(line))
        painter.end()
        return picture
    paint.sparkline(painter, QRectF(0.5, 5, wide - 1, tall - 10), line, theme.token("text2"), 1.0)
    painter.end()
    return picture


@dataclass
class Cells:
    """Paints columns for rows below each other, `row` px each, the first in the box that is given.

    letters: of the classes, by index. lines: for columns of kind "sparkline".
    """

    columns: Columns
    letters: Sequence[str]
    lines: Lines
    row: int
    ratio: float

    def paint(self, painter: QPainter, head: Head, rows: Rows, box: QRectF) -> None:
        """One column."""
        if head.kind == "chips":
            for mark in self.columns.chip(rows):
                self._paint_chips(painter, mark, box)
                box.translate(0, self.row)
        elif head.kind == "sparkline":
            self._paint_lines(painter, rows, box)
        elif head.kind == "bar":
            self._paint_bars(painter, head, rows, box)
        else:
            self._paint_words(painter, self.columns.text(rows, head.name), head, box)

    def _paint_words(self, painter: QPainter, words: Sequence[str], head: Head, box: QRectF) -> None:
        face = face_of(head.kind)
        measure = QFontMetrics(face)
        flags = head.align | Qt.TextFlag.TextSingleLine
        painter.setFont(face)
        painter.setPen(theme.token("text2" if head.kind in ("soft", "letters") else "text"))
        wide = int(box.width())
        # Every sign of a column takes at most this, so most texts need no measuring.
        safe = wide // max(measure.maxWidth() if len(words) < 2 else measure.horizontalAdvance("W"), 1)
        for text in words:
            painter.drawText(box, flags, text if len(text) <= safe else fitted(text, head.kind, measure, wide))
            box.translate(0, self.row)

    def _paint_chips(self, painter: QPainter, mark: ChipMark, box: QRectF) -> None:
        x, y = round(box.left()), round(box.center().y() - paint.CHIP / 2)
        if mark.label >= 0:
            self._chip(painter, x, y, "filled", mark.label)
        elif mark.model < 0:
            self._chip(painter, x, y, "dashed", 0)
        else:
            self._chip(painter, x, y, "hollow", mark.model)
        if mark.conflict:
            paint.text(painter, QRectF(x + 17, box.top(), 18, self.row), "≠", "body", "text2", paint.CENTRE)
            self._chip(painter, x + 35, y, "hollow", mark.model)
        beside = 57 if mark.conflict else 22
        # In a narrow column the two classes matter more than who gave the label.
        if mark.person and mark.label >= 0 and beside + _SIGN <= box.width():
            painter.drawPixmap(x + beside, y + 3, theme.pixmap("person", _SIGN, "text2", self.ratio))

    def _chip(self, painter: QPainter, x: int, y: int, kind: str, index: int) -> None:
        letter = self.letters[index] if index < len(self.letters) else str(index)
        painter.drawPixmap(x, y, paint.chip_pixmap(kind, letter, index, self.ratio))

    def _paint_bars(self, painter: QPainter, head: Head, rows: Rows, box: QRectF) -> None:
        words = self.columns.text(rows, head.name)
        wide = max(box.width() - 34, 0)
        fill = theme.token("label_bar")
        for part, text in zip(self.columns.bar(rows, head.name).tolist(), words, strict=True):
            if math.isfinite(part) and wide > 8:
                paint.bar(painter, QRectF(box.left(), round(box.center().y()) - 2, wide, 5), part, fill)
            paint.text(painter, box, text, "body", "text", paint.RIGHT)
            box.translate(0, self.row)

    def _paint_lines(self, painter: QPainter, rows: Rows, box: QRectF) -> None:
        for row in rows.tolist():
            line = self.lines.get(row)
            if line is None:
                paint.skeleton(painter, QRectF(box.left(), box.center().y() - 4, box.width() * 0.9, 8))
            elif len(line):
                picture = self.lines.picture(row, line, round(box.width()), self.row - 1, self.ratio)
                painter.drawPixmap(round(box.left()), round(box.top()), picture)
            box.translate(0, self.row)
