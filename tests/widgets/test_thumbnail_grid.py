"""The mosaic by mouse and key: groups, frames, sizes, a million rows."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from models.change import Rows
from widgets import theme
from widgets.mosaic.layout import EDGE, Group, Layout
from widgets.mosaic.marks import ThumbMark
from widgets.mosaic.tiles import Picture, tile
from widgets.mosaic.view import Mosaic
from widgets.thumbnail_grid import ThumbnailGrid

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
NAMES = ["ring", "trophozoite"]


class Toy:
    """A plain tile a row; notes what was read; rows over `late` are still to come."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.late = 10**9

    def pixels(self, rows: Rows, size: int) -> Sequence[Picture]:
        self.read += rows.tolist()
        kinds = [self.one(row) for row in rows.tolist()]
        return kinds

    def one(self, row: int) -> Picture:
        if row >= self.late:
            return None
        if row % 3 == 1:
            return np.sin(np.arange(50) / 5)
        return np.full((20, 20, 3) if row % 3 else (20, 30), 10 + row % 200, np.uint8)

    def marks(self, rows: Rows) -> Sequence[ThumbMark]:
        return [ThumbMark(row % 2, (row // 2) % 2, 0.5, row % 2 == 0) for row in rows.tolist()]


def make(qtbot: QtBot, groups: Sequence[Group] = (), wide: int = 420, tall: int = 400) -> ThumbnailGrid:
    grid = ThumbnailGrid(Toy())
    grid.set_classes(NAMES, ["R", "T"])
    qtbot.addWidget(grid)
    grid.resize(wide, tall)
    grid.set_groups(
        groups
        or [Group("trophozoite", np.arange(10), ("T", 1), ("10 predicted",), 3), Group("ring", np.arange(20, 40))]
    )
    with qtbot.waitExposed(grid):
        grid.show()
    return grid


def click(mosaic: Mosaic, position: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(mosaic.viewport(), LEFT, keys, mosaic.rect_of(position).center())


def heard(grid: ThumbnailGrid) -> tuple[list[int], list[list[int]]]:
    currents: list[int] = []
    selections: list[list[int]] = []
    grid.current_asked.connect(currents.append)
    grid.selection_asked.connect(lambda rows: selections.append(rows.tolist()))
    return currents, selections


def test_clicks_select_by_project_row(look: str, qtbot: QtBot) -> None:
    grid = make(qtbot)
    currents, selections = heard(grid)
    click(grid.mosaic, 2)
    click(grid.mosaic, 11, SHIFT)
    click(grid.mosaic, 0, CONTROL)
    assert currents == [2, 21, 0]
    assert selections[1] == [*range(2, 10), 20, 21]
    assert selections[2][0] == 0


def test_arrows_walk_over_lines_and_groups(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot)
    columns = Layout([], (), grid.mosaic.viewport().width(), grid.mosaic.side).columns
    assert columns == 4
    currents, _selections = heard(grid)
    click(grid.mosaic, 0)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left):
        qtbot.keyClick(grid.mosaic, key)
    assert currents == [0, 1, 5, 9, 21, 9, 8]
    qtbot.keyClick(grid.mosaic, Qt.Key.Key_End)
    assert currents[-1] == 39
    qtbot.keyClick(grid.mosaic, Qt.Key.Key_PageUp)
    assert 20 <= currents[-1] < 39
    qtbot.keyClick(grid.mosaic, Qt.Key.Key_Home)
    assert currents[-1] == 0


def test_a_dragged_frame_selects(look: str, qtbot: QtBot) -> None:
    grid = make(qtbot)
    _currents, selections = heard(grid)
    view = grid.mosaic.viewport()
    start, end = grid.mosaic.rect_of(0).center(), grid.mosaic.rect_of(5).center()
    QTest.mousePress(view, LEFT, pos=start)
    QTest.mouseMove(view, start + QPoint(20, 20))
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, LEFT, pos=end)
    assert selections[-1] == [0, 1, 4, 5]
    assert grid.mosaic.picks.current == 0


def test_the_action_bar_labels_a_selection(look: str, qtbot: QtBot) -> None:
    grid = make(qtbot)
    button = grid.action_bar.findChild(QWidget, "bulk_ring")
    assert not button.isVisible()
    click(grid.mosaic, 0)
    click(grid.mosaic, 3, SHIFT)
    assert button.isVisible()
    assert grid.childAt(button.mapTo(grid, button.rect().center())) is button
    with qtbot.waitSignal(grid.class_asked) as told:
        qtbot.mouseClick(button, LEFT)
    assert told.args == ["ring"]
    qtbot.keyClick(grid.mosaic, Qt.Key.Key_Escape)
    assert not button.isVisible()
    qtbot.keyClick(grid.mosaic, Qt.Key.Key_A, CONTROL)
    qtbot.mouseClick(grid.action_bar.findChild(QWidget, "clear_selection"), LEFT)
    assert grid.mosaic.picks.count() == 1


def test_thumbnails_reach_the_lower_edge_and_come_out_from_under_the_action_bar(look: str, qtbot: QtBot) -> None:
    grid = make(qtbot)
    mosaic = grid.mosaic
    assert mosaic.geometry().bottom() == grid.rect().bottom()
    low = mosaic.picks.rows[mosaic.position_at(QPoint(30, mosaic.viewport().height() - 12))]
    top = mosaic.rect_of(0).top()
    click(mosaic, 0)
    click(mosaic, 3, SHIFT)
    assert mosaic.rect_of(0).top() == top
    for _line in range(3):
        qtbot.keyClick(mosaic, Qt.Key.Key_Down, SHIFT)
    assert low <= mosaic.picks.current
    assert mosaic.rect_of(mosaic.picks.position).bottom() < grid.action_bar.y()
    qtbot.keyClick(mosaic, Qt.Key.Key_A, CONTROL)
    mosaic.verticalScrollBar().setValue(mosaic.verticalScrollBar().maximum())
    assert mosaic.rect_of(29).bottom() < grid.action_bar.y()


@pytest.mark.parametrize("wide", [300, 420, 700])
def test_the_action_bar_never_clips(wide: int, dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot, wide=wide)
    grid.mosaic.setFocus()
    qtbot.keyClick(grid.mosaic, Qt.Key.Key_A, CONTROL)
    bar = grid.action_bar
    end = bar.width() - 12 if bar._clear.isHidden() else bar._clear.x()
    assert bar._buttons[1].isVisible()
    for button in bar._buttons:
        assert not button.isVisible() or button.geometry().right() < end


def test_a_heading_closes_its_group_and_stays_in_view(look: str, qtbot: QtBot) -> None:
    grid = make(qtbot)
    mosaic = grid.mosaic
    mosaic.verticalScrollBar().setValue(60)
    headings = dict(mosaic._headings())
    assert headings[0].top() == 0
    QTest.mouseClick(mosaic.viewport(), LEFT, pos=QPoint(60, 15))
    assert len(mosaic.picks) == 20
    assert mosaic.picks.rows[0] == 20
    mosaic.toggle_group("trophozoite")
    assert len(mosaic.picks) == 30


def test_a_heading_covers_what_lies_below_it(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot)
    grid.mosaic.verticalScrollBar().setValue(60)
    assert grid.mosaic.position_at(QPoint(30, 15)) == -1
    assert grid.mosaic.position_at(QPoint(30, 60)) >= 0


def test_the_slider_and_the_wheel_change_the_size(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot)
    grid.mosaic.show_selection(35)
    grid.set_size(120)
    assert grid.mosaic.side == 120
    assert grid.mosaic.viewport().rect().contains(grid.mosaic.rect_of(grid.mosaic.picks.position))
    grid.set_size(1000)
    assert grid.mosaic.side == 192
    with qtbot.waitSignal(grid.size_changed):
        grid.mosaic.side_asked.emit(48)
    assert grid.size_slider.value() == grid.mosaic.side == 48


def test_pictures_still_to_come_are_asked_again(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot)
    toy = grid.mosaic._thumbs
    assert isinstance(toy, Toy)
    toy.late = 0
    grid.mosaic.forget()
    grid.mosaic.viewport().repaint()
    toy.read.clear()
    toy.late = 10**9
    grid.refresh()
    grid.mosaic.viewport().repaint()
    assert 0 in toy.read
    toy.read.clear()
    grid.mosaic.viewport().repaint()
    assert toy.read == []
    grid.refresh(np.array([2]))
    grid.mosaic.viewport().repaint()
    assert toy.read == [2]


def test_scrolling_by_pixels_paints_the_same_as_anew(look: str, qtbot: QtBot) -> None:
    grid = make(qtbot)
    grid.show_selection(5, np.array([5, 6]))
    bar = grid.mosaic.verticalScrollBar()
    bar.setValue(0)
    for value in (13, 60, 55, 140, 150, 30):
        bar.setValue(value)
        qtbot.wait(1)
        scrolled = grid.mosaic.viewport().grab().toImage()
        grid.mosaic.viewport().update()
        qtbot.wait(1)
        assert grid.mosaic.viewport().grab().toImage() == scrolled


def test_the_list_keeps_its_place(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot, [Group("", np.arange(400))])
    grid.show_selection(200)
    before = grid.mosaic.rect_of(grid.mosaic.picks.position).top()
    grid.set_rows(np.arange(40, 400))
    assert grid.mosaic.picks.current == 200
    assert grid.mosaic.rect_of(grid.mosaic.picks.position).top() == before


def test_a_million_rows_are_quick(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot, [Group("", np.arange(10))])
    toy = grid.mosaic._thumbs
    assert isinstance(toy, Toy)
    start = time.thread_time()
    grid.set_rows(np.arange(1_000_000))
    grid.mosaic.viewport().repaint()
    assert time.thread_time() - start < 0.5
    toy.read.clear()
    grid.mosaic.verticalScrollBar().setValue(grid.mosaic.verticalScrollBar().maximum() // 2)
    grid.mosaic.viewport().repaint()
    assert 4 <= len(toy.read) <= 40
    assert min(toy.read) > 400_000


def test_ten_thousand_groups(dressed: QApplication, qtbot: QtBot) -> None:
    groups = [Group(f"image {place}", np.arange(3) + 3 * place) for place in range(10_000)]
    grid = make(qtbot, groups)
    grid.show_selection(15_000)
    place = grid.mosaic.picks.position
    assert place == 15_000
    assert grid.mosaic.position_at(grid.mosaic.rect_of(place).center()) == place


def test_marks_stand_in_their_corners(look: str, qtbot: QtBot) -> None:
    grid = make(qtbot)
    box = grid.mosaic.rect_of(2)
    picture = grid.mosaic.viewport().grab().toImage()
    assert picture.pixelColor(box.left() + 6, box.bottom() - 8) == theme.class_colour(0).fill
    assert picture.pixelColor(box.right() - 12, box.top() + 5) == theme.token("plate_text")


def test_empty_state(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot)
    grid.set_empty("No sample matches", actions=[("clear", "Clear filter")])
    grid.set_rows(np.zeros(0, np.int64))
    state = grid.mosaic.empty_state()
    assert state is not None
    assert state.isVisible()
    with qtbot.waitSignal(grid.empty_asked):
        qtbot.mouseClick(state.buttons()[0], LEFT)
    grid.set_rows(np.arange(3))
    assert not state.isVisible()
    qtbot.keyClick(grid.mosaic, Qt.Key.Key_Down)


def test_opening_and_menus(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot)
    click(grid.mosaic, 1)
    with qtbot.waitSignal(grid.opened_asked) as told:
        qtbot.keyClick(grid.mosaic, Qt.Key.Key_Return)
    assert told.args == [1]
    with qtbot.waitSignal(grid.opened_asked) as told:
        QTest.mouseDClick(grid.mosaic.viewport(), LEFT, pos=grid.mosaic.rect_of(3).center())
    assert told.args == [3]


def test_pictures_become_square_tiles(dressed: QApplication) -> None:
    wide = np.zeros((20, 60), np.uint8)
    wide[:, 20:40] = 200
    square = tile(wide, 40, 1.0).toImage()
    assert square.width() == square.height() == 40
    assert square.pixelColor(20, 20).red() == 200
    assert square.pixelColor(0, 0).red() > 150  # the ground, not the picture's 0
    colour = np.zeros((12, 12, 3), np.uint8)
    colour[..., 2] = 90
    assert tile(colour, 12, 1.0).toImage().pixelColor(6, 6) == QColor(0, 0, 90)
    given = QImage(10, 10, QImage.Format.Format_RGB32)
    given.fill(QColor("red"))
    assert tile(given, 30, 2.0).devicePixelRatio() == 2.0


def test_the_columns_are_spread_over_the_width() -> None:
    for width in range(310, 1200, 37):
        for side in (48, 86, 140):
            layout = Layout([Group("", np.arange(100))], (), width, side)
            last = layout.rect(layout.columns - 1)
            assert abs(layout.rect(0).left() - (width - last.right() - 1)) <= 1, "as much at both edges"
            assert layout.rect(0).left() < EDGE + layout.columns
            for place in (0, layout.columns - 1, layout.columns):
                centre = layout.rect(place).center()
                assert layout.places_in(QRect(centre, centre)).tolist() == [place]


def test_the_action_bar_is_as_wide_as_what_it_lies_over(dressed: QApplication, qtbot: QtBot) -> None:
    grid = make(qtbot, [Group("", np.arange(4))], wide=300)
    grid.hide()
    grid.resize(700, 400)
    grid.show()
    grid.set_groups([Group("", np.arange(500))])  # a scroll bar comes
    qtbot.waitUntil(lambda: grid.action_bar.width() == grid.mosaic.viewport().width() > 600)
    grid.mosaic.resize(500, 400)
    assert grid.action_bar.width() == grid.mosaic.viewport().width() < 510
