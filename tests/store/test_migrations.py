"""Projects of the previous schema are brought along; newer ones are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect

from models.domain import Found
from models.errors import UserError
from models.store import migrate, schema
from models.store.check import check
from models.store.database import Database, open_file
from models.store.project import FILE_NAME, Project
from models.structure import Made, Step

EVENT = "INSERT INTO event (number, at, by, title, count) VALUES (1, '2026-01-02T03:04:05Z', 'ann', '1 on 2', 2)"
CHANGE = "INSERT INTO change VALUES (1, ?, ?, 'label', '', NULL, 0, '1', 1)"


def old_project(path: Path, source: Path) -> None:
    """A project as the first version left it."""
    path.mkdir()
    (path / "runs").mkdir()
    source.write_text("old")
    database = open_file(path / FILE_NAME)
    migrate.upgrade(database, project=True, labels=True, to="0001")
    with database.writing() as connection:
        for name, value in (("domain", '"traces"'), ("classes", '["0", "1"]')):
            connection.exec_driver_sql("INSERT INTO setting VALUES (?, ?)", (name, value))
        facts = (str(source), source.stat().st_size, source.stat().st_mtime_ns)
        connection.exec_driver_sql("INSERT INTO source VALUES (0, 'a.h5', ?, ?, ?)", facts)
        for place in (0, 1):
            row = (place, f"a.h5#{place}", place + 1, str(place), '{"noise":0.25}')
            connection.exec_driver_sql("INSERT INTO sample VALUES (?, ?, ?, 0, ?, 'g', ?)", row)
            connection.exec_driver_sql("INSERT INTO subject VALUES (?, ?)", (place + 1, f"a.h5#{place}"))
        connection.exec_driver_sql(EVENT)
        connection.exec_driver_sql(CHANGE, [(0, 1), (1, 2)])
    database.close()


def test_a_project_of_the_previous_schema_opens(tmp_path: Path) -> None:
    old_project(tmp_path / "p", tmp_path / "a.h5")
    for _ in range(2):
        with Project.open(tmp_path / "p") as project:
            assert project._database.version() == schema.HEAD
            assert project.journal.fold.labels().tolist() == ["1", "1"]
            assert project.samples.column("noise").tolist() == [0.25, 0.25]
            assert project.journal.events()[0].run == ""
            assert check(project) == []
    with Project.open(tmp_path / "p") as project:
        assert project.journal.undo("ann") is not None
        assert project.journal.fold.labels().tolist() == [None, None]
        added = project.add(Found(tmp_path / "a.h5", "a.h5", ["0", "1", "2"], ["g"] * 3))
        assert (added.added, added.known) == (1, 2)
        assert project.sources()[0].sha
        assert project.lock_test([0]) == 1


def test_a_merge_in_a_project_of_the_previous_schema(tmp_path: Path) -> None:
    old_project(tmp_path / "p", tmp_path / "a.h5")
    database = open_file(tmp_path / "p" / FILE_NAME)
    migrate.upgrade(database, project=True, labels=True, to=schema.VERSIONS[-2])
    database.close()
    with Project.open(tmp_path / "p") as project:
        assert project.journal.fold.live.tolist() == [True, True]
        project.restructure([Step("merge", (0, 1), (Made("2", "g", (0, 1)),))], "ann", "merge of 2 units")
        assert project.journal.fold.live.tolist() == [False, False, True]
        assert check(project) == []


def test_acts_that_took_a_models_word_are_known_by_it_afterwards(tmp_path: Path) -> None:
    """Before, only their title told; an act of now says it itself, whatever a class is called."""
    old_project(tmp_path / "p", tmp_path / "a.h5")
    database = open_file(tmp_path / "p" / FILE_NAME)
    acts = ((2, "Accept model on 2 samples", None), (3, "Undo Accept model on 2 samples", 2), (4, "1 on a", None))
    with database.writing() as connection:
        for number, title, undoes in acts:
            text = "INSERT INTO event (number, at, by, title, count, undoes) VALUES (?, '2026-01-02', 'ann', ?, 0, ?)"
            connection.exec_driver_sql(text, (number, title, undoes))
    database.close()
    with Project.open(tmp_path / "p") as project:
        assert [event.accepts for event in project.journal.events()] == [False, False, True, False]
        journal = project.journal
        journal.label([0], "0", "ann", "Accept this on a", "run-1")
        journal.label_each([1], ["0"], "ann", "0 on b", "run-1", accepts=True)
    with Project.open(tmp_path / "p") as project:
        assert [event.accepts for event in project.journal.events()[:2]] == [True, False]
        assert check(project) == []


def test_a_failed_migration_leaves_the_project_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_project(tmp_path / "p", tmp_path / "a.h5")
    database = open_file(tmp_path / "p" / FILE_NAME)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE tombstone (x)")
    with pytest.raises(Exception, match="already exists"):
        Project.open(tmp_path / "p")
    assert database.version() == "0001"
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE tombstone")
    database.close()
    Project.open(tmp_path / "p").close()


def test_a_newer_project_is_refused(project: Project) -> None:
    with project._database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0099'")
    project.close()
    with pytest.raises(UserError, match=r"newer version of Winnow.*Update"):
        Project.open(project.path)


def test_steps_and_tables_agree(tmp_path: Path) -> None:
    """A project made by the steps has the same tables as one made at once."""
    from alembic.script import ScriptDirectory

    assert ScriptDirectory.from_config(migrate.settings()).get_current_head() == schema.HEAD
    for project, labels in ((True, True), (True, False), (False, True)):
        folder = tmp_path / f"{project}{labels}"
        folder.mkdir()
        stepped, at_once = open_file(folder / "stepped"), open_file(folder / "at_once")
        migrate.upgrade(stepped, project, labels)
        with at_once.writing() as connection:
            schema.create(connection, project, labels)
        assert shape(stepped) == shape(at_once)
        stepped.close()
        at_once.close()


def shape(database: Database) -> dict[str, object]:
    """Tables with their columns and indexes."""
    with database.reading() as connection:
        look = inspect(connection)
        return {
            name: (
                [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(name)],
                look.get_pk_constraint(name)["constrained_columns"],
                sorted((i["name"], i["column_names"], i["unique"]) for i in look.get_indexes(name)),
            )
            for name in look.get_table_names()
            if name != "alembic_version"
        }


def test_a_folder_of_the_previous_schema_on_a_server(
    tmp_path: Path, server: object, found: Callable[..., Found]
) -> None:
    url = server.database()  # type: ignore[attr-defined]
    from models.store.database import open_url

    database = open_url(url)
    migrate.upgrade(database, project=False, labels=True, to="0001")
    database.close()
    with Project.create(tmp_path / "p", "traces", labels_url=url) as project:
        project.add(found(2, ["a", "b"]))
        assert project.journal.fold.labels().tolist() == ["a", "b"]
        assert check(project) == []
