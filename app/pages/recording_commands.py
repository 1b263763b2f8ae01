"""Commands for recordings: montages by key, annotations, montages of one's own as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.chrome.dialog import FieldDialog
from app.commands import Command
from models.errors import UserError
from models.montage import montage_json
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


def recording_commands(
    window: Window, desk: Callable[[], RecordingDesk | None], pages: tuple[str, ...]
) -> list[Command]:
    """What a person can do with a recording; desk: None before the first one is shown."""

    def seen() -> bool:
        found = desk()
        return found is not None and found.is_seen()

    def chosen() -> bool:
        found = desk()
        return found is not None and found.has_chosen()

    def do(act: Callable[[RecordingDesk], None]) -> Callable[[], None]:
        def run() -> None:
            found = desk()
            if found is not None:
                act(found)

        return run

    def step(by: int) -> Callable[[], None]:
        return do(lambda found: found.step(by))

    def montage(name: str) -> Callable[[], None]:
        return do(lambda found: found.viewer.choose_montage(name))

    def own(place: int) -> tuple[Callable[[], str], Callable[[], None], Callable[[], bool]]:
        """Name, act and whether it can be done for one of the project's own montages."""

        def name() -> str:
            found = desk()
            own = found.own_montages() if found is not None else []
            return own[place].name if place < len(own) else ""

        return name, do(lambda found: found.viewer.choose_montage(name())), lambda: seen() and bool(name())

    owned = [(place + 1, own(place), f"Shift+F{place + 2}") for place in range(OWN)]
    return [
        *(
            Command(f"montage.{name}", f"Montage: {words}", montage(name), (key,), "View", seen, pages)
            for name, words, key in KEYS
        ),
        *(
            Command(f"montage.own.{number}", f"Montage: own {number}", run, (key,), "View", there, pages, "", name)
            for number, (name, run, there), key in owned
        ),
        Command("montage.edit", "Edit montages…", do(lambda found: found.edit_montages(window)), ("Ctrl+F2",), "View",
                seen, pages, "edit"),
        Command("montage.add", "Add a montage from a file…", do(partial(_add, window)), (), "View", seen, pages),
        Command("montage.write", "Write the montage to a file…", do(partial(_keep, window)), (), "View", seen, pages),
        Command("channel.bad", "Call the picked channel bad, or good again", do(lambda found: found.viewer.ask_bad()),
                ("Shift+C",), "View", seen, pages),
        Command("region.list", "List of annotations", do(lambda found: found.viewer.list_button.toggle()), ("Shift+R",),
                "View", seen, pages, "list"),
        Command("region.next", "Next annotation", step(1), ("]",), "View", seen, pages),
        Command("region.back", "Annotation before", step(-1), ("[",), "View", seen, pages),
        Command("region.split", "Split the annotation", do(lambda found: found.split()), (), "Label", chosen, pages),
        Command("region.delete", "Delete the annotation", do(lambda found: found.remove()), (), "Label", chosen, pages),
    ]  # fmt: skip


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
        content = {**montage_json(montage), "name": name, "title": name}
        write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        window.notify(Note(f"Wrote {path.name}", "info"))

    dialog.ask(write)
