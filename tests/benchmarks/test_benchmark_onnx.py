"""The benchmark of ONNX files: noise has the shapes that files take, and what is measured becomes rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import onnx_models
from models.learn import onnx_net, onnx_session

TOLD = [
    {"name": "windows", "type": "float32", "shape": ["windows", 20, 500]},
    {"name": "pictures", "type": "uint8", "shape": ["windows", 3, 96, 96]},
]


def test_noise_has_the_shapes_that_a_file_tells_of() -> None:
    given = onnx_models.noise(TOLD, 2)
    assert [(name, one.dtype, one.shape) for name, one in given.items()] == [
        ("windows", np.float32, (2, 20, 500)), ("pictures", np.uint8, (2, 3, 96, 96)),
    ]  # fmt: skip


def test_each_file_is_timed_beside_the_network_with_the_goal_of_the_ensemble(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(onnx_session, "open_session", lambda path, threads: path.name)
    monkeypatch.setattr(
        onnx_session, "answers", lambda session, x, together: asked.append((session, len(x["windows"])))
    )
    monkeypatch.setattr(onnx_net, "torch_answers", lambda net, x, together: asked.append((net, len(x["windows"]))))
    times: list[Any] = []

    def timed(act: Any) -> float:
        act()
        times.append(act)
        return 0.008 if len(times) % 3 == 1 else 0.004

    monkeypatch.setattr(onnx_models, "_fastest", timed)
    files = {"ONNX": Path("a.onnx"), "int8": Path("a.int8.onnx")}
    rows = list(onnx_models.speed_rows("attention_ensemble", "net", files, TOLD, (1, 8)))
    assert asked == [(who, count) for count in (1, 8) for who in ("net", "a.onnx", "a.int8.onnx")]
    assert [(row["name"], row["ours"], row["peer"], row["goal"]) for row in rows] == [
        ("onnx: attention_ensemble, ONNX, 1 window", 4.0, 8.0, None),
        ("onnx: attention_ensemble, int8, 1 window", 4.0, 8.0, 50.0),
        ("onnx: attention_ensemble, ONNX, 8 windows", 0.5, 1.0, None),
        ("onnx: attention_ensemble, int8, 8 windows", 0.5, 1.0, None),
    ]


def test_what_an_export_found_becomes_rows() -> None:
    made = {
        "changed": 0.005, "expected": 0.004, "rows": 200, "calibrated": 100, "way": "by ends", "layers": 26,
        "floats": ["a"], "held": {"rows": 90, "changed": 0.0},
    }  # fmt: skip
    rows = onnx_models.answer_rows("small_1d", {"int8": made, "kl": {"torch": 0.5, "onnx": 0.5, "int8": 0.4}})
    assert [(row["ours"], row["goal"]) for row in rows] == [(0.5, 1.0), (0.4, None), (0.5, None), (0.4, None)]
    assert rows[3]["ratio"] == pytest.approx(1.25)
    assert rows[0]["note"] == (
        "200 windows; calibrated on 100, by ends; decided by 90, of which 0.0% changed; "
        "1 of 26 convolutions as they were"
    )
