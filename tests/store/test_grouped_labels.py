"""Labels as the fewer classes that a run learned: what is a conflict, what is left out, what accepting says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.store.grouped import GroupedFold
from models.store.predictions import write_predictions
from models.store.project import Project
from models.store.view import View

OF = {"ring": "infected", "schizont": "infected", "red cell": "uninfected", "debris": ""}
LABELS = ["ring", "red cell", "debris", "schizont", "ring"]
SHARES = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6], [0.35, 0.65], [0.2, 0.8]], np.float32)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    source = tmp_path / "a.h5"
    source.write_text("a", "utf-8")
    with Project.create(tmp_path / "p", "traces") as made:
        made.add(Found(source, "a.h5", [str(key) for key in range(6)], ["g"] * 6))
        made.journal.label_each(range(5), LABELS, "ann")
        made.journal.label([0], "schizont", "bob")
        made.journal.label([0], "ring", "ann")
        folder = made.runs.start()
        ids = made.samples.ids()
        write_predictions(folder.path / "predictions.arrow", ids, ["test"] * 6, SHARES, ["infected", "uninfected"])
        folder.finish({"recipe": "forest", "classes": ["infected", "uninfected"], "grouping": OF})
    return Project.open(tmp_path / "p")


def test_classes_codes_and_votes_are_those_that_labels_stand_for(project: Project) -> None:
    with project:
        plain = project.journal.fold
        fold = GroupedFold(plain, OF)
        assert fold.classes == ["infected", "uninfected"]
        assert fold.codes.tolist() == [0, 1, -1, 0, 0, -1]
        assert fold.vote_counts()[0].tolist() == [2, 0]
        assert plain.labels().tolist() == [*LABELS, None], "the journal's own labels stay as they are"


def test_a_label_that_stands_for_the_predicted_class_is_no_conflict(project: Project) -> None:
    with project:
        view = View(project)
        assert view.column("prediction").tolist()[:4] == ["infected", "infected", "infected", "uninfected"]
        assert view.column("conflict").tolist() == [False, True, False, True, True, False]
        np.testing.assert_allclose(view.column("issue"), [0.1, 0.8, np.nan, 0.6, 0.65, np.nan], rtol=1e-6)


def test_a_label_means_the_class_that_it_stands_for(project: Project) -> None:
    with project:
        view = View(project)
        assert [view.meaning(label) for label in ("ring", "debris", "new", None)] == ["infected", None, "new", None]


def test_accepting_keeps_the_finer_label_and_takes_the_one_that_stands_for_the_class(project: Project) -> None:
    with project:
        view = View(project)
        assert view.accepted(np.arange(6)) == ["ring", "infected", "infected", "red cell", "red cell", "red cell"]
        assert view.column("label").tolist() == [*LABELS, None]
