"""How runs of EEG answer requests, and how requests become a source that a project imports."""

from __future__ import annotations

import csv
import io
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Recipe, Setting
from models.domains.eeg import identity
from models.domains.eeg.constants import CHANNELS, REGIONS
from models.domains.eeg.familiar import distances
from models.domains.eeg.signals import Signals, joined
from models.domains.eeg.spectrogram import columns
from models.learn.temperature import apply_temperature
from models.service import Answer, Asked, Warned
from models.store.atomic import append, sync_file, sync_folder

#: The layout of the HMS test data.
_TABLE, _FOLDERS = "test.csv", ("test_eegs", "test_spectrograms")


def answer(
    recipe: Recipe, model: Any, temperature: float, classes: Sequence[str], asked: Sequence[Asked], setting: Setting
) -> list[Answer]:
    """Answers to some requests, judged together."""
    if recipe.judge is None:
        raise ValueError(f"{recipe.name} judges no signals")
    judged = recipe.judge(model, joined([one.signals for one in asked]), setting)
    p = judged.probabilities
    p = apply_temperature(p, temperature) if temperature != 1.0 else p
    away = distances(model, judged.vectors)
    return [_answer(p[row], classes, one, away, row) for row, one in enumerate(asked)]


def _answer(
    p: npt.NDArray[Any], classes: Sequence[str], asked: Asked, away: tuple[Any, float] | None, row: int
) -> Answer:
    warnings = asked.warnings
    if not np.isfinite(p).all():
        text = "after its preparation nothing is left to judge by: there is no prediction"
        return Answer(None, None, None, (*warnings, Warned("unreadable", text)))
    shares = {name: float(share) for name, share in zip(classes, p, strict=True)}
    best = max(shares, key=lambda name: shares[name])
    distance = None if away is None else float(away[0][row])
    if away is not None and distance is not None and distance > away[1]:
        text = f"this is unlike what the run learnt from: {distance:.1f} times as far as usual, {away[1]:.1f} is far"
        warnings = (*warnings, Warned("out_of_distribution", text))
    return Answer(shares, best, shares[best], warnings, distance)


def keep(asked: Sequence[Asked], folder: Path) -> None:
    """Add requests in the layout of the HMS test data: an EEG and a spectrogram each, and at last rows of the table.

    Whose they are is kept as an import has it: a code hashed, so that the same patient stays the same.
    """
    table, lines = folder / _TABLE, io.StringIO()
    rows = csv.writer(lines, lineterminator="\n")
    if not table.exists():
        rows.writerow(("spectrogram_id", "eeg_id", "patient_id"))
    for name in _FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    numbers = [uuid.uuid4().int >> 80 for _ in asked]
    try:
        for number, one in zip(numbers, asked, strict=True):
            _write(folder, number, one.signals)
            patient = identity.patient_of(str(one.options.get("patient", "")), keep=False)
            # A spectrogram that was not sent is not missing.
            told = number if np.isfinite(one.signals.regions).any() else ""
            rows.writerow((told, number, patient or f"{folder.name}-{number}"))
        for name in _FOLDERS:
            sync_folder(folder / name)
        append(table, lines.getvalue().encode())
    except OSError:
        for file in (folder / name / f"{number}.parquet" for name in _FOLDERS for number in numbers):
            file.unlink(missing_ok=True)
        raise
    sync_folder(folder)


def kept(folder: Path) -> Path | None:
    """The table of a folder; a last line that was not written to its end was told to nobody."""
    table = folder / _TABLE
    try:
        text = table.read_bytes()
    except FileNotFoundError:
        return None
    whole = text[: text.rfind(b"\n") + 1]
    if whole != text:
        os.truncate(table, len(whole))
    return table if whole.count(b"\n") > 1 else None


def _write(place: Path, number: int, signals: Signals) -> None:
    if np.isfinite(signals.eeg).any():
        _write_table(place / "test_eegs" / f"{number}.parquet", dict(zip(CHANNELS, signals.eeg[0], strict=True)))
    if np.isfinite(signals.regions).any():
        regions = signals.regions[0]
        table = regions.reshape(len(REGIONS) * regions.shape[1], -1)
        named: dict[str, Any] = {"time": 2 * np.arange(table.shape[1], dtype=np.int64) + 1}
        named |= dict(zip(columns(), table, strict=True))
        _write_table(place / "test_spectrograms" / f"{number}.parquet", named)


def _write_table(path: Path, named: Mapping[str, npt.NDArray[Any]]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({name: np.ascontiguousarray(values) for name, values in named.items()})
    parquet.write_table(table, path, compression="zstd")
    sync_file(path)
