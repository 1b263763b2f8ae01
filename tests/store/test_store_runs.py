"""Runs, their records and predictions."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.errors import UserError
from models.orders.left_over import sweep
from models.store.atomic import own_folder
from models.store.check import check, notes
from models.store.predictions import read_predictions, write_predictions
from models.store.project import Project
from models.store.runs import RunFolder

ROOT = Path(__file__).resolve().parents[2]


def make(project: Project, recipe: str = "forest", **facts: object) -> str:
    folder = project.runs.start()
    count = len(project.samples)
    shares = np.tile(np.array([[0.25, 0.75]]), (count, 1))
    write_predictions(folder.path / "predictions.arrow", project.samples.ids(), ["val"] * count, shares, ["0", "1"])
    (folder.work / "checkpoint").write_text("x")
    return folder.finish({"recipe": recipe, "classes": ["0", "1"], **facts}).name


def test_a_run_exists_when_it_is_finished(project: Project) -> None:
    folder = project.runs.start()
    assert folder.id == "run-1"
    assert project.runs.list() == []
    assert folder.alive()
    assert check(project) == [], "a run at work is no fault"
    final = folder.finish({"recipe": "mlp", "started": "2026-01-01T00:00:00+00:00", "metrics": {"n": 3}})
    assert sorted(path.name for path in final.iterdir()) == ["run.json"]
    record = project.runs.get("run-1")
    assert (record.recipe, record.at, record.record["metrics"]) == ("mlp", "2026-01-01T00:00:00+00:00", {"n": 3})
    assert "predictions" in check(project)[0]


def test_discarded_and_left_over(project: Project) -> None:
    project.runs.start().discard()
    left = project.runs.start()
    (left.path / ".owner").write_text("elsewhere 1")
    assert project.runs.left_over() == []
    (left.path / ".owner").unlink()
    assert [folder.id for folder in project.runs.left_over()] == ["run-1"]
    assert "never finished" in notes(project)[0]
    assert check(project) == []
    project.runs.left_over()[0].claim()
    assert notes(project) == []


def test_another_process_of_the_same_number_does_not_hold_a_run(project: Project) -> None:
    """Numbers of processes come again, after a restart all of them."""
    left = project.runs.start()
    host, number, born = (left.path / ".owner").read_text().split()
    assert left.alive()
    (left.path / ".owner").write_text(f"{host} {number} {float(born) - 60:.2f}")
    assert not left.alive()
    (left.path / ".owner").write_text("half wri")
    assert not left.alive()


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="no way to see a process end and leave it so")
def test_a_process_that_ended_and_was_not_waited_for_holds_nothing(project: Project) -> None:
    code = """
import os, sys
from pathlib import Path
from models.store.atomic import own_folder
from models.store.project import Project
folder = Project.open(Path(sys.argv[1])).runs.start()
with own_folder(folder.path / "room"):
    os._exit(0)
