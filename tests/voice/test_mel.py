"""Mel spectrograms: equal to librosa's, block by block, and told apart by their settings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.domains.voice import mel
from models.domains.voice.mel import MelSettings, filter_bank, from_mel, mel_spectrogram, stretch, to_mel
from models.errors import UserError
from models.params import build

NUMBERS = json.loads((Path(__file__).parent / "mel_numbers.json").read_text("utf-8"))
SLANEY = MelSettings(0, 512, 400, 160, 24, 50, 7000, "slaney", "slaney", "zeros")
HTK = MelSettings(0, 1024, 512, 201, 32, 0, 4000)


def sound(count: int = 3200, rate: int = 16_000) -> np.ndarray:
    """A rising tone, a steady one and something like noise; the stored numbers are of it."""
    t, n = np.arange(count) / rate, np.arange(count)
    tones = 0.4 * np.sin(2 * np.pi * (200 * t + 300 * t * t)) + 0.1 * np.sin(2 * np.pi * 3100 * t)
    return (tones + 0.05 * ((n * 7919) % 101 - 50) / 50).astype(np.float32)


@pytest.mark.parametrize(("name", "settings"), [("slaney", SLANEY), ("htk", HTK)])
def test_it_is_that_of_librosa(name: str, settings: MelSettings) -> None:
    wanted = np.array(NUMBERS[name])
    found = mel_spectrogram(sound(), 16_000, settings)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6 * wanted.max())


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    values = sound(40_000)
    whole = mel_spectrogram(values, 16_000, HTK)
    monkeypatch.setattr(mel, "_HELD", 8 * 513 * 7)
    parts = [part.shape[1] for _, part in mel.mel_blocks(values, 16_000, HTK)]
    assert max(parts) == 7
    assert sum(parts) == whole.shape[1] == HTK.columns(len(values))
    # The library of transforms takes other ways for other counts of columns.
    np.testing.assert_allclose(mel_spectrogram(values, 16_000, HTK), whole, rtol=1e-4, atol=1e-6 * whole.max())


def test_resampling_in_pieces_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    values = sound(30_000)
    whole = mel.brought(values, 16_000, 8820)
    assert len(whole) == int(np.ceil(30_000 * 8820 / 16_000))
    monkeypatch.setattr(mel, "_PIECE", 999)
    np.testing.assert_allclose(mel.brought(values, 16_000, 8820), whole, atol=1e-6)


def test_a_tone_keeps_its_place_at_another_rate() -> None:
    t = np.arange(44_100) / 44_100
    settings = MelSettings()
    found = mel_spectrogram(np.sin(2 * np.pi * 1000 * t).astype(np.float32), 44_100, settings)
    peaks = mel.mel_edges(settings)[1:-1]
    assert abs(peaks[found[:, 50:-50].mean(axis=1).argmax()] - 1000) < 10


@pytest.mark.parametrize("count", [1, 2, 5, 600])
def test_what_is_shorter_than_a_window(count: int) -> None:
    for settings in (SLANEY, HTK):
        found = mel_spectrogram(np.full(count, 0.5, np.float32), 16_000, settings)
        assert found.shape == (settings.bands, 1 + count // settings.hop)
        assert np.isfinite(found).all()


def test_nothing_has_no_column() -> None:
    assert mel_spectrogram(np.zeros(0, np.float32), 44_100, MelSettings()).shape == (256, 0)


def test_padding_is_that_of_numpy() -> None:
    values = np.arange(1, 6, dtype=np.float32)
    for name, mode in (("reflect", "reflect"), ("zeros", "constant")):
        np.testing.assert_array_equal(stretch(values, -11, 14, name), np.pad(values, (11, 9), mode=mode))


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_the_scale_comes_back(scale: str) -> None:
    hertz = np.array([0.0, 20, 999, 1000, 1001, 4000, 12_000])
    np.testing.assert_allclose(from_mel(to_mel(hertz, scale), scale), hertz, atol=1e-9)
    assert to_mel(1000, scale) == pytest.approx({"htk": 999.9855, "slaney": 15}[scale], abs=1e-3)


def test_settings_that_do_not_fit() -> None:
    for values, word in (
        ({"window": 2048}, "longer than fft"),
        ({"low": 4000}, "not under high"),
        ({"high": 5000}, "above half of rate"),
        ({"bands": 0}, "outside its limits"),
        ({"mel_scale": "bark"}, "mel_scale"),
    ):
        with pytest.raises(UserError, match=word):
            build(MelSettings, values)
    with pytest.raises(UserError, match="above half of the rate of 6000 Hz"):
        filter_bank(HTK, 6000)


def test_the_key_tells_settings_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    first = MelSettings()
    assert first.key == MelSettings().key
    assert len({first.key, replace(first, hop=52).key, replace(first, padding="zeros").key}) == 3
    key = first.key
    monkeypatch.setattr(mel, "VERSION", mel.VERSION + 1)
    assert first.key != key
