"""Projects and windows for the tests of the application."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from app.pages import PAGES
from app.session import Session
from app.settings import Settings
from app.tour import press as press_key
from app.tour import write
from app.window import Window
from models.domain import Found
from models.domains import domain
from models.job import Job
from models.store.project import Project
from tests.projects import project_from
from widgets import theme
from workers.inline import Inline, run

CLASSES = ("0", "1", "2", "3")


def make_columns(folder: Path, count: int = 30, labelled: int = 0, name: str = "p") -> Path:
    """A project of `count` samples without traces, the first `labelled` labelled by the file."""
    data = folder / "data" / f"{name}.h5"
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(f"no traces in {name}", "utf-8")
    rng = np.random.default_rng(count)
    labels = [CLASSES[place % 4] if place < labelled else None for place in range(count)]
    columns: dict[str, Sequence[Any]] = {
        "noise": [0.01 * (1 + place % 5) for place in range(count)],
        "cMax": rng.normal(size=count).tolist(),
        "cVariance": [None if place % 7 == 3 else float(value) for place, value in enumerate(rng.random(count))],
        "sample_key": [f"cell {place}" for place in range(count)],
    }
    keys = [str(place) for place in range(count)]
    groups = [f"sim {place // 25}" for place in range(count)]
    with Project.create(folder / name, "traces", CLASSES) as made:
        made.add(Found(data, data.name, keys, groups, labels, columns=columns))
    return folder / name


def make_traces(folder: Path, samples: int = 6, length: int = 150, unlabelled: int = 40) -> Path:
    """A project of generated traces (two noise levels); a few labels are taken away again."""
    values = {"noise": "0.02,0.04", "length": str(length), "ceiling": "1"}
    run(Job("fake", {"domain_name": "traces", "out": str(folder / "data"), "samples": samples, "values": values}, ""))
    path = folder / "walk"
    project_from(path, "traces", folder / "data")
    with Project.open(path) as made:
        rows = np.random.default_rng(3).permutation(len(made.samples))[:unlabelled]
        made.journal.label(rows, "", "file:demo", "Labels taken away")
    return path


def copied(project: Path, folder: Path) -> Path:
    """A copy of a project to write into; its sources stay where they are."""
    return Path(shutil.copytree(project, folder / project.name))


def make_session(folder: Path) -> Session:
    """A session whose jobs run at once in this process."""
    return Session(Settings(folder / "settings.json"), Jobs(Inline()))  # type: ignore[arg-type]


def open_window(qtbot: QtBot, session: Session, project: Path | None, size: tuple[int, int] = (1600, 1000)) -> Window:
    """A window on the screen that has the keyboard, idle."""
    window = Window(session)
    window.resize(*size)
    with qtbot.waitExposed(window):
        window.show()
    take_keyboard(qtbot, window)
    session.settings.set("motion", False)
    theme.set_motion(False)
    window.begin(project)
    settle(qtbot, window)
    return window


def take_keyboard(qtbot: QtBot, window: QWidget) -> None:
    """Make the window the active one, so that shortcuts act."""
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=30_000)


def settle(qtbot: QtBot, window: Window, seconds: float = 600) -> None:
    """Wait until nothing runs and the page waits for nothing, twice in a row; long, for much else may run."""
    quiet = [0]

    def idle() -> bool:
        quiet[0] = quiet[0] + 1 if window.is_idle() else 0
        return quiet[0] > 3

    qtbot.waitUntil(idle, timeout=int(seconds * 1000))


def press(qtbot: QtBot, window: Window, *keys: str, wait: bool = True) -> None:
    """Real key events to the control that has the focus, such as ``"2"`` or ``"Ctrl+Shift+Z"``."""
    for key in keys:
        press_key(window, key)
        if wait:
            settle(qtbot, window)


def type_in(text: str, window: Window) -> None:
    """Type letters into the control that has the focus."""
    write(window, text)


def control(name: str) -> QWidget:
    """The visible control of an object name in any window."""
    for top in QApplication.topLevelWidgets():
        for widget in [top, *top.findChildren(QWidget)]:
            if widget.objectName() == name and widget.isVisible():
                return widget
    raise AssertionError(f"no visible control {name}")


def click(qtbot: QtBot, name: str) -> QWidget:
    """A real click in the middle of a control."""
    widget = control(name)
    assert widget.isEnabled(), f"{name} is disabled"
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)
    return widget


def choose(name: str, value: object) -> None:
    """Choose an entry of a combo by its arrow keys, as a person would."""
    combo = control(name)
    assert isinstance(combo, QComboBox)
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(combo.count()):
        if combo.currentData() == value:
            return
        QTest.keyClick(combo, Qt.Key.Key_Down)
    raise AssertionError(f"{name} offers no {value}")


def labels_of(session: Session) -> dict[str, str | None]:
    """Sample → present label, of this moment."""
    view = session.fresh_view()
    return dict(zip(view.column("id").tolist(), view.column("label").tolist(), strict=True))


def heard(session: Session) -> list[Any]:
    """A list that grows with each change."""
    found: list[Any] = []
    session.changed.connect(found.append)
    return found


def noticed(session: Session) -> list[str]:
    """A list that grows with the words of each notice."""
    found: list[str] = []
    session.noticed.connect(lambda note: found.append(note.text))
    return found


def page_names(kind: str = "traces") -> list[str]:
    """Every page that can be shown in a project of this domain."""
    known = [entry for entry in PAGES if find_spec(entry.place.partition(":")[0]) is not None]
    return [entry.name for entry in known if entry.fits(domain(kind))]
