"""Which rows a training takes, and how they are split."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.domains import domain
from models.errors import UserError
from models.event import LABEL, Entry
from models.orders.exporting import export_view
from models.orders.plan import Plan, Wish, make_plan
from models.orders.scoring import score_rows
from models.store.project import Project

TRACES = domain("traces")


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Path:
    shutil.copytree(home / "project", tmp_path / "p")
    return tmp_path / "p"


def plan(opened: Project, seed: int = 0, **wish: object) -> Plan:
    return make_plan(opened, TRACES, opened.journal.fold, Wish(**wish), seed, 0.2)  # type: ignore[arg-type]


def test_groups_never_stand_on_two_sides(project: Path) -> None:
    with Project.open(project) as opened:
        found = plan(opened)
        sides = [set(found.groups[rows].tolist()) for rows in found.split.sides().values()]
        assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
        assert sum(map(len, found.split.sides().values())) == 450


def test_the_test_set_is_drawn_once(project: Path) -> None:
    with Project.open(project) as opened:
        first, second = plan(opened, 1), plan(opened, 2)
        np.testing.assert_array_equal(first.split.test, second.split.test)
        assert first.split.train.tolist() != second.split.train.tolist()
        np.testing.assert_array_equal(opened.test_rows(), first.split.test)
        assert first.split.kind == "locked"


def test_a_separate_split_leaves_the_locked_one_alone(project: Path) -> None:
    with Project.open(project) as opened:
        locked = plan(opened).split.test
        apart = plan(opened, split_seed=5).split
        assert apart.kind == "separate"
        assert apart.test.tolist() != locked.tolist()
        np.testing.assert_array_equal(opened.test_rows(), locked)


def test_a_share_too_small_for_a_test_set_is_refused(project: Path) -> None:
    with Project.open(project) as opened:
        with pytest.raises(UserError, match="too few labelled"):
            plan(opened, test_size=1e-9)
        assert opened.test_rows() is None, "nothing is locked by it"
        with pytest.raises(UserError, match="1e-09 leaves the test set without a group"):
            plan(opened, split_seed=5, test_size=1e-9)
        assert not len(plan(opened, split_seed=5, test_size=0.0).split.test)


def test_unlabelled_members_of_test_groups_are_locked_too(project: Path) -> None:
    with Project.open(project) as opened:
        opened.journal.label(np.arange(0, 450, 2), "", "ann")
        found = plan(opened)
        rows = opened.test_rows()
        assert rows is not None
        assert len(found.split.test) < len(rows)
        groups = set(found.groups[rows].tolist())
        assert rows.tolist() == np.flatnonzero(np.isin(found.groups, list(groups))).tolist()


def test_excluded_samples_take_no_part(project: Path) -> None:
    with Project.open(project) as opened:
        opened.journal.flag(np.arange(30), "exclude", True, "ann")
        found = plan(opened)
        assert (found.codes[:30] == -1).all()
        assert sum(map(len, found.split.sides().values())) == 420


def test_where_and_max_samples_limit_the_rows(project: Path) -> None:
    with Project.open(project) as opened:
        found = plan(opened, where="noise == 0.01", split_seed=1)
        assert (found.codes >= 0).sum() == 150
        few = plan(opened, max_samples=100, split_seed=1)
        assert (few.codes >= 0).sum() == 100


def test_folds_cover_all_but_the_test_rows(project: Path) -> None:
    with Project.open(project) as opened:
        without = plan(opened, folds=3)
        assert opened.test_rows() is None
        assert np.sort(np.concatenate(without.split.folds)).tolist() == list(range(450))
        plan(opened)
        after = plan(opened, folds=3)
        assert not set(np.concatenate(after.split.folds).tolist()) & set(after.split.test.tolist())


def test_one_class_is_not_enough(project: Path) -> None:
    with Project.open(project) as opened, pytest.raises(UserError, match="only the class '1'"):
        plan(opened, where='label == "1"')


def test_where_the_files_of_one_class_alone_are_there_the_missing_ones_are_the_cause(project: Path) -> None:
    with Project.open(project) as opened:
        fold = opened.journal.fold
        kind = replace(TRACES, able=lambda _samples: np.asarray(fold.labels() == "1"))
        told = "files of [0-9]+ labelled samples are missing, and all others are of one class"
        with pytest.raises(UserError, match=told):
            make_plan(opened, kind, fold, Wish(), 0, None)


def test_split_by_a_column_keeps_it_together(project: Path) -> None:
    with Project.open(project) as opened:
        found = plan(opened, split_by="noise")
        noise = opened.samples.column("noise")
        sides = [set(noise[rows].tolist()) for rows in found.split.sides().values()]
        assert not sides[0] & sides[2]
        with pytest.raises(UserError, match="Did you mean noise"):
            plan(opened, split_by="noize")


def test_votes_become_shares_where_the_project_counts_them(project: Path) -> None:
    with Project.open(project) as opened:
        row = int(np.flatnonzero(opened.journal.fold.labels() == "1")[0])
        opened.journal.label([row], "2", "ann")
        assert plan(opened).targets[row].tolist() == [0, 0, 1, 0]
        assert plan(opened).votes is None
        opened.set_setting("votes", True)
        found = plan(opened)
        assert found.targets[row].tolist() == [0, 0.5, 0.5, 0]
        assert found.votes is not None
        assert found.votes[row].tolist() == [0, 1, 1, 0]


def votes(rows: np.ndarray, names: Sequence[str]) -> list[Entry]:
    return [Entry(int(row), LABEL, "", name) for row, name in zip(rows, names, strict=True)]


def test_no_single_vote_is_the_label_where_all_count_and_none_takes_a_sample_away(project: Path) -> None:
    with Project.open(project) as opened:
        opened.set_setting("votes", True)
        before = plan(opened)
        rows = np.flatnonzero(before.codes >= 0)[:3]
        names = [before.classes[code] for code in before.codes[rows].tolist()]
        others = [next(name for name in before.classes if name != own) for own in names]
        for by in ("ann", "bob"):
            opened.journal.act(votes(rows, names), by, "votes")
        given = [others[0], "?", others[2]]
        opened.journal.act(votes(rows, given), "eve", "votes")
        assert opened.journal.fold.codes[rows[1]] < 0, "the last one could not say"
        now = plan(opened)
        assert now.codes.tolist() == before.codes.tolist()
        assert now.targets[rows[0]].max() == pytest.approx(0.75)
        told = export_view(opened, rows)
        assert told.labels == names
        assert told.by == ["", "", ""], "who voted last gave none of these labels"
        opened.set_setting("votes", False)
        assert plan(opened).codes[rows[1]] == -1
        assert export_view(opened, rows).labels == [others[0], None, others[2]]


def test_what_is_told_of_the_test_set_counts_missing_labels_and_not_what_was_left_out(project: Path) -> None:
    with Project.open(project) as opened:
        test = plan(opened).split.test
        assert plan(opened, where=f"row > {test[0]}").split.notes == ()
        opened.journal.label(test[:3], "", "ann")
        told = "3 samples of the locked test set not scored: no label that is learnt, or no file."
        for wish in ({}, {"where": f"row > {test[5]}"}, {"max_samples": 200}):
            assert told in plan(opened, **wish).split.notes, wish


def test_votes_are_scored_by_their_divergence_beside_the_labels(project: Path) -> None:
    with Project.open(project) as opened:
        found = plan(opened)
        rows = found.split.test
        p = np.full((len(found.codes), len(found.classes)), 0.25, np.float32)
        kind, groups = domain("traces"), opened.samples
        without = score_rows(kind, groups, found.codes, p, rows, found.classes, False)
        assert "kl" not in without
        opened.set_setting("votes", True)
        votes = plan(opened).votes
        told = score_rows(kind, groups, found.codes, p, rows, found.classes, False, votes=votes)
        assert told["kl"] == pytest.approx(np.log(4)), "one vote each"
        assert told["votes"]["n"] == len(rows)
        assert set(told) - set(without) == {"kl", "votes"}
        assert told["chance"]["kl"] < told["kl"]
        assert told["intervals"]["kl"] is not None


def test_a_class_with_votes_stays_though_it_is_no_samples_label(project: Path) -> None:
    with Project.open(project) as opened:
        row = int(np.flatnonzero(opened.journal.fold.labels() == "1")[0])
        opened.journal.label([row], "9", "ann")
        opened.journal.label([row], "1", "ann")
        assert "9" not in plan(opened).classes, "said and taken back"
        opened.journal.label([row], "9", "bob")
        opened.journal.label([row], "1", "cid")
        plain = plan(opened)
        assert "9" not in plain.classes
        opened.set_setting("votes", True)
        found = plan(opened)
        assert (found.classes[:-1], found.classes[-1]) == (plain.classes, "9")
        np.testing.assert_array_equal(found.codes, plain.codes)
        assert found.targets[row, -1] > 0
        assert found.targets[row].sum() == pytest.approx(1)
        assert found.votes is not None
        assert found.votes[row, -1] == 1
