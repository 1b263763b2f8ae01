"""Withdrawn consent: nothing of a sample stays in any file but a hash of its id."""

from __future__ import annotations

import gc
import math
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.store import purge
from models.store.check import check
from models.store.predictions import read_predictions, write_predictions
from models.store.presence import Presence
from models.store.project import Project

SECRET = "Quodlibet"
ROOT = Path(__file__).parents[2]


def traces_of(folder: Path, text: str) -> list[str]:
    """Files that hold this text anywhere."""
    needle = text.encode()
    return [str(path) for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


@pytest.fixture
def withdrawn(tmp_path: Path, found: Callable[..., Found]) -> Project:
    """A project where sample 3 of 6 was told much about."""
    project = Project.create(tmp_path / "p", "traces")
    keys = ["0", "1", "2", f"key-{SECRET}", "4", "5"]
    source = found(6).source
    columns = {"who": ["a", "b", "c", f"who-{SECRET}", "e", "f"]}
    groups = ["g", "g", "g", f"group-{SECRET}", "g", "g"]
    project.add(Found(source, "a.h5", keys, groups, ["x"] * 6, columns=columns))
    journal = project.journal
    journal.note(3, f"note-{SECRET}", "ann")
    journal.label([3], f"label-{SECRET}", "ann", title=f"a title of a.h5#key-{SECRET}")
    journal.undo("ann")
    journal.label([2, 3, 4], "y", "bob")
    journal.note(1, "stays", "ann")
    folder = project.runs.start()
    write_predictions(folder.path / "predictions.arrow", project.samples.ids(), ["val"] * 6, np.ones((6, 1)), ["x"])
    rows = [f'{key},"{group}",1.50' for key, group in zip(keys, groups, strict=True)]
    (folder.path / "index.csv").write_bytes("\r\n".join(["image_rel_path,healthCode,age", *rows, ""]).encode())
    (folder.path / "ages.csv").write_text("age,n\n3,1\n")
    parts = [{"value": group, "n": 1, "accuracy": math.nan} for group in ("g", f"group-{SECRET}")]
    folder.finish({"recipe": "forest", "classes": ["x"], "metrics": {"test": {"by_group": parts}}})
    (project.cache / "staged.bin").write_text(SECRET)
    project._table.save()
    journal.save()
    return project


def test_nothing_is_left(withdrawn: Project) -> None:
    assert len(traces_of(withdrawn.path, SECRET)) >= 3
    assert withdrawn.purge([3]) == 1
    assert traces_of(withdrawn.path, SECRET) == []
    withdrawn.close()
    assert traces_of(withdrawn.path, SECRET) == []


def test_tables_and_scores_of_runs_keep_all_others(withdrawn: Project) -> None:
    run = withdrawn.runs.get("last")
    before = (run.path / "index.csv").read_bytes()
    ages = (run.path / "ages.csv").stat().st_mtime_ns
    withdrawn.purge([3])
    lines = [line for line in before.splitlines(True) if SECRET.encode() not in line]
    assert (run.path / "index.csv").read_bytes().replace(b'"', b"") == b"".join(lines).replace(b'"', b"")
    assert (run.path / "ages.csv").stat().st_mtime_ns == ages, "a 3 is no sample there"
    again = withdrawn.runs.get("last")
    assert [one["value"] for one in again.record["metrics"]["test"]["by_group"]] == ["g"]
    assert again.damaged() == [], "digests follow"
    withdrawn.purge([0, 1])
    left = withdrawn.runs.get("last").record["metrics"]["test"]["by_group"]
    assert [one["value"] for one in left] == ["g"], "a group of which something is left stays"
    assert len((run.path / "index.csv").read_bytes().splitlines()) == 4


def test_bad_channels_stay_while_any_part_of_their_recording_is_there(withdrawn: Project) -> None:
    """The samples here are parts of a recording a.h5, which is none itself."""
    for name in ("a.h5", "a.h", "a.h5#", "other.h5"):
        withdrawn.call_bad(name, ["C3"])
    withdrawn.purge([3])
    assert withdrawn.setting("bad_channels") == {"a.h5": ["C3"]}, "a name alike is none of it"
    withdrawn.purge(np.arange(len(withdrawn.samples)))
    assert withdrawn.setting("bad_channels") == {}


def test_all_else_stays(withdrawn: Project) -> None:
    withdrawn.purge([3])
    for project in (withdrawn, Project.open(withdrawn.path)):
        fold = project.journal.fold
        assert project.samples.ids() == ["a.h5#0", "a.h5#1", "a.h5#2", "a.h5#4", "a.h5#5"]
        assert fold.labels().tolist() == ["x", "x", "y", "y", "x"]
        assert fold.note(1) == "stays"
        assert project.runs.get("last").predictions().ids == project.samples.ids()
        assert check(project) == []
    event = withdrawn.journal.undo("bob")
    assert event is not None
    assert event.count == 2
    assert [withdrawn.journal.undo("ann") is not None for _ in range(2)] == [True, False]
    assert check(withdrawn) == []


def test_an_import_does_not_bring_it_back(withdrawn: Project) -> None:
    withdrawn.purge([3])
    keys = ["0", "1", "2", f"key-{SECRET}", "4", "5"]
    again = withdrawn.add(Found(withdrawn.sources()[0].path, "a.h5", keys, ["g"] * 6, ["x"] * 6))
    assert (again.added, again.known, again.skipped) == (0, 5, 1)
    assert "withdrawn" in again.notes[0]
    assert traces_of(withdrawn.path, SECRET) == []


def test_another_window_notices(withdrawn: Project) -> None:
    with Project.open(withdrawn.path) as other:
        withdrawn.purge([3])
        other.journal.label([3, 4], "z", "carla")
        with pytest.raises(UserError, match="withdrawn"):
            other.journal.note(3, "too late", "carla")
        assert other.refresh()
        assert other.journal.fold.labels().tolist() == ["x", "x", "y", "z", "x"]
        assert other.journal.position == withdrawn.journal.position + 1
        withdrawn.journal.refresh()
        assert check(other) == check(withdrawn) == []


def test_a_source_without_samples_is_forgotten(withdrawn: Project) -> None:
    place = str(withdrawn.sources()[0].path)
    assert withdrawn.purge(range(6)) == 6
    assert withdrawn.sources() == []
    assert traces_of(withdrawn.path, place) == []
    assert withdrawn.purge([]) == 0
    assert check(withdrawn) == []


def test_an_interrupted_purge_is_finished_at_the_next_opening(
    withdrawn: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("models.store.purge._forget_files", stop)
    with pytest.raises(KeyboardInterrupt):
        withdrawn.purge([3])
    monkeypatch.undo()
    assert traces_of(withdrawn.path, SECRET) != []
    with Project.open(withdrawn.path) as project:
        assert len(project.samples) == 5
        assert check(project) == []
    withdrawn._database.close()
    assert traces_of(withdrawn.path, SECRET) == []


def test_what_is_made_of_it_while_another_withdraws_it_goes_when_that_is_done(withdrawn: Project) -> None:
    """A training that runs meanwhile knows the samples of its begin, and writes what it says of all of them."""
    with Project.open(withdrawn.path) as training:
        ids, folder = training.samples.ids(), training.runs.start()
        assert withdrawn.purge([3]) == 1
        write_predictions(folder.path / "predictions.arrow", ids, ["val"] * 6, np.ones((6, 1)), ["x"])
        (training.cache / "embedded.bin").write_text(SECRET)
        run = folder.finish({"recipe": "forest", "classes": ["x"]})
        assert traces_of(withdrawn.path, SECRET) != []
    assert traces_of(withdrawn.path, SECRET) == []
    assert read_predictions(run / "predictions.arrow").ids == [*ids[:3], *ids[4:]]
    assert check(withdrawn) == []
    (withdrawn.cache / "kept.bin").write_text("of what is there")
    withdrawn.refresh()
    withdrawn.close()
    assert (withdrawn.cache / "kept.bin").exists(), "who knows of a withdrawal has nothing to take away"


def test_a_withdrawn_sample_leaves_the_locked_test_set(project: Project) -> None:
    gone = project.samples.ids()[2]
    project.lock_test([1, 2, 3])
    path = project.path
    project.purge([2])
    rows = project.test_rows()
    assert rows is not None
    assert rows.tolist() == [1, 2], "the rows below have moved up"
    project.close()
    assert not traces_of(path, gone)


KILLED = """
import os, sys
from pathlib import Path
from models.store.project import Project

project = Project.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
work = project.cache / "pieces" / "fold-1"
work.mkdir(parents=True)
(work / "made.bin").write_text(sys.argv[2])
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_wrote_after_a_purge_goes_with_the_next_who_opens(withdrawn: Project) -> None:
    command = [sys.executable, "-c", KILLED, str(withdrawn.path), SECRET]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        withdrawn.purge([3])
        assert not traces_of(withdrawn.path, SECRET)
        withdrawn.close()
        child.stdin.write(b"go on\n")
        child.stdin.close()
        assert child.wait(60) == -signal.SIGKILL
    assert traces_of(withdrawn.path, SECRET)
    Project.open(withdrawn.path).close()
    assert not traces_of(withdrawn.path, SECRET)
    assert not (withdrawn.path / "cache" / "open").exists(), "nothing is told of anybody"


def test_what_was_written_before_another_purge_was_noticed_goes_then(withdrawn: Project) -> None:
    with Project.open(withdrawn.path) as other:
        other.purge([3])
    (withdrawn.cache / "late.bin").write_text(SECRET)
    withdrawn.refresh()
    assert not traces_of(withdrawn.path, SECRET)


def test_a_purge_leaves_the_folders_that_others_are_at_work_in(withdrawn: Project) -> None:
    work = withdrawn.cache / "pieces" / "fold-1"
    work.mkdir(parents=True)
    (work / "made.bin").write_text(SECRET)
    with Project.open(withdrawn.path) as other:
        other.purge([3])
        assert work.is_dir()
        assert not traces_of(withdrawn.path, SECRET)
    withdrawn.close()
    assert not traces_of(withdrawn.path, SECRET)
    with Project.open(withdrawn.path) as alone:
        (work / "new.bin").write_text("x") if work.is_dir() else None
        alone.purge([0])
        assert not work.exists(), "nobody is at work there"


def test_only_the_living_hold_a_project(tmp_path: Path) -> None:
    one, other = Presence(tmp_path), Presence(tmp_path)
    one.settle(3)
    assert one.is_alone()
    other.settle(4)
    assert not one.is_alone()
    assert not one.killed(9), "who lives settles by himself"
    other.settle(12)
    del other
    gc.collect()
    assert one.is_alone()
    (left,) = one.killed(13)
    assert one.killed(13) == [left], "until it was looked at"
    one.forget([left])
    assert not one.killed(13)
    one.leave()
    one.leave()
    assert not list(tmp_path.iterdir())
    (tmp_path / "open").write_text("no folder")
    lone = Presence(tmp_path)
    lone.settle(1)
    assert lone.is_alone()
    assert not lone.killed(5)


def test_who_had_seen_all_purges_left_nothing(tmp_path: Path) -> None:
    one, other = Presence(tmp_path), Presence(tmp_path)
    one.settle(3)
    other.settle(3)
    del other
    gc.collect()
    assert not one.killed(3)
    assert len(list((tmp_path / "open").iterdir())) == 1, "the file of the killed is gone"
    (tmp_path / "open" / "coming").write_bytes(b"")
    assert not one.killed(9), "who is just coming is not dead"
    assert not one.is_alone()


def test_a_file_that_somebody_took_away_comes_back(tmp_path: Path) -> None:
    one, other = Presence(tmp_path), Presence(tmp_path)
    one.settle(1)
    other.settle(1)
    shutil.rmtree(tmp_path / "open")
    assert one.is_alone()
    other.settle(1)
    assert not one.is_alone()


def test_a_purge_that_could_not_be_finished_is_tried_again(withdrawn: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with Project.open(withdrawn.path) as other:
        other.purge([3])
    (withdrawn.cache / "late.bin").write_text(SECRET)

    def fail(_project: Project) -> None:
        raise UserError("locked")

    with monkeypatch.context() as patched:
        patched.setattr(purge, "finish", fail)
        withdrawn.refresh()
        assert traces_of(withdrawn.path, SECRET)
    withdrawn.refresh()
    assert not traces_of(withdrawn.path, SECRET)


def test_a_purge_follows_no_link_out_of_the_cache(withdrawn: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept.txt").write_text("kept")
    (withdrawn.cache / "link").symlink_to(tmp_path / "elsewhere")
    with Project.open(withdrawn.path) as other:
        other.purge([3])
    assert (tmp_path / "elsewhere" / "kept.txt").is_file()
    assert not (withdrawn.cache / "link").exists()
