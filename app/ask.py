"""What is asked before a command can run: small dialogs that never block the window."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.chrome.dialog import FieldDialog
from app.nouns import sample_noun
from models.domain import Domain
from models.domains import NAMES
from models.domains import domain as find_domain
from models.errors import UserError
from models.orders.exporting import PATIENT, paper_of
from models.params import listed
from models.store.project import Project
from widgets import numbers, theme
from widgets.parts.buttons import Button, PrimaryButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.notice import Note
from widgets.parts.text import Text

if TYPE_CHECKING:
    from app.window import Window

#: What the names of fields begin with that set what a format can be told; limits of one that is yes or no.
_SET, _YES_OR_NO = "set.", "yes or no"
_PAPER = f"{_SET}paper"
SUFFIXES = {"csv": ".csv", "parquet": ".parquet", "report": ".html", PATIENT: ".html"}
#: What the report of patients is written as.
PAPERS = (("A web page (HTML)", ""), ("A4 pages (PDF)", "a4"), ("Letter pages (PDF)", "letter"))
GENERAL_FORMATS = (("CSV table", "csv"), ("Parquet table", "parquet"), ("Report of a run (HTML)", "report"))


def new_project(window: Window) -> None:
    """Name, folder, domain, classes, where the labels live; then the project opens."""
    dialog = FieldDialog(
        "New project",
        "A project keeps addresses, labels and runs; your files stay where they are.",
        "Make",
        "new",
        window,
    )
    dialog.add_field("name", "Name", hint="calcium-5x5")
    dialog.add_path("folder", "In folder", str(Path.home()))
    dialog.add_choice("domain", "Domain", [(find_domain(name).title, name) for name in NAMES])
    dialog.add_field("classes", "Classes", hint="as found in the data, or a,b,c")
    dialog.add_field("url", "Labels URL", hint="postgresql://… to share labels, else in the project")

    def make(values: dict[str, str]) -> None:
        if not values["name"]:
            raise UserError("Give the project a name.")
        path = Path(values["folder"] or ".").expanduser() / values["name"]
        classes = listed(values["classes"])
        kind = find_domain(values["domain"])
        Project.create(path, kind.name, classes, values["url"], kind.votes).close()
        window.open_project(path)

    dialog.ask(make)


def open_project(window: Window) -> None:
    """The folder of a project."""
    dialog = FieldDialog("Open project", "The folder that holds the project.", "Open", "open", window)
    dialog.add_path("folder", "Project")

    def go(values: dict[str, str]) -> None:
        window.session.open(Path(values["folder"]).expanduser())

    dialog.ask(go)


def other_project(window: Window, use: Callable[[str], None]) -> None:
    """The folder of another project, that a run is validated on."""
    dialog = FieldDialog("Another project", "The folder of a project of the same kind.", "Use", "open", window)
    dialog.add_path("folder", "Project")

    def go(values: dict[str, str]) -> None:
        path = Path(values["folder"]).expanduser()
        if not path.is_dir():
            raise UserError(f"{path} is no folder. Choose that of a project.")
        use(str(path))

    dialog.ask(go)


def add_class(window: Window) -> None:
    """One more class for the open project."""
    dialog = FieldDialog(
        "Add class", "Samples can be labelled as it at once; its key stands beside it.", "Add", "class", window
    )
    dialog.add_field("name", "Name", hint="as it stands in your data")

    def go(values: dict[str, str]) -> None:
        window.session.add_class(values["name"])
        window.focus_page()  # the button that asked may be gone: the class's key must not write in a field
        window.notify(Note(f"Class {values['name']} is there"))

    dialog.ask(go)


def import_labels(window: Window) -> None:
    """A table of labels for samples that are here."""
    session = window.session
    dialog = FieldDialog(
        "Import labels",
        "A CSV with the columns id and label; rows that fit no sample are named.",
        "Import",
        "labels",
        window,
    )
    dialog.add_path("file", "Table", kind="file")

    def go(values: dict[str, str]) -> None:
        if not Path(values["file"]).is_file():
            raise UserError(f"{values['file']}: there is no such file.")
        arguments = {"path": values["file"], "by": session.curator}
        session.start_here("label_file", arguments, "Import labels", lambda result: _labels_in(window, result))

    dialog.ask(go)


def _labels_in(window: Window, result: dict[str, Any]) -> None:
    window.session.poll()
    skipped = result.get("skipped", [])
    text = f"{numbers.plural(result['changed'], 'label')} came in, {numbers.count(result['different'])} new or changed"
    if skipped:
        rows = f"{numbers.plural(len(skipped), 'row')} did not"
        told = f"{text}. {rows}; {skipped[0]['where']}: {skipped[0]['reason']}."
        window.notify(Note(told, "warn", "Labels", stays=True))
    else:
        window.notify(Note(text))


def carry_labels(window: Window) -> None:
    """From which group or source to which labels are carried over; the worker matches their samples."""
    session = window.session
    project = session.open_project
    groups = list(project.samples.group_codes()[1])
    names = [*groups, *(info.name for info in project.sources() if info.name not in groups)]
    dialog = FieldDialog(
        "Carry labels over",
        f"Each {sample_noun(session)} found anew gets the label of the one that it is; those with a label keep it.",
        "Carry over",
        "carry",
        window,
    )
    for name, words, at in (("old", "From", 0), ("new", "To", -1)):
        dialog.add_choice(name, words, [(one, one) for one in names]).set_value(names[at])

    def done(result: dict[str, Any]) -> None:
        session.poll()
        text = f"{numbers.plural(result['carried'], 'label')} carried over, {result['matched']} matched"
        lost = result["unmatched"]
        if lost:
            text += f"; without a match: {', '.join(lost[:3])}{f' and {len(lost) - 3} more' if len(lost) > 3 else ''}"
        window.notify(Note(f"{text}.", "warn" if lost else "ok", actions=(("edit.undo", "Undo"),), stays=bool(lost)))

    def go(values: dict[str, str]) -> None:
        if values["old"] == values["new"]:
            raise UserError("Choose two that differ.")
        arguments = {**values, "by": session.curator}
        session.start_here("carry_labels", arguments, f"Carry labels to {values['new']}", done)

    dialog.ask(go)


def export(window: Window) -> None:
    """Format, file, which samples; the export runs in the worker."""
    session = window.session
    domain = session.open_domain
    watched = (("Report of patients", PATIENT),) if domain.watch is not None else ()
    formats = [*GENERAL_FORMATS, *watched, *((item.title, item.name) for item in domain.exports)]
    dialog = FieldDialog(
        "Export", "Labels with who and when, and the predictions of the shown run.", "Export", "export", window
    )
    choice = dialog.add_choice("format", "Format", formats)
    suffixes = {**SUFFIXES, **{item.name: item.suffix for item in domain.exports}}
    plain = str(Path.home() / session.open_project.path.name)
    target = dialog.add_path("path", "To", f"{plain}.csv", "save")

    def suggest(form: object) -> None:
        if target.text() in {plain + suffix for suffix in (*suffixes.values(), ".pdf")}:
            target.setText(plain + suffixes[str(form)])

    choice.chosen.connect(suggest)
    dialog.add_field("where", "Only", session.listing.where, "all samples")
    _add_settings(dialog, choice, domain)
    if watched:
        _add_paper_of(dialog, choice, target)

    def go(values: dict[str, str]) -> None:
        path = Path(values["path"]).expanduser()
        paper_of(path, values.get(_PAPER, ""))
        # Such a format adds to the data and keeps what stood there.
        beside = any(item.name == values["format"] and item.beside for item in domain.exports) and path.is_dir()
        if path.exists() and not beside:
            raise UserError(f"{path.name} is already there. Choose another name.")
        session.view.mask(values["where"])
        _start_export(window, values, path, beside)

    dialog.ask(go)


def _add_paper_of(dialog: FieldDialog, choice: LabelledCombo, target: QLineEdit) -> None:
    """What a report is written as, shown while the chosen format is that of patients."""
    follow = _add_paper(dialog, target)

    def show(form: object) -> None:
        dialog.show_field(_PAPER, form == PATIENT)
        if form == PATIENT:
            follow()

    choice.chosen.connect(show)
    show("")


def _add_paper(dialog: FieldDialog, target: QLineEdit) -> Callable[[], None]:
    """What a report of patients is written as; the call given back lets the file's name follow that."""
    paper = dialog.add_choice(_PAPER, "As", PAPERS)

    def follow() -> None:
        path = Path(target.text())
        if path.suffix in (".html", ".pdf"):
            target.setText(str(path.with_suffix(".pdf" if paper.value() else ".html")))

    paper.chosen.connect(lambda _value: follow())
    return follow


