"""Projects: made, opened, added to, shared by processes, and what can go wrong."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.natural import natural
from models.store import database as database_module
from models.store.check import check
from models.store.project import FILE_NAME, Project

Add = Callable[..., Found]
ROOT = Path(__file__).parents[2]


def test_create_and_open(tmp_path: Path) -> None:
    with Project.create(tmp_path / "deep" / "p", "units", ["good", "mua", "good"]) as project:
        assert (project.domain, project.classes, project.labels_url) == ("units", ("good", "mua"), "")
        assert len(project.samples) == 0
        assert project.journal.position == 0
        assert project.journal.fold.codes.tolist() == []
        assert check(project) == []
    with Project.open(tmp_path / "deep" / "p") as project:
        assert project.domain == "units"


def test_create_refuses_what_is_not_empty(tmp_path: Path, project: Project) -> None:
    for path in (project.path, tmp_path / "data" / "a.h5"):
        with pytest.raises(UserError, match="not empty"):
            Project.create(path, "traces")
    (tmp_path / "empty").mkdir()
    Project.create(tmp_path / "empty", "traces").close()


def test_open_refuses_what_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a project"):
        Project.open(tmp_path / "nowhere")
    (tmp_path / FILE_NAME).write_text("this is no database, but long enough to look at" * 99)
    with pytest.raises(UserError, match="damaged"):
        Project.open(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    sqlite3.connect(tmp_path / FILE_NAME).close()
    with pytest.raises(UserError, match="not a database of Winnow"):
        Project.open(tmp_path)


def test_add_again_is_harmless(project: Project, found: Add) -> None:
    events = project.journal.position
    again = project.add(found(12, ["0", "0", "1", "1"] + [None] * 8, noise=[0.1] * 12))
    assert (again.added, again.known, again.labels, again.notes) == (0, 12, 0, [])
    assert project.journal.position == events
    more = project.add(found(14, ["1", "0", "1", "1"] + [None] * 10, noise=[0.1] * 14))
    assert (more.added, more.known, more.labels) == (2, 12, 1)
    assert project.journal.fold.labels()[0] == "1"
    assert project.samples.ids()[-1] == "a.h5#13"


def test_a_curators_label_outlasts_the_same_import(project: Project, found: Add) -> None:
    project.journal.label([0], "1", "ann")
    project.add(found(12, ["0", "0", "1", "1"] + [None] * 8))
    assert project.journal.fold.labels()[0] == "1"


def test_votes_of_several_annotators(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "v.h5"
    source.write_text("v")
    votes = [{"r1": "x", "r2": "x", "r3": "y"}, {"r1": "y"}]
    added = project.add(Found(source, "v.h5", ["0", "1"], ["g", "g"], votes=votes))
    assert added.labels == 4
    fold = project.journal.fold
    assert fold.votes(12) == votes[0]
    counts = fold.vote_counts()[12:]
    assert counts[:, [fold.classes.index("x"), fold.classes.index("y")]].tolist() == [[2, 1], [0, 1]]


def test_columns_keep_their_kinds(project: Project, found: Add) -> None:
    columns = {
        "whole": [1, 2, 3],
        "mixed": [1, 2.5, None],
        "text": ["a", None, "ü"],
        "yes": [True, False, True],
        "numpy": np.array([1.5, np.nan, 3.0], np.float32),
        "words": [1, "two", True],
        "odd": [float("inf"), -1.0, None],
    }
    project.add(found(3, name="b.h5", **columns))  # type: ignore[arg-type]
    kinds = {field.name: str(field.type) for field in project.samples.table.schema}
    for reopened in (False, True):
        samples = Project.open(project.path).samples if reopened else project.samples
        assert {name: kinds[name] for name in columns} == {
            "whole": "int64",
            "mixed": "double",
            "text": "string",
            "yes": "bool",
            "numpy": "double",
            "words": "string",
            "odd": "double",
        }
        assert samples.column("whole")[-3:].tolist() == [1, 2, 3]
        assert np.isnan(samples.column("whole")[:12]).all()
        assert samples.column("text")[-3:].tolist() == ["a", None, "ü"]
        assert samples.column("words")[-3:].tolist() == ["1", "two", "true"]
        assert samples.column("odd")[-3] == np.inf
        assert samples.sample(13).meta["mixed"] == 2.5


def test_a_column_changes_its_kind_later(project: Project, found: Add) -> None:
    project.add(found(2, name="b.h5", noise=["low", "high"]))
    assert project.samples.column("noise")[[0, 12]].tolist() == ["0.1", "low"]
    project.add(found(1, name="c.h5", other=[1]))
    project.add(found(1, name="d.h5", other=[1.5]))
    assert project.samples.column("other")[-2:].tolist() == [1.0, 1.5]
    table = project.samples.table
    project.close()
    shutil.rmtree(project.path / "cache")
    with Project.open(project.path) as again:
        assert again.samples.table.to_pydict() == table.to_pydict()


def test_keys_that_come_twice(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "t.h5"
    source.write_text("t")
    added = project.add(Found(source, "t.h5", ["1", "1", "2"], ["g"] * 3))
    assert added.added == 2
    assert "twice" in added.notes[0]


def test_columns_of_wrong_length_are_refused_whole(project: Project, found: Add) -> None:
    with pytest.raises(ValueError, match="3 values for 2"):
        project.add(found(2, name="b.h5", noise=[1, 2, 3]))
    assert len(project.samples) == 12
    assert len(project.sources()) == 1
    assert check(project) == []


def test_many_small_sources_stay_few_pieces(tmp_path: Path, found: Add) -> None:
    with Project.create(tmp_path / "p", "traces") as project:
        for place in range(70):
            project.add(found(2, name=f"s{place}.h5", place=[place] * 2))
        assert project.samples.table.column("id").num_chunks <= 33
        assert project.samples.column("place").tolist() == [place for place in range(70) for _ in "12"]
        codes, names = project.samples.group_codes()
        assert [names[code] for code in codes[:4]] == ["g0", "g1", "g0", "g1"]


def test_another_process_adds(project: Project, found: Add) -> None:
    with Project.open(project.path) as other:
        other.add(found(3, ["x"] * 3, name="b.h5"))
        other.journal.label([14], "y", "bob")
    assert len(project.samples) == 12
    assert project.refresh()
    assert not project.refresh()
    project.journal.refresh()
    assert len(project.samples) == 15
    assert project.journal.fold.labels().tolist()[12:] == ["x", "x", "y"]
    assert project.journal.label([13], "z", "ann").changes[0].sample == "b.h5#1"
    assert check(project) == []


def test_asking_which_samples_these_are_hides_none_that_another_process_adds(project: Project, found: Add) -> None:
    with Project.open(project.path) as other:
        before = other.generation
        project.add(found(3, name="c.h5"))
        assert other.generation == before, "the rows it holds are still those"
        assert other.refresh()
        assert len(other.samples) == len(project.samples)
        assert other.generation == project.generation != before


def test_labels_for_samples_not_yet_seen(project: Project, found: Add) -> None:
    with Project.open(project.path) as other:
        other.add(found(3, ["x"] * 3, name="b.h5"))
    project.journal.label([0], "1", "ann")
    assert project.journal.fold.labels().tolist()[0] == "1"
    assert project.refresh()
    assert project.journal.fold.labels().tolist()[12:] == ["x"] * 3


def test_the_cache_may_go_at_any_time(project: Project) -> None:
    project.journal.label([3, 4], "2", "ann")
    project.journal.note(1, "note", "ann")
    sha, table = project.journal.fold.sha(), project.samples.table
    project.close()
    for spoil in (shutil.rmtree, _garble, _truncate, _nothing):
        spoil(project.path / "cache")
        with Project.open(project.path) as again:
            assert again.samples.table.to_pydict() == table.to_pydict()
            assert again.journal.fold.sha() == sha
            assert again.journal.undoable("ann").title == "note on 1 sample"  # type: ignore[union-attr]
            assert check(again) == []


def _garble(cache: Path) -> None:
    for path in cache.iterdir():
        path.write_bytes(b"not arrow at all")


def _truncate(cache: Path) -> None:
    for path in cache.iterdir():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _nothing(cache: Path) -> None:
    assert sorted(path.name.split("-")[0] for path in cache.iterdir()) == ["fold.arrow", "samples"]


def test_a_backup_beneath_newer_caches(project: Project, tmp_path: Path) -> None:
    project.close()
    shutil.copy(project.path / FILE_NAME, tmp_path / "backup")
    with Project.open(project.path) as later:
        later.journal.label([0], "1", "ann")
        later.journal.label([0], "1", "ann")
    shutil.copy(tmp_path / "backup", project.path / FILE_NAME)
    with Project.open(project.path) as restored:
        assert restored.journal.fold.labels()[0] == "0"
        restored.journal.label([1], "7", "bob")
        assert check(restored) == []


def test_settings(project: Project) -> None:
    assert project.setting("curator", "nobody") == "nobody"
    project.set_setting("curator", "ann")
    project.set_setting("mapping", {"infected": ["ring", "trophozoïte"]})
    with Project.open(project.path) as again:
        assert again.setting("mapping") == {"infected": ["ring", "trophozoïte"]}
    project.set_setting("curator", None)
    assert project.setting("curator") is None


def test_classes_in_natural_order(project: Project) -> None:
    project.add_class("9")
    project.add_class("9")
    project.journal.label_each([0, 1, 2], ["10", "b", "2"], "ann")
    assert project.classes == ("0", "1", "9", "2", "10", "b")
    with pytest.raises(UserError):
        project.add_class(" ")
    assert sorted(["x10", "x9", "x", "10", "9"], key=natural) == ["9", "10", "x", "x9", "x10"]


def test_reading_the_version_of_the_test_set_writes_nothing(project: Project) -> None:
    project.lock_test([0, 2])
    project.journal.label([0], "1", "ann")
    before = (project.path / "project.sqlite-wal").stat().st_size
    assert [project.test_version, project.test_version] == [2, 2]
    assert (project.path / "project.sqlite-wal").stat().st_size == before
    project.journal.label([0], "5", "bob")
    assert project.test_version == 2, "the state before was never kept"


def test_locked_test_set(project: Project, found: Add) -> None:
    assert project.test_rows() is None
    assert project.test_version == 0
    assert project.lock_test([2, 0]) == 1
    assert project.lock_test([0, 2]) == 1
    with pytest.raises(UserError, match="locked already"):
        project.lock_test([1])
    project.journal.label([1], "1", "ann")
    assert project.test_version == 1
    project.journal.label([0], "1", "ann")
    assert project.test_version == 2
    assert project.keep_test_version() == 2
    project.journal.label([0], "5", "bob")
    assert project.keep_test_version() == 3
    project.journal.undo("bob")
    assert project.test_version == 2
    project.add(found(3, name="b.h5"))
    project.purge([1])
    with Project.open(project.path) as again:
        assert again.test_rows().tolist() == [0, 1]  # type: ignore[union-attr]
        assert again.test_version == 2
        assert again.lock_test([0], again=True) == 4


# ---- faults


def test_locked_by_another_process(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "LOCK_SECONDS", 0.1)
    code = (
        "import sqlite3, sys; link = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "link.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    project.close()
    file = str(project.path / FILE_NAME)
    with subprocess.Popen([sys.executable, "-c", code, file], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with Project.open(project.path) as again:
            with pytest.raises(UserError, match=f"locked by another process.*process {holder.pid}"):
                again.journal.label([0], "1", "ann")
            assert again.journal.fold.labels()[0] == "0"
            holder.communicate("")
            again.journal.label([0], "1", "ann")
            assert check(again) == []


def test_disk_full_in_the_database(project: Project) -> None:
    with project._database.plain() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    project.close()
    project = Project.open(project.path)
    original = project._database._engine.raw_connection

    def limit() -> None:
        link = original()
        link.driver_connection.execute(f"PRAGMA max_page_count = {pages + 2}")  # type: ignore[union-attr]
        link.close()

    limit()
    before = project.journal.position
    project.journal.note(0, "fits", "ann")
    with pytest.raises(UserError, match="disk is full"):
        project.journal.note(0, "x" * 50_000, "ann")
    kept = project.journal.position
    assert kept == before + 1
    assert project.journal.fold.note(0) == "fits"
    assert project.journal.fold.labels()[0] == "0"
    project.close()
    with Project.open(project.path) as again:
        assert again.journal.position == kept
        again.journal.note(0, "x" * 50_000, "ann")
        assert check(again) == []


def test_disk_full_for_files(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="disk is full"):
        project.runs.start()
    monkeypatch.setattr(os, "replace", full)
    project.journal.label([0], "1", "ann")
    project.close()
    monkeypatch.undo()
    with Project.open(project.path) as again:
        assert again.journal.fold.labels()[0] == "1"
        assert not list(again.path.rglob("*fold*.partial"))


LOOK = """
import os, sys
sys.path.insert(0, {root!r})
from pathlib import Path
import models.store.purge, models.store.where, models.store.predictions, pyarrow.compute
from models.errors import UserError
from models.store.check import check
from models.store.project import Project
if os.geteuid() == 0:  # root may write anywhere
    os.setgid(65534)
    os.setuid(65534)
