"""A small network of its own on mel spectrograms, trained from nothing: for those without weights."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import numpy.typing as npt

from models.domain import Setting, Task
from models.domains.voice.recipes.pictured import UNREAD, PicturedParams, pictured_recipe
from models.errors import UserError
from models.job import Progress, finish
from models.learn.fitted import Model, narrowed, placed
from models.learn.kept_net import arrays_of, fill, told
from models.learn.settings import BALANCE, PATIENCE, WEIGHT_DECAY
from models.params import Note
from models.sample import Samples

if TYPE_CHECKING:
    from torch import Tensor

    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]
#: Recordings drawn and sent through the network in one go.
STEP = 64
#: A stripe of time or frequency that is painted over covers at most this share of the picture.
STRIPE = 0.2


@dataclass(frozen=True)
class SmallCnnParams(PicturedParams):
    """Size of the network; it needs more passes than one that knows pictures already."""

    balance: Annotated[str, BALANCE] = "sampler"
    epochs: Annotated[int, Note("Passes over the training recordings", low=1, high=2000)] = 40
    weight_decay: Annotated[float, WEIGHT_DECAY] = 1e-2
    patience: Annotated[int, PATIENCE] = 10
    augment: Annotated[
        bool, Note("Change pictures at random in training: shifted in time, stripes of time and frequency painted over")
    ] = True
    image_size: Annotated[
        int, Note("Side that pictures are brought to", low=32, high=512, unit="px", section="Network")
    ] = 96
    filters: Annotated[
        tuple[int, ...], Note("Filters of the stages, each half as wide", low=1, high=1024, section="Network")
    ] = (16, 32, 64)


def learn(task: Task) -> Generator[Progress, None, Model]:
    """Train on the pictures and keep the weights."""
    from models.domains.voice.pictures import stage
    from models.learn.fit import Data, settings_of, train_network

    params = task.params
    rows = np.unique(np.concatenate([task.train, task.val]))
    pictures = yield from stage(task.samples, rows, params.image_size, task.cache)
    whole = np.asarray(pictures.reshape(len(rows), -1).any(axis=1), bool)
    task = narrowed(task, *(whole[np.searchsorted(rows, part)] for part in (task.train, task.val)))
    if not len(task.train):
        raise UserError(UNREAD)
    parts = [np.asarray(pictures[np.searchsorted(rows, part)]) for part in (task.train, task.val)]
    plan = {"classes": len(task.classes), "filters": list(params.filters), "dropout": params.dropout}
    data = Data(parts[0], parts[1], preparer(params.augment))
    trained = yield from train_network(lambda: build_net(plan), data, task, settings_of(params))
    return Model("", task.classes, told(trained), arrays_of(trained.net), {"net": plan, "side": params.image_size})


def preparer(augmented: bool) -> Any:
    """Bytes (n, h, w, 3) → standardised (n, 3, h, w); in training changed at random if asked for."""
    from models.learn.frozen import imagenet

    def prepare(batch: Tensor, training: bool) -> Tensor:
        return vary(imagenet(batch)) if training and augmented else imagenet(batch)

    return prepare


def vary(x: Tensor) -> Tensor:
    """Pictures (n, c, h, w) shifted in time, a stripe of time and one of frequency at their mean (Park et al. 2019)."""
    import torch

    n, _, high, wide = x.shape
    x = torch.stack([one.roll(int(torch.randint(wide, ())), 2) for one in x])
    for axis, size in ((2, high), (3, wide)):
        most = max(int(STRIPE * size), 1)
        start, length = torch.randint(size, (n, 1)), torch.randint(1, most + 1, (n, 1))
        place = torch.arange(size)[None]
        hidden = ((place >= start) & (place < start + length)).to(x.device)
        hidden = hidden[:, None, :, None] if axis == 2 else hidden[:, None, None, :]
        x = torch.where(hidden, x.mean((2, 3), keepdim=True), x)
    return x.contiguous(memory_format=torch.channels_last)


def build_net(plan: dict[str, Any]) -> Net:
    """The network of a plan, channels last."""
    import torch

    from models.learn.nets import cnn2d

    return cnn2d(**plan).to(memory_format=torch.channels_last)


def net_of(model: Model) -> Net:
    """The model's network with its weights."""
    if "net" not in model.memo:
        model.memo["net"] = fill(build_net(model.numbers["net"]), model)
    return cast("Net", model.memo["net"])


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Probabilities (n, classes), uncalibrated, NaN for what cannot be read."""
    from models.learn.tabular import softmax

    found = outputs(model, net_of(model), len(model.classes), samples, setting)
    return np.where(np.isfinite(found), softmax(np.nan_to_num(found)), np.nan).astype(np.float32)


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """What the last stage sees on the mean, (n, d)."""
    return placed(outputs(model, net_of(model).body, int(model.numbers["net"]["filters"][-1]), samples, setting))


def outputs(model: Model, net: Any, width: int, samples: Samples, setting: Setting) -> Floats:
    """What a network says of samples, (n, width), NaN for what cannot be read."""
    from models.domains.voice.pictures import drawable, stage
    from models.learn.fit import forward

    out = np.full((len(samples), width), np.nan, np.float32)
    rows = np.flatnonzero(drawable(samples))
    if not len(rows):
        return out
    pictures = finish(stage(samples, rows, int(model.numbers["side"]), setting.cache))
    whole = pictures.reshape(len(rows), -1).any(axis=1)
    if whole.any():
        out[rows[whole]] = forward(net, np.asarray(pictures[whole]), setting.device, STEP, preparer(False))
    return out


SMALL_CNN = pictured_recipe(
    "small_cnn", "Small CNN on mel spectrograms", SmallCnnParams, learn, score, vectors, {"quick": {"epochs": 10}}
)
