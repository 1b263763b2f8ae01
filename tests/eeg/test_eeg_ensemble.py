"""The ensemble listens to both branches, or to the one that has something to look at."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.domain import Setting, Task
from models.domains.eeg.fusion import Fusion
from models.domains.eeg.recipes import attention_ensemble
from models.domains.eeg.signals import no_signals, read_signals
from models.job import Progress, finish
from models.learn.fit import Trained
from models.store.project import Project
from tests.eeg.test_eeg_networks import lesson, project  # noqa: F401  (a fixture)

RECIPE = attention_ensemble.ATTENTION_ENSEMBLE


def told(first: float, second: float) -> torch.Tensor:
    """Two branches of three numbers, that are sure of the first and of the second of two classes."""
    return torch.tensor([[1.0, 2, 3, 3, 2, 1, 4, 0, 0, 4, first, second]])


def test_a_fusion_begins_as_the_mean_and_passes_over_what_is_not_there() -> None:
    fusion = Fusion((3, 3), 2, hidden=4, mean=(0.25, 0.75)).eval()
    torch.testing.assert_close(fusion.weights(told(1, 1)), torch.tensor([[0.25, 0.75]]))
    torch.testing.assert_close(fusion(told(1, 1)), torch.tensor([[1.0, 3.0]]))
    torch.testing.assert_close(fusion(told(1, 0)), torch.tensor([[4.0, 0.0]]))
    torch.testing.assert_close(fusion(told(0, 1)), torch.tensor([[0.0, 4.0]]))


@pytest.mark.parametrize("branches", ["frozen", "learn"])
def test_branches_are_weighed_for_each_window(branches: str, project: Path, tmp_path: Path) -> None:  # noqa: F811
    with Project.open(project) as opened:
        task = lesson(opened, RECIPE, tmp_path / "work", branches=branches)
        model = finish(RECIPE.fit(task))
        some, setting = opened.samples.take(task.val), Setting("cpu", opened.cache)
        weights = attention_ensemble.branch_weights(model, some, setting)
        assert weights.shape == (len(some), 2)
        np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
        signals = read_signals(some, np.arange(len(some)), RECIPE.takes)
        bare = no_signals(len(some))
        assert RECIPE.judge is not None
        for half in (replace(bare, eeg=signals.eeg), replace(bare, regions=signals.regions)):
            p = RECIPE.judge(model, half, setting).probabilities
            np.testing.assert_allclose(p.sum(1), 1, atol=1e-4)


@pytest.fixture
def joining(
    project: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Task]]:
    """Makes lessons in which some of the few patients are kept apart for what joins the branches."""
    monkeypatch.setattr(attention_ensemble, "LEAST", 2)
    with Project.open(project) as opened:
        yield partial(lesson, opened, RECIPE, tmp_path / "work", joined_share=0.4)


def test_what_joins_frozen_branches_learns_on_patients_that_they_did_not_see(
    joining: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = joining()
    groups = task.samples.group_codes()[0]
    taught, apart = attention_ensemble.parted(task)
    assert not {*groups[taught.train]} & {*groups[apart.train]}
    assert sorted([*taught.train, *apart.train]) == task.train.tolist()
    assert len(apart.train) >= 2
    for one in (taught, apart):
        assert one.val.tolist() == task.val.tolist(), "both are judged on the validation part"
    whole = replace(task, params=replace(task.params, branches="learn"))
    assert all(one is whole for one in attention_ensemble.parted(whole))

    joined: list[Any] = []
    known = attention_ensemble._join

    def join(given: Any, *others: Any) -> Any:
        joined.append(given)
        return known(given, *others)

    monkeypatch.setattr(attention_ensemble, "_join", join)
    seen: list[Any] = []
    for kind in ("raw.learn_resnet", "efficientnet.learn"):
        place, name = kind.split(".")
        branch = getattr(attention_ensemble, place)
        plain = getattr(branch, name)
        monkeypatch.setattr(branch, name, lambda one, plain=plain: seen.append(one) or plain(one))
    model = finish(RECIPE.fit(task))
    assert [{*one.train.tolist()} for one in seen] == [{*taught.train.tolist()}] * 2
    assert [{*one.train.tolist()} for one in joined] == [{*apart.train.tolist()}]
    assert model.facts["joined_on"] == len(apart.train)


def test_where_too_few_patients_are_apart_all_is_learnt_on_all_and_validation_decides(
    project: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    with Project.open(project) as opened:
        for share, val in ((0.2, True), (0.0, False)):
            task = lesson(opened, RECIPE, tmp_path / f"work{share}", joined_share=share)
            task = task if val else replace(task, val=task.val[:0])
            taught, apart = attention_ensemble.parted(task)
            assert taught is task
            assert apart is task
            model = finish(RECIPE.fit(task))
            if val:
                assert model.facts["joined_on"] == len(np.unique(task.train))
                continue
            some, setting = opened.samples.take(np.arange(8)), Setting("cpu", opened.cache)
            weights = attention_ensemble.branch_weights(model, some, setting)
            assert np.ptp(weights, axis=0).max() < 1e-6, "one share for all windows"
            assert "joined_on" not in model.facts


def test_without_patience_the_weights_that_are_kept_are_held_against_the_mean(
    joining: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = {"best": 0.0, "last": 1e9}

    def train(make: Any, *_given: Any) -> Generator[Progress, None, Trained]:
        net = make()
        for value in net.parameters():
            value.data.fill_(0.5)
        yield Progress()
        return Trained(net, [{"val_loss": loss} for loss in losses.values()], 2, 8)

    task = joining(patience=0)
    fusion = Fusion((2, 2), 6, 4)
    before = {name: value.clone() for name, value in fusion.state_dict().items()}
    monkeypatch.setattr("models.learn.fit.train_network", train)
    rows = np.unique(np.concatenate([task.train, task.val]))
    said = np.ones((len(rows), 2 + 2 + 6 + 6 + 2), np.float32)
    net: Any = type("Net", (), {"fusion": fusion})()
    steps = attention_ensemble._join(task, net, None, said, rows)  # type: ignore[arg-type]
    finish(steps)
    for name, value in fusion.state_dict().items():
        torch.testing.assert_close(value, before[name])
    losses["last"] = -1.0
    finish(attention_ensemble._join(task, net, None, said, rows))  # type: ignore[arg-type]
    assert float(fusion.state_dict()["add.2.weight"].min()) == 0.5
