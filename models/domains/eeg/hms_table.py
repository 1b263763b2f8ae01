"""Votes and predictions as tables of the HMS competition: train.csv, and a submission."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.domains.eeg.constants import CLASSES
from models.domains.eeg.hms import CALLED, HEADER, VOTES
from models.errors import UserError
from models.job import Progress
from models.store.atomic import write_text

Written = dict[str, Any]


def write_table(view: ExportView, path: Path) -> Generator[Progress, None, Written]:
    """All votes on windows of HMS data in the layout of their train.csv, which an import reads back.

    Windows of other sources have no numbers of HMS: they are named as skipped. A place that no table told stays empty.
    """
    meta = _columns(view, ("_kind", "eeg_id", "spectrogram_id", "label_id", "patient", "_start", "_sstart", "_ssub"))
    ours = _ours(meta)
    text, writer = _sheet()
    writer.writerow(HEADER)
    for place in ours:
        votes = view.votes[place]
        label = view.labels[place]
        key = str(view.samples.table.column("key")[place].as_py())
        sub = key.partition("/")[2]
        row = {name: meta[name][place] for name in meta}
        writer.writerow([
            row["eeg_id"], sub or 0, row["_start"], row["spectrogram_id"], row["_ssub"] or sub or 0,
            row["_sstart"], row["label_id"], row["patient"], CALLED.get(str(label), label or ""),
            *(_plain(votes.get(name, 0)) for name in CLASSES),
        ])  # fmt: skip
    write_text(path, text.getvalue())
    yield Progress(len(ours), len(ours), "Written")
    others = len(view.samples) - len(ours)
    reason = "no windows of HMS data: their train.csv has no place for them"
    skipped = [{"source": "", "where": f"{others} samples", "reason": reason}] if others else []
    return {"written": len(ours), "files": [str(path)], "skipped": skipped}


def write_submission(view: ExportView, path: Path) -> Generator[Progress, None, Written]:
    """Predicted shares of the six classes by EEG, which sum to 1; an EEG of several windows has their mean."""
    if view.probabilities is None:
        raise UserError("a submission is what the model of a run says, and there is none here. Train one first.")
    known = np.asarray(np.isfinite(view.probabilities).all(axis=1), bool)
    ids = _columns(view, ("eeg_id", "_kind"))
    rows = [place for place in _ours(ids) if known[place]]
    shares: dict[str, list[npt.NDArray[np.float64]]] = {}
    for place in rows:
        shares.setdefault(str(ids["eeg_id"][place]), []).append(_of_classes(view.probabilities[place], view.classes))
    text, writer = _sheet()
    writer.writerow(["eeg_id", *VOTES])
    for name, found in shares.items():
        mean = np.mean(found, axis=0)
        writer.writerow([name, *(f"{value:.9g}" for value in mean / mean.sum())])
    write_text(path, text.getvalue())
    yield Progress(len(shares), len(shares), "Written")
    left = len(view.samples) - len(rows)
    reason = "no windows of HMS data, or without a prediction of the run"
    skipped = [{"source": "", "where": f"{left} samples", "reason": reason}] if left else []
    return {"written": len(shares), "files": [str(path)], "skipped": skipped}


def check_submission(path: Path, wanted: Sequence[str] = ()) -> list[str]:
    """What is wrong with a submission, in words; wanted: the EEGs that it has to name. [] for nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if not rows or rows[0] != ["eeg_id", *VOTES]:
        return [f"its header is not eeg_id, {', '.join(VOTES)}"]
    wrong = []
    for line, row in enumerate(rows[1:], 2):
        try:
            values = np.array([float(part) for part in row[1:]])
        except ValueError:
            values = np.zeros(0)
        if len(values) != len(VOTES) or not np.isfinite(values).all() or (values < 0).any():
            wrong.append(f"row {line} has no six shares")
        elif abs(values.sum() - 1) > 1e-6:
            wrong.append(f"row {line} sums to {values.sum():.6g}, not to 1")
    names = [row[0] for row in rows[1:] if row]
    wrong += [f"{name} comes twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    return wrong + [f"{name} is missing" for name in wanted if name not in set(names)]


def _ours(columns: Mapping[str, Sequence[Any]]) -> list[int]:
    """The windows that tables of HMS number, by their place."""
    told = zip(columns["_kind"], columns["eeg_id"], strict=True)
    return [place for place, (kind, number) in enumerate(told) if kind == "hms" and number]


def _of_classes(shares: npt.NDArray[Any], classes: Sequence[str]) -> npt.NDArray[np.float64]:
    """Shares of a run's classes in our order; 0 for one that it does not know."""
    by: Mapping[str, float] = dict(zip(classes, shares.tolist(), strict=True))
    return np.array([by.get(name, 0.0) for name in CLASSES])


def _columns(view: ExportView, names: Sequence[str]) -> dict[str, list[Any]]:
    count = len(view.samples)
    return {
        name: view.samples.table.column(name).to_pylist() if name in view.samples.names else [None] * count
        for name in names
    }


def _plain(count: float) -> int | float:
    return int(count) if count == int(count) else count


def _sheet() -> tuple[io.StringIO, Any]:
    text = io.StringIO()
    return text, csv.writer(text, lineterminator="\n")
