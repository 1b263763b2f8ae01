"""Boxes drawn, moved and deleted in the window by mouse and keys, and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.desk import press, settle
from tests.app.windows import Opened
from tests.projects import project_from
from tests.smears.scanned import bbbc
from widgets.picture.canvas import Canvas
from widgets.picture.editing import BoxEdit
from widgets.picture.viewer import PictureViewer

FIRST = "list.json#images/a.png#0"


@pytest.fixture
def smears(tmp_path: Path) -> Path:
    """Two labelled cells in one image, and an image without boxes."""
    for name in ("a", "empty"):
        place = tmp_path / "d" / "images" / f"{name}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((600, 800, 3), 200, np.uint8)).save(place)
    boxes = [(100, 100, 200, 200, "ring"), (400, 300, 500, 400, "rbc")]
    text = bbbc(("images/a.png", boxes), ("images/empty.png", []), width=800, height=600)
    (tmp_path / "d" / "list.json").write_text(text, "utf-8")
    return project_from(tmp_path / "desk", "smears", tmp_path / "d")


def at(canvas: Canvas, x: float, y: float) -> QPoint:
    """Where a place of the image is on the canvas."""
    low, high = canvas.to_image(QPointF(0, 0)), canvas.to_image(QPointF(100, 100))
    across, down = (high[0] - low[0]) / 100, (high[1] - low[1]) / 100
    return QPoint(round((x - low[0]) / across), round((y - low[1]) / down))


def drag(qtbot: QtBot, viewer: PictureViewer, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A press, a way and a release."""
    canvas, left = viewer.canvas, Qt.MouseButton.LeftButton
    first, last = at(canvas, *start), at(canvas, *end)
    qtbot.mouseMove(canvas, first)
    qtbot.mousePress(canvas, left, pos=first)
    for step in range(1, 5):
        move(canvas, first + (last - first) * step / 4)
    qtbot.mouseRelease(canvas, left, pos=last)


def move(canvas: Canvas, to: QPoint) -> None:
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(to), QPointF(canvas.mapToGlobal(to)), left, left, plain)
    QApplication.sendEvent(canvas, event)


def there(window: Any) -> dict[str, tuple[str | None, str | None]]:
    """Box and label of all that is there, by id."""
    project = window.session.project
    rows = np.flatnonzero(project.journal.fold.live)
    ids, boxes, labels = project.samples.ids(), project.samples.column("_box"), project.journal.fold.labels()
    return {ids[row]: (boxes[row], labels[row]) for row in rows.tolist()}


def edges(text: str | None) -> list[float]:
    return [float(value) for value in str(text).split(",")]


