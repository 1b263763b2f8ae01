"""Broken input is one clear message each; the rest goes on and no label is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.store.project import Project
from tests.units.sortings import write_phy, write_table
from tests.units.test_units_writing import by_key, do, label, project_of

HEAD = "cluster_id,snr,num_spikes,nn_miss_rate\n"
LINES = [f"{unit},{1 + unit % 9 / 3:.2f},{20 + unit},{0.1 * (unit % 5):.1f}" for unit in range(40)]


def table(place: Path, lines: list[str] = LINES, head: str = HEAD) -> Path:
    return write_table(place, head + "\n".join(lines) + "\n")


def test_labels_of_units_that_are_not_there_and_units_without_labels(tmp_path: Path) -> None:
    table(tmp_path / "a" / "quality_metrics.csv")
    write_table(tmp_path / "a" / "cluster_group.tsv", "cluster_id\tgroup\n0\tgood\n1\tmua\n900\tnoise\n901\tgood\n")
    told = do("import_samples", project=empty(tmp_path), sources=[str(tmp_path / "a")])
    (note,) = told["notes"]
    assert (note["source"], note["where"]) == ("cluster_group.tsv", "line 4")
    assert note["text"] == "unit 900 is not among the 40 units, nor are 1 more of this table; left out"
    assert (told["samples"], told["classes"]) == (40, {"good": 1, "mua": 1})


def empty(tmp_path: Path) -> Path:
    Project.create(tmp_path / "p", "units").close()
    return tmp_path / "p"


def test_a_broken_file_among_good_ones(tmp_path: Path) -> None:
    table(tmp_path / "d" / "mouse1.csv")
    table(tmp_path / "d" / "mouse2.csv", head="number,snr,num_spikes,nn_miss_rate\n")
    table(tmp_path / "d" / "mouse3.csv", [*LINES[:2], LINES[0], "x,abc,inf,", "7,8"])
    told = do("import_samples", project=empty(tmp_path), sources=[str(tmp_path / "d")])
    assert told["samples"] == 43
    where = [(item["source"], item["where"], item["reason"][:30]) for item in told["skipped"]]
    assert where == [
        ("mouse2.csv", "", "no column cluster_id or unit_i"),
        ("mouse3.csv", "line 4", "unit 0 stands on line 2 alread"),
        ("mouse3.csv", "line 6", "2 cells where the first line n"),
    ]
    assert sorted(note["where"] for note in told["notes"]) == ["line 5", "line 5"]


@pytest.mark.parametrize("recipe", ["logistic_regression", "hist_gradient_boosting", "search", "two_step"])
def test_a_class_of_one_unit(recipe: str, tmp_path: Path) -> None:
    words = [("good", "mua")[unit % 2] for unit in range(40)]
    lines = [f"{line},{word}" for line, word in zip(LINES, ["noise", *words[1:]], strict=True)]
    head = HEAD.replace("\n", ",group\n")
    project = project_of(tmp_path / "p", table(tmp_path / "a.csv", lines, head))
    values: dict[str, Any] = {"configurations": 3, "inner_folds": 2} if recipe == "search" else {}
    told = do("train", project=project, recipe=recipe, values=values, baseline=False)
    assert told["metrics"]
    assert by_key(project)["0"] == "noise"


@pytest.mark.parametrize(("given", "words"), [({}, "label"), ({"0": "good", "1": "good"}, "class")])
def test_no_label_or_one_class_only(given: dict[str, str], words: str, tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", table(tmp_path / "a.csv"))
    if given:
        label(project, **given)
    with pytest.raises(UserError, match=words):
        do("train", project=project, recipe="random_forest", baseline=False)


def test_a_model_with_a_type_that_is_not_trusted(tmp_path: Path) -> None:
    from skops.io import dump

    folder = tmp_path / "model"
    folder.mkdir()
    dump(_Foreign(), folder / "best_model.skops")
    (folder / "model_info.json").write_text(
        json.dumps({"metric_params": {}, "requirements": {}, "label_conversion": {"0": "good", "1": "noise"}})
    )
    project = project_of(tmp_path / "p", table(tmp_path / "a.csv"))
    with pytest.raises(UserError, match="_Foreign"):
        do("predict", project=project, model=folder)


class _Foreign:
    """A type that nobody has heard of."""

    def predict_proba(self, x: Any) -> Any:
        raise AssertionError("it must never be made")


def test_a_folder_that_is_being_written_comes_whole_later(tmp_path: Path) -> None:
    folder = tmp_path / "mouse1"
    made = write_phy(folder)
    project = project_of(tmp_path / "p", folder)
    label(project, **{"0": "good", "7": "mua"})
    whole = (folder / "spike_times.npy").read_bytes()
    (folder / "spike_times.npy").write_bytes(whole[: len(whole) // 2])
    (folder / "spike_clusters.npy").write_bytes(b"")
    told = do("import_samples", project=project, sources=[str(folder)])
    assert told["notes"][0]["where"] == "spike_times.npy"
    assert [item["where"] for item in told["skipped"]] == ["spike_clusters.npy"]
    assert by_key(project) == {"0": "good", "2": None, "3": None, "7": "mua", "1": None}
    (folder / "spike_times.npy").write_bytes(whole)
    np.save(folder / "spike_clusters.npy", made["spike_clusters"])
    assert do("import_samples", project=project, sources=[str(folder)])["labels"] == 2


@pytest.mark.parametrize(("value", "words"), [(np.nan, "time 3 (from 0) is no number"), ("x", "numbers are needed")])
def test_times_that_are_none_are_left_out_alone(tmp_path: Path, value: Any, words: str) -> None:
    folder = tmp_path / "mouse1"
    made = write_phy(folder)
    times = made["spike_times"].ravel().astype(float if isinstance(value, float) else "U8")
    times[3] = value
    np.save(folder / "spike_times.npy", times)
    Project.create(tmp_path / "p", "units").close()
    told = do("import_samples", project=tmp_path / "p", sources=[str(folder)])
    assert told["samples"] == 4
    assert [words in note["text"] for note in told["notes"] if note["where"] == "spike_times.npy"] == [True]
