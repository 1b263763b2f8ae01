"""The picture viewer by mouse and keys: what is seen, what is asked for, boxes by hand, states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.viewers.mouse import drag, wheel
from tests.viewers.smears import (
    PLAIN,
    TITLES,
    Smear,
    near,
    pick,
    picture,
    point,
    settle,
    shown_viewer,
    smear,
    values_of,
)
from widgets import theme, tokens
from widgets.picture.viewer import PictureViewer


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[PictureViewer]:
    yield from shown_viewer(qtbot)


def test_it_opens_on_the_chosen_cell_with_what_is_around_it(viewer: PictureViewer) -> None:
    view = viewer.canvas.view
    rect = viewer.canvas.rect_of(viewer.canvas.boxes.box(12))
    assert (rect.center() - QRectF(viewer.canvas.rect()).center()).manhattanLength() < 3
    assert 0.15 < rect.width() / viewer.canvas.height() < 0.4
    assert view.scale > view.fitting
    assert viewer.header.title.text() == "a.png"
    assert viewer.header.subtitle.text() == "cell 13 of 40"
    assert viewer.person.toolTip() == "Labelled by curator 1"


def test_pixels_are_where_they_belong(viewer: PictureViewer) -> None:
    image = picture(viewer)
    assert near(image.pixelColor(point(viewer, 840, 340)), "#965abe")  # a disc
    assert near(image.pixelColor(point(viewer, 760, 440)), "#ece8f0")  # the ground


def test_boxes_have_the_stroke_of_their_label_and_the_chosen_one_the_accent(viewer: PictureViewer) -> None:
    image = picture(viewer)
    left = point(viewer, 630, 350).x()
    row = point(viewer, 630, 350).y()
    stroke = [image.pixelColor(left + by, row) for by in (-1, 0, 1)]
    assert any(near(colour, tokens.CLASSES[0][2]) for colour in stroke)
    edge = point(viewer, 790, 350)
    frame = [image.pixelColor(edge.x() + by, edge.y()) for by in (-2, -1, 0)]
    assert any(near(colour, tokens.COLOURS["accent"][0]) for colour in frame)
    assert viewer.canvas.boxes.mark(12) == "T ≠ S .63"
    assert viewer.canvas.boxes.mark(0) == "R .63"


def test_strokes_suit_the_image_in_both_themes(viewer: PictureViewer, look: QApplication, qtbot: QtBot) -> None:
    light = picture(viewer)
    theme.apply(look, "dark")
    settle(qtbot, viewer)
    dark, at = picture(viewer), point(viewer, 630, 350)
    assert [light.pixel(at.x() + by, at.y()) for by in (-1, 0, 1)] == [
        dark.pixel(at.x() + by, at.y()) for by in (-1, 0, 1)
    ]


def test_wheel_zooms_at_the_pointer_and_keys_zoom_pan_and_fit(viewer: PictureViewer, qtbot: QtBot) -> None:
    at, before = QPoint(600, 120), viewer.canvas.view.scale
    held = viewer.canvas.to_image(QPointF(at))
    wheel(viewer.canvas, at, 120)
    assert viewer.canvas.view.scale == pytest.approx(before * 1.2)
    assert viewer.canvas.to_image(QPointF(at)) == pytest.approx(held, abs=1)
    qtbot.keyClick(viewer, Qt.Key.Key_Minus)
    assert viewer.canvas.view.scale == pytest.approx(before * 1.2 / 1.25)
    left = viewer.canvas.view.left
    qtbot.keyClick(viewer, Qt.Key.Key_Right)
    assert viewer.canvas.view.left == left + 60
    qtbot.keyClick(viewer, Qt.Key.Key_Home)
    assert viewer.canvas.view.seen() == pytest.approx((0, 0, 3000, 2000), abs=2)


def test_the_next_image_opens_as_large_as_a_person_had_the_last(viewer: PictureViewer, qtbot: QtBot) -> None:
    usual = viewer.canvas.view.scale
    with qtbot.waitSignal(viewer.choices_changed):
        wheel(viewer.canvas, QPoint(300, 300), 240)
    assert viewer.choices()["zoom"] == pytest.approx(1.44)
    other = smear()
    other = replace(other, boxes=other.boxes * [[0.8, 0.8, 0.8, 0.8]], ids=tuple(f"b.png#{n}" for n in range(40)))
    viewer.set_payload(other)
    assert viewer.canvas.view.scale == pytest.approx(usual / 0.8 * 1.44)
    viewer.canvas.show_cell()
    viewer.set_payload(smear(2000, 1600))
    assert viewer.canvas.view.scale == pytest.approx(usual)


def test_what_was_moved_is_the_picture_that_is_drawn_anew(viewer: PictureViewer, qtbot: QtBot) -> None:
    for step in ((37, 11), (-90, 4), (5, -160)):
        drag(qtbot, viewer.canvas, QPoint(300, 300), QPoint(300 + step[0], 300 + step[1]))
        settle(qtbot, viewer)
        moved = picture(viewer)
        viewer.canvas.refresh()
        assert np.abs(values_of(moved) - values_of(picture(viewer))).max() <= 2  # enlarged from other places


def test_a_click_on_a_box_asks_for_its_sample(viewer: PictureViewer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(viewer.sample_asked) as asked:
        qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, PLAIN, point(viewer, 680, 360))
    assert asked.args == ["a.png#11"]
    with qtbot.assertNotEmitted(viewer.sample_asked):
        qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, PLAIN, point(viewer, 760, 440))


def test_the_pointer_on_a_box_tells_its_name_and_class(viewer: PictureViewer, qtbot: QtBot) -> None:
    viewer.name_of = lambda key: key.removeprefix("a.png")
    with qtbot.waitSignal(viewer.box_hovered) as told:
        qtbot.mouseMove(viewer.canvas, point(viewer, 840, 360))
    assert told.args == ["a.png#12"]
    assert viewer.canvas.accessibleDescription() == "#12 · trophozoite, model schizont .63"


def test_the_next_cell_of_the_same_image_leaves_the_view_unless_it_is_outside(
    viewer: PictureViewer, qtbot: QtBot
) -> None:
    shown, before = viewer.picture, viewer.canvas.view
    assert shown is not None
    reader = shown.reader
    assert isinstance(reader, Smear)
    viewer.set_payload(replace(shown, chosen=11))
    assert viewer.canvas.view == before
    count = len(reader.asked)
    viewer.set_payload(replace(shown, chosen=39))
    assert viewer.canvas.view.scale == before.scale
    assert viewer.canvas.view.shows(viewer.canvas.boxes.box(39))
    settle(qtbot, viewer)
    assert all(area not in reader.asked[:count] for area in reader.asked[count:])


def test_which_boxes_are_shown(viewer: PictureViewer, qtbot: QtBot) -> None:
    full = picture(viewer)
    with qtbot.waitSignal(viewer.choices_changed):
        pick(qtbot, viewer.shown, "cell")
    alone = picture(viewer)
    at = point(viewer, 680, 360)
    assert full != alone
    assert viewer.canvas.boxes.at(*viewer.canvas.to_image(QPointF(at))) == -1
    pick(qtbot, viewer.shown, "disagreeing")
    assert viewer.canvas.boxes.drawn().sum() == 0  # the only one is the chosen one, marked on its own
    pick(qtbot, viewer.shown, "none")
    assert not near(picture(viewer).pixelColor(point(viewer, 789, 350)), tokens.COLOURS["accent"][0])
    assert viewer.choices()["boxes"] == "none"


def test_predictions_are_dashed(viewer: PictureViewer, qtbot: QtBot) -> None:
    viewer.shown.set_value("all")
    solid = stroked(viewer)
    pick(qtbot, viewer.colour, "prediction")
    settle(qtbot, viewer)
    assert 0.4 < stroked(viewer) / solid < 0.75


def stroked(shown: PictureViewer) -> int:
    """Pixels of the class's stroke on the upper side of a box."""
    image, ink = picture(shown), tokens.CLASSES[0][2]
    left, right, top = point(shown, 635, 310), point(shown, 725, 310), point(shown, 630, 310).y()
    rows = range(top - 1, top + 2)
    return max(sum(near(image.pixelColor(x, y), ink) for x in range(left.x() + 20, right.x())) for y in rows)


