"""Which units of a sorting are alike: templates, places, and whether they fire within each other's pause."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from models.domains.units import waveforms
from models.payload import Likeness, SpikeReader

Index = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
#: Units whose templates are compared, the nearest ones; and those that are told, the most alike.
COMPARED, TOLD = 200, 24
#: Lags in s: within which two units that are one do not fire, and between which they fire as they use to.
CLOSE, USUAL = 0.0015, (0.010, 0.050)


class Sorting(Protocol):
    """What is needed of an open sorting. peaks: the largest channel of each unit in the order of keys, −1 for none."""

    keys: list[str]
    rate: float
    positions: Floats

    @property
    def peaks(self) -> Index: ...

    def template(self, key: str, rough: bool = False) -> Floats: ...

    def train(self, key: str) -> SpikeReader | None: ...


class Made(SpikeReader, Protocol):
    """A unit that was merged or split: it is not in the sorting."""

    @property
    def timed(self) -> bool: ...

    def template(self, rough: bool = False) -> Floats: ...


def likenesses(one: Sorting, key: str, most: int = TOLD) -> tuple[Likeness, ...]:
    """The units of a sorting that are most like one of them, by the cosine of the templates; () for an unknown one."""
    return alike(one, one.template(key, rough=True), one.train(key), key, most) if key in one.keys else ()


def alike(
    one: Sorting,
    own: Floats,
    train: SpikeReader | None,
    key: str = "",
    most: int = TOLD,
    made: Mapping[str, Made] | None = None,
    gone: Collection[str] = (),
) -> tuple[Likeness, ...]:
    """The units of a sorting that are most like a template with its spikes; `key` and those that are gone left out.

    made: units that were merged or split, by their keys.
    """
    if not own.any():
        return ()
    fresh = made or {}
    near_by = near(one, waveforms.best_channels(own, 1)[0], COMPARED + len(gone))
    others = [other for other in near_by if other not in gone and other not in fresh]
    found = [(other, one.template(other, rough=True)) for other in others if other != key]
    found += [(other, unit.template()) for other, unit in fresh.items() if other != key]
    scored = [(cosine(own, template), other, template) for other, template in found if template.shape == own.shape]
    scored.sort(key=lambda item: -item[0])
    place, times = location(own, one.positions), None if train is None else train.times()
    listed = []
    for score, other, template in scored[:most]:
        apart = float(np.hypot(*(location(template, one.positions) - place)))
        unit = fresh.get(other)
        there: SpikeReader | None = one.train(other) if unit is None else unit if unit.timed else None
        other_times = None if there is None else there.times()
        dip = float("nan") if times is None or other_times is None else dip_of(times, other_times, one.rate)
        listed.append(Likeness(other, score, apart, dip, 0 if other_times is None else len(other_times)))
    return tuple(listed)


def near(one: Sorting, channel: int, most: int) -> Sequence[str]:
    """The units whose largest channels are nearest to one; all, in their order, where places are not known."""
    peaks, keys = one.peaks, one.keys
    if len(keys) <= most or len(one.positions) <= int(peaks.max(initial=-1)) or channel < 0:
        return keys[: most + 1]
    away = np.hypot(*(one.positions[peaks, :2] - one.positions[channel, :2]).T)
    away = np.where(peaks >= 0, away, np.inf)
    return [keys[place] for place in np.argsort(away, kind="stable")[: most + 1].tolist()]


def cosine(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """The cosine of two templates as vectors, 0 where one is flat."""
    size = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(np.vdot(one, other)) / size if size > 0 else 0.0


def location(template: npt.NDArray[Any], positions: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The centre of mass (x, depth) of a template, NaN where places are not known."""
    size = waveforms.sizes(template)
    if not len(size) or len(positions) != len(size) or size.max() <= 0:
        return np.full(2, np.nan)
    found = waveforms.place(size, np.asarray(positions, np.float64), int(size.argmax()))
    return np.array([found["x"], found["depth"]])


def dip_of(times: Index, others: Index, rate: float) -> float:
    """How often two trains fire within 1.5 ms of each other, over how often they do at 10 to 50 ms; NaN for too few."""
    close = _pairs(times, others, CLOSE * rate) / (2 * CLOSE)
    low, high = USUAL
    usual = _pairs(times, others, high * rate) - _pairs(times, others, low * rate)
    # With fewer pairs than this, none at short lags would be no wonder.
    expected = usual / (2 * (high - low)) * 2 * CLOSE
    return close / (usual / (2 * (high - low))) if expected >= 3 else float("nan")


def _pairs(times: Index, others: Index, reach: float) -> int:
    """Pairs of spikes at most `reach` samples apart."""
    low = np.searchsorted(others, times - reach, side="left")
    return int((np.searchsorted(others, times + reach, side="right") - low).sum())
