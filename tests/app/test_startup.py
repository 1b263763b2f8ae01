"""What the window loads before it stands there: little, and nothing heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui import parse_size
from benchmarks.startup import ROOT, script
from models.errors import UserError
from tests.app.desk import control, press, settle
from tests.app.windows import Opened

HEAVY = ("torch", "torchvision", "sklearn", "pandas", "scipy.stats", "matplotlib", "mne", "spikeinterface", "alembic")
#: What is loaded once the window is painted, when it is needed at all.
LATER = (
    *("qasync", "psutil", "pyqtgraph", "yaml", "h5py", "pyarrow.compute", "app.chrome.palette", "widgets.palette"),
    *("workers.host", "workers.meters", "models.learn.review", "models.orders.training", "app.tour"),
    *(f"app.pages.{page}" for page in ("map", "train", "results", "data", "importing", "start", "settings", "keys")),
)


def test_a_painted_window_with_a_project_has_loaded_nothing_that_can_wait(columns: Path) -> None:
    told = f'print(*[name for name in {(*HEAVY, *LATER)!r} if name in sys.modules], sep=",")'
    code = script(columns, told, "import gc; print(gc.isenabled(), gc.get_freeze_count() > 10_000)")
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded, _, collected = done.stdout.splitlines()
    assert (loaded, collected) == ("", "True True")


def test_qt_reads_no_source_of_what_is_loaded_after_it(columns: Path) -> None:
    ours = tuple(str(ROOT / name) for name in ("app", "models", "resources", "widgets", "workers"))
    told = f'import linecache; print(*[file for file in linecache.cache if file.startswith({ours!r})], sep=",")'
    done = subprocess.run([sys.executable, "-c", script(columns, told)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == ""


def test_without_a_project_the_start_page_stands_there(opened: Opened) -> None:
    window = opened()
    assert window.page_name() == "start"
    assert control("start.new").isEnabled()
    assert not window.top.isVisible()
    assert window.windowTitle() == "Winnow"


def test_a_project_opens_at_its_page_and_place(opened: Opened, columns: Path, qtbot: QtBot) -> None:
    window = opened(columns)
    assert window.page_name() == "curate"
    press(qtbot, window, "Down", "Down")
    press(qtbot, window, "Ctrl+5")
    window.close()
    again = opened(columns)
    assert again.page_name() == "data"
    assert again.session.current == 2


def test_a_project_that_is_gone_shows_the_start_page_and_says_so(opened: Opened, tmp_path: Path) -> None:
    window = opened(tmp_path / "gone")
    assert window.page_name() == "start"
    assert "gone" in control("notice").accessibleName()


def test_closing_twice_is_no_harm(opened: Opened, columns: Path, qtbot: QtBot) -> None:
    window = opened(columns)
    with qtbot.waitSignal(window.closed):
        window.close()
    window.shut()
    assert window.session.project is None


def test_an_empty_project_opens_at_the_import(opened: Opened, tmp_path: Path) -> None:
    from models.store.project import Project

    Project.create(tmp_path / "new", "traces").close()
    window = opened(tmp_path / "new")
    assert window.page_name() == "import"


def test_missing_traces_are_told_in_the_viewer(opened: Opened, columns: Path, qtbot: QtBot) -> None:
    window = opened(columns)
    settle(qtbot, window)
    shown = window.page("curate").viewers.words  # type: ignore[attr-defined]
    assert shown.isVisible()
    assert "cannot be read" in shown.accessibleName()
    QApplication.processEvents()


@pytest.mark.parametrize("text", ["", "1600", "axb", "1600x1000x2", "-3x4"])
def test_a_wrong_size_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        parse_size(text)


def test_a_size_is_read() -> None:
    assert parse_size("1600×1000") == (1600, 1000)


def test_a_palette_that_is_asked_for_at_once_stays_open(opened: Opened, columns: Path) -> None:
    window = opened(columns)
    window.run_command("palette.open")
    window._settle()
    assert window.palette_box.isVisible()
