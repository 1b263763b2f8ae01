"""The sensitivity of a recording: fitted to the page by a key, and one of its own for a sample that would be black."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.electrodes import CHANNELS
from models.payload import Recording
from tests.viewers.recordings import CTRL, KINDS, RATE, Signals, shown_viewer, waves
from widgets.recording import scale
from widgets.recording.viewer import RecordingViewer


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[RecordingViewer]:
    yield from shown_viewer(qtbot)


def _shown_large(viewer: RecordingViewer, by: float, **other: object) -> None:
    """The same recording so many times as large."""
    values = by * waves(300)
    viewer.set_payload(Recording(Signals(values), CHANNELS, RATE, KINDS, window=(100.0, 150.0), **other))  # type: ignore[arg-type]
    QApplication.processEvents()


def _filled(viewer: RecordingViewer) -> float:
    """The share of the plot's points that are not its ground, by their brightness."""
    image = viewer.page.plot.grab(viewer.page.plot.area().toAlignedRect()).toImage()
    seen = [image.pixelColor(x, y).lightness() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)]
    return float(np.mean([light < 128 for light in seen]))


def test_a_key_chooses_the_sensitivity_by_which_the_page_fits(viewer: RecordingViewer) -> None:
    viewer.choose_montage("referential")
    for by in (1, 20, 0.1):
        _shown_large(viewer, by)
        told: list[float] = []
        viewer.choices_changed.connect(lambda told=told: told.append(viewer.choices()["sensitivity"]))
        viewer.fit_sensitivity()
        chosen = viewer.page.look.sensitivity
        assert chosen in scale.SENSITIVITIES
        assert viewer.sensitivity.value() == chosen == told[-1]
        lanes, spread = viewer.page.lanes, 80 * by
        assert lanes is not None
        assert spread * lanes.per_value < 1.6 * lanes.tall, "rows stay about where they are"
        finer = scale.step(scale.SENSITIVITIES, chosen, -1)
        assert spread * viewer.page.pixels_a_mm / finer > 0.75 * lanes.tall or finer == 1.0, "as large as they can be"


def test_a_sample_that_would_be_black_is_looked_at_by_a_sensitivity_of_its_own(viewer: RecordingViewer) -> None:
    usual = viewer.page.look.sensitivity
    _shown_large(viewer, 30)
    raised = viewer.page.look.sensitivity
    assert raised > 10 * usual
    assert viewer.sensitivity.value() == raised
    assert f"{raised:.0f} µV/mm for this sample: too dense at {usual:.0f}" in viewer.page.words.notes
    assert viewer.choices()["sensitivity"] == usual, "what is kept is the person's"
    spared = _filled(viewer)
    viewer.choose_montage("average")
    assert viewer.page.look.sensitivity == raised, "another montage of the same sample"
    viewer.choose_montage("longitudinal")
    _shown_large(viewer, 1)
    assert viewer.page.look.sensitivity == viewer.sensitivity.value() == usual
    assert not any("this sample" in note for note in viewer.page.words.notes)
    _shown_large(viewer, 30)
    viewer.set_choices({"sensitivity": usual})
    assert _filled(viewer) > 2 * spared, "black, where a person chose it"


def test_a_sensitivity_chosen_at_a_black_sample_is_for_all(viewer: RecordingViewer, qtbot: QtBot) -> None:
    _shown_large(viewer, 30)
    raised = viewer.page.look.sensitivity
    qtbot.keyClick(viewer, Qt.Key.Key_Down, CTRL)
    assert viewer.choices()["sensitivity"] == viewer.page.look.sensitivity > raised
    chosen = viewer.page.look.sensitivity
    assert not any("this sample" in note for note in viewer.page.words.notes)
    _shown_large(viewer, 1)
    assert viewer.page.look.sensitivity == chosen


def test_nothing_fits_where_nothing_goes_up_or_down(viewer: RecordingViewer) -> None:
    before = viewer.page.look.sensitivity
    _shown_large(viewer, 0)
    viewer.fit_sensitivity()
    assert viewer.page.look.sensitivity == before
    viewer.set_payload(None)
    viewer.fit_sensitivity()
    assert viewer.page.look.sensitivity == before


def test_a_higher_page_is_judged_anew_until_a_person_chose(viewer: RecordingViewer) -> None:
    viewer.resize(900, 260)
    QApplication.processEvents()
    _shown_large(viewer, 2)
    usual = viewer.choices()["sensitivity"]
    assert viewer.page.look.sensitivity > usual
    viewer.resize(900, 1400)
    QApplication.processEvents()
    assert viewer.page.look.sensitivity == usual
    viewer._choose_sensitivity(5.0)
    viewer.resize(900, 260)
    QApplication.processEvents()
    assert viewer.page.look.sensitivity == 5.0
