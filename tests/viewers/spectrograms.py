"""A spectrogram in memory, the viewer on it, and where its tests look."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from models.levels import StripReader, pooled
from models.payload import Spectrogram, Strip
from widgets.spectrogram.viewer import SpectrogramViewer

HOURS, STEP, BINS = 3, 2.0, 40
COLUMNS = HOURS * 1800
NONE = Qt.KeyboardModifier.NoModifier


def reader(levels: np.ndarray) -> StripReader:
    found = [np.ascontiguousarray(levels)]
    while len(found[-1]) > 64:
        found.append(pooled(found[-1], 4))
    return StripReader(tuple(found))


def strips(count: int = 4, columns: int = COLUMNS) -> tuple[Strip, ...]:
    """Even levels, 50 in the first strip, 60 in the second …; one column of 250 in the first."""
    made = [np.full((columns, BINS), 50 + 10 * number, np.uint8) for number in range(count)]
    made[0][columns // 2] = 250
    return tuple(Strip(f"strip {number}", reader(levels)) for number, levels in enumerate(made))


def shown_viewer(qtbot: QtBot, spectrogram: Spectrogram) -> Iterator[SpectrogramViewer]:
    shown = SpectrogramViewer()
    qtbot.addWidget(shown)
    shown.resize(560, 640)
    shown.set_payload(spectrogram, 2, "G")
    shown.show()
    qtbot.waitExposed(shown)
    yield shown
    shown.close_down()


def span(viewer: SpectrogramViewer) -> tuple[float, float]:
    left, right = viewer.plot.x_range()
    return left, right


def grabbed(viewer: SpectrogramViewer) -> QImage:
    return viewer.plot.viewport().grab().toImage()


def pixel(viewer: SpectrogramViewer, strip: int, time: float) -> tuple[int, int]:
    place = viewer.scales.places()[strip]
    return round(viewer.scales.across(time)), round(place.center().y())
