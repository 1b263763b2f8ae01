"""Imputers, scalers and classifiers under the names of spikeinterface's trainer, as one scikit-learn pipeline."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
Values = dict[str, Any]
Draw = Callable[[np.random.Generator], Values]

IMPUTERS = ("median", "mean", "most_frequent", "knn", "iterative")
SCALERS = ("standard_scaler", "robust_scaler", "min_max_scaler")
NEIGHBOURS = 5
#: All types beside skops' own defaults that a model of units may hold; every other one is refused unless named.
TRUSTED = (
    "numpy.diff",
    "numpy.dtype",
    "numpy.nan_to_num",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.impute._iterative.IterativeImputer",
    "sklearn.impute._iterative._ImputerTriplet",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
)


@dataclass(frozen=True)
class Classifier:
    """One classifier that a configuration can name.

    family: those of one family err alike, so a vote takes one of each.
    size: its parameter that counts trees or passes, lowered in early rungs; first: values that do
    well without a search; draw: values of a searched configuration; module: what must be installed.
    """

    name: str
    title: str
    family: str
    size: str
    first: Mapping[str, Any]
    draw: Draw
    module: str = "sklearn"

    @property
    def installed(self) -> bool:
        """Whether its library is here."""
        return importlib.util.find_spec(self.module) is not None


def _log(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 5)


def _pick(rng: np.random.Generator, *choices: Any) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _forest(rng: np.random.Generator) -> Values:
    return {
        "n_estimators": int(rng.integers(120, 200)),
        "criterion": _pick(rng, "gini", "entropy"),
        "min_samples_leaf": int(rng.integers(2, 13)),
        "max_features": _pick(rng, "sqrt", 0.3, 0.5),
    }


def _boosting(rng: np.random.Generator) -> Values:
    return {
        "learning_rate": _log(rng, 0.04, 0.15),
        "n_estimators": int(rng.integers(80, 140)),
        "max_depth": int(rng.integers(2, 5)),
        "min_samples_leaf": int(rng.integers(3, 20)),
        "subsample": round(float(rng.uniform(0.5, 0.9)), 2),
        "max_features": _pick(rng, "sqrt", 0.3),
    }


def _histogram(rng: np.random.Generator) -> Values:
    return {
        "learning_rate": _log(rng, 0.03, 0.12),
        "max_iter": int(rng.integers(80, 180)),
        "max_depth": int(rng.integers(2, 5)),
        "min_samples_leaf": int(rng.integers(10, 41)),
        "l2_regularization": _log(rng, 0.3, 20.0),
        "max_features": round(float(rng.uniform(0.3, 0.8)), 2),
    }


def _logistic(rng: np.random.Generator) -> Values:
    return {"C": _log(rng, 0.01, 10.0)}


def _mlp(rng: np.random.Generator) -> Values:
    return {
        "hidden_layer_sizes": _pick(rng, (32,), (64,), (32, 16)),
        "activation": _pick(rng, "tanh", "relu"),
        "alpha": _log(rng, 1e-3, 3.0),
        "learning_rate_init": _log(rng, 5e-4, 5e-3),
    }


def _svc(rng: np.random.Generator) -> Values:
    return {"C": _log(rng, 0.1, 10.0), "kernel": _pick(rng, "rbf", "sigmoid"), "gamma": _log(rng, 0.003, 0.1)}


def _adaboost(rng: np.random.Generator) -> Values:
    return {
        "learning_rate": _log(rng, 0.1, 1.0),
        "n_estimators": int(rng.integers(50, 101)),
        "depth": int(rng.integers(1, 4)),
    }


def _boosted(depth: str, rate: str) -> Draw:
    def draw(rng: np.random.Generator) -> Values:
        rates = {rate: _log(rng, 0.05, 0.2), "n_estimators": int(rng.integers(100, 150))}
        return {depth: int(rng.integers(2, 5)), **rates}

    return draw


CLASSIFIERS: Mapping[str, Classifier] = {
    item.name: item
    for item in (
        Classifier(
            "RandomForestClassifier",
            "Random forest",
            "forest",
            "n_estimators",
            {"n_estimators": 150, "min_samples_leaf": 8},
            _forest,
        ),
        Classifier(
            "GradientBoostingClassifier",
            "Gradient boosting",
            "boosting",
            "n_estimators",
            {"n_estimators": 100, "max_depth": 2, "learning_rate": 0.1, "subsample": 0.5, "max_features": "sqrt"},
            _boosting,
        ),
        Classifier(
            "HistGradientBoostingClassifier",
            "Gradient boosting on histograms",
            "boosting",
            "max_iter",
            {
                "max_iter": 120,
                "learning_rate": 0.05,
                "max_depth": 3,
                "min_samples_leaf": 20,
                "l2_regularization": 5.0,
                "max_features": 0.5,
            },
            _histogram,
        ),
        Classifier("LogisticRegression", "Logistic regression", "smooth", "", {"C": 0.1}, _logistic),
        Classifier(
            "MLPClassifier",
            "Multi-layer perceptron",
            "smooth",
            "max_iter",
            {"hidden_layer_sizes": (32,), "alpha": 1.0, "max_iter": 150},
            _mlp,
        ),
        Classifier("SVC", "Support vectors", "smooth", "", {"C": 1.0, "gamma": 0.03}, _svc),
        Classifier(
            "AdaBoostClassifier", "AdaBoost", "boosting", "n_estimators", {"n_estimators": 80, "depth": 2}, _adaboost
        ),
        Classifier(
            "LGBMClassifier",
            "LightGBM",
            "boosting",
            "n_estimators",
            {},
            _boosted("max_depth", "learning_rate"),
            "lightgbm",
        ),
        Classifier(
            "XGBClassifier",
            "XGBoost",
            "boosting",
            "n_estimators",
            {},
            _boosted("max_depth", "learning_rate"),
            "xgboost",
        ),
        Classifier(
            "CatBoostClassifier",
            "CatBoost",
            "boosting",
            "n_estimators",
            {},
            _boosted("depth", "learning_rate"),
            "catboost",
        ),
    )
}


@dataclass(frozen=True)
class Configuration:
    """One cell of the search: classifier, imputation, scaling, and values of the classifier."""

    classifier: str
    imputation: str = "median"
    scaling: str = "standard_scaler"
    values: tuple[tuple[str, Any], ...] = ()

    @property
    def known(self) -> bool:
        """Whether it has the values that are known to do well."""
        return dict(self.values) == dict(CLASSIFIERS[self.classifier].first)

    @property
    def words(self) -> str:
        """As one line: ``Random forest · median · standard``."""
        return f"{CLASSIFIERS[self.classifier].title} · {self.imputation} · {self.scaling.removesuffix('_scaler')}"

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in self.values}
        return {
            "classifier": self.classifier,
            "imputation": self.imputation,
            "scaling": self.scaling,
            "values": values,
        }


def draw_configurations(
    count: int, classifiers: Sequence[str], imputers: Sequence[str], scalers: Sequence[str], seed: int
) -> list[Configuration]:
    """`count` configurations, the classifiers in turn; the first of each has the values known to do well.

    Imputation and scaling are dealt from shuffled decks, so that each is as frequent as the others
    for each classifier. The same seed draws the same ones, and more of them begin with the same.
    """
    decks = [_deck([(i, s) for i in imputers for s in scalers], seed, place) for place in range(len(classifiers))]
    rng = np.random.default_rng([seed, 41])
    found = []
    for number in range(count):
        name = classifiers[number % len(classifiers)]
        imputer, scaler = next(decks[number % len(classifiers)])
        drawn = CLASSIFIERS[name].draw(rng)
        if number < len(classifiers):
            imputer, scaler, drawn = imputers[0], scalers[0], dict(CLASSIFIERS[name].first)
        found.append(Configuration(name, imputer, scaler, tuple(sorted(drawn.items()))))
    return found


def _deck(cards: list[tuple[str, str]], seed: int, place: int) -> Iterator[tuple[str, str]]:
    rng = np.random.default_rng([seed, 42, place])
    while True:
        for card in rng.permutation(len(cards)).tolist():
            yield cards[card]


def make_imputer(name: str, seed: int) -> Any:
    """The imputer of this strategy; a metric that is missing throughout becomes a constant, not an error."""
    from sklearn.impute import KNNImputer, SimpleImputer

    if name == "knn":
        return KNNImputer(n_neighbors=NEIGHBOURS, keep_empty_features=True)
    if name == "iterative":
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
        from sklearn.impute import IterativeImputer

        # Ridge on ten neighbours in correlation: seconds and kilobytes, where boosted trees take minutes and 200 MB.
        # It drops an empty metric: keeping one writes into the caller's frame, which pandas 3 forbids.
        return IterativeImputer(max_iter=5, n_nearest_features=10, random_state=seed)
    return SimpleImputer(strategy=name, keep_empty_features=True)


def make_scaler(name: str) -> Any:
    """The scaler of this name."""
    from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

    return {"standard_scaler": StandardScaler, "robust_scaler": RobustScaler, "min_max_scaler": MinMaxScaler}[name]()


def make_classifier(configuration: Configuration, seed: int, size: float = 1.0) -> Any:
    """The unfitted classifier; `size` below 1 takes that share of its trees or passes."""
    kind = CLASSIFIERS[configuration.classifier]
    values = {**({} if kind.size != "max_iter" else {"max_iter": 150}), **dict(configuration.values)}
    if kind.size in values and size < 1:
        values[kind.size] = max(10, int(values[kind.size] * size))
    return _MAKERS.get(kind.name, _plain)(kind, values, seed)


def _plain(kind: Classifier, values: Values, seed: int) -> Any:
    from sklearn import ensemble, linear_model, neural_network

    for place in (ensemble, linear_model, neural_network):
        if hasattr(place, kind.name):
            return getattr(place, kind.name)(random_state=seed, **values)
    raise LookupError(kind.name)


def _make_histogram(kind: Classifier, values: Values, seed: int) -> Any:
    # Bins are drawn by weight, which takes as long as the trees at 255 bins; 64 tell as much of some thousand units.
    return _plain(kind, {"early_stopping": False, "max_bins": 64, **values}, seed)


def _make_logistic(kind: Classifier, values: Values, seed: int) -> Any:
    return _plain(kind, {"max_iter": 500, **values}, seed)


def _make_adaboost(kind: Classifier, values: Values, seed: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    depth = values.pop("depth", 1)
    return _plain(kind, {"estimator": DecisionTreeClassifier(max_depth=depth), **values}, seed)


def _make_svc(kind: Classifier, values: Values, seed: int) -> Any:
    """With probabilities by Platt's scaling on folds, which support vectors themselves do not have."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC

    return CalibratedClassifierCV(SVC(random_state=seed, **values), method="sigmoid", cv=3, ensemble=False)


