"""An explanation comes with its check: what the same network of random weights would have shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.job import Job
from models.learn.nets import shuffle_weights
from models.orders.fitting import load_model
from models.orders.naming import find_domain
from models.orders.reasoning import _background
from models.store.project import Project
from workers.inline import run


def do(name: str, **arguments: object) -> dict[str, object]:
    told: dict[str, object] = run(Job(name, arguments, name))
    return told


@pytest.fixture(scope="module")
def trained(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run of a network and one of a forest."""
    place = tmp_path_factory.mktemp("explained") / "project"
    shutil.copytree(home / "project", place)
    do("train", project=str(place), recipe="cnn", values={"epochs": 4}, baseline=False, device="cpu")
    do("train", project=str(place), recipe="forest", values={"trees": 5}, baseline=False)
    return place


def test_the_sanity_figure_and_its_words_are_told(trained: Path, tmp_path: Path) -> None:
    told = do("explain", project=str(trained), run="run-1", out=str(tmp_path / "out"), where="row < 3", device="cpu")
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    sanity = told["sanity"]
    assert isinstance(sanity, dict)
    assert -1 <= sanity["similarity"] < 0.9
    assert sanity["passed"] is (abs(sanity["similarity"]) < 0.5)
    assert "random weights" in sanity["words"]
    assert sanity["words"] in str(told["words"])
    with Project.open(trained) as opened:
        names = opened.samples.take([0]).ids()
    shown = do("explain_samples", project=str(trained), run="run-1", samples=names, device="cpu")
    assert shown["sanity"] is not None
    assert "random weights" in str(shown["words"])


def test_a_trained_and_a_randomised_network_explain_differently(trained: Path) -> None:
    from models.domains.traces.recipes import networks
    from models.domains.traces.saliency import gradient, randomised_check
    from models.learn.explain import similarity

    with Project.open(trained) as opened:
        fitted, _ = load_model(find_domain(opened), opened.runs.get("run-1").path)
    net = networks.net_of(fitted.model)
    x = np.random.default_rng(0).normal(size=(6, 1, int(fitted.model.facts["length"]))).astype(np.float32)
    before = gradient(net, x)
    found = randomised_check(net, x)
    assert np.array_equal(gradient(net, x), before), "the check leaves the model as it was"
    assert similarity(before, before) == pytest.approx(1)
    shuffle_weights(net, 0)
    after = gradient(net, x)
    assert not np.allclose(after, before)
    assert similarity(before, after) < 0.9
    assert found["similarity"] < 0.9


def test_a_recipe_without_weights_says_that_it_was_not_checked(trained: Path, tmp_path: Path) -> None:
    told = do("explain", project=str(trained), run="run-2", out=str(tmp_path / "out"), where="row < 1")
    assert told["sanity"] is None
    assert "no check" in str(told["words"])


def test_a_sample_is_held_against_a_hundred_others_at_most() -> None:
    told = SimpleNamespace(rows=lambda _samples: (np.arange(500),) * 2, part=np.repeat(["train", "test"], [400, 100]))
    found = _background(SimpleNamespace(samples=range(500)), SimpleNamespace(predictions=lambda: told))  # type: ignore[arg-type]
    assert len(found) == 100
    assert found.max() < 400, "of those that were learnt from"
