"""One recording from its start to its end: where it changes, what its samples are called, what is only proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme, tokens
from widgets.numbers import plural

Index = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]
#: Height of all, width of the captions, and from top to bottom: cuts, labels, the model's line, the times.
HIGH, CAPTIONS = 104, 104
CUTS, LABELS, MODEL, TIMES = (10, 12), (28, 22), (56, 12), 78


@dataclass(frozen=True)
class Strip:
    """The samples of one recording in time, by place: row, start, stretch, class (−1 none), proposed only, followers.

    model: the class that the model names, −1 for none. step: from one sample to the next, s.
    """

    rows: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    starts: Floats = field(default_factory=lambda: np.zeros(0))
    stretches: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    classes: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    proposed: Mask = field(default_factory=lambda: np.zeros(0, bool))
    following: Mask = field(default_factory=lambda: np.zeros(0, bool))
    model: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    step: float = 1.0


class StretchStrip(QWidget):
    """Draws and asks. ``row_asked(row)``: a person pressed there, or went on by ← and →."""

    row_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = Strip()
        self.current = -1
        self.setFixedHeight(HIGH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Recording with its stretches")

    def sizeHint(self) -> QSize:
        return QSize(900, HIGH)

    def show_strip(self, strip: Strip, current: int) -> None:
        """Show a recording; current: the row of the shown sample."""
        self.strip, self.current = strip, current
        said = int(((strip.classes >= 0) & ~strip.proposed).sum())
        told = [plural(len(np.unique(strip.stretches)), "stretch", "stretches"), f"{said} labelled"]
        self.setAccessibleDescription(", ".join([*told, f"{int(strip.proposed.sum())} proposed"]))
        self.update()

    # -- geometry

    def _room(self) -> tuple[float, float]:
        return float(CAPTIONS), max(self.width() - CAPTIONS - tokens.GUTTER, 10.0)

    def _span(self) -> tuple[float, float]:
        starts = self.strip.starts
        return float(starts[0]), float(starts[-1]) + self.strip.step

    def across(self, seconds: Floats) -> Floats:
        """Pixel columns of times."""
        left, wide = self._room()
        first, last = self._span()
        return np.asarray(left + (seconds - first) / max(last - first, 1e-9) * wide)

    def row_at(self, x: float) -> int:
        """The row whose place is there, −1 for none."""
        left, wide = self._room()
        if not len(self.strip.rows) or not left <= x <= left + wide:
            return -1
        first, last = self._span()
        seconds = first + (x - left) / wide * (last - first)
        place = int(np.searchsorted(self.strip.starts, seconds, side="right")) - 1
        return int(self.strip.rows[max(place, 0)])

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        if not len(self.strip.rows):
            paint.text(painter, QRectF(self.rect()), "No recording is shown", "body", "text3", paint.CENTRE)
            return
        lanes = [(*CUTS, "Change points"), (*LABELS, "Labels")]
        lanes += [(*MODEL, "Model")] if (self.strip.model >= 0).any() else []
        for top, high, words in lanes:
            paint.text(painter, QRectF(tokens.GUTTER, top, CAPTIONS - 20, high), words, "caption", "text2")
        self._draw_cuts(painter)
        self._draw_labels(painter)
        if (self.strip.model >= 0).any():
            self._draw_runs(painter, self.strip.model, MODEL, lambda code, _proposed: theme.class_colour(code).soft)
        self._draw_following(painter)
        self._draw_times(painter)
        self._draw_current(painter)

    def _draw_cuts(self, painter: QPainter) -> None:
        strip = self.strip
        cuts = np.flatnonzero(np.diff(strip.stretches)) + 1
        painter.setPen(QPen(theme.token("line2"), 1))
        for x in np.unique(np.floor(self.across(strip.starts[cuts]))).tolist():
            painter.drawLine(QPointF(x + 0.5, CUTS[0]), QPointF(x + 0.5, CUTS[0] + CUTS[1]))

    def _draw_labels(self, painter: QPainter) -> None:
        def tone(code: int, proposed: bool) -> QColor:
            full = theme.class_colour(code).fill
            return theme.mix(full, theme.token("well"), 0.57) if proposed else full

        self._draw_runs(painter, self.strip.classes, LABELS, tone)

    def _draw_runs(self, painter: QPainter, codes: Index, lane: tuple[int, int], tone: Any) -> None:
        """Neighbours of one colour as one bar, between samples that are far apart a gap."""
        strip = self.strip
        edges = np.flatnonzero(
            (np.diff(codes) != 0)
            | (np.diff(strip.proposed.astype(int)) != 0)
            | (np.diff(strip.starts) > 1.5 * strip.step)
        )
        firsts, lasts = np.append(0, edges + 1), np.append(edges, len(codes) - 1)
        lefts, rights = self.across(strip.starts[firsts]), self.across(strip.starts[lasts] + strip.step)
        for first, x, end in zip(firsts.tolist(), lefts.tolist(), rights.tolist(), strict=True):
            code = int(codes[first])
            colour = tone(code, bool(strip.proposed[first])) if code >= 0 else theme.token("track")
            painter.fillRect(QRectF(x, lane[0], max(end - x, 1.0), lane[1]), colour)

    def _draw_following(self, painter: QPainter) -> None:
        places = np.flatnonzero(self.strip.following)
        if not len(places):
            return
        x, end = (float(one) for one in self.across(self.strip.starts[[places[0], places[-1]]]))
        end += float(self.across(np.array([self._span()[0] + self.strip.step]))[0]) - self._room()[0]
        painter.setPen(QPen(theme.token("accent"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(x, LABELS[0] - 2, max(end - x, 2.0), LABELS[1] + 4))

    def times(self) -> list[tuple[float, str]]:
        """Columns of the axis with their times; of one sample alone its begin, for nothing tells how long it is."""
        first, last = self._span()
        left, wide = self._room()
        count = max(int(wide // 180), 1) if len(self.strip.rows) > 1 else 0
        parts = [part / count for part in range(count + 1)] if count else [0.0]
        return [(left + wide * part, _clock(first + (last - first) * part)) for part in parts]

    def _draw_times(self, painter: QPainter) -> None:
        left, wide = self._room()
        for x, words in self.times():
            room = paint.width(words, "caption")
            at = min(max(x - room / 2, left), left + wide - room)
            paint.text(painter, QRectF(at, TIMES, room + 2, 14), words, "caption", "text3")

    def _draw_current(self, painter: QPainter) -> None:
        place = np.flatnonzero(self.strip.rows == self.current)
        if not len(place):
            return
        middle = self.strip.starts[place[:1]] + self.strip.step / 2
        x = float(self.across(middle)[0])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.token("accent"), 1.5))
        painter.drawLine(QPointF(x, 4), QPointF(x, MODEL[0] + MODEL[1] + 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.token("accent"))
        painter.drawPolygon(QPolygonF([QPointF(x - 4, 1), QPointF(x + 4, 1), QPointF(x, 7)]))
        if self.hasFocus():
            painter.setPen(QPen(theme.token("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    # -- hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.row_asked.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        place = np.flatnonzero(self.strip.rows == self.current)
        if not by or not len(place):
            super().keyPressEvent(event)
            return
        self.row_asked.emit(int(self.strip.rows[min(max(int(place[0]) + by, 0), len(self.strip.rows) - 1)]))


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def strip_of(rows: Index, starts: Floats, stretches: Index, parts: Sequence[npt.NDArray[Any]]) -> Strip:
    """The strip of some rows in order of time; parts: by row of the project, class, proposed, followers, model."""
    order = rows[np.argsort(starts[rows], kind="stable")]
    gaps = np.diff(starts[order])
    step = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
    classes, proposed, following, model = (part[order] for part in parts)
    return Strip(order, starts[order], stretches[order], classes, proposed, following, model, step)
