"""Acts beside the journal, taken back and done again in their turn among those of the journal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from app.reversals import Reversal, Reversals
from models.errors import UserError


def event(number: int) -> Any:
    return SimpleNamespace(number=number)


def act(title: str, done: list[str]) -> Reversal:
    return Reversal(title, lambda: done.append(f"not {title}"), lambda: done.append(title))


def test_what_was_taken_back_is_not_done_again_after_something_new() -> None:
    turns, done = Reversals(), list[str]()
    turns.keep(act("a", done), None)
    turns.undo(None)
    assert turns.redoable(None, None) is not None
    turns.keep(act("b", done), None)
    assert turns.redoable(None, None) is None
    turns.undo(None)
    turns.redo()
    assert done == ["not a", "not b", "b"]


def test_it_is_done_again_only_before_the_act_that_followed() -> None:
    turns = Reversals()
    turns.keep(act("a", []), event(1))
    turns.undo(event(2))
    assert turns.redoable(event(1), event(2)) is not None
    assert turns.redoable(event(1), event(3)) is None, "the journal went another way since"
    assert turns.redoable(None, event(2)) is None


def test_the_last_one_goes_first_and_later_acts_of_the_journal_before_it() -> None:
    turns = Reversals()
    turns.keep(act("a", []), event(1))
    turns.keep(act("b", []), event(1))
    found = turns.undoable(event(1))
    assert found is not None
    assert found.title == "b"
    assert turns.undoable(event(2)) is None
    assert turns.undoable(None) is None


def test_one_that_is_refused_stays_to_be_tried_again() -> None:
    def refuse() -> None:
        raise UserError("read-only")

    turns = Reversals()
    turns.keep(Reversal("a", refuse, refuse), None)
    with pytest.raises(UserError):
        turns.undo(None)
    assert turns.undoable(None) is not None
    assert turns.redoable(None, None) is None
