"""What was measured on one sample, a line each: whether it is well, what it is called, its value with the unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from widgets import paint, theme, tokens
from widgets.parts.rows import Rows

ROW, SIGN = 22, 14


@dataclass(frozen=True)
class Check:
    """One measure. value: in words, with its unit; flaw: what is wrong with it, in words, "" where nothing is."""

    title: str
    value: str
    flaw: str = ""

    @property
    def words(self) -> str:
        """All of it: ``Length 8.00 s``, ``Too short: length 0.30 s``."""
        return f"{self.flaw}: {self.title.lower()} {self.value}" if self.flaw else f"{self.title} {self.value}"


class CheckRows(Rows[Check]):
    """Measures below each other; those that are wrong have another sign and say what is wrong."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW, "Quality", foot=4, parent=parent)

    def show_rows(self, rows: Sequence[Check], empty: str = "") -> None:
        super().show_rows(rows, empty)
        self.setToolTip("\n".join(map(self._said, rows)))

    def _said(self, row: Check) -> str:
        return row.words

    def _draw(self, painter: QPainter, row: Check, line: QRectF) -> None:
        line = line.adjusted(tokens.GUTTER, 0, -tokens.GUTTER, 0)
        sign, tone = ("warn", "warn") if row.flaw else ("check", "ok")
        box = QRectF(line.left(), line.center().y() - SIGN / 2, SIGN, SIGN)
        theme.draw_sign(painter, box, sign, theme.token(tone))
        # What is wrong, else what it is called; the name gives way to the value.
        words, ink = (row.flaw, "warn") if row.flaw else (row.title, "text2")
        wide = min(paint.width(row.value, "strong") + 1, line.width() * 0.6)
        value = QRectF(line.right() - wide, line.top(), wide, ROW)
        paint.text(painter, value, row.value, "strong", "warn" if row.flaw else "text", paint.RIGHT)
        left = box.right() + 8
        paint.text(painter, QRectF(left, line.top(), value.left() - 8 - left, ROW), words, "body", ink)
