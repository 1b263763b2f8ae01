"""What is written back to phy and spikeinterface is read again with the same labels, and nothing of theirs is lost."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from models.domains.units import sortings
from models.domains.units.curation import read_curation
from models.domains.units.pieces import Piece
from models.domains.units.sortings import write_kept
from models.errors import UserError
from models.job import Job
from models.store.project import Project
from tests.units.sortings import write_phy, write_table
from workers.inline import run

METRICS = "".join(f"{unit},{unit / 3:.2f},{20 + unit % 7},{0.1 * (unit % 5):.1f}\n" for unit in range(40))


def do(order: str, /, **arguments: Any) -> Any:
    return run(Job(order, {key: str(v) if isinstance(v, Path) else v for key, v in arguments.items()}, order))


def project_of(place: Path, *sources: Path, **more: Any) -> Path:
    Project.create(place, "units").close()
    do("import_samples", project=place, sources=[str(source) for source in sources], **more)
    return place


def label(project: Path, **wanted: str) -> None:
    """Labels of a person, by unit."""
    with Project.open(project) as opened:
        keys = opened.samples.table.column("key").to_pylist()
        rows = [keys.index(key) for key in wanted]
        opened.journal.label_each(rows, list(wanted.values()), "ada")


def labels(project: Path) -> dict[str, str | None]:
    """Label by key; the same key of another recording is another entry."""
    with Project.open(project) as opened:
        table = opened.samples.table
        groups = opened.samples.column("group").tolist()
        names = [f"{group}:{key}" for group, key in zip(groups, table.column("key").to_pylist(), strict=True)]
        return dict(zip(names, opened.journal.fold.labels().tolist(), strict=True))


def by_key(project: Path) -> dict[str, str | None]:
    return {name.rpartition(":")[2]: label for name, label in labels(project).items()}


@pytest.fixture
def sorting(tmp_path: Path) -> Path:
    """A phy folder of four units, one with a label."""
    folder = tmp_path / "mouse1"
    write_phy(folder)
    write_table(folder / "cluster_group.tsv", "cluster_id\tgroup\n2\tgood\n")
    return folder


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Tables of two recordings of one animal, with labels for every other unit."""
    for name in ("mouse1a", "mouse1b"):
        words = ["good", "", "noise", "", "mua"]
        lines = METRICS.splitlines()
        text = "".join(f"{line},{words[row % 5]}\n" for row, line in enumerate(lines))
        write_table(tmp_path / "both" / f"{name}.csv", f"cluster_id,snr,num_spikes,nn_miss_rate,group\n{text}")
    return tmp_path / "both"


# phy


