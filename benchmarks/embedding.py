"""Vectors of cells from a frozen backbone, and heads on them that are trained anew.

Peer: a plain loop with torchvision, each picture opened and brought to size by itself, the network in float32 as it
is made. Both make their network within their time and have as many threads: all cores but one, which the window keeps.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from PIL import Image
from torchvision import transforms

from benchmarks.table import Row, row
from models.domain import Setting, Task
from models.domains.smears import embeddings
from models.domains.smears.cells import images_of
from models.domains.smears.embeddings import Spec
from models.domains.smears.kept import marks
from models.domains.smears.recipes.resnet34 import RESNET34, ResnetParams
from models.job import Job, finish
from models.learn import backbones, kept, weights
from models.learn.balance import balance_rows
from models.learn.fit import use_cores
from models.learn.metrics import mean_recall
from models.learn.save import write_json
from models.sample import Samples
from models.store.project import Project
from workers.inline import run as do

Found = TypeVar("Found")
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: Pictures of a batch of the plain loop, as many as ours has; retrainings; length of a vector; cells of an image.
BATCH, HEADS, WIDTH, PER_IMAGE = kept.STEP, 10, 512, 25


def run(quick: bool) -> list[Row]:
    """Measure; a row each: name, ours, peer, ratio, unit, goal."""
    size, count, rounds, cells = (64, 24, 1, 600) if quick else (224, 192, 3, 10_000)
    with tempfile.TemporaryDirectory(prefix="winnow-embedding-") as folder:
        # Weights that happen to be on this computer are left alone.
        os.environ["TORCH_HOME"] = folder
        return [*_vectors(Path(folder), Spec("resnet34", weights.RANDOM, size), count, rounds), *_heads(folder, cells)]


def _vectors(folder: Path, spec: Spec, count: int, rounds: int) -> list[Row]:
    """Ours and the peers in turn, on other cells in each round."""
    samples = _crops(folder, max(count * rounds, 40))
    paths = _paths(samples)
    times: list[tuple[float, ...]] = []
    made, peers = [], []
    for start in range(0, count * rounds, count):
        rows = np.arange(start, start + count)
        use_cores()
        ours, found = _timed(partial(_embed, samples, rows, spec, folder))
        threads = torch.get_num_threads()
        peer, plain = _timed(partial(_plain, [paths[row] for row in rows], spec))
        use_cores(os.cpu_count() or 1)
        wide, _ = _timed(partial(_plain, [paths[row] for row in rows], spec))
        times.append((ours, peer, wide))
        made.append(found)
        peers.append(plain)
    table, plain = np.concatenate(made), np.concatenate(peers)
    again, same = _timed(partial(_embed, samples, np.arange(len(table)), spec, folder))
    if not np.array_equal(table, same):
        raise AssertionError("vectors that were kept came back changed")
    pace = count / np.array(times)
    cores = f"{threads} of {os.cpu_count()} cores"
    note = f"{rounds} rounds of {count}; ours on {cores} {_range(pace[:, 0])}, plain "
    likeness = f"; cosine of the vectors around their mean {np.median(_cosines(table, plain)):.3f}"
    own, peer, wide = (float(value) for value in np.median(pace, 0))
    name = f"vectors of {spec.backbone}, {spec.image_size} px"
    against = partial(row, of="ratio", unit="images/s", more=True)
    return [
        against(name, own, peer, 2.0, f"{note}on as many {_range(pace[:, 1])}{likeness}"),
        against(f"{name}, plain loop on all cores", own, wide, note=f"{note}on all {_range(pace[:, 2])}"),
        row(
            f"the same {len(table)} vectors, second run",
            again * 1000,
            sum(one[0] for one in times) * 1000,
            note="found in the cache, equal bit by bit; peer: the first run",
        ),
    ]


def _crops(folder: Path, count: int) -> Samples:
    """Drawn single cells, a file for each."""
    source, place = str(folder / "cells"), folder / "project"
    arguments = {"domain_name": "smears", "out": source, "samples": count, "values": {"mode": "crops"}}
    do(Job("fake", arguments, "fake"))
    Project.create(place, "smears").close()
    do(Job("import_samples", {"project": str(place), "sources": [source]}, "import"))
    with Project.open(place) as opened:
        return opened.samples


def _paths(samples: Samples) -> list[Path]:
    found = {place: path for path, places in images_of(samples, np.arange(len(samples))) for place in places.tolist()}
    return [found[place] for place in range(len(samples))]


def _plain(paths: list[Path], spec: Spec) -> Floats:
    """What a loop gives that is written down without a thought of speed."""
    net = backbones.trunk(spec.backbone, spec.weights)
    prepare = transforms.Compose([transforms.Resize((spec.image_size, spec.image_size)), transforms.ToTensor()])
    found = []
    with torch.inference_mode():
        for start in range(0, len(paths), BATCH):
            pictures = [prepare(Image.open(path).convert("RGB")) for path in paths[start : start + BATCH]]
            scaled = [(x - x.mean((1, 2), keepdim=True)) / x.std((1, 2), keepdim=True) for x in pictures]
            found.append(net(torch.stack(scaled)).numpy())
    return np.concatenate(found)


def _embed(samples: Samples, rows: Index, spec: Spec, folder: Path) -> Floats:
    return finish(embeddings.embed(samples, rows, spec, folder, "cpu"))


def _fit(task: Task) -> Any:
    return finish(RESNET34.fit(task))


def _cosines(ours: Floats, peer: Floats) -> npt.NDArray[np.floating[Any]]:
    """How alike the vectors of each cell are, both seen from the middle of the peer's."""
    ours, peer = ours - peer.mean(0), peer - peer.mean(0)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(peer, axis=1)
    return np.asarray((ours * peer).sum(1) / lengths)


