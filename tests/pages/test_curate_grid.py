"""Cells as a grid: its place on the page, headings, order, and dragging thumbnails onto classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.grid_groups import groups_of
from app.window import Window
from tests.app.desk import choose, control, labels_of, press, settle
from tests.app.windows import Opened
from tests.pages.smears import COUNT, make_smears
from widgets.mosaic.view import Mosaic
from widgets.parts.text import Text

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def smears(tmp_path: Path) -> Path:
    return make_smears(tmp_path)


def area(window: Window) -> Any:
    page = window.page("curate")
    return page.inner.dockWidgetArea(page.label_dock)


def drag(qtbot: QtBot, mosaic: Mosaic, start: QPoint, end: QPoint) -> None:
    """From a point of the mosaic to a point of the screen."""
    view = mosaic.viewport()
    qtbot.mousePress(view, LEFT, pos=start)
    last = view.mapFromGlobal(end)
    for step in (1, 2, 3, 4):
        to = start + (last - start) * step / 4
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(to),
            QPointF(view.mapToGlobal(to)),
            LEFT,
            LEFT,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(view, event)
    qtbot.mouseRelease(view, LEFT, pos=last)


def test_a_grid_is_the_face_of_cells_until_a_person_wants_the_table(
    opened: Opened, smears: Path, generated: Path, qtbot: QtBot
) -> None:
    window = opened(smears)
    page = window.page("curate")
    settle(qtbot, window)
    qtbot.waitUntil(lambda: abs(page.list_dock.width() / page.width() - 0.58) < 0.03)
    assert isinstance(page.list.face(), Mosaic)
    assert area(window) == Qt.DockWidgetArea.BottomDockWidgetArea
    assert page.panel.wide
    window.run_command("list.table")
    qtbot.waitUntil(lambda: page.list_dock.width() / page.width() < 0.4)
    assert area(window) == Qt.DockWidgetArea.RightDockWidgetArea
    assert not page.panel.wide
    window.session.open(generated)
    settle(qtbot, window)
    assert not page.list.is_broad()
    window.session.open(smears)
    settle(qtbot, window)
    assert page.list.face() is page.list.table
    window.run_command("list.grid")
    assert isinstance(page.list.face(), Mosaic)


def test_thumbnails_stand_under_headings_in_the_order_asked_for(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    settle(qtbot, window)
    session = window.session
    groups = groups_of(session, "label", session.order)
    assert [(group.title, len(group.rows)) for group in groups] == [("rbc", 3), ("ring", 3), ("no label", 6)]
    assert [group.chip is not None for group in groups] == [True, True, False]
    assert [group.title for group in groups_of(session, "issue", session.order)] == ["Not judged"]
    assert sum(len(group.rows) for group in groups_of(session, "group", session.order)) == COUNT
    choose("grid.group", "label")
    choose("grid.sort", "_left" if "_left" in session.open_project.samples.names else "width")
    assert session.listing.sort == "width"
    assert not session.listing.descending
    window.page("curate").list._grid.turn.click()
    assert session.listing.descending


@pytest.mark.parametrize("size", [(1600, 1000), (1280, 720)])
def test_the_slider_says_what_it_is(opened: Opened, smears: Path, size: tuple[int, int], qtbot: QtBot) -> None:
    window = opened(smears, size)
    settle(qtbot, window)
    slider = control("thumb_size")
    word = next(one for one in slider.parentWidget().findChildren(Text) if one.text() == "Size")
    assert word.isVisible()
    assert word.width() >= word.sizeHint().width()
    assert word.geometry().right() < slider.geometry().left()
    assert slider.geometry().left() - word.geometry().right() < 12
    assert slider.accessibleName() == "Size of thumbnails"


@pytest.mark.parametrize("target", ["heading", "row"])
def test_thumbnails_dropped_on_a_class_get_it_as_one_act(
    opened: Opened, smears: Path, qtbot: QtBot, target: str
) -> None:
    window = opened(smears)
    settle(qtbot, window)
    choose("grid.group", "label")
    session, mosaic = window.session, window.page("curate").list.face()
    before = labels_of(session)
    rows = np.flatnonzero(session.places() < 0)[:3]
    session.choose(int(rows[0]), rows)
    start = mosaic.rect_of(int(np.flatnonzero(mosaic.picks.rows == rows[1])[0])).center()
    if target == "heading":
        ring = next(group for group in range(3) if mosaic._groups[group].title == "ring")
        box = next(box for group, box in mosaic._headings() if group == ring)
        end = mosaic.viewport().mapToGlobal(box.center())
    else:
        row = control("class_ring")
        end = row.mapToGlobal(row.rect().center())
    drag(qtbot, mosaic, start, end)
    after = labels_of(session)
    changed = {name for name in after if after[name] != before[name]}
    assert len(changed) == 3
    assert {after[name] for name in changed} == {"ring"}
    # Nothing moves, but the heading counts.
    assert [(len(group.rows), group.facts[1]) for group in mosaic._groups][2] == (6, "3 by hand")
    assert {group.facts[1] for place, group in enumerate(mosaic._groups) if place != 2} == {"0 by hand"}
    press(qtbot, window, "Ctrl+Z")
    assert labels_of(session) == before


def test_a_drag_that_ends_nowhere_changes_nothing_and_a_click_selects_alone(
    opened: Opened, smears: Path, qtbot: QtBot
) -> None:
    window = opened(smears)
    settle(qtbot, window)
    session, mosaic = window.session, window.page("curate").list.face()
    before = labels_of(session)
    session.choose(0, np.arange(4))
    start = mosaic.rect_of(2).center()
    drag(qtbot, mosaic, start, mosaic.viewport().mapToGlobal(start + QPoint(0, 200)))
    assert labels_of(session) == before
    assert len(session.selected) == 4
    qtbot.mouseClick(mosaic.viewport(), LEFT, pos=start)
    assert session.selected.tolist() == [2]


def test_a_wide_label_panel_leaves_the_picture_its_room_in_a_low_window(
    opened: Opened, smears: Path, qtbot: QtBot
) -> None:
    window = opened(smears)
    settle(qtbot, window)
    page = window.page("curate")
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: 0 < page.label_dock.height() <= 0.42 * page.height() + 2)
    qtbot.waitUntil(lambda: page.viewers.centre.height() > 0.5 * page.height())
