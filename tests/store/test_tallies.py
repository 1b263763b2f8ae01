"""Votes that a source counts without naming who gave them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.store.blind import BlindFold
from models.store.check import check
from models.store.grouped import as_classes
from models.store.project import Project
from models.store.view import View
from models.tally import read_tally, write_tally

ROWS = np.arange(12, 15)


def add(project: Project, folder: Path, *tallies: dict[str, float], labels: tuple[str | None, ...] = ()) -> int:
    source = folder / "v.h5"
    source.write_text("v")
    keys = [str(place) for place in range(len(tallies))]
    found = Found(source, "v.h5", keys, ["g"] * len(keys), labels, tallies=tallies)
    return project.add(found).labels


def counts(project: Project, *names: str) -> list[list[float]]:
    fold = project.journal.fold
    table = fold.vote_counts()[12:]
    return table[:, [fold.classes.index(name) for name in names]].tolist()


def test_a_tally_is_so_many_votes_and_the_label_beside_it_none(project: Project, tmp_path: Path) -> None:
    add(project, tmp_path, {"x": 3, "y": 1}, {}, {"z": 2}, labels=("x", "x", None))
    assert counts(project, "x", "y", "z") == [[3, 1, 0], [1, 0, 0], [0, 0, 2]]
    fold = project.journal.fold
    assert fold.labels().tolist()[12:] == ["x", "x", None], "a count alone is no label"
    assert fold.tallies(ROWS) == [{"x": 3, "y": 1}, {"x": 1}, {"z": 2}]
    assert fold.annotators() == ["file"], "nobody in particular voted"
    project.journal.label([12], "y", "ann")
    assert counts(project, "x", "y")[0] == [3, 2]
    assert View(project).column("label")[12] == "y"
    assert View(project).mask('votes("x") > 2').tolist()[12:] == [True, False, False]


def test_a_label_that_sums_up_named_votes_is_no_further_one(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "n.h5"
    source.write_text("n")
    votes = [{"ann": "x", "ben": "x"}, {"ann": "x", "ben": "y"}, {}]
    found = Found(source, "n.h5", ["0", "1", "2"], ["g"] * 3, ["x", "", "y"], votes, tallies=[{}, {}, {}])
    project.add(found)
    assert counts(project, "x", "y") == [[2, 0], [1, 1], [0, 1]]
    fold = project.journal.fold
    assert fold.labels().tolist()[12:] == ["x", None, "y"]
    assert fold.tallies(ROWS) == [{"x": 2}, {"x": 1, "y": 1}, {"y": 1}]
    assert [one for one in check(project) if "n.h5" not in one] == []
    position = project.journal.position
    project.add(found)
    assert project.journal.position == position


def test_the_same_counts_again_are_no_event_and_new_ones_take_their_place(project: Project, tmp_path: Path) -> None:
    assert add(project, tmp_path, {"x": 3, "y": 1}, {"x": 1}) == 2
    position = project.journal.position
    assert add(project, tmp_path, {"y": 1, "x": 3}, {"x": 1}) == 0
    assert project.journal.position == position
    assert add(project, tmp_path, {"y": 4}, {"x": 1}) == 1
    assert counts(project, "x", "y") == [[0, 4], [1, 0]]


def test_classes_that_only_counts_name_come_last_and_stay(project: Project, tmp_path: Path) -> None:
    add(project, tmp_path, {"rare": 1, "0": 2})
    fold = project.journal.fold
    assert fold.classes == ["0", "1", "rare"]
    assert "rare" in fold.used()
    project.journal.label([0], "new", "ann")
    assert fold.classes == ["0", "1", "new", "rare"]
    assert fold.vote_counts()[12].tolist() == [2, 0, 0, 1]


def test_a_snapshot_depends_on_the_counts(project: Project, tmp_path: Path) -> None:
    add(project, tmp_path, {"0": 2, "1": 1})
    before = project.journal.fold.sha()
    add(project, tmp_path, {"0": 2, "1": 2})
    after = project.journal.fold.sha()
    assert after != before
    add(project, tmp_path, {"0": 2, "1": 1})
    assert project.journal.fold.sha() == before, "texts that stand for nothing any more do not count"


def test_grouped_classes_are_counted_together(project: Project, tmp_path: Path) -> None:
    add(project, tmp_path, {"0": 2, "1": 1, "z": 4}, {"z": 1})
    fold = as_classes(project.journal.fold, {"0": "low", "1": "high", "z": "high"})
    assert fold.classes == ["low", "high"]
    assert fold.vote_counts()[12:].tolist() == [[2, 5], [0, 1]]


def test_counts_survive_a_restart_and_stand_the_check(project: Project, tmp_path: Path) -> None:
    add(project, tmp_path, {"0": 2.5, "1": 1})
    with Project.open(project.path) as again:
        assert again.journal.fold.tallies(np.array([12])) == [{"0": 2.5, "1": 1}]
        assert [one for one in check(again) if "v.h5" not in one] == []


def test_shares_are_told_by_their_source_as_a_whole(project: Project, tmp_path: Path) -> None:
    add(project, tmp_path, {"x": 0.25, "y": 0.75}, {"x": 1}, {})
    other = tmp_path / "w.h5"
    other.write_text("w")
    project.add(Found(other, "w.h5", ["0"], ["g"], tallies=[{"x": 1}]))
    fold = project.journal.fold
    assert np.flatnonzero(fold.shared()).tolist() == [12, 13], "the single vote of another source is a vote"
    assert BlindFold(fold, "ann").shared().tolist() == fold.shared().tolist()
    add(project, tmp_path, {"x": 1, "y": 3}, {"x": 1}, {})
    assert not fold.shared().any()


def test_what_is_no_count_is_said_or_passed_over() -> None:
    assert write_tally({"b": 0, "a": 2.0, "c": 0.5}) == '{"a":2,"c":0.5}'
    assert write_tally({"a": 0}) == ""
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(UserError, match="votes for 'a' cannot be"):
            write_tally({"a": wrong})
    assert read_tally('{"a":2,"b":-1,"c":"x","d":0,"e":Infinity}') == {"a": 2}
    assert read_tally("half {") == read_tally('{"a":') == read_tally("[1]") == {}