with Project.open(Path(sys.argv[1])) as project:
    assert project.read_only
    print(project.journal.fold.labels().tolist()[:3], check(project), project.test_version)
    writes = [
        lambda: project.journal.label([0], "1", "ann"),
        lambda: project.set_setting("a", 1),
        lambda: project.runs.start(),
        lambda: project.purge([0]),
        lambda: project.lock_test([0]),
    ]
    for write in writes:
        try:
            write()
        except UserError as error:
            assert "read-only" in str(error), error
        else:
            raise AssertionError("written")
"""


@pytest.mark.parametrize("log", [False, True])
def test_read_only_folder(found: Add, log: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "a.h5").write_text("a")
        project = Project.create(folder / "p", "traces")
        project.add(Found(folder / "a.h5", "a.h5", ["0", "1", "2"], ["g"] * 3))
        project.journal.label([2], "z", "ann")
        if log:
            shutil.copytree(project.path, folder / "copy", ignore=shutil.ignore_patterns("*-shm"))
            assert (folder / "copy" / f"{FILE_NAME}-wal").stat().st_size > 0
        project.close()
        place = folder / ("copy" if log else "p")
        subprocess.run(["chmod", "-R", "a=rX", str(place)], check=True)
        script = folder / "look.py"
        script.write_text(LOOK.format(root=str(ROOT)))
        command = [sys.executable, "-B", str(script), str(place)]
        result = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert result.returncode == 0, result.stderr
        assert result.stdout == "[None, None, 'z'] [] 0\n"
        subprocess.run(["chmod", "-R", "u+w", str(place)], check=True)


def test_the_store_imports_nothing_heavy() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import models.store.check;"
        "heavy = {'torch', 'sklearn', 'pandas', 'PySide6', 'alembic', 'psycopg'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_the_label_of_the_file_holds_over_further_opinions(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "v.h5"
    source.write_text("v")
    votes = [{"file:sorter": "x"}, {"file:sorter": "x"}]
    labels = ["y", ""]
    added = project.add(Found(source, "v.h5", ["0", "1"], ["g", "g"], labels=labels, votes=votes))
    assert added.labels == 3
    fold = project.journal.fold
    assert fold.labels()[12:].tolist() == ["y", None]
    assert fold.votes(13) == {"file:sorter": "x"}
    again = project.add(Found(source, "v.h5", ["0", "1"], ["g", "g"], labels=labels, votes=votes))
    assert again.labels == 0
