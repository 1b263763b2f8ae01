"""What the inner columns of samples tell: the file of a sample, and where in it the sample lies."""

from __future__ import annotations

from pathlib import Path

from models.domains.eeg import finding
from models.sample import Samples


def path_of(samples: Samples, row: int, name: str = finding.EEG) -> Path | None:
    """The file of a sample that an inner column names, None where there is none."""
    text = text_of(samples, row, name)
    source = samples.sources[samples.table.column("source")[row].as_py()]
    return Path(source).parent / text if text else None


def text_of(samples: Samples, row: int, name: str) -> str:
    """An inner column of a sample, "" where there is none."""
    return str(samples.table.column(name)[row].as_py() or "") if name in samples.names else ""


def number_of(samples: Samples, row: int, name: str, default: float = 0.0) -> float:
    """The number in an inner column."""
    text = text_of(samples, row, name)
    return float(text) if text else default
