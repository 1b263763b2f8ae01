"""Windows of EEG from the tables of HMS to a table of their kind by real keys and clicks, with the worker's process."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.pages.agreement import AgreementPage
from app.pages.votes_part import HIDDEN
from models.domains.eeg.constants import CLASSES
from models.job import Job
from models.orders.agreeing import SETTLED
from models.store.project import Project
from tests.app.desk import click, control, labels_of
from tests.app.windows import Opened
from tests.walks.at_desk import Desk, closed, compared, trained
from widgets import tokens
from widgets.charts.chart import Chart
from widgets.charts.run_table import RunTable
from widgets.parts.combo import LabelledCombo
from widgets.parts.figure import FigureBlock
from workers.inline import run

WINDOWS, PATIENTS, BY_HAND = 32, 8, 10
#: Rounds of boosting enough for what differs plainly.
SMALL = {"rounds": "20", "leaf": "3"}

Votes = dict[str, float]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Generated windows with the votes of raters who differ."""
    values = {"patients": str(PATIENTS), "ambiguous": "0.3", "artifacts": "0"}
    run(Job("fake", {"domain_name": "eeg", "out": str(tmp_path / "hms"), "samples": WINDOWS, "values": values}, ""))
    return tmp_path / "hms"


class Rater(Desk):
    """The window as a rater uses it."""

    def key(self, name: str) -> str:
        """The key of a class."""
        return tokens.key_of(self.session.classes.index(name), self.session.classes)

    def own(self, row: int) -> str | None:
        """What the person in the window said."""
        return self.session.fold.votes(row).get("ann")

    def votes(self, row: int) -> Votes:
        """All votes on a window."""
        return dict(self.session.fold.tallies(np.array([row]))[0])

    def hidden(self) -> bool:
        """Whether the panel keeps the votes of others to itself."""
        return self.page.panel.votes.raters.accessibleDescription() == HIDDEN

    @property
    def agreement(self) -> AgreementPage:
        found = self.window.page("agreement")
        assert isinstance(found, AgreementPage)
        return found


@pytest.fixture
def rater(opened: Opened, data: Path, qtbot: QtBot, tmp_path: Path) -> Rater:
    """The window on a project into which the tables came by the import page."""
    Project.create(tmp_path / "rated", "eeg", votes=True).close()
    rater = Rater(opened(tmp_path / "rated", real=True), qtbot, tmp_path)
    rater.bring_in(data)
    return rater


