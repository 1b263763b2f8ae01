"""An hour of work in one window: memory, threads, children and file handles stay where they are.

``WINNOW_SOAK`` seconds (3,600 when it is not set).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from models.store.check import check
from models.store.project import Project
from tests.app.desk import make_traces

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "soak_window.py"
SECONDS = float(os.environ.get("WINNOW_SOAK", "3600"))
#: Growth that an hour may bring: the journal's own stacks and the allocator's leftovers.
WINDOW_MB, CHILD_MB = 60.0, 120.0


def measure(window: psutil.Process) -> tuple[float, float, int, int, int]:
    """MB of the window and of its children, its threads, file handles and children."""
    children = window.children(recursive=True)
    held = 0.0
    for child in children:
        try:
            held += child.memory_info().rss / 2**20
        except psutil.Error:
            continue
    return window.memory_info().rss / 2**20, held, window.num_threads(), window.num_fds(), len(children)


@pytest.mark.long
@pytest.mark.timeout(SECONDS * 2 + 600)
def test_an_hour_of_work_leaves_nothing_behind(tmp_path: Path) -> None:
    project = make_traces(tmp_path)
    environment = {**os.environ, "WINNOW_STATE": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(SCRIPT), str(ROOT), str(project), "1", str(SECONDS)]
    figures: list[tuple[float, float, int, int, int]] = []
    moments: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as work:
        window, since = psutil.Process(work.pid), time.monotonic()
        while work.poll() is None:
            time.sleep(min(SECONDS / 60, 10))
            try:
                figures.append(measure(window))
            except psutil.Error:
                break
            moments.append(time.monotonic() - since)
        out, errors = work.communicate(timeout=120)
    assert work.returncode == 0, f"{out} {errors}"
    assert "Traceback" not in errors, errors
    seen, at = np.array(figures[:-1], float), np.array(moments[:-1])
    # The first third fills caches: pages, fonts, pictures, the worker's libraries.
    late = at > SECONDS / 3
    told = f"{out.strip()}; first {seen[late][0].tolist()}, last {seen[late][-1].tolist()}"
    (tmp_path / "soak.txt").write_text(told, "utf-8")
    hours = max(SECONDS / 3600, 0.25)
    for place, bound in ((0, WINDOW_MB), (1, CHILD_MB)):
        slope = float(np.polyfit(at[late], seen[late, place], 1)[0]) * (SECONDS * 2 / 3)
        assert slope <= bound * hours + 25, f"memory grew by {slope:.0f} MB; {told}"
    for place, name in ((2, "threads"), (3, "file handles"), (4, "children")):
        first, last = np.array_split(seen[late, place], 2)
        assert np.median(last) <= np.median(first) + 3, f"{name} grew; {told}"
    with Project.open(project) as opened:
        assert check(opened) == []
    assert not [path for path in (tmp_path / "crashes").glob("*") if path.is_file()]
