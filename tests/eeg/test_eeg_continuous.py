"""A generated recording is an EDF+ that other programs read, with its annotations where its patterns are."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest

from models.domain import Fake
from models.domains.eeg import fake
from models.domains.eeg.constants import CLASSES
from models.job import finish


def made(out: Path, **settings: str) -> Fake:
    return finish(fake.fake(out, 0, 1, recordings="edf", **settings))


def test_others_read_it(tmp_path: Path) -> None:
    told = made(tmp_path, hours="0.2", rate="200", channels="23", annotations="40")
    raw = mne.io.read_raw_edf(told.files[0], verbose="ERROR")
    assert raw.info["sfreq"] == 200
    assert raw.n_times == 720 * 200
    assert raw.ch_names[0] == "EEG Fp1-REF"
    assert raw.ch_names[-3:] == ["DC1", "DC2", "DC3"]
    assert len(raw.annotations) == 40
    assert set(raw.annotations.description) & set(CLASSES)
    assert (np.diff(raw.annotations.onset) >= 0).all()
    assert told.samples == (720 - 50) // 10 + 1
    values = raw.get_data(picks=[0, 5, 19], units="uV")
    assert 3 < np.median(np.abs(values[:2])) < 60
    # No seam where one stretch passes into the next.
    seam = np.abs(np.diff(values[:2, 600 * 200 - 400 : 600 * 200 + 400], axis=1)).max()
    assert seam < 4 * np.quantile(np.abs(np.diff(values[:2], axis=1)), 0.999)


def test_edfio_reads_it_too(tmp_path: Path) -> None:
    edfio = pytest.importorskip("edfio")
    told = made(tmp_path, hours="0.05", channels="4")
    edf = edfio.read_edf(told.files[0])
    assert [one.label for one in edf.signals] == ["EEG Fp1-REF", "EEG F3-REF", "EEG C3-REF", "EEG P3-REF"]
    assert edf.duration == 180
    assert len(edf.annotations) >= 1
    assert 0 < told.ceiling < 1
