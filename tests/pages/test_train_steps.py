"""The picture of before and after that stands beside a choice of preprocessing on the train page."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.train import TrainPage
from app.window import Window
from models.domains.eeg.fake import fake
from models.job import Job, finish
from models.store.project import Project
from tests.app.desk import settle
from tests.app.windows import Opened
from workers.inline import run


@pytest.fixture
def page(opened: Opened, tmp_path: Path, qtbot: QtBot) -> TrainPage:
    """The train page of a project of windows, the first of them shown before."""
    finish(fake(tmp_path / "data", samples=6, seed=2, patients=3))
    Project.create(tmp_path / "project", "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(tmp_path / "project"), "sources": [str(tmp_path / "data")]}, ""))
    window: Window = opened(tmp_path / "project")
    settle(qtbot, window)
    window.show_page("train")
    settle(qtbot, window)
    found = window.page("train")
    assert isinstance(found, TrainPage)
    found.form.recipe.set_value("resnet1d_gru")
    found.form.recipe.chosen.emit("resnet1d_gru")
    settle(qtbot, window)
    return found


def test_a_changed_choice_shows_its_step_on_the_shown_window(page: TrainPage, qtbot: QtBot) -> None:
    assert not page.step.isVisible()
    page.form.form.set_values({"clip": "30"})
    page.form.step_asked.emit("clip")
    qtbot.waitUntil(page.step.isVisible, timeout=20_000)
    assert not page.figures.upper.isVisible(), "it stands in the place of the curves"
    assert page.step.head.title.text() == "Limit"
    assert "30 µV" in page.step.head.subtitle.text()
    assert page.step.head.subtitle.text().endswith(", 10 s in the middle")
    lines = page.step.chart.lines()
    assert len(lines) == 20
    assert any(before != after for before, after in lines)
    before = page.step.chart.grab().toImage()
    page.form.form.row("notch").field.setFocus(Qt.FocusReason.TabFocusReason)
    page.form.form.row("notch").edited.emit()
    qtbot.waitUntil(lambda: page.step.head.title.text() == "Mains", timeout=20_000)
    assert page.step.chart.grab().toImage() != before
    qtbot.mouseClick(page.step.close_button, Qt.MouseButton.LeftButton)
    assert not page.step.isVisible()
    assert page.figures.upper.isVisible()


def test_other_choices_and_wrong_values_ask_for_no_picture(page: TrainPage, qtbot: QtBot) -> None:
    page.form.form.row("epochs").edited.emit()
    assert not page.step.busy()
    page.form.form.set_values({"clip": "-3"})
    page.form.form.row("clip").edited.emit()
    assert not page.step.busy()
    assert not page.step.isVisible()
