"""Recordings heard, marked, trained on, reviewed and relabelled by real keys and clicks, and out to Raven and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.pages.groups import GroupsPage
from app.pages.importing import ImportPage
from app.pages.sound_desk import SoundPane
from models.job import Job
from models.region import Region
from models.store.project import Project
from tests.app.desk import click, control, labels_of, type_in
from tests.app.windows import Opened
from tests.viewers.mouse import drag
from tests.walks.at_desk import Desk, closed, compared, trained
from widgets import tokens
from widgets.sound.output import Output, Samples, Sink
from widgets.traces.plot import Plot
from workers.inline import run

RECORDINGS, SPEAKERS, FLAGGED = 24, 8, 3
#: Seconds that pass in a device that plays into nothing, whenever it is asked for the time.
_TICK = 0.3


class Nowhere:
    """A sound device that nobody hears: time passes in it each time that it is looked at."""

    def __init__(self, rate: float) -> None:
        self.rate, self.now, self.heard = rate, 0.0, 0

    def start(self) -> bool:
        return True

    def free(self) -> int:
        return max(round((self.now + 1.0) * self.rate) - self.heard, 0)

    def write(self, samples: Samples) -> None:
        self.heard += len(samples)

    def elapsed(self) -> float:
        self.now += _TICK
        return self.now

    def trouble(self) -> str:
        return ""

    def set_volume(self, share: float) -> None:
        """Nothing is heard, however loud."""

    def stop(self) -> None:
        """It was silent all the time."""


@pytest.fixture
def sinks(monkeypatch: pytest.MonkeyPatch) -> list[Nowhere]:
    """The devices that were played into."""
    from widgets.sound import player

    made: list[Nowhere] = []

    def output(rate: float) -> Sink:
        made.append(Nowhere(rate))
        return made[-1]

    def find() -> tuple[Output, str]:
        return output, ""

    monkeypatch.setattr(player, "find_output", find)
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Held vowels of healthy and ill speakers."""
    values = {"speakers": str(SPEAKERS), "rate": "8000", "flagged": "0", "mistakes": "0", "effect": "2"}
    run(
        Job(
            "fake", {"domain_name": "voice", "out": str(tmp_path / "said"), "samples": RECORDINGS, "values": values}, ""
        )
    )
    return tmp_path / "said"


