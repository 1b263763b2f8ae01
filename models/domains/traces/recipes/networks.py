"""Networks on the standard-scaled trace: the published MLP and 1-D CNN, and a residual CNN."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import numpy.typing as npt

from models.domain import Task
from models.domains.traces import saliency
from models.domains.traces.recipes.model import TraceParams, make_recipe
from models.domains.traces.staging import Staged
from models.job import Progress
from models.learn.fitted import Model
from models.learn.kept_net import arrays_of, fill, told
from models.learn.settings import BALANCE, DROPOUT, LEARNING_RATE, PATIENCE, WEIGHT_DECAY
from models.params import Note

if TYPE_CHECKING:
    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]
#: Rows scaled and sent through the network in one go.
ROWS = 4096


@dataclass(frozen=True)
class NetParams(TraceParams):
    """How a network trains; defaults as published, but stopped early."""

    balance: Annotated[str, BALANCE] = "downsample"
    epochs: Annotated[int, Note("Passes over the training samples", low=1, high=2000)] = 15
    batch_size: Annotated[int, Note("Samples a step", low=1, high=8192)] = 64
    learning_rate: Annotated[float, LEARNING_RATE] = 1e-3
    weight_decay: Annotated[float, WEIGHT_DECAY] = 0.0
    patience: Annotated[int, PATIENCE] = 5
    dropout: Annotated[float, DROPOUT] = 0.3
    hidden: Annotated[tuple[int, ...], Note("Units of the dense layers", low=1, high=4096, section="Network")] = (
        256,
        128,
    )


@dataclass(frozen=True)
class MlpParams(NetParams):
    """The published perceptron."""


@dataclass(frozen=True)
class CnnParams(NetParams):
    """The published 1-D CNN."""

    filters: Annotated[tuple[int, ...], Note("Filters of the convolutions", low=1, high=1024, section="Network")] = (
        32,
        64,
        128,
    )
    kernels: Annotated[
        tuple[int, ...], Note("Lengths of their kernels", low=1, high=255, unit="samples", section="Network")
    ] = (7, 5, 3)


PRESETS = {
    "Section A": {"epochs": 15, "batch_size": 64, "patience": 0, "balance": "downsample"},
    "Section B": {"epochs": 10, "batch_size": 64, "patience": 0, "balance": "downsample"},
}


def _plan_mlp(params: Any, length: int, classes: int) -> dict[str, Any]:
    return {
        "kind": "mlp",
        "inputs": length,
        "classes": classes,
        "hidden": list(params.hidden),
        "dropout": params.dropout,
    }


def _plan_cnn(params: Any, length: int, classes: int) -> dict[str, Any]:
    from models.errors import UserError

    if len(params.filters) != len(params.kernels):
        raise UserError("filters and kernels must be equally many: each convolution has one of both.")
    return {
        "kind": "cnn1d",
        "length": length,
        "classes": classes,
        "filters": list(params.filters),
        "kernels": list(params.kernels),
        "hidden": list(params.hidden),
        "dropout": params.dropout,
    }


def build_net(plan: dict[str, Any]) -> Net:
    """The network of a plan (kind and sizes, as a model's numbers keep it)."""
    from models.learn import nets

    sizes = {name: value for name, value in plan.items() if name != "kind"}
    makers: dict[str, Callable[..., Net]] = {"mlp": nets.mlp, "cnn1d": nets.cnn1d}
    return makers[plan["kind"]](**sizes)


Plan = Callable[[Any, int, int], dict[str, Any]]


def learner(plan_net: Plan) -> Callable[[Task, Staged], Generator[Progress, None, Model]]:
    """The learn function of a kind of network."""

    def learn(task: Task, staged: Staged) -> Generator[Progress, None, Model]:
        plan = plan_net(task.params, staged.length, len(task.classes))
        return (yield from learn_net(task, staged, plan))

    return learn


def learn_net(task: Task, staged: Staged, plan: dict[str, Any]) -> Generator[Progress, None, Model]:
    """Scale by the training rows, train, keep state and scaling as arrays."""
    from models.learn.fit import Data, settings_of, train_network

    params = task.params
    mean, scale = fit_scale(staged, task.train)
    data = Data(scaled(staged, task.train, mean, scale), scaled(staged, task.val, mean, scale))
    settings = settings_of(params, schedule=getattr(params, "schedule", "constant"))
    trained = yield from train_network(lambda: build_net(plan), data, task, settings)
    arrays = {**arrays_of(trained.net), "mean": mean, "scale": scale}
    facts = {**staged.facts, **told(trained)}
    return Model("", task.classes, facts, arrays, {"net": plan}, memo={"net": trained.net})


def fit_scale(staged: Staged, rows: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each time over the valid values of these rows, (length,)."""
    chosen = np.unique(rows)
    count, total, squares = (np.zeros(staged.length) for _ in range(3))
    shift = np.asarray(staged.values[chosen[0]], np.float64) if len(chosen) else 0.0
    for start in range(0, len(chosen), ROWS):
        part = chosen[start : start + ROWS]
        mask = staged.mask(part)
        values = np.where(mask, np.asarray(staged.values[part], np.float64) - shift, 0)
        count, total, squares = count + mask.sum(0), total + values.sum(0), squares + (values**2).sum(0)
    count = np.maximum(count, 1)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    deviation[~(deviation > 1e-8)] = 1.0
    return (mean + shift).astype(np.float32), deviation.astype(np.float32)


def scaled(staged: Staged, rows: Any, mean: Floats, scale: Floats) -> Floats:
    """These rows standard-scaled, (rows, 1, length); padded values are 0, the mean."""
    values = (np.asarray(staged.values[rows], np.float32) - mean) / scale
    if not staged.whole:
        values[~staged.mask(rows)] = 0
    return values[:, None, :].astype(np.float32, copy=False)


def net_of(model: Model) -> Net:
    """The model's network with its weights."""
    if "net" not in model.memo:
        model.memo["net"] = fill(build_net(model.numbers["net"]), model)
    return cast("Net", model.memo["net"])


def score(model: Model, staged: Staged, device: str) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    from models.learn.tabular import softmax

    if not len(staged):
        return np.zeros((0, len(model.classes)), np.float32)
    return softmax(_forward(model, net_of(model), staged, device))


def vectors(model: Model, staged: Staged, device: str) -> Floats:
    """The last hidden layer, (n, units)."""
    return _forward(model, net_of(model).body, staged, device)


def _forward(model: Model, net: Any, staged: Staged, device: str) -> Floats:
    from models.learn.fit import forward

    parts = [
        forward(net, scaled(staged, slice(start, start + ROWS), model.arrays["mean"], model.arrays["scale"]), device)
        for start in range(0, len(staged), ROWS)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)


def explain(model: Model, staged: Staged, device: str) -> Floats:
    """Gradient saliency, (n, length)."""
    x = scaled(staged, slice(None), model.arrays["mean"], model.arrays["scale"])
    return saliency.gradient(net_of(model), x, device)


def sanity(model: Model, staged: Staged, device: str) -> dict[str, float]:
    """How much the saliency resembles that of the same network with random weights."""
    x = scaled(staged, slice(None), model.arrays["mean"], model.arrays["scale"])
    return saliency.randomised_check(net_of(model), x, device)


MLP = make_recipe("mlp", "Perceptron", MlpParams, learner(_plan_mlp), score, vectors, explain, sanity, PRESETS)
CNN = make_recipe("cnn", "1-D CNN", CnnParams, learner(_plan_cnn), score, vectors, explain, sanity, PRESETS)
