"""From the start of the process to a painted window with a project open; the peer is bare Qt with a table.

Both run in processes of their own, in turn, on a warm disk; the median counts. Startup is what a person
pays each morning, so all imports are part of it: the command line, Qt, the store, the pages.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GOAL = 0.8
OURS = """
import sys, time
sys.path.insert(0, {root!r})
from app import gui
make = gui.make_window
def watched(*arguments):
    from PySide6.QtCore import QEvent, QObject, QTimer
    window = make(*arguments)
    class Painted(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint and window.page_name() == "curate":
                window.removeEventFilter(self)
                {painted}
                QTimer.singleShot(0, seen)
            return False
    def seen():
        print(time.time(), flush=True)
        window.close()
    window.watch = Painted(window)
    window.installEventFilter(window.watch)
    return window
gui.make_window = watched
from app.cli import call
call(["gui", {project!r}])
{closed}
"""
BARE = """
import time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QTableWidget, QTableWidgetItem
app = QApplication([])
window = QMainWindow()
table = QTableWidget(300, 6)
for row in range(300):
    for column in range(6):
        table.setItem(row, column, QTableWidgetItem(f"{row} {column}"))
window.setCentralWidget(table)
window.resize(1600, 1000)
window.show()
def seen():
    print(time.time(), flush=True)
    app.quit()
QTimer.singleShot(0, lambda: QTimer.singleShot(0, seen))
app.exec()
"""


def run(quick: bool) -> list[dict[str, Any]]:
    """Seconds to the painted window, ours and bare Qt."""
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        project = _project(Path(folder))
        ours = script(project)
        environment = {**os.environ, "WINNOW_CONFIG": folder, "WINNOW_STATE": folder}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        # Compiled modules as an installation has them, whatever is set here; the first round compiles.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")
        _seconds(ours, environment)
        _seconds(BARE, environment)
        pairs = [(_seconds(ours, environment), _seconds(BARE, environment)) for _ in range(3 if quick else 11)]
    mine, peer = (statistics.median(values) for values in zip(*pairs, strict=True))
    note = f"fastest {min(value for value, _ in pairs):.2f} s; 300 generated traces; peer: PySide6 with a table"
    return [
        {
            "name": "start to a window with a project",
            "ours": round(mine, 3),
            "peer": round(peer, 3),
            "ratio": round(mine / peer, 2),
            "unit": "s",
            "goal": GOAL,
            "note": note,
        }
    ]


def script(project: Path, painted: str = "pass", closed: str = "") -> str:
    """A program that opens this project, prints the time once it is painted, and closes.

    painted, closed: further statements, at the paint event itself and at the end.
    """
    return OURS.format(root=str(ROOT), project=str(project), painted=painted, closed=closed)


def _seconds(code: str, environment: dict[str, str]) -> float:
    """From just before the process begins to what it says."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[0]) - began


def _project(folder: Path) -> Path:
    """A small project of generated traces, labelled."""
    from models.job import Job
    from models.store.project import Project
    from workers.inline import run as do

    values = {"noise": "0.02,0.04", "length": "500", "ceiling": "1"}
    data, path = str(folder / "data"), folder / "project"
    do(Job("fake", {"domain_name": "traces", "out": data, "samples": 6, "values": values}, ""))
    Project.create(path, "traces").close()
    do(Job("import_samples", {"project": str(path), "sources": [data]}, ""))
    return path
