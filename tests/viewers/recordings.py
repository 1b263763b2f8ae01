"""Recordings in memory, the viewer on one, and hands for its tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.electrodes import CHANNELS
from models.payload import Recording
from tests.viewers import mouse
from widgets.recording.viewer import RecordingViewer

RATE = 100.0
KINDS = (*(["eeg"] * 19), "ekg")
SHIFT, CTRL, NONE = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.NoModifier,
)


class Signals:
    """Values in memory; counts what is read."""

    def __init__(self, values: npt.NDArray[np.float32], key: str = "") -> None:
        self.values, self.key, self.asked = values, key, list[tuple[int, int]]()

    @property
    def channels(self) -> int:
        return len(self.values)

    @property
    def length(self) -> int:
        return self.values.shape[1]

    def read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        self.asked.append((first, last))
        return self.values[:, max(first, 0) : last]


def waves(seconds: float, names: tuple[str, ...] = CHANNELS) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(0)
    at = np.arange(int(seconds * RATE)) / RATE
    slow = 40 * np.sin(2 * np.pi * (2 + np.arange(len(names))[:, None] / 10) * at)
    return (slow + rng.normal(0, 5, slow.shape)).astype(np.float32)


def recorded(seconds: float = 300.0, **other: object) -> Recording:
    told = {"window": (100.0, 150.0), "labelled": (120.0, 130.0), "title": "p12/0388", "whole": "w", **other}
    return Recording(Signals(waves(seconds)), CHANNELS, RATE, KINDS, **told)  # type: ignore[arg-type]


def shown_viewer(qtbot: QtBot) -> Iterator[RecordingViewer]:
    shown = RecordingViewer()
    qtbot.addWidget(shown)
    shown.resize(900, 700)
    shown.show()
    qtbot.waitExposed(shown)
    shown.set_payload(recorded(), 2, "G")
    QApplication.processEvents()
    yield shown
    shown.close_down()


def place(viewer: RecordingViewer, time: float, share: float = 0.5) -> QPoint:
    area = viewer.page.plot.area()
    return QPointF(viewer.page.plot.to_pixel(time).x(), area.top() + share * area.height()).toPoint()


def drag(qtbot: QtBot, viewer: RecordingViewer, start: QPoint, stop: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
    mouse.drag(qtbot, viewer.page.plot.viewport(), start, stop, keys)


def page(viewer: RecordingViewer) -> tuple[float, float]:
    return viewer.page.plot.x_range()
