"""The start page: cards of recent projects, as many in a row as keep their pictures whole."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.pages.start import WIDEST, StartPage
from tests.app.desk import settle
from tests.app.windows import Opened


def test_a_wide_window_has_more_cards_in_a_row(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    for size, across in (((1280, 720), 3), ((2560, 1440), 5)):
        window = opened(labelled, size)
        window.show_page("start")
        settle(qtbot, window)
        page = window.page("start")
        assert isinstance(page, StartPage)
        (card,) = page._cards
        qtbot.waitUntil(lambda card=card: card.width() <= WIDEST)
        assert sum(page.cards.columnStretch(place) for place in range(page.cards.columnCount())) == across
        window.close()
