"""A share of things as squares, one each: of a test's rows those that the training had as well."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme

LEAST, MOST = 4.0, 24.0
TITLE, FOOT = 30, 28
#: More of them would be dust: then a square stands for several.
DRAWN = 2000


class Squares(QWidget):
    """`marked` of `total` squares in the tone of an error, the rest outlined; a title above, a legend below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        self._words = ("", "")
        self._marked = self._total = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(120)

    def sizeHint(self) -> QSize:
        return QSize(480, 240)

    def set_share(self, title: str, marked: int, total: int, words: tuple[str, str]) -> None:
        """Show `marked` of `total`; words: what the marked and the others are."""
        self._title, self._marked, self._total, self._words = title, marked, total, words
        self.setAccessibleName(f"{title}: {numbers.count(marked)} of {numbers.count(total)} {words[0]}")
        self.update()

    def side(self) -> float:
        """The step from square to square, so that all fit."""
        area, count = self._area(), max(min(self._total, DRAWN), 1)
        step = min(math.sqrt(area.width() * area.height() / count), MOST)
        while step > LEAST and math.ceil(count / max(int(area.width() / step), 1)) * step > area.height():
            step -= 0.25
        return step

    def _area(self) -> QRectF:
        return QRectF(12, TITLE, max(self.width() - 24, 20), max(self.height() - TITLE - FOOT, 20))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.token("well"))
        if not self._total:
            return
        paint.text(painter, QRectF(12, 6, self.width() - 24, 18), self._title, "strong", "text")
        area, step, shown = self._area(), self.side(), min(self._total, DRAWN)
        marked, across = round(self._marked * shown / self._total), max(int(area.width() / step), 1)
        for number in range(shown):
            box = QRectF(area.left() + number % across * step, area.top() + number // across * step, step - 2, step - 2)
            self._square(painter, box, number < marked)
        bottom = area.top() + math.ceil(shown / across) * step + 8
        x = 12.0
        for mark, count, words in (
            (True, self._marked, self._words[0]),
            (False, self._total - self._marked, self._words[1]),
        ):
            self._square(painter, QRectF(x, bottom + 3, 11, 11), mark)
            x += 18
            x += paint.text(painter, QRectF(x, bottom, 300, 18), f"{numbers.count(count)} {words}", "body", "text") + 22

    def _square(self, painter: QPainter, box: QRectF, marked: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen if marked else QPen(theme.token("line2"), 1))
        painter.setBrush(theme.token("error") if marked else theme.token("well"))
        painter.drawRoundedRect(box, 2, 2)
