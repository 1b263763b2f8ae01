"""The external page by real clicks and keys: another project chosen, remedies run as jobs, what is kept shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.pages.external import LAST, UNMEASURED, ExternalPage
from app.pages.external_data import best_of
from app.window import Window
from models.job import Progress
from models.orders.abroad import kept_name
from models.store.project import Project
from tests.app.desk import choose, click, press, settle
from tests.app.windows import Opened
from tests.cli.conftest import Winnow
from widgets.charts.group_rows import GroupRow, GroupRows
from widgets.charts.shift_rows import Shift, ShiftRows
from widgets.mosaic.board import ThumbBoard
from widgets.mosaic.marks import ThumbMark

QUICK = ("--set", "label_mode=binary", "--set", "rounds=5", "--set", "trees=10")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``here`` with a run, ``there`` of other words and another look."""
    folder, winnow = tmp_path_factory.mktemp("external"), Winnow()
    for name, mode, look in (("here", "boxes", "a"), ("there", "crops", "c")):
        data = folder / f"{name}-data"
        winnow.ok("fake", "smears", data, "--samples", 160, "--set", f"mode={mode}", "--set", f"look={look}")
        winnow.ok("new", folder / name, "--domain", "smears")
        winnow.ok("import", folder / name, data)
    winnow.ok("train", folder / "here", "--recipe", "colour_texture", *QUICK)
    return folder


