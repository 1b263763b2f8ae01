"""The commands that every domain has, and the class keys of the open project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.commands import Command
from app.nouns import sample_noun, title_of
from models.event import CANNOT_SAY, CLEARED
from models.lazy import Lazy
from models.structure import MERGE, REMOVE
from widgets import numbers, theme, tokens
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from app.pages import PageEntry
    from app.window import Window

#: Pages where a sample is shown or selected, so that the keys of labelling act.
LABELLING = ("curate", "map", "rapid")
#: Those and the page on which whole groups are labelled: the keys of classes act there too.
CLASSING = (*LABELLING, "groups")


def core_commands(window: Window) -> list[Command]:
    """Commands of the window itself, of the project and of labelling."""
    return [
        *_project_commands(window),
        *_page_commands(window),
        *_label_commands(window),
        *_structure_commands(window),
        *_list_commands(window),
        *_train_commands(window),
        *_view_commands(window),
    ]


def _project_commands(window: Window) -> list[Command]:
    def has() -> bool:
        return window.session.project is not None

    def can_carry() -> bool:
        return window.session.domain is not None and window.session.domain.match is not None and has()

    def can_complete() -> bool:
        return window.session.domain is not None and window.session.domain.completion is not None and has()

    section = "Project"
    return [
        Command("project.new", "New project…", _asker(window, "new_project"), ("Ctrl+N",), section, look="add"),
        Command("project.open", "Open project…", _asker(window, "open_project"), ("Ctrl+O",), section,
                look="folder_open"),
        Command("project.import", "Import data…", lambda: window.show_page("import"), ("Ctrl+I",), section, has,
                look="import"),
        Command("project.labels", "Import labels from a table…", _asker(window, "import_labels"), (), section, has,
                look="label", hint="CSV"),
        Command("project.class", "Add class…", _asker(window, "add_class"), (), section, has, look="tag"),
        Command("project.carry", "Carry labels to what was found anew…", _asker(window, "carry_labels"), (), section,
                can_carry, look="label"),
        Command("project.complete", "Compute missing measures…", _asker(window, "ask", "app.completing"), (), section,
                can_complete, look="chart"),
        Command("project.export", "Export…", _asker(window, "export"), ("Ctrl+E",), section, has, look="export"),
        Command("project.check", "Check the project", _asker(window, "check"), (), section, has, look="shield"),
        Command("project.locate", "Locate moved files…", _asker(window, "locate"), (), section, has, look="folder"),
        Command("project.start", "All projects", lambda: window.show_page("start"), ("Ctrl+0",), section,
                look="project"),
        Command("project.close", "Close project", window.session.leave, ("Ctrl+W",), section, has, look="close"),
        Command("window.close", "Quit", lambda: _quit(window), ("Ctrl+Q",), section, look="close"),
    ]  # fmt: skip


def _asker(window: Window, name: str, module: str = "app.ask") -> Callable[[], None]:
    """A dialog of a module that is loaded when it is first wanted."""
    return partial(Lazy(module, name), window)


def _quit(window: Window) -> None:
    window.close()


def _page_commands(window: Window) -> list[Command]:
    from app.pages import PAGES

    return [
        *(
            Command(f"page.{entry.name}", _page_title(window, entry), _shower(window, entry.name), (entry.key,),
                    "Go to", partial(window.has_page, entry.name), look="right")
            for entry in PAGES
            if entry.tab
        ),
        Command("page.settings", "Settings", lambda: window.show_page("settings"), ("Ctrl+,",), "Go to", look="gear"),
        Command("page.keys", "All keys", lambda: window.show_page("keys"), ("F1",), "Go to", look="keyboard"),
        Command("palette.open", "Find or run anything", window.open_palette, ("Ctrl+K", "Ctrl+Shift+P"), "Go to",
                hidden=True),
        Command("window.back", "One step back", window.step_back, ("Esc",), "Go to", hidden=True),
        Command("window.pane", "Next pane", lambda: _next_pane(window), ("F6",), "Go to", hidden=True),
        Command("notices.show", "Show the notice that was put aside", window.notices.bring_back, (), "Go to",
                lambda: bool(window.notices.aside()), look="info"),
        Command("jobs.tray", "Show jobs", window.toggle_tray, ("Ctrl+J",), "Go to", look="jobs"),
    ]  # fmt: skip


def _page_title(window: Window, entry: PageEntry) -> Callable[[], str]:
    return lambda: f"Go to {title_of(entry, window.session)}"


def _shower(window: Window, name: str) -> Callable[[], None]:
    return lambda: window.show_page(name)


def _next_pane(window: Window) -> None:
    """Put the focus into the next pane of the page, from the last one to the first."""
    panes = [pane for pane in window.page(window.page_name()).panes() if pane.isVisible()]
    focus = QApplication.focusWidget()
    here = next(
        (i for i, pane in enumerate(panes) if focus is not None and (pane is focus or pane.isAncestorOf(focus))), -1
    )
    if panes:
        panes[(here + 1) % len(panes)].setFocus(Qt.FocusReason.TabFocusReason)


def _label_commands(window: Window) -> list[Command]:
    session = window.session

    def some() -> bool:
        return session.project is not None and len(session.selected) > 0

    def undo_title() -> str:
        return f"Undo {session.undo_title()}".rstrip()

    def redo_title() -> str:
        return f"Redo {session.redo_title()}".rstrip()

    def has() -> bool:
        return session.project is not None

    on = LABELLING
    return [
        Command("label.accept", "Accept the model's class", session.accept_model, ("A",), "Label", some, on, "accept"),
        Command("label.keep", "Keep the label", session.keep_label, ("K",), "Label", some, on, "check"),
        _clear_command(window),
        Command("label.cannot", "Cannot say", lambda: session.label(CANNOT_SAY), ("Q",), "Label", some, CLASSING,
                "help"),
        Command("label.blind", lambda: "Show others' votes and the model" if session.blind else "Vote blind",
                lambda: session.vote_blind(not session.blind), ("B",), "Label", lambda: session.votes_count, on,
                "blind"),
        Command("flag.flag", "Flag for review", lambda: session.flag("flag"), ("F",), "Label", some, on, "flag"),
        Command("flag.bookmark", "Bookmark", lambda: session.flag("bookmark"), ("D",), "Label", some, on, "bookmark"),
        Command("flag.exclude", "Exclude from training", lambda: session.flag("exclude"), ("X",), "Label", some, on,
                "exclude"),
        Command("flag.quality", "Bad quality", lambda: session.flag("bad quality"), ("Shift+X",), "Label", some, on,
                "warn"),
        Command("edit.undo", undo_title, session.undo, ("Ctrl+Z",), "Label", has, look="undo"),
        Command("edit.redo", redo_title, session.redo, ("Ctrl+Shift+Z", "Ctrl+Y"), "Label", has, look="redo"),
    ]  # fmt: skip


def _structure_commands(window: Window) -> list[Command]:
    """Enabled only where the domain knows the act and it takes as many samples as are selected."""
    session = window.session

    def title(kind: str, usual: str) -> Callable[[], str]:
        return lambda: session.edit_title(kind) or usual

    def can(kind: str) -> Callable[[], bool]:
        return lambda: session.project is not None and session.can_edit(kind)

    def merge() -> None:
        # Where it can be seen beforehand what comes of it, that is asked first.
        if not window.page(window.page_name()).preview_merge():
            session.merge()

    def remove() -> None:
        session.remove()

    def noun() -> str:
        return sample_noun(session) if session.project else "sample"

    on = LABELLING
    return [
        Command("edit.merge", title(MERGE, "Merge"), merge, ("Ctrl+M",), "Label", can(MERGE), on, "merge"),
        Command("edit.propose", lambda: f"Find {noun()}s that may be one", session.propose, ("Ctrl+Shift+M",), "Label",
                lambda: session.project is not None and session.can_propose, on, "similar"),
        Command("edit.find", lambda: f"Find {noun()}s here", session.find_samples, (), "Label",
                lambda: session.project is not None and session.can_find, on, "target"),
        Command("edit.remove", title(REMOVE, "Remove"), remove, ("Del",), "Label", can(REMOVE), on, "delete"),
    ]  # fmt: skip


def _list_commands(window: Window) -> list[Command]:
    session = window.session

    def has() -> bool:
        return session.project is not None and len(session.order) > 0

    on = LABELLING
    return [
        Command("go.next", "Next sample", lambda: session.step(1), ("Space",), "List", has, on, "right"),
        Command("go.back", "Sample before", lambda: session.step(-1), ("Shift+Space",), "List", has, on, "left"),
        Command("go.unlabelled", "Next unlabelled", session.next_unlabelled, (".",), "List", has, on, "right"),
    ]


def _train_commands(window: Window) -> list[Command]:
    """Here and not on the train page: its key acts before that page was ever shown."""

    def has() -> bool:
        return window.session.project is not None

    def doctors() -> bool:
        return window.session.domain is not None and window.session.domain.doctor is not None

    def calibrates() -> bool:
        return window.session.domain is not None and window.session.domain.calibrate is not None

    return [
        Command(
            "model.carry",
            "Predict new samples",
            lambda: _follow(window, "carry_run", "New samples by"),
            (),
            "Train",
            has,
        ),
        Command(
            "model.calibrate",
            "Calibrate on labels of new samples",
            lambda: _follow(window, "calibrate", "Calibrate"),
            (),
            "Train",
            calibrates,
        ),
        Command(
            "model.doctor", "Model doctor…", lambda: window.show_page("doctor"), (), "Train", doctors, look="shield"
        ),
        Command(
            "train.start", "Train", lambda: _train(window), ("Ctrl+Return", "Ctrl+Enter"), "Train", has, look="play"
        ),
    ]


def _follow(window: Window, order: str, words: str) -> None:
    """Have a run made that follows from the shown one, and show it."""
    session = window.session
    record = session.record()
    if record is None:
        window.notify(Note("Train a model first.", "info", actions=(("page.train", "Train"),)))
        return

    def done(result: Mapping[str, Any]) -> None:
        session.runs_changed(str(result["run"]))
        told = [f"Predicted {numbers.count(result['predicted'])}."] if "predicted" in result else [result["words"]]
        notes = list(result.get("notes") or ())
        offer = (("queue.spread", "Label these first"),) if "predicted" in result else (("page.results", "Results"),)
        window.notify(Note(" ".join([*told, *notes]), "warn" if notes else "ok", actions=offer, stays=bool(notes)))

    session.start_here(order, {"run": record.id}, f"{words} {record.title}", done)


def _train(window: Window) -> None:
    from app.pages.train import TrainPage

    if window.page_name() != "train":
        window.show_page("train")
    page = window.page("train")
    if isinstance(page, TrainPage):
        window.guarded(page.start)


def _view_commands(window: Window) -> list[Command]:
    def dress(mode: str) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            window.session.settings.set("theme", mode)
            theme.apply(app, mode)  # type: ignore[arg-type]

    return [
        Command("view.light", "Light theme", lambda: dress("light"), (), "View", look="sun"),
        Command("view.dark", "Dark theme", lambda: dress("dark"), (), "View", look="moon"),
        Command("view.system", "Theme of the system", lambda: dress("system"), (), "View", look="gear"),
        Command(
            "help.crash",
            "Show crash reports",
            _asker(window, "show_crashes"),
            (),
            "View",
            lambda: _has_crashes(window),
            look="crash",
        ),
    ]


def _has_crashes(window: Window) -> bool:
    return bool(window.trouble and window.trouble.waiting())


def _clear_command(window: Window, more: str = "") -> Command:
    """Taking a label away; `more`: the key that the domain's people know for it."""
    session = window.session

    def some() -> bool:
        return session.project is not None and len(session.selected) > 0

    keys = ("Backspace", more) if more else ("Backspace",)
    return Command("label.clear", "Clear label", lambda: session.label(CLEARED), keys, "Label", some, CLASSING, "clear")