def test_all_units_are_written_and_come_back(sorting: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", sorting)
    label(project, **{"3": "mua", "7": "noise"})
    told = do("export", project=project, format="phy", out=tmp_path / "out")
    assert (told["written"], [Path(file).name for file in told["files"]]) == (
        4,
        ["cluster_group.tsv", "cluster_curated.tsv"],
    )
    text = (tmp_path / "out" / "cluster_group.tsv").read_text()
    assert text == "cluster_id\tgroup\n0\tunsorted\n2\tgood\n3\tmua\n7\tnoise\n"
    assert by_key(project_of(tmp_path / "q", tmp_path / "out")) == by_key(project)


def test_in_the_phy_folder_itself_the_former_file_stays(sorting: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", sorting)
    label(project, **{"3": "mua"})
    with pytest.raises(UserError, match="--overwrite"):
        do("export", project=project, format="phy", out=sorting)
    before = {file.name for file in sorting.iterdir()}
    told = do("export", project=project, format="phy", out=sorting, overwrite=True)
    kept = [Path(file) for file in told["files"] if ".before-" in file]
    assert [file.read_text() for file in kept] == ["cluster_id\tgroup\n2\tgood\n"]
    assert kept[0].suffix not in (".tsv", ".csv")  # phy reads every table of the folder
    assert before <= {file.name for file in sorting.iterdir()}
    assert by_key(project_of(tmp_path / "q", sorting)) == by_key(project)
    again = do("export", project=project, format="phy", out=sorting, overwrite=True)
    assert not [file for file in again["files"] if ".before-" in file]


def test_each_former_file_of_one_second_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sortings.time, "strftime", lambda _form: "20260101-120000")
    file = write_table(tmp_path / "cluster_group.tsv", "first")
    kept = [write_kept(file, text)[1] for text in ("second", "third")]
    assert [one.read_text() for one in (*kept, file)] == ["first", "second", "third"]


@pytest.mark.parametrize(("labels", "rows", "told"), [
    (["good", "good"], (0, 1), (0, True)),
    (["good", "mua"], (0, 1), (-1, False)),
    (["good"], (0, -1), (-1, False)),
    (["good"], (-1, -1), (-1, True)),
])  # fmt: skip
def test_a_split_unit_has_the_label_that_all_its_parts_have(
    labels: list[str], rows: tuple[int, int], told: tuple[int, bool]
) -> None:
    take = np.array([True, False])
    parts = [sortings.Unit(9, rows[0], (Piece("7", take),)), sortings.Unit(10, rows[1], (Piece("7", ~take),))]
    assert sortings._told_by("7", None, parts, cast(Any, SimpleNamespace(labels=labels))) == told


def test_labels_that_phy_gave_since_the_import_are_told_before_they_go(sorting: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", sorting)
    label(project, **{"3": "mua"})
    write_table(sorting / "cluster_group.tsv", "cluster_id\tgroup\n0\tnoise\n2\tmua\n3\tgood\n")
    (note,) = do("export", project=project, format="phy", out=sorting, overwrite=True)["notes"]
    assert "labels stood there that the project has not: 0 (noise), 2 (mua)." in note["text"]
    assert not do("export", project=project, format="phy", out=sorting, overwrite=True)["notes"]


def test_units_that_were_not_chosen_keep_what_phy_says(sorting: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", sorting)
    label(project, **{"2": "noise", "3": "mua"})
    do("export", project=project, format="phy", out=sorting, overwrite=True, where='id ~ "#3"')
    text = (sorting / "cluster_group.tsv").read_text()
    assert text == "cluster_id\tgroup\n0\tunsorted\n2\tgood\n3\tmua\n7\tunsorted\n"


def test_predictions_are_kept_apart_from_labels(tables: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", tables)
    ran = do("train", project=project, recipe="logistic_regression", baseline=False)["run"]
    told = do("export", project=project, format="phy", out=tmp_path / "out", run=ran)
    assert "2 recordings, a folder for each" in told["notes"][0]["text"]
    groups = (tmp_path / "out" / "mouse1a" / "cluster_group.tsv").read_text().splitlines()
    assert groups[1:5] == ["0\tgood", "1\tunsorted", "2\tnoise", "3\tunsorted"]
    lines = (tmp_path / "out" / "mouse1a" / "cluster_prediction.tsv").read_text().splitlines()
    assert lines[0] == "cluster_id\tprediction\tprobability"
    assert len(lines) == 41
    assert labels(project_of(tmp_path / "q", tmp_path / "out")) == labels(project)


def test_one_of_several_recordings_goes_into_its_own_folder(tmp_path: Path) -> None:
    for name in ("mouse1", "mouse2"):
        write_phy(tmp_path / "data" / name)
    project = project_of(tmp_path / "p", tmp_path / "data")
    told = do("export", project=project, format="phy", out=tmp_path / "data" / "mouse2", overwrite=True)
    assert told["written"] == 4
    assert told["notes"][0]["text"] == "mouse2 holds mouse2; left out: mouse1"
    assert not (tmp_path / "data" / "mouse1" / "cluster_group.tsv").exists()
    write_phy(tmp_path / "other")
    with pytest.raises(UserError, match="not those of one recording"):
        do("export", project=project, format="phy", out=tmp_path / "other", overwrite=True)


def test_units_with_names_are_numbered_and_named_beside(tmp_path: Path) -> None:
    words = "unit_id,snr,group\nu0,2,good\nu1,3,\nu2,4,noise\n"
    project = project_of(tmp_path / "p", write_table(tmp_path / "a" / "metrics.csv", words))
    do("export", project=project, format="phy", out=tmp_path / "out")
    assert (tmp_path / "out" / "cluster_si_unit_ids.tsv").read_text() == "cluster_id\tsi_unit_id\n0\tu0\n1\tu1\n2\tu2\n"
    plain = project_of(tmp_path / "q", write_table(tmp_path / "b" / "metrics.csv", words.replace("good", "")))
    do("import_samples", project=plain, sources=[str(tmp_path / "b")], labels=tmp_path / "out" / "cluster_group.tsv")
    assert by_key(plain) == by_key(project)


# Curation files


@pytest.mark.parametrize(("given", "options"), [("mua", ["good", "mua", "noise"]), ("axon", ["axon", "good"])])
def test_a_class_that_no_unit_has_yet_is_offered(given: str, options: list[str], sorting: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", sorting)
    label(project, **{"3": given})
    do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    told = json.loads((tmp_path / "c.json").read_text())
    assert told["label_definitions"]["quality"]["label_options"] == options


@pytest.mark.parametrize("form", ["si-curation", "si-curation-v1"])
def test_a_curation_file_brings_the_labels_back(form: str, sorting: Path, tmp_path: Path) -> None:
    from spikeinterface.curation.curation_model import Curation

    project = project_of(tmp_path / "p", sorting)
    label(project, **{"3": "mua", "7": "noise"})
    do("export", project=project, format=form, out=tmp_path / "c.json")
    told = json.loads((tmp_path / "c.json").read_text())
    assert Curation(**told).unit_ids == [0, 2, 3, 7]
    assert told["label_definitions"]["quality"]["label_options"] == ["good", "mua", "noise"]
    assert [item["kind"] for item in told["provenance"]["labels"]] == ["file", "human", "human"]
    fresh = tmp_path / "fresh" / "mouse1"
    write_phy(fresh)
    other = project_of(tmp_path / "q", fresh)
    assert set(by_key(other).values()) == {None}
    do("import_samples", project=other, sources=[str(fresh)], labels=tmp_path / "c.json")
    assert by_key(other) == by_key(project) == {"0": None, "2": "good", "3": "mua", "7": "noise"}


def test_several_recordings_are_a_folder_that_comes_back_by_names(tables: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", tables)
    with pytest.raises(UserError, match="can hold one recording and there are 2"):
        do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    one = do("export", project=project, format="si-curation", out=tmp_path / "c.json", where='group == "mouse1b"')
    assert one["written"] == 40
    told = do("export", project=project, format="si-curation", out=tmp_path / "c")
    assert [Path(file).name for file in told["files"]] == ["mouse1a.json", "mouse1b.json"]
    bare = tmp_path / "bare"
    for file in sorted(tables.iterdir()):
        write_table(bare / file.name, "".join(line.rpartition(",")[0] + "\n" for line in file.read_text().splitlines()))
    other = project_of(tmp_path / "q", bare, labels=tmp_path / "c")
    assert labels(other) == labels(project)
    with pytest.raises(UserError, match="may be of 2 recordings"):
        do("import_samples", project=other, sources=[str(bare)], labels=tmp_path / "c.json")


def test_what_a_curation_file_says_beside_labels_is_kept(tmp_path: Path) -> None:
    came = {
        "format_version": "2",
        "unit_ids": ["u0", "u1", "u2", "u3", "u4"],
        "label_definitions": {
            "quality": {"name": "quality", "label_options": ["good", "noise", "MUA"], "exclusive": True},
            "putative_type": {"name": "putative_type", "label_options": ["pyramidal", "other"], "exclusive": False},
        },
        "manual_labels": [
            {"unit_id": "u1", "labels": {"quality": ["MUA"], "putative_type": ["pyramidal"]}},
            {"unit_id": "u2", "labels": {"quality": ["noise"]}},
        ],
        "merges": [{"unit_ids": ["u2", "u3"], "new_unit_id": "u5"}],
        "splits": [{"unit_id": "u4", "mode": "indices", "indices": [[0, 1]], "new_unit_ids": ["u6", "u7"]}],
        "removed": ["u0"],
    }
    source = write_table(tmp_path / "a" / "curation.json", json.dumps(came))
    project = project_of(tmp_path / "p", source)
    label(project, u2="mua")
    do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    before, after = read_curation(source), read_curation(tmp_path / "c.json")
    assert (after.merges, after.splits, after.removed) == (before.merges, before.splits, before.removed)
    assert after.definitions == before.definitions
    assert after.labels == {
        "u1": {"quality": ("MUA",), "putative_type": ("pyramidal",)},
        "u2": {"quality": ("MUA",)},
    }
    with pytest.raises(UserError, match="format 1 cannot hold splits"):
        do("export", project=project, format="si-curation-v1", out=tmp_path / "v1.json")
    assert not (tmp_path / "v1.json").exists()


def test_several_labels_of_one_kind_stay_while_the_class_is_among_them(tmp_path: Path) -> None:
    old = {"labelsByUnit": {"1": ["good", "accept"], "2": ["noise", "reject"], "3": []}, "mergeGroups": []}
    project = project_of(tmp_path / "p", write_table(tmp_path / "a" / "sorting-curation.json", json.dumps(old)))
    label(project, **{"2": "mua"})
    do("export", project=project, format="si-curation", out=tmp_path / "c.json")
    after = read_curation(tmp_path / "c.json")
    assert after.labels == {1: {"quality": ("good", "accept")}, 2: {"quality": ("mua",)}}
    assert not after.definitions["quality"].exclusive


def test_the_place_of_spikeinterfaces_window(data: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "analyzer"
    shutil.copytree(data / "si_sim" / "analyzer", folder)
    project = project_of(tmp_path / "p", folder)
    label(project, u1="good", u3="mua")
    do("export", project=project, format="si-curation", out=folder, overwrite=True)
    place = folder / "spikeinterface_gui" / "curation_data.json"
    assert read_curation(place).labels == {"u1": {"quality": ("good",)}, "u3": {"quality": ("mua",)}}
    label(project, u3="noise")
    told = do("export", project=project, format="si-curation", out=folder, overwrite=True)
    assert len([file for file in told["files"] if ".before-" in file]) == 1
    other = project_of(tmp_path / "q", folder)
    assert by_key(other) == by_key(project)


def test_a_label_file_of_another_sorting_is_refused(sorting: Path, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", sorting)
    write_table(tmp_path / "cluster_group.tsv", "cluster_id\tgroup\n100\tgood\n")
    with pytest.raises(UserError, match="names no unit of this project"):
        do("import_samples", project=project, sources=[str(sorting)], labels=tmp_path / "cluster_group.tsv")
    write_table(tmp_path / "cluster_group.tsv", "cluster_id\tgroup\n0\tgood\n100\tnoise\n")
    told = do("import_samples", project=project, sources=[str(sorting)], labels=tmp_path / "cluster_group.tsv")
    assert [item["where"] for item in told["skipped"]] == ["unit 100"]
    assert by_key(project)["0"] == "good"
    write_table(tmp_path / "c.json", '{"unit_ids": [1')
    with pytest.raises(UserError, match="no whole JSON"):
        do("import_samples", project=project, sources=[str(sorting)], labels=tmp_path / "c.json")


def test_a_table_of_samples_is_still_read_as_one(sorting: Path, tmp_path: Path) -> None:
    for head in ("sample,label", "id,label", "id,class"):
        project = project_of(tmp_path / head.replace(",", "-"), sorting)
        file = write_table(tmp_path / "labels.csv", f"{head}\nmouse1#7,mua\nmouse1#0,noise\n")
        label(project, **{"7": "good", "0": "good"})
        do("import_samples", project=project, sources=[str(sorting)], labels=file)
        assert by_key(project) == {"0": "noise", "2": "good", "3": None, "7": "mua"}
    keys = write_table(tmp_path / "keys.csv", "id,label\n3,mua\n")
    do("label_file", project=project, path=keys, by="bob")
    assert by_key(project)["3"] == "mua"


@pytest.mark.parametrize("format", ["csv", "parquet", "phy", "si-curation", "si-curation-v1", "nwb"])
def test_no_file_of_a_sorting_is_written_over(sorting: Path, tmp_path: Path, format: str) -> None:
    project = project_of(tmp_path / "p", sorting)
    label(project, **{"0": "good"})
    place = sorting / "spike_times.npy"
    before = place.read_bytes()
    with pytest.raises(UserError, match=r"Choose another place|a folder can't take its place"):
        do("export", project=project, format=format, out=place, overwrite=True)
    assert place.read_bytes() == before
    told = do("export", project=project, format="csv", out=sorting / "new.csv")
    assert told["files"] == [str(sorting / "new.csv")]


def test_a_curation_is_not_written_over_an_analyzers_settings(data: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "analyzer"
    shutil.copytree(data / "si_sim" / "analyzer", folder)
    project = project_of(tmp_path / "p", folder)
    before = (folder / "settings.json").read_bytes()
    with pytest.raises(UserError, match="no curation"):
        do("export", project=project, format="si-curation", out=folder / "settings.json", overwrite=True)
    assert (folder / "settings.json").read_bytes() == before
