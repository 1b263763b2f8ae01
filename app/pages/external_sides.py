"""One side of the external page: how well a run does there, some of its cells, the confusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.thumbs import SIDE
from models.store.project import Project
from widgets import numbers, tokens
from widgets.charts.confusion import ConfusionMatrix
from widgets.mosaic.board import ThumbBoard
from widgets.mosaic.marks import ThumbMark
from widgets.parts.figure import FigureBlock
from widgets.parts.header import PaneHeader
from widgets.parts.text import Rule, Text


class Side(QWidget):
    """Inside, or outside."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.head = PaneHeader(title, "")
        self.figure = FigureBlock("Balanced accuracy")
        self.figure.setObjectName(f"external.{name}.score")
        self.auc = Text("", "strong", "text2")
        self.board = ThumbBoard()
        self.board.setObjectName(f"external.{name}.cells")
        self.confusion = ConfusionMatrix()
        self.confusion.setObjectName(f"external.{name}.confusion")
        self.confusion.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.confusion.setMinimumSize(240, 132)
        self.confusion.setMaximumHeight(176)
        self.confusion.cell_asked.connect(lambda _row, _column: self.confusion.choose(-1, -1))
        line = QHBoxLayout()
        line.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 6)
        line.addWidget(self.figure, 1)
        line.addWidget(self.auc)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(line)
        column.addWidget(Rule())
        column.addWidget(self.board, 1)
        column.addWidget(self.confusion)

    def show_side(self, told: Mapping[str, Any], classes: Sequence[str], words: str, part: str) -> None:
        """The figures; part: what they are scored on."""
        pair = (told.get("intervals") or {}).get("balanced_accuracy") or (None, None)
        value = told.get("balanced_accuracy")
        self.head.set_subtitle(words)
        self.figure.set_caption(f"Balanced accuracy, {part}; chance .50")
        bad = pair[0] is not None and pair[0] <= 0.5
        company = numbers.bounds(*pair) if pair[0] is not None else ""
        self.figure.set_figure(numbers.share(value, 3), company, "error" if bad else "text")
        self.auc.setText(f"AUC {numbers.share(told.get('auc'), 3)}")
        self.confusion.set_matrix(told["confusion"], classes, tokens.propose_letters(list(classes)))
        self.show_cells([None] * len(told["examples"]), told, classes)

    def show_cells(self, pictures: Sequence[Any], told: Mapping[str, Any], classes: Sequence[str]) -> None:
        """The examples with their pictures, as far as these are there."""
        marks = [ThumbMark(one["class"], one["guess"], one["p"]) for one in told["examples"]]
        self.board.set_cells(pictures, marks, tokens.propose_letters(list(classes)))


def pictures_of(project: Project, domain: Any, ids: Sequence[str]) -> list[Any]:
    """The pictures of samples by id, None for one that is not there."""
    rows = project.rows_of(list(ids))
    there = np.flatnonzero(rows >= 0)
    found: list[Any] = [None] * len(ids)
    pictures = domain.look(project.samples, rows[there], 80, SIDE, project.cache)
    for place, picture in zip(there.tolist(), pictures, strict=True):
        found[place] = picture
    return found
