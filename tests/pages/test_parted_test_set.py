"""A test set that parts speakers is told as its project opens, and the train page says how to draw it anew."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.pages.train import TrainPage
from tests.app.desk import choose, settle
from tests.app.windows import Opened
from tests.voice.test_voice_apart import part_speakers, project_of

TITLE = "The test set parts groups"


def test_it_is_told_when_the_project_opens(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    project = project_of(tmp_path / "p", "a", "a", "b", "b")
    window = opened(Path(project))
    assert TITLE not in [note.title for note in window.notices.notes()]
    window.session.leave()
    part_speakers(project)
    window.session.open(Path(project))
    (told,) = [note for note in window.notices.notes() if note.title == TITLE]
    assert "--redraw-test" in told.text
    assert told.stays
    window.show_page("train")
    choose("train.recipe", "tabular")
    settle(qtbot, window)
    page = window.page("train")
    assert isinstance(page, TrainPage)
    assert page.form.preview is None
    assert (
        "Nothing is left to learn from. On the command line winnow train --redraw-test"
        in page.form.split.warning.text.text()
    )
