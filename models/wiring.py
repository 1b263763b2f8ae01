"""How electrodes of a recording are connected by what was recorded: as pairs, or against the reference."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from models.electrodes import CHANNELS, OLDER, name_channel, recorded_pairs

#: What electrodes that were recorded by themselves are told against.
_REFERENCE = ""
#: Channels with their weights, by place.
Weights = Mapping[int, float]


class Wiring:
    """The graph of electrodes, in the older spelling, of recorded channels; bad ones connect nothing.

    paired: whether any of them holds a difference of two electrodes.
    """

    def __init__(self, names: Sequence[str], bad: Collection[str] = ()) -> None:
        self._edges: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
        pairs = [pair for pair in recorded_pairs(names) if names[pair[0]] not in bad]
        self.paired = bool(pairs)
        singles = [
            (place, OLDER.get(name, name), _REFERENCE)
            for place, name in enumerate(names)
            if self.paired and name not in bad and name_channel(name).electrode
        ]
        for place, first, second in (*pairs, *singles):
            self._edges[first].append((second, place, 1.0))
            self._edges[second].append((first, place, -1.0))

    @property
    def heads(self) -> tuple[str, ...]:
        """The electrodes of the 10–20 system, without ears, that stand in it."""
        return tuple(name for name in CHANNELS[:-1] if name in self._edges)

    def between(self, first: str, second: str) -> Weights | None:
        """The channels whose sum is the difference of two electrodes, by the fewest there are; None for none."""
        came: dict[str, tuple[str, int, float]] = {}
        queue = deque([first])
        while queue and second not in came:
            here = queue.popleft()
            for other, place, sign in self._edges.get(here, ()):
                if other != first and other not in came:
                    came[other] = (here, place, sign)
                    queue.append(other)
        if second not in came:
            return None
        found: dict[int, float] = {}
        while second != first:
            second, place, sign = came[second]
            found[place] = found.get(place, 0.0) + sign
        return found


@lru_cache(maxsize=64)
def wiring_of(names: tuple[str, ...], bad: frozenset[str] = frozenset()) -> Wiring:
    """The wiring of a recording's channels, as `electrodes.name_channels` names them."""
    return Wiring(names, bad)
