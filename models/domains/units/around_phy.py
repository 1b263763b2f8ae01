"""What a phy folder holds around a unit: components of single spikes, depths, and the file of the recording."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import around, raw
from models.domains.units.around import BEST, FIRST, PLACED, Surroundings, axes_of, evenly, held
from models.domains.units.phy import Phy, read_params
from models.domains.units.trains import flat, guard, open_array
from models.domains.units.waveforms import best_channels
from models.errors import UserError
from models.payload import Components

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Features:
    """Components of spikes as phy keeps them: values (rows, pcs, columns), the channel of each column by template.

    rows: the spike of each row, rising; None where each spike has its own.
    """

    values: Array
    index: Array
    rows: Index | None

    def of(self, places: Index, owners: Index, channels: tuple[int, ...]) -> tuple[Floats, Index]:
        """Components of some spikes on some channels, (n, channels · FIRST), and which of the spikes have them."""
        guard(self.values)
        at, there = places, np.ones(len(places), bool)
        if self.rows is not None:
            at = np.minimum(np.searchsorted(self.rows, places), max(len(self.rows) - 1, 0))
            there = self.rows[at] == places
        there &= (at < len(self.values)) & (owners >= 0) & (owners < len(self.index))
        found = np.full((len(places), len(channels) * FIRST), np.nan, np.float32)
        for number, channel in enumerate(channels):
            match = self.index[owners[there]] == channel
            good = np.flatnonzero(there)[match.any(axis=1)]
            column = match[match.any(axis=1)].argmax(axis=1)
            for pc in range(min(FIRST, self.values.shape[1])):
                found[good, number * FIRST + pc] = self.values[at[good], pc, column]
        whole = np.isfinite(found).all(axis=1)
        return found[whole], np.flatnonzero(whole)


@dataclass(frozen=True, eq=False)
class PhySurroundings(Surroundings):
    """Around the units of a phy folder."""

    one: Phy

    @functools.cached_property
    def features(self) -> Features | None:
        """None where the folder holds none that fit."""
        try:
            values = open_array(self.one.folder / "pc_features.npy")
            index = open_array(self.one.folder / "pc_feature_ind.npy")
            rows = open_array(self.one.folder / "pc_feature_spike_ids.npy")
        except UserError:
            return None
        if values is None or index is None or values.ndim != 3 or index.ndim != 2:
            return None
        if values.shape[2] != index.shape[1]:
            return None
        spikes = self.one.spikes
        listed = None if rows is None else flat(rows).astype(np.int64)
        if listed is None and (spikes is None or len(values) < len(spikes)):
            return None
        if listed is not None and (len(listed) > len(values) or (np.diff(listed) <= 0).any()):
            return None
        return Features(values, np.asarray(index).astype(np.int64), listed)

    def components(self, key: str) -> Components | None:
        spikes, owners, features = self.one.spikes, self.one.owners, self.features
        if features is None or spikes is None or owners is None:
            return None
        channels = best_channels(self.template(key), BEST)
        if not channels:
            return None
        places = self._spikes(key)
        step = evenly(np.arange(len(places)), PLACED)
        guard(owners)
        values, which = features.of(places[step], _numbers(owners, places[step]), channels)
        if len(values) < 2:
            return None
        beside = held(spikes, self.behind(key), PLACED)
        others, _which = features.of(beside, _numbers(owners, beside), channels)
        return Components(axes_of(channels, self.one.channels), values, step[which], others)

    @functools.cached_property
    def template_depths(self) -> Floats:
        """The centre of mass of each template along the probe, (templates,)."""
        templates = self.one.templates
        if templates is None or len(self.one.positions) != templates.channels:
            return np.zeros(0, np.float32)
        depth = np.append(self.one.positions[:, 1], 0).astype(np.float64)
        found = np.full(len(templates), np.nan, np.float32)
        for number, size, columns in templates.sizes():
            weights = np.where(size >= 0.2 * size.max(axis=1, keepdims=True), size, 0).astype(np.float64) ** 2
            total = weights.sum(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                found[number : number + len(size)] = (weights * depth[columns]).sum(axis=1) / total
        return found

    def spike_depths(self, places: Index) -> Floats:
        owners, depths = self.one.owners, self.template_depths
        if owners is None or not len(depths):
            return np.zeros(0, np.float32)
        numbers = _numbers(owners, places)
        known = (numbers >= 0) & (numbers < len(depths))
        told = np.where(known, depths[np.where(known, numbers, 0)], np.nan).astype(np.float32)
        return self._refined(places, numbers, told)

    def _refined(self, places: Index, numbers: Index, told: Floats) -> Floats:
        """Where the spikes tell it, the centre of mass of their first component, as Kilosort has it."""
        features = self.features
        if features is None or features.rows is not None or len(places) > around.DRIFTED // 4:
            return told
        known = (numbers >= 0) & (numbers < len(features.index))
        channels = features.index[np.where(known, numbers, 0)]
        inside = (channels >= 0) & (channels < len(self.one.positions))
        weight = np.where(inside, np.maximum(np.asarray(features.values[places, 0], np.float64), 0) ** 2, 0)
        depth = self.one.positions[np.where(inside, channels, 0), 1]
        total = weight.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (weight * depth).sum(axis=1) / total
        return np.where(known & (total > 0), found, told).astype(np.float32)

    def raw(self) -> raw.Raw | None:
        folder = self.one.folder
        names = open_array(folder / "channel_map.npy")
        return raw.of_phy(folder, read_params(folder / "params.py"), names, len(self.one.channels), self.one.rate)

    def scaled(self, waves: Floats, template: Floats) -> Floats:
        # A sorter's templates have a scale of their own.
        mean = waves.mean(axis=0)
        size = float((mean * mean).sum())
        return waves * np.float32(float((mean * template).sum()) / size) if size > 0 else waves


def _numbers(owners: Array, places: Index) -> Index:
    return np.asarray(owners[places]).astype(np.int64)