def test_a_look_of_the_pixels_is_chosen_in_the_toolbar(viewer: PictureViewer, qtbot: QtBot) -> None:
    viewer.look_actions["red"].trigger()
    settle(qtbot, viewer)
    disc = picture(viewer).pixelColor(point(viewer, 840, 340))
    assert (disc.red(), disc.green(), disc.blue()) == (150, 150, 150)
    viewer.look_actions["plain"].trigger()
    qtbot.mouseClick(viewer.tones_button, Qt.MouseButton.LeftButton)
    assert viewer.tones.isVisible()
    qtbot.keyClick(viewer.tones.sliders["brightness"], Qt.Key.Key_End)
    settle(qtbot, viewer)
    assert near(picture(viewer).pixelColor(point(viewer, 840, 340)), "#ffd9ff", 8)
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert not viewer.tones.isVisible()
    assert viewer.choices()["look"] == "plain"


def test_a_kept_choice_comes_back(viewer: PictureViewer, qtbot: QtBot) -> None:
    tones = {"brightness": 20, "contrast": -30, "gamma": 0}
    kept = {"boxes": "cell", "colour": "prediction", "look": "green", "tones": tones, "zoom": 1.5}
    viewer.set_choices(kept)
    settle(qtbot, viewer)
    assert viewer.choices() == kept
    assert (viewer.look().brightness, viewer.look().gamma) == (0.1, 1.0)
    viewer.set_choices({"boxes": "unknown"})
    assert viewer.choices()["boxes"] == "cell"


