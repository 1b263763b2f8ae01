"""The axes of a picture that measures something: ticks, values at the pointer, no tools of boxes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from models.domains.voice.images import Pixmap
from models.domains.voice.rendering import RenderSettings, axes
from models.payload import Axis, Picture
from widgets.picture.axes import place_of, ticks, value_at, words_at
from widgets.picture.viewer import PictureViewer

EVEN = Axis("Time", "s", (0.0, 1.0), (0.0, 1.5))


def values(axis: Axis, low: float, high: float, length: float, apart: float) -> list[float]:
    return [value for value, _place in ticks(axis, low, high, length, apart)]


def test_ticks_of_an_even_axis_are_even() -> None:
    assert values(EVEN, 0, 1, 800, 64) == [0, 0.5, 1, 1.5]
    assert values(EVEN, 0, 1, 200, 64) == [0, 0.5, 1, 1.5]
    assert values(EVEN, 0, 1, 100, 64) == [0, 1]
    assert values(EVEN, 0.2, 0.4, 4000, 64) == [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6]


def test_ticks_of_a_mel_axis_are_finer_below_without_one_left_out() -> None:
    _time, hertz = axes(RenderSettings())
    found = values(hertz, 0, 1, 830, 34)
    assert found == [0.1, 0.2, 0.3, 0.4, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]
    places = [place_of(hertz, value) * 830 for value in found]
    assert min(np.diff(places)) >= 34


def test_the_seeds_pictures_measure_what_they_were_drawn_with() -> None:
    time, hertz = axes(RenderSettings())
    assert (time.values, time.unit) == ((0.0, 1.5), "s")
    assert hertz.values[0] == pytest.approx(0.0026, abs=0.002)
    assert hertz.values[-1] == pytest.approx(3.98, abs=0.03)
    assert value_at(hertz, 0.5) == pytest.approx(1.1, abs=0.03), "half of the mels up to 4 kHz"
    assert place_of(hertz, value_at(hertz, 0.3)) == pytest.approx(0.3, abs=1e-6)


def test_a_tone_stands_at_its_frequency() -> None:
    from models.domains.voice.rendering import picture

    rate = 16_000
    tone = np.sin(2 * np.pi * 1000 * np.arange(2 * rate) / rate).astype(np.float32)
    drawn = picture(tone, rate)
    _time, hertz = axes(RenderSettings())
    row = int(drawn.astype(int).sum(axis=2).mean(axis=1).argmax())
    assert value_at(hertz, 1 - (row + 0.5) / len(drawn)) == pytest.approx(1.0, abs=0.02)


def test_values_are_told_at_the_pointer(qtbot: QtBot) -> None:
    place = QRectF(100, 50, 200, 200)
    assert words_at((EVEN, EVEN), place, QPointF(200, 50)) == "0.750 s · 1.50 s"
    assert words_at((EVEN, EVEN), place, QPointF(20, 60)) == ""


def test_a_picture_without_boxes_has_no_tools_of_boxes(qtbot: QtBot) -> None:
    viewer = PictureViewer()
    qtbot.addWidget(viewer)
    viewer.resize(900, 700)
    with qtbot.waitExposed(viewer):
        viewer.show()
    pixels = Pixmap(np.full((60, 60, 3), 90, np.uint8))
    none = np.zeros((0, 4), np.float32)
    viewer.set_payload(Picture(pixels, none, (), -1, "a", axes=(EVEN, EVEN), boxed=False))
    for tool in (viewer.colour, viewer.shown, viewer.edit, viewer.looks, viewer.cell_button):
        assert not tool.isVisible()
    assert not viewer.can_edit()
    assert viewer.tones_button.isVisible()
    middle = viewer.canvas.rect().center()
    QTest.mouseMove(viewer.canvas, middle - QPoint(40, 40))
    QTest.mouseMove(viewer.canvas, middle)
    assert viewer.canvas.told().startswith("0.7")
    viewer.set_payload(Picture(pixels, none, (), -1, "b"))
    assert viewer.can_edit()
    assert viewer.shown.isVisible()
    assert viewer.canvas.told() == ""
    viewer.close_down()
