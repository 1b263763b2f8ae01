"""What all recipes of smears share: which cells can be learnt from, calibration, one kind of model on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Predict, Recipe, Seen, Setting, Task
from models.domains.smears.groupings import GROUPINGS
from models.errors import UserError
from models.learn.fitted import Learn, Model, seeing, seeing_recipe
from models.learn.settings import CommonParams
from models.params import Note
from models.sample import Samples

if TYPE_CHECKING:
    from models.domains.smears.gradcam import Looked

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Look = Callable[[Model], "Looked"]


@dataclass(frozen=True)
class SmearParams(CommonParams):
    """What every recipe of smears has: the classes that are learnt."""

    label_mode: Annotated[
        str,
        Note(
            "Which classes are learnt: as the source has them, infected or not, or the stages of the parasite",
            choices=tuple(one.name for one in GROUPINGS),
            section="Data",
            short="classes learnt",
        ),
    ] = "source"


def make_recipe(
    name: str,
    title: str,
    params: type,
    learn: Learn,
    score: Predict,
    vectors: Predict,
    look: Look | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    aligned: Predict | None = None,
) -> Recipe:
    """A Recipe of functions on samples.

    learn(task) gets a task whose rows all have their images. score(model, samples, setting) gives uncalibrated
    probabilities (n, classes), NaN for cells that cannot be read; vectors (n, d). look(model) gives a network to
    Grad-CAM, None for a recipe without one. aligned: what is aligned with another laboratory, None for the vectors.
    """

    plain = seeing_recipe(name, title, params, readable, learn, score, embed=vectors, presets=presets or {})

    def predict(model: Model, samples: Samples, setting: Setting) -> Floats:
        from models.domains.smears.cures import cured

        p = plain.predict(model, samples, setting)
        return cured(model, p, lambda: (aligned or vectors)(model, samples, setting))

    return replace(plain, predict=predict, **({} if look is None else _explained(look, predict)))


def _explained(look: Look, predict: Predict) -> dict[str, Any]:
    """The fields of a recipe that tell where in a picture a class was seen."""
    look = _own(look)

    def explain(model: Model, samples: Samples, setting: Setting) -> Floats:
        from models.domains.smears import gradcam
        from models.domains.smears.cures import cure_of

        looked = look(model)
        out = np.zeros((len(samples), looked.size, looked.size), np.float32)
        cells, places = _cells(model, samples, looked.size)
        if len(cells):
            # A kept threshold may decide for another class than the network itself.
            decided = None if cure_of(model) is None else predict(model, samples, setting).argmax(1)[places].tolist()
            out[places] = gradcam.maps(looked, cells, setting.layer, decided, setting.device)
        return out

    def sanity(model: Model, samples: Samples, setting: Setting) -> dict[str, float]:
        from models.domains.smears import gradcam

        looked = look(model)
        cells, _ = _cells(model, samples, looked.size)
        return gradcam.check(looked, cells, setting.layer, device=setting.device)

    def layers(model: Model) -> tuple[str, ...]:
        from models.domains.smears import gradcam

        return gradcam.layers(look(model))

    def seen(model: Model, samples: Samples) -> Seen:
        from models.domains.smears.cells import GREY
        from models.domains.smears.pictures import regions

        size = look(model).size
        pictures = np.full((len(samples), size, size, 3), GREY, np.uint8)
        cells, places = _cells(model, samples, size)
        if len(cells):
            pictures[places] = cells
        return Seen(pictures, regions(samples))

    return {"explain": explain, "sanity": sanity, "layers": layers, "seen": seen}


def _own(look: Look) -> Look:
    """The network of a model that decides by it; UserError for one that decides by a linear model of its vectors."""

    def find(model: Model) -> Looked:
        from models.domains.smears.cures import cure_of

        cure = cure_of(model)
        if cure is not None and cure.arrays:
            raise UserError("this run decides on aligned vectors, not by its network: there is nothing to look into.")
        return look(model)

    return find


def _cells(model: Model, samples: Samples, size: int) -> tuple[npt.NDArray[np.uint8], Index]:
    """The cells of these samples that can be read, as the model saw them, and their places."""
    from models.domains.smears.cells import drawable
    from models.domains.smears.pictures import cut_readable

    rows = np.flatnonzero(drawable(samples))
    params = model.numbers["params"]
    cells, places = cut_readable(samples, rows, size, params["masked"], params.get("fine", False))
    return cells, rows[places]


def readable(task: Task) -> Task:
    """The task on cells that have an image. Raises UserError where the labelled ones that have tell no two classes."""
    from models.domains.smears.cells import drawable

    lost = "the images of all labelled cells are missing, so nothing can be learnt. Bring them and locate the source."
    able = drawable(task.samples)
    return seeing(task, able[task.train], able[task.val], lost, "cells")
