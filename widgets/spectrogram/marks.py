"""What stands around and over the strips: frequencies, names, times, the window, annotations, the shared cursor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from models.payload import Spectrogram
from widgets import paint, theme
from widgets.spectrogram.place import WINDOW, Axis, Span, StripPlot, strip_places, time_labels, window_middle
from widgets.traces.marks import covered, row_image
from widgets.traces.over import OverPlot
from widgets.traces.plot import Plot

#: A stretch of time with the place of its class, −1 for none.
Mark = tuple[float, float, int]
#: Below the strips: where annotations stand, where the page stands, where times are told; height of each, in px.
_ROW, _PAGE, _TIMES = (3.0, 5.0), (10.0, 3.0), (15.0, 16.0)
#: Strips lower than this have no plate with their name.
_NAMED = 24.0
#: No more than such a share of what is seen is tinted: behind a tint colours say another power.
_MOST_TINTED = 0.5
#: Rows that are filled at once.
_PIECE = 90.0


class Over(OverPlot):
    """Something over the strips and what is below them."""

    def boundingRect(self) -> QRectF:
        """The strips and what is below them: what stands beside them is not painted with each frame."""
        left = self.plot.area().left() - 1
        return QRectF(left, 0, self.plot.width() - left, self.plot.height())

    def stretch(self, span: Span, least: float) -> tuple[float, float] | None:
        """Where a stretch of time begins and how wide it is, cut to what is seen; None where it is not seen."""
        area = self.plot.area()
        low, high = (self.across(at) for at in span)
        if high - low < least:
            low, high = (low + high - least) / 2, (low + high + least) / 2
        low, high = max(low, area.left()), min(high, area.right())
        return (low, high - low) if high > low else None


class Scales(Over):
    """Hz beside each strip."""

    def __init__(self, plot: StripPlot) -> None:
        super().__init__(plot, -20)
        # They stay while times move: writing them anew would cost a tenth of a frame.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.spectrogram: Spectrogram | None = None
        self.axis: Axis | None = None

    def boundingRect(self) -> QRectF:
        """Left of the strips."""
        return QRectF(0, 0, self.plot.area().left() - 1, self.plot.height())

    def show_spectrogram(self, spectrogram: Spectrogram | None) -> None:
        """Of another one."""
        self.spectrogram = spectrogram
        self.axis = Axis(spectrogram) if spectrogram is not None else None
        self.update()

    def places(self) -> list[QRectF]:
        """Where the strips stand."""
        return strip_places(self.plot.area(), len(self.spectrogram.strips) if self.spectrogram is not None else 0)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Words and ticks."""
        if self.axis is None:
            return
        area = self.plot.area()
        for place in self.places():
            for at in self.axis.labels(place.height()):
                y = place.bottom() - self.axis.share(at) * place.height()
                painter.fillRect(QRectF(place.left() - 4, round(y), 3, 1), theme.token("line2"))
                beside = QRectF(0, y - 8, place.left() - 7, 16)
                paint.text(painter, beside, f"{at:g}", "caption", "text3", paint.RIGHT)
        foot = QRectF(0, area.bottom() + _TIMES[0], area.left() - 7, _TIMES[1])
        paint.text(painter, foot, "Hz", "caption", "text3", paint.RIGHT)


