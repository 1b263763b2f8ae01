"""The colours of a heat map, as the theme has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from widgets import theme

Floats = npt.NDArray[np.floating[Any]]


def heat_colours(values: Floats) -> npt.NDArray[np.uint32]:
    """Shares 0 … 1 in the heat map of the theme, panel → dark blue (dark theme: → pale blue), as RGB32."""
    low, high = theme.token("panel"), QColor("#B9C3F5" if theme.is_dark() else "#2B3A67")
    ends = np.array([[c.red(), c.green(), c.blue()] for c in (low, high)], np.float64)
    shares = np.nan_to_num(np.clip(values, 0, 1))[..., None]
    rgb = np.rint(ends[0] * (1 - shares) + ends[1] * shares).astype(np.uint32)
    return np.asarray(0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], np.uint32)
