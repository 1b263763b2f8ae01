"""The ways to learn from cells of smears; importing them loads neither torch nor scikit-learn."""

from models.domain import Recipe
from models.domains.smears.recipes.colour_texture import COLOUR_TEXTURE
from models.domains.smears.recipes.resnet34 import RESNET34
from models.domains.smears.recipes.small_cnn import SMALL_CNN

RECIPES: tuple[Recipe, ...] = (RESNET34, SMALL_CNN, COLOUR_TEXTURE)

__all__ = ["RECIPES"]