"""
    with subprocess.Popen([sys.executable, "-c", code, str(project.path)], cwd=ROOT) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is there still, as nobody took note of its end
        (left,) = project.runs.left_over()
        assert len(list(left.path.glob(".room.*"))) == 1
        with own_folder(left.path / "room") as mine:
            assert list(left.path.glob(".room.*")) == [mine]
        assert not list(left.path.glob(".room.*"))


def test_a_full_disk_at_the_last_write_leaves_the_checkpoints(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.runs.start()
    (folder.work / "checkpoint").write_text("x")

    def fail(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("models.store.runs.write_text", fail)
    with pytest.raises(UserError, match="disk is full"):
        folder.finish({"recipe": "mlp"})
    assert (folder.work / "checkpoint").read_text() == "x"
    assert project.runs.list() == []


def test_names_notes_and_the_best(project: Project) -> None:
    runs = project.runs
    with pytest.raises(UserError, match="there is no run yet"):
        runs.get("last")
    for recipe in ("forest", "mlp", "cnn"):
        make(project, recipe)
    assert [run.id for run in runs.list()] == ["run-3", "run-2", "run-1"]
    runs.rename("run-2", "wide net", "ann")
    runs.note("wide net", "twice as wide", "ann")
    assert (runs.get("best").id, runs.best()) == ("run-3", None)
    runs.mark_best("wide net", "ann")
    best = runs.get("best")
    assert (best.id, best.name, best.note, best.best) == ("run-2", "wide net", "twice as wide", True)
    runs.mark_best("last", "bob")
    assert runs.best().id == "run-3"  # type: ignore[union-attr]
    assert project.journal.undo("bob").title == "Undo marking run-3 as best"  # type: ignore[union-attr]
    assert runs.get("best").id == "run-2"
    with pytest.raises(UserError, match="Did you mean wide net"):
        runs.get("wide nat")
    for name in ("best", "run-1", "run-9", "wide net"):
        with pytest.raises(UserError, match="taken"):
            runs.rename("run-3", name, "ann")


def test_of_two_that_give_one_name_at_once_one_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    make(project)
    make(project)
    with Project.open(project.path) as again:
        act = project.journal.act

        def late(*given: Any, **named: Any) -> Any:
            again.runs.rename("run-2", "net", "bob")
            return act(*given, **named)

        monkeypatch.setattr(project.journal, "act", late)
        with pytest.raises(UserError, match="taken"):
            project.runs.rename("run-1", "net", "ann")
        assert [run.name for run in again.runs.list()] == ["net", ""]
    assert check(project) == []


def test_of_two_that_go_on_with_one_training_one_is_told(project: Project) -> None:
    left = project.runs.start()
    (left.work / "plan.json").write_text("{}")
    (left.path / "model").mkdir()
    left.release()
    first, second = project.runs.start(), project.runs.start()
    first.take_over(left)
    with pytest.raises(UserError, match="another process already goes on with the interrupted run-1"):
        second.take_over(left)
    assert (first.work / "plan.json").exists()
    assert {folder.id for folder in project.runs.unfinished()} == {first.id, second.id}


def test_what_is_taken_over_is_not_swept_away_on_its_way(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    left = project.runs.start()
    (left.work / "plan.json").write_text("{}")
    (left.path / "model").mkdir()
    left.release()
    mine, rename = project.runs.start(), os.rename

    def slow(old: Path, new: Path) -> None:
        rename(old, new)
        sweep(project)

    monkeypatch.setattr("models.store.runs.os.rename", slow)
    mine.take_over(left)
    assert (mine.path / "model").is_dir()
    assert [folder.id for folder in project.runs.unfinished()] == [mine.id]


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ((0.6, 0.8, 0.7), "run-2"),
        ((0.6, None, 0.5), "run-1"),
        ((math.nan, 0.4, None), "run-2"),
        ((0.5, 0.5), "run-2"),
    ],
)
def test_before_one_is_marked_validation_tells_the_best(
    project: Project, scores: tuple[float | None, ...], best: str
) -> None:
    for place, score in enumerate(scores):
        made = {} if score is None else {"val": {"balanced_accuracy": score}}
        make(project, metrics={**made, "test": {"balanced_accuracy": 0.9 - place / 10}})
    assert project.runs.get("best").id == best
    assert project.runs.best() is None, "what nobody marked is not shown as marked"
    project.runs.mark_best("run-1", "ann")
    assert project.runs.get("best").id == "run-1"


def test_delete_and_undo(project: Project) -> None:
    make(project)
    make(project)
    project.runs.delete("last", "ann")
    assert [run.id for run in project.runs.list()] == ["run-1"]
    assert make(project) == "run-3", "a number is never used again"
    with Project.open(project.path) as again:
        again.journal.undo("ann")
        assert [run.id for run in again.runs.list()] == ["run-3", "run-2", "run-1"]


def reserve(path: Path, count: int) -> list[str]:
    names = []
    with Project.open(path) as project:
        for _ in range(count):
            sweep(project)  # as each training does before it begins
            names.append(project.runs.start().finish({"recipe": "x"}).name)
    return names


def test_two_processes_never_get_one_number(project: Project) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        names = [name for part in pool.starmap(reserve, [(project.path, 20)] * 2) for name in part]
    assert sorted(names) == sorted(f"run-{number}" for number in range(1, 41))


def test_what_another_begins_is_never_swept_away_before_it_is_claimed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two trainings that begin at once: while one makes its folder, the other sweeps and makes its own."""
    claim, others = RunFolder.claim, list[RunFolder]()

    def slow(folder: RunFolder) -> None:
        monkeypatch.setattr(RunFolder, "claim", claim)
        with Project.open(project.path) as again:
            sweep(again)
            others.append(again.runs.start())
        claim(folder)

    monkeypatch.setattr(RunFolder, "claim", slow)
    first, (second,) = project.runs.start(), others
    assert first.path != second.path
    assert first.alive()
    assert second.alive()
    assert project.runs.left_over() == []
    assert {first.finish({"recipe": "x"}).name, second.finish({"recipe": "x"}).name} == {"run-1", "run-2"}
    assert sorted(path.name for path in project.runs.folder.iterdir()) == ["run-1", "run-2"], "nothing else is left"


