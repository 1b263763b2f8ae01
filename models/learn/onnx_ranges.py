"""From where to where the values inside an ONNX file go, for whole numbers of 8 bits: seen on real rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.onnx_session import Inputs, session_of

Floats = npt.NDArray[np.float32]
Range = tuple[float, float]
#: Rows sent through in one go, and values kept of each tensor altogether.
_STEP, _KEPT = 4, 1 << 16


@dataclass(frozen=True)
class Seen:
    """Values of a tensor: some of them in ascending order, and the mean of the least and the largest of rows."""

    values: Floats
    usual: Range


def watch(plain: Path, names: Sequence[str], some: Inputs) -> dict[str, Seen]:
    """What tensors of a file hold on these rows."""
    import onnx

    file = onnx.load(str(plain))
    there = {one.name for one in file.graph.output}
    file.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names if name not in there
    )
    session = session_of(file.SerializeToString())
    count = len(next(iter(some.values())))
    rng = np.random.default_rng(0)
    kept: dict[str, list[Floats]] = {name: [] for name in names}
    ends: dict[str, list[Floats]] = {name: [] for name in names}
    for part in _parts(some, count):
        for name, found in zip(names, session.run(list(names), part), strict=True):
            rows = found.reshape(len(next(iter(part.values()))), -1)
            ends[name].append(np.stack([rows.min(1), rows.max(1)]))
            few = max(1, _KEPT * len(rows) // count)
            kept[name].append(rows.ravel()[rng.integers(0, rows.size, few)] if rows.size > few else rows.ravel())
    return {name: _seen(np.concatenate(kept[name]), np.concatenate(ends[name], 1)) for name in names}


def _parts(some: Inputs, count: int) -> Iterator[dict[str, npt.NDArray[Any]]]:
    for start in range(0, count, _STEP):
        yield {name: one[start : start + _STEP] for name, one in some.items()}


def _seen(values: Floats, ends: Floats) -> Seen:
    # What is drawn may have missed the ends.
    values = np.sort(np.append(values, [ends[0].min(), ends[1].max()]).astype(np.float32))
    return Seen(values, (float(ends[0].mean()), float(ends[1].mean())))


def _usual(seen: Seen) -> Range:
    """The ends of a row on the mean: one row of an artifact does not stretch the scale of all others."""
    return seen.usual


def _common(seen: Seen, one: int) -> Range:
    """The range of all values but one in so many: what lies beyond is cut off, and all others have finer steps."""
    low, high = np.quantile(seen.values, [0.5 / one, 1 - 0.5 / one])
    return float(low), float(high)


#: Ways to choose both ends, by name.
WAYS: Mapping[str, Callable[[Seen], Range]] = {
    **{f"all but one value in {one:,}": partial(_common, one=one) for one in (1000, 3000, 10_000, 30_000)},
    "ends of a row on the mean": _usual,
}


def ranges(seen: Mapping[str, Seen], way: str) -> dict[str, Range]:
    """Both ends of each tensor by one of WAYS."""
    return {name: WAYS[way](one) for name, one in seen.items()}
