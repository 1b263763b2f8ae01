"""What belongs together in folders of everything, and the real data as they are counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.domains.units.names import animal_of, label_of, probe_of, session_of
from models.domains.units.read import scan
from models.errors import UserError
from tests.units.sortings import scanned, write_phy, write_table


def test_the_nine_sessions(data: Path) -> None:
    found = scanned(data / "unitrefine_sessions").found
    assert sum(len(one.keys) for one in found) == 4420
    assert len({group for one in found for group in one.groups}) == 9
    labels = Counter(label for one in found for label in one.labels)
    assert labels == {"good": 964, "mua": 2239, "noise": 1217}
    assert {animal for one in found for animal in one.columns["animal"]} == {f"mouse{n}" for n in range(1, 5)}
    assert {probe for one in found for probe in one.columns["probe"]} == {"imec0", "imec1"}
    assert all("is_noise" not in one.columns and "majority_vote" not in one.columns for one in found)
    last = found[-1]
    assert np.isinf(last.columns["snr"]).sum() == 204


def test_the_tutorials_pair(data: Path) -> None:
    folder = data / "unitrefine_tutorial"
    found = scanned(folder / "quality_metrics.csv", folder / "cluster_group.tsv").one
    assert len(found.keys) == 796
    assert Counter(found.labels) == {"good": 62, "mua": 403, "noise": 331}
    whole = {one.name: one for one in scanned(folder).found}
    assert Counter(whole["quality_metrics.csv"].labels) == {"good": 62, "mua": 403, "noise": 331}
    assert set(whole["new_data.csv"].labels) == {None}
    assert len(whole["new_data.csv"].keys) == 50


def test_tables_of_other_tools(data: Path) -> None:
    days = scanned(data / "ecephys_metrics")
    assert [len(one.keys) for one in days.found] == [165, 164]
    assert days.found[0].votes[0] == {"file:KSLabel": "mua"}
    assert Counter(days.found[0].labels) == {"": 165}
    assert len([item for item in days.noted if "is not among the" in item.text]) == 2
    curated = scanned(data / "phy_cluster_info").one
    assert Counter(curated.labels) == {"good": 311, "mua": 360}
    differ = sum(vote["file:KSLabel"] != label for vote, label in zip(curated.votes, curated.labels, strict=True))
    assert differ == 310


def test_every_folder_of_the_data_is_read(data: Path) -> None:
    folders = sorted(place for place in data.iterdir() if place.is_dir())
    assert len(folders) >= 10
    for folder in folders:
        result = scanned(folder)
        assert not result.skipped, folder
        assert bool(result.found) == ("model" not in folder.name), folder
        for one in result.found:
            assert len({len(values) for values in (one.keys, one.groups, one.labels, *one.columns.values())}) == 1
    together = scanned(data)
    assert sum(len(one.keys) for one in together.found) > 6000
    assert len({one.name for one in together.found}) == len(together.found)
    assert len(together.samples()) == sum(len(one.keys) for one in together.found)


def test_a_training_table_with_all_units_twice(data: Path) -> None:
    result = scanned(data / "si_model_sklearn161" / "training_data.csv")
    assert len(result.one.keys) == 796
    assert "791 more such rows" in result.skipped[-1].reason


def test_missing_paths_and_unreadable_folders(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        scanned(tmp_path / "nowhere")


def test_the_same_source_is_read_once(tmp_path: Path) -> None:
    write_phy(tmp_path / "phy")
    assert len(scanned(tmp_path, tmp_path / "phy", tmp_path / "phy" / "params.py").found) == 1


def test_hidden_things_links_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    write_phy(tmp_path / "mouse1")
    write_phy(tmp_path / ".phy" / "x")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    write_table(tmp_path / "model" / "model_info.json", "{}")
    write_table(tmp_path / "model" / "training_data.csv", "unit_id,snr\n1,2\n")
    write_table(tmp_path / "raw" / "binary.json", "{}")
    write_table(tmp_path / "raw" / "si_folder.json", "{}")
    write_table(tmp_path / "notes.txt", "hello")
    result = scanned(tmp_path)
    assert result.one.name == "mouse1"
    assert {item.source: item.text for item in result.noted} == {
        "model": "a folder of a trained model: it holds no units to import",
        "raw": "a recording: it holds no units to import",
        tmp_path.name: "1 file of another kind left out (.txt)",
    }


@pytest.mark.parametrize(
    ("name", "place", "session"),
    [
        ("quality_metrics.csv", "a/mouse1/quality_metrics.csv", "mouse1"),
        ("mouse1a_imec0.csv", "a/mouse1a_imec0.csv", "mouse1a_imec0"),
        ("day1/quality_metrics.csv", "a/day1/quality_metrics.csv", "day1"),
        ("mouse2/day1/metrics.csv", "a/mouse2/day1/metrics.csv", "mouse2/day1"),
        ("mouse2_quality_metrics.csv", "a/mouse2_quality_metrics.csv", "mouse2"),
        ("cluster_group.tsv", "a/mouse3/cluster_group.tsv", "mouse3"),
        ("sv_curation.json", "a/sv_curation.json", "sv"),
    ],
)
def test_recordings_by_their_names(tmp_path: Path, name: str, place: str, session: str) -> None:
    assert session_of(name, tmp_path / place) == session


def test_sorters_folders_are_named_after_what_holds_them(tmp_path: Path) -> None:
    for name in ("phy", "kilosort4", "sorter_output", "sorting_analyzer"):
        (tmp_path / "mouse5" / name).mkdir(parents=True)
        assert session_of(name, tmp_path / "mouse5" / name) == "mouse5"
        assert session_of(f"mouse5/{name}", tmp_path / "mouse5" / name) == "mouse5"


def test_animals_probes_and_labels() -> None:
    assert [animal_of(name) for name in ("mouse12b_imec1", "x/rat_3/day", "sub-Q7/ses-1", "session1")] == [
        "mouse12",
        "rat3",
        "Q7",
        None,
    ]
    assert [probe_of(name) for name in ("mouse1_imec1", "a/probeB/x", "s1")] == ["imec1", "probeB", None]
    assert [label_of(text) for text in ("MUA", " Good", "unsorted", "nan", "2.0", "Artifact")] == [
        "mua",
        "good",
        None,
        None,
        "2",
        "Artifact",
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["a.csv", "cluster_x.tsv", "curation.json", "p/params.py", "p/spike_times.npy"]), st.binary())
def test_no_bytes_end_a_scan(tmp_path: Path, name: str, raw: bytes) -> None:
    folder = tmp_path / "data"
    write_phy(folder / "p")
    write_table(folder / "b" / "quality_metrics.csv", "cluster_id,snr\n1,2\n")
    place = folder / name
    before = place.read_bytes() if place.exists() else None
    place.write_bytes(raw)
    try:
        found = [item for item in scan([folder], {}) if type(item).__name__ == "Found"]
        assert {"b/quality_metrics.csv", "p"} <= {one.name for one in found}  # type: ignore[union-attr]
    finally:
        place.unlink() if before is None else place.write_bytes(before)


def test_measures_pointed_at_alone_tell_of_the_labels_beside_them(tmp_path: Path) -> None:
    write_table(tmp_path / "quality_metrics.csv", "cluster_id,snr\n0,3\n1,4\n")
    write_table(tmp_path / "cluster_group.tsv", "cluster_id\tgroup\n0\tgood\n1\tmua\n")
    [note] = scanned(tmp_path / "quality_metrics.csv").noted
    assert note.text == "without labels: cluster_group.tsv beside it may hold them. Import both, or their folder"
    both = scanned(tmp_path / "quality_metrics.csv", tmp_path / "cluster_group.tsv")
    assert both.noted == []
    assert list(both.one.labels) == ["good", "mua"]
