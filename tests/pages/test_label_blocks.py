"""The label panel of a recording: how well it was recorded, and the other recordings of its speaker."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.flaws import _reason, open_queue
from app.pages import group_data
from app.pages.curate import CuratePage
from app.pages.kin_part import without_shared
from app.pages.label_panel import LabelPanel
from app.window import Window
from models.job import Job
from models.store.project import Project
from tests.app.desk import click, control, press, settle
from tests.app.windows import Opened
from widgets.checks import Check
from widgets.kin_rows import Kin
from workers.inline import run

RATE = 8000
#: Speaker: takes and class.
SAID = {"anna": (4, "PD"), "bert": (8, "HC"), "carl": (1, "HC")}


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen recordings of three speakers: the first is clipped, the second of anna is a copy of her third."""
    place = tmp_path_factory.mktemp("voices")
    data = place / "data"
    data.mkdir()
    rows, rng = ["file,speaker,label"], np.random.default_rng(4)
    for speaker, (count, label) in SAID.items():
        for take in range(count):
            time = np.arange(RATE) / RATE
            wave = 0.3 * np.sin(2 * np.pi * (120 + 30 * take) * time) + 0.01 * rng.standard_normal(RATE)
            name = f"{speaker}_{take}.wav"
            soundfile.write(data / name, np.clip(9 * wave, -1, 1) if name == "anna_0.wav" else wave, RATE)
            rows.append(f"{name},{speaker},{label}")
    shutil.copy(data / "anna_1.wav", data / "anna_2.wav")
    (data / "table.csv").write_text("\n".join(rows) + "\n", "utf-8")
    Project.create(place / "p", "voice", votes=True).close()
    run(Job("import_samples", {"project": str(place / "p"), "sources": [str(data)]}, ""))
    return place / "p"


@pytest.fixture
def window(voices: Path, tmp_path: Path, opened: Opened, qtbot: QtBot) -> Window:
    shutil.copytree(voices, tmp_path / "p")
    with Project.open(tmp_path / "p") as project:
        project.set_setting("votes", False)
    made = opened(tmp_path / "p")
    settle(qtbot, made)
    return made


def panel_of(window: Window) -> LabelPanel:
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    return page.panel


def show(window: Window, qtbot: QtBot, name: str) -> None:
    session = window.session
    session.go_to(next(row for row in range(len(session.view)) if session.short(row) == name))
    settle(qtbot, window)


def checks(window: Window) -> dict[str, Check]:
    return {check.title: check for check in panel_of(window).quality.rows.rows()}


def kin(window: Window) -> list[Kin]:
    return panel_of(window).kin.rows.rows()


def test_measures_have_their_units_and_flaws_their_names(window: Window, qtbot: QtBot) -> None:
    show(window, qtbot, "bert_0")
    told = checks(window)
    assert list(told) == ["Clipped", "Level", "Length", "SNR", "Silent", "Same sound as"]
    assert told["Length"].value == "1.00 s"
    assert told["SNR"].value.endswith(" dB")
    assert told["Level"].value.endswith(" dBFS")
    assert (told["Clipped"].value, told["Same sound as"].value) == ("none", "none")
    assert panel_of(window).quality.head.subtitle.text() == "6 of 6 well"
    show(window, qtbot, "anna_0")
    assert checks(window)["Clipped"].flaw == "Clipping"
    assert checks(window)["Clipped"].value.startswith(".")
    assert panel_of(window).quality.head.subtitle.text() == "5 of 6 well"
    show(window, qtbot, "anna_2")
    assert checks(window)["Same sound as"].words == "Duplicates: same sound as anna_1"


def test_what_is_well_folds_where_there_is_no_room_and_a_person_unfolds_it(window: Window, qtbot: QtBot) -> None:
    show(window, qtbot, "anna_0")
    quality = panel_of(window).quality
    quality.fold(True)
    assert [check.flaw for check in quality.rows.rows()] == ["Clipping"]
    click(qtbot, "label.quality_all")
    assert len(quality.rows.rows()) == 6
    assert window.session.settings.get("quality_unfolded")
    quality.fold(False)
    assert len(quality.rows.rows()) == 6


def test_the_speakers_other_recordings_are_a_click_or_a_key_away(window: Window, qtbot: QtBot) -> None:
    show(window, qtbot, "anna_1")
    part = panel_of(window).kin
    assert part.head.title.text() == "Speaker anna"
    assert part.head.subtitle.text() == "4 recordings"
    assert [one.name for one in kin(window)] == ["anna_0", "anna_1", "anna_2", "anna_3"]
    assert [one.shown for one in kin(window)] == [False, True, False, False]
    assert {window.session.classes[one.label] for one in kin(window)} == {"PD"}
    QTest.mouseClick(part.rows, Qt.MouseButton.LeftButton, pos=part.rows.line_of(3).center().toPoint())
    assert window.session.short(window.session.current) == "anna_3"
    press(qtbot, window, "Alt+Down")
    assert window.session.short(window.session.current) == "anna_0"
    press(qtbot, window, "Alt+Up")
    assert window.session.short(window.session.current) == "anna_3"


def test_of_many_those_around_the_shown_one_stand_there_and_all_are_a_click_away(window: Window, qtbot: QtBot) -> None:
    show(window, qtbot, "bert_7")
    assert [one.name for one in kin(window)] == [f"bert_{take}" for take in range(2, 8)]
    panel_of(window).kin.fold(True)
    assert [one.name for one in kin(window)] == ["bert_5", "bert_6", "bert_7"]
    assert panel_of(window).kin.all.text() == "All 8"
    click(qtbot, "label.kin_all")
    settle(qtbot, window)
    assert window.page_name() == "groups"


