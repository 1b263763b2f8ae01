"""Which unit of one sorting is which of another, of the same recording: spikes, templates and places."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.domain import Matched
from models.domains.units import similar
from models.domains.units.load import load
from models.job import Progress
from models.payload import Unit
from models.sample import Samples

Index = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
#: Two spikes this near in time (s) are one, as spikeinterface compares sortings.
NEAR = 0.0004
#: Units further apart (µm) than this are not compared; half as alike at a third of it.
FAR, HALF = 120.0, 40.0
#: What counts how much, of what both have: spikes, template, place.
WEIGHTS = (0.6, 0.25, 0.15)


@dataclass(frozen=True)
class _Known:
    """What is compared of a unit: template, place (x, depth), spike times in s or None."""

    template: npt.NDArray[np.float32]
    place: Numbers
    times: Numbers | None


def match(samples: Samples, old: Index, new: Index) -> Generator[Progress, None, list[Matched]]:
    """Pairs of rows of two sortings, each row once, the surest first: those that together are most alike."""
    from scipy.optimize import linear_sum_assignment

    first = yield from _read(samples, old, "Reading the former units")
    second = yield from _read(samples, new, "Reading the new units")
    table = np.zeros((len(old), len(new)))
    parts = np.full((len(old), len(new), 3), np.nan)
    for place, one in enumerate(first):
        yield Progress(place, len(first), "Comparing units")
        for other, known in enumerate(second):
            parts[place, other] = alike(one, known)
            table[place, other] = joined(parts[place, other])
    rows, columns = linear_sum_assignment(-table) if table.size else (np.zeros(0, int), np.zeros(0, int))
    found = [
        Matched(int(old[a]), int(new[b]), float(table[a, b]), _words(parts[a, b]))
        for a, b in zip(rows, columns, strict=True)
        if table[a, b] > 0
    ]
    return sorted(found, key=lambda one: -one.score)


def _read(samples: Samples, rows: Index, words: str) -> Generator[Progress, None, list[_Known]]:
    found = []
    for number, row in enumerate(rows.tolist()):
        yield Progress(number, len(rows), words)
        unit = load(samples, row)[0]
        found.append(_known(unit) if isinstance(unit, Unit) else _Known(np.zeros((0, 0), np.float32), _nowhere(), None))
    return found


def _nowhere() -> Numbers:
    return np.full(2, np.nan)


def _known(unit: Unit) -> _Known:
    place = similar.location(unit.template, unit.positions) if unit.template.size else _nowhere()
    times = np.sort(unit.spikes.times()) / unit.rate if unit.spikes is not None and unit.rate else None
    return _Known(unit.template, place, times)


def alike(one: _Known, other: _Known) -> tuple[float, float, float]:
    """Share of common spikes, cosine of the templates, nearness: 0 to 1 each, NaN for what one of them lacks."""
    apart = float(np.hypot(*(one.place - other.place)))
    if apart > FAR:
        return 0.0, 0.0, 0.0
    near = float(0.5 ** (apart / HALF)) if np.isfinite(apart) else float("nan")
    same = one.template.shape == other.template.shape and one.template.size > 0
    cosine = max(similar.cosine(one.template, other.template), 0.0) if same else float("nan")
    shared = float("nan")
    if one.times is not None and other.times is not None:
        shared = common(one.times, other.times)
    return shared, cosine, near


def common(one: Numbers, other: Numbers) -> float:
    """Spikes that both have ÷ spikes that either has; each spike of one meets one of the other."""
    if not len(one) or not len(other):
        return 0.0
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    places = np.clip(np.searchsorted(many, few), 1, len(many) - 1) if len(many) > 1 else np.zeros(len(few), int)
    before = np.maximum(places - 1, 0)
    nearest = np.where(np.abs(few - many[before]) <= np.abs(few - many[places]), before, places)
    met = len(np.unique(nearest[np.abs(few - many[nearest]) <= NEAR]))
    return met / (len(one) + len(other) - met)


def joined(parts: Sequence[float] | Numbers) -> float:
    """One score of what is known; 0 where nothing is, or the spikes of both are known and hardly any is common."""
    values, weights = np.asarray(parts, float), np.asarray(WEIGHTS)
    known = np.isfinite(values)
    if not known[:2].any() or (known[0] and values[0] < 0.05):
        return 0.0
    return float((values[known] * weights[known]).sum() / weights[known].sum())


def _words(parts: Numbers) -> str:
    told = [
        f"{name} {value:.2f}"
        for name, value in zip(("spikes in common", "template", "place"), parts, strict=True)
        if np.isfinite(value)
    ]
    return ", ".join(told)
