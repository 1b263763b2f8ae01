"""Pages of the tabs are made while nobody waits, without being shown."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.ahead import Ahead
from app.pages import PAGES
from app.pages.page import Page
from tests.app.desk import make_columns, make_session, open_window, settle


def test_tabs_are_made_ahead_and_the_shown_page_stays(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(qtbot, make_session(tmp_path), make_columns(tmp_path, 30, 10))
    window.show_page("curate")
    settle(qtbot, window)
    ahead = Ahead(window)
    with qtbot.waitSignal(ahead.done, timeout=60_000):
        ahead.start(0)
    made = {entry.name for entry in PAGES if entry.tab}
    assert made <= {page.name for page in window.findChildren(Page)}
    assert window.page_name() == "curate"
    assert [command for command in window.commands.all() if command.id == "results.compare"], "their commands are known"
    window.close()
    ahead.start(0)
    qtbot.wait(50)
    assert not window.isVisible()