def _start_export(window: Window, values: Mapping[str, str], path: Path, overwrite: bool) -> None:
    session = window.session
    arguments = {
        "project": str(session.open_project.path),
        "format": values["format"],
        "out": str(path),
        "where": values["where"],
        "run": session.run,
        "overwrite": overwrite,
        "settings": {name.removeprefix(_SET): text for name, text in values.items() if name.startswith(_SET)},
    }
    session.jobs.start(
        "export", arguments, f"Export {values['format']}", lambda result: _exported(window, path, result)
    )


def _add_settings(dialog: FieldDialog, choice: LabelledCombo, domain: Domain) -> None:
    """What formats can be told, each shown while a format that knows it is chosen."""
    known = {name: key for item in domain.exports for name, key in item.keys.items()}
    for name, key in known.items():
        if key.limits == _YES_OR_NO:
            words = sorted((("Yes", "yes"), ("No", "no")), key=lambda pair: pair[1] != key.default)
            field: QWidget = dialog.add_choice(_SET + name, key.label, words)
        else:
            field = dialog.add_field(_SET + name, key.label, hint=key.default)
        field.setToolTip(f"{key.help}\nOn the command line: --set {name}=…")

    def show(form: object) -> None:
        keys = next((item.keys for item in domain.exports if item.name == form), {})
        for name in known:
            dialog.show_field(_SET + name, name in keys)

    choice.chosen.connect(show)
    show("")