def test_a_run_is_never_swept_away_as_it_is_finished(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another training begins between any two steps of the end of this one; a kill there costs nothing."""
    folder = project.runs.start()
    (folder.work / "plan.json").write_text("{}")
    (folder.path / "card.md").write_text("a model")
    steps = []

    def swept(path: Path, name: str = "") -> None:
        with Project.open(project.path) as again:
            sweep(again)
            steps.append([folder.id in [run.id for run in again.runs.list()], folder.path.exists()])

    def renamed(old: Path, new: Path) -> None:
        swept(old)
        rename(old, new)
        if new == folder.final:
            swept(new)

    rename = os.rename
    monkeypatch.setattr("models.store.runs.sync_file", swept)
    monkeypatch.setattr("models.store.runs.sync_folder", swept)
    monkeypatch.setattr("models.store.runs.os.rename", renamed)
    final = folder.finish({"recipe": "x"})
    monkeypatch.undo()
    assert steps.count([False, True]) >= 3
    assert steps[-1] == [True, False]
    assert all(step in ([False, True], [True, False]) for step in steps)
    assert sorted(path.name for path in final.iterdir()) == ["card.md", "run.json"]


def test_what_a_kill_left_in_a_finished_run_is_taken_away(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project.runs.start()
    (folder.work / "epoch.pt").write_text("far")
    monkeypatch.setattr("models.store.runs._tidy", lambda run: None)
    final = folder.finish({"recipe": "x"})
    monkeypatch.undo()
    sweep(project)
    assert (final / "work").is_dir(), "whoever makes it may still be at it"
    (final / ".owner").write_text(f"{socket.gethostname()} 999999999 1.0")
    assert project.runs.get("run-1").damaged() == []
    sweep(project)
    assert [path.name for path in final.iterdir()] == ["run.json"]


def test_what_was_begun_and_never_planned_is_swept_away_alone(project: Project) -> None:
    mine, bare, planned = (project.runs.start() for _ in range(3))
    (planned.work / "plan.json").write_text("{}")
    bare.release()
    planned.release()
    sweep(project)
    assert {folder.id for folder in project.runs.unfinished()} == {mine.id, planned.id}
    assert not (mine.path / "work").exists(), "nothing is made in the folders of others"


def test_predictions_come_back(project: Project, tmp_path: Path) -> None:
    path, rng = tmp_path / "p.arrow", np.random.default_rng(0)
    values = rng.dirichlet([1, 1, 1], 4).astype(np.float32)
    ids = ["a.h5#7", "unknown", "a.h5#1", "a.h5#0"]
    write_predictions(path, ids, ["train", "val", "test", "rest"], values, ("x", "y", "z"))
    found = read_predictions(path)
    assert (found.ids, found.part.tolist(), found.classes) == (ids, ["train", "val", "test", "rest"], ("x", "y", "z"))
    assert (found.probabilities == values).all()
    rows, index = found.rows(project.samples)
    assert rows.tolist() == [0, 1, 7]
    assert index.tolist() == [3, 2, 0]
    write_predictions(path, [], [], np.zeros((0, 2)), ["x", "y"])
    assert len(read_predictions(path)) == 0


def test_damaged_runs_are_named(project: Project) -> None:
    for _ in range(4):
        make(project)
    runs = project.path / "runs"
    (runs / "run-1" / "run.json").write_text("{")
    (runs / "run-2" / "predictions.arrow").write_bytes(b"ARROW1 no")
    (runs / "run-3" / "predictions.arrow").unlink()
    (runs / "run-4" / "run.json").write_text(json.dumps({"recipe": "x", "classes": ["a"]}))
    problems = check(project)
    assert [next(name for name in ("run-1", "run-2", "run-3", "run-4") if name in text) for text in problems] == [
        "run-4",
        "run-3",
        "run-2",
        "run-1",
    ]
    assert [run.id for run in project.runs.list()] == ["run-4", "run-3", "run-2"]
    with pytest.raises(UserError, match="damaged"):
        project.runs.get("run-2").predictions()
    with pytest.raises(UserError, match="missing"):
        project.runs.get("run-3").predictions()


@pytest.mark.parametrize(
    "text", ["{", "[]", "5", '{"metrics": 5}', '{"metrics": {}, "position": "x"}', '{"part": ["test"]}']
)
def test_a_damaged_result_beside_a_run_is_named(project: Project, text: str) -> None:
    run = project.runs.get(make(project))
    run.add("score", {"part": "test", "metrics": {"n": 3}, "position": 1, "test_version": 1, "labels": "", "at": ""})
    run.add("curve", {"points": []})
    assert check(project) == []
    file = run.path / "added" / "score.json"
    file.write_text(text)
    assert [str(file) in problem for problem in check(project)] == [True]
    assert run.added("score") is None
    assert list(run.additions()) == ["curve"]
    file.write_bytes(b"\xff\xfe")
    assert len(check(project)) == 1
    file.unlink()
    assert check(project) == []


@pytest.mark.parametrize(
    "facts",
    [{"classes": 5}, {"metrics": []}, {"metrics": {"test": 5}}, {"recipe": []}, {"split": "x"}, {"test_version": "x"}],
)
def test_a_record_with_a_part_of_another_kind_is_named(project: Project, facts: dict[str, object]) -> None:
    name = make(project)
    file = project.path / "runs" / name / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **facts}))
    assert [str(file) in problem for problem in check(project)] == [True]
    assert project.runs.list() == []


@pytest.mark.parametrize("act", ["change", "cut", "remove"])
def test_a_model_that_is_not_as_it_was_written_is_named(project: Project, act: str) -> None:
    folder = project.runs.start()
    ids = project.samples.ids()
    write_predictions(folder.path / "predictions.arrow", ids, ["val"] * len(ids), np.ones((len(ids), 1)), ["0"])
    model = folder.path / "model"
    model.mkdir()
    (model / "weights").write_bytes(b"12345")
    final = folder.finish({"recipe": "forest", "classes": ["0"]})
    file = final / "model" / "weights"
    assert check(project) == []
    project.purge([0])
    assert check(project) == [], "a withdrawal changes predictions"
    if act == "remove":
        file.unlink()
    else:
        file.write_bytes(b"12346" if act == "change" else b"")
    word = "missing" if act == "remove" else "damaged"
    assert [f"{file} is {word}." in problem for problem in check(project)] == [True]


IDS, SHARES = pa.array(["a", "b"]), pa.array([[0.1, 0.9], [0.2, 0.8]], pa.list_(pa.float32(), 2))


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        ({"x": IDS}, '["0", "1"]'),
        ({"id": IDS, "part": IDS}, '["0", "1"]'),
        ({"id": [1, 2], "part": IDS, "probabilities": SHARES}, '["0", "1"]'),
        ({"id": IDS, "part": [1, 2], "probabilities": SHARES}, '["0", "1"]'),
        ({"id": IDS, "part": IDS, "probabilities": pa.array([[0.1], [0.2, 0.8]])}, '["0", "1"]'),
        ({"id": IDS, "part": IDS, "probabilities": SHARES}, '["0"]'),
        ({"id": IDS, "part": IDS, "probabilities": SHARES}, "{"),
        ({"id": IDS, "part": IDS, "probabilities": SHARES}, "5"),
        ({"id": IDS, "part": IDS, "probabilities": SHARES}, "[1, 2]"),
    ],
)
def test_a_file_that_is_arrow_but_no_predictions_is_damaged(
    project: Project, columns: dict[str, object], classes: str
) -> None:
    file = project.path / "runs" / make(project) / "predictions.arrow"
    table = pa.table(columns).replace_schema_metadata({"classes": classes})
    with pa.ipc.new_file(str(file), table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(UserError, match="is damaged"):
        read_predictions(file)
    assert [str(file) in problem for problem in check(project)] == [True]


def test_predictions_of_other_classes_than_the_record_are_not_used(project: Project) -> None:
    run = project.runs.get(make(project))
    write_predictions(run.path / "predictions.arrow", ["a"], ["val"], [[0.1, 0.2, 0.7]], ["0", "1", "2"])
    with pytest.raises(UserError, match="other classes"):
        run.predictions()
    assert ["other classes" in problem for problem in check(project)] == [True]
