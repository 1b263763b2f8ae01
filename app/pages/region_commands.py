"""Commands for the regions of a recording or a sound: their list, stepping, splitting, deleting; playing a sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.commands import Command

if TYPE_CHECKING:
    from app.pages.region_desk import RegionDesk
    from app.pages.sound_desk import SoundDesk


def region_commands(desk: Callable[[], RegionDesk | None], pages: tuple[str, ...]) -> list[Command]:
    """What a person can do with regions; desk: of the viewer that is seen, None where that has none."""

    def seen() -> bool:
        found = desk()
        return found is not None and found.is_seen()

    def chosen() -> bool:
        found = desk()
        return found is not None and found.has_chosen()

    def do(act: Callable[[RegionDesk], object]) -> Callable[[], None]:
        def run() -> None:
            if (found := desk()) is not None:
                act(found)

        return run

    def words(before: str, after: str = "") -> Callable[[], str]:
        """Annotations of a recording, regions of a sound: what they are called where they are seen."""
        return lambda: f"{before}{found.called if (found := desk()) is not None else 'annotation'}{after}"

    return [
        Command("region.list", words("List of ", "s"), do(lambda found: found.viewer.list_button.toggle()),
                ("Shift+R",), "View", seen, pages, "list"),
        Command("region.next", words("Next "), do(lambda found: found.step(1)), ("]",), "View", seen, pages),
        Command("region.back", words("Previous "), do(lambda found: found.step(-1)), ("[",), "View", seen, pages),
        Command("region.split", words("Split the "), do(lambda found: found.split()), ("I",), "Label", chosen, pages),
        Command("region.delete", words("Delete the "), do(lambda found: found.remove()), (), "Label", chosen, pages),
    ]  # fmt: skip


def sound_commands(desk: Callable[[], SoundDesk | None], pages: tuple[str, ...]) -> list[Command]:
    """What a person can do with a sound; desk: None where none is seen."""

    def seen() -> bool:
        found = desk()
        return found is not None and found.is_seen()

    def stretched() -> bool:
        found = desk()
        return found is not None and found.is_seen() and found.viewer.page.stretch() is not None

    def do(act: Callable[[SoundDesk], object]) -> Callable[[], None]:
        def run() -> None:
            if (found := desk()) is not None:
                act(found)

        return run

    return [
        Command("sound.play", "Play or pause", do(lambda found: found.viewer.toggle_play()), ("Return", "Enter"),
                "View", seen, pages, "play"),
        Command("sound.play_selection", "Play the selection", do(lambda found: found.viewer.play_selection()),
                ("Shift+Return", "Shift+Enter"), "View", stretched, pages, "play"),
        Command("sound.loop", "Play over and over", do(lambda found: found.viewer.bar.loop.toggle()), ("O",), "View",
                seen, pages, "loop"),
        Command("sound.rewind", "To the beginning", do(lambda found: found.viewer.rewind()), (), "View", seen, pages),
        Command("sound.slower", "Play slower", do(lambda found: found.viewer.step_speed(-1)), ("<",), "View", seen,
                pages),
        Command("sound.faster", "Play faster", do(lambda found: found.viewer.step_speed(1)), (">",), "View", seen,
                pages),
        Command("sound.zoom", "Zoom to the selection", do(lambda found: found.viewer.zoom_to_selection()), ("Z",),
                "View", stretched, pages, "zoom_selection"),
        Command("sound.tracks", "Curves: F0 and formants", do(lambda found: found.viewer.tracks.toggle()), (), "View",
                seen, pages, "chart"),
    ]  # fmt: skip
