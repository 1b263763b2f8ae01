"""Training on units of a spike sorting beside spikeinterface's own trainer: time, and honest scores on the same units.

Both get the same training units and are scored on the same units that neither has seen, one thread each.
The trainer is given 378 fits (random forest, gradient boosting and logistic regression; two
imputations; three scalers; four drawn settings in five folds), a twelfth of its own default. On
the tutorial's pair it is also run its own way, in which the test units choose the winner. Without
the data beside the repository, or with ``--quick``, both learn made-up units.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.table import Row, row
from models.domain import Recipe, Setting, Task
from models.domains.units.calibration import fit_calibration
from models.domains.units.metrics import features
from models.domains.units.recipes import RECIPES
from models.domains.units.transfer import leave_out
from models.job import Job
from models.learn.balance import balance_rows
from models.learn.compare import compare_runs
from models.learn.metrics import mean_recall
from models.learn.reliability import calibration_error
from models.learn.review.spread import choose
from models.learn.split import fold_rows
from models.sample import Samples
from models.store.project import Project
from workers.inline import run as do

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "units"
CLASSES = ("good", "mua", "noise")
TRAINER = ("RandomForestClassifier", "GradientBoostingClassifier", "LogisticRegression")
#: What the trainer's own way of choosing gave on the tutorial's pair, by seed.
PUBLISHED = (0.786, 0.818, 0.732)
FASTER, WORSE, ANIMALS, ERROR = 8.0, -0.02, 0.78, 0.05

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """Units with their classes; folder for whatever is written."""

    samples: Samples
    codes: Codes
    folder: Path
    quick: bool

    @property
    def table(self) -> tuple[Floats, list[str]]:
        """Metrics (n, d) and their names."""
        return features(self.samples)


@dataclass(frozen=True)
class Answer:
    """Probabilities of the unseen units, (m, 3), and how long the training took."""

    p: Floats
    seconds: float


def run(quick: bool) -> list[Row]:
    """All figures; quick: made-up units and few fits."""
    import spikeinterface.curation  # noqa: F401  (loaded before any time is taken)
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from threadpoolctl import threadpool_limits

    with tempfile.TemporaryDirectory(prefix="winnow-units-") as place, threadpool_limits(1):
        folder = Path(place)
        real = DATA.is_dir() and not quick
        if not real:
            units = made(folder, 400)
            return [*_pair(units, 1, "made-up units"), *_sessions(units, "made-up sessions"), *_animals(units)]
        tutorial = imported(folder / "tutorial", [DATA / "unitrefine_tutorial" / n for n in _PAIR])
        sessions = imported(folder / "sessions", [DATA / "unitrefine_sessions"])
        return [*_pair(tutorial, 3, "tutorial"), *_animals(sessions), *_sessions(sessions, "nine sessions")]


_PAIR = ("quality_metrics.csv", "cluster_group.tsv")


def imported(folder: Path, sources: list[Path]) -> Units:
    """The units of some files, as the program reads them."""
    folder.mkdir()
    Project.create(folder / "p", "units").close()
    do(Job("import_samples", {"project": str(folder / "p"), "sources": [str(one) for one in sources]}, "import"))
    with Project.open(folder / "p") as project:
        labels = project.journal.fold.labels()
        codes = np.array([CLASSES.index(label) if label in CLASSES else -1 for label in labels], np.int64)
        kept = np.flatnonzero(codes >= 0)
        return Units(project.samples.take(kept), codes[kept], folder, False)


def made(folder: Path, count: int) -> Units:
    """Made-up units of six sessions of three animals."""
    rng = np.random.default_rng(0)
    codes = rng.choice(3, count, p=(0.25, 0.45, 0.3)).astype(np.int64)
    x = {
        "num_spikes": np.exp(rng.normal(7, 1, count) - 0.5 * (codes == 2)),
        "snr": np.exp(rng.normal(1.2, 0.4, count) - 0.6 * (codes == 2)),
        "isi_violations_ratio": np.exp(rng.normal(-2, 1, count) + 1.2 * (codes == 1)),
        "amplitude_median": rng.normal(60, 15, count) - 10 * (codes == 2),
        "nn_hit_rate": np.clip(rng.normal(0.8, 0.1, count) - 0.1 * (codes == 1), 0, 1),
    }
    group = np.arange(count) * 6 // count
    table = {
        "id": [f"s{one}#{row}" for row, one in enumerate(group)],
        "source": pa.array([0] * count, pa.int32()),
        "key": [str(row) for row in range(count)],
        "group": pa.array([f"s{one}" for one in group]).dictionary_encode(),
        "animal": [f"a{one // 2}" for one in group],
    }
    return Units(Samples(pa.table({**table, **x}), ("made",)), codes, folder, True)


# Both trainers


def task_of(units: Units, recipe: Recipe, train: Codes, seed: int) -> Task:
    """Our training on these units, with the recipe's defaults (fewer configurations when quick)."""
    params = recipe.params()
    if units.quick and recipe.name == "search":
        params = replace(params, configurations=6, inner_folds=2)
    if units.quick and recipe.name == "two_step":
        params = replace(params, rounds=20, trees=20, inner_folds=2)
    known = np.full(len(units.codes), -1, np.int64)
    known[train] = units.codes[train]
    weights = balance_rows(known, params.balance, np.random.default_rng(seed)).weights
    targets = np.eye(3, dtype=np.float32)[units.codes]
    none = np.empty(0, np.int64)
    return Task(
        units.samples, CLASSES, targets, train, none, weights, None, params, seed, "cpu", units.folder, units.folder
    )  # fmt: skip


