"""One training under way, and what every way to its model comes to."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Given, Recipe, Setting
from models.job import Progress
from models.learn.pieces import Place
from models.orders.batches import predict_at
from models.orders.fitting import Fitted, Seen
from models.orders.made import Made
from models.orders.plan import Plan, Wish
from models.store.project import Project
from models.store.runs import RunFolder

Floats = npt.NDArray[np.float32]
Parts = npt.NDArray[np.object_]
#: The folder of the model in that of a run.
MODEL = "model"


@dataclass(frozen=True)
class Asked:
    """What a person asked for. preset: its name, "" for none. wish: which rows. seed: of all that is drawn."""

    recipe: Recipe
    params: Any
    preset: str
    wish: Wish
    seed: int


@dataclass(frozen=True)
class Training:
    """A training with its rows chosen and its folder begun.

    givens: the splits that came with the data, () where the plan's own counts. there: where pieces of work are done.
    seen: what passes by. resume: checkpoints in the folder are gone on with. anew: nothing kept before counts.
    """

    project: Project
    kind: Domain
    asked: Asked
    plan: Plan
    givens: tuple[Given, ...]
    setting: Setting
    there: Place
    folder: RunFolder
    seen: Seen
    resume: bool = False
    anew: bool = False


@dataclass(frozen=True)
class Reached:
    """What a way comes to.

    made: the model, which lies in the run's folder. p: what is said of all samples, (n, classes), NaN for nothing.
    parts: which part of the split each was judged in, (n,). scores: of the splits that came with the data, else {}.
    """

    made: Made
    p: Floats
    parts: Parts
    scores: Mapping[str, Any] = field(default_factory=dict)


#: Cancelled: what is there by then is given back, or it is raised where that is nothing.
Way = Callable[[Training], Generator[Progress, None, Reached]]


def keep_model(training: Training, fitted: Fitted) -> Generator[Progress, None, Floats]:
    """Save the model, and predict all samples whose files are there, (n, classes)."""
    plan, folder = training.plan, training.folder
    yield Progress(text="Keeping the model")
    shutil.rmtree(folder.path / MODEL, ignore_errors=True)
    (folder.path / MODEL).mkdir()
    training.asked.recipe.save(fitted.model, folder.path / MODEL)
    everything = np.arange(len(plan.samples), dtype=np.int64)
    return (
        yield from predict_at(
            training.there, fitted, training.kind, plan.samples, everything, len(plan.classes), training.setting,
            folder.path / MODEL, folder.work / "predicting",
        )
    )  # fmt: skip
