"""A request as signals: what is missing stays so, what cannot be a power is none, what was not sent is computed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.domains.eeg.body import numbers, read
from models.domains.eeg.signals import EEG, SPECTROGRAM
from models.domains.eeg.units import unit_factor

BOTH: Any = SimpleNamespace(name="both", takes=(EEG, SPECTROGRAM))
ALONE: Any = SimpleNamespace(name="alone", takes=(EEG,))


def rows(rate: int = 200) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(0, 30, (20, 50 * rate))


def test_infinite_values_are_missing_ones() -> None:
    sent = rows()
    sent[3, 70], sent[3, 71] = np.inf, -np.inf
    found = read({"eeg_data": sent.tolist()}, ALONE)
    eeg = found.signals.eeg[0]
    assert np.isnan(eeg[3, 70:72]).all()
    assert np.isnan(eeg).sum() == 2
    assert [one.text for one in found.warnings if one.kind == "infinite"] == ["2 infinite values are taken as missing"]


def test_an_electrode_that_is_sent_twice_is_told_and_the_first_is_judged() -> None:
    sent = rows()
    found = read({"eeg_data": sent[:3].tolist(), "names": ["T3", "Fp1", "EEG T7-REF"]}, ALONE)
    told = [one.text for one in found.warnings if one.kind == "repeated"]
    assert told == ["sent more than once, the first of each is judged: T3"]
    np.testing.assert_allclose(found.signals.eeg[0, 5], sent[0], rtol=1e-6)
    pairs = read({"eeg_data": sent[:3].tolist(), "names": ["T3", "Fp1-F7", "Fp1-F3"]}, ALONE)
    assert "repeated" not in {one.kind for one in pairs.warnings}


def test_values_near_the_largest_numbers_do_not_overflow() -> None:
    sent = np.tile([3e38, -3e38], (20, 5000))
    assert "out_of_range" in {one.kind for one in read({"eeg_data": sent.tolist()}, ALONE).warnings}


def test_what_is_missing_stays_so_at_another_rate() -> None:
    sent = rows(400)
    sent[5, 4000:6000] = np.nan
    eeg = read({"eeg_data": sent.tolist(), "rate": 400}, ALONE).signals.eeg[0]
    assert np.isnan(eeg[5, 2000:3000]).all()
    assert np.isfinite(eeg[5, :1999]).all()
    assert np.isfinite(eeg[5, 3001:]).all()


def test_a_spectrogram_that_was_not_sent_is_computed_where_the_model_looks_at_one() -> None:
    sent = {"eeg_data": rows().tolist()}
    found = read(sent, BOTH)
    seen = np.isfinite(found.signals.regions[0]).all(axis=(0, 1))
    assert 20 < seen.sum() < 30, "of 50 s in the middle of ten minutes"
    assert "spectrogram_computed" in {one.kind for one in found.warnings}
    assert not np.isfinite(read(sent, ALONE).signals.regions).any()


def test_powers_are_not_negative_and_pictures_have_an_end() -> None:
    power = np.full((4, 100, 300), 2.0)
    power[1, 5] = -30
    power[2, 6, 7] = np.nan
    found = read({"spectrogram_data": power.tolist()}, BOTH).signals.regions[0]
    assert found[1, 5].tolist() == [0.0] * 300
    assert np.isnan(found[2, 6, 7])
    picture = np.full((3, 224, 224), 400.0)
    drawn = read({"spectrogram_data": picture.tolist()}, BOTH).signals.regions[0]
    assert np.isfinite(drawn).all()
    assert drawn.max() < 1e9


def test_a_row_of_numbers_may_have_gaps() -> None:
    np.testing.assert_array_equal(numbers([1, None, 2.5], "x"), np.float32([1, np.nan, 2.5]))


def test_some_negative_powers_are_told_as_decibels() -> None:
    for share, told in ((0.005, False), (0.02, True)):
        power = np.ones((4, 100, 300))
        power.ravel()[: int(share * power.size)] = -1
        found = read({"spectrogram_data": power.tolist()}, BOTH)
        assert ("unit" in {one.kind for one in found.warnings}) is told


def test_a_flat_channel_is_told_and_no_other() -> None:
    sent = rows()
    sent[2] = 3.0
    assert ("flat", "flat: C3") in {(one.kind, one.text) for one in read({"eeg_data": sent.tolist()}, ALONE).warnings}


@pytest.mark.parametrize("ekg", [3e-3, 300.0])
def test_the_unit_is_that_of_electrodes_and_the_ekg_has_no_say(ekg: float) -> None:
    sent = rows()[:2] * np.array([[1e-6], [1.0]])
    sent[1] *= ekg / 30
    found = read({"eeg_data": sent.tolist(), "names": ["Fp1", "EKG"]}, ALONE)
    assert "unit" in {one.kind for one in found.warnings}
    assert 25 < found.signals.eeg[0, 0].std() < 35


@pytest.mark.parametrize(("spread", "factor"), [(2e-7, 1), (1e-6, 1e6), (4e-3, 1e6), (6e-3, 1), (2e5, 1), (4e5, 1e-6)])
def test_only_what_another_unit_makes_right_is_read_in_it(spread: float, factor: float) -> None:
    values = np.tile([-spread, spread], (19, 50)).astype(np.float32)
    assert unit_factor(values) == factor
