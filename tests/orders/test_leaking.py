"""The leak meter over a real training: both splits, the floor, confounders, matching, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.cli import call
from models.domains import domain
from models.errors import UserError
from models.job import Job, Progress
from models.orders import leaking
from models.store.project import Project
from workers.inline import run


@pytest.fixture(scope="module")
def trained(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("leak") / "project"
    shutil.copytree(home / "project", place)
    run(Job("train", {"project": str(place), "recipe": "forest", "values": {"trees": 5}, "baseline": False}, ""))
    return place


def leak(trained: Path, **given: object) -> dict[str, Any]:
    told: dict[str, Any] = run(Job("leak", {"project": str(trained), "folds": 3, "draws": 3, **given}, ""))
    return told


def test_the_meter_tells_both_splits_and_the_floor(trained: Path) -> None:
    told = leak(trained)
    assert [row["name"] for row in told["rows"]] == ["group", "sample", "permuted"]
    for row in told["rows"]:
        low, high = row["intervals"]["auc"]
        assert low <= row["auc"] <= high
    group, sample, permuted = told["rows"]
    assert permuted["title"] == "permuted, mean of 3"
    assert permuted["auc"] == pytest.approx(sum(permuted["draws"]) / 3)
    assert len(set(permuted["draws"])) == 3, "each deal is another one"
    assert abs(permuted["auc"] - 0.5) < 0.15
    assert told["difference"] == pytest.approx(sample["auc"] - group["auc"])
    assert told["words"].startswith("A split by cell")
    assert 0 < told["shared"] <= told["groups"]
    with Project.open(trained) as opened:
        assert opened.runs.get("last").added(leaking.KEPT) == told
        locked = opened.test_rows()
        assert locked is not None
        assert group["n"] == sample["n"] <= len(opened.samples) - len(locked), "the locked test set stays untouched"
        assert not (opened.cache / leaking.KEPT).exists()


def test_two_that_measure_at_once_do_not_disturb_each_other(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, folded = leak(trained, folds=2, draws=1), leaking.out_of_fold

    def watched(*given: Any) -> Generator[Progress, None, Any]:
        (mark := given[6] / "mark").write_text("what a training keeps there", "utf-8")
        found = yield from folded(*given)
        assert mark.exists()
        return found

    monkeypatch.setattr(leaking, "out_of_fold", watched)
    going = [leaking.leak(str(trained), folds=2, draws=1) for _ in range(2)]
    told = list[dict[str, Any]]()
    while going:
        for one in list(going):
            try:
                next(one)
            except StopIteration as end:
                told.append(end.value)
                going.remove(one)
    assert [one["rows"] for one in told] == [alone["rows"]] * 2


def test_the_command_tells_the_same(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["leak", str(trained), "--folds", "3", "--draws", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == json.loads(json.dumps(leak(trained)["rows"]))
    assert call(["leak", str(trained), "--folds", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    head = next(line for line in lines if "trained" in line)
    assert "auc interval" in head
    assert "balanced_accuracy chance" in head
    assert max(map(len, lines[: lines.index(head) + 4])) < 200, "a terminal bears it"


def test_confounders_and_matched_groups_stand_beside(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"noise": ("noise",), "the microphone": ("microphone",)}
    kind = replace(domain("traces"), confounders=given)
    monkeypatch.setattr(leaking, "find_domain", lambda _project: kind)
    told = leak(trained, match=("noise",))
    rows = {row["name"]: row for row in told["rows"]}
    assert list(rows) == ["group", "sample", "noise", "permuted"]
    assert rows["noise"]["title"] == "noise only"
    assert rows["noise"]["columns"] == ["noise"]
    # Each simulation holds cells of all classes: none can be paired.
    assert told["notes"] == ["Matched by noise only 0 simulations are left: too few to train on.",
                             "Nothing tells the microphone here."]  # fmt: skip


def test_what_cannot_be_measured_says_why(trained: Path) -> None:
    with pytest.raises(UserError, match="ages"):
        leak(trained, match=("ages",))
    with pytest.raises(UserError, match="run-9"):
        leak(trained, run="run-9")
