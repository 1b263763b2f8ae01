"""The 81 measures: right on voices that are known, blind to loudness and rate, NaN for what cannot be told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal

from models.domains.voice import acoustics
from models.domains.voice.acoustics import measure, prepared, row_of
from models.domains.voice.measures import COLUMNS, FAMILIES, MEASURES, NAMES, places_of
from tests.voice.voices import voice

RATE = 16_000


def test_there_are_81_each_once() -> None:
    assert len(NAMES) == len(set(NAMES)) == len(COLUMNS) == 81
    assert all(measure.title and measure.family in FAMILIES for measure in MEASURES)
    assert all(column.feature for column in COLUMNS)
    assert [NAMES[place] for place in places_of(("tilt",))] == ["tilt", "tilt_sd"]
    assert len(places_of(())) == 81


def test_a_voice_is_measured_whole() -> None:
    samples, _, _ = voice(130, 2.0, noise=1e-3, jitter=0.005, formants=(600, 1700, 2800))
    found = measure(samples, RATE)
    assert tuple(found) == NAMES
    assert all(math.isfinite(value) for value in found.values())
    assert found["pitch"] == pytest.approx(130, rel=0.01)
    assert found["voiced"] > 0.95
    for place, hertz in enumerate((600, 1700, 2800), 1):
        assert found[f"formant{place}"] == pytest.approx(hertz, rel=0.06)
    assert row_of(found).shape == (81,)
    assert measure(samples, RATE) == found


def test_more_of_each_is_told_as_more() -> None:
    def told(name: str, **changed: float) -> float:
        return measure(voice(130, 2.0, **{"noise": 1e-3, **changed})[0], RATE)[name]  # type: ignore[arg-type]

    assert told("jitter", jitter=0.03) > 2 * told("jitter", jitter=0.003)
    assert told("shimmer_apq3", shimmer=0.15) > 1.5 * told("shimmer_apq3", shimmer=0.01)
    assert told("hnr", noise=0.05) < told("hnr") - 5
    assert told("cpp", noise=0.05) < told("cpp")
    assert told("flatness", noise=0.05) > told("flatness")


def test_pitch_that_wavers_is_told_in_its_band() -> None:
    grid = np.arange(3 * RATE) / RATE
    phase = 2 * np.pi * 150 * grid - 150 * 0.02 / 6 * np.cos(2 * np.pi * 6 * grid)
    samples = sum(np.sin(number * phase) / number for number in range(1, 6))
    found = measure(np.asarray(samples, np.float32) / 4, RATE)
    assert found["pitch_4_8"] > 5 * max(found["pitch_1_4"], found["pitch_8_16"])
    assert found["pitch_4_8"] == pytest.approx(12 * np.log2(1.02) / np.sqrt(2), rel=0.1)
    swelling = measure((np.asarray(samples) / 8 * (1 + 0.3 * np.sin(2 * np.pi * 10 * grid))).astype(np.float32), RATE)
    assert swelling["loudness_8_16"] > 5 * swelling["loudness_1_4"]


def test_loudness_and_rate_of_the_file_count_little() -> None:
    samples, _, _ = voice(130, 2.0, noise=3e-3)
    found = measure(samples, RATE)
    quiet = measure(samples * np.float32(0.01), RATE)
    for name in NAMES:
        assert quiet[name] == pytest.approx(found[name], rel=0.02, abs=0.05), name
    finer = measure(signal.resample_poly(samples, 3, 1).astype(np.float32), 3 * RATE)
    for name in ("pitch", "formant1", "jitter", "shimmer", "hnr", "mfcc2_mean"):
        assert finer[name] == pytest.approx(found[name], rel=0.1), name


def test_silence_at_the_ends_and_rumble_are_cut_off() -> None:
    samples, _, _ = voice(130, 1.0)
    padded = np.concatenate([np.zeros(RATE, np.float32), samples, np.zeros(RATE // 2, np.float32)])
    assert abs(len(prepared(padded, RATE)) - len(prepared(samples, RATE))) <= 320
    grid = np.arange(len(samples)) / RATE
    rumbling = samples + np.float32(0.3) * np.sin(2 * np.pi * 12 * grid).astype(np.float32)
    assert prepared(rumbling, RATE)[2000:-2000].std() == pytest.approx(
        prepared(samples, RATE)[2000:-2000].std(), rel=0.1
    )


@pytest.mark.parametrize(
    "samples", [np.zeros(0), np.zeros(1), np.zeros(RATE), np.ones(RATE), np.full(RATE, 1e-9), np.ones(500)]
)
def test_of_nothing_nothing_is_told(samples: np.ndarray) -> None:
    found = measure(samples.astype(np.float32), RATE)
    assert tuple(found) == NAMES
    assert all(math.isnan(value) for value in found.values())


def test_what_cannot_be_told_is_nan_and_never_0() -> None:
    rng = np.random.default_rng(2)
    hiss = measure(rng.standard_normal(RATE).astype(np.float32) * 0.1, RATE)
    for name in ("formant1", "jitter", "jitter_ppq5", "shimmer", "hnr", "pitch", "pitch_4_8"):
        assert math.isnan(hiss[name]), name
    assert math.isfinite(hiss["mfcc1_mean"])
    assert math.isfinite(hiss["flatness"])
    short = measure(voice(130, 0.4)[0], RATE)
    assert math.isnan(short["loudness_1_4"])
    assert math.isfinite(short["pitch"])


def test_of_a_long_recording_the_middle_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, _, _ = voice(130, 2.0)
    monkeypatch.setattr(acoustics, "LONGEST", 2.0)
    long = np.concatenate([voice(300, 2.0)[0], samples, voice(300, 2.0)[0]])
    assert measure(long, RATE)["pitch"] == pytest.approx(130, rel=0.01)