def export_patient(window: Window, group: str) -> None:
    """A file for the report of one patient; it is made in the worker."""
    session = window.session
    dialog = FieldDialog(
        f"Report of {group}",
        "Recordings, episodes with traces, votes and where the predictions come from, in one file. "
        "Research use, no diagnosis.",
        "Write",
        "report",
        window,
    )
    place = str(Path.home() / f"{session.open_project.path.name}-report.html")
    _add_paper(dialog, dialog.add_path("path", "To", place, "save"))

    def go(values: dict[str, str]) -> None:
        path = Path(values["path"]).expanduser()
        paper = paper_of(path, values[_PAPER])
        if path.exists():
            raise UserError(f"{path.name} is already there. Choose another name.")
        arguments = {
            "project": str(session.open_project.path),
            "format": PATIENT,
            "out": str(path),
            "where": f"group == {json.dumps(group, ensure_ascii=False)}",
            "run": session.run,
            "settings": {"paper": paper},
        }
        session.jobs.start("export", arguments, f"Report of {group}", lambda result: _exported(window, path, result))

    dialog.ask(go)


def _exported(window: Window, path: Path, result: dict[str, Any]) -> None:
    written = numbers.plural(result.get("written", 0), result.get("of", "sample"))
    told = [f"Exported {written} to {path.name}"]
    told += [_sentence(note) for note in result.get("notes", [])[:2]]
    told += [f"Left out {one['where']}: {one['reason']}" for one in result.get("skipped", [])[:2]]
    told += [str(problem) for problem in result.get("problems", [])[:2]]
    window.notify(Note(". ".join(told), stays=len(told) > 1))


def _sentence(note: Mapping[str, Any]) -> str:
    """What was noted, with the file that it is about where there is one."""
    where, text = Path(str(note.get("source") or note.get("where") or "")).name, str(note["text"])
    return f"{where}: {text}" if where else f"{text[:1].upper()}{text[1:]}"


def check(window: Window) -> None:
    """Fold the journal again, look at every source; tells what is wrong."""

    def told(result: dict[str, Any]) -> None:
        problems = result.get("problems", [])
        if problems:
            window.notify(
                Note(" ".join(problems[:3]), "warn", f"{numbers.plural(len(problems), 'problem')} found", stays=True)
            )
        else:
            window.notify(Note("Checked: labels fold again and equal, sources are present"))

    window.session.start_here("check", {}, "Check project", told)


def locate(window: Window) -> None:
    """Where moved files are now."""
    session = window.session
    missing = [info for info in session.open_project.sources() if info.missing]
    away = numbers.plural(len(missing), "file is not where it was", "files are not where they were")
    text = f"{away}. What moved is found again by its content."
    dialog = FieldDialog("Locate moved files", text, "Locate", "locate", window)
    dialog.add_path("old", "Was", str(missing[0].path) if missing else "")
    dialog.add_path("new", "Is now")

    def told(found: dict[str, Any]) -> None:
        session.poll()
        window.notify(Note(f"Found {numbers.plural(found['found'], 'file')}, {len(found['missing'])} still missing"))

    def go(values: dict[str, str]) -> None:
        session.start_here("locate", {"old": values["old"], "new": values["new"]}, "Locate files", told)

    dialog.ask(go)


def show_crashes(window: Window) -> None:
    """The report of the last crash; nothing is sent."""
    trouble = window.trouble
    reports = trouble.waiting() if trouble else []
    if not reports or trouble is None:
        return
    dialog = QDialog(window)
    dialog.setObjectName("crash")
    dialog.setWindowTitle("Winnow ended by itself")
    dialog.resize(720, 420)
    column = QVBoxLayout(dialog)
    column.addWidget(Text("Winnow ended by itself", "head"))
    column.addWidget(Text("No label is lost. The report stays on this computer; nothing is sent.", "body", "text2"))
    text = QPlainTextEdit(reports[0].read_text("utf-8", errors="replace"))
    text.setObjectName("crash.text")
    text.setReadOnly(True)
    text.setFont(theme.font("mono_small"))
    column.addWidget(text, 1)
    foot = QHBoxLayout()
    foot.addWidget(Text(str(reports[0]), "caption", "text3"), 1)
    close = Button("Keep for later")
    close.clicked.connect(dialog.reject)
    seen = PrimaryButton("Go on")
    seen.setObjectName("crash.ok")
    seen.clicked.connect(trouble.seen)
    seen.clicked.connect(dialog.accept)
    foot.addWidget(close)
    foot.addWidget(seen)
    column.addLayout(foot)
    dialog.open()
