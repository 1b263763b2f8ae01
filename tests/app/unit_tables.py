"""Projects of units known by their measures alone, for the tests of pages and orders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.domain import Found
from models.store.project import Project

CLASSES = ("good", "mua", "noise")


def make_units(folder: Path, each: int = 60, sessions: int = 4, unlabelled: int = 0, name: str = "units") -> Path:
    """A project of `each` units in each session, four of five with a second opinion, two sessions an animal."""
    rng = np.random.default_rng(5)
    path = folder / name
    with Project.create(path, "units", CLASSES) as made:
        for session in range(sessions):
            made.add(_session(folder, session, each, rng))
        if unlabelled:
            made.journal.label(np.arange(unlabelled), "", "file:rest", "Labels taken away")
    return path


def _session(folder: Path, session: int, each: int, rng: np.random.Generator) -> Found:
    file = folder / f"mouse{session // 2 + 1}_{session}.csv"
    file.write_text(f"session {session}", "utf-8")
    codes = rng.integers(0, 3, each)
    second = np.where(rng.random(each) < 0.85, codes, rng.integers(0, 3, each))
    snr = np.array([9.0, 6.0, 3.0])[codes] + rng.normal(size=each)
    columns: dict[str, Sequence[Any]] = {
        "snr": snr.tolist(),
        "isi_violations_ratio": (np.array([0.05, 0.6, 0.4])[codes] * rng.lognormal(0, 0.4, each)).tolist(),
        "firing_rate": rng.lognormal(1, 0.5, each).tolist(),
        "trough_half_width": np.where(rng.random(each) < 0.1, np.nan, 0.2 + 0.1 * codes + 0.03 * snr).tolist(),
        "animal": [f"mouse{session // 2 + 1}"] * each,
    }
    votes = [{"file:KSLabel": CLASSES[code]} if place % 5 else {} for place, code in enumerate(second.tolist())]
    keys = [str(place) for place in range(each)]
    labels = [CLASSES[code] for code in codes.tolist()]
    return Found(file, file.name, keys, [f"session {session}"] * each, labels, votes, columns)
