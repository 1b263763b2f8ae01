"""The small picture on a project's card: lines of a few of its samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from widgets import paint, theme


def draw_picture(domain: str, kept: Path | None, width: int, height: int) -> QPixmap:
    """The kept lines of a project, or a sign of the domain's own; width × height points."""
    ratio = 2.0
    picture = QPixmap(round(width * ratio), round(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(theme.token("well"))
    painter = QPainter(picture)
    lines = _read(kept) if kept is not None else _sample(domain)
    if lines is not None:
        _draw(painter, lines, width, height)
    else:
        theme.draw_sign(painter, QRectF(0, height / 2 - 14, width, 28), "trace", theme.token("text3"))
    painter.end()
    return picture


def _draw(painter: QPainter, lines: npt.NDArray[Any], width: int, height: int) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    step = height / len(lines)
    for place, line in enumerate(lines):
        code = int(line[0]) if np.isfinite(line[0]) else -1
        colour = theme.class_colour(code).stroke if code >= 0 else theme.token("pen")
        area = QRectF(8, place * step + step * 0.1, width - 16, step * 0.8)
        paint.sparkline(painter, area, line[1:], colour, 1.1)
    painter.setPen(Qt.PenStyle.NoPen)


def _read(path: Path) -> npt.NDArray[Any] | None:
    try:
        lines = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return lines if lines.ndim == 2 and lines.shape[1] > 2 and len(lines) else None


def _sample(domain: str) -> npt.NDArray[Any]:
    rng = np.random.default_rng(sum(domain.encode()))
    time = np.linspace(0, 1, 90)
    rows = []
    for place in range(3):
        smooth = np.convolve(rng.normal(size=104), np.ones(15) / 15, "valid")
        rows.append(
            [place, *(np.exp(-(((time - 0.2 - place * 0.12) / 0.06) ** 2)) * (1 - place * 0.3) + smooth * 0.35)]
        )
    return np.array(rows)
