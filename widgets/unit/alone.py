"""The measures of a unit on a page of their own: a source that is tables tells nothing else of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from widgets.parts import PaneHeader, ToolButton
from widgets.unit.measures import MeasureView
from widgets.unit.pane import ClassKeys
from widgets.unit.why import WhyStrip


class MeasurePage(QWidget):
    """Head, the model's reason once it was asked for, all measures. why_asked: the model is to tell it."""

    why_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Measures")
        self.measures, self.keys, self.why = MeasureView(), ClassKeys(), WhyStrip()
        self.measures.setObjectName("unit_measures_alone")
        self.why.setObjectName("unit_why_alone")
        self.head = PaneHeader("Measures")
        self.head.more.setObjectName("unit_alone_more")
        ask = ToolButton("bulb", "Explain the model’s class")
        ask.setObjectName("unit_ask_why_alone")
        ask.clicked.connect(self.why_asked)
        self.head.add_tool(self.keys)
        self.head.add_tool(ask, keep=True)
        page = QGridLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.head, 0, 0, 1, 2)
        page.addWidget(self.why, 1, 0)
        page.addWidget(self.measures, 1, 1)
        page.setColumnStretch(1, 1)
