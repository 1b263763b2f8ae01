"""ONNX files run by ONNX Runtime: on the processor, on a GPU by CUDA, or as an engine of TensorRT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.params import unknown

Floats = npt.NDArray[np.float32]
#: Arrays with a row each, by the name of the input.
Inputs = Mapping[str, npt.NDArray[Any]]
OUTPUT = "probabilities"
#: Rows sent through a file in one go, and the most that an engine is built for.
TOGETHER, MOST = 16, 64


@dataclass(frozen=True)
class Provider:
    """What ONNX Runtime computes with. name: its own, first; behind: what does what that one cannot."""

    title: str
    name: str
    behind: tuple[str, ...] = ()


PROVIDERS: Mapping[str, Provider] = {
    "cpu": Provider("the processor", "CPUExecutionProvider"),
    "cuda": Provider("CUDA", "CUDAExecutionProvider", ("CPUExecutionProvider",)),
    "tensorrt": Provider(
        "TensorRT", "TensorrtExecutionProvider", ("CUDAExecutionProvider", "CPUExecutionProvider")
    ),
}  # fmt: skip


def lacking(provider: str) -> str:
    """Why a provider is not here, in words; "" where it is. UserError for an unknown one."""
    if provider not in PROVIDERS:
        raise UserError(unknown("provider", provider, PROVIDERS))
    import onnxruntime

    chosen = PROVIDERS[provider]
    if chosen.name in onnxruntime.get_available_providers():
        return ""
    return f"{chosen.title} is not here: this ONNX Runtime has no {chosen.name}, onnxruntime-gpu has it"


def provider_options(provider: str, place: Path, shapes: Mapping[str, tuple[int, ...]]) -> list[Any]:
    """The list of providers with their settings, as a session takes it.

    An engine of TensorRT in half precision is kept beside the file, for one row to MOST of them. shapes: of one row.
    """
    chosen = PROVIDERS[provider]
    first: Any = chosen.name
    if provider == "tensorrt":
        spans = {
            f"trt_profile_{kind}_shapes": ",".join(
                f"{name}:{'x'.join(map(str, (count, *shape)))}" for name, shape in shapes.items()
            )
            for kind, count in (("min", 1), ("opt", TOGETHER), ("max", MOST))
        }
        engines = str(place.with_suffix(".engine"))
        kept = {"trt_engine_cache_enable": True, "trt_engine_cache_path": engines, "trt_timing_cache_enable": True}
        first = (chosen.name, {"trt_fp16_enable": True, **kept, **spans})
    return [first, *chosen.behind]


def open_session(place: Path, provider: str = "cpu", threads: int = 0) -> Any:
    """A session of a file. UserError where the provider is not here, or does not start. threads: 0 for all cores."""
    reason = lacking(provider)
    if reason:
        raise UserError(f"{reason}.")
    listed = provider_options(provider, place, _shapes(place) if provider == "tensorrt" else {})
    session = session_of(str(place), listed, threads)
    chosen = PROVIDERS[provider]
    if chosen.name not in session.get_providers():
        raise UserError(f"{chosen.title} does not start here: its libraries or its device are missing.")
    return session


def session_of(file: str | bytes, providers: Sequence[Any] = ("CPUExecutionProvider",), threads: int = 0) -> Any:
    """A session of a file by its name, or of what it holds."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.intra_op_num_threads = threads
    # A thread that waits for others leaves its core to them.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(file, settings, providers=list(providers))


def _shapes(place: Path) -> dict[str, tuple[int, ...]]:
    """The shape of one row of each input."""
    import onnx

    inputs = onnx.load(str(place), load_external_data=False).graph.input
    return {one.name: tuple(size.dim_value for size in one.type.tensor_type.shape.dim[1:]) for one in inputs}


def answers(session: Any, inputs: Inputs, together: int = TOGETHER) -> Floats:
    """Probabilities (n, classes) of rows, so many in one go."""
    count = len(next(iter(inputs.values())))
    parts = [
        session.run([OUTPUT], {name: values[start : start + together] for name, values in inputs.items()})[0]
        for start in range(0, count, together)
    ]
    return cast(Floats, np.concatenate(parts))
