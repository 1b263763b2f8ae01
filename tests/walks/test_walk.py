"""The main job by real key and mouse events on the real window, with the worker's own process."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.window import Window
from models.store.project import Project
from tests.app.desk import choose, click, control, labels_of, press, settle, type_in
from tests.app.windows import Opened
from tests.walks.sight import pixels, shot
from widgets import theme

ROOT = Path(__file__).parents[2]


def winnow(*arguments: object) -> Any:
    """A verb in a process of its own; its JSON."""
    command = [sys.executable, "-m", "app.cli", *map(str, arguments), "--json"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def train(qtbot: QtBot, window: Window) -> str:
    """Press Ctrl+Enter and wait for the run."""
    before = window.session.run
    press(qtbot, window, "Ctrl+Return", wait=False)
    qtbot.waitUntil(lambda: window.session.run != before and window.is_idle(), timeout=240_000)
    settle(qtbot, window)
    return window.session.run


def rows_at(table: QWidget, row: int) -> QPoint:
    """The middle of a row of the runs' table."""
    found = table.row_rect(row).center()  # type: ignore[attr-defined]
    return QPoint(int(found.x()), int(found.y()))


@pytest.mark.timeout(600)
def test_the_whole_loop(opened: Opened, project: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = opened(project, real=True)
    session = window.session
    given = labels_of(session)
    ids = [session.sample_id(int(row)) for row in session.order]
    shot(window, tmp_path / "1-curate.png")

    # Twenty labels by keys; each goes on to the next sample.
    for place in range(20):
        assert session.current == session.order[place]
        press(qtbot, window, str(place % 4))
    after = labels_of(session)
    assert [after[name] for name in ids[:20]] == [str(place % 4) for place in range(20)]
    assert session.current == session.order[20]
    fold = session.open_project.journal.fold
    assert fold.human()[session.order[:20]].all()

    # Five of them taken back, by the key and by the button.
    press(qtbot, window, "Ctrl+Z", "Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
    click(qtbot, "topbar.undo")
    after = labels_of(session)
    assert [after[name] for name in ids[15:20]] == [given[name] for name in ids[15:20]]
    assert [after[name] for name in ids[:15]] == [str(place % 4) for place in range(15)]
    shot(window, tmp_path / "2-labelled.png")

    # Train from its page.
    press(qtbot, window, "Ctrl+3")
    assert window.page_name() == "train"
    choose("train.recipe", "forest")
    settle(qtbot, window)
    shot(window, tmp_path / "3-train.png")
    position = session.open_project.journal.position
    first = train(qtbot, window)
    shot(window, tmp_path / "4-trained.png")
    record = session.record(first)
    assert record is not None
    assert record.recipe == "forest"
    assert record.record["snapshot"]["position"] == position

    # The queue of label issues; three of them get another label.
    press(qtbot, window, "Ctrl+1")
    window.unattended = True  # on a busy machine it would ask before its trainings
    press(qtbot, window, "Ctrl+L", wait=False)
    qtbot.waitUntil(lambda: session.listing.queue == "Label issues", timeout=240_000)
    settle(qtbot, window)
    assert 3 <= len(session.order) < len(ids)
    assert all(session.listing.reason(int(row)) for row in session.order[:3])
    shot(window, tmp_path / "5-queue.png")
    relabelled = []
    for place in range(3):
        row = int(session.order[place])
        assert session.current == row, "the queue keeps its place"
        session.fresh_view()
        wanted = str(session.view.column("prediction")[row])
        press(qtbot, window, wanted)
        relabelled.append((session.sample_id(row), wanted))
    after = labels_of(session)
    assert [after[name] for name, _ in relabelled] == [wanted for _, wanted in relabelled]

    # Train again, compare.
    press(qtbot, window, "Ctrl+3")
    second = train(qtbot, window)
    assert second != first
    press(qtbot, window, "Ctrl+4")
    table = control("results.runs")
    shot(window, tmp_path / "6-results.png")
    view = table.viewport()  # type: ignore[attr-defined]
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=rows_at(table, first))  # type: ignore[arg-type]
    settle(qtbot, window)
    qtbot.mouseClick(
        view,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ControlModifier,
        rows_at(table, second),  # type: ignore[arg-type]
    )
    settle(qtbot, window)
    told = control("results.verdict")
    assert isinstance(told, QLabel)
    assert first in told.text()
    assert second in told.text()
    shown = control("results.difference")
    assert isinstance(shown, QLabel)
    assert "[" in shown.text()
    shot(window, tmp_path / "7-compared.png")

    # Export by the dialog.
    press(qtbot, window, "Ctrl+1")
    press(qtbot, window, "Ctrl+E", wait=False)
    field = control("export.path")
    qtbot.waitUntil(field.isVisible)
    field.setFocus()
    QTest.keySequence(field, "Ctrl+A")
    QTest.keyClicks(field, str(tmp_path / "labels.csv"))
    click(qtbot, "export.ok")
    qtbot.waitUntil((tmp_path / "labels.csv").exists, timeout=120_000)
    settle(qtbot, window)
    mine = labels_of(session)
    lines = (tmp_path / "labels.csv").read_text("utf-8").splitlines()
    by_window = {row["sample"]: row["label"] for row in csv.DictReader(lines)}
    assert by_window == {name: label or "" for name, label in mine.items()}

    # The same project on the command line.
    winnow("export", project, "--format", "csv", "--run", session.run, "--out", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text("utf-8") == (tmp_path / "labels.csv").read_text("utf-8")
    events = winnow("history", project, "--limit", "1000")["events"]
    kinds = {"label"}
    ours = [e for e in events if e["by"] == "ann" and {change["kind"] for change in e["changes"]} <= kinds]
    assert len(ours) == 20 + 5 + 3, [event["title"] for event in ours]
    assert sum(event["undoes"] is not None for event in ours) == 5
    for name, wanted in relabelled:
        assert winnow("history", project, name)["events"][0]["by"] == "ann"
        assert mine[name] == wanted
    window.close()
    with Project.open(project) as reopened:
        fold = reopened.journal.fold
        assert dict(zip(reopened.samples.ids(), fold.labels().tolist(), strict=True)) == mine


def test_bulk_label_by_keys_with_one_undo(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    before = labels_of(window.session)
    press(qtbot, window, "Down", *["Shift+Down"] * 9)
    rows = window.session.selected
    assert len(rows) == 10
    press(qtbot, window, "3")
    assert {labels_of(window.session)[window.session.sample_id(int(row))] for row in rows} == {"3"}
    assert "Labelled 10 as 3 hops" in control("notice").accessibleName()
    press(qtbot, window, "Ctrl+A", "1")
    assert set(labels_of(window.session).values()) == {"1"}
    press(qtbot, window, "Ctrl+Z", "Ctrl+Z")
    assert labels_of(window.session) == before


def test_the_notice_takes_a_bulk_label_back(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    before = labels_of(window.session)
    press(qtbot, window, "Shift+Down", "Shift+Down", "0")
    notice = control("notice")
    link = next(item for item in notice.findChildren(QWidget) if getattr(item, "text", str)() == "Undo")
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert labels_of(window.session) == before


def test_rows_are_picked_by_mouse(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    table = control("list.table")
    view = table.viewport()  # type: ignore[attr-defined]

    def at(place: int) -> QPoint:
        return table.rect_of(place).center()  # type: ignore[attr-defined,no-any-return]

    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at(4))
    assert window.session.current == 4
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, at(7))
    assert window.session.selected.tolist() == [4, 5, 6, 7]
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, at(5))
    assert window.session.selected.tolist() == [4, 6, 7]
    settle(qtbot, window)
    row = control("class_2")
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    found = window.session.fresh_view().column("label")
    assert set(found[[4, 6, 7]]) == {"2"}


def test_typing_a_filter_with_an_error_underlined(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    press(qtbot, window, "/")
    type_in('noise > 0.03 and lable == "2"', window)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    field = control("filter_field")
    assert "lable" in field.accessibleDescription()
    formats = field.document().firstBlock().layout().formats()  # type: ignore[attr-defined]
    wavy = [one for one in formats if one.format.fontUnderline() or one.format.underlineStyle().value]
    assert any(one.start == 17 for one in wavy), "the underline begins at the wrong name"
    assert control("filter_error").isVisible()
    assert len(window.session.order) == 300, "the list stays"
    QTest.keySequence(field, "Ctrl+A")
    type_in('noise > 0.03 and label == "2"', window)
    press(qtbot, window, "Return")
    assert 0 < len(window.session.order) < 300
    assert field.accessibleDescription() == ""
    assert QApplication.focusWidget() is control("list.table")
    assert window.session.listing.where == 'noise > 0.03 and label == "2"'
    press(qtbot, window, "3")
    assert labels_of(window.session)[window.session.sample_id(int(window.session.order[0]))] == "3"


def test_the_palette_finds_and_runs(opened: Opened, project: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = opened(project)
    press(qtbot, window, "Down", "Ctrl+K")
    type_in("bookm", window)
    qtbot.wait(150)
    shot(window, tmp_path / "palette.png")
    press(qtbot, window, "Return")
    assert window.session.open_project.journal.fold.flagged("bookmark")[window.session.current]
    assert not window.palette_box.isVisible()
    press(qtbot, window, "Ctrl+K")
    type_in("#unlab", window)
    qtbot.wait(150)
    press(qtbot, window, "Return")
    assert (window.session.listing.where, len(window.session.order)) == ("unlabelled", 40)
    press(qtbot, window, "2")
    assert window.session.reviewed == 1, "the keys of the list act again"


def test_a_lasso_on_the_map_labels_in_bulk(opened: Opened, project: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = opened(project)
    before = labels_of(window.session)
    press(qtbot, window, "Ctrl+2")
    press(qtbot, window, "L")
    field = control("map_field")
    shot(window, tmp_path / "map.png")
    middle, radius = field.rect().center(), min(field.width(), field.height()) // 3
    around = [
        middle + QPoint(int(radius * np.cos(turn)), int(radius * np.sin(turn))) for turn in np.linspace(0, 6.2, 40)
    ]
    QTest.mousePress(field, Qt.MouseButton.LeftButton, pos=around[0])
    for point in around[1:]:
        QTest.mouseMove(field, point)
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, pos=around[-1])
    settle(qtbot, window)
    rows = window.session.selected
    assert 5 < len(rows) < 300
    shot(window, tmp_path / "lasso.png")
    press(qtbot, window, "1")
    found = labels_of(window.session)
    assert {found[window.session.sample_id(int(row))] for row in rows} == {"1"}
    press(qtbot, window, "Ctrl+Z")
    assert labels_of(window.session) == before


def test_a_dry_run_by_clicks_and_the_import(opened: Opened, tmp_path: Path, project: Path, qtbot: QtBot) -> None:
    with Project.open(project) as old:
        data = Path(old.sources()[0].path).parent
    (tmp_path / "more").mkdir()
    for file in sorted(data.glob("*.h5")):
        (tmp_path / "more" / file.name).symlink_to(file)
    (tmp_path / "more" / "broken.h5").write_text("this is no HDF5", "utf-8")
    Project.create(tmp_path / "fresh", "traces").close()
    window = opened(tmp_path / "fresh")
    assert window.page_name() == "import"
    click(qtbot, "import.source")
    type_in(str(tmp_path / "more"), window)
    click(qtbot, "import.read")
    settle(qtbot, window)
    figures = {name: control(f"import.figure.{name}") for name in ("added", "skipped")}
    assert all(figure.isVisible() for figure in figures.values())
    go = control("import.go")
    assert go.text() == "Import 300 cells"  # type: ignore[attr-defined]
    table = control("import.findings")
    told = [table.item(row, 1).text() for row in range(table.rowCount())]  # type: ignore[attr-defined]
    assert "broken.h5" in told
    assert len(window.session.open_project.samples) == 0, "nothing is written by a dry run"
    shot(window, tmp_path / "dry-run.png")
    click(qtbot, "import.go")
    settle(qtbot, window)
    assert window.page_name() == "curate"
    assert len(window.session.order) == 300
    press(qtbot, window, "2")
    assert window.session.reviewed == 1


def test_the_dark_theme_is_dark_everywhere(opened: Opened, project: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = opened(project)
    light = shot(window, tmp_path / "light.png")
    press(qtbot, window, "Ctrl+K")
    type_in("dark theme", window)
    qtbot.wait(150)
    press(qtbot, window, "Return")
    assert theme.is_dark()
    for page in ("curate", "map", "train", "results", "data", "settings", "keys", "import"):
        window.show_page(page)
        settle(qtbot, window)
        dark = shot(window, tmp_path / f"dark-{page}.png")
        bright = (dark.mean(axis=2) > 200).mean()
        assert bright < 0.04, f"{page} has {bright:.0%} of bright pixels in the dark theme"
    assert (light.mean(axis=2) > 200).mean() > 0.7
    press(qtbot, window, "Ctrl+1")
    window.run_command("view.light")
    again = shot(window, tmp_path / "again.png")
    assert (again.mean(axis=2) > 200).mean() > 0.7


def test_a_new_project_by_the_dialog(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    window = opened()
    shot(window, tmp_path / "start.png")
    click(qtbot, "start.new")
    qtbot.waitUntil(lambda: QApplication.focusWidget() is control("new.name"))
    type_in("mine", window)
    folder = control("new.folder")
    folder.setFocus()
    QTest.keySequence(folder, "Ctrl+A")
    QTest.keyClicks(folder, str(tmp_path))
    control("new.classes").setFocus()
    QTest.keyClicks(control("new.classes"), "a, b")
    click(qtbot, "new.ok")
    settle(qtbot, window)
    assert (tmp_path / "mine").is_dir()
    assert window.session.classes == ("a", "b")
    assert window.page_name() == "import"
    window.run_command("project.new")
    QTest.keyClicks(control("new.name"), "mine")
    folder = control("new.folder")
    folder.setFocus()
    QTest.keySequence(folder, "Ctrl+A")
    QTest.keyClicks(folder, str(tmp_path))
    click(qtbot, "new.ok")
    trouble = control("new.trouble")
    assert "mine" in trouble.text()  # type: ignore[attr-defined]
    click(qtbot, "new.cancel")


def test_the_picture_follows_the_sample(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    viewer = control("trace_viewer")
    one = pixels(viewer.grab().toImage())
    press(qtbot, window, "Down")
    other = pixels(viewer.grab().toImage())
    assert (one != other).any(axis=2).mean() > 0.005
    assert viewer.traces is not None  # type: ignore[attr-defined]


def test_the_place_and_the_undo_outlive_the_window(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project)
    before = labels_of(window.session)
    press(qtbot, window, "Down", "Down", "0")
    row = window.session.current
    window.close()
    again = opened(project)
    assert again.session.current == row
    assert control("topbar.undo").isEnabled()
    press(qtbot, again, "Ctrl+Z")
    assert labels_of(again.session) == before


def test_a_selection_is_shown_on_a_map_that_is_still_to_be_made(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project, real=True)
    press(qtbot, window, "Ctrl+A", "Ctrl+2", wait=False)
    settle(qtbot, window)
    assert len(window.session.selected) == 300
    field = control("map_field")
    assert len(field.selection) == 300  # type: ignore[attr-defined]
    window.session.samples_changed()
    settle(qtbot, window)
    assert len(field.selection) == 300  # type: ignore[attr-defined]
