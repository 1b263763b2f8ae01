"""The meters tell plausible figures, cheaply, and stop."""

from __future__ import annotations

import os
import sys
import time

import psutil
import pytest
from pytestqt.qtbot import QtBot

from workers.meters import Gpu, Meters, parse


def test_a_look_is_plausible(qtbot: QtBot) -> None:
    meters = Meters(os.getpid)
    meters.look()
    began = time.process_time()
    while time.process_time() - began < 0.2:
        pass
    load = meters.look()
    assert 0 <= load.cpu <= 1
    assert 0 < load.memory <= load.memory_total == psutil.virtual_memory().total
    assert load.worker_cpu is not None
    assert 0 < load.worker_cpu < 2
    assert load.worker_memory is not None
    assert load.worker_memory > 10 * 2**20
    assert load.disk_read is None or load.disk_read >= 0


def test_a_worker_that_is_gone_is_none(qtbot: QtBot) -> None:
    pids: list[int | None] = [None, 2**30]
    load = Meters(lambda: pids[0]).look()
    assert (load.worker_cpu, load.worker_memory) == (None, None)
    assert Meters(lambda: pids[1]).look().worker_cpu is None


def test_signals_until_stopped(qtbot: QtBot) -> None:
    meters = Meters()
    meters._timer.setInterval(20)
    with qtbot.waitSignal(meters.sampled, timeout=30_000):
        meters.start()
        meters.start()
    meters.stop()
    with qtbot.assertNotEmitted(meters.sampled, wait=60):
        pass


def test_looking_is_cheap(qtbot: QtBot) -> None:
    meters = Meters(os.getpid)
    meters.look()
    times = []
    for _ in range(20):
        began = time.thread_time()
        meters.look()
        times.append(time.thread_time() - began)
    assert sorted(times)[10] < 0.01


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("37, 1200, 16384\n", (0.37, 1200 * 2**20, 16384 * 2**20)),
        ("[N/A], 12, 24", (None, 12 * 2**20, 24 * 2**20)),
        ("Failed to initialize NVML", (None, None, None)),
    ],
)
def test_gpu_lines(line: str, wanted: tuple[float | None, int | None, int | None]) -> None:
    assert parse(line) == wanted


def test_gpu_is_followed_in_one_process(qtbot: QtBot) -> None:
    code = "import time\nfor i in range(50): print(f'{i}, 1, 2', flush=True); time.sleep(0.05)"
    gpu = Gpu(sys.executable, arguments=("-c", code))
    qtbot.waitUntil(lambda: gpu.last[0] is not None and gpu.last[0] > 0, timeout=30_000)
    assert gpu.last[1:] == (2**20, 2 * 2**20)
    gpu.close()
