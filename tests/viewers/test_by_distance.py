"""Traces by distance: what is drawn, and a click that asks for its sample."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from models.payload import Tissue
from widgets import theme
from widgets.traces.by_ring import ALL, BOTH, MEDIAN, ByDistance


@pytest.fixture
def view(qtbot: QtBot, tissue: Tissue) -> ByDistance:
    shown = ByDistance()
    qtbot.addWidget(shown)
    shown.resize(460, 380)
    shown.set_payload(tissue)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def test_each_ring_has_its_lane_and_colour(view: ByDistance) -> None:
    assert [name for _at, name in view.plot.side.names] == ["centre", "1 hop", "2 hops"]
    layers = view.layers()
    assert layers[0].colour.rgb() == theme.class_colour(0).stroke.rgb()
    assert layers[-1].colour.rgb() == theme.token("pen").rgb()


@pytest.mark.parametrize(("show", "count"), [(BOTH, 1 + 2 + 2 + 1), (MEDIAN, 3), (ALL, 1 + 2 + 1)])
def test_show_chooses_what_is_drawn(view: ByDistance, show: str, count: int) -> None:
    view.combo.set_value(show)
    view.combo.chosen.emit(show)
    assert len(view.raster.layers) == count


def test_a_median_is_the_median(view: ByDistance, tissue: Tissue) -> None:
    view.combo.set_value(MEDIAN)
    median = view.layers()[1].reader.read(0, 200, 200)[0][0]
    assert np.allclose(median, np.median(tissue.traces[tissue.ring == 1], axis=0), atol=1e-6)


def test_a_click_on_a_trace_asks_for_its_sample(view: ByDistance, qtbot: QtBot, tissue: Tissue) -> None:
    assert view._lanes is not None
    height = view._lanes.heights(tissue.traces)[4, 100]
    at = view.plot.to_pixel(100.0, float(height)).toPoint()
    with qtbot.waitSignal(view.sample_asked) as told:
        qtbot.mouseClick(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told.args == ["t#4"]


def test_keys_zoom_and_fit(view: ByDistance, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    left, right = view.plot.x_range()
    assert right - left == pytest.approx(199 / 1.5)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.plot.x_range() == (0.0, 199.0)


def test_without_a_tissue_it_says_so(view: ByDistance) -> None:
    view.set_payload(None)
    assert view.words.isVisible()
    assert view.layers() == []


def test_missing_values_are_borne(view: ByDistance, tissue: Tissue) -> None:
    values = tissue.traces.copy()
    values[0] = np.nan
    values[1, 5:50] = np.nan
    view.set_payload(Tissue(tissue.cells, tissue.column, tissue.row, tissue.ring, values, 1))
    view.grab()
    assert np.isfinite(view.plot.y_range()).all()
