"""Mean waveforms where their channels are on the probe, around the largest; and which channels those are."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from models.payload import Snippets, Unit
from widgets import paint, theme
from widgets.numbers import minus
from widgets.traces.plot import nice_step, tick_text, ticks
from widgets.unit.axes import Field, fill_outline
from widgets.unit.tints import tint

Floats = npt.NDArray[np.floating[Any]]
#: How many channels may be shown.
COUNTS = (4, 8, 12, 20, 32, 48, 64, 96)
DEPTH = "Depth on the probe, µm"
#: Channels named in bold.
BEST = 4
LEFT, TOP, RIGHT, BOTTOM = 40, 26, 8, 30
#: What was found of the probes that were asked about last: the units of a sorting share one.
_PROBES: deque[tuple[Floats, int, bool]] = deque(maxlen=8)
#: From this width on there is room for whole words.
ROOMY = 240
#: A waveform may be so many rows high, and as wide as this, in pixels.
TALL, WIDE = 1.7, 260.0
#: Rows below the lowest and above the highest waveform, at most.
_ROOM = 1.8
#: Of the usual height of a single spike, or of the band, what finds room as the template does; and how strongly a
#: single spike is drawn.
_SINGLE, _FAINT = 0.5, 0.25


def near_channels(unit: Unit, count: int) -> list[int]:
    """The channels nearest to the largest one, that one first; in their own order where positions are not known."""
    if not unit.template.size:
        return []
    best = unit.best[0] if unit.best else 0
    places = spots(unit)
    away = np.hypot(*(places - places[best]).T)
    return [int(channel) for channel in np.argsort(away, kind="stable")[:count]]


def spots(unit: Unit) -> Floats:
    """(channels, 2) places in µm; one below the other, by number, where they are not known."""
    return unit.positions[:, :2] if has_places(unit) else _in_a_row(len(unit.template))


def _in_a_row(channels: int) -> Floats:
    return np.stack([np.zeros(channels), -np.arange(channels, dtype=np.float64)], axis=1)


def has_places(unit: Unit) -> bool:
    """Whether the source tells where the channels are: finite places, most of them apart."""
    own, channels = unit.positions, len(unit.template)
    known = next((apart for places, many, apart in _PROBES if places is own and many == channels), None)
    if known is None:
        known = _apart(own, channels)
        _PROBES.append((own, channels, known))
    return known


def _apart(places: Floats, channels: int) -> bool:
    if places.ndim != 2 or len(places) != channels or places.shape[1] < 2 or not np.isfinite(places).all():
        return False
    # As complex numbers: unique rows would sort them as records, which is slow.
    return channels < 2 or len(np.unique(places[:, 0] + 1j * places[:, 1])) > channels // 2


@dataclass(frozen=True)
class Plan:
    """Where the shown channels stand.

    middles: (k, 2) in pixels; wide, tall: of a cell; scale: pixels for a unit of the template;
    corner, span: what of the probe is seen, left and lowest place and size in µm; area: of it in pixels.
    """

    channels: list[int]
    middles: Floats
    wide: float
    tall: float
    scale: float
    corner: tuple[float, float]
    span: tuple[float, float]
    area: QRectF

    def place(self, x: float, y: float) -> QPointF:
        """A place in µm as a point."""
        across = (x - self.corner[0]) / self.span[0] * self.area.width()
        up = (y - self.corner[1]) / self.span[1] * self.area.height()
        return QPointF(self.area.left() + across, self.area.bottom() - up)


class ProbeField(Field):
    """Waveforms around the best channel. count: of channels; gain: their height."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_probe", "Waveforms on the probe", parent)
        self.unit: Unit | None = None
        self.count = 20
        self.gain = 1.0
        self.previous: Unit | None = None
        self.others: tuple[Unit, ...] = ()
        self.snippets: Snippets | None = None
        self.singles = True
        #: The colour of the template, the pen's for None.
        self.tint: Callable[[], QColor] | None = None
        self._spikes: tuple[object, QImage] | None = None
        self.readout = self._told
        theme.changed.connect(self._forget)

    def show_unit(self, unit: Unit | None) -> None:
        """Show the template of a unit."""
        self.unit, self.others, self.snippets, self._spikes = unit, (), None, None
        if unit is None or not unit.template.size:
            note, offer = (unit.note, "templates" in unit.computable) if unit is not None else ("", False)
            self.say_empty("No waveforms", note, offer)
        elif not unit.best:
            self.say_empty("The template is flat", "It holds zeros on every channel.")
        else:
            self.say_empty("")
        self.update()

    def set_previous(self, unit: Unit | None) -> None:
        """Draw the waveforms of another unit of the same probe behind; None takes them away."""
        self.previous = unit
        self.update()

    def set_others(self, units: Sequence[Unit]) -> None:
        """Draw the waveforms of other units over this one's, each in its colour."""
        self.others = tuple(units)
        self.update()

    def set_snippets(self, snippets: Snippets | None) -> None:
        """Draw single spikes behind the template."""
        self.snippets = snippets
        self._forget()

    def show_singles(self, on: bool) -> None:
        """Whether single spikes are seen, where there are any."""
        self.singles = on
        self._forget()

    def _forget(self) -> None:
        self._spikes = None
        self.update()

    def plan(self) -> Plan | None:
        """Where everything stands at this size."""
        if self.unit is None or not self.unit.best:
            return None
        channels = near_channels(self.unit, self.count)
        places = spots(self.unit)[channels]
        area = QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 20), max(self.height() - TOP - BOTTOM, 20))
        across, down = _pitch(places[:, 0]), _pitch(places[:, 1])
        low, high = places.min(axis=0), places.max(axis=0)
        beside = _beside(places, across)
        drawn = [one.template for one in (self.unit, *self.others) if len(one.template) == len(self.unit.template)]
        spans = [float((wave[channels].max(axis=1) - wave[channels].min(axis=1)).max()) for wave in drawn if wave.size]
        size = max(*spans, self._single_size(), self._band_size(channels)) or 1.0
        below, above = _rooms([wave[channels] / size for wave in drawn if wave.size], (places[:, 1] - low[1]) / down)
        span_x, span_y = high[0] - low[0] + beside, high[1] - low[1] + (below + above) * down
        corner = float(low[0] - beside / 2), float(low[1] - below * down)
        x = area.left() + (places[:, 0] - corner[0]) / span_x * area.width()
        y = area.bottom() - (places[:, 1] - corner[1]) / span_y * area.height()
        wide = min(beside / span_x * area.width() * 0.9, WIDE)
        tall = down / span_y * area.height()
        scale = min(tall * TALL, area.height() * 0.45) / size * self.gain
        middles = np.stack([x, y], axis=1)
        return Plan(channels, middles, wide, tall, scale, corner, (float(span_x), float(span_y)), area)

    def _single_size(self) -> float:
        """The height that single spikes need: those of noise are much larger than their mean."""
        if self.snippets is None or not self.singles:
            return 0.0
        spans = self.snippets.waves.max(axis=2) - self.snippets.waves.min(axis=2)
        return _SINGLE * float(np.quantile(spans.max(axis=1), 0.8))

    def _band_size(self, channels: Sequence[int]) -> float:
        """The height that the band needs: around a faint template it would cover the rows beside it."""
        assert self.unit is not None
        if self.unit.spread is None:
            return 0.0
        wave, band = self.unit.template[channels], self.unit.spread[channels]
        spans = (wave + band).max(axis=1) - (wave - band).min(axis=1)
        return _SINGLE * float(np.quantile(spans, 0.8))

    def draw(self, painter: QPainter) -> None:
        plan = self.plan()
        assert plan is not None
        unit = self.unit
        assert unit is not None
        self._draw_depths(painter, plan)
        painter.save()
        # What is drawn higher than there is room, such as a wide band, does not run over titles and scales.
        painter.setClipRect(QRectF(LEFT - 4, TOP - 4, self.width() - LEFT + 4, plan.area.height() + 8))
        steps = np.linspace(-plan.wide / 2, plan.wide / 2, unit.template.shape[1])
        dense = len(plan.channels) > 24
        if self.singles and self.snippets is not None:
            painter.drawImage(QPointF(0, 0), self._drawn_spikes(plan))
        for place, channel in enumerate(plan.channels):
            self._draw_wave(painter, plan, place, channel, steps)
        for place, channel in enumerate(plan.channels):
            self._draw_name(painter, plan, place, channel, dense)
        self._draw_location(painter, plan)
        painter.restore()
        self._draw_scales(painter, plan)

    def _drawn_spikes(self, plan: Plan) -> QImage:
        """Single spikes, drawn once for a size: they are many lines."""
        assert self.snippets is not None
        ratio = self.devicePixelRatioF()
        wanted = (self.width(), self.height(), ratio, len(plan.channels), plan.scale)
        if self._spikes is None or self._spikes[0] != wanted:
            drawn = QImage(self.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
            drawn.setDevicePixelRatio(ratio)
            drawn.fill(0)
            painter = QPainter(drawn)
            painter.setPen(QPen(theme.faded("bar", _FAINT), 1))
            steps = np.linspace(-plan.wide / 2, plan.wide / 2, self.snippets.waves.shape[2])
            for place, channel in enumerate(plan.channels):
                if channel in self.snippets.channels:
                    x, y = plan.middles[place]
                    waves = y - self.snippets.waves[:, self.snippets.channels.index(channel)] * plan.scale
                    for wave in waves:
                        painter.drawPolyline(paint.polygon(x + steps, wave))
            painter.end()
            self._spikes = wanted, drawn
        return self._spikes[1]

    def _draw_wave(self, painter: QPainter, plan: Plan, place: int, channel: int, steps: Floats) -> None:
        assert self.unit is not None
        x, y = plan.middles[place]
        wave = np.asarray(self.unit.template[channel], np.float64) * plan.scale
        painter.fillRect(QRectF(x - plan.wide / 2, round(y), plan.wide, 1), theme.token("line"))
        if self.unit.spread is not None:
            band = np.asarray(self.unit.spread[channel], np.float64) * plan.scale
            below, above = y - wave - band, (y - wave + band)[::-1]
            fill_outline(painter, np.concatenate([x + steps, x + steps[::-1]]), np.concatenate([below, above]))
        other = self.previous
        if other is not None and other.template.shape == self.unit.template.shape:
            painter.setPen(QPen(theme.token("accent"), 1.2))
            painter.drawPolyline(paint.polygon(x + steps, y - np.asarray(other.template[channel]) * plan.scale))
        for number, one in enumerate(self.others, 1):
            if one.template.shape[0] > channel and one.template.shape[1] == len(wave):
                painter.setPen(QPen(tint(number), 1.4))
                painter.drawPolyline(paint.polygon(x + steps, y - np.asarray(one.template[channel]) * plan.scale))
        best = channel in self.unit.best[:BEST]
        pen = self.tint() if self.tint else theme.token("pen" if best else "text3")
        painter.setPen(QPen(pen, 1.8 if best else 1.2))
        painter.drawPolyline(paint.polygon(x + steps, y - wave))

    def _draw_name(self, painter: QPainter, plan: Plan, place: int, channel: int, dense: bool) -> None:
        assert self.unit is not None
        best = channel in self.unit.best[:BEST]
        if dense and not best:
            return
        x, y = plan.middles[place]
        words = self.unit.channels[channel] if channel < len(self.unit.channels) else str(channel)
        role, tone = ("caption_strong", "text") if best else ("caption", "text3")
        wide = paint.width(words, role)
        box = QRectF(x + plan.wide / 2 - wide, y + 2, wide, 15)
        paint.plate(painter, box.adjusted(-2, 1, 1, -1), theme.faded("well", 0.85), 2)
        paint.text(painter, box, words, role, tone, paint.RIGHT)

    def _draw_location(self, painter: QPainter, plan: Plan) -> None:
        """A cross where the unit itself was found to be."""
        assert self.unit is not None
        if self.unit.location is None or not has_places(self.unit):
            return
        at = plan.place(*self.unit.location[:2])
        if plan.area.contains(at):
            painter.setPen(QPen(theme.token("accent"), 1.6))
            painter.drawLine(at - QPointF(5, 0), at + QPointF(5, 0))
            painter.drawLine(at - QPointF(0, 5), at + QPointF(0, 5))

    def _draw_depths(self, painter: QPainter, plan: Plan) -> None:
        assert self.unit is not None
        if not has_places(self.unit):
            paint.text(painter, QRectF(8, 4, 200, 16), "Channels in order, places unknown", "caption", "text3")
            return
        title = DEPTH if self.width() >= ROOMY else "Depth, µm"
        end = 8 + paint.text(painter, QRectF(8, 4, self.width() - 60, 16), title, "caption", "text3")
        legend = [("+", "unit")] if self.unit.location is not None else []
        legend += [("–", "unit before")] if self.previous is not None else []
        if self.others:
            self._draw_units(painter)
            legend = []
        for sign, words in legend:
            if end + 120 < self.width():
                end += 16 + paint.text(painter, QRectF(end + 16, 4, 20, 16), sign, "caption_strong", "accent")
                end += 4 + paint.text(painter, QRectF(end + 4, 4, 100, 16), words, "caption", "text3")
        self._draw_steps(painter, plan)

    def _draw_units(self, painter: QPainter) -> None:
        """Which colour is which unit, at the top right."""
        assert self.unit is not None
        x = float(self.width() - RIGHT)
        for place, one in reversed(list(enumerate((self.unit, *self.others)))):
            words = f"unit {one.key.rpartition('/')[2]}"
            x -= paint.width(words, "caption")
            paint.text(painter, QRectF(x, 4, 100, 16), words, "caption", "text2")
            painter.fillRect(QRectF(x - 14, 11, 10, 2), tint(place))
            x -= 24

    def _draw_steps(self, painter: QPainter, plan: Plan) -> None:
        low, span = plan.corner[1], plan.span[1]
        step = nice_step(span, max(plan.area.height() / 44, 2))
        for at in ticks(low, low + span, step):
            y = plan.place(0, at).y()
            paint.text(painter, QRectF(0, y - 8, LEFT - 8, 16), tick_text(at, step), "caption", "text3", paint.RIGHT)

    def _draw_scales(self, painter: QPainter, plan: Plan) -> None:
        """A bar for the time below, and one for the height at its side."""
        assert self.unit is not None
        samples, rate = self.unit.template.shape[1], self.unit.rate
        per = plan.wide / max(samples - 1, 1)
        span = nice_step(samples / rate * 1000, 1.6) / 2 if rate else float(nice_step(samples, 2))
        wide = span * rate / 1000 * per if rate else span * per
        words = f"{span:g} ms" if rate else f"{span:g} samples"
        base = self.height() - 10.5
        pen = QPen(theme.token("text2"), 2)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        # Where room is short they begin at the edge: nothing stands before them there.
        start = LEFT if self.width() >= ROOMY else 8
        painter.drawLine(QPointF(start, base), QPointF(start + wide, base))
        paint.text(painter, QRectF(start + wide + 6, base - 8, 80, 16), words, "caption", "text2")
        left = start + wide + 12 + paint.width(words, "caption") + 12
        unit = self.unit.unit
        high = nice_step(plan.tall / plan.scale, 1.5)
        while high * plan.scale > BOTTOM - 8 and high > 0:
            high = high / 2
        painter.setPen(pen)
        painter.drawLine(QPointF(left, base + 1), QPointF(left, base + 1 - high * plan.scale))
        told = (
            f"{high:.3g} {unit}" if unit else f"{high:.3g}, sorter’s scale" if self.width() >= ROOMY else f"{high:.3g}"
        )
        paint.text(painter, QRectF(left + 6, base - 8, self.width() - left - 8, 16), told, "caption", "text2")

    def channel_at(self, position: QPointF) -> int:
        """The channel whose waveform stands nearest to a point, −1 for none."""
        plan = self.plan()
        if plan is None or self.empty[0]:
            return -1
        away = np.hypot((plan.middles[:, 0] - position.x()) * plan.tall / plan.wide, plan.middles[:, 1] - position.y())
        return plan.channels[int(away.argmin())] if away.min() < max(plan.tall, 14) else -1

    def _told(self, position: QPointF) -> str:
        channel = self.channel_at(position)
        if channel < 0 or self.unit is None:
            return ""
        return told_channel(self.unit, channel)


def told_channel(unit: Unit, channel: int) -> str:
    """A channel in words: name, place, size of the template on it."""
    wave = unit.template[channel]
    name = unit.channels[channel] if channel < len(unit.channels) else str(channel)
    words = [f"channel {name}"]
    if has_places(unit):
        words.append(f"{minus(f'{float(unit.positions[channel][1]):g}')} µm")
    words.append(f"peak to peak {float(wave.max() - wave.min()):.3g}{f' {unit.unit}' if unit.unit else ''}")
    return " · ".join(words)


def _rooms(waves: Sequence[Floats], rows: Floats) -> tuple[float, float]:
    """Rows that waveforms (channels, samples), 1 high at most, need below and above theirs; rows: where each stands."""
    below = [float((-wave.min(axis=1) * TALL - rows).max()) for wave in waves]
    above = [float((wave.max(axis=1) * TALL - (rows.max() - rows)).max()) for wave in waves]
    return min(max(0.8, *below), _ROOM), min(max(0.8, *above), _ROOM)


def _pitch(values: Floats) -> float:
    """The usual step between neighbouring values."""
    steps = np.diff(np.unique(values.round(2)))
    return float(np.median(steps)) if len(steps) else 1.0


def _beside(places: Floats, across: float) -> float:
    """The least distance in x between two channels of one depth: the room for one waveform."""
    least = np.inf
    for depth in np.unique(places[:, 1].round(2)):
        steps = np.diff(np.unique(places[np.abs(places[:, 1] - depth) < 0.01, 0]))
        least = min(least, float(steps.min())) if len(steps) else least
    return least if np.isfinite(least) else max(across, 1.0)
