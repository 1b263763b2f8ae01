"""Recordings in the window: annotations drawn, named by class keys, stepped through, split, deleted and taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.pages.curate import CuratePage
from app.pages.recording_desk import RecordingDesk
from app.pages.region_desk import HIDDEN
from app.pages.region_pane import RegionPane
from app.window import Window
from models.electrodes import CHANNELS
from models.errors import UserError
from models.event import REGION, Entry
from models.job import Job
from models.region import Region, write_region
from models.store.project import Project
from tests.app.desk import click, press, settle
from tests.app.windows import Opened
from tests.eeg.recorded import compose, waves
from tests.projects import project_from
from widgets.recording.montage_editor import MontageEditor
from widgets.recording.region_model import SECONDS, START, TEXT
from widgets.recording.viewer import RecordingViewer
from workers.inline import run

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Two minutes of EDF: windows of 50 s at every 10 s, and the whole."""
    (tmp_path / "d").mkdir()
    compose(tmp_path / "d" / "night.edf", waves(120), records=120)
    return project_from(tmp_path / "desk", "eeg", tmp_path / "d")


def desk_of(window: Window) -> RecordingDesk:
    desk = window.page("curate").viewers.recording_desk()  # type: ignore[attr-defined]
    assert isinstance(desk, RecordingDesk)
    return desk


def drag(qtbot: QtBot, viewer: RecordingViewer, start: float, stop: float) -> None:
    port, area = viewer.page.plot.viewport(), viewer.page.plot.area()
    first, last = (
        QPointF(viewer.page.plot.to_pixel(at).x(), area.top() + 0.5 * area.height()).toPoint() for at in (start, stop)
    )
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, NONE, first)
    for share in (0.5, 1.0):
        qtbot.mouseMove(port, first + QPoint(round((last.x() - first.x()) * share), 0))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, NONE, last)


def kept(window: Window) -> list[Region]:
    """The annotations in the journal of the whole recording."""
    project = window.session.open_project
    row = project.samples.table.column("key").to_pylist().index("")
    return project.journal.fold.regions(row)


def test_annotations_are_drawn_named_and_taken_back(opened: Opened, recorded: Path, qtbot: QtBot) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    session, desk = window.session, desk_of(window)
    row, labels = session.current, list(session.labels())
    left = desk.viewer.page.plot.x_range()[0]
    desk.viewer.setFocus()
    press(qtbot, window, "R")
    assert desk.viewer.edit.isChecked()
    drag(qtbot, desk.viewer, left + 2, left + 5)
    (made,) = kept(window)
    assert (made.start, made.stop, made.text) == (
        pytest.approx(left + 2, abs=0.05),
        pytest.approx(left + 5, abs=0.05),
        "",
    )
    assert desk.has_chosen()
    press(qtbot, window, "2")
    assert [one.text for one in kept(window)] == ["lpd"]
    assert desk.viewer.page.annotating.table.colours.tolist() == [1]
    assert desk.viewer.page.strip.marks[0][2] == 1
    assert (session.current, list(session.labels())) == (row, labels)
    press(qtbot, window, "Ctrl+Z")
    assert [one.text for one in kept(window)] == [""]
    press(qtbot, window, "Ctrl+Z")
    assert kept(window) == []
    assert desk.viewer.chosen_region() is None
    assert session.current == row
    press(qtbot, window, "Ctrl+Shift+Z")
    assert len(kept(window)) == 1
    assert session.current == row


