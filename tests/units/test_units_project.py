"""Units in a project: labels of people over opinions of sorters, and an import that comes again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.domains import domain
from models.job import Job
from models.orders.naming import check_class, class_names
from models.store.check import check
from models.store.project import Project
from tests.units.sortings import write_phy, write_table
from workers.inline import run


@pytest.fixture
def sorting(tmp_path: Path) -> Path:
    """A phy folder with two labels of a person and four of a sorter."""
    folder = tmp_path / "mouse1"
    write_phy(folder)
    write_table(folder / "cluster_group.tsv", "cluster_id\tgroup\n2\tgood\n7\tnoise\n")
    write_table(folder / "cluster_KSLabel.tsv", "cluster_id\tKSLabel\n0\tgood\n2\tmua\n3\tmua\n7\tmua\n")
    Project.create(tmp_path / "p", "units").close()
    return folder


def imported(project: Path, *sources: Path) -> Any:
    arguments = {"project": str(project), "sources": [str(source) for source in sources]}
    return run(Job("import_samples", arguments, "import"))


def test_labels_of_people_hold_and_opinions_are_votes(sorting: Path, tmp_path: Path) -> None:
    told = imported(tmp_path / "p", sorting)
    assert (told["samples"], told["groups"], told["classes"]) == (4, 1, {"good": 1, "noise": 1})
    assert told["votes"] == 6
    with Project.open(tmp_path / "p") as project:
        fold = project.journal.fold
        assert fold.labels().tolist() == [None, "good", None, "noise"]
        assert fold.votes(0) == {"file:KSLabel": "good"}
        assert fold.votes(1) == {"file": "good", "file:KSLabel": "mua"}
        assert project.samples.column("ks_label").tolist() == ["good", "mua", "mua", "mua"]


def test_an_import_that_comes_again_brings_only_what_is_new(sorting: Path, tmp_path: Path) -> None:
    imported(tmp_path / "p", sorting)
    again = imported(tmp_path / "p", sorting)
    assert (again["added"], again["known"], again["votes"]) == (0, 4, 0)
    with Project.open(tmp_path / "p") as project:
        project.journal.label([1], "mua", "ada")
    write_table(sorting / "cluster_group.tsv", "cluster_id\tgroup\n2\tgood\n3\tgood\n7\tmua\n")
    assert imported(tmp_path / "p", sorting)["votes"] == 2
    with Project.open(tmp_path / "p") as project:
        assert project.journal.fold.labels().tolist() == [None, "mua", "good", "mua"]


def test_what_a_folder_says_later_does_not_take_over_what_people_said(sorting: Path, tmp_path: Path) -> None:
    imported(tmp_path / "p", sorting)
    with Project.open(tmp_path / "p") as project:
        project.journal.label_each([0, 3], ["mua", "good"], "ada")
    write_table(sorting / "cluster_group.tsv", "cluster_id\tgroup\n0\tmua\n2\tgood\n")
    write_table(sorting / "cluster_prediction.tsv", "cluster_id\tprediction\n0\tgood\n2\tnoise\n3\tgood\n")
    imported(tmp_path / "p", sorting)
    with Project.open(tmp_path / "p") as project:
        fold = project.journal.fold
        assert fold.labels().tolist() == ["mua", "good", None, "good"]
        codes, names = fold.by
        assert [names[codes[row]] for row in (0, 1, 3)] == ["ada", "file", "ada"]
        assert fold.votes(2) == {"file:KSLabel": "mua", "file:prediction": "good"}
        assert check(project) == []


def test_no_event_says_that_a_label_was_taken_away_which_never_was(sorting: Path, tmp_path: Path) -> None:
    imported(tmp_path / "p", sorting)
    with Project.open(tmp_path / "p") as project:
        told = [(event.by, change.after) for event in project.journal.events(0, 10) for change in event.changes[:1]]
    assert told == [("file:KSLabel", "good")]


def test_the_domains_classes_can_be_given_although_few_were_found(sorting: Path, tmp_path: Path) -> None:
    write_table(sorting / "cluster_group.tsv", "cluster_id\tgroup\n2\tnoise\n7\todd\n")
    (sorting / "cluster_KSLabel.tsv").unlink()
    imported(tmp_path / "p", sorting)
    with Project.open(tmp_path / "p") as project:
        assert class_names(project, domain("units")) == ("good", "mua", "noise", "odd")
        check_class(project, domain("units"), "good")
        project.set_setting("classes", ["keep", "drop"])
        assert class_names(project, domain("units")) == ("keep", "drop", "noise", "odd")


def test_ordered_classes_stay_those_that_were_found(tmp_path: Path) -> None:
    with Project.create(tmp_path / "t", "traces") as project:
        assert class_names(project, domain("traces")) == ("0", "1", "2", "3")
        project.add_class("7")
        assert class_names(project, domain("traces")) == ("7",)
