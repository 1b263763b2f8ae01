"""Traces to one matrix: read once, ragged ones brought together, gaps repaired and counted."""

from __future__ import annotations

import os
from collections import namedtuple
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from models.domains.traces import staging
from models.domains.traces.staging import Reader, Staged, fit_traces, repair, resample, stage
from models.errors import UserError
from models.job import finish
from models.sample import Samples


def samples(source: Path, count: int = 80) -> Samples:
    table = pa.table(
        {
            "id": pa.array([f"a#{row}" for row in range(count)]),
            "source": pa.array(np.zeros(count, np.int32)),
            "key": pa.array([str(row) for row in range(count)]),
            "group": pa.array([f"g{row // 5}" for row in range(count)]).dictionary_encode(),
        }
    )
    return Samples(table, (str(source),))


class Counting:
    """A reader that counts how many traces it gave."""

    def __init__(self) -> None:
        self.given = 0

    def reader(self) -> Reader:
        return Reader(self.traces, lambda part: np.full(len(part), np.nan))

    def traces(self, part: Samples) -> list[np.ndarray]:
        self.given += len(part)
        return [np.arange(50.0) + int(key) for key in part.table.column("key").to_pylist()]


def test_staged_once_and_again_when_the_source_changed(tmp_path: Path) -> None:
    source = tmp_path / "a.h5"
    source.write_text("one")
    counting = Counting()
    first = finish(stage(samples(source), tmp_path / "cache", reader=counting.reader()))
    assert first.values.shape == (80, 50)
    assert first.values[7, 3] == 10
    assert isinstance(first.values, np.memmap)
    assert counting.given == 80
    again = finish(stage(samples(source), tmp_path / "cache", reader=counting.reader()))
    assert counting.given == 80
    assert np.array_equal(again.values, first.values)
    assert again.groups[[0, 79]].tolist() == [0, 15]
    finish(stage(samples(source), tmp_path / "cache", length=20, reader=counting.reader()))
    assert counting.given == 160
    source.write_text("two!")
    finish(stage(samples(source), tmp_path / "cache", reader=counting.reader()))
    assert counting.given == 240


def test_other_samples_of_the_same_files_are_staged_apart(tmp_path: Path) -> None:
    source = tmp_path / "a.h5"
    source.write_text("one")
    every, counting = samples(source, 160), Counting()
    for rows in (np.arange(80), np.arange(80, 160), np.arange(80)[::-1]):
        staged = finish(stage(every.take(rows), tmp_path / "cache", reader=counting.reader()))
        assert staged.values[:, 0].tolist() == rows.tolist()
    assert counting.given == 240


def test_few_samples_leave_no_file_and_a_broken_cache_is_read_anew(tmp_path: Path) -> None:
    source = tmp_path / "a.h5"
    counting = Counting()
    finish(stage(samples(source, 5), tmp_path / "cache", reader=counting.reader()))
    assert not (tmp_path / "cache").exists()
    finish(stage(samples(source), tmp_path / "cache", reader=counting.reader()))
    (folder,) = (tmp_path / "cache" / "traces").iterdir()
    (folder / "values.npy").write_bytes(b"broken")
    staged = finish(stage(samples(source), tmp_path / "cache", reader=counting.reader()))
    assert counting.given == 165
    assert staged.values[1, 0] == 1


def test_the_cache_is_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "KEPT", 3)
    for length in range(10, 16):
        finish(stage(samples(tmp_path / "a"), tmp_path / "cache", length=length, reader=Counting().reader()))
        os.utime(max((tmp_path / "cache" / "traces").iterdir(), key=lambda path: path.stat().st_mtime_ns))
    assert len(list((tmp_path / "cache" / "traces").iterdir())) == 3


def test_a_short_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda path: usage(10, 9, 1))
    with pytest.raises(UserError, match="Free some space"):
        finish(stage(samples(tmp_path / "a"), tmp_path / "cache", reader=Counting().reader()))


def test_ragged_recordings_come_to_the_lowest_rate_and_the_median_length() -> None:
    def wave(rate: float, seconds: float) -> np.ndarray:
        return np.sin(2 * np.pi * 0.5 * np.arange(int(rate * seconds)) / rate)

    traces = [wave(10, 20), wave(20, 20), wave(30, 12), wave(10, 30)]
    staged = fit_traces(traces, [10, 20, 30, 10])
    facts = staged.facts
    assert (facts["rate"], facts["length"]) == (10.0, 200)
    assert (facts["resampled"], facts["cropped"], facts["padded"]) == (2, 1, 1)
    assert staged.lengths.tolist() == [200, 200, 120, 200]
    assert not staged.whole
    assert staged.mask()[2].sum() == 120
    assert (staged.values[2, 120:] == 0).all()
    assert np.abs(staged.values[1] - staged.values[0]).max() < 0.2
    given = fit_traces(traces, [10, 20, 30, 10], rate=5, length=50)
    assert given.values.shape == (4, 50)
    assert given.facts["rate"] == 5


def test_where_a_rate_is_unknown_all_stay_as_they_are() -> None:
    staged = fit_traces([np.ones(4), np.ones(6), np.ones(6)], [10, np.nan, 20])
    assert staged.facts["rate"] == 0
    assert staged.facts["resampled"] == 0
    assert staged.lengths.tolist() == [4, 6, 6]


def test_gaps_are_interpolated_and_counted() -> None:
    staged = fit_traces([np.array([1, np.nan, 3, np.inf]), np.array([np.nan] * 4), np.ones(4)])
    assert staged.values.tolist() == [[1, 2, 3, 3], [0, 0, 0, 0], [1, 1, 1, 1]]
    assert staged.facts["repaired"] == 2
    assert repair(np.array([]))[1] is False


def test_resampling_keeps_out_aliases_and_the_mean() -> None:
    fast = np.tile([1.0, -1.0], 500)
    assert np.abs(resample(fast, 100)).max() < 1e-6
    trace = np.random.default_rng(0).normal(5, 1, 997)
    assert resample(trace, 313).mean() == pytest.approx(trace.mean(), rel=1e-5)
    assert resample(np.arange(4.0), 8).tolist() == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]
    assert resample(np.array([2.0]), 3).tolist() == [2, 2, 2]


def test_nothing_and_rows() -> None:
    empty = fit_traces([])
    assert len(empty) == 0
    assert isinstance(fit_traces([np.ones(3)]).take([0]), Staged)
