"""A queue before the first run: what works, and what to do where nothing does."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.pages import reviewing
from models.errors import UserError
from models.job import Job
from models.orders.queueing import BARE, UNLABELLED
from models.store.project import Project
from workers.inline import run


@pytest.fixture
def untrained(home: Path, tmp_path: Path) -> Path:
    """A project without a run; 40 of its cells have no label."""
    place = Path(shutil.copytree(home / "project", tmp_path / "project"))
    with Project.open(place) as opened:
        opened.journal.label(range(0, 400, 10), "", "ann", "Taken away")  # type: ignore[arg-type]
    return place


def queue(project: Path, strategy: str) -> Any:
    return run(Job("queue", {"project": str(project), "strategy": strategy, "n": 12}, ""))


def test_two_strategies_work_without_a_run(untrained: Path) -> None:
    with Project.open(untrained) as opened:
        bare = {
            name for name, label in zip(opened.samples.ids(), opened.journal.fold.labels(), strict=True) if not label
        }
    unlike, drawn = queue(untrained, "diversity"), queue(untrained, "audit")
    assert unlike["run"] == drawn["run"] == ""
    assert len(unlike["queue"]) == 12
    assert {entry["sample"] for entry in unlike["queue"]} <= bare, "unlabelled ones"
    assert len(drawn["queue"]) == 12
    assert not {entry["sample"] for entry in drawn["queue"]} & bare, "labelled ones"
    assert (BARE, UNLABELLED) == (reviewing.BARE, reviewing.UNLABELLED)


@pytest.mark.parametrize("strategy", ["blend", "uncertainty", "label-issue", "disagreement"])
def test_the_others_say_what_to_do(untrained: Path, strategy: str) -> None:
    with pytest.raises(UserError, match=f"no run yet, and the strategy {strategy} ranks by a model. Train one first"):
        queue(untrained, strategy)
