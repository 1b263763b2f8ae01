"""What every walk at the curate page does by real keys and clicks, whatever is curated there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.pages.curate import CuratePage
from app.window import Window
from models.store.project import Project
from models.store.voted import standing
from tests.app.desk import choose, click, control, labels_of, press, settle, take_keyboard, type_in
from tests.walks.sight import shot


class Desk:
    """The window as a curator uses it; every act is looked up in the journal and on the screen."""

    def __init__(self, window: Window, qtbot: QtBot, pictures: Path) -> None:
        self.window, self.qtbot, self.pictures = window, qtbot, pictures
        self.session = window.session

    @property
    def page(self) -> CuratePage:
        found = self.window.page("curate")
        assert isinstance(found, CuratePage)
        return found

    @property
    def position(self) -> int:
        """Events of the journal until now."""
        return self.session.open_project.journal.position

    def press(self, *keys: str, wait: bool = True) -> None:
        press(self.qtbot, self.window, *keys, wait=wait)

    def settle(self) -> None:
        settle(self.qtbot, self.window)

    def shot(self, name: str) -> None:
        shot(self.window, self.pictures / f"{name}.png")

    def label(self, row: int) -> str | None:
        return labels_of(self.session)[self.session.sample_id(row)]

    def labelled(self) -> str:
        """How far the labelling is, as the status line tells."""
        return control("status.labelled").accessibleName()

    def told(self) -> str:
        """The words of the newest notice."""
        return control("notice").accessibleName()

    def filter(self, words: str) -> None:
        """Type an expression over the list."""
        self.press("/")
        QTest.keySequence(QApplication.focusWidget(), "Ctrl+A")
        type_in(words, self.window)
        self.press("Return")

    def bring_in(self, folder: Path) -> None:
        """Read a folder on the import page, then take it."""
        assert self.window.page_name() == "import"
        click(self.qtbot, "import.source")
        type_in(str(folder), self.window)
        click(self.qtbot, "import.read")
        self.settle()
        assert len(self.session.open_project.samples) == 0, "nothing is written by a dry run"
        click(self.qtbot, "import.go")
        self.settle()
        assert self.window.page_name() == "curate"

    def train(self, recipe: str, values: Mapping[str, str] | None = None) -> str:
        """Train from its page with what is typed into these fields; the run."""
        before = self.session.run
        self.press("Ctrl+3")
        choose("train.recipe", recipe)
        self.settle()
        for name, value in (values or {}).items():
            field = control(f"train.{name}")
            assert isinstance(field, QLineEdit)
            field.setFocus()
            field.selectAll()
            QTest.keyClicks(field, value)
        self.press("Ctrl+Return", wait=False)
        self.qtbot.waitUntil(lambda: self.session.run != before and self.window.is_idle(), timeout=240_000)
        self.settle()
        return self.session.run

    def review_next(self) -> list[int]:
        """Ask for the queue of what to look at next, and wait for the trainings that come first; its rows."""
        self.window.unattended = True  # on a busy machine it would ask before its trainings
        self.press("Ctrl+B", wait=False)
        self.qtbot.waitUntil(lambda: self.session.listing.queue == "Review next", timeout=240_000)
        self.settle()
        rows: list[int] = self.session.order.tolist()
        return rows

    def export(self, form: str, path: Path) -> None:
        """Export by the dialog."""
        take_keyboard(self.qtbot, self.window)
        self.press("Ctrl+E", wait=False)
        choose("export.format", form)
        field = control("export.path")
        field.setFocus()
        QTest.keySequence(field, "Ctrl+A")
        QTest.keyClicks(field, str(path))
        click(self.qtbot, "export.ok")
        self.qtbot.waitUntil(lambda: f"to {path.name}" in self.told(), timeout=120_000)
        self.settle()
        assert path.exists()


def trained(desk: Desk, name: str, recipe: str, position: int | None = None) -> None:
    """The run of this recipe says a class of every sample, and learnt from the labels of that event, where told."""
    record = desk.session.record(name)
    assert record is not None
    assert record.recipe == recipe
    assert position is None or record.record["snapshot"]["position"] == position
    view = desk.session.fresh_view()
    assert all(view.column("prediction")[row] in desk.session.classes for row in desk.session.order.tolist())
    desk.shot("trained")


def closed(desk: Desk) -> dict[str, str | None]:
    """Close the window; the labels that it showed, which the project has when it is opened anew."""
    folder, shown = desk.session.open_project.path, labels_of(desk.session)
    desk.window.close()
    with Project.open(folder) as reopened:
        labels = standing(reopened, reopened.journal.fold).labels().tolist()
        assert dict(zip(reopened.samples.ids(), labels, strict=True)) == shown
    return shown


def compared(desk: Desk, first: str, second: str) -> None:
    desk.press("Ctrl+4")
    table = control("results.runs")
    for name, held in ((first, Qt.KeyboardModifier.NoModifier), (second, Qt.KeyboardModifier.ControlModifier)):
        at = table.row_rect(name).center()  # type: ignore[attr-defined]
        desk.qtbot.mouseClick(
            table.viewport(),  # type: ignore[attr-defined]
            Qt.MouseButton.LeftButton,
            held,
            QPoint(int(at.x()), int(at.y())),
        )
        desk.settle()
    verdict, difference = control("results.verdict"), control("results.difference")
    assert isinstance(verdict, QLabel)
    assert isinstance(difference, QLabel)
    assert first in verdict.text()
    assert second in verdict.text()
    assert "[" in difference.text()
    desk.shot("10-compared")
