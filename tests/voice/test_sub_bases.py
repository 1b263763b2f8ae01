"""Trainings over sub-bases: what the runner leaves, what an interruption costs, late fusion, and what cannot be."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import call
from app.cli.words import training_told
from models.domains import domain
from models.errors import UserError
from models.job import Job
from models.orders.fitting import load_model
from models.recipe import Setting
from models.store.project import Project
from tests.voice.spoken import SMALL, mel_project
from workers.inline import run

ROOT = Path(__file__).parents[2]
HEAD = ["healthCode", "health_code", "record_id", "column_id", "image_rel_path", "label", "fold", "subset"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mel_project(tmp_path_factory.mktemp("subbases"))


@pytest.fixture
def project(study: Path, tmp_path: Path) -> Path:
    shutil.copytree(study, tmp_path / "p")
    return tmp_path / "p"


def train(project: Path, recipe: str = "inception", **values: Any) -> dict[str, Any]:
    given = {"project": str(project), "recipe": recipe, "values": SMALL | values, "baseline": False}
    told: dict[str, Any] = run(Job("train", given, ""))
    return told


def test_the_runner_leaves_tables_and_summaries(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [
        word
        for name, value in SMALL.items()
        if name != "hidden"
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    line = ["train", str(project), "--recipe", "inception", "--subdbs", "1", "2", *flags, "--hidden", "8"]
    assert call([*line, "--no-baseline", "--out", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for name in ("subdb1", "subdb2"):
        table = tmp_path / "out" / "audio_imbalmed_combined" / f"audio_imbalmed_{name}_combined.csv"
        rows = list(csv.reader(table.read_text("utf-8").splitlines()))
        assert rows[0] == HEAD
        assert {row[7] for row in rows[1:]} == {"train", "val", "test"}
        assert {row[6] for row in rows[1:]} == {str(fold) for fold in range(10)}
        file = tmp_path / "out" / "outputs" / "audio_imbalmed" / name / "inception_cv_summary.json"
        summary = json.loads(file.read_text("utf-8"))
        assert (summary["method"], summary["n_folds"], summary["positive"]) == ("inception", 10, "1")
        for level in ("image", "patient"):
            values = [fold[level]["accuracy"] for fold in summary["folds"]]
            assert summary["mean"][level]["accuracy"] == pytest.approx(np.mean(values))
            assert summary["std"][level]["accuracy"] == pytest.approx(np.std(values, ddof=1))
    assert len(list((tmp_path / "out").rglob("*cv_summary.json"))) == 2
    joined = json.loads((tmp_path / "out/outputs/audio_imbalmed/inception_fusion.json").read_text("utf-8"))
    beside = json.loads(json.dumps(told["metrics"]["given"]["beside"]))
    assert (joined["method"], joined["n_folds"], joined["rule"]) == ("inception", 10, "mean")
    assert joined["beside"] == beside
    assert beside["best"] in ("subdb1", "subdb2")
    assert set(beside["against"]) == {"mean", "weighted", "stacking"}
    for rule, gap in beside["against"].items():
        assert gap["difference"] == pytest.approx(beside["rules"][rule]["auc"] - beside["single"])
        low, high = gap["interval"] or (0.0, 0.0)  # sets that say the same differ by nothing
        assert low <= gap["difference"] <= high
    assert joined["words"] == told["metrics"]["given"]["words"]
    assert "which is best on validation" in joined["words"]
    assert "## Late fusion" in (tmp_path / "out" / "card.md").read_text("utf-8")
    assert set(told["metrics"]["given"]["sets"]) == {"subdb1", "subdb2"}
    assert told["split"]["kind"] == "given"
    assert told["split"]["independent"]
    with Project.open(project) as opened:
        assert opened.test_rows() is None, "no test set is locked by splits that came with the data"
        kept = opened.runs.get("last").predictions()
        assert set(kept.part.astype(str)) == {"out_of_fold"}
        assert told["metrics"]["out_of_fold"]["n"] == len(opened.samples)


def test_each_answer_is_of_models_that_never_met_the_patient(project: Path) -> None:
    from models.domains.voice.splits import given

    with Project.open(project) as opened:
        speakers = opened.samples.column("speaker").astype(str)
        for one in given(opened.samples, (1, 9)):
            learnt, judged = set(speakers[one.train].tolist()), set(speakers[one.test].tolist())
            assert not learnt & judged
            assert not learnt & set(speakers[one.val].tolist())


def test_what_was_trained_is_not_trained_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.orders import folding

    done: list[int] = []
    work = folding.fit_rows

    def counted(*given: Any, **named: Any) -> Any:
        done.append(1)
        return (yield from work(*given, **named))

    monkeypatch.setattr(folding, "fit_rows", counted)
    first = train(project, subdbs=(1,))
    assert len(done) == 10
    both = train(project, subdbs=(1, 2))
    assert len(done) == 20
    assert both["metrics"]["given"]["sets"]["subdb1"] == first["metrics"]["given"]["sets"]["subdb1"]
    fused = train(project, "late_fusion", subdbs=(1, 2), rule="weighted")
    assert len(done) == 20, "late fusion joins what inception has learnt"
    assert fused["metrics"]["given"]["rule"] == "weighted"
    assert training_told(fused, "p")["joined"].startswith("Joined (weighted) the AUC is "), "what the terminal prints"
    assert "joined" not in training_told(first, "p")
    train(project, subdbs=(1,), epochs=2)
    assert len(done) == 30
    run(Job("train", {"project": str(project), "recipe": "inception", "values": SMALL | {"subdbs": (1,)},
                      "baseline": False, "overwrite": True}, ""))  # fmt: skip
    assert len(done) == 40, "--overwrite trains anew"


def test_a_killed_training_goes_on_where_it_stopped(project: Path) -> None:
    values = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value if name != 'hidden' else 8}")]
    line = [
        sys.executable,
        "-m",
        "app.cli",
        "train",
        str(project),
        "--recipe",
        "inception",
        "--subdbs",
        "1",
        "--no-baseline",
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*line, *values, "--json"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as one:
        pieces = project / "cache" / "given"
        while len(found := list(pieces.glob("*/*.safetensors"))) < 3 and one.poll() is None:
            time.sleep(0.05)
        os.kill(one.pid, signal.SIGKILL)
    stamps = {path: path.stat().st_mtime_ns for path in found}
    assert 3 <= len(stamps) < 10
    told = train(project, subdbs=(1,))
    assert len(told["metrics"]["given"]["sets"]["subdb1"]["folds"]) == 10
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps, "what was finished is not done again"
    log = (Path(told["folder"]) / "log.txt").read_text("utf-8")
    assert re.search(r"^\d of 10 were finished before$", log, re.M)
    assert log.count("subdb1, fold") == 10 - int(re.findall(r"^(\d) of 10 were", log, re.M)[0])


def test_the_joined_model_answers_elsewhere_and_says_the_same(project: Path) -> None:
    told = train(project, subdbs=(1, 2))
    with Project.open(project) as opened:
        fitted, _ = load_model(domain("voice"), opened.path / "runs" / told["run"])
        setting = Setting("cpu", opened.cache)
        p = fitted.recipe.predict(fitted.model, opened.samples, setting)
        parts = [fitted.recipe.predict(one, opened.samples, setting) for one in fitted.model.members.values()]
        assert fitted.recipe.embed is not None
        assert fitted.recipe.embed(fitted.model, opened.samples, setting).shape[0] == len(p)
    np.testing.assert_allclose(p, np.mean(parts, axis=0), atol=1e-6)
    joined = project / "runs" / told["run"] / "model" / "joined.json"
    joined.write_text(joined.read_text("utf-8").replace('"subdb1"', '"../x"'), "utf-8")
    with pytest.raises(UserError, match="leads out of the folder"):
        load_model(domain("voice"), joined.parents[1])


def test_what_is_not_there_is_named(project: Path) -> None:
    with pytest.raises(UserError, match="no sub-base 12"):
        train(project, subdbs=(12,))
    with pytest.raises(UserError, match="no fold 10"):
        train(project, fold=10)
    with pytest.raises(UserError, match="two sub-bases or more"):
        train(project, "late_fusion", subdbs=(3,))


def test_one_fold_alone_is_one_fold(project: Path) -> None:
    told = train(project, subdbs=(5,), fold=3)
    (fold,) = told["metrics"]["given"]["sets"]["subdb5"]["folds"]
    assert fold["fold"] == 3
    assert told["metrics"]["given"]["sets"]["subdb5"]["sd"]["sample"]["auc"] is None


def test_a_split_that_is_asked_for_goes_before_those_that_came(project: Path) -> None:
    told: dict[str, Any] = run(
        Job("train", {"project": str(project), "recipe": "small_cnn", "folds": 2, "baseline": False,
                      "values": {"epochs": 1, "image_size": 32, "filters": (4,)}}, "")
    )  # fmt: skip
    assert len(told["split"]["folds"]) == 2
    assert "given" not in told["metrics"]
