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
from tests.app.desk import choose, click, control, press, settle
from tests.app.unit_tables import make_units
from tests.app.windows import Opened
from tests.eeg.recorded import compose, waves
from tests.walks.sight import problems
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


def control_seen(name: str) -> bool:
    """Whether a control of this name can be seen."""
    try:
        return control(name).isVisible()
    except AssertionError:
        return False


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


def test_the_case_takes_the_whole_page_with_its_tools_and_gives_it_back(
    opened: Opened, split: Path, qtbot: QtBot
) -> None:
    window, page, picture = case_of(opened, split, qtbot)
    window.resize(1280, 720)
    settle(qtbot, window)
    pair = picture.pair
    assert pair is not None
    assert pair.recording.height() >= 200, "traces have more than half of what the list leaves"
    page.queue.splits.setFocus()
    press(qtbot, window, "L")
    assert page.people.isHidden()
    assert pair.recording.tools.isVisible()
    assert pair.recording.sensitivity.isVisible()
    assert not control_seen("agreement.sensitivity")
    assert pair.recording.height() >= 480
    assert not pair.recording.page.brief
    assert problems(window) == []
    position = page.session.open_project.journal.position
    press(qtbot, window, "1")
    settle(qtbot, window)
    assert page.session.open_project.journal.position == position + 1
    assert picture.row == int(page.queue.splits.chosen())
    click(qtbot, "agreement.large")
    assert page.people.isVisible()
    assert not pair.recording.tools.isVisible()
    assert pair.recording.page.brief
    assert page.session.settings.get("agreement_large") is False


def test_the_sensitivity_of_the_low_traces_is_chosen(opened: Opened, split: Path, qtbot: QtBot) -> None:
    _window, _page, picture = case_of(opened, split, qtbot)
    assert picture.pair is not None
    viewer = picture.pair.recording
    choose("agreement.sensitivity", 30.0)
    control("agreement.sensitivity").chosen.emit(30.0)  # type: ignore[attr-defined]
    assert viewer.page.lanes is not None
    assert viewer.page.lanes.per_value == pytest.approx(viewer.page.pixels_a_mm / 30)
    choose("agreement.sensitivity", 0.0)
    control("agreement.sensitivity").chosen.emit(0.0)  # type: ignore[attr-defined]
    assert viewer.page.brief


def test_what_cannot_be_looked_at_comes_last_and_hides_no_other(opened: Opened, split: Path, qtbot: QtBot) -> None:
    source = split.parent / "d" / "votes.csv"
    head = "eeg_id,eeg_sub_id,eeg_label_offset_seconds,spectrogram_id,spectrogram_sub_id"
    head += ",spectrogram_label_offset_seconds,label_id,patient_id,expert_consensus"
    votes = ",".join(f"{name}_vote" for name in ("seizure", "lpd", "gpd", "lrda", "grda", "other"))
    source.write_text(f"{head},{votes}\n7,0,0,8,0,0,9,5,Seizure,1,1,1,1,1,1\n", "utf-8")
    run(Job("import_samples", {"project": str(split), "sources": [str(source)]}, ""))
    window, page, picture = case_of(opened, split, qtbot)
    queue = page.queue
    assert queue.head.subtitle.text() == "4 open, 3 to look at"
    session = page.session
    lost = int(queue._listed[-1])
    assert session.sample_id(lost).endswith("7/0"), "of highest entropy, but it is nowhere"
    queue.splits.choose(str(lost))
    queue._show_case()
    settle(qtbot, window)
    assert picture.pair is not None
    assert picture.pair.recording.recording is None
    assert queue.case_head.subtitle.text().endswith("its files are not here")
    queue.splits.choose(queue._listed[0])
    queue._show_case()
    settle(qtbot, window)
    assert picture.pair.recording.recording is not None, "the one that is lost hid no other"


def test_raters_are_compared_anew_when_a_vote_changed_and_where_that_takes_long_after_a_pause(
    opened: Opened, split: Path, qtbot: QtBot
) -> None:
    window, page, _picture = case_of(opened, split, qtbot)
    before = page._asked
    page.queue.splits.setFocus()
    press(qtbot, window, "2")
    assert page._asked == before, "it was settled as the person had voted"
    press(qtbot, window, "1")
    assert page._asked != before, "now the person votes otherwise"
    page.took = 60.0
    press(qtbot, window, "3")
    assert page._pause.isActive()
    assert not page.busy(), "who settles ten in a row waits for none of it"
    page._pause.timeout.emit()
    settle(qtbot, window)
    assert page.took < 60
    page.took = 60.0
    press(qtbot, window, "1")
    assert page._pause.isActive()
    window.session.close()
    assert not page._pause.isActive(), "a closed project has no raters"
