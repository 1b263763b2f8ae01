"""What every viewer has: head, label, states, a picture of what is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from models.payload import Traces, Unit
from widgets.traces.viewer import TraceViewer
from widgets.unit.viewer import UnitViewer
from widgets.viewer import Viewer


@pytest.fixture(params=["trace", "unit"])
def viewer(request: pytest.FixtureRequest, qtbot: QtBot) -> Viewer:
    made: Viewer = TraceViewer() if request.param == "trace" else UnitViewer()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


@pytest.fixture
def payload(viewer: Viewer, traces: Traces, unit: Unit) -> Traces | Unit:
    return traces if viewer.kind == "trace" else unit


def show(viewer: Viewer, payload: Traces | Unit) -> None:
    viewer.set_payload(payload, 1, "M")  # type: ignore[attr-defined]


def press(viewer: Viewer, key: Qt.Key) -> bool:
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
    viewer.keyPressEvent(event)
    return event.isAccepted()


def test_words_stand_where_no_sample_is(viewer: Viewer, payload: Traces | Unit) -> None:
    assert viewer.speaks()
    assert viewer.words.accessibleName().startswith("No sample is shown")
    assert not press(viewer, Qt.Key.Key_Plus), "a key that does nothing belongs to the page"
    show(viewer, payload)
    assert not viewer.speaks()
    assert press(viewer, Qt.Key.Key_Plus)
    assert not viewer.chip.isHidden()
    viewer.set_words("This sample cannot be read", "The folder is gone.", "file_lost")
    assert viewer.speaks()
    assert viewer.words.accessibleName() == "This sample cannot be read. The folder is gone."
    assert viewer.header.title.text() == viewer.noun
    assert viewer.chip.isHidden(), "the label of the sample before"


def test_a_sample_on_its_way_takes_the_place_of_the_one_before(viewer: Viewer, payload: Traces | Unit) -> None:
    show(viewer, payload)
    viewer.say_loading("session:8")
    assert viewer.speaks()
    assert viewer.header.title.text() == "session:8"
    assert not press(viewer, Qt.Key.Key_Plus)
    show(viewer, payload)
    assert not viewer.speaks()
    assert viewer.header.title.text() == payload.title


def test_a_picture_is_of_what_is_seen(viewer: Viewer, payload: Traces | Unit) -> None:
    action = viewer.findChild(QAction, f"{viewer.kind}_save")
    assert action is not None
    assert not action.isEnabled(), "of nothing there is no picture"
    show(viewer, payload)
    asked: list[QWidget] = []
    viewer.picture_asked.connect(asked.append)
    action.trigger()
    assert [figure.isVisible() for figure in asked] == [True]


def test_measures_alone_become_the_picture(qtbot: QtBot, unit: Unit) -> None:
    viewer = UnitViewer()
    qtbot.addWidget(viewer)
    asked: list[QWidget] = []
    viewer.picture_asked.connect(asked.append)
    viewer.set_payload(replace(unit, template=np.zeros((0, 0), np.float32), spread=None, spikes=None))
    action = viewer.findChild(QAction, "unit_save")
    assert action is not None
    action.trigger()
    assert asked == [viewer.alone]


def test_a_person_beside_the_label_is_named(viewer: Viewer) -> None:
    viewer.show_label(0, "G", "ann")
    assert viewer.person.toolTip() == "Labelled by ann"
    viewer.show_label(-1, "", "ann")
    assert viewer.chip.isHidden()
    assert viewer.person.isHidden()
