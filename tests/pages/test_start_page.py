"""The start page: cards of recent projects, as many in a row as keep their pictures whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from app.pages.start import WIDEST, StartPage
from models.domains import domain
from models.orders.cards import card_file, read_card
from tests.app.desk import control, press, settle
from tests.app.windows import Opened
from tests.projects import project_from
from tests.units.sortings import write_table
from widgets import theme
from widgets.parts.cards import DemoCard


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


def test_no_demo_is_out_of_sight(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled, (1280, 720))
    for size in ((1280, 720), (2560, 1440)):
        window.resize(*size)
        window.show_page("start")
        settle(qtbot, window)
        for widget in (control("start.find"), *window.findChildren(DemoCard)):
            assert widget.mapTo(window, widget.rect().topRight()).x() < window.width()


def test_the_card_of_tables_tells_the_classes_as_they_were_left(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    rows = [f"{unit},{unit + 0.5},{('good', 'mua')[unit % 2]}" for unit in range(9)]
    write_table(tmp_path / "a.csv", "\n".join(["cluster_id,snr,majority_vote", *rows]))
    project_from(tmp_path / "desk", "units", tmp_path / "a.csv")
    window = opened(tmp_path / "desk")
    settle(qtbot, window)
    kept = card_file(tmp_path / "desk")
    qtbot.waitUntil(kept.exists)
    card = read_card(kept)
    assert card is not None
    assert card.tolist() == [["good", "5"], ["mua", "4"], ["noise", "0"]]
    press(qtbot, window, "3")
    window.session.leave()
    card = read_card(kept)
    assert card is not None
    assert card.tolist() == [["good", "4"], ["mua", "4"], ["noise", "1"]]
    window.show_page("start")
    settle(qtbot, window)
    picture = window.page("start")._cards[0].grab().toImage()  # type: ignore[attr-defined]
    seen = {picture.pixelColor(x, y).name() for x in range(0, picture.width(), 2) for y in range(0, 170, 2)}
    assert {theme.class_colour(place).fill.name() for place in range(3)} <= seen


def test_the_demo_of_cells_shows_cells(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    window.show_page("start")
    card = window.page("start").findChild(DemoCard, "start.demo.smears")

    def colours() -> int:
        picture = card.grab().toImage()
        return len({picture.pixel(x, y) for x in range(10, 72) for y in range(10, 54)})

    qtbot.waitUntil(lambda: colours() > 500, timeout=20000)
    pictures = domain("smears").demo.pictures
    assert pictures is not None
    assert pictures().shape == (6, 56, 56, 3)
    assert np.array_equal(pictures(), pictures())


def test_what_can_not_be_drawn_is_no_card(tmp_path: Path) -> None:
    path = tmp_path / "card.npy"
    assert read_card(path) is None
    for card in (np.zeros((4, 241), np.float32), np.array([["good", "many"]]), np.zeros((0, 2))):
        np.save(path, card)
        assert read_card(path) is None
    path.write_bytes(b"")
    assert read_card(path) is None
