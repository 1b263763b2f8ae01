"""What every viewer of a sample is: a head with its label, a place for what is drawn, words where nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from widgets import theme
from widgets.parts import Chip, EmptyState, LabelledCombo, PaneHeader, ToolButton
from widgets.parts.ring import ring_by_keys

SAVE = "Save picture…"
PLAIN, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
Stroke = tuple[Qt.Key, Qt.KeyboardModifier]


class Viewer(QWidget):
    """Head, chip of the label, states, picture; a viewer of a kind adds what it draws with `add_body`.

    kind: begins the names of its controls and of its pictures. noun: of what it shows, "Trace". sign: its icon. mono:
    whether its title is an id.

    picture_asked(figure): what is drawn shall become a file.
    """

    picture_asked = Signal(QWidget)

    def __init__(self, kind: str, noun: str, sign: str, parent: QWidget | None = None, mono: bool = True) -> None:
        super().__init__(parent)
        self.kind, self.noun, self._sign = kind, noun, sign
        self.setObjectName(f"{kind}_viewer")
        self.setAccessibleName(f"{noun} viewer")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.header = PaneHeader(tall=True, mono=mono)
        self.header.more.setObjectName(f"{kind}_more")
        self.header.more.setAccessibleName(f"More on this {noun.lower()}")
        self.chip, self.person = Chip(), QLabel()
        self._save: QAction | None = None
        self.header.add_lead(self.chip)
        self.header.add_lead(self.person)
        self.words = EmptyState("")
        self.words.setObjectName(f"{kind}_words")
        holder = QWidget(self)
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.words)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.header)
        self._column.addWidget(holder, 1)
        theme.changed.connect(self.dress)

    def sizeHint(self) -> QSize:
        return QSize(800, 560)

    # -- for the viewer of a kind

    def add_body(self, body: QWidget) -> None:
        """One more thing that may stand below the head."""
        self._stack.addWidget(body)

    def stack_body(self, page: QWidget, above: QWidget | None = None, below: QWidget | None = None) -> QWidget:
        """A page with what stands above and below it as a body, which is returned; all room is the page's."""
        body = QWidget()
        body.setAccessibleName(self.noun)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (above, page, below):
            if part is not None:
                column.addWidget(part, 1 if part is page else 0)
        self.add_body(body)
        return body

    def add_foot(self, foot: QWidget) -> None:
        """What stands below all bodies."""
        self._column.addWidget(foot)

    def show_body(self, body: QWidget) -> None:
        """Bring what was added before the words."""
        self._stack.setCurrentWidget(body)
        if self._save is not None:
            self._save.setEnabled(not self.speaks())

    def add_button(
        self, icon: str, tip: str, name: str, run: Callable[..., object], checkable: bool = False, key: str = ""
    ) -> ToolButton:
        """A button in the head, its name after the kind's; run gets whether one that can be checked is."""
        button = ToolButton(icon, tip, checkable, key)
        button.setObjectName(f"{self.kind}_{name}")
        if checkable:
            button.toggled.connect(run)
        else:
            button.clicked.connect(lambda _on=False: run())
        self.header.add_tool(button)
        return button

    def add_choice(
        self,
        label: str,
        choices: Sequence[tuple[str, Any]],
        tip: str,
        name: str,
        run: Callable[[], object],
        keep: bool = False,
    ) -> LabelledCombo:
        """A choice in the head, its name after the kind's; run when a person has chosen. keep: it never gives way."""
        combo = LabelledCombo(label, choices, tip)
        combo.setObjectName(f"{self.kind}_{name}")
        combo.chosen.connect(lambda _value: run())
        self.header.add_tool(combo, keep)
        return combo

    def offer_picture(self) -> None:
        """Offer in the head to keep what is drawn as a file."""
        self._save = self.header.add_entry(SAVE, lambda: self.picture_asked.emit(self._stack.currentWidget()))
        self._save.setObjectName(f"{self.kind}_save")
        self._save.setEnabled(not self.speaks())

    def dress(self) -> None:
        """The theme changed."""
        self.person.setPixmap(theme.pixmap("person", 12, "text2", self.devicePixelRatioF()))
        self.update()

    def forget(self) -> None:
        """Nothing is shown any more; a viewer of a kind lets go of its sample."""

    def fit(self) -> None:
        """What is shown as at first."""

    def acts(self) -> Mapping[Stroke, Callable[[], object]]:
        """What keys do. That of + is also that of =, and of both with Shift: keyboards differ in it."""
        return {}

    def take_key(self, event: QKeyEvent) -> bool:
        """Act on a key; False for one that is none of the viewer's."""
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        acts = self.acts()
        act = acts.get((key, held))
        if act is None and key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and not held & CTRL:
            act = acts.get((Qt.Key.Key_Plus, PLAIN))
        if act is not None:
            act()
        return act is not None

    # -- states

    def say(self, title: str, text: str = "", icon: str = "") -> None:
        """Words instead of a sample; the icon is the viewer's own where none is told."""
        self.words.set_state(title, text, icon or self._sign)
        self.show_body(self.words)

    def say_empty(self) -> None:
        """Say that nothing is chosen."""
        self.header.set_title(self.noun, "")
        self.say("No sample is shown", "Choose one in the list.")

    def say_loading(self, title: str) -> None:
        """Say that a sample is being read, instead of what stood there before."""
        self.header.set_title(title, "")
        self.say("Reading…", "Its file takes a moment.", "spinner")

    def set_words(self, title: str, text: str = "", icon: str = "") -> None:
        """Say why there is nothing to see: an empty list, a missing or broken file."""
        self.forget()
        self.show_label(-1)
        self.header.set_title(self.noun, "")
        self.say(title, text, icon)

    def say_bare(self, title: str, why: str) -> None:
        """Say of a sample whose file is there that it holds nothing to see."""
        self.header.set_title(title or self.noun, "")
        self.say(f"This {self.noun.lower()} is empty", why, "file_lost")

    def say_broken(self, why: str) -> None:
        """Say that what is shown cannot be read any more."""
        self.say(f"This {self.noun.lower()} cannot be read", f"{why.rstrip('.')}. Its labels are kept.", "file_lost")

    def speaks(self) -> bool:
        """Whether words stand where a sample would."""
        return self._stack.currentWidget() is self.words

    # -- the label

    def show_label(self, colour_index: int, letter: str = "", by: str = "") -> None:
        """The chip of the sample's label, −1 for none, and a sign when a person gave it. by: who, "" for no person."""
        self.chip.setVisible(colour_index >= 0)
        self.chip.show_class(letter, max(colour_index, 0))
        told = f"Labelled by {by}" if by and colour_index >= 0 else ""
        self.person.setVisible(bool(told))
        self.person.setToolTip(told)
        self.person.setAccessibleName(told)
        self.person.setPixmap(theme.pixmap("person", 12, "text2", self.devicePixelRatioF()))

    # -- hands

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here are not the window's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._means(event):
            event.accept()
            return True
        return super().event(event)

    def _means(self, event: QKeyEvent) -> bool:
        """Whether a key that may be the window's is this viewer's now."""
        return False

    def focusInEvent(self, event: QFocusEvent) -> None:
        ring_by_keys(self, event)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.speaks() or not self.take_key(event):
            event.ignore()


class Timed(Protocol):
    """A plot over time."""

    def pan(self, share: float) -> None:
        """Move by a share of what is seen."""


def acts_over_time(plot: Timed, zoom: Callable[[float], object]) -> dict[Stroke, Callable[[], object]]:
    """← → a quarter of what is seen, Page keys all of it, + − by the factor that more or less is seen."""
    return {
        (Qt.Key.Key_Left, PLAIN): partial(plot.pan, -0.25),
        (Qt.Key.Key_Right, PLAIN): partial(plot.pan, 0.25),
        (Qt.Key.Key_PageUp, PLAIN): partial(plot.pan, -1),
        (Qt.Key.Key_PageDown, PLAIN): partial(plot.pan, 1),
        (Qt.Key.Key_Minus, PLAIN): partial(zoom, 2.0),
        (Qt.Key.Key_Plus, PLAIN): partial(zoom, 0.5),
    }
