"""A small network of its own, trained from nothing: for those without weights."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import numpy.typing as npt

from models.domain import Setting, Task
from models.domains.smears.recipes import networks
from models.domains.smears.recipes.model import make_recipe
from models.domains.smears.recipes.networks import PictureParams
from models.job import Progress, finish
from models.learn.fitted import Model, placed
from models.learn.kept_net import arrays_of, fill, told
from models.learn.settings import DROPOUT, PATIENCE
from models.params import Note
from models.sample import Samples

if TYPE_CHECKING:
    from models.domains.smears.gradcam import Looked
    from models.learn.nets import Net

Floats = npt.NDArray[np.float32]
#: Of fine density this share of the places counts, the strongest ones.
TOP = 0.03


@dataclass(frozen=True)
class SmallCnnParams(PictureParams):
    """Size of the network; it needs more passes than one that knows pictures already."""

    fine: Annotated[
        bool,
        Note(
            "See only what is more purple than its surroundings inside the cell, against the cell's own colour: "
            "what parasites are in other laboratories too",
            section="Data",
            short="fine density",
        ),
    ] = False
    epochs: Annotated[int, Note("Passes over the training cells", low=1, high=2000)] = 30
    batch_size: Annotated[int, Note("Cells a step", low=1, high=8192)] = 64
    patience: Annotated[int, PATIENCE] = 8
    label_smoothing: Annotated[float, Note("Share of the target given to all classes", low=0, high=0.5)] = 0.05
    dropout: Annotated[float, DROPOUT] = 0.3
    image_size: Annotated[
        int, Note("Side that cells are brought to", low=32, high=512, unit="px", section="Network")
    ] = 64
    filters: Annotated[
        tuple[int, ...], Note("Filters of the stages, each half as wide", low=1, high=1024, section="Network")
    ] = (16, 32, 64, 128)


def learn(task: Task) -> Generator[Progress, None, Model]:
    """Train on the cells and keep the weights."""
    plan = {"classes": len(task.classes), "filters": list(task.params.filters), "dropout": task.params.dropout}
    if task.params.fine:
        plan |= {"top": TOP, "ordinary": ordinary(task)}
        trained = yield from networks.train(task, lambda: build_net(plan), half=True, schedule="cosine")
    else:
        trained = yield from networks.train(task, lambda: build_net(plan))
    return Model(
        "",
        task.classes,
        told(trained),
        arrays_of(trained.net),
        {"net": plan},
        memo={"net": trained.net},
    )


def ordinary(task: Task) -> int:
    """The class of a cell that shows nothing: the healthy one, or the most frequent where none is known to be."""
    from models.domains.smears.groupings import binary

    counts = task.targets[task.train].sum(0)
    healthy = np.array([binary(name) == "uninfected" for name in task.classes])
    return int(np.where(healthy, counts + len(task.targets), counts).argmax())


def build_net(plan: dict[str, Any]) -> Net:
    """The network of a plan, channels last: where it is strongest, or on the mean of all places."""
    import torch

    from models.learn.nets import cnn2d, spots2d

    return (spots2d if "top" in plan else cnn2d)(**plan).to(memory_format=torch.channels_last)


def net_of(model: Model) -> Net:
    """The model's network with its weights."""
    if "net" not in model.memo:
        model.memo["net"] = fill(build_net(model.numbers["net"]), model)
    return cast("Net", model.memo["net"])


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    return networks.scores(model, networks.outputs(model, net_of(model), samples, setting))


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """What the last stage sees on the mean, or where it is strongest, (n, d)."""
    from torch import nn

    from models.learn.nets import Strongest

    net, plan = net_of(model), model.numbers["net"]
    seen = nn.Sequential(net.body, Strongest(plan["top"])) if "top" in plan else net.body
    found = networks.outputs(model, seen, samples, setting)
    return placed(found, int(model.numbers["net"]["filters"][-1]))


def aligned(model: Model, samples: Samples, setting: Setting) -> Floats:
    """What a kept remedy decides by: the vectors, with the measures of the cell beside them of fine density."""
    from models.domains.smears.features import tabulate

    seen = vectors(model, samples, setting)
    if not model.numbers["params"].get("fine", False):
        return seen
    return np.hstack([seen, finish(tabulate(samples, setting.cache))])


def look(model: Model) -> Looked:
    """The network as Grad-CAM takes it."""
    from models.domains.smears.gradcam import Looked

    count = len(model.numbers["net"]["filters"])
    stages = {f"stage{number + 1}": f"body.{number}" for number in range(count)}
    params = model.numbers["params"]
    return Looked(net_of(model), stages, int(params["image_size"]), params.get("fine", False))


SMALL_CNN = make_recipe(
    "small_cnn",
    "Small CNN",
    SmallCnnParams,
    learn,
    score,
    vectors,
    look,
    {
        "For other laboratories": {
            "fine": True,
            "image_size": 48,
            "filters": (16, 32, 48),
            "epochs": 50,
            "patience": 0,
            "learning_rate": 3e-3,
        }
    },
    aligned=aligned,
)
