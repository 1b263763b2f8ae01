"""Where networks looked and what features add: shapes, sums, completeness, and that it is told of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from models.domain import Setting
from models.domains.eeg import features, relevance, shapley
from models.domains.eeg.constants import CLASSES
from models.domains.eeg.features import BANDS, TITLES
from models.domains.eeg.nets import resnet_gru, symmetric
from models.domains.eeg.recipes import RECIPES, attention_ensemble, efficientnet
from models.domains.eeg.recipes import features as features_recipe
from models.domains.eeg.recipes.features import FEATURES
from models.errors import UserError
from models.job import Job, finish
from models.learn.gradients import integrated
from models.store.project import Project
from tests.eeg.test_eeg_networks import lesson, project  # noqa: F401  (a fixture)
from workers.inline import run

NAMED: Mapping[str, Any] = {recipe.name: recipe for recipe in RECIPES}


def windows(count: int, length: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).normal(size=(count, 20, length)).astype(np.float32)


def test_integrated_gradients_of_a_plain_sum_are_its_parts() -> None:
    weight = torch.tensor([[1.0, -2.0, 0.5]])
    x = torch.tensor([[2.0, 1.0, 4.0], [0.0, 0.0, 0.0]])
    values, off = integrated(lambda copies, place: (copies * weight).sum(1) + 7, x)
    np.testing.assert_allclose(values, [[2, -2, 2], [0, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(off, 0, atol=1e-5)


def test_integrated_gradients_of_a_product_share_it() -> None:
    values, off = integrated(lambda copies, place: copies[:, 0] * copies[:, 1] ** 2, torch.tensor([[3.0, 2.0]]), 8)
    np.testing.assert_allclose(values, [[4, 8]], atol=1e-4)
    assert abs(off[0]) < 1e-5


@pytest.mark.parametrize("kind", ["resnet_gru", "symmetric"])
def test_channels_over_time_sum_to_the_score_less_that_of_silence(kind: str) -> None:
    torch.manual_seed(1)
    net = resnet_gru(6, (8, 8), 5, 8) if kind == "resnet_gru" else symmetric(6)
    net.eval()
    x, decided = windows(2, 2000), np.array([1, 4])
    values, off = relevance.channels(net, x, decided, "cpu")
    assert values.shape == (2, len(TITLES), relevance.MOMENTS)
    with torch.inference_mode():
        score, silent = net(torch.from_numpy(x)), net(torch.zeros(2, 20, 2000))
    rise = (score - silent)[torch.arange(2), torch.from_numpy(decided)].numpy()
    np.testing.assert_allclose(values.sum((1, 2)), rise * (1 + off), rtol=1e-3, atol=1e-4)
    assert np.abs(off).max() < 0.05


def test_a_silent_channel_adds_nothing() -> None:
    torch.manual_seed(1)
    net, x = resnet_gru(6, (8, 8), 5, 8).eval(), windows(1, 1000)
    x[0, [0, 4]] = 0  # both ends of one pair
    values, _ = relevance.channels(net, x, np.array([0]), "cpu", nodes=8)
    from models.domains.eeg.constants import CHANNELS

    pair = TITLES.index(f"{CHANNELS[0]}-{CHANNELS[4]}")
    assert np.abs(values[0, pair]).max() == 0
    assert np.abs(values[0]).max() > 0


def test_what_the_sum_is_off_by_is_told() -> None:
    assert "sum to the score" in relevance.off_words(0.001)
    assert "sum to 90% of the score" in relevance.off_words(-0.1)


@pytest.mark.parametrize("name", ["resnet1d_gru", "small_1d"])
def test_a_network_on_the_signal_tells_moments_and_channels(name: str, project: Path, tmp_path: Path) -> None:  # noqa: F811
    recipe = NAMED[name]
    with Project.open(project) as opened:
        task = lesson(opened, recipe, tmp_path / "work")
        model = finish(recipe.fit(task))
        some, setting = opened.samples.take(task.val[:3]), Setting("cpu", opened.cache)
        given = recipe.predict(model, some, setting).argmax(1)
        for layer in recipe.layers(model):
            found = recipe.overlay(model, some, replace(setting, layer=layer))
            assert found.classes == tuple(CLASSES[place] for place in given.tolist())
            assert found.span == (-25, 25)
            assert found.signed == (layer == relevance.INTEGRATED)
            shape = (3, len(TITLES), 500) if found.signed else (3, 500)
            assert found.values.shape == shape
            assert np.isfinite(found.values).all()
        attended = recipe.overlay(model, some, replace(setting, layer=relevance.ATTENTION)).values
        np.testing.assert_allclose(attended.max(1), 1, atol=1e-5)
        with pytest.raises(UserError, match="Did you mean attention"):
            recipe.overlay(model, some, replace(setting, layer="atention"))


def test_pictures_tell_regions_by_frequency(project: Path, tmp_path: Path) -> None:  # noqa: F811
    recipe = efficientnet.EFFICIENTNET
    with Project.open(project) as opened:
        task = lesson(opened, recipe, tmp_path / "work", image_size=64)
        model = finish(recipe.fit(task))
        some, setting = opened.samples.take(task.val[:2]), Setting("cpu", opened.cache)
        assert recipe.layers is not None
        assert recipe.overlay is not None
        assert recipe.explain is not None
        layers = recipe.layers(model)
        assert layers == ("layer1", "layer2", "layer3", "layer4")
        found = recipe.overlay(model, some, setting)
        assert found.values.shape == (2, 4, 16, 64)
        assert found.rows == ("Left lateral", "Right lateral", "Left parasagittal", "Right parasagittal")
        assert found.hertz == (pytest.approx(0.59, abs=0.01), pytest.approx(19.92, abs=0.01))
        assert found.span == (-300, 300)
        assert "50 s" in found.notes[0]
        assert 0 <= found.values.min() <= found.values.max() <= 1 + 1e-5
        np.testing.assert_array_equal(recipe.explain(model, some, setting), found.values.reshape(2, 64, 64))


def test_the_ensemble_tells_of_both_branches(project: Path, tmp_path: Path) -> None:  # noqa: F811
    recipe = attention_ensemble.ATTENTION_ENSEMBLE
    with Project.open(project) as opened:
        task = lesson(opened, recipe, tmp_path / "work", image_size=64)
        model = finish(recipe.fit(task))
        some, setting = opened.samples.take(task.val[:2]), Setting("cpu", opened.cache)
        given = recipe.predict(model, some, setting).argmax(1)
        layers = attention_ensemble.layers(model)
        assert {"attention", "integrated gradients", "gru", "spectrograms layer4"} <= set(layers)
        for layer, dimensions in (("spectrograms layer3", 4), ("attention", 2), ("integrated gradients", 3)):
            found = attention_ensemble.overlay(model, some, replace(setting, layer=layer))
            assert found.values.ndim == dimensions
            assert found.classes == tuple(CLASSES[place] for place in given.tolist()), "of the whole, not of a branch"
            assert found.branches == ("signal", "spectrograms")
            assert found.shares is not None
            np.testing.assert_allclose(found.shares.sum(1), 1, atol=1e-5)
            told = attention_ensemble.sanity(model, some, replace(setting, layer=layer))
            assert set(told) == {"similarity", "passed"}


def test_each_feature_has_one_place_in_the_table() -> None:
    values = np.random.default_rng(0).normal(size=(3, len(features.names())))
    table = shapley.gather(values)
    assert table.rows == TITLES
    assert len(table.columns) == len(BANDS) + 2
    total = table.values.sum((1, 2)) + table.others.sum(1)
    np.testing.assert_allclose(total, values.sum(1), atol=1e-9)
    one = np.zeros((1, values.shape[1]))
    one[0, features.names().index("share_theta_Fp1-F7")] = 1
    assert np.argwhere(shapley.gather(one).values[0]).tolist() == [[TITLES.index("Fp1-F7"), 1]]
    one[:] = 0
    one[0, features.names().index("asymmetry_alpha_Fp1-F7")] = 1
    both = shapley.gather(one).values[0]
    assert {TITLES[row] for row in np.flatnonzero(both.any(1)).tolist()} == {"Fp1-F7", "Fp2-F8"}
    assert both.sum() == 1


@pytest.fixture(scope="module")
def trained(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """The project with a run of features and one of a small network."""
    run(Job("train", {"project": str(project), "recipe": "features", "values": {"rounds": 8, "leaf": 2},
                      "baseline": False, "device": "cpu"}, ""))  # fmt: skip
    values = {"epochs": 1, "filters": (8, 8), "units": 8, "calibrate": False}
    run(Job("train", {"project": str(project), "recipe": "resnet1d_gru", "values": values, "baseline": False,
                      "device": "cpu"}, ""))  # fmt: skip
    return project


def test_shap_values_sum_to_the_mean_score_of_both_models(trained: Path) -> None:
    pytest.importorskip("shap")
    from models.orders.naming import find_domain
    from models.orders.predicting import loaded

    with Project.open(trained) as opened:
        _, fitted = loaded(opened, find_domain(opened), "run-1")
        model, setting = fitted.model, Setting("cpu", opened.cache)
        rows = np.arange(3)
        found = features_recipe.reasons(model, opened.samples, rows, np.arange(4, 20), setting)
        x = features_recipe._table(model, opened.samples.take(rows), setting)
    from models.learn.fitted import part_of
    from models.learn.tabular import Linear

    raw = np.zeros((3, 6))
    raw[:, model.arrays["present"]] = model.parts["trees"]._raw_predict(x.astype(np.float64))
    linear = Linear(part_of(model, "linear")).scores(x)
    centred = sum(one - one.mean(1, keepdims=True) for one in (raw, linear)) / 2
    picked = [centred[row, CLASSES.index(name)] for row, name in enumerate(found.classes)]
    np.testing.assert_allclose(found.base + found.values.sum(1), picked, atol=1e-3)
    assert found.table is not None
    np.testing.assert_allclose(found.table.values.sum((1, 2)) + found.table.others.sum(1), found.values.sum(1))


def test_a_run_of_features_tells_channels_by_bands_and_that_it_has_no_network(trained: Path) -> None:
    pytest.importorskip("shap")
    with Project.open(trained) as opened:
        sample = opened.samples.take([0]).ids()
    told = run(Job("explain_samples", {"project": str(trained), "run": "run-1", "samples": sample}, ""))
    assert told["values"] == {}
    reasons = told["reasons"][sample[0]]
    table = reasons["table"]
    assert np.shape(table["values"]) == (len(TITLES), len(table["columns"]))
    summed = np.sum(table["values"]) + sum(value for _, value in table["others"])
    assert summed == pytest.approx(sum(value for _, value in reasons["features"]), abs=0.02)
    assert "no network" in told["words"]


def test_a_window_without_an_eeg_is_not_explained(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Project.open(trained) as opened:
        sample = opened.samples.take([0]).ids()
    monkeypatch.setattr(features_recipe, "_table", lambda model, samples, setting: np.full((len(samples), 9), np.nan))
    with pytest.raises(UserError, match="1 of 1 window has no EEG"):
        run(Job("explain_samples", {"project": str(trained), "run": "run-1", "samples": sample}, ""))


def test_without_the_extra_it_is_told_how_to_get_it(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "shap", None)
    with Project.open(trained) as opened:
        sample = opened.samples.take([0]).ids()
    with pytest.raises(UserError, match=r"\.\[umap\]"):
        run(Job("explain_samples", {"project": str(trained), "run": "run-1", "samples": sample}, ""))


def test_a_network_tells_how_its_relevance_lies_and_that_it_sees_no_features(trained: Path, tmp_path: Path) -> None:
    with Project.open(trained) as opened:
        sample = opened.samples.take([0]).ids()
    asked = {"project": str(trained), "run": "run-2", "samples": sample, "device": "cpu"}
    told = run(Job("explain_samples", {**asked, "layer": "integrated gradients"}, ""))
    lies = told["overlays"][sample[0]]
    assert np.shape(told["values"][sample[0]]) == (len(TITLES), 500)
    assert (lies["rows"], lies["hertz"], lies["signed"]) == (list(TITLES), [], True)
    assert lies["class"] in CLASSES
    assert "sum" in lies["note"]
    assert "no features" in told["words"]
    where = {"project": str(trained), "run": "run-2", "where": "row < 1", "device": "cpu"}
    made = run(Job("explain", {**where, "out": str(tmp_path / "why"), "layer": "integrated gradients"}, ""))
    assert {"relevance.csv", "sample-1.png"} <= {Path(name).name for name in made["files"]}


def test_an_explanation_can_be_stopped_between_its_steps(trained: Path) -> None:
    from models.orders.explaining import explain_samples

    with Project.open(trained) as opened:
        sample = opened.samples.take([0]).ids()
    steps = explain_samples(str(trained), "run-2", sample, "cpu")
    seen = [next(steps).text, next(steps).text, next(steps).text]
    assert seen == ["Loading the run", "Explaining", "Comparing with random weights"]
    steps.close()
    with Project.open(trained) as opened:
        assert len(opened.samples), "the project is let go"


def test_only_networks_are_drawn_anew() -> None:
    class Constant(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    assert FEATURES.sanity is None
    assert np.isnan(
        relevance.checked(lambda net: relevance.Overlay(np.zeros((1, 5), np.float32), (0, 1), ("other",)), Constant())[
            "similarity"
        ]
    )
