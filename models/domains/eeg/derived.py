"""Electrodes of recordings that hold differences of electrodes, as amplifiers with a fixed montage write them.

A difference tells nothing of a reference, but networks look at differences alone: within a chain of electrodes that
pairs connect, every difference of two follows from those that were recorded. Potentials are the least-squares solution
of smallest norm over the graph of pairs, so that pairs which close a ring are averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from models import electrodes
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.features import PAIRS

Floats = npt.NDArray[np.float32]
#: What one channel is made of: places of recorded channels with their weights; nothing where it is not known.
Terms = tuple[tuple[int, float], ...]
Pair = tuple[int, str, str]

HEADS = CHANNELS[:-1]
#: A weight below it is a rounding error.
_NONE = 1e-9


@lru_cache(maxsize=256)
def terms_of(names: tuple[str, ...], bad: frozenset[str] = frozenset()) -> tuple[Terms, ...]:
    """What each of CHANNELS is made of in a recording of these channels, as `electrodes.name_channels` names them.

    An electrode that was recorded is itself. Others are made of recorded pairs, as far as these connect them to most of
    their chain or to electrodes that were recorded. bad: channels that no other electrode is made of.
    """
    places = electrodes.places(names)
    found: list[Terms] = [((place, 1.0),) if place >= 0 else () for place in places]
    pairs = [pair for pair in electrodes.recorded_pairs(names) if names[pair[0]] not in bad]
    if not pairs or all(found[:-1]):
        return tuple(found)
    known = {name: place for name, place in zip(HEADS, places, strict=False) if place >= 0 and names[place] not in bad}
    made: dict[str, Terms] = {}
    wholes = _connected([(first, second) for _, first, second in pairs])
    for whole in wholes:
        inside = [pair for pair in pairs if pair[1] in whole]
        made |= _solved(inside, sorted(whole - known.keys()), known)
    recorded = {name for name, terms in zip(HEADS, found, strict=False) if terms}
    anchored = recorded | {name for whole in wholes if whole & known.keys() for name in whole}
    for chain in _connected(PAIRS):
        for name in _together(chain, anchored, wholes) - recorded:
            found[CHANNELS.index(name)] = made[name]
    return tuple(found)


def mix(rows: Sequence[Terms], read: Callable[[int], Floats], length: int) -> Floats:
    """Channels (len(rows), length) of the recorded ones that `read` gives by their place; NaN where nothing is known.

    A missing value of a recorded channel is one in all that is made of it.
    """
    out = np.full((len(rows), length), np.nan, np.float32)
    kept: dict[int, Floats] = {}
    for row, terms in enumerate(rows):
        if not terms:
            continue
        out[row] = 0
        for place, weight in terms:
            if place not in kept:
                kept[place] = read(place)
            out[row] += kept[place] if weight == 1 else np.float32(weight) * kept[place]
    return out


def count_derived(rows: Sequence[Terms]) -> int:
    """How many channels are made of pairs, and were not recorded themselves."""
    return sum(1 for terms in rows if terms and [weight for _, weight in terms] != [1])


def _connected(edges: Sequence[tuple[str, str]]) -> list[set[str]]:
    """The parts of a graph, each with the names of its nodes, in the order of their first edges."""
    parts: list[set[str]] = []
    for edge in edges:
        touched = [part for part in parts if part.intersection(edge)]
        parts = [part for part in parts if part not in touched]
        parts.append(set(edge).union(*touched))
    return parts


def _solved(pairs: Sequence[Pair], names: Sequence[str], known: dict[str, int]) -> dict[str, Terms]:
    """The potentials of these electrodes by pairs that connect them, relative to their mean or to known ones."""
    columns = {name: column for column, name in enumerate(names)}
    differences = np.zeros((len(pairs), len(names)))
    sources = [*(place for place, _, _ in pairs), *known.values()]
    recorded = np.zeros((len(pairs), len(sources)))
    for row, (_, *ends) in enumerate(pairs):
        recorded[row, row] = 1
        for name, sign in zip(ends, (1, -1), strict=True):
            if name in columns:
                differences[row, columns[name]] += sign
            else:
                recorded[row, len(pairs) + [*known].index(name)] -= sign
    weights = np.linalg.pinv(differences) @ recorded
    return {
        name: tuple((place, float(w)) for place, w in zip(sources, line, strict=True) if abs(w) > _NONE)
        for name, line in zip(names, weights.tolist(), strict=True)
    }


def _together(chain: set[str], anchored: set[str], wholes: Sequence[set[str]]) -> set[str]:
    """Electrodes of a chain whose differences are all known: with what was recorded, else the most that pairs connect.

    What lies between two parts of a chain is not known, and would be taken for a difference if both were told.
    """
    if found := chain & anchored:
        return found
    most = max((chain & whole for whole in wholes), key=len, default=set())
    return most if len(most) > 1 else set()
