"""kill -9 of the window and of its worker's child, at random moments, while it labels and trains."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from models.store.check import check
from models.store.project import Project

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "killed_window.py"
KILLS = max(3, int(os.environ.get("WINNOW_KILLS", "10")) // 10)


@contextlib.contextmanager
def begun(project: Path, seed: int) -> Iterator[subprocess.Popen[str]]:
    """A window at work; it ends with the test, also with one that failed."""
    environment = {**os.environ, "WINNOW_STATE": str(project.parent), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(SCRIPT), str(ROOT), str(project), str(seed)]
    log = (project.parent / "errors.txt").open("a", encoding="utf-8")
    with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as window:
        try:
            yield window
        finally:
            window.kill()


def read_until(window: subprocess.Popen[str], words: str, lines: list[list[str]]) -> list[str]:
    """Lines up to one that begins with one of the words."""
    assert window.stdout is not None
    for line in window.stdout:
        parts = line.split()
        lines.append(parts)
        if parts and parts[0] in words.split():
            return parts
    raise AssertionError(f"the window ended without {words!r}: {lines[-3:]}")


def goes_on(window: subprocess.Popen[str], lines: list[list[str]]) -> list[str]:
    """The next child, when a label was told too: before it or after."""
    first = read_until(window, "label child", lines)
    second = read_until(window, "child" if first[0] == "label" else "label", lines)
    return first if first[0] == "child" else second


def kept(lines: list[list[str]]) -> tuple[int, dict[str, str]]:
    """Position of the last label that was told, at first that of the project; what each sample was told to be."""
    labels = [parts for parts in lines if parts[:1] == ["label"] and len(parts) == 4]
    began = next(int(parts[1]) for parts in lines if parts[:1] == ["ready"])
    return max((int(parts[1]) for parts in labels), default=began), {parts[2]: parts[3] for parts in labels}


def judge(project: Path, lines: list[list[str]], seed: int) -> None:
    """Nothing that was told is lost, nothing is broken, no half run is listed."""
    position, labels = kept(lines)
    with Project.open(project) as opened:
        assert check(opened) == [], f"seed {seed}"
        assert opened.journal.position >= position
        after = [event for event in opened.journal.events() if event.number > position]
        late = {change.sample for event in after for change in event.changes}
        found = dict(zip(opened.samples.ids(), opened.journal.fold.labels().tolist(), strict=True))
        wrong = {name: found[name] for name, value in labels.items() if found[name] != value and name not in late}
        assert wrong == {}, f"seed {seed}"
        assert sum(event.by == "ann" for event in after) <= 3, "told as soon as it is kept"
        for run in opened.runs.list():
            assert (run.path / "run.json").is_file()
            assert len(run.predictions().ids) == len(opened.samples)


@pytest.mark.timeout(60 * KILLS)
def test_the_window_is_killed(project: Path, tmp_path: Path) -> None:
    for seed in range(KILLS):
        lines: list[list[str]] = []
        with begun(project, seed) as window:
            read_until(window, "ready", lines)
            if seed % 2:
                read_until(window, "child", lines)
            time.sleep(random.Random(seed).uniform(0.1, 2.5))
            children = psutil.Process(window.pid).children(recursive=True)
            os.kill(window.pid, signal.SIGKILL)
            assert window.stdout is not None
            lines += [line.split() for line in window.stdout.read().splitlines()]
        judge(project, lines, seed)
        _, alive = psutil.wait_procs(children, timeout=10)
        assert not alive, "the child leaves with its window"
    assert (tmp_path / "errors.txt").read_text("utf-8").count("Traceback") == 0


@pytest.mark.timeout(60 * KILLS)
def test_the_child_is_killed_and_the_window_goes_on(project: Path, tmp_path: Path) -> None:
    lines: list[list[str]] = []
    lost = 0
    with begun(project, 7) as window:
        told = read_until(window, "child", lines)
        for seed in range(KILLS):
            time.sleep(random.Random(seed).uniform(0.0, 1.0))
            os.kill(int(told[1]), signal.SIGKILL)
            # A child that dies between two trainings costs none: the next one is told at once.
            told = read_until(window, "failed child", lines)
            if told[0] == "failed":
                lost += 1
                told = goes_on(window, lines)
        os.kill(window.pid, signal.SIGKILL)
        assert window.stdout is not None
        lines += [line.split() for line in window.stdout.read().splitlines()]
    assert lost
    judge(project, lines, 7)
    assert (tmp_path / "errors.txt").read_text("utf-8").count("Traceback") == 0
