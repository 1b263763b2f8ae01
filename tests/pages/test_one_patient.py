"""A run whose test set is one recording of one patient: the window says that nothing bounds its score."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.cli.outputs import _briefly
from app.cli.words import evaluation_told
from app.pages.train import score_words
from app.pages.train_head import TrainHead
from app.pages.train_run import Training, from_record
from app.session import headline
from models.learn.divergence import score_votes
from models.learn.metrics import score
from models.store.project import Project
from tests.app.windows import Opened
from tests.pages.test_results_page import show, text
from widgets.parts.figure import FigureBlock


def lone_metrics(classes: tuple[str, ...]) -> dict[str, object]:
    """Twelve windows of one patient, all told rightly."""
    truth = np.arange(12) % len(classes)
    return score(truth, np.eye(len(classes))[truth], np.zeros(12), classes)


@pytest.fixture
def lone(trained: Path) -> Path:
    """A project whose first run was judged on one group."""
    with Project.open(trained) as project:
        record = project.runs.get("run-1")
    told = json.loads((record.path / "run.json").read_text("utf-8"))
    told["metrics"]["test"] = lone_metrics(tuple(told["classes"]))
    (record.path / "run.json").write_text(json.dumps(told), "utf-8")
    return trained


def test_results_and_notices_tell_it_in_words(opened: Opened, lone: Path, qtbot: QtBot) -> None:
    window = show(opened, lone, qtbot)
    block = window.page("results").blocks["balanced"]  # type: ignore[attr-defined]
    assert isinstance(block, FigureBlock)
    assert block.value() == "1.000"
    assert "one simulation, no interval" in block.accessibleName()
    assert text("results.alone").startswith("All 12 cells scored are of one simulation: how well it does on another")
    record = window.session.record("run-1")
    assert record is not None
    assert headline(record) == "balanced 1.000 of one group"
    assert score_words(record).startswith("run-1: balanced accuracy 1.000 on one group alone")
    assert any("no interval" in words for _at, words in from_record(record).log)


def test_the_command_line_tells_it() -> None:
    metrics = lone_metrics(("a", "b"))
    told = evaluation_told(
        {"part": "test", "metrics": metrics, "classes": ["a", "b"], "confusion": metrics["confusion"]}
    )
    assert told["bounds"].startswith("All 12 samples scored are of one group")
    assert "1.000 of one group, which cannot bound it" in _briefly({"metrics": {"test": metrics}})


def test_the_head_of_a_training_on_votes_tells_its_divergence(qtbot: QtBot) -> None:
    head = TrainHead()
    qtbot.addWidget(head)
    head.resize(1100, 80)
    truth = np.arange(12) % 2
    metrics = score(truth, np.eye(2)[truth], np.arange(12), ("a", "b"))
    votes = score_votes(np.eye(2)[truth] * 3 + 1, np.full((12, 2), 0.5), np.arange(12))
    metrics["kl"], metrics["intervals"]["kl"] = votes["kl"], votes["interval"]
    for planned in (0, 5):
        head.show_training(Training("features", run="run-1", planned=planned, scored="test", scores=metrics))
        assert not head.figures["kl"].isHidden()
        assert head.figures["kl"].value() == f"{votes['kl']:.3f} nats"
        assert "[" in head.figures["kl"].accessibleName()
        assert head.figures["rate"].isHidden()
    head.show_training(Training("cnn", run="run-2", planned=5, scores=lone_metrics(("a", "b"))))
    assert head.figures["kl"].isHidden()
    assert not head.figures["rate"].isHidden()
    assert "one group, no interval" in head.figures["score"].accessibleName()
