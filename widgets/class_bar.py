"""The classes of the project: key, chip, name, label and model bars; a click or a key asks for one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from widgets import numbers, paint, theme, tokens
from widgets.mosaic.carry import BIN
from widgets.parts.bars import draw_two
from widgets.parts.keys import caps_width, draw_caps


class ClassRow(QAbstractButton):
    """One class; it is down while it is the sample's label."""

    def __init__(self, index: int, name: str, title: str, letter: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.index, self.name, self.title, self.letter, self.key = index, name, title, letter, key
        self._label = self._model = math.nan
        self._blind = self._top = False
        self.setText(title)
        self.setCheckable(True)
        self.setObjectName(f"class_{name}")
        self.setProperty(BIN, name)
        self.setAccessibleName(title)
        self.setToolTip(f"Label {title}  {key}" if key else f"Label {title}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(tokens.CLASS_ROW)

    def sizeHint(self) -> QSize:
        return QSize(220, self.height())

    def show_shares(self, chosen: bool, label: float, model: float, blind: bool, top: bool) -> None:
        """Show the share of votes and the model's probability, NaN for none."""
        self.setChecked(chosen)
        self._label, self._model, self._blind, self._top = label, model, blind, top
        words = "hidden" if blind else f"label {numbers.p(label)}, model {numbers.p(model)}"
        self.setAccessibleDescription(words)
        self.update()

    def nextCheckState(self) -> None:
        """A click asks; only the journal's answer changes the state."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = self.height() / 2
        ground = QRectF(4, 1, self.width() - 8, self.height() - 2)
        if self.isChecked():
            paint.plate(painter, ground, theme.token("selection"), tokens.RADIUS)
        elif self.underMouse():
            paint.plate(painter, ground, theme.token("hover"), tokens.RADIUS)
        x = float(tokens.GUTTER)
        if self.key:
            draw_caps(painter, x, middle, self.key)
        x += max(caps_width(self.key), 18) + 8
        chip = paint.chip_pixmap("filled", self.letter, self.index, self.devicePixelRatioF())
        painter.drawPixmap(round(x), round(middle - paint.CHIP / 2), chip)
        x += paint.CHIP + 8
        right = self.width() - tokens.GUTTER
        bars = min(100.0, max(self.width() * 0.3, 44.0))
        left = right - 44 - bars
        paint.text(painter, QRectF(x, 0, left - x - 8, self.height()), self.title, "strong", "text")
        draw_two(painter, QRectF(left, 0, bars, self.height()), self.index, self._label, self._model, self._blind)
        words = numbers.NONE if self._blind else numbers.p(self._model) if math.isfinite(self._model) else ""
        tone = "text" if self._top and not self._blind else "text2"
        box = QRectF(right - 40, 0, 40, self.height())
        paint.text(painter, box, words, "strong" if tone == "text" else "body", tone, paint.RIGHT)


class ClassBar(QWidget):
    """The rows of all classes. ``class_asked(name)`` tells the wanted label; nothing changes here.

    Digits (or the keys given) ask while the focus is in it; ↑ ↓ move between rows.
    ``letters_asked(name)`` is asked for by the context menu of a row.
    """

    class_asked = Signal(str)
    letters_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ClassRow] = []
        self._height = tokens.CLASS_ROW
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Classes")

    def set_classes(
        self,
        names: Sequence[str],
        letters: Sequence[str] = (),
        titles: Mapping[str, str] | None = None,
        keys: Sequence[str] = (),
    ) -> None:
        """Show these classes in order; letters and keys are proposed where none are given."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.deleteLater()
        given = list(letters) or tokens.propose_letters(names)
        caps = list(keys) or [tokens.key_of(index, names) for index in range(len(names))]
        self._rows = []
        for index, name in enumerate(names):
            row = ClassRow(index, name, (titles or {}).get(name, name), given[index], caps[index], self)
            row.setFixedHeight(self._height)
            row.clicked.connect(lambda _on=False, name=name: self.class_asked.emit(name))
            self._column.addWidget(row)
            self._rows.append(row)
        self.updateGeometry()

    def set_row_height(self, height: int) -> None:
        """Rows of 36 px, or 30 where room is short."""
        self._height = height
        for row in self._rows:
            row.setFixedHeight(height)

    def rows(self) -> list[ClassRow]:
        """The rows in order."""
        return list(self._rows)

    def show_sample(
        self,
        label: str | None,
        votes: Mapping[str, float] | None = None,
        probabilities: Mapping[str, float] | None = None,
        blind: bool = False,
    ) -> None:
        """Show one sample.

        label: its present class or None. votes: votes of each class, any scale; without them the
        label counts 1. probabilities: the model's, class → share, or None; a class that it was not taught
        has no p. blind: bars and p are hidden until the person has voted.
        """
        counts = dict(votes) if votes else ({label: 1.0} if label else {})
        total = sum(counts.values())
        shares = dict(probabilities) if probabilities else {}
        best = max(shares, key=lambda name: shares[name]) if shares else None
        for row in self._rows:
            part = counts.get(row.name, 0.0) / total if total else math.nan
            model = float(shares.get(row.name, math.nan))
            row.show_shares(row.name == label, part, model, blind, row.name == best)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pressed = event.text().upper()
        row = next((row for row in self._rows if row.key and row.key.upper() == pressed), None)
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if row is not None and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.class_asked.emit(row.name)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._focused() >= 0:
            self.class_asked.emit(self._rows[self._focused()].name)
        elif step and self._rows:
            self._rows[max(0, min(self._focused() + step, len(self._rows) - 1))].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def _focused(self) -> int:
        return next((index for index, row in enumerate(self._rows) if row.hasFocus()), -1)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row = self.childAt(event.pos())
        if isinstance(row, ClassRow):
            self.letters_asked.emit(row.name)
