"""Each feature against signals of which its value is known on paper."""

from __future__ import annotations

from itertools import pairwise
from math import log, log10

import numpy as np
import numpy.typing as npt
import pytest

from models.domains.eeg import features
from models.domains.eeg.constants import CHANNELS, LABELLED, RATE, REGIONS, WINDOW
from models.domains.eeg.features import BANDS, PAIRS, TITLES

Values = npt.NDArray[np.float64]
#: Electrodes on the left with those on the right.
MIRROR = {"Fp1": "Fp2", "F7": "F8", "T3": "T4", "T5": "T6", "O1": "O2", "F3": "F4", "C3": "C4", "P3": "P4"}


def times(rate: int = RATE, seconds: float = WINDOW) -> Values:
    return np.arange(round(seconds * rate)) / rate


def told(gains: dict[str, float], wave: Values, rate: int = RATE) -> dict[str, float]:
    """The features of a wave that these electrodes show so strongly, and the others not at all."""
    window = np.zeros((len(CHANNELS), len(wave)))
    for name, gain in gains.items():
        window[CHANNELS.index(name)] = gain * wave
    return dict(zip(features.names(), features.describe(window[None], rate)[0].tolist(), strict=True))


def test_the_bands_are_those_of_the_books() -> None:
    edges = [0.5, 4, 8, 13, 30, 40]
    for (band, limits), (low, high) in zip(BANDS.items(), pairwise(edges), strict=True):
        assert limits == (low, high)
        for hz in (max(low + 0.5, 0.75), high - 0.5):
            found = told({"Fp1": 20}, np.sin(2 * np.pi * hz * times()))
            assert found[f"share_{band}_Fp1-F7"] > 0.99, f"{hz} Hz"
            expected = 10 * log10(20**2 / 2 / (high - low))
            assert found[f"{band}_Fp1-F7"] == pytest.approx(expected, abs=0.3), f"{hz} Hz"
            assert found["edge_Fp1-F7"] == pytest.approx(hz, abs=0.3)


def test_asymmetry_is_how_far_the_left_is_above_its_mirror() -> None:
    rng = np.random.default_rng(0)
    gains = {name: float(gain) for name, gain in zip(CHANNELS, rng.uniform(5, 60, len(CHANNELS)), strict=True)}
    found = told(gains, np.sin(2 * np.pi * 10 * times()))
    apart = []
    for first, second in PAIRS:
        if first not in MIRROR or second not in MIRROR:
            continue
        left, right = gains[first] - gains[second], gains[MIRROR[first]] - gains[MIRROR[second]]
        apart.append(20 * log10(abs(left) / abs(right)))
        assert found[f"asymmetry_alpha_{first}-{second}"] == pytest.approx(apart[-1], abs=0.05)
    assert len(apart) == 8
    assert found["lateral_alpha"] == pytest.approx(abs(np.mean(apart)), abs=0.05)


@pytest.mark.parametrize("rate", [100, 200, 400])
def test_the_length_of_a_line_is_that_of_a_second_at_any_rate(rate: int) -> None:
    found = told({"Fp1": 30}, np.sin(2 * np.pi * 2 * times(rate)), rate)
    # A wave goes up and down by twice its height each time.
    assert found["line_Fp1-F7"] == pytest.approx(log(4 * 30 * 2 + 1), abs=0.01)
    assert found["line_T3-T5"] == 0


@pytest.mark.parametrize("lag", [75, 90, 100, 125, 160])
def test_periodicity_is_of_the_lag_at_which_it_comes_again(lag: int) -> None:
    wave = 3 + np.cos(2 * np.pi * np.arange(20 * lag) / lag)
    other = 3 - np.cos(2 * np.pi * np.arange(20 * lag) / lag)
    envelope = np.stack([wave, wave, wave, wave])[None].astype(np.float32)
    found = features._periodicity(envelope)
    for region in REGIONS:
        assert found[f"periodicity_hz_{region}"][0] == pytest.approx(50 / lag)
        assert found[f"periodicity_{region}"][0] == pytest.approx(2, abs=0.01), "from the least to the same again"
        assert found[f"spikiness_{region}"][0] == pytest.approx(log(1.5 + 1), abs=0.01), "the kurtosis of a cosine"
    assert found["together"][0] == pytest.approx(1, abs=1e-3)
    # The regions are left, right, left, right.
    apart = np.stack([wave, other, wave, other])[None].astype(np.float32)
    assert features._periodicity(apart)["together"][0] == pytest.approx(-1, abs=1e-3)


def test_few_returns_count_as_much_as_many() -> None:
    wave = 3 + np.cos(2 * np.pi * np.arange(5 * 100) / 100)
    envelope = np.repeat(wave[None, None].astype(np.float32), 4, axis=1)
    assert features._periodicity(envelope)["periodicity_LL"][0] == pytest.approx(2, abs=0.03)


