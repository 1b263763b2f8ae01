"""For every test: no display, no access to a person's settings, no hurry."""

from __future__ import annotations

import gc
import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from workers.garbage import Garbage

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Matplotlib's font list takes seconds to build: keep it between runs.
os.environ.setdefault("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib"))

# A busy machine is no fault of what is tested.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

#: Fixtures that the tests of the window share, in whichever folder they are.
pytest_plugins = ["tests.app.windows"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Walks first: they are few and long, and whoever begins one last works alone at the end."""
    items.sort(key=lambda item: "walks" not in item.path.parts)


def pytest_collection_finish() -> None:
    """What all test files have loaded stays to the end: garbage is not looked for among it time and again."""
    gc.collect()
    gc.freeze()


_garbage: list[Garbage] = []


def _look_for_garbage() -> None:
    """As in the window, garbage is looked for in its thread alone, once there are windows."""
    qt = sys.modules.get("PySide6.QtWidgets")
    if not _garbage and qt and qt.QApplication.instance():
        from workers.garbage import Garbage

        _garbage.append(Garbage())
    for garbage in _garbage:
        garbage.look()


def pytest_runtest_logstart() -> None:
    _look_for_garbage()


def pytest_runtest_call() -> None:
    # The application may have been made by a fixture of this very test.
    _look_for_garbage()


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes empty folders. They are counted: `mktemp` looks at all that are there for each one more."""
    homes, numbers = tmp_path_factory.mktemp("homes"), itertools.count()

    def make() -> Path:
        home = homes / str(next(numbers))
        home.mkdir()
        return home

    return make


@pytest.fixture(autouse=True)
def own_home(new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home for every test: settings, cache and data folders lie in a temporary place."""
    home = new_home()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("APPDATA", str(home / "AppData"))
    monkeypatch.setenv("LOCALAPPDATA", str(home / "AppData" / "Local"))
    folders = {"CONFIG": ".config", "DATA": ".local/share", "CACHE": ".cache", "STATE": ".local/state"}
    for name, folder in folders.items():
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"WINNOW_{name}", str(home / name.lower()))
    return home
