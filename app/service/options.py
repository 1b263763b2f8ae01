"""How a service runs: where it listens, what it takes at most, whom it lets in."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Options:
    """Limits are for each service, `rate` for each caller.

    body: bytes of one request; room: of all that are read at a time. windows: how many wait for the model at most;
    together: how many it judges at once; pause: s that it waits for more of them. samples: most of one batch.
    rate: requests a second, of which twice as many may come at once; 0 for no limit. seconds: for a request, from its
    first byte to its answer. cors: origins of pages that may ask. keep: whether requests become samples.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    body: int = 64 * MIB
    room: int = 384 * MIB
    windows: int = 256
    together: int = 16
    pause: float = 0.005
    samples: int = 64
    rate: float = 100.0
    seconds: float = 30.0
    cors: tuple[str, ...] = ()
    keep: bool = False

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_local(self.host)


def is_local(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
