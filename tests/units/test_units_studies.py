"""What can be asked of a run on units: metrics that count, another animal, shift, and why each unit got its class."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.store.project import Project
from tests.units.folders import make_folder
from tests.units.sortings import write_table
from tests.units.tables import CLASSES, NAMES, metrics
from tests.units.test_units_writing import do, project_of


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six sessions of three animals; a run with a test part, and one by folds."""
    place = tmp_path_factory.mktemp("studies")
    x, codes, groups = metrics(240)
    for group in range(6):
        rows = np.flatnonzero(groups == group)
        cells = [[str(row), *map(str, x[row].tolist()), CLASSES[codes[row]]] for row in rows.tolist()]
        lines = [",".join(line) for line in cells]
        head = ",".join(["cluster_id", *NAMES, "group"])
        write_table(place / "data" / f"mouse{group // 2 + 1}_s{group}.csv", "\n".join([head, *lines]) + "\n")
    project = project_of(place / "p", place / "data")
    do("train", project=project, recipe="logistic_regression", folds=3, baseline=False, name="folded")
    do("train", project=project, recipe="random_forest", values={"trees": 30}, baseline=False, name="tested")
    return project


@pytest.mark.parametrize("run", ["tested", "folded"])
def test_metrics_that_tell_the_classes_come_first(trained: Path, run: str) -> None:
    found = do("study", project=trained, name="importances", run=run)
    assert {row["name"] for row in found["rows"]} == set(NAMES)
    drops = {row["name"]: row["drop"] for row in found["rows"]}
    assert min(drops["snr"], drops["isi_violations_ratio"]) > drops["nn_miss_rate"]
    assert all(row["spread"] >= 0 and row["groups"] > 1 for row in found["rows"])
    assert "it has not seen" in found["text"]


def test_each_animal_is_left_out_and_the_table_is_kept_with_the_run(trained: Path) -> None:
    found = do("study", project=trained, name="transfer", run="tested")
    assert [row["animal"] for row in found["rows"]] == ["mouse1", "mouse2", "mouse3"]
    assert all(row["balanced_accuracy"] > 0.5 for row in found["rows"])
    with Project.open(trained) as opened:
        assert opened.runs.get("tested").added("study-transfer") == found


def adopted(place: Path, tell: bool) -> tuple[Path, dict[str, Any]]:
    """A project of 300 units that took in a model which learnt from the first 240 of them, and what it was told."""
    folder = make_folder(place)
    if not tell:
        (folder / "training_data.csv").unlink()
    x, codes, _ = metrics(240)
    more = metrics(60, seed=3)
    rounded = np.where(x == 0, x, np.nextafter(x, np.float32(np.inf)))
    x, codes = np.vstack([rounded, more[0]]), np.concatenate([codes, more[1]])
    cells = [[str(row), *(f"{value:.8g}" for value in x[row]), CLASSES[codes[row]]] for row in range(len(x))]
    head = ",".join(["cluster_id", *NAMES, "group"])
    source = write_table(place / "a.csv", "\n".join([head, *(",".join(row) for row in cells)]) + "\n")
    project = project_of(place / "p", source)
    return project, do("adopt_model", project=project, folder=str(folder), name="theirs")


def test_a_model_of_another_program_is_judged_on_units_that_are_not_in_its_training_data(tmp_path: Path) -> None:
    project, told = adopted(tmp_path, tell=True)
    assert any(note.startswith("240 of the 300 units here stand in its training data") for note in told["notes"])
    found = do("study", project=project, name="importances", run="theirs")
    assert "on 60 units that it has not seen" in found["text"]
    assert do("evaluate", project=project, run="theirs")["metrics"]["n"] == 60
    assert do("study", project=project, name="shifts", run="theirs")["rows"]


def test_what_a_model_learnt_from_is_not_guessed(tmp_path: Path) -> None:
    project, told = adopted(tmp_path, tell=False)
    assert any("can't be told" in note for note in told["notes"])
    found = do("study", project=project, name="importances", run="theirs")
    assert "on 300 units; which of them it learnt from can't be told" in found["text"]
    with pytest.raises(UserError, match="does not tell what it learnt from"):
        do("study", project=project, name="shifts", run="theirs")


