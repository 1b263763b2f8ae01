"""Small sortings in the layouts that people bring, and samples as the project's table would hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from models.domain import Found, Noted, Skipped
from models.domains.units.read import scan
from models.sample import Samples, portable_id
from models.store.samples import typed

CHANNELS, LENGTH = 6, 40


class Scanned:
    """What a scan found, skipped and noted."""

    def __init__(self, findings: Iterable[Any]) -> None:
        items = list(findings)
        self.found = [item for item in items if isinstance(item, Found)]
        self.skipped = [item for item in items if isinstance(item, Skipped)]
        self.noted = [item for item in items if isinstance(item, Noted)]

    @property
    def one(self) -> Found:
        assert len(self.found) == 1, [found.name for found in self.found]
        return self.found[0]

    def note(self, word: str) -> str:
        """The one note that holds a word, with source and place."""
        told = [f"{item.source}|{item.where}|{item.text}" for item in self.noted if word in item.text]
        assert len(told) == 1, self.noted
        return told[0]


def scanned(*paths: Path, **settings: str) -> Scanned:
    """Scan files and folders."""
    return Scanned(scan(paths, settings))


def samples_of(found: Sequence[Found]) -> Samples:
    """Samples as a project holds them."""
    names = dict.fromkeys(name for one in found for name in one.columns)
    columns: dict[str, list[Any]] = {name: [] for name in ("id", "source", "key", "group", *names)}
    for number, one in enumerate(found):
        columns["id"] += [portable_id(one.name, key) for key in one.keys]
        columns["source"] += [number] * len(one.keys)
        columns["key"] += list(one.keys)
        columns["group"] += list(one.groups)
        for name in names:
            values = list(one.columns.get(name, [None] * len(one.keys)))
            columns[name] += [None if isinstance(value, float) and np.isnan(value) else value for value in values]
    table = {name: typed([_plain(value) for value in columns[name]]) for name in names}
    fixed = {
        "id": pa.array(columns["id"], pa.string()),
        "source": pa.array(columns["source"], pa.int32()),
        "key": pa.array(columns["key"], pa.string()),
        "group": pa.array(columns["group"], pa.string()).dictionary_encode(),
    }
    return Samples(pa.table({**fixed, **table}), tuple(str(one.source) for one in found))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


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
