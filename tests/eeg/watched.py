"""A project of two short recordings with a run whose word on each window is written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.domains.eeg.constants import CLASSES
from models.job import Job
from models.store.predictions import write_predictions
from models.store.project import Project
from tests.eeg.recorded import compose, waves
from workers.inline import run

Spans = Sequence[tuple[float, float, float]]
SECONDS = 900


def make_watched(folder: Path, told: Mapping[str, Spans] | None = None, part: str = "rest") -> Path:
    """Recordings one.edf and two.edf of 15 minutes; told: of each, from, to, p(seizure) where it is not .05."""
    data = folder / "data"
    data.mkdir()
    for seed, name in enumerate(("one", "two")):
        compose(data / f"{name}.edf", waves(SECONDS, 32, seed=seed), records=SECONDS)
    project = folder / "ward"
    Project.create(project, "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(project), "sources": [str(data)]}, ""))
    add_run(project, told or {"one.edf": [(100, 140, 0.9), (600, 650, 0.7)]}, part)
    return project


def add_run(project: Path, told: Mapping[str, Spans], part: str | Mapping[str, str] = "rest") -> str:
    """One more run that says this. part: of all windows, or by recording."""
    with Project.open(project) as made:
        table = made.samples.table
        windows = np.flatnonzero([not text for text in table.column("_whole").to_pylist()])
        ids = [made.samples.ids()[row] for row in windows]
        p = np.full((len(windows), len(CLASSES)), 0.05)
        for place, identity in enumerate(ids):
            source, _, key = identity.partition("#")
            middle = float(key) + 25
            for start, stop, share in told.get(source, ()):
                if start <= middle <= stop:
                    p[place, 0] = share
        p[:, -1] = 1 - p[:, :-1].sum(1)
        parts = [part if isinstance(part, str) else part[name.partition("#")[0]] for name in ids]
        begun = made.runs.start()
        write_predictions(begun.path / "predictions.arrow", ids, parts, p, CLASSES)
        record = {"recipe": "features", "classes": list(CLASSES), "snapshot": {"labels": 0, "position": 0, "sha": "0"}}
        return begun.finish({**record, "split": {"by": "group"}, "metrics": {}, "seed": 1}).name
