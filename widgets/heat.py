"""The colours of a heat map, as the theme has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from widgets import theme

Floats = npt.NDArray[np.floating[Any]]
#: How much of what is below is covered at most, so that traces stay readable.
_DENSEST = 0.6


def heat_colours(values: Floats) -> npt.NDArray[np.uint32]:
    """Shares 0 … 1 in the heat map of the theme, panel → dark blue (dark theme: → pale blue), as RGB32."""
    low, high = theme.token("panel"), QColor("#B9C3F5" if theme.is_dark() else "#2B3A67")
    ends = np.array([[c.red(), c.green(), c.blue()] for c in (low, high)], np.float64)
    shares = np.nan_to_num(np.clip(values, 0, 1))[..., None]
    rgb = np.rint(ends[0] * (1 - shares) + ends[1] * shares).astype(np.uint32)
    return np.asarray(0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], np.uint32)


def signed_colour(value: float) -> QColor:
    """−1 … 1 from blue over the ground to vermillion."""
    end = QColor("#D55E00" if value >= 0 else "#0072B2")
    return theme.mix(end, theme.token("well"), min(abs(value), 1.0))


def signed_cover(values: Floats) -> npt.NDArray[np.uint32]:
    """−1 … 1 as blue or vermillion that covers the more the further from 0, as premultiplied ARGB32."""
    shares = np.nan_to_num(np.clip(values, -1, 1))
    cover = np.sqrt(np.abs(shares))[..., None] * _DENSEST
    ends = np.where((shares >= 0)[..., None], (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2))
    rgb, alpha = np.rint(ends * cover).astype(np.uint32), np.rint(cover[..., 0] * 255).astype(np.uint32)
    return np.ascontiguousarray(alpha << 24 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], np.uint32)
