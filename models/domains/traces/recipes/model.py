"""What all trace recipes share: staging, calibration, one kind of model on disk."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Recipe, Setting, Task
from models.domains.traces.staging import Staged, stage
from models.job import Progress, finish
from models.learn.fitted import Model, concluded, recipe_of
from models.learn.settings import CommonParams
from models.params import Note
from models.sample import Samples

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TraceParams(CommonParams):
    """How ragged recordings become one length and rate."""

    rate: Annotated[
        float,
        Note(
            "Rate that all traces are resampled to; 0 takes the lowest found (where none is known: as they are)",
            low=0,
            unit="samples/s",
            section="Data",
        ),
    ] = 0.0
    length: Annotated[
        int,
        Note("Length that traces are cropped or padded to; 0 takes the median", low=0, unit="samples", section="Data"),
    ] = 0


Learn = Callable[[Task, Staged], Generator[Progress, None, Model]]
Score = Callable[[Model, Staged, str], Floats]


def make_recipe(
    name: str,
    title: str,
    params: type,
    learn: Learn,
    score: Score,
    vectors: Score,
    explain: Score,
    sanity: Callable[[Model, Staged, str], dict[str, float]] | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recipe:
    """A Recipe of functions on staged traces.

    score(model, staged, device) gives uncalibrated probabilities (n, classes), vectors (n, d),
    explain a relevance (n, length).
    """

    def fit(task: Task) -> Generator[Progress, None, Model]:
        staged = yield from stage(task.samples, task.cache, task.params.rate, task.params.length)
        model = yield from learn(task, staged)
        return concluded(model, name, task, lambda: score(model, staged, task.device)[task.val])

    def say(model: Model, samples: Samples, setting: Setting) -> Floats:
        return score(model, restage(model, samples, setting), setting.device)

    def embed(model: Model, samples: Samples, setting: Setting) -> Floats:
        return vectors(model, restage(model, samples, setting), setting.device)

    def show(model: Model, samples: Samples, setting: Setting) -> Floats:
        return explain(model, restage(model, samples, setting), setting.device)

    def check(model: Model, samples: Samples, setting: Setting) -> dict[str, float]:
        return sanity(model, restage(model, samples, setting), setting.device) if sanity else {}

    return recipe_of(
        name,
        title,
        params,
        fit,
        say,
        embed=embed,
        explain=show,
        sanity=check if sanity else None,
        presets=presets or {},
    )


def restage(model: Model, samples: Samples, setting: Setting) -> Staged:
    """The samples' traces at the length and rate that the model learned from."""
    facts = model.facts
    return finish(stage(samples, setting.cache, facts["rate"], facts["length"]))
