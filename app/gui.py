"""Starting the window: style, session, hosts, event loop; with a tour also its end."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import UserError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.jobs import Jobs
    from app.window import Window


def has_display() -> bool:
    """Whether a window can be shown to a person here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run(
    project: Path | None = None,
    tour: Path | None = None,
    out: Path | None = None,
    size: str = "1600x1000",
    scale: float = 1.0,
    theme: str = "",
) -> dict[str, Any]:
    """Open the workstation and stay until it is closed, or until the tour ends.

    size: width x height in logical pixels. scale: device pixels per logical one. theme: "light",
    "dark" or "" for the person's choice. Returns {steps, screenshots}. Raises UserError when a tour's
    step failed, or when there is no display and no tour.
    """
    steps = _read(tour) if tour else None
    width, height = parse_size(size)
    if not has_display() and not os.environ.get("QT_QPA_PLATFORM"):
        if steps is None:
            raise UserError(
                "There is no display here. Give a tour with --tour FILE.yaml, set DISPLAY, or use the verbs "
                "of the command line (winnow --help)."
            )
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if scale != 1.0:
        os.environ["QT_SCALE_FACTOR"] = f"{scale:g}"
    # What is loaded now stays until the end: to look for garbage in it again and again takes 0.1 s of the start.
    gc.disable()
    try:
        return _serve(project, steps, out or Path("winnow-tour"), (width, height), theme)
    finally:
        gc.enable()


def _read(tour: Path) -> list[dict[str, Any]]:
    # Here, because a window without a tour needs no test library of Qt.
    from app.tour import read_tour

    return read_tour(tour)


def parse_size(size: str) -> tuple[int, int]:
    """Width and height of "1600x1000"; UserError otherwise."""
    parts = size.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise UserError(f"--size {size}: give width x height, such as 1600x1000.")
    return int(parts[0]), int(parts[1])


def make_application() -> QApplication:
    """The one QApplication, with names, rounding and style."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Winnow")
    app.setApplicationDisplayName("Winnow")
    app.setQuitOnLastWindowClosed(False)
    return app


def _serve(
    project: Path | None,
    steps: list[dict[str, Any]] | None,
    out: Path,
    size: tuple[int, int],
    theme: str,
) -> dict[str, Any]:
    from app.light import spare_pandas, spare_sources

    spare_pandas()
    spare_sources()
    from app.ahead import Ahead
    from app.settings import Settings
    from app.trouble import Trouble, start_log
    from workers.garbage import Garbage

    app = make_application()
    start_log()
    trouble = Trouble()
    trouble.install()
    window = make_window(app, Settings(), theme, trouble)
    window.resize(*size)
    result: dict[str, Any] = {"steps": [], "screenshots": []}
    garbage: Garbage | None = None
    try:
        window.show()
        window.activateWindow()
        window.begin(project)
        Ahead(window).start()
        app.processEvents()
        gc.freeze()
        garbage = Garbage(app)
        _stay(app, window, steps, out, result)
    finally:
        window.shut()
        if garbage:
            garbage.end()
        trouble.close()
    if result.get("failed"):
        raise UserError(f"The tour stopped at {result['failed']}")
    result.pop("failed", None)
    return result


def _stay(
    app: QApplication, window: Window, steps: list[dict[str, Any]] | None, out: Path, result: dict[str, Any]
) -> None:
    """Run the loop until the window is closed. It is loaded here, when the window is painted."""
    import asyncio

    import qasync

    async def main() -> None:
        closed = asyncio.Event()
        window.closed.connect(closed.set)
        if steps is not None:
            _play(window, steps, out, result)
        if window.isVisible():
            await closed.wait()

    with qasync.QEventLoop(app) as loop:
        loop.run_until_complete(main())


def make_window(
    app: QApplication, settings: Any, theme: str = "", trouble: Any = None, jobs: Jobs | None = None
) -> Window:
    """The main window with its session; not shown yet. jobs: where they are done, a process of their own else."""
    from app.jobs import Jobs
    from app.session import Session
    from app.window import Window
    from widgets import theme as look

    chosen = theme or settings.get("theme", "system")
    if chosen not in ("light", "dark", "system"):
        raise UserError(f"--theme {chosen}: known are light, dark, system.")
    look.apply(app, chosen)  # type: ignore[arg-type]
    return Window(Session(settings, jobs or Jobs()), trouble)


def _play(window: Window, steps: list[dict[str, Any]], out: Path, result: dict[str, Any]) -> None:
    from app.tour import Tour

    window.unattended = True
    tour = Tour(window, steps, out)

    def end(outcome: dict[str, Any]) -> None:
        result.update(outcome)
        window.close()

    tour.finished.connect(end)
    tour.start()
