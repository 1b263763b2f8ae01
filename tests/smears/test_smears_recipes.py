"""Recipes of smears learn from cells in images, keep away from what cannot be read, and come back from disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.domain import Setting
from models.domains.smears.paints import MASKED, painted
from models.domains.smears.recipes import RECIPES
from models.errors import UserError
from models.job import finish
from models.params import describe
from models.sample import Samples
from tests.smears.blood import slide, task

SMALL = {
    "colour_texture": {"rounds": 5, "trees": 10},
    "small_cnn": {"epochs": 12, "image_size": 32, "filters": (8, 16), "batch_size": 16, "learning_rate": 0.01},
    "resnet34": {"backbone": "resnet18", "image_size": 64, "epochs": 40, "batch_size": 16, "learning_rate": 0.01},
}
FINE = {**SMALL["small_cnn"], "fine": True, "patience": 0, "learning_rate": 0.003, "epochs": 40}
NAMES = [recipe.name for recipe in RECIPES]
BY_NAME = {recipe.name: recipe for recipe in RECIPES}


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_tells_infected_cells_and_comes_back(name: str, tmp_path: Path) -> None:
    samples, codes = slide(tmp_path)
    recipe = BY_NAME[name]
    model = finish(recipe.fit(task(samples, codes, tmp_path / "work", name, **SMALL[name])))
    setting = Setting("cpu", tmp_path / "cache")
    p = recipe.predict(model, samples, setting)
    assert (p[:-1].argmax(1) == codes[:-1]).mean() > 0.9
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)
    assert p[-1].tolist() == [0.5, 0.5], "a cell whose image is gone is like any class"
    recipe.save(model, tmp_path / "model")
    again = recipe.load(tmp_path / "model")
    np.testing.assert_allclose(recipe.predict(again, samples, setting), p, atol=1e-4)
    assert recipe.embed is not None
    vectors = recipe.embed(again, samples, setting)
    assert len(vectors) == len(samples)
    assert np.isfinite(vectors).all()
    assert recipe.embed(again, samples.take([]), setting).shape == (0, vectors.shape[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_drawn_balance_with_missing_images_is_learnt_from(name: str, tmp_path: Path) -> None:
    samples, codes = slide(tmp_path, 24)
    lesson = task(samples, codes, tmp_path / "work", name, **SMALL[name])
    draw = np.full(len(lesson.train), 1 / len(lesson.train), np.float32)
    marked = missing(samples, len(samples) - 1)
    model = finish(BY_NAME[name].fit(replace(lesson, samples=marked, draw=draw)))
    assert model.classes == lesson.classes


@pytest.mark.parametrize("name", NAMES)
def test_without_any_image_there_is_nothing_to_learn(name: str, tmp_path: Path) -> None:
    samples, codes = slide(tmp_path, 24)
    lesson = task(missing(samples, *range(len(samples))), codes, tmp_path / "work", name, **SMALL[name])
    with pytest.raises(UserError, match="images of all labelled cells are missing"):
        finish(BY_NAME[name].fit(lesson))


def missing(samples: Samples, *rows: int) -> Samples:
    """The same samples, of which some are marked as missing their image."""
    import pyarrow as pa

    marks = pa.array([row in rows for row in range(len(samples))])
    return Samples(samples.table.append_column("missing", marks), samples.sources)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_lets_one_choose_the_classes_that_are_learnt(name: str) -> None:
    declared = {param.name: param for param in describe(BY_NAME[name].params)}["label_mode"]
    assert declared.default == "source"
    assert set(declared.note.choices) == {"source", "binary", "stages"}


def test_a_network_of_fine_density_tells_infected_cells_on_any_ground_and_comes_back(tmp_path: Path) -> None:
    samples, codes = slide(tmp_path, 96)
    recipe = BY_NAME["small_cnn"]
    model = finish(recipe.fit(task(samples, codes, tmp_path / "work", "small_cnn", **FINE)))
    setting = Setting("cpu", tmp_path / "cache")
    p = recipe.predict(model, samples, setting)
    assert (p[:-1].argmax(1) == codes[:-1]).mean() > 0.9
    recipe.save(model, tmp_path / "model")
    again = recipe.load(tmp_path / "model")
    np.testing.assert_allclose(recipe.predict(again, samples, setting), p, atol=1e-4)
    black = painted(samples, {"kind": MASKED, "black": True})
    assert (recipe.predict(again, black, setting)[:-1].argmax(1) == codes[:-1]).mean() > 0.9
    assert recipe.embed is not None
    assert recipe.embed(again, samples, setting).shape == (len(samples), 16)
    assert recipe.explain is not None
    assert recipe.explain(again, samples.take([1]), setting).max() == pytest.approx(1)
