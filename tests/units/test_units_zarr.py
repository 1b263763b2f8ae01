"""Analyzers of lazy recordings, as zarr and as folders: every pane has what spikeinterface has, and labels go back."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.units import analyzer, load, zarr_arrays
from models.domains.units.around_analyzer import AnalyzerSurroundings
from models.domains.units.curation import read_curation
from models.domains.units.si_recording import open_recording
from models.errors import UserError
from models.store.project import Project
from tests.units.sortings import scanned
from tests.units.test_units_writing import by_key, do, label, project_of

COMPUTED = ["random_spikes", "noise_levels", "waveforms", "templates", "spike_amplitudes", "spike_locations",
            "unit_locations", "principal_components", "correlograms", "quality_metrics"]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``one.zarr`` and ``one``: the same sorting of four units with a recording that is filtered when it is read."""
    place = tmp_path_factory.mktemp("lazy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spikeinterface as si
        from spikeinterface.preprocessing import bandpass_filter, common_reference

        raw, sorting = si.generate_ground_truth_recording(durations=[4.0, 3.0], num_channels=8, num_units=4, seed=1)
        saved = raw.save(folder=place / "recording", n_jobs=1, progress_bar=False, verbose=False)
        lazy = common_reference(bandpass_filter(saved, 300, 6000))
        one = si.create_sorting_analyzer(
            sorting, lazy, format="zarr", folder=place / "one.zarr", sparse=True, n_jobs=1, progress_bar=False
        )
        one.compute(COMPUTED, n_jobs=1, progress_bar=False)
        one.save_as(folder=place / "one", format="binary_folder")
    return place


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of the zarr folder that may be written to."""
    shutil.copytree(made / "one.zarr", tmp_path / "mouse.zarr")
    return tmp_path / "mouse.zarr"


def around(place: Path) -> AnalyzerSurroundings:
    found = load._around(analyzer.opened(place))
    assert isinstance(found, AnalyzerSurroundings)
    return found


def test_the_panes_of_a_zarr_folder_are_those_of_a_plain_one(made: Path) -> None:
    ours, theirs = around(made / "one.zarr"), around(made / "one")
    for key in analyzer.opened(made / "one").keys:
        for pane in ("snippets", "components"):
            one, other = getattr(ours, pane)(key), getattr(theirs, pane)(key)
            assert one is not None
            for name, value in vars(one).items():
                np.testing.assert_array_equal(value, getattr(other, name), err_msg=f"{pane}.{name}")
        np.testing.assert_array_equal(ours.depths(key), theirs.depths(key))
        assert [item.key for item in ours.likenesses(key)] == [item.key for item in theirs.likenesses(key)]
        one_train, other_train = (analyzer.opened(made / name).train(key) for name in ("one.zarr", "one"))
        assert one_train is not None
        assert other_train is not None
        np.testing.assert_array_equal(one_train.times(), other_train.times())
        np.testing.assert_array_equal(one_train.amplitudes(), other_train.amplitudes())
    drift = ours.drift()
    assert drift is not None
    assert drift.counts.sum() == len(analyzer.opened(made / "one").spikes or ())


def test_what_a_zarr_folder_has_of_each_unit(made: Path) -> None:
    result = scanned(made / "one.zarr")
    assert not result.skipped
    assert not [item for item in result.noted if "left out" in item.text], "a model of components is no trouble"
    assert {"snr", "num_spikes", "depth", "channel"} <= set(result.one.columns)


def test_large_arrays_are_read_in_parts(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zarr_arrays, "WHOLE", 100)
    one = analyzer.open_analyzer(made / "one.zarr")
    found, whole = load._around(one), around(made / "one")
    assert isinstance(one.array("extensions/waveforms/waveforms"), zarr_arrays.Chunked)
    for key in one.keys:
        for pane, name in (("snippets", "waves"), ("components", "values"), ("components", "others")):
            values = (getattr(getattr(each, pane)(key), name) for each in (found, whole))
            np.testing.assert_array_equal(*values, err_msg=f"{pane}.{name}")
        np.testing.assert_array_equal(found.depths(key), whole.depths(key))
    assert one.array("extensions/principal_components/pca_model_by_channel_local_0") is None, "a pickle"


@pytest.mark.parametrize("name", ["one.zarr", "one"])
def test_traces_come_through_spikeinterface(made: Path, name: str) -> None:
    import spikeinterface as si

    found, key = around(made / name), "0"
    recording = si.load_sorting_analyzer(made / name, load_extensions=False).recording
    first = int(recording.get_num_samples(0))
    raw = found.stretch(key, first, 1000, "raw")
    assert raw is not None
    assert (raw.start, raw.values.shape, raw.unit) == (first - 500, (8, 1000), "µV")
    parts = [recording.get_traces(0, first - 500, first, return_in_uV=True)]
    parts.append(recording.get_traces(1, 0, 500, return_in_uV=True))
    np.testing.assert_allclose(raw.values, np.concatenate(parts)[:, list(raw.channels)].T, rtol=1e-5, atol=1e-4)
    for way in ("filtered", "referenced"):
        other = found.stretch(key, first, 1000, way)
        assert other is not None
        assert other.values.shape == raw.values.shape
        assert not np.array_equal(other.values, raw.values)


def test_a_recording_that_is_gone_or_of_foreign_classes_is_none(made: Path, tmp_path: Path) -> None:
    told: dict[str, Any] = json.loads((made / "one" / "recording.json").read_text("utf-8"))
    names = analyzer.opened(made / "one").channels
    for wrong in (None, [1], {"class": "os.path.Popen"}, {**told, "more": [{"class": "subprocess.Popen"}]}):
        assert open_recording(wrong, made / "one", names, 25_000.0) is None
    assert open_recording(told, made / "one", ["nobody"], 25_000.0) is None
    raw = open_recording(told, made / "one", names[2::-2], 25_000.0)
    assert raw is not None
    assert raw.columns.tolist() == [2, 0]
    moved = json.dumps(told).replace("recording", "gone")
    assert open_recording(json.loads(moved), tmp_path, names, 25_000.0) is None


def test_a_recording_that_breaks_later_is_one_line(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = around(made / "one").raw()
    assert raw is not None

    def fail(*given: Any, **more: Any) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(raw.values._recording, "get_traces", fail)  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="cannot read the recording: the disk is gone"):
        raw.piece(0, 100, [0], "raw")


def test_labels_go_where_the_window_of_spikeinterface_keeps_them(folder: Path, tmp_path: Path) -> None:
    from spikeinterface.core.zarrextractors import super_zarr_open
    from spikeinterface.curation.curation_model import Curation

    project = project_of(tmp_path / "p", folder)
    label(project, **{"0": "good", "3": "noise"})
    told = do("export", project=project, format="si-curation", out=folder, overwrite=True)
    assert told["files"] == [str(folder / analyzer.ZARR_GUI)]
    root = super_zarr_open(folder, mode="r")
    held = Curation(**root["spikeinterface_gui"].attrs["curation_data"])
    assert {item.unit_id: item.labels["quality"] for item in held.manual_labels or ()} == {
        "0": ["good"],
        "3": ["noise"],
    }
    assert by_key(project_of(tmp_path / "q", folder)) == by_key(project)
    label(project, **{"0": "mua"})
    again = do("export", project=project, format="si-curation", out=folder, overwrite=True)
    kept = [Path(file) for file in again["files"] if ".before-" in file]
    assert read_curation(kept[0]).labels["0"] == {"quality": ("good",)}
    assert super_zarr_open(folder, mode="r")["spikeinterface_gui"].attrs["curation_data"]["unit_ids"] == list("0123")
    with Project.open(project) as opened:
        (unit,) = load.load(opened.samples, 0)
    assert unit.note == ""  # type: ignore[union-attr]
    (folder / analyzer.ZARR_GUI).write_text("{", "utf-8")
    assert "no whole JSON" in scanned(folder).note("left out")
