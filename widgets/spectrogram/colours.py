"""The colours that levels of a spectrogram have, between limits in dB."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from widgets import theme

if TYPE_CHECKING:
    from models.payload import Spectrogram

Span = tuple[float, float]
Colours = npt.NDArray[np.uint32]
#: Maps that can be chosen, each even to the eye: words by name. The first is the usual one.
MAPS = {"inferno": "Inferno", "viridis": "Viridis", "cividis": "Cividis", "grey": "Grey"}
USUAL = next(iter(MAPS))
#: Limits stand at least so many dB apart.
CLOSEST = 1.0


@cache
def ramp(name: str) -> Colours:
    """256 colours of a map from the lowest to the highest, as RGB32. KeyError for an unknown one."""
    if MAPS[name] == "Grey":
        return _packed(np.repeat(np.arange(256)[:, None], 3, axis=1))
    import pyqtgraph as pg

    return _packed(pg.colormap.get(name).getLookupTable(nPts=256, alpha=False))


def level_colours(name: str, spectrogram: Spectrogram, limits: Span) -> Colours:
    """The colour of each level of a spectrogram; the ground of the theme's panels where nothing is there."""
    low, high = limits
    told = spectrogram.floor + (np.arange(256) - 1) * ((spectrogram.top - spectrogram.floor) / 254)
    shares = np.clip((told - low) / max(high - low, 1e-6), 0, 1)
    found: Colours = ramp(name)[np.rint(shares * 255).astype(np.int64)]
    found[0] = theme.token("panel").rgba()
    return found


def decibels(level: int, spectrogram: Spectrogram) -> float:
    """dB of a level; NaN where nothing is there."""
    step = (spectrogram.top - spectrogram.floor) / 254
    return spectrogram.floor + (level - 1) * step if level else float("nan")


def _packed(rgb: npt.NDArray[np.integer]) -> Colours:
    parts = rgb[:, :3].astype(np.uint32)
    return np.asarray(0xFF000000 | parts[:, 0] << 16 | parts[:, 1] << 8 | parts[:, 2], np.uint32)
