"""Each project opens on the page where it was left, a new one on Curate."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.pages.map import MapPage
from tests.app.desk import copied, settle
from tests.app.windows import Opened


def test_a_page_is_kept_for_each_project(opened: Opened, labelled: Path, tmp_path: Path) -> None:
    window = opened(labelled)
    window.show_page("map")
    other = copied(labelled, tmp_path / "other")
    window.open_project(other)
    assert window.page("curate").isVisible()
    window.show_page("data")
    window.open_project(labelled)
    assert window.page("map").isVisible()
    window.open_project(other)
    assert window.page("data").isVisible()


def test_an_open_tray_goes_with_its_page(opened: Opened, labelled: Path) -> None:
    window = opened(labelled)
    window.toggle_tray()
    window.show_page("curate")
    assert window.tray.isVisible(), "the page is the same"
    window.show_page("data")
    assert not window.tray.isVisible()


@pytest.mark.parametrize(("wide", "side"), [(1280, 397), (2560, 500)])
def test_the_map_has_most_of_its_page(wide: int, side: int, opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled, (wide, 720))
    window.show_page("map")
    page = window.page("map")
    assert isinstance(page, MapPage)
    qtbot.waitUntil(lambda: abs(page.side.width() - side) <= 1)
    page.split.setSizes([wide - 450, 450])
    page.split.splitterMoved.emit(wide - 450, 1)
    window.resize(wide - 40, 720)
    qtbot.waitUntil(lambda: page.width() == wide - 40)
    assert abs(page.side.width() - 450) <= 1


def test_a_window_that_grew_on_another_page_gives_its_widths_to_the_list(
    opened: Opened, labelled: Path, qtbot: QtBot
) -> None:
    window = opened(labelled, (1280, 720))
    page = window.page("curate")
    window.show_page("curate")
    settle(qtbot, window)
    narrow = page.list_dock.width()  # type: ignore[attr-defined]
    window.show_page("data")
    window.resize(2560, 1440)
    settle(qtbot, window)
    window.show_page("curate")
    settle(qtbot, window)
    first, second = page.viewers.docks  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: page.list_dock.width() > narrow)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: abs(first.width() - second.width()) < 4)
