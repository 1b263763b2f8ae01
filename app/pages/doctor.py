"""The model doctor's page: a model folder of another program, looked at before anything in it is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.pages.page import Page
from models.errors import UserError
from widgets import numbers, theme, tokens
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.charts.squares import Squares
from widgets.parts.buttons import Button, ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.head import PageHead
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyHints
from widgets.parts.notice import IssuePanel, Note, keep_clear
from widgets.parts.text import Rule, Text

if TYPE_CHECKING:
    from app.window import Window

FILES = (FigureColumn("name", "File", "mono", 0), FigureColumn("size", "Size", "text", 80))
VERSIONS = (
    FigureColumn("name", "Package", "text", 0),
    FigureColumn("then", "Model", "text", 76),
    FigureColumn("now", "Here", "text", 76),
)
FINDINGS = (
    FigureColumn("result", "Result", "text", 76),
    FigureColumn("text", "What was found", "text", 0),
    FigureColumn("cure", "Remedy", "text", 150),
)
INPUTS = (
    FigureColumn("name", "In the model", "mono", 0),
    FigureColumn("state", "Here", "text", 96),
    FigureColumn("outside", "Outside", "count", 64),
    FigureColumn("distance", "Moved", "bar", 88, 2),
)
#: Kinds of findings that stop a model, or its score, from being what it says.
STOPS = ("doubled", "leakage", "file")
CURES = {"mend": "repair mends it", "rebuild": "rebuild it"}
WIDE, SLIM, NARROW = (340, 440), (290, 400), 1500


class DoctorPage(Page):
    """Folder, versions and types at the left, findings in the middle, metrics at the right."""

    name = "doctor"
    title = "Model doctor"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.found: Mapping[str, Any] = {}
        self.waiting = False
        self.types: dict[str, QCheckBox] = {}
        self.called: dict[str, LabelledCombo] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        column.addWidget(Rule())
        row = QHBoxLayout()
        row.setSpacing(0)
        self.left, self.right = self._build_left(), self._build_right()
        for part, stretch in (
            (self.left, 0),
            (Rule(upright=True), 0),
            (self._build_middle(), 1),
            (Rule(upright=True), 0),
            (self.right, 0),
        ):
            row.addWidget(part, stretch)
        column.addLayout(row, 1)

    # Building

    def _build_head(self) -> QWidget:
        captions = {"loads": "Types", "published": "Published", "rows": "Training rows", "metrics": "Metrics here"}
        source = "A model folder of another program; nothing of it runs before you say so"
        head = PageHead("doctor", {key: (words, 0) for key, words in captions.items()}, "Model doctor", source)
        self.source, self.blocks = head.source, head.figures
        return head

    def _build_line(self) -> QHBoxLayout:
        self.folder = QLineEdit()
        self.folder.setObjectName("doctor.folder")
        self.folder.setAccessibleName("Model folder")
        self.folder.setPlaceholderText("Folder that holds the .skops file")
        self.folder.returnPressed.connect(self.look)
        browse = ToolButton("folder_open", "Choose the folder")
        browse.setObjectName("doctor.browse")
        browse.clicked.connect(self._browse)
        again = ToolButton("refresh", "Look at it")
        again.setObjectName("doctor.look")
        again.clicked.connect(self.look)
        line = QHBoxLayout()
        line.setContentsMargins(tokens.GUTTER, 8, 6, 8)
        for tool in (self.folder, browse, again):
            line.addWidget(tool)
        return line

    def _build_left(self) -> QWidget:
        left = QWidget()
        left.setProperty("ground", "panel")
        self.files, self.versions = FigureTable(FILES, "Files"), FigureTable(VERSIONS, "Versions")
        self.files.setObjectName("doctor.files")
        self.versions.setObjectName("doctor.versions")
        self.type_head = PaneHeader("Types to trust", "")
        self.type_area = QScrollArea()
        self.type_area.setWidgetResizable(True)
        self.type_area.setAccessibleName("Types to trust")
        self.type_area.setFrameShape(QScrollArea.Shape.NoFrame)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(PaneHeader("Folder", ""))
        column.addLayout(self._build_line())
        for head, part, stretch in (
            (None, self.files, 3),
            (PaneHeader("Versions", "written with, and here"), self.versions, 2),
            (self.type_head, self.type_area, 3),
        ):
            if head is not None:
                column.addWidget(head)
            column.addWidget(part, stretch)
        column.addWidget(KeyHints([("Enter", "look at the folder")]))
        return left

    def _build_middle(self) -> QWidget:
        self.finding_head = PaneHeader("Findings", "")
        self.findings = FigureTable(FINDINGS, "Findings")
        self.findings.setObjectName("doctor.findings")
        self.findings.picked.connect(self._show_finding)
        self.leak = Squares()
        self.leak.setObjectName("doctor.leak")
        self.words = IssuePanel("", "", "warn", "warn")
        self.words.setObjectName("doctor.words")
        self.words.hide()
        self.class_box = QWidget()
        self.class_grid = QGridLayout(self.class_box)
        self.class_grid.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 10)
        self.class_grid.setColumnStretch(2, 1)
        self.class_head = PaneHeader("Classes", "what the model's answers are called here")
        middle = QWidget()
        middle.setProperty("ground", "well")
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.finding_head)
        column.addWidget(self.findings, 1)
        column.addWidget(self.words)
        column.addWidget(self.leak, 1)
        column.addWidget(self.class_head)
        column.addWidget(self.class_box)
        return middle

    def _build_right(self) -> QWidget:
        right = QWidget()
        right.setProperty("ground", "panel")
        self.input_head = PaneHeader("Metrics", "")
        self.inputs = FigureTable(INPUTS, "Metrics of the model")
        self.inputs.setObjectName("doctor.inputs")
        self.inputs.sort_by("distance")
        self.repair = Button("Repair and predict", tip="Mend what versions broke, and let it predict as it is")
        self.repair.setObjectName("doctor.repair")
        keep_clear(self.repair)
        self.repair.clicked.connect(lambda: self.take_in(False))
        self.again = Button("Rebuild and predict", tip="Fit its best configuration anew on each training unit once")
        self.again.setObjectName("doctor.rebuild")
        self.again.clicked.connect(lambda: self.take_in(True))
        foot = QHBoxLayout()
        foot.setContentsMargins(tokens.GUTTER, 10, tokens.GUTTER, 4)
        foot.setSpacing(8)
        foot.addWidget(self.again)
        foot.addWidget(self.repair)
        foot.addStretch(1)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.input_head)
        column.addWidget(self.inputs, 1)
        column.addLayout(foot)
        note = Text("The folder itself is never written to.", "body", "text2")
        note.setContentsMargins(tokens.GUTTER, 0, tokens.GUTTER, 10)
        column.addWidget(note)
        return right

    # Looking

    def opened(self) -> None:
        self.found, self.waiting = {}, False

    def refresh(self) -> None:
        self._show()

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Model folder", self.folder.text() or str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.examine)
        dialog.open()

    def look(self) -> None:
        """Look at the folder that the field names."""
        self.examine(self.folder.text().strip())

    def examine(self, folder: str) -> None:
        """Have a folder looked at; nothing in it is run."""
        if not folder:
            raise UserError("Name the folder that holds the .skops file.")
        self.folder.setText(folder)
        self.waiting = True
        title = f"Look at {Path(folder).name}"
        self.session.start_here("examine_model", {"folder": folder}, title, self._looked, failed=self._failed)

    def _looked(self, result: dict[str, Any]) -> None:
        self.waiting = False
        self.found = result
        self._show()

    def _failed(self, _text: str) -> None:
        self.waiting = False
        self._show()

    # Showing

    def _show(self) -> None:
        found = self.found
        if found:
            self.source.setText(str(found["folder"]))
        self._show_head()
        self.files.set_rows(
            [
                {"id": one["name"], "name": one["name"], "size": numbers.size(one["bytes"])}
                for one in found.get("files", ())
            ],
            "No folder yet",
        )
        here = found.get("here", {})
        versions = [
            {
                "id": name,
                "name": name,
                "then": then,
                "now": here.get(name, "–"),
                "best": here.get(name) not in (None, then),
            }
            for name, then in found.get("versions", {}).items()
        ]
        self.versions.set_rows(versions, "Not told" if found else "")
        self._show_types()
        self._show_findings()
        self._show_classes()
        self._show_inputs()
        self._allow()

    def _show_head(self) -> None:
        found = self.found
        strange = len(found.get("untrusted", ()))
        types = f"{len(found['types'])}" if found else "–"
        self.blocks["loads"].set_figure(
            types, f"{strange} unknown" if strange else "all known" if found else "", "warn" if strange else "text"
        )
        unreal = any(one["kind"] in ("doubled", "leakage") for one in found.get("ailments", ()))
        self.blocks["published"].set_figure(
            numbers.share(found.get("published")), "not real" if unreal else "", "error" if unreal else "text"
        )
        rows = found.get("rows")
        company = f"of {numbers.count(found['distinct'])} units" if rows else ""
        self.blocks["rows"].set_figure(numbers.count(rows) if rows else "–", company)
        inputs = found.get("inputs", ())
        present = sum(1 for one in inputs if one["state"] != "missing")
        self.blocks["metrics"].set_figure(f"{present}" if inputs else "–", f"of {len(inputs)}" if inputs else "")

    def _show_types(self) -> None:
        body = QWidget()
        body.setProperty("ground", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 6)
        self.types = {}
        strange = set(self.found.get("untrusted", ()))
        for name in sorted(self.found.get("types", ()), key=lambda name: name not in strange):
            box = QCheckBox(name)
            box.setFont(theme.font("mono"))
            box.setObjectName(f"doctor.trust.{name}")
            known = name not in strange
            box.setChecked(known)
            box.setEnabled(not known)
            box.setToolTip(
                "In the list of types that are safe to load" if known else "Not in the list: it may run code"
            )
            box.toggled.connect(lambda _on: self._allow())
            column.addWidget(box, 0, Qt.AlignmentFlag.AlignLeft)
            if not known:
                column.addWidget(Text("not in the known list; may run code when loaded", "caption", "warn"))
                self.types[name] = box
        column.addStretch(1)
        self.type_area.setWidget(body)
        self.type_head.set_subtitle(f"{len(strange)} must be trusted by you" if strange else "nothing is loaded before")

    def _show_findings(self) -> None:
        rows = []
        for place, one in enumerate(self.found.get("ailments", ())):
            stops = one["kind"] in STOPS
            cure = CURES.get(one["cure"], "")
            rows.append(
                {
                    "id": str(place),
                    "result": "stops" if stops else "note",
                    "text": one["text"],
                    "cure": cure,
                    "best": stops,
                }
            )
        self.findings.set_rows(rows, "Nothing is wrong with it" if self.found else "Choose a folder at the left")
        count = sum(1 for row in rows if row["best"])
        self.finding_head.set_subtitle(f"{len(rows)}, {count} of them serious" if rows else "")
        if rows and not self.findings.chosen():
            first = next((row for row in rows if row["best"]), rows[0])
            self.findings.choose(str(first["id"]))
        self._show_finding(self.findings.chosen())
        leak = self.found.get("leak")
        self.leak.setVisible(leak is not None)
        if leak is not None:
            which = "that its trainer tested on" if leak["known"] else "drawn for a test as its trainer draws them"
            title = f"{numbers.count(leak['test'])} rows {which}"
            self.leak.set_share(title, leak["shared"], leak["test"], ("also trained on", "new to the model"))

    def _show_finding(self, name: str) -> None:
        """The whole of the chosen finding, and what the doubled rows did to the score."""
        ailments = self.found.get("ailments", ())
        self.words.setVisible(bool(name) and bool(ailments))
        if not name or not ailments:
            return
        one = ailments[int(name)]
        title = {"doubled": "Doubled rows", "leakage": "A score that is not real", "type": "Types that must be trusted"}
        state = "error" if one["kind"] in STOPS else "warn"
        self.words.set_words(title.get(one["kind"], one["kind"].capitalize()), one["text"], state, "warn")

    def _show_classes(self) -> None:
        while (item := self.class_grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.called = {}
        names = list(self.found.get("classes", {}).values())
        own = self.session.classes if self.session.project else ()
        for row, name in enumerate(names):
            combo = LabelledCombo(
                "", [(name, name), *((self.session.class_title(one), one) for one in own if one != name)]
            )
            combo.setObjectName(f"doctor.class.{name}")
            combo.setAccessibleName(f"what {name} is called here")
            self.class_grid.addWidget(Text(name, "mono"), row, 0)
            self.class_grid.addWidget(combo, row, 1)
            self.called[name] = combo
        self.class_head.setVisible(bool(names))
        self.class_box.setVisible(bool(names))

    def _show_inputs(self) -> None:
        words = {"same": "same name", "renamed": "renamed", "missing": "missing, filled"}
        rows = []
        for one in self.found.get("inputs", ()):
            turned = ", sign turned" if one["turned"] else ""
            moved = None if one["distance"] is None else float(one["distance"])
            told = {
                "id": one["name"],
                "name": one["name"],
                "state": words[one["state"]],
                "outside": one["outside"],
                "distance": moved,
            }
            tip = f"{one['name']}: {words[one['state']]}{turned}" + (
                f", now {one['now']}" if one["now"] != one["name"] else ""
            )
            rows.append({**told, "tip": tip, "best": one["state"] != "same"})
        self.inputs.set_rows(rows, "No metrics are told" if self.found else "")
        units = int(self.found["inputs"][0]["units"]) if rows else 0
        noun = self.session.domain.sample if self.session.domain else "sample"
        self.input_head.set_subtitle(f"{len(rows)}, {numbers.plural(units, noun)} here" if rows else "")

    def _allow(self) -> None:
        """What can be done, nothing before each strange type is trusted; what the findings advise stands out."""
        trusted = all(box.isChecked() for box in self.types.values())
        self.repair.setEnabled(bool(self.found.get("file")) and trusted and not self.waiting)
        self.again.setEnabled(bool(self.found.get("rows")) and not self.waiting)
        advised = any(one["cure"] == "rebuild" for one in self.found.get("ailments", ()))
        anew = advised and bool(self.found.get("rows"))
        self.again.set_primary(anew)
        self.repair.set_primary(not anew)

    # Acting

    def take_in(self, rebuild: bool) -> None:
        """Take the model in as a run that predicts all samples."""
        session = self.session
        called = {name: str(combo.value()) for name, combo in self.called.items() if combo.value() != name}
        trust = [name for name, box in self.types.items() if box.isChecked()]
        self.waiting = True
        self._allow()
        arguments = {
            "folder": str(self.found["folder"]),
            "trust": [] if rebuild else trust,
            "rebuild": rebuild,
            "classes": called,
            "name": Path(str(self.found["folder"])).name,
            "by": session.curator,
        }
        words = "Rebuild" if rebuild else "Take in"
        session.start_here("adopt_model", arguments, f"{words} {arguments['name']}", self._taken, failed=self._failed)

    def _taken(self, result: dict[str, Any]) -> None:
        self.waiting = False
        self._allow()
        self.session.poll()  # its name is an entry that the worker wrote
        self.session.runs_changed(str(result["run"]))
        notes: Sequence[str] = result.get("notes", ())
        text = " ".join([str(result["words"]), *notes])
        self.desk.notify(
            Note(
                text,
                "warn" if notes else "ok",
                "The model has predicted",
                (("page.curate", "Curate"),),
                stays=bool(notes),
            )
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        left, right = WIDE if self.width() >= NARROW else SLIM
        self.left.setFixedWidth(left)
        self.right.setFixedWidth(right)

    def busy(self) -> bool:
        return self.waiting

    def panes(self) -> list[QWidget]:
        return [self.folder, self.findings, self.inputs]

    def first_focus(self) -> QWidget:
        return self.folder
