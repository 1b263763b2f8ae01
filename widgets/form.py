"""A form made from declared parameters: sections, limits, units, resets, words at what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from models.errors import UserError
from models.params import Param, convert, plain_value
from widgets import paint, theme, tokens
from widgets.parts.buttons import ToolButton
from widgets.parts.checklist import ListField
from widgets.parts.combo import LabelledCombo
from widgets.parts.text import ElidedText, Rule, Text

LABEL, FIELD = 104, 132


def number_text(value: float) -> str:
    """A number as it is typed: ``0.3``, ``1e-3``, ``15``."""
    if value and abs(value) < 0.01:
        mantissa, exponent = f"{value:e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def value_text(value: Any) -> str:
    """A parameter's value as the text of its field."""
    if isinstance(value, tuple | list):
        return ", ".join(value_text(part) for part in value)
    return number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def limit_text(param: Param) -> str:
    """``1 – 500``, ``from 1``, ``up to 9``, or "" without limits."""
    low, high = param.note.low, param.note.high
    if low is not None and high is not None:
        return f"{number_text(low)} – {number_text(high)}"
    if low is not None:
        return f"from {number_text(low)}"
    return f"up to {number_text(high)}" if high is not None else ""


class UnitField(QLineEdit):
    """A line of text with its unit inside, at the right."""

    def __init__(self, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = unit
        self.setFont(theme.font("label"))
        if unit:
            self.setTextMargins(0, 0, round(paint.width(unit, "caption")) + 6, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unit:
            tone = "text2" if self.isEnabled() else "disabled"
            painter = QPainter(self)
            paint.text(painter, QRectF(0, 0, self.width() - 8, self.height()), self._unit, "caption", tone, paint.RIGHT)


class FormRow(QWidget):
    """One parameter: label, field, reset, and its limits, help or what is wrong at the right."""

    edited = Signal()

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self.default: Any = param.default
        self.error = ""
        self._hint = param.note.short or limit_text(param) or param.note.help
        self._field = self._make_field()
        self._name = Text(param.label, "body")
        self._bold = Text(param.label, "strong")
        self._reset = ToolButton("reset", f"Reset {param.label} to {value_text(plain_value(param.default))}")
        self._words = ElidedText(self._hint, "caption", "text2", lines=2)
        self._build()
        self.show_value(param.default)

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.GUTTER, 0, tokens.GUTTER, 0)
        row.setSpacing(0)
        for label in (self._name, self._bold):
            label.setFixedWidth(LABEL)
            label.setToolTip(self.param.note.help)
            label.setBuddy(self._field)
            row.addWidget(label)
        row.addWidget(self._field)
        self._reset.setFixedSize(24, 24)
        self._reset.setObjectName(f"reset_{self.param.name}")
        self._reset.clicked.connect(self._take_default)
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        if self.param.kind == "bool":
            row.addSpacing(7)
            row.addWidget(self._words, 1)
            row.addWidget(self._reset)
        elif isinstance(self._field, ListField):
            # Names need the room that words have elsewhere: these stand on hover, what is wrong beside it.
            row.addSpacing(3)
            row.addWidget(self._words)
            row.addWidget(self._reset)
        else:
            row.addSpacing(3)
            row.addWidget(self._reset)
            row.addSpacing(3)
            row.addWidget(self._words, 1)
        self.setFixedHeight(32)

    def _make_field(self) -> QWidget:
        param, note = self.param, self.param.note
        field: QWidget
        if param.kind == "bool":
            box = QCheckBox()  # its help stands beside it, where it may be elided
            box.toggled.connect(self._check)
            field = box
        elif note.choices and param.kind != "list":
            combo = LabelledCombo("", list(note.choices))
            combo.setMinimumWidth(FIELD)
            combo.chosen.connect(self._check)
            field = combo
        elif param.kind == "list" and (note.choices or note.offers):
            several = ListField(note.choices, empty=note.empty)
            several.setMinimumWidth(FIELD)
            several.textEdited.connect(self._check)
            field = several
        else:
            line = UnitField(note.unit)
            line.setFixedWidth(FIELD)
            line.setPlaceholderText(note.empty)
            line.textEdited.connect(self._check)
            field = line
        field.setObjectName(f"field_{param.name}")
        field.setAccessibleName(param.label)
        field.setAccessibleDescription(note.help)
        field.setToolTip(note.help)
        return field

    @property
    def field(self) -> QWidget:
        """The widget that holds the value."""
        return self._field

    def raw(self) -> Any:
        """The value as it stands in the field."""
        if isinstance(self._field, QCheckBox):
            return self._field.isChecked()
        if isinstance(self._field, LabelledCombo):
            return self._field.value()
        return self._field.text() if isinstance(self._field, QLineEdit) else None

    def value(self) -> Any:
        """The converted value. Raises UserError when it is wrong."""
        return convert(self.param, self.raw())

    def show_value(self, value: Any) -> None:
        """Put a value into the field without telling."""
        if isinstance(self._field, QCheckBox):
            self._field.blockSignals(True)
            self._field.setChecked(bool(value))
            self._field.blockSignals(False)
        elif isinstance(self._field, LabelledCombo):
            self._field.set_value(value)
        elif isinstance(self._field, QLineEdit):
            self._field.setText(value_text(value))
            if not self._field.hasFocus():
                self._field.setCursorPosition(0)  # a long list is read from its beginning
        self._judge()

    def set_choices(self, items: Sequence[tuple[str, str]]) -> None:
        """Offer these (words, value) instead; the value stays where it is among them. Emits nothing."""
        choices = tuple(value for _words, value in items)
        self.param = replace(self.param, note=replace(self.param.note, choices=choices))
        if isinstance(self._field, LabelledCombo):
            self._field.set_choices(items)
        self._judge()

    def set_offers(self, names: Sequence[str]) -> None:
        """Offer these names to an open list; others may still be typed."""
        if isinstance(self._field, ListField):
            self._field.set_offers(names)

    def set_default(self, value: Any) -> None:
        """Compare with this value (a preset's) from now on."""
        self.default = value
        self._reset.set_tip(f"Reset {self.param.label} to {value_text(plain_value(value))}")
        self._judge()

    def set_hint(self, words: str) -> None:
        """Say something else at the right: a count, an effect."""
        self._hint = words
        self._judge()

    @property
    def differs(self) -> bool:
        """Whether the value is not the default (a wrong one differs too)."""
        try:
            return bool(self.value() != convert(self.param, plain_value(self.default)))
        except UserError:
            return True

    def _take_default(self) -> None:
        self.show_value(self.default)
        self.edited.emit()

    def _check(self, *_value: object) -> None:
        self._judge()
        self.edited.emit()

    def _judge(self) -> None:
        self.error = ""
        try:
            self.value()
        except UserError as fault:
            self.error = str(fault)
        differs = self.differs
        self._name.setVisible(not differs)
        self._bold.setVisible(differs)
        self._reset.setVisible(differs and self._field.isEnabled())
        self._words.setText(self._short_error() if self.error else self._hint)
        self._words.set_tone("error" if self.error else "text2")
        if isinstance(self._field, ListField):
            self._words.setVisible(bool(self.error))
            self._field.setToolTip(self.error or f"{self._field.text()}\n{self.param.note.help}".strip())
        if self.error:
            self._words.setToolTip(self.error)
        if self._field.property("wrong") != bool(self.error):
            self._field.setProperty("wrong", bool(self.error))
            self._field.style().unpolish(self._field)
            self._field.style().polish(self._field)
        self.update()

    def _short_error(self) -> str:
        limits = limit_text(self.param)
        if "outside its limits" in self.error:
            return f"not within {limits}" if "–" in limits else f"must be {limits}"
        kind = self.param.item or self.param.kind
        wanted = {"int": "a whole number", "float": "a number", "bool": "yes or no"}.get(kind, "one of the choices")
        return f"not {wanted}"

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.differs:
            tone = "error" if self.error else "accent"
            paint.plate(QPainter(self), QRectF(4, self.height() / 2 - 4.5, 3, 9), theme.token(tone), 1.5)


class Form(QWidget):
    """The fields of a recipe or an order.

    ``set_params(describe(Record))`` builds it; ``values()`` gives what differs from nothing: all
    valid values by name; ``changed`` tells each edit; ``errors()`` what is wrong, by name.
    """

    changed = Signal()

    def __init__(self, params: Sequence[Param] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, FormRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.set_params(params)

    def set_params(self, params: Sequence[Param], defaults: Mapping[str, Any] | None = None) -> None:
        """Build the form anew; `defaults` are a preset's values, over the declared ones."""
        self._clear()
        for place, section in enumerate(dict.fromkeys(param.note.section for param in params)):
            if place:
                self._column.addWidget(Rule())
            title = Text(section, "caption_strong", "text2")
            title.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 2)
            title.setMinimumHeight(28)
            self._column.addWidget(title)
            for param in params:
                if param.note.section == section:
                    self._add(param)
            self._column.addSpacing(4)
        self.set_defaults(defaults or {}, take=True)

    def _clear(self) -> None:
        self._rows = {}
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _add(self, param: Param) -> None:
        row = FormRow(param, self)
        row.setObjectName(f"row_{param.name}")
        row.edited.connect(self.changed)
        self._rows[param.name] = row
        self._column.addWidget(row)

    def set_defaults(self, defaults: Mapping[str, Any], take: bool = False) -> None:
        """Compare with a preset; `take` puts its values into the fields too. Emits nothing."""
        for name, row in self._rows.items():
            value = defaults.get(name, row.param.default)
            row.set_default(value)
            if take:
                row.show_value(value)

    def row(self, name: str) -> FormRow:
        """The row of a parameter; KeyError for an unknown one."""
        return self._rows[name]

    def values(self) -> dict[str, Any]:
        """All values by name. Raises UserError of the first wrong one."""
        return {name: row.value() for name, row in self._rows.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Put values into their fields (unknown names are left out). Emits nothing."""
        for name, value in values.items():
            if name in self._rows:
                self._rows[name].show_value(value)

    def errors(self) -> dict[str, str]:
        """What is wrong, by name, in full sentences."""
        return {name: row.error for name, row in self._rows.items() if row.error}

    def is_valid(self) -> bool:
        """Whether all values may be used."""
        return not self.errors()

    def differing(self) -> dict[str, tuple[Any, Any]]:
        """What differs from the defaults: name → (value as text, default as text)."""
        rows = {name: row for name, row in self._rows.items() if row.differs}
        return {name: (value_text(row.raw()), value_text(plain_value(row.default))) for name, row in rows.items()}

    def reset(self) -> None:
        """Put all defaults back, and tell."""
        for row in self._rows.values():
            row.show_value(row.default)
        self.changed.emit()

    def focus_first_error(self) -> None:
        """Put the cursor where the first wrong value is."""
        for row in self._rows.values():
            if row.error:
                row.field.setFocus(Qt.FocusReason.TabFocusReason)
                return
