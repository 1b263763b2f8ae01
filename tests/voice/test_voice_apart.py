"""Nothing parts a speaker unasked: too few give no score, and a test set that parts them is told and drawn anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import call
from app.pages.train_split import Basis, Wish, make_preview
from models.errors import UserError
from models.job import Job
from models.learn.split import draw_split
from models.orders.test_set import draw_test
from models.store.project import Project
from tests.projects import project_from
from tests.voice.spoken import table
from workers.inline import run

NOUNS = ("speaker", "recording")


def project_of(place: Path, *speakers: str, rows: int = 6) -> str:
    """A project of a table of features; of each speaker: the classes of his rows, in turn."""
    rng = np.random.default_rng(0)
    lines = [
        (
            f"S{who}_{turn}",
            f"S{who}",
            classes[turn % len(classes)],
            *rng.normal(ord(classes[turn % len(classes)]), 1, 3),
        )
        for who, classes in enumerate(speakers)
        for turn in range(rows)
    ]
    source = table(
        place.parent / f"{place.name}.csv", ("name", "subject", "status", "jitter", "shimmer", "hnr"), *lines
    )
    project_from(place, "voice", source)
    return str(place)


def train(project: str, **asked: Any) -> dict[str, Any]:
    told: dict[str, Any] = run(Job("train", {"project": project, "recipe": "tabular", "baseline": False, **asked}, ""))
    return told


def part_speakers(project: str) -> None:
    """Lock a test set by row, as it once was drawn: one row of each speaker."""
    with Project.open(Path(project)) as opened:
        groups = opened.samples.group_codes()[0]
        opened.lock_test(np.unique(groups, return_index=True)[1])


@pytest.mark.parametrize("how", [{}, {"folds": 5}, {"split_by": "group"}, {"split_by": "speaker"}, {"split_seed": 3}])
@pytest.mark.parametrize(
    ("speakers", "words"),
    [
        (["ab"], r"all 6 labelled \w+s are of one \w+, whom a model would meet again"),
        (["a", "b"], "a and b are of one .* each, who can be learnt from or judged by, not both"),
        (["a", "b", "b"], "a is of one .* alone, who can be learnt from or judged by, not both"),
    ],
)
def test_too_few_speakers_are_refused_before_anything_is_trained_or_locked(
    tmp_path: Path, speakers: list[str], words: str, how: dict[str, Any]
) -> None:
    project = project_of(tmp_path / "p", *speakers)
    with pytest.raises(UserError, match=f"{words}.*two .* or more of each class.*--split-by sample"):
        train(project, **how)
    with Project.open(Path(project)) as opened:
        assert opened.test_rows() is None
        assert not opened.runs.folders()
        assert not opened.runs.left_over()


def test_a_person_may_part_a_speaker_and_is_told_what_it_is_worth(tmp_path: Path) -> None:
    told = train(project_of(tmp_path / "p", "ab", rows=20), split_by="sample")
    assert (told["split"]["by"], told["split"]["independent"]) == ("sample", False)
    assert "a group stands on two sides, so the scores are not independent" in " ".join(told["split"]["notes"])
    scored: dict[str, Any] = run(Job("evaluate", {"project": str(tmp_path / "p")}, ""))
    assert "the one speaker scored stands in training too" in scored["notes"][0].replace("subject", "speaker")


def test_no_test_and_no_score_where_neither_is_asked_for(tmp_path: Path) -> None:
    told = train(project_of(tmp_path / "p", "ab", rows=20), split_by="group", test_size=0.0)
    assert told["split"]["by"] == "group"
    assert set(told["metrics"]) <= {"metadata_only"}


@pytest.mark.parametrize("how", [{}, {"folds": 5}])
def test_two_speakers_of_each_class_are_judged_whole(tmp_path: Path, how: dict[str, Any]) -> None:
    told = train(project_of(tmp_path / "p", "a", "a", "b", "b"), **how)
    assert (told["split"]["by"], told["split"]["independent"]) == ("group", True)
    part = told["metrics"]["out_of_fold" if how else "test"]
    assert part["balanced_accuracy"] is not None
    assert part["interval_units"] == (4 if how else 2)
    assert any("rests on only" in note for note in told["notes"])


def test_folds_of_what_is_left_beside_the_test_set_part_nobody_either(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", "ab", "ab")
    assert train(project)["split"]["groups"] == {"train": 1, "val": 0, "test": 1}
    with pytest.raises(UserError, match=r"all 6 labelled .* outside the test set are of one"):
        train(project, folds=5)


def test_the_leak_meter_locks_nothing_and_measures_all_that_the_folds_judged(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", *["a", "b"] * 4)
    train(project, folds=4)
    told: dict[str, Any] = run(Job("leak", {"project": project, "folds": 4, "draws": 2}, ""))
    assert [row["n"] for row in told["rows"][:2]] == [48, 48]
    assert (told["groups"], told["shared"]) == (8, 8)
    with Project.open(Path(project)) as opened:
        assert opened.test_rows() is None
    told = train(project)
    assert told["split"]["kind"] == "locked"
    measured: dict[str, Any] = run(Job("leak", {"project": project, "folds": 3, "draws": 2}, ""))
    assert measured["rows"][0]["n"] == 48 - told["split"]["test"], "a locked test set stays untouched"


def test_a_locked_test_set_that_labels_left_with_one_class_is_told_and_stops_nobody(tmp_path: Path) -> None:
    """Who relabels a speaker and trains again gets a run, and is told what it is worth."""
    project = project_of(tmp_path / "p", *["a", "b"] * 5)
    first = train(project)
    with Project.open(Path(project)) as opened:
        rows = opened.test_rows()
        assert rows is not None
        opened.journal.label(rows.tolist(), "a", "ann")
    second = train(project)
    told = [[note for note in one["split"]["notes"] if "fewer than two classes" in note] for one in (first, second)]
    assert [len(notes) for notes in told] == [0, 1]
    assert "--redraw-test" in told[1][0]
    assert second["metrics"]["test"]["auc"] is None
    train(project, redraw_test=True)
    with Project.open(Path(project)) as opened:
        assert len(set(opened.journal.fold.labels()[opened.test_rows()].tolist())) == 2


def test_a_level_of_the_design_keeps_no_class_out_of_the_test() -> None:
    groups = np.repeat(np.arange(6), 4)
    codes = np.repeat([0, 0, 1, 1, 1, 1], 4)
    sites = np.repeat(np.array(["x", "y", "z", "z", "z", "z"], object), 4)
    drawn = draw_test(codes, groups, sites, 0.2)
    assert set(codes[drawn.test].tolist()) == {0, 1}, "each site of the first class stands in one group alone"
    assert drawn.by == "group"


def test_a_split_apart_is_never_by_sample() -> None:
    one = draw_split([0, 1] * 10, np.zeros(20, int), 0, apart=True)
    assert (one.by, len(one.test), len(one.val)) == ("group", 0, 0)
    locked = draw_split([0, 1] * 10, np.zeros(20, int), 0, locked_test=np.arange(4), apart=True)
    assert (locked.by, len(locked.train), len(locked.left_out)) == ("group", 0, 16)


def test_a_test_set_that_parts_speakers_is_told_everywhere_and_redrawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_of(tmp_path / "p", "a", "a", "a", "b", "b", "b")
    part_speakers(project)
    words = r"test set parts 6 \w+s: 30 labelled .* stand outside it.* Nothing is left to learn from\. .*--redraw-test"
    for how in ({}, {"folds": 3}):
        with pytest.raises(UserError, match=words):
            train(project, **how)
    for verb in ("check", "summary"):
        assert call([verb, project, "--json"]) == 0
        assert "test set parts 6" in capsys.readouterr().out
    assert call(["train", project, "--recipe", "tabular", "--redraw-test", "--json"]) == 0
    capsys.readouterr()
    with Project.open(Path(project)) as opened:
        rows, groups = opened.test_rows(), opened.samples.group_codes()[0]
        assert rows is not None
        assert not np.isin(np.delete(groups, rows), groups[rows]).any()
    assert run(Job("check", {"project": project}, ""))["notes"] == []
    with pytest.raises(UserError, match=r"locked test set is one of whole \w+s"):
        train(project, redraw_test=True)


def test_what_came_later_of_speakers_in_the_test_set_is_told_with_the_run(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", *["a", "b"] * 5)
    with Project.open(Path(project)) as opened:
        groups = opened.samples.group_codes()[0]
        opened.lock_test(np.flatnonzero(groups < 4)[1:])
    notes = train(project)["split"]["notes"]
    assert any("parts 1" in note and "No training learns from these" in note for note in notes)


def test_runs_that_an_earlier_version_split_by_recording_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(tmp_path / "p", *["a", "b"] * 3)
    told = train(project, split_by="sample")
    assert run(Job("check", {"project": project}, ""))["notes"] == [], "who asked for it knows"
    file = Path(told["folder"]) / "run.json"
    text = file.read_text("utf-8")
    monkeypatch.setattr("models.store.runs.RunRecord.damaged", lambda _run: [])
    file.write_text(text.replace('"split_by": "sample"', '"split_by": ""'), "utf-8")
    assert text != file.read_text("utf-8")
    notes = run(Job("check", {"project": project}, ""))["notes"]
    assert len(notes) == 1
    assert notes[0].startswith("run-1 was split by ")


@pytest.mark.parametrize("wish", [Wish(), Wish(folds=5), Wish(by="by:speaker")])
def test_the_preview_refuses_what_the_training_does(wish: Wish, tmp_path: Path) -> None:
    codes, groups = np.array([0, 1] * 6), np.zeros(12, np.int64)
    with Project.open(Path(project_of(tmp_path / "p", "ab", rows=12))) as opened:
        basis = Basis(opened.samples, codes, codes, groups, ("S0",), ("a", "b"), apart=NOUNS)
        with pytest.raises(UserError, match="all 12 labelled recordings are of one speaker"):
            make_preview(basis, wish)
        assert make_preview(basis, Wish(by="sample")).samples["test"]


TORN = "The locked test set parts 4 speakers: nothing is left to learn from."


def test_the_preview_tells_of_a_test_set_that_leaves_nothing() -> None:
    codes, groups = np.array([0, 1] * 6), np.repeat(np.arange(4), 3)
    samples: Any = None
    basis = Basis(samples, codes, codes, groups, tuple("abcd"), ("a", "b"), np.arange(0, 12, 3), apart=NOUNS, torn=TORN)
    with pytest.raises(UserError, match=r"^the locked test set parts 4 speakers"):
        make_preview(basis, Wish())
