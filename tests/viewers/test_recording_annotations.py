"""Annotations in the viewer of recordings: drawn by hand, moved, chosen, found by time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from models.region import Region
from tests.viewers.recordings import NONE, SHIFT, drag, page, place, shown_viewer
from widgets import theme
from widgets.recording.hand import Hand, snapper
from widgets.recording.regions import NOTHING, RegionTable, main_classes, tint
from widgets.recording.viewer import RecordingViewer


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[RecordingViewer]:
    yield from shown_viewer(qtbot)


def test_annotations_are_found_by_time() -> None:
    rng = np.random.default_rng(0)
    regions = [Region(str(i), float(at), float(at + i % 50), "a") for i, at in enumerate(rng.random(10_000) * 86_400)]
    table = RegionTable([*regions, Region("long", 0, 86_400, "b")], {"a": 1})
    found = {table.regions[number].name for number in table.visible(5000, 5100).tolist()}
    assert found == {one.name for one in regions if one.start <= 5100 and one.stop >= 5000} | {"long"}
    assert set(table.colours.tolist()) == {1, -1}


def test_a_column_has_the_colour_of_what_takes_most_of_it() -> None:
    starts, stops = np.array([0.0, 2.0, 4.0, 7.5]), np.array([3.0, 4.5, 4.0, 7.6])
    found = main_classes(starts, stops, np.array([1, 0, -1, 3]), (0, 8), 4)
    assert found.tolist() == [1, 0, 0, 3]
    assert main_classes(starts[2:3], stops[2:3], np.array([-1]), (0, 8), 4).tolist() == [NOTHING, NOTHING, -1, NOTHING]


def test_an_annotation_is_drawn_by_hand(viewer: RecordingViewer, qtbot: QtBot) -> None:
    told = list[Region]()
    viewer.region_drawn.connect(told.append)
    drag(qtbot, viewer, place(viewer, 124), place(viewer, 126))
    assert told == []
    viewer.fit()
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    assert viewer.edit.isChecked()
    assert viewer.hints.isVisible()
    drag(qtbot, viewer, place(viewer, 122), place(viewer, 124.5))
    (made,) = told
    assert (made.start, made.stop) == (pytest.approx(122, abs=0.03), pytest.approx(124.5, abs=0.03))
    assert (made.name, made.channels, made.banded) == ("", (), False)
    assert page(viewer) == pytest.approx((120, 130))
    drag(qtbot, viewer, place(viewer, 122, 0.02), place(viewer, 124.5, 0.1), SHIFT)
    assert set(told[1].channels) == {"Fp1", "F7", "T3"}
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert not viewer.edit.isChecked()


def test_where_annotations_cannot_be_kept_none_is_drawn(viewer: RecordingViewer, qtbot: QtBot) -> None:
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    viewer.offer_editing(False)
    assert not viewer.page.annotating.editing
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    assert not viewer.page.annotating.editing
    viewer.offer_editing(True)
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    assert viewer.page.annotating.editing


def test_edges_are_drawn_to_those_that_are_there(viewer: RecordingViewer, qtbot: QtBot) -> None:
    told = list[Region]()
    viewer.region_drawn.connect(told.append)
    viewer.set_regions([Region("a", 126.013, 128, "x")], {})
    viewer.page.annotating.set_editing(True)
    drag(qtbot, viewer, place(viewer, 123), place(viewer, 126.06))
    assert told[0].stop == 126.013


def test_the_chosen_annotation_is_moved_stretched_and_deleted(viewer: RecordingViewer, qtbot: QtBot) -> None:
    moved, removed = list[Region](), list[str]()
    viewer.region_moved.connect(moved.append)
    viewer.region_removed.connect(removed.append)
    viewer.set_regions([Region("a", 122, 124, "lpd", ()), Region("b", 121, 129, "gpd")], {"lpd": 1})
    qtbot.mouseClick(viewer.page.plot.viewport(), Qt.MouseButton.LeftButton, NONE, place(viewer, 123))
    assert viewer.chosen_region() is not None
    assert viewer.chosen_region().name == "a"  # type: ignore[union-attr]
    drag(qtbot, viewer, place(viewer, 124), place(viewer, 125.5))
    assert moved[-1].name == "a"
    assert (moved[-1].start, moved[-1].stop) == (122, pytest.approx(125.5, abs=0.03))
    viewer.page.annotating.set_editing(True)
    drag(qtbot, viewer, place(viewer, 123), place(viewer, 126.4))
    assert moved[-1].start == pytest.approx(125.4, abs=0.05)
    assert moved[-1].seconds == pytest.approx(2)
    qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    assert removed == ["a"]
    viewer.set_regions([Region("b", 121, 129, "gpd")], {})
    assert viewer.chosen_region() is None


def test_an_end_that_is_not_on_the_page_cannot_be_taken(viewer: RecordingViewer, qtbot: QtBot) -> None:
    moved = list[Region]()
    viewer.region_moved.connect(moved.append)
    viewer.set_regions([Region("a", 50, 250, "x")], {})
    viewer.page.annotating.choose("a")
    drag(qtbot, viewer, place(viewer, 120.01), place(viewer, 122))
    assert moved == []
    assert page(viewer)[0] < 119


def test_a_class_is_written_by_its_title(viewer: RecordingViewer) -> None:
    viewer.set_regions([Region("a", 50, 250, "gpd"), Region("b", 1, 2, "spike")], {"gpd": 2}, {"gpd": "GPD"})
    table = viewer.page.annotating.table
    assert [table.words(one) for one in table.regions] == ["spike", "GPD"]


def test_choosing_goes_there(viewer: RecordingViewer) -> None:
    told = list[str]()
    viewer.region_chosen.connect(told.append)
    viewer.set_regions([Region("far", 250, 252, "x")], {})
    viewer.choose_region("far")
    assert told == ["far"]
    assert sum(page(viewer)) / 2 == pytest.approx(251)
    assert viewer.page.annotating.step_back()
    assert told == ["far", ""]
    viewer.set_regions([Region("long", 20, 80, "x")], {})
    viewer.choose_region("long")
    left, right = page(viewer)
    assert left < 20 < left + 0.3 * (right - left)


def test_notes_stand_under_the_words_of_annotations(viewer: RecordingViewer) -> None:
    notes, top = viewer.page.words, viewer.page.plot.area().top()
    assert notes.top() < top + 18
    viewer.set_regions([Region("a", 121, 127, "Sleep stage W")], {})
    assert notes.top() >= top + 5 + 18, "as low as their plates end"
    viewer.set_regions([Region("a", 121, 127, "")], {})
    assert notes.top() < top + 18


def test_one_outside_the_recording_is_chosen_and_nothing_jumps(viewer: RecordingViewer) -> None:
    before = page(viewer)
    viewer.set_regions([Region("late", 400, 410, "x"), Region("early", -20, -5, "x")], {})
    for name in ("late", "early"):
        viewer.choose_region(name)
        assert viewer.page.annotating.chosen == name
        assert page(viewer) == before


def test_a_moment_at_the_very_end_is_seen(viewer: RecordingViewer) -> None:
    viewer.set_regions([Region("end", 300, 300, "")], {})
    viewer.page.plot.set_x(290, 300)
    (drawn,) = viewer.page.annotating.ground.places(Region("end", 300, 300, ""))
    assert drawn.width() >= 2
    assert viewer.page.plot.area().contains(drawn)
    # One that began before the page ends where it ends.
    (cut,) = viewer.page.annotating.ground.places(Region("long", 280, 291, ""))
    assert cut.width() == pytest.approx(viewer.page.plot.area().width() / 10, abs=1)


def test_ten_thousand_annotations_are_drawn_as_columns(viewer: RecordingViewer) -> None:
    regions = [Region(str(i), i / 40, i / 40 + 0.01, "lpd") for i in range(10_000)]
    viewer.set_regions(regions, {"lpd": 1})
    viewer.paper.set_value(("page", 600.0))
    viewer._choose()
    image = viewer.page.plot.grab().toImage()
    ratio = image.devicePixelRatio()
    area = viewer.page.plot.area()
    row = round((area.top() + 1) * ratio)
    seen = {image.pixelColor(x, row).name() for x in range(round(area.left() * ratio), round(area.right() * ratio))}
    assert tint(1, 0.9).name() in seen


def test_annotations_over_each_other_are_drawn_once_the_later_on_top(viewer: RecordingViewer) -> None:
    some = [Region("a", 121, 127, "lpd"), Region("b", 123, 125, "gpd"), Region("c", 126, 129, "x", ("EKG",))]
    viewer.set_regions(some, {"lpd": 1, "gpd": 2})
    classes = viewer.page.annotating.ground.classes(1000)
    assert classes is not None
    runs = [(index, len(list(run))) for index, run in itertools.groupby(classes.tolist())]
    assert runs == [(NOTHING, 100), (1, 200), (2, 200), (1, 200), (NOTHING, 300)]
    image = viewer.page.plot.grab().toImage()
    ratio, top = image.devicePixelRatio(), viewer.page.plot.area().top() + 1
    drawn = [image.pixelColor(round(place(viewer, at).x() * ratio), round(top * ratio)) for at in (122.3, 124.3, 126.5)]
    assert [colour.name() for colour in drawn] == [tint(index, 0.9).name() for index in (1, 2, 1)]


def test_a_hand_keeps_annotations_inside_the_recording() -> None:
    snap = snapper([], 0, 0.01, 0)
    held = Region("a", 10, 12, "x")
    hand = Hand(held, held, (True, True), 11, 0.1, (0, 20), snap)
    hand.move(50)
    assert (hand.now.start, hand.now.stop) == (18, 20)
    hand.move(-50)
    assert (hand.now.start, hand.now.stop) == (0, 2)
    new = Hand(None, Region("", 5, 5, ""), (True, True), 5, 0.1, (0, 20), snap)
    new.move(5.05)
    assert new.release() is None
    new.move(3)
    assert (new.release() or held).seconds == 2


def test_lines_of_the_time_stand_on_annotations_of_single_channels(viewer: RecordingViewer) -> None:
    viewer.set_regions([Region("c", 121.5, 124.5, "lpd", ("EKG",))], {"lpd": 1})
    viewer.page.raster.hide()
    (where,) = viewer.page.annotating.ground.places(viewer.page.annotating.table.regions[0])
    image, ratio = viewer.page.plot.grab().toImage(), viewer.page.plot.devicePixelRatioF()
    y, left = round(where.center().y() * ratio), round(viewer.page.plot.area().left() * ratio)
    lines = viewer.page.plot.rim.lines(round(viewer.page.plot.area().width() * ratio))
    assert image.pixelColor(left + int(lines[2]), y).name() == theme.token("line").name()
    assert image.pixelColor(left + int(lines[2]) + 3, y).name() == tint(1, 0.13).name()
