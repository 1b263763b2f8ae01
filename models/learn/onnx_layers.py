"""The convolutions of an ONNX file, what lies between them, and the file with some of them in whole numbers."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

#: What is computed in whole numbers, and what is so between two of them.
LAYER = "Conv"
BETWEEN = ("Add", "Mul", "Relu", "Sigmoid", "GlobalAveragePool", "ReduceMean", "MaxPool", "Concat")
#: Neighbouring convolutions are tried out together, in so many groups at most.
_GROUPS = 24
#: The name of weights, with what the merging of batch norms and a second use of them have put around it.
_TITLE = re.compile(r"^(?:ConvBnFusion_W_)?(?:net\.)?(.+)\.weight(?:_token_\d+)?$")
_Ends = Callable[[Any], Iterable[str]]


def prepare(place: Path, plain: Path) -> None:
    """Write the file at `place` with its shapes known and batch norms inside of convolutions."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    quant_pre_process(str(place), str(plain), skip_symbolic_shape=True)


class Layers:
    """The nodes of a prepared file in the order of computing. names: those of its convolutions."""

    def __init__(self, plain: Path) -> None:
        from onnxruntime.quantization.quant_utils import load_model_with_shape_infer

        self.file: Any = load_model_with_shape_infer(plain)
        self.nodes = list(self.file.graph.node)
        self.names = [node.name for node in self.nodes if node.op_type == LAYER]
        self._before = self._nearest(self.nodes, lambda node: node.input, lambda node: node.output)
        self._behind = self._nearest(self.nodes[::-1], lambda node: node.output, lambda node: node.input)

    @property
    def groups(self) -> list[list[str]]:
        """Neighbours among the convolutions, in order."""
        count = len(self.names)
        size = max(1, -(-count // _GROUPS))
        return [self.names[start : start + size] for start in range(0, count, size)]

    def title(self, name: str) -> str:
        """What a convolution is called where the network was written: the name of its weights."""
        node = next(node for node in self.nodes if node.name == name)
        return _TITLE.sub(r"\1", str(node.input[1]))

    @property
    def values(self) -> list[str]:
        """The tensors that may become whole numbers."""
        import onnx

        graph = self.file.graph
        typed = {one.name: one.type.tensor_type.elem_type for one in (*graph.value_info, *graph.input, *graph.output)}
        fixed = {one.name for one in graph.initializer}
        chosen = (node for node in self.nodes if node.op_type in (LAYER, *BETWEEN))
        names = dict.fromkeys(name for node in chosen for name in (*node.input, *node.output))
        return [name for name in names if name not in fixed and typed.get(name) == onnx.TensorProto.FLOAT]

    def inside(self, chosen: Sequence[str]) -> list[str]:
        """These convolutions, and what is done to values on the way from one of them to another.

        What comes before or behind any other convolution stays out: its digits are worth keeping.
        """
        few = set(chosen)
        between = (node.name for node in self.nodes if node.op_type in BETWEEN)
        way = (name for name in between if self._of(name, self._before, few) and self._of(name, self._behind, few))
        return [*chosen, *way]

    @staticmethod
    def _of(name: str, nearest: Mapping[str, frozenset[str]], chosen: set[str]) -> bool:
        return bool(nearest[name]) and nearest[name] <= chosen

    @staticmethod
    def _nearest(nodes: Sequence[Any], comes: _Ends, goes: _Ends) -> dict[str, frozenset[str]]:
        """Of each node the convolutions that values come from without passing another one."""
        brought: dict[str, frozenset[str]] = {}
        found: dict[str, frozenset[str]] = {}
        for node in nodes:
            here = frozenset[str]().union(*(brought.get(name, frozenset()) for name in comes(node)))
            found[node.name] = here
            passed = frozenset([node.name]) if node.op_type == LAYER else here
            for name in filter(None, goes(node)):
                brought[name] = brought.get(name, frozenset()) | passed
        return found

    def write(self, made: Path, chosen: Sequence[str], ranges: Mapping[str, tuple[float, float]]) -> None:
        """The file with these convolutions in whole numbers; ranges: of each tensor that may be."""
        import numpy as np
        from onnxruntime.quantization import CalibrationMethod, QuantType
        from onnxruntime.quantization.calibrate import TensorsData
        from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

        ends = {name: (np.float32(low), np.float32(high)) for name, (low, high) in ranges.items()}
        quantizer = QDQQuantizer(
            copy.deepcopy(self.file),
            True,  # each channel of the weights by its own scale
            False,
            QuantType.QInt8,
            QuantType.QUInt8,
            TensorsData(CalibrationMethod.MinMax, ends),
            self.inside(chosen),
            [],
            [LAYER, *BETWEEN],
            {},
        )
        quantizer.quantize_model()
        quantizer.model.save_model_to_file(str(made), False)
