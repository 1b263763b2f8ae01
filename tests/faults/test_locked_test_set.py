"""The locked test set: whole from the first training on, and never drawn by a split apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.domains import domain
from models.orders.plan import Plan, Wish, make_plan
from models.store.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    file = tmp_path / "a.h5"
    file.write_text("x", "utf-8")
    made = Project.create(tmp_path / "p", "traces", ["0", "1"])
    count = 400
    labels = [str(number % 2) for number in range(count)]
    made.add(Found(file, "a.h5", [str(n) for n in range(count)], [f"g{n // 10}" for n in range(count)], labels))
    return made


def planned(project: Project, **wish: object) -> Plan:
    return make_plan(project, domain("traces"), project.journal.fold, Wish(**wish), 0, 0.2)  # type: ignore[arg-type]


def test_the_first_limited_training_scores_on_the_whole_test_set(project: Project) -> None:
    first, again = planned(project, max_samples=50), planned(project, max_samples=50)
    locked = project.test_rows()
    assert locked is not None
    for plan in (first, again):
        assert np.array_equal(np.sort(plan.split.test), locked)
        assert len(plan.split.train) + len(plan.split.val) == 50
    assert np.array_equal(first.split.train, again.split.train)
    project.close()


def test_a_split_apart_with_a_size_locks_nothing(project: Project) -> None:
    one, two = planned(project, split_seed=1, test_size=0.3), planned(project, split_seed=2, test_size=0.3)
    assert project.test_rows() is None
    assert not np.array_equal(one.split.test, two.split.test)
    assert one.split.kind == "separate"
    project.close()
