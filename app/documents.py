"""Writes the documents that the program itself knows best: controls, keys, verbs.

``python -m app.documents`` writes docs/controls.md, docs/keys.md, docs/cli.md, the table of verbs in README.md
and the list of modules in docs/architecture.md; ``--check`` tells which of them are not as they would be written now.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PySide6.QtWidgets import QWidget

    from app.commands import Command
    from app.window import Window

ROOT = Path(__file__).resolve().parent.parent
DOCS, README = ROOT / "docs", ROOT / "README.md"
NOTE = "<!-- Written by `python -m app.documents`; edit the program instead. -->"


# The command line


def cli_page() -> str:
    """Every verb with its arguments and flags."""
    from app.cli import commands
    from app.cli.verbs import VERBS

    lines = ["# The command line", "", NOTE, "", "Every verb also takes `--json` and `--verbose`.", ""]
    lines += _table(("verb", "what it does"), ((f"[`{name}`](#{name})", text) for name, (_, text) in VERBS.items()))
    with click.Context(commands, info_name="winnow") as context:
        for name in VERBS:
            command = commands.get_command(context, name)
            assert command is not None
            lines += ["", f"## {name}", "", *_verb(name, command, context)]
    return "\n".join(lines) + "\n"


def readme() -> str:
    """README.md with its table of verbs as it should be."""
    from app.cli.verbs import VERBS

    head, rest = README.read_text("utf-8").split("<!-- verbs -->", 1)
    tail = rest.split("<!-- /verbs -->", 1)[1]
    rows = ((f"`winnow {name}`", text) for name, (_, text) in VERBS.items())
    lines = "\n".join(_table(("verb", "what it does"), rows))
    return f"{head}<!-- verbs -->\n{lines}\n<!-- /verbs -->{tail}"


# The modules

PACKAGES = ("app", "widgets", "workers", "models", "resources")
PURPOSE = {
    "app": "The program: the window with its pages and commands, and the command line.",
    "widgets": "What is drawn. Widgets know payloads and changes, and nothing of projects, files or workers.",
    "workers": "Work beside the window's thread.",
    "models": "The core: nouns at its root, then store, learn, domains, orders. No Qt.",
    "resources": "What the window needs beside code: fonts, style sheet, logo, tours, and the set-up script.",
}


def architecture() -> str:
    """docs/architecture.md with its list of modules as it should be."""
    head, rest = (DOCS / "architecture.md").read_text("utf-8").split("<!-- modules -->", 1)
    tail = rest.split("<!-- /modules -->", 1)[1]
    lines = [line for package in PACKAGES for line in _package(ROOT / package)]
    return f"{head}<!-- modules -->\n{chr(10).join(lines)}\n<!-- /modules -->{tail}"


def _package(folder: Path) -> list[str]:
    name = folder.relative_to(ROOT).as_posix()
    inner = [place for place in sorted(folder.iterdir()) if (place / "__init__.py").is_file()]
    words = PURPOSE.get(name) or _first_line(folder / "__init__.py")
    lines = ["", f"### `{name}`", ""] + ([words, ""] if words else [])
    rows = [(f"`{file.stem}`", _first_line(file)) for file in sorted(folder.glob("*.py")) if _first_line(file)]
    lines += _table(("module", "what it is"), (row for row in rows if row[0] != "`__init__`"))
    if len(lines) and lines[-1].startswith("| ---"):
        lines = lines[:-2]
    return lines + [line for place in inner for line in _package(place)]


def _first_line(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return text.partition("\n")[0].replace("``", "`").replace("|", "\\|")


def _verb(name: str, command: click.Command, parent: click.Context) -> list[str]:
    from app.cli.verbs import EXAMPLES

    with click.Context(command, info_name=name, parent=parent) as context:
        usage = " ".join([f"winnow {name}", *command.collect_usage_pieces(context)])
    lines = [command.help or "", "", "```", usage, "```", ""]
    if examples := EXAMPLES.get(name):
        lines = [*lines[:-1], "", "```", *examples, "```", ""]
    options = [item for item in command.params if isinstance(item, click.Option) and item.name not in _SHARED]
    return [*lines, *_table(("flag", "what it does"), map(_flag, options))] if options else lines[:-1]


_SHARED = ("as_json", "verbose", "help")


def _flag(option: click.Option) -> tuple[str, str]:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    known = f" One of: {', '.join(option.type.choices)}." if isinstance(option.type, click.Choice) else ""
    default = "" if option.is_flag or option.default in (None, "", ()) else f" Default: {option.default}."
    again = " May be repeated." if option.multiple and "repeated" not in (option.help or "") else ""
    words = f"{option.help or ''}{known}{again}{default}"
    if "Sentinel" in words:
        words = option.help or ""
    return " ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts)), words.strip()


# The keys


def keys_page(commands: Iterable[Command]) -> str:
    """Every command by section, with its keys and the pages where they act."""
    sections: dict[str, list[Command]] = {}
    for command in commands:
        sections.setdefault(command.part(), []).append(command)
    lines = [
        "# Keys and commands",
        "",
        NOTE,
        "",
        "Letters act outside text fields. `F1` shows this list in the window;",
    ]
    lines += ["there each key can be changed. `Ctrl+K` finds and runs every command by its title.", ""]
    for section, members in sections.items():
        rows = ((item.words(), _caps(item.keys), ", ".join(item.pages) or "all", f"`{item.id}`") for item in members)
        lines += [f"## {section}", "", *_table(("command", "keys", "pages", "id"), rows), ""]
    return "\n".join(lines).rstrip() + "\n"


def _caps(keys: Iterable[str]) -> str:
    return " ".join(f"`{key}`" for key in keys)


# The controls


@dataclass(frozen=True)
class Control:
    """One thing that a person can press, choose or type into."""

    page: str
    name: str
    kind: str
    accessible: str


def controls_page(controls: Iterable[Control]) -> str:
    """Every control by page: what tours click and screen readers say."""
    lines = [
        "# Controls",
        "",
        NOTE,
        "",
        "Object names are what `click:` in a tour takes. `…` stands for a name or number.",
    ]
    pages: dict[str, dict[tuple[str, str], Control]] = {}
    for item in controls:
        pages.setdefault(item.page, {}).setdefault((item.name, item.kind), item)
    for page, members in pages.items():
        rows = ((f"`{item.name}`", item.kind, item.accessible) for _, item in sorted(members.items()))
        lines += ["", f"## {page}", "", *_table(("object name", "kind", "accessible name"), rows)]
    return "\n".join(lines) + "\n"


def controls_of(window: Window) -> list[Control]:
    """The visible controls of every page that the window has, chrome first; it is shown and has a project."""
    from app.pages import PAGES

    found: list[Control] = []
    chrome = {id(widget) for widget in pressable(window) if not window.stack.isAncestorOf(widget)}
    found += [_control("every page", widget) for widget in pressable(window) if id(widget) in chrome]
    for entry in PAGES:
        page = window.page(entry.name)  # its commands are told with the keys, whichever domain it is for
        if window.has_page(entry.name):
            window.show_page(entry.name)
            settle(window)
            found += [_control(entry.title, widget) for widget in pressable(page)]
    return found + unit_controls() + recording_controls() + spectrogram_controls()


def controls_of_domains(window: Window, folder: Path) -> list[Control]:
    """The controls of the pages that only some domains have, those behind an empty state and a tab among them.

    An empty project of such a domain is opened for each in the window; made in `folder`.
    """
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication

    from app.pages import PAGES
    from models.domains import NAMES, domain
    from models.store.project import Project

    found: list[Control] = []
    lacking = [entry for entry in PAGES if not window.has_page(entry.name)]
    for name in NAMES:
        fitting = [entry for entry in lacking if entry.fits(domain(name))]
        if not fitting:
            continue
        Project.create(folder / name, name, votes=domain(name).votes).close()
        window.open_project(folder / name)
        for entry in fitting:
            lacking.remove(entry)
            window.show_page(entry.name)
            settle(window)
            # What stood there for the project before is only waiting to be taken away.
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            found += [_control(entry.title, widget) for widget in _all_of(window.page(entry.name))]
    return found


def _all_of(root: QWidget) -> list[QWidget]:
    """The controls below `root`, also on those faces of it that wait behind the one on show."""
    from PySide6.QtWidgets import QApplication, QStackedLayout

    found = list(pressable(root))
    stacks = root.findChildren(QStackedLayout)
    faces = {id(stack): [stack.widget(place) for place in range(stack.count())] for stack in stacks}
    inner = {id(one) for members in faces.values() for face in members if face is not None
             for one in face.findChildren(QStackedLayout)}  # fmt: skip
    for stack in (one for one in stacks if id(one) not in inner):
        kept = stack.currentIndex()
        for face in faces[id(stack)]:
            if face is not None:
                stack.setCurrentWidget(face)
                QApplication.processEvents()
                found += _all_of(face)
        stack.setCurrentIndex(kept)
    return found


def unit_controls() -> list[Control]:
    """The controls of the unit viewer, which stands on the curate page in projects of units: wide and narrow."""
    import numpy as np

    from models.payload import Unit
    from widgets.unit.viewer import UnitViewer

    viewer = UnitViewer()
    places = np.zeros((2, 2), np.float32)
    viewer.set_payload(Unit("1", "session:1", np.eye(2, dtype=np.float32), places, ("1", "2"), (0, 1)))
    return _shown_alone("Curate, a unit", viewer)


def recording_controls() -> list[Control]:
    """The like of the viewer of recordings."""
    from models.electrodes import CHANNELS
    from models.payload import Recording
    from widgets.recording.viewer import RecordingViewer

    viewer = RecordingViewer()
    viewer.set_payload(Recording(_Silence(), CHANNELS, 100.0, whole="1"))
    found = _shown_alone("Curate, a recording", viewer)
    viewer.close_down()
    return found


def spectrogram_controls() -> list[Control]:
    """The like of the viewer of spectrograms, the card of its colours open."""
    from models.payload import Spectrogram, Strip
    from widgets.spectrogram.viewer import SpectrogramViewer

    viewer = SpectrogramViewer()
    viewer.set_payload(Spectrogram((Strip("left", _Stillness()),), 0.0, 2.0, 0.5, 20.0, -40.0, 60.0))
    viewer.set_card(True)
    found = _shown_alone("Curate, a spectrogram", viewer)
    viewer.close_down()
    return found


class _Stillness:
    """A spectrogram of the lowest level."""

    bins, length = 40, 300

    def read(self, first: int, last: int, columns: int) -> npt.NDArray[np.uint8]:
        import numpy as np

        return np.ones((self.bins, min(columns, last - first)), np.uint8)


class _Silence:
    """A recording of zeros."""

    channels, length = 20, 2000

    def read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        import numpy as np

        return np.zeros((self.channels, min(last, self.length) - max(first, 0)), np.float32)


def _shown_alone(page: str, viewer: QWidget) -> list[Control]:
    """The controls of a viewer, wide and narrow."""
    from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

    holder = QWidget()
    QVBoxLayout(holder).addWidget(viewer)
    found: list[Control] = []
    for wide in (1600, 640):
        holder.resize(wide, 1000)
        holder.show()
        QApplication.processEvents()
        found += [_control(page, widget) for widget in pressable(holder)]
    holder.close()
    holder.deleteLater()
    return found


def settle(window: Window, patience: float = 600.0) -> None:
    """Handle events until nothing runs, and for a moment longer; UserError when that takes too long.

    patience: seconds, so many that only what never ends takes longer, however much else the machine does.
    """
    from PySide6.QtWidgets import QApplication

    end, calm = time.monotonic() + patience, 0
    while calm < 20:
        QApplication.processEvents()
        time.sleep(0.01)
        calm = calm + 1 if window.is_idle() else 0
        if time.monotonic() > end:
            raise UserError(f"the page {window.page_name()} does not come to rest")


def pressable(root: QWidget) -> Iterator[QWidget]:
    """Visible widgets below `root` that take keys or are buttons; parts inside a control are left out."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QScrollArea, QWidget

    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or widget.objectName().startswith("qt_") or _inside(widget):
            continue
        plain = type(widget) is QScrollArea or type(widget) is QAbstractScrollArea
        if isinstance(widget, QAbstractButton) or (widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not plain):
            yield widget


