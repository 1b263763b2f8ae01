"""An ONNX file whose convolutions are of whole numbers of 8 bits: calibrated on real input, each channel by its scale.

Weights are signed, values between convolutions unsigned. All else stays as it is: a GRU, attention, heads and the
probabilities cost little, and one large number among theirs would leave the others no digits. What still answers
otherwise too often keeps its last convolutions as they are, then more of them.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
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
#: What is computed in whole numbers, and what is so between two of them.
_LAYER = "Conv"
_BETWEEN = ("Add", "Mul", "Relu", "Sigmoid", "GlobalAveragePool", "ReduceMean", "MaxPool", "Concat")
_Ends = Callable[[Any], Iterable[str]]


@dataclass(frozen=True)
class Quantised:
    """How a file of whole numbers answers beside the one that it was made of.

    rows: that both were asked. changed: share of these with another class. far: of probabilities at most. kept: how
    many of its convolutions compute as before, of how many.
    """

    rows: int
    changed: float
    far: float
    kept: int
    layers: int


def quantise(place: Path, target: Path, some: Inputs, asked: Inputs, most: float = CHANGED) -> Quantised:
    """Write `target` of the file at `place`, calibrated on `some` rows and tried out on those that are `asked`.

    most: the share of these that may be of another class before layers stay as they were.
    """
    wanted = answers(open_session(place), asked)
    with tempfile.TemporaryDirectory(prefix="winnow-int8-") as folder:
        plain = Path(folder) / "plain.onnx"
        with _quiet():
            _prepare(place, plain)
        graph = _Graph(plain)
        layers = graph.layers
        best: Quantised | None = None
        for kept in _steps(len(layers)):
            made = Path(folder) / f"{kept}.onnx"
            with _quiet():
                _quantise(plain, made, some, graph.inside(layers[: len(layers) - kept]))
            found = _told(wanted, answers(open_session(made), asked), kept, len(layers))
            if best is None or found.changed < best.changed:
                best = found
                target.write_bytes(made.read_bytes())
            if best.changed <= most:
                break
    assert best is not None
    return best


def _steps(count: int) -> list[int]:
    """How many of the last ones stay as they are: none, one, then a quarter and half of them."""
    return sorted({0, 1, count // 4, count // 2})


def _prepare(place: Path, plain: Path) -> None:
    """The file with its shapes known and batch norms inside of convolutions."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    quant_pre_process(str(place), str(plain), skip_symbolic_shape=True)


class _Graph:
    """The nodes of a file in the order of computing. layers: the names of its convolutions."""

    def __init__(self, plain: Path) -> None:
        import onnx

        self.nodes = list(onnx.load(str(plain)).graph.node)
        self.layers = [node.name for node in self.nodes if node.op_type == _LAYER]

    def inside(self, layers: Sequence[str]) -> list[str]:
        """These convolutions, and what is done to values on the way from one of them to another."""
        chosen = set(layers)
        before = self._reached(self.nodes, chosen, lambda node: node.input, lambda node: node.output)
        behind = self._reached(self.nodes[::-1], chosen, lambda node: node.output, lambda node: node.input)
        way = [node.name for node in self.nodes if node.op_type in _BETWEEN and node.name in before & behind]
        return [*layers, *way]

    @staticmethod
    def _reached(nodes: Sequence[Any], chosen: set[str], comes: _Ends, goes: _Ends) -> set[str]:
        """The names of nodes that values of the chosen ones come to."""
        values: set[str] = set()
        found: set[str] = set()
        for node in nodes:
            there = any(name in values for name in comes(node))
            if there:
                found.add(node.name)
            if there or node.name in chosen:
                values.update(name for name in goes(node) if name)
        return found


def _quantise(plain: Path, made: Path, some: Inputs, nodes: Sequence[str]) -> None:
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
        op_types_to_quantize=[_LAYER, *_BETWEEN],
        nodes_to_quantize=list(nodes),
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
