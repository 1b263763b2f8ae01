"""What stands behind the rows of a page: tints, gaps, annotations and lines, as one row of colours."""

from __future__ import annotations

from dataclasses import replace

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
