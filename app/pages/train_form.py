"""The left side of the train page: recipe, preset, parameters, split preview, the buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.nouns import group_noun
from app.pages.train_asked import OWN, command_line, ordered, own_params
from app.pages.train_by import SplitBy
from app.pages.train_preview import SplitPreview, add_panel, groups_of
from app.pages.train_split import GROUP, Basis, Preview, Wish, make_preview
from app.pages.train_steps import STEPS, watch
from models.domain import Given, Recipe
from models.errors import UserError
from models.orders.naming import make_params
from models.orders.test_set import level_of, tell_torn
from models.params import describe
from models.store.voted import standing
from widgets import numbers, paint, tokens
from widgets.form import FIELD, Form
from widgets.parts.buttons import Button, PrimaryButton, ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.notice import Note as Told
from widgets.parts.text import Rule, Text
from workers.meters import device_words
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

WIDE, SLIM = 430, 380
#: Where the words beside a field begin, with the gap at their end.
SPLIT_LEFT = 290
BALANCES = (
    ("as they are", "none"),
    ("down-sample to smallest", "downsample"),
    ("draw evenly", "sampler"),
    ("class weights", "weights"),
)
DEFAULTS = "Defaults"
#: What no folds mean.
FOLDS = "0: test set"
WAIT_MS = 150


class TrainForm(QWidget):
    """``changed`` tells every edit; ``previewed(Preview)`` the split that would be drawn; ``step_asked(name)`` that a
    choice of preprocessing is looked at or made."""

    changed = Signal()
    previewed = Signal(object)
    start_asked = Signal()
    next_asked = Signal()
    step_asked = Signal(str)

    def __init__(self, window: Window, reader: Reader) -> None:
        super().__init__()
        self.desk, self.session, self.reader = window, window.session, reader
        self.preview: Preview | None = None
        self.running = False
        self._trouble = ""
        self._names: list[str] = []
        self._asked = 0
        self._arrived_at = 0
        self._offers = 0
        self.labelled = 0
        self.setProperty("ground", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._ask_preview)
        reader.arrived.connect(self._arrived)
        reader.failed.connect(self._failed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_bar())
        column.addWidget(Rule())
        column.addWidget(self._build_middle(), 1)
        column.addWidget(Rule())
        column.addWidget(self._build_foot())

    # Building

    def _build_bar(self) -> QWidget:
        bar, row = _line(40, 6)
        self.recipe = LabelledCombo("Recipe", (), "How to learn")
        self.recipe.setObjectName("train.recipe")
        self.recipe.chosen.connect(lambda _name: self._show_recipe())
        self.preset = LabelledCombo("Preset", (), "Values to begin with")
        self.preset.setObjectName("train.preset")
        self.preset.chosen.connect(lambda _name: self._take_preset())
        self.copy = ToolButton("copy", "Copy as a command")
        self.copy.setObjectName("train.copy")
        self.copy.clicked.connect(self._copy)
        self.reset = ToolButton("reset", "Reset all to the preset")
        self.reset.setObjectName("train.reset")
        for combo in (self.recipe, self.preset):
            row.addWidget(combo, 1)
            combo.setSizePolicy(combo.sizePolicy().horizontalPolicy().Ignored, combo.sizePolicy().verticalPolicy())
        row.addWidget(self.copy)
        row.addWidget(self.reset)
        return bar

    def _build_middle(self) -> QWidget:
        scroll = QScrollArea()
        scroll.setObjectName("train.scroll")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setProperty("ground", "panel")
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        inside.setProperty("ground", "panel")
        inside.setMinimumWidth(1)  # what is too wide is elided, never cut
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 10)
        column.setSpacing(0)
        self.form = Form()
        self.form.setObjectName("train.form")
        self.form.changed.connect(self._edited)
        self.split_by = SplitBy(self.desk, self.form, self.reader, self)
        self.split_by.changed.connect(self._edited)
        self.reset.clicked.connect(self.form.reset)
        column.addWidget(self.form)
        column.addWidget(Rule())
        self.differs = add_panel(column, "train.differs")
        self.split = SplitPreview()
        column.addWidget(self.split)
        column.addStretch(1)
        scroll.setWidget(inside)
        return scroll

    def _build_foot(self) -> QWidget:
        foot, row = _line(48, 8)
        self.start = PrimaryButton("Train", "play", "Train with these values  Ctrl+Enter")
        self.start.setObjectName("train.start")
        self.start.clicked.connect(self.start_asked)
        self.next = Button("Train next", "", "Train with these values when the running one has ended")
        self.next.setObjectName("train.next")
        self.next.clicked.connect(self.next_asked)
        self.state = Text("", "caption", "text2")
        self.state.setObjectName("train.state")
        row.addWidget(self.start)
        row.addWidget(self.next)
        row.addStretch(1)
        row.addWidget(self.state)
        return foot

    # What it shows

    def show_project(self) -> None:
        """Offer the open project's recipes, the last one used chosen."""
        recipes = self.session.domain.recipes if self.session.domain else ()
        self.recipe.set_choices([(f"{recipe.name}", recipe.name) for recipe in recipes])
        for place, recipe in enumerate(recipes):
            self.recipe.setItemData(place, recipe.title, Qt.ItemDataRole.ToolTipRole)
        kept = self._kept()
        self.recipe.set_value(kept.get("recipe") or self._begun())
        self._names = []
        self._show_recipe(kept)
        self.split_by.show_project(str(kept.get("values", {}).get("split_by", GROUP)), str(kept.get("split_file", "")))
        self.split_by.dress()

    def _begun(self) -> str | None:
        """The recipe of the newest run that was trained here, else what the domain begins such samples with."""
        session = self.session
        if session.project is None:
            return None
        known = [recipe.name for recipe in session.open_domain.recipes]
        trained = (run.recipe for run in session.project.runs.list() if run.recipe in known)
        begins = session.open_domain.begins
        return next(trained, None) or (begins(session.project.samples) if begins is not None else None) or known[0]

    def _kept(self) -> dict[str, Any]:
        project = self.session.project
        found = self.session.settings.get("train", {}).get(str(project.path), {}) if project else {}
        return dict(found)

    def keep(self) -> None:
        """Remember recipe, preset and values of this project."""
        project = self.session.project
        if project is None or self.chosen() is None:
            return
        texts = {name: new for name, (new, _old) in self.form.differing().items()}
        kept = {"recipe": self.recipe.value(), "preset": self.preset.value(), "values": texts}
        kept["split_file"] = self.split_by.arguments()["split"]
        settings = self.session.settings
        settings.set("train", {**settings.get("train", {}), str(project.path): kept})

    def chosen(self) -> Recipe | None:
        """The chosen recipe."""
        recipes = self.session.domain.recipes if self.session.domain else ()
        return next((recipe for recipe in recipes if recipe.name == self.recipe.value()), None)

    def _show_recipe(self, kept: dict[str, Any] | None = None) -> None:
        recipe = self.chosen()
        if recipe is None:
            return
        own = self._own_values() if self._names else {}
        self.preset.set_choices([DEFAULTS, *recipe.presets])
        self.preset.set_value((kept or {}).get("preset", DEFAULTS))
        given = own_params(group_noun(self.session))
        params = ordered((*given[:4], *describe(recipe.params), *given[4:]))
        self._names = [param.name for param in params]
        self.form.set_params(params, self._preset_values())
        self._dress()
        self.form.set_values({**own, **(kept or {}).get("values", {})})
        self._edited()

    def _own_values(self) -> dict[str, Any]:
        return {name: self.form.row(name).raw() for name in OWN}

    def _dress(self) -> None:
        """Names, and words in place of bare values."""
        words: dict[str, list[tuple[str, str]]] = {
            "samples": [("all labelled", "all"), ("the list's filter", "list")],
            "balance": list(BALANCES),
        }
        for name in self._names:
            row = self.form.row(name)
            row.field.setObjectName(f"train.{name}")
            reset = row.findChild(ToolButton)
            if reset is not None:
                reset.setObjectName(f"train.reset.{name}")
            if isinstance(row.field, LabelledCombo) and name in words:
                row.set_choices([item for item in words[name] if item[1] in row.param.note.choices])
                row.field.setFixedWidth(180 if name == "balance" else FIELD)
            if row.param.note.section == STEPS:
                watch(row, partial(self.step_asked.emit, name))
            if row.param.note.offers:
                row.set_offers(self._features())
        self.split_by.dress()
        self.form.row("split_by").set_hint("")
        self.form.row("folds").set_hint(FOLDS)
        self.form.row("cluster").set_hint("empty: here")
        if "balance" in self._names:
            self.form.row("balance").set_hint("")
        self.form.row("device").set_hint(device_words())
        recipe, project = self.chosen(), self.session.project
        if recipe is not None and recipe.offered is not None and project is not None:
            self._offers += 1
            self.reader.ask(("offered", self._offers), partial(recipe.offered, project.samples), "offered")

    def _offer(self, words: Mapping[str, str]) -> None:
        """Tell beside the fields of the chosen recipe which values there are with these samples."""
        for name in words.keys() & set(self._names):
            self.form.row(name).set_hint(words[name])

    def _features(self) -> list[str]:
        """The columns of numbers that a model may learn from."""
        domain, project = self.session.domain, self.session.project
        names = project.samples.names if project else ()
        return [column.name for column in (domain.columns if domain else ()) if column.feature and column.name in names]

    def _preset_values(self) -> dict[str, Any]:
        recipe = self.chosen()
        return dict(recipe.presets.get(self.preset.value(), {})) if recipe else {}

    def _take_preset(self) -> None:
        self.form.set_defaults(self._preset_values(), take=False)
        own = self._own_values()
        self.form.reset()
        self.form.set_values(own)
        self._edited()

    def _edited(self) -> None:
        self._show_differences()
        self._show_state()
        self._timer.start()
        self.changed.emit()

    def _show_differences(self) -> None:
        different = {name: pair for name, pair in self.form.differing().items() if name not in OWN}
        self.differs.setVisible(bool(different))
        if not different:
            return
        count = len(different)
        number = {1: "One value differs", 2: "Two values differ", 3: "Three values differ"}
        title = f"{number.get(count, f'{count} values differ')} from the preset"
        told = [self._difference(name, new, old) for name, (new, old) in different.items()]
        words = ", ".join(told[:-1]) + (" and " if len(told) > 1 else "") + told[-1]
        self.differs.set_words(title, f"{words[0].upper()}{words[1:]}.", "info", "info")

    def _difference(self, name: str, new: Any, old: Any) -> str:
        """One value and the preset's; what is left empty by what the field says for that."""
        param = self.form.row(name).param
        new, old = (text if str(text) else param.note.empty or "empty" for text in (new, old))
        return f"{param.label.lower()} {new} ({old})"

    # Values

    def arguments(self) -> dict[str, Any]:
        """The arguments of the order ``train``. Raises UserError with the first wrong value."""
        recipe = self.chosen()
        if recipe is None:
            raise UserError("This domain has no recipe.")
        values = self.form.values()
        preset = self.preset.value()
        return {
            "project": str(self.session.open_project.path),
            "recipe": recipe.name,
            "values": self.recipe_values(),
            "preset": "" if preset == DEFAULTS else preset,
            "where": self._where(),
            **self.split_by.arguments(),
            "folds": values["folds"],
            "cluster": values["cluster"].strip(),
            "seed": values["seed"],
            "device": values["device"],
            "by": self.session.curator,
        }

    def recipe_values(self) -> dict[str, Any]:
        """The values of the recipe's own parameters."""
        return {name: _plain(value) for name, value in self.form.values().items() if name not in OWN}

    def _where(self) -> str:
        return self.session.listing.where if self.form.row("samples").raw() == "list" else ""

    def _copy(self) -> None:
        """Put the training on the clipboard as a command line."""
        words = command_line(self.arguments(), self.form.differing(), self._preset_values())
        QGuiApplication.clipboard().setText(words)
        self.desk.notify(Told("Copied as a command"))

    # Preview

    def refresh_preview(self) -> None:
        """Draw the preview again: labels, filter or runs changed."""
        self._timer.start()

    def _ask_preview(self) -> None:
        if self.session.project is None or self.chosen() is None or not self.form.is_valid():
            return
        values = self.form.values()
        try:
            basis = self._basis(values)
        except UserError as error:
            self._show_trouble(str(error))
            return
        self.split_by.look()
        wish = Wish(
            values["split_by"],
            self.split_by.arguments()["split"],
            values["seed"],
            float(values.get("val_size", 0.2)),
            values["folds"],
            str(values.get("balance", "none")),
        )
        self._asked += 1
        self.reader.ask(("split", self._asked), lambda: make_preview(basis, wish), "split")

    def _basis(self, values: Mapping[str, Any]) -> Basis:
        session = self.session
        project = session.open_project
        usable = ~project.journal.fold.flagged("exclude") & project.journal.fold.live
        classes, places = session.training_places(values)
        there, where = session.open_domain.there(project.samples), self._where()
        wanted = usable & session.view.mask(where) if where else usable
        everything, codes = (np.where(rows & there, places, -1) for rows in (usable, wanted))
        gone, beside = session.open_domain.gone(project.samples), session.open_domain.beside(project.samples)
        lost, others = (int((wanted & mask & (places >= 0)).sum()) for mask in (gone, beside & ~there))
        self._show_counts(codes, lost, others, where)
        groups, names = project.samples.group_codes()
        column = level_of(project.samples, session.open_domain)
        levels = project.samples.column(column) if column else None
        latest = standing(project, project.journal.fold)
        return Basis(
            project.samples,
            codes,
            everything,
            groups,
            tuple(names),
            classes,
            project.test_rows(),
            column,
            levels,
            session.open_domain.advise,
            session.open_domain.words(project.samples) if session.open_domain.apart else None,
            self._given(),
            np.where(everything >= 0, latest.codes, -1),
            tuple(latest.classes),
            tell_torn(project, session.open_domain),
        )

    def _given(self) -> Callable[[], tuple[Given, ...]] | None:
        """What tells the recipe's trainings over splits that came with the data; None where it knows of none."""
        recipe, samples = self.chosen(), self.session.open_project.samples
        if recipe is None or recipe.given is None:
            return None
        return partial(recipe.given, make_params(recipe, self.recipe_values()), samples)

    def _show_counts(self, codes: np.ndarray[Any, Any], gone: int, beside: int, where: str) -> None:
        """How many labels can be learnt from. gone: labels of samples whose files are missing; beside: of samples of
        another kind than what is learnt from."""
        labelled = int((codes >= 0).sum())
        words = f"{numbers.count(labelled)} of {numbers.count(self.session.count)}"
        words += f", {numbers.count(gone)} without signals" if gone else ""
        words += f", {numbers.plural(beside, *self.session.open_domain.asides)}" if beside else ""
        if self.form.row("samples").raw() == "list" and not where:
            words = "no filter in the list"
        self.form.row("samples").set_hint(words)
        self.labelled = labelled

    def busy(self) -> bool:
        """Whether a preview is still to come."""
        return self._timer.isActive() or (self._asked > 0 and self._arrived_at < self._asked)

    def _arrived(self, key: Any, value: Any) -> None:
        if key == ("offered", self._offers) and self.session.project is not None:
            self._offer(value)
        if not isinstance(value, Preview):
            return
        self._arrived_at = key[1]
        self.preview, self._trouble = value, ""
        if self.session.project is None:
            return
        group = group_noun(self.session)
        words = f"{groups_of(value, group)}, {' / '.join(str(value.groups[k]) for k in ('train', 'val', 'test'))}"
        room = self.width() - SPLIT_LEFT
        words = words if paint.width(words, "caption") <= room else words.rpartition(", ")[2]
        self.split_by.hint("as the data came" if value.over else words, value.leaks)
        if not self.form.values()["folds"]:  # what none of them means
            self.form.row("folds").set_hint("0: those that came" if value.over else FOLDS)
        self.split.show_preview(value, group)
        self._show_state()
        self.previewed.emit(value)

    def _failed(self, key: Any, error: Exception) -> None:
        if isinstance(key, tuple) and key[0] == "split":
            self._arrived_at = key[1]
            self._show_trouble(str(error))

    def _show_trouble(self, words: str) -> None:
        self._trouble = words
        self.preview = None
        self.split.show_trouble(words)
        self._show_state()

    def set_running(self, running: bool, waiting: int, title: str = "", stopping: bool = False) -> None:
        """Train becomes Stop while a training runs."""
        self.running = running
        # Not disabled while it stops: the focus would jump to another control.
        self.start.setText("Stopping" if stopping else "Stop, keep best" if running else "Train")
        self.start.set_icon("stop" if running else "play")
        self.start.setToolTip("Stop now; the best weights so far are kept" if running else "Train  Ctrl+Enter")
        self.next.setVisible(running)
        words = f"{title} is {'stopping' if stopping else 'running'}" if running else ""
        if running and waiting:
            words = f"{waiting} waiting"
        self.state.setText(words)
        self._show_state()

    def _show_state(self) -> None:
        """The button only where it can do something, and why not where it can't."""
        wrong = self.form.errors()
        usable = not wrong and not self._trouble
        if self.running:
            self.next.setEnabled(usable)
            return
        self.start.setEnabled(usable)
        self.state.setText("one value is wrong" if wrong else "")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _line(tall: int, space: int) -> tuple[QWidget, QHBoxLayout]:
    """A row of controls of a fixed height over the form's width."""
    line = QWidget()
    line.setFixedHeight(tall)
    row = QHBoxLayout(line)
    row.setContentsMargins(tokens.GUTTER, 0, tokens.GUTTER, 0)
    row.setSpacing(space)
    return line, row
