"""The networks of EEG in torch, as ONNX, and in whole numbers of 8 bits: how long they take, how large, how alike.

Each is trained for a few epochs in its usual size on generated windows and exported; times are those of the files so
made, on one core. `WINNOW_ONNX_PROJECT` names a project in their place: the last run there of each recipe is measured
as it was trained. What needs a GPU is told as not run where there is none.
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import Row, row
from models.domains.eeg import onnx_model
from models.domains.eeg.recipes import RECIPES
from models.job import Job
from models.learn import onnx_net, onnx_session
from models.store.project import Project
from workers.inline import run as run_order

Inputs = dict[str, Any]
#: Windows judged in one go.
_COUNTS = (1, 8, 64)
#: A window of the ensemble in whole numbers takes at most so many ms, and so many % of answers may be another class.
_WINDOW, _CHANGED = 50.0, 1.0
#: Generated windows, and the share of them that the runs neither learn from nor are stopped by.
_SAMPLES, _TEST = 480, 0.4
_EPOCHS = 6


def run(quick: bool) -> list[Row]:
    """Each recipe with a network; quick: the smallest alone."""
    rows: list[Row] = []
    given = os.environ.get("WINNOW_ONNX_PROJECT", "")
    with tempfile.TemporaryDirectory(prefix="winnow-onnx-") as folder:
        home = Path(folder)
        project = Path(given) if given else _project(home, 48 if quick else _SAMPLES)
        for name in ("small_1d",) if quick else onnx_model.NETS:
            chosen = _last(project, name) if given else _trained(project, name, quick)
            if chosen:
                rows += _measured(project, name, chosen, home, quick)
                gc.collect()
    return rows


def _project(home: Path, samples: int) -> Path:
    project = home / "study"
    made = {"domain_name": "eeg", "out": str(home / "data"), "samples": samples}
    run_order(Job("fake", made, "fake"))
    Project.create(project, "eeg", votes=True).close()
    run_order(Job("import_samples", {"project": str(project), "sources": [str(home / "data")]}, "import"))
    return project


def _trained(project: Path, name: str, quick: bool) -> str:
    """A run of a recipe in its usual size."""
    values = {"epochs": 2 if quick else _EPOCHS, "patience": 0}
    given = {"project": str(project), "recipe": name, "values": values, "baseline": False, "test_size": _TEST}
    return str(run_order(Job("train", given, "train"))["run"])


def _last(project: Path, name: str) -> str:
    """The last run of a recipe, "" without one."""
    with Project.open(project) as opened:
        found = (one.id for one in opened.runs.list() if one.recipe == name)
        return next(found, "")


def _measured(project: Path, name: str, chosen: str, home: Path, quick: bool) -> list[Row]:
    """The files of a run: what they answer, how long they take, how large they are."""
    out = home / f"{name}.onnx"
    asked = {"int8": "yes", "windows": "20" if quick else "1000"}
    order = {"project": str(project), "format": "onnx", "out": str(out), "run": chosen, "settings": asked}
    checked = run_order(Job("export", order, "export"))["checked"]
    recipe = next(one for one in RECIPES if one.name == name)
    model = recipe.load(project / "runs" / chosen / "model")
    files = {"ONNX": out, "int8": out.with_suffix(onnx_model.INT8)}
    told = json.loads(out.with_suffix(".json").read_text("utf-8"))["inputs"]
    counts = (1, 8) if quick else _COUNTS
    rows = list(speed_rows(name, onnx_model.whole_net(model, 1.0), files, told, counts))
    weights = sum(values.nbytes for values in model.arrays.values())
    for kind, path in files.items():
        rows.append(row(f"onnx: {name}, {kind}, size", path.stat().st_size / 1e6, weights / 1e6, unit="MB"))
    return [*rows, *answer_rows(name, checked), *_elsewhere(name, out, noise(told, 1))]


def noise(told: list[dict[str, Any]], count: int) -> Inputs:
    """Input of no meaning in the shapes that the JSON beside a file tells of."""
    rng = np.random.default_rng(0)
    shapes = {one["name"]: (one["type"], (count, *one["shape"][1:])) for one in told}
    return {
        name: rng.integers(0, 256, shape).astype(np.uint8)
        if kind == "uint8"
        else rng.normal(0, 0.3, shape).astype(np.float32)
        for name, (kind, shape) in shapes.items()
    }


def speed_rows(
    name: str, net: Any, files: dict[str, Path], told: list[dict[str, Any]], counts: tuple[int, ...]
) -> Iterator[Row]:
    """Files beside the network itself in torch, each on one core."""
    import torch

    torch.set_num_threads(1)
    sessions = {kind: onnx_session.open_session(path, threads=1) for kind, path in files.items()}
    for count in counts:
        x = noise(told, count)
        usual = _fastest(partial(onnx_net.torch_answers, net, x, together=64))
        for kind, session in sessions.items():
            took = _fastest(partial(onnx_session.answers, session, x, together=64))
            goal = _WINDOW if (name, kind, count) == ("attention_ensemble", "int8", 1) else None
            case = f"onnx: {name}, {kind}, {count} window{'s' * (count > 1)}"
            yield row(case, took * 1000 / count, usual * 1000 / count, goal, unit="ms a window")


def _fastest(act: Callable[[], Any], clock: Callable[[], float] = time.process_time, least: int = 5) -> float:
    """The shortest of several times in s: what else runs on the machine only adds to it.

    clock: that of the processor, as one thread computes and waits for nothing, or that on the wall.
    """
    act()
    times: list[float] = []
    until = time.perf_counter() + 2.0
    while len(times) < least or (time.perf_counter() < until and len(times) < 100):
        began = clock()
        act()
        times.append(clock() - began)
    return min(times)


def _elsewhere(name: str, path: Path, x: Inputs) -> Iterator[Row]:
    """A window on a GPU, or why not."""
    for provider in ("cuda", "tensorrt"):
        title = onnx_session.PROVIDERS[provider].title
        case, reason = f"onnx: {name}, {title}, 1 window", onnx_session.lacking(provider)
        if reason:
            yield row(case, None, note=f"not run: {reason}", unit="ms a window")
            continue
        session = onnx_session.open_session(path, provider)
        took = _fastest(partial(onnx_session.answers, session, x), time.perf_counter)
        yield row(case, took * 1000, goal=20.0, unit="ms a window")


def answer_rows(name: str, checked: dict[str, Any]) -> list[Row]:
    """What an export of a run found about its files."""
    made, kl = checked["int8"], checked["kl"]
    held = made["held"]
    note = (
        f"{made['rows']} windows; calibrated on {made['calibrated']}, {made['way']}; decided by {held['rows']}, "
        f"of which {held['changed']:.1%} changed; {len(made['floats'])} of {made['layers']} convolutions as they were"
    )
    return [
        row(f"onnx: {name}, int8, answers changed", made["changed"] * 100, None, _CHANGED, note, unit="%"),
        row(f"onnx: {name}, int8, answers expected to change", made["expected"] * 100, unit="%"),
        row(f"onnx: {name}, ONNX, divergence from votes", kl["onnx"], kl["torch"], unit="nats"),
        row(f"onnx: {name}, int8, divergence from votes", kl["int8"], kl["torch"], unit="nats"),
    ]
