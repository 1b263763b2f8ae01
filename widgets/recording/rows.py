"""Which rows of a recording are drawn and where: montage, groups with room between them, the heart apart below."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from models.electrodes import EEG, OLDER
from models.montage import Applied, Group, Montage, Row, rows
from models.payload import Recording, TraceReader
from widgets.traces.raster import Layer

Floats = npt.NDArray[np.floating[Any]]
#: Room between two groups and above and below all rows, in heights of a row.
_BETWEEN, _ROOM = 0.55, 0.75
#: So far down, in heights of a row, the first one seldom goes up.
_CLEAR = 0.3
#: Of a low plot the words at its head get no larger share.
_MOST = 0.25
#: Of its room a row that has its own gain fills so much.
_OWN = 0.8
#: So far from its middle a row is cut where peaks are, in heights of a row: neighbours just do not meet.
_REACH = 0.48
#: What a wide page is measured by: so many pieces of so many columns.
_PIECES, _COLUMNS = 8, 64
REFERENTIAL = "referential"
_VOLTS = (EEG, "eog", "emg")


@dataclass(frozen=True)
class Shown:
    """The rows of a recording as a montage makes them: labels, groups, kinds, and the channels that each is made of.

    missing: rows that cannot be drawn. fallen: too few of the montage can be, so that channels stand as recorded.
    joined: rows that several recorded pairs make.
    """

    montage: Montage
    labels: tuple[str, ...]
    groups: tuple[int, ...]
    kinds: tuple[str, ...]
    made_of: tuple[tuple[str, ...], ...]
    matrix: npt.NDArray[np.float32]
    missing: tuple[str, ...] = ()
    fallen: bool = False
    joined: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def without(self, hidden: Collection[str]) -> Shown:
        """Those that a person has not put away; all where none would be left."""
        kept = [place for place, label in enumerate(self.labels) if label not in hidden]
        return self._some(kept) if kept else self

    def _some(self, kept: Sequence[int]) -> Shown:
        return replace(
            self,
            labels=tuple(self.labels[place] for place in kept),
            groups=tuple(self.groups[place] for place in kept),
            kinds=tuple(self.kinds[place] for place in kept),
            made_of=tuple(self.made_of[place] for place in kept),
            matrix=self.matrix[list(kept)],
        )

    def dimmed(self, bad: Collection[str]) -> npt.NDArray[np.bool_]:
        """Which rows a bad channel is part of."""
        return np.array([any(name in bad for name in names) for names in self.made_of], bool)


def show_rows(recording: Recording, montage: Montage, bad: Collection[str]) -> Shown:
    """The rows of a montage that the recording has channels for; as it was recorded where these are too few."""
    whole = _with_rest(recording, montage) if montage.name == REFERENTIAL else montage
    applied = rows(recording.names, whole, tuple(bad))
    made = _made(recording, whole, applied)
    if len(made) < 2 and montage.name != REFERENTIAL:
        return replace(show_rows(recording, _as_recorded(recording), bad), fallen=True)
    return made


def _made(recording: Recording, montage: Montage, applied: Applied) -> Shown:
    """Rows of which something is missing are left out."""
    kinds = dict(zip(recording.names, recording.kinds or (EEG,) * len(recording.names), strict=True))
    made_of, own = [], []
    for row, kind in zip(applied.matrix, applied.kinds, strict=True):
        names = [recording.names[place] for place in np.flatnonzero(np.abs(row) > 0.5 * np.abs(row).max())]
        made_of.append(tuple(names))
        alone = kinds[names[0]] if len(names) == 1 else kind
        own.append(kind if kind != EEG else alone)
    shown = Shown(
        montage,
        applied.labels,
        applied.groups,
        tuple(own),
        tuple(made_of),
        applied.matrix,
        applied.missing,
        joined=applied.joined,
    )
    return shown._some([place for place, row in enumerate(applied.matrix) if row.any()])


def _with_rest(recording: Recording, montage: Montage) -> Montage:
    """The montage as recorded, with all channels that no built-in row names: eyes, muscles, finer electrodes."""
    known = {name for row in montage.rows for name, _ in row.terms}
    rest = [name for name in recording.names if OLDER.get(name, name) not in known]
    added = Group("others", tuple(Row(name, ((name, 1.0),)) for name in rest))
    return replace(montage, groups=(*montage.groups[:-1], added, montage.groups[-1])) if rest else montage


def _as_recorded(recording: Recording) -> Montage:
    alone = tuple(Row(name, ((name, 1.0),)) for name in recording.names)
    return Montage(REFERENTIAL, "As recorded", (Group("all", alone),))


@dataclass(frozen=True)
class Lanes:
    """Where rows stand in a plot `height` pixels high: heights run from −height at the foot to 0.

    per_value: pixels to a unit of the values; own: such of rows with a gain of their own, NaN for the others. cut:
    what goes far beyond its lane is cut there: peaks of hours would lie over all rows.
    """

    shown: Shown
    middles: npt.NDArray[np.float64]
    tall: float
    per_value: float
    own: npt.NDArray[np.float64]
    rest: npt.NDArray[np.float64]
    upright: bool = False
    cut: bool = False

    def fitted(self, spreads: npt.NDArray[np.float64]) -> Lanes:
        """With so small gains that most rows stay in their lanes: wide pages would be one black ground."""
        known = np.isfinite(spreads) & (spreads > 0)
        most = self.most(spreads)
        own = np.fmin(self.own, np.where(known, _OWN * self.tall / np.where(known, spreads, 1.0), np.nan))
        own[np.isnan(self.own)] = np.nan
        return replace(self, per_value=min(self.per_value, most), own=own)

    def most(self, spreads: npt.NDArray[np.float64]) -> float:
        """Pixels to a unit by which most rows fill their lanes; infinite where none goes up or down."""
        usual = self._usual(spreads)
        return _OWN * self.tall / float(np.percentile(usual, 75)) if len(usual) else np.inf

    def ink(self, rises: npt.NDArray[np.float64], height: float) -> float:
        """Which share of a plot so high the rows that share a sensitivity cover, where none lies over another.

        rises: how far each row goes up and down in a column of the page.
        """
        shared = np.isnan(self.own) & np.isfinite(rises)
        return self.per_value * float(rises[shared].sum()) / height if height > 0 else 0.0

    def _usual(self, spreads: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The spreads of rows that share a sensitivity."""
        return spreads[np.isnan(self.own) & np.isfinite(spreads) & (spreads > 0)]

    def gains(self) -> npt.NDArray[np.float64]:
        """Pixels upwards to a unit of each row."""
        sizes = np.where(np.isnan(self.own), self.per_value, self.own)
        up = np.array([kind in _VOLTS and not self.upright for kind in self.shown.kinds], bool)
        return np.where(up, -sizes, sizes)

    def layer(
        self, reader: TraceReader, chosen: npt.NDArray[np.intp], colour: QColor, start: float, step: float
    ) -> Layer:
        """Some of the rows drawn with one pen."""
        gains = self.gains()[chosen]
        offsets = self.middles[chosen] - self.rest[chosen] * gains
        wide = 1.2 if len(self.shown) <= 40 else 1.0
        places = tuple(int(place) for place in chosen)
        reach = _REACH * self.tall
        limits = tuple((at - reach, at + reach) for at in self.middles[chosen].tolist()) if self.cut else ()
        return Layer(reader, places, tuple(gains.tolist()), tuple(offsets.tolist()), colour, wide, start, step, limits)

    def names(self) -> list[tuple[float, str]]:
        """Height and name of each row."""
        return list(zip(self.middles.tolist(), self.shown.labels, strict=True))

    def below(self, height: float) -> float:
        """Of a plot so high, what the rows with their own gains take at its foot; 0 where none stand there."""
        shared = self.middles[np.isnan(self.own)]
        if not len(shared) or np.isnan(self.own[int(self.middles.argmin())]):
            return 0.0
        return max(height + float(shared.min()) - self.tall / 2, 0.0)

    def row_at(self, height: float) -> int:
        """The row nearest to a height, −1 without any."""
        return int(np.argmin(np.abs(self.middles - height))) if len(self.middles) else -1

    def rows_between(self, low: float, high: float) -> list[int]:
        """The rows whose middles lie between two heights; the nearest one where none does."""
        low, high = min(low, high), max(low, high)
        found = np.flatnonzero((self.middles >= low) & (self.middles <= high)).tolist()
        return found or [self.row_at((low + high) / 2)]


