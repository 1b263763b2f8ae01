"""Smears in a project: the same cells again, images that come later, mappings that are kept."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.smears.cells import drawable
from models.errors import UserError
from models.job import Job
from models.orders.naming import class_names, find_domain
from models.store.check import check
from models.store.project import Project
from tests.cli.conftest import Winnow
from tests.smears.scanned import bbbc, picture
from widgets import tokens
from workers.inline import run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    Project.create(tmp_path / "p", "smears").close()
    return tmp_path / "p"


def bring(project: Path, *sources: Path, **settings: str) -> Any:
    arguments = {"project": str(project), "sources": [str(one) for one in sources], "settings": settings}
    return run(Job("import_samples", arguments, "import"))


def test_images_that_come_later_are_found_by_importing_again(project: Path, tmp_path: Path) -> None:
    home = tmp_path / "data"
    home.mkdir()
    marks = [(10, 20, 40, 60, "ring"), (150, 10, 230, 90, "rbc")]
    (home / "training.json").write_text(bbbc(("/images/a.png", marks)), "utf-8")
    assert bring(project, home)["added"] == 2
    with Project.open(project) as opened:
        assert not drawable(opened.samples).any()
        ids = opened.samples.ids()
        opened.journal.label(np.array([0]), "schizont", "ada")
    picture(home / "images" / "a.png")
    again = bring(project, home)
    assert (again["added"], again["known"]) == (0, 2)
    with Project.open(project) as opened:
        assert drawable(opened.samples).all()
        assert opened.samples.ids() == ids
        assert opened.journal.fold.labels().tolist() == ["schizont", "rbc"]
        assert check(opened) == []
    assert bring(project, home)["votes"] == 0


def test_a_guessed_mapping_is_kept_and_used_again(project: Path, tmp_path: Path) -> None:
    picture(tmp_path / "data" / "a.png")
    rows = [{"image_name": "a.png", "class": "ring", "xmin": 1, "ymin": 2, "xmax": 30, "ymax": 40}]
    (tmp_path / "data" / "cells.json").write_text(json.dumps(rows), "utf-8")
    told = bring(project, tmp_path / "data")
    kept = json.loads(told["read_as"][0]["mapping"])
    assert (kept["image"], kept["box"], kept["label"]) == ("image_name", ["xmin", "ymin", "xmax", "ymax"], "class")
    assert not told["read_as"][0]["given"]
    other = {**kept, "label": ""}
    bring(project, tmp_path / "data", mapping=json.dumps(other))
    again = bring(project, tmp_path / "data")
    assert json.loads(again["read_as"][0]["mapping"]).get("label", "") == ""


def test_two_folders_with_lists_of_one_name(project: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        picture(tmp_path / folder / "a.png")
        (tmp_path / folder / "list.json").write_text(bbbc(("a.png", [(1, 1, 9, 9, folder)])), "utf-8")
        bring(project, tmp_path / folder)
    with Project.open(project) as opened:
        assert len(set(opened.samples.ids())) == 2
        assert opened.journal.fold.labels().tolist() == ["one", "two"]


def test_names_of_classes_are_brought_together_and_kept(project: Path, tmp_path: Path) -> None:
    for folder, name in (("one", "red blood cell"), ("two", "RBC"), ("three", "RBC")):
        picture(tmp_path / folder / f"{folder}.png")
        marks = [(1, 1, 9, 9, name), (11, 11, 19, 19, "ring")]
        (tmp_path / folder / f"{folder}.json").write_text(bbbc((f"{folder}.png", marks)), "utf-8")
    bring(project, tmp_path / "one")
    told = bring(project, tmp_path / "two", classes="RBC=red blood cell")
    assert told["classes"] == {"red blood cell": 2, "ring": 2}
    assert [json.loads(one["classes"]) for one in told["read_as"]] == [{"RBC": "red blood cell"}]
    third = bring(project, tmp_path / "three")
    assert third["classes"] == {"red blood cell": 3, "ring": 3}
    assert [one["text"] for one in third["notes"]] == ["1 cell of class RBC: called red blood cell here: three.png#0"]
    with Project.open(project) as opened:
        own = opened.samples.column("own_class").tolist()
    assert own == [None, None, "RBC", None, "RBC", None]


@pytest.mark.parametrize("words", ["RBC", "RBC=", "{", '{"a": 1}', "a=b,c"])
def test_wrong_names_of_classes_are_told(words: str, project: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(UserError, match="classes is"):
        bring(project, tmp_path / "data", classes=words)


def test_classes_stand_in_the_order_of_the_stages_whatever_order_a_file_has(project: Path, tmp_path: Path) -> None:
    names = ["difficult", "schizont", "artefact", "leukocyte", "ring", "gametocyte", "red blood cell", "trophozoite"]
    picture(tmp_path / "data" / "images" / "a.png")
    marks = [(10 + 3 * place, 20, 40 + 3 * place, 60, name) for place, name in enumerate(names)]
    (tmp_path / "data" / "training.json").write_text(bbbc(("/images/a.png", marks)), "utf-8")
    bring(project, tmp_path / "data")
    wanted = ("red blood cell", "ring", "trophozoite", "schizont", "gametocyte", "leukocyte", "difficult", "artefact")
    with Project.open(project) as opened:
        kind = find_domain(opened)
        assert class_names(opened, kind) == wanted
        letters = tokens.propose_letters(wanted)
        assert len(set(letters)) == len(wanted)
        opened.add_class("zebra")
        opened.add_class("ring")
        assert class_names(opened, kind)[:2] == ("zebra", "ring"), "a person's own order comes first"


def test_a_group_is_called_what_the_source_tells_it_apart_by(project: Path, tmp_path: Path) -> None:
    for name in ("Parasitized", "Uninfected"):
        picture(tmp_path / "cell_images" / name / "C1_IMG_1.png", 60, 50)
    picture(tmp_path / "images" / "a.png")
    (tmp_path / "images" / "list.json").write_text(bbbc(("a.png", [(0, 0, 9, 9, "ring")])), "utf-8")
    bring(project, tmp_path / "cell_images")
    with Project.open(project) as opened:
        assert find_domain(opened).words(opened.samples) == ("patient", "cell")
    bring(project, tmp_path / "images")
    with Project.open(project) as opened:
        assert find_domain(opened).words(opened.samples) == ("group", "cell")


def test_cells_whose_images_are_missing_are_neither_learnt_from_nor_scored(tmp_path: Path) -> None:
    winnow = Winnow()
    winnow.ok("fake", "smears", tmp_path / "data", "--samples", 240, "--set", "infected=0.5")
    for name in ("p", "q"):
        winnow.ok("new", tmp_path / name, "--domain", "smears")
    images = sorted((tmp_path / "data" / "images").iterdir())
    images[0].unlink()
    winnow.ok("import", tmp_path / "p", tmp_path / "data")
    winnow.ok("import", tmp_path / "q", tmp_path / "data")
    images[1].unlink()
    rows = winnow.ok("samples", tmp_path / "p", "--limit", 1000)["rows"]
    gone = sum(row["image"] in (images[0].name, images[1].name) for row in rows)
    quick = ("--set", "label_mode=binary", "--set", "rounds=5", "--set", "trees=10", "--no-baseline")
    split = winnow.ok("train", tmp_path / "p", "--recipe", "colour_texture", *quick)["split"]
    told = re.match(r"(\d+) labelled samples left out, whose files are missing", split["notes"][0])
    assert told is not None
    assert int(told[1]) >= gone - 10, "but for those of a class that the mode drops"
    assert split["train"] + split["val"] + split["test"] <= len(rows) - gone
    with Project.open(tmp_path / "p") as opened:
        groups = {str(opened.samples.sample(int(row)).meta["image"]) for row in opened.test_rows()}
    assert not groups & {images[0].name, images[1].name}
    there = len(rows) - gone
    predicted = winnow.ok("predict", tmp_path / "p", "--run", "last", "--out", tmp_path / "said.csv")
    assert (predicted["predicted"], predicted["abstained"]) == (there, 0)
    assert predicted["notes"][0] == f"{gone} samples without a prediction: what they are of is missing or broken."
    with (tmp_path / "said.csv").open(encoding="utf-8") as file:
        said = list(csv.DictReader(file))
    silent = [row for row in said if not row["confidence"]]
    assert len(silent) == gone
    assert not any(row["prediction"] or row["p_infected"] for row in silent)
    sure = winnow.ok("samples", tmp_path / "p", "--where", "confidence >= 0", "--limit", 1000)
    assert len(sure["rows"]) == there
    winnow.ok("label", tmp_path / "p", "--where", "row >= 0", "--as", "")
    waiting = winnow.ok("queue", tmp_path / "p", "--strategy", "uncertainty", "-n", 1000)
    assert waiting["notes"] == [f"{gone} samples passed over: what they are of is missing."]
    assert len(waiting["queue"]) == there
    assert not {entry["sample"] for entry in waiting["queue"]} & {row["sample"] for row in silent}
    outside = winnow.ok("evaluate", tmp_path / "p", "--run", "last", "--on", tmp_path / "q")
    assert outside["metrics"]["n"] <= len(rows) - gone
    for image in images[2:]:
        image.unlink()
    waiting = winnow.ok("queue", tmp_path / "p", "--strategy", "uncertainty")
    assert not waiting["queue"]
    assert waiting["notes"][1] == f"{len(rows)} samples passed over: what they are of is missing."
    winnow.ok("undo", tmp_path / "p")
    assert winnow.ok("predict", tmp_path / "q", "--model", tmp_path / "p" / "runs" / "run-1")["predicted"] == 0
    ended = winnow("train", tmp_path / "p", "--recipe", "colour_texture", *quick)
    assert ended.status == 1
    assert "the files of all labelled samples are missing" in ended.err


def test_images_that_are_gone_are_a_problem_of_the_project_and_those_that_never_came_are_none(tmp_path: Path) -> None:
    winnow = Winnow()
    winnow.ok("fake", "smears", tmp_path / "data", "--samples", 60)
    winnow.ok("new", tmp_path / "p", "--domain", "smears")
    images = sorted((tmp_path / "data" / "images").iterdir())
    images[0].unlink()
    winnow.ok("import", tmp_path / "p", tmp_path / "data")
    assert winnow.ok("check", tmp_path / "p")["ok"]
    images[1].unlink()
    rows = winnow.ok("samples", tmp_path / "p", "--limit", 1000)["rows"]
    cells = sum(row["image"] == images[1].name for row in rows)
    ended = winnow("check", tmp_path / "p", "--json")
    assert ended.status == 1
    told = f"1 of {len(images) - 1} images are gone, with {cells} samples: {images[1].name}. "
    assert ended.json["problems"] == [told + "Bring them back to where they were."]