@pytest.fixture
def places(made: Path, tmp_path: Path) -> tuple[Path, Path]:
    for name in ("here", "there"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path / "here", tmp_path / "there"


def shown(opened: Opened, project: Path, qtbot: QtBot) -> tuple[Window, ExternalPage]:
    window = opened(project)
    press(qtbot, window, "Ctrl+8")
    settle(qtbot, window)
    page = window.page("external")
    assert isinstance(page, ExternalPage)
    return window, page


def test_the_best_remedy_is_the_highest_of_those_that_help() -> None:
    entries = [
        {"name": "one", "state": "done", "helps": True, "balanced_accuracy": 0.8},
        {"name": "two", "state": "done", "helps": False, "balanced_accuracy": 0.95},
        {"name": "three", "state": "done", "helps": True, "balanced_accuracy": 0.85},
        {"name": "four", "state": "cannot", "why": "of no use"},
    ]
    assert best_of({"remedies": entries}) == entries[2]
    assert best_of({"remedies": entries[1:2]}) is None


def test_what_is_known_is_shown_while_the_rest_is_measured(
    opened: Opened, places: tuple[Path, Path], qtbot: QtBot
) -> None:
    window, page = shown(opened, places[0], qtbot)
    page.use_project(str(places[1]))
    click(qtbot, "external.run_one")
    settle(qtbot, window)
    record = page.session.open_project.runs.get("last")
    name = kept_name(str(places[1]))
    told = record.added(name)
    assert told is not None
    record.add(name, {**told, "shifts": {"traits": [], "together": None}, "remedies": []})
    page._progressed(Progress(text="What differs there"))
    assert page.shift_head.subtitle.text() == "not looked for yet"
    assert page.outside.figure.value() == f"{told['outside']['balanced_accuracy']:.3f}".removeprefix("0")
    record.add(name, told)
    page._progressed(Progress(0, 1, "Masked"))
    assert len(page.shifts.rows()) == 6


def test_panes_say_that_nothing_is_measured_yet(opened: Opened, places: tuple[Path, Path], qtbot: QtBot) -> None:
    _window, page = shown(opened, places[0], qtbot)
    panes = (page.shifts, page.curve, page.groups, page.parts)
    assert {pane.accessibleDescription() for pane in panes} == {UNMEASURED}


def test_without_a_run_the_page_leads_to_training(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    Project.create(tmp_path / "bare", "smears").close()
    window, page = shown(opened, tmp_path / "bare", qtbot)
    assert page.stack.currentWidget() is page.empty
    (button,) = [one for one in page.empty.findChildren(QPushButton) if one.isVisible()]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.page_name() == "train"


def test_another_project_is_chosen_and_a_remedy_measured(
    opened: Opened, places: tuple[Path, Path], qtbot: QtBot
) -> None:
    window, page = shown(opened, places[0], qtbot)
    assert not page.all.isEnabled()
    page.use_project(str(places[1]))
    assert page.session.open_project.setting(LAST) == str(places[1])
    click(qtbot, "external.run_one")
    settle(qtbot, window)
    assert [row["id"] for row in page.table.rows()][:2] == ["trained", "masked"]
    assert len(page.shifts.rows()) == 6
    page._pick("aligned")
    click(qtbot, "external.run_one")
    settle(qtbot, window)
    rows = {row["id"]: row for row in page.table.rows()}
    kept = page.session.open_project.runs.get("last").added(kept_name(str(places[1])))
    assert kept is not None
    (entry,) = kept["remedies"]
    assert rows["aligned:0"]["score"][0] == entry["balanced_accuracy"]
    assert "not run" in rows["refit"]["needs"]
    assert page.outside.figure.value() == f"{kept['outside']['balanced_accuracy']:.3f}".removeprefix("0")
    settle(qtbot, window)
    assert len(page.inside.board.marks()) == len(kept["inside"]["examples"])
    assert page.groups.rows()
    parts = {row["id"]: row for row in page.parts.rows()}
    assert "[" in parts["class:Parasitized"]["found"]
    patients = [row for row in parts.values() if row.get("share")]
    assert {row["name"].split()[-1] for row in patients} == set(kept["test"]["groups"])
    assert all("[" in row["share"] for row in patients)
    heads = [page.parts.model().headerData(at, Qt.Orientation.Horizontal) for at in range(5)]
    assert heads[3] == "Parasitaemia"
    page._pick("trained")
    assert not page.applied.isEnabled()
    page._pick("aligned:0")
    click(qtbot, "external.apply")
    settle(qtbot, window)
    with Project.open(places[1]) as other:
        (run,) = other.runs.list()
        assert run.record["remedy"]["name"] == "aligned"
        assert run.record["remedy"]["from"]["run"] == "run-1"
    assert [note.title for note in window.notices.notes()][-1:] == ["there has run-1"]
    click(qtbot, "external.what")
    choose("external.run", page.run_choice.value())
    assert page.told is not None


def test_what_was_kept_is_shown_when_the_page_opens_again(
    opened: Opened, places: tuple[Path, Path], qtbot: QtBot
) -> None:
    given = ("--on", places[1], "--remedy", "threshold", "--remedy", "colours", "--labels", "10,20", "--draws", 2)
    Winnow().ok("external", places[0], *given)
    _window, page = shown(opened, places[0], qtbot)
    page.use_project(str(places[1]))
    rows = {row["id"]: row for row in page.table.rows()}
    assert rows["threshold:10"]["needs"] == "10 labels"
    assert rows["colours:0"]["needs"] == "cannot"
    page._pick("colours:0")
    assert "not from pictures" in page.note.text()
    (line,) = page.curve.series()
    assert list(line.x) == [0, 1, 2]
    assert page.table.lines[0] == 0.5


def test_a_page_that_the_domain_lacks_has_neither_tab_nor_key(opened: Opened, generated: Path, qtbot: QtBot) -> None:
    window = opened(generated)
    assert "external" not in [entry.name for entry in window.tabs()]
    press(qtbot, window, "Ctrl+4")
    press(qtbot, window, "Ctrl+8")
    assert window.page_name() == "results"
    command = window.commands.get("page.external")
    assert command is not None
    assert not command.enabled()
    window.show_page("external")
    assert window.page_name() == "curate"


def test_a_board_shows_whole_rows_of_thumbnails(qtbot: QtBot) -> None:
    board = ThumbBoard()
    qtbot.addWidget(board)
    board.resize(340, 260)
    board.set_cells([None] * 25, [ThumbMark(0, 1, 0.9)] * 25, ["U", "I"])
    places = board.places()
    assert len({box.top() for box in places}) * len({box.left() for box in places}) == len(places)
    assert all(board.rect().contains(box) for box in places)
    board.grab()


def test_groups_and_shifts_are_drawn_and_told(qtbot: QtBot) -> None:
    groups, shifts = GroupRows(), ShiftRows()
    for widget in (groups, shifts):
        qtbot.addWidget(widget)
        widget.resize(500, 160)
    rows = [GroupRow(f"p{at}", 9, 0.5, 0.5 + at / 20, 0.4, 0.9) for at in range(20)]
    groups.set_rows(rows, "20 groups")
    bare = groups.grab().toImage()
    groups.set_rows(rows, "20 groups", "○ before, ● as trained")
    assert groups.grab().toImage() != bare, "what the points are stands in a line of its own"
    assert groups.accessibleDescription().endswith("; ○ before, ● as trained")
    shifts.set_rows([Shift("Hue", "degrees", [0.2, 0.8], [0.7, 0.3], 0.81), Shift("Size", "px", [], [], None)])
    assert "p3 .65" in groups.accessibleDescription()
    assert "Hue .81" in shifts.accessibleDescription()
    assert not groups.grab().isNull()
    assert not shifts.grab().isNull()


def test_a_label_that_stands_for_the_class_of_a_run_is_told_as_what_it_says(
    opened: Opened, places: tuple[Path, Path], qtbot: QtBot
) -> None:
    """The run knows infected and uninfected, the labels stages: a ring that it calls infected is called a ring."""
    session = opened(places[0]).session
    found = session.predicted_places()
    assert session.predicted_places() is found, "made once for the same labels and the same run"
    said = session.view.column("prediction")
    ring, infected = (session.classes.index(name) for name in ("ring", "infected"))
    rings = np.flatnonzero((session.places() == ring) & (said == "infected"))
    assert (found[rings] == ring).all()
    row = int(rings[0])
    session.choose(row, np.array([row]))
    session.label("red blood cell")
    after = session.predicted_places()
    assert after[row] == infected
    assert (after[rings[1:]] == ring).all()


def test_rows_that_are_not_measured_yet_say_so(qtbot: QtBot) -> None:
    for rows in (ShiftRows(), GroupRows()):
        qtbot.addWidget(rows)
        rows.resize(300, 200)
        rows.set_rows([], "")
        bare = rows.grab().toImage()
        rows.set_rows([], "Nothing measured yet")
        assert rows.accessibleDescription() == "Nothing measured yet"
        assert rows.grab().toImage() != bare
