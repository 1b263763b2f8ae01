"""Similar cells and batches: ranked, selected, labelled and accepted as one act."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.pages.fetching import chosen, draw
from models.errors import UserError
from models.store.view import View
from tests.app.desk import choose, click, control, labels_of, press, settle
from tests.app.windows import Opened
from tests.pages.smears import COUNT, make_smears


@pytest.fixture
def smears(tmp_path: Path) -> Path:
    return make_smears(tmp_path)


def test_cells_like_one_are_selected_and_labelled_as_one_act(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    settle(qtbot, window)
    session = window.session
    before = labels_of(session)
    session.go_to(7)
    press(qtbot, window, "S")
    qtbot.waitUntil(lambda: session.listing.queue.startswith("Similar"), timeout=20000)
    settle(qtbot, window)
    assert session.order[0] == 7
    assert len(session.order) == COUNT
    marks = window.page("curate").list._grid.thumbs.marks(session.order[:6])
    assert [mark.p for mark in marks] == [item.score for item in session.listing.suggestions[:6]]
    window.run_command("similar.select")
    control("alike.count").setText("6")
    click(qtbot, "alike.ok")
    assert set(session.selected.tolist()) == {1, 3, 5, 7, 9, 11}
    assert labels_of(session) == before
    window.run_command("label.class.ring")
    after = list(labels_of(session).values())
    assert [after[row] for row in (7, 9, 11)] == ["ring"] * 3
    press(qtbot, window, "Ctrl+Z")
    assert labels_of(session) == before


def test_labelled_neighbours_stand_under_the_classes(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    settle(qtbot, window)
    page = window.page("curate")
    near = page.panel.near
    window.session.go_to(7)
    qtbot.waitUntil(lambda: len(near._rows) == 5 and set(near._rows[:3]) == {1, 3, 5}, timeout=20000)
    assert near._marks[0].label == window.session.classes.index("ring")
    assert near._marks[0].p > 0.5
    window.session.settings.set("advance", False)
    window.run_command("label.class.ring")
    assert len(near._rows) == 5
    window.session.go_to(8)
    assert not near._rows, "neighbours of another cell"
    assert not near.accessibleDescription()
    page.alike._reader.arrived.emit(("near", 7), (np.array([1]), np.array([0.9]), np.zeros((1, 4, 4, 3), np.uint8)))
    assert not near._rows, "what was read for the cell before comes too late"


def test_a_batch_is_fetched_and_accepted_whole(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    settle(qtbot, window)
    session = window.session
    window.run_command("batch.fetch")
    control("batch.count").setText("2")
    choose("batch.way", "class")
    choose("batch.class", "ring")
    click(qtbot, "batch.ok")
    assert session.listing.queue == "2 of ring"
    assert len(session.order) == 2
    assert set(session.order.tolist()) <= {1, 3, 5}
    assert window.run_command("batch.accept")
    human = session.open_project.journal.fold.human()
    assert np.flatnonzero(human).tolist() == sorted(session.order.tolist())
    assert not session.open_project.journal.events(limit=1)[0].accepts, "there is no model whose word was taken"
    press(qtbot, window, "Ctrl+Z")
    assert not session.open_project.journal.fold.human().any()


def test_what_was_corrected_in_a_batch_stays_when_all_of_it_is_accepted(
    opened: Opened, smears: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(View, "accepted", lambda view, rows: ["rbc"] * len(rows))
    window = opened(smears)
    settle(qtbot, window)
    session = window.session
    session.show_rows(np.arange(6), "6 by chance")
    session.choose(2, np.array([2]))
    window.run_command("label.class.ring")
    assert window.run_command("batch.accept")
    after = list(labels_of(session).values())
    assert after[:6] == ["rbc", "rbc", "ring", "rbc", "rbc", "rbc"]
    assert session.open_project.journal.fold.human()[:6].all()
    assert session.open_project.journal.events(limit=1)[0].accepts
    for row, words in ((1, "Accepted"), (2, "Labelled")):
        session.go_to(row)
        settle(qtbot, window)
        moments = window.page("curate").panel.history.rows()
        assert next(one.title for one in moments if "proposed" not in one.title).startswith(words), row


def test_a_number_typed_into_the_question_takes_the_place_of_the_proposed_one(
    opened: Opened, smears: Path, qtbot: QtBot
) -> None:
    window = opened(smears)
    settle(qtbot, window)
    window.run_command("batch.fetch")
    field = control("batch.count")
    qtbot.keyClicks(field, "7")
    assert field.text() == "7"


def test_a_batch_comes_of_one_group_or_by_chance(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    settle(qtbot, window)
    session = window.session
    session.go_to(8)
    rows, _ = chosen(session, {"way": "group", "group": "", "class": ""})
    assert rows.tolist() == list(range(6, 12))
    assert chosen(session, {"way": "group", "group": "a.png", "class": ""})[0].tolist() == list(range(6))
    with pytest.raises(UserError, match="2 images have"):
        chosen(session, {"way": "group", "group": ".png", "class": ""})
    session.choose(3, np.array([3]))
    assert window.run_command("flag.exclude")
    assert 3 not in chosen(session, {"way": "group", "group": "a.png", "class": ""})[0].tolist(), "it is left out"
    rows, words = chosen(session, {"way": "chance", "group": "", "class": ""})
    assert words == "by chance"
    assert 3 not in rows.tolist()
    picked = draw(rows, 5, seed=1)
    assert len(set(picked.tolist())) == 5
    assert picked.tolist() != draw(rows, 5, seed=2).tolist()


def test_the_next_batch_leaves_what_a_person_has_labelled_to_the_end() -> None:
    rows, seen = np.arange(20), np.zeros(20, bool)
    for left in (15, 10, 5, 0):
        picked = draw(rows, 5, seen)
        assert not seen[picked].any()
        seen[picked] = True
        assert (~seen).sum() == left
    assert len(draw(rows, 5, seen)) == 5, "what is asked for again comes again"
