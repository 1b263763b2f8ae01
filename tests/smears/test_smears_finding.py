"""Cells are found in images without boxes and become samples, as one act that can be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.smears.cells import boxes_of
from models.domains.smears.fake import fake
from models.errors import UserError
from models.job import Job, finish
from models.store.project import Project
from workers.inline import run


def do(name: str, **arguments: object) -> Any:
    return run(Job(name, arguments, name))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Four images without boxes, and a project of them."""
    finish(fake(tmp_path / "data", 60, seed=2))
    place = tmp_path / "study"
    Project.create(place, "smears").close()
    do("import_samples", project=str(place), sources=[str(tmp_path / "data" / "images")])
    return place


def live(project: Path) -> np.ndarray:
    with Project.open(project) as opened:
        return np.flatnonzero(opened.journal.fold.live)


def test_cells_become_samples_and_go_again(project: Path) -> None:
    assert len(live(project)) == 4
    planned = do("find", project=str(project), dry_run=True)
    assert len(live(project)) == 4
    assert 30 <= planned["found"] == len(planned["edits"]) <= 70
    made = do("find", project=str(project), by="ann")
    assert made["found"] == planned["found"]
    rows = live(project)
    assert len(rows) == made["found"], "an image that has boxes no longer stands for itself"
    with Project.open(project) as opened:
        assert np.isfinite(boxes_of(opened.samples, rows)).all()
        assert opened.journal.event(made["event"]).by == "ann"
        opened.journal.undo("ann")
        assert opened.journal.fold.live.sum() == 4


def test_what_is_there_is_not_found_again(project: Path) -> None:
    one = do("find", project=str(project), where="row == 0", by="ann")
    assert 5 <= one["found"] < 30
    with Project.open(project) as opened:
        rows = np.flatnonzero(opened.journal.fold.live)
        last = opened.samples.take(rows[-1:]).ids()
    assert do("find", project=str(project), samples=last, dry_run=True)["found"] == 0
    more = do("find", project=str(project), samples=last, values={"border": "yes"}, dry_run=True)
    assert {tuple(edit["samples"]) for edit in more["edits"]} <= {tuple(edit["samples"]) for edit in more["edits"][:1]}
    rest = do("find", project=str(project), dry_run=True)
    assert rest["found"] > 0, "images without boxes are looked at where none is chosen"


def test_wrong_settings_and_other_domains_are_told(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Did you mean diameter"):
        do("find", project=str(project), values={"diametre": "90"})
    with pytest.raises(UserError, match="strength"):
        do("find", project=str(project), values={"strength": "40"})
    other = tmp_path / "other"
    Project.create(other, "traces").close()
    with pytest.raises(UserError, match="none is merged, split, added or found here"):
        do("find", project=str(other))


def test_images_that_are_gone_are_told(project: Path, tmp_path: Path) -> None:
    assert do("find", project=str(project), dry_run=True)["notes"] == []
    first, *others = sorted((tmp_path / "data" / "images").iterdir())
    first.unlink()
    told = do("find", project=str(project), dry_run=True)
    assert told["found"] > 0
    assert len(told["notes"]) == 1
    assert told["notes"][0].startswith(f"1 file not looked at: {first.name}: ")
    for image in others:
        image.unlink()
    told = do("find", project=str(project))
    assert told["found"] == 0
    assert told["notes"][0].startswith("4 files not looked at: ")
