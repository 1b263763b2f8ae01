"""Samples are found by what a person sees of them: short name, key, id."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.chrome import palette
from app.names import find_samples, short_names
from app.session import Session
from tests.app.desk import press, settle, type_in
from tests.app.windows import Opened


def found(session: Session, wanted: str, most: int = 5) -> tuple[list[str], int]:
    samples = session.open_project.samples
    rows, total = find_samples(samples, short_names(session.open_domain, samples), wanted, most)
    return [session.short(row) for row in rows], total


@pytest.fixture
def walk(session: Session, generated: Path) -> Session:
    session.open(generated)
    return session


def test_short_name_key_and_id_in_this_order(walk: Session) -> None:
    assert found(walk, "2/03:07") == (["2/03:07"], 1)
    names, total = found(walk, "2/03", 40)
    assert total == 25
    assert names[0] == "2/03:00"
    assert all(name.startswith("2/03:") for name in names)
    # "3/7" is the key of one cell in each of the two files.
    assert found(walk, "3/7")[0][:2] == ["1/03:07", "2/03:07"]
    sample = walk.sample_id(40)
    assert found(walk, sample.upper()) == ([walk.short(40)], 1)


def test_signs_of_expressions_stand_for_themselves(walk: Session) -> None:
    for wanted in ("(", "[a", "\\", "1/.1:00", "*", "ß%"):
        assert found(walk, wanted) == ([], 0)


def test_without_short_names_keys_and_ids_are_searched(walk: Session) -> None:
    rows, total = find_samples(walk.open_project.samples, None, "3/7", 5)
    assert [walk.short(row) for row in rows[:2]] == ["1/03:07", "2/03:07"]
    assert total >= 2


@pytest.mark.parametrize("small", [5_000, 10])
def test_the_palette_goes_to_a_sample_by_its_short_name(
    opened: Opened, generated: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(palette, "SMALL", small)
    window = opened(generated)
    press(qtbot, window, "Ctrl+K")
    type_in("@2/03:07", window)
    qtbot.waitUntil(lambda: window.palette_box.entries.chosen() is not None, timeout=20_000)
    entry = window.palette_box.entries.chosen()
    assert entry is not None
    assert entry.title == "2/03:07"
    assert entry.hint.endswith("_2.h5")
    press(qtbot, window, "Return")
    settle(qtbot, window)
    assert window.session.short(window.session.current) == "2/03:07"
    assert window.palette_source.context() == "on 1 sample, 2/03:07"


def test_class_commands_say_what_the_class_is_to_the_sample(opened: Opened, generated: Path, qtbot: QtBot) -> None:
    window = opened(generated)
    session = window.session
    row = next(row for row in range(50) if session.labels()[row] >= 0)
    session.go_to(row)
    place = int(session.places()[row])
    hints = {item.id: item.hint_words() for item in window.commands.all() if item.id.startswith("label.class.")}
    assert hints[f"label.class.{session.classes[place]}"] == "present label"
    assert [words for words in hints.values() if words] == ["present label"], "there is no model yet"
    session.choose(row, np.array([row, row + 1], np.int64))
    command = window.commands.get(f"label.class.{session.classes[place]}")
    assert command is not None
    assert command.hint_words() == "", "of several samples it says nothing"
    session.go_to(row)
    session.label(session.classes[place])
    undo = window.commands.get("edit.undo")
    assert undo is not None
    assert (undo.plain(), undo.words()) == (
        "Undo",
        f"Undo {session.class_title(session.classes[place])} on {session.short(row)}",
    )
