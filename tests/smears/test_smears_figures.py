"""Figures of runs on cells under the names of the field, and external validation at the command line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from models.learn import embed
from tests.cli.conftest import Winnow

NET = ("--epochs", 4, "--image-size", 32, "--set", "filters=8,16", "--set", "label_mode=binary")
Places = tuple[Path, Path]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder, winnow = tmp_path_factory.mktemp("figures"), Winnow()
    for name, mode in (("here", "boxes"), ("there", "crops")):
        winnow.ok("fake", "smears", folder / f"{name}-data", "--samples", 120, "--set", f"mode={mode}")
        winnow.ok("new", folder / name, "--domain", "smears")
        winnow.ok("import", folder / name, folder / f"{name}-data")
    winnow.ok("train", folder / "here", "--recipe", "small_cnn", *NET)
    return folder / "here", folder / "there"


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_figures_inside_have_the_names_of_the_field(places: Places, tmp_path: Path) -> None:
    told = Winnow().ok("figures", places[0], "--out", tmp_path / "out")
    made = {Path(name).name for name in told["files"]}
    assert made >= {"metrics.csv", "confusion_matrix.png", "umap_embeddings.png", "gradcam_correct.png"}
    assert "gradcam_incorrect.png" in made or any("gradcam_incorrect" in note for note in told["notes"])
    table = {row["part"]: row for row in rows_of(tmp_path / "out" / "metrics.csv")}
    assert {"val", "test"} <= set(table)
    assert 0 <= float(table["test"]["macro_f1"]) <= 1
    assert table["test"]["macro_f1_low"] == ""  # its one slide bounds no score


def test_without_umap_the_map_is_of_principal_components_and_says_so(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.errors import UserError

    def missing(vectors: Any, method: str, seed: int) -> Any:
        raise UserError("UMAP needs the extra umap.")
        yield

    monkeypatch.setattr(embed, "project", missing)
    told = Winnow().ok("figures", places[0], "--out", tmp_path / "out")
    assert (tmp_path / "out" / "umap_embeddings.png").is_file()
    assert any("principal components" in note and "extra umap" in note for note in told["notes"])


def test_figures_outside_carry_the_other_projects_name(places: Places, tmp_path: Path) -> None:
    told = Winnow().ok("figures", places[0], "--out", tmp_path / "out", "--on", places[1])
    made = {Path(name).name for name in told["files"]}
    assert made >= {"external_there_metrics.csv", "external_there_confusion_matrix.png"}
    (row,) = rows_of(tmp_path / "out" / "external_there_metrics.csv")
    scored = Winnow().ok("evaluate", places[0], "--on", places[1])["metrics"]
    assert float(row["balanced_accuracy"]) == pytest.approx(scored["balanced_accuracy"])


def test_external_validation_at_the_command_line(places: Places) -> None:
    winnow = Winnow()
    given = (
        "--on",
        places[1],
        "--remedy",
        "threshold",
        "--remedy",
        "reinhard",
        "--remedy",
        "macenko",
        "--labels",
        "10",
    )
    told = winnow.ok("external", places[0], *given, "--draws", 2)
    assert [(one["name"], one["labels"], one["state"]) for one in told["remedies"]] == [
        ("reinhard", 0, "done"), ("macenko", 0, "done"), ("threshold", 10, "done"),
    ]  # fmt: skip
    read = winnow("external", places[0], *given, "--draws", 2)
    assert read.status == 0
    assert "threshold 10 labels" in read.out
    assert "locked" in read.out
    wrong = winnow("external", places[0], "--on", places[1], "--labels", "ten")
    assert wrong.status == 1
    assert "whole numbers" in wrong.err


def test_remedies_that_train_anew_look_at_painted_cells(places: Places) -> None:
    given = ("--on", places[1], "--remedy", "masked", "--remedy", "illumination", "--remedy", "colours")
    told = Winnow().ok("external", places[0], *given)
    assert [one["state"] for one in told["remedies"] if one["name"] in ("masked", "illumination", "colours")] == [
        "done"
    ] * 3