def table_of(path: Path) -> dict[str, Votes]:
    """Window → its votes, of a table of HMS."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {
        f"{row['eeg_id']}/{row['eeg_sub_id']}": {name: float(row[f"{name}_vote"]) for name in CLASSES} for row in rows
    }
    return {key: {name: count for name, count in votes.items() if count} for key, votes in found.items()}


@pytest.mark.timeout(600)
def test_windows_from_the_table_to_the_table(rater: Rater, data: Path, opened: Opened, tmp_path: Path) -> None:
    given = imported(rater, data)
    said = vote_blind(rater, given)
    settled = adjudicate_two(rater)
    first = rater.train("features", SMALL)
    trained(rater, first, "features")
    again = vote_again(rater, review(rater), said)
    second = rater.train("features", SMALL)
    assert second != first
    compared(rater, first, second)
    difference = control("results.difference")
    assert isinstance(difference, QLabel)
    assert "KL from the votes" in difference.text()
    beside_raters(rater, second)
    rater.press("Ctrl+1")
    rater.export("hms", tmp_path / "again" / "train.csv")
    votes = {key(rater, row): rater.votes(row) for row in range(WINDOWS)}
    assert table_of(tmp_path / "again" / "train.csv") == votes
    labels = closed(rater)
    assert {name: labels[name] for name in settled} == settled
    assert {name: labels[name] for name in again} == again
    elsewhere(rater, data, opened, votes)


def beside_raters(rater: Rater, name: str) -> None:
    """The page tells how far the run is from the votes, and that beside how far one vote is from the others."""
    record = rater.session.record(name)
    assert record is not None
    rater.session.show_run(name)
    rater.settle()
    _part, metrics = record.judged()
    figure, table, words = control("results.figure.kl"), control("results.runs"), control("results.alone")
    assert isinstance(figure, FigureBlock)
    assert isinstance(table, RunTable)
    assert isinstance(words, QLabel)
    assert figure.isVisible()
    assert figure.value() == f"{metrics['kl']:.3f} nats"
    assert {row.id: row.loss for row in table.rows()}[name] == metrics["kl"]
    assert f"{metrics['votes']['raters']['kl']['raters']:.2f} nats of the other votes" in words.text()
    choice, chart = control("results.figure"), control("results.chart")
    assert isinstance(choice, LabelledCombo)
    assert isinstance(chart, Chart)
    assert choice.set_value("votes")
    choice.chosen.emit("votes")
    rater.settle()
    assert list(chart.series()[0].y) == [one["kl"] for one in metrics["votes"]["by_votes"]]
    rater.shot("by-votes")


def key(rater: Rater, row: int) -> str:
    return str(rater.session.open_project.samples.sample(row).key)


def imported(rater: Rater, data: Path) -> dict[int, Votes]:
    """The votes on each window, as the table tells them."""
    assert len(rater.session.order) == WINDOWS
    table = table_of(data / "train.csv")
    given = {row: rater.votes(row) for row in range(WINDOWS)}
    assert {key(rater, row): votes for row, votes in given.items()} == table
    assert rater.page.viewers.pair.recording.isVisible()
    assert rater.page.viewers.pair.spectrogram.isVisible()
    rater.shot("1-imported")
    return given


def vote_blind(rater: Rater, given: dict[int, Votes]) -> dict[int, str]:
    """Ten votes by keys, one on each window; what others said is seen only after it."""
    session, position = rater.session, rater.position
    control("list.table").setFocus()
    rater.press("B")
    rows = session.order[:BY_HAND].tolist()
    said = {row: CLASSES[place % len(CLASSES)] for place, row in enumerate(rows)}
    for row, name in said.items():
        assert session.current == row, "each goes on to the next one"
        assert rater.hidden()
        rater.press(rater.key(name))
    assert rater.position == position + BY_HAND
    assert {row: rater.own(row) for row in rows} == said
    for row, name in said.items():
        assert Counter(rater.votes(row)) - Counter(given[row]) == Counter({name: 1}), "one vote beside the others"
    rater.press("Shift+Space")
    assert session.current == rows[-1]
    assert not rater.hidden()
    rater.shot("2-voted")
    rater.press("B", "Space")
    assert not rater.hidden()
    return said


def adjudicate_two(rater: Rater) -> dict[str, str]:
    """Two windows with split votes settled, one by a key, one by a click on its class; sample → class."""
    rater.press("Ctrl+7")
    queue, session = rater.agreement.queue, rater.session
    splits, settled = queue.splits, dict[str, str]()
    position, count = rater.position, len(queue.rows)
    for by_key in (True, False):
        name = str(splits.rows()[0]["id"])
        at = splits.row_rect(name).center()
        spot = QPoint(int(at.x()), int(at.y()))
        rater.qtbot.mouseClick(splits.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        rater.settle()
        wanted = max(rater.votes(int(name)).items(), key=lambda vote: vote[1])[0]
        if by_key:
            rater.press(str(session.classes.index(wanted) + 1))
        else:
            queue.classes.rows()[session.classes.index(wanted)].click()
            rater.settle()
        assert rater.label(int(name)) == wanted
        settled[session.sample_id(int(name))] = wanted
    assert rater.position == position + 2
    assert len(queue.rows) == count - 2
    assert int((session.fold.codes_of(SETTLED) >= 0).sum()) == 2
    rater.shot("3-adjudicated")
    return settled


def review(rater: Rater) -> list[int]:
    """The queue of what to look at next, each entry with its reason; its rows."""
    session = rater.session
    rater.press("Ctrl+1")
    rows = rater.review_next()
    assert len(rows) >= 3
    assert all(session.listing.reason(row) for row in rows)
    rater.shot("4-queue")
    return rows


def vote_again(rater: Rater, rows: list[int], said: dict[int, str]) -> dict[str, str]:
    """The model's class accepted on the first of the queue, and another vote than before on a window; the labels."""
    session = rater.session
    assert session.current == rows[0]
    proposed = str(session.fresh_view().column("prediction")[rows[0]])
    rater.press("A")
    assert rater.own(rows[0]) == proposed
    session.go_to(next(row for row in said if row != rows[0]))
    rater.settle()
    row = session.current
    before, wanted = rater.votes(row), next(name for name in CLASSES if name != said[row])
    click(rater.qtbot, f"class_{wanted}")
    rater.settle()
    after = rater.votes(row)
    assert rater.own(row) == wanted
    assert sum(after.values()) == sum(before.values()), "who votes again has one vote still"
    assert Counter(after) - Counter(before) == Counter({wanted: 1})
    rater.shot("5-voted-again")
    return {session.sample_id(one): labels_of(session)[session.sample_id(one)] or "" for one in (rows[0], row)}


def elsewhere(rater: Rater, data: Path, opened: Opened, votes: dict[str, Votes]) -> None:
    """What was written, beside the same signals, comes into another project with the same votes."""
    for folder in ("train_eegs", "train_spectrograms"):
        (rater.pictures / "again" / folder).symlink_to(data / folder)
    Project.create(rater.pictures / "other", "eeg", votes=True).close()
    other = Rater(opened(rater.pictures / "other"), rater.qtbot, rater.pictures)
    other.bring_in(rater.pictures / "again")
    assert {key(other, row): other.votes(row) for row in range(WINDOWS)} == votes
    assert other.page.viewers.pair.recording.isVisible()
    other.shot("6-elsewhere")
