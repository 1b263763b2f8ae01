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
