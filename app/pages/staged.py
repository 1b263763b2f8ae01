"""Small pictures made ready ahead, a turn at a time, so that other work comes in between."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.session import Session
from models.job import Done
from models.orders.staging import is_staged

#: Seconds after which the making of small pictures lets other work come in turn.
TURN = 20.0


class Staging(QObject):
    """Has the small pictures of the open project made that are not; lists read their sources meanwhile."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._path = ""

    def begin(self) -> None:
        """Begin, where the domain keeps such pictures and some are missing; again is harmless."""
        project = self.session.open_project
        if self.session.open_domain.stage is None or not len(project.samples) or is_staged(project):
            return
        path = str(project.path)
        if self._path == path:
            return
        self._path = path
        ticket = self.session.jobs.start("stage", {"project": path, "seconds": TURN}, "Small pictures")
        ticket.ended.connect(lambda ending: self._over(path, ending))

    def _over(self, path: str, ending: object) -> None:
        """One turn is over: the next one stands behind what else waits; who stopped it is left alone."""
        if self._path == path:
            self._path = ""
        if isinstance(ending, Done) and not ending.result["whole"] and self.session.is_open(path):
            self.begin()
