"""The session: acts with undo, the list, the place, other writers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.session import LARGE, Session
from models.change import LabelsChanged, ListChanged, ProjectChanged, SamplesChanged, SelectionChanged
from models.errors import UserError
from models.event import CANNOT_SAY, CLEARED
from models.learn.review import Suggestion
from models.store.project import Project
from models.store.where import WhereError
from tests.app.desk import heard, labels_of, make_columns, make_session, noticed

ROOT = Path(__file__).parents[2]


def label(session: Session, row: int) -> Any:
    return session.fresh_view().column("label")[row]


# Acts


def test_a_label_goes_on_to_the_next_sample_and_undo_takes_it_back(session: Session) -> None:
    session.go_to(10)
    changes = heard(session)
    session.label("2")
    assert label(session, 10) == "2"
    assert session.current == 11
    told = next(change for change in changes if isinstance(change, LabelsChanged))
    assert told.rows is not None
    assert told.rows.tolist() == [10]
    session.go_to(20)
    session.undo()
    assert label(session, 10) is None
    assert session.current == 10, "what was taken back is shown"
    session.redo()
    assert label(session, 10) == "2"
    assert session.current == 11


def test_undo_shows_its_sample_even_after_a_restart(session: Session) -> None:
    session.go_to(10)
    session.label("2")
    path = session.open_project.path
    session.open(path)
    session.go_to(20)
    session.undo()
    assert (session.current, session.selected.tolist()) == (10, [10])


def test_going_on_is_an_option(session: Session) -> None:
    session.settings.set("advance", False)
    session.go_to(10)
    session.label("2")
    assert session.current == 10


def test_clearing_does_not_go_on(session: Session) -> None:
    session.go_to(3)
    assert label(session, 3) == "3"
    session.label(CLEARED)
    assert (label(session, 3), session.current) == (None, 3)


def test_cannot_say_leaves_the_sample_without_a_class(session: Session) -> None:
    session.go_to(3)
    session.label(CANNOT_SAY)
    assert label(session, 3) is None
    assert session.open_project.journal.fold.unsure()[3]


def test_labelling_at_the_end_of_the_list_stays(session: Session) -> None:
    session.go_to(29)
    session.label("1")
    assert session.current == 29


def test_undo_of_nothing_says_so(session: Session) -> None:
    told = noticed(session)
    session.undo()
    session.redo()
    assert told == ["Nothing to undo", "Nothing to redo"]


def test_undo_touches_own_acts_only(session: Session) -> None:
    session.open_project.journal.label([4], "0", "bob")
    session.go_to(5)
    session.label("3")
    session.undo()
    session.undo()
    assert label(session, 4) == "0"
    assert label(session, 5) == "1"


def test_many_are_one_act_with_one_undo(session: Session) -> None:
    told = noticed(session)
    before = labels_of(session)
    session.choose(2, np.arange(2, 22, dtype=np.int64))
    session.label("1")
    assert set(session.fresh_view().column("label")[2:22]) == {"1"}
    assert told == ["Labelled 20 as 1 hop"]
    assert (session.current, session.selected.tolist()) == (22, [22]), "on to the sample after them"
    assert session.reviewed == 20
    session.undo()
    assert labels_of(session) == before
    assert told[1:] == ["Undo 1 hop on 20 samples"]
    assert session.reviewed == 0, "what was taken back was not reviewed"
    assert (session.current, session.selected.tolist()) == (2, list(range(2, 22)))
    session.redo()
    assert (session.current, session.selected.tolist()) == (22, [22])
    assert session.reviewed == 20
    session.undo()
    assert session.reviewed == 0


def test_without_going_on_a_labelled_selection_ends_at_its_sample(session: Session) -> None:
    session.settings.set("advance", False)
    session.choose(4, np.array([2, 4, 6], np.int64))
    session.label("1")
    assert (session.current, session.selected.tolist()) == (4, [4])


def test_a_selection_made_while_many_are_written_stays(qtbot: QtBot, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    session.open(make_columns(tmp_path, LARGE + 500, name="many"))
    session.choose(0, np.arange(LARGE + 400, dtype=np.int64))
    session.label("2")
    session.choose(7, np.array([7, 8], np.int64))
    qtbot.waitUntil(lambda: not session.jobs.beside_busy, timeout=20_000)
    assert session.selected.tolist() == [7, 8]
    session.undo()
    qtbot.waitUntil(lambda: not session.jobs.beside_busy, timeout=20_000)
    assert len(session.selected) == LARGE + 400
    session.close()


def test_flags_go_on_and_off(session: Session) -> None:
    session.choose(1, np.array([1, 2], np.int64))
    session.flag("bookmark")
    assert session.open_project.journal.fold.flagged("bookmark")[[1, 2, 3]].tolist() == [True, True, False]
    session.flag("bookmark")
    assert not session.open_project.journal.fold.flagged("bookmark").any()
    session.undo()
    assert session.open_project.journal.fold.flagged("bookmark")[1]


def test_a_note_is_written_once(session: Session) -> None:
    position = session.open_project.journal.position
    session.note("two peaks", 4)
    session.note("two peaks", 4)
    assert session.open_project.journal.fold.note(4) == "two peaks"
    assert session.open_project.journal.position == position + 1
    session.undo()
    assert session.open_project.journal.fold.note(4) == ""


def test_keep_makes_a_files_label_ones_own(session: Session) -> None:
    session.go_to(3)
    session.keep_label()
    fold = session.open_project.journal.fold
    assert (label(session, 3), bool(fold.human()[3])) == ("3", True)
    assert session.reviewed == 1
    session.undo()
    assert not session.open_project.journal.fold.human()[3]


def test_keep_and_accept_say_when_there_is_nothing(session: Session) -> None:
    told = noticed(session)
    session.go_to(20)
    session.keep_label()
    session.accept_model()
    assert told[0].startswith("No label to keep")
    assert told[1].startswith("No prediction to accept")


def test_accept_takes_each_samples_own_class(session: Session) -> None:
    rows = np.array([10, 11, 12], np.int64)
    session.choose(10, rows)
    session.view._kept["prediction"] = np.array([None] * 10 + ["0", "3", "0"] + [None] * 17, object)
    session.accept_model()
    assert session.fresh_view().column("label")[10:13].tolist() == ["0", "3", "0"]
    session.undo()
    assert session.fresh_view().column("label")[10:13].tolist() == [None] * 3


def test_many_more_are_written_beside_the_windows_thread(qtbot: QtBot, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    session.open(make_columns(tmp_path, LARGE + 500, name="many"))
    threads = []
    act = session.open_project.journal.label
    session.open_project.journal.label = lambda *a, **k: (  # type: ignore[method-assign]
        threads.append(threading.current_thread().name),
        act(*a, **k),
    )[1]
    session.choose(0, np.arange(LARGE + 500, dtype=np.int64))
    told = noticed(session)
    session.label("2")
    assert session.jobs.beside_busy
    session.label("1")
    assert "still being written" in told[0]
    qtbot.waitUntil(lambda: not session.jobs.beside_busy, timeout=20_000)
    assert threads == ["winnow-act"]
    assert set(session.fresh_view().column("label")) == {"2"}
    session.undo()
    assert session.jobs.beside_busy
    qtbot.waitUntil(lambda: not session.jobs.beside_busy, timeout=20_000)
    assert set(session.fresh_view().column("label")) == {None}
    session.redo()
    qtbot.waitUntil(lambda: not session.jobs.beside_busy, timeout=20_000)
    assert set(session.fresh_view().column("label")) == {"2"}
    session.close()


def test_a_refused_act_is_told_and_changes_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any, **_named: Any) -> Any:
        raise UserError("The disk is full. Make room and press again.")

    monkeypatch.setattr(session.open_project.journal, "label", full)
    told = noticed(session)
    session.go_to(10)
    session.label("1")
    assert told == ["The disk is full. Make room and press again."]
    assert label(session, 10) is None


# List


def test_filter_and_sort(session: Session) -> None:
    session.filter('label == "1"')
    assert session.order.tolist() == [1, 5]
    session.sort("cMax", True)
    values = session.view.column("cMax")[session.order]
    assert (np.diff(values) <= 0).all()
    session.filter("")
    assert len(session.order) == 30
    session.sort("cVariance", False)
    values = session.view.column("cVariance")[session.order]
    assert np.isnan(values[-4:]).all()
    assert not np.isnan(values[:26]).any()
    session.sort("cVariance", True)
    assert np.isnan(session.view.column("cVariance")[session.order][-4:]).all(), "missing ones come last either way"


def test_a_wrong_expression_keeps_the_list(session: Session) -> None:
    session.filter("noise > 0.02")
    order, changes = session.order.copy(), heard(session)
    with pytest.raises(WhereError) as caught:
        session.filter("noise > 0.02 and lable == 1")
    assert caught.value.at == 17
    assert session.order.tolist() == order.tolist()
    assert session.listing.where == "noise > 0.02"
    assert changes == []


def test_a_labelled_sample_stays_in_a_filtered_list(session: Session) -> None:
    session.filter("unlabelled")
    count = len(session.order)
    session.go_to(int(session.order[3]))
    session.label("0")
    assert len(session.order) == count, "lists keep their place after labelling"


def test_a_filter_that_hides_the_shown_sample_shows_the_first(session: Session) -> None:
    session.go_to(2)
    session.filter("unlabelled")
    assert session.current == 8


def test_an_empty_list_has_no_step(session: Session) -> None:
    session.filter("noise > 5")
    session.step(1)
    session.next_unlabelled()
    assert len(session.order) == 0


def test_steps_stay_at_the_ends(session: Session) -> None:
    session.go_to(0)
    session.step(-1)
    assert session.current == 0
    session.go_to(29)
    session.step(1)
    assert session.current == 29
    session.step(-1)
    assert (session.current, session.previous) == (28, 29)


def test_next_unlabelled_goes_round(session: Session) -> None:
    session.go_to(0)
    session.next_unlabelled()
    assert session.current == 8
    session.next_unlabelled()
    assert session.current == 9
    session.go_to(29)
    session.next_unlabelled()
    assert session.current == 8
    session.choose(8, np.arange(30, dtype=np.int64))
    session.label("1")
    told = noticed(session)
    session.next_unlabelled()
    assert told == ["No unlabelled sample in this list"]


def test_next_unlabelled_does_not_come_back_to_what_this_person_cannot_say(session: Session) -> None:
    session.go_to(8)
    session.label(CANNOT_SAY)
    session.go_to(0)
    session.next_unlabelled()
    assert session.current == 9
    session.label(CANNOT_SAY)
    told = noticed(session)
    for _ in range(len(session.order)):
        session.next_unlabelled()
        session.label(CANNOT_SAY)
    assert told[-1] == "You cannot say what the unlabelled samples of this list are"


def test_a_queue_has_its_own_order_and_leaves(session: Session) -> None:
    session.filter("noise > 0.02")
    picks = [Suggestion(9, 0.9, "uncertainty", "close"), Suggestion(4, 0.7, "uncertainty", "closer")]
    session.show_queue("Uncertain", "run-1", picks)
    assert (session.order.tolist(), session.current, session.listing.where) == ([9, 4], 9, "")
    assert session.listing.reason(4) == "closer"
    session.sort("score", False)
    assert session.order.tolist() == [4, 9]
    session.filter("row > 5")
    assert session.order.tolist() == [9]
    session.leave_queue()
    assert (session.listing.queue, session.listing.sort, session.listing.reason(4)) == ("", "", "")


def test_selection_tells_once(session: Session) -> None:
    changes = heard(session)
    session.go_to(5)
    session.go_to(5)
    assert [type(change) for change in changes] == [SelectionChanged]


# Place


def test_the_place_comes_back(tmp_path: Path, session: Session, columns: Path) -> None:
    session.filter("noise > 0.02")
    session.sort("cMax", True)
    session.go_to(int(session.order[4]))
    row = session.current
    session.close()
    other = make_session(tmp_path)
    other.open(columns)
    assert (other.listing.where, other.listing.sort, other.listing.descending) == ("noise > 0.02", "cMax", True)
    assert other.current == row
    other.close()


def test_a_place_that_no_longer_fits_is_let_go(tmp_path: Path, session: Session, columns: Path) -> None:
    session.close()
    place = {"where": "gone > 3", "sort": "cMax", "descending": False, "sample": "gone#1"}
    session.settings.set("places", {str(columns): place})
    session.open(columns)
    assert (session.listing.where, session.current, len(session.order)) == ("", 0, 30)


def test_a_project_is_remembered_with_its_counts(session: Session) -> None:
    session.go_to(20)
    session.label("1")
    session.close()
    recent = next(iter(session.settings.recents()))
    assert (recent.name, recent.samples, recent.labelled) == ("p", 30, 9)


def test_a_project_that_cannot_be_opened_leaves_the_open_one(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        session.open(tmp_path / "none")
    assert session.open_project.path.name == "p"
    assert len(session.order) == 30


def test_leaving_tells_and_empties(session: Session) -> None:
    changes = heard(session)
    session.leave()
    assert isinstance(changes[-1], ProjectChanged)
    assert (session.current, len(session.order), session.classes) == (-1, 0, ())
    with pytest.raises(UserError):
        session.label("1", np.array([1], np.int64))


# Others

WRITER = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from models.store.project import Project
with Project.open(Path({project!r})) as project:
    project.journal.label([20, 21], "3", "bob", "Label as 3 hops on 2 samples")
print("done", flush=True)
"""


