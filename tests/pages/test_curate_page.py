"""What the curate page says of one sample: who gave its label, and beside what."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.pages.curate import CuratePage
from app.pages.showing import SLOW_MS
from tests.app.desk import click, control, press, settle, type_in
from tests.app.windows import Opened


def test_it_says_who_gave_the_label(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    page, session = window.page("curate"), window.session
    assert isinstance(page, CuratePage)
    session.go_to(next(row for row in range(50) if session.labels()[row] >= 0))
    panel, trace = page.panel, page.viewers.trace
    settle(qtbot, window)
    assert trace.header.title.text() == session.short(session.current)
    assert trace.header.title.toolTip() == session.sample_id(session.current)
    assert panel.legend.accessibleName() == "imported label, model"
    assert trace.person.isHidden()
    press(qtbot, window, "K")
    press(qtbot, window, "Shift+Space")
    assert panel.legend.accessibleName() == "your label, model"
    assert trace.person.toolTip() == f"Labelled by {session.curator}"
    assert not trace.person.isHidden()
    session.open_project.journal.label([session.current], "1", "bob", "bob's")
    session.poll()
    press(qtbot, window, "Space")
    press(qtbot, window, "Shift+Space")
    assert panel.legend.accessibleName() == "label by bob, model"
    assert trace.person.toolTip() == "Labelled by bob"
    press(qtbot, window, "Backspace")
    assert trace.person.isHidden()
    assert panel.legend.accessibleName() == "label, model"


def test_enter_in_the_filter_goes_to_the_list_unless_it_cannot_be_read(
    opened: Opened, labelled: Path, qtbot: QtBot
) -> None:
    window = opened(labelled)
    press(qtbot, window, "/")
    type_in("noise >", window)
    press(qtbot, window, "Return")
    assert QApplication.focusWidget() is control("filter_field")
    assert window.session.listing.where == ""
    type_in(" 0.03", window)
    press(qtbot, window, "Return")
    assert QApplication.focusWidget() is control("list.table")
    assert window.session.listing.where == "noise > 0.03"
    before = window.session.open_project.journal.position
    press(qtbot, window, "2")
    assert window.session.open_project.journal.position == before + 1, "letters are keys again"


def test_an_explanation_stands_with_its_check(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    page, session = window.page("curate"), window.session
    assert isinstance(page, CuratePage)
    settle(qtbot, window)
    sanity = {"similarity": -0.034, "passed": True, "words": "Rank correlation …"}
    told = {"values": {session.sample_id(session.current): [0.0, 1.0, 0.5]}, "sanity": sanity, "words": "Words."}
    page.reviewing._explained(session.sample_id(session.current), told)
    assert page.viewers.trace.strip.words == "relevance, random weights \u2212.03"
    page.reviewing._explained(session.sample_id(session.current), {**told, "sanity": None})
    assert page.viewers.trace.strip.words == "relevance"
    sample = session.sample_id(session.current)
    page.reviewing._explained(sample, {**told, "values": {sample: [0.0, 0.0, 0.0]}, "empty": [sample], "sanity": None})
    assert page.viewers.trace.strip.words == "relevance, nothing to see"


def test_a_class_and_its_probability_never_part_at_the_end_of_a_line(
    opened: Opened, trained: Path, qtbot: QtBot
) -> None:
    window = opened(trained)
    window.session.filter("conflict")
    settle(qtbot, window)
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    told = [label.text() for label in page.panel.issue.findChildren(QLabel) if "gives" in label.text()]
    assert len(told) == 1
    assert re.search(r"gives \d\u00a0hops?\u00a0\.\d\d|gives centre\u00a0\.\d\d", told[0])


def test_the_panel_calls_the_run_by_the_name_that_a_person_gave_it(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = opened(trained)
    session = window.session
    session.open_project.runs.rename(session.run, "by hand", "ana")
    session.filter("conflict")
    settle(qtbot, window)
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    told = [label.text() for label in page.panel.issue.findChildren(QLabel) if "gives" in label.text()]
    assert len(told) == 1
    assert ", by hand gives " in told[0]
    assert session.run not in told[0]


def test_offered_numbers_find_their_samples(opened: Opened, labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = opened(labelled)
    session = window.session
    levels = np.array([0.01, 0.03], np.float32).astype(np.float64)
    values = levels[np.arange(len(session.view)) % 2]
    monkeypatch.setattr(type(session.view), "column", lambda view, name: values)
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    offered = [words.strip('"') for words, _hint in page.list._complete("noise == ")]
    assert [float(text) for text in offered] == levels.tolist()


def drag_list_edge(qtbot: QtBot, page: CuratePage, by: int) -> None:
    """A real drag of the line between list and viewers."""
    dock = page.list_dock.geometry()
    start = QPoint(dock.right() + 1, dock.center().y())
    QTest.mouseMove(page.inner, start)
    QTest.mousePress(page.inner, Qt.MouseButton.LeftButton, pos=start)
    for step in (by // 2, by):
        QTest.mouseMove(page.inner, start + QPoint(step, 0))
        qtbot.wait(20)
    QTest.mouseRelease(page.inner, Qt.MouseButton.LeftButton, pos=start + QPoint(by, 0))
    qtbot.wait(20)


def resize(qtbot: QtBot, page: CuratePage, wide: int, tall: int) -> None:
    page.desk.resize(wide, tall)
    qtbot.waitUntil(lambda: page.width() == wide)
    settle(qtbot, page.desk)
    qtbot.wait(20)


def test_a_list_made_narrow_on_a_small_screen_shows_its_columns_on_a_large_one(
    opened: Opened, labelled: Path, qtbot: QtBot
) -> None:
    window = opened(labelled, (1280, 720))
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    header = page.list.table.header
    for name in ("by", "note"):
        header._toggle(name, True)
    assert page.list_dock.width() == round(1280 * 0.26)
    drag_list_edge(qtbot, page, -40)
    narrow = page.list_dock.width()
    assert narrow < 320
    resize(qtbot, page, 2560, 1400)
    assert page.list_dock.width() == page.list.wanted_width()
    assert header.total_width() <= header.width(), "what was ticked is all in view"
    resize(qtbot, page, 1280, 720)
    assert page.list_dock.width() == narrow, "the small window is as it was left"
    window.close()
    page = opened(labelled, (1280, 720)).page("curate")
    assert isinstance(page, CuratePage)
    assert page.list_dock.width() == narrow
    page.reset_layout()
    qtbot.waitUntil(lambda: page.list_dock.width() == round(1280 * 0.26))


def test_ticking_a_column_makes_room_for_it_where_there_is_some(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    page = opened(labelled, (2560, 1400)).page("curate")
    assert isinstance(page, CuratePage)
    before = page.list_dock.width()
    page.list.table.header._toggle("note", True)
    qtbot.waitUntil(lambda: page.list_dock.width() > before)


def test_the_sample_that_is_compared_with_is_named(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    page, session = window.page("curate"), window.session
    assert isinstance(page, CuratePage)
    settle(qtbot, window)
    first = session.short(session.current)
    press(qtbot, window, "Space", "C")
    settle(qtbot, window)
    assert f"before: {first}" in page.viewers.trace.caption.accessibleName()


def test_accepting_by_a_click_leaves_the_keyboard_with_the_list(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = opened(trained)
    window.show_page("curate")
    session = window.session
    settle(qtbot, window)
    labels, models = session.view.column("label"), session.view.column("prediction")
    row = next(row for row in session.order if models[row] and labels[row] != models[row])
    session.go_to(int(row))
    settle(qtbot, window)
    table = QApplication.focusWidget()
    click(qtbot, "label.accept")
    settle(qtbot, window)
    assert QApplication.focusWidget() is table, "Enter labels nothing, the arrows go on in the list"


def test_the_history_tells_what_was_taken_on_the_models_word(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = opened(trained)
    window.show_page("curate")
    page, session = window.page("curate"), window.session
    assert isinstance(page, CuratePage)
    settle(qtbot, window)
    session.choose(int(session.order[0]), session.order[:3])
    session.accept_model()
    session.go_to(int(session.order[0]))
    settle(qtbot, window)
    newest = page.panel.history.rows()[1]
    assert newest.title.startswith("Accepted ")
    assert newest.text.endswith(f"{session.record().id}'s word, one of 3")
    session.label(session.classes[0], session.order[:1])
    settle(qtbot, window)
    assert page.panel.history.rows()[1].title.startswith("Labelled ")


def test_a_note_and_its_end_stand_in_the_history(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    settle(qtbot, window)
    page, session = window.page("curate"), window.session
    assert isinstance(page, CuratePage)
    session.note("odd", session.current)
    settle(qtbot, window)
    newest = page.panel.history.rows()[0]
    assert (newest.title, newest.text) == ("Note", f"{session.curator}: odd")
    session.note("", session.current)
    settle(qtbot, window)
    newest = page.panel.history.rows()[0]
    assert (newest.title, newest.text) == ("Note taken away", session.curator)


def test_a_sample_that_is_slow_to_read_is_not_spoken_of_when_its_project_is_closed(
    opened: Opened, labelled: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(labelled)
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    settle(qtbot, window)
    page.reader.forget()
    monkeypatch.setattr(page.reader, "ask", lambda *_args: None)
    said: list[str] = []
    monkeypatch.setattr(page.viewers, "show_loading", said.append)
    window.session.go_to(7)
    qtbot.waitUntil(lambda: said == [window.session.short(7)])
    window.session.go_to(8)
    assert page.showing.busy()
    window.session.leave()
    assert window.session.project is None
    assert not page.showing.busy()
    qtbot.wait(2 * SLOW_MS)
    assert len(said) == 1
