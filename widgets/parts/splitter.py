"""A splitter whose handle is one pixel drawn and seven live."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle, QWidget

from widgets import theme

LIVE = 7


class Splitter(QSplitter):
    """Panes beside each other (`Qt.Orientation.Horizontal`) or above each other."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Horizontal, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)

    def createHandle(self) -> QSplitterHandle:
        return _Handle(self.orientation(), self)


class _Handle(QSplitterHandle):
    def __init__(self, orientation: Qt.Orientation, parent: QSplitter) -> None:
        super().__init__(orientation, parent)
        self._hot = False
        self.setAttribute(Qt.WidgetAttribute.WA_MouseNoMask)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Qt grows a 1-px handle to 5 live pixels behind a mask of the line; two more make it 7. Qt's own
        # handler is left out: it sets other margins, and each change of margins sends a resize event.
        level = self.orientation() == Qt.Orientation.Horizontal
        grow = (LIVE - (self.width() if level else self.height())) // 2
        if grow > 0:
            box = self.geometry().adjusted(-grow, 0, grow, 0) if level else self.geometry().adjusted(0, -grow, 0, grow)
            self.setGeometry(box)
            return
        side = (LIVE - 1) // 2
        self.setContentsMargins(*((side, 0, side, 0) if level else (0, side, 0, side)))
        self.setMask(self.contentsRect())

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hot = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hot = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.contentsRect(), theme.token("accent" if self._hot else "line2"))
