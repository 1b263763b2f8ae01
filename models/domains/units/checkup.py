"""A model folder beside the units of a project: what the doctor found, and how the units' metrics fit it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units.doctor import Chart, Diagnosis, Lesson, examine, read_training
from models.domains.units.metrics import RENAMED, features
from models.domains.units.pipelines import TRUSTED
from models.domains.units.repair import Rebuilt, adopt, rebuild
from models.domains.units.shift import between
from models.job import Progress
from models.sample import Samples

Floats = npt.NDArray[np.float32]


def checkup(folder: Path, samples: Samples) -> dict[str, Any]:
    """The diagnosis as JSON with ``files``, ``known`` types and ``inputs`` (a row a metric)."""
    seen = examine(folder)
    data = read_training(folder, Chart())
    told = {**seen.plain(), "known": [name for name in seen.types if name in TRUSTED]}
    told["files"] = [
        {"name": file.name, "bytes": file.stat().st_size} for file in sorted(folder.iterdir()) if file.is_file()
    ]
    told["inputs"] = _inputs(seen, data, samples)
    return told


def _inputs(seen: Diagnosis, data: Lesson | None, samples: Samples) -> list[dict[str, Any]]:
    """Each metric of the model: its name now, whether the units have it, how many lie outside the training range."""
    present = [RENAMED.get(name, (name, 1.0)) for name in seen.metrics]
    x, _ = features(samples, [name for name, _ in present]) if present and len(samples) else (None, [])
    trained = None
    if data is not None and data.names == seen.metrics:
        trained = data.x * np.array([sign for _, sign in present], np.float32)
    distances = {}
    if x is not None and trained is not None:
        distances = {one.name: one.amount for one in between(trained, x, [name for name, _ in present])}
    return [_input(name, place, present[place], x, trained, distances) for place, name in enumerate(seen.metrics)]


def _input(
    name: str,
    place: int,
    now: tuple[str, float],
    x: Floats | None,
    trained: Floats | None,
    distances: dict[str, float],
) -> dict[str, Any]:
    values = x[:, place] if x is not None else np.zeros(0, np.float32)
    known = values[np.isfinite(values)]
    outside = None
    if trained is not None and len(known) and np.isfinite(trained[:, place]).any():
        low, high = np.nanmin(trained[:, place]), np.nanmax(trained[:, place])
        outside = int(((known < low) | (known > high)).sum())
    state = "missing" if not len(known) else "renamed" if now[0] != name else "same"
    return {
        "name": name,
        "now": now[0],
        "turned": now[1] < 0,
        "state": state,
        "units": len(values),
        "outside": outside,
        "distance": distances.get(now[0]) if state != "missing" else None,
    }


def rebuilt(folder: Path, place: Path) -> Generator[Progress, None, str]:
    """Build a model again from its own training data as a run's folder at `place`; what it is worth, in words."""
    found: Rebuilt = yield from rebuild(folder)
    adopt(found.patient, place)
    return found.words
