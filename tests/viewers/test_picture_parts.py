"""Parts of the picture viewer alone: the view, outlines, tiles beside the window, the hand on boxes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
import shiboken6
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRect
from pytestqt.qtbot import QtBot

from widgets.picture.boxes import DISAGREEING, NONE, Boxes
from widgets.picture.editing import Editor
from widgets.picture.frame import Frame, exposed
from widgets.picture.pixels import Look
from widgets.picture.strokes import draw_dots, draw_outlines
from widgets.picture.tiles import SIDE, Place, Tiles, part_of
from widgets.picture.view import CLOSEST, View

Pixels = npt.NDArray[np.uint8]


# -- the view


@given(
    st.integers(1, 20_000), st.integers(1, 20_000), st.floats(0.0001, 100), st.floats(-1e5, 1e5), st.floats(-1e5, 1e5)
)
def test_a_view_never_leaves_its_image(across: int, down: int, scale: float, left: float, top: float) -> None:
    view = View(across, down, 800, 600).placed(scale, left, top)
    assert view.fitting <= view.scale <= max(CLOSEST, view.fitting)
    for start, room, length in ((view.left, 800, across), (view.top, 600, down)):
        if length * view.scale <= room:
            assert abs(start + (room - length * view.scale) / 2) <= 1
        else:
            assert -1 <= start <= length * view.scale - room + 1


@given(st.floats(0.5, 2), st.floats(0, 800), st.floats(0, 600))
def test_zooming_keeps_what_is_under_the_pointer(factor: float, x: float, y: float) -> None:
    view = View(9000, 9000, 800, 600).centred(4500, 4500, 1.0)
    before, zoomed = view.to_image(x, y), view.zoomed(factor, QPointF(x, y))
    assert zoomed.to_image(x, y) == pytest.approx(before, abs=2)


def test_a_crop_alone_is_enlarged_to_be_seen() -> None:
    view = View(90, 60, 800, 600).fitted()
    assert view.scale == 8
    assert view.rect((0, 0, 90, 60)).center().x() == pytest.approx(400, abs=1)


def test_neighbouring_tiles_share_their_edge() -> None:
    view = View(5000, 5000, 800, 600).centred(1234.5, 987.6, 0.733)
    boxes = [view.whole(Place(0, column, 2).box(5000, 5000)) for column in range(9)]
    for one, other in itertools.pairwise(boxes):
        assert one.right() + 1 == other.left()


@given(st.integers(-300, 300), st.integers(-300, 300))
def test_what_is_exposed_and_what_was_moved_fill_the_room(right: int, down: int) -> None:
    room = QRect(0, 0, 200, 100)
    seen = np.zeros((100, 200), int)
    for rect in [*exposed(room, right, down), room.translated(right, down) & room]:
        if not rect.isEmpty():
            seen[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1] += 1
    assert (seen >= 1).all()


# -- outlines


def plain_outline(into: npt.NDArray[np.uint32], box: npt.NDArray[np.int64], ink: int, thick: int) -> None:
    """One box by slices of a canvas that is large enough."""
    left, top, right, bottom = box
    ring = np.zeros_like(into, bool)
    ring[top:bottom, left:right] = True
    if bottom - top > 2 * thick and right - left > 2 * thick:
        ring[top + thick : bottom - thick, left + thick : right - thick] = False
    into[ring] = ink


@settings(max_examples=60)
@given(st.lists(st.tuples(*[st.integers(-30, 60)] * 2, *[st.integers(7, 60)] * 2, st.integers(1, 3)), max_size=8))
def test_outlines_are_those_of_each_box(boxes: list[tuple[int, ...]]) -> None:
    edges = np.array([[x, y, x + wide, y + tall] for x, y, wide, tall, _ in boxes], np.int64).reshape(-1, 4)
    thick = np.array([box[4] for box in boxes], np.int64)
    inks = np.full(len(boxes), 7, np.uint32)
    found, wanted = np.zeros((50, 70), np.uint32), np.zeros((250, 270), np.uint32)
    draw_outlines(found, edges, inks, thick, dashed=False)
    for edge, width in zip(edges + 100, thick, strict=True):
        plain_outline(wanted, edge, 7, int(width))
    assert np.array_equal(found, wanted[100:150, 100:170])


def test_dashes_stay_where_they_are_when_a_part_is_drawn() -> None:
    edges, ink, thick = np.array([[5, 5, 60, 40]]), np.array([9], np.uint32), np.array([1])
    whole, part = np.zeros((50, 70), np.uint32), np.zeros((50, 40), np.uint32)
    draw_outlines(whole, edges, ink, thick, dashed=True)
    draw_outlines(part, edges - np.array([30, 0, 30, 0]), ink, thick, dashed=True)
    assert np.array_equal(whole[:, 30:], part)
    assert 0.4 < whole.astype(bool).sum() / (2 * 55 + 2 * 35) < 0.7


def test_small_boxes_are_dots() -> None:
    into = np.zeros((10, 10), np.uint32)
    draw_dots(into, np.array([[4, 4, 7, 7], [-3, -3, 2, 1], [40, 40, 42, 42]]), np.array([1, 2, 3], np.uint32), 3)
    assert (into == 1).sum() == 9
    assert 3 not in into


# -- boxes


def test_the_smallest_box_under_the_pointer_is_meant() -> None:
    boxes = Boxes([(0, 0, 100, 100), (20, 20, 40, 40)], ("a", "b"))
    assert (boxes.at(30, 30), boxes.at(50, 50), boxes.at(100, 50)) == (1, 0, -1)
    boxes.shown = NONE
    assert boxes.at(30, 30) == -1


def test_what_is_on_the_plate() -> None:
    boxes = Boxes(np.zeros((4, 4)), "abcd")
    boxes.titles, boxes.letters = ("ring", "schizont"), ("R", "S")
    boxes.set_values([0, 0, -1, -1], [1, -1, 1, -1], [0.63, np.nan, 0.999, np.nan])
    assert [boxes.mark(place) for place in range(4)] == ["R ≠ S .63", "R", "S? .99+", ""]
    assert boxes.tell(3) == "no label"
    boxes.shown = DISAGREEING
    assert boxes.drawn().tolist() == [True, False, False, False]


# -- the hand


def test_a_moved_box_stays_in_the_image_with_its_size_and_a_resized_one_may_turn_over() -> None:
    hand = Editor(Boxes([(10, 10, 40, 30)], ("a",)), 100, 80)
    hand.press(20, 20, 2)
    hand.move(300, -90)
    edit = hand.release()
    assert edit is not None
    assert edit.after == (70, 0, 100, 20)
    hand.press(100, 20, 2)  # the lower right corner
    hand.move(50, 30)
    edit = hand.release()
    assert edit is not None
    assert (edit.kind, edit.before, edit.after) == ("move", (70, 0, 100, 20), (50, 0, 70, 30))


def test_a_click_chooses_and_a_tiny_drag_draws_nothing() -> None:
    hand = Editor(Boxes([(10, 10, 40, 30)], ("a",)), 100, 80)
    hand.press(60, 60, 2)
    hand.move(62, 62)
    assert hand.release() is None
    hand.press(20, 20, 2)
    assert hand.release() is None
    assert hand.place == 0
    assert hand.handle_at(40.5, 30, 2) == 4


def test_a_new_box_waits_for_its_sample() -> None:
    hand = Editor(Boxes(), 100, 80)
    hand.press(10, 10, 2)
    hand.move(50, 50)
    assert hand.release() is not None
    hand.press(30, 30, 2)
    hand.move(40, 40)
    assert hand.release() is None
    assert hand.delete() is None
    assert len(hand.boxes) == 1


# -- tiles beside the window


class Slow:
    """A PictureReader that waits at a gate, and breaks in some places."""

    def __init__(self, across: int = 3000, down: int = 1500, breaks_right_of: int = 10**9) -> None:
        self.width, self.height = across, down
        self.gate = threading.Event()
        self.asked: list[tuple[int, ...]] = []
        self.threads: set[int] = set()
        self.breaks = breaks_right_of

    def read(self, left: int, top: int, right: int, bottom: int, scale: int) -> Pixels:
        self.gate.wait(10)
        self.asked.append((left, top, right, bottom, scale))
        self.threads.add(threading.get_ident())
        if scale == 1 and right > self.breaks:
            raise OSError("the strip is missing")
        return np.full((-(-(bottom - top) // scale), -(-(right - left) // scale), 3), 200, np.uint8)


@pytest.fixture
def tiles(qtbot: QtBot) -> Iterator[Tiles]:
    made = Tiles()
    yield made
    assert made.close()


def test_nothing_waits_and_all_is_read_in_another_thread(tiles: Tiles, qtbot: QtBot) -> None:
    reader = Slow()
    tiles.start(reader, Look())
    tiles.want([Place(0, 0, 0), Place(0, 1, 0)])
    assert tiles.get(Place(0, 0, 0)) is None
    reader.gate.set()
    qtbot.waitUntil(lambda: not tiles.busy() and tiles.overview is not None)
    tile = tiles.get(Place(0, 1, 0))
    assert tile is not None
    assert tile.image.pixelColor(3, 3).red() == 200
    assert reader.threads.isdisjoint({threading.get_ident()})


def test_what_is_no_longer_wanted_is_not_read(tiles: Tiles, qtbot: QtBot) -> None:
    reader = Slow()
    tiles.start(reader, Look())
    tiles.want([Place(0, column, 0) for column in range(5)])
    tiles.want([Place(0, 4, 1)])
    reader.gate.set()
    qtbot.waitUntil(lambda: not tiles.busy())
    assert [area[:2] for area in reader.asked if area[4] == 1] == [(4 * SIDE, SIDE)]


def test_of_an_image_that_has_gone_nothing_arrives(tiles: Tiles, qtbot: QtBot) -> None:
    old, new = Slow(), Slow(800, 600)
    new.gate.set()
    tiles.start(old, Look())
    tiles.start(new, Look())
    old.gate.set()
    qtbot.waitUntil(lambda: tiles.overview is not None)
    assert tiles.overview is not None
    assert (tiles.overview.width(), tiles.overview.height()) == (800, 600)


def test_another_look_colours_what_was_read_without_reading_it_again(tiles: Tiles, qtbot: QtBot) -> None:
    reader = Slow()
    reader.gate.set()
    tiles.start(reader, Look())
    tiles.want([Place(0, 0, 0)])
    qtbot.waitUntil(lambda: not tiles.busy())
    count = len(reader.asked)
    tiles.set_look(Look(brightness=-0.2))
    tiles.want([Place(0, 0, 0)])
    qtbot.waitUntil(lambda: not tiles.busy())
    tile = tiles.get(Place(0, 0, 0))
    assert tile is not None
    assert tile.image.pixelColor(0, 0).red() == 149
    assert len(reader.asked) == count


def test_a_part_that_cannot_be_read_is_told_once_and_the_rest_is_there(tiles: Tiles, qtbot: QtBot) -> None:
    reader, told = Slow(breaks_right_of=2048), list[str]()
    reader.gate.set()
    tiles.failed.connect(lambda text, whole: told.append(f"{text}: {whole}"))
    tiles.start(reader, Look())
    for _ in range(2):
        tiles.want([Place(0, column, 0) for column in range(5)])
        qtbot.waitUntil(lambda: not tiles.busy())
        qtbot.wait(5)
    assert told == ["the strip is missing: False"]
    assert tiles.get(Place(0, 0, 0)) is not None


def test_of_each_level_the_last_used_are_kept(tiles: Tiles, qtbot: QtBot) -> None:
    reader = Slow(SIDE * 30, SIDE * 30)
    reader.gate.set()
    tiles.start(reader, Look())
    tiles.want([Place(1, 0, 0)])
    qtbot.waitUntil(lambda: tiles.get(Place(1, 0, 0)) is not None)
    for row in range(4):
        tiles.want([Place(0, column, row) for column in range(30)])
        qtbot.waitUntil(lambda: not tiles.busy(), timeout=20_000)
        qtbot.wait(5)
    tiles.want([Place(0, 0, 3)])
    assert tiles.get(Place(0, 29, 3)) is not None
    assert tiles.get(Place(0, 0, 0)) is None
    assert sum(tiles.get(Place(0, column, row)) is not None for row in range(4) for column in range(30)) <= 60
    assert tiles.get(Place(1, 0, 0)) is not None


def test_a_window_that_goes_without_a_word_takes_the_reading_with_it(qtbot: QtBot) -> None:
    reader, tiles = Slow(), Tiles()
    tiles.start(reader, Look())
    threading.Timer(0.1, reader.gate.set).start()
    shiboken6.delete(tiles)  # waits for the thread; what it still sends has nowhere to go
    assert len(reader.asked) == 1


def test_levels_have_about_the_pixels_of_the_screen(tiles: Tiles) -> None:
    reader = Slow(10_000, 10_000)
    reader.gate.set()
    tiles.start(reader, Look())
    frame = Frame(tiles)
    for scale in (0.2, 0.3, 0.5, 0.72, 1.0, 1.4):
        level = frame.level(View(10_000, 10_000, 800, 600).centred(5000, 5000, scale))
        assert 0.7 <= scale * (1 << level) <= 1.42
    assert frame.wanted(View(10_000, 10_000, 800, 600).fitted()) == []  # the overview is as fine


def test_a_finer_tile_lies_in_the_coarser_one() -> None:
    assert part_of(Place(0, 5, 3), Place(2, 1, 0)) == QRect(SIDE // 4, 3 * SIDE // 4, SIDE // 4, SIDE // 4)
