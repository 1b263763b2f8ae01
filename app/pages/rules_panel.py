"""The left side of the rules page: a block for each class with its conditions, numbers typed or stepped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QScrollArea, QVBoxLayout, QWidget

from app.pages.rules_desk import Desk, Spot
from models.learn.rules import Rule
from widgets import numbers, theme, tokens
from widgets.charts.threshold_plot import figure
from widgets.parts.buttons import Button, LinkButton, ToolButton
from widgets.parts.chip import Chip
from widgets.parts.combo import LabelledCombo
from widgets.parts.text import ElidedText, Text
from widgets.parts.text import Rule as Line

EVERY = (("if all hold", True), ("if any holds", False))


@dataclass(frozen=True)
class Titled:
    """How a column reads: its title, the unit that people say it in, and what its values are times to be in that."""

    title: str
    unit: str = ""
    factor: float = 1.0


class ValueField(QLineEdit):
    """A number that is typed; ``given(value)`` tells one that makes sense, ``entered()`` that it got the focus.

    factor: what stands in the field is the value times this.
    """

    given = Signal(float)
    entered = Signal()

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self._factor = factor
        self.setFixedWidth(76)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.editingFinished.connect(self._tell)
        self._value = 0.0

    def show_value(self, value: float) -> None:
        """Show a number, unless the person is typing one."""
        self._value = value
        if not (self.hasFocus() and self.isModified()):
            self.setText(self._words(value))

    def _words(self, value: float) -> str:
        return figure(value * self._factor)

    def _tell(self) -> None:
        text = "".join(self.text().split()).replace(numbers.MINUS, "-").replace(",", ".")
        try:
            value = float(text) / self._factor
        except ValueError:
            value = float("nan")
        self.setModified(False)
        if not math.isfinite(value):
            self.setText(self._words(self._value))
        elif self._words(value) != self._words(self._value):
            self.given.emit(value)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()


class RuleRow(QWidget):
    """One condition: column, direction, value, how many samples fulfil it."""

    changed = Signal(object)
    removed = Signal()
    entered = Signal()

    def __init__(self, name: str, known: Titled) -> None:
        super().__init__()
        self.setFixedHeight(34)
        self._chosen = False
        self.rule = Rule("", True, 0.0)
        title = known.title
        words = ElidedText(title, "body")
        words.set_full(f"{title}, {known.unit}" if known.unit else title)
        self.side = Button(">", tip="Above or below")
        self.side.setFixedWidth(40)
        self.side.setObjectName(f"{name}.side")
        self.side.clicked.connect(
            lambda: self.changed.emit(Rule(self.rule.column, not self.rule.above, self.rule.value))
        )
        self.field = ValueField(known.factor)
        self.field.setObjectName(f"{name}.value")
        self.field.setAccessibleName(f"threshold of {title}")
        self.field.given.connect(lambda value: self.changed.emit(Rule(self.rule.column, self.rule.above, value)))
        self.field.entered.connect(self.entered)
        self.count = Text("", "body", "text2")
        self.count.setFixedWidth(46)
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        drop = ToolButton("close", f"Take the rule on {title} out")
        drop.setObjectName(f"{name}.remove")
        drop.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.GUTTER, 2, 4, 2)
        row.setSpacing(6)
        row.addWidget(words, 1)
        for part in (self.side, self.field, self.count, drop):
            row.addWidget(part)

    def show_rule(self, rule: Rule, count: int) -> None:
        """Show its threshold and how many fulfil it."""
        self.rule = rule
        self.side.setText(">" if rule.above else "<")
        self.field.show_value(rule.value)
        self.count.setText(numbers.count(count))

    def set_chosen(self, chosen: bool) -> None:
        """Mark the one whose plot is framed."""
        if chosen != self._chosen:
            self._chosen = chosen
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._chosen:
            painter = QPainter(self)
            painter.fillRect(self.rect(), theme.token("selection"))
            painter.fillRect(0, 0, 2, self.height(), theme.token("accent"))


class RulesPanel(QWidget):
    """Blocks of the classes in the order in which they decide, the rest last.

    ``rule_changed(spot, rule)``, ``rule_removed(spot)``, ``rule_added(clause, column)``,
    ``every_changed(clause, every)``, ``rest_changed(class)``, ``picked(spot)``.
    """

    rule_changed = Signal(object, object)
    rule_removed = Signal(object)
    rule_added = Signal(int, str)
    every_changed = Signal(int, bool)
    rest_changed = Signal(str)
    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[Spot, RuleRow] = {}
        self._counts: dict[str, Text] = {}
        self._titles: Mapping[str, Titled] = {}
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName("Rules")
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)

    def build(self, desk: Desk, titles: Mapping[str, Titled], names: Sequence[str], letters: Sequence[str]) -> None:
        """Make the blocks of a set. titles: of columns; names: of the classes."""
        self._rows, self._counts, self._titles = {}, {}, titles
        body = QWidget()
        body.setProperty("ground", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(0)
        classes = desk.basis.classes
        for place, clause in enumerate(desk.rules.clauses):
            code = classes.index(clause.name)
            choice = LabelledCombo("", EVERY, "Whether one condition is enough")
            choice.setObjectName(f"rules.every.{clause.name}")
            choice.set_value(clause.every)
            choice.chosen.connect(partial(self.every_changed.emit, place))
            column.addLayout(self._head(letters[code], code, names[code], clause.name, choice))
            for at, rule in enumerate(clause.rules):
                column.addWidget(self._row(Spot(place, at), clause.name, rule))
            column.addLayout(self._adder(place, clause.name, desk))
            column.addWidget(Line())
        if desk.rules.rest:
            code = classes.index(desk.rules.rest)
            rest = LabelledCombo("", [(f"{name}, the rest", own) for name, own in zip(names, classes, strict=True)])
            rest.setAccessibleName("Class of the rest")
            rest.setObjectName("rules.rest")
            rest.set_value(desk.rules.rest)
            rest.chosen.connect(self.rest_changed.emit)
            column.addLayout(self._head(letters[code], code, "", desk.rules.rest, rest))
        column.addStretch(1)
        self._area.setWidget(body)

    def _head(self, letter: str, code: int, title: str, name: str, choice: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(tokens.GUTTER, 6, 14, 4)
        row.setSpacing(8)
        row.addWidget(Chip(letter, code))
        if title:
            row.addWidget(Text(title, "title"))
        row.addWidget(choice)
        row.addStretch(1)
        count = Text("", "title")
        count.setObjectName(f"rules.count.{name}")
        self._counts[name] = count
        row.addWidget(count)
        return row

    def _row(self, spot: Spot, name: str, rule: Rule) -> RuleRow:
        row = RuleRow(f"rules.{name}.{rule.column}", self._titles.get(rule.column, Titled(rule.column)))
        row.changed.connect(partial(self.rule_changed.emit, spot))
        row.removed.connect(partial(self.rule_removed.emit, spot))
        row.entered.connect(partial(self.picked.emit, spot))
        self._rows[spot] = row
        return row

    def _adder(self, place: int, name: str, desk: Desk) -> QHBoxLayout:
        add = LinkButton("Add a rule", "Another condition for this class")
        add.setObjectName(f"rules.add.{name}")
        menu = QMenu(add)
        used = {rule.column for rule in desk.rules.clauses[place].rules}
        for column in desk.basis.columns:
            if column not in used:
                title = self._titles.get(column, Titled(column)).title
                menu.addAction(title, partial(self.rule_added.emit, place, column))
        add.setMenu(menu)
        row = QHBoxLayout()
        row.setContentsMargins(tokens.GUTTER - 4, 0, 0, 6)
        row.addWidget(add)
        row.addStretch(1)
        return row

    def show_counts(self, desk: Desk, chosen: Spot | None) -> None:
        """How many samples each class gets, and each rule alone."""
        counts = desk.counts()
        for name, words in self._counts.items():
            words.setText(numbers.count(int(counts[desk.basis.classes.index(name)])))
        for spot, row in self._rows.items():
            rule = desk.rule(spot)
            values = desk.basis.columns.get(rule.column)
            row.show_rule(rule, int(rule.holds(values).sum()) if values is not None else 0)
            row.set_chosen(spot == chosen)
