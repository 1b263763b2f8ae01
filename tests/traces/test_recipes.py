"""One contract for all trace recipes: fit, predict, repeat, save, learn what is there and not what is not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.domain import Recipe, Setting, Task
from models.domains.traces import context, staging
from models.domains.traces.recipes import RECIPES
from models.errors import Cancelled, UserError
from models.job import finish
from models.learn import save
from models.params import build, describe
from models.sample import Samples

ROOT = Path(__file__).parents[2]
NAMES = [recipe.name for recipe in RECIPES]
#: Small settings, so that each contract test takes a second or two.
SMALL: dict[str, dict[str, Any]] = {
    "mlp": {"epochs": 8, "batch_size": 16},
    "cnn": {"epochs": 6, "batch_size": 16, "filters": (8, 8), "kernels": (7, 5)},
    "forest": {"trees": 50, "leaf": 2},
    "rocket": {},
    "blend": {"trees": 30},
}


def known(name: str) -> Recipe:
    return next(recipe for recipe in RECIPES if recipe.name == name)


class Bench:
    """Samples in memory, two or more classes that differ in height and pace, groups of six."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        self.cache = cache
        self.traces: list[np.ndarray] = []
        self.rates: list[float] = []
        reader = staging.Reader(self._read, self._rates, self._kin)
        monkeypatch.setattr(staging, "domain_reader", lambda: reader)
        monkeypatch.setattr(context, "domain_reader", lambda: reader)

    def _read(self, samples: Samples) -> list[np.ndarray]:
        return [self.traces[int(key)] for key in samples.table.column("key").to_pylist()]

    def _rates(self, samples: Samples) -> np.ndarray:
        return np.array([self.rates[int(key)] for key in samples.table.column("key").to_pylist()])

    def _kin(self, samples: Samples) -> staging.Kin:
        keys = np.array([int(key) for key in samples.table.column("key").to_pylist()], np.int64)
        groups = np.unique(keys // 6)
        whole = np.flatnonzero(np.isin(np.arange(len(self.traces)) // 6, groups))
        return staging.Kin(self.samples().take(whole), np.searchsorted(whole, keys), whole // 6)

    def add(self, trace: np.ndarray, rate: float = np.nan) -> None:
        self.traces.append(trace)
        self.rates.append(rate)

    def samples(self) -> Samples:
        count = len(self.traces)
        group = pa.array([f"sim{row // 6}" for row in range(count)]).dictionary_encode()
        table = pa.table(
            {
                "id": pa.array([f"a.h5#{row}" for row in range(count)]),
                "source": pa.array(np.zeros(count, np.int32)),
                "key": pa.array([str(row) for row in range(count)]),
                "group": group,
            }
        )
        return Samples(table, ("/nowhere/a.h5",))

    def task(self, name: str, codes: np.ndarray, classes: int, seed: int = 1, **values: Any) -> Task:
        count = len(codes)
        rows = np.arange(count)
        third = (rows // 6) % 3
        params = build(known(name).params, {**SMALL.get(name, {}), **values})
        return Task(
            samples=self.samples(),
            classes=tuple(str(code) for code in range(classes)),
            targets=np.eye(classes, dtype=np.float32)[codes],
            train=rows[third == 0],
            val=rows[third == 1],
            weights=np.ones(count, np.float32),
            draw=None,
            params=params,
            seed=seed,
            device="cpu",
            cache=self.cache / "cache",
            work=self.cache / f"work-{name}-{seed}",
        )

    def test_rows(self) -> np.ndarray:
        return np.flatnonzero((np.arange(len(self.traces)) // 6) % 3 == 2)

    def setting(self) -> Setting:
        return Setting("cpu", self.cache / "cache")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return Bench(monkeypatch, tmp_path)


def fill(bench: Bench, count: int = 90, length: int = 160, classes: int = 2, seed: int = 0) -> np.ndarray:
    """Bumps whose height and width tell the class."""
    rng = np.random.default_rng(seed)
    codes = np.arange(count) % classes
    time = np.arange(length)
    for code in codes:
        centre = 0.4 * length + rng.normal(0, 4)
        bump = (1 + 1.5 * code) * np.exp(-(((time - centre) / (6 + 5 * code)) ** 2))
        bench.add(bump + rng.normal(0, 0.3, length))
    return codes


def recall(probabilities: np.ndarray, codes: np.ndarray) -> float:
    guess = probabilities.argmax(1)
    return float(np.mean([(guess[codes == code] == code).mean() for code in np.unique(codes)]))


@pytest.mark.parametrize("name", NAMES)
def test_contract(bench: Bench, name: str) -> None:
    recipe = known(name)
    codes = fill(bench)
    task = bench.task(name, codes, 2)
    model = finish(recipe.fit(task))
    probabilities = recipe.predict(model, task.samples, bench.setting())
    assert probabilities.shape == (90, 2)
    assert probabilities.dtype == np.float32
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)
    assert recall(probabilities[bench.test_rows()], codes[bench.test_rows()]) > 0.8
    again = finish(recipe.fit(replace(task, work=task.work / "again")))
    assert np.array_equal(recipe.predict(again, task.samples, bench.setting()), probabilities)
    folder = bench.cache / "model"
    recipe.save(model, folder)
    loaded = recipe.load(folder)
    assert np.array_equal(recipe.predict(loaded, task.samples, bench.setting()), probabilities)
    assert not [path for path in folder.iterdir() if path.suffix in (".pkl", ".pt", ".joblib", ".partial")]
    assert model.facts["length"] == 160
    assert recipe.embed is not None
    vectors = recipe.embed(loaded, task.samples, bench.setting())
    assert vectors.shape[0] == 90
    assert np.isfinite(vectors).all()
    assert recipe.predict(model, task.samples.take([]), bench.setting()).shape == (0, 2)


@pytest.mark.parametrize("name", NAMES)
def test_permuted_labels_score_at_chance(bench: Bench, name: str) -> None:
    recipe = known(name)
    codes = fill(bench, count=240)
    codes = np.random.default_rng(3).permutation(codes)
    model = finish(recipe.fit(bench.task(name, codes, 2)))
    probabilities = recipe.predict(model, bench.samples(), bench.setting())
    rows = bench.test_rows()
    assert 0.3 < recall(probabilities[rows], codes[rows]) < 0.7


@pytest.mark.parametrize("name", NAMES)
def test_ragged_recordings(bench: Bench, name: str) -> None:
    """Differing rates and lengths, gaps, three classes of which one is missing in training."""
    rng = np.random.default_rng(0)
    codes = np.arange(60) % 3
    for row, code in enumerate(codes):
        rate = (10.0, 20.0, 15.0)[row % 4 % 3]
        time = np.arange(int(rate * (12 + row % 5))) / rate
        trace = (0.5 + code) * (np.sin(2 * np.pi * 0.3 * (1 + code) * time) > 0.5) + rng.normal(0, 0.2, len(time))
        trace[row % 7] = np.nan
        bench.add(trace, rate)
    task = bench.task(name, codes, 3)
    task = replace(task, train=task.train[codes[task.train] != 2])
    model = finish(known(name).fit(task))
    assert model.facts["rate"] == 10.0
    assert model.facts["length"] == 140
    assert model.facts["repaired"] == 60
    assert model.facts["padded"] > 0
    probabilities = known(name).predict(model, task.samples, bench.setting())
    assert probabilities.shape == (60, 3)
    assert np.isfinite(probabilities).all()
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_six_classes_with_a_draw_and_weights(bench: Bench, name: str) -> None:
    codes = fill(bench, classes=6)
    task = bench.task(name, codes, 6)
    counts = np.bincount(codes[task.train], minlength=6)
    draw = (1 / counts)[codes[task.train]]
    drawn = replace(task, draw=(draw / draw.sum()).astype(np.float32))
    weighed = replace(task, weights=(1 / counts)[codes].astype(np.float32), work=task.work / "weights")
    for given in (drawn, weighed):
        probabilities = known(name).predict(finish(known(name).fit(given)), task.samples, bench.setting())
        assert recall(probabilities, codes) > 1 / 6


@pytest.mark.parametrize("name", NAMES)
def test_explanation_finds_the_bump(bench: Bench, name: str) -> None:
    recipe = known(name)
    codes = fill(bench)
    model = finish(recipe.fit(bench.task(name, codes, 2)))
    rows = bench.test_rows()[:4]
    assert recipe.explain is not None
    relevance = np.abs(recipe.explain(model, bench.samples().take(rows), bench.setting()))
    assert relevance.shape == (4, 160)
    near, far = relevance[:, 44:84].mean(), relevance[:, 110:].mean()
    assert near > far
    if recipe.sanity:
        found = recipe.sanity(model, bench.samples().take(rows), bench.setting())
        assert set(found) == {"similarity", "passed"}
        assert -1 <= found["similarity"] <= 1


@pytest.mark.parametrize("name", NAMES)
def test_one_class_is_a_clear_mistake(bench: Bench, name: str) -> None:
    fill(bench, count=30)
    task = bench.task(name, np.zeros(30, np.int64), 2)
    with pytest.raises(UserError, match="two classes"):
        finish(known(name).fit(task))


@pytest.mark.parametrize("name", NAMES)
def test_cancel_at_once_is_cancelled(bench: Bench, name: str) -> None:
    codes = fill(bench)
    steps = known(name).fit(bench.task(name, codes, 2))
    next(steps)
    with pytest.raises(Cancelled):
        steps.throw(Cancelled())


def test_forest_stopped_keeps_its_trees(bench: Bench) -> None:
    codes = fill(bench)
    steps = known("forest").fit(bench.task("forest", codes, 2, trees=5000))
    while not (step := next(steps)).text.startswith("50 of"):
        assert step.total
    with pytest.raises(StopIteration) as stop:
        steps.throw(Cancelled())
    assert stop.value.value.parts["forest"].n_estimators == 50


def test_a_model_of_another_recipe_or_with_strange_types_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = fill(bench)
    folder = bench.cache / "model"
    known("forest").save(finish(known("forest").fit(bench.task("forest", codes, 2))), folder)
    with pytest.raises(UserError, match="of the recipe 'forest'"):
        known("mlp").load(folder)
    monkeypatch.setattr(save, "TRUSTED", ())
    with pytest.raises(UserError, match=r"sklearn\.tree\._tree\.Tree.*--trust"):
        known("forest").load(folder)
    with save.trusting(("sklearn.tree._tree.Tree", "numpy.dtype")):
        assert known("forest").load(folder).classes == ("0", "1")


def test_parameters_are_declared_with_words() -> None:
    for recipe in RECIPES:
        params = describe(recipe.params)
        assert {"balance", "calibrate", "val_size", "rate", "length"} <= {param.name for param in params}
        assert all(param.note.help for param in params)
        for values in recipe.presets.values():
            build(recipe.params, values)


def test_records_import_without_heavy_libraries() -> None:
    code = (
        "import sys; import models.domains.traces.recipes; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'sklearn', 'pandas', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_prediction_does_not_depend_on_which_others_are_asked(bench: Bench, name: str) -> None:
    recipe = known(name)
    codes = fill(bench)
    model = finish(recipe.fit(bench.task(name, codes, 2)))
    whole = recipe.predict(model, bench.samples(), bench.setting())
    rows = np.array([71, 3, 40])
    part = recipe.predict(model, bench.samples().take(rows), bench.setting())
    assert np.allclose(part, whole[rows], atol=1e-5)
