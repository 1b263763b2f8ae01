"""A widget on show, for its tests."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot


def shown(qtbot: QtBot, widget: QWidget, wide: int = 300, tall: int = 40) -> QWidget:
    """The widget on screen at a size."""
    qtbot.addWidget(widget)
    widget.resize(wide, tall)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget
