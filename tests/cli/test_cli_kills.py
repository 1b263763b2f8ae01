"""kill -9 and Ctrl+C at random moments: what was done is kept, ``check`` is clean."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

KILLS = int(os.environ.get("WINNOW_KILLS", "6"))
COMMAND = [sys.executable, "-m", "app.cli"]


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_at(moment: float, *arguments: object) -> bool:
    """Whether the process was killed before it ended by itself."""
    process = start(*arguments)
    time.sleep(moment)
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def span(*arguments: object) -> float:
    """How long an undisturbed call takes."""
    begun = time.perf_counter()
    process = start(*arguments)
    process.communicate()
    return time.perf_counter() - begun


@pytest.mark.timeout(3600)
def test_killed_imports_leave_a_sound_project(winnow: Any, data: Path, tmp_path: Path) -> None:
    rng = random.Random(1)
    winnow.ok("new", tmp_path / "try", "--domain", "traces")
    whole = span("import", tmp_path / "try", data, "--set", "per_file=all")
    killed = 0
    for number in range(KILLS):
        project = tmp_path / f"p{number}"
        winnow.ok("new", project, "--domain", "traces")
        killed += kill_at(rng.uniform(0.3, 1.0) * whole, "import", project, data, "--set", "per_file=all")
        assert winnow.ok("check", project) == {"ok": True, "problems": [], "notes": []}
        assert winnow.ok("import", project, data, "--set", "per_file=all")["samples"] == 450
        assert winnow.ok("check", project)["ok"]
    assert killed


@pytest.mark.timeout(3600)
def test_killed_bulk_labels_are_whole_or_not_there(winnow: Any, data: Path, tmp_path: Path) -> None:
    rng = random.Random(2)
    project = tmp_path / "p"
    winnow.ok("new", project, "--domain", "traces")
    winnow.ok("import", project, data, "--set", "per_file=all")
    whole = span("label", project, "--where", "row >= 0", "--as", "0")
    killed = 0
    for number in range(KILLS):
        value = str(number % 3 + 1)
        killed += kill_at(rng.uniform(0.4, 1.0) * whole, "label", project, "--where", "row >= 0", "--as", value)
        assert winnow.ok("check", project) == {"ok": True, "problems": [], "notes": []}
        counts = winnow.ok("summary", project)["labels"]
        assert list(counts.values()) == [450]
    assert killed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_ends_with_130_and_leaves_no_half_run(
    winnow: Any, data: Path, tmp_path: Path, number: signal.Signals
) -> None:
    project = tmp_path / "p"
    winnow.ok("new", project, "--domain", "traces")
    winnow.ok("import", project, data, "--set", "per_file=all")
    process = start("train", project, "--recipe", "mlp", "--epochs", 2000, "--patience", 0, "--no-baseline", "--json")
    deadline = time.monotonic() + 90
    while not list((project / "runs").glob(".run-*/work/checkpoint*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    told = json.loads(out)
    assert told["stopped_early"]
    assert winnow.ok("runs", project)["runs"][0]["stopped_early"]
    assert winnow.ok("check", project) == {"ok": True, "problems": [], "notes": []}
    assert not list((project / "runs").glob(".run-*"))


def test_killed_training_goes_on(winnow: Any, data: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    winnow.ok("new", project, "--domain", "traces")
    winnow.ok("import", project, data, "--set", "per_file=all")
    sets = ("train", project, "--recipe", "mlp", "--epochs", 40, "--patience", 0, "--no-baseline")
    process = start(*sets, "--json")
    deadline = time.monotonic() + 90
    while not list((project / "runs").glob(".run-*/work/checkpoint*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert not list((project / "runs").glob("run-*"))
    (plan,) = (project / "runs").glob(".run-*/work/plan.json")
    whole = plan.read_text()
    for text in ("{", "[]", json.dumps({"recipe": "mlp"}), json.dumps({**json.loads(whole), "wish": {"no": 1}})):
        plan.write_text(text)
        ended = winnow(*sets[:4], "--resume")
        assert (ended.status, str(plan) in ended.err) == (1, True), ended.err
    plan.write_text(whole)
    told = winnow.ok(*sets[:4], "--resume", "--no-baseline")
    assert told["params"]["epochs"] == 40
    assert len(json.loads((Path(told["folder"]) / "run.json").read_text())["curves"]) <= 40
    assert not list((project / "runs").glob(".run-*"))
    assert winnow.ok("check", project)["ok"]


def test_a_cache_cut_to_nothing_is_made_again_and_no_interrupt(winnow: Any, data: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    winnow.ok("new", project, "--domain", "traces")
    winnow.ok("import", project, data, "--set", "per_file=all")
    train = ("train", project, "--recipe", "mlp", "--epochs", 1, "--no-baseline")
    winnow.ok(*train)
    files = [file for file in (project / "cache").rglob("*") if file.is_file()]
    assert [file.name for file in files if file.suffix == ".npy"]
    for file in files:
        file.write_bytes(b"")
    winnow.ok(*train)
    assert winnow.ok("check", project)["ok"]


def test_a_file_that_ends_early_is_no_interrupt(winnow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*given: Any) -> Any:
        raise EOFError("No data left in file")

    winnow.ok("new", tmp_path / "p", "--domain", "traces")
    monkeypatch.setattr("models.orders.summary.summarise", ended)
    ended_so = winnow("summary", tmp_path / "p")
    assert (ended_so.status, "EOFError: No data left in file" in ended_so.err) == (1, True)
