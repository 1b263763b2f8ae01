"""Cells are found from the window: in the image on show, as one act that can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.session import Session
from models.domains.smears.fake import fake
from models.job import Job, finish
from models.store.project import Project
from tests.app.desk import make_session
from workers.inline import run


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication) -> Iterator[Session]:
    """A desk with four images without boxes."""
    finish(fake(tmp_path / "data", 60, seed=2))
    Project.create(tmp_path / "desk", "smears").close()
    arguments = {"project": str(tmp_path / "desk"), "sources": [str(tmp_path / "data" / "images")]}
    run(Job("import_samples", arguments, "import"))
    made = make_session(tmp_path)
    made.settings.set("curator", "ann")
    made.open(tmp_path / "desk")
    yield made
    made.close()
    made.jobs.close()


def test_cells_are_found_in_the_image_on_show_and_go_with_undo(session: Session) -> None:
    told: list[str] = []
    session.noticed.connect(lambda note: told.append(note.text))
    assert session.count == 4
    assert session.can_find
    session.find_samples()
    assert session.count > 8
    assert told[-1].startswith("Box of ")
    count = session.count
    session.find_samples()
    assert session.count == count
    assert told[-1] == "No other cells are found here."
    session.undo()
    assert session.count == 4
