"""SortingAnalyzers: as a folder, as zarr, with their curation, and broken in parts."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from models.domains.units import analyzer
from models.domains.units.analyzer import GUI, opened
from models.domains.units.curation import Curation, write_curation
from models.domains.units.extensions import KEPT, compute, load_whole, missing
from models.errors import UserError
from models.job import Progress
from tests.units.sortings import scanned


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    """A copy of the simulated analyzer."""
    place = tmp_path / "analyzer"
    shutil.copytree(data / "si_sim" / "analyzer", place)
    return place


def test_units_with_measures_places_and_properties(folder: Path) -> None:
    found = scanned(folder).one
    columns = found.columns
    assert found.keys == [f"u{number}" for number in range(16)]
    assert columns["num_spikes"][0] == 793
    assert round(columns["snr"][1], 3) == 40.015
    assert round(columns["trough_half_width"][0], 6) == 0.00022
    assert columns["channel"][0] == 22
    assert {"x", "depth", "main_channel_id"} <= set(columns)
    assert found.votes[0] == {"file:classifier_label": "mua"}
    assert found.labels[0] == ""


def test_what_is_opened_is_what_spikeinterface_opens(folder: Path) -> None:
    import spikeinterface as si

    theirs = si.load_sorting_analyzer(folder)
    ours = opened(folder)
    assert ours.keys == list(theirs.unit_ids)
    assert ours.seconds == theirs.get_total_duration()
    np.testing.assert_array_equal(ours.positions, theirs.get_channel_locations().astype(np.float32))
    amplitudes = theirs.get_extension("spike_amplitudes").get_data(outputs="by_unit")[0]
    for key in ("u0", "u7"):
        train = ours.train(key)
        assert train is not None
        np.testing.assert_array_equal(train.times(), theirs.sorting.get_unit_spike_train(key))
        np.testing.assert_array_equal(train.amplitudes(), amplitudes[key])
    average = theirs.get_extension("templates").get_data("average")
    np.testing.assert_array_equal(ours.template("u3"), average[3].T)
    assert ours.before == theirs.get_extension("templates").nbefore


def test_zarr_gives_the_same_units(folder: Path, tmp_path: Path) -> None:
    import spikeinterface as si

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        si.load_sorting_analyzer(folder).save_as(folder=tmp_path / "z" / "mouse.zarr", format="zarr")
    found, zarr = scanned(folder).one, scanned(tmp_path / "z").one
    assert (zarr.name, set(zarr.groups)) == ("mouse.zarr", {"mouse"})
    assert zarr.keys == found.keys
    assert set(zarr.columns) == set(found.columns)
    for name, values in found.columns.items():
        if isinstance(values[0], float):
            np.testing.assert_allclose(np.array(zarr.columns[name], float), np.array(values, float), err_msg=name)
    np.testing.assert_allclose(opened(tmp_path / "z" / "mouse.zarr").template("u3"), opened(folder).template("u3"))
    assert opened(tmp_path / "z" / "mouse.zarr").before == opened(folder).before


def test_a_zarr_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    place = tmp_path / "a.zarr"
    place.mkdir()
    (place / ".zattrs").write_text('{"spikeinterface_info": {"object": "SortingAnalyzer"}}', "utf-8")
    result = scanned(tmp_path)
    assert not result.found
    assert "cannot be opened by spikeinterface" in result.skipped[0].reason


def test_the_curation_of_the_window_of_spikeinterface_is_taken(folder: Path) -> None:
    (folder / GUI).parent.mkdir()
    labels = {"u1": {"quality": ("good",)}, "u99": {"quality": ("noise",)}}
    keys = tuple(f"u{number}" for number in range(16))
    write_curation(Curation("2", (*keys, "u99"), {}, labels, (), (), ("u0",)), folder / GUI)
    result = scanned(folder)
    assert result.one.labels[:3] == ["", "good", ""]
    assert result.one.columns["removed"][:2] == ["yes", None]
    assert "not among the 16 units" in result.note("labelled there")
    (folder / GUI).write_text("{", "utf-8")
    assert "no whole JSON" in scanned(folder).note("left out")


def test_a_curation_file_that_is_given_along(data: Path) -> None:
    found = scanned(data / "si_sim" / "analyzer", data / "curation_json" / "curation_v2.json").one
    assert [label for label in found.labels if label] == ["good", "noise", "mua"]
    assert found.columns["merged_into"][4:6] == ["u16", "u16"]
    assert found.columns["split_into"][6] == "u17 + u18"


def test_a_group_of_channels_is_no_label(folder: Path) -> None:
    np.save(folder / "sorting" / "properties" / "group.npy", np.arange(16) % 2)
    np.save(folder / "sorting" / "properties" / "quality.npy", np.array(["good", "noise"] * 8))
    found = scanned(folder).one
    assert found.labels == ["good", "noise"] * 8
    assert found.columns["channel_group"][:3] == [0, 1, 0]


def test_an_extension_that_was_cut_off_is_left_out(folder: Path) -> None:
    for name in ("templates", "quality_metrics"):
        (folder / "extensions" / name / "run_info.json").write_text('{"run_completed": false}', "utf-8")
    raw = folder / "extensions" / "spike_amplitudes" / "amplitudes.npy"
    raw.write_bytes(raw.read_bytes()[:1000])
    result = scanned(folder)
    assert len(result.one.keys) == 16
    assert result.one.columns["num_spikes"][0] == 793
    assert "snr" not in result.one.columns
    assert {item.where for item in result.noted} == {
        "extensions",
        "extensions/templates",
        "extensions/quality_metrics",
        "extensions/spike_amplitudes",
    }


def test_spikes_that_are_cut_off_leave_the_units(folder: Path) -> None:
    raw = folder / "sorting" / "spikes.npy"
    raw.write_bytes(raw.read_bytes()[:1000])
    result = scanned(folder)
    assert len(result.one.keys) == 16
    assert "cut off or is still written" in result.note("spikes.npy")


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_an_analyzer_without_units_is_one_message(folder: Path, text: str) -> None:
    (folder / "sorting" / "numpysorting_info.json").write_text(text, "utf-8")
    result = scanned(folder)
    assert not result.found
    assert len(result.skipped) == 1
    assert "numpysorting_info.json" in result.skipped[0].reason


def test_segments_come_one_after_the_other(folder: Path) -> None:
    path = folder / "sorting" / "spikes.npy"
    spikes = np.load(path)
    late = spikes["sample_index"] >= 900_000
    spikes["segment_index"][late] = 1
    spikes["sample_index"][late] -= 900_000
    np.save(path, spikes)
    place = folder / "recording_info" / "recording_attributes.json"
    told = json.loads(place.read_text("utf-8"))
    place.write_text(json.dumps({**told, "num_samples": [900_000, 900_000]}), "utf-8")
    one, whole = opened(folder), analyzer.open_analyzer(folder)
    assert one.seconds == whole.seconds == 60
    train = one.train("u0")
    assert train is not None
    assert train.times()[-1] > 900_000
    assert (np.diff(train.times()) >= 0).all()


def test_nothing_that_is_there_is_lost_when_something_cannot_be_computed(folder: Path) -> None:
    before = {place.name for place in (folder / "extensions").iterdir()}
    for _ in compute(folder):
        pass
    assert {place.name for place in (folder / "extensions").iterdir()} >= before


def test_what_was_kept_comes_back_after_a_kill(folder: Path) -> None:
    (folder / KEPT).mkdir()
    shutil.move(folder / "extensions" / "templates", folder / KEPT / "templates")
    for _ in compute(folder, ["correlograms"]):
        pass
    assert (folder / "extensions" / "templates" / "average.npy").is_file()
    assert not (folder / KEPT).exists()


def test_what_is_missing_is_computed_and_what_cannot_be_is_told(folder: Path) -> None:
    shutil.rmtree(folder / "extensions" / "correlograms")
    assert "correlograms" in missing(folder)
    steps = compute(folder, ["correlograms", "spike_locations"])
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            told = end.value
            break
    assert all(isinstance(step, Progress) for step in seen)
    assert told.names == ("correlograms",)
    assert told.failed == ("spike_locations: it needs the recording, which is not there",)
    assert "correlograms" not in missing(folder)
    with pytest.raises(UserError, match="no extension 'sorcery'"):
        next(compute(folder, ["sorcery"]))
    with pytest.raises(UserError, match="cannot be opened"):
        next(compute(folder / "nowhere"))


class Bomb:
    """A pickle of it makes a file when it is opened."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.place),)


