"""The network of the IMBALMED runner: InceptionV3 that knows ImageNet, frozen, with a head of its own.

The head is that of the reference: batch norm, two layers of 1,024 units, dropout, the classes. What the frozen part
sees of a recording is computed once for all sub-bases, folds and trainings.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import numpy.typing as npt

from models.domain import Setting, Task
from models.domains.voice.recipes.pictured import UNREAD, PicturedParams, files_of, pictured_recipe
from models.errors import UserError
from models.job import Progress, finish
from models.learn.fitted import Model, narrowed, placed
from models.learn.kept_net import arrays_of, fill, told
from models.params import Note
from models.sample import Samples

if TYPE_CHECKING:
    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class InceptionParams(PicturedParams):
    """Which frozen backbone looks at the pictures, and how wide its head is."""

    backbone: Annotated[str, Note("Network of torchvision that looks: inception_v3, resnet34 …", section="Network")] = (
        "inception_v3"
    )
    image_size: Annotated[
        int, Note("Side that pictures are brought to", low=32, high=512, unit="px", section="Network")
    ] = 299
    hidden: Annotated[tuple[int, ...], Note("Units of the layers of the head", low=1, high=8192, section="Network")] = (
        1024,
        1024,
    )


def learn(task: Task) -> Generator[Progress, None, Model]:
    """What the backbone sees of all recordings once, then the head on it."""
    from models.domains.voice.pictures import embed
    from models.learn import weights
    from models.learn.fit import Data, settings_of, train_network

    params = task.params
    spec = spec_of(params)
    if spec["weights"] == weights.RANDOM:
        yield Progress(log=weights.advice(params.backbone))
    rows = np.unique(np.concatenate([task.train, task.val]))
    table = yield from embed(task.samples, rows, **spec, cache=task.cache, device=task.device)
    whole = np.asarray(np.isfinite(table).all(1), bool)
    train, val = (np.searchsorted(rows, part) for part in (task.train, task.val))
    seen = narrowed(task, whole[train], whole[val])
    train, val = train[whole[train]], val[whole[val]]
    if not len(train):
        raise UserError(UNREAD)
    plan = {"width": table.shape[1], "classes": len(task.classes)}
    plan |= {"hidden": list(params.hidden), "dropout": params.dropout}
    data = Data(np.ascontiguousarray(table[train]), np.ascontiguousarray(table[val]))
    trained = yield from train_network(lambda: build_head(**plan), data, seen, settings_of(params))
    numbers = {"spec": spec, "head": plan}
    return Model("", task.classes, told(trained) | {"weights": spec["weights"]}, arrays_of(trained.net), numbers)


def spec_of(params: InceptionParams) -> dict[str, Any]:
    """Which backbone looks, with which weights, at pictures of which side. Raises UserError for an unknown one."""
    from models.learn import weights
    from models.learn.backbones import check_name

    check_name(params.backbone)
    return {"backbone": params.backbone, "weights": weights.find(params.backbone), "side": params.image_size}


def look_ahead(
    params: InceptionParams, samples: Samples, rows: npt.NDArray[np.int64], setting: Setting
) -> Generator[Progress, None, None]:
    """What the backbone sees of these rows, kept for every training that stands on it."""
    from models.domains.voice.pictures import drawable, embed

    seen = rows[drawable(samples)[rows]]
    if len(seen):
        yield from embed(samples, seen, **spec_of(params), cache=setting.cache, device=setting.device)


def rests(params: InceptionParams, samples: Samples, rows: npt.NDArray[np.int64]) -> Any:
    """The states of the files of these rows, and the weights that look at them: others may have come since."""
    return files_of(params, samples, rows), spec_of(params)["weights"]


def build_head(width: int, classes: int, hidden: list[int], dropout: float) -> Net:
    """Batch norm, layers with ReLU, dropout, and the classes; input (n, width)."""
    from torch import nn

    from models.learn.nets import Net

    layers: list[nn.Module] = [nn.BatchNorm1d(width)]
    for count in hidden:
        layers += [nn.Linear(width, count), nn.ReLU()]
        width = count
    return Net(nn.Sequential(*layers), nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes)))


def net_of(model: Model) -> Net:
    """The head of a model."""
    if "net" not in model.memo:
        model.memo["net"] = fill(build_head(**model.numbers["head"]), model)
    return cast("Net", model.memo["net"])


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Probabilities (n, classes), uncalibrated, NaN for what cannot be read."""
    from models.learn.fit import forward
    from models.learn.tabular import softmax

    table = seen_by(model, samples, setting)
    whole = np.isfinite(table).all(1)
    out = np.full((len(samples), len(model.classes)), np.nan, np.float32)
    if whole.any():
        out[whole] = softmax(forward(net_of(model), table[whole], setting.device, 4096))
    return out


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """What the backbone sees, (n, d)."""
    return placed(seen_by(model, samples, setting))


def seen_by(model: Model, samples: Samples, setting: Setting) -> Floats:
    """What the frozen backbone of a model sees of samples, (n, d), NaN for what cannot be read."""
    from models.domains.voice.pictures import drawable, embed

    try:
        spec, width = dict(model.numbers["spec"]), int(model.numbers["head"]["width"])
        named: dict[str, Any] = {name: spec[name] for name in ("backbone", "weights", "side")}
    except (KeyError, TypeError, ValueError):
        raise UserError("this model does not say which backbone it stands on. Train again.") from None
    out = np.full((len(samples), width), np.nan, np.float32)
    rows = np.flatnonzero(drawable(samples))
    if len(rows):
        out[rows] = finish(embed(samples, rows, **named, cache=setting.cache, device=setting.device))
    return out


INCEPTION = pictured_recipe(
    "inception",
    "InceptionV3 on mel spectrograms",
    InceptionParams,
    learn,
    score,
    vectors,
    {"quick": {"epochs": 10}, "ResNet-34": {"backbone": "resnet34", "image_size": 224, "hidden": (256,)}},
    ahead=look_ahead,
    rests=rests,
)
