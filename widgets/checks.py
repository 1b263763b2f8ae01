"""What was measured on one sample, a line each: whether it is well, what it is called, its value with the unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme, tokens

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


class CheckRows(QWidget):
    """Measures below each other; those that are wrong have another sign and say what is wrong."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checks: list[Check] = []
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Quality")
        self.show_checks([])

    def show_checks(self, checks: Sequence[Check]) -> None:
        """Tell other measures."""
        self._checks = list(checks)
        self.setFixedHeight(ROW * len(self._checks) + (4 if self._checks else 0))
        self.setAccessibleDescription("; ".join(check.words for check in self._checks))
        self.setToolTip("\n".join(check.words for check in self._checks))
        self.update()

    def checks(self) -> list[Check]:
        """What is shown."""
        return list(self._checks)

    def sizeHint(self) -> QSize:
        return QSize(260, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for place, check in enumerate(self._checks):
            self._draw(painter, check, QRectF(tokens.GUTTER, place * ROW, self.width() - 2 * tokens.GUTTER, ROW))

    def _draw(self, painter: QPainter, check: Check, line: QRectF) -> None:
        sign, tone = ("warn", "warn") if check.flaw else ("check", "ok")
        box = QRectF(line.left(), line.center().y() - SIGN / 2, SIGN, SIGN)
        theme.draw_sign(painter, box, sign, theme.token(tone))
        # What is wrong, else what it is called; the name gives way to the value.
        words, ink = (check.flaw, "warn") if check.flaw else (check.title, "text2")
        wide = min(paint.width(check.value, "strong") + 1, line.width() * 0.6)
        value = QRectF(line.right() - wide, line.top(), wide, ROW)
        paint.text(painter, value, check.value, "strong", "warn" if check.flaw else "text", paint.RIGHT)
        left = box.right() + 8
        paint.text(painter, QRectF(left, line.top(), value.left() - 8 - left, ROW), words, "body", ink)
