"""Boxes by hand in the picture viewer: drawn, moved, resized, deleted, left off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.viewers.mouse import drag
from tests.viewers.smears import (
    PLAIN,
    SHIFT,
    point,
    settle,
    shown_viewer,
)
from widgets.picture.editing import BoxEdit
from widgets.picture.viewer import PictureViewer


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[PictureViewer]:
    yield from shown_viewer(qtbot)


def edits_of(viewer: PictureViewer) -> list[BoxEdit]:
    """What the viewer asks for from now on."""
    found: list[BoxEdit] = []
    viewer.boxes_asked.connect(found.extend)
    return found


def test_boxes_by_hand(viewer: PictureViewer, qtbot: QtBot) -> None:
    edits = edits_of(viewer)
    viewer.set_editing(True)
    assert viewer.edit.isChecked()
    assert viewer.hints.isVisible()
    drag(qtbot, viewer.canvas, point(viewer, 745, 430), point(viewer, 775, 455))
    assert edits[-1].kind == "draw"
    assert edits[-1].after == pytest.approx((745, 430, 775, 455), abs=1)
    drag(qtbot, viewer.canvas, point(viewer, 840, 360), point(viewer, 860, 350))
    assert edits[-1] == BoxEdit("move", "a.png#12", (790, 310, 890, 410), edits[-1].after)
    assert edits[-1].after == pytest.approx((810, 300, 910, 400), abs=1)
    right, bottom = edits[-1].after[2:]
    drag(qtbot, viewer.canvas, point(viewer, right, bottom), point(viewer, right + 30, bottom + 10))
    assert edits[-1].after == pytest.approx((810, 300, 940, 410), abs=2)
    qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    assert edits[-1] == BoxEdit("delete", "a.png#12", edits[-2].after, None)
    assert len(edits) == 4
    assert "a.png#12" not in viewer.canvas.boxes.ids
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert not viewer.edit.isChecked()


def test_a_deleted_box_is_not_pointed_at_any_more(viewer: PictureViewer, qtbot: QtBot) -> None:
    """Where the pointer rests on the last of them, there is none of its number left to be named."""
    viewer.set_editing(True)
    drag(qtbot, viewer.canvas, point(viewer, 745, 430), point(viewer, 775, 455))
    qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, PLAIN, point(viewer, 840, 360))
    last = len(viewer.canvas.boxes) - 1
    viewer.canvas.hover = last
    with qtbot.waitSignal(viewer.box_hovered) as told:
        qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    assert told.args == [""]
    assert len(viewer.canvas.boxes) == last
    assert viewer.canvas.accessibleDescription() == ""
    assert not viewer.grab().isNull()
    viewer.canvas.hover = 0
    viewer.canvas.clear()
    assert viewer.canvas.hover == -1
    assert not viewer.grab().isNull()


def test_the_view_stays_with_who_draws_when_the_window_changes(viewer: PictureViewer, qtbot: QtBot) -> None:
    viewer.set_editing(True)
    drag(qtbot, viewer.canvas, point(viewer, 745, 430), point(viewer, 775, 455))
    scale = viewer.canvas.view.scale
    viewer.resize(900, 500)
    settle(qtbot, viewer)
    assert viewer.canvas.view.scale == scale


def test_a_box_is_drawn_inside_another_with_shift_and_left_off_with_escape(viewer: PictureViewer, qtbot: QtBot) -> None:
    edits = edits_of(viewer)
    qtbot.mouseClick(viewer.edit, Qt.MouseButton.LeftButton)
    drag(qtbot, viewer.canvas, point(viewer, 1370, 490), point(viewer, 840, 360), SHIFT)
    assert [edit.kind for edit in edits] == ["draw"]
    qtbot.mousePress(viewer.canvas, Qt.MouseButton.LeftButton, PLAIN, point(viewer, 760, 440))
    qtbot.mouseMove(viewer.canvas, point(viewer, 775, 460))
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    qtbot.mouseRelease(viewer.canvas, Qt.MouseButton.LeftButton, PLAIN, point(viewer, 775, 460))
    assert len(edits) == 1
    assert viewer.edit.isChecked()


def test_the_next_payload_shows_the_boxes_as_they_are(viewer: PictureViewer, qtbot: QtBot) -> None:
    viewer.set_editing(True)
    drag(qtbot, viewer.canvas, point(viewer, 840, 360), point(viewer, 870, 360))
    assert viewer.picture is not None
    viewer.set_payload(viewer.picture)
    assert viewer.canvas.boxes.box(12) == (790, 310, 890, 410)
    assert viewer.edit.isChecked()  # many are mended one after another


def test_a_click_on_a_box_while_boxes_are_edited_takes_it_by_hand(viewer: PictureViewer, qtbot: QtBot) -> None:
    viewer.set_editing(True)
    with qtbot.assertNotEmitted(viewer.sample_asked):
        qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, PLAIN, point(viewer, 680, 360))
    assert viewer.canvas.editor is not None
    assert viewer.canvas.editor.place == 11
    before = viewer.canvas.view.left
    qtbot.mousePress(viewer.canvas, Qt.MouseButton.MiddleButton, PLAIN, QPoint(300, 300))
    for x in (320, 340):
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            QPointF(x, 300),
            QPointF(viewer.canvas.mapToGlobal(QPoint(x, 300))),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.MiddleButton,
            PLAIN,
        )
        QApplication.sendEvent(viewer.canvas, event)
    qtbot.mouseRelease(viewer.canvas, Qt.MouseButton.MiddleButton, PLAIN, QPoint(340, 300))
    assert viewer.canvas.view.left == before - 40
