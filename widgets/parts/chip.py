"""The chip of a class: filled for a label, hollow for the model's, dashed for none."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from widgets import paint, theme
from widgets.parts.text import Text


class Chip(QWidget):
    """One class chip; `kind` is "filled", "hollow" or "dashed", `index` the class's place."""

    def __init__(
        self,
        letter: str = "",
        index: int = 0,
        kind: str = "filled",
        side: int = paint.CHIP,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFixedSize(side, side)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.show_class(letter, index, kind)

    def show_class(self, letter: str, index: int, kind: str = "filled", name: str = "") -> None:
        """Show another class."""
        self._letter, self._index, self._kind = letter, index, kind
        said = {"filled": "label", "hollow": "model", "dashed": "no label"}[kind]
        self.setAccessibleName(said if kind == "dashed" else f"{said} {name or letter}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.chip(QPainter(self), QRectF(self.rect()), self._kind, self._letter, self._index)


class Swatch(QWidget):
    """A small patch of a colour: a token's or a class's."""

    def __init__(self, tone: str = "", index: int = -1, soft: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone, self._index, self._soft = tone, index, soft
        self.setFixedSize(12, 6)

    def sizeHint(self) -> QSize:
        return QSize(12, 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        colour = theme.token(self._tone) if self._tone else theme.class_colour(self._index).fill
        if self._soft and not self._tone:
            colour = theme.class_colour(self._index).soft
        QPainter(self).fillRect(self.rect(), colour)


class Legend(QWidget):
    """A row of swatches with their words: ``Legend([("label_bar", "your label"), ("bar", "model")])``.

    A tone ``class:2`` is the colour of that class.
    """

    def __init__(self, entries: list[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = [Text(words, "caption", "text2") for _tone, words in entries]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for (tone, _words), text in zip(entries, self._texts, strict=True):
            row.addWidget(_swatch(tone))
            row.addWidget(text)
            row.addSpacing(8)
        row.addStretch(1)
        self._say()

    def set_words(self, place: int, words: str) -> None:
        """Other words beside one of the swatches."""
        self._texts[place].setText(words)
        self._say()

    def _say(self) -> None:
        self.setAccessibleName(", ".join(text.text() for text in self._texts))


def _swatch(tone: str) -> Swatch:
    return Swatch(index=int(tone.removeprefix("class:"))) if tone.startswith("class:") else Swatch(tone)