def recipe_of(name: str) -> Recipe:
    """One of the domain's recipes."""
    return next(one for one in RECIPES if one.name == name)


def finish(steps: Any) -> Any:
    """The value of a generator."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def ours(units: Units, train: Codes, test: Codes, seed: int) -> Answer:
    """Our search with its defaults."""
    recipe, began = recipe_of("search"), time.perf_counter()
    model = finish(recipe.fit(task_of(units, recipe, train, seed)))
    seconds = time.perf_counter() - began
    return Answer(recipe.predict(model, units.samples.take(test), Setting("cpu", units.folder)), seconds)


def theirs(units: Units, train: Codes, test: Codes, seed: int) -> Answer:
    """Spikeinterface's trainer on the same units."""
    import pandas as pd

    x, names = units.table
    trainer, seconds = _trained(x[train], units.codes[train], names, units, seed)
    pipeline = trainer.best_pipeline
    frame = pd.DataFrame(x[test], columns=names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = pipeline.predict_proba(frame)
    p = np.zeros((len(test), 3), np.float32)
    p[:, [int(code) for code in pipeline.classes_]] = told
    return Answer(p, seconds)


def _trained(x: Floats, codes: Codes, names: list[str], units: Units, seed: int) -> tuple[Any, float]:
    import pandas as pd
    from spikeinterface.curation import train_model

    place = Path(tempfile.mkdtemp(dir=units.folder))
    pd.DataFrame(x, columns=names).to_csv(place / "metrics.csv")
    fewer = {"cv": 2, "n_iter": 1} if units.quick else {"cv": 5, "n_iter": 4}
    np.random.seed(seed)  # the trainer's seed does not reach its search
    began = time.perf_counter()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        trainer = train_model(
            mode="csv", labels=[[CLASSES[code] for code in codes]], metrics_paths=[place / "metrics.csv"],
            folder=place / "model", metric_names=names, imputation_strategies=["median", "knn"],
            scaling_techniques=["standard_scaler", "min_max_scaler", "robust_scaler"],
            classifiers=list(TRAINER[:1] if units.quick else TRAINER),
            seed=seed, search_kwargs={**fewer, "scoring": "balanced_accuracy"}, verbose=False, n_jobs=1,
        )  # fmt: skip
    return trainer, time.perf_counter() - began


# Figures


def _pair(units: Units, seeds: int, name: str) -> list[Row]:
    """One recording: the trainer's own split by seed."""
    rows, answers, tests = [], [], []
    for seed in range(seeds):
        train, test = split(units.codes, seed)
        mine, peer = ours(units, train, test, seed), theirs(units, train, test, seed)
        x, names = units.table
        own, _ = _trained(x, units.codes, names, units, seed)
        chosen = float(own.test_accuracies_df.iloc[0]["balanced_accuracy"])
        score = mean_recall(units.codes[test], mine.p.argmax(1))
        _tell(f"{name}, seed {seed}", mine, peer, units.codes[test])
        note = f"{len(test)} test units; peer chose its winner on them. By its other way: see the difference below"
        goal = PUBLISHED[seed] if not units.quick else None
        rows.append(row(f"{name}, seed {seed}, balanced accuracy", score, chosen, goal, note, unit="", more=True))
        answers.append((mine, peer))
        tests.append(test)
    return [*rows, *_compared(units, name, answers, tests, by_session=False)]


def split(codes: Codes, seed: int) -> tuple[Codes, Codes]:
    """The trainer's own split: a fifth for the test, stratified by class."""
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(np.arange(len(codes)), test_size=0.2, random_state=seed, stratify=codes)
    return np.sort(train).astype(np.int64), np.sort(test).astype(np.int64)


def _sessions(units: Units, name: str) -> list[Row]:
    """Several recordings: outer folds that keep sessions together."""
    groups = units.samples.group_codes()[0]
    answers, tests = [], []
    for seed, test in enumerate(fold_rows(units.codes, groups, 2 if units.quick else 3, 0)):
        train = np.setdiff1d(np.arange(len(units.codes)), test)
        mine, peer = ours(units, train, test, seed), theirs(units, train, test, seed)
        _tell(f"{name}, outer fold {seed}", mine, peer, units.codes[test])
        answers.append((mine, peer))
        tests.append(test)
    return _compared(units, name, answers, tests, by_session=True)


def _compared(
    units: Units, name: str, answers: list[tuple[Answer, Answer]], tests: list[Codes], by_session: bool
) -> list[Row]:
    """Time and the paired difference on all outer tests together."""
    rows = np.concatenate(tests)
    mine, peer = (np.concatenate([pair[side].p for pair in answers]) for side in (0, 1))
    groups = units.samples.group_codes()[0][rows] if by_session else rows
    found = compare_runs(units.codes[rows], peer, mine, groups, CLASSES, 500, 0)
    low = found.interval[0] if found.interval else float("nan")
    spent = [sum(pair[side].seconds for pair in answers) for side in (0, 1)]
    scores = [mean_recall(units.codes[rows], p.argmax(1)) for p in (mine, peer)]
    count = len(answers)
    seconds = row(
        f"{name}, a search", spent[0] / count, spent[1] / count, None if units.quick else FASTER,
        f"mean of {count}; peer: spikeinterface's trainer with 378 fits; one thread each", "ratio", "s",
    )  # fmt: skip
    return [
        seconds,
        row(f"{name}, balanced accuracy of unseen units", scores[0], scores[1], None,
            f"{len(rows)} units of {count} outer tests, none of which either trainer saw", unit="", more=True),
        row(f"{name}, difference of balanced accuracy, lower bound", low, None,
            WORSE if not units.quick else None,
            f"paired, by {'session' if by_session else 'unit'}; estimate {found.difference:+.3f}", unit="", more=True),
    ]  # fmt: skip


def _animals(units: Units) -> list[Row]:
    """Each animal left out, and the calibration from 50 of its units."""
    recipe = recipe_of("two_step")
    given = task_of(units, recipe, np.arange(len(units.codes)), 0)
    found = finish(leave_out(recipe, given))
    words = ", ".join(f"{row.name} {row.balanced_accuracy:.3f}" for row in found.rows)
    before, after = errors(units, found.places, found.probabilities)
    goals = (None, None) if units.quick else (ANIMALS, ERROR)
    return [
        row("two_step, leaving one animal out, mean balanced accuracy", found.mean, None, goals[0],
            f"{words}; spread {found.spread:.3f}", unit="", more=True),
        row("two_step, calibration error of an unseen animal with 50 of its units", after, before, goals[1],
            "of the other units, mean over animals; peer: before", unit=""),
    ]  # fmt: skip


def errors(units: Units, places: Codes, p: Floats) -> tuple[float, float]:
    """Calibration error before and after, of the units of each animal that were not chosen, mean over animals."""
    animals = units.samples.column("animal")[places]
    told = []
    for animal in sorted(set(animals.tolist())):
        mine = np.flatnonzero(animals == animal)
        codes, own = units.codes[places[mine]], p[mine]
        chosen = choose(own, 50)
        rest = np.setdiff1d(np.arange(len(mine)), chosen)
        shown = fit_calibration(own[chosen], codes[chosen]).apply(own[rest])
        told.append((calibration_error(codes[rest], own[rest]), calibration_error(codes[rest], shown)))
    before, after = np.mean(told, axis=0)
    return float(before), float(after)


def _tell(name: str, mine: Answer, peer: Answer, codes: Codes) -> None:
    scores = " against ".join(
        f"{mean_recall(codes, one.p.argmax(1)):.3f} in {one.seconds:.1f} s" for one in (mine, peer)
    )
    sys.stderr.write(f"{name}: {scores}\n")
    sys.stderr.flush()
