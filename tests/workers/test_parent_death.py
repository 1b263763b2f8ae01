"""The child leaves when its parent dies or forgets it, and needs nothing of the parent's main module."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]

# Without a main guard on purpose: the child must not import it again.
SCRIPT = """
import sys
from PySide6.QtCore import QCoreApplication
from tests.workers.toys import job
from workers.host import Host
app = QCoreApplication([])
host = Host("cpu")
ticket = host.ticket(job({name!r}, **{arguments!r}))
def said(_):
    sys.stdout.write(f"{{host.pid}}\\n")
    sys.stdout.flush()
ticket.progressed.connect(said)
ticket.ended.connect(lambda _: app.quit())
host.submit(ticket)
app.exec()
"""


def parent(name: str, **arguments: object) -> tuple[subprocess.Popen[str], int]:
    """A process with a host at work, and its child's pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(name=name, arguments=arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def gone(pid: int, seconds: float) -> bool:
    """Whether the process leaves in time (a zombie that nobody reaps has left)."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(("name", "arguments"), [("deaf", {}), ("hold", {"seconds": 30.0})])
def test_a_killed_parent_takes_its_child_along(name: str, arguments: dict[str, float]) -> None:
    if name == "hold" and sys.platform != "linux":
        pytest.skip("only Linux tells a process that holds the interpreter")
    process, child = parent(name, **arguments)
    time.sleep(0.3)
    assert psutil.pid_exists(child)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert gone(child, 30)


def test_a_parent_that_forgets_to_close_ends_all_the_same() -> None:
    process, child = parent("count", to=3, pause=0.1)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert gone(child, 30)


def test_the_child_leaves_without_the_kernels_help() -> None:
    """As on macOS and Windows: the closed pipe alone tells, also during a step."""
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_deaf_child, args=(theirs,))
    process.start()
    theirs.close()
    assert ours.recv() == "up"
    ours.close()
    process.join(30)
    assert process.exitcode == 1
    process.close()


def _deaf_child(pipe: Connection) -> None:
    from workers.child import Child

    Child(pipe, "cpu")
    pipe.send("up")
    time.sleep(30)
