"""A clinical EDF+ by real keys and mouse: annotated, taken back, saved, and opened again in a project of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from app.pages.recording_desk import RecordingDesk
from models.domains.eeg.recording import open_recording
from models.job import Job
from models.region import Region
from models.store.project import Project
from tests.app.desk import labels_of
from tests.app.windows import Opened
from tests.walks.at_desk import Desk
from widgets.recording.viewer import RecordingViewer
from workers.inline import run

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
Told = list[tuple[float, float, str, tuple[str, ...]]]


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A generated EDF+ of six minutes, with an annotation of each of its patterns and some moments."""
    values = {"recordings": "edf", "hours": "0.1", "rate": "200", "annotations": "12"}
    run(Job("fake", {"domain_name": "eeg", "out": str(tmp_path / "ward"), "seed": 3, "values": values}, ""))
    return tmp_path / "ward"


@dataclass
class Found:
    """What a project holds of its one recording: annotations, labels by window."""

    annotations: Told
    labels: dict[str, str | None]


class Reader(Desk):
    """The window as who reads a recording uses it."""

    @property
    def desk(self) -> RecordingDesk:
        found = self.page.viewers.recording_desk()
        assert isinstance(found, RecordingDesk)
        return found

    @property
    def viewer(self) -> RecordingViewer:
        return self.desk.viewer

    def place(self, at: float, height: float = 0.5) -> QPoint:
        """Where a time is on the traces, at a share of their height."""
        area = self.viewer.page.plot.area()
        x = self.viewer.page.plot.to_pixel(at).x()
        return QPointF(x, area.top() + height * area.height()).toPoint()

    def drag(self, first: QPoint, last: QPoint, held: Qt.KeyboardModifier = NONE) -> None:
        port = self.viewer.page.plot.viewport()
        self.qtbot.mousePress(port, Qt.MouseButton.LeftButton, held, first)
        for share in (0.5, 1.0):
            self.qtbot.mouseMove(port, first + (last - first) * share)
        self.qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, held, last)
        self.settle()

    def click(self, at: float) -> None:
        self.qtbot.mouseClick(self.viewer.page.plot.viewport(), Qt.MouseButton.LeftButton, NONE, self.place(at))
        self.settle()

    def regions(self) -> list[Region]:
        """The annotations of the recording as the journal has them."""
        project = self.session.open_project
        whole = project.samples.table.column("key").to_pylist().index("")
        return project.journal.fold.regions(whole)

    def found(self) -> Found:
        labels = {name.partition("#")[2]: label for name, label in labels_of(self.session).items()}
        return Found(sorted((one.start, one.stop, one.text, one.channels) for one in self.regions()), labels)

    def shown(self) -> int:
        """How many annotations the page has to draw."""
        return len(self.viewer.page.annotating.table)


def reader(opened: Opened, qtbot: QtBot, project: Path, pictures: Path, source: Path) -> Reader:
    """The window on a new project into which a folder came by the import page."""
    Project.create(project, "eeg", votes=True).close()
    made = Reader(opened(project, real=True), qtbot, pictures)
    made.bring_in(source)
    made.settle()
    return made


@pytest.mark.timeout(600)
@pytest.mark.parametrize("form", ["edf", pytest.param("bids", marks=pytest.mark.long)])
def test_a_recording_from_the_file_to_the_file(
    opened: Opened, qtbot: QtBot, night: Path, tmp_path: Path, form: str
) -> None:
    desk = reader(opened, qtbot, tmp_path / "desk", tmp_path, night)
    before = desk.regions()
    assert len(before) == desk.shown() == 12
    desk.shot(f"{form}-1-imported")
    drawn(desk)
    changed_by_hand(desk)
    taken_back(desk)
    desk.press("Escape", "Escape", "Escape")
    for key in ("1", "5"):
        desk.press(key)
    desk.shot(f"{form}-2-annotated")
    mine = desk.found()
    assert len(mine.annotations) == 12 + 3
    assert sum(label is not None for label in mine.labels.values()) >= 2
    desk.export(form, tmp_path / "saved")
    desk.window.close()

    again = reader(opened, qtbot, tmp_path / "again", tmp_path, tmp_path / "saved")
    assert again.found() == mine
    assert again.shown() == 15
    again.shot(f"{form}-3-opened-again")
    signals = next((tmp_path / "saved").rglob("*.edf"))
    first, copy = open_recording(night / "recording.edf"), open_recording(signals)
    np.testing.assert_array_equal(copy.read(0, 20_000), first.read(0, 20_000))


def drawn(desk: Reader) -> None:
    """Two intervals over all channels, one over those of a few rows; a class key names each."""
    left = desk.viewer.page.plot.x_range()[0]
    desk.viewer.setFocus()
    desk.press("R")
    assert desk.viewer.edit.isChecked()
    desk.drag(desk.place(left + 1), desk.place(left + 3))
    desk.press("1")
    desk.press("Escape")
    desk.drag(desk.place(left + 4), desk.place(left + 5))
    desk.press("3")
    desk.press("Escape")
    desk.drag(desk.place(left + 6, 0.1), desk.place(left + 8, 0.2), SHIFT)
    desk.press("2")
    new = [one for one in desk.regions() if left < one.start and one.stop < left + 9 and one.text in ("seizure", "gpd")]
    assert len(new) >= 2
    narrow = [one for one in desk.regions() if one.channels]
    assert [one.text for one in narrow] == ["lpd"]


def changed_by_hand(desk: Reader) -> None:
    """The end of one is moved by its edge; another is split where the cursor stands, and its second part deleted."""
    left = desk.viewer.page.plot.x_range()[0]
    desk.press("Escape", "Escape", "Escape")
    desk.click(left + 4.5)
    held = desk.viewer.chosen_region()
    assert held is not None
    assert held.text == "gpd"
    desk.drag(desk.place(held.stop), desk.place(left + 5.5))
    moved = desk.viewer.chosen_region()
    assert moved is not None
    assert (moved.name, moved.start, moved.stop) == (held.name, held.start, pytest.approx(left + 5.5, abs=0.03))
    desk.click(left + 2)
    desk.window.run_command("region.split")
    desk.settle()
    parts = [one for one in desk.regions() if one.text == "seizure" and one.start < left + 3 and one.stop > left + 1]
    assert len([one for one in parts if one.seconds < 3]) == 2
    desk.click(left + 2.5)
    desk.press("Delete")


def taken_back(desk: Reader) -> None:
    """What was deleted, split and moved comes back step by step, and is done again."""
    after = desk.regions()
    desk.press("Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
    back = desk.regions()
    assert len(back) == 15
    assert back != after
    desk.press("Ctrl+Shift+Z", "Ctrl+Shift+Z", "Ctrl+Shift+Z")
    assert desk.regions() == after
