"""Who votes blind reads nothing of others anywhere in the window: lists, panel, head, history, annotations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.pages.curate import CuratePage
from app.pages.pair import Pair
from app.window import Window
from models.event import REGION, Entry
from models.job import Job
from models.region import Region, write_region
from models.store.project import Project
from tests.app.desk import press, settle
from tests.app.windows import Opened
from tests.eeg.recorded import compose, waves
from widgets.history import History
from workers.inline import run

SECRET = "Xyzzy"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A recording of which another said all that one can say, in words that stand nowhere else."""
    (tmp_path / "d").mkdir()
    compose(tmp_path / "d" / "night.edf", waves(120), records=120)
    Project.create(tmp_path / "p", "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "d")]}, ""))
    with Project.open(tmp_path / "p") as project:
        project.add_class(SECRET)
        keys = project.samples.table.column("key").to_pylist()
        windows = [row for row, key in enumerate(keys) if key]
        project.journal.label(np.array(windows), SECRET, f"{SECRET} the rater")
        for row in windows:
            project.journal.note(row, f"{SECRET} note", f"{SECRET} the rater")
        text = write_region(Region("r", 20, 40, f"{SECRET} annotation"))
        project.journal.act([Entry(keys.index(""), REGION, "r", text)], "another", f"{SECRET} on an annotation")
    return tmp_path / "p"


def said(window: Window) -> str:
    """All words in the window, but for the class's own name in the bar and in the menus of classes."""
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    bar = page.panel.classes
    found: list[str] = []
    for widget in window.findChildren(QWidget):
        if widget is bar or bar.isAncestorOf(widget) or widget.objectName() in ("filter", "label.history"):
            continue
        found += [widget.toolTip(), widget.accessibleDescription(), widget.accessibleName()]
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
            found.append(widget.text())
        elif isinstance(widget, QPlainTextEdit):
            found.append(widget.toPlainText())
    history = window.findChild(History, "label.history")
    assert history is not None
    found += [f"{moment.title} {moment.text} {moment.kind}" for moment in history.rows()]
    columns, rows = page.list.columns, window.session.order
    for head in columns.names():
        if head.kind not in ("chips", "sparkline"):
            found += columns.text(rows, head.name)
    chips = columns.chip(rows)
    found += [SECRET for chip in chips if max(chip.label, chip.model) >= 0]
    pair = page.viewers.pair
    assert isinstance(pair, Pair)
    found += [region.text for region in pair.recording.page.annotating.table.regions]
    found += [str(region) for region in pair.regions.list.model.table.regions]
    found += [SECRET for _spans in pair.spectrogram.span_row.spans]
    found += [SECRET for _mark in pair.recording.page.strip.marks]
    return "\n".join(found)


def test_nothing_of_others_is_read_before_the_own_vote(opened: Opened, told: Path, qtbot: QtBot) -> None:
    window = opened(told)
    settle(qtbot, window)
    window.session.settings.set("advance", False)
    press(qtbot, window, "Shift+R")
    settle(qtbot, window)
    assert SECRET in said(window)
    press(qtbot, window, "B")
    settle(qtbot, window)
    assert SECRET not in said(window)
    window.session.filter(f'note == "{SECRET} note"')
    assert len(window.session.order) == 0
    window.session.filter("")
    settle(qtbot, window)
    press(qtbot, window, "1")
    settle(qtbot, window)
    assert f"{SECRET} note" in said(window)
    assert f"{SECRET} annotation" in said(window)
    press(qtbot, window, "Ctrl+Z")
    settle(qtbot, window)
    # What can be done again is the own vote.
    assert f"{SECRET} note" not in said(window)
    assert f"{SECRET} annotation" not in said(window)


def test_neighbours_whose_labels_are_hidden_are_not_told_to_disagree(opened: Opened, told: Path, qtbot: QtBot) -> None:
    window = opened(told)
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    own = int(window.session.places()[window.session.current])
    assert page.alike._agreement(np.array([own, own, own + 1])) == "2 of 3 agree"
    assert page.alike._agreement(np.array([own, -1, -1])) == "1 of 1 agree, labels of 2 hidden"
    assert page.alike._agreement(np.array([-1, -1])) == "labels of 2 hidden"


def test_the_model_explains_nothing_before_the_own_vote(
    opened: Opened, told: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(told)
    settle(qtbot, window)
    page, asked = window.page("curate"), list[object]()
    assert isinstance(page, CuratePage)
    for wanted in (0, 1):
        press(qtbot, window, "B")  # blind, then revealed again
        settle(qtbot, window)
        with monkeypatch.context() as stand_in:
            stand_in.setattr(window.session, "record", lambda _run="": object())
            stand_in.setattr(window.session.jobs, "start", lambda *given: asked.append(given))
            page.reviewing.explain()
        assert len(asked) == wanted
