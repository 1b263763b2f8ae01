"""Alerts as cards, the new ones on the state's ground: rule, where and what, who took note and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets import paint, theme, tokens

Index = QModelIndex | QPersistentModelIndex
CARD, BETWEEN = 46, 6


@dataclass(frozen=True)
class AlertCard:
    """name: what it is called when it is chosen. title: its rule; words: where and what. who: "" for a new one."""

    name: str
    title: str
    words: str
    who: str = ""


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.cards: list[AlertCard] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.cards)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        card = self.cards[index.row()]
        # Of a narrow card the end gives way: all of it is told on hover.
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{card.title}, {card.words}, {f'acknowledged by {card.who}' if card.who else 'new'}"
        return card.title if role == Qt.ItemDataRole.DisplayRole else None


class AlertList(QListView):
    """Several can be chosen. `opened(name)`: the place of an alert is wanted."""

    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._cards = _Model()
        self._empty = ""
        self.setModel(self._cards)
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.doubleClicked.connect(lambda index: self.opened.emit(self._cards.cards[index.row()].name))

    def set_cards(self, cards: Sequence[AlertCard], empty: str = "") -> None:
        """Show these; those that were chosen stay so. empty: words while there is none."""
        self._empty = empty
        if list(cards) == self._cards.cards:
            self.viewport().update()
            return
        chosen = self.chosen()
        self._cards.beginResetModel()
        self._cards.cards = list(cards)
        self._cards.endResetModel()
        self.choose(chosen)

    def cards(self) -> list[AlertCard]:
        """What is shown."""
        return list(self._cards.cards)

    def chosen(self) -> list[str]:
        """The names of the chosen ones, from above."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._cards.cards[row].name for row in rows]

    def choose(self, names: Sequence[str]) -> None:
        """Choose these alone."""
        self.clearSelection()
        for row, card in enumerate(self._cards.cards):
            if card.name in names:
                index = self._cards.index(row)
                self.selectionModel().select(index, self.selectionModel().SelectionFlag.Select)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen():
            self.opened.emit(self.chosen()[0])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme.token("panel"))
        if not self._cards.cards:
            paint.text(painter, QRectF(self.viewport().rect()), self._empty, "body", "text3", paint.CENTRE)
        painter.end()
        super().paintEvent(event)


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: AlertList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, CARD + BETWEEN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        card = self._view.cards()[index.row()]
        given: Any = option  # its stub lacks what the C++ class inherits
        state, rect = given.state, QRectF(given.rect)
        box = rect.adjusted(tokens.GUTTER + 0.5, BETWEEN / 2 + 0.5, -tokens.GUTTER - 0.5, -BETWEEN / 2 - 0.5)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "accent" if chosen else "line2" if card.who else "error_bg"
        painter.setPen(QPen(theme.token(edge), 2 if chosen else 1))
        painter.setBrush(theme.token("panel" if card.who else "error_bg"))
        painter.drawRoundedRect(box, tokens.RADIUS, tokens.RADIUS)
        painter.restore()
        icon = theme.icon("bell" if not card.who else "check", "error" if not card.who else "ok")
        icon.paint(painter, round(box.left()) + 9, round(box.top()) + 6, 16, 16)
        inner = box.adjusted(34, 4, -10, -4)
        paint.text(
            painter, QRectF(inner.left(), inner.top(), inner.width(), 19), card.title, "strong",
            "text" if card.who else "error",
        )  # fmt: skip
        below = QRectF(inner.left(), inner.top() + 19, inner.width(), 17)
        wide = paint.width(card.who, "caption") if card.who else 0.0
        paint.text(painter, below.adjusted(0, 0, -wide - 8, 0), card.words, "caption", "text2" if card.who else "text")
        if card.who:
            paint.text(painter, below, card.who, "caption", "text2", paint.RIGHT)
