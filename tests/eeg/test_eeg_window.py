"""Windows of recordings come on our channels at our rate, whatever a recording has; a folder of all kinds is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.domains.eeg import window
from models.domains.eeg.constants import CHANNELS
from tests.eeg.recorded import brainvision, compose, waves
from tests.eeg.scanned import REAL, real, row, scanned, table, write_eeg
from tests.eeg.scanned import waves as noise


def test_a_recording_at_our_rate_is_as_it_stands(tmp_path: Path) -> None:
    signals = waves(70, 200)
    spelled = {f"EEG {'T7' if name == 'T3' else name}-REF": values for name, values in signals.items() if name != "EKG"}
    compose(tmp_path / "a.edf", spelled, records=70)
    samples = scanned(tmp_path).found[0].addresses()
    eegs = window.eeg(samples, np.array([0, 2]))
    wanted = np.stack([signals[name] for name in CHANNELS[:-1]])
    assert np.allclose(eegs[0, :-1], wanted[:, :10_000], atol=1e-3)
    assert np.allclose(eegs[1, :-1], wanted[:, 4000:14_000], atol=1e-3)
    assert np.isnan(eegs[:, -1]).all()
    assert window.remarks(samples, 0) == []


def test_another_rate_is_brought_to_ours(tmp_path: Path) -> None:
    seconds = np.arange(0, 60, 1 / 256)
    wave = np.round(1000 * np.sin(2 * np.pi * 7 * seconds))
    compose(tmp_path / "a.edf", dict.fromkeys(CHANNELS, wave), records=60)
    samples = scanned(tmp_path, step="5").found[0].addresses()
    eeg = window.eeg(samples, np.array([1]))[0]
    wanted = 1000 * np.sin(2 * np.pi * 7 * (5 + np.arange(10_000) / 200))
    assert np.abs(eeg - wanted).max() < 10


def test_a_short_window_stands_in_the_middle_of_what_is_around(tmp_path: Path) -> None:
    signals = waves(30, 200)
    compose(tmp_path / "a.edf", signals, records=30)
    samples = scanned(tmp_path, window="10", step="10").found[0].addresses()
    eeg = window.eeg(samples, np.array([1]))[0]
    # From 10 s to 20 s, with 20 s around it, of which 10 s are there at each side.
    assert np.allclose(eeg[0, 2000:8000], signals[CHANNELS[0]], atol=1e-3)
    assert np.isnan(eeg[:, :2000]).all()
    assert np.isnan(eeg[:, 8000:]).all()


def test_a_recording_that_is_gone_is_an_empty_window(tmp_path: Path) -> None:
    compose(tmp_path / "a.edf", waves(60, 200), records=60)
    samples = scanned(tmp_path).found[0].addresses()
    (tmp_path / "a.edf").unlink()
    assert np.isnan(window.eeg(samples, np.array([0]))).all()
    assert "a.edf" in window.remarks(samples, 0)[0]


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    first, second = noise(50, 1), noise(50, 2)
    path = write_eeg(tmp_path / "11.parquet", first)
    samples = scanned(path).found[0].addresses()
    assert np.array_equal(window.eeg(samples, np.array([0]))[0], first)
    write_eeg(path, second)
    assert np.array_equal(window.eeg(samples, np.array([0]))[0], second)


def test_a_folder_of_all_kinds(tmp_path: Path) -> None:
    write_eeg(tmp_path / "set" / "train_eegs" / "11.parquet", noise(50))
    table(tmp_path / "set", row(11, 0, 0, (1, 0, 0, 0, 0, 0), "Seizure", spectrogram=""))
    compose(tmp_path / "a.edf", waves(60, 200), records=60)
    brainvision(tmp_path, waves(20, 100), 100)
    (tmp_path / "picture.pdf").write_bytes(b"%PDF")
    (tmp_path / ".hidden.edf").write_bytes(b"")
    (tmp_path / "broken.edf").write_bytes(b"0       ")
    found = scanned(tmp_path)
    assert {one.name for one in found.found} == {"set/train.csv", "a.edf", "a.vhdr"}
    assert [one.source for one in found.skipped] == ["broken.edf"]
    assert "1 file of another kind left out (.pdf)" in found.words
    # Who points at a part of a recording means the recording.
    assert scanned(tmp_path / "a.eeg").found[0].name == "a.vhdr"


def test_a_file_of_another_kind_that_is_named_is_told(tmp_path: Path) -> None:
    (tmp_path / "picture.pdf").write_bytes(b"%PDF")
    found = scanned(tmp_path / "picture.pdf")
    assert not found.found
    assert found.skipped[0].source == "picture.pdf"


@real
def test_every_real_file_comes_in_or_is_told() -> None:
    found = scanned(REAL)
    told = {one.source for one in (*found.noted, *found.skipped)} | {one.name for one in found.found}
    known = (".csv", ".parquet", ".mat", ".edf", ".bdf", ".vhdr", ".set", ".data")
    used = {name for one in found.found for column in ("_eeg", "_spectrogram") for name in one.columns.get(column, ())}
    left = []
    for path in REAL.rglob("*"):
        name = path.relative_to(REAL).as_posix()
        is_used = path.name in {str(one).rpartition("/")[2] for one in used if one}
        if path.is_file() and path.suffix in known and name not in told and not is_used:
            left.append(name)
    assert not left
    assert not found.skipped