def lay_out(
    shown: Shown,
    height: float,
    per_value: float,
    spreads: npt.NDArray[np.float64],
    rest: npt.NDArray[np.float64],
    heart: float = 1.0,
    upright: bool = False,
    head: float = 0.0,
) -> Lanes:
    """Rows one below the other, groups apart.

    spreads: what each row goes up and down by, for those with a gain of their own; heart: these are so much larger.
    rest: the value of each row that stands at its middle. head: what stands over the plot at its head, in px: where
    rows are narrow, the first one is below it.
    """
    groups = np.array(shown.groups)
    apart = np.concatenate([[0.0], np.where(np.diff(groups) != 0, _BETWEEN, 0.0)]) if len(groups) else np.zeros(0)
    places = np.arange(len(groups)) + np.cumsum(apart) + _ROOM
    count = float(places[-1]) + _ROOM if len(places) else 1.0
    lacking = min(max(head - _CLEAR * height / count, 0.0), _MOST * height)
    tall = (height - lacking) / count
    alone = np.array([kind not in _VOLTS for kind in shown.kinds], bool)
    size = np.where(np.isfinite(spreads) & (spreads > 0), spreads, 1.0)
    own = np.where(alone, _OWN * tall * heart / size, np.nan)
    return Lanes(shown, np.asarray(-places * tall - lacking, np.float64), tall, per_value, own, rest, upright)


