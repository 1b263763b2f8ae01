"""Exports: the tidy table, and HDF5 that imports back without loss."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from models.domain import ExportView
from models.domains.traces.exports import write_cells, write_hdf5
from models.domains.traces.read import read_traces
from models.errors import UserError
from models.sample import Samples


def finish(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def view_of(samples: Samples, labels, by=None) -> ExportView:
    count = len(samples)
    by = by or ["file"] * count
    return ExportView(
        samples=samples,
        classes=("0", "1", "2"),
        labels=labels,
        by=by,
        at=["2026-01-02T03:04:05Z"] * count,
        kind=["file" if one == "file" else "human" for one in by],
        predictions=["1"] * count,
        confidence=np.full(count, 0.75),
        probabilities=np.full((count, 3), 1 / 3, np.float32),
        run="run-1",
        project="p",
    )


def test_the_tidy_table_as_csv(look, simulation, tmp_path):
    seen = look(simulation())
    samples = seen.samples()
    out = tmp_path / "cells.csv"
    result = finish(write_cells(view_of(samples, seen.labels), out))
    assert result == {"written": 12, "files": [str(out)], "skipped": []}
    with out.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[:9] == [
        "simulation_id", "sample_key", "cell_id", "time_trace", "dis_to_target", "cMax", "cVariance", "noise",
        "simulation_file",
    ]  # fmt: skip
    traces = read_traces(samples)
    for row, trace in zip(rows, traces, strict=True):
        assert np.array_equal(json.loads(row["time_trace"]), trace)
    assert rows[5]["label"] == "0"
    assert rows[5]["simulation_file"] == seen.found[0].source.name
    assert float(rows[3]["noise"]) == 0.04
    assert not [file for file in tmp_path.iterdir() if "partial" in file.name]


def test_the_tidy_table_as_parquet(look, simulation, tmp_path):
    seen = look(simulation())
    out = tmp_path / "cells.parquet"
    finish(write_cells(view_of(seen.samples(), seen.labels), out))
    table = pq.read_table(out)
    assert table.num_rows == 12
    assert np.array_equal(table.column("time_trace")[3].as_py(), read_traces(seen.samples())[3])


def test_values_that_json_cannot_say_are_null(look, simulation, tmp_path):
    path = simulation()
    with h5py.File(path, "a") as h5:
        h5["timeTraces/1"][2:4, 0] = np.nan, np.inf
    out = tmp_path / "cells.csv"
    seen = look(path)
    finish(write_cells(view_of(seen.samples(), seen.labels), out))
    with out.open(newline="", encoding="utf-8") as stream:
        first = next(csv.DictReader(stream))
    assert json.loads(first["time_trace"])[2:4] == [None, None]


@pytest.mark.parametrize("name", ["out", "out.h5"])
def test_simulations_come_back_without_loss(look, simulation, tmp_path, name):
    simulation(name="sim_data__beta_0.40_noise_0.010_nSamples_3_1.h5", features=True)
    folder = simulation(name="sim_data__beta_0.40_noise_0.050_nSamples_3_2.h5", features=True, seed=1).parent
    before = look(folder)
    samples = before.samples()
    labels = list(before.labels)
    people = ["file"] * len(labels)
    labels[3], people[3] = "0", "anna"
    labels[7] = None
    out = tmp_path / name
    result = finish(write_hdf5(view_of(samples, labels, people), out))
    assert result["written"] == 24
    assert len(result["files"]) == (1 if name.endswith("h5") else 2)
    after = look(out)
    assert not after.skipped
    assert not after.noted
    assert after.labels == [None if place == 3 else label for place, label in enumerate(labels)]
    votes = [vote for found in after.found for vote in found.votes or [{}] * len(found.keys)]
    assert [place for place, vote in enumerate(votes) if vote] == [3]
    assert votes[3] == {"anna": "0"}
    for one, other in zip(read_traces(samples), read_traces(after.samples()), strict=True):
        assert np.array_equal(one, other)
    for column in ("simulation_id", "cell_id", "dis_to_target", "noise", "beta", "cMax", "tMax", "cVariance", "batch"):
        assert after.column(column) == before.column(column), column
    if name == "out":
        assert after.samples().ids() == samples.ids()


def test_only_the_chosen_cells_come_back(look, simulation, tmp_path):
    seen = look(simulation())
    samples = seen.samples().take([1, 2, 9])
    out = tmp_path / "some.h5"
    result = finish(write_hdf5(view_of(samples, ["0", "1", "0"]), out))
    assert result["written"] == 3
    after = look(out)
    assert after.labels == ["0", "1", "0"]
    with h5py.File(out) as h5:
        assert h5["timeTraces/1"].shape == (40, 4)
        assert h5["labels/original"][2].decode().endswith("#3/1")


def test_recordings_come_back_with_labels_times_and_events(look, shared_traces, tmp_path):
    before = look(shared_traces / "cascade_ground_truth" / "DS23-OGB1-m-PV-V1.h5")
    samples = before.samples()
    labels = list(before.labels)
    people = ["file"] * len(labels)
    people[0] = "bert"
    out = tmp_path / "recordings.h5"
    finish(write_hdf5(view_of(samples, labels, people), out))
    after = look(out)
    assert after.labels == [None, *labels[1:]]
    assert after.found[0].votes[0] == {"bert": labels[0]}
    assert after.groups == before.groups
    for column in ("rate", "indicator", "dataset", "length"):
        assert after.column(column) == before.column(column), column
    from models.domains.traces.load import load

    one, other = load(samples, 3)[0], load(after.samples(), 3)[0]
    assert [mark.at for mark in one.marks] == pytest.approx([mark.at for mark in other.marks])
    assert one.start == other.start


def test_simulations_and_recordings_share_a_file(look, simulation, tmp_path):
    folder = simulation().parent
    with h5py.File(folder / "z.h5", "w") as h5:
        for number in range(3):
            h5[f"cells/c{number}/dff"] = np.random.default_rng(number).normal(size=100)
            h5[f"cells/c{number}"].attrs["cell_type"] = "PV"
    before = look(folder)
    out = tmp_path / "both.h5"
    assert finish(write_hdf5(view_of(before.samples(), before.labels), out))["written"] == 15
    after = look(out)
    assert len(after.keys) == 15
    assert sorted(map(str, after.labels)) == sorted(map(str, before.labels))


def test_different_tissues_need_a_folder(look, simulation, tmp_path):
    simulation(name="a_noise_0.01_1.h5")
    folder = simulation(name="b_noise_0.01_2.h5", hops=np.array([0.0, 1, 1, 2]), seed=1).parent
    seen = look(folder)
    with pytest.raises(UserError, match="folder"):
        finish(write_hdf5(view_of(seen.samples(), seen.labels), tmp_path / "one.h5"))
    assert not (tmp_path / "one.h5").exists()
    assert finish(write_hdf5(view_of(seen.samples(), seen.labels), tmp_path / "many"))["written"] == 24


def test_a_missing_source_is_skipped_and_the_rest_written(look, simulation, tmp_path):
    lost = simulation(name="a_noise_0.01_1.h5")
    simulation(name="b_noise_0.01_2.h5", seed=1)
    seen = look(lost.parent)
    lost.unlink()
    for write, name in ((write_cells, "x.csv"), (write_hdf5, "x.h5")):
        result = finish(write(view_of(seen.samples(), seen.labels), tmp_path / name))
        assert result["written"] == 12
        assert result["skipped"][0]["source"] == str(lost)


def test_a_place_that_cannot_be_written_is_told(look, simulation, tmp_path):
    seen = look(simulation())
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot be written"):
        finish(write_cells(view_of(seen.samples(), seen.labels), tmp_path / "file" / "cells.csv"))


def test_the_stand_in_comes_back(look, shared_traces, tmp_path: Path):
    before = look(shared_traces / "sim_5x5_standin", per_file="all")
    out = tmp_path / "all.h5"
    finish(write_hdf5(view_of(before.samples(), before.labels), out))
    after = look(out, per_file="all")
    assert after.labels == before.labels
    assert after.column("noise") == before.column("noise")
    assert len(set(after.groups)) == 33


@pytest.mark.parametrize(("write", "name"), [(write_cells, "c.csv"), (write_hdf5, "c.h5"), (write_hdf5, "folder")])
def test_without_any_source_nothing_is_written_and_that_is_said(look, simulation, tmp_path, write, name):
    seen = look(simulation())
    samples = seen.samples()
    Path(samples.sources[0]).unlink()
    out = tmp_path / "out" / name
    with pytest.raises(UserError, match=r"nothing could be written.*the file is missing"):
        finish(write(view_of(samples, seen.labels), out))
    assert not out.exists()
