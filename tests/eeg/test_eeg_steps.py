"""Steps before learning: each does what it says to what it should, and all together leave nothing missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

from models.domains.eeg import scalp, steps
from models.domains.eeg.ballots import Pattern
from models.domains.eeg.constants import CHANNELS, RATE
from models.domains.eeg.repair import bridge_gaps, fill_channels
from models.domains.eeg.steps import Steps
from models.errors import UserError
from models.params import build, describe

NONE = Steps(
    amplitude=0, flat=0, bad_channels="keep", notch="none", high_pass=0, low_pass=0, clip=0, scale="none"
)  # fmt: skip
EKG = len(CHANNELS) - 1
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "eeg" / "iiic_samples"


def windows(count: int = 2, seconds: int = 20) -> np.ndarray:
    rng = np.random.default_rng(0)
    style = scalp.Style(15, 0.7, 9, 0.3, 0, 1.2, 0, 0)
    pattern = Pattern(0.5, 1, 0, 0, 2, -1, 0)
    one = [scalp.record(style, [scalp.Episode(0, seconds, pattern)], seconds, RATE, rng) for _ in range(count)]
    return np.stack(one)


def power(values: np.ndarray, hz: float, rate: int = RATE) -> np.ndarray:
    """Amplitude at a rate, of each channel."""
    times = np.arange(values.shape[-1]) / rate
    return np.abs((values * np.exp(-2j * np.pi * hz * times)).mean(axis=-1)) * 2


def test_nothing_asked_changes_nothing() -> None:
    given = windows()
    np.testing.assert_array_equal(steps.apply(given, NONE), given)
    assert [stage.name for stage in steps.stages(given, NONE)] == ["gaps"]


def test_they_are_declared_as_parameters_are() -> None:
    assert all(param.note.help and param.note.section == "Preprocessing" for param in describe(Steps))
    asked = build(Steps, {"ica": "eye,heart", "notch": "50", "rate": "100"})
    assert (asked.ica, asked.notch, asked.rate) == (("eye", "heart"), "50", 100)
    with pytest.raises(UserError, match="Did you mean eye"):
        build(Steps, {"ica": "eyes"})


def test_gaps_are_bridged_and_told() -> None:
    given = windows()
    given[0, 3, 100:200] = np.nan
    straight = np.linspace(given[0, 3, 99], given[0, 3, 200], 102)[1:-1]
    first = next(steps.stages(given, NONE))
    np.testing.assert_allclose(first.windows[0, 3, 100:200], straight, rtol=1e-4)
    assert first.words == ("0.5 s missing in 1 of 20 channels", "")
    assert not steps.apply(given, replace(NONE, gaps="zero"))[0, 3, 100:200].any()
    assert not bridge_gaps(np.full((2, 5), np.nan)).any()


def test_bad_channels_are_found_for_their_reason_and_made_of_neighbours() -> None:
    given = windows()
    truth = given[0, 2].copy()
    given[0, 2] = np.nan
    given[0, 8] = 7
    given[1, 12, ::3] += 3000
    given[1, 15, 500:] += 400
    given[:, EKG] *= 20
    asked = replace(NONE, amplitude=800, flat=0.5, jump=350, bad_channels="interpolate")
    stage = list(steps.stages(given, asked))[1]
    assert stage.words[0] == "C3 made of neighbours (missing); Fz made of neighbours (flat)"
    assert stage.words[1] == "F4 made of neighbours (too large); F8 made of neighbours (jumps)"
    assert np.corrcoef(stage.windows[0, 2], truth)[0, 1] > 0.5
    np.testing.assert_array_equal(stage.windows[:, EKG], given[:, EKG])
    kept = [row for row in range(20) if row not in (2, 8)]
    np.testing.assert_array_equal(stage.windows[0, kept], given[0, kept])
    zero = steps.apply(given, replace(asked, bad_channels="zero"))
    assert not zero[0, [2, 8]].any()
    assert steps.apply(given, replace(asked, bad_channels="keep"))[0, 8, 0] == 7


def test_a_gap_is_no_jump() -> None:
    given = windows(1)
    given[0, 3] += 1000
    given[0, 3, 500:520] = np.nan
    stage = list(steps.stages(given, replace(NONE, jump=350, bad_channels="zero")))[1]
    assert stage.words == ("",)


def test_a_voltage_that_drifts_is_neither_large_nor_alive() -> None:
    given = windows(1)
    slope = np.linspace(-4000, 4000, given.shape[2], dtype=np.float32)
    given[0, 3] += slope
    given[0, 5] = 0
    given[0, 5, -1] = np.nan
    stage = list(steps.stages(given, replace(NONE, amplitude=500, flat=0.5, bad_channels="zero")))[1]
    assert stage.words == ("T3 set to 0 (flat)",)


def test_a_window_without_any_good_channel_is_zero() -> None:
    found = fill_channels(np.ones((1, 20, 5), np.float32), np.ones((1, 20), np.bool_))
    assert not found.any()
    assert np.isfinite(steps.apply(np.full((1, 20, 2000), np.nan), Steps())).all()


def test_filters_take_what_they_should_without_a_shift() -> None:
    times = np.arange(20 * RATE) / RATE
    waves = sum(np.sin(2 * np.pi * hz * times) for hz in (0.1, 10, 60, 80))
    given = np.tile(waves, (1, 20, 1)).astype(np.float32)
    out = steps.apply(given, replace(NONE, notch="60"))
    assert power(out, 60).max() < 0.05
    assert power(out, 80).min() > 0.95
    out = steps.apply(given, replace(NONE, high_pass=0.5, low_pass=40))
    assert max(power(out, hz).max() for hz in (0.1, 60, 80)) < 0.1
    middle = slice(5 * RATE, 15 * RATE)
    np.testing.assert_allclose(out[0, 0, middle], np.sin(2 * np.pi * 10 * times)[middle], atol=0.05)
    assert power(steps.apply(given, replace(NONE, low_pass=40)), 0.1).min() > 0.9
    assert power(steps.apply(given, replace(NONE, high_pass=1)), 80).min() > 0.9


@pytest.mark.parametrize("reference", ["average", "cz", "laplacian"])
def test_what_all_electrodes_share_is_gone_with_a_reference(reference: str) -> None:
    given = windows()
    common = np.sin(np.arange(given.shape[2]) / 30).astype(np.float32) * 200
    moved = given.copy()
    moved[:, :EKG] += common
    asked = replace(NONE, reference=reference)
    np.testing.assert_allclose(steps.apply(moved, asked), steps.apply(given, asked), atol=0.01)
    np.testing.assert_array_equal(steps.apply(moved, asked)[:, EKG], given[:, EKG])


def test_another_rate_keeps_the_waves() -> None:
    times = np.arange(20 * RATE) / RATE
    given = np.tile(np.sin(2 * np.pi * 7 * times), (1, 20, 1)).astype(np.float32)
    out = steps.apply(given, replace(NONE, rate=100))
    assert out.shape == (1, 20, 2000)
    assert power(out, 7, 100).min() > 0.98


def test_values_are_cut_off_and_scaled() -> None:
    given = windows() * 20
    out = steps.apply(given, replace(NONE, clip=100))
    assert np.abs(out).max() == 100
    words = list(steps.stages(given, replace(NONE, clip=100)))[-1].words
    assert all(text.endswith("cut off at 100 µV") for text in words)
    np.testing.assert_allclose(steps.apply(given, replace(NONE, scale="fixed")) * 100, given, rtol=1e-5)
    standard = steps.apply(given, replace(NONE, scale="standard"))
    np.testing.assert_allclose(standard.std(axis=2), 1, rtol=1e-3)
    robust = steps.apply(given, replace(NONE, scale="robust"))
    np.testing.assert_allclose(robust, steps.apply(given * 3, replace(NONE, scale="robust")), rtol=1e-3, atol=1e-4)


def test_windows_are_treated_alone() -> None:
    given = windows(3)
    given[1, 4] *= 100
    alone = np.concatenate([steps.apply(given[[row]], Steps(scale="robust")) for row in range(3)])
    np.testing.assert_allclose(steps.apply(given, Steps(scale="robust")), alone, rtol=1e-5, atol=1e-6)
    assert steps.apply(given[:0], Steps(ica=("eye",))).shape == (0, 20, 4000)


def test_components_of_eyes_and_heart_are_taken_out() -> None:
    given = windows(1, 30)
    clean = given.copy()
    rng = np.random.default_rng(4)
    places = np.sort(rng.uniform(1, 28, 12))
    for at in places:
        scalp._add_blink(given[0], float(at), RATE, rng)
    blinks = given[0, 0] - clean[0, 0]
    seen = np.abs(blinks) > 20
    stage = list(steps.stages(given, replace(NONE, ica=("eye", "heart"))))[-1]
    assert "of eye" in stage.words[0]
    before, after = (np.abs(values[0, 0, seen] - clean[0, 0, seen]).mean() for values in (given, stage.windows))
    assert after < 0.4 * before
    np.testing.assert_array_equal(stage.windows[0, EKG], given[0, EKG])
    again = list(steps.stages(given, replace(NONE, ica=("eye", "heart"))))[-1]
    np.testing.assert_array_equal(again.windows, stage.windows)


@pytest.mark.parametrize("same", [0.0, 30.0])
def test_channels_that_are_all_alike_have_no_components(same: float) -> None:
    given = np.tile(np.sin(np.arange(2000) / 20) * same, (1, 20, 1))
    stage = list(steps.stages(given, replace(NONE, ica=("muscle",))))[-1]
    assert stage.words == ("too few channels for components",)


def test_components_of_muscles_are_taken_out() -> None:
    given = windows(1, 30)
    clean = given.copy()
    rng = np.random.default_rng(4)
    for at in range(0, 28, 3):
        scalp._add_muscle(given[0], float(at), RATE, rng)
    stage = list(steps.stages(given, replace(NONE, ica=("muscle",))))[-1]
    assert "of muscle" in stage.words[0]
    before, after = (np.abs(values - clean)[0, :EKG].mean() for values in (given, stage.windows))
    assert after < before


@pytest.mark.skipif(not REAL.is_dir(), reason="no shared data here")
@pytest.mark.parametrize("name", ["LPD_sample4", "LRDA_sample4", "Other_sample1", "SZ_sample1"])
def test_real_segments_come_out_finite(name: str) -> None:
    given = np.asarray(loadmat(REAL / f"{name}.mat")["seg"], np.float32)[None]
    found = list(steps.stages(given, Steps(ica=("eye", "muscle", "heart"))))
    assert [stage.name for stage in found] == ["gaps", "bad_channels", "notch", "ica", "band", "clip", "scale"]
    out = found[-1].windows
    assert out.shape == given.shape
    assert np.isfinite(out).all()
    assert 0.01 < out[0, :EKG].std() < 5


def test_what_no_voltage_can_be_stands_for_a_missing_value() -> None:
    given = windows()
    given[0, EKG], given[1, 3, 5:9] = 3e38, -3e38
    after = steps.apply(given, Steps())
    assert np.isfinite(after).all()
    given[0, EKG], given[1, 3, 5:9] = np.nan, np.nan
    np.testing.assert_array_equal(after, steps.apply(given, Steps()))
