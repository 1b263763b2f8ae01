"""The ways to learn from voices; importing them loads neither torch nor scikit-learn."""

from models.domain import Recipe
from models.domains.voice.recipes.acoustic import ACOUSTIC
from models.domains.voice.recipes.inception import INCEPTION
from models.domains.voice.recipes.late_fusion import LATE_FUSION
from models.domains.voice.recipes.small_cnn import SMALL_CNN
from models.domains.voice.recipes.tabular import TABULAR

RECIPES: tuple[Recipe, ...] = (ACOUSTIC, INCEPTION, SMALL_CNN, LATE_FUSION, TABULAR)

__all__ = ["RECIPES"]
