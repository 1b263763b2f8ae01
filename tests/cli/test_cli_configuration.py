"""One commented file of all settings: written, wrong in every way, overridden, and a whole job that goes on."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.domains import NAMES, domain
from models.orders.configuration import SECTIONS, settings, template
from models.orders.pipeline import read_file

ROOT = Path(__file__).parents[2]
#: A setting that stands behind a #, or the head of a section that does.
_HIDDEN = re.compile(r"^  #((?:  )?)(\w+:.*)$", re.M)


def all_said(name: str) -> str:
    """The template with every setting as if it was given."""
    return _HIDDEN.sub(r"  \1\2", template(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_template_is_read_and_says_what_is_so_anyway(name: str, tmp_path: Path) -> None:
    bare, full = tmp_path / "a" / "config.yaml", tmp_path / "b" / "config.yaml"
    for file, text in ((bare, template(name)), (full, all_said(name))):
        file.parent.mkdir()
        file.write_text(text, "utf-8")
    said = yaml.safe_load(full.read_text("utf-8"))
    assert tuple(said) == SECTIONS
    verbs = [step.verb for step in read_file(bare, {})[0]]
    assert verbs == ["new", "train", "figures", "export", "export"]
    steps, project = read_file(full, {})
    assert project == tmp_path / "b" / "study"
    assert [step.verb for step in steps] == verbs
    wanted = {"recipe", "set", "test_size", "baseline", "max_samples", "folds", "seed", "device"}
    assert set(steps[1].arguments) - wanted == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_of_a_recipe_can_be_said(name: str) -> None:
    known, text = settings(domain(name)), all_said(name)
    for full, param in known.items():
        assert re.search(rf"^ *{param.name}: ", text, re.M), full


def test_a_recipe_is_told_its_own_and_what_all_share(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "data:\n  domain: eeg\n  sources: [hms]\n  keep_identifiers: no\n  preprocessing: {notch: 50}\n"
        "models:\n  recipes: [small_1d, features]\n  features: {rounds: 9}\n"
        "training: {epochs: 3, folds: 2}\nsystem: {seed: 4, track: local}\n"
    )
    steps, _ = read_file(file, {"training.epochs": "5", "deployment.exports": "hms,csv"})
    assert [step.verb for step in steps] == ["new", "import", "train", "train", "figures", "export", "export"]
    assert steps[1].arguments == {"sources": [str(tmp_path / "hms")], "set": {"keep_identifiers": "no"}}
    assert steps[2].arguments["set"] == {"notch": "50", "epochs": 5}
    assert steps[3].arguments["set"] == {"notch": "50", "rounds": 9}
    assert (steps[3].arguments["folds"], steps[3].arguments["seed"], steps[3].arguments["track"]) == (2, 4, "local")
    assert [Path(step.arguments["out"]).name for step in steps[5:]] == ["hms", "labels.csv"]
    assert [step.line for step in steps] == [2, 3, 7, 7, 1, 1, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data: {domain: eeeg}", "line 1, data.domain: there is no domain 'eeeg'"),
        ("data:\n  domain: eeg\n  projct: x", "line 3, data.projct: there is no setting 'data.projct'. Did you mean"),
        ("data: {}\ntrainig: {}", "line 2, trainig: there is no section 'trainig'. Did you mean training"),
        ("training:\n  test_size: 2", "line 2, training.test_size: test_size = 2 is outside its limits, 0 to 0.9"),
        ("training:\n  folds: many", "line 2, training.folds: folds = 'many' is not a whole number"),
        ("training:\n  folds: 2\n  folds: 3", "line 3, training.folds: this is said twice"),
        ("system: {device: tpu}", "line 1, system.device: there is no device 'tpu'"),
        ("models:\n  recipes: [small]", "line 2, models.recipes: there is no recipe 'small'. Did you mean small_1d"),
        ("models:\n  features:\n    leaves: 1", "line 3, models.features.leaves: leaves = 1 is outside its limits"),
        ("data: {preprocessing: {scale: fixed}}", "data.preprocessing.scale (for features): there is no scale 'fixed'"),
        ("data:\n  project: [a]", "line 2, data.project: project is one text, not a list"),
        ("data:\n  labels:", "line 2, data.labels: labels has no value"),
        ("data: [", "line 2: this is not YAML"),
        ("data: 5", "line 1, data: there is no setting 'data'"),
        ("data:\n  sources: nowhere", "line 2, import:"),
    ],
)
def test_mistakes_name_the_line(winnow: Any, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text + "\n")
    ended = winnow("pipeline", file)
    assert ended.status == 1
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_a_wrong_flag_is_told_as_such(winnow: Any, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("data: {}\n")
    ended = winnow("pipeline", file, "--set", "training.fold=3")
    assert (ended.status, "--set training.fold: " in ended.err, "training.folds" in ended.err) == (1, True, True)
    ended = winnow("pipeline", file, "--set", "training.folds=x")
    assert "--set training.folds: folds = 'x' is not a whole number" in ended.err


def test_the_template_is_written_once(winnow: Any, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    assert winnow.ok("pipeline", file, "--template", "eeg")["files"] == [str(file)]
    assert file.read_text("utf-8") == template("eeg")
    assert "exists already" in winnow("pipeline", file, "--template", "eeg").err
    assert "there is no domain" in winnow("pipeline", tmp_path / "b.yaml", "--template", "ecg").err


JOB = """data:
  domain: eeg
  project: out/study
  generate: 48
  preprocessing: {ica: []}
models:
  recipes: [features]
  features: {rounds: 4}
training: {baseline: no, max_samples: 40}
deployment: {out: out/results, figures: no, exports: [csv, submission], run: last, port: 0}
"""


def test_a_whole_job_goes_on_where_it_stopped_and_ends_with_the_service(winnow: Any, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(JOB)
    told = winnow.ok("pipeline", file)["steps"]
    assert [step["step"] for step in told] == ["new", "fake", "import", "train", "export", "export"]
    assert told[3]["result"]["params"]["rounds"] == 4
    assert {one.name for one in (tmp_path / "out" / "results").iterdir()} == {"labels.csv", "submission.csv"}
    assert {step["done"] for step in winnow.ok("pipeline", file)["steps"]} == {"before"}
    flags = ("--set", "models.features.rounds=5", "--overwrite")
    again = winnow.ok("pipeline", file, *flags)["steps"]
    assert [step["done"] for step in again] == ["before"] * 3 + ["now"] * 3
    if sys.platform != "win32":
        answers(file, *flags)


def answers(file: Path, *flags: str) -> None:
    """The same job with the service at its end, in a process of its own."""
    command = [sys.executable, "-m", "app.cli", "pipeline", str(file), *flags, "--set", "deployment.serve=yes"]
    process = subprocess.Popen(
        [*command, "--json"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("}"):
                break
        assert text, process.stderr.read() if process.stderr else ""
        told = json.loads(text)
        assert {step["done"] for step in told["steps"]} == {"before"}
        link = http.client.HTTPConnection(urllib.parse.urlsplit(told["serve"]["url"]).netloc, timeout=60)
        link.request("GET", "/health")
        assert json.loads(link.getresponse().read())["run"] == told["serve"]["run"]
        link.close()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_serve_is_the_last_step(winnow: Any, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("project: p\nsteps:\n  - serve: {}\n  - new: {domain: traces}\n")
    assert "line 3: serve is the last step" in winnow("pipeline", file).err
    file.write_text("project: p\nsteps:\n  - serve: {port: high}\n")
    assert "line 3: port = 'high' is not a whole number" in winnow("pipeline", file).err
