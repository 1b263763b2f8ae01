"""The data page: what a row says of its column, and that a bar filters."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.data import ProfileRow, _shared_end, range_lines
from models.domain import Found
from models.store.profile import Profile
from models.store.project import Project
from tests.app.desk import click, control, labels_of, press, settle, take_keyboard
from tests.app.windows import Opened
from widgets import theme


def colours(row: ProfileRow, place: int) -> set[int]:
    """What is painted on a bar's middle line, above its words."""
    image = row.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    area = row.bar_rect(place)
    return {image.pixelColor(round(area.center().x()), y).rgb() for y in range(round(area.top()), 46)}


def test_many_rare_values_do_not_dwarf_the_others(qapp: QApplication, qtbot: QtBot) -> None:
    bins = (("a", 30, 'x == "a"'), ("b", 15, 'x == "b"'), ("90 others", 900, 'x not in ("a", "b")'))
    row = ProfileRow(Profile("x", "text", 945, 0, 92, "a", "zz", bins), "X")
    qtbot.addWidget(row)
    row.resize(900, 64)
    bar, track = theme.token("bar").rgb(), theme.token("track").rgb()
    assert bar in colours(row, 0)
    assert bar in colours(row, 1)
    assert track in colours(row, 2)
    assert bar not in colours(row, 2)


@pytest.mark.parametrize(
    ("names", "end"),
    [
        (["a_cell1_mini", "a_cell12_mini"], "_mini"),
        (["PV-mini", "SST-mini", "x"], ""),
        (["mini", "tini"], ""),
        (["a_mini", "_mini"], ""),
        (["a_mini"], ""),
    ],
)
def test_what_all_names_end_with_tells_none_from_another(names: list[str], end: str) -> None:
    assert _shared_end(names) == end


def test_a_range_that_is_too_wide_stands_in_two_lines() -> None:
    def lines(low: str, high: str, kind: str = "text", distinct: int = 2) -> list[str]:
        return range_lines(Profile("c", kind, 9, 0, distinct, low, high, ()), lambda words: len(words) < 12)

    assert lines("a1", "b2") == ["a1 – b2"]
    assert lines("0d058406-0a04", "fa5e0f29-2b11") == ["0d058406-0a04", "– fa5e0f29-2b11"]
    assert lines("x" * 20, "x" * 20) == ["x" * 20]
    assert lines("", "noise") == ["empty", "– noise"]
    assert (lines("", "", distinct=1), lines("", "", distinct=0)) == (["empty"], [""])
    assert lines("-1", "2", "number") == ["−1 – 2"]


def test_units_stand_beside_the_titles_and_a_bar_filters(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    window.show_page("data")
    settle(qtbot, window)
    row = control("data.cMax")
    assert isinstance(row, ProfileRow)
    assert row._title == "cMax, ΔF/F₀"
    cell = control("data.cell_id")
    assert isinstance(cell, ProfileRow)
    counts = [count for _words, count, _where in cell.item.bins]
    assert len(set(counts)) == 1, "each cell of the tissue is there as often as the others"
    qtbot.mouseClick(cell, Qt.MouseButton.LeftButton, pos=cell.bar_rect(24).center().toPoint())
    settle(qtbot, window)
    assert window.page_name() == "curate"
    assert window.session.listing.where == "cell_id == 24"
    assert len(window.session.order) == counts[24]


@pytest.mark.parametrize("page", ["data", "curate"])
def test_a_project_without_classes_offers_to_add_one(page: str, opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    source = tmp_path / "a.h5"
    source.write_text("nothing", "utf-8")
    with Project.create(tmp_path / "bare", "traces") as made:
        made.add(Found(source, source.name, ["0", "1"], ["g", "g"], [None, None]))
    window = opened(tmp_path / "bare")
    window.show_page(page)
    settle(qtbot, window)
    button = click(qtbot, {"data": "data.add_class", "curate": "label.add_class"}[page])
    qtbot.keyClicks(control("class.name"), "seizure")
    click(qtbot, "class.ok")
    settle(qtbot, window)
    assert window.session.classes == ("seizure",)
    assert window.page_name() == page
    assert not button.isVisible()
    take_keyboard(qtbot, window)
    press(qtbot, window, "1")
    labelled = [name for name in labels_of(window.session).values() if name]
    assert labelled == (["seizure"] if page == "curate" else []), "its key acts at once"


def test_the_keys_act_on_the_first_column_at_once_and_stay_where_they_are(
    opened: Opened, labelled: Path, qtbot: QtBot
) -> None:
    window = opened(labelled)
    press(qtbot, window, "Ctrl+5")
    assert window.page_name() == "data"
    assert control("data.label").hasFocus()
    control("data.noise").setFocus()
    window.session.label("1")
    settle(qtbot, window)
    assert control("data.noise").hasFocus(), "counted anew"
    press(qtbot, window, "Right", "Return")
    assert window.page_name() == "curate"
    assert window.session.listing.where.startswith("noise")
