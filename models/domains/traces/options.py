"""The settings of an import, as people give them: text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError

#: How many samples of each file are imported unless told otherwise.
PER_FILE = 10
#: How a continuous distance is cut into classes unless told otherwise.
BINS = "quantile:4"


@dataclass(frozen=True)
class Options:
    """per_file: None for all; asked: given by the person. bins, mapping: "" for none.

    mapping is JSON text, the path of a JSON file, or GUESS. kept: JSON of the settings that the project
    keeps of its sources, by name.
    """

    per_file: int | None = PER_FILE
    asked: bool = False
    bins: str = ""
    mapping: str = ""
    kept: str = ""


def read_options(settings: Mapping[str, Any]) -> Options:
    """Check the settings. Raises UserError for a wrong value."""
    asked = str(settings.get("per_file", "") or PER_FILE).strip()
    if asked.lower() == "all":
        number = None
    elif asked.isdigit() and int(asked) > 0:
        number = int(asked)
    else:
        raise UserError(f"per_file is {asked!r}: give how many samples of each file to import, or all")
    bins = str(settings.get("bins", "") or "").strip()
    if bins:
        split_bins(bins)
    mapping, kept = (str(settings.get(name, "") or "").strip() for name in ("mapping", "kept"))
    return Options(number, bool(settings.get("per_file")), bins, mapping, kept)


def split_bins(bins: str) -> tuple[int, tuple[float, ...]]:
    """Number of quantile bins (0 for none) and fixed edges of ``quantile:4`` or ``0.5,1.5``."""
    word, _, number = bins.partition(":")
    if word == "quantile" and number.isdigit() and 2 <= int(number) <= 50:
        return int(number), ()
    try:
        edges = tuple(float(part) for part in bins.split(","))
    except ValueError:
        edges = ()
    if not edges or not np.isfinite(edges).all() or any(b <= a for a, b in pairwise(edges)):
        raise UserError(f"bins is {bins!r}: give quantile:4 (2 to 50), or rising edges such as 0.5,1.5")
    return 0, edges


def bin_edges(distances: npt.NDArray[np.float64], bins: str) -> tuple[float, ...]:
    """Inner edges of the bins for these distances, rising."""
    count, edges = split_bins(bins or BINS)
    if not count:
        return edges
    known = distances[np.isfinite(distances)]
    inner = np.quantile(known, np.arange(1, count) / count) if len(known) else np.zeros(0)
    return tuple(float(edge) for edge in np.unique(inner))


def is_continuous(distances: npt.NDArray[np.float64]) -> bool:
    """Whether any distance is not a whole number of hops."""
    known = distances[np.isfinite(distances)]
    return bool(len(known)) and not np.allclose(known, np.round(known), atol=1e-6)


def classes_of(distances: npt.NDArray[np.float64], edges: tuple[float, ...] | None) -> list[str | None]:
    """The class of each distance: whole hops as "0", "1" …, or the number of its bin; None where unknown."""
    whole = np.searchsorted(edges, distances, side="right") if edges is not None else np.round(distances)
    wrong = ~np.isfinite(distances) | ((edges is None) & (distances < 0))
    return [None if bad else str(int(value)) for value, bad in zip(whole, wrong, strict=True)]
