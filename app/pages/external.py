"""The external page: a run inside and on another project, what shifts, and what helps there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.chrome.tray import progress_words
from app.commands import Command
from app.pages.external_data import (
    ACCURACY,
    SCORE,
    SHARE,
    SHIFT_TIP,
    TRAINED,
    best_of,
    curve_of,
    entry_of,
    group_rows,
    note_words,
    notes_of,
    remedy_rows,
    share_rows,
    shift_rows,
    shift_words,
)
from app.pages.external_sides import Side, pictures_of
from app.pages.page import Page
from models.change import Change, LabelsChanged, RunsChanged, RunShown, SamplesChanged
from models.errors import UserError
from models.external import External
from models.job import Progress
from models.orders.abroad import kept_name
from models.store.project import Project
from models.store.runs import RunRecord
from widgets import numbers, tokens
from widgets.charts.chart import Chart
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.charts.group_rows import GroupRows
from widgets.charts.shift_rows import ShiftRows
from widgets.parts.buttons import Button, PrimaryButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.head import PageHead
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.notice import Note
from widgets.parts.segments import SegmentedButtons
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule, Text
from workers.reading import Reader
from workers.ticket import Ticket

if TYPE_CHECKING:
    from app.window import Window

COLUMNS = (
    FigureColumn("name", "Remedy", "text", 0),
    FigureColumn("needs", "Needs", "text", 118),
    FigureColumn("score", "Balanced accuracy outside", "interval", 236, 3),
    FigureColumn("auc", "AUC", "share", 56, 2),
    FigureColumn("change", "Change", "signed", 70, 3),
)
PARTS = (
    FigureColumn("name", "Of", "text", 0),
    FigureColumn("n", "Cells", "count", 44),
    FigureColumn("found", "Sensitivity", "text", 108),
    FigureColumn("share", "Share", "text", 108),
    FigureColumn("labelled", "Labelled", "share", 62, 2),
)
#: What the choice of another project ends with.
OTHER = "other…"
#: What panes say before anything was run.
UNMEASURED = "Nothing measured yet"
#: What the page says where nothing was trained. Remedies know two classes, infected or not.
_NO_RUN = "Train a model, with Label mode binary; how it does on another project stands here."
#: The setting that keeps where the last one lies.
LAST = "external_on"


class ExternalPage(Page):
    """Inside and outside with what shifts at the left; remedies, labels and groups at the right."""

    name = "external"
    title = "External"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(threads=1, count=8, parent=self)
        self.reader.arrived.connect(self._pictures_came)
        self.told: Mapping[str, Any] | None = None
        self.chosen, self._step, self._shown_at = TRAINED, "", 0
        self._places: list[str] = []
        self._ticket: Ticket | None = None
        column = self.build_body(EmptyState("No run yet", _NO_RUN, "chart", [("train", "Train")]))
        self.empty.action_asked.connect(lambda _key: window.show_page("train"))
        self.split = Splitter()
        self.left = self._build_left()
        self.split.addWidget(self.left)
        self.split.addWidget(self._build_right())
        self.split.setSizes([820, 780])
        column.addWidget(self._build_head())
        column.addWidget(Rule())
        column.addWidget(self.split, 1)
        self.session.jobs.ended.connect(self._over)

    # Building

    def _build_head(self) -> QWidget:
        captions = {"inside": "Inside", "outside": "Outside, as trained", "best": "Best remedy", "change": "Difference"}
        self.head = PageHead("external", {key: (words, 0) for key, words in captions.items()}, "External validation")
        self.run_choice = LabelledCombo("Run", [], "The run that is validated")
        self.run_choice.setObjectName("external.run")
        self.run_choice.chosen.connect(lambda _run: self._show())
        self.on_choice = LabelledCombo("On", [], "The other project")
        self.on_choice.setObjectName("external.on")
        self.on_choice.chosen.connect(self._choose_project)
        for combo in (self.run_choice, self.on_choice):
            combo.setMaximumWidth(190)
        row = self.head.layout()
        assert isinstance(row, QHBoxLayout)
        row.addWidget(self.run_choice)
        row.addWidget(self.on_choice)
        return self.head

    def _build_left(self) -> QWidget:
        self.inside, self.outside = Side("inside", "Inside"), Side("outside", "Outside")
        sides = Splitter()
        for side in (self.inside, self.outside):
            sides.addWidget(side)
        self.shift_head = PaneHeader("What shifts", "")
        self.shifts = ShiftRows()
        self.shifts.setObjectName("external.shifts")
        self.part_head = PaneHeader("Found", "")
        self.parts = FigureTable(PARTS, "Sensitivity and share of each class, patient and group")
        self.parts.setObjectName("external.parts")
        below = Splitter()
        below.addWidget(make_pane(self.shift_head, self.shifts))
        below.addWidget(make_pane(self.part_head, self.parts))
        below.setSizes([290, 530])
        upright = Splitter(Qt.Orientation.Vertical)
        upright.addWidget(sides)
        upright.addWidget(below)
        upright.setSizes([600, 290])
        return upright

    def _build_right(self) -> QWidget:
        self.table = FigureTable(COLUMNS, "Remedies")
        self.table.setObjectName("external.remedies")
        self.table.picked.connect(self._pick)
        self.table.opened.connect(lambda _name: self.run_one())
        self.remedy_head = PaneHeader("Remedies", "")
        self.one = Button("Run this", "play", "Measure the chosen remedy on the locked test")
        self.one.setObjectName("external.run_one")
        self.one.clicked.connect(self.run_one)
        self.all = PrimaryButton("Run all", "play", "Measure every remedy on the locked test")
        self.all.setObjectName("external.run_all")
        self.all.clicked.connect(self.run_all)
        self.applied = Button("Apply", "accept", "Keep the chosen remedy as a run of the other project")
        self.applied.setObjectName("external.apply")
        self.applied.clicked.connect(self.apply)
        self.remedy_head.add_tool(self.applied, keep=True)
        self.remedy_head.add_tool(self.one, keep=True)
        self.remedy_head.add_tool(self.all, keep=True)
        self.note = Text("", "caption", "text2", wrap=True)
        self.note.setObjectName("external.note")
        self.note.setContentsMargins(tokens.GUTTER, 5, tokens.GUTTER, 5)
        upright = Splitter(Qt.Orientation.Vertical)
        upright.addWidget(make_pane(self.remedy_head, self.table, self.note))
        upright.addWidget(self._build_below())
        upright.setSizes([570, 330])
        return upright

    def _build_below(self) -> QWidget:
        self.curve = Chart("labels from the other groups")
        self.curve.setObjectName("external.curve")
        self.groups = GroupRows()
        self.groups.setObjectName("external.groups")
        self.what = SegmentedButtons([(ACCURACY, "Accuracy", ""), (SHARE, "Share", "")], "What is shown of each group")
        self.what.setObjectName("external.what")
        self.what.set_value(ACCURACY)
        self.what.chosen.connect(lambda _what: self._show_groups())
        self.group_head = PaneHeader("By group", "")
        self.group_head.add_tool(self.what, keep=True)
        below = Splitter()
        below.addWidget(make_pane(PaneHeader("How many labels", "band 80 % of draws"), self.curve))
        below.addWidget(make_pane(self.group_head, self.groups))
        below.setSizes([460, 330])
        return below

    def commands(self) -> list[Command]:
        on = (self.name,)
        return [
            Command("external.run_all", "Run all remedies on the other project", self.run_all, (), "Run",
                    self._ready, on, "play"),
            Command("external.apply", "Keep the chosen remedy as a run of the other project", self.apply, (), "Run",
                    lambda: bool(self._applicable()), on, "accept"),
            Command("external.run_one", "Run the chosen remedy", self.run_one, (), "Run", self._ready, on, "play"),
        ]  # fmt: skip

    # What it stands on

    def opened(self) -> None:
        self.reader.forget()
        self.told, self.chosen, self._places = None, TRAINED, []
        self.run_choice.set_choices([])

    def refresh(self) -> None:
        session = self.session
        if session.project is None:
            return
        runs = session.project.runs.list()
        self.run_choice.set_choices([(run.title, run.id) for run in runs])
        if session.run and self.told is None:
            self.run_choice.set_value(session.run)
        self.stack.setCurrentIndex(1 if runs else 0)
        self._offer_projects()
        self._show()

    def _offer_projects(self) -> None:
        """Projects of this domain that were open lately, and the one chosen last."""
        session = self.session
        own, last = session.open_project.path, str(session.open_project.setting(LAST, "") or "")
        near = [one.path for one in session.settings.recents() if one.domain == session.open_domain.name]
        found = [path for path in dict.fromkeys([last, *self._places, *near]) if path and Path(path) != own]
        self._places = [path for path in found if Path(path).is_dir()]
        self.on_choice.set_choices([*((Path(path).name, path) for path in self._places), ("Other project…", OTHER)])

    def follow(self, change: Change) -> None:
        if isinstance(change, LabelsChanged | SamplesChanged | RunsChanged | RunShown):
            self.refresh()

    def busy(self) -> bool:
        return self._running

    def panes(self) -> list[QWidget]:
        return [self.table, self.run_choice]

    def first_focus(self) -> QWidget | None:
        return self.table

    @property
    def on(self) -> str:
        """Where the other project lies, "" for none."""
        value = str(self.on_choice.value() or "")
        return "" if value == OTHER else value

    @property
    def known(self) -> External:
        """The remedies that there are."""
        found = self.session.open_domain.external
        assert found is not None
        return found

    def _record(self) -> RunRecord | None:
        run = str(self.run_choice.value() or "")
        return self.session.open_project.runs.get(run) if run else None

    @property
    def _running(self) -> bool:
        """Whether something of the open project is measured; another project's is not waited for."""
        return self._ticket is not None and self.session.is_open(self._ticket.job.arguments["project"])

    def _ready(self) -> bool:
        session = self.session
        if session.project is None or session.open_domain.external is None or self._running:
            return False
        return bool(self.on and self._record())

    def _choose_project(self, value: str) -> None:
        if value == OTHER:
            from app.ask import other_project

            other_project(self.desk, self.use_project)
            self._offer_projects()
            return
        self.use_project(value)

    def use_project(self, path: str) -> None:
        """Validate on this project."""
        self._places = [path, *(one for one in self._places if one != path)]
        if not self.session.open_project.read_only:
            self.session.open_project.set_setting(LAST, path)
        self._offer_projects()
        self.on_choice.set_value(path)
        self._show()

    # Running

    def run_all(self) -> None:
        """Measure every remedy."""
        self._run(None)

    def run_one(self) -> None:
        """Measure the chosen remedy; as trained: only what stands inside and outside."""
        name = self.chosen.partition(":")[0]
        self._run([] if name == TRAINED else [name])

    def _run(self, remedies: Sequence[str] | None) -> None:
        record = self._record()
        if not self._ready() or record is None:
            return
        self._start("external", {"remedies": remedies}, f"{record.title} on {Path(self.on).name}", self._done)

    def apply(self) -> None:
        """Keep the chosen remedy as a run of the other project."""
        given = self._applicable()
        if given:
            self._start("apply_remedy", given, f"{given['remedy']} for {Path(self.on).name}", self._kept)

    def _applicable(self) -> dict[str, Any]:
        """The chosen remedy as it was measured, where a run can keep it; {} for none."""
        entry = entry_of(self.told, self.chosen) if self.told is not None and self._ready() else None
        if entry is None or entry["state"] != "done":
            return {}
        if not any(one.name == entry["name"] and one.find is not None for one in self.known.remedies):
            return {}
        assert self.told is not None
        return {"remedy": entry["name"], "labels": entry["labels"], "seed": self.told["basis"]["seed"]}

    def _kept(self, result: Mapping[str, Any]) -> None:
        there = Path(str(result["project"])).name
        text = (
            f"{result['words']} It predicted {numbers.count(result['predicted'])} there: open {there} to queue by it."
        )
        self.desk.notify(Note(text, "ok", f"{there} has {result['run']}", stays=True))

    def _start(self, order: str, more: Mapping[str, Any], title: str, done: Callable[[Any], None]) -> None:
        record = self._record()
        assert record is not None
        arguments = {"run": record.id, "on": self.on, **more}
        ticket = self.session.start_here(order, arguments, title, done, self._progressed)
        if ticket.ending is None:
            self._ticket, self._step = ticket, "waiting"
        self._show_state()

    def _progressed(self, step: Progress) -> None:
        self._step = progress_words(step)
        record = self._record()
        at = record.added_at(kept_name(self.on)) if record is not None and self.on else 0
        if at != self._shown_at:
            # What is known so far was kept: the sides first, then each remedy.
            self._show()
        else:
            self._show_state()

    def _done(self, _result: Any) -> None:
        self._show()

    def _over(self, ticket: Ticket, _ending: Any) -> None:
        if ticket is self._ticket:
            self._ticket, self._step = None, ""
            self._show()

    # Showing

    def _show(self) -> None:
        if self.session.project is None:
            return
        record = self._record()
        self.told, self._shown_at = None, 0
        if record is not None and self.on:
            name = kept_name(self.on)
            self._shown_at, self.told = record.added_at(name), record.added(name)
        words = f"{record.title} {record.recipe}, trained on {self.session.open_project.path.name}" if record else ""
        self.head.show_words("External validation", words)
        self._show_figures()
        self._show_sides()
        self._show_table()
        self._show_state()

    def _show_figures(self) -> None:
        told, blocks = self.told, self.head.figures
        if told is None:
            for block in blocks.values():
                block.set_figure(numbers.NONE, "")
            return
        for name in ("inside", "outside"):
            pair = (told[name].get("intervals") or {}).get(SCORE)
            value = told[name].get(SCORE)
            blocks[name].set_figure(numbers.share(value, 3), numbers.bounds(*pair) if pair else "")
        best = best_of(told)
        if best is None:
            blocks["best"].set_figure(numbers.NONE, "none helps so far")
            blocks["change"].set_figure(numbers.NONE, "")
            return
        labels = f", {numbers.plural(best['labels'], 'label')}" if best["labels"] else ", no labels"
        blocks["best"].set_figure(numbers.share(best[SCORE], 3), f"{best['title'].lower()}{labels}", "ok")
        low, high = best["difference_interval"]
        blocks["change"].set_figure(f"+{numbers.share(best['difference'], 3)}", numbers.bounds(low, high))

    def _show_sides(self) -> None:
        told = self.told
        self.left.setEnabled(told is not None)
        if told is None:
            self.shifts.set_rows([], UNMEASURED)
            self.shift_head.set_subtitle("")
            return
        here, there, test = told["inside"], told["outside"], told["test"]
        part = str(here["part"]).replace("_", " ")
        self.inside.show_side(here, told["classes"], told["project"], part)
        words = f"{told['name']}, {numbers.plural(len(test['groups']), 'locked group')}"
        self.outside.show_side(there, told["classes"], words, "as trained")
        self.shift_head.set_subtitle(shift_words(told))
        self.shift_head.setToolTip(SHIFT_TIP)
        self.shifts.set_rows(shift_rows(told))
        self._ask_pictures(told)

    def _ask_pictures(self, told: Mapping[str, Any]) -> None:
        own, domain, there = self.session.open_project, self.session.open_domain, Path(str(told["on"]))
        ids = [[str(one["id"]) for one in told[name]["examples"]] for name in ("inside", "outside")]

        def read() -> list[list[Any]]:
            found = [pictures_of(own, domain, ids[0])]
            try:
                with Project.open(there) as other:
                    found.append(pictures_of(other, domain, ids[1]))
            except UserError:
                found.append([None] * len(ids[1]))
            return found

        key = ("cells", told["run"], str(there), tuple(ids[0]), tuple(ids[1]))
        kept = self.reader.cached(key)
        if kept is None:
            self.reader.ask(key, read)
        else:
            self._pictures_came(key, kept)

    def _pictures_came(self, key: Any, found: Any) -> None:
        told = self.told
        if told is not None and key[1:3] == (told["run"], told["on"]):
            self.inside.show_cells(found[0], told["inside"], told["classes"])
            self.outside.show_cells(found[1], told["outside"], told["classes"])

    def _show_table(self) -> None:
        told = self.told
        if told is None:
            self.table.lines = ()
            words = "Run all measures each on one locked test" if self.on else "Choose the other project at the top"
            self.table.set_rows([], words)
            self.curve.set_series([], (), UNMEASURED)
            self.groups.set_rows([], UNMEASURED)
            self.parts.set_rows([], UNMEASURED)
            self.note.setText("")
            return
        inside = told["inside"].get(SCORE)
        self.table.lines = (0.5,) if inside is None else (0.5, float(inside))
        best = best_of(told)
        first = f"{best['name']}:{best['labels']}" if best else ""
        rows = [{**row, "best": row["id"] == first} for row in remedy_rows(told, self.known)]
        self.table.set_rows(rows)
        if self.chosen not in {row["id"] for row in rows} or (self.chosen == TRAINED and first):
            self.chosen = first or TRAINED
        self.table.choose(self.chosen)
        series, references, ticks = curve_of(told)
        values = [v for one in series for v in (*one.y, *(one.low or ()), *(one.high or ()))]
        low = min([0.5, *values]) - 0.03
        self.curve.set_axes(y_range=(low, 1.0), x_ticks=ticks, x_range=(-0.2, len(ticks) - 0.8), shares=True)
        self.curve.set_series(series, references, "" if series else "Run a remedy that asks for labels")
        self._show_groups()

    def _pick(self, name: str) -> None:
        self.chosen = name or TRAINED
        self._show_groups()
        self._show_state()

    def _show_groups(self) -> None:
        told = self.told
        if told is None:
            return
        chosen, what = entry_of(told, self.chosen), str(self.what.value())
        done = chosen if chosen is not None and chosen["state"] == "done" else None
        after = done["title"].lower() if done else "as trained"
        marks = f"○ before, ● {after}" if what == ACCURACY else f"○ labelled, ● {after}, 95 %"
        rows = group_rows(told, done, what)
        self.parts.set_title("share", str(told.get("shares") or "Share"))
        self.parts.set_rows(share_rows(told, done))
        noun = str(told.get("group", "group")).lower()
        self.part_head.set_subtitle(f"by class and {noun}; {after}, locked test; 95 %")
        order = "worst first" if what == ACCURACY else "largest error first"
        self.groups.set_rows(rows, f"{numbers.plural(len(rows), 'group')}, {order}", marks)
        self.note.setText(note_words(told, chosen))

    def _show_state(self) -> None:
        for button in (self.one, self.all):
            button.setEnabled(self._ready())
        self.applied.setEnabled(bool(self._applicable()))
        told = self.told
        words = "same locked test before and after"
        if told is not None and notes_of(told):
            words = notes_of(told)[0]
        self.remedy_head.set_subtitle(self._step if self._running else words)
