"""Why the model gave its class to a unit: the measures that add most to it, or take most from it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import numbers, paint, theme

WIDE, ROW, HEAD = 290, 16, 24
#: Where the bars begin and end, and where the figures stand.
NAMES, FIGURES = 120, 48
#: What is less reads as 0.00.
LEAST = 0.005


@dataclass(frozen=True)
class Why:
    """The class as it is titled, scale and method of the figures, and (title, what it adds), the strongest first."""

    title: str
    scale: str
    method: str
    features: tuple[tuple[str, float], ...]


class WhyStrip(QWidget):
    """A line for each measure, as many as there is room for; not there without a reason."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unit_why")
        self.setFixedWidth(WIDE)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.why: Why | None = None
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(WIDE, HEAD + 3 * ROW)

    def show_why(self, why: Why | None) -> None:
        """Tell another reason; None for none."""
        self.why = why
        self.setVisible(why is not None)
        if why is not None:
            told = [f"{title} {figure(value)}" for title, value in why.features[:8]]
            self.setAccessibleName(f"Why {why.title}")
            self.setAccessibleDescription(", ".join(told))
            self.setToolTip(f"What each measure adds to the {why.scale} of {why.title}; {why.method}.")
        else:
            QToolTip.hideText()
        self.update()

    def shown(self) -> tuple[tuple[str, float], ...]:
        """The measures that there is room for; of those that would read as nothing, only a first one."""
        told = self.why.features if self.why is not None else ()
        room = max((self.height() - HEAD - 2) // ROW, 1)
        return tuple(one for place, one in enumerate(told[:room]) if not place or abs(one[1]) >= LEAST)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        if self.why is None:
            return
        paint.rule(painter, self.rect(), "right")
        title = f"Why {self.why.title}"
        taken = paint.text(painter, QRectF(12, 4, WIDE - 24, 18), title, "strong", "text")
        scale = f"adds to the {self.why.scale}"
        paint.text(painter, QRectF(24 + taken, 4, WIDE - 36 - taken, 18), scale, "caption", "text3", paint.RIGHT)
        shown = self.shown()
        most = max((abs(value) for _title, value in self.why.features), default=0.0) or 1.0
        left, right = 12 + NAMES + 6, WIDE - 12 - FIGURES
        middle, reach = (left + right) / 2, (right - left) / 2 - 2
        for place, (words, value) in enumerate(shown):
            y = HEAD + place * ROW
            paint.text(painter, QRectF(12, y, NAMES, ROW), words, "body", "text")
            wide = abs(value) / most * reach
            box = QRectF(middle if value >= 0 else middle - wide, y + 4, wide, 8)
            painter.fillRect(box, theme.token("accent" if value >= 0 else "bar"))
            paint.text(painter, QRectF(right, y, FIGURES, ROW), figure(value), "strong", "text", paint.RIGHT)
        painter.fillRect(QRectF(round(middle), HEAD, 1, len(shown) * ROW), theme.token("line2"))


def figure(value: float) -> str:
    """What a measure adds, with its sign."""
    return numbers.minus(f"{value:+.2f}")
