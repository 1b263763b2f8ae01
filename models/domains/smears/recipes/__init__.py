"""The ways to learn from cells of smears; importing them loads neither torch nor scikit-learn."""

from models.domain import Recipe
from models.domains.smears.recipes.colour_texture import COLOUR_TEXTURE

RECIPES: tuple[Recipe, ...] = (COLOUR_TEXTURE,)

__all__ = ["RECIPES"]
