"""Watching over recordings: the project's rules are held against each new run, beside the window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from models.change import Change, ProjectChanged, RunsChanged
from widgets import numbers
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from app.window import Window

#: The person's setting: project → address that its alerts are posted to. It stands with the person and not with the
#: project, so that a project from somebody else sends nothing anywhere.
WEBHOOKS = "webhooks"


class Watching(QObject):
    """`ended(told)`: the rules were held against a run; told: what `watch` tells."""

    ended = Signal(object)

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.desk, self.session = window, window.session
        self.running = False
        self._note: Note | None = None
        self.session.changed.connect(self._follow)

    def _follow(self, change: Change) -> None:
        if isinstance(change, ProjectChanged):
            self.running = False
        elif isinstance(change, RunsChanged) and change.run:
            self.watch(change.run)

    def webhook(self) -> str:
        """Where alerts of the open project are posted to, "" for nowhere."""
        return str(self.session.settings.get(WEBHOOKS, {}).get(str(self.session.open_project.path), ""))

    def set_webhook(self, url: str) -> None:
        """Another address, "" for none. Raises UserError for one that cannot be posted to."""
        from models.orders.webhook import check_url

        known = dict(self.session.settings.get(WEBHOOKS, {}))
        known.pop(str(self.session.open_project.path), None)
        if url:
            known[str(self.session.open_project.path)] = check_url(url)
        self.session.settings.set(WEBHOOKS, known)

    def watch(self, run: str) -> None:
        """Hold the rules against a run, where the project has any."""
        from models.orders.alerting import RULES

        session = self.session
        if session.project is None or session.open_domain.watch is None or not session.project.setting(RULES, []):
            return
        self.running = True
        arguments = {"run": run, "webhook": self.webhook()}
        session.start_here("watch", arguments, "Looking for alerts", self._done, failed=self._over, cut=self._over)

    def _over(self, _words: str = "") -> None:
        self.running = False
        self.ended.emit({})

    def _done(self, told: Mapping[str, Any]) -> None:
        self.running = False
        self.session.poll()
        self.ended.emit(told)
        raised, failed = len(told["raised"]), str(told["failed"])
        offer = (("page.dashboard", "Dashboard"),)
        if failed:
            words = f"{failed}. They stand on the dashboard."
            self.desk.notify(Note(words, "warn", "Alerts not sent", offer, stays=True))
        elif raised:
            words = f"{numbers.plural(raised, 'alert')} on {told['run']}"
            there = self.desk.page_name() == "dashboard"
            self._note = Note(words, "warn") if there else Note(words, "warn", actions=offer, stays=True)
            self.desk.notify(self._note)

    def seen(self) -> None:
        """A person looks at the alerts: that there are some need not be told any more."""
        if (told := self._note) is not None:
            self._note = None
            self.desk.notices.drop_where(lambda note: note is told)
