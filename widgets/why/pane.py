"""The pane of an explanation: for which class, looked at in which way, whether to believe it, and what adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from widgets import numbers, paint, theme, tokens
from widgets.parts.buttons import ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.text import ElidedText, Rule
from widgets.why.adds import Adds, AddsPicture

_BAR, _FOOT = 140, 6


@dataclass(frozen=True)
class Said:
    """title: of the class. words: how what is shown is to be read. layers: among which `layer` is looked into.

    shares: by part of the model, how much each counts. adds: what features add, None where that is not told.
    """

    title: str
    words: str
    layers: Sequence[str] = ()
    layer: str = ""
    shares: Mapping[str, float] = field(default_factory=dict)
    adds: Adds | None = None


class WhyPane(QWidget):
    """Not there without an explanation. ``layer_asked(name)``: look at another layer. ``closed``: put it away."""

    layer_asked = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.said: Said | None = None
        self.head = PaneHeader("Why")
        self.layer = LabelledCombo("", (), "What is looked at: a layer of the network, its attention or its gradients")
        self.layer.setObjectName("why_layer")
        self.layer.chosen.connect(self.layer_asked.emit)
        self.close_button = ToolButton("close", "Put the explanation away")
        self.close_button.setObjectName("why_close")
        self.close_button.clicked.connect(self.closed)
        self.head.add_tool(self.layer, keep=True)
        self.head.add_tool(self.close_button, keep=True)
        self.words = ElidedText("", "body", "text2", lines=3)
        self.shares = ShareBars()
        self.adds = AddsPicture()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        inner = QVBoxLayout()
        inner.setContentsMargins(tokens.GUTTER, 4, tokens.GUTTER, _FOOT)
        inner.addWidget(self.words)
        inner.addWidget(self.shares)
        column.addWidget(Rule())
        column.addWidget(self.head)
        column.addLayout(inner)
        column.addWidget(self.adds)
        self.hide()

    def show_said(self, said: Said | None) -> None:
        """Tell this, or go."""
        self.said = said
        self.setVisible(said is not None)
        if said is None:
            return
        self.head.set_title(f"Why {said.title}")
        self.words.setText(said.words)
        self.layer.set_choices(list(said.layers))
        self.layer.set_value(said.layer)
        self.head.offer(self.layer, len(said.layers) > 1)
        self.shares.show_shares(said.shares)
        self.adds.show_adds(said.adds)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.token("well"))


class ShareBars(QWidget):
    """How much each part of a model counts: a bar and its share, beside each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why_shares")
        self.setFixedHeight(20)
        self._shares: dict[str, float] = {}
        self.hide()

    def show_shares(self, shares: Mapping[str, float]) -> None:
        """Show these; nothing for none."""
        self._shares = dict(shares)
        self.setVisible(bool(shares))
        self.setAccessibleName("How much each branch counts")
        self.setAccessibleDescription(", ".join(f"{name} {numbers.share(share, 2)}" for name, share in shares.items()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, left = QPainter(self), 0.0
        for name, share in self._shares.items():
            wide = paint.width(name, "caption") + 6
            paint.text(painter, QRectF(left, 0, wide, 20), name, "caption", "text2")
            paint.bar(painter, QRectF(left + wide, 7, _BAR, 6), share, theme.token("accent"))
            told = QRectF(left + wide + _BAR + 6, 0, 40, 20)
            paint.text(painter, told, numbers.share(share, 2), "caption_strong", "text")
            left = told.right() + tokens.GUTTER
