"""Everything can be reached without a mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.app.desk import control, page_names, press, settle, type_in
from tests.app.windows import Opened
from tests.walks.sight import words
from widgets.parts.ring import FocusRing

KINDS = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit)


def controls(root: QWidget) -> set[QWidget]:
    """What a person can press or type into."""
    found = set()
    for widget in root.findChildren(QWidget):
        if widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty():
            takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if isinstance(widget, KINDS) or (takes and widget.objectName()):
                found.add(widget)
    return found


def tabbed(start: QWidget, backwards: bool = False) -> list[QWidget]:
    """The controls that Tab goes through until it comes round."""
    key = Qt.Key.Key_Backtab if backwards else Qt.Key.Key_Tab
    keys = Qt.KeyboardModifier.ShiftModifier if backwards else Qt.KeyboardModifier.NoModifier
    start.setFocus(Qt.FocusReason.TabFocusReason)
    seen: list[QWidget] = []
    while len(seen) < 300:
        focus = QApplication.focusWidget()
        assert focus is not None
        if focus in seen:
            return seen
        seen.append(focus)
        QTest.keyClick(focus, key, keys)
    raise AssertionError("Tab never comes round")


@pytest.mark.parametrize("backwards", [False, True])
def test_tab_reaches_every_control_of_the_curate_page(
    opened: Opened, project: Path, qtbot: QtBot, backwards: bool
) -> None:
    window = opened(project)
    page = window.page("curate")
    reached = set(tabbed(control("list.table"), backwards))
    assert sorted(words(widget) for widget in controls(page) - reached) == []


@pytest.mark.parametrize("name", [name for name in page_names() if name not in ("curate", "start")])
def test_tab_reaches_every_control_of_the_other_pages(opened: Opened, project: Path, qtbot: QtBot, name: str) -> None:
    window = opened(project)
    window.show_page(name)
    settle(qtbot, window)
    page = window.page(name)
    first = page.first_focus() or next(iter(controls(page)))
    reached = set(tabbed(first))
    assert sorted(words(widget) for widget in controls(page) - reached) == []


def test_f6_goes_from_pane_to_pane_and_comes_round(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    seen = []
    for _ in range(12):
        press(qtbot, window, "F6")
        focus = QApplication.focusWidget()
        assert focus is not None
        if focus in seen:
            break
        seen.append(focus)
    assert len(seen) >= 3
    assert focus is seen[0]


def test_every_control_has_a_name(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    nameless = []
    for name in page_names():
        window.show_page(name)
        settle(qtbot, window)
        for widget in controls(window):
            spoken = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
            if not spoken:
                nameless.append(f"{name}: {words(widget)}")
    assert nameless == []


def test_the_focus_is_seen_on_every_control_of_the_curate_page(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    table = control("list.table")
    unseen = []
    for widget in tabbed(table):
        other = control("label.note") if widget is table else table
        other.setFocus(Qt.FocusReason.TabFocusReason)
        before = around(window, widget)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if around(window, widget) == before:
            unseen.append(words(widget))
    assert unseen == []


def around(window: QWidget, widget: QWidget) -> QImage:
    """A control as it is seen, with the room of its ring."""
    QApplication.processEvents()
    place = widget.mapTo(window, widget.rect().topLeft())
    return window.grab(QRect(place, widget.size()).adjusted(-4, -4, 4, 4)).toImage()


@pytest.mark.parametrize("name", ["trace_viewer", "tissue_field", "class_1", "label.flag", "list.queue", "topbar.find"])
def test_escape_leads_back_to_the_list(opened: Opened, project: Path, qtbot: QtBot, name: str) -> None:
    window = opened(project)
    window.session.filter("noise > 0.03")
    control(name).setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, window, "Escape")
    assert QApplication.focusWidget() is control("list.table")
    assert window.session.listing.where == "noise > 0.03", "one step at a time"


def test_a_pane_has_a_ring_by_keys_and_none_by_a_click(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    press(qtbot, window, "F6")
    viewer = control("trace_viewer")
    assert QApplication.focusWidget() is viewer
    assert [ring for ring in window.findChildren(FocusRing) if ring.isVisible()]
    press(qtbot, window, "Escape")
    viewer.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not [ring for ring in window.findChildren(FocusRing) if ring.isVisible()]


def test_letters_act_outside_text_fields_only(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    before = window.session.open_project.journal.position
    press(qtbot, window, "T")
    assert QApplication.focusWidget() is control("label.note")
    type_in("2 faint xylophones", window)
    press(qtbot, window, "Escape")
    fold = window.session.open_project.journal.fold
    assert fold.note(window.session.current) == "2 faint xylophones"
    assert window.session.open_project.journal.position == before + 1
    press(qtbot, window, "D")
    assert window.session.open_project.journal.fold.flagged("bookmark")[window.session.current]


def test_escape_goes_one_step_back_at_a_time(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    window.session.filter("noise > 0.03")
    press(qtbot, window, "Down", "Shift+Down")
    press(qtbot, window, "Ctrl+K")
    press(qtbot, window, "Escape")
    assert not window.palette_box.isVisible()
    assert len(window.session.selected) == 2
    press(qtbot, window, "Escape")
    assert (len(window.session.selected), window.session.listing.where) == (1, "noise > 0.03")
    press(qtbot, window, "Escape")
    assert window.session.listing.where == ""
