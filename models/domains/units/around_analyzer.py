"""What a SortingAnalyzer holds around a unit: waveforms and components of spikes, their places, the recording."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import waveforms
from models.domains.units.analyzer import Analyzer
from models.domains.units.around import BEST, FIRST, PLACED, SNIPPETS, Surroundings, axes_of, evenly, held
from models.domains.units.curation import read_json
from models.domains.units.raw import Raw, of_analyzer
from models.domains.units.si_recording import open_recording
from models.domains.units.trains import guard
from models.errors import UserError
from models.payload import Components, Snippets

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AnalyzerSurroundings(Surroundings):
    """Around the units of an analyzer."""

    one: Analyzer

    @functools.cached_property
    def _chosen(self) -> Index:
        """The spikes that waveforms and components are of."""
        found = self.one.array("extensions/random_spikes/random_spikes_indices")
        return np.zeros(0, np.int64) if found is None else np.asarray(found).astype(np.int64)

    @functools.cached_property
    def _mask(self) -> Array | None:
        return self.one.array("sparsity_mask")

    def _rows(self, places: Index, many: int) -> tuple[Index, Index]:
        """Rows of an extension's array that hold some of these spikes, and which of the spikes those are."""
        if not len(self._chosen) or many != len(self._chosen):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        at = np.minimum(np.searchsorted(self._chosen, places), len(self._chosen) - 1)
        which = np.flatnonzero(self._chosen[at] == places)
        return at[which], which

    def _columns(self, code: int, width: int) -> tuple[int, ...]:
        """The channels that the columns of a unit's rows are of."""
        if self._mask is None or self._mask.shape != (len(self.one.keys), len(self.one.channels)):
            return tuple(range(width))
        return tuple(np.flatnonzero(self._mask[code]).tolist())

    def held_snippets(self, key: str) -> Snippets | None:
        waves = self.one.array("extensions/waveforms/waveforms")
        if waves is None or waves.ndim != 3 or key not in self.one.codes:
            return None
        rows, which = self._rows(self._spikes(key), len(waves))
        step = evenly(np.arange(len(rows)), SNIPPETS)
        columns = self._columns(self.one.codes[key], waves.shape[2])
        if not len(step) or len(columns) > waves.shape[2]:
            return None
        guard(waves)
        found = np.asarray(waves[rows[step]], np.float32)[:, :, : len(columns)].transpose(0, 2, 1)
        return Snippets(np.ascontiguousarray(found), columns, self.one.before, which[step])

    def components(self, key: str) -> Components | None:
        values, spikes = self.one.array("extensions/principal_components/pca_projection"), self.one.spikes
        if values is None or values.ndim != 3 or spikes is None or key not in self.one.codes:
            return None
        channels = waveforms.best_channels(self.one.template(key), BEST)
        found, which = self._placed(values, self.one.codes[key], channels, PLACED)
        if len(found) < 2:
            return None
        parts = [self._placed(values, code, channels, PLACED)[0] for code in self.behind(key)]
        others = np.concatenate(parts) if parts else found[:0]
        return Components(axes_of(channels, self.one.channels), found, which, others)

    def _placed(self, values: Array, code: int, channels: tuple[int, ...], most: int) -> tuple[Floats, Index]:
        """Components of the spikes of a unit on some channels, none where it has others; and which spikes those are."""
        assert self.one.spikes is not None
        columns = self._columns(code, values.shape[2])
        if not set(channels) <= set(columns):
            return np.zeros((0, len(channels) * FIRST), np.float32), np.zeros(0, np.int64)
        rows, which = self._rows(held(self.one.spikes, [code], len(self.one.spikes)), len(values))
        step = evenly(np.arange(len(rows)), most)
        guard(values)
        picked = [columns.index(channel) for channel in channels]
        first = min(FIRST, values.shape[1])
        found = np.asarray(values[rows[step]], np.float32)[:, :first][:, :, picked].transpose(0, 2, 1)
        return found.reshape(len(step), -1), which[step]

    @functools.cached_property
    def _places(self) -> Array | None:
        found = self.one.array("extensions/spike_locations/spike_locations")
        return None if found is None or "y" not in (found.dtype.names or ()) else found["y"]

    @functools.cached_property
    def _unit_depths(self) -> Floats:
        locations = self.one.locations
        if locations is None or len(locations) != len(self.one.keys):
            return np.zeros(0, np.float32)
        return np.asarray(locations[:, 1], np.float32)

    def spike_depths(self, places: Index) -> Floats:
        spikes = self.one.spikes
        assert spikes is not None
        if self._places is not None and len(self._places) == len(spikes):
            return np.asarray(self._places[places], np.float32)
        guard(spikes.codes)
        return self._unit_depths[np.asarray(spikes.codes[places]).astype(np.int64)] if len(self._unit_depths) else (
            np.zeros(0, np.float32)
        )  # fmt: skip

    def before(self, template: Floats) -> int:
        return self.one.before

    @functools.cached_property
    def _lazy(self) -> Raw | None:
        return _lazy_recording(self.one)

    def raw(self) -> Raw | None:
        plain = of_analyzer(self.one.folder, self.one.channels, self.one.rate)
        return plain if plain is not None else self._lazy


def recording_of(one: Analyzer) -> Raw | None:
    """The recording that an analyzer is of, None where it is not there."""
    plain = of_analyzer(one.folder, one.channels, one.rate)
    return plain if plain is not None else _lazy_recording(one)


def _lazy_recording(one: Analyzer) -> Raw | None:
    """The recording through spikeinterface, which knows every kind that is no plain file."""
    try:
        told = read_json(one.folder / "recording.json") if one.arrays is None else one.arrays.told("recording")
    except UserError:
        return None
    return open_recording(told, one.folder, one.channels, one.rate)
