"""The heading of a group of thumbnails: its class, how many there are, how many disagree."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter

from widgets import numbers, paint, theme
from widgets.mosaic.layout import EDGE, Group


def paint_heading(painter: QPainter, group: Group, closed: bool, box: QRect, ratio: float) -> None:
    """The heading over its box; what has no room is left out."""
    painter.fillRect(box, theme.token("well"))
    sign = "caret_right" if closed else "caret_down"
    painter.drawPixmap(box.left() + EDGE - 1, box.top() + 11, theme.pixmap(sign, 12, "text2", ratio))
    x = float(box.left() + EDGE + 19)
    if group.chip is not None:
        letter, index = group.chip
        painter.drawPixmap(round(x), box.top() + 9, paint.chip_pixmap("hollow", letter, index, ratio))
        x += 25
    end = box.right() - EDGE - (paint.width(group.note, "caption") if group.note else 0) - 10
    for words, role, tone in _pieces(group):
        if x + 20 < end:
            x += paint.text(painter, QRectF(x, box.top(), end - x, box.height()), words, role, tone) + 12
    if group.note:
        area = QRectF(box).adjusted(0, 0, -EDGE, 0)
        paint.text(painter, area, group.note, "caption", "text2", paint.RIGHT)


def _pieces(group: Group) -> list[tuple[str, str, str]]:
    """Words of a heading with the role of their font and their tone."""
    first = group.facts[0] if group.facts else numbers.count(len(group.rows))
    pieces = [(group.title, "strong", "text"), (first, "body", "text2")]
    if group.conflicts:
        pieces.append((f"≠ {numbers.count(group.conflicts)} disagree", "label", "warn"))
    return pieces + [(fact, "body", "text2") for fact in group.facts[1:]]
