"""Units merged and removed in the window by keys and from the palette, and taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.pages.curate import CuratePage
from tests.app.desk import make_columns, press, settle, type_in
from tests.app.windows import Opened
from tests.projects import project_from
from tests.units.sortings import write_phy
from widgets import paint
from widgets.unit.preview import ColumnHead


@pytest.fixture
def sorting(tmp_path: Path) -> Path:
    """A project of a phy folder with the units 0, 2, 3 and 7."""
    write_phy(tmp_path / "phy")
    return project_from(tmp_path / "desk", "units", tmp_path / "phy")


def test_units_are_merged_by_key_and_the_merge_is_taken_back(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    session, viewers = window.session, window.page("curate").viewers  # type: ignore[attr-defined]
    settle(qtbot, window)
    assert not window.commands.run("edit.merge"), "one unit is nothing to merge"
    press(qtbot, window, "Shift+Down", "Ctrl+M", "Ctrl+M")
    assert session.order.tolist() == [4, 2, 3]
    assert session.current == 4
    assert viewers.unit.header.title.text() == session.short(4)
    assert window.commands.get("edit.undo").words() == "Undo merge of 2 units"  # type: ignore[union-attr]
    press(qtbot, window, "1")
    assert session.view.column("label")[4] == "good"
    press(qtbot, window, "Ctrl+Z", "Ctrl+Z")
    assert session.order.tolist() == [0, 1, 2, 3]
    assert session.selected.tolist() == [0, 1]
    press(qtbot, window, "Ctrl+Shift+Z", "Ctrl+Shift+Z")
    assert session.order.tolist() == [4, 2, 3]
    assert session.view.column("label")[4] == "good"


def test_a_preview_takes_no_room_from_list_and_label_panel(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting, size=(1280, 720))
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    settle(qtbot, window)
    press(qtbot, window, "2")
    before = (page.list.width(), page.panel.width())
    for _ in range(2):
        page.list.focus_list()
        press(qtbot, window, "Shift+Down", "Ctrl+M")
        preview = page.viewers.unit.preview
        assert preview.isVisible()
        assert (page.list.width(), page.panel.width()) == before
        heads = preview.findChildren(ColumnHead)
        assert [head.words()[0] for head in heads][-1] == "merged"
        for head in heads:
            title, count = head.words()
            assert paint.width(title, "strong") + paint.width(count, "caption") <= head.width() - 44, "nothing is cut"
        press(qtbot, window, "K")
    press(qtbot, window, "Ctrl+M", "Ctrl+M")
    assert [moment.title for moment in page.panel.history.rows()] == ["Merge of 3 units"]


def test_a_unit_is_removed_from_the_palette(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    session = window.session
    settle(qtbot, window)
    press(qtbot, window, "Ctrl+K")
    type_in("remove units", window)
    press(qtbot, window, "Return")
    assert session.order.tolist() == [1, 2, 3]
    assert session.current == 1
    press(qtbot, window, "Ctrl+Z")
    assert session.order.tolist() == [0, 1, 2, 3]
    assert session.current == 0


def test_traces_have_nothing_to_merge(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window = opened(make_columns(tmp_path))
    window.session.choose(0, np.array([0, 1], np.int64))
    settle(qtbot, window)
    assert not window.commands.run("edit.merge")
    press(qtbot, window, "Delete")
    assert len(window.session.order) == 30
