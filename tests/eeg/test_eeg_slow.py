"""Features of windows whose rate is too low for the faster bands."""

from __future__ import annotations

import numpy as np

from models.domains.eeg import features
from models.domains.eeg.constants import CHANNELS


def test_bands_above_half_the_rate_say_the_least_and_the_others_what_they_are() -> None:
    slow = np.random.default_rng(0).normal(0, 20, (2, len(CHANNELS), 40 * 10)).astype(np.float32)
    told = dict(zip(features.names(), features.describe(slow, rate=40).T, strict=True))
    fast = next(band for band, limits in features.BANDS.items() if limits[0] >= 20)
    assert np.isfinite(list(told.values())).all()
    assert np.allclose(told[f"{fast}_Fz-Cz"], -60)
    assert (told["delta_Fz-Cz"] > 0).all()
