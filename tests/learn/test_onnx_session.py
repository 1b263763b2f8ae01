"""Which provider runs an ONNX file, with which settings, and what is told of one that is not here."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from models.errors import UserError
from models.learn import onnx_session

HERE = importlib.util.find_spec("onnxruntime") is not None


def test_each_provider_has_others_behind_it_and_an_engine_is_kept_beside_its_file() -> None:
    place = Path("nets") / "eeg.onnx"
    assert onnx_session.provider_options("cpu", place, {}) == ["CPUExecutionProvider"]
    assert onnx_session.provider_options("cuda", place, {}) == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    (name, told), *behind = onnx_session.provider_options("tensorrt", place, {"a": (20, 500), "b": (3, 8, 8)})
    assert name == "TensorrtExecutionProvider"
    assert behind == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert told["trt_engine_cache_path"] == str(Path("nets") / "eeg.engine")
    assert told["trt_profile_min_shapes"] == "a:1x20x500,b:1x3x8x8"
    assert told["trt_profile_max_shapes"] == "a:64x20x500,b:64x3x8x8"


@pytest.mark.skipif(not HERE, reason="the extra onnx is not installed")
def test_a_provider_that_is_not_here_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert onnx_session.lacking("cpu") == ""
    assert "has no CUDAExecutionProvider" in onnx_session.lacking("cuda")
    with pytest.raises(UserError, match="TensorRT is not here"):
        onnx_session.open_session(Path("eeg.onnx"), "tensorrt")
    with pytest.raises(UserError, match="tensort"):
        onnx_session.lacking("tensort")
