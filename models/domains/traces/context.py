"""What a trace is beside the others of its simulation.

Z-score and rank of each feature among the simulation's other cells; lag and correlation with their
mean trace. Never the cell's index, place or number of neighbours: those give the label away. The
whole simulation is read from its file, so that the answer does not depend on which cells are asked.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.traces.features import box_mean, describe_traces
from models.domains.traces.staging import Kin, Reader, Staged, domain_reader, stage
from models.job import Progress
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
#: Smoothing before lags are measured, in samples.
WIDTH = 9


@dataclass(frozen=True)
class Surroundings:
    """Samples together with all cells of their simulations.

    staged: what was asked. whole: all cells, groups by simulation. place: row of each asked
    sample in `whole`. memo: features of the whole, made once.
    """

    staged: Staged
    whole: Staged
    place: Index
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    def with_values(self, staged: Staged) -> Surroundings:
        """The asked samples with other values (occluded), the other cells as they are."""
        return replace(self, staged=staged)


def surround(
    samples: Samples, cache: Path, rate: float, length: int, reader: Reader | None = None
) -> Generator[Progress, None, Surroundings]:
    """Stage the samples and all cells of their simulations; arguments as of `stage`."""
    reader = reader or domain_reader()
    kin = reader.kin(samples) if reader.kin else alone(samples)
    whole = yield from stage(kin.samples, cache, rate, length, reader)
    whole = replace(whole, groups=kin.groups)
    same = np.array_equal(kin.place, np.arange(len(whole)))
    return Surroundings(whole if same else whole.take(kin.place), whole, kin.place)


def alone(samples: Samples) -> Kin:
    """Each sample as a simulation of its own."""
    rows = np.arange(len(samples))
    return Kin(samples, rows, rows)


def describe_context(given: Surroundings) -> Generator[Progress, None, Floats]:
    """Features, their z-scores and ranks among the other cells, and timing: (n, 3 d + 6)."""
    if "table" not in given.memo:
        given.memo["table"] = (yield from describe_traces(given.whole))[0]
        given.memo["timing"] = timing(given.whole, given.whole, np.arange(len(given.whole)))
    table, times = given.memo["table"], given.memo["timing"]
    if given.staged is given.whole:
        own, own_times = table, times
    else:
        own = (yield from describe_traces(given.staged))[0]
        own_times = timing(given.staged, given.whole, given.place)
    groups = given.whole.groups
    near = beside(own, table, groups, given.place)
    near_times = beside(own_times, times, groups, given.place)[:, : times.shape[1]]
    return np.concatenate([own, near, own_times, near_times], 1)


def beside(own: Floats, whole: Floats, groups: Index, place: Index) -> Floats:
    """Z-score and rank (0 … 1) of each feature among the group's others, (n, 2 d); 0 and ½ when alone.

    own: features of the asked samples (n, d). whole: of all cells (m, d) with their groups (m,).
    place: row of each asked sample in `whole`; its own row there does not count.
    """
    scores = np.zeros(own.shape, np.float32)
    ranks = np.full(own.shape, 0.5, np.float32)
    for rows, asked in _pairs(groups, place):
        if len(rows) < 2:
            continue
        others, mine = whole[rows].astype(np.float64), own[asked].astype(np.float64)
        self_values = whole[place[asked]].astype(np.float64)
        centre = others.mean(0)
        count = len(rows) - 1
        mean = (others - centre).sum(0) - (self_values - centre)
        square = ((others - centre) ** 2).sum(0) - (self_values - centre) ** 2
        mean /= count
        spread = np.sqrt(np.maximum(square / count - mean**2, 0))
        scale = spread + 1e-6 * np.abs(centre) + 1e-9
        scores[asked] = np.clip((mine - centre - mean) / scale, -10, 10)
        ranks[asked] = (_below(mine, others) - _below(mine, self_values, paired=True)) / count
    return np.concatenate([scores, ranks], 1)


def _below(mine: Values, others: Values, paired: bool = False) -> Values:
    """How many others lie below, ties as one half: (n, d). paired: row by row against one other."""
    if paired:
        return np.asarray((others < mine) + 0.5 * (others == mine), np.float64)
    total = np.zeros(mine.shape)
    for other in others:
        total += (other < mine) + 0.5 * (other == mine)
    return total


def timing(own: Staged, whole: Staged, place: Index) -> Floats:
    """Against the mean trace of the group's others, (n, 3): lag of the best cross-correlation (share of
    the length), that correlation, the plain correlation; 0 when alone."""
    found = np.zeros((len(own), 3), np.float32)
    for rows, asked in _pairs(whole.groups, place):
        if len(rows) < 2:
            continue
        soft = _soft(whole.values[rows])
        mean = soft.sum(0) - _soft(whole.values[place[asked]])
        found[asked] = _compare(_soft(own.values[asked]), mean)
    return found


def _soft(values: Floats) -> Values:
    soft = box_mean(np.asarray(values, np.float64), WIDTH)
    return np.asarray(soft - soft.mean(1, keepdims=True), np.float64)


def _compare(x: Values, others: Values) -> Values:
    scale = np.sqrt((x**2).sum(1) * (others**2).sum(1)) + 1e-12
    length = x.shape[1]
    size = 2 ** int(np.ceil(np.log2(2 * length)))
    cross = np.fft.irfft(np.fft.rfft(x, size) * np.conj(np.fft.rfft(others, size)), size)
    reach = max(length // 8, 1)
    near = np.concatenate([cross[:, -reach:], cross[:, : reach + 1]], 1) / scale[:, None]
    return np.stack([(near.argmax(1) - reach) / length, near.max(1), (x * others).sum(1) / scale], 1)


def _pairs(groups: Index, place: Index) -> list[tuple[Index, Index]]:
    """For each group that is asked: its rows in the whole, and the asked samples that lie in it."""
    rows = dict(_members(groups))
    return [(rows[group], asked) for group, asked in _members(groups[place])]


def _members(groups: Index) -> list[tuple[int, Index]]:
    order = np.argsort(groups, kind="stable")
    edges = np.flatnonzero(np.diff(groups[order])) + 1
    return [(int(groups[part[0]]), part) for part in np.split(order, edges) if len(part)]
