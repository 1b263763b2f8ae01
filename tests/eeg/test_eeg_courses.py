"""Recordings with their windows in order of time, whichever layout they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domains import domain
from models.domains.eeg.courses import courses
from models.job import Job
from models.sample import empty_samples
from models.store.project import Project
from tests.eeg.recorded import compose, waves
from tests.eeg.scanned import row, table, write_eeg
from tests.eeg.scanned import waves as long_waves
from workers.inline import run


def imported(folder: Path, source: Path, **given: str) -> Project:
    Project.create(folder / "p", "eeg").close()
    run(Job("import_samples", {"project": str(folder / "p"), "sources": [str(source)], "settings": given}, ""))
    return Project.open(folder / "p")


def test_windows_of_a_recording_share_the_time_between_their_middles(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("x10", "x2"):
        compose(data / f"{name}.edf", waves(200, 16), records=200)
    with imported(tmp_path, data) as project:
        found = courses(project.samples)
        assert [one.name for one in found] == ["x2.edf", "x10.edf"]
        one = found[0]
        assert one.starts.tolist() == [20.0 + 10 * place for place in range(16)]
        assert (one.stops - one.starts == 10).all()
        assert project.samples.sample(one.whole).key == ""
        assert one.whole not in one.rows
        assert one.recorded == 160
        assert domain("eeg").watch is not None
        # In whatever order samples stand, time is what counts.
        turned = project.samples.take(np.arange(len(project.samples))[::-1])
        assert courses(turned)[0].starts.tolist() == one.starts.tolist()


def test_windows_that_lie_apart_speak_for_no_more_than_themselves(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(400, 16), records=400)
    with imported(tmp_path, path, window="20", step="100") as project:
        (one,) = courses(project.samples)
        assert one.starts.tolist() == [0, 100, 200, 300]
        assert one.stops.tolist() == [20, 120, 220, 320]


def test_windows_at_uneven_steps_do_not_overlap(tmp_path: Path) -> None:
    votes = (0, 2, 1, 0, 0, 0)
    table(tmp_path, *(row(11, number, float(start), votes, label=number) for number, start in enumerate((0, 4, 6))))
    write_eeg(tmp_path / "train_eegs" / "11.parquet", long_waves(60))
    with imported(tmp_path, tmp_path / "train.csv") as project:
        (one,) = courses(project.samples)
        assert one.starts.tolist() == [23.5, 27.5, 29.5]
        assert one.stops.tolist() == [26.5, 29.5, 32.5]


def test_windows_at_the_same_time_tell_nothing_of_the_step(tmp_path: Path) -> None:
    """A table may name a window several times; the time between its windows is that of different ones."""
    votes = (0, 2, 1, 0, 0, 0)
    table(tmp_path, *(row(11, number, float(start), votes, label=number) for number, start in enumerate((0, 0, 0, 4))))
    write_eeg(tmp_path / "train_eegs" / "11.parquet", long_waves(60))
    with imported(tmp_path, tmp_path / "train.csv") as project:
        (one,) = courses(project.samples)
        assert one.starts.tolist() == [23.0, 23.0, 23.0, 27.0]
        assert one.stops[-1] == 31.0
        assert one.recorded == 8


def test_a_table_lists_each_eeg_as_a_recording(tmp_path: Path) -> None:
    made = {"domain_name": "eeg", "out": str(tmp_path / "data"), "samples": 12, "seed": 1}
    run(Job("fake", made, ""))
    with imported(tmp_path, tmp_path / "data") as project:
        found = courses(project.samples)
        assert sum(len(one.rows) for one in found) == 12
        assert all("#" in one.name for one in found)
        assert all(one.whole < 0 for one in found)
        groups = project.samples.column("group")
        assert all((groups[one.rows] == one.group).all() for one in found)


def test_samples_without_an_eeg_lie_in_no_recording() -> None:
    assert courses(empty_samples()) == []


def test_retired_windows_are_left_out(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(200, 16), records=200)
    with imported(tmp_path, path) as project:
        live = np.ones(len(project.samples), bool)
        live[[0, 1]] = False
        (one,) = courses(project.samples.standing(live))
        assert len(one.rows) == pytest.approx(14)
