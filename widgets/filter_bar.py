"""The filter over a list: an expression in mono, its count, completion below, errors at their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QFrame, QLabel, QListWidget, QListWidgetItem, QPlainTextEdit, QSizePolicy, QWidget

from widgets import numbers, paint, theme, tokens
from widgets.parts.buttons import ToolButton

_TOKEN = re.compile(
    r"(?P<value>'[^']*'?|\"[^\"]*\"?|(?<![\w.])-?\d+\.?\d*(?:e-?\d+)?(?![\w.]))"
    r"|(?P<soft>==|!=|<=|>=|=|<|>|~|\b(?:and|or|not|in|is|like)\b|[(),])"
    r"|(?P<name>[^\W\d][\w.]*)"
)
_WAIT = 250
#: Pixels that the words on an error may take in a row; longer ones go on below.
_WIDEST = 560
#: Keys that mean something in the field itself: no shortcut of the window takes them.
_OWN = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
#: Completion: (what to insert, words beside it) each, for the text up to the cursor.
Completer = Callable[[str], Sequence[tuple[str, str]]]


class _Colours(QSyntaxHighlighter):
    """Values in accent, operators soft, the error underlined."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.error: tuple[int, int] | None = None

    def highlightBlock(self, text: str) -> None:
        for found in _TOKEN.finditer(text):
            look = QTextCharFormat()
            tone = {"value": "accent_text", "soft": "text2"}.get(found.lastgroup or "", "text")
            look.setForeground(theme.token(tone))
            self.setFormat(found.start(), found.end() - found.start(), look)
        if self.error is not None:
            start, stop = self.error
            look = QTextCharFormat()
            look.setForeground(theme.token("error"))
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SpellCheckUnderline)
            look.setUnderlineColor(theme.token("error"))
            self.setFormat(min(start, max(len(text) - 1, 0)), max(stop - start, 1), look)


