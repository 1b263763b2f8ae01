"""A sorting curated from the phy folder to the phy folder by real keys and clicks, with the worker's own process."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.job import Job
from models.store.project import Project
from tests.app.desk import click, control
from tests.app.windows import Opened
from tests.walks.at_desk import Desk, closed, compared, trained
from widgets.unit.viewer import UnitViewer
from workers.inline import run

UNITS, UNLABELLED, BY_HAND = 60, 26, 10
KEYS = {"good": "G", "mua": "M", "noise": "N"}
#: Least probability of a class that is accepted without a look.
SURE = 0.5


@dataclass(frozen=True)
class Sorting:
    """A phy folder, and what its units are: id → class, also where the folder does not tell."""

    folder: Path
    truth: dict[str, str]


@pytest.fixture
def sorting(tmp_path: Path) -> Sorting:
    """A generated phy folder; the first units are without a label, as a curator left off."""
    values = {"mode": "phy", "spikes": "40000", "seconds": "400", "channels": "16"}
    run(Job("fake", {"domain_name": "units", "out": str(tmp_path / "phy"), "samples": UNITS, "values": values}, ""))
    (folder,) = (tmp_path / "phy").iterdir()
    table = folder / "cluster_group.tsv"
    head, *lines = table.read_text("utf-8").splitlines()
    table.write_text("\n".join([head, *lines[UNLABELLED:], ""]), "utf-8")
    return Sorting(folder, dict(line.split("\t") for line in lines))


class Sorter(Desk):
    """The window as a curator of units uses it."""

    @property
    def viewer(self) -> UnitViewer:
        return self.page.viewers.unit

    def unit(self, row: int) -> str:
        """The id of a unit in its sorting."""
        return str(self.session.open_project.samples.sample(row).key).rpartition("/")[2]

    def sees(self, row: int, label: str | None) -> None:
        """The unit on the screen is this one, and the head of its panes and its history tell its label."""
        assert self.session.current == row
        assert self.viewer.header.title.text() == self.session.short(row)
        letter = "" if label is None else self.page.panel.letters[self.session.classes.index(label)]
        assert self.viewer.chip.isVisible() == (label is not None)
        assert label is None or self.viewer.chip.accessibleName() == f"label {letter}"
        chosen = [box.objectName() for box in self.page.panel.classes.rows() if box.isChecked()]
        assert chosen == ([f"class_{label}"] if label is not None else [])

    def labels(self) -> dict[str, str | None]:
        """Unit → label, of the units that there are now."""
        view, live = self.session.fresh_view(), self.session.open_project.journal.fold.live
        return {self.unit(row): view.column("label")[row] for row in np.flatnonzero(live[: len(view)]).tolist()}


@pytest.fixture
def desk(opened: Opened, sorting: Sorting, qtbot: QtBot, tmp_path: Path) -> Sorter:
    """The window on a project into which the phy folder came by the import page."""
    Project.create(tmp_path / "desk", "units").close()
    desk = Sorter(opened(tmp_path / "desk", real=True), qtbot, tmp_path)
    desk.bring_in(sorting.folder)
    return desk


@pytest.mark.timeout(600)
def test_a_sorting_from_the_folder_to_the_folder(
    desk: Sorter, sorting: Sorting, opened: Opened, tmp_path: Path
) -> None:
    imported(desk, sorting)
    label_ten(desk, sorting)
    merge_and_take_back(desk)
    split(desk)
    position = desk.position
    first = desk.train("random_forest")
    trained(desk, first, "random_forest", position)
    accepted = accept(desk)
    correct_three(desk, accepted, sorting)
    second = desk.train("random_forest")
    assert second != first
    compared(desk, first, second)
    desk.press("Ctrl+1")
    desk.export("phy", tmp_path / "written")
    desk.export("si-curation", tmp_path / "curation.json")
    mine = desk.labels()
    closed(desk)
    elsewhere(desk, sorting, opened, mine)


def imported(desk: Sorter, sorting: Sorting) -> None:
    session = desk.session
    assert len(session.order) == UNITS
    found = {desk.unit(row): desk.label(row) for row in range(UNITS)}
    given = list(sorting.truth)[UNLABELLED:]
    assert found == {key: sorting.truth[key] if key in given else None for key in sorting.truth}
    assert f"{UNITS - UNLABELLED} of {UNITS}" in desk.labelled()
    desk.shot("1-imported")


def label_ten(desk: Sorter, sorting: Sorting) -> None:
    """Ten units by g, m and n; each goes on to the next one, and going back shows what was said."""
    session, before = desk.session, desk.position
    control("list.table").setFocus()
    rows = session.order[:BY_HAND].tolist()
    for row in rows:
        desk.sees(row, None)
        desk.press(KEYS[sorting.truth[desk.unit(row)]])
    assert desk.position == before + BY_HAND
    fold = session.open_project.journal.fold
    assert fold.human()[rows].all()
    assert [desk.label(row) for row in rows] == [sorting.truth[desk.unit(row)] for row in rows]
    assert f"{UNITS - UNLABELLED + BY_HAND} of {UNITS}" in desk.labelled()
    desk.press("Shift+Space")
    desk.sees(rows[-1], sorting.truth[desk.unit(rows[-1])])
    desk.shot("2-labelled")


def merge_and_take_back(desk: Sorter) -> None:
    """Two units as one, seen before it is done; then two again."""
    session = desk.session
    desk.press("Space", "Shift+Down")
    two, before = session.selected.tolist(), desk.position
    spikes = [int(session.view.column("num_spikes")[row]) for row in two]
    desk.press("Ctrl+M")
    assert desk.viewer.preview.isVisible()
    assert desk.position == before, "a preview writes nothing"
    desk.shot("3-merge-preview")
    desk.press("Ctrl+M")
    assert desk.position > before
    assert len(session.order) == UNITS - 1
    made = session.current
    assert session.order.tolist().index(made) == min(two), "where they stood"
    assert desk.viewer.shown is not None
    assert len(desk.viewer.shown.times) == sum(spikes)
    assert session.view.column("num_spikes")[made] == sum(spikes), "measured anew"
    assert "merged" in desk.viewer.header.subtitle.text()
    desk.shot("4-merged")
    click(desk.qtbot, "topbar.undo")
    desk.settle()
    assert session.order.tolist() == list(range(UNITS))
    assert session.selected.tolist() == two
    beside = [desk.unit(row) for row in two if row != session.current]
    assert [one.unit.key.rpartition("/")[2] for one in desk.viewer.others] == beside


def split(desk: Sorter) -> None:
    """The spikes of large amplitude as a unit of their own, by a line drawn around them."""
    session = desk.session
    desk.press("Down")
    row, before = session.current, desk.position
    viewer = desk.viewer
    assert viewer.shown is not None
    large = viewer.shown.amplitudes > np.median(viewer.shown.amplitudes)
    desk.press("L")
    field, axes = viewer.amplitude, viewer.amplitude.axes()
    low = round(axes.y(float(np.median(viewer.shown.amplitudes))))
    left, right, top = round(axes.area.left()) - 4, round(axes.area.right()) + 4, round(axes.area.top()) - 4
    around = [QPoint(left, low), QPoint(left, top), QPoint(right, top), QPoint(right, low), QPoint(left, low)]
    QTest.mousePress(field, Qt.MouseButton.LeftButton, pos=around[0])
    for point in around[1:]:
        QTest.mouseMove(field, point)
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, pos=around[-1])
    desk.settle()
    assert viewer.preview.isVisible()
    mask = viewer.preview.preview.mask  # type: ignore[union-attr]
    assert mask is not None
    assert (mask == large).mean() > 0.9, "those above the line"
    assert desk.position == before, "a preview writes nothing"
    desk.shot("5-split-preview")
    click(desk.qtbot, "unit_preview_yes")
    desk.settle()
    assert desk.position > before
    assert len(session.order) == UNITS + 1
    assert row not in session.order
    parts = sorted(session.order.tolist())[-2:]
    counts = [int(session.view.column("num_spikes")[part]) for part in parts]
    assert sorted(counts) == sorted([int(mask.sum()), int((~mask).sum())])
    assert session.current in parts
    desk.sees(session.current, desk.label(session.current))
    desk.press("L")
    assert not field.lasso.on
    desk.shot("6-split")


def accept(desk: Sorter) -> list[int]:
    """What the model is sure of among the unlabelled, as one act."""
    session = desk.session
    desk.press("Ctrl+1")
    desk.filter(f"unlabelled and confidence >= {SURE}")
    rows = session.order.tolist()
    view, live = session.fresh_view(), session.open_project.journal.fold.live
    wanted = [
        row
        for row, label in enumerate(view.column("label").tolist())
        if label is None and view.column("confidence")[row] >= SURE and live[row]
    ]
    assert sorted(rows) == wanted
    assert len(rows) >= 5
    said = {row: str(view.column("prediction")[row]) for row in rows}
    before = desk.position
    desk.press("Ctrl+A")
    assert len(session.selected) == len(rows)
    desk.press("A")
    assert desk.position == before + 1, "one act, one event"
    assert {row: desk.label(row) for row in rows} == said
    assert f"{len(rows)}" in desk.told()
    desk.shot("8-accepted")
    desk.press("Ctrl+Z")
    assert all(desk.label(row) is None for row in rows), "one step takes all back"
    desk.press("Ctrl+Shift+Z")
    assert {row: desk.label(row) for row in rows} == said
    return rows


def correct_three(desk: Sorter, accepted: list[int], sorting: Sorting) -> None:
    """Three of the accepted ones get another class, by a click on the unit and one on its class."""
    session = desk.session
    desk.press("/")
    QTest.keySequence(QApplication.focusWidget(), "Ctrl+A")
    desk.press("Backspace", "Return")
    assert len(session.order) == UNITS + 1
    table = control("list.table")
    wrong = [row for row in accepted if sorting.truth.get(desk.unit(row), desk.label(row)) != desk.label(row)]
    for row in [*wrong, *(row for row in accepted if row not in wrong)][:3]:
        session.go_to(row)
        desk.settle()
        press_at = table.rect_of(session.order.tolist().index(row)).center()  # type: ignore[attr-defined]
        desk.qtbot.mouseClick(
            table.viewport(),  # type: ignore[attr-defined]
            Qt.MouseButton.LeftButton,
            pos=press_at,
        )
        desk.settle()
        had, before = desk.label(row), desk.position
        desk.sees(row, had)
        true = sorting.truth.get(desk.unit(row), had)
        wanted = true if true != had else next(name for name in session.classes if name != had)
        click(desk.qtbot, f"class_{wanted}")
        desk.settle()
        assert desk.position == before + 1
        assert desk.label(row) == wanted
        desk.press("Shift+Space")
        desk.sees(row, wanted)
        moments = desk.page.panel.history.rows()
        assert any(desk.session.class_title(str(wanted)) in moment.title for moment in moments)
    desk.shot("9-corrected")


def elsewhere(desk: Sorter, sorting: Sorting, opened: Opened, mine: dict[str, str | None]) -> None:
    """What was written, brought into two other projects: as phy itself would read it, and as edits with labels."""
    place = desk.pictures
    again = place / "again" / sorting.folder.name
    shutil.copytree(sorting.folder, again)
    for file in (place / "written").iterdir():
        shutil.copy(file, again / file.name)
    Project.create(place / "by-phy", "units").close()
    other = Sorter(opened(place / "by-phy"), desk.qtbot, place)
    other.bring_in(again)
    other.shot("11-elsewhere")
    assert other.labels() == mine
    other.window.close()
    plain = place / "plain" / sorting.folder.name
    shutil.copytree(sorting.folder, plain)
    (plain / "cluster_group.tsv").unlink()
    Project.create(place / "by-curation", "units").close()
    third = Sorter(opened(place / "by-curation"), desk.qtbot, place)
    third.bring_in(plain)
    assert set(third.labels().values()) == {None}
    for order in ("edit", "label_file"):
        written = str(place / "curation.json")
        run(Job(order, {"project": str(place / "by-curation"), "path": written, "by": "ann"}, ""))
    # What another process wrote comes into the window by itself; the file has the labels of the parts of a split too.
    desk.qtbot.waitUntil(lambda: third.labels() == mine, timeout=120_000)
    assert len(third.session.order) == len(mine)
    third.shot("12-curation")
