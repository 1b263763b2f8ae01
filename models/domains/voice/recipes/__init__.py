"""The ways to learn from voices; importing them loads neither torch nor scikit-learn."""

from models.domain import Recipe
from models.domains.voice.recipes.tabular import TABULAR

RECIPES: tuple[Recipe, ...] = (TABULAR,)

__all__ = ["RECIPES"]
