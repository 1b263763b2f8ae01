"""What a person does to single rows of a recording: pick one, call its channels bad, put it away."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu, QWidget

from widgets.recording.page import PageView


class RowMenus(QObject):
    """``bad_asked(channel)``: it is called bad, or good again. ``hidden_asked(labels)``: these rows are put away.
    ``picked_first(label, channels)``: no row was picked, so that this one is now, and nothing else is done."""

    bad_asked = Signal(str)
    picked_first = Signal(str, int)
    hidden_asked = Signal(object)

    def __init__(self, page: PageView, owner: QWidget) -> None:
        super().__init__(owner)
        self._page, self._owner = page, owner
        self.menu = QMenu("Rows", owner)
        self.menu.aboutToShow.connect(self.fill)
        page.row_clicked.connect(self._click)

    def _click(self, row: int) -> None:
        self._ask(row, QCursor.pos())

    def ask_picked(self) -> None:
        """Whether the channels of the picked row are bad; where none is picked, one is."""
        row, lanes, plot = self._page.row, self._page.lanes, self._page.plot
        if not plot.side.picked and self._page.shown is not None and len(self._page.shown):
            self._page.pick(row)
            self.picked_first.emit(plot.side.picked, len(self._page.shown.made_of[row]))
            return
        if lanes is not None and 0 <= row < len(lanes.middles):
            y = plot.area().top() - float(lanes.middles[row])
            self._ask(row, plot.mapToGlobal(QPoint(0, round(y) + 8)))

    def _ask(self, row: int, place: QPoint) -> None:
        """The channel of a row; of two a person says which."""
        shown = self._page.shown
        if shown is None or not 0 <= row < len(shown):
            return
        self._page.pick(row)
        names = shown.made_of[row]
        if len(names) == 1:
            self.bad_asked.emit(names[0])
        else:
            self.bad_menu(row).popup(place)

    def bad_menu(self, row: int) -> QMenu:
        """Which channels of a row are bad, and whether it is shown."""
        menu = QMenu(self._owner)
        menu.setObjectName("recording_row_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        assert self._page.shown is not None
        for name in self._page.shown.made_of[row]:
            action = menu.addAction(f"{name} is bad")
            action.setCheckable(True)
            action.setChecked(name in self._page.bad)
            action.triggered.connect(lambda _on=False, name=name: self.bad_asked.emit(name))
        menu.addSeparator()
        label = self._page.shown.labels[row]
        hidden = self._page.look.hidden | {label}
        menu.addAction(f"Hide {label}").triggered.connect(lambda: self.hidden_asked.emit(hidden))
        return menu

    def step(self, by: int) -> None:
        """Pick the row below (by 1) or above (−1); the first one where none was picked."""
        last = len(self._page.shown) - 1 if self._page.shown is not None else 0
        self._page.pick(min(max(self._page.row + by, 0), last) if self._page.plot.side.picked else 0)

    def fill(self) -> None:
        """All rows, ticked where they are shown."""
        self.menu.clear()
        hidden, shown = self._page.look.hidden, self._page.shown
        labels = [row.label for row in self._page.look.montage.rows]
        if shown is not None and shown.montage.name == "referential":
            labels = list(shown.labels)
        for label in dict.fromkeys([*labels, *sorted(hidden)]):
            action = self.menu.addAction(label)
            action.setCheckable(True)
            action.setChecked(label not in hidden)
            action.triggered.connect(lambda _on=False, label=label: self.hidden_asked.emit(hidden ^ {label}))
        self.menu.addSeparator()
        every = self.menu.addAction("Show all rows")
        every.setEnabled(bool(hidden))
        every.triggered.connect(lambda: self.hidden_asked.emit(frozenset()))