def _heads(folder: str, count: int) -> list[Row]:
    """The whole fit of the recipe where all vectors are kept, each time with some labels changed."""
    rng = np.random.default_rng(0)
    samples, truth = _boxed(count), (rng.random(count) < 0.1).astype(np.int64)
    vectors = (rng.normal(size=(count, WIDTH)) + 0.3 * truth[:, None]).astype(np.float32)
    cache = Path(folder) / "heads"
    _keep(samples, vectors, cache)
    times, right = [], []
    for number in range(HEADS):
        codes = np.where(rng.random(count) < 0.02, 1 - truth, truth)
        task = _task(samples, codes, cache, number)
        took, model = _timed(partial(_fit, task))
        times.append(took)
        p = RESNET34.predict(model, samples.take(task.val), Setting("cpu", cache))
        right.append(mean_recall(truth[task.val], p.argmax(1)))
    note = (
        f"median {np.median(times):.2f} s, with reading the vectors and calibration; balanced accuracy {min(right):.2f}"
    )
    return [row(f"head on {count} vectors, slowest of {HEADS}", max(times), None, 1.0, note, unit="s")]


def _boxed(count: int) -> Samples:
    """Cells in images that are not there, so that only the cache knows their vectors."""
    numbers = np.arange(count)
    images = np.char.add(np.char.add("image", (numbers // PER_IMAGE).astype(str)), ".png")
    columns = {
        "id": pa.array(numbers.astype(str)),
        "source": pa.array(np.zeros(count, np.int32)),
        "key": pa.array(numbers.astype(str)),
        "group": pa.array(images).dictionary_encode(),
        "_image": pa.array(images),
        "_box": pa.array(np.char.add((numbers % PER_IMAGE * 40).astype(str), ",0,1040,40")),
    }
    return Samples(pa.table(columns), (str(Path(tempfile.gettempdir()) / "list.json"),))


def _keep(samples: Samples, vectors: Floats, cache: Path) -> None:
    """The vectors as they lie in a cache that made them of images."""
    spec = Spec("resnet34", weights.RANDOM)
    folder = embeddings.folder_of(spec, cache, "cpu")
    folder.mkdir(parents=True)
    write_json(folder / "about.json", {"width": WIDTH, "backbone": spec.backbone, "weights": spec.weights})
    marked = marks(samples, np.arange(len(samples)))
    for start in range(0, len(samples), kept.PART):
        part = slice(start, start + kept.PART)
        kept._write(folder, marked[part], vectors[part])


def _task(samples: Samples, codes: Index, cache: Path, seed: int) -> Task:
    """Four fifths of the cells train, the others calibrate; classes are evened as the recipe does it."""
    params, middle, work = ResnetParams(), len(codes) * 4 // 5, cache / f"work-{seed}"
    work.mkdir()
    even = balance_rows(codes, params.balance, np.random.default_rng(seed), np.arange(middle))
    return Task(
        samples=samples,
        classes=("healthy", "infected"),
        targets=np.eye(2, dtype=np.float32)[codes],
        train=even.rows,
        val=np.arange(middle, len(codes)),
        weights=even.weights,
        draw=even.draw,
        params=params,
        seed=seed,
        device="cpu",
        cache=cache,
        work=work,
    )


def _timed(call: Callable[[], Found]) -> tuple[float, Found]:
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def _range(values: npt.NDArray[np.float64]) -> str:
    return f"{values.min():.1f} to {values.max():.1f}"
