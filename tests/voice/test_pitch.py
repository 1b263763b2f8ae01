"""Pitch, cycles, jitter, shimmer and harmonicity: right on voices that are known, and as Praat finds them."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from models.domains.voice import praat
from models.domains.voice.cycles import jitter, pulses, shimmer
from models.domains.voice.pitch import PitchSettings, harmonicity, track
from models.errors import UserError
from models.params import build
from tests.voice.voices import MINSK, pulse_train, voice

parselmouth = pytest.mark.skipif(not praat.ready() or not MINSK.is_dir(), reason="no parselmouth or no shared data")


@pytest.mark.parametrize("hertz", [80.0, 123.4, 250.0, 555.5])
def test_a_steady_voice(hertz: float) -> None:
    samples, _, _ = voice(hertz)
    found = track(samples, 16_000)
    assert found.voiced[5:-5].all()
    np.testing.assert_allclose(found.hertz[5:-5], hertz, rtol=2e-4)
    assert len(found.times) == len(found.hertz) == len(found.strength)
    np.testing.assert_allclose(np.diff(found.times), 0.01)
    assert found.times[0] + found.times[-1] == pytest.approx(1.0)


def test_a_gliding_voice_is_followed_across_octaves() -> None:
    rate, seconds = 16_000, 2.0
    grid = np.arange(int(rate * seconds)) / rate
    phase = 2 * np.pi * (100 * grid + 75 * grid**2)
    samples = sum(np.sin(number * phase) / number for number in range(1, 8))
    found = track(np.asarray(samples, np.float32), rate)
    wanted = 100 + 150 * found.times
    assert found.voiced.all()
    np.testing.assert_allclose(found.hertz, wanted, rtol=5e-3)


def test_noise_silence_and_scraps_have_no_pitch() -> None:
    rng = np.random.default_rng(3)
    assert track(rng.standard_normal(16_000).astype(np.float32), 16_000).voiced.mean() < 0.05
    assert not track(np.zeros(16_000, np.float32), 16_000).voiced.any()
    for count in (0, 1, 100, 639):
        assert len(track(np.ones(count, np.float32), 16_000).times) == 0
    samples, _, _ = voice(120)
    gap = np.concatenate([samples, np.zeros(8000, np.float32), samples])
    found = track(gap, 16_000)
    quiet = (found.times > 1.05) & (found.times < 1.45)
    assert not found.voiced[quiet].any()
    assert found.voiced[~quiet][3:-3].mean() > 0.9


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, _, _ = voice(140, 1.5, noise=0.02)
    whole = track(samples, 16_000)
    monkeypatch.setattr("models.domains.voice.pitch._BLOCK", 13)
    np.testing.assert_allclose(track(samples, 16_000).hertz, whole.hertz, rtol=1e-5)


def test_cycles_are_where_the_pulses_are() -> None:
    samples, times, _ = voice(110, jitter=0.01, seed=5)
    found = pulses(samples, 16_000, track(samples, 16_000))
    inner = times[(times > found[0] + 0.003) & (times < found[-1] - 0.003)]
    near = np.abs(found[:, None] - inner[None]).argmin(axis=0)
    lag = found[near] - inner
    assert len(np.unique(near)) == len(inner)
    assert np.abs(lag - np.median(lag)).max() < 3e-4


def test_jitter_and_shimmer_are_what_was_put_in() -> None:
    rng = np.random.default_rng(11)
    periods = (1 + 0.01 * rng.standard_normal(300)) / 120
    times = 0.05 + np.concatenate([[0], np.cumsum(periods)])
    apart = np.abs(np.diff(periods)).mean() / periods.mean()
    assert jitter(times)["local"] == pytest.approx(apart, rel=1e-9)
    third = np.abs(periods[1:-1] - (periods[:-2] + periods[1:-1] + periods[2:]) / 3).mean() / periods.mean()
    assert jitter(times)["rap"] == pytest.approx(third, rel=1e-9)
    loud = 1 + 0.05 * rng.standard_normal(len(times))
    samples = pulse_train(times, loud, times[-1] + 0.05, 44_100).astype(np.float32)
    found = shimmer(samples, 44_100, times)
    assert found["local"] == pytest.approx(np.abs(np.diff(loud)).mean() / loud.mean(), rel=0.05)
    assert found["db"] == pytest.approx(20 * np.abs(np.diff(np.log10(loud))).mean(), rel=0.05)
    assert found["apq3"] < found["local"]


def test_what_cannot_be_told_is_nan() -> None:
    assert all(np.isnan(value) for value in jitter(np.zeros(0)).values())
    assert all(np.isnan(value) for value in shimmer(np.zeros(10, np.float32), 16_000, np.zeros(0)).values())
    one = jitter(np.arange(4) / 100)
    assert one["local"] == pytest.approx(0)
    assert np.isnan(one["ppq5"])
    apart = jitter(np.arange(6) * 0.5)
    assert np.isnan(apart["local"]), "half a second is no period"


def test_harmonics_over_noise() -> None:
    ratios = []
    for noise in (0.003, 0.03, 0.1):
        samples, _, _ = voice(150, noise=noise)
        pitch = track(samples, 16_000)
        told = harmonicity(samples, 16_000, pitch)
        signal = float(samples.astype(float).var()) - noise**2
        ratios.append(np.nanmean(told))
        assert ratios[-1] == pytest.approx(10 * np.log10(signal / noise**2), abs=1.5)
    assert ratios == sorted(ratios, reverse=True)


def test_settings_that_do_not_fit() -> None:
    with pytest.raises(UserError, match="not under ceiling"):
        build(PitchSettings, {"floor": 700})
    with pytest.raises(UserError, match="outside its limits"):
        build(PitchSettings, {"step": 0})


def test_without_the_extra_a_person_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(praat, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"\.\[praat\]"):
        praat.track(np.zeros(100, np.float32), 16_000)


@parselmouth
def test_pitch_is_that_of_praat() -> None:
    import soundfile

    for path in sorted(MINSK.glob("*/*.wav"))[::13]:
        samples, rate = soundfile.read(path, dtype="float32")
        ours, theirs = track(samples, rate), praat.track(samples, rate)
        count = min(len(ours.hertz), len(theirs.hertz))
        apart = np.abs(ours.hertz[:count] / theirs.hertz[:count] - 1)
        assert np.nanmedian(apart) < 3e-4
        assert (ours.voiced[:count] == theirs.voiced[:count]).mean() > 0.98


@parselmouth
def test_jitter_and_shimmer_are_those_of_praat() -> None:
    import soundfile
    from parselmouth import Sound
    from parselmouth.praat import call

    for path in sorted(MINSK.glob("*/*.wav"))[:42:10]:
        samples, rate = soundfile.read(path, dtype="float32")
        times = pulses(samples, rate, track(samples, rate))
        sound = Sound(samples.astype(float), rate)
        points = call([sound, sound.to_pitch_ac(pitch_floor=75, pitch_ceiling=600)], "To PointProcess (cc)")
        limits = (0, 0, 1e-4, 0.02, 1.3)
        for name, found in jitter(times).items():
            assert found == pytest.approx(call(points, f"Get jitter ({name})", *limits), rel=0.03)
        told = {"local": "local", "db": "local_dB", "apq3": "apq3", "apq5": "apq5"}
        for name, found in shimmer(samples, rate, times).items():
            assert found == pytest.approx(call([sound, points], f"Get shimmer ({told[name]})", *limits, 1.6), rel=0.03)


@parselmouth
def test_formants_by_praat() -> None:
    samples, _, _ = voice(120, noise=1e-4, formants=(600, 1700, 2800))
    found = praat.formants(samples, 16_000)
    middle = np.nanmedian(found.hertz, axis=0)
    assert [np.abs(middle / wanted - 1).min() < 0.06 for wanted in (600, 1700, 2800)] == [True] * 3
