"""The head of a pane: title, subtitle, tools; what does not fit moves into ⋯."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QVBoxLayout, QWidget

from widgets import paint, theme, tokens
from widgets.parts.buttons import ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.segments import SegmentedButtons
from widgets.parts.text import ElidedText

_SPACE = 6
#: A subtitle that must be cut below this width is left out.
STUMP = 96


class PaneHeader(QWidget):
    """A head of 32 px (38 with `tall`). Tools stand at the right in order of being added.

    When the room is short the subtitle gives way first, then the tools that were added first to
    last with `keep` false move into the ⋯ menu; nothing is ever clipped. ``menu_of`` adds further
    entries to ⋯, which is shown only when it holds something.
    """

    def __init__(
        self,
        title: str = "",
        subtitle: str = "",
        tall: bool = False,
        ground: str = "panel",
        rule: bool = True,
        mono: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._ground, self._rule = ground, rule
        self._leads: list[QWidget] = []
        self._tools: list[tuple[QWidget, bool]] = []
        self._hidden: list[QWidget] = []
        self._withdrawn: list[QWidget] = []
        self._entries: list[QAction] = []
        self._least = 0
        self.title = ElidedText(title, "mono_title" if mono else "title" if tall else "strong", parent=self)
        self.subtitle = ElidedText(subtitle, "body", "text2", parent=self)
        self.more = ToolButton("more", "More", parent=self)
        self.more.setObjectName("more")
        self._menu = QMenu(self.more)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.more.setMenu(self._menu)
        self.setFixedHeight(38 if tall else tokens.HEADER)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)

    def set_title(self, title: str, subtitle: str | None = None) -> None:
        """Change the words."""
        if title == self.title.text() and subtitle in (None, self.subtitle.text()):
            return
        self.title.setText(title)
        if subtitle is not None:
            self.subtitle.setText(subtitle)
        self.setAccessibleName(title)
        self._place()

    def spare_title(self, least: int) -> None:
        """Of a long title the middle gives way, down to so many pixels, before a tool or the subtitle does."""
        self.title.set_middle(True)
        self._least = least
        self._place()

    def set_subtitle(self, subtitle: str) -> None:
        """Change the subtitle."""
        self.set_title(self.title.text(), subtitle)

    def add_lead(self, widget: QWidget) -> None:
        """Put a widget (a chip) before the title."""
        widget.setParent(self)
        self._leads.append(widget)
        self._place()

    def add_tool(self, widget: QWidget, keep: bool = False) -> QWidget:
        """Add a tool at the right; `keep` ones never move into ⋯."""
        widget.setParent(self)
        widget.installEventFilter(self)
        self._tools.append((widget, keep))
        self._place()
        return widget

    def offer(self, tool: QWidget, on: bool) -> None:
        """Whether a tool is there at all, in the head or in ⋯: one that is hidden by its owner would stay in ⋯."""
        if on == (tool not in self._withdrawn):
            return
        if on:
            self._withdrawn.remove(tool)
        else:
            self._withdrawn.append(tool)
        tool.setVisible(on)
        self._place()

    def add_entry(self, words: str, run: Callable[[], object], checkable: bool = False) -> QAction:
        """Add an entry to ⋯."""
        action = QAction(words, self)
        action.setCheckable(checkable)
        action.triggered.connect(lambda _on=False: run())
        self._entries.append(action)
        self._place()
        return action

    def add_action(self, action: QAction) -> None:
        """Add an action that another one keeps to ⋯."""
        self._entries.append(action)
        self._place()

    def overflowed(self) -> list[QWidget]:
        """The tools that stand in ⋯ now."""
        return list(self._hidden)

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def minimumSizeHint(self) -> QSize:
        kept = sum(tool.sizeHint().width() + _SPACE for tool, keep in self._tools if keep)
        return QSize(80 + kept, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()  # a tool asks for another width: its words changed
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token(self._ground))
        if self._rule:
            paint.rule(painter, self.rect(), "bottom")

    def _wide(self, widget: QWidget) -> int:
        return (
            max(widget.sizeHint().width(), widget.minimumWidth())
            if widget.minimumWidth() != widget.maximumWidth()
            else widget.width()
        )

    def _place(self) -> None:
        left = tokens.GUTTER
        for lead in (lead for lead in self._leads if not lead.isHidden()):
            left = self._set(lead, left, self._wide(lead)) + 8
        there = [(tool, keep) for tool, keep in self._tools if tool not in self._withdrawn]
        shown = [(tool, keep) for tool, keep in there if tool in self._hidden or not tool.isHidden()]
        title = self.title.sizeHint().width() if self.title.text() else 0
        wide = self.subtitle.sizeHint().width()
        least = min(title, self._least or title)
        room = self.width() - left - 6 - least - (10 if title else 0)
        self._hidden = self._overflow(shown, room)
        right = self.width() - 6
        needs_more = bool(self._hidden or self._entries)
        self.more.setVisible(needs_more)
        if needs_more:
            right -= 28
            self._set(self.more, right, 28)
        for tool, _keep in reversed(shown):
            tool.setVisible(tool not in self._hidden)
            if tool not in self._hidden:
                right -= self._wide(tool)
                self._set(tool, right, self._wide(tool))
                right -= _SPACE
        if self._least and self.subtitle.text():
            title = max(min(title, right - left - 8 - wide), least)
        left = self._set(self.title, left, max(min(title, right - left), 0)) + (8 if title else 0)
        rest = right - left
        # A stump of it would say nothing.
        told = bool(self.subtitle.text()) and rest >= min(wide, STUMP)
        self.subtitle.setVisible(told)
        self.title.set_beside("" if told else self.subtitle.text())
        self._set(self.subtitle, left, max(min(rest, wide), 0))

    def _overflow(self, tools: list[tuple[QWidget, bool]], room: int) -> list[QWidget]:
        need = sum(self._wide(tool) + _SPACE for tool, _keep in tools) + (28 if self._entries else 0)
        hidden: list[QWidget] = []
        for tool, keep in tools:
            if need + (28 if hidden and not self._entries else 0) <= room:
                break
            if not keep:
                hidden.append(tool)
                need -= self._wide(tool) + _SPACE
        return hidden

    def _set(self, widget: QWidget, x: int, wide: int) -> int:
        tall = (
            min(widget.sizeHint().height(), self.height())
            if widget.minimumHeight() != widget.maximumHeight()
            else widget.height()
        )
        widget.setGeometry(x, (self.height() - tall) // 2, wide, tall)
        return x + wide

    def _fill_menu(self) -> None:
        self._menu.clear()
        for tool in self._hidden:
            self._offer(tool)
        if self._hidden and self._entries:
            self._menu.addSeparator()
        self._menu.addActions(self._entries)

    def _offer(self, tool: QWidget) -> None:
        if isinstance(tool, LabelledCombo):
            self._offer_choices(tool)
        elif isinstance(tool, SegmentedButtons):
            for value, words, _icon in tool.segments():
                action = self._menu.addAction(words or value)
                action.triggered.connect(functools.partial(tool.choose, value))
                action.setCheckable(True)
                action.setChecked(value == tool.value())
        elif isinstance(tool, QAbstractButton):
            self._offer_button(tool)

    def _offer_button(self, tool: QAbstractButton) -> None:
        words = tool.accessibleName() or tool.text() or tool.toolTip()
        menu = tool.menu() if isinstance(tool, ToolButton) else None
        if menu is not None:
            self._menu.addAction(menu.menuAction())
            menu.menuAction().setText(words)
            return
        action = self._menu.addAction(tool.icon(), words, tool.click)
        action.setEnabled(tool.isEnabled())
        action.setCheckable(tool.isCheckable())
        action.setChecked(tool.isChecked())

    def _offer_choices(self, combo: LabelledCombo) -> None:
        sub = self._menu.addMenu(combo.accessibleName() or combo.currentText())
        for index in range(combo.count()):
            action = sub.addAction(combo.itemText(index))
            action.setCheckable(True)
            action.setChecked(index == combo.currentIndex())
            action.triggered.connect(lambda _on=False, index=index: self._pick(combo, index))

    def _pick(self, combo: LabelledCombo, index: int) -> None:
        combo.setCurrentIndex(index)
        combo.activated.emit(index)


def make_pane(head: PaneHeader, body: QWidget, *more: QWidget) -> QWidget:
    """A pane without gaps: its head, the body that takes the room, and what stands below it."""
    pane = QWidget()
    column = QVBoxLayout(pane)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for part in (head, body, *more):
        column.addWidget(part)
    column.setStretchFactor(body, 1)
    return pane
