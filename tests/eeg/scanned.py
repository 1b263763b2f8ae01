"""What a scan finds, sorted by kind, and small files of EEG to find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.domain import Found, Noted, Skipped
from models.domains.eeg.constants import CHANNELS, CLASSES, REGIONS
from models.domains.eeg.read import scan

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "eeg"
real = pytest.mark.skipif(not REAL.is_dir(), reason="no shared data here")
HEADER = (
    "eeg_id,eeg_sub_id,eeg_label_offset_seconds,spectrogram_id,spectrogram_sub_id,"
    "spectrogram_label_offset_seconds,label_id,patient_id,expert_consensus,"
) + ",".join(f"{name}_vote" for name in CLASSES)


@dataclass
class Scanned:
    """The findings of one scan."""

    found: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [str(key) for one in self.found for key in one.keys]

    @property
    def labels(self) -> list[str | None]:
        return [label for one in self.found for label in one.labels]

    @property
    def groups(self) -> list[str]:
        return [group for one in self.found for group in one.groups]

    def column(self, name: str) -> list[Any]:
        return [value for one in self.found for value in one.columns.get(name, [None] * len(one.keys))]

    @property
    def words(self) -> str:
        """All that was told, a line each."""
        told = [f"{one.source} {one.where}: {one.text}" for one in self.noted]
        return "\n".join([*told, *(f"{one.source} {one.where}: {one.reason}" for one in self.skipped)])


def scanned(*sources: Path, **settings: str) -> Scanned:
    """The findings of a scan of these places."""
    out = Scanned()
    for one in scan(sources, settings):
        for kind, kept in ((Found, out.found), (Skipped, out.skipped), (Noted, out.noted)):
            if isinstance(one, kind):
                kept.append(one)  # type: ignore[attr-defined]
    return out


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
