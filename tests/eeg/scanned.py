"""Small files of EEG, and what a scan finds of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.domains.eeg.constants import CHANNELS, CLASSES, REGIONS
from models.domains.eeg.read import scan
from tests.scans import Scanned

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "eeg"
real = pytest.mark.skipif(not REAL.is_dir(), reason="no shared data here")
HEADER = (
    "eeg_id,eeg_sub_id,eeg_label_offset_seconds,spectrogram_id,spectrogram_sub_id,"
    "spectrogram_label_offset_seconds,label_id,patient_id,expert_consensus,"
) + ",".join(f"{name}_vote" for name in CLASSES)


def scanned(*sources: Path, **settings: str) -> Scanned:
    """The findings of a scan of these places."""
    return Scanned(scan(sources, settings))


def table(folder: Path, *rows: str, name: str = "train.csv", header: str = HEADER) -> Path:
    """A table of windows."""
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def row(eeg: Any, sub: Any, offset: Any, votes: Sequence[Any], consensus: str = "LPD", **other: Any) -> str:
    """A row of such a table."""
    said = {"spectrogram": 7, "soffset": offset, "patient": 42, "label": 99, **other}
    start = (eeg, sub, offset, said["spectrogram"], sub, said["soffset"], said["label"], said["patient"], consensus)
    return ",".join(map(str, (*start, *votes)))


def waves(seconds: float, seed: int = 0) -> npt.NDArray[np.float32]:
    """An EEG, (20, n) in µV at 200 Hz."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 20, (len(CHANNELS), int(seconds * 200))).astype(np.float32)


def write_eeg(path: Path, values: npt.NDArray[np.float32], names: Sequence[str] = CHANNELS) -> Path:
    """An EEG as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(zip(names, values, strict=True))), path)
    return path


def bin_names() -> list[str]:
    """The columns of a spectrogram without its time."""
    return [f"{region}_{f'{(place + 3) * 200 / 1024:.2f}'.rstrip('0')}" for region in REGIONS for place in range(100)]


def write_spectrogram(path: Path, columns: int = 400) -> npt.NDArray[np.float32]:
    """A spectrogram as Parquet, and its power (4, 100, columns): it tells region, bin and time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = 1 + 2 * np.arange(columns)
    power = (1000 * np.arange(4)[:, None, None] + np.arange(100)[None, :, None] + times[None, None, :] / 10_000).astype(
        np.float32
    )
    flat = power.reshape(400, columns)
    pq.write_table(pa.table({"time": times, **dict(zip(bin_names(), flat, strict=True))}), path)
    return power
