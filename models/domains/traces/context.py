"""What a trace is beside the others of its simulation.

Z-score and rank of each feature among the simulation's cells; lag and correlation with their mean
trace. Never the cell's index, place or number of neighbours: those give the label away. A cell is
compared with the cells that are given, so give whole simulations.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.domains.traces.staging import Staged

Floats = npt.NDArray[np.float32]
#: Smoothing before lags are measured, in samples.
WIDTH = 9


def beside(table: Floats, groups: npt.NDArray[np.int64]) -> Floats:
    """Z-score and rank (0 … 1) of each feature in its group, (n, 2 d); 0 and ½ for a group of one."""
    scores = np.zeros(table.shape, np.float32)
    ranks = np.full(table.shape, 0.5, np.float32)
    for rows in members(groups):
        if len(rows) < 2:
            continue
        part = table[rows].astype(np.float64)
        scores[rows] = np.clip((part - part.mean(0)) / (part.std(0) + 1e-9), -10, 10)
        ranks[rows] = _ranks(part) / (len(rows) - 1)
    return np.concatenate([scores, ranks], 1)


def _ranks(part: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks down each column, equal values the mean of theirs, so that row order tells nothing."""
    order = np.sort(part, 0)
    low = np.stack([np.searchsorted(order[:, j], part[:, j], "left") for j in range(part.shape[1])], 1)
    high = np.stack([np.searchsorted(order[:, j], part[:, j], "right") for j in range(part.shape[1])], 1)
    return np.asarray((low + high - 1) / 2, np.float64)


def timing(staged: Staged) -> Floats:
    """Lag and correlation with the group's mean trace, and their z-scores in the group, (n, 6).

    Columns: lag of the best cross-correlation (share of the length), that correlation, the plain
    correlation, then each as z-score among the group.
    """
    plain = np.zeros((len(staged), 3), np.float32)
    for rows in members(staged.groups):
        if len(rows) > 1:
            plain[rows] = _timing(np.asarray(staged.values[rows], np.float64))
    return np.concatenate([plain, beside(plain, staged.groups)[:, :3]], 1)


def _timing(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from models.domains.traces.features import box_mean

    soft = box_mean(x, WIDTH)
    soft = soft - soft.mean(1, keepdims=True)
    others = soft.sum(0) - soft  # the mean without the cell itself
    scale = np.sqrt((soft**2).sum(1) * (others**2).sum(1)) + 1e-12
    length = x.shape[1]
    size = 2 ** int(np.ceil(np.log2(2 * length)))
    cross = np.fft.irfft(np.fft.rfft(soft, size) * np.conj(np.fft.rfft(others, size)), size)
    reach = max(length // 8, 1)
    near = np.concatenate([cross[:, -reach:], cross[:, : reach + 1]], 1) / scale[:, None]
    best = near.argmax(1)
    return np.stack([(best - reach) / length, near.max(1), (soft * others).sum(1) / scale], 1)


def members(groups: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """The rows of each group."""
    order = np.argsort(groups, kind="stable")
    edges = np.flatnonzero(np.diff(groups[order])) + 1
    return [part for part in np.split(order, edges) if len(part)]
