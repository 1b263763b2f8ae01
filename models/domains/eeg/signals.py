"""The signals of windows as recipes judge them, wherever they come from: samples of a project, or a request."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg.constants import BINS, CHANNELS, COLUMNS, RATE, REGIONS, WINDOW
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
#: What a recipe may look at.
EEG, SPECTROGRAM = "eeg", "spectrogram"
#: So many windows are judged together, so that a project of any size fits the memory.
TOGETHER = 32


@dataclass(frozen=True)
class Signals:
    """eeg (n, 20, 10000): µV at 200 Hz in the order of CHANNELS. regions (n, 4, 100, 300): power in µV²/Hz in the order
    of REGIONS, around the same middle. NaN where there is nothing; all of one may be NaN. bad (n, 20): channels that
    somebody called bad."""

    eeg: Floats
    regions: Floats
    bad: Mask

    def __len__(self) -> int:
        return len(self.eeg)


def no_signals(count: int) -> Signals:
    """Windows of which nothing is known, to be filled."""
    eeg = np.full((count, len(CHANNELS), WINDOW * RATE), np.nan, np.float32)
    regions = np.full((count, len(REGIONS), BINS, COLUMNS), np.nan, np.float32)
    return Signals(eeg, regions, np.zeros((count, len(CHANNELS)), bool))


def joined(parts: list[Signals]) -> Signals:
    """Windows one after the other, at least one part."""
    return Signals(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Signals)))


def read_signals(samples: Samples, rows: Index, takes: tuple[str, ...]) -> Signals:
    """What of the samples at these rows a recipe looks at; of the other there is nothing."""
    from models.domains.eeg import regional, window
    from models.domains.eeg.bad_channels import called_bad

    found = no_signals(len(rows))
    eeg: Any = window.eeg(samples, rows) if EEG in takes else found.eeg
    regions = regional.regions(samples, rows) if SPECTROGRAM in takes else found.regions
    return Signals(eeg, regions, called_bad(samples, rows))
