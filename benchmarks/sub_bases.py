"""Trainings over sub-bases whose frozen network looks at each image once, against looking at it again and again.

Ours: the whole training of late fusion on generated mel images, every fold of every sub-base, from an empty cache, with
the models of the run, tables and summaries. Peers: what the runner does for the same folds, the same head on the same
frozen network by the same loop of training, looking at the images of a fold anew, once for its training or in each of
its epochs. Of the peers some folds are trained and the rest is counted like these; the first look of a process and the
making of the network are in neither. Seconds are of the processor, of all threads, which other work changes little.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.table import Row, row
from models.domain import Given
from models.domains.voice import splits
from models.domains.voice.pictures import drawn
from models.domains.voice.recipes.inception import InceptionParams, build_head
from models.job import Job
from models.learn.fit import use_cores
from models.learn.frozen import Seer, imagenet
from models.sample import Samples
from models.store.project import Project
from workers.inline import run as do

Floats = npt.NDArray[np.float32]
#: Images of all, speakers, sub-bases, epochs, folds that the peers train: in full and quick.
FULL, QUICK = (52, 26, (), 10, 2), (40, 10, (1, 2), 2, 2)


def run(quick: bool) -> list[Row]:
    """Nine sub-bases of ten folds, 10 epochs each; quick: two of them, two epochs, a small network."""
    images, speakers, subdbs, epochs, tried = QUICK if quick else FULL
    params = InceptionParams(subdbs=subdbs, epochs=epochs)
    if quick:
        params = InceptionParams(subdbs=subdbs, epochs=epochs, backbone="mobilenet_v3_small", image_size=64)
    with tempfile.TemporaryDirectory(prefix="winnow-sub-bases-") as folder:
        # Weights that happen to be on this computer are left alone.
        os.environ["TORCH_HOME"] = folder
        project = _project(Path(folder), images, speakers)
        with Project.open(project) as opened:
            samples, codes = opened.samples, np.asarray(opened.journal.fold.codes, np.int64)
        givens = splits.given(samples, subdbs)
        seer = Seer(params.backbone, "random", params.image_size, "cpu", imagenet)
        seer.wake()
        chosen = [givens[place] for place in np.linspace(0, len(givens) - 1, tried).astype(int)]
        ours = _spent(lambda: _train(project, params))
        once = [_spent(partial(_naive, samples, codes, one, params, seer)) for one in chosen]
        look = [_spent(partial(_look, samples, one, seer, params.image_size)) for one in chosen]
    heads = float(np.mean(once)) - float(np.mean(look))
    fold_once = float(np.mean(once))
    # In each epoch the images of training and validation are looked at, at the end those of the test.
    fold_each = heads + float(np.mean(look)) * epochs
    count = len(givens)
    note = (
        f"{len(samples)} images, {params.backbone} of random weights, {epochs} epochs; ours also makes "
        f"{len({one.name for one in givens})} models of the run and its files; {tried} of {count} trainings of the "
        f"peer measured, {min(once):.1f} to {max(once):.1f} s"
    )
    title = f"{count} trainings over sub-bases"
    return [
        row(f"{title}, each looks once", ours, fold_once * count, None, note, "ratio", "s"),
        row(
            f"{title}, each looks in every epoch", ours, fold_each * count, 10.0 if not quick else None,
            f"{note}; a look at its images {np.mean(look):.2f} s, counted for each epoch", "ratio", "s",
        ),
    ]  # fmt: skip


def _project(folder: Path, images: int, speakers: int) -> Path:
    values = {"layout": "melspec", "speakers": str(speakers)}
    do(Job("fake", {"domain_name": "voice", "out": str(folder / "data"), "samples": images, "values": values}, "fake"))
    Project.create(folder / "p", "voice").close()
    do(Job("import_samples", {"project": str(folder / "p"), "sources": [str(folder / "data")]}, "import"))
    return folder / "p"


def _train(project: Path, params: InceptionParams) -> Any:
    """The training as `winnow train` does it."""
    names = ("subdbs", "epochs", "backbone", "image_size")
    values = {name: getattr(params, name) for name in names}
    return do(Job("train", {"project": str(project), "recipe": "late_fusion", "values": values, "baseline": False}, ""))


def _look(samples: Samples, one: Given, seer: Seer, side: int) -> dict[str, Floats]:
    """The vectors of a fold's images by part, each image opened and looked at."""
    found = {}
    for name in ("train", "val", "test"):
        rows = getattr(one, name)
        pictures, _ = drawn(samples, rows, side)
        parts = [seer.see(pictures[first : first + 16]) for first in range(0, len(pictures), 16)]
        found[name] = np.concatenate(parts) if parts else np.zeros((0, seer.width), np.float32)
    return found


def _naive(samples: Samples, codes: npt.NDArray[np.int64], one: Given, params: InceptionParams, seer: Seer) -> Floats:
    """One training by a plain loop of torch that keeps nothing: what it says of the test images."""
    import torch

    use_cores()
    seen = _look(samples, one, seer, params.image_size)
    torch.manual_seed(0)
    net = build_head(seer.width, 2, list(params.hidden), params.dropout)
    optimiser = torch.optim.Adam(net.parameters(), lr=params.learning_rate)
    x, y = torch.from_numpy(seen["train"]), torch.from_numpy(codes[one.train])
    for _epoch in range(params.epochs):
        net.train()
        order = torch.randperm(len(x))
        for first in range(0, len(x), params.batch_size):
            batch = order[first : first + params.batch_size]
            if len(batch) < 2:
                continue
            optimiser.zero_grad()
            loss: Any = torch.nn.functional.cross_entropy(net(x[batch]), y[batch])
            loss.backward()
            optimiser.step()
        net.eval()
        with torch.inference_mode():
            net(torch.from_numpy(seen["val"]))
    with torch.inference_mode():
        return np.asarray(torch.softmax(net(torch.from_numpy(seen["test"])), 1).numpy(), np.float32)


def _spent(call: Callable[[], Any]) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    call()
    return time.process_time() - began