class ExpressionField(QPlainTextEdit):
    """One line of an expression; keys that concern the list below are told, not typed."""

    key_told = Signal(int)
    focus_told = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(theme.font("mono"))
        self.setProperty("bare", True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QPlainTextEdit { border: 0; background: transparent; padding: 0; }")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.setAccessibleName("Filter")
        self.colours = _Colours(self.document())
        self.completes: Callable[[], bool] = lambda: False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        told = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Escape)
        if Qt.Key(event.key()) in told:
            self.key_told.emit(event.key())
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _OWN:
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab and self.completes():
            if event.type() == QEvent.Type.KeyPress:
                self.key_told.emit(event.key())
            event.accept()
            return True
        return super().event(event)

    def insertFromMimeData(self, source: object) -> None:
        text = getattr(source, "text", str)()
        self.insertPlainText(" ".join(text.split()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_told.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_told.emit(False)


class FilterBar(QWidget):
    """``filter_asked(text)`` on Enter and a quarter of a second after the last key; "" clears.

    The page answers with `set_count` or `set_error`. ``left`` tells Escape, ↓ with no list, or Enter on
    what can be read: the focus may go back to the table, where letters are keys.
    """

    filter_asked = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._completer: Completer | None = None
        self._count, self._error = "", ""
        self._asked = ""
        self.field = ExpressionField(self)
        self.field.setObjectName("filter_field")
        self.clear_button = ToolButton("close", "Clear filter", parent=self)
        self.clear_button.setObjectName("filter_clear")
        self.clear_button.setFixedSize(24, 24)
        self.clear_button.setIconSize(QSize(12, 12))
        self.list = _Choices(self)
        self.field.completes = self.list.isVisible
        self.message = QLabel(self)
        self.message.setObjectName("filter_error")
        self.message.setProperty("bubble", True)
        self.message.setFont(theme.font("body"))
        self.message.hide()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT)
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._connect()
        self._refresh()

    def _connect(self) -> None:
        self.field.textChanged.connect(self._edited)
        self.field.key_told.connect(self._key)
        self.field.focus_told.connect(self._focused)
        self.clear_button.clicked.connect(self.clear)
        self.list.itemClicked.connect(lambda item: self._complete(item.data(Qt.ItemDataRole.UserRole)))
        self._wait.timeout.connect(self._ask)
        theme.changed.connect(self.field.colours.rehighlight)

    # ---- what the page says

    def text(self) -> str:
        """The expression."""
        return self.field.toPlainText().strip()

    def set_text(self, text: str) -> None:
        """Show an expression without asking for it."""
        self._asked = text.strip()
        if text != self.field.toPlainText():
            self.field.blockSignals(True)
            self.field.setPlainText(text)
            self.field.moveCursor(QTextCursor.MoveOperation.End)
            self.field.blockSignals(False)
        self.list.hide()
        self._wait.stop()
        self._refresh()

    def set_count(self, shown: int, total: int) -> None:
        """Say ``283 of 825`` and take an error back."""
        self._count = f"{numbers.count(shown)} of {numbers.count(total)}"
        self._set_error("", None)

    def set_error(self, words: str, start: int = 0, stop: int | None = None) -> None:
        """Underline [start, stop) of the text and say what is wrong there; "" takes it back."""
        end = len(self.field.toPlainText()) if stop is None else stop
        self._set_error(words, (start, end) if words else None)

    def error(self) -> str:
        """The shown error, or ""."""
        return self._error

    def set_completer(self, completer: Completer) -> None:
        """Ask this for completions of the text before the cursor."""
        self._completer = completer

    def clear(self) -> None:
        """Take the filter away, and ask."""
        self.field.clear()
        self._wait.stop()
        self._ask()

    # ---- inside

    def _set_error(self, words: str, place: tuple[int, int] | None) -> None:
        self._error = words
        self.field.colours.error = place
        self.field.blockSignals(True)
        self.field.colours.rehighlight()
        self.field.blockSignals(False)
        self.field.setAccessibleDescription(words)
        self.setToolTip(words)
        self._show_message()
        self._refresh()

    def _show_message(self) -> None:
        """Say what is wrong right below its place, while the field has the focus and offers no completion."""
        place = self.field.colours.error
        shown = bool(self._error) and place is not None and self.field.hasFocus() and not self.list.isVisible()
        self.message.setVisible(shown)
        if shown and place is not None:
            self.message.setText(self._error)
            room = min(self.window().width() - 16, _WIDEST)
            self.message.setWordWrap(False)
            if self.message.sizeHint().width() > room:
                self.message.setWordWrap(True)
                self.message.resize(room, self.message.heightForWidth(room))
            else:
                self.message.adjustSize()
            self._float(self.message, self.field.toPlainText()[: place[0]], self.message.width())

    def _float(self, widget: QWidget, before: str, wide: int) -> None:
        """Put a widget over the page, below the end of a text in the field."""
        window = self.window()
        if widget.parent() is not window:
            widget.setParent(window)
        start = QFontMetricsF(theme.font("mono")).horizontalAdvance(before)
        corner = self.mapTo(window, QPoint(round(min(26 + start, self.width() - 120)), self.height() + 2))
        corner.setX(max(min(corner.x(), window.width() - wide - 8), 8))
        widget.move(corner)
        widget.show()
        widget.raise_()

    def _edited(self) -> None:
        self.field.colours.error = None
        self._error = ""
        self.message.hide()
        self._wait.start()
        self._offer()
        self._refresh()

    def _ask(self) -> None:
        text = self.text()
        if text != self._asked:
            self._asked = text
            self.filter_asked.emit(text)

    def _key(self, key: int) -> None:
        open_list = self.list.isVisible()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and open_list:
            self.list.step(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Tab and open_list:
            self._complete(self.list.chosen() or self.list.item(0).data(Qt.ItemDataRole.UserRole))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif key == Qt.Key.Key_Escape and open_list:
            self.list.hide()
            self._show_message()
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Down):
            self.left.emit()

    def _enter(self) -> None:
        chosen = self.list.chosen() if self.list.isVisible() else ""
        if chosen:
            self._complete(chosen)
            return
        self.list.hide()
        self._wait.stop()
        self._asked = "\0"
        self._ask()
        if not self.error():
            self.left.emit()

    def _focused(self, here: bool) -> None:
        self._show_message()
        if not here:
            self.list.hide()
            if self._wait.isActive():
                self._wait.stop()
                self._ask()
        self.update()

    def _before(self) -> str:
        return self.field.toPlainText()[: self.field.textCursor().position()]

    def _word(self) -> str:
        found = re.search(r"[\w.]+$|'[^']*$|\"[^\"]*$", self._before())
        return found.group() if found else ""

    def _offer(self) -> None:
        if not self.field.hasFocus():
            return
        before = self._before()
        choices = self._completer(before) if self._completer is not None else ()
        word = self._word()
        choices = [choice for choice in choices if choice[0] != word][:9]
        self.list.offer(choices)
        if choices:
            self.list.fit()
            self._float(self.list, before[: len(before) - len(word)], self.list.width())

    def _complete(self, words: str) -> None:
        cursor = self.field.textCursor()
        cursor.setPosition(cursor.position() - len(self._word()), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(words + " ")
        self.field.setTextCursor(cursor)
        self.list.hide()
        self.field.setFocus()

    def _refresh(self) -> None:
        self.clear_button.setVisible(bool(self.field.toPlainText()))
        self._place()
        self.update()

    def _place(self) -> None:
        side = 26 if not self.clear_button.isHidden() else 6
        self.clear_button.move(self.width() - 26, 2)
        count = paint.width(self._count, "strong") if self._count else 0
        line = QFontMetricsF(theme.font("mono")).height()
        top = round((self.height() - line) / 2)
        self.field.setGeometry(30, top, max(round(self.width() - 30 - side - count - 10), 20), round(line) + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(300, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "error" if self._error else "accent" if self.field.hasFocus() else "line2"
        painter.setPen(QPen(theme.token(edge), 1))
        painter.setBrush(theme.token("well"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), tokens.RADIUS, tokens.RADIUS)
        theme.draw_sign(painter, QRectF(9, 7, 14, 14), "filter", theme.token("text2"))
        if not self.field.toPlainText():
            paint.text(painter, QRectF(34, 0, self.width() - 120, self.height()), "Filter", "body", "text3")
        side = 28 if not self.clear_button.isHidden() else 9
        box = QRectF(0, 0, self.width() - side, self.height())
        paint.text(painter, box, self._count, "strong", "text2" if self._error else "text", paint.RIGHT)


class _Choices(QListWidget):
    """The list of completions, over the page."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setObjectName("filter_choices")
        self.setAccessibleName("Completions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFont(theme.font("mono"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("floating", True)
        self.hide()

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        self.clear()
        for words, beside in choices:
            item = QListWidgetItem(f"{words}   {beside}" if beside else words)
            item.setData(Qt.ItemDataRole.UserRole, words)
            self.addItem(item)
        self.setCurrentRow(-1)
        if not choices:
            self.hide()

    def fit(self) -> None:
        wide = min(max(self.sizeHintForColumn(0) + 30, 200), 420)
        self.resize(wide, self.count() * max(self.sizeHintForRow(0), 24) + 10)

    def step(self, by: int) -> None:
        self.setCurrentRow(
            (self.currentRow() + by) % self.count() if self.currentRow() >= 0 or by > 0 else self.count() - 1
        )

    def chosen(self) -> str:
        item = self.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None and self.currentRow() >= 0 else ""
