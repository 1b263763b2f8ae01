"""The strip below the page: the whole recording with its windows, annotations and gaps, and where the page is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme
from widgets.recording.regions import NOTHING, RegionMark, main_classes
from widgets.recording.scale import page_words

Span = tuple[float, float]
HEIGHT, _LEFT, _RIGHT = 30, 64, 12


class OverviewStrip(QWidget):
    """``went(seconds)``: a person clicked or dragged there."""

    went = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recording_overview")
        self.setAccessibleName("The whole recording")
        self.setToolTip("The whole recording. Click to go there.")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.bounds: Span = (0.0, 1.0)
        self.page: Span = (0.0, 1.0)
        self.windows: Sequence[Span] = ()
        self.gaps: Sequence[Span] = ()
        self.marks: Sequence[RegionMark] = ()
        self._kept: tuple[object, QPixmap] | None = None

    def sizeHint(self) -> QSize:
        return QSize(300, HEIGHT)

    def show_recording(self, bounds: Span, windows: Sequence[Span], gaps: Sequence[Span]) -> None:
        """Another recording: its bounds, windows that are marked, and gaps, in s."""
        self.bounds, self.windows, self.gaps = bounds, tuple(windows), tuple(gaps)
        self._renew()

    def set_marks(self, marks: Sequence[RegionMark]) -> None:
        """Mark stretches: (start, stop, colour index) each, −1 for no class."""
        self.marks = marks
        self._renew()

    def set_page(self, page: Span) -> None:
        """Where the page is."""
        if page != self.page:
            self.page = page
            self.update()

    def _renew(self) -> None:
        self._kept = None
        self.update()

    def track(self) -> QRectF:
        """Where times stand."""
        return QRectF(_LEFT, 9, max(self.width() - _LEFT - _RIGHT, 1), 14)

    def across(self, time: float) -> float:
        """Where a time stands."""
        low, high = self.bounds
        return self.track().left() + (time - low) / max(high - low, 1e-9) * self.track().width()

    def time_at(self, x: float) -> float:
        """The time at a place."""
        low, high = self.bounds
        share = min(max((x - self.track().left()) / self.track().width(), 0.0), 1.0)
        return low + share * (high - low)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        key = (self.size(), self.devicePixelRatioF(), theme.is_dark())
        if self._kept is None or self._kept[0] != key:
            self._kept = key, self._picture()
        painter.drawPixmap(0, 0, self._kept[1])
        track = self.track()
        left, right = (min(max(self.across(at), track.left()), track.right()) for at in self.page)
        wide = max(right - left, 3.0)
        place = QRectF(min(left, track.right() - wide), track.top() - 4, wide, track.height() + 8)
        painter.setPen(QPen(theme.token("text"), 1.5))
        painter.setBrush(theme.faded("text", 0.12))
        painter.drawRect(place)

    def _picture(self) -> QPixmap:
        """All that stays while pages change, drawn once."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.token("well"))
        painter, track = QPainter(picture), self.track()
        paint.rule(painter, self.rect(), "top")
        words = page_words(self.bounds[1] - self.bounds[0])
        paint.text(painter, QRectF(0, 0, _LEFT - 8, HEIGHT + 2), words, "caption", "text3", paint.RIGHT)
        painter.fillRect(track, theme.token("track"))
        for span in self.windows:
            low, high = (self.across(at) for at in span)
            painter.fillRect(QRectF(low, track.top(), max(high - low, 2), track.height()), theme.faded("accent", 0.35))
        if self.marks:
            self._draw_marks(painter)
        for start, stop in self.gaps:
            low = self.across(start)
            painter.fillRect(
                QRectF(low, track.top(), max(self.across(stop) - low, 1), track.height()), theme.token("well")
            )
        painter.end()
        return picture

    def _draw_marks(self, painter: QPainter) -> None:
        """Each column in the colour of the class that takes most of it, as one picture."""
        track = self.track()
        columns = max(round(track.width()), 1)
        starts, stops, colours = (np.array(part) for part in zip(*self.marks, strict=True))
        classes = main_classes(starts.astype(float), stops.astype(float), colours, self.bounds, columns)
        row = np.zeros(columns, np.uint32)
        for index in np.unique(classes[classes > NOTHING]).tolist():
            row[classes == index] = (theme.class_colour(index).fill if index >= 0 else theme.token("bar")).rgba()
        kind = QImage.Format.Format_ARGB32_Premultiplied
        painter.drawImage(track, QImage(row.data, columns, 1, 4 * columns, kind))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.went.emit(self.time_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.went.emit(self.time_at(event.position().x()))
