"""A backbone of torchvision that knows pictures already: frozen with a head of its own, or taught further."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import numpy.typing as npt

from models.domain import Setting, Task
from models.domains.smears.recipes import networks
from models.domains.smears.recipes.model import make_recipe
from models.domains.smears.recipes.networks import PictureParams
from models.errors import UserError
from models.job import Progress, finish
from models.learn.fitted import Model, narrowed, placed
from models.learn.kept_net import arrays_of, fill, told
from models.params import Note
from models.sample import Samples

if TYPE_CHECKING:
    from models.domains.smears.embeddings import Spec
    from models.domains.smears.gradcam import Looked
    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]
#: Of a whole backbone on a processor so many cells are learnt from at a time: each needs 50 MB until it is through.
CPU_BATCH = 32
#: Layers that knew something before are moved by this share of the step.
GENTLY = 0.1


@dataclass(frozen=True)
class ResnetParams(PictureParams):
    """Which backbone, and how much of it learns."""

    backbone: Annotated[
        str, Note("Network of torchvision: resnet34, efficientnet_b0, convnext_tiny …", section="Network")
    ] = "resnet34"
    train_layers: Annotated[
        str,
        Note(
            "What learns: the head on vectors that are computed once, the last stages too, or all",
            choices=("head", "layer4", "all"),
            section="Network",
        ),
    ] = "head"
    augment: Annotated[
        bool,
        Note("Change pictures at random in training; not with a frozen backbone, whose vectors are kept"),
    ] = True


def learn(task: Task) -> Generator[Progress, None, Model]:
    """Train the head, or some of the backbone with it."""
    from models.domains.smears.embeddings import Spec
    from models.learn import weights
    from models.learn.backbones import check_name

    params = task.params
    check_name(params.backbone)
    found = weights.find(params.backbone)
    if found == weights.RANDOM:
        yield Progress(log=weights.advice(params.backbone))
    spec = Spec(params.backbone, found, params.image_size, params.masked)
    model = yield from (_learn_head if params.train_layers == "head" else _learn_layers)(task, spec)
    model.numbers["spec"] = asdict(spec)
    model.facts |= {"weights": found}
    return model


def _learn_head(task: Task, spec: Spec) -> Generator[Progress, None, Model]:
    """Vectors of all cells once, then a linear head on them."""
    from models.domains.smears.embeddings import embed
    from models.learn.fit import Data, settings_of, train_network

    rows = np.unique(np.concatenate([task.train, task.val]))
    table = yield from embed(task.samples, rows, spec, task.cache, task.device)
    whole = np.asarray(np.isfinite(table).all(1), bool)
    train, val = (np.searchsorted(rows, part) for part in (task.train, task.val))
    seen = narrowed(task, whole[train], whole[val])
    train, val = train[whole[train]], val[whole[val]]
    if not len(train):
        raise UserError("none of the labelled cells can be read. Bring their images, or locate the source.")
    known = table[np.unique(train)]
    mean, scale = known.mean(0), np.maximum(known.std(0), 1e-6)
    z = (table - mean) / scale
    width, count, dropout = table.shape[1], len(task.classes), task.params.dropout
    settings = settings_of(task.params, smoothing=task.params.label_smoothing)
    trained = yield from train_network(lambda: _head(width, count, dropout), Data(z[train], z[val]), seen, settings)
    linear = cast(Any, trained.net).head
    arrays = {"mean": mean, "scale": scale, "weight": linear.weight.numpy(force=True).T}
    arrays["bias"] = linear.bias.numpy(force=True)
    return Model("", task.classes, told(trained), arrays)


def _head(width: int, classes: int, dropout: float) -> Net:
    from torch import nn

    from models.learn.nets import Net

    return Net(nn.Dropout(dropout), nn.Linear(width, classes))


def _learn_layers(task: Task, spec: Spec) -> Generator[Progress, None, Model]:
    """Head and stages together, on pictures changed at random."""
    from dataclasses import replace

    params = task.params
    batch = params.batch_size
    if task.device == "cpu" and params.train_layers == "all" and batch > CPU_BATCH:
        batch = CPU_BATCH
        yield Progress(log=f"On a processor {batch} cells are learnt from at a time, not {params.batch_size}.")
    gentle = replace(task, params=replace(params, learning_rate=params.learning_rate * GENTLY))

    def make() -> Net:
        return build_net(spec, len(task.classes), params.dropout, params.train_layers)

    trained = yield from networks.train(gentle, make, half=True, batch=batch)
    return Model("", task.classes, told(trained), arrays_of(trained.net), memo={"net": trained.net})


def build_net(spec: Spec, classes: int, dropout: float = 0.0, layers: str = "all") -> Net:
    """A whole network: trunk with its weights, of which these layers learn, and a new head; channels last."""
    import torch
    from torch import nn

    from models.learn import backbones
    from models.learn.nets import Net

    trunk = backbones.trunk(spec.backbone, spec.weights)
    width = backbones.width(trunk, spec.image_size)
    backbones.freeze(trunk, layers)
    net = Net(backbones.Tuned(trunk), nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes)))
    return net.to(memory_format=torch.channels_last)


def spec_of(model: Model) -> Spec:
    """The backbone that a model stands on."""
    from models.domains.smears.embeddings import Spec

    try:
        return Spec(**model.numbers["spec"])
    except (KeyError, TypeError):
        raise UserError("this model does not say which backbone it stands on. Train again.") from None


def frozen(model: Model) -> bool:
    """Whether a model is a head on vectors that are computed once."""
    return "weight" in model.arrays


def net_of(model: Model) -> Net:
    """The model as one network of pictures."""
    if "net" not in model.memo:
        spec = spec_of(model)
        if not frozen(model):
            from dataclasses import replace

            from models.learn.weights import RANDOM

            # All weights are the model's own: the file that they began with is not needed.
            model.memo["net"] = fill(build_net(replace(spec, weights=RANDOM), len(model.classes)), model)
        else:
            model.memo["net"] = _joined(model, spec)
    return cast("Net", model.memo["net"])


def _joined(model: Model, spec: Spec) -> Net:
    """The frozen trunk with the head; the scaling of the vectors goes into the head's weights."""
    import torch

    net = build_net(spec, len(model.classes))
    weight = model.arrays["weight"].T / model.arrays["scale"]
    head = cast(Any, net.head)[1]
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(weight))
        head.bias.copy_(torch.from_numpy(model.arrays["bias"] - weight @ model.arrays["mean"]))
    return net.eval()


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    if not frozen(model):
        return networks.scores(model, networks.outputs(model, net_of(model), samples, setting, half=True))
    from models.learn.tabular import Linear

    return networks.scores(model, Linear(model.arrays).scores(_embedded(model, samples, setting)))


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """What the backbone sees, (n, d)."""
    if not frozen(model):
        width = int(cast(Any, net_of(model).head)[1].in_features)
        return placed(networks.outputs(model, net_of(model).body, samples, setting, half=True), width)
    z = (_embedded(model, samples, setting) - model.arrays["mean"]) / model.arrays["scale"]
    return placed(z, z.shape[1])


def _embedded(model: Model, samples: Samples, setting: Setting) -> Floats:
    from models.domains.smears.cells import drawable
    from models.domains.smears.embeddings import embed

    out = np.full((len(samples), len(model.arrays["mean"])), np.nan, np.float32)
    rows = np.flatnonzero(drawable(samples))
    if len(rows):
        out[rows] = finish(embed(samples, rows, spec_of(model), setting.cache, setting.device))
    return out


def look(model: Model) -> Looked:
    """The network as Grad-CAM takes it."""
    from models.domains.smears.gradcam import Looked
    from models.learn.backbones import stages

    net = net_of(model)
    names = {name: f"body.net.{name}" for name in stages(cast(Any, net.body).net)}
    return Looked(net, names, spec_of(model).image_size)


RESNET34 = make_recipe(
    "resnet34",
    "Transfer from a backbone",
    ResnetParams,
    learn,
    score,
    vectors,
    look,
    {
        "Frozen backbone": {"train_layers": "head"},
        "Last stages": {"train_layers": "layer4"},
        "All layers": {"train_layers": "all"},
        "EfficientNet-B0": {"backbone": "efficientnet_b0"},
    },
)
