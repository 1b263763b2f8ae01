"""Search over classifiers, imputers and scalers; and each classifier alone, which is a search of one."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from models.domain import Recipe, Task
from models.domains.units import halving, pipelines
from models.domains.units.halving import Limits, Outcome, Table, Tried
from models.domains.units.pipelines import CLASSIFIERS, IMPUTERS, SCALERS, Configuration
from models.domains.units.recipes.model import Model, Taught, UnitParams, make_recipe
from models.errors import Cancelled, UserError
from models.job import Progress
from models.params import Note

DEFAULT = (
    "RandomForestClassifier",
    "GradientBoostingClassifier",
    "HistGradientBoostingClassifier",
    "LogisticRegression",
    "MLPClassifier",
)


@dataclass(frozen=True)
class SearchParams(UnitParams):
    """What is searched, and what it may cost; names as spikeinterface's train_model takes them."""

    classifiers: Annotated[
        tuple[str, ...], Note("Classifiers to try", choices=tuple(CLASSIFIERS), section="Search")
    ] = DEFAULT
    imputation_strategies: Annotated[
        tuple[str, ...], Note("Ways to fill missing metrics", choices=IMPUTERS, section="Search", label="Imputation")
    ] = IMPUTERS
    scaling_techniques: Annotated[
        tuple[str, ...], Note("Ways to scale metrics", choices=SCALERS, section="Search", label="Scaling")
    ] = SCALERS
    configurations: Annotated[int, Note("How many configurations are drawn", low=1, high=2000, section="Search")] = 20
    inner_folds: Annotated[int, Note("Inner folds of the last round", low=2, high=20, section="Search")] = 5
    voters: Annotated[
        int,
        Note("How many of the best, each of another family, may vote together; 1: the best alone", low=1, high=3,
             section="Search"),
    ] = 3  # fmt: skip
    cell_seconds: Annotated[
        float, Note("A configuration that takes longer is left out", low=0.1, high=36000, unit="s", section="Search")
    ] = 60.0
    cell_megabytes: Annotated[
        float,
        Note("A configuration whose model is larger is left out", low=0.1, high=10000, unit="MB", section="Search"),
    ] = 100.0


def learn_search(task: Task, seen: Taught) -> Generator[Progress, None, Model]:
    """Halve the configurations on inner folds, then fit the winner on all training rows."""
    params = task.params
    wanted = [
        (params.classifiers, DEFAULT),
        (params.imputation_strategies, IMPUTERS),
        (params.scaling_techniques, SCALERS),
    ]
    names, imputers, scalers = (given or rest for given, rest in wanted)
    drawn = pipelines.draw_configurations(params.configurations, names, imputers, scalers, task.seed)
    limits = Limits(params.cell_seconds, params.cell_megabytes)
    return (yield from _learn(task, seen, drawn, limits, params.inner_folds, params.voters))


def _learn(
    task: Task, seen: Taught, drawn: Sequence[Configuration], limits: Limits, folds: int, voters: int
) -> Generator[Progress, None, Model]:
    tried: list[Tried] = []
    outcome: Outcome | None = None
    try:
        outcome = yield from halving.search(seen.table, drawn, limits, task.seed, tried, folds, voters)
        winners = outcome.winners
    except Cancelled:
        winners = (_best_yet(tried),)
    except ValueError as error:
        raise UserError(f"{error}. Label more units, or choose other classifiers.") from None
    yield Progress(text=f"Fitting {' + '.join(one.words for one in winners)} on all training units")
    model = refit(seen, winners, task.seed, task.classes)
    model.tried = [one.plain() for one in tried]
    model.facts = {"winners": [one.plain() for one in winners], "tried": len(tried)}
    if outcome is not None:
        model.facts |= {"inner_balanced_accuracy": round(outcome.score, 4)}
        model.temperature = temperature_of(task, outcome.probabilities, seen.table)
    return model


def _best_yet(tried: Sequence[Tried]) -> Configuration:
    """The best of the furthest rung; Cancelled where nothing was scored yet."""
    scored = [one for one in tried if not math.isnan(one.balanced_accuracy)]
    if not scored:
        raise Cancelled
    return max(scored, key=lambda one: (one.rung, one.balanced_accuracy)).configuration


def refit(seen: Taught, winners: Sequence[Configuration], seed: int, classes: tuple[str, ...]) -> Model:
    """The configurations fitted on all rows of the table, as a model."""
    table = seen.table
    fitted = [pipelines.fit_pipeline(one, table.x, seen.names, table.codes, table.weights, seed) for one in winners]
    model = Model("", classes, seen.asked, seen.names)
    model.parts = {"classifier": pipelines.vote(fitted, table.x, seen.names, table.codes)}
    model.present = {"classifier": seen.present}
    return model


def temperature_of(task: Task, p: Any, table: Table) -> float:
    """The temperature of out-of-fold probabilities; 1 where the core calibrates on a validation part instead."""
    from models.learn.temperature import fit_temperature

    if not task.params.calibrate or len(task.val) or not len(p):
        return 1.0
    return fit_temperature(p, table.codes)


@dataclass(frozen=True)
class PipelineParams(UnitParams):
    """How missing metrics are filled and metrics scaled."""

    imputation: Annotated[str, Note("How missing metrics are filled", choices=IMPUTERS, section="Model")] = "median"
    scaling: Annotated[str, Note("How metrics are scaled", choices=SCALERS, section="Model")] = "standard_scaler"


@dataclass(frozen=True)
class ForestParams(PipelineParams):
    """Size of the forest."""

    trees: Annotated[int, Note("Trees", low=1, high=5000, section="Model")] = 300
    leaf: Annotated[int, Note("Fewest units in a leaf", low=1, high=1000, section="Model")] = 8


