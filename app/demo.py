"""The demo: a project of generated data a domain, opened in the window, or shown by a tour without one."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.domains import NAMES, domain
from models.errors import UserError
from models.job import Job, Progress

if TYPE_CHECKING:
    from app.settings import Recent

TOURS = Path(__file__).resolve().parent.parent / "resources" / "tours"
SUFFIXES = {"csv": ".csv", "parquet": ".parquet", "report": ".html"}
MARK = ".winnow-demo"
#: What the README's tour walks through: opened where nobody asked for another one.
FIRST = "traces"


def run(headless: bool = False, out: str = "demo-output", domains: Sequence[str] = ()) -> dict[str, Any]:
    """Make the demo projects under `out` and open one; without a display play the tour there.

    Opened is the one of `domains` that comes first, or `FIRST` where none was asked for. All stand among the recent
    projects of the start page.

    The tour's pictures go to ``screenshots``, the runs' metrics to ``metrics.json``, exports to
    ``exports``. Returns {projects, screenshots, metrics, exports}. A tour that stops is told at once; the others, the
    metrics and the exports are made all the same, and then it is an error.
    """
    from app.gui import has_display

    names = list(domains) or list(NAMES)
    for name in names:
        domain(name)
    folder = Path(out).expanduser().absolute()
    headless = headless or not has_display()
    _tell(f"Making the demo in {folder}; a minute or so.")
    projects = {name: _project(folder, name, fresh=headless) for name in names}
    paths = [str(path) for path in projects.values()]
    if not headless:
        _show(projects, names[0] if domains or FIRST not in names else FIRST)
        return {"projects": paths, "screenshots": [], "metrics": {}, "exports": []}
    shots, stopped = _play_all(folder, projects)
    metrics = {name: _metrics(path) for name, path in projects.items()}
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), "utf-8")
    _empty(folder / "exports")
    exports = [file for name, path in projects.items() for file in _export(folder, name, path)]
    if stopped:
        raise UserError(
            f"{' '.join(stopped)} All else is in {folder}. A machine that is busy with other things may be the reason: "
            f"start the same again, or see what the window shows with winnow gui {projects[names[0]]}."
        )
    return {"projects": paths, "screenshots": shots, "metrics": metrics, "exports": exports}


def _show(projects: Mapping[str, Path], first: str) -> None:
    """Open the window on one of the projects; all stand among the recent ones, that one at their top."""
    from app.gui import run as open_window
    from app.settings import Settings

    settings = Settings()
    for name in sorted(projects, key=lambda name: (name == first, name)):
        settings.remember(_recent(name, projects[name]))
    open_window(projects[first])


def _play_all(folder: Path, projects: Mapping[str, Path]) -> tuple[list[str], list[str]]:
    """The pictures of all tours, and why some of them stopped, which is told at once."""
    _tell("There is no display to use: playing tours offscreen, each with a training; a few minutes each.")
    shots: list[str] = []
    stopped: list[str] = []
    for place, name in enumerate(projects, 1):
        _tell(f"Tour {place} of {len(projects)}: {name}")
        try:
            shots += _play(folder, name, projects[name])
        except UserError as error:
            _tell(str(error))
            stopped.append(str(error))
    return shots, stopped


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _project(folder: Path, name: str, fresh: bool) -> Path:
    home = folder / "projects" / name
    if fresh and (home / MARK).exists():
        shutil.rmtree(home)
    made = home / domain(name).demo_name
    if made.is_dir():
        return made
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise UserError(f"{home}: this folder holds other things. Choose another one with --out.")
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()
    _do("make_demo", f"Demo of {name}", folder=str(home), domain=name)
    return made


def _do(order: str, title: str, **arguments: Any) -> Any:
    from workers.inline import run as do

    def tell(progress: Progress) -> None:
        if progress.text and sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{title}: {progress.text}")

    result = do(Job(order, arguments, title), tell)
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    return result


def _recent(name: str, project: Path) -> Recent:
    """What the card of a demo project on the start page tells."""
    from app.session import headline
    from app.settings import Recent
    from models.store.project import Project

    with Project.open(project) as opened:
        codes = opened.journal.fold.codes
        run = next(iter(opened.runs.list()), None)
        score = headline(run) if run else ""
        counts = (len(codes), int((codes >= 0).sum()), run.id if run else "", score)
    return Recent(str(project), project.name, name, *counts, time.strftime("%Y-%m-%dT%H:%M"))


def _play(folder: Path, name: str, project: Path) -> list[str]:
    """The tour of a domain in a process of its own, so that it leaves nothing behind."""
    import subprocess

    from app.settings import Settings

    tour = TOURS / f"{name}.yaml"
    if not tour.is_file():
        raise UserError(f"{tour}: the tour of this domain is missing. Install Winnow anew.")
    config = folder / "projects" / name / "settings"
    shutil.rmtree(config, ignore_errors=True)
    values = {"recent": [asdict(_recent(name, project))], "curator": "curator 1", "theme": "light", "motion": False}
    Settings(config / "settings.json").write(values)
    environment = {
        **os.environ,
        "WINNOW_CONFIG": str(config),
        "WINNOW_STATE": str(config),
        "WINNOW_DATA": str(project.parent / "data"),
        "WINNOW_OUT": str(folder),
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM") or "offscreen",
    }
    shots = folder / "screenshots" / name
    shutil.rmtree(shots, ignore_errors=True)
    command = [sys.executable, "-m", "app.cli", "gui", "--tour", str(tour), "--out", str(shots), "--json"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False
    )
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise UserError(
            f"The tour of {name} stopped: {words[-1].removeprefix('winnow: ') if words else 'no word why.'}"
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return [str(shot) for shot in result["screenshots"]]


def _metrics(project: Path) -> dict[str, Any]:
    from models.store.project import Project

    with Project.open(project) as opened:
        return {run.id: {"recipe": run.recipe, "metrics": run.record.get("metrics", {})} for run in opened.runs.list()}


def _empty(exports: Path) -> None:
    """A folder for exports, without those of a demo before: names of its samples may have been others."""
    if (exports / MARK).exists():
        shutil.rmtree(exports)
    exports.mkdir(parents=True, exist_ok=True)
    (exports / MARK).touch()


def _export(folder: Path, name: str, project: Path) -> list[str]:
    formats = {
        **SUFFIXES,
        **{item.name: item.suffix for item in domain(name).exports if item.ready and not item.of_run},
    }
    target = folder / "exports"
    files = []
    for form, suffix in formats.items():
        path = target / f"{name}-{form}{suffix}"
        _do("export", f"Export {form}", project=str(project), format=form, out=str(path), overwrite=True)
        files.append(str(path))
    return files
