"""Exporting recordings from the window: what a format can be told is asked for while that format is chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from models.domains.eeg.annotations import read_notes
from models.domains.eeg.recording import open_recording
from tests.app.desk import choose, click, control, press, settle
from tests.app.windows import Opened
from tests.eeg.recorded import compose, waves
from tests.eeg.watched import make_watched
from tests.projects import project_from


def test_labels_and_identifiers_are_asked_for(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    compose(tmp_path / "night.edf", waves(120), records=120, patient="MRN-0815 F 02-MAY-1951 Doe_Jane")
    project_from(tmp_path / "desk", "eeg", tmp_path / "night.edf")
    window = opened(tmp_path / "desk")
    settle(qtbot, window)
    press(qtbot, window, "1")
    press(qtbot, window, "Ctrl+E", wait=False)
    labels, keep = (window.findChild(QComboBox, f"export.set.{name}") for name in ("labels", "keep_identifiers"))
    assert isinstance(labels, QComboBox)
    assert isinstance(keep, QComboBox)
    assert not labels.isVisible()
    choose("export.format", "edf")
    assert labels.isVisible()
    assert (labels.currentData(), keep.currentData()) == ("yes", "no")
    choose("export.format", "hms")
    assert not keep.isVisible(), "a table of votes can be told nothing"
    choose("export.format", "edf")
    choose("export.set.keep_identifiers", "yes")
    field = control("export.path")
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, str(tmp_path / "out.edf"))
    click(qtbot, "export.ok")
    qtbot.waitUntil((tmp_path / "out.edf").exists, timeout=60_000)
    settle(qtbot, window)
    told = read_notes(open_recording(tmp_path / "out.edf"))
    assert told.notes == ()
    assert [(one.onset, one.duration, one.label) for one in told.judged] == [(20, 10, "seizure")]
    assert b"Doe_Jane" in (tmp_path / "out.edf").read_bytes()


def test_a_report_of_patients_is_a_page_of_html_or_pages_of_paper(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window = opened(make_watched(tmp_path))
    settle(qtbot, window)
    press(qtbot, window, "Ctrl+E", wait=False)
    paper, path = (
        window.findChild(kind, f"export.{name}") for kind, name in ((QComboBox, "set.paper"), (QLineEdit, "path"))
    )
    assert isinstance(paper, QComboBox)
    assert isinstance(path, QLineEdit)
    assert not paper.isVisible()
    choose("export.format", "patient")
    assert paper.isVisible()
    assert path.text().endswith("ward.html")
    choose("export.set.paper", "letter")
    assert path.text().endswith("ward.pdf")
    choose("export.format", "csv")
    assert path.text().endswith("ward.csv")
    choose("export.format", "patient")
    assert path.text().endswith("ward.pdf")
    path.setFocus()
    path.selectAll()
    QTest.keyClicks(path, str(tmp_path / "r.html"))
    click(qtbot, "export.ok")
    assert "pages of letter are a PDF" in control("export.trouble").text()
    path.selectAll()
    QTest.keyClicks(path, str(tmp_path / "r.pdf"))
    click(qtbot, "export.ok")
    qtbot.waitUntil((tmp_path / "r.pdf").exists, timeout=60_000)
    settle(qtbot, window)
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")


def test_the_report_of_the_shown_patient_can_be_pages(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window = opened(make_watched(tmp_path))
    settle(qtbot, window)
    press(qtbot, window, "Ctrl+9")
    settle(qtbot, window)
    window.run_command("patient.report")
    choose("report.set.paper", "a4")
    path = control("report.path")
    assert isinstance(path, QLineEdit)
    assert path.text().endswith("ward-report.pdf")
    path.setFocus()
    path.selectAll()
    QTest.keyClicks(path, str(tmp_path / "one.pdf"))
    click(qtbot, "report.ok")
    qtbot.waitUntil((tmp_path / "one.pdf").exists, timeout=60_000)
    settle(qtbot, window)
