"""How recordings are looked at: what a person chose, the project's own montages, its channels that say nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import UserError
from models.montage import BUILT_IN, Montage, montage_json, parse_montage, read_montage
from models.store.sources import READ_AS

if TYPE_CHECKING:
    from app.session import Session

#: The person's setting of how recordings are looked at, and that of what is chosen anew in each project.
CHOICES, IN_PROJECTS = "recording_view", "recording_in_projects"
#: The project's setting of montages of its own.
MONTAGES = "montages"
#: What a project is seen with at first, and is remembered for each: where one is of infants no other has to be.
_OWN: Mapping[str, Any] = {"montage": next(iter(BUILT_IN)), "hidden": []}


class RecordingKept:
    """Reads and writes what stays from one start to the next; without a project there is nothing of a project."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def _place(self) -> str:
        project = self.session.project
        return str(project.path) if project is not None else ""

    def choices(self) -> dict[str, Any]:
        """What was chosen: the montage and the rows in this project, all else wherever it was."""
        found = self.session.settings.get(IN_PROJECTS, {})
        own = found.get(self._place(), {}) if isinstance(found, dict) else {}
        first = {**_OWN, "montage": self._first()}
        choices = {**self.session.settings.get(CHOICES, {}), **first, **(own if isinstance(own, dict) else {})}
        return choices if choices["montage"] in self._known() else {**choices, **first}

    def _known(self) -> set[str]:
        """The names of montages that can be looked by."""
        return {*BUILT_IN, *(montage.name for montage in self.montages())}

    def _first(self) -> str:
        """The montage of the first look: of those that imports named the last one that is not the usual one."""
        known, usual = self._known(), str(_OWN["montage"])
        names = [montage.name for montage in self._imported() if montage.name in known]
        return next((name for name in reversed(names) if name != usual), usual)

    def _imported(self) -> list[Montage]:
        """The montages that imports of this project named, in their order; not those whose file is gone."""
        project, found = self.session.project, []
        for told in (project.setting(READ_AS) or {}).values() if project is not None else ():
            text = str(told.get("montage", ""))
            try:
                found += [BUILT_IN[text]] if text in BUILT_IN else [read_montage(Path(text))] if text else []
            except UserError:
                continue
        return found

    def adopt(self) -> None:
        """Make montages of files that imports named the project's own, once: from then on they are a person's."""
        project = self.session.project
        if project is None or project.read_only or project.setting(MONTAGES, None) is not None:
            return
        own = {montage.name: montage for montage in self._imported() if montage.name not in BUILT_IN}
        if own:
            self.keep_montages([*own.values()])

    def keep_choices(self, choices: Mapping[str, Any]) -> None:
        """Keep what was chosen."""
        settings = self.session.settings
        settings.set(CHOICES, {name: value for name, value in choices.items() if name not in _OWN})
        own = {name: value for name, value in choices.items() if name in _OWN}
        if place := self._place():
            settings.set(IN_PROJECTS, {**settings.get(IN_PROJECTS, {}), place: own})

    def montages(self) -> list[Montage]:
        """The project's own montages."""
        project, found = self.session.project, []
        for content in project.setting(MONTAGES, []) if project is not None else ():
            try:
                found.append(parse_montage(content))
            except UserError:
                continue  # of another version; its file can be added again
        return found

    def keep_montages(self, montages: Sequence[Montage]) -> None:
        """These are the project's own montages from now on."""
        self.session.open_project.set_setting(MONTAGES, [montage_json(one) for one in montages])

    def bad(self, recording: str) -> frozenset[str] | None:
        """The channels of a recording that a person called bad; None where nobody said anything."""
        project = self.session.project
        names = project.samples.bad_channels.get(recording) if project is not None else None
        return frozenset(names) if names is not None else None

    def keep_bad(self, recording: str, names: Collection[str] | None) -> None:
        """These channels of a recording are bad; who called one good again said something as well. None: unsay it."""
        self.session.open_project.call_bad(recording, names)
