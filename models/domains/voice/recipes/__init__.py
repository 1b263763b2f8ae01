"""The ways to learn from voices; importing them loads neither torch nor scikit-learn."""

from models.domain import Recipe
from models.domains.voice.recipes.acoustic import ACOUSTIC
from models.domains.voice.recipes.tabular import TABULAR

RECIPES: tuple[Recipe, ...] = (ACOUSTIC, TABULAR)

__all__ = ["RECIPES"]
