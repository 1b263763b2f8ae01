"""Trainings that were interrupted: what they leave to go on with, how it is found again, what is swept away."""

from __future__ import annotations

import json

from models.errors import UserError
from models.orders.naming import make_params
from models.orders.plan import Wish, plain_wish
from models.orders.way import Asked
from models.params import to_plain
from models.store.atomic import write_text
from models.store.project import Project
from models.store.runs import WORK, RunFolder

_PLAN = "plan.json"


def write_asked(folder: RunFolder, asked: Asked, position: int) -> None:
    """Keep what a training was asked for, and which labels it saw: until it is finished somebody may go on with it."""
    told = {
        "recipe": asked.recipe.name,
        "params": to_plain(asked.params),
        "preset": asked.preset,
        "wish": plain_wish(asked.wish),
        "seed": asked.seed,
        "position": position,
    }
    write_text(folder.work / _PLAN, json.dumps(told))


def last_interrupted(project: Project, asked: Asked) -> tuple[RunFolder, Asked, int]:
    """The last interrupted training of this recipe: its folder, what it was asked for, which labels it saw.

    Raises UserError where there is none, or it is damaged.
    """
    recipe = asked.recipe
    for folder in project.runs.left_over():
        file = folder.path / WORK / _PLAN
        try:
            told = json.loads(file.read_text("utf-8")) if file.is_file() else {}
            if told.get("recipe") == recipe.name:
                params, wish = make_params(recipe, told["params"]), Wish(**told["wish"])
                before = Asked(recipe, params, str(told.get("preset", "")), wish, int(told["seed"]))
                return folder, before, int(told["position"])
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise UserError(f"{file} is damaged. Delete the folder {folder.path} and train anew.") from None
    raise UserError(f"no interrupted training of {recipe.name} is here. Leave --resume out to begin anew.")


def sweep(project: Project) -> None:
    """Take away what was begun and not even planned, for nobody can go on with it, and remains in finished runs."""
    project.runs.tidy()
    for folder in project.runs.left_over():
        if not (folder.path / WORK / _PLAN).exists():
            folder.discard()


def give_up(folder: RunFolder, error: Exception) -> None:
    """End a training that failed. What it learnt stays to go on with; where that is nothing, nothing stays.

    Raises UserError that says so where the fault is one that a person can mend.
    """
    if not any(file.is_file() and file.name != _PLAN for file in folder.work.rglob("[!.]*")):
        folder.discard()
        return
    folder.release()
    if isinstance(error, UserError | OSError):
        words = str(error) if isinstance(error, UserError) else f"{error.strerror or error}."
        raise UserError(f"{words} What was learnt is kept: winnow train --resume goes on with it.") from error
