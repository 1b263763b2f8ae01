"""The embedding map with its tools and legend."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets import paint, theme, tokens
from widgets.heat import heat_colours
from widgets.map.cloud import Floats, Index
from widgets.map.field import LASSO, POINT, RECTANGLE, MapField
from widgets.map.picture import Look
from widgets.numbers import count, minus, plural
from widgets.parts import Button, EmptyState, LabelledCombo, PaneHeader, SegmentedButtons, ToolButton

_SHADES = 64
#: Pixels from the legend to the edges of the field, of its first line, and of each further one.
_MARGIN, _LINE, _FURTHER = 12, 30, 22


class MapLegend(QWidget):
    """Shapes with names and counts, or a colour bar with its limits, on a plate at the foot.

    room: pixels that it may be wide; what has no room in a line stands in the next one.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_legend")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.entries: Sequence[tuple[Look, int]] = ()
        self.disagree = self.hollow = 0
        self.ring_words = "disagrees"
        self.limits: tuple[str, str, str] | None = None
        self.room = math.inf

    def show_looks(self, entries: Sequence[tuple[Look, int]], disagree: int) -> None:
        """Kinds of points and how many there are of each."""
        self.entries, self.disagree, self.limits = entries, disagree, None
        self._told([f"{look.name} {count(number)}" for look, number in entries])

    def show_limits(self, name: str, low: str, high: str, disagree: int) -> None:
        """A score from low to high."""
        self.entries, self.disagree, self.limits = (), disagree, (name, low, high)
        self._told([f"{name} {low} to {high}"])

    def _told(self, words: list[str]) -> None:
        hollow = [f"proposed {self.hollow}"] if self.hollow else []
        rings = [f"{self.ring_words} {self.disagree}"] if self.disagree else []
        self.setAccessibleName(", ".join([*words, *hollow, *rings]))
        self.updateGeometry()
        self.resize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        return self._draw(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.token("line"), 1))
        painter.setBrush(theme.token("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), tokens.RADIUS, tokens.RADIUS)
        self._draw(painter)

    def _draw(self, painter: QPainter | None) -> QSize:
        """Draw, or only measure; returns the room that it takes."""
        x, line, widest = 12.0, 0, 0.0
        for part in self._parts():
            wide = part(None, 0.0)
            if x > 12 and x + wide + 8 > self.room:
                x, line = 12.0, line + 1
            if painter is not None:
                painter.save()
                painter.translate(0, _FURTHER * line)
                part(painter, x)
                painter.restore()
            x += wide
            widest = max(widest, x)
        return QSize(round(widest) + 8, _LINE + _FURTHER * line)

    def _parts(self) -> list[Callable[[QPainter | None, float], float]]:
        """What stands in it: each is drawn at a place, or only measured, and returns where the next one begins."""
        found: list[Callable[[QPainter | None, float], float]] = []
        if self.limits is not None:
            found.append(partial(self._draw_limits, *self.limits))
        found += [partial(self._draw_entry, look, f"{look.name} {count(number)}") for look, number in self.entries]
        if self.hollow:
            found.append(partial(self._draw_circle, 9, "text3", f"proposed {count(self.hollow)}"))
        if self.disagree:
            found.append(partial(self._draw_circle, 12, "text", f"{self.ring_words} {count(self.disagree)}"))
        return found

    def _draw_circle(self, size: float, tone: str, words: str, painter: QPainter | None, x: float) -> float:
        if painter is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.token(tone), 1.3))
            painter.drawEllipse(QRectF(x, 15 - size / 2, size, size))
        return self._write(painter, x + 18, words)

    def _draw_entry(self, look: Look, words: str, painter: QPainter | None, x: float) -> float:
        if painter is not None:
            painter.save()
            painter.translate(x + 5, 15)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour)
            painter.drawPath(paint.shape(look.shape, 9.5))
            painter.restore()
        return self._write(painter, x + 16, words)

    def _draw_limits(self, name: str, low: str, high: str, painter: QPainter | None, x: float) -> float:
        x = self._write(painter, x, f"{name}   {low}") - 8
        if painter is not None:
            for place, colour in enumerate(heat_colours(np.linspace(0.2, 1, 100))):
                painter.fillRect(QRectF(x + place, 9, 1.2, 12), QColor.fromRgb(int(colour)))
        return self._write(painter, x + 108, high)

    def _write(self, painter: QPainter | None, x: float, words: str) -> float:
        wide = paint.width(words, "body")
        if painter is not None:
            paint.text(painter, QRectF(x, 0, wide + 1, 30), words, "body", "text")
        return x + wide + 16


