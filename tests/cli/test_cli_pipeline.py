"""A whole job in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.errors import Cancelled
from models.job import Job
from workers.inline import run

JOB = """project: out/p
values:
  trees: 5
steps:
  - new: {{domain: traces}}
  - import: {{sources: {data}, set: {{per_file: all}}}}
  - train: {{recipe: forest, set: {{trees: $trees}}, baseline: false}}
  - evaluate: {{}}
  - figures: {{out: out/figures}}
  - export: {{format: csv, out: out/labels.csv}}
"""


def test_pipeline_runs_and_goes_on(winnow: Any, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(JOB.format(data=data))
    told = winnow.ok("pipeline", file)["steps"]
    assert [step["step"] for step in told] == ["new", "import", "train", "evaluate", "figures", "export"]
    assert (tmp_path / "out" / "labels.csv").is_file()
    again = winnow.ok("pipeline", file)["steps"]
    assert {step["done"] for step in again} == {"before"}
    other = winnow.ok("pipeline", file, "--set", "trees=6", "--overwrite")["steps"]
    assert [step["done"] for step in other] == ["before", "before", "now", "now", "now", "now"]
    assert other[2]["result"]["params"]["trees"] == 6


@pytest.mark.parametrize("text", ["{", "[]", '{"x": 1}', '{"1": 5}'])
def test_a_damaged_memory_of_what_was_done_is_named(winnow: Any, tmp_path: Path, text: str) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("project: p\nsteps:\n  - new: {domain: traces}\n")
    winnow.ok("pipeline", file)
    (kept,) = (tmp_path / "p" / "pipeline").iterdir()
    kept.write_text(text)
    ended = winnow("pipeline", file)
    assert (ended.status, kept.name in ended.err, "--again" in ended.err) == (1, True, True)
    winnow.ok("pipeline", file, "--again")
    assert winnow.ok("pipeline", file)["steps"][0]["done"] == "before"


@pytest.mark.parametrize(("verb", "sign"), [("import", "sim_data"), ("train", "validating")])
def test_a_step_that_was_stopped_ends_the_job_and_is_done_again(
    winnow: Any, data: Path, tmp_path: Path, verb: str, sign: str
) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(JOB.format(data=data).replace("recipe: forest, set: {trees: $trees}", "recipe: mlp"))
    texts: list[str] = []
    job = Job("pipeline", {"file": str(file)}, "job")
    with pytest.raises(Cancelled):
        run(job, lambda step: texts.append(step.text), lambda: sum(sign in text for text in texts) > 1)
    assert not (tmp_path / "out" / "figures").exists()
    told = winnow.ok("pipeline", file)["steps"]
    first = next(step["step"] for step in told if step["done"] == "now")
    assert first == verb
    assert told[1]["result"]["samples"] == 450
    assert not told[2]["result"].get("stopped_early")


def test_a_person_reads_a_short_line_for_each_step(winnow: Any, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(JOB.format(data=data))
    value = winnow.ok("pipeline", file)["steps"][3]["result"]["metrics"]["balanced_accuracy"]
    lines = winnow("pipeline", file).out.splitlines()
    assert max(len(line) for line in lines) < 160
    for step, words in {
        "import": "skipped 0",
        "train": f"run run-1, balanced accuracy of test {value:.3f} [",
        "evaluate": f"run run-1, balanced accuracy of test {value:.3f} [",
        "figures": "files ",
        "export": "written ",
    }.items():
        assert any(line.split()[:1] == [step] and words in line for line in lines), step
    judged = winnow("evaluate", tmp_path / "out" / "p", "--run", "last").out.splitlines()
    assert len(judged) < 25
    assert any(line.split()[:1] == ["labelled"] and "predicted 3" in line for line in judged)


@pytest.mark.parametrize(("out", "line"), [("labels.csv", 10), ("figures/mine.txt", 9)])
def test_what_stands_at_an_output_is_refused_before_anything_is_done(
    winnow: Any, data: Path, tmp_path: Path, out: str, line: int
) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(JOB.format(data=data))
    precious = tmp_path / "out" / out
    precious.parent.mkdir(parents=True)
    precious.write_text("mine")
    ended = winnow("pipeline", file)
    assert ended.status == 1
    assert f"job.yaml, line {line}, " in ended.err
    assert "exists already" in ended.err
    assert "--overwrite" in ended.err
    assert precious.read_text() == "mine"
    assert not (tmp_path / "out" / "p").exists()
    assert len(winnow.ok("pipeline", file, "--overwrite")["steps"]) == 6
    assert winnow("pipeline", file, "--again").status == 1


@pytest.mark.parametrize("out", ["out/figures", "out/../out/figures", "out", "link/figures"])
def test_two_steps_of_one_output_are_refused_before_anything_is_done(
    winnow: Any, data: Path, tmp_path: Path, out: str
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    file = tmp_path / "job.yaml"
    file.write_text(JOB.format(data=data) + f"  - figures: {{out: {out}}}\n")
    ended = winnow("pipeline", file)
    assert ended.status == 1
    assert "job.yaml, line 11, figures: " in ended.err
    assert "line 9 writes" in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "project: p\nsteps:\n  - new: {domain: traces}\n  - trian: {}\n",
            "line 4: there is no step 'trian'. Did you mean train?",
        ),
        ("project: p\nsteps:\n  - new: {domian: traces}\n", "line 3: there is no argument of new 'domian'"),
        ("project: p\nsteps:\n  - import: {sources: $data}\n", "line 3: there is no value 'data'"),
        ("project: p\nsteps: [\n", "line 3: this is not YAML"),
        ("project: p\n", "there is no steps"),
        ("project: p\nsteps:\n  - new: {domain: traces}\n  - import: {sources: nowhere}\n", "line 4, import:"),
    ],
)
def test_mistakes_name_the_line(winnow: Any, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "job.yaml").write_text(text)
    ended = winnow("pipeline", tmp_path / "job.yaml")
    assert ended.status == 1
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_a_value_that_the_file_does_not_name_is_refused(winnow: Any, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("project: $where\nvalues: {trees: 5}\nsteps:\n  - new: {domain: traces}\n")
    ended = winnow("pipeline", file, "--set", "where=p", "--set", "tress=6")
    assert (ended.status, "tress" in ended.err, "Did you mean trees?" in ended.err) == (1, True, True)
    assert not (tmp_path / "p").exists()
    winnow.ok("pipeline", file, "--set", "where=p")
