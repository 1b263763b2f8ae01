"""Commands: keys that are remapped, keys that clash, commands that sleep."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.commands import Command, Commands
from app.settings import Settings
from tests.app.clashes import clashes
from tests.app.desk import click, control, page_names, press, settle
from tests.app.windows import Opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.json")


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def commands(qtbot: QtBot, settings: Settings, ran: list[str]) -> Commands:
    window = QWidget()
    qtbot.addWidget(window)
    made = Commands(window, settings)
    made.add(
        [
            Command("all", "Everywhere", lambda: ran.append("all"), ("A",)),
            Command("one", "On one page", lambda: ran.append("one"), ("B",), pages=("curate",)),
            Command("two", lambda: "On another", lambda: ran.append("two"), ("B", "C"), pages=("map",)),
            Command("never", "Never", lambda: ran.append("never"), (), enabled=lambda: False),
        ]
    )
    made.show_page("curate")
    return made


def keys_of(commands: Commands, name: str) -> list[str]:
    """What Qt would act on."""
    action = commands.window.findChild(QAction, f"command.{name}")
    return [key.toString() for key in action.shortcuts()]


def test_runs_what_is_enabled(commands: Commands, ran: list[str]) -> None:
    assert commands.run("all")
    assert not commands.run("never")
    assert not commands.run("unknown")
    assert ran == ["all"]


def test_a_new_key_robs_the_command_that_had_it(commands: Commands, settings: Settings) -> None:
    assert commands.remap("one", ("A",)) == ["all"]
    assert (commands.keys("all"), commands.keys("one")) == ((), ("A",))
    assert (keys_of(commands, "all"), keys_of(commands, "one")) == ([], ["A"])
    assert Settings(settings.path).get("keys") == {"all": [], "one": ["A"]}


def test_only_that_key_is_lost(commands: Commands) -> None:
    commands.remap("all", ("C",))
    assert commands.keys("two") == ("B",)


def test_commands_of_different_pages_may_share_a_key(commands: Commands) -> None:
    assert commands.remap("two", ("B",)) == []
    assert commands.keys("one") == ("B",)


def test_a_key_in_other_words_is_the_same_key(commands: Commands) -> None:
    commands.remap("all", ("Ctrl+Shift+A",))
    assert commands.remap("one", ("Shift+Ctrl+A",)) == ["all"]


def test_a_key_can_be_taken_away_and_all_come_back(commands: Commands) -> None:
    commands.remap("all", ())
    assert (commands.keys("all"), commands.key_words("all")) == ((), "")
    commands.reset_keys()
    assert (commands.keys("all"), keys_of(commands, "all")) == (("A",), ["A"])


def test_keys_of_another_page_sleep(commands: Commands) -> None:
    def awake() -> list[bool]:
        return [bool(commands.window.findChild(QAction, f"command.{n}").isEnabled()) for n in ("all", "one", "two")]

    assert awake() == [True, True, False]
    commands.show_page("map")
    assert awake() == [True, False, True]
    commands.suspend(True)
    assert awake() == [False, False, False]
    commands.suspend(False)
    assert awake() == [True, False, True]


def test_a_command_of_the_same_id_takes_the_place(commands: Commands, ran: list[str]) -> None:
    commands.add([Command("all", "Other", lambda: ran.append("other"), ("D",))])
    QApplication.sendPostedEvents()
    commands.run("all")
    assert ran == ["other"]
    assert len([item for item in commands.all() if item.id == "all"]) == 1


def test_clashes_tell_pairs() -> None:
    def command(name: str, key: str, *pages: str) -> Command:
        return Command(name, name, lambda: None, (key,), pages=pages)

    told = clashes([command("a", "X"), command("b", "X", "map"), command("c", "Y", "map"), command("d", "Y", "train")])
    assert told == [("X", "a", "b")]


# The real window


def test_no_key_of_the_window_clashes(opened: Opened, generated: Path, qtbot: QtBot) -> None:
    window = opened(generated)
    for name in page_names():
        window.page(name)
    settle(qtbot, window)
    found = window.commands.all()
    assert clashes(found) == []
    assert len({item.id for item in found}) == len(found)
    for item in found:
        assert item.words(), item.id
        for key in item.keys:
            assert QKeySequence(key).toString(), f"{item.id}: {key} is no key"
            assert QKeySequence(key).count() == 1


def test_a_key_is_changed_on_the_page_of_keys(opened: Opened, columns: Path, qtbot: QtBot) -> None:
    window = opened(columns)
    press(qtbot, window, "F1")
    assert window.page_name() == "keys"
    click(qtbot, "keys.change.flag.bookmark")
    press(qtbot, window, "Ctrl+Alt+B")
    assert window.commands.keys("flag.bookmark") == ("Ctrl+Alt+B",)
    press(qtbot, window, "Ctrl+1")
    row = window.session.current
    press(qtbot, window, "D")
    assert not window.session.open_project.journal.fold.flagged("bookmark")[row]
    press(qtbot, window, "Ctrl+Alt+B")
    assert window.session.open_project.journal.fold.flagged("bookmark")[row]


def test_a_stolen_key_is_told(opened: Opened, columns: Path, qtbot: QtBot) -> None:
    window = opened(columns)
    press(qtbot, window, "F1")
    click(qtbot, "keys.change.flag.bookmark")
    press(qtbot, window, "F")
    assert window.commands.keys("flag.flag") == ()
    assert "Flag for review" in control("notice").accessibleName()
    click(qtbot, "keys.reset")
    assert window.commands.keys("flag.flag") == ("F",)