class EmbeddingMap(QWidget):
    """Up to a million points; draws and asks, changes nothing.

    Signals: ``selection_asked(rows)`` int64 rows inside the lasso or rectangle, none when cleared;
    ``sample_asked(row)`` a point was clicked; ``method_asked(name)``, ``colour_asked(name)``.
    """

    selection_asked = Signal(object)
    sample_asked = Signal(int)
    method_asked = Signal(str)
    colour_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("embedding_map")
        self.setAccessibleName("Embedding map")
        self._scores: Floats | None = None
        self._score_name = ""
        self._looks: Sequence[Look] = ()
        self._disagree = 0
        self.field = MapField()
        self.legend = MapLegend(self.field)
        self.words = EmptyState("No map yet", "", "map", parent=self.field)
        self.far = Button("", tip="All points in view  Home", parent=self.field)
        self.far.setObjectName("map_outside")
        self.far.clicked.connect(lambda _on=False: self.field.fit())
        self._build_header()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.field, 1)
        self.field.installEventFilter(self)
        self.field.moved.connect(self._tell_far)
        self.field.chosen.connect(self.selection_asked)
        self.field.clicked.connect(self.sample_asked)
        self.field.tool_changed.connect(self.tools.set_value)
        theme.changed.connect(self._dress)
        self.set_points(np.zeros((0, 2)))

    def _build_header(self) -> None:
        self.header = PaneHeader()
        self.method = SegmentedButtons([("pca", "PCA", ""), ("umap", "UMAP", "")], "Method")
        self.method.setObjectName("map_method")
        self.method.chosen.connect(self.method_asked)
        self.colour = LabelledCombo("Colour", [("Label", "label")], "What the points are coloured by")
        self.colour.setObjectName("map_colour")
        self.colour.chosen.connect(lambda value: self.colour_asked.emit(str(value)))
        self.shape = LabelledCombo("Shape", [("Class", "class"), ("None", "none")], "What the points' shapes tell")
        self.shape.setObjectName("map_shape")
        self.shape.chosen.connect(self._choose_shape)
        segments = [(POINT, "", "target"), (LASSO, "", "lasso"), (RECTANGLE, "", "select")]
        self.tools = SegmentedButtons(segments, "Tool")
        self.tools.setObjectName("map_tool")
        self.tools.chosen.connect(self._choose_tool)
        for lead in (self.method, self.colour, self.shape, self.tools):
            self.header.add_lead(lead)
        self.fit_button = ToolButton("fit", "Fit all points; again: without the far ones", key="Home")
        self.fit_button.setObjectName("map_fit")
        self.fit_button.clicked.connect(lambda _on=False: self.field.fit_next())
        self.header.add_tool(self.fit_button)
        self.header.add_entry("Clear the selection", self.clear).setObjectName("map_clear")

    # -- what is shown

    def _stretched(self) -> str:
        """That the axes have not the same scale, where they have not."""
        across, up = self.field.stretch
        by = max(across, up)
        return (
            "" if by == 1 else f", {'across' if across > up else 'upwards'} stretched × {by:.{0 if by >= 10 else 1}f}"
        )

    def set_points(self, places: Floats, words: str = "") -> None:
        """(n, 2) places, one a row of the project (NaN: not on the map); words: the count at the right."""
        self.field.set_points(places)
        known = len(self.field.cloud)
        self._scores, self._disagree, self.legend.hollow = None, 0, 0
        self.header.set_subtitle((words or (f"{count(known)} points" if known else "")) + self._stretched())
        self.words.setVisible(known == 0)
        self.legend.setVisible(known > 0)
        if not known:
            self.set_words("No map yet", "Train a run, or choose a method.")
        self._tell_legend()

    def set_words(self, title: str, text: str = "") -> None:
        """Say why the map is empty, or that it is being made."""
        self.words.set_state(title, text, "map")

    def set_methods(self, names: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer methods as (value, words)."""
        self.method.set_segments([(value, words, "") for value, words in names])
        self.method.set_value(chosen)

    def set_colours(self, names: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer colourings as (value, words)."""
        self.colour.set_choices([(words, value) for value, words in names])
        self.colour.set_value(chosen)

    def set_classes(self, codes: npt.ArrayLike, names: Sequence[str], follow: str = "") -> None:
        """Colour by class, (n,) codes with −1 for none: colours and shapes of the classes.

        follow: what those of one code more are called, which are about to get a class; the accent is theirs.
        """
        looks = [theme.class_colour(place) for place in range(len(names))]
        shown = [Look(name, look.stroke, look.shape) for name, look in zip(names, looks, strict=True)]
        self._set_looks(codes, [*shown, Look(follow, theme.token("accent"))] if follow else shown)

    def set_categories(self, values: Sequence[str] | npt.NDArray[np.object_]) -> None:
        """Colour by a column of words; the 9 most frequent have colours of their own."""
        words = np.array([str(value) for value in values])
        names, codes, counts = np.unique(words, return_inverse=True, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        rank = np.empty(len(names), np.int64)
        rank[order] = np.arange(len(names))
        shown = min(len(names), 9)
        looks = [theme.class_colour(place) for place in range(shown)]
        entries = [Look(str(names[order[i]]), look.stroke, look.shape) for i, look in enumerate(looks)]
        if len(names) > shown:
            entries.append(Look(f"{len(names) - shown} others", theme.token("bar")))
        self._set_looks(np.minimum(rank[codes.ravel()], len(entries) - 1), entries)

    def set_scores(self, name: str, values: npt.ArrayLike) -> None:
        """Colour by a number, (n,), NaN for none."""
        self._scores, self._score_name = np.asarray(values, np.float64), name
        low, high = self._limits()
        share = (self._scores - low) / ((high - low) or 1.0)
        shades = np.where(np.isfinite(share), np.rint(np.nan_to_num(share) * (_SHADES - 1)), -1).astype(np.int64)
        colours = heat_colours(np.linspace(0.2, 1, _SHADES))
        self.field.set_codes(shades, [Look("", QColor.fromRgb(int(colour))) for colour in colours])
        self._tell_legend()

    def _set_looks(self, codes: npt.ArrayLike, looks: Sequence[Look]) -> None:
        self._looks, self._scores = looks, None
        self.field.set_codes(np.asarray(codes, np.int64), looks)
        self._tell_legend()

    def set_hollow(self, mask: npt.ArrayLike, proposed: int) -> None:
        """(n,) points drawn as outlines; proposed: how many of them have a class that is proposed only."""
        self.field.set_hollow(np.asarray(mask, bool))
        self.legend.hollow = proposed
        self._tell_legend()

    def set_disagreement(self, mask: npt.ArrayLike, words: tuple[str, str] = ("disagrees", "disagree")) -> None:
        """(n,) points whose label and model differ, or what else the words say of one and of many: ringed."""
        self.legend.ring_words, self.field.ring_word = words
        self.field.set_rings(np.asarray(mask, bool))
        self._disagree = int(self.field.picture.rings.sum())
        self._tell_legend()

    def set_selection(self, rows: Index) -> None:
        """Show rows that were selected elsewhere."""
        self.field.set_selection(rows)

    def set_chosen(self, row: int) -> None:
        """Ring the shown sample."""
        self.field.set_chosen(row)

    def set_hover(self, thumbnail: Callable[[int], QImage | None], describe: Callable[[int], str]) -> None:
        """What the plate at a point shows: a picture of a row, or None, and words."""
        self.field.thumbnail, self.field.describe = thumbnail, describe

    def clear(self) -> None:
        """Select nothing."""
        self.field.set_selection(np.zeros(0, np.int64))
        self.selection_asked.emit(self.field.selection)

    # -- inside

    def _choose_tool(self, tool: str) -> None:
        self.field.set_tool(tool)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose_shape(self, value: object) -> None:
        self.field.set_shapes(value == "class")

    def _limits(self) -> tuple[float, float]:
        assert self._scores is not None
        known = self._scores[np.isfinite(self._scores)]
        return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)

    def _tell_legend(self) -> None:
        self.legend.room = self.field.width() - 2 * _MARGIN
        if self._scores is not None:
            low, high = (minus(f"{value:.3g}") for value in self._limits())
            self.legend.show_limits(self._score_name, low, high, self._disagree)
        else:
            none, *numbers = self.field.picture.counts(len(self._looks))
            entries = list(zip(self._looks, numbers, strict=True))
            if none and self._looks:
                entries.append((Look("no label", theme.token("line2")), none))
            self.legend.show_looks(entries, self._disagree)
            if self.legend.sizeHint().height() > _LINE:
                # Where room is short classes that no point has are left out.
                self.legend.show_looks([one for one in entries if one[1]], self._disagree)
            self.legend.setVisible(bool(entries) and len(self.field.cloud) > 0)
        self._place()

    def _tell_far(self) -> None:
        """Say how many points lie far beside the view, and offer them."""
        outside = self.field.outside()
        self.far.setVisible(outside > 0)
        self.far.setText(f"{plural(outside, 'point')} outside · Fit all")
        self.far.adjustSize()
        self.far.move(self.field.width() - self.far.width() - 12, 12)

    def _place(self) -> None:
        self.words.setGeometry(self.field.rect())
        size = self.legend.sizeHint()
        top, wide = self.field.height() - _MARGIN - size.height(), min(size.width(), self.field.width() - 2 * _MARGIN)
        self.legend.setGeometry(_MARGIN, top, max(wide, 10), size.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._tell_legend()
        return False

    def _dress(self) -> None:
        if self._scores is not None:
            self.set_scores(self._score_name, self._scores)
        self.field.refresh()