def test_the_whole_speaker_gets_the_label_of_the_shown_recording_in_one_act(window: Window, qtbot: QtBot) -> None:
    show(window, qtbot, "anna_1")
    session = window.session
    place = session.classes.index("HC") + 1
    session.settings.set("advance", False)
    press(qtbot, window, str(place))
    assert [session.classes[one.label] for one in kin(window)] == ["PD", "HC", "PD", "PD"]
    press(qtbot, window, "Shift+G")
    assert {session.classes[one.label] for one in kin(window)} == {"HC"}
    press(qtbot, window, "Ctrl+Z")
    assert [session.classes[one.label] for one in kin(window)] == ["PD", "HC", "PD", "PD"]
    show(window, qtbot, "carl_0")
    assert not control("label.kin_whole").isEnabled(), "one recording is all of its speaker"


def test_what_a_run_says_of_held_out_recordings_stands_there_with_all_of_them_together(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    sure = {"anna_0": 0.9, "anna_1": 0.6, "anna_2": 0.7}
    place = session.classes.index("PD")

    def said(_session: Any, rows: Any) -> Any:
        found = np.full((len(rows), 2), np.nan, np.float32)
        for at, row in enumerate(rows):
            p = sure.get(session.short(int(row)), np.nan)
            found[at, place], found[at, 1 - place] = p, 1 - p
        return found

    monkeypatch.setattr(group_data, "held_out", said)
    show(window, qtbot, "anna_1")
    assert [(one.model, round(one.p, 2)) for one in kin(window)[:3]] == [(place, 0.9), (place, 0.6), (place, 0.7)]
    assert kin(window)[3].model == -1
    words = panel_of(window).kin.said.text()
    assert words.startswith("Together p of PD .7")
    assert "[" in words, "three tell an interval"
    sure |= {"anna_0": 0.9999, "anna_1": 0.9998, "anna_2": 0.9999}
    show(window, qtbot, "anna_0")
    assert panel_of(window).kin.said.text() == "Together p of PD .99+", "as in each line, and no interval of 1 to 1"
    sure |= {"anna_0": 0.1, "anna_1": 0.4, "anna_2": 0.3}
    show(window, qtbot, "anna_2")
    assert [(one.model, round(one.p, 2)) for one in kin(window)[:3]] == [(1 - place, p) for p in (0.9, 0.6, 0.7)]
    assert panel_of(window).kin.said.text() == words.replace("PD", "HC"), "of the class that stands in their lines"


def test_who_votes_blind_sees_no_label_of_others(voices: Path, tmp_path: Path, opened: Opened, qtbot: QtBot) -> None:
    shutil.copytree(voices, tmp_path / "p")
    window = opened(tmp_path / "p")
    show(window, qtbot, "anna_1")
    assert {one.label for one in kin(window)} == {window.session.classes.index("PD")}
    window.session.vote_blind(True)
    settle(qtbot, window)
    assert {one.label for one in kin(window)} == {-1}
    assert panel_of(window).kin.said.text() == "Hidden until you vote"
    assert not control("label.kin_whole").isEnabled()
    assert len(checks(window)) == 6, "how it was recorded says nothing of its class"


def test_a_sample_that_stands_in_another_queue_now_tells_that_ones_reason(window: Window, qtbot: QtBot) -> None:
    show(window, qtbot, "anna_1")
    session, issue = window.session, panel_of(window).issue
    row = session.current
    session.show_rows(np.array([row]), "First", "one reason")
    assert (issue.title.text(), issue.text.text()) == ("In the queue First", "one reason")
    session.show_rows(np.array([row]), "Second", "another reason")
    assert (issue.title.text(), issue.text.text()) == ("In the queue Second", "another reason")
    session.leave_queue()
    assert not issue.isVisible()


def test_a_queue_of_a_flaw_tells_the_flaw_beside_what_the_model_says_too(window: Window, qtbot: QtBot) -> None:
    session, panel = window.session, panel_of(window)
    open_queue(session, "flaw:duplicate")
    settle(qtbot, window)
    assert session.short(session.current) == "anna_2"
    assert panel.issue.title.text() == "In the queue Duplicates"
    assert panel.issue.text.text() == "Same sound as anna_1", "the queue is named above"
    panel._show_conflict(session.current, "PD", {"PD": 0.2, "HC": 0.8})
    assert panel.issue.title.text() == "Label and model disagree"
    assert panel.issue.text.text().endswith(" Rank 1 of 1. Duplicates: same sound as anna_1.")
    session.show_rows(np.array([session.current]), "First", "one reason")
    panel._show_conflict(session.current, "PD", {"PD": 0.2, "HC": 0.8})
    assert panel.issue.text.text().endswith(" Rank 1 of 1."), "other queues have it for what stands there"


def test_a_low_snr_is_called_so_in_the_panel_and_in_its_queue(window: Window) -> None:
    session = window.session
    flaw = next(one for one in session.open_domain.flaws if one.name == "noise")
    assert flaw.title == "Low SNR"
    assert _reason(session, flaw, 1.13) == "Low SNR: SNR 1.1 dB"


def test_a_domain_without_such_groups_and_measures_has_neither_block(
    labelled: Path, opened: Opened, qtbot: QtBot
) -> None:
    window = opened(labelled)
    settle(qtbot, window)
    assert panel_of(window).quality.isHidden()
    assert panel_of(window).kin.isHidden()


def test_words_that_all_names_begin_with_stand_above_them() -> None:
    assert without_shared(["ann x a", "ann x b"]) == ["a", "b"]
    assert without_shared(["ann", "ann b"]) == ["ann", "ann b"]
    assert without_shared(["ann b"]) == ["ann b"]
