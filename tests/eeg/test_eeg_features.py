"""Features tell what they are named after, and nothing makes one that is not a number."""

from __future__ import annotations

import numpy as np
import pytest

from models.domains.eeg import features, scalp
from models.domains.eeg.ballots import Pattern
from models.domains.eeg.constants import CHANNELS, RATE

STYLE = scalp.Style(15, 0.7, 10, 0.2, 0, 1.2, 0, 0)


def window(lateral: float, sharp: float, evolving: float, hz: float, strength: float = 1, side: int = -1) -> np.ndarray:
    rng = np.random.default_rng(2)
    pattern = Pattern(strength, lateral, sharp, evolving, hz, side, 0.0)
    return scalp.record(STYLE, [scalp.Episode(0, 50, pattern)], 50, RATE, rng)


def told(*windows: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(features.names(), features.describe(np.stack(windows)).T, strict=True))


def test_a_wave_has_its_band_its_edge_and_its_place() -> None:
    given = np.random.default_rng(0).normal(0, 1, (20, 50 * RATE)).astype(np.float32)
    given[CHANNELS.index("Fp1")] += 50 * np.sin(np.arange(50 * RATE) * 2 * np.pi * 10 / RATE)
    found = told(given)
    assert found["share_alpha_Fp1-F7"][0] > 0.9
    assert found["share_alpha_T3-T5"][0] < 0.3
    assert found["edge_Fp1-F7"][0] == pytest.approx(10.3, abs=0.5)
    assert found["asymmetry_alpha_Fp1-F7"][0] > 15
    assert abs(found["asymmetry_delta_Fp1-F7"][0]) < 3
    assert found["line_Fp1-F3"][0] > found["line_Fp2-F4"][0] + 1
    amplitude = 10 ** (found["alpha_Fp1-F7"][0] / 10) * 5
    assert amplitude == pytest.approx(50**2 / 2, rel=0.2), "power of a sine in µV²/Hz over 5 Hz"


def test_the_edge_is_that_of_nearly_all_power_and_a_shift_is_no_power() -> None:
    """Of two waves the faster one holds a fifth of the power: the edge is there, at 95 %."""
    time = np.arange(50 * RATE) / RATE
    given = np.random.default_rng(0).normal(0, 0.1, (20, 50 * RATE)).astype(np.float32)
    given[CHANNELS.index("Fp1")] += 40 * np.sin(time * 2 * np.pi * 5) + 20 * np.sin(time * 2 * np.pi * 25)
    shifted = given.copy()
    shifted[CHANNELS.index("Fp1")] += 1000
    found = told(given, shifted)
    assert found["edge_Fp1-F7"] == pytest.approx([25.3, 25.3], abs=0.5)
    assert found["delta_Fp1-F7"][1] == pytest.approx(found["delta_Fp1-F7"][0], abs=0.5)


def test_discharges_are_periodic_and_waves_rhythmic() -> None:
    found = told(window(0, 1, 0, 1.0), window(0, 0, 0, 2.0), window(0, 0, 0, 2.0, strength=0))
    for region in ("LP", "RP"):
        spiky, waves, none = found[f"periodicity_{region}"]
        assert spiky > max(waves, none) + 0.1
        assert found[f"periodicity_hz_{region}"][0] == pytest.approx(1.0, abs=0.2)
        rhythm = found[f"rhythm_{region}"]
        assert rhythm[1] > rhythm[2] + 2
        assert found[f"rhythm_hz_{region}"][1] == pytest.approx(2.0, abs=0.3)
        assert found[f"spikiness_{region}"][0] > found[f"spikiness_{region}"][1]
    assert found["together"][0] > found["together"][2] + 0.2


def test_sides_and_evolution_are_told() -> None:
    found = told(window(1, 0, 0, 2.0), window(1, 0, 0, 2.0, side=1), window(0, 0, 0, 2.0), window(1, 0, 1, 3.4))
    left, right, both, _ = found["asymmetry_delta_F7-T3"]
    assert left > 3 > -3 > right
    assert found["lateral_delta"][0] > found["lateral_delta"][2] + 1
    assert abs(both) < 3
    assert found["trend_hz_LL"][3] < found["trend_hz_LL"][0] - 0.05
    assert found["trend_power_LL"][3] > 0


def test_quality_counts_what_is_wrong_with_electrodes() -> None:
    good, bad = window(0, 0, 0, 2.0, 0), window(0, 0, 0, 2.0, 0)
    bad[3] = 0
    bad[5, 1000:6000] = np.nan
    bad[7] *= 60
    found = told(good, bad)
    assert found["flat_channels"].tolist() == [0, 1]
    assert found["missing"][1] == pytest.approx(0.5 / 19, rel=0.01)
    assert found["large_worst"][1] > 0.3 > found["large_worst"][0]


@pytest.mark.parametrize("fill", [0.0, np.nan, 5000.0])
def test_nothing_makes_what_is_not_a_number(fill: float) -> None:
    given = np.full((2, 20, 50 * RATE), fill, np.float32)
    assert np.isfinite(features.describe(given)).all()
    assert np.isfinite(features.describe(given[..., : 5 * RATE])).all()
    assert features.describe(given[:0]).shape == (0, len(features.names()))


def test_windows_are_described_alone_and_names_are_unlike() -> None:
    many = np.stack([window(0, 0, 0, 2.0, 0.1 * number) for number in range(18)])
    np.testing.assert_allclose(features.describe(many)[17], features.describe(many[17:])[0], rtol=1e-4, atol=1e-4)
    names = features.names()
    assert len(set(names)) == len(names) == features.describe(many[:1]).shape[1]
