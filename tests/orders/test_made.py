"""Notes of trainings: told once of each part, and again by a model that was kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.job import Progress
from models.orders.fitting import Seen
from models.orders.given import _Told
from models.orders.made import Made, keep_made, read_made

NOTE = "There was no second stage."


def test_notes_of_the_parts_of_an_ensemble_are_the_run_s(tmp_path: Path) -> None:
    outer = Seen()
    for number in range(3):
        part = _Told(outer, number)
        part.take(Progress(text="Epoch 1"))
        part.take(Progress(note=NOTE))
    assert outer.notes == [NOTE], "once"
    assert outer.log == [NOTE]


def test_a_model_that_was_kept_tells_its_notes_again(tmp_path: Path) -> None:
    seen = Seen()
    seen.take(Progress(note=NOTE))
    p = np.array([[0.25, 0.75]], np.float32)
    keep_made(tmp_path / "made.npz", "key", Made(p, 1.5, [1, 1], [2, 2], {"epochs": 3}), seen)
    again = Seen()
    made = read_made(tmp_path / "made.npz", "key", again)
    assert made is not None
    assert made.p.tolist() == p.tolist()
    assert (again.notes, again.log) == ([NOTE], [NOTE])
    assert read_made(tmp_path / "made.npz", "other", Seen()) is None
