"""Label tables as spreadsheets leave them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import UserError
from models.orders.labelfile import read_labels
from models.store.project import Project
from tests.orders.conftest import do

KNOWN = ("0", "1", "2", "3")


@pytest.fixture
def opened(home: Path) -> object:
    with Project.open(home / "project") as project:
        yield project


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_all_dialects_read_the_same(opened: Project, tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    ids = opened.samples.ids()
    lines = [("Größe", "ID", "Class"), ("é", ids[4], "1"), ("", ids[7], "2.0"), ("", ids[9], "")]
    file = tmp_path / "l.csv"
    file.write_bytes((end.join(separator.join(line) for line in lines) + end).encode(encoding))
    table = read_labels(file, opened, KNOWN)
    assert (table.rows, table.values, table.skipped) == ([4, 7, 9], ["1", "2", ""], [])


def test_ids_as_numbers_are_keys(tmp_path: Path) -> None:
    from models.domain import Found

    with Project.create(tmp_path / "p", "traces") as project:
        project.add(Found(tmp_path / "a.h5", "a.h5", ["1", "2", "x"], ["g"] * 3))
        project.add(Found(tmp_path / "b.h5", "b.h5", ["2"], ["g"]))
        (tmp_path / "l.csv").write_text("id,label\n1.0,3\n2,1\nx,0\n")
        table = read_labels(tmp_path / "l.csv", project, KNOWN)
    assert (table.rows, table.values) == ([0, 2], ["3", "0"])
    assert [(item.where, "several" in item.reason) for item in table.skipped] == [("row 3", True)]


@pytest.mark.parametrize("text", ["", "sample,wrong\na,b\n", "a\0b"])
def test_what_is_no_label_table_says_so(opened: Project, tmp_path: Path, text: str) -> None:
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(UserError, match=r"l\.csv"):
        read_labels(tmp_path / "l.csv", opened, KNOWN)


def test_a_class_that_became_a_number_is_the_projects_class(opened: Project, tmp_path: Path) -> None:
    ids = opened.samples.ids()
    (tmp_path / "l.csv").write_bytes(f"\ufeffsample;label\r\n{ids[3]};1,0\r\n{ids[5]};early\r\n".encode())
    table = read_labels(tmp_path / "l.csv", opened, ())
    assert (table.rows, table.values, table.skipped) == ([3, 5], ["1", "early"], [])


def test_votes_of_a_table_stand_beside_those_of_the_sources(home: Path, tmp_path: Path) -> None:
    with Project.open(home / "project") as told:
        ids, labels = told.samples.ids()[:12], told.journal.fold.labels()[:12].tolist()
    turned = ["0" if label != "0" else "1" for label in labels[:4]]
    lines = [f"{name},{label}" for name, label in zip(ids, [*turned, *labels[4:]], strict=True)]
    table = tmp_path / "t.csv"
    table.write_text("sample,label\n" + "\n".join([*lines, lines[-1]]) + "\n")
    made = tmp_path / "anew"
    Project.create(made, "traces").close()
    wanted = {"project": str(made), "sources": [str(home / "data")], "settings": {"per_file": "all"}}
    first = do("import_samples", **wanted, labels=str(table))
    again = do("import_samples", **wanted, labels=str(table))
    assert (first["labels"], first["votes"], again["votes"]) == (450, 454, 0)
    assert [note["text"] for note in first["notes"]] == ["12 labels read: 4 new or other than the present ones"]
    with Project.open(made) as project:
        assert project.journal.fold.labels()[:4].tolist() == turned
        assert set(project.journal.fold.votes(0)) == {"file", "file:t.csv"}
    by_person = do("label_file", project=str(made), path=str(table), by="bea")
    assert (by_person["changed"], by_person["different"]) == (12, 0)


def test_a_table_imported_again_leaves_what_was_relabelled_since(home: Path, tmp_path: Path) -> None:
    with Project.open(home / "project") as told:
        ids = told.samples.ids()[:3]
    table, made = tmp_path / "t.csv", tmp_path / "anew"
    table.write_text("sample,label\n" + "".join(f"{name},1\n" for name in ids))
    Project.create(made, "traces").close()
    wanted = {"project": str(made), "sources": [str(home / "data")], "settings": {"per_file": "all"}}
    do("import_samples", **wanted, labels=str(table))
    with Project.open(made) as project:
        project.journal.label(np.array([0]), "3", "ann")
        project.journal.label(np.array([1]), "", "ann")
    again = do("import_samples", **wanted, labels=str(table))
    assert again["votes"] == 0
    assert again["notes"][0]["text"].endswith(": 0 new or other than the present ones; 2 relabelled since, which holds")
    with Project.open(made) as project:
        assert project.journal.fold.labels()[:3].tolist() == ["3", None, "1"]
