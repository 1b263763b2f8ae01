"""Boxes that are known by their numbers in the list of an image alone, known again by where they lie in it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from models.domain import Placed
from models.domains.smears import boxes
from models.domains.smears.boxes import Boxes
from models.domains.smears.cells import BOX
from models.pairing import Pairing

#: A box that was moved or drawn anew is the one before where they share so much of what both cover.
_SAME = 0.5


def match(before: Sequence[Placed], now: Sequence[Placed], pairing: Pairing) -> None:
    """Pair boxes that were moved or drawn anew with those that they share most with, in the same image."""
    old, new = _by_image(before, pairing.left), _by_image(now, pairing.free())
    for image in new.keys() & old.keys():
        pairing.join(_shared(before, now, old[image], new[image]))


def print_of(image: str, box: str) -> str:
    """What tells a box from others, as a short hash."""
    return hashlib.blake2s(f"{image}\0{box}".encode(), digest_size=8).hexdigest()


def image_of(key: str) -> str:
    """The image of a box by its key, without the number in its list."""
    return key.rpartition("#")[0]


def _by_image(some: Sequence[Placed], places: Iterable[int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place in sorted(places):
        if some[place].meta.get(BOX):
            found[image_of(some[place].key)].append(place)
    return found


def _shared(
    before: Sequence[Placed], now: Sequence[Placed], old: Sequence[int], new: Sequence[int]
) -> list[tuple[int, int]]:
    """Boxes of one image that cover much the same, the likest first."""
    shares = _overlaps(
        boxes.table([str(now[place].meta[BOX]) for place in new]),
        boxes.table([str(before[at].meta[BOX]) for at in old]),
    )
    rows, columns = np.nonzero(shares >= _SAME)
    order = np.argsort(-shares[rows, columns], kind="stable")
    return [(new[row], old[column]) for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True)]


def _overlaps(some: Boxes, others: Boxes) -> Boxes:
    """What each of these boxes (n, 4) shares with each of others (m, 4) of all that both cover, (n, m)."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(one[:, 2] - one[:, 0]) * (one[:, 3] - one[:, 1]) for one in (some, others)]
    return np.asarray(np.nan_to_num(both / (areas[0][:, None] + areas[1][None] - both)), np.float32)
