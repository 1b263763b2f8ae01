"""Missing stretches and lost channels of EEG, filled from what stands beside them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg.constants import CHANNELS

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: Where the electrodes stand on the head seen from above: right, front; the ears are at ±1.
POSITIONS = {
    "Fp1": (-0.31, 0.95), "Fp2": (0.31, 0.95), "F7": (-0.81, 0.59), "F3": (-0.42, 0.52), "Fz": (0.0, 0.5),
    "F4": (0.42, 0.52), "F8": (0.81, 0.59), "T3": (-1.0, 0.0), "C3": (-0.5, 0.0), "Cz": (0.0, 0.0),
    "C4": (0.5, 0.0), "T4": (1.0, 0.0), "T5": (-0.81, -0.59), "P3": (-0.42, -0.52), "Pz": (0.0, -0.5),
    "P4": (0.42, -0.52), "T6": (0.81, -0.59), "O1": (-0.31, -0.95), "O2": (0.31, -0.95),
}  # fmt: skip
#: Neighbours that a lost channel is made of.
NEIGHBOURS = 4


def bridge_gaps(values: npt.NDArray[Any]) -> Floats:
    """Rows (…, n) with NaN stretches bridged by straight lines; a row of nothing but NaN is 0."""
    out = np.array(values, np.float32)
    flat = out.reshape(-1, out.shape[-1])
    for row in np.flatnonzero(~np.isfinite(flat).all(axis=1)).tolist():
        known = np.flatnonzero(np.isfinite(flat[row]))
        every = np.arange(flat.shape[1])
        flat[row] = np.interp(every, known, flat[row, known]) if len(known) else 0
    return out


@cache
def nearness() -> npt.NDArray[np.float64]:
    """How much each electrode tells of each other one, (19, 19): the inverse square of the distance, 0 of itself."""
    places = np.array([POSITIONS[name] for name in CHANNELS[:-1]])
    square = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(square, np.inf)
    return np.asarray(1 / square)


def fill_channels(windows: Floats, bad: Mask) -> Floats:
    """Finite windows (n, 20, t) whose bad electrodes (n, 20) are made of their nearest good ones; a bad EKG is 0.

    An electrode without any good one is 0 too.
    """
    out = windows.copy()
    heads = len(CHANNELS) - 1
    for row in np.flatnonzero(bad.any(axis=1)).tolist():
        good = ~bad[row, :heads]
        weights = np.where(good[None], nearness(), 0)
        least = np.sort(weights, axis=1)[:, -NEIGHBOURS][:, None]
        weights = np.where(weights >= np.maximum(least, 1e-12), weights, 0)
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
        lost = np.flatnonzero(bad[row, :heads])
        out[row, lost] = np.asarray(weights[lost], np.float32) @ windows[row, :heads]
        if bad[row, heads:].any():
            out[row, heads:] = 0
    return out


def mend_channels(values: Floats, bad: Mask) -> Floats:
    """An EEG (20, t) whose bad channels (20,) are made of their neighbours, NaN where it has gaps: it keeps them."""
    if not bad.any():
        return values
    out = values.copy()
    out[bad] = fill_channels(bridge_gaps(values)[None], bad[None])[0, bad]
    out[bad[:, None] & np.isnan(values)] = np.nan
    return out
