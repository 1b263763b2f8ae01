"""What an act of structure took out is nowhere but in the history."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.domains import domain
from models.errors import UserError
from models.job import Job
from models.orders.auditing import audited_rows
from models.orders.evaluating import codes_of
from models.orders.exporting import export_view
from models.orders.naming import chosen_rows
from models.orders.plan import Wish, make_plan
from models.orders.summary import list_samples, summarise
from models.store.project import Project
from models.structure import Made, Step
from workers.inline import run

GONE = (0, 1)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Four groups of six; the first two samples, of classes of their own as well, were merged into the last."""
    with Project.create(tmp_path / "p", "traces") as made:
        for group in range(4):
            source = tmp_path / f"{group}.h5"
            source.write_text(source.name)
            labels = [str(key % 2) for key in range(6)]
            if not group:
                labels[:2] = ["gone", "gone"]
            made.add(
                Found(source, source.name, list("abcdef"), [f"g{group}"] * 6, labels, columns={"noise": [0.1] * 6})
            )
        made.restructure(
            [Step("merge", GONE, (Made("g", "g0", GONE, {"noise": 9.0}, "1"),))], "ann", "merge of 2 units"
        )
        return Project.open(made.path)


def test_rows_without_a_wish_are_those_that_are_there(project: Project) -> None:
    assert chosen_rows(project, "").tolist() == list(range(2, 25))
    assert len(list_samples(project)["rows"]) == 23
    assert [row["id"] for row in list_samples(project, where="retired")["rows"]] == ["0.h5#a", "0.h5#b"]
    assert len(export_view(project, chosen_rows(project, "")).samples) == 23
    project.close()


def test_samples_know_who_of_them_is_retired_also_after_undo(project: Project) -> None:
    before = project.samples
    assert project.samples is before
    assert project.samples.take([0]).population.ids() == [
        name for name in before.ids() if name[-1] not in "ab" or "0.h5" not in name
    ]
    assert make_plan(project, domain("traces"), project.journal.fold, Wish(), 0, 0.2).samples is before
    project.journal.undo("ann")
    assert len(project.samples.population) == 24
    assert project.samples.ids() == before.ids()
    project.close()


def test_a_summary_counts_what_is_there(project: Project) -> None:
    told = summarise(project)
    assert (told["samples"], told["retired"], told["groups"], told["labelled"]) == (23, 2, 4, 23)
    assert set(told["labels"]) == {"0", "1"}
    project.close()


def test_no_training_sees_it(project: Project) -> None:
    plan = make_plan(project, domain("traces"), project.journal.fold, Wish(test_size=0.25, split_seed=1), 0, 0.2)
    assert plan.classes == ("0", "1")
    assert not set(GONE) & set(np.concatenate([plan.split.train, plan.split.val, plan.split.test]).tolist())
    assert codes_of(project.journal.fold, ("0", "1", "gone"))[list(GONE)].tolist() == [-1, -1]
    before = make_plan(project, domain("traces"), project.journal.at(4), Wish(split_seed=1), 0, 0.2)
    assert "gone" in before.classes, "a snapshot of before the act has them"
    assert before.codes[24] == -1
    project.close()


def test_the_children_of_a_test_group_are_tested_on(project: Project) -> None:
    project.lock_test(range(6))
    with pytest.raises(UserError, match="not there any more"):
        project.restructure([Step("remove", (0,))], "ann", "removal of 1 unit")
    (row,) = project.restructure([Step("merge", (2, 3), (Made("h", "g0", (2, 3)),))], "ann", "merge of 2 units").made
    project.journal.label([row], "0", "ann")
    plan = make_plan(project, domain("traces"), project.journal.fold, Wish(), 0, 0.2)
    assert row in plan.split.test
    project.close()


def test_an_audit_asks_for_none_of_it(project: Project) -> None:
    project.set_setting("audit", {"population": 24, "drawn": {"0.h5#a": ["gone", 0], "1.h5#a": ["0", 0]}})
    assert np.flatnonzero(audited_rows(project)).tolist() == [6]
    project.close()


def test_a_purge_finds_what_is_not_there_any_more(project: Project) -> None:
    project.close()
    assert run(Job("purge", {"project": str(project.path), "where": 'label == "gone"'}, "")) == {
        "purged": 3,
        "also": ["0.h5#g"],
    }
