"""Nearest neighbours: exact, over blocks, never the sample itself, nothing like what cannot be read."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from models.errors import UserError
from models.job import Job
from models.orders import likeness
from models.orders.likeness import Likeness
from models.store.project import Project
from tests.pages.smears import COUNT, make_smears
from tests.projects import project_from
from workers.inline import run


def test_neighbours_are_those_of_the_whole_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "BLOCK", 7)
    vectors = np.random.default_rng(0).normal(3, 1, (40, 5)).astype(np.float32)
    vectors[9] = np.nan
    found = Likeness(vectors)
    among = np.ones(40, bool)
    among[3] = False
    rows, likes = found.nearest(0, 6, among)
    centred = vectors - np.nan_to_num(vectors).mean(0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    wanted = np.nan_to_num(centred @ centred[0], nan=0.0)
    wanted[[0, 3]] = -2
    assert rows.tolist() == np.argsort(-wanted, kind="stable")[:6].tolist()
    assert np.allclose(likes, wanted[rows], atol=1e-5)
    assert found.to(0)[9] == 0


def test_cells_are_ranked_by_their_looks(tmp_path: Path) -> None:
    path = make_smears(tmp_path)
    with Project.open(path) as opened:
        ids = opened.samples.ids()
    arguments = {"project": str(path), "sample": ids[1]}
    told = run(Job("similar", {**arguments, "n": 5}, ""))["queue"]
    assert next(entry["sample"] for entry in told) == ids[1]
    # Every other cell is infected: the five like the first infected one are the others of them.
    assert {ids.index(entry["sample"]) for entry in told} == {1, 3, 5, 7, 9, 11}
    assert all(first["score"] >= second["score"] for first, second in itertools.pairwise(told))
    labelled = run(Job("similar", {**arguments, "n": COUNT, "labelled": True}, ""))["queue"]
    assert {ids.index(entry["sample"]) for entry in labelled} == set(range(6))
    with pytest.raises(UserError, match="not in the project"):
        run(Job("similar", {"project": str(path), "sample": "nobody"}, ""))


def test_a_run_that_kept_no_model_compares_by_looks(tmp_path: Path) -> None:
    path = make_smears(tmp_path)
    with Project.open(path) as opened:
        first = opened.samples.ids()[1]
        name = opened.runs.start().finish({"recipe": "small_cnn", "classes": ["a", "b"]}).name
    by_looks = run(Job("similar", {"project": str(path), "sample": first, "n": 5}, ""))
    found = run(Job("similar", {"project": str(path), "sample": first, "n": 5, "run": name}, ""))
    assert found == by_looks
    assert found["run"] == ""
    placed = run(Job("project_map", {"project": str(path), "method": "pca", "run": name}, ""))
    assert placed["run"] == ""


def test_what_cannot_be_compared_is_like_nothing_and_nothing_is_like_it() -> None:
    vectors = np.random.default_rng(0).normal(0, 1, (12, 3)).astype(np.float32)
    vectors[[2, 5]] = np.nan
    found = Likeness(vectors)
    assert [found.knows(row) for row in (0, 2)] == [True, False]
    rows, likes = found.nearest(2, 5, np.ones(12, bool))
    assert (len(rows), len(likes)) == (0, 0)
    rows, _likes = found.nearest(0, 11, np.ones(12, bool))
    assert {*rows.tolist()} == {*range(1, 12)} - {2, 5}


def test_a_recording_as_a_whole_is_told_to_have_nothing_to_be_compared_by(tmp_path: Path) -> None:
    from models.domains.eeg.recipes.model import wholes

    run(
        Job(
            "fake",
            {"domain_name": "eeg", "out": str(tmp_path / "d"), "values": {"recordings": "edf", "hours": "0.05"}},
            "",
        )
    )
    project_from(tmp_path / "p", "eeg", tmp_path / "d")
    with Project.open(tmp_path / "p") as opened:
        ids, whole = np.array(opened.samples.ids()), wholes(opened.samples)
    assert whole.sum() == 1
    told = run(Job("similar", {"project": str(tmp_path / "p"), "sample": ids[whole][0]}, ""))["queue"]
    assert [(entry["sample"], entry["reason"]) for entry in told] == [(ids[whole][0], likeness.NOTHING)]
    told = run(Job("similar", {"project": str(tmp_path / "p"), "sample": ids[~whole][0]}, ""))["queue"]
    assert {entry["sample"] for entry in told} == {*ids[~whole]}