def _inside(widget: QWidget) -> bool:
    """Whether the widget is a piece of a compound control, such as the line edit of a combo box."""
    from PySide6.QtWidgets import QAbstractScrollArea, QAbstractSpinBox, QComboBox, QHeaderView

    parent = widget.parentWidget()
    if isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget:
        return True
    while parent is not None:
        if isinstance(parent, QAbstractSpinBox | QComboBox | QHeaderView):
            return True
        parent = parent.parentWidget()
    return False


def _control(page: str, widget: QWidget) -> Control:
    from PySide6.QtWidgets import QAbstractButton

    words = widget.accessibleName()
    if not words and isinstance(widget, QAbstractButton):
        words = widget.text()
    kind = type(widget).__name__
    return Control(page, _settled(widget.objectName()), kind, _settled(words))


#: Titles of classes: which of them a control names depends on the sample that is shown.
_CLASSES = re.compile(r"\b(centre|\d+ hops?)\b")


def _settled(words: str) -> str:
    """The words without what differs from one project or sample to another: folders, classes, counts."""
    words = _CLASSES.sub("…", re.sub(r"(?<![\w])/[^\s`]*/", "…/", words))
    return re.sub(r"\d[\d,.\u2009\u202f]*", "…", words).replace("|", "\\|").replace("\n", " ")


