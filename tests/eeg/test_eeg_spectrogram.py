"""The regional spectrogram is the recipe's: against a plain reference, and against a real pair."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from models.domains.eeg import spectrogram
from models.domains.eeg.constants import CHANNELS, RATE, REGIONS

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "eeg" / "hms"


def noise(seconds: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(0, 3, (20, seconds * RATE)), axis=1).astype(np.float32)


def plain(eeg: np.ndarray, first: str, second: str) -> np.ndarray:
    """The recipe as it is written down, for one pair: (100, frames)."""
    trace = eeg[CHANNELS.index(first)].astype(float) - eeg[CHANNELS.index(second)]
    for low, high, kind in ((57.5, 62.5, "bandstop"), (0.5, 40.0, "bandpass")):
        trace = signal.filtfilt(*signal.butter(3, (low, high), kind, fs=RATE), trace, padlen=600)
    tapers = signal.windows.dpss(800, 2, 3) * np.sqrt(RATE)
    out = []
    for start in range(0, len(trace) - 799, 400):
        bins = np.abs(np.fft.rfft(tapers * trace[start : start + 800], 1024) / RATE) ** 2
        out.append(bins.mean(axis=0)[3:103])
    return np.array(out).T


def test_the_recipe_as_it_is_written_down() -> None:
    eeg = noise(30)
    found = spectrogram.regional_power(eeg)
    chain = ("Fp2", "F4", "C4", "P4", "O2")
    wanted = np.mean([plain(eeg, a, b) for a, b in pairwise(chain)], axis=0)
    assert found.shape == (4, 100, 14)
    np.testing.assert_allclose(found[REGIONS.index("RP")], wanted, rtol=2e-3, atol=1e-3)


def test_columns_are_named_as_the_data_are() -> None:
    names = spectrogram.columns()
    assert (names[0], names[99], names[100], names[-1]) == ("LL_0.59", "LL_19.92", "RL_0.59", "RP_19.92")
    assert len(names) == 400
    assert [spectrogram.window_of(offset) for offset in (0, 1, 6.9, 7.0)] == [1, 1, 7, 7]


def test_a_short_gap_is_bridged_and_a_long_one_is_missing_where_it_is() -> None:
    eeg = noise(60)
    eeg[CHANNELS.index("C3"), 2000:2100] = np.nan
    assert np.isfinite(spectrogram.regional_power(eeg)).all()
    eeg[CHANNELS.index("C3"), 4000:8000] = np.nan
    found = spectrogram.regional_power(eeg)
    lost = np.isnan(found).all(axis=1)
    assert np.isfinite(found[[0, 1, 3]]).all()
    assert lost[2, 10:18].all()
    assert not lost[2, :8].any()
    assert np.isfinite(found[2, :, 21:]).all()


def test_half_a_window_may_be_missing() -> None:
    """Frame 10 is of the samples 4,000 to 4,800."""
    for lost, missing in ((spectrogram.LENGTH // 2, False), (spectrogram.LENGTH // 2 + 1, True)):
        eeg = noise(60)
        eeg[CHANNELS.index("C3"), 4000 : 4000 + lost] = np.nan
        assert bool(np.isnan(spectrogram.regional_power(eeg)[:, :, 10]).any()) is missing


def test_shorter_than_a_window_is_no_frame() -> None:
    assert spectrogram.regional_power(noise(3)).shape == (4, 100, 0)


@pytest.mark.skipif(not REAL.is_dir(), reason="no shared data here")
def test_a_real_pair() -> None:
    with (REAL / "test_eegs/3911565283.parquet").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == CHANNELS
    eeg = np.array([[float(cell or "nan") for cell in row] for row in rows[1:]], np.float32).T
    with (REAL / "test_spectrograms/853520.parquet").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    table = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows[2:]], np.float32)
    given = table.reshape(len(table), 4, 100).transpose(1, 2, 0)
    ours = spectrogram.regional_power(eeg)
    # The EEG begins at 275 s: its first frame is centred at 277 s, the row after 138 others.
    theirs = given[:, :, 138 : 138 + ours.shape[2]]
    # What is printed as 0.00 has no logarithm.
    seen = (theirs > 0.02) & np.isfinite(theirs)
    for region in range(4):
        one, other = np.log(ours[region][seen[region]]), np.log(theirs[region][seen[region]])
        assert np.corrcoef(one, other)[0, 1] >= 0.999
        assert abs(np.median(one - other)) < 0.01
