"""Notices: where they stand, how long, what they offer."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from tests.widgets.showing import shown
from widgets.parts import (
    LinkButton,
    Note,
    Notice,
    NoticeStack,
    ToolButton,
)
from widgets.parts.notice import keep_clear


def page(qtbot: QtBot) -> tuple[QWidget, NoticeStack]:
    over = shown(qtbot, QWidget(), 800, 600)
    return over, NoticeStack(over)


def test_a_notice_is_never_shown_where_it_is_made(look: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    over, stack = page(qtbot)
    places: list[int] = []
    monkeypatch.setattr(Notice, "showEvent", lambda notice, event: places.append(notice.x()), raising=False)
    stack.say("Labelled 23 as 2 hops")
    assert places
    assert min(places) > over.width() // 2


def test_a_notice_stays_clear_of_what_is_written_in(look: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notice, "underMouse", lambda notice: False)
    over, stack = page(qtbot)
    field = QLineEdit(over)
    field.setGeometry(500, 480, 290, 60)
    keep_clear(field)
    notice = stack.say(Note("Labelled 23 as 2 hops"))
    assert notice.geometry().bottom() < 540
    field.show()
    qtbot.waitUntil(lambda: notice.geometry().bottom() < field.geometry().top())
    assert notice.geometry().right() > over.width() - 30
    stack.drop_where(lambda note: "2 hops" in note.text)
    assert stack.shown() is None


def test_a_notice_stands_bottom_right_and_undoes(look: str, qtbot: QtBot) -> None:
    over, stack = page(qtbot)
    notice = stack.say(Note("Labelled 23 as 2 hops", actions=(("undo", "Undo"),)))
    assert notice.isVisible()
    assert notice.geometry().right() > over.width() - 30
    assert notice.geometry().bottom() < over.height() - 20
    button = notice.findChild(LinkButton, "notice_undo")
    with qtbot.waitSignal(stack.action_asked) as told:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told.args[0].text == "Labelled 23 as 2 hops"
    assert told.args[1] == "undo"
    assert stack.shown() is None


def test_one_notice_at_a_time_and_errors_come_back(dressed: object, qtbot: QtBot) -> None:
    _over, stack = page(qtbot)
    fault = stack.say(Note("Its box has no area.", "error", "a.xml, object 12"))
    done = stack.say("Labelled 1")
    assert stack.shown() is done
    assert not fault.isVisible()
    later = stack.say("Labelled 2")
    assert stack.shown() is later
    assert [note.text for note in stack.notes()] == ["Labelled 2", "Its box has no area."]
    stack.drop(later)
    assert stack.shown() is fault
    assert fault.isVisible()
    qtbot.mouseClick(fault.findChild(ToolButton, "notice_close"), Qt.MouseButton.LeftButton)
    assert stack.notes() == []


def test_a_passing_notice_waits_under_the_pointer(
    dressed: object, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _over, stack = page(qtbot)
    monkeypatch.setattr(Notice, "underMouse", lambda notice: True)
    stack.say("Saved")
    for _step in range(100):
        stack._tick()
    assert stack.shown() is not None


def test_a_passing_notice_goes_after_six_seconds(
    dressed: object, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _over, stack = page(qtbot)
    monkeypatch.setattr(Notice, "underMouse", lambda notice: False)
    clock = [100.0]
    monkeypatch.setattr("widgets.parts.notice.time.monotonic", lambda: clock[0])
    stack.say("Saved")
    # A busy window ticks late: the seconds count, not the ticks.
    for _step in range(2):
        clock[0] += 2.9
        stack._tick()
    assert stack.shown() is not None
    clock[0] += 0.3
    stack._tick()
    assert stack.shown() is None
    stack.say(Note("kept", "error"))
    for _step in range(100):
        stack._tick()
    assert stack.shown() is not None
    stack.clear()


def test_a_notice_that_went_while_it_glided_is_no_harm(
    dressed: object, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("widgets.parts.notice.theme.motion", lambda milliseconds: 10_000)
    _over, stack = page(qtbot)
    notice = stack.say("Saved")
    assert stack._gliding()
    stack.drop(notice)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not isValid(notice)
    stack.settle()
    assert stack.shown() is None


def test_a_notice_keeps_its_corner(dressed: object, qtbot: QtBot) -> None:
    over, stack = page(qtbot)
    notice = stack.say("Saved")
    over.resize(500, 400)
    qtbot.waitUntil(lambda: over.rect().contains(notice.geometry()))


def test_a_long_path_breaks_inside_a_notice(dressed: object, qtbot: QtBot) -> None:
    path = "/data/" + "simulation_of_tissue_" * 6 + ".h5"
    notice = Notice(Note(f"{path} is missing.", "error", "Not read"))
    shown(qtbot, notice, 380, 160)
    label = next(item for item in notice.findChildren(QLabel) if "missing" in item.text())
    assert label.toolTip() == f"{path} is missing."
    assert label.minimumSizeHint().width() <= label.width()
    assert label.heightForWidth(label.width()) >= 3 * label.fontMetrics().height()
