"""The recording that raters differ on, seen beside their votes while it is settled."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.pages.agreement import AgreementPage
from app.pages.agreement_case import CasePicture
from app.window import Window
from models.job import Job
from models.store.project import Project
from tests.app.desk import press, settle
from tests.app.unit_tables import make_units
from tests.app.windows import Opened
from tests.eeg.recorded import compose, waves
from workers.inline import run


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Windows of a recording, on three of which two raters differ."""
    (tmp_path / "d").mkdir()
    compose(tmp_path / "d" / "night.edf", waves(120), records=120)
    Project.create(tmp_path / "p", "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "d")]}, ""))
    with Project.open(tmp_path / "p") as project:
        keys = project.samples.table.column("key").to_pylist()
        rows = [row for row, key in enumerate(keys) if key][:3]
        project.journal.label(rows, "lpd", "ann")
        project.journal.label(rows, "gpd", "ben")
    return tmp_path / "p"


def case_of(opened: Opened, path: Path, qtbot: QtBot) -> tuple[Window, AgreementPage, CasePicture]:
    window = opened(path)
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    page = window.page("agreement")
    assert isinstance(page, AgreementPage)
    return window, page, page.queue.picture


def test_traces_and_spectrogram_of_the_chosen_case_are_seen_and_follow_it(
    opened: Opened, split: Path, qtbot: QtBot
) -> None:
    window, page, picture = case_of(opened, split, qtbot)
    pair = picture.pair
    assert pair is not None
    assert pair.recording.isVisible()
    assert pair.spectrogram.isVisible()
    assert not pair.recording.tools.isVisible()
    first = pair.recording.recording
    assert first is not None
    assert first.window == (0.0, 50.0)
    page.queue.splits.choose(page.queue._listed[0])
    press(qtbot, window, "2")
    settle(qtbot, window)
    second = pair.recording.recording
    assert second is not None
    assert second.window == (10.0, 60.0)
    assert picture.row == int(page.queue.splits.chosen())


def test_rows_fit_into_the_low_page_and_nothing_is_annotated_there(opened: Opened, split: Path, qtbot: QtBot) -> None:
    _window, _page, picture = case_of(opened, split, qtbot)
    assert picture.pair is not None
    viewer = picture.pair.recording
    lanes, look = viewer.page.lanes, viewer.page.look
    assert lanes is not None
    assert lanes.per_value < viewer.page.pixels_a_mm / look.sensitivity
    viewer.setFocus()
    qtbot.keyClick(viewer, "r")
    assert not viewer.page.annotating.editing


def test_the_case_is_seen_by_the_montage_of_the_curate_page(opened: Opened, split: Path, qtbot: QtBot) -> None:
    window, page, picture = case_of(opened, split, qtbot)
    assert picture.pair is not None
    assert picture.pair.desk.montage().name == "longitudinal"
    press(qtbot, window, "Ctrl+1")
    settle(qtbot, window)
    press(qtbot, window, "F4")
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    page.queue.splits.choose(page.queue._listed[1])
    page.queue._show_case()
    settle(qtbot, window)
    assert picture.pair.desk.montage().name == "average"


def test_where_there_is_no_recording_no_room_is_taken(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    _window, page, picture = case_of(opened, make_units(tmp_path), qtbot)
    assert len(page.queue.rows)
    assert picture.pair is None
    assert picture.isHidden()
