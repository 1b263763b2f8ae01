"""A network as an ONNX file: written by torch, told about inside and beside, compared with torch on real input."""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from models.domain import ExportView, Recipe
from models.errors import UserError, lacking
from models.learn import onnx_session
from models.learn.onnx_session import OUTPUT, TOGETHER, Inputs
from models.learn.save import read_json

if TYPE_CHECKING:
    from torch import nn

Floats = npt.NDArray[np.float32]
#: How far a probability of the file may be from that of torch.
NEAR = 1e-3
_NEEDED = ("onnx", "onnxruntime", "onnxscript")


def check_extra() -> None:
    """Raises UserError where what writes and runs ONNX is not installed."""
    if any(find_spec(name) is None for name in _NEEDED):
        raise lacking("ONNX needs", "onnx")


def model_of(view: ExportView, recipes: Sequence[Recipe], nets: Sequence[str]) -> tuple[Any, float]:
    """The model of a view's run and the temperature that its record has beside the model's own.

    nets: names of recipes that are networks. UserError where the run is of none, and where there is no run.
    """
    if view.folder is None:
        raise UserError("ONNX holds the model of a run, and there is none. Train one first.")
    record = read_json(view.folder / "run.json")
    name = str(record.get("recipe"))
    if name not in nets:
        known = f"{', '.join(nets[:-1])} and {nets[-1]}"
        raise UserError(f"{view.run} is of {name}, which is no network: ONNX holds {known}.")
    recipe = next(one for one in recipes if one.name == name)
    return recipe.load(view.folder / "model"), float(record.get("temperature", 1.0))


def beside_of(path: Path, example: str, suffixes: Sequence[str] = (".json",)) -> list[Path]:
    """What is written beside an ONNX file, the JSON that tells of it first.

    UserError for a name of another suffix, and where something stands that is not of a former file of this name.
    """
    if path.suffix.lower() != ".onnx":
        raise UserError(f"{path} is no name of an ONNX file. Give one, such as {example}.")
    found = [path.with_suffix(suffix) for suffix in suffixes]
    taken = [place for place in found if place.exists() and not path.exists()]
    if taken:
        raise UserError(f"{taken[0]} exists already, where what goes into the model is written. Choose another name.")
    return found


def write_net(net: nn.Module, some: Inputs, place: Path, rows: str) -> None:
    """Write a network whose forward takes the inputs in their order and gives probabilities.

    some: at least one row of each input. rows: what the first dimension is called; there may be any number of them.
    """
    import torch

    # Two rows at least: with one the number of rows would be taken for fixed.
    example = tuple(torch.from_numpy(np.repeat(values[:1], 2, 0)) for values in some.values())
    with _quiet():
        torch.onnx.export(
            net,
            example,
            str(place),
            input_names=list(some),
            output_names=[OUTPUT],
            dynamic_shapes=tuple({0: torch.export.Dim(rows)} for _ in some),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def tell(place: Path, told: Mapping[str, Any]) -> None:
    """Write into an ONNX file what goes into it: texts as they are, all else as JSON."""
    import onnx

    file = onnx.load(str(place))
    words = {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
    onnx.helper.set_model_props(file, words)
    onnx.save(file, str(place))


def torch_answers(net: nn.Module, inputs: Inputs, together: int = TOGETHER) -> Floats:
    """What the network itself says, (n, classes)."""
    import torch

    count = len(next(iter(inputs.values())))
    parts = []
    with torch.inference_mode():
        for start in range(0, count, together):
            batch = (torch.from_numpy(np.ascontiguousarray(one[start : start + together])) for one in inputs.values())
            parts.append(net(*batch).numpy())
    return cast(Floats, np.concatenate(parts))


def difference(net: nn.Module, place: Path, inputs: Inputs) -> float:
    """How far the file's probabilities are from those of torch at most."""
    found = onnx_session.answers(onnx_session.open_session(place), inputs)
    return float(np.abs(torch_answers(net, inputs) - found).max())


def compared(net: nn.Module, place: Path, inputs: Inputs, path: Path) -> float:
    """The same. UserError where the file, which is to become `path`, would answer otherwise than the network."""
    far = difference(net, place, inputs)
    if not far <= NEAR:
        raise UserError(f"{path} would answer otherwise than the model, by up to {far:.2g}. Nothing was written.")
    return far


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Torch tells much while it writes ONNX, and none of it is for a person."""
    names = ("torch", "torch.onnx", "torch.export", "onnxscript", "onnx_ir")
    before = {name: logging.getLogger(name).level for name in names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)
