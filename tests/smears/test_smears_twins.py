"""Cells and images that are there twice are told wherever a score would flatter itself with them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from models.domains.smears.twins import advise, contents
from models.orders.evaluating import seen
from models.store.project import Project
from tests.cli.conftest import Winnow
from tests.smears.scanned import bbbc, picture, scanned
from tests.smears.test_smears_project import bring

CELL, OTHER = (1, 1, 9, 9), (20, 1, 29, 9)
QUICK = ("--set", "label_mode=binary", "--set", "rounds=5", "--set", "trees=10", "--no-baseline")


def test_an_image_that_two_lists_tell_of_is_one_group(tmp_path: Path) -> None:
    for name, shade in (("one", 10), ("two", 20)):
        picture(tmp_path / "set" / name / "a.png", shade=shade)
    here = [(*CELL, "ring")], [(*OTHER, "ring")]
    (tmp_path / "list.json").write_text(bbbc(("set/one/a.png", here[0]), ("set/two/a.png", here[1])), "utf-8")
    for name in ("one", "two"):
        (tmp_path / "set" / name / "list.json").write_text(bbbc(("a.png", [(*OTHER, "ring")])), "utf-8")
    found = scanned(tmp_path)
    assert found.groups == ["set/one/a.png", "set/two/a.png"] * 2


def test_lists_that_come_one_after_another_are_told_at_training(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", "smears").close()
    picture(tmp_path / "set" / "a.png")
    picture(tmp_path / "set" / "b.png")
    marks = [(*CELL, "ring"), (*OTHER, "rbc")]
    (tmp_path / "set" / "list.json").write_text(bbbc(("a.png", marks), ("b.png", [(*CELL, "rbc")])), "utf-8")
    (tmp_path / "above.json").write_text(bbbc(("set/a.png", marks[:1])), "utf-8")
    bring(tmp_path / "p", tmp_path / "set")
    with Project.open(tmp_path / "p") as opened:
        assert advise(opened.samples, np.zeros(3, np.int64), ()) == []
    bring(tmp_path / "p", tmp_path / "above.json")
    with Project.open(tmp_path / "p") as opened:
        told = dict(advise(opened.samples, np.zeros(4, np.int64), ()))
        assert "1 image is there in two groups, such as a.png and set/a.png" in told["Images in two groups"]
        words = "1 cell is there twice, such as list.json#a.png#0 and above.json#set/a.png#0"
        assert words in told["Cells there twice"]
        assert advise(opened.samples, np.array([0, 0, 0, -1]), ()) == [], "who has no label is not learnt from"


def test_files_are_known_by_what_they_hold(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "c.png", shade=91)
    shutil.copy(tmp_path / "a.png", tmp_path / "b.png")
    names = [(f"{name}.png", [(*CELL, "ring")]) for name in "abcd"]
    (tmp_path / "list.json").write_text(bbbc(*names), "utf-8")
    first, second, third, gone = contents(scanned(tmp_path).found[0].addresses(), np.arange(4))
    assert first == second != third
    assert gone == ""


@pytest.mark.parametrize("mode", ["boxes", "crops"])
def test_images_that_a_run_has_seen_are_told_whatever_list_names_them(mode: str, tmp_path: Path) -> None:
    winnow = Winnow()
    winnow.ok("fake", "smears", tmp_path / "data", "--samples", 120, "--set", f"mode={mode}")
    winnow.ok("new", tmp_path / "here", "--domain", "smears")
    winnow.ok("import", tmp_path / "here", tmp_path / "data")
    form = "voc" if mode == "boxes" else "folders"
    winnow.ok("export", tmp_path / "here", "--format", form, "--out", tmp_path / "elsewhere")
    winnow.ok("new", tmp_path / "there", "--domain", "smears")
    winnow.ok("import", tmp_path / "there", tmp_path / "elsewhere")
    trained = winnow.ok("train", tmp_path / "here", "--recipe", "colour_texture", *QUICK)
    scored = winnow.ok("evaluate", tmp_path / "here", "--run", "last", "--on", tmp_path / "there")
    learnt = trained["split"]["train"] + trained["split"]["val"]
    words = f"with {learnt} of these {scored['metrics']['n']} samples, or with others of their files"
    assert words in scored["notes"][0]
    with Project.open(tmp_path / "here") as here, Project.open(tmp_path / "there") as there:
        assert not seen(here, there, here.runs.get("last"), np.zeros(0, np.int64))
