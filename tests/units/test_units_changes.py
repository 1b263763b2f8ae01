"""Units that were merged, split and removed are written to each tool as it can take them."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.units.curation import Merge, Split, read_curation
from models.errors import UserError
from models.store.project import Project
from tests.units.sortings import spikes_of, write_phy, write_table
from tests.units.test_units_writing import by_key, do, label, project_of


def edited(project: Path, place: Path, **wanted: Any) -> None:
    write_table(place, json.dumps(wanted))
    do("edit", project=project, path=place, by="ada")


def count_of(sorting: Path, unit: int) -> int:
    return int((np.load(sorting / "spike_clusters.npy") == unit).sum())


def live(project: Path) -> dict[str, str | None]:
    """Label by key of the units that are there."""
    with Project.open(project) as opened:
        keys, there = opened.samples.table.column("key").to_pylist(), opened.journal.fold.live
    return {key: label for key, label in by_key(project).items() if there[keys.index(key)]}


@pytest.fixture
def sorting(tmp_path: Path) -> Path:
    write_phy(tmp_path / "mouse1")
    return tmp_path / "mouse1"


@pytest.fixture
def project(sorting: Path, tmp_path: Path) -> Path:
    """Units 0 and 2 merged to 8, 7 split into 9 and 10, 3 removed; the new ones labelled by a person."""
    project = project_of(tmp_path / "p", sorting)
    parts = [int(spike % 3 == 0) for spike in range(count_of(sorting, 7))]
    splits = [{"unit": "7", "parts": parts, "new": ["9", "10"]}]
    edited(project, tmp_path / "e.json", merges=[{"units": ["0", "2"], "new": "8"}], splits=splits, removals=["3"])
    label(project, **{"8": "good", "9": "mua", "10": "noise"})
    return project


def test_phy_gets_the_clusters_of_the_spikes_in_a_folder_of_their_own(
    sorting: Path, project: Path, tmp_path: Path
) -> None:
    told = do("export", project=project, format="phy", out=tmp_path / "out")
    assert told["written"] == 3
    assert "phy knows no removal: 1 removed units" in told["notes"][0]["text"]
    text = (tmp_path / "out" / "cluster_group.tsv").read_text()
    assert text == "cluster_id\tgroup\n3\tunsorted\n8\tgood\n9\tmua\n10\tnoise\n"
    before, after = (np.load(folder / "spike_clusters.npy") for folder in (sorting, tmp_path / "out"))
    assert (after[(before == 0) | (before == 2)] == 8).all()
    assert after[before == 7].tolist() == [9 if spike % 3 else 10 for spike in range(count_of(sorting, 7))]
    again = do("export", project=project, format="phy", out=tmp_path / "out", overwrite=True)
    assert again["written"] == 3
    other = tmp_path / "other" / "mouse1"
    shutil.copytree(sorting, other)
    shutil.copytree(tmp_path / "out", other, dirs_exist_ok=True)
    assert by_key(project_of(tmp_path / "q", other)) == {**live(project), "3": None}


def test_a_sorting_that_is_read_keeps_its_clusters_with_their_labels(
    sorting: Path, project: Path, tmp_path: Path
) -> None:
    before = (sorting / "spike_clusters.npy").read_bytes()
    with Project.open(project) as opened:
        while opened.journal.undo("ada") is not None:
            pass
    label(project, **{"0": "good", "2": "good", "3": "noise", "7": "mua"})
    do("edit", project=project, path=tmp_path / "e.json", by="ada")
    label(project, **{"8": "", "9": "mua", "10": "noise"})
    told = do("export", project=project, format="phy", out=sorting, overwrite=True)
    assert (sorting / "spike_clusters.npy").read_bytes() == before
    text = (sorting / "cluster_group.tsv").read_text()
    assert text == "cluster_id\tgroup\n0\tgood\n2\tgood\n3\tnoise\n7\tmua\n"
    assert by_key(project_of(tmp_path / "q", sorting)) == {"0": "good", "2": "good", "3": "noise", "7": "mua"}
    notes = " ".join(note["text"] for note in told["notes"])
    assert "merges, splits and removals are not made in a sorting that is read" in notes
    assert "keep the label they had before" in notes
    with Project.open(project) as opened:
        rows = np.flatnonzero(opened.journal.fold.live).tolist()
        assert all(train.count for train in spikes_of(opened.samples, rows))


def test_spikes_that_do_not_stand_in_order_of_time_go_to_their_own_cluster(sorting: Path, tmp_path: Path) -> None:
    mixed = np.random.default_rng(0).permutation(400)
    for name in ("spike_times", "spike_clusters", "spike_templates", "amplitudes"):
        np.save(sorting / f"{name}.npy", np.load(sorting / f"{name}.npy")[mixed])
    project = project_of(tmp_path / "p", sorting)
    parts = [int(spike < 50) for spike in range(count_of(sorting, 7))]
    edited(project, tmp_path / "e.json", splits=[{"unit": "7", "parts": parts, "new": ["9", "10"]}])
    do("export", project=project, format="phy", out=tmp_path / "out")
    times, now = np.load(sorting / "spike_times.npy"), np.load(tmp_path / "out" / "spike_clusters.npy")
    assert times[now == 10].max() < times[now == 9].min()
    assert int((now == 10).sum()) == 50


def test_a_curation_file_tells_all_changes(sorting: Path, project: Path, tmp_path: Path) -> None:
    label(project, **{"10": "mua"})
    do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    one = read_curation(tmp_path / "c.json")
    assert (one.units, one.merges, one.removed) == ((0, 2, 3, 7), (Merge((0, 2), 8),), (3,))
    count = count_of(sorting, 7)
    parts = (tuple(spike for spike in range(count) if spike % 3), tuple(range(0, count, 3)))
    assert one.splits == (Split(7, parts, None, (9, 10)),)
    assert {unit: given["quality"] for unit, given in one.labels.items()} == {0: ("good",), 2: ("good",), 7: ("mua",)}
    other = project_of(tmp_path / "q", sorting)
    do("edit", project=other, path=tmp_path / "c.json", by="bob")
    assert set(live(other)) == set(live(project)) == {"8", "9", "10"}


def test_the_labels_of_what_was_made_come_back_with_a_curation_file(
    sorting: Path, project: Path, tmp_path: Path
) -> None:
    from spikeinterface.curation.curation_model import Curation as Theirs

    told = do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    assert ["the parts of mouse1: 7 have different labels" in note["text"] for note in told["notes"]] == [True]
    one = read_curation(tmp_path / "c.json")
    assert {unit: one.class_of(unit) for unit in (8, 9, 10, None)} == {8: "good", 9: "mua", 10: "noise", None: None}
    Theirs(**json.loads((tmp_path / "c.json").read_text()))
    other = project_of(tmp_path / "q", sorting, tmp_path / "c.json")
    do("edit", project=other, path=tmp_path / "c.json", by="bob")
    assert live(other) == live(project) == {"8": "good", "9": "mua", "10": "noise"}
    label(other, **{"8": "noise", "9": ""})
    do("import_samples", project=other, sources=[str(sorting)], labels=tmp_path / "c.json")
    assert live(other) == live(project)
    do("export", project=other, format="si-curation", out=tmp_path / "d.json")
    assert read_curation(tmp_path / "d.json").made == one.made


def test_the_first_format_tells_the_label_of_a_merge(sorting: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", sorting)
    edited(project, tmp_path / "e.json", merges=[{"units": ["0", "2"], "new": "8"}])
    label(project, **{"8": "good", "3": "mua"})
    do("export", project=project, format="si-curation-v1", out=tmp_path / "c.json")
    other = project_of(tmp_path / "q", sorting, tmp_path / "c.json")
    do("edit", project=other, path=tmp_path / "c.json", by="bob")
    assert sorted(live(other).values(), key=str) == sorted(live(project).values(), key=str)


def test_what_is_no_single_step_is_refused_by_the_curation_file_alone(
    sorting: Path, project: Path, tmp_path: Path
) -> None:
    edited(project, tmp_path / "f.json", merges=[["8", "9"]])
    with pytest.raises(UserError, match="was merged of parts of other units, which a curation file cannot tell"):
        do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    do("export", project=project, format="phy", out=tmp_path / "out")
    clusters = np.load(tmp_path / "out" / "spike_clusters.npy")
    assert sorted(set(clusters.tolist())) == [3, 10, 11]


def test_units_that_are_undone_are_as_before(project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened:
        while opened.journal.undo("ada") is not None:
            pass
    do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    one = read_curation(tmp_path / "c.json")
    assert (one.units, one.merges, one.splits, one.removed) == ((0, 2, 3, 7), (), (), ())


def test_nwb_has_the_units_that_there_are(project: Path, tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    do("export", project=project, format="nwb", out=tmp_path / "u.nwb")
    with Project.open(project) as opened:
        rows = np.flatnonzero(opened.journal.fold.live).tolist()
        keys = opened.samples.take(rows).table.column("key").to_pylist()
        times = dict(zip(keys, [train.times() for train in spikes_of(opened.samples, rows)], strict=True))
    with pynwb.NWBHDF5IO(str(tmp_path / "u.nwb"), "r") as io:
        table = io.read().units.to_dataframe()
        assert dict(zip(table["unit_name"], table["quality"], strict=True)) == {"8": "good", "9": "mua", "10": "noise"}
        for name, spikes in zip(table["unit_name"], table["spike_times"], strict=True):
            np.testing.assert_allclose(spikes, times[name] / 20_000)


def test_spikeinterface_makes_of_the_file_the_units_that_are_shown(data: Path, tmp_path: Path) -> None:
    from spikeinterface import load_sorting_analyzer
    from spikeinterface.curation import apply_curation

    folder = tmp_path / "analyzer"
    shutil.copytree(data / "si_sim" / "analyzer", folder)
    project = project_of(tmp_path / "p", folder)
    do("edit", project=project, path=data / "curation_json" / "curation_v2.json", by="ada")
    label(project, u16="good", u3="mua")
    do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = load_sorting_analyzer(folder)
        made = apply_curation(one, json.loads((tmp_path / "c.json").read_text()), sparsity_overlap=0)
    with Project.open(project) as opened:
        rows = np.flatnonzero(opened.journal.fold.live).tolist()
        keys = opened.samples.take(rows).table.column("key").to_pylist()
        times = dict(zip(keys, [train.times() for train in spikes_of(opened.samples, rows)], strict=True))
    assert sorted(map(str, made.unit_ids)) == sorted(keys)
    assert len(keys) == 15
    for name in keys:
        np.testing.assert_array_equal(made.sorting.get_unit_spike_train(name, segment_index=0), times[name])
    quality = dict(zip(map(str, made.unit_ids), made.get_sorting_property("quality"), strict=True))
    assert (quality["u16"], quality["u3"]) == ("good", "mua")
