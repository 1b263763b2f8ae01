"""Samples side by side as cards: a picture, and below it what each is labelled, what the model says, what is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from models.change import Rows
from widgets import numbers, paint, theme
from widgets.mosaic.marks import paint_ring
from widgets.mosaic.pictured import PicturedView, Pictures

#: Width of a card at least and at most, room between cards and at the edges, height of the words below a picture.
LEAST, MOST, GAP, EDGE, WORDS = 132, 260, 14, 12, 54
#: Pictures are asked for with this many pixels of a side.
ASKED = 192


@dataclass(frozen=True)
class Card:
    """What stands below a picture. label, model: class index, −1 for none; p: of the class that `words` names.

    words: what p is; warns: what is wrong with the sample; heard: it plays now.
    """

    name: str
    label: int = -1
    model: int = -1
    p: float = math.nan
    words: str = ""
    warns: str = ""
    heard: bool = False
    person: bool = False

    @property
    def conflict(self) -> bool:
        """Label and model differ."""
        return self.label >= 0 and self.model >= 0 and self.label != self.model


class Cards(Pictures, Protocol):
    """What a wall reads, for the visible cards at once."""

    def cards(self, rows: Rows) -> Sequence[Card]:
        """What stands below each."""
        ...


class CardWall(PicturedView):
    """Cards in lines from the left; only those on screen are read and painted.

    ``played(row)``: the picture of a card was clicked.
    """

    played = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: Cards | None = None
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setAccessibleName("Cards")

    def set_cards(self, cards: Cards) -> None:
        """Read from another provider."""
        self._cards = cards

    def set_rows(self, rows: Rows) -> None:
        """Show these samples."""
        if not np.array_equal(rows, self.picks.rows):
            self.picks.set_rows(rows)
            self.verticalScrollBar().setValue(0)
        self._lay_out()
        self._place_empty()
        self.viewport().update()

    # ---- geometry

    def _grid(self) -> tuple[int, int]:
        """Cards in a line, and the width of each."""
        room = self.viewport().width() - 2 * EDGE + GAP
        across = max(min(room // (LEAST + GAP), len(self.picks)), 1)
        # Few stand large, as far as they are seen whole.
        tall = max(self.viewport().height() - 2 * EDGE - WORDS, LEAST)
        return across, max(min(room // across - GAP, MOST, tall), 1)

    def rect_of(self, position: int) -> QRect:
        across, wide = self._grid()
        line, column = divmod(position, across)
        top = EDGE + line * (wide + WORDS + GAP) - self.verticalScrollBar().value()
        return QRect(EDGE + column * (wide + GAP), top, wide, wide + WORDS)

    def _picture(self, box: QRect) -> QRect:
        return QRect(box.left(), box.top(), box.width(), box.width())

    def _lay_out(self) -> None:
        across, wide = self._grid()
        lines = -(-len(self.picks) // across)
        height, bar = self.viewport().height(), self.verticalScrollBar()
        bar.setRange(0, max(2 * EDGE - GAP + lines * (wide + WORDS + GAP) - height, 0))
        bar.setPageStep(height)
        bar.setSingleStep((wide + WORDS) // 3)

    def visible(self) -> range:
        """The positions on screen."""
        across, wide = self._grid()
        step, top = wide + WORDS + GAP, self.verticalScrollBar().value() - EDGE
        first = max(top // step, 0) * across
        last = (max(top + self.viewport().height(), 0) // step + 1) * across
        return range(first, min(last, len(self.picks)))

    def ensure_visible(self) -> None:
        if self.picks.position < 0:
            return
        box, bar = self.rect_of(self.picks.position), self.verticalScrollBar()
        if box.top() < 4:
            bar.setValue(bar.value() + box.top() - EDGE)
        elif box.bottom() > self.viewport().height() - 4:
            bar.setValue(bar.value() + box.bottom() - self.viewport().height() + EDGE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()
        self._place_empty()

    # ---- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.token("well"))
        places = self.visible()
        if self._cards is None or not len(places):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rows = self.picks.rows[places.start : places.stop]
        self._make_tiles(self._cards, rows, self._grid()[1], ASKED)
        chosen = self.picks.is_selected(rows)
        for place, row, card, on in zip(places, rows.tolist(), self._cards.cards(rows), chosen.tolist(), strict=True):
            self._paint_card(painter, self.rect_of(place), row, card)
            if on or place == self.picks.position:
                paint_ring(painter, self.rect_of(place).adjusted(-3, -3, 3, 3), place == self.picks.position)

    def _paint_card(self, painter: QPainter, box: QRect, row: int, card: Card) -> None:
        place = self._picture(box)
        self._paint_tile(painter, row, QRectF(place))
        if card.heard:
            painter.setPen(QPen(theme.token("accent"), 2))
            painter.setBrush(theme.token("plate"))
            painter.drawEllipse(QRectF(place.right() - 26, place.top() + 6, 20, 20))
            theme.draw_sign(
                painter, QRectF(place.right() - 21, place.top() + 11, 10, 10), "pause", theme.token("plate_text")
            )
        line = QRectF(box.left() + 1, place.bottom() + 4, box.width() - 2, 18)
        paint.text(painter, line, card.name, "mono", "text")
        self._paint_marks(painter, line.translated(0, 18), card)
        if card.warns:
            paint.text(painter, line.translated(0, 35), card.warns, "caption", "warn")
        elif card.words:
            paint.text(painter, line.translated(0, 35), card.words, "caption", "text3")

    def _paint_marks(self, painter: QPainter, line: QRectF, card: Card) -> None:
        """Label and model as chips, ≠ between them where they differ, p at the right."""
        x = line.left()
        kind = "filled" if card.label >= 0 else "dashed"
        paint.chip(painter, QRectF(x, line.top() + 1, 16, 16), kind, self._letter(card.label), max(card.label, 0))
        x += 21
        if card.person:
            theme.draw_sign(painter, QRectF(x, line.top() + 3, 12, 12), "person", theme.token("text2"))
            x += 16
        if card.model >= 0:
            if card.conflict:
                x += paint.text(painter, QRectF(x, line.top(), 14, 18), "≠", "strong", "warn") + 5
            paint.chip(painter, QRectF(x, line.top() + 1, 16, 16), "hollow", self._letter(card.model), card.model)
        if math.isfinite(card.p):
            paint.text(painter, line, numbers.p(card.p), "strong", "text", paint.RIGHT)

    # ---- the person's hands

    def position_at(self, x: int, y: int) -> int:
        """The card under a point of the viewport, −1 for none."""
        return next((place for place in self.visible() if self.rect_of(place).contains(x, y)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        place = self.position_at(point.x(), point.y())
        self._press(place, event)
        plain = event.button() == Qt.MouseButton.LeftButton and not event.modifiers()
        if place >= 0 and plain and self._picture(self.rect_of(place)).contains(point):
            self.played.emit(int(self.picks.rows[place]))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self._open(self.position_at(point.x(), point.y()), event)

    def _step(self, key: Qt.Key) -> int | None:
        across, _wide = self._grid()
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -across, Qt.Key.Key_Down: across}
        if key in ways:
            return self.picks.position + ways[key]
        return {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(self.picks) - 1}.get(key)

    def _place_words(self, place: int, total: int) -> str:
        return f"{place} of {total}" if place else f"{total} cards"