def _standing(window: Window, name: str) -> str:
    """What a class is to the shown sample: its label, the model's choice."""
    session = window.session
    if session.current < 0 or len(session.selected) != 1:
        return ""
    place = session.classes.index(name)
    told = []
    if session.places()[session.current] == place:
        told.append("present label")
    if session.predicted_places()[session.current] == place:
        told.append(f"model's choice, p {numbers.p(float(session.view.column('confidence')[session.current]))}")
    return ", ".join(told)


def class_commands(window: Window) -> list[Command]:
    """One command a class of the open project, with its digit and the domain's own key; and clearing."""
    session = window.session
    if session.project is None:
        return []
    own = session.open_domain.class_keys
    keys = [(tokens.key_of(place, session.classes), own.get(name, "")) for place, name in enumerate(session.classes)]

    def some() -> bool:
        return len(session.selected) > 0

    def beside(name: str) -> Callable[[], str]:
        return lambda: _standing(window, name)

    def labeller(name: str) -> Callable[[], None]:
        return lambda: session.label(name)

    labels = [
        Command(
            f"label.class.{name}",
            f"Label as {session.class_title(name)}",
            labeller(name),
            tuple(key for key in keys[place] if key),
            "Label",
            some,
            CLASSING,
            f"class:{place}",
            beside(name),
        )
        for place, name in enumerate(session.classes)
    ]
    return [*labels, _clear_command(window, own.get(CLEARED, ""))]
