"""What orders look up by name: domain, recipe, preset, rows; and plain values for JSON."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.domains import domain
from models.errors import UserError
from models.learn.machine import has_driver
from models.params import build, unknown
from models.store.project import FILE_NAME, Project
from models.store.view import View

if TYPE_CHECKING:
    from models.domain import Domain, Recipe

Rows = npt.NDArray[np.int64]


def find_domain(project: Project) -> Domain:
    """The domain of an open project."""
    return domain(project.domain)


def find_recipe(kind: Domain, name: str) -> Recipe:
    """The recipe of this name; UserError with the nearest and all known ones."""
    for recipe in kind.recipes:
        if recipe.name == name:
            return recipe
    raise UserError(unknown("recipe", name, [recipe.name for recipe in kind.recipes]))


def make_params(recipe: Recipe, values: Mapping[str, Any], preset: str = "") -> Any:
    """The recipe's parameters from a preset and given values."""
    if preset and preset not in recipe.presets:
        raise UserError(unknown("preset", preset, recipe.presets))
    return build(recipe.params, {**recipe.presets.get(preset, {}), **values})


def chosen_rows(project: Project, where: str, run: str = "last") -> Rows:
    """The rows that an expression chooses; all that are there without one."""
    if not where:
        return np.flatnonzero(project.journal.fold.live)
    return View(project, run).rows(where)


def class_names(project: Project, kind: Domain) -> tuple[str, ...]:
    """The classes of a project: those declared and found, and the domain's own, in its order, where none were declared.

    Where a domain's classes are an order, such as distances, its own are only taken while there are no others.
    """
    if project.setting("classes", []) or kind.ordinal:
        return project.classes or kind.classes
    return kind.ordered(tuple(dict.fromkeys([*kind.classes, *project.classes])))


def check_class(project: Project, kind: Domain, name: str) -> None:
    """Raise UserError with the nearest class, unless the name is known, "" or "?"."""
    known = class_names(project, kind)
    if name not in ("", "?", *known) and known:
        raise UserError(f"{unknown('class', name, known)} Label with a new one by winnow label … --new-class.")


def refuse(path: Path, overwrite: bool) -> None:
    """Raise UserError where something stands already, and always where a project keeps what is its own."""
    real = Path(os.path.realpath(path))
    inside = next((folder for folder in real.parents if (folder / FILE_NAME).is_file()), None)
    own = real.relative_to(inside).parts[0] if inside is not None else ""
    if (real / FILE_NAME).is_file() or own in ("runs", "cache") or own.startswith(FILE_NAME):
        raise UserError(f"{path} is part of a project; nothing is written over it. Choose another place.")
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UserError(f"{path} is neither a file nor a folder. Choose another place.")
    if not overwrite and path.exists() and (path.is_file() or any(path.iterdir())):
        raise UserError(f"{path} exists already. Choose another place or say --overwrite.")


def spare_sources(project: Project, path: Path) -> None:
    """Raise UserError where the output would stand in the place of a file that samples come from.

    Of a source that is a folder every file in it is spared; a new name in it is free.
    """
    real = Path(os.path.realpath(path))
    for source in project.sources():
        place_of = Path(os.path.realpath(source.path))
        inside = place_of in real.parents and real.exists() and place_of.is_dir()
        if inside or real in (place_of, place_of.parent):
            raise UserError(f"{path} holds data that this project reads ({source.name}). Choose another place.")


def needed_folder(path: Path) -> Path:
    """The folder that a file goes into, made where it is missing."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path} can't be made: {error.strerror or error}. Choose another place.") from None
    return path


def name_run(project: Project, run: str, name: str, by: str) -> None:
    """Name a run that was just made; UserError that says where it is when another took the name meanwhile."""
    try:
        project.runs.rename(run, name, by or "winnow")
    except UserError as error:
        words = f"This run is finished and kept as {run}: winnow runs PROJECT {run} --name NAME."
        raise UserError(f"{error} {words}") from None


def place(text: str) -> Path:
    """An absolute path; ``~`` is the home folder. UserError for a text that no disk takes."""
    if "\0" in text:
        raise UserError(f"{text!r} is no path: it holds a zero character. Write it anew.")
    return Path(os.path.abspath(os.path.expanduser(text)))


def plain(value: Any) -> Any:
    """The value as JSON knows it: NaN and infinity are null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def device_of(name: str) -> str:
    """The device for a wish: ``auto`` takes the GPU where there is one."""
    if name not in ("auto", "cpu", "cuda"):
        raise UserError(unknown("device", name, ("auto", "cpu", "cuda")))
    if name == "cpu" or (name == "auto" and not has_driver()):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if name == "cuda":
        raise UserError("there is no CUDA device here. Use --device cpu or auto.")
    return "cpu"