def test_relevance_lies_over_the_chosen_cell_and_goes_with_it(viewer: PictureViewer, qtbot: QtBot) -> None:
    before = picture(viewer)
    viewer.set_relevance(np.eye(7), "layer4")
    assert viewer.relevance.isVisible()
    strong = picture(viewer).pixelColor(point(viewer, 840, 360))
    assert strong != before.pixelColor(point(viewer, 840, 360))
    outside = point(viewer, 760, 440)
    assert picture(viewer).pixelColor(outside) == before.pixelColor(outside)
    qtbot.keyClick(viewer.relevance.slider, Qt.Key.Key_Home)
    assert picture(viewer).pixelColor(point(viewer, 840, 360)) == before.pixelColor(point(viewer, 840, 360))
    assert viewer.picture is not None
    viewer.set_payload(replace(viewer.picture, chosen=11))
    assert not viewer.relevance.isVisible()


def test_relevance_of_a_cell_that_is_a_file_goes_with_its_picture(viewer: PictureViewer) -> None:
    whole = replace(smear(), boxes=np.zeros((0, 4), np.float32), ids=(), chosen=-1)
    viewer.set_payload(whole)
    viewer.set_relevance(np.eye(7), "random weights .21")
    viewer.set_payload(replace(whole, facts=("labelled",)))
    assert viewer.relevance.isVisible(), "the same picture"
    viewer.set_payload(replace(smear(), boxes=whole.boxes, ids=(), chosen=-1))
    assert not viewer.relevance.isVisible()


def test_relevance_lies_over_its_region_and_its_layer_can_be_chosen(viewer: PictureViewer, qtbot: QtBot) -> None:
    before = picture(viewer)
    asked: list[str] = []
    viewer.layer_asked.connect(asked.append)
    viewer.set_relevance(np.ones((7, 7)), "", (780, 300, 900, 420), ("layer3", "layer4"), "layer4")
    beside, outside = point(viewer, 784, 360), point(viewer, 772, 360)
    assert picture(viewer).pixelColor(beside) != before.pixelColor(beside), "the margin around the box is in the map"
    assert picture(viewer).pixelColor(outside) == before.pixelColor(outside)
    combo = viewer.relevance.layer
    assert combo.isVisible()
    assert combo.value() == "layer4"
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    assert asked == ["layer3"]
    viewer.set_relevance(np.ones((7, 7)))
    assert not combo.isVisible()
    assert picture(viewer).pixelColor(beside) == before.pixelColor(beside)


def test_the_map_of_the_whole_image_moves_the_view(viewer: PictureViewer, qtbot: QtBot) -> None:
    frame = viewer.canvas.map_rect()
    assert frame.right() > viewer.canvas.width() - 20
    qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, PLAIN, frame.center().toPoint())
    left, top, right, bottom = viewer.canvas.view.seen()
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((1500, 1000), abs=30)
    viewer.fit()
    assert viewer.canvas.map_rect().isEmpty()


def test_a_missing_image_is_named_and_a_broken_one_tells(viewer: PictureViewer, qtbot: QtBot) -> None:
    assert viewer.picture is not None
    viewer.set_payload(replace(viewer.picture, reader=None, note="images/a.png is not there. Put it beside the JSON."))
    assert viewer.words.isVisible()
    assert "images/a.png" in viewer.words.accessibleName()
    assert not viewer.edit.isEnabled()
    broken = smear()
    assert isinstance(broken.reader, Smear)
    broken.reader.broken = "a.png, line 3: the file ends too early."
    viewer.set_payload(broken)
    qtbot.waitUntil(lambda: "ends too early" in viewer.words.accessibleName(), timeout=5000)
    assert viewer.words.isVisible()
    viewer.set_payload(None)
    assert viewer.words.accessibleName().startswith("No sample is shown")
    viewer.set_payload(smear())
    settle(qtbot, viewer)
    assert viewer.canvas.isVisible()
    assert viewer.edit.isEnabled()


def test_only_what_is_seen_is_read(viewer: PictureViewer, qtbot: QtBot) -> None:
    large = smear(6000, 5000)
    assert isinstance(large.reader, Smear)
    viewer.set_payload(large)
    settle(qtbot, viewer)
    fine = [area for area in large.reader.asked if area[4] == 1]
    left, top, right, bottom = viewer.canvas.view.seen()
    assert fine
    assert all(area[0] < right and area[2] > left and area[1] < bottom and area[3] > top for area in fine)


