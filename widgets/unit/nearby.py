"""What is read of a sorting beside the shown unit, off the window's thread and only for panes that are seen."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.correlograms import Histogram, autocorrelogram, crosscorrelogram
from models.errors import UserError
from models.payload import Components, Drift, Likeness, Snippets, Stretch, Unit
from widgets.unit.digest import Digest, Lags

Floats = npt.NDArray[np.floating[Any]]
SIMILAR, SNIPPETS, COMPONENTS, DRIFT, STRETCH = "similar", "snippets", "components", "drift", "stretch"
#: How the lanes begin in which this is read.
NEARBY = "nearby."
NEEDS = (SIMILAR, SNIPPETS, COMPONENTS, DRIFT, STRETCH)


@dataclass(frozen=True)
class View:
    """Which piece of the recording is wanted: around which spike of the unit, how long in s, and in which way."""

    spike: int = 0
    seconds: float = 0.1
    way: str = "filtered"


@dataclass(frozen=True, eq=False)
class Nearby:
    """What was read for the unit `key`; `read` tells which of it was asked for. trouble: why it could not be."""

    key: str = ""
    read: frozenset[str] = frozenset()
    likes: tuple[Likeness, ...] = ()
    snippets: Snippets | None = None
    components: Components | None = None
    depths: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    drift: Drift | None = None
    stretch: Stretch | None = None
    trouble: str = ""


def look(digest: Digest, wanted: AbstractSet[str], view: View | None = None) -> Nearby:
    """Read what is wanted; what cannot be read is told, never raised."""
    unit, asked = digest.unit, frozenset(wanted)
    around = unit.around
    if around is None:
        return Nearby(unit.key, asked)
    try:
        return Nearby(
            unit.key,
            asked,
            around.likenesses(unit.key) if SIMILAR in asked else (),
            around.snippets(unit.key) if SNIPPETS in asked else None,
            around.components(unit.key) if COMPONENTS in asked else None,
            around.depths(unit.key) if DRIFT in asked else np.zeros(0, np.float32),
            around.drift() if DRIFT in asked else None,
            stretch(digest, view or View()) if STRETCH in asked else None,
        )
    except (UserError, OSError) as error:
        return Nearby(unit.key, asked, trouble=str(error))


def stretch(digest: Digest, view: View) -> Stretch | None:
    """The recording around one spike of the unit."""
    unit = digest.unit
    if unit.around is None or not unit.rate or not len(digest.times):
        return None
    at = int(digest.times[min(max(view.spike, 0), len(digest.times) - 1)])
    return unit.around.stretch(unit.key, at, max(round(view.seconds * unit.rate), 2), view.way)


Crosses = dict[tuple[int, int], Histogram]


def count_crosses(digests: tuple[Digest, ...], lags: Lags) -> Crosses:
    """The correlogram of each unit with each, (i, j): spikes of j around those of i, where the rates agree."""
    found: Crosses = {}
    for i, one in enumerate(digests):
        for j, other in enumerate(digests):
            if i == j:
                found[i, j] = autocorrelogram(one.stretch, one.rate, lags.window, lags.width)
            elif i < j and one.unit.rate == other.unit.rate:
                histogram = crosscorrelogram(*_together(one, other), one.rate, lags.window, lags.width)
                found[i, j] = histogram
                found[j, i] = Histogram(histogram.edges, histogram.counts[::-1])
    return found


def _together(one: Digest, other: Digest) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The spikes of two units from the time in which both are counted."""
    first, second = one.stretch, other.stretch
    if not len(first) or not len(second):
        return first[:0], second[:0]
    low, high = max(first[0], second[0]), min(first[-1], second[-1])
    reach = one.rate
    part = first[(first >= low - reach) & (first <= high + reach)]
    return part, second[(second >= low - reach) & (second <= high + reach)]


def name_unit(unit: Unit) -> str:
    """A unit's own id."""
    return unit.key.rpartition("/")[2]
