"""The picture beside a choice of preprocessing: the shown sample before and after the step that it is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from models.domain import Stepped
from models.errors import UserError
from models.params import build
from widgets.charts.before_after import SECONDS, BeforeAfter
from widgets.form import FormRow
from widgets.parts.buttons import ToolButton
from widgets.parts.chip import Legend
from widgets.parts.header import PaneHeader
from workers.reading import Reader

if TYPE_CHECKING:
    from app.pages.train_form import TrainForm
    from app.window import Window

#: The section of parameters that are choices of preprocessing.
STEPS = "Preprocessing"


class _Watch(QObject):
    """Tells when the keyboard comes to a field."""

    def __init__(self, field: QWidget, run: Callable[[], None]) -> None:
        super().__init__(field)
        self._run = run
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._run()
        return False


def watch(row: FormRow, run: Callable[[], None]) -> None:
    """Tell when a person comes to a row of the form or changes it."""
    row.edited.connect(run)
    _Watch(row.field, run)


class StepPane(QWidget):
    """Reads beside the window's thread. ``wanted(on)``: there is something to see, or a person has seen enough."""

    wanted = Signal(bool)

    def __init__(self, window: Window, form: TrainForm) -> None:
        super().__init__()
        self.session, self.form = window.session, form
        self.setObjectName("train.step")
        self.setProperty("ground", "well")
        self.reader = Reader(threads=1, count=8, parent=self)
        self.reader.arrived.connect(self._came)
        self.reader.failed.connect(self._failed)
        self._awaited: Any = None
        self.head = PaneHeader("", "")
        self.close_button = ToolButton("close", "Put the picture away")
        self.close_button.setObjectName("train.step_close")
        self.close_button.clicked.connect(self.forget)
        self.head.add_tool(Legend([("bar", "before"), ("accent", "after")]), keep=True)
        self.head.add_tool(self.close_button, keep=True)
        self.chart = BeforeAfter()
        self.chart.setObjectName("train.before_after")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.chart, 1)

    def ask(self, choice: str) -> None:
        """A choice of preprocessing was made or looked at: show what its step does to the shown sample."""
        session, recipe = self.session, self.form.chosen()
        if session.project is None or session.current < 0 or recipe is None or self.form.form.errors():
            return
        compare, row, samples = session.open_domain.compare, session.current, session.open_project.samples
        if compare is None:
            return
        values = self.form.recipe_values()
        kind = recipe.params
        self._awaited = ("step", row, choice, repr(values))
        self.reader.ask(self._awaited, lambda: compare(samples, row, build(kind, values), choice), "step")

    def _came(self, key: Any, step: Stepped | None) -> None:
        if key != self._awaited:
            return
        self._awaited = None
        if step is None:
            return
        sample = self.session.short(self.session.current) if self.session.current >= 0 else ""
        shown = f"{sample}, {min(step.seconds, SECONDS):g} s in the middle".removeprefix(", ")
        self.head.set_title(step.title, f"{step.words} · {shown}")
        own = step.title == "Unit"
        self.chart.show_step(step.names, step.before, step.after, step.seconds, own)
        self.wanted.emit(True)

    def _failed(self, key: Any, error: Exception) -> None:
        if key != self._awaited:
            return
        self._awaited = None
        if not isinstance(error, UserError):
            raise error
        self.head.set_title("Before and after", str(error))
        self.chart.show_nothing()
        self.wanted.emit(True)

    def forget(self) -> None:
        """Put it away: another project, or a person has seen enough."""
        self._awaited = None
        self.wanted.emit(False)

    def busy(self) -> bool:
        """Whether a picture is still to come."""
        return self._awaited is not None

    def close_down(self) -> None:
        """End the reading."""
        self.reader.close()
