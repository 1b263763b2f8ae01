"""Formants: the resonances that a voice was given, NaN where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest

from models.domains.voice.formants import formants, predictors
from tests.voice.voices import voice


def test_resonances_are_found() -> None:
    samples, _, _ = voice(100, noise=1e-4, formants=(600, 1700, 2800))
    found = formants(samples, 16_000, np.arange(0.1, 0.9, 0.05))
    np.testing.assert_allclose(np.nanmedian(found.hertz, axis=0), [600, 1700, 2800], rtol=0.05)
    assert np.nanmedian(found.bandwidths) < 250
    assert found.hertz.shape == found.bandwidths.shape == (16, 3)


def test_prediction_tells_the_filter_of_noise() -> None:
    from scipy import signal

    wanted = np.array([1, -1.2, 0.8])
    noise = np.random.default_rng(0).standard_normal(100_000)
    found, error = predictors(signal.lfilter([1], wanted, noise)[None], 2)
    np.testing.assert_allclose(found[0], wanted, atol=0.02)
    assert error[0] == pytest.approx(len(noise), rel=0.02)


def test_nothing_has_no_formants() -> None:
    silent = formants(np.zeros(16_000, np.float32), 16_000, np.array([0.5]))
    assert np.isnan(silent.hertz).all()
    outside = formants(voice(100)[0], 16_000, np.array([-1.0, 0.001, 0.5, 5.0]))
    assert np.isfinite(outside.hertz[:, 0]).tolist() == [False, False, True, False]
    assert formants(np.zeros(0, np.float32), 16_000, np.zeros(0)).hertz.shape == (0, 3)
