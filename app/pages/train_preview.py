"""The split of a training before it begins: its groups as squares, and what there is to be known of it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.train_split import Preview
from widgets import numbers
from widgets.charts.split_squares import SplitSquares
from widgets.parts.notice import IssuePanel
from widgets.parts.text import Text


class SplitPreview(QWidget):
    """A warning where there is one, words on what is drawn, and the squares."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.warning = add_panel(column, "train.warning")
        head = QHBoxLayout()
        head.setContentsMargins(12, 10, 12, 6)
        head.addWidget(Text("Split preview", "caption_strong", "text2"))
        head.addStretch(1)
        self.words = Text("", "caption", "text2")
        self.words.setObjectName("train.split_words")
        head.addWidget(self.words)
        column.addLayout(head)
        self.squares = SplitSquares()
        self.squares.setObjectName("train.squares")
        column.addWidget(self.squares)

    def show_preview(self, preview: Preview, group: str) -> None:
        """Show a split. group: what a group is called."""
        drawn = f"{groups_of(preview, group)}, one square each"
        self.words.setText(f"{preview.over} that came with the data" if preview.over else drawn)
        self.squares.set_split(preview.rows, preview.locked)
        told = bool(preview.notes) or preview.leaks
        if preview.leaks:
            text = f"Samples of one {group} stand on two sides, so the model is tested on what it has seen."
            self.warning.set_words("This split leaks", " ".join([text, *map(_sentence, preview.notes)]), "warn", "warn")
        elif preview.is_split and told:
            self.warning.set_words("About this split", " ".join(map(_sentence, preview.notes)), "info", "info")
        self.warning.setVisible(preview.is_split and told)

    def show_trouble(self, words: str) -> None:
        """Tell why no split can be made."""
        self.squares.set_split((), False)
        self.words.setText("")
        self.warning.set_words("No split can be made", _sentence(words), "warn", "warn")
        self.warning.show()


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:].rstrip('.')}."


def groups_of(preview: Preview, group: str) -> str:
    """How many groups a split has, each counted once."""
    return numbers.plural(sum(len(row.groups) for row in preview.rows), group)


def add_panel(column: QVBoxLayout, name: str) -> IssuePanel:
    """A panel of words at the end of a column, hidden while there are none."""
    panel = IssuePanel("", "", "info", "info")
    panel.setObjectName(name)
    panel.hide()
    holder = QVBoxLayout()
    holder.setContentsMargins(12, 4, 12, 0)
    holder.addWidget(panel)
    column.addLayout(holder)
    return panel