class Words(Over):
    """The name of each strip in its corner, times below the last one."""

    def __init__(self, plot: StripPlot, scales: Scales) -> None:
        super().__init__(plot, 20)
        self._scales = scales

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Plates under what lies over data."""
        shown = self._scales.spectrogram
        if shown is None:
            return
        for strip, place in zip(shown.strips, self._scales.places(), strict=False):
            if strip.name and place.height() >= _NAMED:
                wide = min(paint.width(strip.name, "caption_strong") + 10, place.width() - 8)
                plate = QRectF(place.left() + 4, place.top() + 4, wide, 17)
                paint.plate(painter, plate, theme.faded("well", 0.86))
                paint.text(painter, plate.adjusted(5, 0, -4, 0), strip.name, "caption_strong", "text")
        self._draw_times(painter, window_middle(shown))

    def _draw_times(self, painter: QPainter, middle: float | None) -> None:
        area, ends = self.plot.area(), self.plot.width()
        line, plain, strong = theme.token("line2"), theme.token("text3"), theme.token("text")
        for at, words in time_labels(self.plot.x_range(), middle, area.width()):
            x, role = self.across(at), "caption_strong" if words == WINDOW else "caption"
            half = paint.width(words, role) / 2 + 1
            if area.left() - 1 <= x - half and x + half <= ends:
                painter.fillRect(QRectF(round(x), area.bottom() + 1, 1, 3), line)
                painter.setFont(theme.font(role))
                painter.setPen(strong if words == WINDOW else plain)
                painter.drawText(QRectF(x - half, area.bottom() + _TIMES[0], 2 * half, _TIMES[1]), paint.CENTRE, words)


class WindowMark(Over):
    """The window between two edges, what was judged of it tinted, unless that were all that is seen."""

    def __init__(self, plot: StripPlot, places: Callable[[], list[QRectF]]) -> None:
        super().__init__(plot, 10)
        self._places = places
        self.window: Span | None = None
        self.labelled: Span | None = None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """White on any colour: a dark line stands on each side of a white one."""
        places = self._places()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for span, least, part in ((self.window, 3, 0.12), (self.labelled, 1, 0.26)):
            found = self.stretch(span, least) if span is not None else None
            if found is not None and found[1] < _MOST_TINTED * self.plot.area().width():
                for place in places:
                    _tint(painter, QRectF(found[0], place.top(), found[1], place.height()), part)
        for at in self.window or ():
            for place in places:
                self._draw_edge(painter, self.across(at), place)

    def _draw_edge(self, painter: QPainter, x: float, place: QRectF) -> None:
        if place.left() - 1 <= x <= place.right() + 1:
            x = min(max(round(x), place.left() + 1), place.right() - 2)
            painter.fillRect(QRectF(x - 1, place.top(), 3, place.height()), QColor(0, 0, 0))
            painter.fillRect(QRectF(x, place.top(), 1, place.height()), QColor(255, 255, 255))


def _tint(painter: QPainter, place: QRectF, part: float) -> None:
    """Lighten a place in low pieces: Qt hands tall ones to other threads and waits, which costs more than the fill."""
    colour, top = QColor(255, 255, 255, round(255 * part)), place.top()
    while top < place.bottom():
        painter.fillRect(QRectF(place.left(), top, place.width(), min(_PIECE, place.bottom() - top)), colour)
        top += _PIECE


class SpanRow(Over):
    """Annotations as thin marks below the strips, and where the page of the recording is."""

    def __init__(self, plot: StripPlot) -> None:
        super().__init__(plot, 12)
        self.spans: dict[int, npt.NDArray[np.float64]] = {}
        self.page: Span | None = None

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show these, the unnamed ones lowest."""
        classes = sorted({mark[2] for mark in marks})
        self.spans = {one: np.array([mark[:2] for mark in marks if mark[2] == one], np.float64) for one in classes}
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """All marks of a class as one picture."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        columns = max(round(area.width()), 1)
        for index, spans in self.spans.items():
            places = (spans - left) / (right - left) * columns
            on = covered(places[:, 0], places[:, 1], columns)
            colour = theme.class_colour(index).fill if index >= 0 else theme.token("bar")
            row = QRectF(area.left(), area.bottom() + _ROW[0], area.width(), _ROW[1])
            painter.drawImage(row, row_image(on, colour, theme.faded("well", 0.0), 1))
        found = self.stretch(self.page, 4) if self.page is not None else None
        if found is not None:
            bar = QRectF(found[0], area.bottom() + _PAGE[0], found[1], _PAGE[1])
            painter.fillRect(bar, theme.token("accent"))


class Moment(Over):
    """The cursor that all views share, NaN for none."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, 28)
        self.at = math.nan

    def near(self, position: QPointF) -> bool:
        """Whether a point of the plot is on its line."""
        inside = self.plot.area().contains(position)
        return inside and math.isfinite(self.at) and abs(self.across(self.at) - position.x()) <= 5

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """A line over all strips on a light one, so that it is seen on dark ones."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        if left <= self.at <= right:
            x = round(self.across(self.at))
            painter.fillRect(QRectF(x - 1, area.top(), 4, area.height()), theme.faded("well", 0.6))
            painter.fillRect(QRectF(x, area.top(), 2, area.height()), theme.token("accent"))


class Readout(Over):
    """What stands under the pointer, on a plate in a corner of its strip."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, 40)
        self.words = ""
        self._plate = QRectF()

    def show_words(self, words: str, strip: QRectF, pointer: QPointF) -> None:
        """Say this in a strip, out of the pointer's way; "" for nothing."""
        self.update(self._plate)
        self.words = words
        if words:
            wide = min(paint.width(words, "caption") + 12, strip.width() - 8)
            top = strip.top() + 4 if pointer.y() > strip.center().y() else strip.bottom() - 21
            self._plate = QRectF(strip.right() - wide - 4, top, wide, 17)
            self.update(self._plate)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The plate."""
        if self.words:
            paint.plate(painter, self._plate, theme.faded("well", 0.92))
            paint.text(painter, self._plate.adjusted(6, 0, -4, 0), self.words, "caption", "text")


class Hint(Over):
    """Why there is nothing to see, in a middle strip under its name; "" where there is something."""

    def __init__(self, plot: StripPlot, places: Callable[[], list[QRectF]], words: Callable[[], str]) -> None:
        super().__init__(plot, 30)
        self._places, self.words = places, words

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """On as many lines as it needs."""
        words, places = self.words(), self._places()
        if words and places:
            painter.setFont(theme.font("body"))
            painter.setPen(theme.token("text2"))
            room = places[(len(places) - 1) // 2].adjusted(16, _NAMED + 6, -16, -6)
            lines = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
            place = painter.boundingRect(room, lines, words)
            paint.plate(painter, place.adjusted(-10, -6, 10, 6), theme.token("well"))
            painter.drawText(place, lines, words)
