"""The ways to learn from EEG; importing them loads neither torch nor scikit-learn."""

from models.domain import Recipe
from models.domains.eeg.recipes.attention_ensemble import ATTENTION_ENSEMBLE
from models.domains.eeg.recipes.efficientnet import EFFICIENTNET
from models.domains.eeg.recipes.features import FEATURES
from models.domains.eeg.recipes.raw import RESNET1D_GRU, SMALL_1D

RECIPES: tuple[Recipe, ...] = (RESNET1D_GRU, EFFICIENTNET, ATTENTION_ENSEMBLE, SMALL_1D, FEATURES)

__all__ = ["RECIPES"]
