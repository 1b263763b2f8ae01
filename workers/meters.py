"""Load of the machine and of the worker, once a second, for the Train page."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QObject, QProcess, QTimer, Signal

_NVIDIA = (
    "--query-gpu=utilization.gpu,memory.used,memory.total",
    "--format=csv,noheader,nounits",
    "--loop=1",
)


@dataclass(frozen=True)
class Load:
    """One look. Shares are 0 to 1, memory is in bytes, `disk_read` in bytes per second.

    worker_cpu: in cores (1.5 = one and a half). What this machine does not tell is None.
    """

    cpu: float
    memory: int
    memory_total: int
    disk_read: float | None = None
    worker_cpu: float | None = None
    worker_memory: int | None = None
    gpu: float | None = None
    gpu_memory: int | None = None
    gpu_memory_total: int | None = None


class Meters(QObject):
    """Emits `sampled` (a Load) once a second between `start` and `stop`; costs well under a millisecond.

    worker: gives the worker's process id or None, for example ``lambda: host.pid``.
    """

    sampled = Signal(object)

    def __init__(self, worker: Callable[[], int | None] = lambda: None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._process: psutil.Process | None = None
        self._read: tuple[float, int] | None = None
        self._gpu: Gpu | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._sample)

    def start(self) -> None:
        """Begin; the first look comes after a second."""
        if self._timer.isActive():
            return
        psutil.cpu_percent(None)
        self._disk_read()
        self._gpu = Gpu.find(self)
        self._timer.start()

    def stop(self) -> None:
        """End; also the GPU's reporter."""
        self._timer.stop()
        if self._gpu is not None:
            self._gpu.close()
            self._gpu = None

    def look(self) -> Load:
        """The load since the last look."""
        memory = psutil.virtual_memory()
        cpu, used = self._of_worker()
        gpu, gpu_memory, gpu_total = self._gpu.last if self._gpu else (None, None, None)
        return Load(
            cpu=psutil.cpu_percent(None) / 100,
            memory=int(memory.total - memory.available),
            memory_total=int(memory.total),
            disk_read=self._disk_read(),
            worker_cpu=cpu,
            worker_memory=used,
            gpu=gpu,
            gpu_memory=gpu_memory,
            gpu_memory_total=gpu_total,
        )

    def _sample(self) -> None:
        self.sampled.emit(self.look())

    def _of_worker(self) -> tuple[float | None, int | None]:
        pid = self._worker()
        try:
            if pid is None:
                self._process = None
                return None, None
            if self._process is None or self._process.pid != pid:
                self._process = psutil.Process(pid)
            return self._process.cpu_percent(None) / 100, int(self._process.memory_info().rss)
        except psutil.Error:
            self._process = None
            return None, None

    def _disk_read(self) -> float | None:
        """Bytes a second since the last call; None at first and where it is not told."""
        try:
            counters = psutil.disk_io_counters()
        except (OSError, RuntimeError):
            return None
        if counters is None:
            return None
        now, total = time.monotonic(), int(counters.read_bytes)
        before, self._read = self._read, (now, total)
        if before is None or now <= before[0]:
            return None
        return max(0, total - before[1]) / (now - before[0])


class Gpu(QObject):
    """Follows ``nvidia-smi --loop=1``: one process for all looks, none where there is no such program."""

    def __init__(self, program: str, parent: QObject | None = None, arguments: tuple[str, ...] = _NVIDIA) -> None:
        super().__init__(parent)
        self.last: tuple[float | None, int | None, int | None] = (None, None, None)
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._take)
        self._process.start(program, list(arguments))

    @classmethod
    def find(cls, parent: QObject | None = None) -> Gpu | None:
        """A follower, or None without an NVIDIA driver."""
        program = shutil.which("nvidia-smi")
        return cls(program, parent) if program else None

    def close(self) -> None:
        """End the reporter."""
        self._process.kill()
        self._process.waitForFinished(1000)
        self.deleteLater()

    def _take(self) -> None:
        while self._process.canReadLine():
            self.last = parse(bytes(self._process.readLine().data()).decode(errors="replace"))


def parse(line: str) -> tuple[float | None, int | None, int | None]:
    """Share, bytes used and bytes there of a line such as ``37, 1200, 16384`` (%, MiB, MiB)."""
    fields: list[Any] = [part.strip() for part in line.split(",")]
    numbers = [float(part) if part.replace(".", "", 1).isdigit() else None for part in fields]
    if len(numbers) != 3:
        return None, None, None
    share, used, total = numbers
    return (
        None if share is None else share / 100,
        None if used is None else int(used * 2**20),
        None if total is None else int(total * 2**20),
    )


def device_words() -> str:
    """What trainings run on here: GPUs where the driver shows some, else the processor's cores."""
    cards = len([path for path in Path("/dev").glob("nvidia[0-9]*") if path.name.removeprefix("nvidia").isdigit()])
    if cards:
        return f"{cards} GPU" if cards == 1 else f"{cards} GPUs"
    cores = psutil.cpu_count() or 1
    return f"{cores} CPU core" if cores == 1 else f"{cores} CPU cores"