# All of them


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cell.replace(chr(10), ' ') for cell in cells)} |"

    return [line(head), line("-" * len(cell) for cell in head), *map(line, rows)]


@contextmanager
def demo_window(folder: Path) -> Iterator[Window]:
    """The window, shown, with a small generated project that has a run; made in `folder`.

    Its jobs are done in this process: another one takes a minute to begin where much else runs, and nobody waits
    at this window.
    """
    from PySide6.QtWidgets import QApplication

    from app.gui import make_application, make_window
    from app.jobs import Jobs
    from app.settings import Settings
    from models.job import Job
    from workers.desk import Inline
    from workers.inline import run

    made = run(Job("make_demo", {"folder": str(folder), "domain": "traces", "samples": 4}, "demo"))
    settings = Settings(folder / "settings.json")
    settings.set("motion", False)
    settings.set("curator", "curator")
    window = make_window(make_application(), settings, "light", jobs=Jobs(Inline()))
    try:
        window.resize(1600, 1000)
        window.show()
        window.open_project(Path(made["project"]))
        settle(window)
        yield window
    finally:
        window.shut()
        window.close()
        window.deleteLater()
        QApplication.processEvents()


def window_pages(window: Window, controls: list[Control], folder: Path) -> dict[str, str]:
    """docs/controls.md and docs/keys.md of a window and its controls, to which those of other domains come.

    folder: for the projects of these, of which the last stays open.
    """
    keys = keys_page(window.commands.all())
    controls += controls_of_domains(window, folder)
    return {"controls.md": controls_page(controls), "keys.md": keys}


def write(check: bool = False) -> list[str]:
    """Write the documents, or only compare; the names of those that differed."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder, demo_window(Path(folder)) as window:
        told = window_pages(window, controls_of(window), Path(folder))
        pages = {DOCS / name: text for name, text in told.items()}
    pages |= {DOCS / "cli.md": cli_page(), README: readme(), DOCS / "architecture.md": architecture()}
    differing = []
    for file, text in pages.items():
        if not file.is_file() or file.read_text("utf-8") != text:
            differing.append(file.name)
            if not check:
                file.write_text(text, "utf-8")
    return differing


def main() -> int:
    """The command: status 1 when a check finds a difference."""
    check = "--check" in sys.argv[1:]
    differing = write(check)
    verb = "differ from the program" if check else "written"
    sys.stdout.write(f"docs: {', '.join(differing)} {verb}\n" if differing else "docs: as they should be\n")
    return int(check and bool(differing))


if __name__ == "__main__":
    sys.exit(main())
