"""Where windows stand before there is a run: by what is measured of their EEG, else by what their source says."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.eeg.constants import CLASSES
from models.domains.eeg.recipes.features import FeaturesParams, measure, squeezed, tamed
from models.domains.eeg.recipes.model import able
from models.job import Progress
from models.sample import Samples

Floats = npt.NDArray[np.float32]
#: The middle half of a normal distribution beside its deviation.
NORMAL = 1.349
_TINY = 1e-6


def vectors(samples: Samples, cache: Path) -> Generator[Progress, None, Floats]:
    """(n, d), NaN for windows of which there is nothing: features of the EEG, or the source's map and probabilities.

    Features are on one scale, by their middle half: in another one the largest of them would be the whole map.

    Where a project has both kinds of windows it is what most of them have: the two cannot be compared.
    """
    told = _told(samples)
    rows = np.flatnonzero(able(samples))
    if told is not None and len(rows) < int(np.isfinite(told).all(axis=1).sum()):
        return told
    table = squeezed((yield from measure(samples, rows, FeaturesParams(), cache)))
    out = np.full((len(samples), table.shape[1]), np.nan, np.float32)
    out[rows] = levelled(table)
    return out


def levelled(table: Floats) -> Floats:
    """Features (n, d) by the median and the middle half of each; one that does not vary there counts as it is."""
    known = ~np.isnan(table).all(axis=1)
    if not known.any():
        return table
    low, middle, high = np.quantile(table[known], [0.25, 0.5, 0.75], axis=0)
    scale = (high - low) / NORMAL
    scale[scale < _TINY] = 1.0
    return tamed(np.asarray((table - middle) / scale, np.float32))


def places(samples: Samples) -> Floats | None:
    """The map that came with the windows, (n, 2), NaN for those that are not on it; None where none came."""
    if not {"x", "y"} <= set(samples.names):
        return None
    found = np.stack([samples.column("x"), samples.column("y")], axis=1)
    return np.asarray(found, np.float32) if np.isfinite(found).all(axis=1).sum() > 2 else None


def _told(samples: Samples) -> Floats | None:
    """The map and the square roots of the probabilities that came with the windows, (n, d)."""
    own = places(samples)
    parts = [] if own is None else [own]
    names = [f"p_{name}" for name in CLASSES]
    if set(names) <= set(samples.names):
        shares = np.stack([samples.column(name) for name in names], axis=1)
        parts.append(np.asarray(np.sqrt(np.clip(shares, 0, 1)), np.float32))
    return np.concatenate(parts, axis=1) if parts else None
