"""A sorting of 10,000 units and 100 million spikes in the window: from the start to the first unit drawn, and the next.

A generated phy folder, memory-mapped, imported beforehand. The next unit comes by Down a quarter of a second after the
one before was drawn, as from a quick curator; a far unit is one that nobody could have read ahead.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.table import Row, row

ROOT = Path(__file__).parents[1]
#: s to the first unit, ms to the next.
OPENS, NEXT = 3.0, 100.0
#: ms from one unit to the key for the next.
PAUSE = 250
WINDOW = """
import json, sys, time
sys.path.insert(0, {root!r})
from app import gui
make = gui.make_window
def watched(*arguments):
    from PySide6.QtCore import QEvent, QObject, QTimer
    from app.tour import press
    window = make(*arguments)
    session, told = window.session, {{"next": [], "far": []}}
    plan = [("next", None)] * {steps} + [("far", place) for place in range({far})]
    state = {{"began": 0.0, "kind": "first", "row": -1}}
    def drawn():
        unit = window.page("curate").viewers.front
        shown = getattr(unit, "shown", None)
        if shown is None or session.current < 0 or shown.unit.title != session.short(session.current):
            return
        if session.current == state["row"]:
            return
        unit.repaint()
        state["row"] = session.current
        if state["kind"] == "first":
            told["first"] = time.time()
        else:
            told[state["kind"]].append((time.perf_counter() - state["began"]) * 1e3)
        if not plan:
            print(json.dumps(told), flush=True)
            timer.stop()
            window.close()
            return
        QTimer.singleShot({pause}, step)
    def step():
        state["kind"], place = plan.pop(0)
        state["began"] = time.perf_counter()
        if place is None:
            press(window, "Down")
        else:
            rows = len(session.order)
            session.go_to(int(session.order[(rows // 3 + place * 37) % rows]))
    timer = QTimer(window)
    timer.timeout.connect(drawn)
    timer.start(2)
    return window
gui.make_window = watched
from app.cli import call
call(["gui", {project!r}, "--size", "1920x1080"])
"""


def run(quick: bool) -> list[Row]:
    """Medians of units one after the other; the window opens on a warm disk, the fastest of three."""
    units, spikes, steps = (200, 200_000, 5) if quick else (10_000, 100_000_000, 25)
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        project, made, imported = _project(Path(folder), units, spikes)
        code = WINDOW.format(root=str(ROOT), project=str(project), steps=steps, far=steps, pause=PAUSE)
        environment = {**os.environ, "WINNOW_CONFIG": folder, "WINNOW_STATE": folder, "PYTHONDONTWRITEBYTECODE": ""}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        environment["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")
        _turn(code, environment)
        turns = [_turn(code, environment) for _ in range(1 if quick else 3)]
    words = f"{units:,} units, {spikes:,} spikes; generated in {made:.1f} s, imported in {imported:.1f} s by the worker"
    return [
        row("units, start to the first one drawn", min(turn["first"] for turn in turns), None, OPENS, words, unit="s"),
        row("units, next one drawn", _median(turns, "next"), None, NEXT, f"Down, {PAUSE} ms after the one before"),
        row("units, far one drawn", _median(turns, "far"), None, NEXT, "read from the disk when asked"),
    ]


def _median(turns: list[dict[str, Any]], name: str) -> float:
    return float(statistics.median(value for turn in turns for value in turn[name]))


def _turn(code: str, environment: dict[str, str]) -> dict[str, Any]:
    """What the window told; `first` in s from just before its process began."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
    return {**told, "first": told["first"] - began}


def _project(folder: Path, units: int, spikes: int) -> tuple[Path, float, float]:
    """The project of a generated sorting; how long it took to generate and to import, in s."""
    from models.job import Job
    from models.store.project import Project
    from workers.inline import run as do

    data, path = str(folder / "data"), folder / "project"
    values = {"mode": "phy", "spikes": str(spikes), "channels": "384"}
    began = time.perf_counter()
    do(Job("fake", {"domain_name": "units", "out": data, "samples": units, "values": values}, ""))
    made = time.perf_counter()
    Project.create(path, "units").close()
    do(Job("import_samples", {"project": str(path), "sources": [data]}, ""))
    return path, made - began, time.perf_counter() - made
