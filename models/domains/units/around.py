"""What is dear to read of a sorting: units that are alike, single spikes, depths, and the recording itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import similar, waveforms
from models.domains.units.analyzer import Analyzer
from models.domains.units.phy import Phy
from models.domains.units.pieces import Piece, Pieces
from models.domains.units.raw import Raw
from models.domains.units.trains import Spikes, guard
from models.payload import Components, Drift, Likeness, Snippets, SpikeReader, Stretch, Unit

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

#: Single spikes that are drawn over a template, and channels that they are read on.
SNIPPETS, CHANNELS = 60, 16
#: Spikes of a unit, and of its neighbours, that are placed by their components; channels and components of each.
PLACED, BEST, FIRST = 20_000, 2, 2
#: Spikes that the map of all depths is counted from, and its cells.
DRIFTED, DEPTHS, PARTS = 1_000_000, 160, 240
#: Ids of neighbours whose spikes stand behind a unit's in the space of components.
BEHIND = 6


@dataclass(frozen=True, eq=False)
class Surroundings:
    """See `models.payload.Around`. make: a unit of the sorting by its key. whole: a made unit that this is around.

    edited: the units that were merged or split of the sorting, by their keys, and the keys of those that went.
    """

    one: Phy | Analyzer
    make: Callable[[str], Unit]
    whole: Pieces | None = None
    edited: Callable[[], tuple[Mapping[str, Pieces], Collection[str]]] = lambda: ({}, ())

    def template(self, key: str) -> Floats:
        """The waveform of a unit, roughly."""
        return self.one.template(key, rough=True) if self.whole is None else self.whole.template(rough=True)

    def train(self, key: str) -> SpikeReader | None:
        """The spikes of a unit."""
        return self.one.train(key) if self.whole is None else self.whole if self.whole.timed else None

    def unit(self, key: str) -> Unit | None:
        return self.make(key) if key in self.one.codes else None

    def likenesses(self, key: str) -> tuple[Likeness, ...]:
        if self.one.spikes is not None:
            self.one.spikes.wait()
        made, gone = self.edited()
        own = self.template(key) if self.whole is None else self.whole.template()
        return similar.alike(self.one, own, self.train(key), key, made=made, gone=gone)

    def part(self, key: str, mask: npt.NDArray[np.bool_]) -> Floats:
        """See `models.payload.Parted`: exactly as the made unit will have it."""
        whole = self.whole if self.whole is not None else Pieces(self.one, (Piece(key),))
        return Pieces(self.one, whole.split((~mask).astype(np.int64))[0]).template()

    def snippets(self, key: str) -> Snippets | None:
        template = self.template(key)
        channels = waveforms.best_channels(template, CHANNELS)
        spikes = self._spikes(key)
        if not channels or not len(spikes):
            return None
        found = self.held_snippets(key)
        return found if found is not None else self._cut(key, template, channels)

    def held_snippets(self, key: str) -> Snippets | None:
        """Waveforms that the source itself holds."""
        return None

    def _cut(self, key: str, template: Floats, channels: tuple[int, ...]) -> Snippets | None:
        """Waveforms from the recording, of spikes evenly over its length."""
        raw, train = self.raw(), self.train(key)
        if raw is None or train is None:
            return None
        times = train.times()
        chosen = np.unique(np.linspace(0, len(times) - 1, min(SNIPPETS, len(times))).astype(np.int64))
        samples = template.shape[1]
        before = self.before(template)
        waves = raw.cut(times[chosen], channels, before, samples)
        return Snippets(self.scaled(waves, template[list(channels)]), channels, before, chosen)

    def before(self, template: Floats) -> int:
        """Samples of a template before the spike."""
        return int(waveforms.best_wave(template).argmin())

    def scaled(self, waves: Floats, template: Floats) -> Floats:
        """Waveforms of the recording in the unit of the template."""
        return waves

    def components(self, key: str) -> Components | None:
        """Where the source holds none."""
        return None

    def depths(self, key: str) -> Floats:
        places = self._spikes(key)
        return self.spike_depths(places) if len(places) else np.zeros(0, np.float32)

    def spike_depths(self, places: Index) -> Floats:
        """The depth of each of these spikes, (n,) or (0,) where it is not known."""
        raise NotImplementedError

    @functools.cached_property
    def _drift(self) -> Drift | None:
        spikes = self.one.spikes
        if spikes is None or not len(spikes):
            return None
        places = np.arange(0, len(spikes), -(-len(spikes) // DRIFTED), dtype=np.int64)
        depths = self.spike_depths(places)
        known = np.isfinite(depths)
        if not known.any():
            return None
        guard(spikes.times)
        times = np.asarray(spikes.times[places]).astype(np.float64)[known]
        low, high = float(depths[known].min()), float(depths[known].max())
        room = max((high - low) * 0.02, 5.0)
        edges = np.linspace(low - room, high + room, DEPTHS + 1), np.linspace(0, float(times.max()) + 1, PARTS + 1)
        down = np.clip(np.digitize(depths[known], edges[0]) - 1, 0, DEPTHS - 1)
        across = np.clip((times / edges[1][-1] * PARTS).astype(np.int64), 0, PARTS - 1)
        counts = np.bincount(down * PARTS + across, minlength=DEPTHS * PARTS).reshape(DEPTHS, PARTS)
        return Drift(counts, edges[0], edges[1])

    def drift(self) -> Drift | None:
        return self._drift

    def raw(self) -> Raw | None:
        """The recording, None where it is not there."""
        raise NotImplementedError

    def stretch(self, key: str, at: int, samples: int, way: str) -> Stretch | None:
        raw = self.raw()
        if raw is None:
            return None
        template = self.template(key)
        best = waveforms.best_channels(template, 1)
        if not best:
            return None
        away = np.abs(np.arange(len(template)) - best[0])
        if len(self.one.positions) == len(template):
            away = np.hypot(*(self.one.positions[:, :2] - self.one.positions[best[0], :2]).T)
        channels = tuple(int(channel) for channel in np.argsort(away, kind="stable")[:CHANNELS])
        start = max(min(at - samples // 2, raw.length - samples), 0)
        return Stretch(raw.piece(start, start + samples, channels, way), channels, start, raw.unit)

    def _spikes(self, key: str) -> Index:
        if self.whole is not None:
            return self.whole.places()
        spikes = self.one.spikes
        if spikes is None or key not in self.one.codes:
            return np.zeros(0, np.int64)
        return spikes.places(self.one.codes[key])

    def behind(self, key: str) -> list[int]:
        """Numbers of the units nearest to one."""
        best = waveforms.best_channels(self.template(key), 1)
        own = {key} if self.whole is None else {piece.unit for piece in self.whole.pieces}
        near = [
            other for other in similar.near(self.one, best[0] if best else -1, BEHIND + len(own)) if other not in own
        ]
        return [self.one.codes[other] for other in near[:BEHIND]]


def evenly(places: Index, most: int) -> Index:
    """At most so many of some places, evenly over all."""
    return places[:: max(-(-len(places) // most), 1)]


def axes_of(channels: tuple[int, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """The titles of the axes of components on some channels."""
    told = [names[channel] if channel < len(names) else str(channel) for channel in channels]
    return tuple(f"channel {name}, PC {number + 1}" for name in told for number in range(FIRST))


def held(spikes: Spikes, codes: list[int], most: int) -> Index:
    """Places of the spikes of some units, evenly over all."""
    parts = [evenly(spikes.places(code), max(most // max(len(codes), 1), 1)) for code in codes]
    return np.sort(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
