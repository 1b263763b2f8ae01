"""The rules page: thresholds on the distributions of the classes, live against the labels, labelling as one act."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.chrome.dialog import FieldDialog
from app.commands import Command
from app.pages.page import Page
from app.pages.rules_against import Against
from app.pages.rules_desk import MODEL, PRESENT, Desk, Spot
from app.pages.rules_panel import RulesPanel, Titled
from app.pages.rules_sets import Sets, basis_of
from models.change import Change, LabelsChanged, RunsChanged, RunShown, SamplesChanged
from models.errors import UserError
from models.learn.rules import Rule, RuleSet, propose
from widgets import numbers, tokens
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.charts.threshold_plot import Threshold, ThresholdPlot, distribution_of
from widgets.parts.buttons import ToolButton
from widgets.parts.chip import Legend
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.notice import Note
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule as Line

if TYPE_CHECKING:
    from app.window import Window

UNSAVED = "not saved"
WIDE, SLIM, NARROW = (340, 400), (300, 320), 1400
#: Least width of a plot.
PLOT = 300
GROUPS = (
    FigureColumn("name", "Group", "mono", 0),
    FigureColumn("n", "Both", "count", 56),
    FigureColumn("kappa", "κ", "interval", 118, 2),
)


class RulesPage(Page):
    """Classes and conditions at the left, distributions in the middle, people and model at the right."""

    name = "rules"
    title = "Rules"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.book: Desk | None = None
        self.kept = Sets(window.session)
        self.who = PRESENT
        self.chosen: Spot | None = None
        self.plots: dict[Spot, ThresholdPlot] = {}
        self._before: tuple[Any, Rule] | None = None
        self._across = 2
        self.panel = RulesPanel()
        self.against = Against()
        self.sets = LabelledCombo("Set", [UNSAVED], "Saved sets of rules")
        self.sets.setObjectName("rules.sets")
        self.groups = FigureTable(GROUPS, "Agreement by group")
        self.groups.setObjectName("rules.groups")
        self.empty = EmptyState(
            "No rule yet", "Add one to a class at the left, or begin with rules that follow the labels.", "faders",
            [("propose", "Propose from the labels")], primary=False,
        )  # fmt: skip
        self.empty.setObjectName("rules.empty")
        self._build()
        self._connect()

    def _build(self) -> None:
        self.left = self._build_left()
        self.head = PaneHeader("Distributions", "each class to its own height", tall=False)
        self.legend = Legend([])
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName("Distributions")
        self.area.setObjectName("rules.area")
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        middle = QWidget()
        middle.setProperty("ground", "well")
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for pane in (self.head, self.area, self.empty):
            column.addWidget(pane)
        column.setStretchFactor(self.area, 1)
        column.setStretchFactor(self.empty, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for part, stretch in (
            (self.left, 0),
            (Line(upright=True), 0),
            (middle, 1),
            (Line(upright=True), 0),
            (self.against, 0),
        ):
            row.addWidget(part, stretch)

    def _build_left(self) -> QWidget:
        left = QWidget()
        left.setProperty("ground", "panel")
        head = PaneHeader("Rules", "")
        head.add_tool(self.sets, keep=True)
        self.save = ToolButton("label", "Save the set under a name")
        self.save.setObjectName("rules.save")
        head.add_tool(self.save, keep=True)
        head.add_entry("Propose from the labels", self.propose)
        head.add_entry("Take this set out", self.forget)
        head.more.setObjectName("rules.more")
        lower = QWidget()
        self.group_head = PaneHeader("By group", "rules with labels")
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.group_head)
        column.addWidget(self.groups, 1)
        split = Splitter(Qt.Orientation.Vertical)
        split.addWidget(self.panel)
        split.addWidget(lower)
        split.setSizes([520, 280])
        split.setStretchFactor(0, 1)
        whole = QVBoxLayout(left)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(head)
        whole.addWidget(split, 1)
        return left

    def _connect(self) -> None:
        self.sets.chosen.connect(self._open_set)
        self.save.clicked.connect(self.ask_name)
        self.empty.action_asked.connect(lambda _key: self.propose())
        panel, against = self.panel, self.against
        panel.rule_changed.connect(self._typed)
        panel.rule_removed.connect(lambda spot: self._restructure(lambda desk: desk.remove(spot)))
        panel.rule_added.connect(self._add)
        panel.every_changed.connect(lambda place, every: self._restructure(lambda desk: desk.set_every(place, every)))
        panel.rest_changed.connect(lambda name: self._restructure(lambda desk: desk.set_rest(name)))
        panel.picked.connect(self._pick)
        against.who_chosen.connect(self._choose_who)
        against.open_asked.connect(self.open_list)
        against.which_chosen.connect(self._show_amount)
        against.label_asked.connect(self.label)

    def commands(self) -> list[Command]:
        on = ("rules",)

        def has() -> bool:
            return self.book is not None

        def ruled() -> bool:
            return self.book is not None and bool(self.book.spots())

        return [
            Command("rules.propose", "Propose rules from the labels", self.propose, (), "Rules", has, on, "bulb"),
            Command(
                "rules.save", "Save the rules under a name…", self.ask_name, ("Ctrl+S",), "Rules", ruled, on, "label"
            ),
            Command("rules.forget", "Take this set of rules out", self.forget, (), "Rules", has, on, "delete"),
        ]

    # What it stands on

    def opened(self) -> None:
        self.book, self.who, self.chosen = None, PRESENT, None

    def outdated(self) -> None:
        self.book = None

    def refresh(self) -> None:
        if self.session.project is None:
            return
        kept = self.book.rules if self.book else self.kept.last(self.session.classes, self.session.places())
        self.book = Desk(basis_of(self.session), kept)
        self._show_sets()
        self._rebuild()

    def follow(self, change: Change) -> None:
        if isinstance(change, LabelsChanged | RunsChanged | RunShown | SamplesChanged):
            self.refresh()

    # Sets

    def _show_sets(self) -> None:
        saved = self.kept.all()
        name = self.book.rules.name if self.book else ""
        changed = self.book is not None and saved.get(name) != self.book.rules
        first = [(f"{name}, changed" if name in saved else UNSAVED, "")] if changed or not saved else []
        self.sets.set_choices([*first, *((own, own) for own in saved)])
        self.sets.set_value("" if first else name)

    def _open_set(self, name: object) -> None:
        saved = self.kept.all()
        if self.book is not None and name in saved:
            self._take(saved[str(name)])
            self.kept.open(str(name))

    def _take(self, rules: RuleSet) -> None:
        if self.book is not None:
            self.book = Desk(self.book.basis, rules)
            self.chosen = None
            self._show_sets()
            self._rebuild()

    def propose(self) -> None:
        """Rules that follow the labels as well as a few thresholds can."""
        if self.book is None:
            return
        basis = self.book.basis
        found = propose(basis.columns, basis.opinions[self.who], basis.classes, "")
        if not found.clauses:
            self.desk.notify(Note("Label some samples of two classes first; rules are proposed from them.", "info"))
            return
        self._take(found)

    def ask_name(self) -> None:
        """Ask under which name the set is kept."""
        if self.book is None:
            return
        dialog = FieldDialog("Save rules", "A set of this name is written over.", "Save", "rules_name", self.desk)
        dialog.add_field("name", "Name", self.book.rules.name)
        dialog.ask(lambda values: self.keep_set(values["name"]))

    def keep_set(self, name: str) -> None:
        """Keep the set under a name in the project's settings. Raises UserError without a name."""
        if not name.strip():
            raise UserError("A set needs a name.")
        if self.book is None:
            return
        self.book.rules = replace(self.book.rules, name=name.strip())
        self.kept.keep(self.book.rules)
        self._show_sets()

    def forget(self) -> None:
        """Take the open set out of the project; its rules stay on the page until another is opened."""
        name = self.book.rules.name if self.book else ""
        if self.kept.forget(name):
            self._show_sets()
            self.desk.notify(Note(f"{name} is no longer among the saved sets.", "info"))

    # Changing rules

    def _typed(self, spot: Spot, rule: Rule) -> None:
        if self.book is not None:
            self._remember(spot)
            self.book.set_rule(spot, rule)
            self._settle(spot)

    def _moved(self, spot: Spot, value: float) -> None:
        """While a line is dragged: counts and confusion follow; intervals when it is let go."""
        if self.book is not None:
            self._remember(spot)
            self.book.set_rule(spot, replace(self.book.rule(spot), value=value))
            self._show_live(spot)

    def _remember(self, spot: Spot) -> None:
        if self._before is None and self.book is not None:
            self._before = (self.book.decided, self.book.rule(spot))

    def _settle(self, spot: Spot) -> None:
        self._show_live(spot)
        self._show_agreement()
        self._show_sets()
        self._tell_move(spot)
        self._before = None

    def _tell_move(self, spot: Spot) -> None:
        if self._before is None or self.book is None:
            return
        desk, (before, old) = self.book, self._before
        clause, rule = desk.rules.clauses[spot.clause], desk.rule(spot)
        place = desk.basis.classes.index(clause.name)
        count, now = int((before == place).sum()), int((desk.decided == place).sum())
        gained, right = desk.gained(before, self.who, place)
        title = f"{self._title(rule.column)} moved, {old.value:.4g} to {rule.value:.4g}"
        words = f"{self.session.class_title(clause.name)} {numbers.count(count)} → {numbers.count(now)}"
        if gained:
            words += (
                f": {numbers.count(right)} of the {numbers.count(gained)} gained are so for {self._who_words()} too"
            )
        self.against.show_moved(title, f"{words}.")

    def _add(self, clause: int, column: str) -> None:
        if self.book is not None:
            self.chosen = self.book.add(clause, column, self.who)
            self._show_sets()
            self._rebuild()

    def _restructure(self, act: Any) -> None:
        if self.book is not None:
            act(self.book)
            self.chosen = None
            self._show_sets()
            self._rebuild()

    def _pick(self, spot: Spot) -> None:
        self.chosen = spot
        self._show_lines()
        if self.book is not None:
            self.panel.show_counts(self.book, self.chosen)
        if spot in self.plots:
            self.area.ensureWidgetVisible(self.plots[spot])

    def _choose_who(self, who: str) -> None:
        self.who = who
        self._rebuild()

    # Showing

    def _title(self, column: str) -> str:
        return self._titles().get(column, Titled(column)).title

    def _titles(self) -> dict[str, Titled]:
        columns = self.session.open_domain.columns
        return {one.name: Titled(one.title, *numbers.spoken(one.unit, one.decimals)) for one in columns}

    def _who_words(self) -> str:
        return {PRESENT: "labels", MODEL: "the model"}.get(self.who, self.who)

    def _names(self) -> list[str]:
        return [self.session.class_title(name) for name in self.session.classes]

    def _letters(self) -> list[str]:
        return tokens.propose_letters(self.session.classes)

    def _rebuild(self) -> None:
        """All of the page for the set as it is now."""
        desk = self.book
        if desk is None:
            return
        if self.who not in desk.basis.opinions:
            self.who = PRESENT
        people = [(who, who) for who in desk.basis.opinions if who not in (PRESENT, MODEL)]
        model = [("model", MODEL)] if MODEL in desk.basis.opinions else []
        self.against.show_opinions([("present labels", PRESENT), *people, *model], self.who)
        self.panel.build(desk, self._titles(), self._names(), self._letters())
        self._before = None
        self.against.show_moved("", "")
        self._show_plots()
        self._show_live(None)
        self._show_agreement()

    def _show_plots(self) -> None:
        desk = self.book
        if desk is None:
            return
        spots = [spot for spot in desk.spots() if desk.rule(spot).column in desk.basis.columns]
        self.area.setVisible(bool(spots))
        self.empty.setVisible(not spots)
        self.head.set_subtitle(f"by {self._who_words()}, each class to its own height")
        body = QWidget()
        body.setProperty("ground", "well")
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(1)
        self.plots = {}
        self._across = self._columns(len(spots))
        letters = self._letters()
        for number, spot in enumerate(spots):
            grid.addWidget(self._plot(desk, spot, letters), number // self._across, number % self._across)
        self.area.setWidget(body)
        self._show_lines()

    def _plot(self, desk: Desk, spot: Spot, letters: list[str]) -> ThresholdPlot:
        rule = desk.rule(spot)
        known = self._titles().get(rule.column, Titled(rule.column))
        plot = ThresholdPlot()
        clause = desk.rules.clauses[spot.clause].name
        plot.setObjectName(f"rules.plot.{clause}.{rule.column}")
        labels = desk.basis.opinions[self.who]
        seen = distribution_of(desk.basis.columns[rule.column], labels, len(desk.basis.classes))
        title = f"{known.title}, {self.session.class_title(clause)}"
        plot.set_feature(title, known.unit, letters, seen, known.factor)
        plot.moved.connect(partial(self._moved, spot))
        plot.settled.connect(lambda _value, spot=spot: self._settle(spot))
        plot.picked.connect(partial(self._pick, spot))
        self.plots[spot] = plot
        return plot

    def _show_lines(self) -> None:
        desk = self.book
        if desk is None:
            return
        for spot, plot in self.plots.items():
            rule = desk.rule(spot)
            plot.set_threshold(Threshold(rule.value, rule.above, desk.met(spot, self.who)), spot == self.chosen)

    def _show_live(self, spot: Spot | None) -> None:
        """What follows a line while it is dragged; the other lines stay as they are."""
        desk = self.book
        if desk is None:
            return
        if spot is None:
            self._show_lines()
        elif spot in self.plots:
            rule = desk.rule(spot)
            self.chosen = spot
            for other, plot in self.plots.items():
                line = plot.threshold()
                if other == spot:
                    line = Threshold(rule.value, rule.above, desk.met(spot, self.who))
                plot.set_threshold(line, other == spot)
        self.panel.show_counts(desk, self.chosen)
        found = desk.against(self.who, 0)
        self.against.show_confusion(found, self._names(), self._letters())
        self.against.show_partings(found, self._names(), len(desk.alone(self.who)), self._who_words())
        self._show_amount()

    def _show_agreement(self) -> None:
        desk = self.book
        if desk is None:
            return
        self.against.show_pairs(desk, self.who, self._who_words())
        groups = sorted(desk.by_group(self.who), key=lambda row: -(row[2] or -1))
        self.groups.lines = (0.0,)
        self.groups.set_rows(
            [{"id": name, "name": name, "n": n, "kappa": (kappa, None, None)} for name, n, kappa in groups]
        )
        self.group_head.set_title(f"By {self.session.open_domain.group}", f"rules with {self._who_words()}")

    # Acting

    def _rows(self, which: str) -> Any:
        """Places in the basis of the samples that the button labels."""
        desk = self.book
        if desk is None:
            return np.zeros(0, np.int64)
        wanted = desk.decided >= 0
        if which == "unlabelled":
            wanted &= desk.basis.opinions[PRESENT] < 0
        elif which == "listed":
            wanted &= np.isin(desk.basis.rows, self.session.order)
        return np.flatnonzero(wanted)

    def _show_amount(self) -> None:
        some = self.book is not None and bool(self.book.spots())
        self.against.show_amount(len(self._rows(str(self.against.which.value()))) if some else 0)

    def label(self, which: str) -> None:
        """Label these samples by the rules: one act, one undo."""
        desk = self.book
        if desk is None:
            return
        found = self._rows(which)
        values = [desk.basis.classes[place] for place in desk.decided[found].tolist()]
        name = desk.rules.name
        self.session.label_by(desk.basis.rows[found], values, f"rules {name}" if name else "rules")

    def open_list(self, row: int, column: int) -> None:
        """Show the samples of a cell, or those where the rules stand alone, as a list."""
        desk = self.book
        if desk is None:
            return
        rows = desk.alone(self.who) if row < 0 else desk.differing(self.who, row, column)
        if not len(rows):
            return
        names = self._names()
        words = "Rules alone" if row < 0 else f"Rules {names[column]}, {self._who_words()} {names[row]}"
        self.desk.show_page("curate")
        self.session.show_rows(rows, words, f"{words}.")

    # Frame

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        left, right = WIDE if self.width() >= NARROW else SLIM
        self.left.setFixedWidth(left)
        self.against.setFixedWidth(right)
        if self.book is not None and self._columns(len(self.plots)) != self._across:
            self._show_plots()

    def _columns(self, plots: int) -> int:
        """How many plots stand side by side: as there is room, four of them two by two."""
        room = max((self.width() - self.left.width() - self.against.width()) // PLOT, 1)
        return max(min(room, plots, 2 if plots == 4 else 3), 1)

    def panes(self) -> list[QWidget]:
        return [self.panel, self.area, self.against]

    def first_focus(self) -> QWidget | None:
        return next(iter(self.plots.values()), self.sets)
