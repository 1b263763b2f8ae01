"""What the networks on mel spectrograms share: which sub-bases and folds, how long they learn, vectors, calibration."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Predict, Recipe, Setting, Task
from models.errors import UserError
from models.job import Progress
from models.lazy import lazy
from models.learn.fitted import Model, concluded, filled, narrowed, recipe_of, refuse_unseen
from models.learn.joined import joinable
from models.learn.settings import BALANCE, CommonParams, evens
from models.params import Note
from models.sample import Samples

Floats = npt.NDArray[np.float32]
_own = partial(lazy, "models.domains.voice")
#: What is said where no file is left to learn from.
UNREAD = "none of the labelled recordings can be read. Bring their files, or locate the source."
Learn = Callable[[Task], Generator[Progress, None, Model]]


@dataclass(frozen=True)
class PicturedParams(CommonParams):
    """Which of the splits that came with the samples, and how a network learns."""

    subdbs: Annotated[
        tuple[int, ...],
        Note("Sub-bases that are trained", low=1, high=999, section="Data", label="Sub-bases", empty="all"),
    ] = ()
    fold: Annotated[int, Note("The fold that is trained; −1 trains every one", low=-1, high=999, section="Data")] = -1
    balance: Annotated[str, BALANCE] = "none"
    epochs: Annotated[int, Note("Passes over the training recordings", low=1, high=2000)] = 50
    batch_size: Annotated[int, Note("Recordings a step", low=1, high=8192)] = 32
    learning_rate: Annotated[float, Note("Step length of AdamW", low=1e-6, high=1.0)] = 1e-3
    weight_decay: Annotated[float, Note("Pull of the weights towards zero", low=0, high=1)] = 0.0
    patience: Annotated[
        int,
        Note("Epochs without a better validation loss before it stops; 0 runs all and keeps the last", low=0, high=500),
    ] = 0
    dropout: Annotated[float, Note("Share of units left out in training", low=0, high=0.9, section="Network")] = 0.2


def settings_of(params: PicturedParams, half: bool = False) -> Any:
    """The parameters as the training loop takes them."""
    from models.learn.fit import Settings

    return Settings(
        epochs=params.epochs,
        batch=params.batch_size,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        patience=params.patience,
        even_validation=evens(params),
        half=half,
    )


def pictured_recipe(
    name: str,
    title: str,
    params: type,
    learn: Learn,
    score: Predict,
    vectors: Predict,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    **others: Any,
) -> Recipe:
    """A Recipe of functions on samples that can be seen as pictures.

    learn(task) gets a task whose rows all are such. score gives uncalibrated probabilities (n, classes), NaN for what
    cannot be read; vectors (n, d).
    """

    def fit(task: Task) -> Generator[Progress, None, Model]:
        seen = visible(task)
        model = yield from learn(seen)
        setting = Setting(task.device, task.cache)
        return concluded(model, name, seen, lambda: say(model, seen.samples.take(seen.val), setting))

    def say(model: Model, samples: Samples, setting: Setting) -> Floats:
        return filled(score(model, samples, setting))

    recipe = recipe_of(name, title, params, fit, say, embed=vectors, presets=presets or {}, **others)

    def member(params: PicturedParams) -> tuple[str, PicturedParams]:
        # Which sub-bases and folds are asked for changes nothing in the training of one.
        return name, replace(params, subdbs=(), fold=-1)

    return joinable(replace(recipe, given=_own("sub_bases.given"), report=_own("sub_bases.report"), member=member))


def visible(task: Task) -> Task:
    """The task on samples that can be seen as pictures. Raises UserError where there are none."""
    from models.domains.voice.pictures import drawable

    able = drawable(task.samples)
    train, val = able[task.train], able[task.val]
    if len(task.train) and not train.any():
        raise UserError(
            "the labelled samples are rows of a table: there is no sound and no picture to learn from. Take the recipe "
            "tabular."
        )
    refuse_unseen(task, train, "recordings")
    return narrowed(task, train, val)


def placed(found: Floats) -> Floats:
    """Vectors for the map: what cannot be read stands in the middle of the others."""
    if not np.isfinite(found).any():
        return np.zeros_like(found)
    return np.asarray(np.where(np.isnan(found), np.nanmean(found, 0), found), np.float32)
