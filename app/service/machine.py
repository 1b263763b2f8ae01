"""What the machine of the service tells Prometheus at each look: processor, memory, GPUs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Machine(Collector):
    """The processor and the memory, of the machine and of this process. The GPUs where the model could use one."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        psutil.cpu_percent()  # each look is about the time since the one before

    def collect(self) -> Iterator[Metric]:
        """All figures as they are now."""
        yield from self._own()
        yield from _shared()
        yield from _gpus()

    def _own(self) -> Iterator[Metric]:
        """Under the names that every service has for them."""
        times = self._process.cpu_times()
        spent, held = times.user + times.system, float(self._process.memory_info().rss)
        yield CounterMetricFamily("process_cpu_seconds", "Processor time of the service.", value=spent)
        yield GaugeMetricFamily("process_resident_memory_bytes", "Memory that the service holds.", value=held)
        began = self._process.create_time()
        yield GaugeMetricFamily("process_start_time_seconds", "When the service was started.", value=began)


def _shared() -> Iterator[Metric]:
    busy, memory = psutil.cpu_percent() / 100, psutil.virtual_memory()
    yield GaugeMetricFamily("winnow_machine_cpu_ratio", "How busy all processors are; 1 is fully.", value=busy)
    total, free = float(memory.total), float(memory.available)
    yield GaugeMetricFamily("winnow_machine_memory_bytes", "Memory of the machine.", value=total)
    yield GaugeMetricFamily("winnow_machine_memory_free_bytes", "Memory that programs can still have.", value=free)


def _gpus() -> Iterator[Metric]:
    """One of each figure a GPU; without a GPU only what they would be."""
    held = GaugeMetricFamily("winnow_gpu_memory_bytes", "Memory of the GPU that the model holds.", labels=("gpu",))
    total = GaugeMetricFamily("winnow_gpu_memory_size_bytes", "Memory of the GPU.", labels=("gpu",))
    free = GaugeMetricFamily("winnow_gpu_memory_free_bytes", "Memory of the GPU that is free.", labels=("gpu",))
    busy = GaugeMetricFamily("winnow_gpu_ratio", "How busy the GPU is; 1 is fully.", labels=("gpu",))
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            left, size = torch.cuda.mem_get_info(number)
            held.add_metric([str(number)], float(torch.cuda.memory_allocated(number)))
            total.add_metric([str(number)], float(size))
            free.add_metric([str(number)], float(left))
            if (share := _busy(torch, number)) is not None:
                busy.add_metric([str(number)], share)
    yield from (held, total, free, busy)


def _busy(torch: Any, number: int) -> float | None:
    """How busy a GPU is, None where its driver's library is not there to tell."""
    try:
        return float(torch.cuda.utilization(number)) / 100
    except (ImportError, RuntimeError, OSError):
        return None
