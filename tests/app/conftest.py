"""A session on a small project, the theme, and a check that nothing stays behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.session import Session
from app.window import Window
from tests.app.desk import copied, make_columns, make_session, make_traces, open_window
from widgets import theme

Opened = Callable[..., Window]


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and logs of this test alone."""
    monkeypatch.setenv("WINNOW_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("WINNOW_STATE", str(tmp_path / "state"))


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fails a test that leaves a thread of ours."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in set(threading.enumerate()) - before if "Dummy" not in thread.name]
    for thread in left:
        thread.join(5)
    assert not [thread for thread in left if thread.is_alive()]


@pytest.fixture(scope="session")
def columns_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_columns(tmp_path_factory.mktemp("columns"), 30, 8)


@pytest.fixture(scope="session")
def traces_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traces(tmp_path_factory.mktemp("traces"))


@pytest.fixture
def columns(columns_made: Path, tmp_path: Path) -> Path:
    """A project of 30 samples, the first eight labelled; no traces."""
    return copied(columns_made, tmp_path)


@pytest.fixture
def traces(traces_made: Path, tmp_path: Path) -> Path:
    """A project of 300 generated traces, 40 of them unlabelled."""
    return copied(traces_made, tmp_path)


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication, columns: Path) -> Iterator[Session]:
    """A session on the small project."""
    made = make_session(tmp_path)
    made.settings.set("curator", "ann")
    made.open(columns)
    yield made
    made.close()
    made.jobs.close()


@pytest.fixture
def dressed(qapp: QApplication) -> QApplication:
    theme.apply(qapp, "light")
    theme.set_motion(False)
    return qapp


@pytest.fixture
def opened(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> Iterator[Opened]:
    """Opens windows; each is closed at the end of the test."""
    windows: list[Window] = []

    def make(project: Path | None = None, size: tuple[int, int] = (1600, 1000)) -> Window:
        session = make_session(tmp_path)
        session.settings.set("curator", "ann")
        windows.append(open_window(qtbot, session, project, size))
        return windows[-1]

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    theme.set_motion(True)
