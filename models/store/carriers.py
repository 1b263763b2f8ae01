"""Which sample carries what is said of a whole recording: the domains know it, and say it here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.sample import Samples

#: carrier(samples, row) is the id of the sample on which things stand that are said of the recording of a row.
Carrier = Callable[["Samples", int], str]
#: The carrier of a domain by the domain's name; None where each sample stands for itself.
Find = Callable[[str], Carrier | None]

_told: list[Find] = []


def ask(find: Find) -> None:
    """From now on carriers are asked for here: the store doesn't import what lies above it."""
    _told[:] = [find]


def heirs(domain: str, samples: Samples, going: Collection[str], carrying: Collection[str]) -> dict[str, str]:
    """Where what is said of recordings goes on to: a carrier that goes → the first of its recording that stays.

    going: ids that are taken out. carrying: ids of carriers something is said of. A carrier is left out where nothing
    of its recording stays, and where a part of it does by its id (`a.edf#3` of `a.edf`), which says so still.
    """
    carrier = _told[0](domain) if _told else None
    lost = {name for name in carrying if name in going}
    found: dict[str, str] = {}
    if carrier is None or not lost:
        return found
    names = samples.ids()
    for row in np.flatnonzero([name not in going for name in names]).tolist():
        own = carrier(samples, row)
        if own in lost and own not in found:
            found[own] = names[row]
    return {own: heir for own, heir in found.items() if not heir.startswith(f"{own}#")}
