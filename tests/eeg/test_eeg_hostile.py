"""Files that would take all memory or all time, or that lost what belongs to them, are told in a line each."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from models.domains.eeg import load, matfile, parquet, tal
from models.domains.eeg.annotations import Note
from models.domains.eeg.broken import Broken
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.edf import Edf
from models.domains.eeg.matfile import open_mat
from models.domains.eeg.recording import open_recording
from tests.eeg import recorded
from tests.eeg.scanned import scanned, waves, write_eeg, write_spectrogram


def test_a_table_of_more_values_than_can_be_right_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all values are alike a few MB of Parquet hold more of them than any memory, and claim no size."""
    path = write_eeg(tmp_path / "a.parquet", np.zeros((20, 100_000), np.float32))
    monkeypatch.setattr(parquet, "MOST", path.stat().st_size)
    assert "it claims 100000 rows, more than can be right" in scanned(tmp_path).words
    text = tmp_path / "b.csv"
    text.write_text(",".join(CHANNELS) + "\n" + ("0," * 19 + "0\n") * 100)
    monkeypatch.setattr(parquet, "MOST", 1999)
    with pytest.raises(Broken, match="claims 100 rows"):
        parquet.read_eeg(text)
    monkeypatch.setattr(parquet, "MOST", 2000)
    assert parquet.read_eeg(text).shape == (20, 100)


def test_a_long_table_is_read_piece_by_piece_with_the_same_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = waves(5)
    names = [*CHANNELS[::-1], "other"]
    path = write_eeg(tmp_path / "a.parquet", np.concatenate([values[::-1], values[:1]]), names)
    picture = tmp_path / "b.parquet"
    write_spectrogram(picture, 300)
    whole = parquet.read_eeg(path), parquet.read_spectra(picture).power
    read: list[int] = []
    tables = parquet._tables

    def counting(*given: Any) -> Any:
        for table, part in tables(*given):
            read.append(len(part))
            yield table, part

    monkeypatch.setattr(parquet, "_AT_ONCE", 3 * values.shape[1])
    monkeypatch.setattr(parquet, "_tables", counting)
    np.testing.assert_array_equal(parquet.read_eeg(path), values)
    np.testing.assert_array_equal(whole[0], values)
    assert read == [3] * 6 + [2]
    np.testing.assert_array_equal(parquet.read_spectra(picture).power, whole[1])


def test_times_of_a_spectrogram_that_lie_too_far_apart_take_no_memory(tmp_path: Path) -> None:
    write_spectrogram(tmp_path / "a.parquet", 300)
    samples = scanned(tmp_path).samples()
    assert load.load(samples, 0)
    far = np.arange(300) * 2.0
    far[-1] = 4e7
    with pytest.raises(Broken, match="further apart"):
        load._on_grid(far, np.zeros((100, 300), np.float32), 2.0)


def test_parts_of_a_cell_that_are_one_and_the_same_count_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        part = file.create_dataset("#refs#/a", data=np.zeros((1000, 1)))
        cells = file.create_dataset("x", (1, 10), h5py.ref_dtype)
        for place in range(10):
            cells[0, place] = part.ref
    assert open_mat(tmp_path / "a.mat").read("x").shape == (10, 1)
    monkeypatch.setattr(matfile, "LARGEST", 50_000)
    with pytest.raises(Broken, match="more values than can be right"):
        open_mat(tmp_path / "a.mat").read("x")


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes by name here")
def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    recorded.compose(tmp_path / "a.edf", recorded.waves(60), records=60)
    for name in ("b.edf", "c.csv", "d.parquet", "e.mat", "f.set", "no suffix"):
        os.mkfifo(tmp_path / name)
    os.symlink(tmp_path / "gone", tmp_path / "g.edf")

    def late(number: int, frame: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    try:
        seen = scanned(tmp_path)
        assert len(scanned(tmp_path / "a.edf").found) == 1
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert [one.name for one in seen.found] == ["a.edf"]
    assert [one.source for one in seen.skipped] == ["g.edf"], "what is gone is told"


def bare(path: Path) -> Path:
    path.write_bytes(b"\1" * 100)
    return path


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: bare(folder / "a.eeg"), "it is read with a.vhdr, which is not beside it"),
        (lambda folder: bare(folder / "a.fdt"), "it is read with a.set, which is not beside it"),
        (
            lambda folder: recorded.brainvision(folder, recorded.waves(10), 64, data="moved.eeg"),
            "moved.eeg, which it says holds its samples, is not beside it",
        ),
        (
            lambda folder: recorded.compose(folder / "a.edf", recorded.waves(60), records=60, seconds=" "),
            "it does not tell how long a record is",
        ),
        (
            lambda folder: recorded.compose(folder / "a.edf", recorded.waves(60), records=60, seconds="100"),
            "0.64 samples a second can't be right for EEG: its times may be wrong throughout",
        ),
    ],
)
def test_what_is_wrong_with_a_recording_is_said_so_that_one_can_act(
    make: Callable[[Path], Path], told: str, tmp_path: Path
) -> None:
    assert told in scanned(make(tmp_path)).words


def test_a_scoring_that_was_cut_short_says_so(tmp_path: Path) -> None:
    recorded.compose(tmp_path / "night.edf", recorded.waves(60), records=60)
    path = recorded.scoring(tmp_path / "night_scored.edf", [Note(0.0, 30.0, "W")], datetime(2024, 6, 5, 7, 8, 9))
    assert "cut short" not in scanned(tmp_path).words
    path.write_bytes(path.read_bytes()[:-1])
    for place in (path, tmp_path):
        assert "night_scored.edf : the file is cut short: 0 of 1 records is there" in scanned(place).words


class Runs(tuple[Any, ...]):
    """The stretches of a recording, which nobody may go through one by one."""

    def __iter__(self) -> Any:
        raise AssertionError("all of them are gone through")


def test_of_a_recording_of_many_gaps_only_what_is_in_view_is_looked_at(tmp_path: Path) -> None:
    keep = [tal.keep_time(3.0 * place) for place in range(60)]
    waves = recorded.waves(60, 50)
    path = recorded.compose(tmp_path / "a.edf", waves, records=60, texts=keep, reserved="EDF+D")
    found = open_recording(path)
    assert isinstance(found.file, Edf)
    whole = found.read(0, found.length)
    stored = np.stack([*waves.values()]).reshape(len(waves), 60, 50)
    np.testing.assert_array_equal(whole[:, :50], stored[:, 0])
    np.testing.assert_array_equal(whole[:, 150 * 59 :], stored[:, 59])
    object.__setattr__(found.file, "runs", Runs(found.file.runs))
    for first, last in ((0, 50), (49, 51), (50, 150), (149, 152), (4000, 5000), (150 * 59, found.length), (60, 100)):
        np.testing.assert_array_equal(found.read(first, last), whole[:, first:last])
    assert "gaps take the greater part of each of its windows: none is a sample" in scanned(tmp_path).words
