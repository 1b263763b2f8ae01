"""What must not be loaded where: the command line, the window at its start, the models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("app", "widgets", "workers", "models", "resources")
QT = ("PySide6", "shiboken6", "pyqtgraph", "qasync", "qtawesome")
HEAVY = ("torch", "torchvision", "sklearn", "pandas", "mne", "spikeinterface")

WINDOW = """
import sys
from pathlib import Path
from app.gui import run
result = run(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
assert result["steps"]
sys.stdout.write(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded(code: str, *arguments: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after this code."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def after(statements: str) -> set[str]:
    told = "import sys; sys.stdout.write(' '.join({name.partition('.')[0] for name in sys.modules}))"
    return loaded(f"{statements}\n{told}")


def test_help_loads_neither_window_nor_learning() -> None:
    quiet = "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    "
    found = after(f"from app.cli import call\n{quiet}assert call(['--help']) == 0")
    assert not found & {*QT, *HEAVY, "h5py", "pyarrow", "sqlalchemy", "numpy", "matplotlib"}


def test_a_verb_on_a_project_loads_neither_window_nor_learning(traces_project: Path) -> None:
    quiet = "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    "
    found = after(f"from app.cli import call\n{quiet}assert call(['samples', {str(traces_project)!r}, '--json']) == 0")
    assert "pyarrow" in found
    # pyarrow looks for pandas by itself; the window spares it, a verb does not wait for a frame.
    assert not found & {*QT, *HEAVY} - {"pandas"}


def test_every_model_module_loads_without_qt() -> None:
    places = sorted((ROOT / "models").rglob("*.py"))
    names = [".".join(place.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for place in places]
    # Alembic imports its entry itself, with a context that only it makes.
    wanted = [name for name in names if ".migrations.env" not in name and name != "models.learn.nets"]
    found = after("\n".join(f"import {name}" for name in wanted))
    assert len(wanted) > 80
    assert not found & set(QT)


def test_the_records_of_all_domains_are_light() -> None:
    found = after("from models.domains import NAMES, domain\nfor name in NAMES:\n    domain(name)")
    assert not found & {*QT, *HEAVY, "h5py", "matplotlib", "skops"}


def test_the_child_and_the_inline_worker_know_no_qt() -> None:
    found = after("import workers.child, workers.inline, workers.steps, workers.messages")
    assert not found & {*QT, "app", "widgets"}


def test_the_window_loads_no_learning_library_at_its_start(traces_project: Path, tmp_path: Path) -> None:
    from app.pages import PAGES
    from models.domains import domain

    kind = domain("traces")
    pages = [{"command": f"page.{entry.name}"} for entry in PAGES if entry.tab and entry.fits(kind)]
    steps = [{"wait": "idle"}, *pages, {"key": "F1"}, {"key": "Ctrl+I"}, {"key": "Ctrl+0"}, {"wait": "idle"}]
    tour = tmp_path / "tour.yaml"
    tour.write_text(json.dumps(steps), "utf-8")
    found = loaded(WINDOW, str(traces_project), str(tour), str(tmp_path))
    assert {"PySide6", "app", "pyarrow"} <= found
    assert not found & {*HEAVY, "skops", "matplotlib", "umap"}


@pytest.mark.parametrize("name", OURS)
def test_no_dependency_ships_a_top_level_name_of_ours(name: str) -> None:
    theirs = []
    for found in distributions():
        tops = {file.parts[0].removesuffix(".py") for file in found.files or () if len(file.parts) > 1 or file.suffix}
        if found.metadata["Name"] != "winnow" and name in tops:
            theirs.append(found.metadata["Name"])
    assert not theirs