def test_boxes_are_drawn_moved_deleted_and_taken_back(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    session = window.session
    settle(qtbot, window)
    viewer = window.page("curate").viewers.pictures.viewer  # type: ignore[attr-defined]
    before = there(window)
    qtbot.mouseClick(viewer.edit, Qt.MouseButton.LeftButton)
    drag(qtbot, viewer, (600, 100), (700, 180))
    settle(qtbot, window)
    drawn = session.sample_id(session.current)
    assert edges(there(window)[drawn][0]) == pytest.approx([600, 100, 700, 180], abs=3)
    assert viewer.canvas.boxes.ids[viewer.canvas.boxes.chosen] == drawn, "the new box is the shown cell"
    assert viewer.canvas.editor.taken() == viewer.canvas.boxes.box(viewer.canvas.boxes.chosen), "and still in hand"
    press(qtbot, window, "2")
    assert there(window)[drawn][1] == session.classes[1]
    drag(qtbot, viewer, (650, 140), (650, 240))
    settle(qtbot, window)
    moved = session.sample_id(session.current)
    box, label = there(window)[moved]
    assert label == session.classes[1]
    assert edges(box) == pytest.approx([600, 200, 700, 280], abs=5)
    assert drawn not in there(window)
    session.go_to(session.rows_of([FIRST])[0])
    settle(qtbot, window)
    qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, pos=at(viewer.canvas, 150, 150))
    viewer.setFocus()
    qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    settle(qtbot, window)
    assert FIRST not in there(window)
    press(qtbot, window, "Ctrl+Z", "Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
    assert there(window) == before
    assert set(viewer.canvas.boxes.ids) == {FIRST, "list.json#images/a.png#1"}
    press(qtbot, window, "Ctrl+Shift+Z")
    assert drawn in there(window)


def test_an_image_without_boxes_gets_its_first_and_keeps_its_place_without_the_last(
    opened: Opened, smears: Path, qtbot: QtBot
) -> None:
    window = opened(smears)
    session = window.session
    session.go_to(session.rows_of(["list.json#images/empty.png"])[0])
    settle(qtbot, window)
    viewer = window.page("curate").viewers.pictures.viewer  # type: ignore[attr-defined]
    press(qtbot, window, "Shift+B")
    drag(qtbot, viewer, (100, 100), (200, 180))
    drag(qtbot, viewer, (400, 300), (480, 380))  # without a pause
    settle(qtbot, window)
    made = [name for name in there(window) if "empty" in name]
    assert [name.rpartition("#")[2] for name in made] == ["0", "1"]
    assert session.sample_id(session.current) == made[1]
    assert set(viewer.canvas.boxes.ids) == set(made)
    for name in made:
        place = viewer.canvas.boxes.ids.index(name)
        left, top, right, bottom = viewer.canvas.boxes.box(place)
        middle = at(viewer.canvas, (left + right) / 2, (top + bottom) / 2)
        qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, pos=middle)
        viewer.setFocus()
        qtbot.keyClick(viewer, Qt.Key.Key_Delete)
        settle(qtbot, window)
    left_over = [name for name in there(window) if "empty" in name]
    assert len(left_over) == 1
    assert there(window)[left_over[0]] == (None, None)
    assert session.sample_id(session.current) == left_over[0], "the image is still looked at"
    assert viewer.canvas.editor is not None


def test_a_refused_box_is_gone_from_the_picture(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    session = window.session
    settle(qtbot, window)
    viewer = window.page("curate").viewers.pictures.viewer  # type: ignore[attr-defined]
    heard: list[Any] = []
    session.noticed.connect(heard.append)
    before = there(window)
    viewer.canvas.boxes.add((100.0, 100.0, 200.0, 200.0))
    viewer.boxes_asked.emit([BoxEdit("draw", "", None, (100.0, 100.0, 200.0, 200.0))])
    assert "is there already" in heard[-1].text
    assert there(window) == before
    assert len(viewer.canvas.boxes) == 2


def test_taking_back_shows_a_sample_that_is_there(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    session = window.session
    settle(qtbot, window)
    viewer = window.page("curate").viewers.pictures.viewer  # type: ignore[attr-defined]
    first = session.current
    press(qtbot, window, "Shift+B")
    drag(qtbot, viewer, (600, 100), (700, 180))
    settle(qtbot, window)
    drawn = session.current
    drag(qtbot, viewer, (650, 140), (650, 240))
    settle(qtbot, window)
    moved = session.current
    assert viewer.picture.facts[0] == "cell 3 of 3", "what the moved one was before is not counted"
    for wanted in (drawn, first):
        press(qtbot, window, "Ctrl+Z")
        settle(qtbot, window)
        assert session.current == wanted
        assert viewer.canvas.boxes.ids[viewer.canvas.boxes.chosen] == session.sample_id(wanted)
    for wanted in (drawn, moved):
        press(qtbot, window, "Ctrl+Shift+Z")
        settle(qtbot, window)
        assert session.current == wanted
        assert viewer.canvas.boxes.ids[viewer.canvas.boxes.chosen] == session.sample_id(wanted)


def test_boxes_by_hand_begin_from_the_list_and_end_with_escape(opened: Opened, smears: Path, qtbot: QtBot) -> None:
    window = opened(smears)
    settle(qtbot, window)
    page = window.page("curate")
    viewer = page.viewers.pictures.viewer  # type: ignore[attr-defined]
    page.list.focus_list()  # type: ignore[attr-defined]
    press(qtbot, window, "Shift+B")
    assert viewer.edit.isChecked()
    press(qtbot, window, "Escape")
    assert not viewer.edit.isChecked()
    press(qtbot, window, "Shift+B")
    press(qtbot, window, "Shift+B")
    assert not viewer.edit.isChecked()
