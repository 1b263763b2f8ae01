"""Voting in the window by real keys: who said what, blind until one's own vote, revealed after it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.agreement import AgreementPage
from app.pages.columns import SessionColumns
from app.pages.curate import CuratePage
from app.pages.label_panel import LabelPanel
from app.pages.thumbs import Thumbs
from app.pages.votes_part import HIDDEN, class_votes, divergence, entropy
from app.window import Window
from models.domain import Found
from models.job import Job
from models.store.project import Project
from tests.app.desk import choose, click, control, press, settle, type_in
from tests.app.unit_tables import make_units
from tests.app.windows import Opened
from widgets.parts.combo import LabelledCombo
from workers.inline import run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Units with two imported opinions, ben's and nine others' on the first ten, and a run."""
    path = make_units(tmp_path)
    run(Job("train", {"project": str(path), "recipe": "logistic_regression"}, ""))
    with Project.open(path) as opened:
        opened.set_setting("votes", True)
        opened.journal.label(np.arange(10), "noise", "ben")
        opened.journal.label([0], "?", "cat")
        for number in range(8):
            opened.journal.label(np.arange(3), "mua", f"rater {number}")
    return path


def desk(opened: Opened, path: Path, qtbot: QtBot) -> tuple[Window, LabelPanel]:
    window = opened(path)
    settle(qtbot, window)
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    window.session.settings.set("advance", False)
    window.session.go_to(0)
    settle(qtbot, window)
    return window, page.panel


def votes_on(path: Path) -> int:
    """How many named a class of the first unit."""
    with Project.open(path) as opened:
        return int(opened.journal.fold.vote_counts()[0].sum())


