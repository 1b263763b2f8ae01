"""Several models of one recipe that answer as one, such as those of differently balanced sub-sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Recipe, Setting
from models.errors import UserError
from models.learn.fuse import Fusion
from models.learn.save import read_json, read_tensors, write_json, write_tensors
from models.sample import Samples

Floats = npt.NDArray[np.float32]
#: In the folder of a joined model: which members there are and how they are joined.
ABOUT, STACK = "joined.json", "stack.safetensors"


@dataclass
class Joined:
    """The members by name, and how what they say is joined. facts: what the run's record tells of it."""

    members: Mapping[str, Any]
    fusion: Fusion
    facts: dict[str, Any] = field(default_factory=dict)


def joinable(recipe: Recipe) -> Recipe:
    """The recipe with predict, embed, save and load that know a `Joined` of its models too."""

    def predict(model: Any, samples: Samples, setting: Setting) -> Floats:
        if not isinstance(model, Joined):
            return recipe.predict(model, samples, setting)
        tables = [recipe.predict(one, samples, setting) for one in model.members.values()]
        return np.asarray(model.fusion.join(tables), np.float32)

    def embed(model: Any, samples: Samples, setting: Setting) -> Floats:
        assert recipe.embed is not None
        one = next(iter(model.members.values())) if isinstance(model, Joined) else model
        return recipe.embed(one, samples, setting)

    def save(model: Any, folder: Path) -> None:
        if not isinstance(model, Joined):
            recipe.save(model, folder)
            return
        for name, one in model.members.items():
            (folder / name).mkdir()
            recipe.save(one, folder / name)
        fusion = model.fusion
        told = {"rule": fusion.rule, "weights": list(fusion.weights), "note": fusion.note, "facts": fusion.facts}
        if fusion.stack is not None:
            arrays = {"coefficients": fusion.stack[0], "intercepts": fusion.stack[1]}
            write_tensors(folder / STACK, arrays)
        write_json(folder / ABOUT, {"members": list(model.members), "fusion": told, "facts": model.facts})

    def load(folder: Path) -> Any:
        return _load(recipe, folder) if (folder / ABOUT).is_file() else recipe.load(folder)

    return replace(recipe, predict=predict, save=save, load=load, embed=None if recipe.embed is None else embed)


def _load(recipe: Recipe, folder: Path) -> Joined:
    """A joined model. Raises UserError where its description is broken or leads out of the folder."""
    record = read_json(folder / ABOUT)
    try:
        names = [str(name) for name in record["members"]]
        told = dict(record["fusion"])
        weights = tuple(float(value) for value in told["weights"])
        fusion = Fusion(str(told["rule"]), weights, None, str(told["note"]), dict(told["facts"]))
        facts = dict(record["facts"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / ABOUT}: this does not describe joined models ({error!r}).") from None
    if not names or not all(re.fullmatch(r"\w+", name) for name in names):
        raise UserError(f"{folder / ABOUT}: a member's name leads out of the folder. Do not use this model.")
    if fusion.rule == "stacking":
        arrays = read_tensors(folder / STACK)[0]
        if {"coefficients", "intercepts"} - arrays.keys():
            raise UserError(f"{folder / STACK}: this is no stack of models. Train again.")
        fusion = replace(fusion, stack=(arrays["coefficients"], arrays["intercepts"]))
    elif len(weights) != len(names):
        raise UserError(f"{folder / ABOUT}: it has {len(weights)} weights for {len(names)} members. Train again.")
    return Joined({name: recipe.load(folder / name) for name in names}, fusion, facts)
