"""Groups as lines: who it is, its label, its first samples small, what the model says of each sample and of all.

Only the lines on screen are read and painted, so there may be thousands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from models.change import Rows
from widgets import numbers, paint, theme, tokens
from widgets.mosaic.pictured import PicturedView, Pictures

LINE, HEAD, THUMB = 40, 26, 32
#: Widths: of the name, the label, the aggregate at the right, and of the plot at least.
NAME, LABEL, COUNT, TAIL, PLOT = 96, 96, 30, 88, 120
#: Small pictures at most, and the side in px of what they are made of.
MOST, ASKED = 5, 192


@dataclass(frozen=True)
class GroupLine:
    """One group. label, model: class index, −1 for none. rows: its samples; points: what is said of each, NaN for none.

    p: of all, with its interval where there is one. flagged: samples with a flag.
    """

    name: str
    title: str = ""
    label: int = -1
    mixed: bool = False
    rows: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    points: tuple[float, ...] = ()
    p: float = math.nan
    low: float = math.nan
    high: float = math.nan
    model: int = -1
    flagged: int = 0
    full: str = ""

    @property
    def differs(self) -> bool:
        """Label and model differ."""
        return self.label >= 0 and self.model >= 0 and self.label != self.model


class Lines(Pictures, Protocol):
    """What a list reads of the lines on screen, and the pictures of their samples."""

    def line(self, place: int) -> GroupLine:
        """The group at a place of the project's groups."""
        ...


