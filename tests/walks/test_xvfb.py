"""The short walk as the verb plays it: offscreen, and on a real X server under a window manager."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage

from models.store.check import check
from models.store.project import Project
from tests.walks.sight import pixels

ROOT = Path(__file__).parents[2]
TOUR = Path(__file__).parent / "walk.yaml"


def missing() -> str:
    """What this machine lacks, "" when nothing."""
    from ctypes.util import find_library

    programs = [name for name in ("Xvfb", "openbox") if shutil.which(name) is None]
    return ", ".join(programs + ([] if find_library("xcb-cursor") else ["libxcb-cursor0"]))


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """A display of our own under openbox."""
    if lacks := missing():
        pytest.skip(f"{lacks} is not installed (Debian: apt install xvfb openbox libxcb-cursor0)")
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1800x1100x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writing], **quiet)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        name = f":{pipe.readline().strip()}"
    home = {**os.environ, "DISPLAY": name, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "openbox")}
    manager = subprocess.Popen(["openbox"], env=home, **quiet)
    time.sleep(0.5)
    yield name
    for process in (manager, server):
        process.terminate()
        process.wait(10)


def play(project: Path, folder: Path, **environment: str) -> dict[str, Any]:
    """Play the tour in a process of its own."""
    out = folder / "out"
    out.mkdir()
    named = {"WINNOW_CONFIG": str(folder / "c"), "WINNOW_STATE": str(folder / "s"), "WINNOW_OUT": str(out)}
    command = [sys.executable, "-m", "app.cli", "gui", project, "--tour", TOUR, "--out", out, "--json"]
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **named, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert not list((folder / "s").rglob("crashes/*.txt"))
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def judge(result: dict[str, Any], project: Path, folder: Path) -> None:
    """Pictures are not blank, labels are there, the export says the same."""
    shots = [Path(shot) for shot in result["screenshots"]]
    assert len(shots) == 9
    for shot in shots:
        seen = pixels(QImage(str(shot)))
        assert len({tuple(colour) for colour in seen.reshape(-1, 3)[::53].tolist()}) > 24, shot
    with Project.open(project) as opened:
        assert check(opened) == []
        events = [event for event in reversed(opened.journal.events()) if not event.by.startswith("file")]
        labels = dict(zip(opened.samples.ids(), opened.journal.fold.labels().tolist(), strict=True))
        assert len(opened.runs.list()) == 1
    titles = [event.title for event in events]
    said = [title.partition(" on ")[0] for title in titles[:4]]
    assert said == ["2 hops", "1 hop", "centre", "Undo centre"]
    exported = list(csv.DictReader((folder / "out" / "labels.csv").read_text("utf-8").splitlines()))
    assert {row["sample"]: row["label"] for row in exported} == {name: label or "" for name, label in labels.items()}


@pytest.mark.timeout(280)
def test_the_walk_under_a_window_manager(display: str, project: Path, tmp_path: Path) -> None:
    result = play(project, tmp_path, DISPLAY=display, QT_QPA_PLATFORM="xcb")
    judge(result, project, tmp_path)
