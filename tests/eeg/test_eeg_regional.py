"""A window without a spectrogram of its own gets one of its EEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.domains.eeg import fake, read, regional, window
from models.domains.eeg.choices import Steps
from models.domains.eeg.pictures import stage_pictures
from models.domains.eeg.spectrogram import regional_power
from models.job import finish
from models.sample import Samples


def found(out: Path) -> tuple[Found, Samples]:
    every = [one for one in read.scan([out], {}) if isinstance(one, Found)]
    assert len(every) == 1
    return every[0], every[0].addresses()


def test_generated_windows_are_read_with_their_votes(tmp_path: Path) -> None:
    finish(fake.fake(tmp_path, 9, 2))
    one, samples = found(tmp_path)
    assert len(samples) == 9
    assert all(sum(votes.values()) >= 1 for votes in one.tallies)
    assert len(set(one.groups)) == 3
    rows = np.arange(9)
    assert np.isfinite(window.eeg(samples, rows)).mean() > 0.95
    given = window.regions(samples, rows)
    assert np.isfinite(given).all()
    np.testing.assert_array_equal(regional.regions(samples, rows), given)


def test_what_a_source_lacks_is_computed_where_there_is_eeg(tmp_path: Path) -> None:
    finish(fake.fake(tmp_path, 4, 3, artifacts="0"))
    _, samples = found(tmp_path)
    rows = np.arange(4)
    given, eeg = window.regions(samples, rows), window.eeg(samples, rows)
    for file in (tmp_path / "train_spectrograms").iterdir():
        file.unlink()
    made = regional.regions(samples, rows)
    there = np.isfinite(made).all(axis=(1, 2))
    assert made.shape == (4, 4, 100, 300)
    whole = np.isfinite(eeg).all(axis=(1, 2)) & (np.ptp(eeg, axis=2) > 0).all(axis=1)
    assert whole.any()
    for row in np.flatnonzero(whole).tolist():
        # The 24 whole windows of 50 s lie in the middle of ten minutes.
        assert there[row, 138:162].all()
        assert not there[row, :135].any()
        assert not there[row, 165:].any()
        seen = given[row, :, :, 140:160] > 1
        ours, theirs = (np.log(values[row, :, :, 140:160][seen]) for values in (made, given))
        assert np.corrcoef(ours, theirs)[0, 1] > 0.99


def test_kept_pictures_are_of_the_spectrograms_that_are_there_now(tmp_path: Path) -> None:
    finish(fake.fake(tmp_path / "data", 18, 3, artifacts="0"))
    place, aside = tmp_path / "data" / "train_spectrograms", tmp_path / "aside"
    place.rename(aside)

    def drawn() -> np.ndarray:
        _, samples = found(tmp_path / "data")
        rows, steps = np.arange(18), Steps(scale="none")
        return np.asarray(finish(stage_pictures(samples, rows, steps, 32, "regions", tmp_path / "cache"))[:])

    without = drawn()
    aside.rename(place)
    brought = drawn()
    assert (without[:, 0, :, :8] == 0).all(), "of 50 s of EEG the ends of ten minutes are not known"
    assert (brought[:, 0, :, :8] > 0).any(axis=(1, 2)).all()
    for file in place.iterdir():
        file.unlink()
    np.testing.assert_array_equal(drawn(), without)


def test_a_recording_has_them_wherever_it_goes(tmp_path: Path) -> None:
    told = finish(fake.fake(tmp_path, 0, 1, recordings="edf", hours="0.3", rate="200"))
    one, samples = found(tmp_path)
    assert len(samples) == told.samples + 1, "the windows and the whole"
    middle = list(one.keys).index("500.000")
    made = regional.regions(samples, np.array([0, middle]))
    assert np.isfinite(made[1]).all()
    assert np.isfinite(made[0]).all(axis=(0, 1)).sum() == pytest.approx(162, abs=3)
    direct = regional_power(window.eeg(samples, np.array([middle]))[0])
    assert np.corrcoef(np.log(made[1, :, :, 140:160]).ravel(), np.log(direct[:, :, 2:22]).ravel())[0, 1] > 0.999
