"""What all curators of one journal must agree on: the declared classes and the locked test set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.domain import Found
from models.errors import UserError
from models.store import migrate, schema
from models.store.database import insert_rows, open_file, open_url
from models.store.folder import FILE_NAME
from models.store.project import Project
from models.store.settings import put

if TYPE_CHECKING:
    from conftest import Server

Pair = tuple[Project, Project]


def joined(path: Path, url: str, count: int, first: int = 0) -> Project:
    """A project on a shared journal with samples a.h5#first … of groups of two."""
    data = path.parent / f"{path.name} data"
    data.mkdir()
    (data / "a.h5").write_text("same everywhere", "utf-8")
    project = Project.create(path, "traces", labels_url=url)
    keys = range(first, first + count)
    project.add(Found(data / "a.h5", "a.h5", [str(key) for key in keys], [str(key // 2) for key in keys]))
    return project


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'labels.sqlite'}"
    server: Server = request.getfixturevalue("server")
    return server.database()


@pytest.fixture
def pair(tmp_path: Path, url: str) -> Iterator[Pair]:
    """Two curators of one journal; the second one lacks the first two samples and has two more."""
    ann, bob = joined(tmp_path / "ann", url, 8), joined(tmp_path / "bob", url, 8, first=2)
    yield ann, bob
    ann.close()
    bob.close()


def test_a_class_that_one_declares_is_the_others_too(pair: Pair, tmp_path: Path) -> None:
    ann, bob = pair
    ann.add_class("late")
    bob.add_class("early")
    assert bob.classes == ("late", "early")
    assert ann.classes == ("late",)
    ann.refresh()
    assert ann.classes == ("late", "early")
    with Project.open(tmp_path / "bob") as again:
        assert again.classes == ("late", "early")


def test_classes_given_at_the_making_come_to_those_of_the_journal(pair: Pair, tmp_path: Path) -> None:
    ann, _ = pair
    ann.add_class("x")
    with Project.create(tmp_path / "cid", "traces", ["y", "x"], ann.labels_url) as cid:
        assert cid.classes == ("x", "y")
    ann.refresh()
    assert ann.classes == ("x", "y")


def test_the_locked_test_set_is_one(pair: Pair) -> None:
    ann, bob = pair
    assert ann.lock_test([0, 1, 2, 3]) == 1
    assert bob.test_rows() is not None
    assert bob.test_rows().tolist() == [0, 1]  # type: ignore[union-attr]
    with pytest.raises(UserError, match="locked already"):
        bob.lock_test([4, 5])
    bob.lock_test([4, 5], again=True)
    assert ann.test_rows().tolist() == [0, 1, 6, 7]  # type: ignore[union-attr]


def test_versions_of_the_test_set_are_the_same_for_all(tmp_path: Path, url: str) -> None:
    with joined(tmp_path / "ann", url, 4) as ann, joined(tmp_path / "bob", url, 4) as bob:
        assert ann.lock_test([0, 1]) == bob.keep_test_version() == 1
        ann.journal.label([0], "x", "ann")
        assert ann.keep_test_version() == 2
        bob.journal.refresh()
        assert bob.test_version == 2


def test_a_set_of_samples_that_one_does_not_have_hinders_nobody(tmp_path: Path, url: str) -> None:
    with joined(tmp_path / "ann", url, 4) as ann, joined(tmp_path / "bob", url, 4, first=10) as bob:
        ann.lock_test([0, 1])
        assert bob.test_rows() is None
        assert bob.test_version == 0
        bob.lock_test([2, 3])
        assert ann.test_rows().tolist() == [0, 1]  # type: ignore[union-attr]
        assert bob.test_rows().tolist() == [2, 3]  # type: ignore[union-attr]


def test_what_one_withdraws_leaves_the_set_of_all(pair: Pair) -> None:
    ann, bob = pair
    ann.lock_test([2, 3])
    bob.purge([0])
    ann.refresh()
    assert ann.samples.ids()[2] == "a.h5#3"
    assert ann.test_rows().tolist() == [2]  # type: ignore[union-attr]
    with bob._labels.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM test_sample").scalar() == 1


def test_what_stood_in_the_projects_own_files_before_is_brought_along(tmp_path: Path, url: str) -> None:
    first = open_url(url)
    migrate.upgrade(first, project=False, labels=True, to="0002")
    first.close()
    for name, classes, place in (("ann", ["x", "y"], 0), ("bob", ["y", "z"], 2)):
        joined(tmp_path / name, url, 8).close()
        old = open_file(tmp_path / name / FILE_NAME)
        with old.writing() as connection:
            put(connection, "classes", classes)
            insert_rows(old, connection, "test_sample", [[f"a.h5#{place}", f"a.h5#{place + 1}"]])
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
            connection.exec_driver_sql("ALTER TABLE sample DROP COLUMN made")
        old.close()
    for _ in range(2):
        with Project.open(tmp_path / "ann") as ann, Project.open(tmp_path / "bob") as bob:
            ann.refresh()
            assert ann.classes == bob.classes == ("x", "y", "z")
            assert ann.test_rows().tolist() == bob.test_rows().tolist() == [0, 1]  # type: ignore[union-attr]
            assert ann._database.version() == ann._labels.version() == schema.HEAD


def test_versions_that_runs_know_from_before_keep_their_labels(tmp_path: Path, url: str) -> None:
    """Runs tell the version that they were scored on: no number may come to mean other labels."""
    joined(tmp_path / "ann", url, 4).close()
    joined(tmp_path / "bob", url, 4).close()
    with Project.open(tmp_path / "ann") as ann:
        ann.lock_test([0, 1])
        ann.journal.label([0], "x", "ann")
        assert ann.keep_test_version() == 2
    _as_before(tmp_path / "ann", {1: "first of ann", 3: _kept(url)[2], 4: "last of ann"})
    _as_before(tmp_path / "bob", {1: "first of bob", 2: _kept(url)[2]})
    labels = open_url(url)
    with labels.writing() as connection:
        connection.execute(schema.test_version.delete())
    labels.close()
    with Project.open(tmp_path / "ann") as ann:
        assert ann.test_version == 3
    for _ in range(2):
        with Project.open(tmp_path / "bob") as bob:
            assert bob.test_version == 3
            assert _kept(url) == {1: "-1", 2: "-2", 3: _kept(url)[3], 4: "last of ann"}
            bob.journal.label([0], "other", "bob")
            assert bob.test_version == 5
            bob.journal.undo("bob")


def _kept(url: str) -> dict[int, str]:
    labels = open_url(url)
    with labels.reading() as connection:
        found = {
            int(row[0]): str(row[1]) for row in connection.exec_driver_sql("SELECT version, sha FROM test_version")
        }
    labels.close()
    return found


def _as_before(path: Path, versions: dict[int, str]) -> None:
    """Put the versions into the project's own file, where they stood before they were shared."""
    old = open_file(path / FILE_NAME)
    with old.writing() as connection:
        rows = [{"version": version, "sha": sha, "at": ""} for version, sha in versions.items()]
        connection.execute(schema.test_version.insert(), rows)
    old.close()


def test_two_windows_on_one_file_lose_no_class(project: Project) -> None:
    before = project.classes
    with Project.open(project.path) as other:
        project.add_class("here")
        other.add_class("there")
        assert other.classes == (*before, "here", "there")
    project.refresh()
    assert project.classes == (*before, "here", "there")


def test_two_windows_lock_one_test_set(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with Project.open(project.path) as other:
        ids: Callable[[], list[str]] = other._locked.ids
        monkeypatch.setattr(other._locked, "ids", lambda: [])
        project.lock_test([0, 1])
        with pytest.raises(UserError, match="locked already"):
            other.lock_test([2])
        assert sorted(ids()) == sorted(project.samples.ids()[:2])
