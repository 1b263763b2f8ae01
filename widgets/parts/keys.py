"""Key caps, and the foot of a panel that tells the keys that matter there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, tokens

#: How a key reads on its cap.
CAPS = {"Return": "Enter", "Up": "↑", "Down": "↓", "Left": "←", "Right": "→", "PgUp": "Page ↑", "PgDown": "Page ↓"}


def caps(sequence: str) -> list[str]:
    """The caps of a key sequence: ``Ctrl+Shift+Z`` → Ctrl, Shift, Z."""
    if sequence in ("", "+"):
        return list(sequence)
    parts = sequence.replace("++", "+plus").split("+")
    return ["+" if part == "plus" else CAPS.get(part, part) for part in parts]


def draw_caps(painter: QPainter, x: float, middle: float, sequence: str, to_left: bool = False) -> float:
    """Draw the caps of a sequence from (or up to) `x`; returns the x after (or before) them."""
    signs = caps(sequence)
    total = caps_width(sequence)
    at = x - total if to_left else x
    start = at
    for sign in signs:
        wide = paint.key_width(sign)
        paint.key(painter, QRectF(at, middle - 9, wide, 18), sign)
        at += wide + 4
    return start if to_left else max(at - 4, x)


def caps_width(sequence: str) -> int:
    """Width of the caps of a sequence."""
    signs = caps(sequence)
    return sum(paint.key_width(sign) for sign in signs) + 4 * max(len(signs) - 1, 0)


class KeyCap(QWidget):
    """The caps of one key sequence."""

    def __init__(self, sequence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sequence = sequence
        self.setFixedSize(max(caps_width(sequence), 18), 18)
        self.setAccessibleName(f"key {sequence}")

    def paintEvent(self, event: QPaintEvent) -> None:
        draw_caps(QPainter(self), 0, self.height() / 2, self._sequence)


class KeyHints(QWidget):
    """The 30-px foot of a panel: keys with a word each; what does not fit is left out whole."""

    def __init__(self, hints: Sequence[tuple[str, str]] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hints: list[tuple[str, str]] = []
        self.setFixedHeight(tokens.FOOT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_hints(hints)

    def set_hints(self, hints: Sequence[tuple[str, str]]) -> None:
        """Tell other keys: (sequence, word) each; several sequences of one word by spaces."""
        self._hints = list(hints)
        self.setAccessibleName("keys: " + ", ".join(f"{key} {word}" for key, word in self._hints))
        self.update()

    def hints(self) -> list[tuple[str, str]]:
        """The keys told."""
        return list(self._hints)

    def sizeHint(self) -> QSize:
        return QSize(200, tokens.FOOT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.rule(painter, self.rect(), "top")
        x, middle = float(tokens.GUTTER), self.height() / 2 + 0.5
        for sequence, word in self._hints:
            need = sum(caps_width(part) + 4 for part in sequence.split()) + 4 + paint.width(word, "caption")
            if x + need > self.width() - 6:
                break
            for part in sequence.split():
                x = draw_caps(painter, x, middle, part) + 4
            x += 4
            x += paint.text(painter, QRectF(x, 0, 400, self.height()), word, "caption", "text2") + 14
