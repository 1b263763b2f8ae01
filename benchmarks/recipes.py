"""How well the recipes of simulated traces learn: the same splits, beside chance, the baseline and the ceiling."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import Row, row
from models.job import Job
from models.store.project import Project
from workers.inline import run as do

RECIPES = {"cnn": "Section A", "mlp": "Section A", "forest": "", "blend": ""}
#: Two-sided 95 % quantiles of Student's t by degrees of freedom.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78}


def run(quick: bool) -> list[dict[str, Any]]:
    """Balanced test accuracy of each recipe, mean over split seeds; `blend` minus `cnn` paired on the same splits."""
    simulations, seeds = (4, 1) if quick else (200, 5)
    with tempfile.TemporaryDirectory(prefix="winnow-recipes-") as folder:
        project, ceiling = _make(Path(folder), simulations, 200 if quick else 1001)
        # Seed by seed, so that a run cut short has measured each recipe alike; each score is told as it comes.
        scores: dict[str, list[dict[str, Any]]] = {name: [] for name in RECIPES}
        for seed in range(seeds):
            for name, preset in RECIPES.items():
                scores[name].append(_train(project, name, preset, seed))
                _tell(name, seed, scores[name][-1])
    rows = [_reached(name, found, ceiling) for name, found in scores.items()]
    return [*rows, _paired(scores["blend"], scores["cnn"])]


def _make(folder: Path, simulations: int, length: int) -> tuple[str, float]:
    values = {"length": str(length), "ceiling": "4" if simulations < 20 else "40"}
    out = str(folder / "data")
    made = do(Job("fake", {"domain_name": "traces", "out": out, "samples": simulations, "values": values}, "fake"))
    Project.create(folder / "project", "traces").close()
    path = str(folder / "project")
    do(Job("import_samples", {"project": path, "sources": [out], "settings": {"per_file": "all"}}, "import"))
    return path, float(made["ceiling"])


def _train(project: str, recipe: str, preset: str, seed: int) -> dict[str, Any]:
    arguments = {"project": project, "recipe": recipe, "preset": preset, "split_seed": seed, "baseline": False}
    metrics: dict[str, Any] = do(Job("train", arguments, recipe))["metrics"]["test"]
    return metrics


def _tell(name: str, seed: int, found: dict[str, Any]) -> None:
    low, high = found["intervals"]["balanced_accuracy"]
    sys.stderr.write(f"{name}, split {seed}: {found['balanced_accuracy']:.3f} [{low:.3f}, {high:.3f}]\n")
    sys.stderr.flush()


def _reached(name: str, found: list[dict[str, Any]], ceiling: float) -> Row:
    values = [item["balanced_accuracy"] for item in found]
    levels = [level["value"] for level in found[0]["balanced"]["by_noise"]]
    falls = np.mean([[level["accuracy"] for level in item["balanced"]["by_noise"]] for item in found], axis=0)
    words = ", ".join(f"{level}: {value:.3f}" for level, value in zip(levels, falls, strict=True))
    note = f"balanced test accuracy by noise {words}; chance .25; peer is the ceiling"
    name = f"{name}, balanced accuracy, mean of {len(found)} splits"
    return row(name, float(np.mean(values)), ceiling, 0.25, note, unit="", more=True)


def _paired(ours: list[dict[str, Any]], peer: list[dict[str, Any]]) -> Row:
    gaps = np.array([a["balanced_accuracy"] - b["balanced_accuracy"] for a, b in zip(ours, peer, strict=True)])
    spread = float(gaps.std(ddof=1) / np.sqrt(len(gaps)) * STUDENT[len(gaps) - 1]) if len(gaps) > 1 else float("nan")
    low = float(gaps.mean()) - spread
    figure = float(gaps.mean()) if len(gaps) == 1 else low
    note = f"mean {gaps.mean():.3f} ± {spread:.3f} (t over {len(gaps)} splits); the figure is the lower end"
    return row("blend minus cnn on the same splits", figure, None, 0.0, note, unit="", more=True)
