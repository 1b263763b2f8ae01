"""Agreement of annotators of a project, and settling what they differ on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.job import Job
from models.learn.agreement import agree, fleiss
from models.orders import agreeing
from models.orders.agreeing import adjudicate
from models.store.project import Project
from tests.app.unit_tables import make_units
from tests.cli.conftest import Winnow
from workers.inline import run

RATERS = Path(__file__).parents[2].parent / "shared" / "data" / "eeg" / "iiic_raters"


def told(path: Path, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = run(Job("agreement", {"project": str(path), **more}, ""))
    return found


def test_two_opinions_have_a_kappa_with_its_interval_by_session(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    found = told(path, group_by="group")
    pair = found["pairs"][0]
    assert (pair["first"], pair["second"], pair["n"], pair["groups"]) == ("file", "file:KSLabel", 192, 4)
    assert found["kappa"] == pytest.approx(pair["kappa"])
    assert pair["interval"][0] < pair["kappa"] < pair["interval"][1]
    assert [level["value"] for level in pair["by"]] == [f"session {number}" for number in range(4)]
    assert sum(level["n"] for level in pair["by"]) == 192
    with Project.open(path) as project:
        fold = project.journal.fold
        one, other = fold.vote_codes("file"), fold.vote_codes("file:KSLabel")
    assert found["open"] == int(((one != other) & (other >= 0)).sum()) == len(found["open_samples"])
    assert pair["agreement"] == pytest.approx(1 - found["open"] / 192)


def test_a_run_has_an_opinion_only_on_what_it_did_not_learn_from(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    run(Job("train", {"project": str(path), "recipe": "logistic_regression"}, ""))
    pairs = {(pair["first"], pair["second"]): pair for pair in told(path)["pairs"]}
    assert pairs["file", "model"]["n"] < 240
    assert pairs["file", "model"]["groups"] < 4


def test_what_is_settled_is_open_no_more_until_it_is_taken_back(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    first = told(path)["open_samples"][0]
    with Project.open(path) as project:
        row = int(project.rows_of([first])[0])
        event = adjudicate(project, [row], ["mua"], "ann")
        assert project.journal.fold.labels()[row] == "mua"
        assert event.title == "Settle 1 sample"
    assert first not in told(path)["open_samples"]
    with Project.open(path) as project:
        agreeing = int(np.flatnonzero(project.journal.fold.vote_codes("file:KSLabel") < 0)[0])
        with pytest.raises(UserError, match="nothing to settle"):
            adjudicate(project, [agreeing], ["mua"], "ann")
        project.journal.undo("ann")
    assert first in told(path)["open_samples"]


def test_one_opinion_alone_agrees_with_nobody(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    Project.create(path, "units").close()
    with pytest.raises(UserError, match="fewer than two"):
        told(path)


def test_the_verbs_say_the_same(tmp_path: Path) -> None:
    winnow, path = Winnow(), make_units(tmp_path)
    found = winnow.ok("agreement", path)
    assert {"kappa", "pairs", "open"} <= set(found)
    assert winnow.ok("adjudicate", path, f"{found['open_samples'][0]}=good", "--by", "ann")["changed"] == 1
    assert winnow.ok("agreement", path)["open"] == found["open"] - 1


def add_tallies(path: Path, source: Path, *tallies: dict[str, float]) -> None:
    source.write_text("v")
    keys = [str(place) for place in range(len(tallies))]
    with Project.open(path) as project:
        project.add(Found(source, source.name, keys, ["g"] * len(keys), ["good"] * len(keys), tallies=tallies))


def test_votes_without_a_name_are_opinions_that_may_be_split(tmp_path: Path) -> None:
    path = tmp_path / "tallied"
    Project.create(path, "units", votes=True).close()
    add_tallies(path, tmp_path / "v.csv", {"good": 3, "mua": 2}, {"good": 4}, {"noise": 1})
    found = told(path)
    assert found["annotators"] == [], "the label beside the counts is drawn from them"
    assert found["open"] == 1
    assert found["kappa"] == pytest.approx(fleiss(np.array([[3, 2, 0], [4, 0, 0], [0, 0, 1]])))
    with Project.open(path) as project:
        adjudicate(project, [0], ["good"], "ann")
    assert told(path)["open"] == 0


def test_each_annotator_is_told_beside_the_others(tmp_path: Path) -> None:
    found = told(make_units(tmp_path))
    first, second = found["raters"]
    assert (first["rater"], second["rater"]) == ("file", "file:KSLabel")
    assert first["n"] == second["n"] == found["pairs"][0]["n"]
    assert first["kappa"] == pytest.approx(found["kappa"])
    assert first["interval"][0] < first["kappa"] < first["interval"][1]
    assert sum(first["bias"].values()) == pytest.approx(0, abs=1e-9)
    assert found["pairwise"]["pairs"] == 1
    assert found["pairs_left_out"] == 0
    assert found["interval"] == found["pairs"][0]["interval"]


def test_of_many_raters_the_pairs_with_most_in_common_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreeing, "PAIRS_TOLD", 2)
    path = make_units(tmp_path)
    with Project.open(path) as project:
        project.journal.label(np.arange(50), "good", "ann")
        project.journal.label(np.arange(5), "good", "ben")
    found = told(path)
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [("ann", "file"), ("file", "file:KSLabel")]
    assert found["pairs_left_out"] == 4
    assert found["pairwise"]["pairs"] == 2 or found["pairwise"]["pairs"] == 3


@pytest.mark.skipif(not RATERS.is_dir(), reason="no shared data here")
def test_the_real_raters_agree_as_is_known_of_them(tmp_path: Path) -> None:
    path = tmp_path / "raters"
    Project.create(path, "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(path), "sources": [str(RATERS)]}, ""))
    found = told(path)
    assert len(found["annotators"]) == 124
    assert found["kappa"] == pytest.approx(0.524, abs=0.001)
    assert found["interval"] == pytest.approx([0.505, 0.543], abs=0.005)
    # 52 % and κ .42 are published for pairs of experts, 65 % with the consensus, on a part of these segments.
    assert found["pairwise"]["agreement"] == pytest.approx(0.58, abs=0.01)
    assert found["pairwise"]["kappa"] == pytest.approx(0.41, abs=0.01)
    many = [one for one in found["raters"] if one["n"] >= 1000]
    assert np.mean([one["agreement"] for one in many]) == pytest.approx(0.716, abs=0.005)
    assert len(found["pairs"]) == agreeing.PAIRS_TOLD
    assert found["pairs_left_out"] > 1000


def test_samples_whose_votes_are_shares_count_among_those_that_several_voted_on() -> None:
    counts = np.array([[1.0, 0.0], [2.0, 0.0], [0.25, 0.75], [0.0, 0.0], [1.0, 1.0]])
    assert agreeing.several_voted(counts).tolist() == [False, True, True, False, True]


def test_votes_without_a_name_count_beside_those_of_two_annotators() -> None:
    """Cohen's kappa of the two would leave out what the others said."""
    votes = {"ann": np.array([0, 1, 0, 1, 0]), "bob": np.array([0, 1, 1, 1, 0])}
    named = sum(np.eye(2)[codes] for codes in votes.values())
    groups = np.arange(5)
    alone, _ = agreeing.kappa_of_all(votes, np.asarray(named), groups)
    assert alone == pytest.approx(agree(votes["ann"], votes["bob"], groups, 2).kappa)
    counts = np.asarray(named) + np.array([[0, 3], [0, 0], [0, 2], [0, 0], [0, 0]])
    among, _ = agreeing.kappa_of_all(votes, counts, groups)
    assert among == pytest.approx(fleiss(counts))
    assert among != pytest.approx(alone, abs=0.05)


def test_votes_on_samples_that_are_gone_count_no_more() -> None:
    fold = SimpleNamespace(vote_counts=lambda: np.ones((3, 2)), live=np.array([True, False, True]))
    view: Any = SimpleNamespace(fold=fold)
    assert agreeing.count_votes(view).sum(axis=1).tolist() == [2, 0, 2]


def test_pairs_of_people_are_told_without_the_run() -> None:
    rng = np.random.default_rng(0)
    ann, ben, run = (rng.integers(2, size=60) for _ in range(3))
    counts = np.eye(2)[ann] + np.eye(2)[ben]
    found = agreeing.survey({"ann": ann, "ben": ben, "model": run}, counts, np.arange(60))
    assert found.pairs.n.shape == (3, 3)
    shares, _kappas = found.among.listed()
    assert shares.tolist() == [pytest.approx(float((ann == ben).mean()))]
