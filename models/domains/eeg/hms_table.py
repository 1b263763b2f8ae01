"""Votes and predictions as tables of the HMS competition: train.csv, and a submission."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.domains.eeg.broken import short
from models.domains.eeg.constants import CLASSES
from models.domains.eeg.finding import counted
from models.domains.eeg.hms import CALLED, EEG_ID, HEADER, VOTES
from models.errors import UserError
from models.job import Progress
from models.learn.words import plural
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
    skipped = [{"source": "", "where": plural(others, "sample"), "reason": reason}] if others else []
    return {"written": len(ours), "files": [str(path)], "skipped": skipped}


def write_submission(view: ExportView, path: Path) -> Generator[Progress, None, Written]:
    """Predicted shares of the six classes by EEG, which sum to 1; an EEG of several windows has their mean.

    {written, of: EEGs, windows: that these are the mean of, problems: what the competition would refuse}. Raises
    UserError where no window has a prediction.
    """
    if view.probabilities is None:
        raise UserError("a submission is what the model of a run says, and there is none here. Train one first.")
    wanted = _wanted(view.settings.get("sample", ""))
    known = np.asarray(np.isfinite(view.probabilities).all(axis=1), bool)
    ids = _columns(view, ("eeg_id", "_kind", "missing"))
    ours = _ours(ids)
    rows = [place for place in ours if known[place]]
    skipped = _left_out(view, ids["missing"], ours, known)
    if not rows:
        raise UserError(f"nothing could be written: {skipped[0]['where']}: {skipped[0]['reason']}.")
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
    problems = check_submission(path, wanted)
    told = {"written": len(shares), "of": "EEG", "windows": len(rows), "files": [str(path)]}
    return {**told, "skipped": skipped, "problems": problems}


def _left_out(
    view: ExportView, missing: Sequence[bool | None], ours: Sequence[int], known: npt.NDArray[np.bool_]
) -> list[dict[str, str]]:
    """Samples that a submission has no place for, or that the run says nothing of: how many, and why."""
    unsaid = [place for place in ours if not known[place]]
    gone, run = sum(bool(missing[place]) for place in unsaid), view.run
    told = (
        (len(view.samples) - len(ours), "no windows of HMS data: a submission names EEGs of it"),
        (gone, f"their files are missing, so {run} says nothing of them. Locate the source and predict again"),
        (len(unsaid) - gone, f"{run} has no prediction of them: their files are broken, or they came after it"),
    )
    return [{"source": "", "where": counted(count, "sample"), "reason": reason} for count, reason in told if count]


def _wanted(text: str) -> list[str]:
    """The EEGs that a table of the competition names, such as sample_submission.csv; none without one."""
    if not text:
        return []
    path = Path(text).expanduser()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{path}: this cannot be read as a table ({short(error)}). Give sample_submission.csv."
        ) from None
    if not rows or EEG_ID not in rows[0]:
        raise UserError(f"{path}: it has no rows with {EEG_ID}. Give the competition's sample_submission.csv.")
    return list(dict.fromkeys(row[EEG_ID] for row in rows))


def check_submission(path: Path, wanted: Sequence[str] = ()) -> list[str]:
    """What is wrong with a submission, in words; wanted: the EEGs that it has to name, [] for any. [] for nothing."""
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
    times = Counter(row[0] for row in rows[1:] if row)
    wrong += [f"{name} comes twice" for name, count in times.items() if count > 1]
    return wrong + _compared(times, wanted)


def _compared(there: Collection[str], wanted: Sequence[str]) -> list[str]:
    """Which EEGs a submission lacks, and which nobody asks for: the first of them, and how many."""
    if not wanted:
        return []
    asked = set(wanted)
    lost, others = [name for name in wanted if name not in there], [name for name in there if name not in asked]
    parts = ((lost, "missing"), (others, "not asked for"))
    return [f"{counted(len(names), 'EEG')} {what} ({_few(names)})" for names, what in parts if names]


def _few(names: Sequence[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


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
