"""An ONNX file whose sums are of whole numbers of 8 bits: calibrated on real input, each channel by its own scale.

Weights are signed, values between layers unsigned; what ONNX Runtime has no sum of whole numbers for, such as a GRU,
stays as it is. What still answers otherwise too often keeps its last layers as they are, then more of them.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.onnx_session import Inputs, answers, open_session

Floats = npt.NDArray[np.float32]
#: Share of rows whose answer may be another class.
CHANGED = 0.01
#: Rows that are calibrated on in one go.
_STEP = 4


@dataclass(frozen=True)
class Quantised:
    """How a file of whole numbers answers beside the one that it was made of.

    rows: that both were asked. changed: share of these with another class. far: of probabilities at most. kept: how
    many of its layers compute as before, of how many.
    """

    rows: int
    changed: float
    far: float
    kept: int
    layers: int


def quantise(place: Path, target: Path, some: Inputs, asked: Inputs) -> Quantised:
    """Write `target` of the file at `place`, calibrated on `some` rows and tried out on those that are `asked`."""
    wanted = answers(open_session(place), asked)
    with tempfile.TemporaryDirectory(prefix="winnow-int8-") as folder:
        plain = Path(folder) / "plain.onnx"
        with _quiet():
            _prepare(place, plain)
        layers = _layers(plain)
        best: Quantised | None = None
        for kept in _steps(len(layers)):
            made = Path(folder) / f"{kept}.onnx"
            with _quiet():
                _quantise(plain, made, some, layers[len(layers) - kept :])
            found = _told(wanted, answers(open_session(made), asked), kept, len(layers))
            if best is None or found.changed < best.changed:
                best = found
                target.write_bytes(made.read_bytes())
            if best.changed <= CHANGED:
                break
    assert best is not None
    return best


def _steps(count: int) -> list[int]:
    """How many of the last layers stay as they are: none, the last one, then a quarter and half of them."""
    return sorted({0, 1, count // 4, count // 2})


def _prepare(place: Path, plain: Path) -> None:
    """The file with its shapes known and batch norms inside of convolutions."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    quant_pre_process(str(place), str(plain), skip_symbolic_shape=True)


def _layers(plain: Path) -> list[str]:
    """The names of what has weights, in the order of computing."""
    import onnx

    nodes = onnx.load(str(plain)).graph.node
    return [node.name for node in nodes if node.op_type in ("Conv", "MatMul", "Gemm")]


def _quantise(plain: Path, made: Path, some: Inputs, kept: Sequence[str]) -> None:
    from onnxruntime import quantization
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType

    class Rows(CalibrationDataReader):  # type: ignore[misc]  # its class is untyped
        def __init__(self) -> None:
            count = len(next(iter(some.values())))
            self.parts: Iterator[dict[str, npt.NDArray[Any]]] = iter(
                [{name: one[start : start + _STEP] for name, one in some.items()} for start in range(0, count, _STEP)]
            )

        def get_next(self) -> dict[str, npt.NDArray[Any]] | None:
            return next(self.parts, None)

    quantization.quantize_static(
        str(plain),
        str(made),
        Rows(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        weight_type=QuantType.QInt8,
        activation_type=QuantType.QUInt8,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=list(kept),
        # One row of an artifact does not stretch the scale of all others.
        extra_options={"CalibMovingAverage": True},
    )


def _told(wanted: Floats, found: Floats, kept: int, layers: int) -> Quantised:
    changed = float((wanted.argmax(1) != found.argmax(1)).mean()) if len(wanted) else 0.0
    return Quantised(len(wanted), changed, float(np.abs(wanted - found).max(initial=0)), kept, layers)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Its library logs advice to the root that is not for a person."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
