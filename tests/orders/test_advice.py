"""What speaks against training, and how new samples differ: told by training, predicting and the form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from app.pages.train_split import Basis, Wish, make_preview
from models.domain import Found
from models.domains import domain
from models.job import Job
from models.store.project import Project
from tests.app.unit_tables import CLASSES, make_units
from workers.inline import run


def order(name: str, path: Path, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = run(Job(name, {"project": str(path), **more}, ""))
    return found


def test_a_training_on_few_labels_of_one_animal_says_so_and_keeps_it(tmp_path: Path) -> None:
    path = make_units(tmp_path, each=20, sessions=2)
    told = order("train", path, recipe="logistic_regression")
    assert any("fewer than 50" in note for note in told["notes"])
    assert any("one animal (mouse1)" in note for note in told["notes"])
    with Project.open(path) as project:
        assert project.runs.get("last").record["notes"] == told["notes"]
        assert "fewer than 50" in (project.runs.get("last").path / "log.txt").read_text("utf-8")


def test_a_prediction_of_new_units_names_the_metric_that_moved_most(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    order("train", path, recipe="logistic_regression")
    assert order("predict", path, run="last")["notes"] == []
    rng = np.random.default_rng(1)
    file = tmp_path / "new.csv"
    file.write_text("new", "utf-8")
    columns = {"snr": (60 + rng.normal(size=40)).tolist(), "firing_rate": rng.lognormal(1, 0.5, 40).tolist()}
    with Project.open(path) as project:
        project.add(Found(file, file.name, [str(n) for n in range(40)], ["new"] * 40, columns=columns))
    notes = order("predict", path, run="last")["notes"]
    assert len(notes) == 1
    assert "snr" in notes[0] or "missing in 100%" in notes[0]


def test_the_form_tells_the_domains_advice_after_its_own(tmp_path: Path) -> None:
    path = make_units(tmp_path, each=20, sessions=2)
    with Project.open(path) as project:
        codes = project.journal.fold.codes.astype(np.int64)
        place = [CLASSES.index(name) for name in project.journal.fold.classes]
        codes = np.array([*place, -1], np.int64)[codes]
        groups, names = project.samples.group_codes()
        basis = Basis(project.samples, codes, codes, groups, tuple(names), CLASSES, advise=domain("units").advise)
        found = make_preview(basis, Wish(val_size=0.0)).advices()
    titles = [title for title, _words in found]
    assert "Few labels" in titles
    assert "One animal" in titles
