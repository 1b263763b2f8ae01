"""The ways to learn from metrics of units; importing them loads no scikit-learn."""

from models.domain import Recipe
from models.domains.units.recipes.searched import SEARCH, SINGLES
from models.domains.units.recipes.two_step import TWO_STEP

RECIPES: tuple[Recipe, ...] = (SEARCH, TWO_STEP, *SINGLES)

__all__ = ["RECIPES"]
