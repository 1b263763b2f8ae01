"""Orders that the benchmark of training gives to the worker; the child imports this, so no Qt here.

The peer is the loop a person writes by hand in PyTorch: tensors in memory, shuffled batches, AdamW,
cross entropy, validation after each epoch.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.job import Progress

LENGTH, CLASSES, BATCH = 500, 4, 64
Steps = Generator[Progress, None, Any]


def _data(count: int) -> tuple[Any, Any, Any, Any]:
    """Inputs (n, 1, 500), shares (n, 4) and rows of the training and the validation part."""
    import numpy as np

    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(count, 1, LENGTH)).astype(np.float32)
    shares = np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, count)]
    edge = count * 4 // 5
    return inputs, shares, np.arange(edge), np.arange(edge, count)


def _net() -> Any:
    from models.learn.nets import cnn1d

    return cnn1d(LENGTH, CLASSES)


def _fit(count: int, epochs: int, device: str, work: Path, prepare: Any = None) -> Steps:
    """The project's own loop."""
    import numpy as np

    from models.domain import Task
    from models.learn.fit import Data, Settings, train_network

    inputs, shares, train, val = _data(count)
    task = Task(
        samples=None,  # type: ignore[arg-type]  # the loop reads none
        classes=tuple("abcd"),
        targets=shares,
        train=train,
        val=val,
        weights=np.ones(count, np.float32),
        draw=None,
        params=None,
        seed=0,
        device=device,
        cache=work,
        work=work,
    )
    settings = Settings(epochs=epochs, batch=BATCH, even_validation=False)
    return (yield from train_network(_net, Data(inputs[train], inputs[val], prepare), task, settings))


def training(count: int = 1000, epochs: int = 100_000, device: str = "cpu") -> Steps:
    """A training that goes on until it is cancelled; `began` is when its first step did (time.time())."""
    began: list[float] = []

    def prepare(batch: Any, training: bool) -> Any:
        if not began:
            began.append(time.time())
        return batch

    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as work:
        for step in _fit(count, epochs, device, Path(work), prepare):
            yield replace(step, values={**step.values, "began": began[0]})


def by_hand(count: int, epochs: int, device: str) -> None:
    """The peer's loop."""
    import torch
    from torch import nn

    arrays, shares, train, val = _data(count)
    inputs, targets = torch.from_numpy(arrays).to(device), torch.from_numpy(shares).to(device)
    x, y, val_x, val_y = inputs[train], targets[train], inputs[val], targets[val]
    net = _net().to(device)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.0, fused=True)
    criterion = nn.CrossEntropyLoss()
    for _ in range(epochs):
        net.train()
        total = 0.0
        for index in torch.split(torch.randperm(len(x), device=device), BATCH):
            with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
                scores = net(x[index])
            loss = criterion(scores.float(), y[index])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += float(loss.detach()) * len(index)
        net.eval()
        with torch.inference_mode():
            scores = torch.cat([net(part) for part in torch.split(val_x, 512)])
            float(criterion(scores, val_y))
            (scores.argmax(1) == val_y.argmax(1)).float().mean().item()


def throughput(count: int, epochs: int, rounds: int, device: str = "cpu") -> Steps:
    """Seconds of both loops on the same data, in turn; the first round warms up and does not count."""
    ours, hand = [], []
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory(prefix="winnow-bench-") as work:
            began = time.perf_counter()
            for _ in _fit(count, epochs, device, Path(work)):
                pass
            middle = time.perf_counter()
        start = time.perf_counter()
        by_hand(count, epochs, device)
        if number:
            ours.append(middle - began)
            hand.append(time.perf_counter() - start)
        yield Progress(number, rounds)
    ratios = [peer / own for own, peer in zip(ours, hand, strict=True)]
    return {"ours": statistics.median(ours), "hand": statistics.median(hand), "ratio": statistics.median(ratios)}
