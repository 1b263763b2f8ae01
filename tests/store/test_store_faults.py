"""A project in the world: clocks that jump, copies made while it is open, folders that may only be read."""

from __future__ import annotations

import contextlib
import errno
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.domain import Found
from models.errors import UserError
from models.store import folder, schema, writer
from models.store.check import check
from models.store.folder import FILE_NAME
from models.store.project import Project

Add = Callable[..., Found]


def test_a_clock_that_jumps_back_changes_no_order(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.journal.label([0], "1", "ann")
    project.runs.start().finish({"recipe": "forest", "started": "2026-05-01T10:00:00+00:00"})
    monkeypatch.setattr(writer, "now", lambda: datetime(1999, 1, 1, tzinfo=UTC).isoformat(timespec="milliseconds"))
    project.journal.label([0], "2", "bob")
    project.journal.label([0], "3", "ann")
    project.runs.start().finish({"recipe": "forest", "started": "1999-01-01T10:00:00+00:00"})
    assert project.journal.fold.labels()[0] == "3"
    assert [event.by for event in project.journal.events(limit=3)] == ["ann", "bob", "ann"]
    assert project.runs.get("last").id == "run-2"
    undone = project.journal.undo("ann")
    assert undone is not None
    assert project.journal.fold.labels()[0] == "2"
    project.close()
    with Project.open(project.path) as again:
        assert again.journal.fold.labels()[0] == "2"
        assert again.journal.undoable("bob") is not None
        assert all("no predictions" in problem for problem in check(again))


def test_a_copy_made_while_the_project_is_open_is_a_project_of_its_own(project: Project, tmp_path: Path) -> None:
    project.journal.label([0], "1", "ann")
    shutil.copytree(project.path, tmp_path / "copy")
    project.journal.label([0], "2", "ann")
    with Project.open(tmp_path / "copy") as copy:
        assert copy.journal.fold.labels()[0] == "1"
        assert check(copy) == []
        copy.journal.label([1], "3", "bob")
        assert copy.journal.undo("ann") is not None
    project.refresh()
    assert project.journal.refresh() == []
    assert project.journal.fold.labels()[0] == "2"
    assert check(project) == []


def test_a_copy_that_lacks_the_log_is_an_older_state_and_whole(project: Project, tmp_path: Path) -> None:
    project.close()
    with Project.open(project.path) as again:
        again.journal.label([0], "1", "ann")
        shutil.copytree(again.path, tmp_path / "copy", ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    with Project.open(tmp_path / "copy") as copy:
        assert copy.journal.fold.labels()[0] == "0"
        assert check(copy) == []


def test_an_interrupted_copy_is_refused_in_words(project: Project, tmp_path: Path) -> None:
    project.close()
    whole = (project.path / FILE_NAME).read_bytes()
    for size in (0, 50, 5_000, len(whole) // 2):
        place = tmp_path / f"cut {size}"
        place.mkdir()
        (place / FILE_NAME).write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"damaged|not a database"):
            Project.open(place)


@pytest.fixture
def for_looking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every folder may be read only (root may write anywhere), and where copies are made."""
    monkeypatch.setattr(folder, "_writable", lambda path, file: False)
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(copies))
    return copies


def set_version(path: Path, version: str) -> None:
    database = folder.open_file(path / FILE_NAME)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (version,))
        if version < "0004":
            connection.exec_driver_sql("ALTER TABLE sample DROP COLUMN made")
        if version < "0005":
            connection.exec_driver_sql("ALTER TABLE event DROP COLUMN accepts")
    database.close()


@pytest.mark.parametrize("version", schema.VERSIONS[1:])
def test_an_older_project_can_be_looked_at_where_it_may_not_be_changed(
    project: Project, for_looking: Path, version: str
) -> None:
    project.close()
    set_version(project.path, version)
    before = (project.path / FILE_NAME).read_bytes()
    with Project.open(project.path) as look:
        assert look.read_only
        assert look.journal.fold.labels()[0] == "0"
        assert check(look) == []
        with pytest.raises(UserError, match="read-only"):
            look.journal.label([0], "1", "ann")
    assert (project.path / FILE_NAME).read_bytes() == before
    assert list(for_looking.iterdir()) == []


def test_a_newer_project_leaves_no_copy_behind(project: Project, for_looking: Path) -> None:
    project.close()
    set_version(project.path, "0099")
    with pytest.raises(UserError, match="newer version"):
        Project.open(project.path)
    assert list(for_looking.iterdir()) == []


def test_no_room_for_the_copy_is_told(project: Project, for_looking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(UserError, match="disk is full"):
        Project.open(project.path)
    assert list(for_looking.iterdir()) == []


def test_a_disk_that_fills_in_a_bulk_act_leaves_the_window_as_it_was(tmp_path: Path, found: Add) -> None:
    with Project.create(tmp_path / "big", "traces") as project:
        project.add(found(20_000))
        project.journal.label([0], "1", "ann")
    with Project.open(tmp_path / "big") as project:
        with project._database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
        with pytest.raises(UserError, match="disk is full"):
            project.journal.label(range(20_000), "2", "ann")
        assert project.journal.fold.labels()[:2].tolist() == ["1", None]
        with pytest.raises(UserError, match="disk is full"):
            project.journal.label(range(20_000), "2", "ann")
        with project._database.plain() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        project.journal.label(range(20_000), "2", "ann")
        assert project.journal.undo("ann") is not None
        assert project.journal.fold.labels()[:2].tolist() == ["1", None]
        assert check(project) == []


def test_acts_leave_the_database_file_alone_until_a_pause(project: Project) -> None:
    project.checkpoint()
    before = (project.path / FILE_NAME).read_bytes()
    for act in range(500):
        project.journal.label([0], str(act % 3), "ann")
    assert (project.path / FILE_NAME).read_bytes() == before
    project.checkpoint()
    assert (project.path / FILE_NAME).read_bytes() != before
    assert check(project) == []


@pytest.mark.parametrize("table", ["setting", "counter", "source", "sample", "event", "change"])
def test_a_project_without_one_of_its_tables_is_damaged(project: Project, table: str) -> None:
    project.journal.label([0], "1", "ann")
    tampered(project, f"DROP TABLE {table}")
    with pytest.raises(UserError, match="is damaged"):
        looked_at(project.path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("meta", "{"),
        ("meta", "[1]"),
        ("meta", "["),
        ("subject", "x"),
        ("source", 10**12),
        ("id", b"\xff"),
        ("grp", b"\xff"),
    ],
)
def test_a_sample_that_is_none_is_damage_and_no_fault(project: Project, column: str, value: object) -> None:
    tampered(project, f"UPDATE sample SET {column} = ? WHERE number = 0", value)
    with pytest.raises(UserError, match="is damaged"):
        Project.open(project.path)


def looked_at(path: Path) -> None:
    with Project.open(path) as again:
        again.journal.events(limit=1)
        check(again)


def tampered(project: Project, statement: str, *values: object) -> None:
    """Change the file of a closed project behind its back."""
    project.close()
    shutil.rmtree(project.path / "cache")
    with contextlib.closing(sqlite3.connect(project.path / "project.sqlite")) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement, values)
