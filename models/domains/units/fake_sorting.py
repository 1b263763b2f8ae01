"""Generated phy folders of any size, written in stretches: what a sorting of a long recording weighs."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Fake
from models.domains.units.densities import CLASSES
from models.domains.units.fake import Plan, session_names, shares_of
from models.fake_settings import refuse
from models.job import Progress
from models.store.atomic import write_text

Index = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

RATE = 30_000.0
#: Samples of a template, and those before the spike.
SAMPLES, BEFORE = 61, 20
#: Channels that a template is kept on.
KEPT = 16
#: Share of each class, and the least and largest relative spread of the amplitudes of its units.
SHARES = (0.3, 0.45, 0.25)
SPREADS = ((0.06, 0.14), (0.2, 0.3), (0.4, 0.6))
#: Spikes that are made at once.
_CHUNK = 8_000_000
#: Entries of the table that spikes take their unit from, for each unit at least.
_ENTRIES = 64


@dataclass(frozen=True)
class Made:
    """The units of one sorting: class, share of all spikes, mean amplitude and its relative spread, (n,) each."""

    classes: Index
    shares: npt.NDArray[np.float64]
    sizes: Floats
    spreads: Floats


def fake_sortings(out: Path, count: int, seed: int, asked: Plan) -> Generator[Progress, None, Fake]:
    """A phy folder a recording, without raw data, with the labels of a curator.

    Spikes come at random times. The classes differ in how much the amplitudes of a unit spread, without
    overlap; the curator is wrong in a share of cases, which is what no classifier betters.
    """
    names = session_names(asked)
    folders: list[Path] = []
    portions = shares_of(asked.spikes, len(names))
    for place, (name, units) in enumerate(zip(names, shares_of(count, len(names)), strict=True)):
        rng = np.random.default_rng([seed, 31, place])
        folder = out / name
        refuse(folder)
        folder.mkdir(parents=True)
        made = _units(units, rng)
        for done in _write_spikes(folder, made, portions[place], asked.seconds, rng):
            yield Progress(place * asked.spikes + done * len(names), len(names) * asked.spikes, f"Writing {name}")
        _write_templates(folder, made, asked.channels, rng)
        _write_labels(folder, made, asked.mistakes, rng)
        folders.append(folder)
    yield Progress(1, 1, "")
    ceiling = 1 - asked.mistakes
    text = f"The curator's labels are wrong for {asked.mistakes:.0%} of the units, so the best score to expect is \
{ceiling:.3f}. Chance: 0.333."
    return Fake(tuple(folders), count, ceiling, text)


def _units(count: int, rng: np.random.Generator) -> Made:
    classes = rng.choice(len(SHARES), count, p=SHARES)
    rates = rng.lognormal(0, 0.8, count)
    low, high = np.array(SPREADS)[classes].T
    spreads = rng.uniform(low, high).astype(np.float32)
    return Made(classes, rates / rates.sum(), rng.lognormal(3, 0.4, count).astype(np.float32), spreads)


def _write_spikes(
    folder: Path, made: Made, count: int, seconds: float, rng: np.random.Generator
) -> Generator[int, None, None]:
    """Times, clusters, templates and amplitudes of all spikes; yields how many are written."""
    kinds: dict[str, Any] = {
        "spike_times": np.int64,
        "spike_clusters": np.int32,
        "spike_templates": np.int32,
        "amplitudes": np.float32,
    }
    files = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype=kind, shape=(count,))
        for name, kind in kinds.items()
    }
    table = _table(made.shares, rng)
    for start in range(0, count, _CHUNK):
        stop = min(start + _CHUNK, count)
        size = stop - start
        codes = table[rng.integers(0, len(table), size)]
        # The order statistics of times at random: each stretch has its part of the recording.
        low, high = start / count * seconds * RATE, stop / count * seconds * RATE
        steps = np.cumsum(rng.standard_exponential(size + 1, np.float32), dtype=np.float64)
        files["spike_times"][start:stop] = low + steps[:-1] / steps[-1] * (high - low)
        files["spike_clusters"][start:stop] = codes
        files["spike_templates"][start:stop] = codes
        noise = np.maximum(1 + made.spreads[codes] * rng.standard_normal(size, np.float32), 0.05)
        files["amplitudes"][start:stop] = made.sizes[codes] * noise
        yield stop
    for held in files.values():
        held.flush()


def _table(shares: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Units as often as their shares are, each at least once: to draw from it is much faster than from shares."""
    length = _ENTRIES * len(shares)
    often = np.maximum(np.rint(shares * length), 1).astype(np.int64)
    return rng.permutation(np.repeat(np.arange(len(shares), dtype=np.int32), often))


def _write_templates(folder: Path, made: Made, channels: int, rng: np.random.Generator) -> None:
    """Sparse templates on two columns of channels, and where those are."""
    places = np.stack([np.arange(channels) % 2 * 32.0, np.arange(channels) // 2 * 20.0], axis=1)
    units, kept = len(made.classes), min(KEPT, channels)
    middles = np.stack([rng.uniform(0, 32, units), rng.uniform(0, places[-1, 1] or 1, units)], axis=1)
    away = np.hypot(middles[:, :1] - places[:, 0], middles[:, 1:] - places[:, 1])
    index = np.argsort(away, axis=1)[:, :kept]
    size = made.sizes[:, None] * np.exp(-np.take_along_axis(away, index, axis=1) / 30)
    at = (np.arange(SAMPLES) - BEFORE)[None, :]
    wide = rng.uniform(2, 4, units)[:, None]
    late = rng.uniform(8, 16, units)[:, None]
    wave = -np.exp(-((at / wide) ** 2)) + 0.35 * np.exp(-(((at - late) / (2 * wide)) ** 2))
    values = np.asarray(wave[:, :, None] * size[:, None, :], np.float32)
    np.save(folder / "templates.npy", values)
    np.save(folder / "templates_ind.npy", index.astype(np.int32))
    np.save(folder / "channel_positions.npy", places)
    np.save(folder / "channel_map.npy", np.arange(channels, dtype=np.int32))


def _write_labels(folder: Path, made: Made, mistakes: float, rng: np.random.Generator) -> None:
    wrong = rng.random(len(made.classes)) < mistakes
    said = np.where(wrong, made.classes + rng.integers(1, len(CLASSES), len(made.classes)), made.classes) % len(CLASSES)
    rows = [f"{unit}\t{CLASSES[code]}" for unit, code in enumerate(said.tolist())]
    write_text(folder / "cluster_group.tsv", "\n".join(["cluster_id\tgroup", *rows, ""]))
    write_text(folder / "params.py", f"sample_rate = {RATE}\ndat_path = None\nhp_filtered = True\n")