def test_labels_of_another_process_appear_at_the_next_poll(session: Session, columns: Path, qtbot: QtBot) -> None:
    changes = heard(session)
    code = WRITER.format(root=str(ROOT), project=str(columns))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "done\n"
        since = time.monotonic()
        qtbot.waitUntil(lambda: label(session, 20) == "3", timeout=30_000)
        assert time.monotonic() - since < 10, "the poll comes every second; the rest is the machine"
    assert any(isinstance(change, LabelsChanged) for change in changes)
    session.undo()
    assert label(session, 20) == "3", "another person's act stays"


def test_samples_of_another_writer_appear(session: Session, columns: Path, tmp_path: Path) -> None:
    from models.domain import Found

    more = tmp_path / "more.h5"
    more.write_text("more", "utf-8")
    with Project.open(columns) as other:
        other.add(Found(more, more.name, ["a", "b"], ["sim x"] * 2))
    changes = heard(session)
    session.poll()
    assert any(isinstance(change, SamplesChanged) for change in changes)
    assert len(session.order) == 32
    session.go_to(31)
    session.label("0")
    assert label(session, 31) == "0"


def test_an_added_class_gets_its_place(session: Session) -> None:
    assert session.add_class("9")
    assert session.classes[-1] == "9"
    session.go_to(12)
    session.label("9")
    assert label(session, 12) == "9"
    assert session.places()[12] == 4


