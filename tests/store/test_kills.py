"""kill -9 at random moments: what was acknowledged is there, and all is well."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.domain import Found
from models.event import MADE, RETIRED
from models.store.check import check
from models.store.project import Project

KILLS = int(os.environ.get("WINNOW_KILLS", "6"))
ROOT = Path(__file__).parents[2]

#: Works until it is killed; says each act that came back, so that the test knows what must be there.
WORKER = """
import os
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from models.domain import Found
from models.store.project import Project
from models.structure import Made, Step

path, data, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
project = Project.open(path)
print("ready", flush=True)
step = 0
while True:
    kind = (step + seed) % 6
    if kind == 0:
        event = project.journal.label([step % 50], str(step % 3), "ann")
    elif kind == 1:
        event = project.journal.label(range(len(project.samples)), str(step % 3), "ann")
    elif kind == 2:
        event = project.journal.undo("ann")
    elif kind == 3:
        live = project.journal.fold.live.nonzero()[0][:2].tolist()
        key = f"m{{len(project.samples)}}"
        made = Made(key, project.samples.sample(live[0]).group, tuple(live), {{"_of": key}})
        project.restructure([Step("merge", tuple(live), (made,))], "ann", "merge")
    elif kind == 4:
        project.journal.redo("ann") if step % 2 else project.journal.undo("ann")
    else:
        source = data / f"s{{seed}}-{{step}}.h5"
        source.write_text(source.name)
        keys = [str(key) for key in range(40)]
        project.add(Found(source, source.name, keys, ["g"] * 40, ["1"] * 40, columns={{"noise": [0.5] * 40}}))
        event = None
    # One write, so that a kill leaves the line whole or none of it, buffered or not.
    os.write(1, f"{{project.journal.position}} {{len(project.samples)}}\\n".encode())
    if step % 7 == 6:
        project.close()
        project = Project.open(path)
    step += 1
"""


@pytest.mark.timeout(max(300, 8 * KILLS))
def test_killed_at_random_moments(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    source = data / "a.h5"
    source.write_text("a")
    with Project.create(tmp_path / "p", "traces") as project:
        project.add(Found(source, "a.h5", [str(key) for key in range(2_000)], ["g"] * 2_000))
    script = tmp_path / "worker.py"
    script.write_text(WORKER.format(root=str(ROOT)))
    for seed in range(KILLS):
        position, samples = _work_and_kill(script, tmp_path, random.Random(seed).uniform(0.0, 0.4), seed)
        with Project.open(tmp_path / "p") as project:
            assert check(project) == [], f"after kill {seed}"
            assert project.journal.position in (position, position + 1), "at most the act being written"
            assert len(project.samples) in (samples, samples + 1, samples + 40)
            fold = project.journal.fold
            standing = sum(bool(fold.state.structure(int(fold.subjects[row]), MADE)[0]) for row in fold.made)
            retired = sum(bool(fold.state.structure(int(subject), RETIRED)[0]) for subject in fold.subjects)
            assert retired == 2 * standing, "a merge is there whole or not at all"


def _work_and_kill(script: Path, folder: Path, seconds: float, seed: int) -> tuple[int, int]:
    """Start the worker, kill it, and give what it said last."""
    with Project.open(folder / "p") as project:
        last = f"{project.journal.position} {len(project.samples)}"
    command = [sys.executable, str(script), str(folder / "p"), str(folder / "data"), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(seconds)
        os.kill(worker.pid, signal.SIGKILL)
        lines = [line for line in worker.stdout.read().splitlines() if line]
    position, samples = (lines[-1] if lines else last).split()
    return int(position), int(samples)
