"""Formants as curves: a frame that lacks one moves no other, curves follow what moves, lines do not leap."""

from __future__ import annotations

import numpy as np

from models.domains.voice.formant_paths import CANDIDATES, paths
from models.domains.voice.tracks import follow
from tests.voice.voices import voice

RATE = 16_000


def resonances(*frames: list[float]) -> tuple[np.ndarray, np.ndarray]:
    hertz = np.full((len(frames), CANDIDATES), np.nan)
    for row, frame in enumerate(frames):
        hertz[row, : len(frame)] = frame
    return hertz, np.where(np.isnan(hertz), np.nan, 80.0)


def test_a_frame_without_its_first_formant_moves_no_other() -> None:
    whole, lacking = [500.0, 1500.0, 2500.0, 3500.0], [1500.0, 2500.0, 3500.0]
    found = paths(*resonances(whole, whole, lacking, whole, whole))
    assert np.isnan(found[2, 0])
    np.testing.assert_allclose(found[:, 1], 1500)
    np.testing.assert_allclose(found[:, 2], 2500)
    np.testing.assert_allclose(found[[0, 1, 3, 4], 0], 500)


def test_a_resonance_too_many_moves_no_other() -> None:
    whole, more = [500.0, 1500.0, 2500.0], [500.0, 1000.0, 1500.0, 2500.0]
    found = paths(*resonances(whole, whole, more, whole))
    np.testing.assert_allclose(found, np.tile(whole, (4, 1)))


def test_curves_follow_what_moves_and_are_parted_where_it_leaps() -> None:
    rising = [[400 + 5.0 * step, 1900 - 20.0 * step, 2700.0] for step in range(40)]
    np.testing.assert_allclose(paths(*resonances(*rising)), rising)
    found = paths(*resonances(*[[300.0, 2200.0, 2900.0]] * 20, *[[700.0, 1100.0, 2700.0]] * 20))
    for column in found.T:
        steps = np.abs(np.diff(np.log2(column)))
        assert np.nanmax(steps) <= 0.25, "no line joins what lies more than a quarter of an octave apart"
    np.testing.assert_allclose(found[10], [300, 2200, 2900])
    np.testing.assert_allclose(found[30], [700, 1100, 2700])


def test_nothing_has_no_curve() -> None:
    assert paths(*resonances()).shape == (0, 3)
    assert np.isnan(paths(*resonances([], [], []))).all()


def test_the_curves_of_a_sound_are_its_resonances() -> None:
    samples, _, _ = voice(100, noise=1e-4, formants=(600, 1700, 2800))
    found = {track.name: track for track in follow(Heard(samples), RATE)}
    for name, wanted in (("F1", 600), ("F2", 1700), ("F3", 2800)):
        curve = found[name].values
        assert np.isfinite(curve).mean() > 0.8
        np.testing.assert_allclose(np.nanmedian(curve), wanted, rtol=0.04)
        assert np.nanmax(np.abs(np.diff(np.log2(curve)))) <= 0.25


class Heard:
    """A SoundReader over samples (n,)."""

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = np.asarray(samples, np.float32)

    @property
    def length(self) -> int:
        return len(self.samples)

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.samples[start:stop]
