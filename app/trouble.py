"""What happens when the program itself fails: a log, a report at the next start, no label lost."""

from __future__ import annotations

import faulthandler
import logging
import platform
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO

from app.settings import state_folder

log = logging.getLogger("winnow")
#: Reports that one session writes at most.
MANY = 50


def start_log(folder: Path | None = None) -> Path:
    """Write warnings and worse to a rotating file; returns its path."""
    path = (folder or state_folder()) / "winnow.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log.addHandler(handler)
    return path


class Trouble:
    """Catches what nobody caught, keeps it as a report, tells the window."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or state_folder()) / "crashes"
        self.tell: Callable[[str], None] = lambda text: None
        self._faults: IO[str] | None = None
        self._told: set[str] = set()

    def install(self) -> None:
        """Set the exception hook, and faulthandler for what kills the process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        sys.excepthook = self.caught
        self._faults = (self.folder / "fault.part").open("w", encoding="utf-8")
        faulthandler.enable(self._faults)

    def caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Keep a report of an exception; the program goes on where Qt lets it."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        # What fails in a timer or while painting fails a hundred times a second: it is told once.
        if text in self._told or len(self._told) >= MANY:
            return
        self._told.add(text)
        self.keep(text)
        self.tell(f"{kind.__name__}: {error}")

    def keep(self, text: str) -> Path:
        """Write a report; it is shown at the next start."""
        log.error("%s", text)
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now().strftime("%Y-%m-%d %H-%M-%S-%f")
        path = self.folder / f"{stamp}.txt"
        path.write_text(f"Winnow on {platform.platform()}, Python {platform.python_version()}\n{text}", "utf-8")
        return path

    def waiting(self) -> list[Path]:
        """Reports that nobody has seen, newest first."""
        self._gather_fault()
        return sorted(self.folder.glob("*.txt"), reverse=True)

    def _gather_fault(self) -> None:
        part = self.folder / "fault.part"
        if self._faults is None and part.is_file() and part.stat().st_size:
            part.replace(self.folder / f"{datetime.now():%Y-%m-%d %H-%M-%S} fault.txt")

    def seen(self) -> None:
        """Move the shown reports to the folder ``seen``."""
        target = self.folder / "seen"
        target.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob("*.txt"):
            path.replace(target / path.name)

    def close(self) -> None:
        """Give the file of faulthandler back."""
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()
            self._faults = None
            (self.folder / "fault.part").unlink(missing_ok=True)
        sys.excepthook = sys.__excepthook__