def test_without_a_chosen_annotation_a_class_key_labels_the_window(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    row = window.session.current
    window.session.annotate(_whole(window), {"a": Region("a", 20, 30, "gpd")}, "Annotate")
    press(qtbot, window, "1")
    assert window.session.open_project.journal.fold.labels()[row] == "seizure"
    assert [one.text for one in kept(window)] == ["gpd"]


def test_the_list_gives_its_room_to_the_traces_and_the_keys_turn_pages_then(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded, (1280, 720))
    settle(qtbot, window)
    page, viewer = window.page("curate"), desk_of(window).viewer
    assert isinstance(page, CuratePage)
    before, here = viewer.width(), viewer.page.plot.x_range()
    press(qtbot, window, "H")
    qtbot.waitUntil(lambda: viewer.width() > 1.4 * before)
    assert not page.panel.listed.isChecked()
    press(qtbot, window, "Right")
    assert viewer.page.plot.x_range()[0] > here[0]
    sample = window.session.current
    press(qtbot, window, "2")
    settle(qtbot, window)
    assert window.session.current != sample, "labelled, and on to the next"
    press(qtbot, window, "Right")
    window.session.filter('label == "lpd"')
    press(qtbot, window, "Esc", "Esc")
    assert window.session.listing.where == ""
    window.close()
    window = opened(recorded, (1280, 720))
    settle(qtbot, window)
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    assert page.list_dock.isHidden(), "as it was left"
    assert QApplication.focusWidget() is desk_of(window).viewer
    press(qtbot, window, "/")
    assert not page.list_dock.isHidden(), "where the filter is typed"
    assert page.panel.listed.isChecked()
    for asks_for_it in (page.reset_layout, lambda: window.run_command("list.table")):
        page.panel.listed.trigger()
        assert page.list_dock.isHidden()
        asks_for_it()
        assert not page.list_dock.isHidden()


def test_keys_that_the_list_leaves_turn_pages_while_rows_are_gone_through(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    page, viewer, session = window.page("curate"), desk_of(window).viewer, window.session
    assert isinstance(page, CuratePage)
    table = page.list.table
    table.setFocus()
    row, here = session.current, viewer.page.plot.x_range()
    press(qtbot, window, "Right")
    assert viewer.page.plot.x_range()[0] == pytest.approx(here[0] + (here[1] - here[0]) / 2)
    press(qtbot, window, "Left")
    sensitivity = viewer.page.look.sensitivity
    press(qtbot, window, "Ctrl+Up")
    assert viewer.page.look.sensitivity < sensitivity
    press(qtbot, window, "Ctrl+Down")
    assert (viewer.page.look.sensitivity, session.current) == (sensitivity, row)
    press(qtbot, window, "Down")
    assert session.current != row
    assert QApplication.focusWidget() is table
    press(qtbot, window, "R")
    assert viewer.page.annotating.editing
    assert QApplication.focusWidget() is viewer


def test_annotations_are_stepped_through_split_and_deleted(opened: Opened, recorded: Path, qtbot: QtBot) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk, session = desk_of(window), window.session
    spans = {"a": (20.0, 21.0), "b": (60.0, 64.0), "c": (110.0, 111.0)}
    session.annotate(_whole(window), {name: Region(name, *span, "GPD") for name, span in spans.items()}, "Annotate")
    assert desk.viewer.page.annotating.table.colours.tolist() == [2, 2, 2]
    window.run_command("region.next")
    window.run_command("region.next")
    assert desk.viewer.chosen_region() == Region("c", 110, 111, "GPD")
    window.run_command("region.back")
    assert desk.viewer.chosen_region() == Region("b", 60, 64, "GPD")
    assert desk.viewer.page.plot.x_range()[0] < 60 < desk.viewer.page.plot.x_range()[1]
    with pytest.raises(UserError, match="Click where"):
        desk.split()
    desk.viewer.show_cursor(61.0)
    desk.split()
    assert [(one.start, one.stop) for one in kept(window)][1:3] == [(60, 61), (61, 64)]
    window.run_command("region.delete")
    assert [one.start for one in kept(window)] == [20, 61, 110]
    press(qtbot, window, "Ctrl+Z")
    press(qtbot, window, "Ctrl+Z")
    assert [one.stop for one in kept(window)] == [21, 64, 111]


def test_steps_pass_over_annotations_outside_the_recording_and_say_so(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk, session, told = desk_of(window), window.session, list[str]()
    session.noticed.connect(lambda note: told.append(note.text))
    lost = {str(at): Region(str(at), at, at + 30, "Sleep stage W") for at in (-60, 200, 300)}
    session.annotate(_whole(window), lost, "Annotate")
    before = desk.viewer.page.plot.x_range()
    press(qtbot, window, "]")
    assert desk.viewer.chosen_region() is None
    assert desk.viewer.page.plot.x_range() == before
    assert told[-1].endswith("3 outside the recording cannot be shown.")
    session.annotate(_whole(window), {"in": Region("in", 90, 150, "Sleep stage 2")}, "Annotate")
    for _ in range(2):
        press(qtbot, window, "]")
        assert desk.viewer.chosen_region() == Region("in", 90, 150, "Sleep stage 2"), (
            "what reaches beyond the end is seen"
        )
    assert told[-1] == "No annotation after this place. 3 outside the recording cannot be shown."
    desk.viewer.list_button.setChecked(True)
    pane = pane_of(window)
    assert pane.list.head.subtitle.text() == "4 · 3 outside the recording"
    pane.list.view.selectRow(3)
    assert desk.viewer.chosen_region() == lost["300"], "it can be chosen there, such as to delete it"
    assert desk.viewer.page.plot.x_range()[1] <= 120


def _whole(window: Window) -> int:
    place = window.session.open_project.samples.table.column("key").to_pylist().index("")
    return int(place)


def test_annotations_stay_with_the_recording_from_window_to_window(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk, session = desk_of(window), window.session
    session.annotate(_whole(window), {"a": Region("a", 20, 30, "gpd")}, "Annotate")
    reader = desk.viewer.page.reader
    session.step(1)
    settle(qtbot, window)
    assert len(desk.viewer.page.annotating.table) == 1
    assert desk.viewer.page.reader is reader


def test_montages_by_key_and_of_ones_own(opened: Opened, recorded: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk = desk_of(window)
    press(qtbot, window, "F4")
    assert desk.montage().name == "average"
    window.run_command("montage.write")
    folder = window.findChild(QLineEdit, "montage.folder")
    folder.setText(str(tmp_path))  # type: ignore[union-attr]
    click(qtbot, "montage.ok")
    content = json.loads((tmp_path / "average-own.json").read_text("utf-8"))
    assert content["name"] == "average-own"
    content["groups"] = content["groups"][:1]
    (tmp_path / "average-own.json").write_text(json.dumps(content), "utf-8")
    desk.add_montage(tmp_path / "average-own.json")
    assert desk.montage().name == "average-own"
    assert desk.viewer.page.shown is not None
    assert len(desk.viewer.page.shown) == 8
    again = RecordingDesk(window.session)
    assert again.montage().name == "average-own"
    again.close_down()
    (tmp_path / "average.json").write_text(json.dumps({**content, "name": "average"}), "utf-8")
    with pytest.raises(UserError, match="built in"):
        desk.add_montage(tmp_path / "average.json")


def test_a_project_is_first_seen_in_the_double_banana_and_then_as_it_was_left(
    opened: Opened, recorded: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(recorded, other)
    window = opened(recorded)
    settle(qtbot, window)
    desk = desk_of(window)
    assert desk.montage().name == "longitudinal"
    press(qtbot, window, "F4")
    desk.viewer.set_hidden(["Fz-avg"])
    desk.viewer._choose_sensitivity(10.0)
    window.session.open(other)
    settle(qtbot, window)
    assert desk.montage().name == "longitudinal"
    assert desk.viewer.page.look.hidden == frozenset()
    assert desk.viewer.choices()["sensitivity"] == 10
    window.session.open(recorded)
    settle(qtbot, window)
    assert desk.montage().name == "average"
    assert desk.viewer.page.look.hidden == {"Fz-avg"}
    assert desk.viewer.montage.value() == "average"


def seen_first(opened: Opened, folder: Path, qtbot: QtBot, montage: str) -> RecordingDesk:
    """The desk of a project whose import named a montage."""
    (folder / "d").mkdir()
    compose(folder / "d" / "night.edf", waves(120), records=120)
    Project.create(folder / "desk", "eeg").close()
    sources, told = [str(folder / "d")], {"montage": montage}
    run(Job("import_samples", {"project": str(folder / "desk"), "sources": sources, "settings": told}, ""))
    window = opened(folder / "desk")
    settle(qtbot, window)
    return desk_of(window)


def test_a_recording_is_first_shown_in_the_montage_that_its_import_named(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    desk = seen_first(opened, tmp_path, qtbot, "transverse")
    assert (desk.montage().name, desk.viewer.montage.value()) == ("transverse", "transverse")
    desk.viewer.choose_montage("average")
    desk.viewer._choose()
    desk.follow_project()
    assert desk.montage().name == "average", "then as it was left"


def test_a_montage_of_a_file_that_an_import_named_is_the_projects_own(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "ours.json"
    file.write_text(json.dumps({"name": "ours", "groups": [{"name": "a", "rows": ["Fp1-F7", "C3-C4"]}]}), "utf-8")
    desk = seen_first(opened, tmp_path, qtbot, str(file))
    assert desk.montage().name == "ours"
    assert [one.name for one in desk.own_montages()] == ["ours"]
    file.unlink()
    desk.follow_project()
    assert [one.name for one in desk.own_montages()] == ["ours"], "the project has it"
    desk.kept.keep_montages(())
    desk.follow_project()
    assert desk.own_montages() == [], "who takes it away is not given it again"
    assert desk.montage().name == "longitudinal"


def test_bad_channels_are_kept_with_the_project(opened: Opened, recorded: Path, qtbot: QtBot) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk = desk_of(window)
    press(qtbot, window, "F7")
    desk.viewer.rows.step(1)
    picked = desk.viewer.page.plot.side.picked
    assert window.run_command("channel.bad")
    assert desk.viewer.page.bad == {picked}
    again = RecordingDesk(window.session)
    assert desk.viewer.recording is not None
    again.show(desk.viewer.recording, -1, "", "")
    assert again.viewer.page.bad == {picked}
    again.close_down()
    window.run_command("channel.bad")
    window.session.step(1)
    settle(qtbot, window)
    assert desk.viewer.page.bad == frozenset()


def test_rows_are_picked_and_called_bad_by_keys_wherever_the_focus_is(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk = desk_of(window)
    press(qtbot, window, "F7")
    side = desk.viewer.page.plot.side
    press(qtbot, window, "Shift+C")
    first = side.picked
    assert first
    assert not desk.viewer.page.bad, "nothing was picked"
    press(qtbot, window, "Alt+Down")
    press(qtbot, window, "Alt+Down")
    press(qtbot, window, "Alt+Up")
    picked = side.picked
    assert picked != first
    press(qtbot, window, "Shift+C")
    assert desk.viewer.page.bad == {picked}
    press(qtbot, window, "Ctrl+Z")
    assert desk.viewer.page.bad == frozenset()


def test_calling_a_channel_bad_is_undone_and_redone_in_its_turn_among_other_acts(
    opened: Opened, recorded: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk, session = desk_of(window), window.session
    fold = session.open_project.journal.fold

    def state() -> tuple[frozenset[str], list[str], list[str]]:
        flags = session.open_project.journal.fold.flag_lists(np.array([session.current], np.int64))[0]
        return frozenset(desk.viewer.page.bad), [*flags], [session.undo_title(), session.redo_title()]

    assert fold is not None
    press(qtbot, window, "F7")
    desk.viewer.rows.step(1)
    picked = desk.viewer.page.plot.side.picked
    press(qtbot, window, "F")
    window.run_command("channel.bad")
    press(qtbot, window, "D")
    assert state()[:2] == (frozenset({picked}), ["bookmark", "flag"])
    press(qtbot, window, "Ctrl+Z")
    assert state()[:2] == (frozenset({picked}), ["flag"])
    assert session.undo_title() == f"Call {picked} bad"
    press(qtbot, window, "Ctrl+Z")
    assert state()[:2] == (frozenset(), ["flag"])
    assert session.open_project.setting("bad_channels") == {}, "as the file tells, not good whatever it tells"
    assert session.redo_title() == f"Call {picked} bad"
    press(qtbot, window, "Ctrl+Z")
    assert state()[:2] == (frozenset(), [])
    press(qtbot, window, "Ctrl+Shift+Z")
    assert state()[:2] == (frozenset(), ["flag"])
    press(qtbot, window, "Ctrl+Shift+Z")
    assert state()[:2] == (frozenset({picked}), ["flag"])
    press(qtbot, window, "Ctrl+Shift+Z")
    assert state()[:2] == (frozenset({picked}), ["bookmark", "flag"])
    window.run_command("channel.bad")
    assert session.undo_title() == f"Call {picked} good"

    def refuse(recording: str, channels: object) -> None:
        raise UserError("project.sqlite is read-only here.")

    told = list[str]()
    session.noticed.connect(lambda note: told.append(note.text))
    with monkeypatch.context() as patched:
        patched.setattr(session.open_project, "call_bad", refuse)
        session.undo()
    assert told == ["project.sqlite is read-only here."]
    assert desk.viewer.page.bad == frozenset()
    assert session.undo_title() == f"Call {picked} good", "it can be tried again"
    session.undo()
    assert desk.viewer.page.bad == {picked}
    session.leave()
    session.open(recorded)
    settle(qtbot, window)
    assert not session.redo_title(), "what was set in another window's time is not this one's to bring back"


def test_undo_of_a_bad_channel_is_offered_at_once_and_to_its_own_curator_alone(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    session, top = window.session, window.top
    press(qtbot, window, "F7")
    desk_of(window).viewer.rows.step(1)
    picked = desk_of(window).viewer.page.plot.side.picked
    assert not top.undo.isEnabled()
    window.run_command("channel.bad")
    assert top.undo.isEnabled(), "no label changed, and yet there is something to undo"
    assert f"Call {picked} bad" in top.undo.toolTip()
    me = session.curator
    session.settings.set("curator", "another")
    assert session.undo_title() == "", "nobody takes back what another one set"
    session.settings.set("curator", me)
    top.undo.click()
    assert not top.undo.isEnabled()
    assert top.redo.isEnabled()
    top.redo.click()
    session.leave()
    assert session.undo_title() == "", "what another project remembers is not offered"


def test_undo_of_a_bad_channel_keeps_what_was_said_since_and_goes_where_it_is_seen(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "d").mkdir()
    for name in ("a", "b"):
        compose(tmp_path / "d" / f"{name}.edf", waves(60), records=60)
    window = opened(project_from(tmp_path / "desk", "eeg", tmp_path / "d"))
    settle(qtbot, window)
    session, desk = window.session, desk_of(window)
    press(qtbot, window, "F7")
    desk.viewer.rows.step(1)
    picked = desk.viewer.page.plot.side.picked
    window.run_command("channel.bad")
    recording, row = desk._recording, session.current
    session.open_project.call_bad(recording, {picked, "O1"})
    while desk._recording == recording:
        session.step(1)
        settle(qtbot, window)
    session.undo()
    settle(qtbot, window)
    assert session.current == row
    assert desk.kept.bad(recording) == {"O1"}, "what another window said stays"
    assert desk.viewer.page.bad == {"O1"}
    session.redo()
    assert desk.viewer.page.bad == {picked, "O1"}


def test_bad_channels_that_cannot_be_kept_are_told_and_not_shown(
    opened: Opened, recorded: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk, told = desk_of(window), list[str]()
    press(qtbot, window, "F7")
    desk.viewer.rows.step(1)
    window.session.noticed.connect(lambda note: told.append(note.text))

    def refuse(recording: str, channels: object) -> None:
        raise UserError("project.sqlite is read-only here.")

    monkeypatch.setattr(window.session.open_project, "call_bad", refuse)
    assert window.run_command("channel.bad")
    assert desk.viewer.page.bad == frozenset()
    assert told == ["project.sqlite is read-only here."]


def pane_of(window: Window) -> RegionPane:
    pane = window.page("curate").viewers.pair.regions  # type: ignore[attr-defined]
    assert isinstance(pane, RegionPane)
    return pane


def test_the_list_of_annotations_jumps_names_and_deletes_with_undo(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk, pane, session = desk_of(window), pane_of(window), window.session
    spans = {"a": (20.0, 21.0), "b": (60.0, 64.0), "c": (110.0, 111.0)}
    session.annotate(_whole(window), {name: Region(name, *span, "GPD") for name, span in spans.items()}, "Annotate")
    assert not pane.list.isVisible()
    press(qtbot, window, "Shift+R")
    assert pane.list.isVisible()
    assert len(pane.list.model.rows) == 3
    press(qtbot, window, "Esc", "F6", "F6", "F6")
    assert QApplication.focusWidget() is pane.list.view
    qtbot.keyClick(pane.list.view, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert desk.viewer.page.annotating.chosen == "c"
    assert desk.viewer.page.plot.x_range()[0] < 110 < desk.viewer.page.plot.x_range()[1]
    press(qtbot, window, "[")
    assert pane.list.chosen() == ["b"]
    pane.list.view.selectAll()
    row, labels = session.current, list(session.labels())
    press(qtbot, window, "1")
    assert [one.text for one in kept(window)] == ["seizure"] * 3
    assert (session.current, list(session.labels())) == (row, labels)
    press(qtbot, window, "Ctrl+Z")
    assert [one.text for one in kept(window)] == ["GPD"] * 3
    pane.list.view.selectAll()
    pane.list.view.setFocus()
    qtbot.keyClick(pane.list.view, Qt.Key.Key_Delete)
    assert kept(window) == []
    press(qtbot, window, "Ctrl+Z")
    assert len(kept(window)) == 3
    press(qtbot, window, "Shift+R")
    assert not pane.list.isVisible()


def test_what_is_written_in_the_list_is_an_act(opened: Opened, recorded: Path, qtbot: QtBot) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    pane, session = pane_of(window), window.session
    session.annotate(_whole(window), {"a": Region("a", 20, 21, "gpd")}, "Annotate")
    press(qtbot, window, "Shift+R")
    model = pane.list.model
    assert model.setData(model.index(0, START), "0:30")
    assert model.setData(model.index(0, SECONDS), "2.5")
    assert model.setData(model.index(0, TEXT), "Seizure")
    assert kept(window) == [Region("a", 30, 32.5, "seizure")]
    for wanted in (Region("a", 30, 32.5, "gpd"), Region("a", 30, 31, "gpd"), Region("a", 20, 21, "gpd")):
        press(qtbot, window, "Ctrl+Z")
        assert kept(window) == [wanted]


def test_blind_others_annotations_are_hidden_until_the_own_vote(opened: Opened, recorded: Path, qtbot: QtBot) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk, pane, session = desk_of(window), pane_of(window), window.session
    whole, project = _whole(window), session.open_project
    text = write_region(Region("theirs", 20, 30, "gpd"))
    project.journal.act([Entry(whole, REGION, "theirs", text)], "another", "GPD on an annotation")
    session.annotate(whole, {"mine": Region("mine", 40, 45, "lpd")}, "Annotate")
    project.set_setting("votes", True)
    press(qtbot, window, "Shift+R")
    assert [one.name for one in desk.regions()] == ["theirs", "mine"]
    session.vote_blind(True)
    assert [one.name for one in desk.regions()] == ["mine"]
    assert len(pane.list.model.rows) == 1
    assert pane.list.view.empty == HIDDEN
    assert len(desk.viewer.page.strip.marks) == 1
    desk.viewer.choose_region("")
    press(qtbot, window, "3")
    session.step(-1)
    settle(qtbot, window)
    assert [one.name for one in desk.regions()] == ["theirs", "mine"]


def test_own_montages_are_written_seen_meanwhile_saved_and_have_keys(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk = desk_of(window)
    press(qtbot, window, "Ctrl+F2")
    editor = window.findChild(MontageEditor)
    assert editor is not None
    click(qtbot, "montages.copy")
    editor.title.setText("Short")
    editor._rename()
    editor.table.choose(range(4, len(editor.desk.draft.rows)))
    editor._remove()
    assert desk.viewer.page.shown is not None
    assert len(desk.viewer.page.shown) == 4
    click(qtbot, "montages.cancel")
    assert desk.montage().name == "longitudinal"
    assert desk.own_montages() == []
    qtbot.waitUntil(lambda: window.findChild(MontageEditor) is None)
    window.run_command("montage.edit")
    editor = window.findChild(MontageEditor)
    assert editor is not None
    click(qtbot, "montages.copy")
    editor.title.setText("Short")
    click(qtbot, "montages.save")
    assert [one.name for one in desk.own_montages()] == ["Short"]
    assert desk.montage().name == "Short"
    assert [one["name"] for one in window.session.open_project.setting("montages")] == ["Short"]
    assert window.run_command("montage.average")
    assert desk.montage().name == "average"
    assert window.run_command("montage.own.1")
    assert desk.montage().name == "Short"
    assert not window.run_command("montage.own.2")


def test_bad_channels_that_a_tree_tells_meanwhile_are_seen_in_all_windows(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "d" / "sub-1" / "eeg"
    folder.mkdir(parents=True)
    compose(folder / "sub-1_task-x_eeg.edf", waves(120), records=120)
    rows = "".join(f"{name}\tEEG\tuV\t{{{name}}}\n" for name in CHANNELS)

    def tell(*bad: str) -> None:
        told = rows.format(**{name: "bad" if name in bad else "good" for name in CHANNELS})
        (folder / "sub-1_task-x_channels.tsv").write_text(f"name\ttype\tunits\tstatus\n{told}")

    tell("O1")
    project_from(tmp_path / "desk", "eeg", tmp_path / "d")
    window = opened(tmp_path / "desk")
    settle(qtbot, window)
    desk, session = desk_of(window), window.session
    assert desk.viewer.page.bad == {"O1"}
    tell("O1", "Fp2")
    reader = window.page("curate").reader  # type: ignore[attr-defined]
    assert reader.cached(("sample", 1)) is not None, "it was read ahead"
    session.go_to(6)
    settle(qtbot, window)
    assert desk.viewer.page.bad == {"O1", "Fp2"}
    session.go_to(0)
    settle(qtbot, window)
    assert desk.viewer.page.bad == {"O1", "Fp2"}


def test_a_page_away_from_the_sample_says_so_and_a_key_takes_the_window_there(
    opened: Opened, recorded: Path, qtbot: QtBot
) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    session, desk = window.session, desk_of(window)
    page, strips = desk.viewer.page, window.page("curate").viewers.pair.spectrogram  # type: ignore[attr-defined]
    first = session.current
    assert session.sample_id(first).endswith("#0.000")
    assert not _away(page.words.notes)
    strips.plot.set_x(0.0, 40.0)
    page.go_to(85.0)
    settle(qtbot, window)
    (told,) = _away(page.words.notes)
    assert "00:00:20" in told
    assert "W" in told
    left, right = strips.plot.x_range()
    assert left < 85 < right, "the spectrogram is where the traces are"
    press(qtbot, window, "W")
    assert session.sample_id(session.current).endswith("#60.000"), "its judged ten seconds are 80 to 90"
    assert not _away(page.words.notes)
    press(qtbot, window, "2")
    labels = session.fold.labels()
    assert [labels[row] for row in (first, session.rows_of([f"{_night(window)}#60.000"])[0])] == [None, "lpd"]
    window.run_command("go.next")
    settle(qtbot, window)
    page.go_to(25.0)
    session.show_rows(np.array([session.current]), "One", "")
    settle(qtbot, window)
    page.go_to(25.0)
    with pytest.raises(UserError, match="not in the list"):
        desk.take_here()


def _away(notes: Sequence[str]) -> list[str]:
    """The words that the page is not where the sample is."""
    return [note for note in notes if "not here" in note]


def _night(window: Window) -> str:
    return window.session.sample_id(0).partition("#")[0]


def test_a_key_splits_the_chosen_annotation_and_its_keys_are_told(opened: Opened, recorded: Path, qtbot: QtBot) -> None:
    window = opened(recorded)
    settle(qtbot, window)
    desk, session = desk_of(window), window.session
    session.annotate(_whole(window), {"b": Region("b", 22.0, 26.0, "GPD")}, "Annotate")
    press(qtbot, window, "[")
    told = desk.viewer.page.words.notes
    assert any("class keys name the annotation" in note for note in told), "else a vote would be thought to be one"
    desk.viewer.show_cursor(24.0)
    press(qtbot, window, "I")
    assert [(one.start, one.stop) for one in kept(window)] == [(22, 24), (24, 26)]
    press(qtbot, window, "Ctrl+Z")
    assert [(one.start, one.stop) for one in kept(window)] == [(22, 26)]
    press(qtbot, window, "R")
    assert ("I", "split at the cursor") in desk.viewer.hints.hints()
    press(qtbot, window, "Escape")
    assert ("Drag", "draw, move or stretch") in desk.viewer.hints.hints()
