"""Commands: one table that gives menus, palette, shortcuts and the page of keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.settings import Settings

Words = str | Callable[[], str]


#: Their titles name what they would act on.
_NAMING = ("edit.undo", "edit.redo", "edit.merge", "edit.remove")


def always() -> bool:
    """For commands that are never disabled."""
    return True


@dataclass(frozen=True)
class Command:
    """One thing a person can do.

    title may be a function where it names its object ("Undo Label as 1 hop"), section where it names what the open
    project holds ("Patients"). pages: where its keys
    act, () everywhere. look: an icon's name, or "class:2" for the chip of class 2.
    """

    id: str
    title: Words
    run: Callable[[], None]
    keys: tuple[str, ...] = ()
    section: Words = "Work"
    enabled: Callable[[], bool] = always
    pages: tuple[str, ...] = ()
    look: str = ""
    hint: Words = ""
    hidden: bool = False

    def words(self) -> str:
        """The title at this moment."""
        return self.title if isinstance(self.title, str) else self.title()

    def plain(self) -> str:
        """The title without the object that it names at this moment: "Undo"."""
        return self.words().partition(" ")[0] if self.id in _NAMING else self.words()

    def part(self) -> str:
        """The section that it stands in at this moment."""
        return self.section if isinstance(self.section, str) else self.section()

    def hint_words(self) -> str:
        """The soft words after the title."""
        return self.hint if isinstance(self.hint, str) else self.hint()


class Commands(QObject):
    """All commands of the window, their actions and the person's own keys."""

    changed = Signal()
    #: A key whose command is disabled just now, which may mean something to what is shown.
    unused = Signal(str)

    def __init__(self, window: QWidget, settings: Settings) -> None:
        super().__init__(window)
        self.window = window
        self.settings = settings
        self.page = ""
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}

    def add(self, commands: Iterable[Command]) -> None:
        """Add commands; one of the same id takes the other's place."""
        for command in commands:
            self.remove([command.id])
            self._commands[command.id] = command
            action = QAction(self.window)
            action.setObjectName(f"command.{command.id}")
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setShortcuts([QKeySequence(key) for key in self.keys(command.id)])
            action.triggered.connect(lambda _checked=False, name=command.id: self._press(name))
            self.window.addAction(action)
            self._actions[command.id] = action
            self._set_active(command)
        self.changed.emit()

    def remove(self, names: Iterable[str]) -> None:
        """Take commands out, with their keys."""
        for name in list(names):
            if name in self._commands:
                del self._commands[name]
                action = self._actions.pop(name)
                self.window.removeAction(action)
                action.deleteLater()

    def all(self) -> list[Command]:
        """Every command in the order of its adding."""
        return list(self._commands.values())

    def get(self, name: str) -> Command | None:
        """The command of an id."""
        return self._commands.get(name)

    def run(self, name: str) -> bool:
        """Run a command when it is enabled; False when it is unknown or disabled."""
        command = self._commands.get(name)
        if command is None or not command.enabled():
            return False
        command.run()
        return True

    def _press(self, name: str) -> None:
        if not self.run(name) and (keys := self.keys(name)):
            self.unused.emit(keys[0])

    def show_page(self, page: str) -> None:
        """Keys that belong to other pages sleep."""
        self.page = page
        for command in self._commands.values():
            self._set_active(command)

    def _set_active(self, command: Command) -> None:
        self._actions[command.id].setEnabled(not command.pages or self.page in command.pages)

    def suspend(self, suspended: bool) -> None:
        """While the palette is open no key of a command acts."""
        for command in self._commands.values():
            if suspended:
                self._actions[command.id].setEnabled(False)
            else:
                self._set_active(command)

    def keys(self, name: str) -> tuple[str, ...]:
        """The person's own keys of a command, or its usual ones."""
        own = self.settings.get("keys", {}).get(name)
        return tuple(own) if own is not None else self._commands[name].keys

    def key_words(self, name: str) -> str:
        """The first key as it is printed on caps, "" for none."""
        keys = self.keys(name) if name in self._commands else ()
        return QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""

    def remap(self, name: str, keys: tuple[str, ...]) -> list[str]:
        """Give a command other keys; those commands that had them lose them and are returned."""
        wanted = {QKeySequence(key).toString() for key in keys}
        own = dict(self.settings.get("keys", {}))
        robbed = []
        for other in self._commands:
            kept = [key for key in self.keys(other) if QKeySequence(key).toString() not in wanted]
            if other != name and len(kept) != len(self.keys(other)) and self._meet(other, name):
                own[other] = kept
                robbed.append(other)
        own[name] = list(keys)
        self.settings.set("keys", own)
        for changed in (*robbed, name):
            self._actions[changed].setShortcuts([QKeySequence(key) for key in self.keys(changed)])
        self.changed.emit()
        return robbed

    def _meet(self, one: str, other: str) -> bool:
        first, second = self._commands[one].pages, self._commands[other].pages
        return not first or not second or bool(set(first) & set(second))

    def reset_keys(self) -> None:
        """All commands have their usual keys again."""
        self.settings.set("keys", {})
        for name, action in self._actions.items():
            action.setShortcuts([QKeySequence(key) for key in self.keys(name)])
        self.changed.emit()
