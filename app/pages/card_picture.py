"""The small picture on a project's card: lines of a few of its samples, or its classes and how many each has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from models.domains import domain as find_domain
from models.orders.cards import read_card
from widgets import numbers, paint, theme, tokens

Lines = npt.NDArray[Any]
#: Room around what is drawn, and the least height of a class.
MARGIN, ROW = 12, 20


def drawing(domain: str, kept: Path | None) -> Callable[[QPainter, QRectF], None]:
    """What paints the kept picture of a project into its place; without a file, a sign of the domain's own."""
    card = read_card(kept) if kept is not None else _sample(domain)
    if card is None:
        return draw_sign
    return partial(draw_counts, domain, card) if card.dtype.kind == "U" else partial(draw_lines, card)


def draw_sign(painter: QPainter, area: QRectF) -> None:
    """That there is no picture yet."""
    place = QRectF(area.left(), area.center().y() - 14, area.width(), 28)
    theme.draw_sign(painter, place, "trace", theme.token("text3"))


def draw_pictures(pictures: Lines, painter: QPainter, area: QRectF) -> None:
    """Small pictures in two rows, as large as there is room for."""
    across = -(-len(pictures) // 2)
    side = min((area.width() - across + 1) / across, (area.height() - 1) / 2)
    left, top = area.center().x() - (across * (side + 1) - 1) / 2, area.center().y() - side - 0.5
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, across)
        target = QRectF(left + column * (side + 1), top + row * (side + 1), side, side)
        painter.drawImage(target, paint.image_of(picture))


def draw_lines(lines: Lines, painter: QPainter, area: QRectF) -> None:
    """Lines below each other, each in the colour of its class."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    step = area.height() / len(lines)
    for place, line in enumerate(lines):
        code = int(line[0]) if np.isfinite(line[0]) else -1
        colour = theme.class_colour(code).stroke if code >= 0 else theme.token("pen")
        top = area.top() + step * (place + 0.1)
        paint.sparkline(painter, QRectF(area.left() + 8, top, area.width() - 16, step * 0.8), line[1:], colour, 1.1)


def draw_counts(domain: str, counts: Lines, painter: QPainter, area: QRectF) -> None:
    """A bar for each class, as many as there is room for: chip, title, how many samples."""
    titles, names = find_domain(domain).class_titles, counts[:, 0].tolist()
    letters = tokens.propose_letters([name for name in names if name])
    values = [int(words) for words in counts[:, 1].tolist()]
    shown = max(int((area.height() - 2 * MARGIN) // ROW), 1)
    step = min((area.height() - 2 * MARGIN) / min(len(names), shown), 36.0)
    top = area.center().y() - step * min(len(names), shown) / 2
    room = max(paint.width(numbers.count(value), "strong") for value in values) + 8
    for place, (name, value) in enumerate(zip(names[:shown], values[:shown], strict=True)):
        line = QRectF(area.left() + MARGIN, top + place * step, area.width() - 2 * MARGIN, step)
        chip = QRectF(line.left(), line.center().y() - paint.CHIP / 2, paint.CHIP, paint.CHIP)
        paint.chip(painter, chip, "filled" if name else "dashed", letters[place] if name else "", place)
        title = QRectF(chip.right() + 8, line.top(), 72, step)
        paint.text(painter, title, titles.get(name, name) or "unlabelled", "caption", "text2")
        left = title.right() + 6
        bar = QRectF(left, line.center().y() - 4, max(line.right() - room - left, 8), 8)
        colour = theme.class_colour(place).fill if name else theme.token("bar")
        paint.bar(painter, bar, value / max(*values, 1), colour)
        paint.text(painter, line, numbers.count(value), "strong", "text", paint.RIGHT)


def _sample(domain: str) -> Lines:
    rng = np.random.default_rng(sum(domain.encode()))
    time = np.linspace(0, 1, 90)
    rows = []
    for place in range(3):
        smooth = np.convolve(rng.normal(size=104), np.ones(15) / 15, "valid")
        rows.append(
            [place, *(np.exp(-(((time - 0.2 - place * 0.12) / 0.06) ** 2)) * (1 - place * 0.3) + smooth * 0.35)]
        )
    return np.array(rows)
