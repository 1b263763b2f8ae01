"""What is proposed is no label until a person accepts it; each act can be taken back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.domain import Found
from models.errors import UserError
from models.event import CLEARED, LABEL, PROPOSED
from models.store.check import check
from models.store.project import Project
from models.store.proposals import (
    accept,
    came_by_spreading,
    label_and_propose,
    propose,
    proposed,
    refuse,
    refused,
    said,
    silent,
)
from models.store.view import View

if TYPE_CHECKING:
    from conftest import Server

ROWS = np.array([5, 6, 7])


def waiting(project: Project, by: str = "ann") -> dict[int, str]:
    return {row: value for row, value in enumerate(proposed(project, by).tolist()) if value is not None}


def test_a_proposal_is_no_label_no_vote_and_no_class(project: Project) -> None:
    before = project.journal.fold
    sha, counts, labels = before.sha(), before.vote_counts(), before.labels().tolist()
    propose(project, ROWS, ["1", "1", "new"], "ann", "Spread")
    fold, view = project.journal.fold, View(project)
    assert waiting(project) == {5: "1", 6: "1", 7: "new"}
    assert fold.sha() == sha
    assert fold.labels().tolist() == labels
    assert np.array_equal(fold.vote_counts(), counts)
    assert (fold.classes, fold.used(), fold.annotators()) == (["0", "1"], ["0", "1"], ["file"])
    assert fold.votes(5) == {}
    assert not fold.human().any()
    assert not view.mask("labelled")[ROWS].any()
    assert view.rows('proposed == "1"').tolist() == [5, 6]
    assert "new" not in project.classes
    assert check(project) == []


def test_accepting_is_one_act_of_the_person_that_says_how_the_labels_came(project: Project) -> None:
    first = propose(project, ROWS, ["1", "1", "0"], "ann", "Spread 2 labels to 3 samples")
    event = accept(project, np.array([5, 7, 9]), "ann")
    assert (event.by, event.title) == ("ann", "Accept what was spread to 2 samples")
    fold = project.journal.fold
    assert fold.labels()[[5, 6, 7]].tolist() == ["1", None, "0"]
    assert fold.human()[[5, 7]].all()
    assert waiting(project) == {6: "1"}
    assert View(project).rows("spread").tolist() == [5, 7]
    told = next(one for one in project.journal.events(5, all_changes=True) if one.number == event.number)
    assert {(one.kind, one.name, one.before, one.after) for one in told.changes} == {
        (LABEL, "", None, "1"),
        (LABEL, PROPOSED, "1", CLEARED),
    }
    assert first.number < event.number
    project.journal.label([5], "1", "ann")
    assert came_by_spreading(project).nonzero()[0].tolist() == [7], "what is said oneself is no acceptance any more"
    project.journal.label([7], "0", "bob")
    assert not came_by_spreading(project).any(), "nor is what somebody else said since"


def test_undo_takes_an_acceptance_a_refusal_and_a_spreading_back(project: Project) -> None:
    propose(project, ROWS, ["1"] * 3, "ann", "Spread")
    accept(project, ROWS[:2], "ann")
    refuse(project, ROWS[2:], "ann")
    assert (waiting(project), refused(project, "ann").nonzero()[0].tolist()) == ({}, [7])
    assert project.journal.undo("ann") is not None
    assert (waiting(project), refused(project, "ann").any()) == ({7: "1"}, False)
    assert project.journal.undo("ann") is not None
    assert waiting(project) == {5: "1", 6: "1", 7: "1"}
    assert not came_by_spreading(project).any()
    assert project.journal.undo("ann") is not None
    assert waiting(project) == {}
    for _ in range(3):
        assert project.journal.redo("ann") is not None
    assert project.journal.fold.labels()[ROWS].tolist() == ["1", "1", None]


def test_a_new_spreading_takes_the_place_of_the_last(project: Project) -> None:
    propose(project, ROWS, ["1"] * 3, "ann", "Spread")
    propose(project, np.array([7, 8]), ["0", "0"], "ann", "Spread")
    assert waiting(project) == {7: "0", 8: "0"}
    assert not refused(project, "ann").any(), "what is not proposed any more was not refused"
    project.journal.undo("ann")
    assert waiting(project) == {5: "1", 6: "1", 7: "1"}


def test_a_label_given_since_settles_a_proposal(project: Project) -> None:
    propose(project, ROWS, ["1"] * 3, "ann", "Spread")
    project.journal.label([5], "0", "ann")
    project.journal.label([6], "0", "bob")
    assert waiting(project) == {7: "1"}, "where the latest label holds, anybody's settles it"
    project.set_setting("votes", True)
    assert waiting(project) == {6: "1", 7: "1"}, "where votes count, the own alone"
    project.journal.undo("ann")
    assert waiting(project) == {5: "1", 6: "1", 7: "1"}


def test_nobody_accepts_what_was_proposed_to_another(project: Project) -> None:
    propose(project, ROWS, ["1"] * 3, "ann", "Spread")
    with pytest.raises(UserError, match="no proposed label waits for bob"):
        accept(project, ROWS, "bob")
    with pytest.raises(UserError, match="Have labels spread first"):
        refuse(project, np.array([0]), "ann")


def test_a_vote_and_its_followers_are_one_act(project: Project) -> None:
    label_and_propose(project, np.array([5]), "1", np.array([5, 6, 7]), "ann", "1 on a#5, spread to 2")
    assert project.journal.fold.labels()[5] == "1"
    assert waiting(project) == {6: "1", 7: "1"}
    project.journal.undo("ann")
    assert (project.journal.fold.labels()[5], waiting(project)) == (None, {})


def test_what_a_person_said_and_on_what_silent(project: Project) -> None:
    project.journal.label([4], "?", "ann")
    project.journal.label([5], "1", "bob")
    assert silent(project, "ann").nonzero()[0].tolist() == list(range(6, 12))
    assert (said(project, "ann") >= 0).nonzero()[0].tolist() == [0, 1, 2, 3, 5]
    project.set_setting("votes", True)
    assert not (said(project, "ann") >= 0).any(), "the file's labels and others' votes are not hers"
    assert 4 not in silent(project, "ann").nonzero()[0]
    assert silent(project, "ann").sum() == 11


def test_proposals_stand_in_a_shared_journal_and_are_their_makers(tmp_path: Path, server: Server) -> None:
    url = server.database()
    source = tmp_path / "a.h5"
    source.write_text("a")
    for name in ("ann", "bob"):
        with Project.create(tmp_path / name, "traces", ["0", "1"], labels_url=url) as made:
            made.add(Found(source, "a.h5", ["0", "1", "2"], ["g"] * 3))
    with Project.open(tmp_path / "ann") as ann, Project.open(tmp_path / "bob") as bob:
        propose(ann, np.array([0, 1]), ["1", "0"], "ann", "Spread")
        bob.journal.refresh()
        assert waiting(bob, "bob") == {}
        assert waiting(bob, "ann") == {0: "1", 1: "0"}
        assert bob.journal.fold.labels().tolist() == [None] * 3
        bob.journal.label([1], "1", "bob")
        ann.journal.refresh()
        accept(ann, np.arange(3), "ann")
        bob.journal.refresh()
        assert bob.journal.fold.labels().tolist() == ["1", "1", None], "what bob said meanwhile stays"
        assert check(ann) == check(bob) == []


NUMBERS = st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True)
CLASSES = st.sampled_from(["0", "1"])


class ProposalMachine(RuleBasedStateMachine):
    """One person proposes, accepts, refuses, labels and takes back; a plain model says what stands."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="winnow-machine-"))
        source = self.folder / "a.h5"
        source.write_text("a")
        self.project = Project.create(self.folder / "p", "traces", ["0", "1"])
        self.project.add(Found(source, "a.h5", [str(key) for key in range(6)], ["g"] * 6))
        self.labels: dict[int, str] = {}
        self.open: dict[int, str] = {}
        self.past: list[tuple[dict[int, str], dict[int, str]]] = []

    def keep(self) -> None:
        self.past.append((dict(self.labels), dict(self.open)))

    @rule(rows=NUMBERS, value=CLASSES)
    def spreads(self, rows: list[int], value: str) -> None:
        self.keep()
        propose(self.project, np.array(rows), [value] * len(rows), "ann", "Spread")
        self.open = dict.fromkeys(rows, value)

    @rule(rows=NUMBERS)
    def accepts(self, rows: list[int]) -> None:
        hers = [row for row in rows if row in self.open]
        if not hers:
            with pytest.raises(UserError):
                accept(self.project, np.array(rows), "ann")
            return
        self.keep()
        accept(self.project, np.array(rows), "ann")
        self.labels.update({row: self.open.pop(row) for row in hers})

    @rule(rows=NUMBERS)
    def refuses(self, rows: list[int]) -> None:
        hers = [row for row in rows if row in self.open]
        if hers:
            self.keep()
            refuse(self.project, np.array(rows), "ann")
            for row in hers:
                del self.open[row]

    @rule(rows=NUMBERS, value=CLASSES)
    def labels_it(self, rows: list[int], value: str) -> None:
        self.keep()
        self.project.journal.label(rows, value, "ann")
        self.labels.update(dict.fromkeys(rows, value))
        self.open = {row: one for row, one in self.open.items() if row not in rows}

    @rule()
    def takes_back(self) -> None:
        event = self.project.journal.undo("ann")
        assert (event is None) == (not self.past)
        if self.past:
            self.labels, self.open = self.past.pop()

    @rule()
    def opens_again(self) -> None:
        self.project.close()
        self.project = Project.open(self.folder / "p")

    @invariant()
    def is_as_the_model_says(self) -> None:
        labels = self.project.journal.fold.labels().tolist()
        assert {row: value for row, value in enumerate(labels) if value is not None} == self.labels
        assert waiting(self.project) == self.open

    def teardown(self) -> None:
        if hasattr(self, "project"):
            assert check(self.project) == []
            self.project.close()
            shutil.rmtree(self.folder)


ProposalMachine.TestCase.settings = settings(
    max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
test_proposals_amount_to_what_a_plain_model_says = ProposalMachine.TestCase
