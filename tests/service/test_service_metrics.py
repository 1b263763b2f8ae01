"""The figures of the service: complete, named as Prometheus wants them."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.service.machine import Machine
from app.service.metrics import Metrics
from models.service import Answer
from tests.service.conftest import Asking, noise

PROMTOOL = shutil.which("promtool")


def figures(text: str) -> dict[str, Any]:
    """The families of a text, by name."""
    return {one.name: one for one in text_string_to_metric_families(text)}


def test_the_machine_tells_processor_and_memory(asking: Asking) -> None:
    asking.predict(eeg_data=noise())
    found = figures(asking.client.get("/metrics").text)
    values = {name: one.samples[0].value for name, one in found.items() if one.samples}
    assert values["process_cpu_seconds"] > 0
    assert 1e7 < values["process_resident_memory_bytes"] < values["winnow_machine_memory_bytes"]
    assert 0 < values["winnow_machine_memory_free_bytes"] <= values["winnow_machine_memory_bytes"]
    assert 0 <= values["winnow_machine_cpu_ratio"] <= 1
    assert values["process_start_time_seconds"] > 1.5e9
    assert "winnow_gpu_memory_bytes" in found, "named where there is none, so that a dashboard knows it"


@pytest.mark.parametrize("driver", [True, False])
def test_each_gpu_has_its_figures(monkeypatch: pytest.MonkeyPatch, driver: bool) -> None:
    def utilization(number: int) -> int:
        if not driver:
            raise ModuleNotFoundError("nvidia-ml-py does not seem to be installed")
        return 40 + number

    cuda = SimpleNamespace(
        is_available=lambda: True, device_count=lambda: 2, memory_allocated=lambda number: 5 + number,
        mem_get_info=lambda number: (60, 100), utilization=utilization,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    registry = CollectorRegistry()
    registry.register(Machine())
    found = figures(generate_latest(registry).decode())
    assert {s.labels["gpu"]: s.value for s in found["winnow_gpu_memory_bytes"].samples} == {"0": 5, "1": 6}
    assert {s.value for s in found["winnow_gpu_memory_free_bytes"].samples} == {60}
    assert {s.value for s in found["winnow_gpu_memory_size_bytes"].samples} == {100}
    assert [s.value for s in found["winnow_gpu_ratio"].samples] == ([0.4, 0.41] if driver else [])


def test_an_answer_without_a_class_is_counted_apart() -> None:
    metrics = Metrics(lambda: 0)
    metrics.answer(Answer({"seizure": 1.0}, "seizure", 1.0, (), 2.0))
    metrics.answer(Answer(None, None, None, (), 5.0))
    found = figures(metrics.text().decode())
    assert found["winnow_unreadable"].samples[0].value == 1
    assert [one.value for one in found["winnow_predictions"].samples if one.name.endswith("_total")] == [1]
    assert found["winnow_input_drift_ratio"].samples[0].value == 2, "it says nothing of what is usual"


def test_no_drift_is_told_before_there_is_an_input() -> None:
    metrics = Metrics(lambda: 0)

    def drift() -> float:
        return float(figures(metrics.text().decode())["winnow_input_drift_ratio"].samples[0].value)

    assert math.isnan(drift())
    for distance in (1.0, 3.0):
        metrics.answer(Answer({"lpd": 1.0}, "lpd", 1.0, (), distance))
    metrics.answer(Answer({"lpd": 1.0}, "lpd", 1.0, (), None))
    assert drift() == 2.0


def test_names_are_as_prometheus_wants_them(asking: Asking) -> None:
    asking.predict(eeg_data=noise())
    for name, one in figures(asking.client.get("/metrics").text).items():
        assert re.fullmatch(r"(winnow|process)_[a-z_]+", name)
        assert one.documentation.endswith("."), name
        assert one.type in ("counter", "gauge", "histogram"), name
        if one.type == "histogram":
            assert name.endswith(("_seconds", "_windows", "_ratio")), name


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here")
def test_promtool_finds_nothing_to_complain_of(asking: Asking, tmp_path: Path) -> None:
    asking.predict(eeg_data=noise())
    text = asking.client.get("/metrics").text
    done = subprocess.run(
        [str(PROMTOOL), "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
