"""A recording and its spectrogram on the curate page: beside each other, with one time; or the one that is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.pair import CHOICES, FIRST, SHARE, Pair
from app.window import Window
from models.domains.eeg.levels import array_reader
from models.payload import Recording, Spectrogram, Strip
from models.region import Region
from tests.app.desk import press, settle
from tests.app.windows import Opened
from tests.eeg.recorded import compose, waves
from tests.projects import project_from

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Two minutes of EDF: windows of 50 s at every 10 s, and the whole."""
    (tmp_path / "d").mkdir()
    compose(tmp_path / "d" / "night.edf", waves(120), records=120)
    return project_from(tmp_path / "desk", "eeg", tmp_path / "d")


def pair_of(window: Window) -> Pair:
    pair = window.page("curate").viewers.pair  # type: ignore[attr-defined]
    assert isinstance(pair, Pair)
    return pair


@pytest.fixture
def window(opened: Opened, recorded: Path, qtbot: QtBot) -> Window:
    """The curate page with a window of the recording, once its spectrogram is computed."""
    shown = opened(recorded)
    shown.resize(1900, 1000)
    settle(qtbot, shown)
    pair = pair_of(shown)
    qtbot.waitUntil(lambda: pair.spectrogram.spectrogram is not None and pair.spectrogram.growth.share == 1.0)
    return shown


def test_both_are_seen_beside_each_other_and_the_label_stands_once(window: Window) -> None:
    pair = pair_of(window)
    assert pair.recording.isVisible()
    assert pair.spectrogram.isVisible()
    first, second = pair.split.sizes()
    assert first / (first + second) == pytest.approx(FIRST, abs=0.02)
    assert isinstance(pair.recording.recording, Recording)
    assert pair.spectrogram.chip.isHidden()
    folders = [path for path in window.session.open_project.cache.glob("spectrogram-*") if path.is_dir()]
    assert len(folders) == 1


def test_a_click_on_the_spectrogram_brings_the_recording_there(window: Window, qtbot: QtBot) -> None:
    pair = pair_of(window)
    place = pair.spectrogram.scales.places()[0]
    at = QPoint(round(place.left() + 0.9 * place.width()), round(place.center().y()))
    qtbot.mouseClick(pair.spectrogram.plot.viewport(), Qt.MouseButton.LeftButton, NONE, at)
    left, right = pair.recording.page.plot.x_range()
    moment = pair.spectrogram.moment.at
    assert moment > 100
    assert left <= moment <= right
    assert pair.recording.page.moment.at == pytest.approx(moment)
    assert pair.spectrogram.span_row.page == (pytest.approx(left), pytest.approx(right))
    pair.recording.cursor_moved.emit(33.0)
    assert pair.spectrogram.moment.at == 33.0


def test_annotations_are_marked_on_both(window: Window) -> None:
    pair, session = pair_of(window), window.session
    whole = session.open_project.samples.table.column("key").to_pylist().index("")
    session.annotate(whole, {"a": Region("a", 20, 30, "GPD"), "b": Region("b", 40, 41, "?")}, "Annotate")
    row = pair.spectrogram.span_row
    assert {place: spans.tolist() for place, spans in row.spans.items()} == {2: [[20, 30]], -1: [[40, 41]]}


def test_keys_are_for_the_one_that_a_hand_is_on(window: Window, qtbot: QtBot) -> None:
    pair, viewers = pair_of(window), window.page("curate").viewers  # type: ignore[attr-defined]
    window.activateWindow()
    pair.spectrogram.setFocus()
    qtbot.waitUntil(pair.spectrogram.hasFocus)
    before, page = pair.spectrogram.plot.x_range(), pair.recording.page.plot.x_range()
    press(qtbot, window, "+")
    assert np.ptp(pair.spectrogram.plot.x_range()) == pytest.approx(np.ptp(before) / 2)
    assert pair.recording.page.plot.x_range() == page
    press(qtbot, window, "Home")
    assert pair.spectrogram.plot.x_range() == before
    assert viewers.panes()[:2] == [pair.recording, pair.spectrogram]
    assert viewers.front is pair.recording


def test_edge_and_colours_are_kept(window: Window) -> None:
    pair, settings = pair_of(window), window.session.settings
    pair.split.setSizes([300, pair.width() - 300])
    pair.split.splitterMoved.emit(300, 1)
    kept = settings.get(SHARE, 0)
    assert kept == pytest.approx(300 / pair.width(), abs=0.02)
    pair.resize(pair.width() + 200, pair.height())
    assert pair.split.sizes()[0] / sum(pair.split.sizes()) == pytest.approx(kept, abs=0.02)
    pair.spectrogram.set_map("viridis")
    assert settings.get(CHOICES, {})["map"] == "viridis"


def test_one_at_a_time_where_there_is_no_room(window: Window) -> None:
    pair = pair_of(window)
    pair.setMaximumWidth(400)
    QApplication.processEvents()
    assert pair.tabs.isVisible()
    assert pair.recording.isVisible()
    assert not pair.spectrogram.isVisible()
    pair.tabs.set_value("spectrogram")
    pair.tabs.chosen.emit("spectrogram")
    assert pair.spectrogram.isVisible()
    assert not pair.recording.isVisible()
    assert pair.hand() is pair.spectrogram
    pair.setMaximumWidth(5000)
    QApplication.processEvents()
    assert not pair.tabs.isVisible()
    assert pair.recording.isVisible()


def test_only_the_one_that_a_sample_has(window: Window, qtbot: QtBot) -> None:
    viewers, pair = window.page("curate").viewers, pair_of(window)  # type: ignore[attr-defined]
    levels = np.ones((20, 300), np.float32)
    alone = Spectrogram((Strip("left", array_reader(levels)),), 1.0, 2.0, 0.5, 20.0, -40.0, 60.0, labelled=(20, 30))
    viewers.show_payloads((alone,), 2, "G")
    assert not pair.recording.isVisible()
    assert viewers.front is pair.spectrogram
    assert not pair.spectrogram.chip.isHidden()
    shown = pair.recording.recording
    assert shown is None
    viewers.show_words("This sample cannot be read", "gone")
    assert viewers.front.speaks()
    assert viewers.front is pair.recording
    assert not pair.spectrogram.isVisible()
    window.session.go_to(window.session.order[0])
    settle(qtbot, window)
    viewers.show_loading("p12")
    assert pair.recording.speaks()
    assert pair.spectrogram.speaks() or not pair.spectrogram.isVisible()
