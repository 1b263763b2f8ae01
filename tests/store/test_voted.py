"""Where all votes count, a label is what most say: no single vote outweighs others, none takes others' away."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from models.event import FILE, LABEL, Entry
from models.orders.summary import list_samples, summarise
from models.store.blind import BlindView
from models.store.project import Project
from models.store.view import View
from models.store.voted import SETTLED, as_voted
from models.tally import write_tally


def vote(project: Project, row: int, given: Mapping[str, str], settled: str = "") -> str | None:
    """The label of a row after these votes, each by its name in this order."""
    for by, name in given.items():
        project.journal.act([Entry(row, LABEL, "", name)], by, "a vote")
    if settled:
        project.journal.act([Entry(row, LABEL, SETTLED, settled)], "ann", "settled")
    found: str | None = as_voted(project.journal.fold).labels()[row]
    return found


@pytest.mark.parametrize(
    ("given", "settled", "label"),
    [
        ({}, "", None),
        ({"ann": "a"}, "", "a"),
        ({"ann": "a", "bob": "a", "eve": "b"}, "", "a"),
        ({"ann": "a", "bob": "a", "eve": "?"}, "", "a"),
        ({"ann": "a", "bob": "b"}, "", "b"),
        ({"ann": "b", "bob": "a"}, "", "a"),
        ({FILE: "b", "ann": "a", "bob": "b", "eve": "a", "tom": "?"}, "", "b"),
        ({"ann": "a", "bob": "b", "eve": "?"}, "", None),
        ({FILE: "b", "ann": "a"}, "", "a"),
        ({"ann": "a", "bob": "b", "eve": "a", "tom": "b", "sue": "c"}, "", None),
        ({"ann": "a", "bob": "a", "eve": "b"}, "b", "b"),
        ({"ann": "?"}, "", None),
    ],
)
def test_the_label_that_stands(project: Project, given: Mapping[str, str], settled: str, label: str | None) -> None:
    assert vote(project, 8, given, settled) == label


def test_where_one_class_is_all_there_is_others_have_no_label(project: Project) -> None:
    """The first vote of a project: no class has more votes than it on any sample."""
    assert vote(project, 8, {"ann": "a"}) == "a"
    assert as_voted(project.journal.fold).labels()[7] is None


def test_votes_that_a_source_counts_are_votes(project: Project) -> None:
    counted = write_tally({"a": 3, "b": 1})
    project.journal.act([Entry(8, LABEL, "tally", counted), Entry(8, LABEL, "", "a")], FILE, "import")
    assert vote(project, 8, {"ann": "b"}) == "a"
    assert project.journal.fold.labels()[8] == "b", "the latest vote is the label elsewhere"
    assert vote(project, 8, {"bob": "?"}) == "a"
    assert vote(project, 8, {"eve": "b", "tom": "b"}) == "b"


def test_how_many_votes_and_how_far_they_differ(project: Project) -> None:
    for by, name in {"ann": "a", "bob": "a", "eve": "b", "tom": "?"}.items():
        project.journal.act([Entry(8, LABEL, "", name)], by, "a vote")
    project.journal.act([Entry(7, LABEL, "tally", write_tally({"a": 2}))], FILE, "import")
    view = View(project)
    assert view.column("votes")[[8, 7, 6]].tolist() == [3, 2, 0]
    assert view.column("agreement")[8] == pytest.approx(2 / 3)
    assert view.column("entropy")[[8, 7]].tolist() == pytest.approx([0.6365, 0], abs=1e-4)
    assert np.isnan(view.column("agreement")[6])
    assert view.rows("votes >= 2 and agreement < .7").tolist() == [8]
    hidden = BlindView(project, "last", "tom2")
    assert hidden.column("votes")[8] == 0
    assert np.isnan(hidden.column("entropy")[8])


def test_lists_filters_and_summaries_tell_the_label_that_stands_and_each_vote_beside_it(project: Project) -> None:
    for by, name in {"bob": "a", "eve": "a", "ann": "b"}.items():
        project.journal.act([Entry(8, LABEL, "", name)], by, "a vote")
    project.journal.act([Entry(7, LABEL, "", "b")], "ann", "a vote")
    assert View(project).column("label")[[8, 7]].tolist() == ["b", "b"], "the latest is the label elsewhere"
    project.set_setting("votes", True)
    project.set_setting("curator", "ann")
    view = View(project)
    assert view.column("label")[[8, 7]].tolist() == ["a", "b"]
    assert view.rows('label == "b"').tolist() == [7]
    assert view.column("by")[[8, 7]].tolist() == [None, "ann"], "who is outvoted gave no label"
    assert view.column("vote")[[8, 7]].tolist() == ["b", "b"]
    assert view.rows('vote == "b" and label != "b"').tolist() == [8]
    assert view.rows('vote("eve") == "a"').tolist() == [8]
    told = list_samples(project, 'label == "a"', columns=["vote"])
    assert [(row["label"], row["vote"]) for row in told["rows"]] == [("a", "b")]
    assert summarise(project)["labels"] == {"0": 2, "1": 2, "a": 1, "b": 1}
    project.journal.act([Entry(8, LABEL, SETTLED, "b")], "ann", "settled")
    assert view.renewed().column("label")[8] == "b"


def test_who_votes_blind_finds_the_own_vote_as_the_label(project: Project) -> None:
    project.set_setting("votes", True)
    for by, name in {"bob": "a", "ann": "b", "eve": "a", "tom": "a"}.items():
        project.journal.act([Entry(8, LABEL, "", name)], by, "a vote")
    project.journal.act([Entry(7, LABEL, "", "b")], "bob", "a vote")
    hidden = BlindView(project, "last", "ann")
    assert hidden.column("label")[[8, 7]].tolist() == ["b", None]
    assert hidden.column("by")[[8, 7]].tolist() == ["ann", None]
    assert hidden.column("vote")[[8, 7]].tolist() == ["b", None]
    assert hidden.rows('vote("bob") == "b"').tolist() == []
    assert hidden.renewed().column("label")[8] == "b"
