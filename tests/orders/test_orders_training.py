"""Training as a generator: cancel, folds, permuted labels, what is left behind."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Demo
from models.domains import traces
from models.errors import Cancelled, UserError
from models.job import Progress
from models.orders import ORDERS
from models.orders.cards import card_file
from models.orders.fitting import CHUNK, chunks
from models.store.check import check
from models.store.project import Project


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Path:
    shutil.copytree(home / "project", tmp_path / "p")
    return tmp_path / "p"


def drain(steps: Any) -> tuple[list[Progress], Any]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def stop_after(steps: Any, fits: Any) -> Any:
    """Throw Cancelled at the first step that fits, and go on to the end."""
    try:
        for step in steps:
            if fits(step):
                steps.throw(Cancelled())
                return drain(steps)[1]
    except StopIteration as end:
        return end.value
    raise AssertionError("it never came to that step")


def test_results_are_json_and_progress_says_what_is_done(project: Path) -> None:
    steps, result = drain(ORDERS["train"](str(project), "forest", {"trees": 5}))
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert any(step.text == "Predicting" for step in steps)


def test_a_name_that_is_taken_is_told_before_a_training_and_costs_no_run_after_it(project: Path) -> None:
    told = drain(ORDERS["train"](str(project), "forest", {"trees": 5}, name="net"))[1]
    begun = ORDERS["train"](str(project), "forest", {"trees": 5}, name="net")
    with pytest.raises(UserError, match="'net': that name is taken"):
        next(begun)
    steps = ORDERS["train"](str(project), "forest", {"trees": 5}, name="later")
    next(steps)
    with Project.open(project) as opened:
        opened.runs.rename(told["run"], "later", "bob")
    with pytest.raises(UserError, match=r"finished and kept as run-[0-9]+: winnow runs PROJECT run-[0-9]+ --name"):
        drain(steps)
    with Project.open(project) as opened:
        assert [run.name for run in opened.runs.list()][:2] == ["", "later"]


def test_cancelled_training_keeps_the_best_weights(project: Path) -> None:
    values = {"epochs": 200, "patience": 0}
    steps = ORDERS["train"](str(project), "mlp", values, baseline=False)
    result = stop_after(steps, lambda step: step.values.get("epoch", 0) >= 2)
    assert result["stopped_early"]
    with Project.open(project) as opened:
        record = opened.runs.get("last")
        assert record.record["stopped_early"]
        assert 2 <= len(record.record["curves"]) < 200
        assert len(record.predictions()) == 450


@pytest.mark.parametrize("at", ["Keeping the model", "Predicting"])
def test_a_cancel_after_the_fit_keeps_the_model(project: Path, at: str) -> None:
    steps = ORDERS["train"](str(project), "forest", {"trees": 5}, folds=3)
    seen: list[Progress] = []

    def there(step: Progress) -> bool:
        seen.append(step)
        return step.text == at

    result = stop_after(steps, there)
    assert seen[-1].keeping
    assert result["stopped_early"]
    with Project.open(project) as opened:
        record = opened.runs.get("last")
        assert len(record.predictions()) == 450
        assert check(opened) == []
    _, told = drain(ORDERS["predict"](str(project), record.id))
    assert told["predicted"] == 450


def test_cancelled_before_anything_is_there_leaves_no_run(project: Path) -> None:
    steps = ORDERS["train"](str(project), "mlp", {"epochs": 3})
    with pytest.raises(Cancelled):
        stop_after(steps, lambda step: True)
    assert not list((project / "runs").iterdir())


def test_a_failing_recipe_leaves_no_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.orders import training

    def fail(*given: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training, "write_predictions", fail)
    with pytest.raises(OSError, match="No space"):
        drain(ORDERS["train"](str(project), "forest", {"trees": 5}, baseline=False))
    assert not list((project / "runs").iterdir())


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), UserError("the disk is full.")])
def test_what_was_learnt_outlives_a_full_disk(project: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    from models.orders import training

    def fail(*given: Any) -> Any:
        raise fault

    values = {"epochs": 3, "patience": 0}
    with monkeypatch.context() as patch:
        patch.setattr(training, "write_predictions", fail)
        with pytest.raises(UserError, match=r"kept: winnow train --resume"):
            drain(ORDERS["train"](str(project), "mlp", values, baseline=False))
    seen, told = drain(ORDERS["train"](str(project), "mlp", resume=True, baseline=False))
    assert min(step.values.get("epoch", 9) for step in seen) > 1, "it goes on from a checkpoint"
    assert told["params"]["epochs"] == 3
    assert [path.name for path in (project / "runs").glob(".*")] == []
    with Project.open(project) as opened:
        assert check(opened) == []


def test_a_kill_while_a_training_goes_on_with_another_loses_neither(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another left is moved in one step: a copy that was cut short would be found before the whole."""

    class Kill(BaseException):
        pass

    with monkeypatch.context() as patch:
        patch.setattr("models.orders.training.write_predictions", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            drain(ORDERS["train"](str(project), "mlp", {"epochs": 3, "patience": 0}, baseline=False))

    def kill(*given: Any, **named: Any) -> None:
        raise Kill

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copytree", kill)
        patch.setattr("os.rename", kill)
        with pytest.raises(Kill):
            drain(ORDERS["train"](str(project), "mlp", resume=True, baseline=False))
    for owner in (project / "runs").glob(".*/.owner"):
        owner.unlink()
    seen, _ = drain(ORDERS["train"](str(project), "mlp", resume=True, baseline=False))
    assert min(step.values.get("epoch", 9) for step in seen) > 1
    assert [path.name for path in (project / "runs").glob(".*")] == []


def test_a_clock_that_no_model_can_be_kept_by_is_told_first(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.learn.save._YEARS", range(1))
    steps = ORDERS["train"](str(project), "forest", {"trees": 5})
    with pytest.raises(UserError, match="clock of this machine"):
        next(steps)


def test_what_was_never_planned_goes_with_the_next_training(project: Path) -> None:
    with Project.open(project) as opened:
        opened.runs.start().release()
    drain(ORDERS["train"](str(project), "forest", {"trees": 5}, baseline=False))
    assert [path.name for path in (project / "runs").glob(".*")] == []


def test_out_of_fold_predictions_are_marked(project: Path) -> None:
    _, result = drain(ORDERS["train"](str(project), "forest", {"trees": 5}, folds=3))
    assert set(result["metrics"]) == {"out_of_fold", "metadata_only"}
    with Project.open(project) as opened:
        kept = opened.runs.get("last").predictions()
        assert set(kept.part.tolist()) == {"out_of_fold"}


def test_permuted_labels_score_at_chance(project: Path) -> None:
    with Project.open(project) as opened:
        labels = opened.journal.fold.labels()
        mixed = np.random.default_rng(3).permutation(labels).tolist()
        opened.journal.label_each(np.arange(450), mixed, "ann")
    _, result = drain(ORDERS["train"](str(project), "forest", {"trees": 50}, folds=3, baseline=False))
    scored = result["metrics"]["out_of_fold"]
    low, high = scored["intervals"]["balanced_accuracy"]
    assert low - 0.03 <= 0.25 <= high + 0.03


def test_probabilities_that_validation_made_even_are_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.learn.temperature import LIMIT
    from models.orders import fitting

    asked = str(project), "forest", {"trees": 20, "calibrate": True}
    _, usual = drain(ORDERS["train"](*asked, baseline=False))
    monkeypatch.setattr(fitting, "fit_temperature", lambda *_given: LIMIT - 1e-6)
    _, even = drain(ORDERS["train"](*asked, baseline=False))
    told = [len([note for note in one.get("notes", ()) if "nearly even shares" in note]) for one in (usual, even)]
    assert told == [0, 1]
    with Project.open(project) as opened:
        p = opened.runs.get(even["run"]).predictions().probabilities
        assert np.ptp(p) < 0.2


def test_a_run_keeps_the_snapshot_it_saw(project: Path) -> None:
    _, result = drain(ORDERS["train"](str(project), "forest", {"trees": 5}, baseline=False))
    with Project.open(project) as opened:
        opened.journal.label([0, 1, 2], "2", "ann")
        assert opened.journal.fold.sha() != result["snapshot"]["sha"]
        assert opened.journal.at(result["snapshot"]["position"]).sha() == result["snapshot"]["sha"]


def test_relabelled_test_samples_raise_the_version_and_both_runs_are_rescored(project: Path) -> None:
    for seed in (1, 2):
        drain(ORDERS["train"](str(project), "forest", {"trees": 5}, seed=seed, baseline=False))
    _, before = drain(ORDERS["compare"](str(project), "run-1", "run-2"))
    with Project.open(project) as opened:
        rows = opened.test_rows()
        assert rows is not None
        opened.journal.label(rows[:10], "3", "ann")
    _, after = drain(ORDERS["compare"](str(project), "run-1", "run-2"))
    assert after["test_version"] == before["test_version"] + 1
    assert after["first"] != before["first"]


def test_a_run_tells_which_version_of_the_locked_test_set_it_was_judged_by(project: Path) -> None:
    def version(**given: object) -> int:
        drain(ORDERS["train"](str(project), "forest", {"trees": 2}, baseline=False, **given))
        with Project.open(project) as opened:
            return int(opened.runs.get("last").record["test_version"])

    assert version() == 1
    with Project.open(project) as opened:
        rows = opened.test_rows()
        assert rows is not None
        opened.journal.label(rows[:10], "3", "ann")
    assert version() == 2
    assert version(split_by="sample", split_seed=3) == 0, "another split is none of its versions"


def test_a_comparison_says_when_a_run_knew_the_tested_groups(project: Path) -> None:
    for by in ("group", "sample"):
        drain(ORDERS["train"](str(project), "forest", {"trees": 5}, split_by=by, split_seed=1, baseline=False))
    _, same = drain(ORDERS["compare"](str(project), "run-1", "run-1"))
    assert same["notes"] == []
    _, mixed = drain(ORDERS["compare"](str(project), "run-1", "run-2"))
    assert mixed["notes"] == ["Not independent: run-2 also trained on samples of the groups compared here."]
    assert mixed["verdict"].endswith(mixed["notes"][0])


def test_queue_never_repeats_what_was_answered(project: Path) -> None:
    drain(ORDERS["train"](str(project), "forest", {"trees": 10}, baseline=False))
    _, first = drain(ORDERS["queue"](str(project), "last", "label-issue", 5))
    name = first["queue"][0]["sample"]
    with Project.open(project) as opened:
        row = int(opened.rows_of([name])[0])
        now = opened.journal.fold.labels()[row]
        opened.journal.label([row], now, "ann")
    _, second = drain(ORDERS["queue"](str(project), "last", "label-issue", 5))
    assert name not in [entry["sample"] for entry in second["queue"]]


def test_predictions_come_in_whole_groups() -> None:
    groups = np.repeat(np.arange(5000), 25)[np.random.default_rng(0).permutation(125_000)]
    parts = chunks(groups)
    assert len(parts) > 3
    assert np.sort(np.concatenate(parts)).tolist() == list(range(125_000))
    seen = [set(groups[part].tolist()) for part in parts]
    assert sum(map(len, seen)) == 5000
    assert max(map(len, parts)) < CHUNK + 50


def test_learning_curve_grows_with_labels(project: Path) -> None:
    drain(ORDERS["train"](str(project), "forest", {"trees": 5}, baseline=False))
    _, told = drain(ORDERS["learning_curve"](str(project), "last", repeats=1))
    rows = [point["rows"] for point in told["curve"]]
    assert rows == sorted(rows)
    assert told["part"] == "test"


def test_metadata_alone_tells_a_confound(project: Path) -> None:
    _, told = drain(ORDERS["metadata_alone"](str(project)))
    assert told["metrics"]["balanced_accuracy"] == pytest.approx(0.25, abs=0.05)
    assert told["words"]


def test_demo_makes_a_project_with_a_run(tmp_path: Path) -> None:
    shown = ORDERS["make_demo"](str(tmp_path / "demo"), "traces", samples=4)
    _, told = drain(shown)
    with Project.open(Path(told["project"])) as opened:
        assert opened.runs.get("last").id == told["run"]
        assert (opened.journal.fold.codes < 0).any()
        assert opened.path.name == "traces-demo"
        lines = np.load(card_file(opened.path))
    assert lines[:, 0].tolist() == [0, 1, 2, 3], "its card has a picture before it was ever opened"
    assert np.isfinite(lines).all()
    with pytest.raises(UserError, match="nothing is written over"):
        drain(ORDERS["make_demo"](str(tmp_path / "demo"), "traces"))


def test_a_demo_may_be_of_several_generated_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = Demo(4, recipe="forest", fakes=({"noise": "0.02"}, {"noise": "0.03"}))
    monkeypatch.setattr(traces, "DOMAIN", replace(traces.DOMAIN, demo=demo))
    _, told = drain(ORDERS["make_demo"](str(tmp_path / "demo"), "traces"))
    with Project.open(Path(told["project"])) as opened:
        assert set(opened.samples.column("noise")) == {0.02, 0.03}
        assert any("part-2" in source.name for source in opened.sources())


def test_audit_estimates_the_label_error_from_its_answers(project: Path) -> None:
    drain(ORDERS["train"](str(project), "forest", {"trees": 10}, baseline=False))
    _, first = drain(ORDERS["queue"](str(project), "last", "audit", 20))
    assert first["estimate"]["label_error"]["n"] == 0
    names = [entry["sample"] for entry in first["queue"]]
    with Project.open(project) as opened:
        rows = opened.rows_of(names)
        labels = opened.journal.fold.labels()[rows].tolist()
        wrong = [str((int(label) + 1) % 4) for label in labels[:5]]
        opened.journal.label_each(rows, [*wrong, *labels[5:]], "ann")
    _, second = drain(ORDERS["queue"](str(project), "last", "audit", 20))
    assert second["estimate"]["label_error"]["n"] == 20
    assert second["estimate"]["label_error"]["value"] == pytest.approx(0.25)
    assert not set(names) & {entry["sample"] for entry in second["queue"]}


def test_a_resumed_training_sees_the_labels_that_it_began_with(project: Path, tmp_path: Path) -> None:
    steps = ORDERS["train"](str(project), "mlp", {"epochs": 6, "patience": 0}, seed=5, baseline=False)
    for step in steps:
        if step.values.get("epoch", 0) >= 3:
            break
    (partial,) = (project / "runs").glob(".run-*")
    shutil.copytree(partial, tmp_path / "killed")
    steps.close()  # type: ignore[attr-defined]
    shutil.move(tmp_path / "killed", partial)
    (partial / ".owner").unlink()
    with Project.open(project) as opened:
        position, sha = opened.journal.position, opened.journal.fold.sha()
        opened.journal.label(range(0, 450, 2), "3", "ann")
    told = drain(ORDERS["train"](str(project), "mlp", {"epochs": 50}, resume=True, baseline=False))[1]
    assert (told["snapshot"]["position"], told["snapshot"]["sha"]) == (position, sha)
    assert (told["params"]["epochs"], told["seed"]) == (6, 5)
    with Project.open(project) as opened:
        assert [line["epoch"] for line in opened.runs.get("last").record["curves"]][-1] == 6
        assert opened.runs.left_over() == []
