"""What a run predicted meets the samples and classes that it is about, whatever the order in its file."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.domain import Found, Recipe, Setting, Task
from models.domains import domain
from models.job import Job, Progress
from models.learn.balance import Balanced
from models.learn.temperature import apply_temperature
from models.orders import fitting
from models.orders.evaluating import codes_of
from models.orders.fitting import Fitted, Seen, fit_rows, predict_rows
from models.orders.folding import inner, out_of_fold
from models.orders.naming import find_recipe, make_params
from models.orders.plan import Wish, make_plan
from models.orders.predicting import run_probabilities
from models.orders.queueing import fold_predictions
from models.sample import Samples
from models.store.predictions import write_predictions
from models.store.project import Project
from workers.inline import run as run_job

N = 40
LABELS = ["b" if row % 2 else "a" for row in range(N)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """40 samples in 10 groups; the journal meets b first, a model may know a first."""
    source = tmp_path / "a.h5"
    source.write_text("a", "utf-8")
    with Project.create(tmp_path / "p", "traces", ("b", "a")) as made:
        made.add(Found(source, "a.h5", [str(key) for key in range(N)], [f"g{key // 4}" for key in range(N)]))
        made.journal.label_each(range(N - 1, -1, -1), LABELS[::-1], "file:x")
        assert made.journal.fold.classes == ["b", "a"]
    return tmp_path / "p"


def do(name: str, **arguments: Any) -> Any:
    return run_job(Job(name, arguments, name))


def end_of(steps: Generator[Any, None, Any]) -> Any:
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def add_run(path: Path, given: Sequence[str], parts: Sequence[str], classes: tuple[str, ...] = ("a", "b")) -> str:
    """A run that gives each sample this class with .9, written backwards."""
    with Project.open(path) as opened:
        p = np.full((N, len(classes)), 0.1 / max(1, len(classes) - 1), np.float32)
        p[np.arange(N), [classes.index(name) for name in given]] = 0.9
        folder = opened.runs.start()
        file = folder.path / "predictions.arrow"
        write_predictions(file, opened.samples.ids()[::-1], list(parts)[::-1], p[::-1], classes)
        snapshot = {"position": opened.journal.position, "sha": opened.journal.fold.sha()}
        folder.finish({"recipe": "forest", "classes": list(classes), "snapshot": snapshot, "metrics": {}})
        return folder.id


def with_errors(*rows: int) -> list[str]:
    return [{"a": "b", "b": "a"}[name] if row in rows else name for row, name in enumerate(LABELS)]


def test_only_labels_that_the_model_did_not_learn_from_are_issues(project: Path) -> None:
    parts = ["train", "val", "rest", "out_of_fold"] * 5 + ["train", "test"] * 10
    add_run(project, with_errors(0, 1, 2, 3, 20, 21), parts)
    found = do("queue", project=str(project), strategy="label-issue", n=50)["queue"]
    assert {entry["sample"].rpartition("#")[2] for entry in found} == {"3", "21"}
    reasons = {entry["sample"].rpartition("#")[2]: entry["reason"] for entry in found}
    assert "gives a .90 and b .10; labelled b" in reasons["3"]


def test_runs_disagree_by_class_not_by_column(project: Path) -> None:
    add_run(project, LABELS, ["test"] * N, ("a", "b"))
    add_run(project, with_errors(5), ["test"] * N, ("b", "a"))
    found = do("queue", project=str(project), strategy="disagreement", n=50)["queue"]
    assert [entry["sample"].rpartition("#")[2] for entry in found] == ["5"]


def test_a_comparison_matches_classes_and_takes_what_both_held_out(project: Path) -> None:
    half = ["test"] * 20 + ["train"] * 20
    one = add_run(project, with_errors(2, 30), half, ("a", "b"))
    two = add_run(project, with_errors(7), ["out_of_fold"] * N, ("b", "a"))
    found = do("compare", project=str(project), first=one, second=two)
    assert {flip["sample"].rpartition("#")[2]: (flip["first"], flip["second"]) for flip in found["flipped"]} == {
        "2": ("b", "a"),
        "7": ("b", "a"),
    }


def test_kept_predictions_are_found_by_sample(project: Path) -> None:
    name = add_run(project, with_errors(3, 4), ["rest"] * 10 + ["test"] * 30)
    with Project.open(project) as opened:
        rows = np.array([11, 4, 3, 0], np.int64)
        record, setting = opened.runs.get(name), Setting("cpu", opened.cache)
        p, parts, classes = end_of(run_probabilities(opened, domain("traces"), record, rows, setting))
        assert [classes[code] for code in p.argmax(axis=1)] == ["b", "b", "a", "a"]
        assert parts.tolist() == ["test", "rest", "rest", "rest"]


def test_labels_of_another_project_are_matched_by_name(project: Path) -> None:
    with Project.open(project) as opened:
        opened.journal.label([0], "c", "ann")
        opened.journal.flag([1], "exclude", True, "ann")
        codes = codes_of(opened.journal.fold, ("a", "b"))
        assert codes[:4].tolist() == [-2, -1, 0, 1]


def test_a_limit_of_samples_leaves_the_test_set_whole(project: Path) -> None:
    with Project.open(project) as opened:
        kind, fold = domain("traces"), opened.journal.fold
        whole = make_plan(opened, kind, fold, Wish(), 0, 0.2)
        small = make_plan(opened, kind, fold, Wish(max_samples=12), 3, 0.2)
        assert small.split.test.tolist() == whole.split.test.tolist()
        assert len(small.split.train) + len(small.split.val) == 12


def test_a_wish_about_labels_means_those_of_its_snapshot(project: Path) -> None:
    with Project.open(project) as opened:
        kind, then = domain("traces"), opened.journal.position
        wish = Wish(where="labelled")
        before = make_plan(opened, kind, opened.journal.fold, wish, 0, 0.2)
        opened.journal.label(before.split.train[:3], "", "ann")
        after = make_plan(opened, kind, opened.journal.at(then), wish, 0, 0.2)
        assert after.split.train.tolist() == before.split.train.tolist()


def folds_of(path: Path, name: str) -> tuple[np.ndarray, dict[str, float]]:
    """Out-of-fold probabilities by sample in the run's order of classes, and the mean of each class."""
    with Project.open(path) as opened:
        record = opened.runs.get(name)
        kept = end_of(fold_predictions(opened, domain("traces"), record, Setting("cpu", opened.cache)))
        p = kept.probabilities[kept.rows(opened.samples)[1]]
        return p, dict(zip(kept.classes, p.mean(axis=0).tolist(), strict=True))


