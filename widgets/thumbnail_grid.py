"""The thumbnail grid: the mosaic with its action bar and the slider of its size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from models.change import Rows
from widgets.action_bar import ActionBar
from widgets.mosaic.layout import Group
from widgets.mosaic.view import DEFAULT, LARGEST, SMALLEST, Mosaic, Thumbs


class ThumbnailGrid(QWidget):
    """The mosaic with its action bar; ``size_slider`` is for the page's head.

    ``current_asked(row)``, ``selection_asked(rows)``, ``opened_asked(row)``, ``menu_asked(row,
    point)`` as the table has them; ``class_asked(name)`` from the action bar for the selection,
    ``dropped(name)`` when it was dragged onto a class.
    """

    current_asked = Signal(int)
    selection_asked = Signal(object)
    opened_asked = Signal(int)
    menu_asked = Signal(int, QPoint)
    class_asked = Signal(str)
    dropped = Signal(str)
    size_changed = Signal(int)
    empty_asked = Signal(str)

    def __init__(self, thumbs: Thumbs | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mosaic = Mosaic()
        self.mosaic.setObjectName("mosaic")
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setObjectName("thumb_size")
        self.size_slider.setAccessibleName("Size of thumbnails")
        self.size_slider.setToolTip("Size of thumbnails")
        self.size_slider.setRange(SMALLEST, LARGEST)
        self.size_slider.setValue(DEFAULT)
        self.size_slider.setFixedWidth(90)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.mosaic, 1)
        self.action_bar = ActionBar(self)  # made last: it lies over the mosaic
        self.mosaic.viewport().installEventFilter(self)
        self.action_bar.setObjectName("action_bar")
        self._connect()
        if thumbs is not None:
            self.set_thumbs(thumbs)

    def _connect(self) -> None:
        for name in ("current_asked", "selection_asked", "opened_asked", "menu_asked", "empty_asked"):
            getattr(self.mosaic, name).connect(getattr(self, name))
        self.mosaic.picked.connect(self._count)
        self.mosaic.dropped.connect(self.dropped)
        self.mosaic.side_asked.connect(self.size_slider.setValue)
        self.size_slider.valueChanged.connect(self._resize_thumbs)
        self.action_bar.class_asked.connect(self.class_asked)
        self.action_bar.clear_asked.connect(self.mosaic.clear_selection)

    def set_thumbs(self, thumbs: Thumbs) -> None:
        """Read from another provider."""
        self.mosaic.set_thumbs(thumbs)

    def set_classes(
        self,
        names: Sequence[str],
        letters: Sequence[str],
        keys: Sequence[str] = (),
        titles: dict[str, str] | None = None,
    ) -> None:
        """The classes, for chips and the action bar."""
        self.mosaic.set_letters(letters)
        self.mosaic.set_bins(names, [(titles or {}).get(name, name) for name in names])
        self.action_bar.set_classes(names, letters, keys, titles)

    def set_rows(self, rows: Rows) -> None:
        """Show rows in this order without headings."""
        self.set_groups([Group("", np.asarray(rows, np.int64))])

    def set_groups(self, groups: Sequence[Group]) -> None:
        """Show rows under headings."""
        self.mosaic.set_groups(groups)

    def show_selection(self, row: int, rows: Rows | None = None) -> None:
        """Show another current row and selection without asking."""
        self.mosaic.show_selection(row, rows)

    def refresh(self, rows: Rows | None = None) -> None:
        """Marks changed, or pictures came."""
        self.mosaic.refresh(rows)

    def set_size(self, side: int) -> None:
        """Thumbnails of this side."""
        self.size_slider.setValue(side)

    def set_empty(self, title: str, text: str = "", icon: str = "", actions: Sequence[tuple[str, str]] = ()) -> None:
        """What stands there without rows."""
        self.mosaic.set_empty(title, text, icon, actions)

    def _resize_thumbs(self, side: int) -> None:
        self.mosaic.set_side(side)
        self.size_changed.emit(side)

    def _count(self) -> None:
        self.action_bar.set_count(self.mosaic.picks.count())
        self.mosaic.set_foot(0 if self.action_bar.isHidden() else self.action_bar.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_bar()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place_bar()  # the mosaic has its new width, and its scroll bar, later than this
        return False

    def _place_bar(self) -> None:
        high = self.action_bar.height()
        self.action_bar.setGeometry(0, self.height() - high, self.mosaic.viewport().width(), high)