def test_spikes_come_again_at_their_own_pace() -> None:
    wave = np.zeros(WINDOW * RATE)
    for start in range(100, len(wave) - 40, 2 * RATE):
        wave[start : start + 20] = np.hanning(20) * 100
    found = told(dict.fromkeys(("F7", "T5", "F3", "P3"), 1.0), wave)
    for region in ("LL", "LP"):
        assert found[f"periodicity_hz_{region}"] == pytest.approx(0.5, abs=0.005)
        assert found[f"periodicity_{region}"] > 0.9


def test_a_rhythm_has_its_peak_its_hz_and_its_drift() -> None:
    steady = told({"F7": 40}, np.sin(2 * np.pi * 2.25 * times()))
    assert steady["rhythm_hz_LL"] == pytest.approx(2.25)
    assert steady["rhythm_drift_LL"] == 0
    assert steady["rhythm_LL"] > 30
    first, second = np.sin(2 * np.pi * 1 * times(seconds=26)), np.sin(2 * np.pi * 3 * times(seconds=24))
    moving = told({"F7": 40}, np.concatenate([first, second]))
    # Half of the time 8 bins of .25 Hz higher: 4 bins from the mean either way, on two of the region's four channels;
    # on the others there is nothing.
    assert moving["rhythm_drift_LL"] == pytest.approx(2, abs=0.1)


def test_trends_are_of_a_fifth_of_the_window() -> None:
    steps = np.repeat(np.arange(5), WINDOW * RATE // 5)
    louder = told({"F7": 1}, 20 * 10 ** (steps / 10) * np.sin(2 * np.pi * 6 * times()))
    assert louder["trend_power_LL"] == pytest.approx(2, abs=0.15), "dB a fifth"
    assert louder["change_power_LL"] == pytest.approx(8, abs=0.5)
    assert louder["trend_hz_LL"] == pytest.approx(0, abs=0.05)
    slower = told({"F7": 30}, np.sin(2 * np.pi * np.cumsum(10.0 - steps) / RATE))
    assert slower["trend_hz_LL"] == pytest.approx(-1, abs=0.1)
    assert slower["change_hz_LL"] == pytest.approx(4, abs=0.3)
    inside = np.abs(times() - WINDOW / 2) < LABELLED / 2
    middle = told({"F7": 1}, np.where(inside, 40, 20) * np.sin(2 * np.pi * 6 * times()))
    # Twice as high for a fifth of the time is 6 dB there, and 1.2 on the mean.
    assert middle["centre_power_LL"] == pytest.approx(6.02 * 0.8, abs=0.7)


def test_quality_has_its_limits() -> None:
    square = np.sign(np.sin(2 * np.pi * 1 * (times() + 1e-4)))
    everywhere = dict.fromkeys(CHANNELS[:19], 1.0)
    assert told(everywhere, 310 * square)["large"] == 1
    assert told(everywhere, 290 * square)["large"] == 0
    assert told(everywhere, 0.49 * square)["flat_channels"] == 19
    assert told(everywhere, 0.51 * square)["flat_channels"] == 0
    quiet = told(everywhere | {"Cz": 8.0}, square)
    assert quiet["spread"] == pytest.approx(0, abs=1e-3)
    assert quiet["spread_ratio"] == pytest.approx(log(8), abs=1e-3)
    assert set(TITLES) == {f"{first}-{second}" for first, second in PAIRS}


def test_under_the_edge_lie_95_of_100_parts_of_the_power() -> None:
    noise = np.random.default_rng(3).normal(0, 20, WINDOW * RATE)
    # Of noise that is the same at all frequencies from 0.5 to 40 Hz.
    assert told({"Fp1": 1}, noise)["edge_Fp1-F7"] == pytest.approx(0.5 + 0.95 * 39.5, abs=0.6)


def test_a_step_is_steep_for_three_moments_around_it() -> None:
    pairs = np.zeros((1, len(PAIRS), 400), np.float32)
    pairs[:, :16, 200:] = 10
    steep = features._envelope(pairs, RATE)[0, 0]
    assert (steep > 0).sum() == 3
    assert steep[steep > 0] == pytest.approx([steep.max()] * 3)


def test_a_rhythm_stands_so_far_above_the_middle_of_what_lies_around_it() -> None:
    hz = np.arange(0, 40.25, 0.25)
    power = np.ones((1, len(PAIRS), 6, len(hz)), np.float32)
    power[..., hz == 1.5] = 100
    found = features._rhythm(power, hz)
    assert found["rhythm_RP"][0] == pytest.approx(20, abs=0.01)
    assert found["rhythm_hz_RP"][0] == 1.5
