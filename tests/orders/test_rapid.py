"""Rapid labelling end to end: medoids first, a person's labels spread as proposals, none of them a label."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Found
from models.domains import domain
from models.errors import UserError
from models.job import Job
from models.orders.rapid import line_of
from models.store.project import Project
from models.store.proposals import accept, proposed
from models.store.view import View
from tests.eeg.sessions import STEPS, make_session
from workers.inline import run


def do(name: str, **arguments: object) -> Any:
    return run(Job(name, arguments, name))


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return make_session(tmp_path)


def steps(entries: list[dict[str, Any]]) -> list[int]:
    return [int(entry["sample"].rpartition("/")[2]) - 1 for entry in entries]


def test_a_recording_is_cut_and_one_vote_speaks_for_a_stretch(session: Path) -> None:
    told = do("queue", project=str(session), strategy="medoids", n=4, by="ann")
    picked = steps(told["queue"])
    assert sorted(one // 15 for one in picked) == [0, 1, 2, 3], "one of each stretch, though all have a file's label"
    with Project.open(session) as opened:
        rows = [one for one in picked if one // 15 == 1]
        opened.journal.label(rows, "grda", "ann")
        shas = opened.journal.fold.sha(), View(opened).mask("human").sum()
    assert len(do("queue", project=str(session), strategy="medoids", n=4, by="ann")["queue"]) == 3
    spread = do("spread_labels", project=str(session), by="ann", n=4)
    assert (spread["proposed"], spread["classes"]) == (14, {"grda": 14})
    assert spread["bundles"] == {"all": 4, "labelled": 1, "in_time": True}
    with Project.open(session) as opened:
        assert (opened.journal.fold.sha(), View(opened).mask("human").sum()) == shas
        waits = np.flatnonzero(proposed(opened, "ann") != None)  # noqa: E711 - elementwise
        assert set(waits.tolist()) == set(range(15, 30)) - set(rows)
        accept(opened, np.arange(STEPS), "ann")
        assert (opened.journal.fold.vote_codes("ann") >= 0).sum() == 15
    with pytest.raises(UserError, match="bob has labelled nothing here yet"):
        do("spread_labels", project=str(session), by="bob", n=4)


def test_the_bundles_of_the_window_are_those_of_the_queue(session: Path) -> None:
    told = do("cluster", project=str(session), n=4)
    values = np.load(told["file"])
    codes, medoids = values[:STEPS], values[STEPS:]
    assert (told["bundles"], told["in_time"], len(medoids)) == (4, True, 4)
    assert codes.tolist() == (np.arange(STEPS) // 15).tolist()
    queued = do("queue", project=str(session), strategy="medoids", n=4, by="ann")["queue"]
    assert sorted(steps(queued)) == sorted(medoids.tolist())


def test_the_map_that_came_with_the_samples_is_one_to_choose(session: Path) -> None:
    found = np.load(do("project_map", project=str(session), method="source")["file"])
    with Project.open(session) as opened:
        assert np.allclose(found[:, 0], opened.samples.column("x"), atol=1e-5)


def test_samples_without_an_order_are_clustered(home: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(home / "project", tmp_path / "project"))
    with Project.open(place) as opened:
        opened.journal.label(range(10, 450), "", "ann", "Taken away")  # type: ignore[arg-type]
    told = do("spread_labels", project=str(place), by="ann", n=12)
    assert not told["bundles"]["in_time"]
    assert 0 < told["proposed"] <= 440
    assert told["check"]["agree"] <= told["check"]["n"] <= 10
    with pytest.raises(UserError, match="no map came with these samples"):
        do("project_map", project=str(place), method="source")
    entries = do("queue", project=str(place), strategy="boundary", n=5)["queue"]
    assert all(entry["reason"].startswith("Between ") for entry in entries)


def test_what_was_refused_is_not_proposed_again(session: Path) -> None:
    from models.store.proposals import refuse

    with Project.open(session) as opened:
        opened.journal.label([20], "grda", "ann")
    do("spread_labels", project=str(session), by="ann", n=4)
    with Project.open(session) as opened:
        refuse(opened, np.array([21, 22]), "ann")
    assert do("spread_labels", project=str(session), by="ann", n=4)["proposed"] == 12


def test_what_stands_in_no_time_is_of_no_recording(tmp_path: Path) -> None:
    """Of such windows neither their recording nor their neighbours are known: no stretch may hold them."""
    kind = domain("eeg")
    with Project.create(tmp_path / "p", "eeg") as project:
        source = tmp_path / "t.csv"
        source.write_text("x")
        columns = {"recording": ["a", "a", "a", None, None], "start": [0.0, 10.0, None, 5.0, 6.0]}
        project.add(Found(source, "t.csv", list("vwxyz"), ["g"] * 5, columns=columns))
        line = line_of(project, kind)
    assert line is not None
    assert line.recordings.tolist() == [line.recordings[0]] * 2 + [-1] * 3
    assert line.recordings[0] >= 0
