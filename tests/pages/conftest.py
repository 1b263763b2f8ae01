"""A project of generated traces with two runs, made once and copied for each test."""

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
from models.job import Job
from tests.app.desk import copied, make_session, make_traces, open_window
from widgets import theme
from workers.host import Host
from workers.inline import run

Opened = Callable[..., Window]


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and logs of this test alone."""
    monkeypatch.setenv("WINNOW_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("WINNOW_STATE", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def labelled_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traces(tmp_path_factory.mktemp("pages"), unlabelled=0)


@pytest.fixture(scope="session")
def trained_made(labelled_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """run-1: a forest, marked as best; run-2: a single tree."""
    path = copied(labelled_made, tmp_path_factory.mktemp("trained"))
    for trees, leaf in ((20, 2), (1, 1000)):
        values = {"trees": trees, "leaf": leaf}
        arguments = {"project": str(path), "recipe": "forest", "values": values, "device": "cpu"}
        run(Job("train", arguments, ""))
    return path


@pytest.fixture
def labelled(labelled_made: Path, tmp_path: Path) -> Path:
    """300 labelled cells in 12 simulations, no run."""
    return copied(labelled_made, tmp_path)


@pytest.fixture
def trained(trained_made: Path, tmp_path: Path) -> Path:
    """The same with two runs."""
    return copied(trained_made, tmp_path)


@pytest.fixture
def opened(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Opened]:
    """Opens windows; each is closed at the end. real: with a worker's child process."""
    theme.apply(qapp, "light")
    windows: list[Window] = []

    def make(project: Path, size: tuple[int, int] = (1600, 1000), real: bool = False) -> Window:
        session = Session(Settings(tmp_path / "settings.json"), Jobs(Host("cpu"))) if real else make_session(tmp_path)
        session.settings.set("curator", "ann")
        windows.append(open_window(qtbot, session, project, size))
        return windows[-1]

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    theme.set_motion(True)
