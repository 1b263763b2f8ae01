"""What stands behind the rows of a page: tints, gaps, annotations and lines, as one row of colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPainter, QPicture

from models.region import Region
from tests.viewers.recordings import page, place, recorded, shown_viewer
from widgets import theme
from widgets.recording.regions import BODY, tint
from widgets.recording.viewer import RecordingViewer

viewer = pytest.fixture(shown_viewer)


def test_the_ground_is_one_row_of_colours(viewer: RecordingViewer) -> None:
    viewer.set_payload(replace(recorded(), gaps=((123.0, 125.0),)))
    viewer.set_regions([Region("a", 124, 126, "lpd")], {"lpd": 1})
    assert page(viewer) == (120, 130)
    names = [QColor.fromRgb(int(colour)).name() for colour in viewer.page.ground.columns(1000)]
    plain = theme.mix(theme.token("accent"), theme.token("well"), 0.06).name()
    assert {names[at] for at in range(0, 1000, 100)} == {theme.token("line").name()}
    assert set(names[101:200] + names[801:900]) == {plain}
    hatched = {theme.token("panel").name(), theme.mix(theme.token("text3"), theme.token("panel"), 0.35).name()}
    assert set(names[301:400]) == hatched
    assert set(names[401:500] + names[501:600]) == {tint(1, BODY).name()}


def test_the_ground_fills_the_page_from_top_to_foot(viewer: RecordingViewer) -> None:
    viewer.set_payload(None)
    viewer.set_payload(recorded())
    viewer.page.raster.hide()
    area = viewer.page.plot.area()
    colours = viewer.page.ground.columns(round(area.width()))
    seen = viewer.page.plot.viewport().grab(area.adjusted(0, 30, 0, 0).toRect()).toImage()
    x = round(seen.width() * 0.55)
    column = {seen.pixelColor(x, y).name() for y in range(seen.height())}
    assert column == {QColor.fromRgb(int(colours[round(0.55 * len(colours))])).name()}


def test_a_picture_of_shapes_has_its_ground_too(viewer: RecordingViewer) -> None:
    drawn = QPicture()
    painter = QPainter(drawn)
    viewer.page.plot.viewport().render(painter, QPoint())
    painter.end()
    image = QImage(viewer.page.plot.size(), QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.drawPicture(0, 0, drawn)
    painter.end()
    area = viewer.page.plot.area()
    at = place(viewer, 125.5, 0.99)
    assert image.pixelColor(at).name() == theme.mix(theme.token("accent"), theme.token("well"), 0.06).name()
    assert image.pixelColor(2, round(area.bottom()) + 2).name() == theme.token("well").name()


def colours_seen(viewer: RecordingViewer) -> set[str]:
    """All colours between the rows and in them."""
    area = viewer.page.plot.area()
    seen = viewer.page.plot.viewport().grab(area.adjusted(0, 30, 0, 0).toRect()).toImage()
    return {seen.pixelColor(x, y).name() for x in range(0, seen.width(), 3) for y in range(0, seen.height(), 2)}


def test_rows_and_their_ground_are_painted_at_once(viewer: RecordingViewer) -> None:
    assert viewer.page.ground.covered()
    viewer.set_regions([Region("a", 124, 126, "lpd")], {"lpd": 1})
    assert viewer.page.ground.covered()
    ink = theme.token("pen").name()
    assert {ink, tint(1, BODY).name()} <= colours_seen(viewer)
    viewer.set_regions((), {})
    assert ink in colours_seen(viewer)
    assert tint(1, BODY).name() not in colours_seen(viewer)


def test_what_stands_between_the_ground_and_the_rows_is_seen(viewer: RecordingViewer) -> None:
    viewer.set_regions([Region("c", 121.5, 124.5, "lpd", ("EKG",))], {"lpd": 1})
    assert {theme.token("pen").name(), tint(1, BODY).name()} <= colours_seen(viewer)
    viewer.set_regions((), {})
    before = colours_seen(viewer)
    viewer.page.set_relevance(np.ones((1, 4)), (120.0, 130.0), ("Fp1-F7",))
    assert not viewer.page.ground.covered()
    assert len(colours_seen(viewer) - before) > 3


def test_a_page_of_a_few_points_has_its_ground(viewer: RecordingViewer) -> None:
    viewer.page.plot.set_x(124.0, 124.5)
    assert not viewer.page.ground.covered()
    assert theme.mix(theme.token("accent"), theme.token("well"), 0.06).name() in colours_seen(viewer)
