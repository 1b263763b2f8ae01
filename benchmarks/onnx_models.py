"""The networks of EEG in torch, as ONNX, and in whole numbers of 8 bits: how long they take, how large, how alike.

Time and size are of networks of the usual size, which need not have learnt anything for that; what they answer is of
ones that learnt in their quick form. On one core; what needs a GPU is told as not run where there is none.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import Row, row
from models.domains.eeg import onnx_model, onnx_words
from models.domains.eeg.constants import CLASSES
from models.domains.eeg.recipes import RECIPES, attention_ensemble, efficientnet, raw
from models.job import Job
from models.learn import onnx_int8, onnx_net, onnx_session
from models.learn.fitted import Model
from models.learn.kept_net import arrays_of
from models.params import to_plain
from models.store.project import Project
from workers.inline import run as run_order

Inputs = dict[str, Any]
#: Windows judged in one go.
_COUNTS = (1, 8, 64)
#: A window of the ensemble in whole numbers takes at most so many ms, and so many % of answers may be another class.
_WINDOW, _CHANGED = 50.0, 1.0


def run(quick: bool) -> list[Row]:
    """Each recipe with a network; quick: the smallest alone."""
    rows: list[Row] = []
    names = ("small_1d",) if quick else onnx_model.NETS
    with tempfile.TemporaryDirectory(prefix="winnow-onnx-") as folder:
        home = Path(folder)
        for name in names:
            rows += _speed(name, home, (1, 8) if quick else _COUNTS)
        project = _project(home, 48 if quick else 480)
        for name in names:
            rows += _answers(project, name, home, quick)
    return rows


def untrained(name: str) -> Model:
    """A model of a recipe with its usual sizes that has learnt nothing."""
    recipe = next(one for one in RECIPES if one.name == name)
    params = recipe.params()
    plan = _plan(name, params)
    module: Any = {"efficientnet": efficientnet, "attention_ensemble": attention_ensemble}.get(name, raw)
    net = module.build_net(plan).eval()
    return Model(name, CLASSES, {}, arrays_of(net), {"net": plan, "params": to_plain(params)})


def _plan(name: str, params: Any) -> dict[str, Any]:
    count = len(CLASSES)
    if name == "small_1d":
        return raw.plan_small(params, count)
    if name == "resnet1d_gru":
        return raw.plan_resnet(params, count)
    if name == "efficientnet":
        return efficientnet.plan_net(params, count)
    plans = (
        raw.plan_resnet(params, count),
        efficientnet.plan_net(
            attention_ensemble.params_of(params, efficientnet.EfficientNetParams, scale="none"), count
        ),
    )
    nets: tuple[Any, Any] = raw.build_net(plans[0]), efficientnet.build_net(plans[1])
    sizes = {"widths": [net.body.width for net in nets], "classes": count, "hidden": params.hidden}
    side = plans[1]["drawn"]["size"]
    shapes = [[20, 50 * params.rate], [3, side, side]]
    return {"eeg": plans[0], "spectrogram": plans[1], "fusion": {**sizes, "dropout": params.dropout}, "shapes": shapes}


def noise(model: Model, count: int) -> Inputs:
    """Input of no meaning in the shapes that a network takes."""
    rng = np.random.default_rng(0)
    view: Any = type("View", (), {"run": "", "project": ""})
    told = onnx_words.description(view, model)["inputs"]
    shapes = {one["name"]: (one["type"], (count, *one["shape"][1:])) for one in told}
    return {
        name: rng.integers(0, 256, shape).astype(np.uint8)
        if kind == "uint8"
        else rng.normal(0, 0.3, shape).astype(np.float32)
        for name, (kind, shape) in shapes.items()
    }


def _speed(name: str, home: Path, counts: tuple[int, ...]) -> list[Row]:
    import torch

    torch.set_num_threads(1)
    model = untrained(name)
    net = onnx_model.whole_net(model, 1.0)
    files = {"ONNX": home / f"{name}.onnx", "int8": home / f"{name}.int8.onnx"}
    some = noise(model, 16)
    onnx_net.write_net(net, some, files["ONNX"], "windows")
    # What has learnt nothing is sure of no class: how many answers change says nothing.
    onnx_int8.quantise(files["ONNX"], files["int8"], some, some, most=1.0)
    sessions = {kind: onnx_session.open_session(path, threads=1) for kind, path in files.items()}
    rows = []
    for count in counts:
        x = noise(model, count)
        usual = _fastest(partial(onnx_net.torch_answers, net, x, together=64))
        for kind, session in sessions.items():
            took = _fastest(partial(onnx_session.answers, session, x, together=64))
            goal = _WINDOW if (name, kind, count) == ("attention_ensemble", "int8", 1) else None
            case = f"onnx: {name}, {kind}, {count} window{'s' * (count > 1)}"
            rows.append(row(case, took * 1000 / count, usual * 1000 / count, goal, unit="ms a window"))
    weights = sum(values.nbytes for values in model.arrays.values())
    for kind, path in files.items():
        rows.append(row(f"onnx: {name}, {kind}, size", path.stat().st_size / 1e6, weights / 1e6, unit="MB"))
    return rows + [row for provider in ("cuda", "tensorrt") for row in _elsewhere(name, provider, files["ONNX"], model)]


def _elsewhere(name: str, provider: str, path: Path, model: Model) -> list[Row]:
    """A window on a GPU, or why not."""
    case = f"onnx: {name}, {onnx_session.PROVIDERS[provider].title}, 1 window"
    reason = onnx_session.lacking(provider)
    if reason:
        return [row(case, None, note=f"not run: {reason}", unit="ms a window")]
    session, x = onnx_session.open_session(path, provider), noise(model, 1)
    took = _fastest(partial(onnx_session.answers, session, x), time.perf_counter)
    return [row(case, took * 1000, goal=20.0, unit="ms a window")]


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


def _project(home: Path, samples: int) -> Path:
    project = home / "study"
    run_order(Job("fake", {"domain_name": "eeg", "out": str(home / "data"), "samples": samples}, "fake"))
    Project.create(project, "eeg", votes=True).close()
    run_order(Job("import_samples", {"project": str(project), "sources": [str(home / "data")]}, "import"))
    return project


def _answers(project: Path, name: str, home: Path, quick: bool) -> list[Row]:
    """What a run of a recipe's quick form answers in each form."""
    values = {"epochs": 2} if quick else {"epochs": 6, "patience": 0}
    given = {"project": str(project), "recipe": name, "preset": "quick", "values": values, "baseline": False}
    run_order(Job("train", given, "train"))
    asked = {"int8": "yes", "windows": "40" if quick else "1000"}
    out = str(home / f"{name}-learnt.onnx")
    order = {"project": str(project), "format": "onnx", "out": out, "run": "last", "settings": asked}
    return answer_rows(name, run_order(Job("export", order, "export"))["checked"])


def answer_rows(name: str, checked: dict[str, Any]) -> list[Row]:
    """What an export of a run found about its files."""
    made, kl = checked["int8"], checked["kl"]
    kept = f"{made['kept']} of {made['layers']} convolutions as they were"
    note = f"{made['rows']} windows, calibrated on {made['calibrated_on']}, {kept}"
    return [
        row(f"onnx: {name}, int8, answers changed", made["changed"] * 100, None, _CHANGED, note, unit="%"),
        row(f"onnx: {name}, ONNX, divergence from votes", kl["onnx"], kl["torch"], unit="nats"),
        row(f"onnx: {name}, int8, divergence from votes", kl["int8"], kl["torch"], unit="nats"),
    ]
