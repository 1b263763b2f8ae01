"""A spectrogram that is computed while it is shown."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.errors import UserError
from models.job import Progress
from models.levels import StripReader
from models.payload import Spectrogram, Strip
from tests.viewers.spectrograms import BINS, COLUMNS, grabbed, pixel, shown_viewer, strips
from widgets.spectrogram.colours import level_colours
from widgets.spectrogram.growth import Growth
from widgets.spectrogram.viewer import SpectrogramViewer


@pytest.fixture
def viewer(qtbot: QtBot, spectrogram: Spectrogram) -> Iterator[SpectrogramViewer]:
    yield from shown_viewer(qtbot, spectrogram)


def growing(levels: np.ndarray, gate: threading.Event) -> Callable[[Path | None], Iterator[Progress]]:
    """Fills the levels in two steps, the second when the gate is open."""

    def grow(_folder: Path | None) -> Iterator[Progress]:
        levels[: len(levels) // 2] = 100
        yield Progress(1, 2)
        gate.wait(10)
        levels[len(levels) // 2 :] = 100
        yield Progress(2, 2)

    return grow


def test_it_fills_while_it_is_shown(
    viewer: SpectrogramViewer, spectrogram: Spectrogram, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("widgets.spectrogram.growth._TELL_SECONDS", 0.0)
    levels, gate = np.zeros((COLUMNS, BINS), np.uint8), threading.Event()
    one = replace(spectrogram, strips=(Strip("one", StripReader((levels,))),), grow=growing(levels, gate), key="night")
    viewer.set_payload(one)
    qtbot.waitUntil(lambda: viewer.growth.share == 0.5, timeout=5000)
    assert viewer.header.subtitle.text() == "±5 min · 50 % computed"
    colours = level_colours("inferno", one, (-10.0, 25.0))
    assert grabbed(viewer).pixelColor(*pixel(viewer, 0, 3500)).rgba() == colours[100]
    # Another window of the same recording does not begin anew.
    viewer.set_payload(replace(one, strips=strips(1), grow=growing(np.zeros((2, 2), np.uint8), gate)))
    assert viewer.growth.share == 0.5
    gate.set()
    qtbot.waitUntil(lambda: viewer.growth.share == 1.0, timeout=5000)
    viewer.toggle_whole()
    assert grabbed(viewer).pixelColor(*pixel(viewer, 0, 9000)).rgba() == colours[100]
    assert viewer.header.subtitle.text() == "3 h"


def test_where_nothing_is_there_it_says_why(
    viewer: SpectrogramViewer, spectrogram: Spectrogram, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("widgets.spectrogram.growth._TELL_SECONDS", 0.0)
    assert grabbed(viewer)
    assert viewer.hint.words() == "", "levels are seen"
    gate = threading.Event()

    def grow(_folder: Path | None) -> Iterator[Progress]:
        yield Progress(1, 4)
        gate.wait(10)
        raise UserError("the recording cannot be read any more")

    none = replace(spectrogram, strips=(Strip("", StripReader((np.zeros((COLUMNS, BINS), np.uint8),))),), key="night")
    viewer.set_payload(replace(none, grow=grow))
    qtbot.waitUntil(lambda: viewer.growth.share == 0.25, timeout=5000)
    busy = grabbed(viewer)
    assert viewer.hint.words() == "Computing the spectrogram: 25 %"
    gate.set()
    qtbot.waitUntil(lambda: bool(viewer.growth.trouble), timeout=5000)
    broken = grabbed(viewer)
    assert viewer.hint.words() == "No spectrogram: the recording cannot be read any more."
    viewer.set_payload(replace(none, key="other"))
    empty = grabbed(viewer)
    assert viewer.hint.words() == "Nothing was recorded at these times."
    weak = Strip("", StripReader((np.full((COLUMNS, BINS), 50, np.uint8),)))
    viewer.set_payload(replace(spectrogram, strips=(weak,), key="weak"))
    assert grabbed(viewer)
    assert viewer.hint.words() == "All of this lies below −10 dB. Drag the colours in the head to see it."
    viewer.set_limits((-60.0, -30.0))
    assert viewer.hint.words() == "All of this lies above −30 dB. Drag the colours in the head to see it."
    viewer.set_limits((-60.0, 0.0))
    assert viewer.hint.words() == ""
    middle = viewer.plot.area().toRect().adjusted(0, 100, 0, -100)
    pictures = [image.copy(middle) for image in (busy, broken, empty)]
    assert all(one != other for one, other in itertools.combinations(pictures, 2)), "it is drawn"


def test_another_sample_stops_it_and_is_told_nothing_of_it(
    viewer: SpectrogramViewer, spectrogram: Spectrogram, qtbot: QtBot
) -> None:
    levels, begun, gate = np.zeros((COLUMNS, BINS), np.uint8), threading.Event(), threading.Event()

    def grow(_folder: Path | None) -> Iterator[Progress]:
        begun.set()
        gate.wait(10)
        yield Progress(1, 2)
        levels[:] = 100
        yield Progress(2, 2)

    viewer.set_payload(replace(spectrogram, strips=(Strip("", StripReader((levels,))),), grow=grow))
    assert begun.wait(10)
    viewer.set_payload(spectrogram)
    gate.set()
    viewer.close_down()
    QApplication.processEvents()
    assert levels[-1, 0] == 0, "no step after the one that it was in"
    assert viewer.growth.share == 1.0
    assert "computed" not in viewer.header.subtitle.text()


def test_one_after_the_other_never_both_in_the_same_folder(qtbot: QtBot, tmp_path: Path) -> None:
    running, most, folders = [0], [0], []

    def grow(folder: Path | None) -> Iterator[Progress]:
        running[0] += 1
        most[0] = max(most[0], running[0])
        folders.append(folder)
        try:
            for done in range(20):
                yield Progress(done, 20)
        finally:
            running[0] -= 1

    growth = Growth(tmp_path)
    for _ in range(4):
        growth.start(grow)
    qtbot.waitUntil(lambda: growth.share == 1.0, timeout=5000)
    growth.close_down()
    assert (running[0], most[0]) == (0, 1)
    assert set(folders) == {tmp_path}


def test_a_recording_that_is_gone_is_told(viewer: SpectrogramViewer, spectrogram: Spectrogram, qtbot: QtBot) -> None:
    def grow(_folder: Path | None) -> Iterator[Progress]:
        yield Progress(0, 2)
        raise UserError("the recording cannot be read any more")

    viewer.set_payload(replace(spectrogram, grow=grow))
    qtbot.waitUntil(lambda: bool(viewer.growth.trouble), timeout=5000)
    assert "the recording cannot be read any more" in viewer.header.subtitle.text()
