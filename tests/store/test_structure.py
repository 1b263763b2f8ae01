"""Merges, splits and removals: samples are retired, others made of them, and all of it can be taken back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.event import MADE, RETIRED, STRUCTURE
from models.store import samples
from models.store.check import check
from models.store.project import Project
from models.store.samples import bump, table_of
from models.store.view import View
from models.structure import Made, Step, title_of

if TYPE_CHECKING:
    from conftest import Server


def merge(project: Project, rows: tuple[int, ...], key: str, by: str = "ann", label: str = "") -> tuple[int, ...]:
    group = project.samples.sample(rows[0]).group
    made = Made(key, group, rows, {"noise": 0.5, "_of": "+".join(map(str, rows))}, label)
    return project.restructure([Step("merge", rows, (made,))], by, f"merge of {len(rows)} units").made


def split(project: Project, row: int, keys: tuple[str, ...], by: str = "ann") -> tuple[int, ...]:
    group = project.samples.sample(row).group
    made = tuple(Made(key, group, (row,), {"_part": key}) for key in keys)
    return project.restructure([Step("split", (row,), made)], by, "split of 1 unit into 2").made


def remove(project: Project, rows: tuple[int, ...], by: str = "ann") -> None:
    project.restructure([Step("remove", rows)], by, f"removal of {len(rows)} units")


def there(project: Project) -> list[str]:
    return [name.partition("#")[2] for name in project.samples.take(project.journal.fold.live).ids()]


OTHERS = [str(key) for key in range(2, 12)]


def test_a_merge_retires_its_units_and_makes_one(project: Project) -> None:
    (row,) = merge(project, (0, 1), "12", label="1")
    assert there(project) == [*OTHERS, "12"]
    assert project.samples.sample(row).meta["noise"] == 0.5
    fold = project.journal.fold
    assert fold.votes(0) == {"file": "0"}, "what goes keeps its votes"
    assert fold.votes(row) == {"ann": "1"}
    event = project.journal.events(limit=1)[0]
    assert (event.title, event.count) == ("merge of 2 units", 4)
    assert [(one.sample, one.kind, one.name) for one in event.changes] == [
        ("a.h5#0", STRUCTURE, RETIRED),
        ("a.h5#1", STRUCTURE, RETIRED),
        ("a.h5#12", STRUCTURE, MADE),
        ("a.h5#12", "label", ""),
    ]
    assert check(project) == []


def test_undo_and_redo_last_over_restarts_and_bring_votes_back(project: Project) -> None:
    (row,) = merge(project, (0, 1), "12")
    before = project.journal.fold.sha()
    project.journal.label([row], "1", "bob")
    for keep in (True, False):
        project.close()
        if not keep:
            shutil.rmtree(project.path / "cache")
        project = Project.open(project.path)
        event = project.journal.undo("ann")
        assert event is not None
        assert event.title == "Undo merge of 2 units"
        assert there(project) == ["0", "1", *OTHERS]
        assert check(project) == []
        project.close()
        project = Project.open(project.path)
        assert project.journal.redo("ann") is not None
        assert there(project) == [*OTHERS, "12"]
        assert project.journal.fold.votes(row) == {"bob": "1"}
    assert project.journal.fold.sha() != before
    project.journal.undo("bob")
    assert project.journal.fold.sha() == before
    project.close()


def test_a_snapshot_tells_which_samples_there_were(project: Project) -> None:
    journal = project.journal
    position, sha = journal.position, journal.fold.sha()
    merge(project, (0, 1), "12")
    remove(project, (5,))
    assert sorted(set(there(project))) == sorted({*OTHERS, "12"} - {"5"})
    old = project.journal.at(position)
    assert old.live.tolist() == [True] * 12 + [False]
    assert old.sha() == sha
    project.journal.undo("ann")
    project.journal.undo("ann")
    assert project.journal.fold.sha() == sha


def test_lists_and_filters_leave_out_what_is_not_there(project: Project) -> None:
    merge(project, (0, 1), "12")
    view = View(project)
    assert view.rows("").tolist() == [*range(2, 13)]
    assert view.rows('label == "0"').tolist() == []
    assert view.rows("retired").tolist() == [0, 1]
    assert view.rows('retired and label == "0"').tolist() == [0, 1]


def test_what_is_gone_cannot_be_changed_again(project: Project) -> None:
    merge(project, (0, 1), "12")
    position = project.journal.position
    with pytest.raises(UserError, match=r"a.h5#1 is not there any more: it was merged by ann. Nothing was changed"):
        merge(project, (1, 2), "13", "bob")
    with pytest.raises(UserError, match="named twice"):
        remove(project, (3, 3))
    with pytest.raises(UserError, match=r"a.h5#5 is there already"):
        merge(project, (3, 4), "5")
    assert project.journal.position == position
    assert check(project) == []


def test_what_others_built_on_is_not_taken_from_under_them(project: Project) -> None:
    (row,) = merge(project, (0, 1), "12", "ann")
    (last,) = merge(project, (row, 2), "13", "bob")
    with pytest.raises(UserError, match=r"cannot be taken back: a.h5#12 is not there any more, it was merged by bob"):
        project.journal.undo("ann")
    project.journal.undo("bob")
    project.journal.undo("ann")
    with pytest.raises(UserError, match="the act that made it was taken back"):
        project.journal.redo("bob")
    remove(project, (1,), "bob")
    with pytest.raises(UserError, match=r"a.h5#1 is not there any more, it was removed by bob"):
        project.journal.redo("ann")
    assert not project.journal.fold.live[[row, last]].any()
    assert check(project) == []


def test_the_same_act_again_makes_the_same_sample(project: Project) -> None:
    (row,) = merge(project, (0, 1), "12")
    project.journal.label([row], "1", "ann")
    project.journal.undo("ann")
    project.journal.undo("ann")
    project.journal.label([3], "0", "ann")
    assert merge(project, (0, 1), "12", "bob") == (row,)
    assert len(project.samples) == 13
    with pytest.raises(UserError, match="there already"):
        merge(project, (2, 3), "12")
    assert [project.taken(0, key) for key in ("12", "3", "13")] == [True, True, False]


def test_an_import_leaves_made_samples_alone(project: Project, found: Callable[..., Found]) -> None:
    (row,) = merge(project, (0, 1), "12")
    project.journal.label([row], "0", "ann")
    result = project.add(found(14, ["1"] * 14, content="sorted anew", noise=[0.9] * 14))
    assert (result.added, result.known) == (1, 12)
    assert any("a.h5#12" in text and "made here" in text for text in result.notes)
    assert project.samples.sample(row).meta["noise"] == 0.5
    assert project.journal.fold.votes(row) == {"ann": "0"}
    assert there(project) == [*OTHERS, "12", "13"]
    assert check(project) == []


def test_what_is_made_of_a_test_sample_is_a_test_sample(project: Project) -> None:
    project.lock_test([0, 3])
    version = project.test_version
    edited = project.restructure([Step("merge", (0, 1), (Made("12", "g0", (0, 1)),))], "ann", "merge of 2 units")
    assert edited.tested == ("a.h5#12",)
    assert project.test_rows().tolist() == [3, edited.made[0]]  # type: ignore[union-attr]
    assert project.keep_test_version() != version
    project.journal.undo("ann")
    assert project.test_rows().tolist() == [0, 3]  # type: ignore[union-attr]


def test_kin_of_a_locked_sample_is_locked_with_it(project: Project) -> None:
    (row,) = merge(project, (0, 1), "12")
    project.lock_test([row])
    project.journal.undo("ann")
    assert project.test_rows().tolist() == [0, 1]  # type: ignore[union-attr]


def test_a_test_set_of_which_nothing_is_left_is_drawn_anew(project: Project) -> None:
    project.lock_test([0])
    remove(project, (0,))
    assert project.test_rows() is None
    assert project.lock_test([4]) > 1
    assert project.test_rows().tolist() == [4]  # type: ignore[union-attr]


def test_a_purge_takes_what_holds_the_same_data(project: Project) -> None:
    (row,) = merge(project, (0, 1), "12")
    split(project, row, ("13", "14"))
    assert project.purge([1]) == 5
    assert there(project) == OTHERS
    assert check(project) == []
    with project._database.reading() as connection:
        assert not [text for text in connection.exec_driver_sql("SELECT after FROM change").scalars() if "12" in text]
    with pytest.raises(UserError, match="withdrawn"):
        merge(project, (0, 1), "12")


def test_metadata_measured_anew_take_the_place_of_what_was(project: Project) -> None:
    (row,) = merge(project, (0, 1), "12")
    project.keep_columns({"a.h5#12": {"noise": 0.75, "snr": 4.0}, "a.h5#3": {"noise": None}})
    assert project.samples.sample(row).meta["snr"] == 4.0
    assert project.samples.column("noise")[[3, row]].tolist()[1] == 0.75
    assert np.isnan(project.samples.column("noise")[3])
    assert check(project) == []


@pytest.mark.parametrize(
    ("wanted", "whole"),
    [
        ({"a.h5#3": {"snr": 4}, "a.h5#0": {"snr": None}}, False),
        ({"a.h5#1": {"snr": 1.5, "place": "CA1"}, "a.h5#0": {"place": None}, "nobody": {"snr": 1}}, False),
        ({f"a.h5#{number}": {"place": None} for number in range(6)}, False),
        ({"a.h5#2": {"snr": float("inf")}}, False),
        ({"a.h5#2": {"snr": "strange"}}, True),
        ({"a.h5#2": {"new": 1}}, True),
    ],
)
def test_what_is_kept_is_what_is_read_anew(
    tmp_path: Path, wanted: Any, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.h5"
    source.touch()
    columns = {"snr": [1, 2, None, 3, 2, 1], "place": ["a", None, "b", "c", "a", "d"]}
    with Project.create(tmp_path / "p", "traces") as project:
        project.add(Found(source, "a.h5", [str(n) for n in range(6)], ["g"] * 6, columns=columns))
        assert len(project.samples) == 6
        read: list[int] = []
        monkeypatch.setattr(samples, "table_of", lambda rows: read.append(len(rows)) or table_of(rows))
        project.keep_columns(wanted)
        assert read == ([6] if whole else [])
        now = project.samples
        with Project.open(project.path) as other:
            again = other.samples
        for name in {*now.names, *again.names}:
            assert now.table.column(name).to_pylist() == again.table.column(name).to_pylist()
            assert now.table.column(name).type == again.table.column(name).type


def test_check_finds_a_made_sample_that_differs(project: Project) -> None:
    merge(project, (0, 1), "12")
    with project._database.writing() as connection:
        connection.exec_driver_sql("UPDATE sample SET grp = 'other' WHERE made = 1")
        for name in ("samples", "rewrites"):
            bump(project._database, connection, name)
    project.refresh()
    assert check(project) == ["1 made samples differ from the journal, the first is a.h5#12."]


def test_another_window_sees_it(project: Project) -> None:
    with Project.open(project.path) as other:
        (row,) = merge(project, (0, 1), "12")
        assert other.refresh()
        other.journal.refresh()
        assert there(other) == there(project)
        assert merge(other, (row, 2), "13", "bob")


def test_titles() -> None:
    one = Step("merge", (0, 1, 2), (Made("9", "g", (0, 1, 2)),))
    assert title_of([one], "unit") == "merge of 3 units"
    assert title_of([Step("split", (3,), (Made("10", "g", (3,)), Made("11", "g", (3,))))], "unit") == (
        "split of 1 unit into 2"
    )
    assert title_of([one, replace(one, retired=(3, 4)), Step("remove", (5,))], "unit") == (
        "merge of 5 units into 2, removal of 1 unit"
    )


# Several curators


def shared(path: Path, data: Path, url: str, count: int = 6) -> Project:
    data.mkdir(parents=True, exist_ok=True)
    (data / "a.h5").write_text("same everywhere", "utf-8")
    project = Project.create(path, "traces", ["x", "y"], labels_url=url)
    if count:
        project.add(Found(data / "a.h5", "a.h5", [str(key) for key in range(count)], ["g"] * count))
    return project


def test_curators_of_one_journal_have_the_same_samples(tmp_path: Path, server: Server) -> None:
    url = server.database()
    ann = shared(tmp_path / "ann", tmp_path / "data", url)
    bob = shared(tmp_path / "bob", tmp_path / "elsewhere", url)
    ann.lock_test([0])
    (row,) = merge(ann, (0, 1), "6")
    ann.journal.label([row], "x", "ann")
    assert bob.refresh()
    bob.journal.refresh()
    assert there(bob) == there(ann) == ["2", "3", "4", "5", "6"]
    assert bob.journal.fold.votes(row) == {"ann": "x"}
    assert bob.samples.sample(row).meta["_of"] == "0+1"
    assert bob.test_rows().tolist() == [row]  # type: ignore[union-attr]
    assert [bob.journal.undo("ann") is not None for _ in range(2)] == [True, True]
    with pytest.raises(UserError, match="the act that made it was taken back"):
        merge(ann, (row, 2), "7")
    ann.refresh()
    ann.journal.refresh()
    assert there(ann) == there(bob) == ["0", "1", "2", "3", "4", "5"]
    assert check(ann) == check(bob) == []
    ann.close()
    bob.close()


def test_of_two_curators_at_once_the_second_is_told(tmp_path: Path, server: Server) -> None:
    url = server.database()
    with (
        shared(tmp_path / "ann", tmp_path / "data", url) as ann,
        shared(tmp_path / "bob", tmp_path / "data", url) as bob,
    ):
        merge(ann, (0, 1), "6")
        with pytest.raises(UserError, match=r"a.h5#1 is not there any more: it was merged by ann"):
            merge(bob, (1, 2), "7", "bob")
        with pytest.raises(UserError, match=r"a.h5#6 was made by another curator meanwhile"):
            merge(bob, (2, 3), "6", "bob")
        assert bob.taken(2, "6")
        merge(bob, (2, 3), "7", "bob")
        for one in (ann, bob):
            one.refresh()
            assert sorted(there(one)) == ["4", "5", "6", "7"]
            assert check(one) == []


def test_a_row_that_was_not_written_before_the_end_comes_from_the_journal(tmp_path: Path, server: Server) -> None:
    """The journal on a server commits first: an end between the two leaves the event without its row."""
    with shared(tmp_path / "ann", tmp_path / "data", server.database()) as ann:
        merge(ann, (0, 1), "6")
        with ann._database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM sample WHERE made = 1")
            for name in ("samples", "rewrites"):
                bump(ann._database, connection, name)
    with Project.open(tmp_path / "ann") as ann:
        assert there(ann) == ["2", "3", "4", "5", "6"]
        assert ann.samples.sample(6).meta["_of"] == "0+1"
        assert check(ann) == []


def test_made_samples_come_with_their_source(tmp_path: Path, server: Server) -> None:
    url = server.database()
    with shared(tmp_path / "ann", tmp_path / "data", url) as ann:
        merge(ann, (0, 1), "6")
    with shared(tmp_path / "bob", tmp_path / "data", url, count=0) as bob:
        assert not len(bob.samples)
        bob.add(Found(tmp_path / "data" / "a.h5", "a.h5", [str(key) for key in range(6)], ["g"] * 6))
        bob.refresh()
        assert there(bob) == ["2", "3", "4", "5", "6"]
        assert check(bob) == []
    with Project.open(tmp_path / "bob") as bob:
        assert there(bob) == ["2", "3", "4", "5", "6"]
