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

from app.cli.serving import serve
from app.service.options import MIB, Options
from models.domains import NAMES, domain
from models.errors import UserError
from models.orders import configuration
from models.orders.configuration import SECTIONS, Deployment, settings, template, training_for
from models.orders.pipeline import read_file
from models.params import describe

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


def test_parameters_of_a_recipe_by_their_names_alone(tmp_path: Path) -> None:
    kind, file = domain("traces"), tmp_path / "c.yaml"
    file.write_text("# of a forest\ntrees: 7\nleaf: 3\n")
    assert training_for(kind, file, "forest") == {"set": {"trees": 7, "leaf": 3}}
    for text, words in (
        ("trees: 7\nleafs: 3\n", "line 2, leafs: .*Did you mean leaf"),
        ("trees: 7\n\ntrees: 8\n", "line 3, trees: this is said twice"),
        ("trees: many\n", "line 1, trees: "),
        ("wood: 3\n", "neither sections .* nor parameters of forest"),
    ):
        file.write_text(text)
        with pytest.raises(UserError, match=words):
            training_for(kind, file, "forest")
    file.write_text("models: {forest: {trees: 7}}\n")
    assert training_for(kind, file, "forest")["set"]["trees"] == 7


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
        ("training:\n  fold: 5", "line 2, training.fold: there is no setting 'training.fold'. Did you mean"),
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
        ("models: {recipes: [features]}\ndata:\n  domain: eeg", "line 3, new: nothing is imported into"),
    ],
)
def test_mistakes_name_the_line(winnow: Any, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text + "\n")
    ended = winnow("pipeline", file)
    assert ended.status == 1
    assert words in ended.err
    assert ended.err.count("\n") == 1
    assert len(ended.err) < 1500, "not all two hundred settings"


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


# The same file for one verb


def test_a_training_takes_what_the_file_says_but_for_what_flags_say(winnow: Any, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "models: {recipes: [forest], forest: {trees: 7}}\ntraining: {leaf: 4, max_samples: 300, baseline: no}\n"
        "system: {seed: 4}\ndeployment: {port: 1}\n"
    )
    told = winnow.ok("train", project, "--config", file)
    assert (told["recipe"], told["params"]["trees"], told["params"]["leaf"], told["seed"]) == ("forest", 7, 4, 4)
    assert "baseline" not in told["metrics"]
    flags = ("--trees", 9, "--set", "leaf=2", "--seed", 0, "--max-samples", 200)
    other = winnow.ok("train", project, "--config", file, *flags)
    assert (other["params"]["trees"], other["params"]["leaf"], other["seed"]) == (9, 2, 0)
    assert [one["split"]["train"] + one["split"]["val"] for one in (told, other)] == [300, 200]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data:\n  domain: eeg\n", "line 2, data.domain: this is for eeg, and the project holds traces"),
        ("trees: 7\n", "line 1, trees: there is no section 'trees'. Known: data, deployment, models"),
        ("training: {}\nmodels:\n  forest: {trees: 0}\n", "line 3, models.forest.trees: trees = 0 is outside"),
        ("models:\n  recipes: [forest, mlp]\n", "line 2, models.recipes: there are 2 recipes. Say which one with --re"),
        ("system: {seed: -1}\n", "line 1, system.seed: seed = -1 is outside its limits"),
        ("data: [\n", "line 2: this is not YAML"),
        ("", "line 1: write"),
    ],
)
def test_mistakes_of_the_file_are_told_by_training_and_service_alike(
    winnow: Any, project: Path, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    for verb in ("train", *(("serve",) if "recipes" not in text else ())):
        ended = winnow(verb, project, "--config", file)
        assert (ended.status, ended.err.count("\n")) == (1, 1)
        assert words in ended.err
        assert str(file) in ended.err


def test_a_training_needs_a_recipe(winnow: Any, project: Path) -> None:
    ended = winnow("train", project)
    assert (ended.status, "--recipe" in ended.err) == (2, True)


def test_the_service_takes_what_the_file_says_but_for_what_flags_say(
    winnow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastapi")
    from app.service import start
    from app.service.options import MIB, Options

    asked: list[Any] = []
    monkeypatch.setattr(start, "serve", lambda *given: asked.append(given))
    winnow.ok("new", tmp_path / "study", "--domain", "eeg")
    file = tmp_path / "config.yaml"
    file.write_text(
        "deployment: {run: run-2, port: 9001, rate: 5, body: 2, keep: yes, cors: [http://a.b], jwt_key: key.pem}\n"
        "system: {device: cpu}\n"
    )

    def served(*flags: object) -> tuple[Any, ...]:
        assert winnow("serve", tmp_path / "study", "--config", file, *flags).status == 0
        return tuple(asked.pop()[1:6])

    options = Options(port=9001, rate=5, body=2 * MIB, keep=True, cors=("http://a.b",))
    key = str(tmp_path / "key.pem")
    assert served() == ("run-2", "cpu", options, key, False)
    flags = ("--run", "best", "--port", 8000, "--no-keep", "--cors", "http://c.d", "--device", "auto", "--anonymous")
    other = Options(port=8000, rate=5, body=2 * MIB, keep=False, cors=("http://c.d",))
    assert served(*flags) == ("best", "auto", other, key, True)


def test_a_service_starts_alike_by_its_flags_by_a_file_and_by_itself() -> None:
    by_file = {param.name: param for param in describe(Deployment)}
    flags = {flag.name: flag for flag in serve.params}
    own = Options()
    for name in configuration._SERVED:
        flag, param = flags[name], by_file[name]
        assert name == "cors" or flag.default == param.default, name
        limits = (getattr(flag.type, "min", None), getattr(flag.type, "max", None))
        assert limits == (param.note.low, param.note.high), name
        if hasattr(own, name):
            assert getattr(own, name) == (param.default * MIB if name == "body" else param.default), name
