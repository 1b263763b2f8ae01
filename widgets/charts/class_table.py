"""Recall with its interval, precision, F1 and AUC of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme

HEAD, LEAST, MOST = 26, 24, 38
#: Right edges of the columns of figures as shares of the width; the last one leaves no room for a bar.
ROOMY = (0.22, 0.42, 0.55, 0.635, 0.72)
TIGHT = (0.26, 0.49, 0.62, 0.71, 0.80)
FULL = (0.33, 0.60, 0.76, 0.87, 0.98)
#: What stands beside a name in its column, in px, and how much of the width long names may have more.
NAMED, GIVEN = 74, 0.15


@dataclass(frozen=True)
class ClassFigures:
    """One class: samples, recall with interval, precision, F1, AUC; None where undefined."""

    title: str
    letter: str
    n: int
    recall: float | None
    low: float | None
    high: float | None
    precision: float | None
    f1: float | None
    auc: float | None


class ClassTable(QWidget):
    """A row a class; ``class_asked(place)`` tells a click."""

    class_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ClassFigures] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Per class")

    def set_rows(self, rows: Sequence[ClassFigures]) -> None:
        """Show these classes, in order."""
        self._rows = list(rows)
        told = [f"{row.title} recall {numbers.interval(row.recall, row.low, row.high, 2)}" for row in self._rows]
        self.setAccessibleDescription(", ".join(told))
        self.setMinimumHeight(HEAD + LEAST * len(self._rows))
        self.updateGeometry()
        self.update()

    def rows(self) -> list[ClassFigures]:
        """What is shown."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(520, HEAD + MOST * len(self._rows))

    def _step(self) -> float:
        return min(max((self.height() - HEAD) / max(len(self._rows), 1), LEAST), MOST)

    def _columns(self) -> list[tuple[str, float, float]]:
        """Title, right edge and width of each column of figures."""
        shares = ROOMY if self.width() > 640 else TIGHT if self.width() > 520 else FULL
        titles = ("Samples", "Recall, 95 %", "Precision", "F1", "AUC")
        more = self._more(shares[0])
        rights = [self.width() * share + more * (1 - share) / (1 - shares[0]) for share in shares]
        return [(title, right, 110.0) for title, right in zip(titles, rights, strict=True)]

    def _more(self, share: float) -> float:
        """How much further right the first column of figures stands for long names, in px; bars give way."""
        if self.width() <= 520:
            return 0.0
        widest = max((paint.width(row.title, "strong") for row in self._rows), default=0.0)
        return min(max(widest - (self.width() * share - NAMED), 0.0), self.width() * GIVEN)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.token("well"))
        paint.text(painter, QRectF(12, 0, 80, HEAD), "Class", "body", "text2")
        for title, right, wide in self._columns():
            paint.text(painter, QRectF(right - wide, 0, wide, HEAD), title, "body", "text2", paint.RIGHT)
        painter.fillRect(QRectF(0, HEAD - 1, self.width(), 1), theme.token("line"))
        for place, row in enumerate(self._rows):
            self._draw_row(painter, place, row)

    def _draw_row(self, painter: QPainter, place: int, row: ClassFigures) -> None:
        step = self._step()
        top = HEAD + place * step
        middle = top + step / 2
        paint.chip(painter, QRectF(12, middle - 8.5, 17, 17), "filled", row.letter, place)
        wide = self._columns()[0][1] - NAMED
        paint.text(painter, QRectF(35, middle - 9, max(wide, 30), 18), row.title, "strong", "text")
        recall = numbers.share(row.recall, 2)
        if row.low is not None and row.high is not None and row.recall is not None:
            recall += "  " + numbers.bounds(row.low, row.high, 2)
        figures = (numbers.count(row.n), recall, *(numbers.share(v, 2) for v in (row.precision, row.f1, row.auc)))
        for (_title, right, room), words in zip(self._columns(), figures, strict=True):
            paint.text(painter, QRectF(right - room, middle - 9, room, 18), words, "body", "text", paint.RIGHT)
        if self.width() > 520:
            left = self._columns()[-1][1] + 20
            area = QRectF(left, middle - 3, self.width() - left - 14, 6)
            paint.bar(painter, area, row.recall if row.recall is not None else 0.0, theme.class_colour(place).fill)
        painter.fillRect(QRectF(0, top + step - 1, self.width(), 1), theme.token("line"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int((event.position().y() - HEAD) // self._step())
        if event.button() == Qt.MouseButton.LeftButton and 0 <= place < len(self._rows):
            self.class_asked.emit(place)

    def copy_all(self) -> None:
        """Put the table on the clipboard, columns parted by tabs."""
        lines = ["Class\tSamples\tRecall\tLow\tHigh\tPrecision\tF1\tAUC"]
        for row in self._rows:
            values = (row.recall, row.low, row.high, row.precision, row.f1, row.auc)
            lines.append("\t".join([row.title, str(row.n), *("" if v is None else f"{v:.4f}" for v in values)]))
        QGuiApplication.clipboard().setText("\n".join(lines))
