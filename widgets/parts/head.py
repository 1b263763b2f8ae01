"""The head of a page: what it is about, where that comes from, and its key figures."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets import tokens
from widgets.parts.figure import FigureBlock
from widgets.parts.text import ElidedText

HEIGHT = 70
SPACE = 28


class PageHead(QWidget):
    """Title over source line at the left, figures at the right; the words give way where it is narrow.

    figures: caption and least width in px (0: as it needs) of each; a least width keeps the others in
    place while its digits change. The figure `name` is the control ``<page>.figure.<name>``, the words
    are ``<page>.title`` and ``<page>.source``. space: px between figures.
    """

    def __init__(
        self,
        page: str,
        figures: Mapping[str, tuple[str, int]],
        title: str = "",
        source: str = "",
        space: int = SPACE,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.GUTTER, 10, tokens.GUTTER, 4)
        row.setSpacing(space)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = ElidedText(title, "figure")
        self.source = ElidedText(source, "body", "text2")
        self.title.setObjectName(f"{page}.title")
        self.source.setObjectName(f"{page}.source")
        words.addWidget(self.title)
        words.addWidget(self.source)
        words.addStretch(1)
        row.addLayout(words, 1)
        self.figures: dict[str, FigureBlock] = {}
        for name, (caption, wide) in figures.items():
            block = FigureBlock(caption)
            block.setObjectName(f"{page}.figure.{name}")
            block.setMinimumWidth(wide)
            self.figures[name] = block
            row.addWidget(block)

    def show_words(self, title: str, source: str) -> None:
        """Show another title and source line."""
        self.title.setText(title)
        self.source.setText(source)
