"""The ways to learn from traces; importing them loads neither torch nor scikit-learn."""

from models.domain import Recipe
from models.domains.traces.recipes.blend import BLEND
from models.domains.traces.recipes.forest import FOREST
from models.domains.traces.recipes.networks import CNN, MLP
from models.domains.traces.recipes.rocket import ROCKET

RECIPES: tuple[Recipe, ...] = (MLP, CNN, FOREST, ROCKET, BLEND)

__all__ = ["RECIPES"]
