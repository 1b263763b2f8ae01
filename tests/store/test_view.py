"""Columns of labels and predictions: whose class is meant, and on which samples the model was not trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.store.predictions import fold_file, write_predictions
from models.store.project import Project
from models.store.view import View

#: Of rows 5, 4, … 0: the file is not in the project's order, its classes are not in the journal's.
PARTS = ["train", "val", "test", "out_of_fold", "rest", "train"]
SHARES = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6], [0.35, 0.65], [0.05, 0.95]], np.float32)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    source = tmp_path / "a.h5"
    source.write_text("a", "utf-8")
    with Project.create(tmp_path / "p", "traces") as made:
        made.add(Found(source, "a.h5", [str(key) for key in range(7)], ["g"] * 7))
        made.journal.label_each(range(6), ["b", "a", "b", "a", "b", "b"], "ann")
        assert made.journal.fold.classes == ["b", "a"]
        folder = made.runs.start()
        write_predictions(folder.path / "predictions.arrow", made.samples.ids()[5::-1], PARTS, SHARES, ["a", "b"])
        folder.finish({"recipe": "forest", "classes": ["a", "b"]})
    return Project.open(tmp_path / "p")


def test_predictions_stand_at_their_samples_and_classes(project: Project) -> None:
    with project:
        view = View(project)
        assert view.column("prediction").tolist() == ["b", "b", "b", "a", "a", "a", None]
        np.testing.assert_allclose(view.column("confidence")[:6], [0.95, 0.65, 0.6, 0.7, 0.8, 0.9])
        np.testing.assert_allclose(view.call("p", "b")[:6], SHARES[::-1, 1])
        assert np.isnan(view.column("confidence")[6])
        assert view.column("part").tolist() == [*PARTS[::-1], None]


def test_a_label_is_in_doubt_only_where_the_model_was_not_trained(project: Project) -> None:
    with project:
        view = View(project)
        assert view.column("conflict").tolist() == [False, True, False, False, True, True, False]
        assert view.column("wrong").tolist() == [False, True, False, False, True, False, False]
        np.testing.assert_allclose(view.column("issue"), [np.nan, 0.65, 0.4, 0.3, 0.8, np.nan, np.nan], rtol=1e-6)


def test_after_a_label_only_what_labels_touch_is_made_anew(project: Project) -> None:
    with project:
        view = View(project)
        kept = {name: view.column(name) for name in ("prediction", "part", "label", "conflict", "issue")}
        project.journal.label([1], "b", "ann")
        renewed = view.renewed()
        assert renewed.column("prediction") is kept["prediction"]
        assert renewed.column("label")[1] == "b"
        assert not renewed.column("conflict")[1]
        assert renewed.column("issue")[1] == pytest.approx(0.35)


def test_a_view_may_look_at_labels_as_they_were(project: Project) -> None:
    with project:
        before = project.journal.position
        project.journal.label([1, 6], "b", "ann")
        view = View(project, fold=project.journal.at(before))
        assert view.rows('label == "a"').tolist() == [1, 3]
        assert view.rows("unlabelled").tolist() == [6]


def test_what_a_review_made_out_of_fold_stands_in_place_of_what_the_run_has_seen(project: Project) -> None:
    with project:
        record = project.runs.get("run-1")
        told = {**record.record, "snapshot": {"sha": "0123456789abcdef"}}
        (record.path / "run.json").write_text(json.dumps(told), "utf-8")
        file = fold_file(project.cache, record.id, told)
        file.parent.mkdir(parents=True)
        write_predictions(file, project.samples.ids()[:1], ["out_of_fold"], [[0.7, 0.3]], ["a", "b"])
    with Project.open(project.path) as again:
        plain, unseen = View(again), View(again, unseen=True)
        assert plain.column("prediction")[0] == "b"
        assert plain.column("part")[0] == "train"
        assert unseen.column("prediction").tolist() == ["a", "b", "b", "a", "a", "a", None]
        assert unseen.column("part")[0] == "out_of_fold"
        assert unseen.column("issue")[0] == pytest.approx(0.7)
        assert unseen.renewed().column("conflict")[0]
