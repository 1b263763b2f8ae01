"""Nothing may be left running by the tests of the workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psutil
import pytest


def _workers() -> list[int]:
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "spawn_main" in " ".join(child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child.pid)
        except psutil.Error:
            continue
    return found


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Fails a test that leaves a child process or a thread."""
    before = set(_workers())
    threads = set(threading.enumerate())
    yield
    until = time.monotonic() + 30
    while time.monotonic() < until and (set(_workers()) - before or set(threading.enumerate()) - threads):
        time.sleep(0.02)
    assert set(_workers()) <= before
    assert set(threading.enumerate()) <= threads
