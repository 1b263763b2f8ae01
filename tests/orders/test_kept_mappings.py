"""How a source was read is kept with the project, shown, and used again for files of that layout."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from models.errors import UserError
from models.job import Job
from models.orders.summary import summarise
from models.store.check import check
from models.store.project import Project
from models.store.sources import READ_AS
from workers.inline import run


def do(name: str, **arguments: object) -> Any:
    return run(Job(name, arguments, name))


def recordings(path: Path, count: int = 3, **attributes: Any) -> Path:
    """One trace a group, with a label and a rate; further attributes on each trace."""
    rng = np.random.default_rng(count)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as h5:
        for number in range(count):
            group = h5.create_group(f"cells/c{number}")
            group["dff"] = rng.normal(size=200).astype(np.float32)
            group.attrs.update({"cell_type": "ab"[number % 2], "fs_hz": 20.0, **attributes})
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "p", "traces") as made:
        return made.path


def bring(project: Path, *sources: Path, dry_run: bool = False, **settings: str) -> Any:
    told = [str(source) for source in sources]
    return do("import_samples", project=str(project), sources=told, settings=settings, dry_run=dry_run)


def kept(project: Path) -> dict[str, Any]:
    with Project.open(project) as opened:
        found: dict[str, Any] = opened.setting(READ_AS, {})
        return found


def labels(project: Path, source: str) -> set[str | None]:
    with Project.open(project) as opened:
        pairs = zip(opened.samples.ids(), opened.journal.fold.labels().tolist(), strict=True)
        return {label for name, label in pairs if name.startswith(source)}


def test_a_guess_is_kept_by_source_and_shown(project: Path, tmp_path: Path) -> None:
    told = bring(project, recordings(tmp_path / "data" / "a.h5"), dry_run=True)
    assert told["votes"] == told["labels"] == 3
    (way,) = told["read_as"]
    assert (way["first"], way["sources"], way["given"]) == ("a.h5", 1, False)
    assert json.loads(way["mapping"])["label"] == "@cell_type"
    assert kept(project) == {}, "a dry run keeps nothing"
    bring(project, tmp_path / "data" / "a.h5")
    assert kept(project) == {"a.h5": {"mapping": way["mapping"], "given": False}}
    with Project.open(project) as opened:
        assert summarise(opened)["sources"][0]["read_as"] == kept(project)["a.h5"]
        assert not [column["name"] for column in summarise(opened)["columns"] if column["name"].startswith("_")]


def test_a_given_mapping_reads_further_files_of_its_layout(project: Path, tmp_path: Path) -> None:
    mapping = json.dumps({"traces": "cells/*/dff", "rate": "40", "label": "@species"})
    bring(project, recordings(tmp_path / "a.h5", species="mouse"), mapping=mapping)
    told = bring(project, recordings(tmp_path / "b.h5", 4, species="fish"))
    assert labels(project, "b.h5") == {"fish"}, "a guess would have taken the cell type"
    assert told["notes"][0]["text"].startswith("read as a.h5, of its layout: {")
    bring(project, recordings(tmp_path / "c.h5", 4))
    assert labels(project, "c.h5") == {"a", "b"}, "a file without that attribute is not of that layout"
    again = bring(project, tmp_path / "b.h5", mapping="guess", dry_run=True)
    assert json.loads(again["read_as"][0]["mapping"])["label"] == "@cell_type"
    bring(project, tmp_path / "a.h5")
    assert labels(project, "a.h5") == {"mouse"}, "a source is read again as it was"


def test_a_guess_for_another_file_gives_way_where_more_is_to_be_found(project: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.h5"
    with h5py.File(recordings(bare), "r+") as h5:
        for group in h5["cells"].values():
            del group.attrs["cell_type"]
    bring(project, bare)
    assert labels(project, "bare.h5") == {None}
    bring(project, recordings(tmp_path / "full.h5", 4))
    assert labels(project, "full.h5") == {"a", "b"}


def test_simulations_need_no_mapping(home: Path) -> None:
    assert kept(home / "project") == {}


def test_withdrawn_sources_leave_no_name(project: Path, tmp_path: Path) -> None:
    bring(project, recordings(tmp_path / "patient7.h5"), recordings(tmp_path / "b.h5", 4))
    with Project.open(project) as opened:
        ids = opened.samples.ids()
        opened.purge([row for row, name in enumerate(ids) if "patient7" in name])
        assert set(opened.setting(READ_AS)) == {"b.h5"}
        assert b"patient7" not in (project / "project.sqlite").read_bytes()
    bring(project, tmp_path / "patient7.h5")
    assert set(kept(project)) == {"b.h5"}, "what is withdrawn stays out, with its name"


def test_two_imports_at_once_lose_no_setting(project: Path, tmp_path: Path) -> None:
    bring(project, recordings(tmp_path / "a.h5"), recordings(tmp_path / "b.h5", 4))
    with Project.open(project) as one, Project.open(project) as other:
        one.keep_read_as({"a.h5": {"mapping": "one"}})
        other.keep_read_as({"b.h5": {"mapping": "other"}, "none.h5": {}})
    assert kept(project) == {"a.h5": {"mapping": "one"}, "b.h5": {"mapping": "other"}}


@pytest.mark.parametrize(
    "text", ["{", "[1]", "5", '{"a.h5": 5}', '{"a.h5": {"mapping": 5}}', '{"a.h5": {"given": "x"}}', "[" * 100_000]
)
def test_tampered_settings_are_named(project: Path, tmp_path: Path, text: str) -> None:
    bring(project, recordings(tmp_path / "a.h5"))
    with contextlib.closing(sqlite3.connect(project / "project.sqlite")) as connection, connection:
        connection.execute("UPDATE setting SET value = ? WHERE name = ?", (text, READ_AS))
    for act in (lambda: bring(project, tmp_path / "a.h5"), lambda: summarised(project)):
        with pytest.raises(UserError, match=r"setting 'import_settings' of .* is damaged"):
            act()
    with Project.open(project) as opened:
        assert ["import_settings" in problem for problem in check(opened)] == [True]
        opened.purge([0, 1, 2])
        assert check(opened) == [], "a withdrawal takes along what can't be read"


def summarised(project: Path) -> dict[str, Any]:
    with Project.open(project) as opened:
        return summarise(opened)


def test_a_kept_mapping_is_text_and_no_file(project: Path, tmp_path: Path) -> None:
    bring(project, recordings(tmp_path / "a.h5"))
    (tmp_path / "mine.json").write_text(json.dumps({"traces": "cells/*/dff", "label": ""}))
    with Project.open(project) as opened:
        opened.keep_read_as({"a.h5": {"mapping": str(tmp_path / "mine.json"), "given": True}})
    bring(project, tmp_path / "a.h5")
    assert json.loads(kept(project)["a.h5"]["mapping"])["label"] == "@cell_type", "guessed anew"
