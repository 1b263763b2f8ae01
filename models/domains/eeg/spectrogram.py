"""Regional spectrograms of an EEG by the multitaper recipe that the HMS data were made with."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from models.domains.eeg.constants import CHANNELS, RATE, REGIONS
from models.domains.eeg.repair import bridge_gaps

Floats = npt.NDArray[np.float32]

#: Samples of a window, from one window to the next, and of the padded transform.
LENGTH, STEP, PADDED = 800, 400, 1024
#: Bins of the transform that are kept: 0.59 to 19.92 Hz.
FIRST_BIN, LAST_BIN = 3, 102
FREQUENCIES = np.arange(FIRST_BIN, LAST_BIN + 1) * RATE / PADDED
#: Chains of electrodes of each region; neighbours in a chain make a pair.
CHAINS = {
    "LL": ("Fp1", "F7", "T3", "T5", "O1"),
    "RL": ("Fp2", "F8", "T4", "T6", "O2"),
    "LP": ("Fp1", "F3", "C3", "P3", "O1"),
    "RP": ("Fp2", "F4", "C4", "P4", "O2"),
}
#: Windows that are transformed together: what fits a processor's cache.
_BLOCK = 128
#: A frame is missing where more than this share of any of its windows is.
_MISSING = 0.5


def columns() -> list[str]:
    """The names of the columns of a table of the spectrogram, as HMS has them: "LL_0.59" …"""
    return [f"{region}_{round(float(hz), 2):g}" for region in REGIONS for hz in FREQUENCIES]


def pairs() -> npt.NDArray[np.int64]:
    """The electrodes of each pair, (regions, pairs, 2), as places in CHANNELS."""
    found = [list(pairwise(CHAINS[name])) for name in REGIONS]
    return np.array([[[CHANNELS.index(one) for one in pair] for pair in region] for region in found])


@cache
def tapers() -> npt.NDArray[np.float32]:
    """The three DPSS tapers of time-bandwidth 2, (3, LENGTH), scaled so that |FFT / rate|² is µV²/Hz."""
    found = signal.windows.dpss(LENGTH, 2, 3) * np.sqrt(RATE)
    return np.asarray(found / RATE, np.float32)


@cache
def _filters() -> tuple[Any, Any]:
    """Band-stop about 60 Hz, then band-pass, each of order 3."""
    return (
        signal.butter(3, (57.5, 62.5), "bandstop", fs=RATE, output="sos"),
        signal.butter(3, (0.5, 40), "bandpass", fs=RATE, output="sos"),
    )


def filtered(values: Floats) -> Floats:
    """Rows (m, n) at 200 Hz without what the recipe filters out, in zero phase."""
    padded = min(3 * RATE, values.shape[1] - 1)
    for sos in _filters():
        values = np.asarray(signal.sosfiltfilt(sos, values, axis=1, padlen=padded), np.float32)
    return values


def regional_power(eeg: npt.NDArray[Any]) -> Floats:
    """Power in µV²/Hz of the four regions of an EEG (19 or 20 CHANNELS, n) in µV at 200 Hz: (4, 100, frames).

    Frame i is of the window of 4 s centred at 2 + 2·i s. NaN stretches are bridged; a region has NaN where more
    than half of a window of one of its electrodes is missing. Shorter than a window: no frames.
    """
    if eeg.shape[1] < LENGTH:
        return np.zeros((len(REGIONS), len(FREQUENCIES), 0), np.float32)
    places = pairs()
    used = np.unique(places)
    raw = np.asarray(eeg[used], np.float32)
    clean = filtered(bridge_gaps(raw))
    lost = _lost(np.isnan(raw))
    out = []
    for region in np.searchsorted(used, places):
        power = np.mean([_multitaper(clean[first] - clean[second]) for first, second in region], axis=0)
        power[lost[region.ravel()].any(axis=0)] = np.nan
        out.append(power.T)
    return np.stack(out)


def _lost(missing: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where too much of a window is missing, (rows, frames)."""
    if not missing.any():
        return np.zeros((len(missing), frames(missing.shape[1])), np.bool_)
    windows = np.lib.stride_tricks.sliding_window_view(missing, LENGTH, axis=1)[:, ::STEP]
    return np.asarray(windows.mean(axis=2) > _MISSING)


def frames(length: int) -> int:
    """How many windows fit into so many samples."""
    return max((length - LENGTH) // STEP + 1, 0)


def _multitaper(trace: Floats) -> Floats:
    """Power of the kept bins, (frames, bins), averaged over the tapers."""
    windows = np.lib.stride_tricks.sliding_window_view(trace, LENGTH)[::STEP]
    shapes = tapers()
    out = np.zeros((len(windows), len(FREQUENCIES)), np.float32)
    for start in range(0, len(windows), _BLOCK):
        part = windows[start : start + _BLOCK, None, :] * shapes
        bins = fft.rfft(part, PADDED, axis=2)[..., FIRST_BIN : LAST_BIN + 1]
        out[start : start + _BLOCK] = (bins.real**2 + bins.imag**2).mean(axis=1)
    return out


def window_of(offset: float) -> int:
    """The time of the first row of a labelled spectrogram window: rows tell the odd seconds 1, 3, 5 …"""
    start = int(offset)
    return start + 1 if start % 2 == 0 else start
