"""A small model folder as UnitRefine writes them."""

from __future__ import annotations

from pathlib import Path

from models.domains.units.folder import Rows, write_folder
from models.domains.units.recipes import RECIPES
from models.domains.units.recipes.model import table_of
from tests.units.tables import CLASSES, finish, task

FOREST = next(recipe for recipe in RECIPES if recipe.name == "random_forest")


def make_folder(place: Path) -> Path:
    """A sound one, of 240 units."""
    given = task(FOREST, place, trees=20, calibrate=False)
    _, model = finish(FOREST.fit(given))
    labels = [CLASSES[code] for code in given.targets.argmax(1)]
    write_folder(model, Rows([str(n) for n in range(240)], table_of(model, given.samples), labels), place / "model")
    return place / "model"
