"""Label modes at the command line: what a training learns, and how it is scored on another set of other words."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.cli.conftest import Winnow

QUICK = ("--set", "label_mode=binary", "--set", "rounds=5", "--set", "trees=10")


def test_two_classes_are_learnt_of_stages_and_meet_a_set_of_other_words(tmp_path: Path) -> None:
    winnow = Winnow()
    for name, mode in (("here", "boxes"), ("there", "crops")):
        winnow.ok("fake", "smears", tmp_path / f"{name}-data", "--samples", 90, "--set", f"mode={mode}")
        winnow.ok("new", tmp_path / name, "--domain", "smears")
        winnow.ok("import", tmp_path / name, tmp_path / f"{name}-data")
    stages, words = (winnow.ok("summary", tmp_path / name)["labels"] for name in ("here", "there"))
    assert set(stages) > {"red blood cell", "trophozoite"}
    assert set(words) == {"Parasitized", "Uninfected"}
    others = sum(count for name, count in stages.items() if name in ("leukocyte", "difficult"))
    trained = winnow.ok("train", tmp_path / "here", "--recipe", "colour_texture", "--folds", 2, *QUICK)
    scored = trained["metrics"]["out_of_fold"]
    assert list(scored["per_class"]) == ["uninfected", "infected"]
    assert scored["n"] == sum(stages.values()) - others
    healthy = stages["red blood cell"]
    assert [sum(row) for row in scored["confusion"]] == [healthy, sum(stages.values()) - others - healthy]
    outside = winnow.ok("evaluate", tmp_path / "here", "--run", trained["run"], "--on", tmp_path / "there")
    assert outside["classes"] == ["uninfected", "infected"]
    assert [sum(row) for row in outside["confusion"]] == [words["Uninfected"], words["Parasitized"]]
    assert outside["unknown"] == 0
    winnow.ok("predict", tmp_path / "here", "--run", trained["run"], "--out", tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(encoding="utf-8") as file:
        assert {row["prediction"] for row in csv.DictReader(file)} <= {"uninfected", "infected"}
