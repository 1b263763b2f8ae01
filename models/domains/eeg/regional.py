"""Regional spectrograms of windows: those that their sources hold, else computed of the EEG around them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.domains.eeg import spectrogram, window
from models.domains.eeg.bad_channels import called_bad
from models.domains.eeg.constants import CHANNELS, COLUMNS, RATE
from models.domains.eeg.repair import mend_channels
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

#: Seconds of EEG that the columns of a window are computed of.
SECONDS = ((COLUMNS - 1) * spectrogram.STEP + spectrogram.LENGTH) // RATE


def regions(samples: Samples, rows: Index) -> Floats:
    """Power in µV²/Hz of the ten minutes around the labelled part, (n, 4, 100, 300) in the order of REGIONS.

    What a source does not hold is computed by the recipe of the HMS data, of as much EEG as there is; NaN elsewhere.
    Channels that somebody called bad are made of their neighbours first.
    """
    out = window.regions(samples, rows)
    for place in np.flatnonzero(np.isnan(out).all(axis=(1, 2, 3))).tolist():
        some = rows[place : place + 1]
        around = mend_channels(window.eeg(samples, some, SECONDS)[0], called_bad(samples, some)[0])
        if np.isfinite(around).any():
            out[place] = spectrogram.regional_power(around)
    return out


def of_window(eeg: Floats) -> Floats:
    """The same of a window that all is known of, (20, 10000): columns beyond it are NaN."""
    around = np.full((len(CHANNELS), SECONDS * RATE), np.nan, np.float32)
    window.put(eeg, -((around.shape[1] - eeg.shape[1]) // 2), around)
    return spectrogram.regional_power(around)