def measure(reader: TraceReader, first: int, last: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of each row: between which values most of a stretch lies, as their difference, and its median."""
    values = np.asarray(reader.read(first, last, max(last - first, 1))[0], np.float64)
    spreads, middles = np.full(len(values), np.nan), np.zeros(len(values))
    known = np.isfinite(values).any(1) if values.size else np.zeros(len(values), bool)
    if known.any():
        low, mid, high = np.nanpercentile(values[known], (0.5, 50, 99.5), axis=1)
        spreads[known], middles[known] = high - low, mid
    return spreads, middles


def spread_and_rise(
    reader: TraceReader, first: int, last: int, columns: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of each row of a page drawn in so many columns: between which values most of it lies, as their difference, and
    how far it goes up and down in a usual column. NaN where it is missing.
    """
    low, high = (np.asarray(values, np.float64) for values in reader.read(first, last, max(columns, 1)))
    spreads, rises = np.full(len(low), np.nan), np.full(len(low), np.nan)
    known = np.isfinite(low).any(1) if low.size else np.zeros(len(low), bool)
    if known.any():
        spreads[known] = np.nanpercentile(high[known], 99.5, axis=1) - np.nanpercentile(low[known], 0.5, axis=1)
        # Between two columns a line goes as well, which is all of it where a column is one sample.
        steps = np.abs(np.diff((low[known] + high[known]) / 2, axis=1, append=np.nan))
        rises[known] = np.nanmedian(np.fmax(high[known] - low[known], steps), axis=1)
    return spreads, rises


def extents(reader: TraceReader, per: float) -> npt.NDArray[np.float64]:
    """How far each row goes up and down within most stretches of `per` samples, by pieces all over the recording."""
    span = min(int(per * _COLUMNS), reader.length)
    found = []
    for start in np.linspace(0, reader.length - span, _PIECES).astype(int).tolist():
        low, high = reader.read(start, start + span, _COLUMNS)
        found.append(np.asarray(high, np.float64) - low)
    values = np.concatenate(found, axis=1)
    usual = np.full(len(values), np.nan)
    known = np.isfinite(values).any(1)
    usual[known] = np.nanpercentile(values[known], 75, axis=1)
    return usual