def _elsewhere(quiet: Mapping[str, Any]) -> Callable[[Classifier, Values, int], Any]:
    """A maker for classifiers of libraries that may be absent; ImportError tells which one is."""

    def make(kind: Classifier, values: Values, seed: int) -> Any:
        return getattr(importlib.import_module(kind.module), kind.name)(random_state=seed, **quiet, **values)

    return make


_MAKERS: Mapping[str, Callable[[Classifier, Values, int], Any]] = {
    "HistGradientBoostingClassifier": _make_histogram,
    "LogisticRegression": _make_logistic,
    "AdaBoostClassifier": _make_adaboost,
    "SVC": _make_svc,
    "LGBMClassifier": _elsewhere({"verbose": -1, "n_jobs": 1}),
    "XGBClassifier": _elsewhere({"n_jobs": 1}),
    "CatBoostClassifier": _elsewhere({"silent": True, "allow_writing_files": False, "thread_count": 1}),
}


@contextmanager
def quietly() -> Iterator[None]:
    """Without the warnings of solvers that end before they converge: the score tells that better."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def fit_classifier(classifier: Any, z: Any, codes: Codes, weights: Weights, seed: int) -> Any:
    """Fit with weights; one that takes none gets rows drawn by them."""
    from sklearn.utils.validation import has_fit_parameter

    with quietly():
        if has_fit_parameter(classifier, "sample_weight"):
            return classifier.fit(z, codes, sample_weight=weights)
        rng = np.random.default_rng([seed, 43])
        rows = np.sort(rng.choice(len(codes), len(codes), p=weights / weights.sum()))
        return classifier.fit(z[rows], codes[rows])


def fit_pipeline(
    configuration: Configuration, x: Floats, names: Sequence[str], codes: Codes, weights: Weights, seed: int
) -> Any:
    """Imputer, scaler and classifier fitted on (n, d) with these column names, as a Pipeline.

    Its first step has seen the names, so that spikeinterface finds `feature_names_in_`.
    """
    import pandas as pd
    from sklearn.pipeline import Pipeline

    imputer, scaler = make_imputer(configuration.imputation, seed), make_scaler(configuration.scaling)
    with quietly():
        z = scaler.fit_transform(imputer.fit_transform(pd.DataFrame(x, columns=list(names))))
    classifier = fit_classifier(make_classifier(configuration, seed), z, codes, weights, seed)
    return Pipeline([("imputer", imputer), ("scaler", scaler), ("classifier", classifier)])


def vote(pipelines: Sequence[Any], x: Floats, names: Sequence[str], codes: Codes) -> Any:
    """Fitted pipelines of the same classes as one Pipeline that averages their probabilities."""
    import pandas as pd
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    if len(pipelines) == 1:
        return pipelines[0]
    first = FunctionTransformer(feature_names_out="one-to-one").fit(pd.DataFrame(x[:1], columns=list(names)))
    return Pipeline([("metrics", first), ("classifier", average(pipelines, codes))])


def average(voters: Sequence[Any], codes: Codes) -> Any:
    """Fitted classifiers of the same classes as one that averages their probabilities."""
    from sklearn.base import clone
    from sklearn.ensemble import VotingClassifier
    from sklearn.preprocessing import LabelEncoder

    # VotingClassifier has no way to be told that its voters are fitted but by what its fit() would leave: unfitted
    # ones as they were given, which keeps the file half as large, and the fitted.
    bare = [(f"voter_{number}", clone(voter)) for number, voter in enumerate(voters, 1)]
    whole = VotingClassifier(bare, voting="soft")
    whole.estimators_ = list(voters)
    whole.le_ = LabelEncoder().fit(codes)
    whole.classes_ = whole.le_.classes_
    return whole


def probabilities(pipeline: Any, x: Floats, names: Sequence[str]) -> Floats:
    """P of each of the pipeline's classes, (n, classes); (0, classes) for no row."""
    import pandas as pd

    if not len(x):
        return np.zeros((0, len(pipeline.classes_)), np.float32)
    with quietly():
        return np.asarray(pipeline.predict_proba(pd.DataFrame(x, columns=list(names))), np.float32)


def installed(names: Sequence[str]) -> list[str]:
    """Those of the classifiers whose library is here."""
    return [name for name in names if CLASSIFIERS[name].installed]
