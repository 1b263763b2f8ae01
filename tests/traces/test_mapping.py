"""HDF5 of any other layout: guessed and given mappings, real recordings, damaged parts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest

from models.domains.traces.mapping import Mapping, read_mapping
from models.domains.traces.metadata import metadata
from models.domains.traces.read import rates, read_traces
from models.errors import UserError
from tests.scans import Scanned


def waves(count: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, length)).cumsum(axis=1)


def mapping_of(seen: Scanned) -> Mapping:
    """The mapping that the notes of a scan tell, as a person takes it over."""
    (told,) = [one.text for one in seen.noted if one.text.startswith("read as {")]
    return read_mapping(told.removeprefix("read as "))


@pytest.fixture
def matrix(tmp_path: Path) -> Path:
    """Six traces as (time, cells), with times, classes, names and a vector of sizes."""
    path = tmp_path / "session.h5"
    with h5py.File(path, "w") as h5:
        h5["fluo"] = waves(6, 300).T
        h5["t"] = 5 + np.arange(300) / 20
        h5["cell_type"] = [b"a", b"b", b"a", b"b", b"b", b"a"]
        h5["roi_names"] = [f"roi{n}".encode() for n in range(6)]
        h5["area"] = np.linspace(1, 2, 6)
        h5["events_ms"] = np.array([6000, 9000, 19000])
        h5.attrs["animal"] = "m1"
    return path


def test_cascade_gives_cells_as_groups_and_types_as_labels(look, shared_traces):
    seen = look(shared_traces / "cascade_ground_truth")
    assert len(seen.keys) == 83
    assert len(set(seen.groups)) == 37
    assert Counter(seen.labels) == {"pyramidal": 56, "SST": 20, "PV": 7}
    assert not seen.skipped
    assert set(seen.column("indicator")) == {"OGB1", "GCaMP5k"}
    assert set(seen.column("dataset")) == {found.source.stem for found in seen.found}
    assert seen.column("fs_hz") == seen.column("rate")
    words = seen.words
    assert "37 files of another kind left out (.mat)" in words
    assert "0.1 ms" in words
    assert words.count("read as {") == 1, "one layout is told once"
    samples = seen.samples()
    traces = read_traces(samples)
    assert [len(trace) for trace in traces] == seen.column("length")
    assert np.isfinite(rates(samples)).all()
    assert np.isfinite(metadata(samples)).all()
    assert metadata(samples).shape[1] >= 4


def test_allen_comes_in_unlabelled(look, shared_traces):
    seen = look(shared_traces / "allen_ophys_roi")
    assert len(seen.keys) == 3
    assert seen.labels == [None] * 3
    assert seen.column("trace_id") == ["1109811483", "1109811486", "1109811490"]
    assert [len(trace) for trace in read_traces(seen.samples())] == [48160] * 3
    assert np.isnan(rates(seen.samples())).all()


def test_a_matrix_is_guessed_by_its_structure(look, matrix):
    seen = look(matrix)
    mapping = mapping_of(seen)
    assert mapping.traces == "fluo"
    assert mapping.axis == -2
    assert mapping.time == "t"
    assert mapping.label == "/cell_type"
    assert mapping.ids == "/roi_names"
    assert mapping.group == "@animal"
    assert mapping.events == (("events_ms", 1e-3),)
    assert seen.labels == ["a", "b", "a", "b", "b", "a"]
    assert set(seen.groups) == {"m1"}
    assert seen.column("area") == pytest.approx(np.linspace(1, 2, 6).tolist())
    assert seen.column("rate") == pytest.approx([20.0] * 6)
    assert np.allclose(np.stack(read_traces(seen.samples())), waves(6, 300))


def test_a_guess_that_is_given_back_reads_the_same(look, matrix):
    seen = look(matrix)
    again = look(matrix, mapping=mapping_of(seen).json())
    assert (again.keys, again.labels, again.groups) == (seen.keys, seen.labels, seen.groups)
    for name in ("area", "rate", "length", "events"):
        assert again.found[0].columns.get(name) == seen.found[0].columns.get(name), name


def test_a_given_mapping_is_used(look, matrix, tmp_path):
    text = json.dumps({"traces": "fluo", "axis": 0, "rate": "50", "label": "/roi_names"})
    seen = look(matrix, mapping=text)
    assert seen.labels[:2] == ["roi0", "roi1"]
    assert seen.column("rate") == [50.0] * 6
    assert set(seen.groups) == {"session"}
    file = tmp_path / "mapping.json"
    file.write_text(text)
    assert look(matrix, mapping=str(file)).labels == seen.labels
    (missed,) = look(matrix, mapping='{"traces": "other/*"}').skipped
    assert "other/*" in missed.reason


@pytest.mark.parametrize(
    "wrong",
    ["{", "[]", '{"axis": 1}', '{"traces": "x", "colour": 1}', '{"traces": 5}', "/no/such/file.json",
     '{"traces": ' + "[" * 100_000],
    ids=["cut", "list", "needed", "unknown", "number", "missing", "deep"],
)  # fmt: skip
def test_a_wrong_mapping_is_the_persons_mistake(look, matrix, wrong):
    with pytest.raises(UserError):
        look(matrix, mapping=wrong)


def test_numbered_and_named_data_sets_are_families(look, tmp_path):
    numbered = tmp_path / "numbered.h5"
    with h5py.File(numbered, "w") as h5:
        for number, wave in enumerate(waves(12, 100), 1):
            h5[f"cells/cell_{number}"] = wave
        h5.attrs["sampling_rate"] = 10.0
    seen = look(numbered)
    assert seen.keys[:2] == ["cells/cell_1", "cells/cell_2"]
    assert seen.keys[-1] == "cells/cell_12"
    assert seen.column("rate") == [10.0] * 12
    named = tmp_path / "named.h5"
    with h5py.File(named, "w") as h5:
        for name, wave in zip(("anna", "bert", "carl"), waves(3, 80), strict=True):
            h5[f"soma/{name}"] = wave
    assert look(named).keys == ["soma/anna", "soma/bert", "soma/carl"]


def test_event_times_in_samples_are_recognised(look, tmp_path):
    path = tmp_path / "spikes.h5"
    with h5py.File(path, "w") as h5:
        for number in (1, 2):
            group = h5.create_group(f"cell{number}")
            group["trace"] = waves(1, 400, number)[0]
            group["spikes"] = np.array([20, 200, 390])
            group.attrs["fs"] = 2.0
            group.attrs["class"] = "x"
    mapping = mapping_of(look(path))
    assert mapping.traces == "cell*/trace"
    assert mapping.label == "@class"
    assert mapping.group == "*1"
    assert mapping.events == (("spikes", 0.5),)


def test_a_file_without_traces_is_skipped(look, tmp_path):
    path = tmp_path / "movie.h5"
    with h5py.File(path, "w") as h5:
        h5.create_dataset("frames", (30, 400, 400), "f4")
        h5["names"] = [b"a", b"b"]
    (skipped,) = look(path).skipped
    assert "nothing in it looks like traces" in skipped.reason


def test_odd_times_are_told_and_the_traces_stay(look, tmp_path):
    path = tmp_path / "odd.h5"
    with h5py.File(path, "w") as h5:
        for number in range(3):
            group = h5.create_group(f"rec{number}")
            group["dff"] = waves(1, 120, number)[0]
            times = np.arange(120) / 10
            if number == 1:
                times = times[:-5]
            if number == 2:
                times[60:] += 3
                group["dff"][7] = np.nan
            group["time"] = times
    seen = look(path)
    assert len(seen.keys) == 3
    words = seen.words
    assert "missing or of another length" in words
    assert "not evenly spaced" in words
    assert "NaN in 1 trace" in words
    assert seen.column("anomaly") == [None, None, "NaN"]


def test_per_file_limits_recordings_only_when_asked(look, matrix):
    assert len(look(matrix).keys) == 6
    assert len(look(matrix, per_file="2").keys) == 2
