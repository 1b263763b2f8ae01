"""What a curator who votes blind may see of a sample: nothing of others until the own vote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.event import NOTE, REGION, Entry
from models.job import Job
from models.region import Region, write_region
from models.store.blind import BlindView
from models.store.project import Project
from models.store.view import View
from tests.app.unit_tables import make_units
from workers.inline import run


@pytest.fixture
def voted(tmp_path: Path) -> Project:
    """Four samples with counted votes and a label of their source; ann says something of the first two, ben of all."""
    project = Project.create(tmp_path / "votes", "eeg", votes=True)
    source = tmp_path / "v.csv"
    source.write_text("v")
    tallies = [{"gpd": 3, "lpd": 1}, {"other": 2}, {"gpd": 1}, {}]
    columns = {"p_gpd": [0.9, 0.1, 0.7, 0.2], "rate": [200.0] * 4}
    labels = ["gpd", "other", "gpd", "lpd"]
    project.add(Found(source, "v.csv", list("0123"), ["p"] * 4, labels, tallies=tallies, columns=columns))
    project.journal.label([0, 1, 2, 3], "lpd", "ben")
    project.journal.label([0], "gpd", "ann")
    project.journal.label([1], "?", "ann")
    return project


def blind(project: Project, by: str = "ann", run: str = "") -> BlindView:
    return BlindView(project, run, by, telling=("p_gpd",))


def test_labels_votes_and_counts_are_told_after_the_own_vote_alone(voted: Project) -> None:
    view = blind(voted)
    fold = view.fold
    assert view.shown.voted().tolist() == [True, True, False, False]
    assert view.column("label").tolist() == ["gpd", None, None, None]
    assert view.column("by").tolist() == ["ann", None, None, None]
    assert fold.votes(0) == {"ann": "gpd", "ben": "lpd", "file": "gpd"}
    assert fold.votes(2) == {}
    assert fold.tallies(np.arange(4)) == [{"gpd": 4, "lpd": 2}, {"other": 2, "lpd": 1, "?": 1}, {}, {}]
    assert fold.tally(2) == {}
    assert fold.tallied().tolist() == [True, True, False, False]
    assert fold.vote_counts().sum(axis=1).tolist() == [6, 3, 0, 0]
    assert (fold.vote_codes("ben") >= 0).tolist() == [True, True, False, False]
    assert view.rows('label == "lpd"').tolist() == []
    assert view.rows('votes("lpd") > 0').tolist() == [0, 1]
    assert view.rows("unlabelled").tolist() == [1, 2, 3]
    assert blind(voted, "eve").column("label").tolist() == [None] * 4


def test_columns_that_tell_the_class_are_hidden_and_others_are_not(voted: Project) -> None:
    view = blind(voted)
    assert np.isnan(view.column("p_gpd")).tolist() == [False, False, True, True]
    assert view.column("rate").tolist() == [200.0] * 4
    assert view.rows("p_gpd > 0.5").tolist() == [0]


def test_a_vote_shows_the_rest_and_taking_it_back_hides_it(voted: Project) -> None:
    view = blind(voted)
    assert view.column("label")[2] is None
    voted.journal.label([2], "other", "ann")
    later = view.renewed()
    assert later.column("label")[2] == "other"
    assert later.fold.tallies(np.array([2])) == [{"gpd": 1, "lpd": 1, "other": 1}]
    assert later.column("p_gpd")[2] == 0.7
    voted.journal.undo("ann")
    assert later.renewed().fold.tallies(np.array([2])) == [{}]


def test_a_run_is_told_where_the_person_voted(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    run(Job("train", {"project": str(path), "recipe": "logistic_regression"}, ""))
    with Project.open(path) as project:
        project.journal.label([0, 5], "good", "ann")
        seen, view = View(project, "run-1"), blind(project, run="run-1")
        own = np.isin(np.arange(len(seen)), [0, 5])
        for name in ("prediction", "confidence"):
            there = seen.column(name)
            assert view.column(name)[own].tolist() == there[own].tolist()
            for values in (view.column(name), view.call(name, "run-1")):
                assert all(value is None or np.isnan(value) for value in values[~own])
        assert np.isnan(view.probabilities()[0][~own]).all()
        assert np.isfinite(view.probabilities()[0][own]).all()
        assert np.isnan(view.call("p", "good")[~own]).all()
        assert not view.column("conflict")[~own].any()
        assert np.isnan(view.column("issue")[~own]).all()
        assert view.accepted(np.array([1, 2])) == [None, None]


def test_notes_and_annotations_of_others_are_told_after_the_own_vote_alone(voted: Project) -> None:
    journal = voted.journal
    for row in (0, 2):
        journal.note(row, "looks like gpd", "ben")
        text = write_region(Region(f"r{row}", 1, 2, "gpd"))
        journal.act([Entry(row, REGION, f"r{row}", text)], "ben", "gpd on an annotation")
    journal.note(3, "my own", "ann")
    journal.note(3, "theirs", "ben")
    view = blind(voted)
    assert view.column("note").tolist() == ["looks like gpd", None, None, "my own"]
    assert [view.fold.note(row) for row in range(4)] == ["looks like gpd", "", "", "my own"]
    assert [len(view.fold.regions(row)) for row in range(4)] == [1, 0, 0, 0]
    assert view.fold.having(NOTE).tolist() == [True, False, False, True]
    assert view.rows('note == "theirs"').tolist() == []
    journal.label([3], "lpd", "ann")
    assert blind(voted).fold.note(3) == "theirs"
