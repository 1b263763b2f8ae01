"""A rater's session of one recording that changes three times, each 15 steps, with its map and a model's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from models.job import Job
from models.store.project import Project
from workers.inline import run

STEPS = 60


def make_session(folder: Path) -> Path:
    """A project of it in which votes count; the file has labelled all steps."""
    rng = np.random.default_rng(0)
    part = np.arange(STEPS) // 15
    said = rng.uniform(0.05, 0.1, (STEPS, 6))
    said[np.arange(STEPS), np.array([0, 5, 0, 2])[part]] += 1
    said /= said.sum(axis=1, keepdims=True)
    places = np.array([[0, 0], [9, 9], [0, 1], [-9, 9]])[part] + rng.normal(0, 0.1, (STEPS, 2))
    data = folder / "data"
    data.mkdir()
    savemat(data / "subject01_pacmap.mat", {"Vxy": places, "Y_model": said, "idx_epoch": np.ones((STEPS, 1))})
    with Project.create(folder / "project", "eeg", votes=True):
        pass
    run(Job("import_samples", {"project": str(folder / "project"), "sources": [str(data)]}, ""))
    with Project.open(folder / "project") as opened:
        opened.journal.label(np.arange(STEPS), "other", "file:before")
    return folder / "project"
