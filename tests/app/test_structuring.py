"""Merging and removing in the session: the list and the selection go on with what is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.session import Session
from models.change import StructureChanged
from models.orders.editing import steps_of, waiting
from models.store.project import Project
from models.structure import Edit
from tests.app.desk import make_session
from tests.projects import project_from
from tests.units.sortings import write_phy


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A project of a phy folder with the units 0, 2, 3 and 7, in rows 0 to 3."""
    write_phy(tmp_path / "phy")
    return project_from(tmp_path / "desk", "units", tmp_path / "phy")


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication, units: Path) -> Iterator[Session]:
    made = make_session(tmp_path)
    made.settings.set("curator", "ann")
    made.open(units)
    yield made
    made.close()
    made.jobs.close()


def select(session: Session, *rows: int) -> None:
    session.choose(rows[0], np.array(rows, np.int64))


def heard(session: Session) -> list[Any]:
    changes: list[Any] = []
    session.changed.connect(changes.append)
    return changes


def test_a_merge_moves_the_selection_to_what_was_made(session: Session) -> None:
    changes = heard(session)
    select(session, 1, 0)
    change = session.merge()
    assert change == StructureChanged((0, 1), (4,), "merge of 2 units")
    assert change in changes
    assert session.order.tolist() == [4, 2, 3]  # where its parts stood
    assert (session.current, session.selected.tolist(), session.count) == (4, [4], 3)
    session.undo()
    assert session.order.tolist() == [0, 1, 2, 3]
    assert (session.current, session.selected.tolist()) == (1, [1, 0])
    session.redo()
    assert (session.current, session.order.tolist()) == (4, [4, 2, 3])


def test_a_removed_sample_gives_its_place_to_the_next(session: Session) -> None:
    select(session, 1)
    session.remove()
    assert (session.order.tolist(), session.current) == ([0, 2, 3], 2)
    select(session, 3)
    session.remove()
    assert (session.order.tolist(), session.current) == ([0, 2], 2)
    session.undo()
    assert session.current == 3
    select(session, 0, 2, 3)
    session.remove()
    assert (session.order.tolist(), session.current, session.selected.tolist()) == ([], -1, [])


def test_a_split_goes_on_with_its_first_part(session: Session) -> None:
    select(session, 3)
    assert session.split(3, {"indices": [[0, 1, 2]]}) is not None
    assert (session.order.tolist(), session.current) == ([0, 1, 2, 4, 5], 4)


def test_undo_after_a_restart_shows_what_came_back(session: Session, units: Path) -> None:
    select(session, 0, 1)
    session.merge()
    session.open(units)
    session.go_to(4)
    session.undo()
    assert (session.order.tolist(), session.current) == ([0, 1, 2, 3], 0)


def test_what_cannot_be_merged_is_told_and_changes_nothing(session: Session) -> None:
    told: list[str] = []
    session.noticed.connect(lambda note: told.append(note.text))
    assert session.restructure([Edit("merge", (0, 0))]) is None
    assert "named twice" in told[-1]
    assert session.order.tolist() == [0, 1, 2, 3]


def test_an_act_is_offered_only_where_it_can_be_done(session: Session, columns: Path) -> None:
    select(session, 0)
    assert (session.can_edit("merge"), session.can_edit("remove"), session.can_edit("split")) == (False, True, True)
    select(session, 0, 1)
    assert (session.can_edit("merge"), session.can_edit("split")) == (True, False)
    assert session.edit_title("merge") == "Merge units"
    session.open(columns)
    select(session, 0, 1)
    assert not session.can_edit("merge")
    assert not session.edit_title("merge")


def test_what_still_waits_for_measures_gets_them_when_the_project_is_opened(session: Session, units: Path) -> None:
    select(session, 0, 1)
    session.merge()
    session.close()
    with Project.open(units) as project:
        project.keep_columns({"phy#8": {"_pending": True}})
        assert waiting(project) == [4]
    session.open(units)
    assert waiting(session.open_project) == []


def test_what_may_be_one_comes_as_a_queue_with_its_reason(session: Session, units: Path) -> None:
    told: list[str] = []
    session.noticed.connect(lambda note: told.append(note.text))
    session.propose()
    assert told == ["Nothing here looks as if it were one with another"]
    assert not session.listing.queue
    folder = Path(session.open_project.samples.sources[0])
    rng = np.random.default_rng(1)
    neuron = np.cumsum(60 + rng.exponential(340, 4000)).astype(np.uint64)
    np.save(folder / "spike_times.npy", neuron)
    np.save(folder / "spike_clusters.npy", rng.integers(2, 4, 4000).astype(np.int32))
    np.save(folder / "spike_templates.npy", np.zeros(4000, np.int32))
    np.save(folder / "amplitudes.npy", np.ones(4000))
    session.propose()
    assert (session.listing.queue, session.order.tolist()) == ("May be one", [1, 2])
    assert session.listing.reason(1).startswith(f"May be one with {session.short(2)}. Templates alike 1.00")
    select(session, 1, 2)
    session.merge()
    assert session.order.tolist() == []
    session.leave_queue()
    assert session.order.tolist() == [0, 3, 4]


def test_what_another_window_merged_is_followed(session: Session, units: Path) -> None:
    select(session, 0, 1)
    changes = heard(session)
    with Project.open(units) as other:
        from models.domains import domain

        other.restructure(steps_of(other, domain("units"), [Edit("merge", (0, 1))]), "bob", "merge of 2 units")
        session.poll()
        assert (session.order.tolist(), session.current) == ([4, 2, 3], 4)
        other.journal.undo("bob")
    session.poll()
    assert (session.order.tolist(), session.current) == ([0, 1, 2, 3], 0)
    assert [change.came for change in changes if isinstance(change, StructureChanged)][-1] == (0, 1)


def test_what_another_window_merged_twice_is_followed_to_its_end(session: Session, units: Path) -> None:
    select(session, 0, 1)
    with Project.open(units) as other:
        from models.domains import domain

        for rows in ((0, 1), (4, 3)):
            other.restructure(steps_of(other, domain("units"), [Edit("merge", rows)]), "bob", "merge of 2 units")
    session.poll()
    assert (session.order.tolist(), session.current, session.selected.tolist()) == ([5, 2], 5, [5])


def test_a_merge_in_the_test_set_says_so(session: Session) -> None:
    told: list[str] = []
    session.noticed.connect(lambda note: told.append(note.text))
    session.open_project.lock_test([0])
    select(session, 0, 1)
    session.merge()
    assert "Merge of 2 units" in told[-1]
    assert "in the locked test set" in told[-1]


def test_the_way_through_the_list_goes_on_after_a_merge(session: Session) -> None:
    select(session, 1, 2)
    session.merge()
    assert session.order.tolist() == [0, 4, 3]
    session.remove()
    assert (session.order.tolist(), session.current) == ([0, 3], 3)