def test_a_class_that_came_with_labels_is_told_as_more_than_labels(session: Session, columns: Path) -> None:
    with Project.open(columns) as other:
        other.add_class("7")
        other.journal.label([3], "7", "bob")
    changes = heard(session)
    session.poll()
    assert any(isinstance(change, SamplesChanged) for change in changes), "class keys and letters depend on it"
    assert (label(session, 3), session.classes) == ("7", ("0", "1", "2", "3", "7"))


def test_polling_a_project_that_was_removed_tells_and_goes_on(session: Session, columns: Path) -> None:
    told = noticed(session)
    shutil.rmtree(columns)
    session.poll()
    session.go_to(3)
    session.label("1")
    session.close()
    assert session.project is None
    assert all(text.strip() for text in told)


def test_the_list_follows_new_samples_only_when_asked(session: Session) -> None:
    changes = heard(session)
    session.samples_changed()
    assert not any(isinstance(change, ListChanged) for change in changes)
    assert isinstance(changes[-1], SamplesChanged)


def test_pace_counts_labels_a_minute(session: Session) -> None:
    assert session.pace() == 0
    session.go_to(8)
    for _ in range(5):
        session.label("1")
    assert session.pace() > 0


def test_what_many_acts_wrote_reaches_the_file_in_a_pause(
    session: Session, columns: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import session as module
    from models.store.project import FILE_NAME

    file = columns / FILE_NAME
    session.open_project.checkpoint()
    before = file.read_bytes()
    for act in range(400):
        session.label(str(act % 2), np.array([0]))
    monkeypatch.setattr(module, "PAUSE", 3600.0)
    session.poll()
    session.jobs.settle()
    assert file.read_bytes() == before, "no pause yet"
    monkeypatch.setattr(module, "PAUSE", 0.0)
    session.poll()
    session.jobs.settle()
    assert file.read_bytes() != before