def test_nothing_in_a_folder_from_elsewhere_runs(folder: Path, tmp_path: Path) -> None:
    fired = tmp_path / "fired"
    (folder / "recording.json").unlink(missing_ok=True)
    (folder / "recording.pickle").write_bytes(pickle.dumps(Bomb(fired)))
    (folder / "sorting" / "provenance.pickle").write_bytes(pickle.dumps(Bomb(fired)))
    (folder / "extensions" / "templates" / "more.pkl").write_bytes(pickle.dumps(Bomb(fired)))
    np.save(folder / "sorting" / "properties" / "odd.npy", np.array([Bomb(fired)], object), allow_pickle=True)
    with contextlib.suppress(UserError):
        load_whole(folder)
    assert not fired.exists()
    (folder / "sorting" / "properties" / "odd.npy").unlink()
    assert load_whole(folder).unit_ids.size == 16
    assert not fired.exists()
    pickle.loads(pickle.dumps(Bomb(fired)))
    assert fired.exists(), "afterwards pickles are what they were"


def test_a_description_makes_no_classes_of_others(folder: Path, tmp_path: Path) -> None:
    told = {"class": "subprocess.Popen", "kwargs": {"args": ["mkdir", str(tmp_path / "fired")]}, "version": "1"}
    (folder / "recording.json").write_text(json.dumps({**told, "annotations": {}, "module": "subprocess"}), "utf-8")
    assert not load_whole(folder).has_recording()
    assert not (tmp_path / "fired").exists()
