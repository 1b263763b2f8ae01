"""Things of before paired with things of now, each once: those that are alike by some sign of theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence


class Pairing:
    """Which thing of before each thing of now is.

    places: the place of it among those of before, −1 for none. left: those of before that are none of now so far.
    out: things of now that are to be none of them.
    """

    def __init__(self, before: int, now: int) -> None:
        self.places = [-1] * now
        self.left = set(range(before))
        self.out: set[int] = set()

    def free(self) -> list[int]:
        """The things of now that are none of before so far, and may be."""
        return [place for place, at in enumerate(self.places) if at < 0 and place not in self.out]

    def join(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Pair things of now with such of before, where neither is paired yet: the first of each counts."""
        for place, at in pairs:
            if self.places[place] < 0 and at in self.left:
                self.places[place] = at
                self.left.discard(at)

    def part(self, place: int) -> None:
        """Take back what a thing of now is paired with."""
        self.left |= {self.places[place]} - {-1}
        self.places[place] = -1

    def equal(self, before: Sequence[Hashable], now: Sequence[Hashable]) -> None:
        """Pair those of one sign, None for none: as many as before in their order; of more or fewer those that stand
        beside the neighbour that they had, then the rest in order."""
        old = _places(before, sorted(self.left))
        new = _places(now, self.free())
        for sign, places in new.items():
            if len(places) == len(old.get(sign, ())):
                self.join(zip(places, old.pop(sign), strict=True))
        known = {at: sign for sign, some in old.items() for at in some}
        for step in (1, -1):
            for place in range(len(now))[::step]:
                beside = place - step
                at = self.places[beside] + step if 0 <= beside < len(now) and self.places[beside] >= 0 else -1
                if at in known and known[at] == now[place]:
                    self.join([(place, at)])
        for sign, places in new.items():
            rest = [at for at in old.get(sign, ()) if at in self.left]
            self.join(zip([place for place in places if self.places[place] < 0], rest, strict=False))

    def single(self, before: Sequence[Hashable], now: Sequence[Hashable]) -> None:
        """Pair those of a sign, None for none, that no other has of all before, nor of all now."""
        old, new = _places(before, range(len(before))), _places(now, range(len(now)))
        self.join((places[0], old[sign][0]) for sign, places in new.items() if len(places) == len(old[sign]) == 1)


def _places(signs: Sequence[Hashable], among: Iterable[int]) -> dict[Hashable, list[int]]:
    """The places of each sign, in their order."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for place in among:
        if signs[place] is not None:
            found[signs[place]].append(place)
    return found
