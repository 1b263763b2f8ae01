"""The units most like the shown one, as a table; a chosen one is compared with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip, QWidget

from models.payload import Likeness
from widgets import numbers, paint, theme
from widgets.unit.evidence import DIP, SAME
from widgets.unit.tints import tint

ROW, HEAD, LEFT = 26, 26, 12
#: The columns: title, its tip, and from which width of the table on it is seen.
COLUMNS = (
    ("Cosine", "Cosine of the templates: 1 for the same shape.", 0),
    ("Away, µm", "Between the centres of the two units.", 0),
    ("Dip", "Rate of the cross-correlogram within 1.5 ms over that at 10 to 50 ms: 0 for two that never fire together, "
            "as one unit in two parts.", 210),
    ("Spikes", "How many the other unit has.", 330),
)  # fmt: skip
_CONTROL = Qt.KeyboardModifier.ControlModifier


@dataclass(frozen=True)
class Mark:
    """What is known of another unit: place of its class, −1 for none, and the letter."""

    place: int = -1
    letter: str = ""


class SimilarTable(QAbstractScrollArea):
    """A row for each unit. picked(key, more): compare with this one; more (with Ctrl): beside those that are."""

    picked = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unit_similar")
        self.setAccessibleName("Similar units")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.rows: tuple[Likeness, ...] = ()
        self.marks: Mapping[str, Mark] = {}
        self.chosen: tuple[str, ...] = ()
        self.at = -1
        self._words = ("", "")
        theme.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        return QSize(320, 160)

    def show_likes(
        self, rows: Sequence[Likeness], marks: Mapping[str, Mark], words: tuple[str, str] = ("", "")
    ) -> None:
        """Show units; words: title and text of what stands there without any."""
        self.rows, self.marks, self._words = tuple(rows), marks, words
        self.at = min(self.at, len(rows) - 1) if self.chosen else -1
        self._set_range()
        self._tell()
        self.viewport().update()

    def choose(self, keys: Sequence[str]) -> None:
        """Mark the units that are compared now, in their colours."""
        self.chosen = tuple(keys)
        listed = [row.key for row in self.rows]
        self.at = listed.index(keys[-1]) if keys and keys[-1] in listed else -1
        self._tell()
        self.viewport().update()

    def step(self, by: int) -> None:
        """Compare with the next one."""
        if self.rows:
            first = 0 if by > 0 else len(self.rows) - 1
            self._pick(first if self.at < 0 else (self.at + by) % len(self.rows))

    def _pick(self, place: int, more: bool = False) -> None:
        self.at = place
        top = place * ROW
        bar = self.verticalScrollBar()
        bar.setValue(min(max(bar.value(), top + ROW - self._room()), top))
        self.viewport().update()
        self.picked.emit(self.rows[place].key, more)

    def _tell(self) -> None:
        words = self._words[0] if not self.rows else numbers.plural(len(self.rows), "unit")
        at = f", {self.row_words(self.rows[self.at])}" if 0 <= self.at < len(self.rows) else ""
        self.setAccessibleDescription(words + at)

    def row_words(self, row: Likeness) -> str:
        """A row in words."""
        cells = [f"{title} {words}" for (title, _tip, _least), words in zip(COLUMNS, self._cells(row), strict=True)]
        return f"unit {row.key}: {', '.join(cells)}"

    def _cells(self, row: Likeness) -> list[str]:
        return [
            numbers.minus(f"{row.cosine:.2f}"),
            _told(row.distance, 0),
            _told(row.dip, 2),
            numbers.count(row.count),
        ]

    def _room(self) -> int:
        return max(self.viewport().height() - HEAD, ROW)

    def _set_range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setSingleStep(ROW)
        bar.setPageStep(self._room())
        bar.setRange(0, max(len(self.rows) * ROW - self._room(), 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._set_range()

    def _columns(self) -> list[tuple[int, QRectF]]:
        """The columns that are seen, and where."""
        wide = self.viewport().width()
        seen = [place for place, (_title, _tip, least) in enumerate(COLUMNS) if wide >= least]
        left = LEFT + 92
        each = (wide - left - 12) / max(len(seen), 1)
        return [(place, QRectF(left + number * each, 0, each, ROW)) for number, place in enumerate(seen)]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        view = self.viewport().rect()
        painter.fillRect(view, theme.token("well"))
        if not self.rows:
            title, text = self._words
            middle = QRectF(LEFT, view.height() / 2 - 18, view.width() - 2 * LEFT, 18)
            paint.text(painter, middle, title, "strong", "text2", paint.CENTRE)
            paint.text(painter, middle.translated(0, 18), text, "body", "text3", paint.CENTRE)
            return
        first = self.verticalScrollBar().value() // ROW
        last = min(first + self._room() // ROW + 2, len(self.rows))
        for place in range(first, last):
            self._draw_row(painter, place, HEAD + place * ROW - self.verticalScrollBar().value())
        self._draw_head(painter)

    def _draw_head(self, painter: QPainter) -> None:
        painter.fillRect(0, 0, self.viewport().width(), HEAD, theme.token("well"))
        paint.text(painter, QRectF(LEFT, 0, 80, HEAD), "Unit", "caption", "text2")
        for place, box in self._columns():
            paint.text(painter, box.adjusted(4, 0, 0, 0), COLUMNS[place][0], "caption", "text2", paint.RIGHT)
        painter.fillRect(0, HEAD - 1, self.viewport().width(), 1, theme.token("line2"))

    def _draw_row(self, painter: QPainter, place: int, top: int) -> None:
        row, wide = self.rows[place], self.viewport().width()
        compared = row.key in self.chosen
        if compared:
            painter.fillRect(0, top, wide, ROW, theme.token("selection"))
            painter.fillRect(QRectF(LEFT, top + 9, 8, 8), tint(self.chosen.index(row.key) + 1))
        if place == self.at and self.hasFocus():
            painter.fillRect(0, top, 2, ROW, theme.token("accent"))
        paint.text(painter, QRectF(LEFT + 14, top, 44, ROW), row.key, "mono", "text")
        mark = self.marks.get(row.key, Mark())
        chip = QRectF(LEFT + 62, top + 5, 16, 16)
        paint.chip(painter, chip, "filled" if mark.place >= 0 else "dashed", mark.letter, max(mark.place, 0))
        close = row.cosine >= SAME and row.dip <= DIP
        for column, box in self._columns():
            words = self._cells(row)[column]
            role = "strong" if column == 0 or (column == 2 and close) else "body"
            paint.text(painter, box.translated(0, top), words, role, "text", paint.RIGHT)
        painter.fillRect(0, top + ROW - 1, wide, 1, theme.token("line"))

    def _place_at(self, position: QPointF) -> int:
        place = int((position.y() - HEAD + self.verticalScrollBar().value()) // ROW)
        return place if position.y() >= HEAD and 0 <= place < len(self.rows) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._pick(place, bool(event.modifiers() & _CONTROL))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if step and self.rows:
            self.at = min(max(self.at + step, 0), len(self.rows) - 1)
            self._tell()
            self.viewport().update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self.at < len(self.rows):
            self._pick(self.at, bool(event.modifiers() & _CONTROL))
        else:
            event.ignore()

    def focusInEvent(self, event: object) -> None:
        self.viewport().update()

    def focusOutEvent(self, event: object) -> None:
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = QPointF(event.pos())
            place = self._place_at(at)
            over = next((column for column, box in self._columns() if box.left() <= at.x() < box.right()), -1)
            words = self.row_words(self.rows[place]) if place >= 0 else COLUMNS[over][1] if over >= 0 else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().viewportEvent(event)


def _told(value: float, decimals: int) -> str:
    return numbers.minus(f"{value:.{decimals}f}") if math.isfinite(value) else numbers.NONE
