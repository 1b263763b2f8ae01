"""Commands that get in each other's way."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QKeySequence

from app.commands import Command


def clashes(commands: Iterable[Command]) -> list[tuple[str, str, str]]:
    """Pairs of commands that share a key on one page: (key, id, id)."""
    seen: list[tuple[str, Command]] = []
    found = []
    for command in commands:
        for key in command.keys:
            text = QKeySequence(key).toString()
            for other_key, other in seen:
                together = not command.pages or not other.pages or set(command.pages) & set(other.pages)
                if text == other_key and together:
                    found.append((text, other.id, command.id))
            seen.append((text, command))
    return found
