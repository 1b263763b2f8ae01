"""The tissue map: geometry, colours, clicks, arrow keys, legend."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from models.payload import Tissue
from widgets import theme
from widgets.tissue import CONFLICT, DISTANCE, ERROR, LABEL, PREDICTION, TissueMap, hex_centres

CLASSES = ("centre", "1 hop", "2 hops")


@pytest.fixture
def view(qtbot: QtBot, tissue: Tissue) -> TissueMap:
    shown = TissueMap()
    qtbot.addWidget(shown)
    shown.resize(400, 380)
    shown.set_features(["cMax"])
    shown.set_payload(tissue)
    labels = tissue.ring.copy()
    predictions = labels.copy()
    predictions[0], predictions[2] = 2, -1
    shown.set_values(CONFLICT, labels, predictions, np.arange(9.0), CLASSES)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def colour_at(view: TissueMap, cell: int) -> QColor:
    at = view.field.centre(cell) + QPoint(0, -round(view.field.layout_cells()[1] * 0.6))
    return view.field.grab().toImage().pixelColor(at)


def test_neighbouring_hexagons_are_one_pitch_apart() -> None:
    centres = hex_centres(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]))
    pitch = np.sqrt(3)
    assert np.hypot(*(centres[0] - centres[1])) == pytest.approx(pitch)
    assert np.hypot(*(centres[2] - centres[1])) == pytest.approx(pitch)
    assert np.hypot(*(centres[0] - centres[2])) == pytest.approx(pitch)


def test_conflicts_are_full_and_agreement_is_soft(view: TissueMap) -> None:
    assert colour_at(view, 0) == theme.class_colour(1).fill
    assert colour_at(view, 1) != theme.class_colour(1).fill
    assert view.field.words[0] == ("1", "≠ 2")
    assert view.field.words[1] == ("1", "")
    assert view.conflicts() == 1
    assert view.header.subtitle.text() == "2/08, 1 of 9 conflict"


@pytest.mark.parametrize(
    ("mode", "cell", "words"),
    [(LABEL, 0, "1"), (PREDICTION, 0, "2"), (PREDICTION, 2, ""), (DISTANCE, 4, "0"), (ERROR, 0, "1"), ("cMax", 8, "8")],
)
def test_each_mode_writes_its_own_value(view: TissueMap, mode: str, cell: int, words: str) -> None:
    view.set_values(mode, view.labels, view.predictions, view.numbers, CLASSES)
    assert view.field.words[cell][0] == words


def test_a_feature_is_a_heat_map_with_limits(view: TissueMap) -> None:
    view.set_values("cMax", view.labels, view.predictions, np.arange(9.0), CLASSES)
    assert view.limits() == (0.0, 8.0)
    assert colour_at(view, 8) == QColor("#2B3A67")
    assert view.foot.accessibleName() == "cMax from 0 to 8"


def test_the_combo_asks_for_a_mode(view: TissueMap, qtbot: QtBot) -> None:
    view.combo.setFocus()
    with qtbot.waitSignal(view.mode_asked) as told:
        qtbot.keyClick(view.combo, Qt.Key.Key_Down)
        view.combo.activated.emit(view.combo.currentIndex())
    assert told.args == [LABEL]


def test_a_click_asks_for_the_cell(view: TissueMap, qtbot: QtBot) -> None:
    for cell in (0, 5, 8):
        with qtbot.waitSignal(view.sample_asked) as told:
            qtbot.mouseClick(view.field, Qt.MouseButton.LeftButton, pos=view.field.centre(cell))
        assert told.args == [f"t#{cell}"]


def test_arrow_keys_ask_for_neighbours(view: TissueMap, qtbot: QtBot) -> None:
    asked: list[str] = []
    view.sample_asked.connect(asked.append)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
        qtbot.keyClick(view.field, key)
    assert asked == ["t#3", "t#5"]
    for key, column in ((Qt.Key.Key_Left, 0), (Qt.Key.Key_Right, 2)):
        qtbot.keyClick(view.field, key)
        assert view.tissue is not None
        assert view.tissue.column[int(asked[-1][2:])] == column


def test_the_chosen_cell_is_ringed(view: TissueMap) -> None:
    image = view.field.grab().toImage()
    centres, side = view.field.layout_cells()
    x, y = centres[4]
    row = [image.pixelColor(round(x + side) + by, round(y)) for by in range(-3, 5)]
    assert theme.token("accent") in row


def test_hover_shows_the_cell(view: TissueMap, qtbot: QtBot) -> None:
    qtbot.mouseMove(view.field, view.field.centre(0))
    assert view.field.hovered == 0
    assert view.field.plates[0] == ("t#0", "1 hop away", "label 1 hop", "model 2 hops")


def test_a_cell_outside_the_project_asks_nothing(view: TissueMap, qtbot: QtBot, tissue: Tissue) -> None:
    cells = ("", *tissue.cells[1:])
    view.set_payload(Tissue(cells, tissue.column, tissue.row, tissue.ring, tissue.traces, 4))
    with qtbot.assertNotEmitted(view.sample_asked):
        qtbot.mouseClick(view.field, Qt.MouseButton.LeftButton, pos=view.field.centre(0))


def test_without_a_tissue_it_says_so(view: TissueMap) -> None:
    view.set_payload(None)
    assert view.words.isVisible()
    assert not view.foot.isVisible()
