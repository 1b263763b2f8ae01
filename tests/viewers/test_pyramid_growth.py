"""Pyramids that are built while they are looked at: several at once, left before their end, without a place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pytestqt.qtbot import QtBot

from models.payload import ArrayReader
from models.pyramid import Pyramid
from widgets.traces.growth import LONG, Growth

CHANNELS, LENGTH = 4, LONG // 2


class Held(ArrayReader):
    """A recording of a file that gives what begins at a sample, or later, only when it is let."""

    key = "recording 1"

    def __init__(self, values: npt.NDArray[np.float32], at: int = 1) -> None:
        super().__init__(values)
        self.at, self.reached, self.go = at, threading.Event(), threading.Event()

    def read(self, start: int, stop: int, columns: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        if start >= self.at:
            self.reached.set()
            self.go.wait(30)
        return super().read(start, stop, columns)


@pytest.fixture
def values() -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((CHANNELS, LENGTH)).astype(np.float32)


@pytest.fixture
def growths(tmp_path: Path) -> Iterator[list[Growth]]:
    found = [Growth(tmp_path), Growth(tmp_path)]
    yield found
    for one in found:
        one.stop()


def folder_of(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "pyramids").iterdir())


def test_a_second_viewer_of_a_recording_spoils_nothing(
    growths: list[Growth], values: npt.NDArray[np.float32], tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = Held(values), Held(values, 0)
    growths[0].start(first)
    assert first.reached.wait(30)
    growths[1].start(second)
    assert second.reached.wait(30)
    first.go.set()
    qtbot.waitUntil(lambda: growths[0].share == 1)
    growths[0].stop()
    place = next(one for one in folder_of(tmp_path) if not one.name.startswith("."))
    kept = Pyramid.open(place, CHANNELS, LENGTH)
    assert kept is not None
    np.testing.assert_array_equal(kept.low[0], values.reshape(CHANNELS, -1, 64).min(axis=2))
    second.go.set()
    growths[1].stop()
    assert folder_of(tmp_path) == [place]


def test_one_that_was_left_before_its_end_leaves_nothing(
    growths: list[Growth], values: npt.NDArray[np.float32], tmp_path: Path
) -> None:
    reader = Held(values)
    growths[0].start(reader)
    assert reader.reached.wait(30)
    threading.Timer(0.05, reader.go.set).start()
    growths[0].stop()
    assert folder_of(tmp_path) == []


def test_without_a_place_for_it_a_pyramid_is_in_memory(values: npt.NDArray[np.float32], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    growth = Growth(tmp_path / "file")
    reader = Held(values)
    reader.go.set()
    growth.start(reader)
    shown = growth._reader
    assert shown is not None
    growth.stop()
    assert shown.pyramid.folder is None
