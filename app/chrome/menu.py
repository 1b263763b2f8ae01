"""The menu of all commands by section, and the one of other projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from app.commands import Command
from widgets import theme

if TYPE_CHECKING:
    from app.window import Window

SECTIONS = ("Project", "Label", "List", "Review", "Train", "View", "Go to")


def fill_menu(window: Window) -> QMenu:
    """A menu with one submenu a section; it deletes itself when it closes."""
    menu = QMenu(window)
    menu.setObjectName("menu.main")
    menu.aboutToHide.connect(menu.deleteLater)
    commands = [command for command in window.commands.all() if not command.hidden]
    sections = [*SECTIONS, *dict.fromkeys(c.part() for c in commands if c.part() not in SECTIONS)]
    for section in sections:
        members = [command for command in commands if command.part() == section]
        if members:
            part = menu.addMenu(section)
            for command in members:
                add_entry(part, window, command)
    return menu


def add_entry(menu: QMenu, window: Window, command: Command) -> QAction:
    """One command as a menu entry with its key."""
    action = QAction(command.words(), menu)
    action.setObjectName(f"menu.{command.id}")
    keys = window.commands.keys(command.id)
    if keys:
        action.setText(f"{command.words()}\t{QKeySequence(keys[0]).toString()}")
    if command.look and not command.look.startswith("class:"):
        action.setIcon(theme.icon(command.look))
    action.setEnabled(command.enabled())
    action.triggered.connect(lambda _checked=False: window.run_command(command.id))
    menu.addAction(action)
    return action


def project_menu(window: Window) -> QMenu:
    """Recent projects, then all, open, new, close."""
    menu = QMenu(window)
    menu.setObjectName("menu.projects")
    menu.aboutToHide.connect(menu.deleteLater)
    here = str(window.session.project.path) if window.session.project else ""
    for recent in [item for item in window.session.settings.recents() if item.path != here][:8]:
        action = QAction(f"{recent.name}\t{recent.domain}", menu)
        action.triggered.connect(lambda _checked=False, path=recent.path: window.open_project(Path(path)))
        menu.addAction(action)
    menu.addSeparator()
    for name in ("project.start", "project.open", "project.new", "project.close"):
        command = window.commands.get(name)
        if command is not None:
            add_entry(menu, window, command)
    return menu
