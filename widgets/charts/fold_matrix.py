"""Scores of trainings by set and fold: a square each in the colour of its score, the mean of each set beside it.

A cell tells its state where it has no score: it waits, is at work, is done and not yet scored, failed, or its score is
undefined, which is hatched and says why.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import numbers, paint, theme
from widgets.charts.cell_square import NONE, WAYS
from widgets.charts.confusion import heat, ink_on
from widgets.parts.bars import draw_interval

SCORED, UNDEFINED, PENDING, RUNNING, DONE, FAILED = "scored", "undefined", "pending", "running", "done", "failed"
HEAD, FOOT, GAP = 26, 42, 2
#: Widths of the names, of the bar of classes, of the interval and figure at the right; below the first width of the
#: whole the bar of classes goes, below the second the interval.
NAMES, BAR, MEANS, SLIM, NARROW = 88, 56, 236, 760, 560
#: The tallest and the lowest row.
TALL, LOW = 50, 16
#: From this height on a cell has room for how many its score is of.
TWO = 32


@dataclass(frozen=True)
class FoldCell:
    """One training. value: its score, NaN without one. part: how far it is, 0 to 1, NaN where that is not known.

    why: a reason or a place in words, for whoever points at it. of: how many its score is of, 0 where unknown.
    """

    state: str = PENDING
    value: float = math.nan
    part: float = math.nan
    why: str = ""
    of: int = 0


@dataclass(frozen=True)
class FoldRow:
    """The trainings of one set. mean, sd: over its folds, NaN where undefined. shares: of the classes that it learns.

    apart: it is made of the others. best: the chosen one.
    """

    name: str
    cells: tuple[FoldCell, ...]
    mean: float = math.nan
    sd: float = math.nan
    shares: tuple[float, ...] = ()
    apart: bool = False
    best: bool = False


class FoldMatrix(QWidget):
    """Sets below each other, folds beside each other. ``cell_asked(row, column)``: a click or Enter on a cell."""

    cell_asked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[FoldRow] = []
        self._folds: list[str] = []
        self._foot: list[float] = []
        self._score, self._empty = "", ""
        self._chosen = NONE
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(300, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Scores by set and fold")

    def set_matrix(self, rows: Sequence[FoldRow], folds: Sequence[str], score: str, empty: str = "") -> None:
        """Show these. score: what the values are; empty: what stands there without any row."""
        self._rows, self._folds, self._score, self._empty = list(rows), list(folds), score, empty
        values = np.array([[cell.value for cell in row.cells] for row in self._rows if not row.apart])
        known = np.isfinite(values)
        self._foot = [
            float(values[known[:, column], column].mean()) if known[:, column].any() else math.nan
            for column in range(values.shape[1] if values.ndim == 2 else 0)
        ]
        if not self._inside(*self._chosen):
            self._chosen = NONE
        # Its legend stays in sight however low the window is.
        self.setMinimumHeight(HEAD + FOOT + 8 + LOW * max(len(self._rows), 3))
        told = [
            f"{row.name}, {fold}: {self.cell_words(cell)}"
            for row in self._rows
            for fold, cell in zip(self._folds, row.cells, strict=True)
        ]
        self.setAccessibleDescription("; ".join(told[:120]) or empty)
        self.update()

    def rows(self) -> list[FoldRow]:
        """What is shown."""
        return list(self._rows)

    def cell_words(self, cell: FoldCell) -> str:
        """What a cell says, in words."""
        words = numbers.share(cell.value) if cell.state == SCORED else cell.state
        return f"{words}, {cell.why}" if cell.why else words

    def sizeHint(self) -> QSize:
        return QSize(900, HEAD + FOOT + 32 * max(len(self._rows), 4))

    def most(self) -> int:
        """The height in px from which on no cell grows any more."""
        return HEAD + FOOT + 16 + TALL * max(len(self._rows), 2)

    def chosen(self) -> tuple[int, int]:
        """The ringed cell, (−1, −1) for none."""
        return self._chosen

    def _inside(self, row: int, column: int) -> bool:
        return 0 <= row < len(self._rows) and 0 <= column < len(self._folds)

    # ---- geometry

    def _left(self) -> float:
        return NAMES + (BAR + 12 if self._has_shares() else 0)

    def _has_shares(self) -> bool:
        return self.width() >= SLIM and any(row.shares for row in self._rows)

    def _right(self) -> float:
        return MEANS if self.width() >= NARROW else 64

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell is."""
        wide = (self.width() - self._left() - self._right()) / max(len(self._folds), 1)
        apart = sum(one.apart for one in self._rows)
        tall = min(max((self.height() - HEAD - FOOT - 8 * apart) / max(len(self._rows), 1), LOW), TALL)
        shift = 8 if self._rows and self._rows[row].apart else 0
        return QRectF(self._left() + column * wide, HEAD + row * tall + shift, wide - GAP, tall - GAP)

    # ---- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._rows or not self._folds:
            paint.text(painter, QRectF(self.rect()).adjusted(12, 0, -12, 0), self._empty, "body", "text2", paint.CENTRE)
            return
        self._draw_heads(painter)
        values = [one.value for row in self._rows for one in row.cells if math.isfinite(one.value)]
        span = (min([0.5, *values]), max([*values, 0.51]))
        for place, row in enumerate(self._rows):
            self._draw_row(painter, place, row, span)
        if values:
            self._draw_foot(painter, span)
        if self._inside(*self._chosen) or self.hasFocus():
            ring = self.cell_rect(*self._chosen) if self._inside(*self._chosen) else QRectF(self.rect())
            painter.setPen(QPen(theme.token("accent"), 2.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ring.adjusted(1, 1, -1, -1), 4, 4)

    def _draw_heads(self, painter: QPainter) -> None:
        if self._has_shares():
            paint.text(painter, QRectF(NAMES, 4, BAR, 18), "classes", "caption", "text2")
        paint.text(painter, QRectF(12, 4, NAMES - 16, 18), "Set", "caption", "text2")
        for column, name in enumerate(self._folds):
            box = self.cell_rect(0, column)
            role = "strong" if column == self._chosen[1] else "caption"
            words = name if paint.width(name, role) <= box.width() else name.removeprefix("fold ")
            paint.text(painter, QRectF(box.left(), 4, box.width(), 18), words, role, "text2", paint.CENTRE)
        x = self.cell_rect(0, len(self._folds) - 1).right() + 12
        if not any(math.isfinite(row.mean) for row in self._rows):
            return
        words = "mean ± sd of folds" if self.width() >= NARROW else "mean"
        paint.text(painter, QRectF(x, 4, self.width() - x - 12, 18), words, "caption", "text2", paint.RIGHT)

    def _draw_row(self, painter: QPainter, place: int, row: FoldRow, span: tuple[float, float]) -> None:
        first = self.cell_rect(place, 0)
        middle = first.center().y()
        role = "strong" if row.best or row.apart else "body"
        room = self._left() - (BAR + 12 if row.shares and self._has_shares() else 0) - 18
        paint.text(painter, QRectF(12, middle - 9, room, 18), row.name, role, "text")
        if row.shares and self._has_shares():
            self._draw_shares(painter, QRectF(NAMES, middle - 3, BAR, 6), row.shares)
        for column, cell in enumerate(row.cells):
            self._draw_cell(painter, self.cell_rect(place, column), cell, span)
        self._draw_mean(painter, self.cell_rect(place, len(self._folds) - 1).right() + 12, middle, row, span)

    def _draw_shares(self, painter: QPainter, box: QRectF, shares: Sequence[float]) -> None:
        x, total = box.left(), sum(shares) or 1.0
        for index, share in enumerate(shares):
            wide = box.width() * share / total
            painter.fillRect(QRectF(x, box.top(), max(wide - 1, 0.5), box.height()), theme.class_colour(index).fill)
            x += wide

    def _draw_cell(self, painter: QPainter, box: QRectF, cell: FoldCell, span: tuple[float, float]) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        if cell.state == SCORED:
            ground = heat((cell.value - span[0]) / ((span[1] - span[0]) or 1.0))
            painter.setBrush(ground)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(ink_on(ground))
            painter.setFont(theme.font("body" if box.width() > 32 else "caption"))
            above = box.adjusted(0, 0, 0, -14) if cell.of and box.height() >= TWO else box
            painter.drawText(above, paint.CENTRE, numbers.share(cell.value, 3 if box.width() > 32 else 2))
            if above != box:
                painter.setFont(theme.font("caption"))
                painter.drawText(box.adjusted(0, box.height() - 19, 0, -3), paint.CENTRE, f"of {cell.of}")
            return
        tones = {FAILED: "error_bg", RUNNING: "raised"}
        painter.setBrush(theme.token(tones.get(cell.state, "panel")))
        painter.setPen(QPen(theme.token("accent" if cell.state == RUNNING else "line"), 1))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if cell.state == UNDEFINED:
            paint.hatch(painter, box.adjusted(2, 2, -2, -2))
            paint.plate(painter, QRectF(box.center().x() - 8, box.center().y() - 8, 16, 16), theme.token("panel"))
        words, tone = {
            UNDEFINED: (numbers.NONE, "text2"), FAILED: ("failed", "error"), DONE: ("done", "ok"),
            PENDING: ("", "text3"), RUNNING: (self._part_words(cell, box), "text"),
        }[cell.state]  # fmt: skip
        middle = box.translated(0, -3) if cell.state == RUNNING and box.height() > 22 else box
        paint.text(painter, middle, words, "caption", tone, paint.CENTRE)
        if cell.state == RUNNING:
            bar = QRectF(box.left() + 6, box.bottom() - 6, box.width() - 12, 3)
            paint.bar(painter, bar, cell.part, theme.token("accent"))

    @staticmethod
    def _part_words(cell: FoldCell, box: QRectF) -> str:
        if math.isfinite(cell.part):
            return f"{100 * cell.part:.0f} %"
        return "at work" if box.width() > 44 else "…"

    def _draw_mean(self, painter: QPainter, x: float, middle: float, row: FoldRow, span: tuple[float, float]) -> None:
        if all(cell.state in (PENDING, RUNNING, DONE, FAILED) for cell in row.cells):
            return
        words = numbers.share(row.mean)
        tone = "accent_text" if row.best else "text"
        if self.width() < NARROW:
            paint.text(painter, QRectF(x, middle - 9, self.width() - x - 12, 18), words, "strong", tone, paint.RIGHT)
            return
        told = f"{words} ± {numbers.share(row.sd, 2)}" if math.isfinite(row.sd) else words
        paint.text(painter, QRectF(self.width() - 98, middle - 9, 86, 18), told, "strong", tone, paint.RIGHT)
        if not math.isfinite(row.mean):
            return
        wide = self.width() - 110 - x

        def at(value: float) -> float:
            return x + min(max((value - span[0]) / ((span[1] - span[0]) or 1.0), 0.0), 1.0) * wide

        painter.setPen(QPen(theme.token("line"), 1))
        painter.drawLine(QPointF(x, middle), QPointF(x + wide, middle))
        sd = row.sd if math.isfinite(row.sd) else 0.0
        draw_interval(
            painter, at(row.mean), at(row.mean - sd), at(row.mean + sd), middle, "accent" if row.best else "text2"
        )

    def _draw_foot(self, painter: QPainter, span: tuple[float, float]) -> None:
        bottom = self.cell_rect(len(self._rows) - 1, 0).bottom()
        if sum(not row.apart for row in self._rows) > 1:
            paint.text(painter, QRectF(12, bottom + 3, self._left() - 16, 18), "mean of sets", "caption", "text2")
            for column, value in enumerate(self._foot):
                box = self.cell_rect(0, column)
                place = QRectF(box.left(), bottom + 3, box.width(), 18)
                paint.text(painter, place, numbers.share(value), "caption", "text2", paint.CENTRE)
        line = QRectF(12, bottom + 23, self.width() - 24, 18)
        x = line.left() + paint.text(painter, line, self._score, "caption", "text2") + 10
        x += (
            paint.text(painter, line.adjusted(x - line.left(), 0, 0, 0), numbers.share(span[0], 2), "caption", "text2")
            + 6
        )
        for step in range(60):
            painter.fillRect(QRectF(x + step * 1.5, line.center().y() - 3, 1.6, 6), heat(step / 59))
        x += 96
        x += (
            paint.text(painter, line.adjusted(x - line.left(), 0, 0, 0), numbers.share(span[1], 2), "caption", "text2")
            + 18
        )
        if any(cell.state == UNDEFINED for row in self._rows for cell in row.cells):
            paint.hatch(painter, QRectF(x, line.center().y() - 5, 18, 10))
            paint.text(
                painter, line.adjusted(x + 24 - line.left(), 0, 0, 0), "undefined in its fold", "caption", "text2"
            )

    # ---- the person's hands

    def cell_at(self, point: QPointF) -> tuple[int, int]:
        """The cell under a point, (−1, −1) for none."""
        places = ((row, column) for row in range(len(self._rows)) for column in range(len(self._folds)))
        return next((place for place in places if self.cell_rect(*place).contains(point)), NONE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.cell_at(QPointF(event.position()))
        if place != NONE and event.button() == Qt.MouseButton.LeftButton:
            self._choose(*place)
            self.cell_asked.emit(*place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = WAYS.get(Qt.Key(event.key()))
        if way is not None and self._rows:
            row, column = (max(at, 0) + by for at, by in zip(self._chosen, way, strict=True))
            self._choose(min(max(row, 0), len(self._rows) - 1), min(max(column, 0), len(self._folds) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen != NONE:
            self.cell_asked.emit(*self._chosen)
        else:
            super().keyPressEvent(event)

    def _choose(self, row: int, column: int) -> None:
        self._chosen = (row, column)
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            row, column = self.cell_at(QPointF(event.pos()))
            if row >= 0:
                words = (
                    f"{self._rows[row].name}, {self._folds[column]}: {self.cell_words(self._rows[row].cells[column])}"
                )
                QToolTip.showText(event.globalPos(), words, self)
                return True
        return super().event(event)


__all__ = ["DONE", "FAILED", "PENDING", "RUNNING", "SCORED", "UNDEFINED", "FoldCell", "FoldMatrix", "FoldRow"]
