"""EEGs and spectrograms that no table names: windows of them, without votes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from models.domain import Finding, Found, Noted
from models.domains.eeg import finding
from models.domains.eeg.constants import CHANNELS, COLUMNS, RATE, WINDOW
from models.domains.eeg.finding import Listed, same, tell
from models.domains.eeg.options import Options
from models.domains.eeg.parquet import Head, read_head


def scan_loose(item: Listed, options: Options) -> Iterator[Finding]:
    """The windows of an EEG, or pieces of ten minutes of a spectrogram. Raises Broken."""
    head = read_head(item.path)
    if not head.kind:
        columns = ", ".join(head.names[:4])
        yield Noted(item.name, "", f"it holds neither EEG nor a spectrogram (columns: {columns}), left out")
    elif not head.rows:
        yield Noted(item.name, "", "it has a header and no rows")
    elif head.kind == "eeg":
        yield from _windows(item, head, options)
    else:
        yield from _pieces(item, head)


def starts(seconds: float, window: float, step: float) -> list[float]:
    """Where windows of a recording begin, in s: one where it is no longer than a window."""
    count = max(1, int((seconds - window) / step + 1e-9) + 1)
    return [place * step for place in range(count)]


def _windows(item: Listed, head: Head, options: Options) -> Iterator[Finding]:
    seconds = head.rows / RATE
    begins = starts(seconds, options.window, options.step)
    lacking = [name for name, place in zip(CHANNELS, head.channels, strict=True) if place < 0]
    if lacking:
        yield Noted(item.name, "", f"it lacks {', '.join(lacking)}")
    if seconds < WINDOW:
        yield Noted(item.name, "", f"it is {seconds:g} s long, shorter than a window of {WINDOW} s")
    columns = {
        finding.EEG: same(item.path.name, len(begins)),
        "rate": same(float(RATE), len(begins)),
        "channels": same(len(CHANNELS) - len(lacking), len(begins)),
    }
    settings = {"window": f"{options.window:g}", "step": f"{options.step:g}"}
    yield _found(item, begins, min(options.window, seconds), columns, settings)


def _pieces(item: Listed, head: Head) -> Iterator[Finding]:
    """Ten minutes each, one in two seconds."""
    begins = [float(2 * place) for place in range(0, max(head.rows - COLUMNS, 0) + 1, COLUMNS)]
    if head.rows < COLUMNS:
        yield Noted(item.name, "", f"it has {head.rows} columns of the {COLUMNS} that a window has")
    columns = {
        finding.SPECTROGRAM: same(item.path.name, len(begins)),
        finding.SPECTROGRAM_START: [tell(begin) for begin in begins],
    }
    yield _found(item, begins, 2.0 * min(head.rows, COLUMNS), columns)


def _found(
    item: Listed,
    begins: Sequence[float],
    seconds: float,
    columns: Mapping[str, Sequence[Any]],
    settings: Mapping[str, str] | None = None,
) -> Found:
    count = len(begins)
    keys = [f"{begin:.3f}" for begin in begins]
    stem = item.path.stem
    return Found(
        item.path,
        item.name,
        keys if count > 1 else [""],
        same(stem, count),
        labels=same(None, count),
        columns={
            finding.KIND: same("hms", count),
            finding.START: [tell(begin) for begin in begins],
            finding.SECONDS: same(tell(seconds), count),
            "recording": same(stem, count),
            "start": np.asarray(begins, np.float64).tolist(),
            "seconds": same(float(seconds), count),
            "missing": same(False, count),
            **columns,
        },
        settings=settings or {},
    )