def test_shift_needs_units_apart_from_the_training(trained: Path) -> None:
    rows = do("study", project=trained, name="shifts", run="tested")["rows"]
    assert [row["distance"] for row in rows] == sorted((row["distance"] for row in rows), reverse=True)
    with pytest.raises(UserError, match="no units apart"):
        do("study", project=trained, name="shifts", run="folded")
    with pytest.raises(UserError, match="importances"):
        do("study", project=trained, name="importance", run="folded")


def test_figures_hold_all_of_it_as_files(trained: Path, tmp_path: Path) -> None:
    do("learning_curve", project=trained, run="tested", repeats=1)
    told = do("figures", project=trained, run="tested", out=tmp_path / "f", studies=["transfer"])
    names = {Path(file).name for file in told["files"]}
    assert {"importances.csv", "importances.png", "shifts.csv", "transfer.csv", "transfer.svg", "advice.csv"} <= names
    assert {"learning_curve.csv", "learning_curve.png", "reliability.png", "confusion.png"} <= names
    assert all((tmp_path / "f" / name).stat().st_size for name in names)
    other = do("figures", project=trained, run="folded", out=tmp_path / "g")
    assert any("no units apart" in note for note in other["notes"])
    assert "transfer.csv" not in {Path(file).name for file in other["files"]}


def rows_of(file: Path) -> list[Mapping[str, Any]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_why_units_got_their_class_is_a_table_and_pictures(trained: Path, tmp_path: Path) -> None:
    told = do("explain", project=trained, run="tested", out=tmp_path / "e", where='group == "mouse1_s0"')
    rows = rows_of(tmp_path / "e" / "reasons.csv")
    assert len(rows) == told["samples"] == 40
    assert "probability" in told["words"]
    assert "exact" in told["words"]
    sums = [float(row["base"]) + sum(float(row[name]) for name in NAMES) for row in rows]
    assert all(1 / 3 - 0.01 < value < 1.01 for value in sums), "the probability of the class that was decided for"
    assert len([file for file in told["files"] if file.endswith(".png")]) == 12
    with Project.open(trained) as opened:
        ids = opened.samples.ids()[:2]
    for run, scale in (("tested", "probability"), ("folded", "log-odds")):
        shown = do("explain_samples", project=trained, run=run, samples=ids)
        assert shown["values"] == {}
        assert set(shown["reasons"]) == set(ids)
        one = shown["reasons"][ids[0]]
        assert (one["scale"], one["class"] in CLASSES, len(one["features"])) == (scale, True, len(NAMES))
        strengths = [abs(value) for _, value in one["features"]]
        assert strengths == sorted(strengths, reverse=True)


def test_predictions_of_metrics_relative_to_their_session_look_at_all_of_it(trained: Path, tmp_path: Path) -> None:
    values = {"trees": 10, "relative": True}
    model = tmp_path / "run"
    do("train", project=trained, recipe="random_forest", values=values, baseline=False, out=model)
    for where in ("", "snr > 3"):
        do("predict", project=trained, model=str(model), where=where, out=tmp_path / f"p{len(where)}.csv")
    every = {row["sample"]: row for row in rows_of(tmp_path / "p0.csv")}
    some = rows_of(tmp_path / "p7.csv")
    assert 0 < len(some) < len(every)
    assert all(row == every[row["sample"]] for row in some)


def test_reasons_of_metrics_relative_to_their_session_look_at_all_of_it(trained: Path) -> None:
    values = {"trees": 10, "relative": True}
    run = do("train", project=trained, recipe="random_forest", values=values, baseline=False)["run"]
    with Project.open(trained) as opened:
        ids = opened.samples.ids()[:40]
    alone = do("explain_samples", project=trained, run=run, samples=ids[:1])["reasons"]
    among = do("explain_samples", project=trained, run=run, samples=ids)["reasons"]
    assert alone[ids[0]] == among[ids[0]]
    assert any(name.endswith(" in session") for name, _ in alone[ids[0]]["features"])
