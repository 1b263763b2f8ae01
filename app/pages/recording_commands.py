"""Commands for recordings: montages by key, montages of one's own as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.chrome.dialog import FieldDialog
from app.commands import Command
from models.errors import UserError
from models.store.atomic import write_text
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from app.pages.recording_desk import RecordingDesk
    from app.window import Window

#: The key of each montage that is built in, and what it is called.
KEYS = (
    ("longitudinal", "Double banana", "F2"),
    ("transverse", "Transverse bipolar", "F3"),
    ("average", "Average reference", "F4"),
    ("laplacian", "Laplacian", "F5"),
    ("referential", "As recorded", "F7"),
    ("neonatal", "Neonatal", "F8"),
)
#: Of the project's own montages so many have a key, from Shift+F2 on.
OWN = 8


@dataclass(frozen=True)
class _Reach:
    """The desk of recordings as commands reach it; there is none before the first recording is shown."""

    desk: Callable[[], RecordingDesk | None]

    def seen(self) -> bool:
        found = self.desk()
        return found is not None and found.is_seen()

    def do(self, act: Callable[[RecordingDesk], None]) -> Callable[[], None]:
        def run() -> None:
            found = self.desk()
            if found is not None:
                act(found)

        return run

    def own(self, place: int) -> str:
        """The name of one of the project's own montages, "" where there are fewer."""
        found = self.desk()
        names = [one.name for one in found.own_montages()] if found is not None else []
        return names[place] if place < len(names) else ""


def recording_commands(
    window: Window, desk: Callable[[], RecordingDesk | None], pages: tuple[str, ...]
) -> list[Command]:
    """What a person can do with a recording; desk: None before the first one is shown."""
    reach = _Reach(desk)
    do, seen = reach.do, reach.seen
    return [
        *_montage_commands(reach, pages),
        Command("montage.edit", "Edit montages…", do(lambda found: found.edit_montages(window)), ("Ctrl+F2",), "View",
                seen, pages, "edit"),
        Command("montage.add", "Add a montage from a file…", do(partial(_add, window)), (), "View", seen, pages),
        Command("montage.write", "Write the montage to a file…", do(partial(_keep, window)), (), "View", seen, pages),
        Command("channel.bad", "Call the picked channel bad, or good again", do(lambda found: found.viewer.ask_bad()),
                ("Shift+C",), "View", seen, pages),
        Command("sensitivity.fit", "Fit the sensitivity to the page", do(lambda found: found.viewer.fit_sensitivity()),
                ("V",), "View", seen, pages, "fit"),
        Command("go.here", "Go to the window shown here", do(lambda found: found.take_here()), ("W",), "List", seen,
                pages, "target"),
    ]  # fmt: skip


def _montage_commands(reach: _Reach, pages: tuple[str, ...]) -> list[Command]:
    """One for each montage that is built in, and for as many of the project's own."""

    def own(place: int) -> Command:
        def name() -> str:
            return reach.own(place)

        return Command(
            f"montage.own.{place + 1}", f"Montage: own {place + 1}", reach.do(lambda found: _choose(name(), found)),
            (f"Shift+F{place + 2}",), "View", lambda: reach.seen() and bool(name()), pages, hint=name,
        )  # fmt: skip

    built_in = [
        Command(
            f"montage.{name}", f"Montage: {words}", reach.do(partial(_choose, name)), (key,), "View", reach.seen, pages
        )
        for name, words, key in KEYS
    ]
    return [*built_in, *(own(place) for place in range(OWN))]


def _choose(name: str, desk: RecordingDesk) -> None:
    desk.viewer.choose_montage(name)


def _add(window: Window, desk: RecordingDesk) -> None:
    dialog = FieldDialog("Add a montage", "A JSON file with groups of rows such as Fp1-F7.", "Add", "montage", window)
    dialog.add_path("file", "File", kind="file")
    dialog.ask(lambda values: desk.add_montage(Path(values["file"]).expanduser()))


def _keep(window: Window, desk: RecordingDesk) -> None:
    montage = desk.montage()
    dialog = FieldDialog(
        "Write the montage", "Change its rows in any editor, then add it again.", "Write", "montage", window
    )
    dialog.add_path("folder", "In folder", str(Path.home()))
    dialog.add_field("name", "Name", f"{montage.name}-own")

    def write(values: dict[str, str]) -> None:
        name = values["name"].strip()
        if not name or Path(name).name != name:
            raise UserError("Give the montage a name without slashes.")
        path = Path(values["folder"] or ".").expanduser() / f"{name}.json"
        from models.montage import montage_json

        content = {**montage_json(montage), "name": name, "title": name}
        write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        window.notify(Note(f"Wrote {path.name}", "info"))

    dialog.ask(write)
