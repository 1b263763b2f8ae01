"""Where all votes count, a label is what most say: no single vote outweighs others, none takes others' away."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from models.event import FILE, LABEL, Entry
from models.store.project import Project
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
        ({"ann": "a", "bob": "a", "eve": "b"}, "b", "b"),
        ({"ann": "?"}, "", None),
    ],
)
def test_the_label_that_stands(project: Project, given: Mapping[str, str], settled: str, label: str | None) -> None:
    assert vote(project, 8, given, settled) == label


def test_votes_that_a_source_counts_are_votes(project: Project) -> None:
    counted = write_tally({"a": 3, "b": 1})
    project.journal.act([Entry(8, LABEL, "tally", counted), Entry(8, LABEL, "", "a")], FILE, "import")
    assert vote(project, 8, {"ann": "b"}) == "a"
    assert project.journal.fold.labels()[8] == "b", "the latest vote is the label elsewhere"
    assert vote(project, 8, {"bob": "?"}) == "a"
    assert vote(project, 8, {"eve": "b", "tom": "b"}) == "b"
