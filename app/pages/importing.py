"""The import page: a dry run tells what would come in, what not and why; then it comes in."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QScrollArea,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.pages.import_reading import ReadingPane
from app.pages.import_settings import ImportSettings
from app.pages.page import Page
from models.job import Progress
from widgets import numbers, paint, theme, tokens
from widgets.parts.bars import Bar
from widgets.parts.buttons import Button, PrimaryButton
from widgets.parts.chip import Chip
from widgets.parts.head import PageHead
from widgets.parts.header import PaneHeader
from widgets.parts.notice import Note
from widgets.parts.segments import SegmentedButtons
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule, Text

if TYPE_CHECKING:
    from app.window import Window

PANEL = 360
#: The column of what was found, and the room at its sides.
WORDS, PAD = 3, 12
#: Titles of classes have so much room at most.
TITLES = 170
KINDS = [("all", "All", ""), ("skipped", "Skipped", ""), ("note", "Notes", "")]
#: The jobs of this page, as notices name them.
READING, BRINGING = "Read data", "Import data"
TITLE, HINT = "Import data", "Choose a file or a folder. Nothing is written until you import."
UNREAD = ("Nothing was read yet", "A dry run shows what would come in, what is skipped and why.", "scan")
FIGURES = {
    "found": ("Found", 0),
    "added": ("Would be added", 0),
    "skipped": ("Skipped", 0),
    "groups": ("Groups", 0),
    "classes": ("Classes", 0),
}


class ImportPage(Page):
    """Where the data is, how to read it, what a dry run found, and the button that brings it in."""

    name = "import"
    title = "Import"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setAcceptDrops(True)
        self._result: dict[str, Any] | None = None
        #: What the last dry run was asked to read, and how: that alone is brought in.
        self._asked: dict[str, Any] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left = QWidget()
        self._left = QVBoxLayout(left)
        self._left.setContentsMargins(0, 0, 0, 0)
        self._left.setSpacing(0)
        self._build_head()
        self._build_findings()
        self._build_foot()
        row.addWidget(left, 1)
        row.addWidget(Rule(upright=True))
        row.addWidget(self._build_panel())

    # Building

    def _build_head(self) -> None:
        self.head = PageHead("import", FIGURES, TITLE, HINT)
        self.head.title.setObjectName("import.headline")
        self.head.source.setObjectName("import.told")
        self._left.addWidget(self.head)
        row = QHBoxLayout()
        row.setContentsMargins(tokens.GUTTER, 4, tokens.GUTTER, 12)
        row.setSpacing(8)
        self.source = QLineEdit()
        self.source.setObjectName("import.source")
        self.source.setAccessibleName("File or folder")
        self.source.setPlaceholderText("a file or a folder; drop it here")
        self.source.returnPressed.connect(self.read)
        self.source.textEdited.connect(lambda _text: self._forget())
        row.addWidget(self.source, 1)
        for name, words, icon, act in (
            ("folder", "Folder…", "folder_open", lambda: self._browse(True)),
            ("file", "File…", "file", lambda: self._browse(False)),
            ("read", "Read", "refresh", self.read),
        ):
            button = Button(words, icon)
            button.setObjectName(f"import.{name}")
            button.clicked.connect(lambda _on=False, act=act: act())
            row.addWidget(button)
        self._left.addLayout(row)
        self._left.addWidget(Rule())

    def _build_findings(self) -> None:
        head = PaneHeader("Findings", "", tall=True)
        self.kinds = SegmentedButtons(KINDS, "Findings")
        self.kinds.setObjectName("import.kinds")
        self.kinds.chosen.connect(lambda _kind: self._fill_findings())
        head.add_tool(self.kinds, keep=True)
        self._left.addWidget(head)
        self.table = QTableWidget(0, 4)
        self.table.setObjectName("import.findings")
        self.table.setAccessibleName("Findings")
        self.table.setHorizontalHeaderLabels(["Result", "File", "Where", "What was found, what happens"])
        self.table.setShowGrid(False)
        self.table.setFrameShape(QTableWidget.Shape.NoFrame)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setWordWrap(True)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setStyleSheet("QTableView::item { padding: 0 9px; } QHeaderView::section { padding: 0 12px; }")
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for place, width in enumerate((104, 220, 230)):
            self.table.setColumnWidth(place, width)
        header.setSectionResizeMode(WORDS, QHeaderView.ResizeMode.Stretch)
        self.words = EmptyState(*UNREAD)
        self.words.setObjectName("import.words")
        holder = QWidget()
        self.stack = QStackedLayout(holder)
        self.stack.addWidget(self.words)
        self.stack.addWidget(self.table)
        self._left.addWidget(holder, 1)
        self.reading = ReadingPane()
        self.reading.read_asked.connect(self._read_so)
        self._left.addWidget(self.reading)

    def _build_foot(self) -> None:
        self._left.addWidget(Rule())
        foot = QHBoxLayout()
        foot.setContentsMargins(tokens.GUTTER, 12, tokens.GUTTER, 12)
        foot.setSpacing(8)
        self.foot = Text("Files stay where they are. The project keeps addresses and labels.", "body", "text2")
        foot.addWidget(self.foot, 1)
        cancel = Button("Cancel")
        cancel.setObjectName("import.cancel")
        cancel.clicked.connect(self._cancel)
        self.go = PrimaryButton("Import")
        self.go.setObjectName("import.go")
        self.go.setEnabled(False)
        self.go.clicked.connect(self.bring_in)
        foot.addWidget(cancel)
        foot.addWidget(self.go)
        self._left.addLayout(foot)

    def _build_panel(self) -> QWidget:
        panel = QWidget()
        panel.setProperty("ground", "panel")
        panel.setFixedWidth(PANEL)
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(PaneHeader("Classes", "as labelled in the source", tall=True))
        self.class_rows = QVBoxLayout()
        self.class_rows.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 12)
        self.class_rows.setSpacing(6)
        column.addLayout(self.class_rows)
        column.addWidget(PaneHeader("Settings", "how to read"))
        self.settings = ImportSettings()
        self.settings.entered.connect(self.read)
        # A domain may have more of them than a small window has room for.
        area = QScrollArea()
        area.setObjectName("import.settings")
        area.setAccessibleName("Settings")
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setWidget(self.settings)
        self.settings.blamed.connect(area.ensureWidgetVisible)
        column.addWidget(area, 1)
        return panel

    # What it shows

    def opened(self) -> None:
        self.source.clear()  # what another project was read from is not this one's
        self.reading.show_ways([])
        self.settings.show_keys(self.session.open_domain.import_keys if self.session.project is not None else {})
        self._forget()

    def _forget(self) -> None:
        """What a dry run told is of another source: a person asks for it anew."""
        self._result, self._asked = None, {}
        self.words.set_state(*UNREAD)
        self.head.show_words(TITLE, HINT)
        self._show_result()

    def _show_result(self) -> None:
        result = self._result
        self.go.setEnabled(bool(result and (result["added"] or _marks(result) or _votes(result) or result["renewed"])))
        if result is None:
            for block in self.head.figures.values():
                block.set_figure("–", "")
            self.stack.setCurrentIndex(0)
            self.go.setText("Import")
            self.kinds.set_segments(KINDS)
            _clear(self.class_rows)
            self.class_rows.addWidget(Text("known after a dry run", "body", "text3"))
            return
        found = result["added"] + result["known"]
        told = {
            "found": (numbers.count(found), ""),
            "added": (numbers.count(result["added"]), f"{numbers.count(result['known'])} known already"),
            "skipped": (numbers.count(len(result["skipped"])), "see below" if result["skipped"] else "nothing"),
            "groups": (numbers.count(result["groups"]), _few(result["groups"], result["words"]["group"])),
            "classes": (str(len(result["classes"])), ""),
        }
        for name, (value, company) in told.items():
            tone = "warn" if name == "skipped" and result["skipped"] else "text"
            self.head.figures[name].set_figure(value, company, tone)
        self.go.setText(f"Import {_news(result)}" if self.go.isEnabled() else "Nothing new")
        self._fill_findings()
        self._fill_classes(result["classes"])

    def _fill_classes(self, classes: dict[str, int]) -> None:
        _clear(self.class_rows)
        names = list(classes)  # in the order that the project will have
        ordered = [*self.session.classes, *(name for name in names if name not in self.session.classes)]
        names.sort(key=ordered.index)
        counts = [numbers.count(many) for many in classes.values()]
        wide = max((paint.width(words, "strong") for words in counts), default=0.0)
        letters = tokens.propose_letters(ordered)
        titles = max((paint.width(self.session.class_title(name), "body") for name in names), default=0.0)
        room = min(max(96, math.ceil(titles) + 2), TITLES)
        most = max(classes.values(), default=1)
        for name in names:
            place = ordered.index(name)  # its colour is that of its key
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 2, 0, 2)
            line.setSpacing(8)
            line.addWidget(Chip(letters[place], place))
            title = Text(self.session.class_title(name), "body")
            title.setFixedWidth(room)
            title.setToolTip(name)
            line.addWidget(title)
            line.addWidget(Bar(classes[name] / most, height=6, index=place), 1)
            count = Text(numbers.count(classes[name]), "strong")
            count.setFixedWidth(math.ceil(wide) + 1)  # bars of one length, numbers below each other
            count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            line.addWidget(count)
            self.class_rows.addWidget(row)
        if not names:
            self.class_rows.addWidget(Text("The source names none; label them here.", "body", "text2"))

    def _fill_findings(self) -> None:
        result = self._result
        if result is None:
            return
        skipped = _gathered([("skipped", item["source"], item["where"], item["reason"]) for item in result["skipped"]])
        notes = _gathered([_note(item) for item in result["notes"]])
        self.kinds.set_segments(
            [
                ("all", f"All {len(skipped) + len(notes)}", ""),
                ("skipped", f"Skipped {len(skipped)}", ""),
                ("note", f"Notes {len(notes)}", ""),
            ]
        )
        chosen = self.kinds.value()
        rows = [row for row in (*skipped, *notes) if chosen in ("all", row[0])][:2000]
        self.table.setColumnHidden(2, not any(where for _result, _source, where, _words in rows))
        self.table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, words in enumerate(row):
                item = QTableWidgetItem(Path(words).name if column == 1 else words)
                item.setToolTip(words)
                if column == 0:
                    item.setIcon(
                        theme.icon(
                            "error" if row[0] == "skipped" else "warn", "error" if row[0] == "skipped" else "warn"
                        )
                    )
                if column == 1:
                    item.setFont(theme.font("mono"))
                self.table.setItem(place, column, item)
        QTimer.singleShot(0, self.table, self._fit_rows)  # when the columns have their widths
        if rows:
            self.stack.setCurrentIndex(1)
        else:
            self.words.set_state("Nothing was skipped", "Every file could be read.", "check_circle")
            self.stack.setCurrentIndex(0)

    def _fit_rows(self) -> None:
        """Each row as high as its longest words."""
        metrics = QFontMetrics(self.table.font())
        room = self.table.columnWidth(WORDS) - 2 * PAD
        for row in range(self.table.rowCount()):
            item = self.table.item(row, WORDS)
            words = item.text() if item is not None else ""
            tall = metrics.boundingRect(QRect(0, 0, room, 10_000), Qt.TextFlag.TextWordWrap, words).height()
            self.table.setRowHeight(row, max(tall + 10, tokens.ROW))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self.table, self._fit_rows)

    # What a person does

    def _browse(self, folder: bool) -> None:
        dialog = QFileDialog(self, "Data", self.source.text() or str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, path: str) -> None:
        self.source.setText(path)
        self.read()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self._chosen(paths[0])

    def read(self) -> None:
        """Read the source and tell; nothing is written."""
        if not self.source.text().strip():
            self.desk.notify(Note("Choose a file or a folder first.", "info"))
            return
        self._result = None
        self._show_result()
        self.reading.begin()
        # What went wrong before concerns another source.
        self.desk.notices.drop_where(lambda note: note.title.startswith((READING, BRINGING)))
        self.words.set_state("Reading", "The first findings come in a moment.", "spinner")
        source = Path(self.source.text().strip()).expanduser()
        self._asked = {"sources": [str(source)], "settings": self.settings.values()}
        self._begin(True, READING, partial(self._told, self._asked))

    def _begin(self, dry_run: bool, title: str, done: Callable[[dict[str, Any]], None]) -> None:
        arguments = {**self._asked, "dry_run": dry_run}
        self.session.start_here("import_samples", arguments, title, done, self._progressed, self._failed)

    def _progressed(self, progress: Progress) -> None:
        self.head.source.setText(progress.text or "Reading")

    def _failed(self, text: str) -> None:
        self.head.source.setText("Nothing was read, and nothing is written.")
        # The title says it already.
        told = re.sub(r"^nothing could be imported( from .*?:|\.) ", "", text)
        self.words.set_state("Nothing could be read", told[:1].upper() + told[1:], "error")
        self.settings.blame(text)

    def _told(self, asked: dict[str, Any], result: dict[str, Any]) -> None:
        if asked is not self._asked:
            return  # meanwhile something else was asked for
        self._result = result
        source = Path(asked["sources"][0]).name
        title = f"Import into {self.session.open_project.path.name}, dry run"
        self.head.show_words(title, f"Read {source}. Nothing is written yet.")
        self._show_result()
        self.reading.show_ways(result["read_as"])
        self.go.setFocus()

    def _read_so(self, mapping: str) -> None:
        """Read by a mapping that a person changed."""
        self.settings.set_value("mapping", mapping)
        self.read()

    def bring_in(self) -> None:
        """Import what the dry run told."""
        self.go.setEnabled(False)
        self._begin(False, BRINGING, self._brought)

    def _brought(self, result: dict[str, Any]) -> None:
        self.session.poll()
        self.desk.notify(Note(f"Imported {_news(result)}"))
        self._result = None
        self._show_result()
        self.desk.show_page("curate")

    def _cancel(self) -> None:
        self.desk.show_page("curate" if len(self.session.open_project.samples) else "start")

    def first_focus(self) -> QWidget:
        return self.source


def _marks(result: dict[str, Any]) -> int:
    """How many annotations are new, changed or taken out."""
    return int(result.get("annotations", 0))


def _votes(result: dict[str, Any]) -> int:
    """How many labels files of annotations would change, or have changed."""
    return int(result.get("votes", 0)) if not result["added"] else 0


def _news(result: dict[str, Any]) -> str:
    """What comes in, in words: samples, annotations, and labels where these alone are news."""
    parts = [(result["added"], result["words"]["sample"]), (_marks(result), "annotation")]
    parts += [(_votes(result), "label")] if not result["added"] else []
    told = [numbers.plural(many, word) for many, word in parts if many]
    if not told and result["renewed"]:
        return f"changes of {numbers.plural(result['renewed'], result['words']['sample'])}"
    return " and ".join(told) or numbers.plural(0, result["words"]["sample"])


def _few(many: int, word: str) -> str:
    return word if many == 1 else f"{word}s"


def _note(item: Any) -> tuple[str, str, str, str]:
    if isinstance(item, dict):
        return "note", str(item.get("source", "")), str(item.get("where", "")), str(item.get("text", ""))
    return "note", "", "", str(item)


def _gathered(findings: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """The same finding in several files is told once: their names become their number."""
    files: dict[tuple[str, str, str], list[str]] = {}
    for result, source, where, words in findings:
        files.setdefault((result, where, words), []).append(source)
    return [
        (result, sources[0] if len(sources) == 1 else f"{len(sources)} files", where, words)
        for (result, where, words), sources in files.items()
    ]


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item else None
        if widget is not None:
            widget.deleteLater()
