"""Annotations as a file asks for them: drawn, changed and removed inside samples, as one act."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.domain import Domain
from models.errors import UserError
from models.event import REGION, Entry
from models.job import Progress
from models.orders.naming import check_class
from models.region import Region, region_name, write_region
from models.store.fold import person
from models.store.project import Project

#: No file of annotations is longer, in bytes.
_LONGEST = 64 << 20
_LISTS = ("intervals", "moves", "removals")
_NOTHING = "Nothing was changed."


def annotate(
    project: Project, kind: Domain, path: Path, by: str, dry_run: bool
) -> Generator[Progress, None, dict[str, Any]]:
    """Do what a file asks for as one act: {changed, event, title, retired, new, notes}.

    ``{"intervals": [{"recording": …, "start": s, "stop": s, "text": …, "channels": […], "low": Hz, "high": Hz}],
    "moves": [{"interval": …, "start": …}], "removals": [interval, …]}``; channels, low and high where it concerns some
    alone. A recording is named by the id of any sample of it, an interval by
    its name; `class` in place of `text` is a class of the project.
    """
    yield Progress(text=f"Reading {path.name}")
    hand = _Hand(project, kind)
    told = _read(path)
    for one in told["intervals"]:
        hand.draw(_mapping(one, "an interval"))
    for one in told["moves"]:
        hand.change(_mapping(one, "a move"))
    for one in told["removals"]:
        hand.remove(one)
    if not hand.entries:
        raise UserError(f"{path.name} asks for nothing: give intervals, moves or removals.")
    head = {"title": hand.title, "retired": hand.gone, "new": hand.made, "notes": []}
    if dry_run:
        return {"changed": len(hand.entries), "event": None, **head}
    event = project.journal.act(list(hand.entries.values()), person(by), hand.title)
    return {"changed": event.count, "event": event.number, **head}


def _read(path: Path) -> dict[str, list[Any]]:
    try:
        if path.stat().st_size > _LONGEST:
            raise UserError(f"{path.name} is longer than {_LONGEST >> 20} MB. {_NOTHING}")
        told = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path.name} is no JSON ({str(error)[:80]}). {_NOTHING}") from error
    if not isinstance(told, dict) or not set(told) & set(_LISTS):
        raise UserError(f"{path.name} holds none of {', '.join(_LISTS)}. {_NOTHING}")
    for name in set(told) - set(_LISTS):
        raise UserError(f"{path.name} asks for {name!r}, which is none of {', '.join(_LISTS)}. {_NOTHING}")
    lists = {name: told.get(name, []) for name in _LISTS}
    for name, value in lists.items():
        if not isinstance(value, list):
            raise UserError(f"{name} in {path.name} is no list. {_NOTHING}")
    return lists


def _mapping(one: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(one, dict):
        raise UserError(f"{str(one)[:60]!r} is not {what}: give an object with names and values. {_NOTHING}")
    return one


@dataclass
class _Hand:
    """Gathers one act. entries: by the name of each annotation, the last word on it."""

    project: Project
    kind: Domain
    entries: dict[str, Entry] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    changed: int = 0
    _known: dict[str, tuple[int, Region]] | None = None

    @property
    def title(self) -> str:
        """What the act is called."""
        parts = [
            f"{verb} {count} annotation{'s' * (count != 1)}"
            for verb, count in (("draw", len(self.made)), ("change", self.changed), ("remove", len(self.gone)))
            if count
        ]
        return ", ".join(parts)

    def draw(self, told: Mapping[str, Any]) -> None:
        """A new one."""
        row = self._row(str(told.get("recording", "")))
        given = {"start": None, "stop": told.get("start"), **told}
        region = self._with(Region(region_name(), 0.0, 0.0, ""), given, "recording")
        self._put(row, region)
        self.made.append(region.name)

    def change(self, told: Mapping[str, Any]) -> None:
        """Another time, text or channels of one."""
        row, region = self._find(told.get("interval"))
        self._put(row, self._with(region, told, "interval"))
        self.changed += 1

    def remove(self, told: Any) -> None:
        """One that goes."""
        row, region = self._find(told)
        self.entries[region.name] = Entry(row, REGION, region.name, "")
        self.gone.append(region.name)

    def _put(self, row: int, region: Region) -> None:
        self.entries[region.name] = Entry(row, REGION, region.name, write_region(region))

    def _row(self, name: str) -> int:
        """The row that carries the annotations of a recording."""
        carrier = self.kind.carrier
        row = int(self.project.rows_of([name])[0])
        if row < 0 or carrier is None:
            raise UserError(f"there is no sample {name!r} in this project. {_NOTHING}")
        found = int(self.project.rows_of([carrier(self.project.samples, row)])[0])
        if found < 0:
            raise UserError(f"the recording of {name} is not in this project any more. {_NOTHING}")
        return found

    def _find(self, name: Any) -> tuple[int, Region]:
        if self._known is None:
            fold = self.project.journal.fold
            rows = fold.having(REGION).nonzero()[0].tolist()
            self._known = {region.name: (row, region) for row in rows for region in fold.regions(row)}
        if not isinstance(name, str) or name not in self._known or name in self.gone:
            raise UserError(f"there is no annotation {str(name)[:60]!r} in this project. {_NOTHING}")
        return self._known[name]

    def _check(self, name: str) -> None:
        try:
            check_class(self.project, self.kind, name)
        except UserError as error:
            raise UserError(f'{error} A word that is no class stands under "text". {_NOTHING}') from None

    def _with(self, region: Region, told: Mapping[str, Any], own: str) -> Region:
        """The annotation with what is told of it. UserError for what cannot be."""
        for name in set(told) - {own, "start", "stop", "text", "class", "channels", "low", "high"}:
            raise UserError(
                f"an annotation has no {name!r}: give start, stop, text or class, channels, low, high. {_NOTHING}"
            )
        text = told.get("text", told.get("class", region.text))
        if "class" in told:
            self._check(str(told["class"]))
        channels = told.get("channels", list(region.channels))
        if not isinstance(text, str) or not _are_texts(channels):
            raise UserError(f"text and channels of an annotation are text; {text!r}, {channels!r} are not. {_NOTHING}")
        start, stop = (_seconds(told.get(name, getattr(region, name)), name) for name in ("start", "stop"))
        low, high = (_hertz(told.get(name, getattr(region, name)), name) for name in ("low", "high"))
        return replace(region, start=start, stop=stop, text=text, channels=tuple(channels), low=low, high=high)


def _are_texts(channels: Any) -> bool:
    return isinstance(channels, list) and all(isinstance(name, str) for name in channels)


def _seconds(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{name} of an annotation is {value!r}: give seconds of its recording. {_NOTHING}")
    return float(value)


def _hertz(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{name} of an annotation is {value!r}: give Hz, or null for no end. {_NOTHING}")
    return float(value)
