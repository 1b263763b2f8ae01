"""The main window: chrome, pages, notices, palette. It draws and passes on; the session decides."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.chrome.menu import fill_menu, project_menu
from app.chrome.statusline import StatusLine
from app.chrome.topbar import TopBar
from app.chrome.tray import JobsTray
from app.commands import Command, Commands
from app.core_commands import class_commands, core_commands
from app.nouns import title_of
from app.pages import PAGES, PageEntry
from app.pages.page import Page
from app.session import Session
from app.trouble import Trouble
from app.watching import Watching
from models.change import Change, LabelsChanged, ProjectChanged, SamplesChanged, UndoChanged
from models.errors import UserError
from models.job import Progress
from widgets import numbers
from widgets.parts.notice import Note, NoticeStack

if TYPE_CHECKING:
    from app.chrome.palette import PaletteSource
    from widgets.palette import Palette

#: What a notice may offer whichever project is open.
_ANY_PROJECT = ("help.crash",)


class Window(QMainWindow):
    """The workstation's window. `closed` comes once, when it is gone."""

    closed = Signal()
    palette_source: PaletteSource

    def __init__(self, session: Session, trouble: Trouble | None = None) -> None:
        super().__init__()
        self.session = session
        self.trouble = trouble
        self.commands = Commands(self, session.settings)
        self._entries = {entry.name: entry for entry in PAGES}
        self._pages: dict[str, Page] = {}
        self._page = ""
        #: Whether nobody is there to answer: a tour plays, and takes what it asked for without a question.
        self.unattended = False
        self._shut = self._closing = False
        self.setObjectName("window")
        self.setWindowTitle("Winnow")
        self.setMinimumSize(960, 600)
        self._build()
        self.commands.add(core_commands(self))
        self._connect()
        self.watching = Watching(self)

    def _build(self) -> None:
        self.top = TopBar()
        self.status = StatusLine()
        self.stack = QStackedWidget()
        self.stack.setObjectName("pages")
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.top, self.stack, self.status):
            column.addWidget(widget)
        column.setStretchFactor(self.stack, 1)
        self.setCentralWidget(middle)
        self.notices = NoticeStack(middle)
        self._palette: Palette | None = None
        self.tray = JobsTray(self)

    def _connect(self) -> None:
        session = self.session
        session.changed.connect(self._follow)
        session.noticed.connect(self.notify)
        session.leaving.connect(self._forget_offers)
        session.jobs.changed.connect(self._show_jobs)
        session.jobs.started.connect(lambda ticket: ticket.progressed.connect(self._show_progress))
        session.jobs.ended.connect(lambda ticket, ending: self._show_jobs())
        session.jobs.failed.connect(self._job_failed)
        self.notices.action_asked.connect(lambda note, command: self.run_command(command))
        self.notices.aside_changed.connect(lambda: self.status.show_aside(self.notices.aside()))
        self.status.aside.clicked.connect(lambda: self.run_command("notices.show"))
        self.top.tabs.page_asked.connect(self.show_page)
        self.top.undo.clicked.connect(lambda: self.run_command("edit.undo"))
        self.top.redo.clicked.connect(lambda: self.run_command("edit.redo"))
        self.top.finder.pressed.connect(lambda: self.run_command("palette.open"))
        self.top.person.pressed.connect(lambda: self.show_page("settings"))
        self.top.menu.clicked.connect(self.open_menu)
        self.top.project.pressed.connect(lambda: project_menu(self).popup(self._below(self.top.project)))
        self.status.job.clicked.connect(self.toggle_tray)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._show_counts)
        self._second.start()

    @property
    def palette_box(self) -> Palette:
        """The command palette, made when it is first asked for."""
        if self._palette is None:
            self._palette = self._make_palette()
        return self._palette

    def _make_palette(self) -> Palette:
        from app.chrome.palette import MODES, PaletteSource
        from widgets.palette import Palette

        self.palette_source = PaletteSource(self)
        palette = Palette(self, self.palette_source, MODES)
        palette.setObjectName("palette")
        palette.closed.connect(lambda: self.commands.suspend(False))
        palette.entry_asked.connect(self.palette_source.run)
        return palette

    def _below(self, widget: QWidget) -> Any:
        return widget.mapToGlobal(widget.rect().bottomLeft())

    # Start and end

    def begin(self, project: Path | None) -> None:
        """Show the project, or the start page; tell of a crash before."""
        if project is None:
            self.show_page("start")
        else:
            self.open_project(project)
        self._tell_crash()
        QTimer.singleShot(300, self._settle)

    def _settle(self) -> None:
        """What can wait until the window stands there: the machine's words, the palette, the worker's child."""
        if not self._shut:
            self._show_device()
            self.palette_box.ensurePolished()  # made, and left open where it was asked for before
            self.session.jobs.host.prime()

    def _tell_crash(self) -> None:
        reports = self.trouble.waiting() if self.trouble else []
        if reports and self.trouble:
            last = reports[0].read_text("utf-8", errors="replace").strip().splitlines()[-1]
            text = f"No label is lost: each was written as it was given. {last}"
            self.notify(Note(text, "warn", "Winnow ended by itself", (("help.crash", "Show report"),), stays=True))

    def restore(self) -> None:
        """Window size and place as they were left."""
        kept = self.session.settings.get("window")
        if kept:
            self.restoreGeometry(base64.b64decode(kept))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._stays_to_keep():
            event.ignore()
            return
        self.shut()
        event.accept()
        self.closed.emit()

    def _stays_to_keep(self) -> bool:
        """Whether the window goes on until a job has written what it made; asked to close again, it does not."""
        ticket = self.session.jobs.keeping
        if self._shut or self._closing or ticket is None:
            return False
        self._closing = True
        ticket.ended.connect(lambda _ending: QTimer.singleShot(0, self, self.close))
        text = "The window closes when that is done. Close it again to go at once; what is not written is lost then."
        self.notify(Note(text, "warn", f"{ticket.job.title}: what it made is being written", stays=True))
        return True

    def shut(self) -> None:
        """Keep the place, end the jobs, close the project; safe to call again."""
        if self._shut:
            return
        self._shut = True
        self._second.stop()
        if self._palette is not None:
            self.palette_source.reader.close()
        for page in self._pages.values():
            page.keep()
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.session.settings.set("window", geometry)
        self.session.jobs.close()
        self.session.close()

    # Pages

    def page_name(self) -> str:
        """The page that is shown."""
        return self._page

    def page(self, name: str) -> Page:
        """A page, made when first asked for."""
        if name not in self._pages:
            entry = self._entries[name]
            page = entry.make(self)
            self._pages[name] = page
            self.stack.addWidget(page)
            self.commands.add(page.commands())
            page.opened()
        return self._pages[name]

    def show_page(self, name: str) -> None:
        """Show a page; one that needs a project gives way to the start page, one that the domain lacks to curate."""
        if not self.has_page(name):
            name = "start" if self.session.project is None else "curate"
        page = self.page(name)
        bare = name == "start"
        if bare:
            self.notices.bring_back()  # here is no line where they could wait
        elif self._page not in (name, ""):
            self.notices.put_aside()
        if name != self._page:
            self.tray.hide()  # it was opened over the page that goes
        self._page = name
        self.top.setVisible(not bare)
        self.status.setVisible(not bare)
        self.commands.show_page(name)
        domain = self.session.domain
        self.status.show_use(domain is not None and domain.watch is not None and not page.tells_use)
        page.refresh()
        self.stack.setCurrentWidget(page)
        self.top.tabs.show_page(name)
        self.notices.settle()
        self.focus_page()
        if self._entries[name].tab and self.session.project:
            pages = {**self.session.settings.get("pages", {}), str(self.session.project.path): name}
            self.session.settings.set("pages", pages)

    def has_page(self, name: str) -> bool:
        """Whether a page can be shown as things are: with a project, and one of a domain that offers it."""
        entry = self._entries[name]
        return not entry.needs_project or (self.session.project is not None and entry.fits(self.session.domain))

    def focus_page(self) -> None:
        """Give the keyboard to what the shown page begins with."""
        focus = self.page(self._page).first_focus()
        if focus is not None:
            focus.setFocus()

    def tabs(self) -> list[PageEntry]:
        """The pages with a tab for the open project's domain."""
        return [entry for entry in PAGES if entry.tab and entry.fits(self.session.domain)]

    def step_back(self) -> None:
        """Esc: close what is on top, else one step back in the page."""
        if self._palette is not None and self._palette.isVisible():
            self._palette.close_palette()
        elif self.tray.isVisible():
            self.tray.hide()
        elif self._page and not self._pages[self._page].step_back() and self._page not in ("curate", "start"):
            self.show_page("curate" if self.session.project else "start")

    # Project

    def open_project(self, path: Path) -> None:
        """Open a project and show it where it was left."""
        try:
            self.session.open(path)
        except UserError as error:
            self.notify(Note(str(error), "error", "Not opened"))
            if not self._page:
                self.show_page("start")

    def _forget_offers(self) -> None:
        """What a notice offers to do concerns the project that is left: the next one must not be changed by it."""
        self.notices.drop_where(lambda note: any(key not in _ANY_PROJECT for key, _words in note.actions))

    def _project_changed(self) -> None:
        project = self.session.project
        self.top.project.show_project(project.path.name if project else "", project.domain if project else "")
        self._show_tabs()
        self.top.person.show_person(self.session.curator)
        self.setWindowTitle(f"{project.path.name} – Winnow" if project else "Winnow")
        self._set_class_keys()
        for page in self._pages.values():
            page.opened()
        if project is None:
            self.show_page("start")
        elif not len(project.samples):
            self.show_page("import")
        else:
            last = self.session.settings.get("pages", {}).get(str(project.path), "curate")
            self.show_page(last if last in {entry.name for entry in self.tabs()} else "curate")

    def _show_tabs(self) -> None:
        self.top.tabs.set_pages([(entry.name, title_of(entry, self.session)) for entry in self.tabs()])

    def _set_class_keys(self) -> None:
        self.commands.remove([item.id for item in self.commands.all() if item.id.startswith("label.class.")])
        self.commands.add(class_commands(self))

    # Changes

    def _follow(self, change: Change) -> None:
        if isinstance(change, ProjectChanged):
            self._project_changed()
        else:
            if isinstance(change, SamplesChanged):
                self._set_class_keys()
                self._show_tabs()
                for name, page in self._pages.items():
                    if name != self._page:
                        page.outdated()
            if self._page:
                self._pages[self._page].follow(change)
        if isinstance(change, LabelsChanged | ProjectChanged | SamplesChanged):
            self._show_counts()
        elif isinstance(change, UndoChanged):
            self._show_undo()

    def _show_counts(self) -> None:
        session = self.session
        if session.project is None:
            self.status.show_counts(0, 0, 0, 0)
            return
        fold = session.view.stands()
        labelled, there = int((fold.live_codes >= 0).sum()), int(fold.live.sum())
        self.status.show_counts(labelled, there, session.reviewed, session.pace())
        busy = session.jobs.beside_busy
        self.status.show_saved("Saving" if busy else "Saved", "spinner" if busy else "saved")
        self.status.who.set_text(session.curator)
        self._show_undo()

    def _show_device(self) -> None:
        from workers.meters import device_words

        self.status.device.set_text(device_words())

    def _show_undo(self) -> None:
        undo, redo = self.session.undo_title(), self.session.redo_title()
        self.top.undo.setEnabled(bool(undo))
        self.top.redo.setEnabled(bool(redo))
        self.top.undo.set_tip(f"Undo {undo}".rstrip(), self.commands.key_words("edit.undo"))
        self.top.redo.set_tip(f"Redo {redo}".rstrip(), self.commands.key_words("edit.redo"))

    # Jobs

    def _show_jobs(self) -> None:
        ticket = self.session.jobs.running
        if ticket is None:
            self.status.show_job("")
        else:
            self._show_progress(ticket.last)
        self.tray.show_tickets(self.session.jobs.waiting())

    def _show_progress(self, progress: Progress) -> None:
        ticket = self.session.jobs.running
        if ticket is None:
            return
        part = progress.done / progress.total if progress.total else -1.0
        left = progress.values.get("left")
        words = ticket.job.title + (f", {progress.text}" if progress.text else "")
        waiting = len(self.session.jobs.waiting()) - 1
        self.status.show_job(words, part, numbers.duration(left) if left is not None else "", waiting)
        self.tray.show_tickets(self.session.jobs.waiting())

    def _job_failed(self, ticket: Any, text: str, trace: str) -> None:
        if trace and self.trouble:
            self.trouble.keep(trace)
        self.notify(Note(text, "error", f"{ticket.job.title}: not done"))

    def toggle_tray(self) -> None:
        """Show or hide the list of jobs."""
        if self.tray.isVisible():
            self.tray.hide()
        else:
            self.tray.show_tickets(self.session.jobs.waiting())
            self.tray.open_above(self.status)

    def is_idle(self) -> bool:
        """Nothing runs and the page waits for nothing."""
        jobs = self.session.jobs
        waiting = self._page and self._pages[self._page].busy()
        return jobs.running is None and not jobs.waiting() and not jobs.beside_busy and not waiting

    # Notices, palette, menu

    def notify(self, note: Note) -> None:
        """Show a short message without interrupting; its actions are ids of commands."""
        self.notices.say(note)

    def run_command(self, name: str) -> bool:
        """Run a command; what a person did wrong becomes a notice."""
        return self.guarded(lambda: self.commands.run(name))

    def guarded(self, act: Callable[[], bool]) -> bool:
        """Run an act; a UserError is shown as a notice."""
        try:
            return act()
        except UserError as error:
            self.notify(Note(str(error), "error", "Not done"))
            return True

    def open_palette(self, text: str = "") -> None:
        """Open the command palette."""
        self.commands.suspend(True)
        self.palette_box.open(text, self.palette_source.context())

    def open_menu(self) -> None:
        """The menu of all commands, by section."""
        fill_menu(self).popup(self._below(self.top.menu))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.tray.isVisible():
            self.tray.open_above(self.status)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.session.poll()


def focus_in_text() -> bool:
    """Whether letters go into a text field now."""
    from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit

    return isinstance(QApplication.focusWidget(), QLineEdit | QPlainTextEdit | QTextEdit)


__all__ = ["Command", "Window", "focus_in_text"]
