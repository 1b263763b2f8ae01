"""What recipes with networks on pictures share: training, scores, vectors and Grad-CAM of samples."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
import numpy.typing as npt

from models.domain import Setting, Task
from models.domains.smears.recipes.model import SmearParams
from models.job import Progress
from models.learn.fitted import Model
from models.learn.settings import BALANCE, DROPOUT, LEARNING_RATE, PATIENCE, WEIGHT_DECAY
from models.params import Note
from models.sample import Samples

if TYPE_CHECKING:
    from torch import nn

    from models.learn.fit import Trained

Floats = npt.NDArray[np.float32]
#: Cells cut out and sent through a network in one go.
STEP = 256


@dataclass(frozen=True)
class PictureParams(SmearParams):
    """How a network learns from pictures of cells."""

    balance: Annotated[str, BALANCE] = "sampler"
    epochs: Annotated[int, Note("Passes over the training cells", low=1, high=2000)] = 5
    batch_size: Annotated[int, Note("Cells a step", low=1, high=8192)] = 128
    learning_rate: Annotated[float, LEARNING_RATE] = 1e-3
    weight_decay: Annotated[float, WEIGHT_DECAY] = 1e-2
    patience: Annotated[int, PATIENCE] = 0
    label_smoothing: Annotated[float, Note("Share of the target given to all classes", low=0, high=0.5)] = 0.1
    augment: Annotated[
        bool, Note("Change pictures at random in training: part, turn, mirror, colours, blur, erasing")
    ] = True
    colour: Annotated[float, Note("How much colours vary when pictures are changed, as a multiple", low=0, high=10)] = (
        1.0
    )
    dropout: Annotated[float, DROPOUT] = 0.4
    image_size: Annotated[
        int, Note("Side that cells are brought to", low=32, high=512, unit="px", section="Network")
    ] = 224
    masked: Annotated[
        bool, Note("Paint what is not the cell in the cell's own mean colour", section="Data", short="cell only")
    ] = False


def train(
    task: Task, make_net: Callable[[], nn.Module], half: bool = False, batch: int = 0, schedule: str = "constant"
) -> Generator[Progress, None, Trained]:
    """Train a network on the cut out cells of the task; `batch` where fewer cells a step must do."""
    from models.domains.smears.pictures import Part, preparer, stage
    from models.learn.fit import Data, settings_of, train_network

    params = task.params
    rows = np.unique(np.concatenate([task.train, task.val]))
    finely = getattr(params, "fine", False)
    cells = yield from stage(task.samples, rows, params.image_size, params.masked, task.cache, finely)
    parts = [Part(cells, np.searchsorted(rows, part)) for part in (task.train, task.val)]
    data = Data(parts[0], parts[1], preparer(params.augment, params.colour, finely))
    settings = settings_of(
        params, batch=batch or params.batch_size, schedule=schedule, smoothing=params.label_smoothing, half=half
    )
    return (yield from train_network(make_net, data, task, settings))


def outputs(model: Model, net: nn.Module, samples: Samples, setting: Setting, half: bool = False) -> Floats:
    """What a network says of the samples, (n, d), NaN for cells that cannot be read."""
    from models.domains.smears.cells import drawable
    from models.domains.smears.pictures import cut_readable, preparer
    from models.learn.fit import forward

    params = model.numbers["params"]
    finely = params.get("fine", False)
    rows, prepare = np.flatnonzero(drawable(samples)), preparer(augmented=False, finely=finely)
    out: Floats | None = None
    for start in range(0, len(rows), STEP):
        part = rows[start : start + STEP]
        cells, places = cut_readable(samples, part, params["image_size"], params["masked"], finely)
        if len(cells):
            found = forward(net, cells, setting.device, STEP // 4, prepare, half)
            out = np.full((len(samples), found.shape[1]), np.nan, np.float32) if out is None else out
            out[part[places]] = found
    return np.zeros((len(samples), 0), np.float32) if out is None else out


def scores(model: Model, found: Floats) -> Floats:
    """Class scores (n, k) as probabilities, NaN for rows that cannot be read."""
    from models.learn.tabular import softmax

    return softmax(found) if found.shape[1] else np.full((len(found), len(model.classes)), np.nan, np.float32)