@dataclass(frozen=True)
class BoostingParams(PipelineParams):
    """How boosted trees grow."""

    rounds: Annotated[int, Note("Rounds of boosting", low=1, high=5000, section="Model")] = 100
    rate: Annotated[float, Note("Learning rate", low=0.001, high=1.0, section="Model")] = 0.1
    depth: Annotated[int, Note("Depth of a tree", low=1, high=20, section="Model")] = 2


@dataclass(frozen=True)
class HistogramParams(BoostingParams):
    """How boosted trees on histograms grow."""

    rounds: Annotated[int, Note("Rounds of boosting", low=1, high=5000, section="Model")] = 120
    rate: Annotated[float, Note("Learning rate", low=0.001, high=1.0, section="Model")] = 0.05
    depth: Annotated[int, Note("Depth of a tree", low=1, high=20, section="Model")] = 3
    ridge: Annotated[float, Note("L2 penalty of a leaf", low=0.0, high=1000.0, section="Model")] = 5.0


@dataclass(frozen=True)
class LogisticParams(PipelineParams):
    """Strength of the penalty."""

    strength: Annotated[float, Note("C: the smaller, the simpler", low=1e-6, high=1e6, section="Model")] = 0.1


@dataclass(frozen=True)
class MlpParams(PipelineParams):
    """Shape and training of the perceptron."""

    layers: Annotated[tuple[int, ...], Note("Neurons of each hidden layer", low=1, high=4096, section="Model")] = (32,)
    epochs: Annotated[int, Note("Passes over the units", low=1, high=5000)] = 150
    alpha: Annotated[float, Note("L2 penalty", low=0.0, high=1000.0)] = 1.0


@dataclass(frozen=True)
class VectorParams(PipelineParams):
    """Kernel and penalty of the support vectors."""

    strength: Annotated[float, Note("C: the smaller, the simpler", low=1e-6, high=1e6, section="Model")] = 1.0
    kernel: Annotated[str, Note("Kernel", choices=("rbf", "sigmoid", "linear"), section="Model")] = "rbf"
    gamma: Annotated[float, Note("How fast likeness falls with distance", low=1e-6, high=1e3, section="Model")] = 0.03


@dataclass(frozen=True)
class AdaboostParams(PipelineParams):
    """How many trees, and how deep."""

    rounds: Annotated[int, Note("Rounds of boosting", low=1, high=5000, section="Model")] = 80
    rate: Annotated[float, Note("Learning rate", low=0.001, high=10.0, section="Model")] = 1.0
    depth: Annotated[int, Note("Depth of a tree", low=1, high=20, section="Model")] = 2


_BOOSTED = {"n_estimators": "rounds", "learning_rate": "rate", "max_depth": "depth"}
_HISTOGRAM = {"max_iter": "rounds", "learning_rate": "rate", "max_depth": "depth", "l2_regularization": "ridge"}
_DEEP = {"n_estimators": "rounds", "learning_rate": "rate", "depth": "depth"}
#: Recipe, classifier, parameters, and the classifier's values by the names of the parameters.
ALONE: tuple[tuple[str, str, type, dict[str, str]], ...] = (
    ("random_forest", "RandomForestClassifier", ForestParams, {"n_estimators": "trees", "min_samples_leaf": "leaf"}),
    ("gradient_boosting", "GradientBoostingClassifier", BoostingParams, _BOOSTED),
    ("hist_gradient_boosting", "HistGradientBoostingClassifier", HistogramParams, _HISTOGRAM),
    ("logistic_regression", "LogisticRegression", LogisticParams, {"C": "strength"}),
    ("mlp", "MLPClassifier", MlpParams, {"hidden_layer_sizes": "layers", "max_iter": "epochs", "alpha": "alpha"}),
    ("svc", "SVC", VectorParams, {"C": "strength", "kernel": "kernel", "gamma": "gamma"}),
    ("adaboost", "AdaBoostClassifier", AdaboostParams, _DEEP),
    ("lightgbm", "LGBMClassifier", BoostingParams, _BOOSTED),
    ("xgboost", "XGBClassifier", BoostingParams, _BOOSTED),
    ("catboost", "CatBoostClassifier", BoostingParams, _DEEP),
)


def configured(classifier: str, names: dict[str, str], params: Any) -> Configuration:
    """The one configuration that these parameters describe."""
    values = {**CLASSIFIERS[classifier].first, **{name: getattr(params, own) for name, own in names.items()}}
    return Configuration(classifier, params.imputation, params.scaling, tuple(sorted(values.items())))


def _alone(classifier: str, names: dict[str, str]) -> Callable[[Task, Taught], Generator[Progress, None, Model]]:
    def learn(task: Task, seen: Taught) -> Generator[Progress, None, Model]:
        one = configured(classifier, names, task.params)
        few = int(np.bincount(seen.table.codes).min()) < 2
        if not task.params.calibrate or len(task.val) or few:
            yield Progress(text=f"Fitting {one.words}")
            model = refit(seen, (one,), task.seed, task.classes)
            model.facts = {"winners": [one.plain()]}
            return model
        return (yield from _learn(task, seen, [one], Limits(math.inf, math.inf), 3, 1))

    return learn


SEARCH = make_recipe("search", "Search over classifiers", SearchParams, learn_search)
SINGLES: tuple[Recipe, ...] = tuple(
    make_recipe(name, CLASSIFIERS[classifier].title, params, _alone(classifier, names))
    for name, classifier, params, names in ALONE
    if CLASSIFIERS[classifier].installed
)
