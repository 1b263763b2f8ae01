"""Work beside the window keeps off while pages are turned, and is done all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from models.payload import Spectrogram
from tests.viewers import recordings, spectrograms
from widgets.recording.viewer import RecordingViewer
from widgets.spectrogram.viewer import SpectrogramViewer
from widgets.traces import pace
from widgets.traces.pace import LONGEST, STILL, Pace

viewer = pytest.fixture(recordings.shown_viewer)


class Stop(threading.Event):
    """Moves the clock instead of waiting; act: what happens meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.now = 100.0
        self.act: Callable[[], object] = lambda: None
        monkeypatch.setattr(pace.time, "monotonic", lambda: self.now)

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        self.act()
        return self.is_set()


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Stop:
    return Stop(monkeypatch)


def test_it_waits_until_pages_stand_still(stop: Stop) -> None:
    held = Pace()
    held.wait(stop)
    assert stop.now - 100 < STILL
    began = stop.now
    held.keep_off()
    assert not held.wait(stop)
    assert began + STILL <= stop.now < began + 2 * STILL


def test_who_turns_pages_all_the_time_gets_it_done_too(stop: Stop) -> None:
    held = Pace()
    held.keep_off()
    stop.act = held.keep_off
    held.wait(stop)
    assert stop.now - 100 < LONGEST + STILL


def test_it_is_left_at_once(stop: Stop) -> None:
    held = Pace()
    held.keep_off()
    stop.set()
    assert held.wait(stop)


@pytest.mark.parametrize(("seconds", "kept"), [(10.0, 1), (200.0, 0)])
def test_a_page_that_is_read_anew_keeps_the_overview_off(
    viewer: RecordingViewer, monkeypatch: pytest.MonkeyPatch, seconds: float, kept: int
) -> None:
    viewer.page.plot.set_x(20, 20 + seconds)
    told: list[int] = []
    monkeypatch.setattr(viewer.page.growth.pace, "keep_off", lambda: told.append(1))
    viewer.page.plot.set_x(40, 40 + seconds)
    assert len(told) == kept


def test_pages_keep_the_computing_of_a_spectrogram_off(
    viewer: RecordingViewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, told = SpectrogramViewer(), list[int]()
    other.set_payload(Spectrogram(spectrograms.strips(), 1.0, 2.0, 0.5, 20.0, -40.0, 60.0))
    monkeypatch.setattr(other.growth.pace, "keep_off", lambda: told.append(1))
    viewer.range_changed.connect(other.set_page)
    viewer.page.page(1)
    other.plot.zoom(0.5)
    assert len(told) == 2
    other.close_down()