def test_out_of_fold_belongs_to_its_run_and_keeps_its_order_of_classes(home: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(home / "project", tmp_path / "p"))
    values = {"balance": "none", "trees": 20}
    one = do("train", project=str(path), recipe="forest", values=values, baseline=False)["run"]
    two = do("train", project=str(path), recipe="forest", values={**values, "trees": 3}, baseline=False)["run"]
    (first, shares), (second, _) = folds_of(path, one), folds_of(path, two)
    assert max(shares, key=lambda name: shares[name]) == "2", "the most common class"
    assert min(shares, key=lambda name: shares[name]) == "0", "the rarest"
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(folds_of(path, one)[0], first)
    with Project.open(path) as opened:
        opened.set_setting("classes", list(reversed(opened.classes)))
        shutil.rmtree(opened.cache / "out_of_fold")
    again = folds_of(path, one)[1]
    assert max(again, key=lambda name: again[name]) == "2"
    assert min(again, key=lambda name: again[name]) == "0"


def test_a_run_keeps_what_the_models_of_its_folds_said_of_each_sample(home: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(home / "project", tmp_path / "p"))
    values = {"trees": 4}
    do("train", project=str(path), recipe="forest", values=values, folds=3, baseline=False)
    with Project.open(path) as opened:
        kind, run = domain("traces"), opened.runs.get("last")
        recipe = find_recipe(kind, "forest")
        plan = make_plan(opened, kind, opened.journal.fold, Wish(folds=3), 0, 0.2)
        params, setting = make_params(recipe, values), Setting("cpu", opened.cache)
        steps = out_of_fold(plan, kind, recipe, params, 0, setting, tmp_path / "w", Seen())
        rows, found = end_of(steps)
        assert (np.diff(rows) < 0).any(), "folds do not come in the order of rows"
        kept = run.predictions()
        assert set(kept.part[rows]) == {"out_of_fold"}
        np.testing.assert_allclose(kept.probabilities[rows], found, rtol=1e-5)


def echo(numbers: list[str]) -> Recipe:
    """A recipe whose class probability is the sample's own number, so that a wrong place shows."""

    def predict(model: object, samples: Samples, setting: Setting) -> np.ndarray:
        numbers.append(str(len(samples)))
        share = np.array([int(key) for key in samples.column("key")], np.float32) / N
        return np.stack([share, 1 - share], axis=1)

    return replace(domain("traces").recipes[0], predict=predict)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_each_row_gets_its_own_probabilities_whatever_the_chunks(
    project: Path, temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "CHUNK", 6)
    calls: list[str] = []
    none = np.empty(0, np.int64)
    model = Fitted(echo(calls), None, temperature, Balanced(none, none.astype(np.float32), None, none, none))
    with Project.open(project) as opened:
        rows = np.random.default_rng(1).permutation(N).astype(np.int64)
        p = end_of(predict_rows(model, opened.samples, rows, Setting("cpu", opened.cache)))
        share = rows.astype(np.float32) / N
        wanted = np.stack([share, 1 - share], axis=1)
        if temperature != 1:
            wanted = apply_temperature(wanted, temperature)
        np.testing.assert_allclose(p, wanted, rtol=1e-5)
    assert len(calls) == 5


def test_probabilities_are_made_honest_by_the_shares_of_votes(project: Path, tmp_path: Path) -> None:
    def fit(task: Task) -> Generator[Progress, None, None]:
        yield Progress()

    recipe = replace(echo([]), fit=fit)
    share = np.arange(N, dtype=np.float32) / N
    with Project.open(project) as opened:
        plan = make_plan(opened, domain("traces"), opened.journal.fold, Wish(), 0, 0.2)
        plan = replace(plan, targets=np.stack([share, 1 - share], axis=1), codes=(share < 0.5).astype(np.int64))
        setting, rows = Setting("cpu", opened.cache), np.arange(N)

        def temperature(target: str) -> float:
            params = SimpleNamespace(calibrate=True, target=target)
            steps = fit_rows(plan, recipe, params, rows, rows, 0, setting, tmp_path / "w", Seen())
            return float(end_of(steps).temperature)

        assert 1 <= temperature("votes") < 1.5, "few votes calm a little, and they are as the recipe says"
        assert temperature("majority") < 0.5, "the class with most of them is surer than that"


def test_models_of_folds_stop_on_groups_of_their_own(project: Path) -> None:
    with Project.open(project) as opened:
        plan = make_plan(opened, domain("traces"), opened.journal.fold, Wish(folds=3), 0, 0.2)
        pool = np.setdiff1d(np.arange(N), plan.split.folds[0])
        train, val = inner(plan, pool, 1, 0.25)
        assert len(val)
        assert not set(plan.groups[train]) & set(plan.groups[val])
        assert set(train) | set(val) <= set(pool)
