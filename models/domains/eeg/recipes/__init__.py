"""The ways to learn from EEG; importing them loads neither torch nor scikit-learn."""

from models.domain import Recipe
from models.domains.eeg.recipes.features import FEATURES

RECIPES: tuple[Recipe, ...] = (FEATURES,)

__all__ = ["RECIPES"]