@dataclass(frozen=True)
class Columns:
    """Where the columns of a list of a width stand; thumbs: how many small pictures there is room for."""

    width: int
    thumbs: int
    label: float
    pictures: float
    plot: float
    tail: float

    @classmethod
    def of(cls, width: int, most: int) -> Columns:
        """The columns for a width: small pictures (at most `most`) give way to the plot, then the label's words."""
        named = LABEL if width >= 420 else 26
        label = tokens.GUTTER + NAME
        first = label + named + COUNT
        room = width - first - TAIL - PLOT
        thumbs = min(max(int(room // (THUMB + 3)), 0), most, MOST)
        plot = first + thumbs * (THUMB + 3) + (28 if thumbs else 0)
        return cls(width, thumbs, label, first, plot, width - TAIL)


class GroupHead(QWidget):
    """The captions over the columns of a list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._captions = ("", "", "")
        self._most = 0
        self.setFixedHeight(HEAD)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_captions(self, group: str, sample: str, plot: str, most: int) -> None:
        """What groups and samples are called, what the plot shows, how many small pictures stand there at most."""
        self._captions, self._most = (group, sample, plot), most
        self.setAccessibleName(", ".join(filter(None, self._captions)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        paint.rule(painter, self.rect(), "bottom")
        place = Columns.of(self.width(), self._most)
        group, sample, plot = self._captions
        top, tall = 4.0, 18.0
        paint.text(painter, QRectF(tokens.GUTTER, top, NAME, tall), group, "caption", "text2")
        paint.text(
            painter, QRectF(place.label, top, place.pictures - place.label - 4, tall), "Label, n", "caption", "text2"
        )
        if place.thumbs:
            paint.text(painter, QRectF(place.pictures, top, 160, tall), sample, "caption", "text2")
        paint.text(painter, QRectF(place.plot, top, place.tail - place.plot - 8, tall), plot, "caption", "text2")
        paint.text(painter, QRectF(place.tail, top, TAIL - tokens.GUTTER, tall), "All", "caption", "text2", paint.RIGHT)


class GroupList(PicturedView):
    """Lines of 40 px with a current one; `picks` holds places of groups. It asks as every list does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Lines | None = None
        self._most = 0
        self._chance = math.nan
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def set_lines(self, lines: Lines) -> None:
        """Read from another provider."""
        self._lines = lines

    def set_look(self, letters: Sequence[str], most: int, chance: float) -> None:
        """The letters of the classes, how many small pictures a line has at most, where the plot's upright line is."""
        self._most, self._chance = most, chance
        self.set_letters(letters)

    def set_places(self, places: Rows) -> None:
        """Show these groups in this order."""
        self.picks.set_rows(places)
        self._lay_out()
        self._place_empty()
        self._show_picks()

    def sizeHint(self) -> QSize:
        return QSize(560, 300)

    # ---- geometry

    def rect_of(self, position: int) -> QRect:
        return QRect(0, position * LINE - self.verticalScrollBar().value(), self.viewport().width(), LINE)

    def _lay_out(self) -> None:
        height, bar = self.viewport().height(), self.verticalScrollBar()
        bar.setRange(0, max(len(self.picks) * LINE - height, 0))
        bar.setPageStep(height)
        bar.setSingleStep(LINE)

    def ensure_visible(self) -> None:
        if self.picks.position < 0:
            return
        box, bar = self.rect_of(self.picks.position), self.verticalScrollBar()
        if box.top() < 0:
            bar.setValue(bar.value() + box.top())
        elif box.bottom() > self.viewport().height():
            bar.setValue(bar.value() + box.bottom() - self.viewport().height() + 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()
        self._place_empty()
        self.ensure_visible()

    def visible(self) -> range:
        """The positions on screen."""
        top = self.verticalScrollBar().value()
        return range(top // LINE, min((top + self.viewport().height()) // LINE + 1, len(self.picks)))

    # ---- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.token("well"))
        if self._lines is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        columns = Columns.of(self.viewport().width(), self._most)
        told = [(place, self._lines.line(int(self.picks.rows[place]))) for place in self.visible()]
        self._ask_pictures([line for _, line in told], columns)
        for place, line in told:
            self._paint_line(painter, self.rect_of(place), line, columns, place == self.picks.position)

    def _ask_pictures(self, lines: Sequence[GroupLine], columns: Columns) -> None:
        rows = np.concatenate([np.zeros(0, np.int64), *(line.rows[: columns.thumbs] for line in lines)])
        if self._lines is not None:
            self._make_tiles(self._lines, np.unique(rows), THUMB, ASKED)

    def _paint_line(self, painter: QPainter, box: QRect, line: GroupLine, place: Columns, chosen: bool) -> None:
        if chosen:
            painter.fillRect(box, theme.token("selection"))
            painter.fillRect(QRect(0, box.top(), 2, box.height()), theme.token("accent"))
        paint.rule(painter, box, "bottom")
        middle = box.center().y() + 0.5
        paint.text(painter, QRectF(tokens.GUTTER, middle - 9, NAME - 8, 18), line.name, "mono", "text")
        self._paint_label(painter, line, place, middle)
        self._paint_pictures(painter, line, place, box)
        self._paint_plot(
            painter, line, QRectF(place.plot, box.top(), place.tail - place.plot - 12, box.height()), chosen
        )
        self._paint_tail(painter, line, place.tail, middle)

    def _paint_label(self, painter: QPainter, line: GroupLine, place: Columns, middle: float) -> None:
        kind = "filled" if line.label >= 0 else "dashed"
        paint.chip(painter, QRectF(place.label, middle - 8, 16, 16), kind, self._letter(line.label), max(line.label, 0))
        count = QRectF(place.pictures - COUNT - 4, middle - 9, COUNT - 4, 18)
        if place.pictures - place.label > 80:
            words = "mixed" if line.mixed else line.title
            room = QRectF(place.label + 22, middle - 9, count.left() - place.label - 26, 18)
            paint.text(painter, room, words, "body", "warn" if line.mixed else "text")
        paint.text(painter, count, str(len(line.rows)), "caption", "text2", paint.RIGHT)

    def _paint_pictures(self, painter: QPainter, line: GroupLine, place: Columns, box: QRect) -> None:
        if not place.thumbs:
            return
        x = place.pictures + 4
        for row in line.rows[: place.thumbs].tolist():
            self._paint_tile(painter, row, QRectF(x, box.top() + 4, THUMB, THUMB))
            x += THUMB + 3
        more = len(line.rows) - place.thumbs
        if more > 0:
            paint.text(painter, QRectF(x, box.top(), 26, box.height()), f"+{more}", "caption", "text2")

    def _paint_plot(self, painter: QPainter, line: GroupLine, box: QRectF, chosen: bool) -> None:
        """Each sample as a soft point, the group as a dot with its interval, from 0 to 1."""

        def x(value: float) -> float:
            return box.left() + 6 + min(max(value, 0.0), 1.0) * (box.width() - 12)

        if math.isfinite(self._chance) and math.isfinite(line.p):  # never through words
            painter.setPen(QPen(theme.token("line2"), 1))
            painter.drawLine(QPointF(x(self._chance), box.top()), QPointF(x(self._chance), box.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded("text2", 0.5))
        middle = box.center().y() + 0.5
        for value in line.points:
            if math.isfinite(value):
                painter.drawEllipse(QPointF(x(value), middle), 3, 3)
        if not math.isfinite(line.p):
            paint.text(painter, box, "nothing said", "caption", "text3", paint.CENTRE)
            return
        colour = theme.token("accent" if chosen else "pen")
        if math.isfinite(line.low):
            painter.setPen(QPen(colour, 1.5))
            painter.drawLine(QPointF(x(line.low), middle), QPointF(x(line.high), middle))
            for end in (line.low, line.high):
                painter.drawLine(QPointF(x(end), middle - 4), QPointF(x(end), middle + 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x(line.p), middle), 4.5, 4.5)

    def _paint_tail(self, painter: QPainter, line: GroupLine, x: float, middle: float) -> None:
        if line.flagged:
            theme.draw_sign(painter, QRectF(x - 2, middle - 6, 12, 12), "flag", theme.token("warn"))
        if line.differs:
            paint.text(painter, QRectF(x + 12, middle - 9, 12, 18), "≠", "strong", "warn")
        if line.model >= 0:
            paint.chip(painter, QRectF(x + 26, middle - 8, 16, 16), "hollow", self._letter(line.model), line.model)
        words = numbers.p(line.p) if math.isfinite(line.p) else numbers.NONE
        paint.text(
            painter, QRectF(x + 40, middle - 9, TAIL - 40 - tokens.GUTTER, 18), words, "strong", "text", paint.RIGHT
        )

    # ---- the person's hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(self._at(event), event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._open(self._at(event), event)

    def _at(self, event: QMouseEvent) -> int:
        place = (event.position().toPoint().y() + self.verticalScrollBar().value()) // LINE
        return place if 0 <= place < len(self.picks) else -1

    def _step(self, key: Qt.Key) -> int | None:
        page = max(self.viewport().height() // LINE - 1, 1)
        ways = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        if key in ways:
            return self.picks.position + ways[key]
        return {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(self.picks) - 1}.get(key)

    def _place_words(self, place: int, total: int) -> str:
        return f"{place} of {total}" if place else f"{total} groups"
