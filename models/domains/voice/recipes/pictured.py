"""What the networks on mel spectrograms share: which sub-bases and folds, how long they learn, vectors, calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Predict, Recipe, Task
from models.lazy import lazy
from models.learn.fitted import Learn, seeing, seeing_recipe
from models.learn.joined import joinable
from models.learn.settings import BALANCE, DROPOUT, LEARNING_RATE, PATIENCE, WEIGHT_DECAY, CommonParams
from models.params import Note
from models.sample import Samples

_own = partial(lazy, "models.domains.voice")
#: What is said where no file is left to learn from.
UNREAD = "none of the labelled recordings can be read. Bring their files, or locate the source."


@dataclass(frozen=True)
class PicturedParams(CommonParams):
    """Which of the splits that came with the samples, and how a network learns."""

    subdbs: Annotated[
        tuple[int, ...],
        Note("Sub-bases that are trained", low=1, section="Data", label="Sub-bases", empty="all"),
    ] = ()
    fold: Annotated[
        int,
        Note("The fold that is trained; −1 trains every one", low=-1, section="Data", short="−1: every fold"),
    ] = -1
    balance: Annotated[str, BALANCE] = "none"
    epochs: Annotated[int, Note("Passes over the training recordings", low=1, high=2000)] = 50
    batch_size: Annotated[int, Note("Recordings a step", low=1, high=8192)] = 32
    learning_rate: Annotated[float, LEARNING_RATE] = 1e-3
    weight_decay: Annotated[float, WEIGHT_DECAY] = 0.0
    patience: Annotated[int, PATIENCE] = 0
    dropout: Annotated[float, DROPOUT] = 0.2


def files_of(params: Any, samples: Samples, rows: npt.NDArray[np.int64]) -> Any:
    """The states of the files of these rows: a training depends on what is in them."""
    from models.domains.voice.pictures import marks

    return marks(samples, rows)


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

    others = {"rests": files_of, **others}
    recipe = seeing_recipe(name, title, params, visible, learn, score, embed=vectors, presets=presets or {}, **others)

    def member(params: PicturedParams) -> tuple[str, PicturedParams]:
        # Which sub-bases and folds are asked for changes nothing in the training of one.
        return name, replace(params, subdbs=(), fold=-1)

    splits = {name: _own(f"sub_bases.{name}") for name in ("given", "offered", "report")}
    return joinable(replace(recipe, member=member, **splits))


def visible(task: Task) -> Task:
    """The task on samples that can be seen as pictures. Raises UserError where there are none."""
    from models.domains.voice.pictures import drawable

    rows = "the labelled samples are rows of a table: there is no sound and no picture to learn from."
    able = drawable(task.samples)
    return seeing(task, able[task.train], able[task.val], f"{rows} Take the recipe tabular.", "recordings")
