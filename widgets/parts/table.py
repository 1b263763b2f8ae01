"""The look that tables of rows share: no grid, no frame, rows of one height, a plain head."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from widgets import tokens


def dress_table(table: QTableView, choice: QAbstractItemView.SelectionMode) -> QHeaderView:
    """Dress a table whose rows are chosen as a whole, so many at once; its head, which can be clicked."""
    table.setShowGrid(False)
    table.setFrameShape(QTableView.Shape.NoFrame)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(choice)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(tokens.ROW)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionsClickable(True)
    return header
