"""Panes that can be moved, tabbed, floated and closed, and keep their shares of the room."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QTabBar, QTabWidget, QWidget

from widgets import tokens
from widgets.parts import PaneHeader, SegmentedButtons

#: What Qt lays over a line that is as thin as ours.
_GRIP = "qt_qmainwindow_extended_splitter"
Shares = Mapping[str, tuple[float, float]]


class Pane(QDockWidget):
    """A pane: its head of 32 px is the title bar by which it is moved.

    Where panes share a place, the head names all of them; a click on a name raises that pane.
    """

    def __init__(self, title: str, name: str, body: QWidget, short: str = "") -> None:
        super().__init__(title)
        self.setObjectName(f"{name}_pane")
        self.setAccessibleName(title)
        self.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        self.short, self.body = short or title, body
        self.header = PaneHeader(title)
        self.header.more.setObjectName(f"{name}_more")
        self.header.more.setAccessibleName(f"More on {title.lower()}")
        self.header.add_entry("Float or dock", lambda: self.setFloating(not self.isFloating()))
        self.header.add_entry(f"Close {title.lower()}", self.close)
        self.tabs = SegmentedButtons([], "Pane")
        self.tabs.setObjectName(f"{name}_tabs")
        self.tabs.hide()
        self.header.add_lead(self.tabs)
        self.setTitleBarWidget(self.header)
        self.setWidget(body)
        body.setMinimumSize(80, 40)
        self._title = title

    def set_title(self, title: str) -> None:
        """Another name."""
        self._title = title
        self.setWindowTitle(title)
        if self.tabs.isHidden():
            self.header.set_title(title)

    def name_siblings(self, panes: Sequence[Pane]) -> None:
        """The panes that share its place, itself among them."""
        several = len(panes) > 1
        if several:
            self.tabs.set_segments([(pane.objectName(), pane.short, "") for pane in panes])
            self.tabs.set_value(self.objectName())
        self.tabs.setVisible(several)
        self.header.set_title("" if several else self._title)
        self.header.setAccessibleName(self._title)


class DockArea(QMainWindow):
    """Panes without a middle. lay_out(area): puts them at their first places; shares(size): of width and
    height, by the name of a pane, until a person moves one.

    moved: a person changed places, sizes, or what is seen.
    """

    moved = Signal()

    def __init__(
        self, panes: Sequence[Pane], lay_out: Callable[[DockArea], None], shares: Callable[[QSize], Shares]
    ) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setObjectName("unit_docks")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        # The heads name the panes of one place: no line of tabs above them.
        self.setStyleSheet("QTabBar, QTabBar::tab { min-height: 0; max-height: 0; padding: 0; border: 0; }")
        self.panes = list(panes)
        self._lay_out, self._first = lay_out, shares
        self._shares: dict[str, tuple[float, float]] = {}
        self._setting = self._pressed = False
        self.placed = False
        #: A person moved something: what is seen is kept.
        self.touched = False
        # Panes take another size only when the layout has given them one.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.spread)
        self._tell = QTimer(self)
        self._tell.setSingleShot(True)
        self._tell.timeout.connect(self._settle)
        self.installEventFilter(self)
        for pane in self.panes:
            pane.installEventFilter(self)
            pane.visibilityChanged.connect(lambda _seen: self._tell.start(0))
            pane.dockLocationChanged.connect(lambda _area: self._tell.start(0))
            pane.topLevelChanged.connect(self._floated)
            pane.tabs.chosen.connect(self.bring)

    def reset(self) -> None:
        """All panes at their first places."""
        self._setting = True
        for pane in self.panes:
            if pane.isFloating():
                pane.setFloating(False)
            self.removeDockWidget(pane)
        self._lay_out(self)
        self._setting = self.touched = False
        self.placed = True
        self._later.start(0)
        self._tell.start(0)

    def _floated(self, _floats: bool) -> None:
        self.touched = self.touched or (self.placed and not self._setting)
        self._tell.start(0)

    def bring(self, name: str) -> None:
        """Show a pane, before those that share its place."""
        pane = next((pane for pane in self.panes if pane.objectName() == name), None)
        if pane is not None:
            pane.show()
            pane.raise_()
            self._settle()

    def seen(self) -> set[str]:
        """The names of the panes that are seen now."""
        return {pane.objectName() for pane in self.panes if self.is_seen(pane)}

    def is_seen(self, pane: Pane) -> bool:
        """Whether it is open, and before those that share its place."""
        return pane.isVisible() and not pane.visibleRegion().isEmpty()

    def _siblings(self, pane: Pane) -> list[Pane]:
        others = self.tabifiedDockWidgets(pane)
        return [one for one in self.panes if one is pane or (one in others and not one.isHidden())]

    def _settle(self) -> None:
        """After a change of places: the heads name what stands there."""
        for place, bar in enumerate(bar for bar in self.findChildren(QTabBar) if bar.parent() is self):
            bar.setMaximumHeight(0)
            bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            bar.setObjectName(f"{self.objectName()}.tabs.{place}")
            bar.setAccessibleName("Panes of one place")
        for pane in self.panes:
            pane.name_siblings([pane] if pane.isFloating() else self._siblings(pane))
        self.moved.emit()

    # -- shares

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self:
            self._watch_lines(event)
        elif event.type() == QEvent.Type.Resize and not self._setting and self.placed:
            self._tell.start(0)
        elif event.type() == QEvent.Type.Close and self.placed:
            self.touched = True
        return False

    def _watch_lines(self, event: QEvent) -> None:
        """The lines between panes are the area's own; what a pane does not want of the mouse comes here too."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            under = self.childAt(event.position().toPoint())
            self._pressed = under is None or under.objectName() == _GRIP
        elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed:
            self._pressed, self.touched = False, True
            QTimer.singleShot(0, self, self._keep_lines)

    def _keep_lines(self) -> None:
        self.note()
        self._tell.start(0)

    def note(self) -> None:
        """The panes are to keep the shares that they have now."""
        if self.width() < 2 or self.height() < 2:
            return
        for pane in self.panes:
            if self.is_seen(pane) and not pane.isFloating():
                # Those behind it have the size that they once had.
                for one in self._siblings(pane):
                    self._shares[one.objectName()] = (pane.width() / self.width(), pane.height() / self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.placed:
            self._later.start(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._later.start(0)

    def spread(self) -> None:
        """Give each pane its share of what there is."""
        if not self.touched:
            self._shares.update(self._first(self.size()))
        there = [pane for pane in self.panes if pane.objectName() in self._shares and pane.isVisible()]
        there = [pane for pane in there if not pane.isFloating()]
        if not there:
            return
        self._setting = True
        for place, way in enumerate((Qt.Orientation.Horizontal, Qt.Orientation.Vertical)):
            room = self.width() if place == 0 else self.height()
            sizes = [max(round(self._shares[pane.objectName()][place] * room), tokens.HEADER) for pane in there]
            self.resizeDocks(list[QDockWidget](there), sizes, way)
        self._setting = False

    # -- kept

    def state(self) -> dict[str, Any]:
        """Places, sizes and what is open, to be kept."""
        kept = base64.b64encode(bytes(self.saveState().data())).decode()
        return {"docks": kept, "shares": {name: list(share) for name, share in self._shares.items()}}

    def set_state(self, state: Mapping[str, Any]) -> bool:
        """As it was kept; False for what cannot be read, and all is at its first place then."""
        self.reset()
        try:
            shares = {str(name): (float(one), float(two)) for name, (one, two) in state["shares"].items()}
            held = QByteArray(base64.b64decode(state["docks"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            return False
        if not self.restoreState(held):
            return False
        self.touched = True
        self._shares.update(shares)
        self._later.start(0)
        return True

    def sizeHint(self) -> QSize:
        return QSize(800, 560)
