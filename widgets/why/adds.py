"""What features add to a class as a picture: a cell for each row and column, and bars of those that are of none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import numbers, paint, theme, tokens
from widgets.heat import signed_colour

#: Where columns are named, how high a row is, how wide a cell is at most; the bars beside: names, bar, figure.
HEAD, ROW, WIDEST = 34, 18, 72
NAMES, BAR, FIGURE = 84, 70, 40
_LEAD = 76


@dataclass(frozen=True)
class Adds:
    """values [row][column]: what is of both. others: what is of neither, by name, in sum."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: npt.NDArray[np.float64]
    others: tuple[tuple[str, float], ...] = ()


class AddsPicture(QWidget):
    """Columns of the table from top to bottom, its rows from left to right: many channels need the width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why_adds")
        self.adds: Adds | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_adds(self, adds: Adds | None) -> None:
        """Show these, None for nothing."""
        self.adds = adds
        self.setVisible(adds is not None)
        if adds is not None:
            self.setAccessibleName("What channels and bands add")
            self.setAccessibleDescription("; ".join(_strongest(adds)))
            self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        lines = max(len(self.adds.columns), len(self.adds.others)) if self.adds is not None else 0
        return QSize(640, HEAD + lines * ROW + 8)

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell stands."""
        count = len(self.adds.rows) if self.adds is not None else 1
        beside = NAMES + BAR + FIGURE + 2 * tokens.GUTTER if self.adds is not None and self.adds.others else 0
        wide = min(max((self.width() - _LEAD - beside - tokens.GUTTER) / max(count, 1), 4.0), WIDEST)
        return QRectF(_LEAD + row * wide, HEAD + column * ROW, wide - 1, ROW - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        if self.adds is None:
            return
        most = max(float(np.abs(self.adds.values).max(initial=0)), 1e-9)
        for column, name in enumerate(self.adds.columns):
            place = QRectF(tokens.GUTTER, self.cell(0, column).top(), _LEAD - tokens.GUTTER - 6, ROW)
            paint.text(painter, place, name, "caption", "text2")
        for row, name in enumerate(self.adds.rows):
            top = self.cell(row, 0)
            # A pair of electrodes takes two lines: cells are narrow.
            for line, part in enumerate(name.split("-")):
                if top.width() >= paint.width(part, "caption"):
                    place = QRectF(top.left(), 2 + 14 * line, top.width(), 15)
                    paint.text(painter, place, part, "caption", "text2", paint.CENTRE)
            for column in range(len(self.adds.columns)):
                painter.fillRect(self.cell(row, column), signed_colour(self.adds.values[row, column] / most))
        self._draw_others(painter)

    def _draw_others(self, painter: QPainter) -> None:
        assert self.adds is not None
        left = self.cell(len(self.adds.rows), 0).left() + tokens.GUTTER
        paint.text(painter, QRectF(left, 16, NAMES + BAR, 15), "Of no channel and band", "caption", "text3")
        most = max((abs(value) for _, value in self.adds.others), default=0.0) or 1.0
        middle = left + NAMES + BAR / 2
        for place, (name, value) in enumerate(self.adds.others):
            top = HEAD + place * ROW
            paint.text(painter, QRectF(left, top, NAMES, ROW), name, "caption", "text2")
            wide = abs(value) / most * (BAR / 2 - 2)
            box = QRectF(middle if value >= 0 else middle - wide, top + 5, wide, 8)
            painter.fillRect(box, signed_colour(1.0 if value >= 0 else -1.0))
            words = numbers.minus(f"{value:+.2f}")
            paint.text(painter, QRectF(middle + BAR / 2, top, FIGURE, ROW), words, "caption", "text", paint.RIGHT)
        painter.fillRect(QRectF(round(middle), HEAD, 1, len(self.adds.others) * ROW), theme.token("line2"))

    def told_at(self, point: QPointF) -> str:
        """``Fp1-F7, theta: +0.12`` at a point, "" beside the cells."""
        for row, name in enumerate(self.adds.rows if self.adds is not None else ()):
            for column, title in enumerate(self.adds.columns if self.adds is not None else ()):
                if self.adds is not None and self.cell(row, column).contains(point):
                    return _told(name, title, float(self.adds.values[row, column]))
        return ""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.told_at(QPointF(event.pos())), self)
            return True
        return super().event(event)


def _told(row: str, column: str, value: float) -> str:
    return f"{row}, {column.lower()}: {numbers.minus(f'{value:+.3f}')}"


def _strongest(adds: Adds, count: int = 6) -> Sequence[str]:
    """The cells that add or take most, in words."""
    order = np.argsort(-np.abs(adds.values), axis=None)[:count]
    places = [np.unravel_index(at, adds.values.shape) for at in order.tolist()]
    return [_told(adds.rows[int(row)], adds.columns[int(at)], float(adds.values[row, at])) for row, at in places]
