"""A session on a small project, the theme, and a check that nothing stays behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.session import Session
from tests.app.desk import copied, make_columns, make_session


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


@pytest.fixture
def columns(columns_made: Path, tmp_path: Path) -> Path:
    """A project of 30 samples, the first eight labelled; no traces."""
    return copied(columns_made, tmp_path)


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication, columns: Path) -> Iterator[Session]:
    """A session on the small project."""
    made = make_session(tmp_path)
    made.settings.set("curator", "ann")
    made.open(columns)
    yield made
    made.close()
    made.jobs.close()
