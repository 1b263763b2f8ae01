"""The list of annotations: rows by filter and order, what is written over, what is chosen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from models.region import Region
from widgets.recording.region_list import RegionList
from widgets.recording.region_model import (
    CHANNELS,
    OTHERS,
    SECONDS,
    START,
    TEXT,
    UNNAMED,
    Names,
    length_words,
    read_time,
)
from widgets.recording.regions import RegionTable

PLACES = {"seizure": 0, "lpd": 1}
NAMES = Names(PLACES, ["Seizure", "LPD"], ["S", "L"])
REGIONS = (
    Region("a", 10, 12.5, "seizure"),
    Region("b", 30, 30, ""),
    Region("c", 50, 250, "LPD", ("T3", "T5")),
    Region("d", 60, 61, "blinks"),
)
COLOURS = {"seizure": 0, "LPD": 1}


def table(*regions: Region) -> RegionTable:
    return RegionTable(regions or REGIONS, COLOURS, {"seizure": "Seizure"})


@pytest.fixture
def shown(qtbot: QtBot) -> RegionList:
    found = RegionList()
    qtbot.addWidget(found)
    found.resize(700, 220)
    found.show_regions(table(), NAMES, (0.0, 300.0))
    found.show()
    return found


def names(shown: RegionList) -> list[str]:
    return [region.name for row in range(len(shown.model.rows)) if (region := shown.model.region(row))]


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("00:04:37.5", 277.5), ("4:37", 277.0), ("277.5", 277.5), ("2 min", 120.0), ("250 ms", 0.25), ("soon", None)],
)
def test_times_are_read_as_people_write_them(words: str, seconds: float | None) -> None:
    assert read_time(words) == seconds


def test_lengths_read_back() -> None:
    for seconds in (0.0, 0.05, 2.5, 70.0, 125.2):
        assert read_time(length_words(seconds)) == pytest.approx(seconds, rel=0.01)


def test_rows_are_told_in_order_of_time_with_their_class(shown: RegionList) -> None:
    model = shown.model
    told = [[model.data(model.index(row, column)) for column in (START, SECONDS, TEXT, CHANNELS)] for row in (0, 2)]
    assert told == [["00:00:10.00", "2.5 s", "Seizure", ""], ["00:00:50.00", "3:20.0", "LPD", "T3, T5"]]
    assert model.kinds() == [("seizure", 1), ("lpd", 1), (OTHERS, 1), (UNNAMED, 1)]
    assert [model.place_of(region) for region in REGIONS] == [0, -1, 1, -1]


def test_filters_by_class_and_by_words(shown: RegionList) -> None:
    for kind, wanted in (("lpd", ["c"]), (OTHERS, ["d"]), (UNNAMED, ["b"]), ("", ["a", "b", "c", "d"])):
        shown.kind.set_value(kind)
        shown._filter()
        assert names(shown) == wanted
    shown.words.setText("t5")
    assert names(shown) == ["c"]
    assert shown.head.subtitle.text() == "1 of 4"
    shown.words.setText("Seiz")
    assert names(shown) == ["a"]


def test_a_class_that_is_no_more_there_is_no_filter_any_more(shown: RegionList) -> None:
    shown.kind.set_value("lpd")
    shown._filter()
    shown.show_regions(table(REGIONS[0]), NAMES, (0.0, 300.0))
    assert names(shown) == ["a"]


def test_a_head_sorts_and_what_was_chosen_stays_so(shown: RegionList) -> None:
    shown.view.selectRow(2)
    shown._sort(SECONDS)
    assert names(shown) == ["b", "d", "a", "c"]
    shown._sort(SECONDS)
    assert names(shown) == ["c", "a", "d", "b"]
    assert shown.chosen() == ["c"]
    assert shown.model.headerData(SECONDS, Qt.Orientation.Horizontal).endswith("↓")


def test_a_row_that_is_reached_is_told_and_one_that_is_shown_is_not(shown: RegionList, qtbot: QtBot) -> None:
    told: list[str] = []
    shown.picked.connect(told.append)
    shown.show_chosen("c")
    assert shown.chosen() == ["c"]
    assert told == []
    qtbot.keyClick(shown.view, Qt.Key.Key_Down)
    assert told == ["d"]
    shown.show_chosen("")
    assert shown.chosen() == []


def write(qtbot: QtBot, shown: RegionList, row: int, column: int, words: str) -> None:
    place = shown.view.visualRect(shown.model.index(row, column)).center()
    port = shown.view.viewport()
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(port, Qt.MouseButton.LeftButton, pos=place)
    field = shown.view.findChild(QLineEdit, "recording_regions_field")
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, words)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown.view.findChild(QLineEdit, "recording_regions_field") is None)


@pytest.mark.parametrize(
    ("row", "column", "words", "wanted"),
    [
        (0, START, "0:20", Region("a", 20, 22.5, "seizure")),
        (0, SECONDS, "5", Region("a", 10, 15, "seizure")),
        (0, TEXT, "lpd", Region("a", 10, 12.5, "lpd")),
        (1, TEXT, "Seizure", Region("b", 30, 30, "seizure")),
        (3, TEXT, "slow blinks", Region("d", 60, 61, "slow blinks")),
    ],
)
def test_start_length_and_words_are_written_over(
    shown: RegionList, qtbot: QtBot, row: int, column: int, words: str, wanted: Region
) -> None:
    told: list[tuple[Region, str]] = []
    shown.edited.connect(lambda region, said: told.append((region, said)))
    write(qtbot, shown, row, column, words)
    assert [region for region, _said in told] == [wanted]


def test_what_is_no_time_or_outside_is_refused(shown: RegionList, qtbot: QtBot) -> None:
    told: list[object] = []
    shown.edited.connect(lambda *given: told.append(given))
    refused: list[str] = []
    shown.refused.connect(refused.append)
    write(qtbot, shown, 0, START, "soon")
    write(qtbot, shown, 0, START, "0:06:00")
    write(qtbot, shown, 0, SECONDS, "999")
    assert told == []
    assert ["no time" in refused[0], *("outside" in words for words in refused[1:])] == [True, True, True]


def test_delete_and_escape_are_the_lists_own(shown: RegionList, qtbot: QtBot) -> None:
    removed: list[list[str]] = []
    shown.removed.connect(removed.append)
    shown.view.selectRow(0)
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    shown.view.selectionModel().select(shown.model.index(2, 0), flags)
    qtbot.keyClick(shown.view, Qt.Key.Key_Delete)
    assert removed == [["a", "c"]]
    with qtbot.waitSignal(shown.left):
        qtbot.keyClick(shown.view, Qt.Key.Key_Escape)


def test_of_ten_thousand_only_what_is_seen_is_read(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    found = RegionList()
    qtbot.addWidget(found)
    found.resize(700, 220)
    many = [
        Region(str(number), number * 8.0, number * 8.0 + 2, ("seizure", "LPD", "")[number % 3])
        for number in range(10_000)
    ]
    found.show_regions(RegionTable(many, COLOURS), NAMES, (0.0, 90_000.0))
    read: set[int] = set()
    region = found.model.region
    monkeypatch.setattr(found.model, "region", lambda row: (read.add(row), region(row))[1])
    found.show()
    found.show_chosen("9000")
    qtbot.waitUntil(lambda: 9000 in read)
    assert len(read) < 100
    assert found.view.visualRect(found.model.index(9000, 0)).top() > 0
    qtbot.mouseClick(found.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 4))
    assert len(read) < 200
