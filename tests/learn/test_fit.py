"""The training loop: repeatable, resumable, stoppable, frugal when memory is short."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.domain import Task
from models.errors import Cancelled, UserError
from models.job import Progress
from models.learn import fit, nets
from models.learn.fit import Data, Settings, Trained, train_network
from models.sample import empty_samples


@dataclass(frozen=True)
class Plain:
    seed: int = 0


def lesson(count: int = 60, length: int = 40, classes: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.arange(count) % classes
    x = rng.normal(0, 1, (count, 1, length)).astype(np.float32)
    x[:, 0, 5:15] += 1.5 * codes[:, None]
    return x, codes


def task(codes: np.ndarray, work: Path, **values: Any) -> Task:
    count, classes = len(codes), int(codes.max()) + 1
    rows = np.arange(count)
    given: dict[str, Any] = {
        "samples": empty_samples(),
        "classes": tuple("abcdef"[:classes]),
        "targets": np.eye(classes, dtype=np.float32)[codes],
        "train": rows[: 2 * count // 3],
        "val": rows[2 * count // 3 :],
        "weights": np.ones(count, np.float32),
        "draw": None,
        "params": Plain(),
        "seed": 3,
        "device": "cpu",
        "cache": work / "cache",
        "work": work,
    }
    return Task(**{**given, **values})


def data(x: np.ndarray, given: Task) -> Data:
    return Data(x[given.train], x[given.val])


def small() -> nn.Module:
    return nets.cnn1d(40, 2, filters=(8,), kernels=(5,), hidden=(16,), dropout=0.2)


def drain(steps: Generator[Progress, None, Trained]) -> tuple[Trained, list[Progress]]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as stop:
            return stop.value, seen


def same(a: nn.Module, b: nn.Module) -> bool:
    other = b.state_dict()
    return all(torch.equal(value, other[name]) for name, value in a.state_dict().items())


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def test_it_learns_repeats_and_reports(tmp_path: Path) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path / "a")
    settings = Settings(epochs=12, batch=16)
    trained, seen = drain(train_network(small, data(x, given), given, settings))
    curve = [step for step in seen if "val_loss" in step.values]
    assert [step.values["epoch"] for step in curve] == list(range(1, 13))
    wanted = {"train_loss", "val_loss", "train_balanced_accuracy", "val_balanced_accuracy", "rate", "left"}
    assert wanted <= set(curve[0].values)
    assert curve[-1].values["train_loss"] < 0.8 * curve[0].values["train_loss"]
    assert curve[-1].values["val_balanced_accuracy"] > 0.8
    again, _ = drain(train_network(small, data(x, given), replace(given, work=tmp_path / "b"), settings))
    assert same(trained.net, again.net)
    other, _ = drain(train_network(small, data(x, given), replace(given, seed=4, work=tmp_path / "c"), settings))
    assert not same(trained.net, other.net)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("seconds", [1, 4])
def test_resumed_is_as_uninterrupted(tmp_path: Path, schedule: str, seconds: int) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path / "whole")
    settings = Settings(epochs=7, batch=16, schedule=schedule, checkpoints=1e9, patience=20, weight_decay=1e-3)
    norm = lambda: nn.Sequential(nn.Linear(40, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3))  # noqa: E731
    make = lambda: nn.Sequential(nn.Flatten(), norm(), nn.Linear(8, 2))  # noqa: E731  (buffers count too)
    whole, _ = drain(train_network(make, data(x, given), given, settings))
    broken = replace(given, work=tmp_path / "broken")
    steps = train_network(make, data(x, given), broken, settings)
    while next(steps).values.get("epoch") != seconds:
        pass
    next(steps)
    steps.close()
    torch.manual_seed(99)
    resumed, seen = drain(train_network(make, data(x, given), replace(broken, resume=True), settings))
    assert seen[0].log == f"Went on after epoch {seconds}."
    assert same(whole.net, resumed.net)
    assert whole.best_epoch == resumed.best_epoch
    assert [item["train_loss"] for item in whole.history] == [item["train_loss"] for item in resumed.history]
    rates = [item["learning_rate"] for item in whole.history]
    assert rates == [item["learning_rate"] for item in resumed.history]
    assert (rates == sorted(rates, reverse=True) and rates[-1] < rates[0] / 10) == (schedule == "cosine")


def test_a_checkpoint_of_another_training_is_not_taken(tmp_path: Path) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path)
    drain(train_network(small, data(x, given), given, Settings(epochs=2)))
    others = ({"targets": given.targets[:, ::-1]}, {"samples": given.samples.heard({"a": ["C3"]})})
    for other in others:
        changed = replace(given, resume=True, **other)
        _, seen = drain(train_network(small, data(x, given), changed, Settings(epochs=2)))
        assert not any(step.log for step in seen)


def test_early_stopping_takes_the_best_weights(tmp_path: Path) -> None:
    x, codes = lesson(count=45)
    codes = np.random.default_rng(1).permutation(codes)  # nothing to learn: validation gets worse
    given = task(codes, tmp_path)
    settings = Settings(epochs=200, batch=8, patience=3, learning_rate=3e-3)
    trained, seen = drain(train_network(small, data(x, given), given, settings))
    assert len(trained.history) < 200
    assert len(trained.history) == trained.best_epoch + 3
    assert seen[-1].log == f"Stopped early: epoch {trained.best_epoch} was the best."
    scores = fit.forward(trained.net, data(x, given).val)
    loss = fit.soft_loss(scores, given.targets[given.val], True)
    assert loss == pytest.approx(min(item["val_loss"] for item in trained.history), rel=1e-5)


def test_cancelled_keeps_the_best_or_goes_on(tmp_path: Path) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path)
    settings = Settings(epochs=500, batch=16)
    steps = train_network(small, data(x, given), given, settings)
    while next(steps).values.get("epoch") != 4:
        pass
    with pytest.raises(StopIteration) as stop:
        steps.throw(Cancelled())
    trained: Trained = stop.value.value
    assert trained.cancelled
    assert len(trained.history) == 4
    losses = [item["val_loss"] for item in trained.history]
    assert trained.best_epoch == int(np.argmin(losses)) + 1
    early = train_network(small, data(x, given), given, settings)
    next(early)
    with pytest.raises(Cancelled):
        early.throw(Cancelled())


class Hungry(nn.Module):
    """Runs out of memory for batches over a limit, as CUDA says it."""

    def __init__(self, limit: int, error: type[RuntimeError]) -> None:
        super().__init__()
        self.limit, self.error = limit, error
        self.net = nets.mlp(40, 2, (8,), 0.0)

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > self.limit:
            raise self.error("CUDA out of memory. Tried to allocate 2.00 GiB")
        out: Tensor = self.net(x)
        return out


@pytest.mark.parametrize("error", [torch.cuda.OutOfMemoryError, RuntimeError])
def test_short_memory_halves_the_batch(tmp_path: Path, error: type[RuntimeError]) -> None:
    x, codes = lesson(count=150)
    given = task(codes, tmp_path)
    trained, seen = drain(train_network(lambda: Hungry(32, error), data(x, given), given, Settings(2, batch=64)))
    assert [step.log for step in seen if step.log] == ["Memory was short; batch is now 32."]
    assert trained.batch == 32
    assert len(trained.history) == 2
    scores = fit.forward(Hungry(8, error), x)
    assert scores.shape == (150, 2)


def test_no_memory_at_all_and_other_errors(tmp_path: Path) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path)
    with pytest.raises(UserError, match="even for one sample"):
        drain(train_network(lambda: Hungry(0, RuntimeError), data(x, given), given, Settings(1)))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        drain(train_network(lambda: nets.mlp(7, 2, (4,)), data(x, given), given, Settings(1)))


def test_vote_shares_weights_and_draw_count(tmp_path: Path) -> None:
    x = np.zeros((90, 1, 40), np.float32)
    codes = np.arange(90) % 3 // 2  # two thirds are of class 0
    given = task(codes, tmp_path)
    flat = Settings(epochs=60, batch=60, learning_rate=0.02, even_validation=False)
    make = lambda: nets.mlp(40, 2, (4,), 0.0)  # noqa: E731

    def share(changed: Task) -> float:
        trained, _ = drain(train_network(make, data(x, changed), changed, flat))
        scores = fit.forward(trained.net, x[:1])
        return float(np.exp(scores[0, 0]) / np.exp(scores[0]).sum())

    assert share(given) == pytest.approx(2 / 3, abs=0.03)
    votes = np.tile(np.array([[0.2, 0.8]], np.float32), (90, 1))
    votes[0] = (0.9, 0.1)
    assert share(replace(given, targets=votes)) == pytest.approx(0.212, abs=0.03)
    assert share(replace(given, weights=np.where(codes, 2.0, 1.0).astype(np.float32))) == pytest.approx(0.5, abs=0.03)
    draw = np.where(codes[given.train], 2.0, 1.0)
    drawn = share(replace(given, draw=(draw / draw.sum()).astype(np.float32)))
    assert drawn == pytest.approx(0.5, abs=0.06)


def test_no_validation_and_no_samples(tmp_path: Path) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path, val=np.arange(0))
    trained, seen = drain(train_network(small, data(x, given), given, Settings(epochs=3, patience=2)))
    assert len(trained.history) == 3
    assert all("val_loss" not in step.values for step in seen)
    empty = replace(given, train=np.arange(0))
    with pytest.raises(UserError, match="no labelled sample"):
        drain(train_network(small, data(x, empty), empty, Settings()))


def test_a_last_batch_of_one_joins_the_one_before(tmp_path: Path) -> None:
    x, codes = lesson(count=49)
    given = task(codes, tmp_path, train=np.arange(33), val=np.arange(33, 49))
    make = lambda: nn.Sequential(nn.Flatten(), nn.BatchNorm1d(40), nn.Linear(40, 2))  # noqa: E731
    trained, _ = drain(train_network(make, data(x, given), given, Settings(epochs=1, batch=16)))
    assert len(trained.history) == 1


def test_inputs_stay_on_disk_when_they_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, codes = lesson()
    np.save(tmp_path / "x.npy", x[:40])
    disk = np.load(tmp_path / "x.npy", mmap_mode="r")
    given = task(codes, tmp_path / "held")
    held, _ = drain(train_network(small, Data(disk, x[40:]), given, Settings(epochs=2)))
    monkeypatch.setattr(fit, "HELD", 0)
    gathered, _ = drain(
        train_network(small, Data(disk, x[40:]), replace(given, work=tmp_path / "g"), Settings(epochs=2))
    )
    assert same(held.net, gathered.net)


def test_scaling_may_happen_by_batch(tmp_path: Path) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path)
    phases = set()

    def prepare(batch: Tensor, training: bool) -> Tensor:
        phases.add(training)
        return batch * 2

    doubled, _ = drain(
        train_network(small, Data(x[given.train], x[given.val], prepare), given, Settings(epochs=1, batch=16))
    )
    plain, _ = drain(
        train_network(
            small,
            Data(2 * x[given.train], 2 * x[given.val]),
            replace(given, work=tmp_path / "p"),
            Settings(epochs=1, batch=16),
        )
    )
    assert same(doubled.net, plain.net)
    assert phases == {True, False}


def test_no_pickle_is_written(tmp_path: Path) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path / "w")
    drain(train_network(small, data(x, given), given, Settings(epochs=2)))
    assert [path.name for path in (tmp_path / "w").iterdir()] == [fit.CHECKPOINT]


def test_writing_checkpoints_stays_cheap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, codes = lesson()
    given = task(codes, tmp_path)
    written = []

    def slow(*parts: Any) -> None:
        written.append(parts[0])
        time.sleep(0.2)

    monkeypatch.setattr(fit, "write_tensors", slow)
    drain(train_network(small, data(x, given), given, Settings(epochs=6)))
    assert len(written) == 1
