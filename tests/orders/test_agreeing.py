"""Agreement of annotators of a project, and settling what they differ on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.job import Job
from models.orders.agreeing import adjudicate
from models.store.project import Project
from tests.app.unit_tables import make_units
from tests.cli.conftest import Winnow
from workers.inline import run


def told(path: Path, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = run(Job("agreement", {"project": str(path), **more}, ""))
    return found


def test_two_opinions_have_a_kappa_with_its_interval_by_session(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    found = told(path, group_by="group")
    pair = found["pairs"][0]
    assert (pair["first"], pair["second"], pair["n"], pair["groups"]) == ("file", "file:KSLabel", 192, 4)
    assert found["kappa"] == pytest.approx(pair["kappa"])
    assert pair["interval"][0] < pair["kappa"] < pair["interval"][1]
    assert [level["value"] for level in pair["by"]] == [f"session {number}" for number in range(4)]
    assert sum(level["n"] for level in pair["by"]) == 192
    with Project.open(path) as project:
        fold = project.journal.fold
        one, other = fold.vote_codes("file"), fold.vote_codes("file:KSLabel")
    assert found["open"] == int(((one != other) & (other >= 0)).sum()) == len(found["open_samples"])
    assert pair["agreement"] == pytest.approx(1 - found["open"] / 192)


def test_a_run_has_an_opinion_only_on_what_it_did_not_learn_from(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    run(Job("train", {"project": str(path), "recipe": "logistic_regression"}, ""))
    pairs = {(pair["first"], pair["second"]): pair for pair in told(path)["pairs"]}
    assert pairs["file", "model"]["n"] < 240
    assert pairs["file", "model"]["groups"] < 4


def test_what_is_settled_is_open_no_more_until_it_is_taken_back(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    first = told(path)["open_samples"][0]
    with Project.open(path) as project:
        row = int(project.rows_of([first])[0])
        event = adjudicate(project, [row], ["mua"], "ann")
        assert project.journal.fold.labels()[row] == "mua"
        assert event.title == "Settle 1 sample"
    assert first not in told(path)["open_samples"]
    with Project.open(path) as project:
        agreeing = int(np.flatnonzero(project.journal.fold.vote_codes("file:KSLabel") < 0)[0])
        with pytest.raises(UserError, match="nothing to settle"):
            adjudicate(project, [agreeing], ["mua"], "ann")
        project.journal.undo("ann")
    assert first in told(path)["open_samples"]


def test_one_opinion_alone_agrees_with_nobody(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    Project.create(path, "units").close()
    with pytest.raises(UserError, match="fewer than two"):
        told(path)


def test_the_verbs_say_the_same(tmp_path: Path) -> None:
    winnow, path = Winnow(), make_units(tmp_path)
    found = winnow.ok("agreement", path)
    assert {"kappa", "pairs", "open"} <= set(found)
    assert winnow.ok("adjudicate", path, f"{found['open_samples'][0]}=good", "--by", "ann")["changed"] == 1
    assert winnow.ok("agreement", path)["open"] == found["open"] - 1