class Listener(Desk):
    """The window as somebody uses it who listens."""

    @property
    def pane(self) -> SoundPane:
        assert self.page.viewers.sound_desk() is not None
        found = self.page.viewers.sound
        assert isinstance(found, SoundPane)
        return found

    def key(self, name: str) -> str:
        """The key of a class."""
        return tokens.key_of(self.session.classes.index(name), self.session.classes)

    def regions(self, row: int = -1) -> list[Region]:
        """What is marked in a recording, the shown one where none is told."""
        return self.session.fold.regions(row if row >= 0 else self.session.current)

    def hear(self, *keys: str) -> None:
        """Press keys that play, and wait until it has been heard."""
        self.pane.viewer.setFocus()
        self.press(*keys, wait=False)
        self.qtbot.waitUntil(lambda: not self.pane.viewer.player.playing, timeout=60_000)
        self.settle()

    def drag_over(self, plot: Plot, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """From one place to another: seconds, and the share of the height from below."""
        drag(self.qtbot, plot.viewport(), at(plot, *start), at(plot, *stop))
        self.settle()

    def read_back(self, folder: Path) -> str:
        """Read a folder on the import page; what it tells of annotations."""
        self.press("Ctrl+I")
        page = self.window.page("import")
        assert isinstance(page, ImportPage)
        click(self.qtbot, "import.source")
        self.press("Ctrl+A")
        type_in(str(folder), self.window)
        click(self.qtbot, "import.read")
        self.settle()
        cells = [page.table.item(row, 3) for row in range(page.table.rowCount())]
        return next(cell.text() for cell in cells if cell is not None and "annotations of" in cell.text())


def at(plot: Plot, time: float, share: float) -> QPoint:
    area = plot.area()
    return QPointF(plot.to_pixel(time).x(), area.bottom() - share * area.height()).toPoint()


@pytest.fixture
def listener(opened: Opened, data: Path, qtbot: QtBot, tmp_path: Path, sinks: list[Nowhere]) -> Listener:
    """The window on a project into which the recordings came by the import page."""
    Project.create(tmp_path / "heard", "voice").close()
    listener = Listener(opened(tmp_path / "heard", real=True), qtbot, tmp_path)
    listener.bring_in(data)
    return listener


@pytest.mark.timeout(900)
def test_recordings_from_listening_to_raven_and_back(
    listener: Listener, data: Path, opened: Opened, sinks: list[Nowhere], tmp_path: Path
) -> None:
    assert len(listener.session.order) == RECORDINGS
    listen(listener, sinks)
    flag(listener)
    mark(listener)
    first = listener.train("acoustic")
    trained(listener, first, "acoustic")
    review(listener)
    relabel(listener)
    second = listener.train("acoustic")
    assert second != first
    compared(listener, first, second)
    listener.press("Ctrl+1")
    kept = {row: listener.regions(row) for row in range(RECORDINGS)}
    assert sum(map(len, kept.values())) == 4
    for form in ("raven", "textgrid", "audacity"):
        listener.export(form, tmp_path / form)
    labels = closed(listener)
    elsewhere(listener, data, opened, kept, labels)


def listen(listener: Listener, sinks: list[Nowhere]) -> None:
    """The whole recording, then a stretch of the next one at half the speed: as long as it should take."""
    viewer = listener.pane.viewer
    assert viewer.sound is not None
    listener.hear("Return")
    assert sinks[-1].heard == pytest.approx(viewer.sound.seconds * sinks[-1].rate, rel=0.05)
    listener.press("Space")
    listener.drag_over(viewer.page.wave, (0.5, 0.5), (1.0, 0.5))
    while viewer.player.speed > 0.5:
        listener.press("<")
    listener.hear("Shift+Return")
    assert sinks[-1].heard == pytest.approx(2 * 0.5 * sinks[-1].rate, rel=0.1)
    listener.shot("1-heard")
    listener.press("Esc")


def flag(listener: Listener) -> None:
    """Three recordings as of bad quality, which is a filter then."""
    rows = listener.session.order[2 : 2 + FLAGGED].tolist()
    for row in rows:
        listener.session.go_to(row)
        listener.settle()
        listener.press("Shift+X")
    assert np.flatnonzero(listener.session.fold.flagged("bad quality")).tolist() == sorted(rows)
    listener.filter("flagged")
    assert sorted(listener.session.order.tolist()) == sorted(rows)
    listener.shot("2-flagged")
    listener.window.run_command("filter.clear")
    listener.settle()


def mark(listener: Listener) -> None:
    """A stretch and a box in one recording, named by class keys, one of them split; a box in another."""
    session, viewer = listener.session, listener.pane.viewer
    session.go_to(int(session.order[0]))
    listener.settle()
    labels = session.labels().tolist()
    listener.drag_over(viewer.page.wave, (0.2, 0.5), (0.6, 0.5))
    viewer.setFocus()
    listener.press("R", listener.key("PD"))
    (stretch,) = listener.regions()
    assert (stretch.text, stretch.banded) == ("PD", False)
    assert [stretch.start, stretch.stop] == pytest.approx([0.2, 0.6], abs=0.02)
    listener.press("Esc", "R")
    listener.drag_over(viewer.page.plot, (0.8, 0.2), (1.4, 0.6))
    listener.press(listener.key("HC"))
    _, box = listener.regions()
    assert (box.text, box.banded) == ("HC", True)
    assert session.labels().tolist() == labels, "regions are named, not the recording"
    viewer.page.set_cursor(1.1)
    listener.press("I")
    assert [(one.text, round(one.stop, 1)) for one in listener.regions()] == [("PD", 0.6), ("HC", 1.1), ("HC", 1.4)]
    listener.press("Ctrl+Z", "Ctrl+Shift+Z")
    assert len(listener.regions()) == 3
    listener.shot("3-marked")
    listener.press("Esc", "Esc", "Space")
    listener.press("R")
    listener.drag_over(viewer.page.plot, (0.3, 0.1), (0.9, 0.9))
    assert len(listener.regions()) == 1
    listener.press("Ctrl+Z", "Ctrl+Shift+Z", "Esc", "Esc")
    assert len(listener.regions()) == 1


def review(listener: Listener) -> None:
    """The queue of what to look at next; the model's class accepted on its first."""
    session = listener.session
    listener.press("Ctrl+1")
    rows = listener.review_next()
    assert all(session.listing.reason(row) for row in rows)
    proposed = str(session.fresh_view().column("prediction")[rows[0]])
    position = listener.position
    listener.press("A")
    assert listener.label(rows[0]) == proposed
    assert listener.position == position + 1
    listener.shot("4-queue")
    listener.window.run_command("queue.leave")
    listener.settle()


def relabel(listener: Listener) -> None:
    """All recordings of a speaker by one key on the page of speakers, as one act."""
    listener.press("Ctrl+G")
    page = listener.window.page("groups")
    assert isinstance(page, GroupsPage)
    control("groups.list").setFocus()
    listener.press("Down")
    rows = page.chosen_rows().tolist()
    assert len(rows) == RECORDINGS // SPEAKERS
    assert len(set(listener.session.open_project.samples.column("group")[rows])) == 1
    wanted = "HC" if listener.label(rows[0]) == "PD" else "PD"
    position = listener.position
    listener.press(listener.key(wanted))
    assert [listener.label(row) for row in rows] == [wanted] * len(rows)
    assert listener.position == position + 1, "one act"
    listener.shot("5-relabelled")


def elsewhere(
    listener: Listener, data: Path, opened: Opened, kept: dict[int, list[Region]], labels: dict[str, str | None]
) -> None:
    """What was written comes into another project of the same sound, by each format the same."""
    place = listener.pictures
    Project.create(place / "other", "voice").close()
    other = Listener(opened(place / "other"), listener.qtbot, place)
    other.bring_in(data)
    told = other.read_back(place / "textgrid")
    assert told == f"4 annotations of {RECORDINGS} recordings read: 4 new"
    click(other.qtbot, "import.go")
    other.settle()
    assert {row: other.regions(row) for row in range(RECORDINGS)} == kept
    assert labels_of(other.session) == labels
    for form in ("raven", "audacity"):
        assert other.read_back(place / form) == f"4 annotations of {RECORDINGS} recordings read: all are in the project"
        button = control("import.go")
        assert isinstance(button, QPushButton)
        assert not button.isEnabled()
    other.press("Ctrl+1")
    other.session.go_to(next(row for row, found in kept.items() if len(found) == 3))
    other.settle()
    other.shot("6-elsewhere")