def test_the_panel_tells_how_raters_agree_and_who_said_what(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window, panel = desk(opened, project, qtbot)
    press(qtbot, window, "1")
    settle(qtbot, window)
    votes = window.session.fold.tallies(np.array([0]))[0]
    named = class_votes(votes)
    facts = panel.votes.facts.facts()
    assert facts["Agreement"] == f"{round(max(named.values()))} of {round(sum(named.values()))}"
    assert facts["Entropy"] == f"{entropy(named):.2f} nats"
    assert facts["Cannot say"] == "1"
    assert facts["KL to model"].endswith("nats")
    assert panel.head.title.text() == "Vote"
    assert panel.legend.accessibleName() == f"{round(sum(named.values()))} votes, model"
    shown = panel.votes.raters.rows()
    assert len(shown) == 6
    assert (shown[-1].name, shown[-1].title, shown[-1].own) == ("ann (you)", "good", True)
    click(qtbot, "label.raters_all")
    everyone = {vote.name: vote.title for vote in panel.votes.raters.rows()}
    assert everyone["ben"] == "noise"
    assert everyone["cat"] == "Cannot say"
    assert everyone["imported label"] in ("good", "multi-unit", "noise")


def test_blind_hides_all_that_others_and_the_model_say_until_the_own_vote(
    opened: Opened, project: Path, qtbot: QtBot
) -> None:
    window, panel = desk(opened, project, qtbot)
    session = window.session
    press(qtbot, window, "B")
    settle(qtbot, window)
    mode = control("label.mode")
    assert isinstance(mode, LabelledCombo)
    assert mode.value() is True
    assert session.places()[0] == -1
    assert session.predicted_places()[0] == -1
    assert {row.accessibleDescription() for row in panel.classes.rows()} == {"hidden"}
    assert not any(row.isChecked() for row in panel.classes.rows())
    assert panel.votes.facts.isHidden()
    assert panel.votes.raters.rows() == []
    assert panel.votes.raters.accessibleDescription() == HIDDEN
    assert panel.issue.isHidden()
    assert panel.buttons.isHidden()
    assert [moment for moment in panel.history.rows() if moment.kind in ("filled", "hollow")] == []
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    rows = np.arange(5)
    chips = page.list.columns.chip(rows)
    assert all((chip.label, chip.model) == (-1, -1) for chip in chips)
    assert all(
        (mark.label, mark.model) == (-1, -1) and math.isnan(mark.p) for mark in Thumbs(session, page.reader).marks(rows)
    )
    press(qtbot, window, "3")
    settle(qtbot, window)
    assert session.open_project.journal.fold.votes(0)["ann"] == "noise"
    assert session.places()[0] == 2
    assert panel.votes.facts.facts()["Agreement"].endswith(f" of {votes_on(project)}")
    assert {row.accessibleDescription() for row in panel.classes.rows()} != {"hidden"}
    assert session.places()[1] == -1, "of the next one nothing is told yet"
    press(qtbot, window, "Ctrl+Z")
    settle(qtbot, window)
    assert {row.accessibleDescription() for row in panel.classes.rows()} == {"hidden"}


def test_no_votes_without_a_name_are_no_event(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    path, source = tmp_path / "told", tmp_path / "v.csv"
    source.write_text("v")
    with Project.create(path, "units", votes=True) as made:
        tallies = [{}, {"good": 2}]
        made.add(Found(source, "v.csv", ["0", "1"], ["g"] * 2, ["good", None], [{"ben": "good"}, {}], tallies=tallies))
    window, panel = desk(opened, path, qtbot)
    assert [moment.title for moment in panel.history.rows()] == ["Labelled good", "Voted good"]
    window.session.go_to(1)
    settle(qtbot, window)
    assert [moment.title for moment in panel.history.rows()] == ["2 votes without a name"]


def test_shares_of_votes_are_told_as_shares_and_as_no_number(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    path, source = tmp_path / "told", tmp_path / "v.csv"
    source.write_text("v")
    with Project.create(path, "units", votes=True) as made:
        tallies = [{"good": 0.25, "mua": 0.75}, {"good": 1.0}]
        made.add(Found(source, "v.csv", ["0", "1"], ["g"] * 2, ["mua", "good"], tallies=tallies))
    window, panel = desk(opened, path, qtbot)
    for row, most in ((0, ".75"), (1, "1")):
        window.session.go_to(row)
        settle(qtbot, window)
        assert panel.legend.accessibleName().startswith("Shares of votes")
        assert panel.votes.facts.facts()["Largest share"].startswith(most)
        assert "Agreement" not in panel.votes.facts.facts()
        assert "Shares of votes" in [moment.title for moment in panel.history.rows()]
    window.session.go_to(0)
    press(qtbot, window, "1")
    settle(qtbot, window)
    assert panel.legend.accessibleName().startswith("Shares of votes, 1 vote by name")
    assert panel.votes.head.subtitle.text() == "1 vote"
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    page = window.page("agreement")
    assert isinstance(page, AgreementPage)
    assert page.queue.splits.rows()[0]["votes"] is None
    assert page.queue.case_head.subtitle.text().startswith("Shares of votes, 1 vote by name")
    assert page.blocks["votes"].accessibleName().endswith("shares on 2")


def test_blind_is_kept_for_the_person_and_the_project_and_can_be_chosen(
    opened: Opened, project: Path, qtbot: QtBot
) -> None:
    window, _panel = desk(opened, project, qtbot)
    choose("label.mode", True)
    settle(qtbot, window)
    assert window.session.blind
    window.session.leave()
    window.session.open(project)
    settle(qtbot, window)
    assert window.session.blind
    window.session.settings.set("curator", "eve")
    press(qtbot, window, "B")
    assert not window.session.blind


def test_blind_nothing_hidden_can_be_filtered_accepted_or_kept(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window, _panel = desk(opened, project, qtbot)
    session = window.session
    press(qtbot, window, "B")
    settle(qtbot, window)
    before = session.open_project.journal.position
    for key in ("A", "K"):
        press(qtbot, window, key)
    assert session.open_project.journal.position == before
    session.filter('label == "good" or prediction == "good" or confidence > 0')
    assert len(session.order) == 0
    session.filter("")
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    assert control("agreement.empty").isVisible()


def test_where_the_latest_label_counts_there_is_no_voting(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window, panel = desk(opened, make_units(tmp_path), qtbot)
    assert panel.mode.isHidden()
    assert panel.votes.isHidden()
    press(qtbot, window, "B")
    assert not window.session.blind
    assert panel.head.title.text() == "Label"


def test_entropy_and_divergence_are_those_of_the_shares() -> None:
    assert entropy({"a": 3}) == 0.0
    assert entropy({"a": 1, "b": 1}) == pytest.approx(math.log(2))
    assert divergence({"a": 2, "b": 2}, {"a": 0.5, "b": 0.5}) == pytest.approx(0)
    assert divergence({"a": 4}, {"a": 0.25, "b": 0.75}) == pytest.approx(math.log(4))
    assert divergence({}, {"a": 1.0}) is None
    assert divergence({"a": 1}, {}) is None
    assert class_votes({"a": 2, "?": 3, "b": 0}) == {"a": 2}


def test_the_list_counts_votes_as_the_panel_does_and_finds_what_is_split(
    opened: Opened, project: Path, qtbot: QtBot
) -> None:
    window, panel = desk(opened, project, qtbot)
    session, columns = window.session, SessionColumns(window.session)
    assert next(head for head in columns.names() if head.name == "votes").main
    before = votes_on(project)
    press(qtbot, window, "1")
    assert votes_on(project) == before + 1
    top, facts = np.array([0]), panel.votes.facts.facts()
    assert columns.text(top, "votes") == [str(before + 1)]
    assert facts["Agreement"] == f"{round(session.view.column('agreement')[0] * (before + 1))} of {before + 1}"
    assert facts["Entropy"] == f"{columns.text(top, 'entropy')[0]} nats"
    assert facts["Entropy"] == f"{session.view.column('entropy')[0]:.2f} nats"
    press(qtbot, window, "/")
    QTest.keySequence(QApplication.focusWidget(), "Ctrl+A")
    type_in("votes > 9 and agreement < 1", window)
    press(qtbot, window, "Return")
    assert session.order.tolist() == [0, 1, 2]


def test_the_list_tells_the_label_that_stands_and_the_own_vote_beside_it(
    opened: Opened, project: Path, qtbot: QtBot
) -> None:
    window, panel = desk(opened, project, qtbot)
    session, columns = window.session, SessionColumns(window.session)
    press(qtbot, window, "3")
    settle(qtbot, window)
    assert session.open_project.journal.fold.labels()[0] == "noise", "it is the latest vote"
    top = np.array([0])
    assert session.classes[columns.chip(top)[0].label] == "mua", "eight raters said so"
    assert columns.text(top, "vote") == ["noise"]
    assert session.labelled_by(0) == "", "who is outvoted gave no label"
    checked = [row.isChecked() for row in panel.classes.rows()]
    assert [session.classes[place] for place, on in enumerate(checked) if on] == ["noise"]
    session.accept_all()
    assert session.open_project.journal.fold.votes(0)["ann"] == "noise", "what he said himself he means"
