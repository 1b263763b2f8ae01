"""Units go out in every format and come back with the same labels: generated ones, and the shared data where it is."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.store.project import Project
from tests.units.sortings import write_phy, write_table
from tests.units.test_units_writing import do, label, labels, project_of

#: Source in the shared data, and how many units it has.
SHARED = {
    "phy_sim_32ch": 62,
    "phy_bombcell_toy": 15,
    "si_sim/analyzer": 16,
    "si_sim/phy": 16,
    "ecephys_metrics": 329,
    "phy_cluster_info": 671,
    "curation_json/sv-sorting-curation-int.json": 0,
    "curation_json/sv-sorting-curation-no-merge.json": 0,
    "curation_json/sv-sorting-curation-str.json": 0,
}


def relabel(project: Path, seed: int = 0) -> None:
    """A person labels two units of five anew, and takes a few labels away."""
    rng = np.random.default_rng(seed)
    with Project.open(project) as opened:
        rows = rng.permutation(len(opened.samples))
        some, none = rows[: len(rows) * 2 // 5], rows[len(rows) * 2 // 5 : len(rows) // 2]
        opened.journal.label_each(some, rng.choice(["good", "mua", "noise"], len(some)).tolist(), "ada")
        if len(none):
            opened.journal.label(none, "", "ada")


def rounds(project: Path, source: Path, out: Path) -> Mapping[str, dict[str, str | None]]:
    """The labels of new projects that were made of what each format wrote, by format."""
    found = {}
    for form, suffix in {
        "phy": "",
        "si-curation": "",
        "si-curation-v1": "",
        "csv": ".csv",
        "parquet": ".parquet",
    }.items():
        do("export", project=project, format=form, out=out / f"{form}{suffix}")
        found[form] = brought(source, out / f"{form}{suffix}", out / f"back-{form}")
    return found


def brought(source: Path, file: Path, place: Path) -> dict[str, str | None]:
    """The labels of a source in a new project, where all labels are taken away and then those of a file come."""
    project_of(place, source)
    with Project.open(place) as opened:
        opened.journal.label(range(len(opened.samples)), "", "nobody")
    do("import_samples", project=place, sources=[str(source)], labels=file)
    return labels(place)


def test_generated_tables(tmp_path: Path) -> None:
    do("fake", domain_name="units", out=tmp_path / "data", samples=60, values={"sessions": 3})
    project = project_of(tmp_path / "p", tmp_path / "data")
    relabel(project)
    before = labels(project)
    assert len({value for value in before.values() if value}) == 3
    assert all(after == before for after in rounds(project, tmp_path / "data", tmp_path).values())


def test_a_phy_folder_with_tables_of_its_own(tmp_path: Path) -> None:
    write_phy(tmp_path / "mouse1", tall=True, sparse=True)
    write_table(tmp_path / "mouse1" / "cluster_KSLabel.tsv", "cluster_id\tKSLabel\n0\tgood\n2\tmua\n3\tmua\n7\tmua\n")
    project = project_of(tmp_path / "p", tmp_path / "mouse1")
    label(project, **{"0": "noise", "7": "good"})
    assert all(after == labels(project) for after in rounds(project, tmp_path / "mouse1", tmp_path).values())


@pytest.mark.parametrize("name", SHARED)
def test_shared_data(name: str, data: Path, tmp_path: Path) -> None:
    source = tmp_path / "data" / Path(name).name
    copy = shutil.copytree if (data / name).is_dir() else shutil.copy
    source.parent.mkdir()
    copy(data / name, source)
    project = project_of(tmp_path / "p", source)
    as_they_came = labels(project)
    assert len(as_they_came) == SHARED[name] or not SHARED[name]
    do("export", project=project, format="phy", out=tmp_path / "first")
    assert brought(source, tmp_path / "first", tmp_path / "back") == as_they_came
    relabel(project)
    before = labels(project)
    found = rounds(project, source, tmp_path)
    assert {form: after == before for form, after in found.items()} == dict.fromkeys(found, True)


def test_a_parquet_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", write_table(tmp_path / "m.csv", "unit_id,snr,group\nu0,2,good\n"))
    do("export", project=project, format="parquet", out=tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="no whole Parquet file"):
        do("import_samples", project=project, sources=[str(tmp_path / "m.csv")], labels=tmp_path / "a.parquet")
    assert list(labels(project).values()) == ["good"]


def test_nwb_holds_spikes_labels_and_waveforms(tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    from spikeinterface.extractors import read_nwb_sorting

    made = write_phy(tmp_path / "mouse1")
    write_table(tmp_path / "mouse1" / "cluster_group.tsv", "cluster_id\tgroup\n2\tgood\n")
    project = project_of(tmp_path / "p", tmp_path / "mouse1")
    label(project, **{"7": "mua"})
    told = do("export", project=project, format="nwb", out=tmp_path / "units.nwb")
    assert told["files"] == [str(tmp_path / "units.nwb")]
    with pynwb.NWBHDF5IO(str(tmp_path / "units.nwb"), "r") as io:
        file = io.read()
        table = file.units.to_dataframe()
        assert file.subject.subject_id == "mouse1"
        assert table.index.tolist() == [0, 2, 3, 7]
        assert table["quality"].tolist() == ["unsorted", "good", "unsorted", "mua"]
        assert table["quality_by"].tolist() == ["", "file", "", "ada"]
        times = made["spike_times"][made["spike_clusters"] == 7] / 20_000
        np.testing.assert_allclose(table.loc[7, "spike_times"], times)
        assert table["waveform_mean"].iloc[0].shape == (40, 6)
        assert table.loc[0, "num_spikes"] == len(made["spike_times"][made["spike_clusters"] == 0])
        assert len(file.electrodes) == 6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = read_nwb_sorting(tmp_path / "units.nwb", sampling_frequency=20_000.0, t_start=0.0)
    assert read.unit_ids.tolist() == ["0", "2", "3", "7"]
    assert read.count_num_spikes_per_unit(outputs="array").sum() == len(made["spike_times"])
    assert read.get_property("quality").tolist() == ["unsorted", "good", "unsorted", "mua"]


def test_nwb_of_tables_is_a_file_for_each_recording(tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    for name in ("mouse1a", "mouse1b"):
        write_table(tmp_path / "data" / f"{name}.csv", "unit_id,snr,group,area\nu0,2,good,CA1\nu1,nan,,\n")
    project = project_of(tmp_path / "p", tmp_path / "data")
    told = do("export", project=project, format="nwb", out=tmp_path / "nwb")
    assert [Path(file).name for file in told["files"]] == ["mouse1a.nwb", "mouse1b.nwb"]
    with pynwb.NWBHDF5IO(told["files"][0], "r") as io:
        table = io.read().units.to_dataframe()
        assert table["unit_name"].tolist() == ["u0", "u1"]
        assert table["region"].tolist() == ["CA1", ""]
        assert np.isnan(table["snr"].iloc[1])


def test_without_its_library_nwb_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynwb", None)
    project = project_of(tmp_path / "p", write_table(tmp_path / "a" / "m.csv", "unit_id,snr\nu0,2\n"))
    arguments: dict[str, Any] = {"project": project, "format": "nwb", "out": tmp_path / "a.nwb"}
    with pytest.raises(UserError, match=r'pip install "\.\[nwb\]"  in Winnow\'s folder'):
        do("export", **arguments)
    assert not (tmp_path / "a.nwb").exists()
