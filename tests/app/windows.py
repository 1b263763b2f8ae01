"""A pytest plugin for all tests of the window: a project to copy, and windows that are closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from app.session import Session
from app.settings import Settings
from app.window import Window
from tests.app.desk import copied, make_session, make_traces, open_window
from widgets import theme
from workers.host import Host

Opened = Callable[..., Window]


@pytest.fixture(scope="session")
def traces_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traces(tmp_path_factory.mktemp("traces"))


@pytest.fixture
def generated(traces_made: Path, tmp_path: Path) -> Path:
    """300 generated traces in 12 simulations, 40 of them unlabelled."""
    return copied(traces_made, tmp_path)


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The application in the light theme, for tests where the colours do not matter."""
    theme.apply(qapp, "light")
    theme.set_motion(False)
    yield qapp
    theme.set_motion(True)


@pytest.fixture
def opened(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Opened]:
    """Opens windows; each is closed at the end. real: with a worker's child process."""
    theme.apply(qapp, "light")
    theme.set_motion(False)
    windows: list[Window] = []

    def make(project: Path | None = None, size: tuple[int, int] = (1600, 1000), real: bool = False) -> Window:
        session = Session(Settings(tmp_path / "settings.json"), Jobs(Host("cpu"))) if real else make_session(tmp_path)
        session.settings.set("curator", "ann")
        windows.append(open_window(qtbot, session, project, size))
        return windows[-1]

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    if theme.is_dark():
        theme.apply(qapp, "light")
    theme.set_motion(True)
