"""The lines of a training's log, newest below; they can be selected and copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from widgets import theme


class LogView(QPlainTextEdit):
    """Read-only lines of (time, words). It follows the newest line unless a person scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[tuple[str, str]] = []
        self.setReadOnly(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setFont(theme.font("mono_small"))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setMaximumBlockCount(5000)
        self.setUndoRedoEnabled(False)
        self.setStyleSheet("QPlainTextEdit { border: 0; padding: 4px 8px; }")
        self.setAccessibleName("Log")
        theme.changed.connect(self._dress)

    def set_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        """Show these; lines that only grew are appended."""
        lines = list(lines)
        known = len(self._lines)
        if lines[:known] != self._lines or not known:
            self.clear()
            known = 0
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 4
        for place, (at, words) in enumerate(lines[known:], known):
            self._append(at, words, first=place == 0)
        self._lines = lines
        if follows:
            bar.setValue(bar.maximum())

    def lines(self) -> list[tuple[str, str]]:
        """What is shown."""
        return list(self._lines)

    def copy_all(self) -> None:
        """Put all lines on the clipboard."""
        QGuiApplication.clipboard().setText("\n".join(f"{at}  {words}".strip() for at, words in self._lines))

    def _append(self, at: str, words: str, first: bool) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not first:
            cursor.insertBlock()
        soft, ink = QTextCharFormat(), QTextCharFormat()
        soft.setForeground(theme.token("text3"))
        ink.setForeground(theme.token("text"))
        cursor.insertText(f"{at}   " if at else "", soft)
        cursor.insertText(words, ink)

    def _dress(self) -> None:
        lines, self._lines = self._lines, []
        self.set_lines(lines)
