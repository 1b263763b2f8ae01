"""Several curators on one PostgreSQL server."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.store import database as database_module
from models.store.check import check
from models.store.project import Project

if TYPE_CHECKING:
    from conftest import Server


def fill(path: Path, data: Path, url: str, count: int = 10, first: int = 0) -> Project:
    data.mkdir(parents=True, exist_ok=True)
    source = data / "a.h5"
    source.write_text("same everywhere", "utf-8")
    project = Project.create(path, "traces", ["x", "y"], labels_url=url)
    project.add(Found(source, "a.h5", [str(k) for k in range(first, first + count)], ["g"] * count))
    return project


def curate(path: Path, by: str, acts: int) -> None:
    with Project.open(path) as project:
        for act in range(acts):
            project.journal.label([act % 10], "xy"[act % 2], by)
            if act % 5 == 4:
                project.journal.undo(by)


def test_two_curators_see_each_other(tmp_path: Path, server: Server) -> None:
    url = server.database()
    ann = fill(tmp_path / "ann", tmp_path / "data", url)
    bob = fill(tmp_path / "bob", tmp_path / "elsewhere", url, count=8, first=2)
    ann.journal.label([2, 3], "x", "ann")
    began = time.monotonic()
    news = bob.journal.refresh()
    assert time.monotonic() - began < 20
    assert [event.by for event in news] == ["ann"]
    assert bob.journal.fold.labels().tolist()[:3] == ["x", "x", None]
    bob.journal.label([0], "y", "bob")
    assert bob.journal.undo("ann") is not None
    assert [event.by for event in ann.journal.refresh()] == ["bob", "ann"]
    assert ann.journal.fold.labels().tolist()[2:4] == ["y", None]
    assert check(ann) == check(bob) == []
    ann.close()
    bob.close()


def test_samples_that_come_later_have_the_labels_given_before(tmp_path: Path, server: Server) -> None:
    url = server.database()
    with fill(tmp_path / "ann", tmp_path / "data", url) as ann:
        ann.journal.label([9], "x", "ann")
        with fill(tmp_path / "bob", tmp_path / "data", url, count=2) as bob:
            assert bob.journal.fold.labels().tolist() == [None, None]
            source = tmp_path / "data" / "a.h5"
            bob.add(Found(source, "a.h5", [str(key) for key in range(10)], ["g"] * 10))
            assert bob.journal.fold.labels().tolist()[9] == "x"


def test_two_curators_at_once_lose_nothing(tmp_path: Path, server: Server) -> None:
    url = server.database()
    for name in ("ann", "bob"):
        fill(tmp_path / name, tmp_path / "data", url).close()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=curate, args=(tmp_path / name, name, 60)) for name in ("ann", "bob")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    with Project.open(tmp_path / "ann") as project:
        events = project.journal.events()
        assert [event.number for event in events] == list(range(144, 0, -1))
        assert {event.by for event in events} == {"ann", "bob"}
        assert check(project) == []


def test_bulk_and_its_undo_on_the_server(tmp_path: Path, server: Server) -> None:
    with fill(tmp_path / "p", tmp_path / "data", server.database(), count=20_000) as project:
        project.journal.label_each(np.arange(20_000), ["x", "y"] * 10_000, "ann")
        assert project.journal.fold.codes.tolist() == [0, 1] * 10_000
        project.journal.undo("ann")
        assert (project.journal.fold.codes == -1).all()
        assert check(project) == []


def test_runs_of_curators_do_not_mix(tmp_path: Path, server: Server) -> None:
    url = server.database()
    projects = [fill(tmp_path / name, tmp_path / "data", url) for name in ("ann", "bob")]
    for project in projects:
        project.runs.start().finish({"recipe": "forest"})
    projects[0].runs.rename("run-1", "mine", "ann")
    projects[1].journal.refresh()
    assert projects[0].runs.get("last").name == "mine"
    assert projects[1].runs.get("last").name == ""
    for project in projects:
        project.close()


def test_withdrawal_reaches_the_others(tmp_path: Path, server: Server) -> None:
    url = server.database()
    ann = fill(tmp_path / "ann", tmp_path / "data", url)
    bob = fill(tmp_path / "bob", tmp_path / "data", url)
    bob.journal.note(3, "a secret", "bob")
    assert ann.purge([3]) == 1
    assert bob.refresh()
    assert len(bob.samples) == 9
    bob.journal.label([3], "x", "bob")
    assert bob.journal.fold.labels().tolist()[3] == "x"
    assert bob.samples.ids()[3] == "a.h5#4"
    ann.journal.refresh()
    assert check(ann) == check(bob) == []
    ann.close()
    bob.close()


def test_server_away(tmp_path: Path, server: Server) -> None:
    with fill(tmp_path / "p", tmp_path / "data", server.database()) as project:
        project.journal.label([1], "x", "ann")
        server.stop()
        try:
            for call in (lambda: project.journal.label([0], "x", "ann"), project.journal.refresh):
                with pytest.raises(UserError, match="does not answer") as caught:
                    call()
                assert "secret-word" not in str(caught.value)
            with pytest.raises(UserError, match="does not answer"):
                Project.open(tmp_path / "p")
        finally:
            server.start()
        project.journal.label([0], "y", "ann")
        assert project.journal.fold.labels().tolist()[:2] == ["y", "x"]
        assert check(project) == []


def test_a_database_that_is_not_there(tmp_path: Path, server: Server) -> None:
    with pytest.raises(UserError, match="refuses this user or database"):
        Project.create(tmp_path / "p", "traces", labels_url=server.database().replace("/winnow", "/nowhere", 1))


def test_server_busy(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with fill(tmp_path / "p", tmp_path / "data", server.database()) as project:
        monkeypatch.setattr(database_module, "LOCK_SECONDS", 0.2)
        with (
            Project.open(tmp_path / "p") as other,
            other.journal.writing(),
            pytest.raises(UserError, match="busy"),
        ):
            project.journal.label([0], "x", "ann")


def test_missing_extra_is_one_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(UserError, match=r"\.\[postgres\]"):
        Project.create(tmp_path / "p", "traces", labels_url="postgresql://ann:pw@nowhere/labels")
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    "url", ["mysql://ann:pw@host/x", "no url at all", "postgresql://ann:pw@127.0.0.1:1/x", "sqlite://"]
)
def test_wrong_urls_keep_the_password(tmp_path: Path, url: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UserError) as caught:
        Project.create(tmp_path / "p", "traces", labels_url=url)
    assert "pw" not in str(caught.value)


def test_a_second_sqlite_file_can_hold_the_labels(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/labels.sqlite"
    values: list[Any] = []
    for name in ("ann", "bob"):
        with fill(tmp_path / name, tmp_path / "data", url) as project:
            project.journal.label([0], name, name)
            values.append(project.journal.fold.votes(0))
            assert check(project) == []
    assert values == [{"ann": "ann"}, {"ann": "ann", "bob": "bob"}]
