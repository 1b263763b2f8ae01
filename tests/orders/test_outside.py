"""Figures on another project's locked test: intervals that know groups and counts, and what a run may be given."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from models.domain import Setting
from models.domains import domain
from models.job import finish
from models.learn.bootstrap import wilson
from models.orders.abroad import Away, Parting, look_abroad, two_classes
from models.orders.outside import judged
from models.store.project import Project
from tests.cli.conftest import Winnow


def away(groups: int, each: int) -> Away:
    """As many cells of both classes in every group; the run tells one class by heart and is wrong of half."""
    count = groups * each
    truth = np.arange(count) % 2
    codes = np.repeat(np.arange(groups), each)
    told = SimpleNamespace(
        truth=truth,
        groups=codes,
        partings=(Parting("Image", tuple(f"g{code}" for code in range(groups)), codes),),
        labels=np.where(truth == 1, "ring", "healthy").astype(object),
        test=np.arange(count),
        classes=("uninfected", "infected"),
        p=np.full(count, 0.5, np.float32),
    )
    told.own_classes = lambda: ["healthy", "ring"]
    return cast("Away", told)


def test_an_interval_is_as_wide_as_groups_differ() -> None:
    """Three groups are wholly right, three wholly wrong: 600 cells say no more than six groups do."""
    told = away(6, 100)
    right = np.isin(told.groups, (0, 2, 4))
    p = np.where(right, told.truth, 1 - told.truth).astype(np.float32)
    found = judged(told, [p, p])
    low, high = found["intervals"]["balanced_accuracy"]
    assert found["balanced_accuracy"] == pytest.approx(0.5)
    assert high - low > 0.5
    assert found["difference_interval"][1] - found["difference_interval"][0] > 0.5
    assert not found["helps"]


def test_a_share_has_the_interval_of_wilson() -> None:
    assert wilson(5, 50) == pytest.approx([0.0435, 0.2136], abs=1e-4)
    assert wilson(0, 20) == pytest.approx([0.0, 0.1611], abs=1e-4)
    assert wilson(0, 0) is None


def test_the_class_that_is_looked_for_is_the_second() -> None:
    known = domain("smears").external
    assert known is not None
    assert two_classes(known, ("uninfected", "infected")) == (("uninfected", "infected"), False)
    assert two_classes(known, ("ring", "leukocyte")) == (("leukocyte", "ring"), True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of crops with a run that knows two classes."""
    folder, winnow = tmp_path_factory.mktemp("outside"), Winnow()
    winnow.ok("fake", "smears", folder / "data", "--samples", 160, "--set", "mode=crops")
    winnow.ok("new", folder / "one", "--domain", "smears")
    winnow.ok("import", folder / "one", folder / "data")
    small = ("--set", "label_mode=binary", "--set", "rounds=2", "--set", "trees=4")
    winnow.ok("train", folder / "one", "--recipe", "colour_texture", *small)
    return folder / "one"


def test_what_a_remedy_learns_from_holds_none_of_the_test_at_home(place: Path) -> None:
    with Project.open(place) as project, Project.open(place) as other:
        record = project.runs.get("last")
        steps: Any = look_abroad(project, other, domain("smears"), record, Setting("cpu", project.cache), 0)
        taught = set(finish(steps).abroad.source.ids())
        found = record.predictions()
        rows, index = found.rows(project.samples)
        test = set(project.samples.take(rows[found.part[index].astype(str) == "test"]).ids())
    assert test
    assert taught
    assert not taught & test


def test_projects_of_one_folder_name_have_tests_of_their_own(place: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    others = [Path(shutil.copytree(place, tmp_path / letter / "there")) for letter in "ab"]
    locked = []
    with Project.open(place) as project:
        record, setting = project.runs.get("last"), Setting("cpu", project.cache)
        for seed, path in ((1, others[0]), (2, others[1]), (3, others[0])):
            with Project.open(path) as other:
                steps: Any = look_abroad(project, other, domain("smears"), record, setting, seed)
                locked.append(finish(steps).test_told()["groups"])
    assert locked[0] != locked[1]
    assert locked[0] == locked[2]


def test_a_test_that_lost_a_class_is_drawn_anew_and_says_so(place: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(place, tmp_path / "there"))
    with Project.open(place) as project, Project.open(path) as other:
        record, setting = project.runs.get("last"), Setting("cpu", project.cache)

        def look() -> Any:
            return finish(look_abroad(project, other, domain("smears"), record, setting, 0))

        first = look()
        assert not [note for note in first.notes if "drawn anew" in note]
        rows, sure = first.rows[first.test], first.truth[first.test]
        one = other.journal.fold.labels()[rows[sure == 0][0]]
        other.journal.label(rows[sure == 1], str(one), "ann")
        second = look()
        assert [note for note in second.notes if "one class alone" in note]
        assert len(np.unique(second.truth[second.test])) == 2
        assert not [note for note in look().notes if "drawn anew" in note], "the new one is locked as well"