def test_the_scale_bar_has_micrometres_where_the_pixel_is_known(viewer: PictureViewer) -> None:
    from widgets.picture.plates import scale_words

    view = viewer.canvas.view
    length, words = scale_words(view, None, 1.0)
    assert words.endswith(" px")
    assert length == pytest.approx(float(words.split()[0]) * view.scale)
    length, words = scale_words(view, 0.1, 1.0)
    assert words.endswith(" µm")
    assert length == pytest.approx(float(words.split()[0]) / 0.1 * view.scale)


def test_the_head_asks_for_a_picture(viewer: PictureViewer, qtbot: QtBot) -> None:
    entry = next(one for one in viewer.header._entries if one.objectName() == "picture_save")
    with qtbot.waitSignal(viewer.picture_asked) as asked:
        entry.trigger()
    assert asked.args == [viewer.canvas]


def test_it_opens_on_the_cell_however_late_it_is_seen(qtbot: QtBot) -> None:
    shown = PictureViewer()
    qtbot.addWidget(shown)
    shown.set_payload(smear())
    shown.resize(700, 500)
    shown.show()
    qtbot.waitExposed(shown)
    rect = shown.canvas.rect_of(shown.canvas.boxes.box(12))
    assert (rect.center() - QRectF(shown.canvas.rect()).center()).manhattanLength() < 3
    shown.resize(500, 400)
    rect = shown.canvas.rect_of(shown.canvas.boxes.box(12))
    assert (rect.center() - QRectF(shown.canvas.rect()).center()).manhattanLength() < 3
    assert rect.width() / shown.canvas.height() < 0.4
    shown.close_down()


def test_another_image_opens_on_its_own_cell(viewer: PictureViewer, qtbot: QtBot) -> None:
    qtbot.keyClick(viewer, Qt.Key.Key_Home)
    viewer.set_payload(replace(smear(), chosen=3))
    rect = viewer.canvas.rect_of(viewer.canvas.boxes.box(3))
    assert (rect.center() - QRectF(viewer.canvas.rect()).center()).manhattanLength() < 200  # at the upper edge
    assert viewer.canvas.view.shows(viewer.canvas.boxes.box(3))
    assert viewer.canvas.view.scale > 2 * viewer.canvas.view.fitting


def test_five_thousand_small_boxes_are_dots_in_the_colour_of_their_class(viewer: PictureViewer, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    corners = rng.uniform(20, 1900, (5000, 2))
    boxes = np.concatenate([corners, corners + 6], axis=1).astype(np.float32)
    viewer.set_payload(replace(smear(), boxes=boxes, ids=tuple(map(str, range(5000))), chosen=-1))
    predicted = np.full(5000, -1)
    viewer.set_values(np.ones(5000, int), predicted, np.full(5000, np.nan), TITLES, ("R", "T", "S"))
    viewer.fit()
    settle(qtbot, viewer)
    image, ink = picture(viewer), tokens.CLASSES[1][2]
    middles = (corners[:50] + 3).tolist()
    assert sum(near(image.pixelColor(point(viewer, x, y)), ink) for x, y in middles) >= 45


class Damaged(Smear):
    """A smear whose fine pixels cannot be read."""

    def read(self, left: int, top: int, right: int, bottom: int, scale: int) -> npt.NDArray[np.uint8]:
        if scale == 1:
            raise OSError("a.png, strip 7: the data end too early.")
        return super().read(left, top, right, bottom, scale)


def test_a_damaged_part_is_told_and_the_rest_stays_on_show(viewer: PictureViewer, qtbot: QtBot) -> None:
    whole = smear()
    assert isinstance(whole.reader, Smear)
    viewer.set_payload(replace(whole, reader=Damaged(whole.reader.pixels)))
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: bool(viewer.canvas.note), timeout=5000)
    assert viewer.canvas.isVisible()
    assert viewer.edit.isEnabled()
    assert near(picture(viewer).pixelColor(point(viewer, 840, 340)), "#965abe", 12)  # from the coarse copy


def test_of_a_long_name_the_middle_gives_way_and_the_facts_stay(viewer: PictureViewer) -> None:
    name = "00a02700-2ea2-4590-9e15-ffc9160fd3de.png"
    viewer.resize(900, 500)
    viewer.set_payload(replace(smear(), title=name, facts=("cell 13 of 40", "1600 × 1200 px")))
    header = viewer.header
    assert not header.overflowed()
    assert header.subtitle.width() >= header.subtitle.sizeHint().width()
    (shown,) = header.title.lines()
    assert shown.startswith("00a0")
    assert shown.endswith("png")
    assert "…" in shown
    viewer.resize(1600, 500)
    assert header.title.lines() == [name]
