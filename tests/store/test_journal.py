"""Acts, votes, undo: examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.event import ALERT, CANNOT_SAY, CLEARED, LABEL, NOTE, REGION, STRUCTURE, Entry
from models.store.check import check
from models.store.project import Project


def labels(project: Project) -> list[str | None]:
    return project.journal.fold.labels().tolist()[:6]


def test_the_latest_vote_is_the_label(project: Project) -> None:
    journal = project.journal
    assert labels(project) == ["0", "0", "1", "1", None, None]
    journal.label([0], "1", "ann")
    journal.label([0], "2", "bob")
    assert labels(project)[0] == "2"
    assert journal.fold.votes(0) == {"file": "0", "ann": "1", "bob": "2"}
    journal.label([0], "1", "ann")
    assert labels(project)[0] == "1"
    codes, names = journal.fold.by
    assert [names[code] if code >= 0 else None for code in codes[:5]] == ["ann", "file", "file", "file", None]
    assert journal.fold.human().tolist()[:5] == [True, False, False, False, False]
    assert journal.fold.vote_counts()[0].tolist() == [1, 1, 1]
    assert project.classes == ("0", "1", "2")


def test_cleared_and_unsure_are_unlabelled(project: Project) -> None:
    fold = project.journal.fold
    cleared = project.journal.label([0], CLEARED, "ann")
    project.journal.label([1], CANNOT_SAY, "ann")
    assert labels(project)[:3] == [None, None, "1"]
    assert fold.stamp[:2].tolist() == [0, 0]
    assert fold.touched[0] == cleared.number
    assert fold.unsure().tolist()[:3] == [False, True, False]
    assert fold.votes(0) == {"file": "0"}
    assert fold.votes(1) == {"file": "0", "ann": "?"}


def test_confirming_is_an_event(project: Project) -> None:
    first = project.journal.label([4], "1", "ann")
    again = project.journal.label([4], "1", "ann")
    assert again.number == first.number + 1
    assert again.changes[0].before == again.changes[0].after == "1"
    project.journal.undo("ann")
    assert project.journal.fold.stamp[4] == first.number


def test_undo_gives_back_value_and_age(project: Project) -> None:
    journal = project.journal
    journal.label([0], "1", "ann")
    journal.label([0], "2", "bob")
    journal.label([0], "1", "ann", title="a second thought")
    assert journal.undoable("ann").title == "a second thought"  # type: ignore[union-attr]
    undone = journal.undo("ann")
    assert undone is not None
    assert (undone.title, undone.undoes) == ("Undo a second thought", undone.number - 1)
    assert labels(project)[0] == "2", "the vote is again as old as it was, so bob's is the label"
    redone = journal.redo("ann")
    assert redone is not None
    assert redone.redoes == undone.undoes
    assert labels(project)[0] == "1"
    assert journal.fold.stamp[0] == undone.undoes


def test_undo_is_of_ones_own_acts(project: Project) -> None:
    journal = project.journal
    journal.label([4], "1", "ann")
    journal.label([4], "0", "bob")
    assert journal.undo("carla") is None
    journal.undo("ann")
    assert labels(project)[4] == "0"
    assert journal.undo("ann") is None
    assert journal.undoable("ann") is None
    assert journal.redoable("ann").title == "1 on 1 sample"  # type: ignore[union-attr]


def test_a_new_act_empties_the_redo_stack(project: Project) -> None:
    journal = project.journal
    journal.label([4], "1", "ann")
    journal.undo("ann")
    journal.label([5], "0", "ann")
    assert journal.redo("ann") is None


def test_undo_survives_a_restart_and_reaches_all_the_way(project: Project) -> None:
    for value in "0123456789":
        project.journal.label([4, 5], value, "ann")
    project.close()
    with Project.open(project.path) as again:
        for value in "876543210":
            again.journal.undo("ann")
            assert labels(again)[4] == value
        again.journal.undo("ann")
        assert labels(again)[4] is None
        assert again.journal.undo("ann") is None
        for value in "0123456789":
            again.journal.redo("ann")
            assert labels(again)[4] == value
        assert check(again) == []


def test_bulk_is_one_act(project: Project) -> None:
    event = project.journal.label(np.arange(12), "9", "ann")
    assert (event.count, len(event.changes), event.title) == (12, 5, "9 on 12 samples")
    assert event.changes[0].sample == "a.h5#0"
    project.journal.undo("ann")
    assert labels(project) == ["0", "0", "1", "1", None, None]


def test_rows_given_twice_or_as_mask(project: Project) -> None:
    assert project.journal.label([4, 4, 5], "1", "ann").count == 2
    assert project.journal.label(np.arange(12) > 9, "1", "ann").count == 2
    assert project.journal.label_each([4, 5, 4], ["a", "b", "c"], "ann").count == 2
    assert labels(project)[4:] == ["c", "b"]


def test_nothing_to_do_writes_nothing(project: Project) -> None:
    before = project.journal.position
    assert project.journal.label([], "1", "ann").count == 0
    assert project.journal.act([], "ann", "nothing").count == 0
    assert project.journal.position == before


def test_wrong_rows_kinds_and_names(project: Project) -> None:
    with pytest.raises(IndexError):
        project.journal.label([12], "1", "ann")
    with pytest.raises(ValueError, match="unknown kind"):
        project.journal.act([Entry(0, "nonsense", "", "x")], "ann", "x")
    with pytest.raises(UserError, match="name of its curator"):
        project.journal.label([0], "1", " ")
    assert check(project) == []


def test_flags_and_notes(project: Project) -> None:
    journal, fold = project.journal, project.journal.fold
    journal.flag([1, 2], "bookmark", True, "ann")
    journal.flag([2, 3], "bad quality", True, "bob")
    journal.note(3, "blurred\0 at the edge", "ann")
    assert np.flatnonzero(fold.flagged()).tolist() == [1, 2, 3]
    assert np.flatnonzero(fold.flagged("bookmark")).tolist() == [1, 2]
    assert fold.flags(2) == ["bad quality", "bookmark"]
    assert fold.note(3) == "blurred at the edge"
    journal.flag([1], "bookmark", False, "bob")
    assert np.flatnonzero(fold.flagged("bookmark")).tolist() == [2]
    journal.note(3, "sharp after all", "bob")
    assert fold.note(3) == "sharp after all"
    journal.undo("bob")
    assert fold.note(3) == "blurred at the edge"
    assert fold.notes().tolist()[2:5] == [None, "blurred at the edge", None]
    assert fold.having(NOTE).tolist()[:5] == [False, False, False, True, False]
    journal.undo("ann")
    assert not fold.having(NOTE).any()


def test_other_kinds_in_one_act(project: Project) -> None:
    entries = [
        Entry(0, REGION, "box-1", '{"x": 1}'),
        Entry(0, STRUCTURE, "retired", "on"),
        Entry(1, ALERT, "seizure", "raised"),
        Entry(1, LABEL, "", "1"),
        Entry(-1, STRUCTURE, "merged", "[0, 1]"),
    ]
    fold = project.journal.fold
    event = project.journal.act(entries, "ann", "merging two")
    assert event.count == 5
    assert fold.values(0, REGION) == {"box-1": '{"x": 1}'}
    assert fold.opinions(1, ALERT) == {("seizure", "ann"): ("raised", event.number)}
    assert fold.value(-1, STRUCTURE, "merged") == "[0, 1]"
    assert labels(project)[1] == "1"
    project.journal.undo("ann")
    assert fold.values(0, REGION) == {}
    assert labels(project)[1] == "0"
    assert check(project) == []


def test_a_second_set_of_labels(project: Project) -> None:
    project.journal.label([0, 1], "left", "ann", name="side")
    assert labels(project)[:2] == ["0", "0"]
    assert project.journal.fold.codes_of("side").tolist()[:3] == [0, 0, -1]
    assert project.journal.fold.classes_of("side") == ["left"]
    assert "left" not in project.classes


def test_history_of_all_and_of_one(project: Project) -> None:
    journal = project.journal
    journal.label([0, 1, 2, 3, 4, 5, 6], "1", "ann", run="run-2")
    journal.note(6, "odd", "bob")
    assert [event.by for event in journal.events()] == ["bob", "ann", "file"]
    assert [event.by for event in journal.events(limit=1)] == ["bob"]
    assert [len(event.changes) for event in journal.events(all_changes=True)] == [1, 7, 4]
    own = journal.events(row=6)
    assert [(event.by, event.changes[0].after, event.run) for event in own] == [
        ("bob", "odd", ""),
        ("ann", "1", "run-2"),
    ]
    assert {change.sample for event in own for change in event.changes} == {"a.h5#6"}


def test_labels_as_they_were(project: Project) -> None:
    journal = project.journal
    shas, states = [journal.fold.sha()], [labels(project)]
    for value in "abcd":
        journal.label([3, 4], value, "ann")
        shas.append(journal.fold.sha())
        states.append(labels(project))
    journal.undo("ann")
    for place in range(5):
        then = journal.at(1 + place)
        assert then.labels().tolist()[:6] == states[place]
        assert then.sha() == shas[place]
    assert len(set(shas)) == 5
    assert journal.at(0).labels().tolist() == [None] * 12
    with pytest.raises(UserError, match="no event 99"):
        journal.at(99)


def test_a_fold_kept_from_before_does_not_change(project: Project) -> None:
    before = project.journal.fold.codes
    project.journal.label([0], "1", "ann")
    assert before[0] == 0
    assert project.journal.fold.codes[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 5


def test_two_windows_share_one_journal(project: Project) -> None:
    with Project.open(project.path) as other:
        project.journal.label([4], "1", "ann")
        other.journal.label([5], "0", "ann")
        assert other.journal.undoable("ann").changes[0].sample == "a.h5#5"  # type: ignore[union-attr]
        assert [event.count for event in other.journal.refresh()] == [1]
        assert labels(other)[4:] == ["1", "0"]
        news = project.journal.refresh()
        assert [event.changes[0].sample for event in news] == ["a.h5#5"]
        assert project.journal.refresh() == []
        project.journal.undo("ann")
        other.journal.undo("ann")
        assert labels(other)[4:] == [None, None]
        assert check(project) == check(other) == []


def test_bulk_of_a_hundred_thousand(tmp_path: Path, found: Callable[..., Found]) -> None:
    with Project.create(tmp_path / "big", "traces") as project:
        project.add(found(100_000))
        rng = np.random.default_rng(4)
        values = np.array(["a", "b", "c"])[rng.integers(0, 3, 100_000)]
        project.journal.label_each(np.arange(100_000), values.tolist(), "ann")
        project.journal.label(rng.permutation(100_000)[:50_000], "d", "bob")
        project.journal.undo("bob")
        assert (project.journal.fold.labels() == values).all()
        project.journal.undo("ann")
        assert (project.journal.fold.codes == -1).all()
        project.journal.redo("ann")
        assert (project.journal.fold.labels() == values).all()
        assert check(project) == []


def test_files_are_no_people(project: Project) -> None:
    project.journal.label([0, 5], "1", "file:votes.csv")
    project.journal.label([1, 6], "1", "filed")
    assert project.journal.fold.human().nonzero()[0].tolist() == [1, 6]
