"""Small files in the simulations' layout, and what a scan finds of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from models.domains.traces.read import scan
from tests.scans import Scanned

NAME = "sim_data__stimMag_0.50_beta_0.40_noise_0.040_kcross_0.0050_nSamples_1000_5.h5"
HOPS = np.array([1.0, 0.0, 1.0, 2.0])


def make_simulation(path: Path, count: int = 3, length: int = 40, seed: int = 0, **change: Any) -> Path:
    """A file of `count` samples of four cells in MATLAB's orientation.

    change: ``cells_first``, ``ids`` (None for none), ``hops`` (None for no tissue), ``features``.
    """
    rng = np.random.default_rng(seed)
    hops = change.get("hops", HOPS)
    cells = 4 if hops is None else len(hops)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as h5:
        ids = change.get("ids", [f"2026_{seed}_{k}.0".encode() for k in range(1, count + 1)])
        if ids is not None:
            h5["sim_ids"] = ids
        if hops is not None:
            h5["tissue/distanceToTarget"] = hops
        h5["params/noise"] = 0.04
        h5.create_group("timeTraces")
        for key in range(1, count + 1):
            traces = 1 + rng.normal(0, 0.05, (cells, length)).cumsum(axis=1)
            h5[f"timeTraces/{key}"] = traces if change.get("cells_first") else traces.T
            if change.get("features"):
                h5[f"features/cMax/{key}"] = traces.max(axis=1)[None, :]
                h5[f"features/tMax/{key}"] = traces.argmax(axis=1)[None, :].astype(float)
                h5[f"features/cVariance/{key}"] = traces.var(axis=1, ddof=1)[None, :]
                h5[f"features/nPeaks/{key}"] = np.ones((1, cells))
    return path


@pytest.fixture
def simulation(tmp_path: Path) -> Callable[..., Path]:
    """Writes a simulation file under the test's folder."""

    def make(name: str = NAME, **change: Any) -> Path:
        return make_simulation(tmp_path / "data" / name, **change)

    return make


@pytest.fixture
def look() -> Callable[..., Scanned]:
    """Scans files or folders with settings."""

    def scanned(*sources: Path, **settings: str) -> Scanned:
        return Scanned(scan(list(sources), settings))

    return scanned


@pytest.fixture
def shared_traces() -> Path:
    """The shared development data; the test is skipped where it is absent."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "traces"
    if not folder.is_dir():
        pytest.skip("the shared data are not here")
    return folder
