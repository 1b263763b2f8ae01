"""Small sortings in the layouts that people bring, and what a scan finds of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.domains.units.load import load
from models.domains.units.read import scan
from models.payload import SpikeReader, Unit
from models.sample import Samples
from tests.scans import Scanned

CHANNELS, LENGTH = 6, 40


def scanned(*paths: Path, **settings: str) -> Scanned:
    """Scan files and folders."""
    return Scanned(scan(paths, settings))


def write_phy(folder: Path, *, tall: bool = False, sparse: bool = False, params: bool = True) -> dict[str, Any]:
    """A phy folder of four units with ids 0, 2, 3 and 7; what is in it.

    tall: vectors as (n, 1). sparse: templates on two channels each. Unit 7 is templates 1 and 3 merged.
    """
    rng = np.random.default_rng(5)
    folder.mkdir(parents=True, exist_ok=True)
    times = np.sort(rng.choice(3_000_000, 400, replace=False)).astype(np.uint64)
    templates = rng.integers(0, 4, 400).astype(np.int32)
    clusters = np.array([0, 7, 2, 7], np.int32)[templates]
    clusters[:5] = 3
    amplitudes = rng.normal(20, 2, 400)
    waves = np.zeros((4, LENGTH, CHANNELS), np.float32)
    shape = -np.exp(-(((np.arange(LENGTH) - 12) / 3) ** 2)) + 0.4 * np.exp(-(((np.arange(LENGTH) - 20) / 5) ** 2))
    for number in range(4):
        waves[number, :, number] = (number + 1) * shape
        waves[number, :, number + 1] = 0.5 * (number + 1) * shape
    vectors = {"spike_times": times, "spike_clusters": clusters, "spike_templates": templates, "amplitudes": amplitudes}
    for name, values in vectors.items():
        np.save(folder / f"{name}.npy", values[:, None] if tall else values)
    if sparse:
        index = np.array([[number, number + 1, -1] for number in range(4)])
        narrow = np.zeros((4, LENGTH, 3), np.float32)
        for number in range(4):
            narrow[number, :, :2] = waves[number][:, [number, number + 1]]
        np.save(folder / "templates.npy", narrow)
        np.save(folder / "template_ind.npy", index)
    else:
        np.save(folder / "templates.npy", waves)
    np.save(folder / "channel_map.npy", np.arange(10, 10 + CHANNELS)[:, None])
    places = np.stack([np.zeros(CHANNELS), 20.0 * np.arange(CHANNELS)], axis=1)
    np.save(folder / "channel_positions.npy", places)
    if params:
        (folder / "params.py").write_text("dat_path = 'raw.dat'\nn_channels_dat = 6\nsample_rate = 20000.\n", "utf-8")
    return {**vectors, "waves": waves}


def write_table(path: Path, text: str) -> Path:
    """A table as it is written here, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def spikes_of(samples: Samples, rows: Sequence[int]) -> list[SpikeReader | None]:
    """The spikes of units as the viewers get them, None for a unit without any."""
    units = [load(samples, row)[0] for row in rows]
    return [unit.spikes for unit in units if isinstance(unit, Unit)]
