"""The train page before a training over splits that came with the data: what it says is what the run then does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.pages.train import TrainPage
from app.window import Window
from models.domains import domain
from models.job import finish
from tests.app.desk import choose, control, press, settle
from tests.app.windows import Opened
from tests.projects import project_from
from tests.voice.spoken import mel_project
from widgets.parts.notice import IssuePanel


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mel_project(tmp_path_factory.mktemp("pictured"))


@pytest.fixture
def voiced(tmp_path: Path) -> Path:
    """Generated recordings whose splits were left behind."""
    finish(domain("voice").fake(tmp_path / "sounds", 20, 3))
    shutil.rmtree(tmp_path / "sounds" / "splits")
    return project_from(tmp_path / "q", "voice", tmp_path / "sounds")


@pytest.fixture
def window(pictured: Path, opened: Opened, qtbot: QtBot) -> Window:
    made = opened(pictured)
    press(qtbot, made, "Ctrl+3")
    choose("train.recipe", "small_cnn")
    settle(qtbot, made)
    return made


def page_of(window: Window) -> TrainPage:
    page = window.page("train")
    assert isinstance(page, TrainPage)
    return page


def retype(window: Window, qtbot: QtBot, name: str, text: str) -> None:
    field = control(name)
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    settle(qtbot, window)


def test_no_split_is_drawn_and_no_test_set_locked_in_the_preview(window: Window, qtbot: QtBot) -> None:
    form = page_of(window).form
    assert form.preview is not None
    assert form.preview.over.endswith(" of 9 sets")
    retype(window, qtbot, "train.subdbs", "1 2")
    folds = form.preview.over.removesuffix(" of 2 sets")
    assert form.split.words.text() == f"{folds} of 2 sets that came with the data"
    assert not form.preview.rows
    assert not form.preview.locked
    assert sum(form.preview.before) == form.preview.samples["train"]
    assert form.form.row("folds")._hint == "0: those that came"


def test_a_split_of_its_own_is_drawn_where_it_is_asked_for(window: Window, qtbot: QtBot) -> None:
    form = page_of(window).form
    retype(window, qtbot, "train.folds", "2")
    assert form.preview is not None
    assert not form.preview.over
    assert form.preview.rows


def test_what_is_left_empty_is_told_by_the_word_of_its_field(window: Window, qtbot: QtBot) -> None:
    retype(window, qtbot, "train.subdbs", "1 2")
    panel = control("train.differs")
    assert isinstance(panel, IssuePanel)
    assert panel.text.text() == "Sub-bases 1 2 (all)."


def test_beside_sub_bases_and_folds_stand_those_that_came(window: Window, qtbot: QtBot) -> None:
    form = page_of(window).form.form

    def words(name: str) -> str:
        return form.row(name)._words.text()

    qtbot.waitUntil(lambda: words("subdbs") == "1 – 9")
    assert words("fold") == "0 – 9; −1: every fold"
    retype(window, qtbot, "train.subdbs", "0")
    assert words("subdbs") == "must be from 1"
    retype(window, qtbot, "train.subdbs", "12")
    panel = control("train.warning")
    assert isinstance(panel, IssuePanel)
    assert panel.text.text().startswith("There is no sub-base 12")
    choose("train.recipe", "acoustic")
    settle(qtbot, window)
    choose("train.recipe", "small_cnn")
    qtbot.waitUntil(lambda: words("subdbs") == "1 – 9")


def test_without_splits_no_sub_base_is_offered(voiced: Path, opened: Opened, qtbot: QtBot) -> None:
    window = opened(voiced)
    press(qtbot, window, "Ctrl+3")
    choose("train.recipe", "small_cnn")
    form = page_of(window).form.form
    qtbot.waitUntil(lambda: [form.row(name)._words.text() for name in ("subdbs", "fold")] == ["no splits came"] * 2)
