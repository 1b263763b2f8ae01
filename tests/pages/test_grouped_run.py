"""A run that learned fewer classes than the labels have: a class that one label stands for goes by that label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from models.store.predictions import write_predictions
from models.store.project import Project
from tests.app.desk import settle
from tests.app.windows import Opened
from tests.pages.smears import COUNT, make_smears

NAMES = ["uninfected", "infected"]


def with_run(folder: Path, schizont: bool) -> Path:
    """The cells with a run that tells infected ones; `schizont`: two labels stand for these."""
    path = make_smears(folder)
    with Project.open(path) as made:
        if schizont:
            made.journal.label([3], "schizont", "ann")
        run = made.runs.start()
        sure = np.where(np.arange(COUNT) % 2, 0.9, 0.2)
        shares = np.stack([1 - sure, sure], axis=1).astype(np.float32)
        write_predictions(run.path / "predictions.arrow", made.samples.ids(), ["test"] * COUNT, shares, NAMES)
        grouping = {"rbc": "uninfected", "ring": "infected", "schizont": "infected"}
        told = {"recipe": "colour_texture", "classes": NAMES, "grouping": grouping, "metrics": {}}
        fold = made.journal.fold
        run.finish({**told, "snapshot": {"sha": fold.sha(), "position": fold.position}})
    return path


def test_no_class_is_added_where_one_label_stands_for_it(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window = opened(with_run(tmp_path, schizont=False))
    settle(qtbot, window)
    session = window.session
    assert set(session.classes) == {"rbc", "ring"}
    ring, rbc = session.classes.index("ring"), session.classes.index("rbc")
    assert session.predicted_places().tolist() == [rbc, ring] * (COUNT // 2)
    assert {name: round(p, 2) for name, p in session.shares(7).items()} == {"rbc": 0.1, "ring": 0.9}
    session.go_to(7)
    window.run_command("label.accept")
    assert session.view.column("label")[7] == "ring"
    assert set(session.classes) == {"rbc", "ring"}


def test_a_class_that_several_labels_stand_for_is_one_of_its_own(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window = opened(with_run(tmp_path, schizont=True))
    settle(qtbot, window)
    session = window.session
    assert set(session.classes) == {"rbc", "ring", "schizont", "infected"}
    assert session.predicted_places()[8] == session.classes.index("rbc")
    assert session.predicted_places()[9] == session.classes.index("infected")
    assert set(session.shares(9)) == {"rbc", "infected"}
