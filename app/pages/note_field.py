"""The note of one sample below its labels: written to the journal when a person is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

from widgets.parts.notice import keep_clear

if TYPE_CHECKING:
    from app.window import Window


class NoteField(QPlainTextEdit):
    """The note of one sample; it is written when the focus leaves, or by Esc and Ctrl+Enter, which tell `left`."""

    left = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._desk = window
        self.setObjectName("label.note")
        self.setAccessibleName("Note on this sample")
        self.setPlaceholderText("Note on this sample")
        self.setFixedHeight(46)
        self.setTabChangesFocus(True)
        self.row = -1
        keep_clear(self)
        window.session.leaving.connect(self.write)

    def show_note(self, row: int, text: str) -> None:
        """Show the note of a row; one that was begun for another row is written first."""
        if row != self.row:
            self.write()
            self.row = row
        if self.toPlainText() != text and not (self.hasFocus() and self.document().isModified()):
            self.setPlainText(text)

    def forget(self) -> None:
        """Another project: what stands here belongs to none of its samples."""
        self.row = -1
        self.clear()
        self.document().setModified(False)

    def write(self) -> None:
        """Give the note to the journal when the person changed it."""
        session = self._desk.session
        if self.row < 0 or session.project is None or not self.document().isModified():
            return
        self.document().setModified(False)
        if self.row < len(session.project.samples):
            session.note(self.toPlainText().strip(), self.row)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.write()
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _leaves(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _leaves(event):
            self.write()
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _leaves(event: QKeyEvent) -> bool:
    """Esc and Ctrl+Enter end the note; elsewhere they are keys of the window."""
    control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    return event.key() == Qt.Key.Key_Escape or (control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter))
