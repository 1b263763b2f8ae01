"""How much may come in: requests a second of a caller, and bytes that are read at a time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

#: So many callers are remembered.
_MOST = 10_000


class Pace:
    """A bucket of permits for each caller: `rate` a second, twice as many at once. 0: no limit."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._size, self._clock = rate, max(2 * rate, 1.0), clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Take a permit: 0 where there was one, else after how many s there will be."""
        if not self._rate:
            return 0.0
        now = self._clock()
        left, since = self._left.get(caller, (self._size, now))
        left = min(left + (now - since) * self._rate, self._size)
        given = left >= 1
        self._left[caller] = (left - 1 if given else left, now)
        self._left.move_to_end(caller)
        if len(self._left) > _MOST:
            self._left.popitem(last=False)
        return 0.0 if given else (1 - left) / self._rate


class Room:
    """Bytes of all requests that are read and answered at a time."""

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0

    def take(self, count: int) -> bool:
        """Take so many; False where there are not."""
        if self._taken + count > self._most:
            return False
        self._taken += count
        return True

    def give(self, count: int) -> None:
        """Give them back."""
        self._taken -= count
