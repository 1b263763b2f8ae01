"""A line of several values: typed, or ticked in a list that opens below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from widgets import paint, theme

ROW, MOST, WIDE = 24, 14, 240


class CheckList(QListWidget):
    """The list that opens: Space or a click ticks; Enter, Esc or leaving it closes."""

    def __init__(self, field: QLineEdit) -> None:
        super().__init__(field)
        self._field = field
        self.setFont(theme.font("label"))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def open(self) -> None:
        """Stand below the field, over all else in its window; above it where there is no room below."""
        window, field = self._field.window(), self._field
        self.setParent(window)
        tall = min(ROW * min(self.count(), MOST) + 6, window.height())
        place = field.mapTo(window, QPoint(0, field.height() + 2))
        if place.y() + tall > window.height():
            place.setY(max(place.y() - tall - field.height() - 4, 0))
        self.setStyleSheet(f"QListWidget {{ border: 1px solid {theme.token('line2').name()}; }}")
        self.setGeometry(place.x(), place.y(), max(field.width(), WIDE), tall)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self._field.setFocus(Qt.FocusReason.PopupFocusReason)
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.hide()
        self.setParent(self._field)  # it goes with its field


class ListField(QLineEdit):
    """Values with commas between them; ``textEdited`` tells a tick as it tells a typed letter.

    What is typed and not among the offered stays: it may be a pattern. empty: what it means without a value.
    """

    def __init__(self, offers: Sequence[str] = (), parent: QWidget | None = None, empty: str = "") -> None:
        super().__init__(parent)
        self._empty = empty
        self.setFont(theme.font("label"))
        self.offers: tuple[str, ...] = ()
        self.popup = CheckList(self)
        self.popup.hide()
        self.popup.itemChanged.connect(self._ticked)
        self.action = self.addAction(theme.icon("caret_down", "text2"), QLineEdit.ActionPosition.TrailingPosition)
        self.action.setToolTip("Choose from a list")
        self.action.triggered.connect(self.open)
        self.textChanged.connect(lambda _text: self.update())
        self.set_offers(offers)

    def set_offers(self, offers: Sequence[str]) -> None:
        """Offer these."""
        self.offers = tuple(offers)
        self.action.setVisible(bool(offers))
        self.popup.setAccessibleName(self.accessibleName())
        self.setPlaceholderText(self._empty or f"all {len(offers)}" if offers else "")

    def values(self) -> list[str]:
        """The named values in their order."""
        return [part.strip() for part in self.text().split(",") if part.strip()]

    def open(self) -> None:
        """Open the list with the named ones ticked."""
        named = self.values()
        self.popup.blockSignals(True)
        self.popup.clear()
        for name in self.offers:
            item = QListWidgetItem(name, self.popup)
            item.setSizeHint(QSize(0, ROW))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in named else Qt.CheckState.Unchecked)
        self.popup.blockSignals(False)
        self.popup.setCurrentRow(0)
        self.popup.open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.offers:
            self.open()
            return
        super().keyPressEvent(event)

    def _ticked(self, item: QListWidgetItem) -> None:
        named = [name for name in self.values() if name != item.text()]
        if item.checkState() == Qt.CheckState.Checked:
            named.append(item.text())
        rank = {name: place for place, name in enumerate(self.offers)}
        named.sort(key=lambda name: rank.get(name, len(rank)))
        self.setText(", ".join(named))
        self.setCursorPosition(0)
        self.textEdited.emit(self.text())

    def count_words(self) -> str:
        """``5 of 11``; "" where nothing is named, or nothing offered."""
        named = len(self.values())
        return f"{named} of {len(self.offers)}" if named and self.offers else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        words = self.count_words()
        wide = round(paint.width(words, "caption")) + 8 if words else 0
        if self.textMargins().right() != wide:
            self.setTextMargins(0, 0, wide, 0)
        super().paintEvent(event)
        if words:
            tone = "text2" if self.isEnabled() else "disabled"
            painter = QPainter(self)
            paint.text(painter, QRectF(0, 0, self.width() - 30, self.height()), words, "caption", tone, paint.RIGHT)
