"""A key figure with its company: unit, interval or chance beside it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.parts.text import Text


class FigureBlock(QWidget):
    """Caption, value (18 px, 20 when `big`), company beside it; with `below` the words stand under it."""

    def __init__(
        self,
        caption: str,
        value: str = "–",
        company: str = "",
        big: bool = False,
        below: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._caption = Text(caption, "strong" if below else "body", "text" if below else "text2")
        self._value = Text(value, "big_figure" if big else "figure")
        self._company = Text(company, "caption" if below else "body", "text2")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(8)
        if below:
            column.addWidget(self._value)
            column.addWidget(self._caption)
            column.addWidget(self._company)
        else:
            column.addWidget(self._caption)
            row.addWidget(self._value)
            row.addWidget(self._company, 1)
            column.addLayout(row)
            self._company.setContentsMargins(0, 4, 0, 0)
        column.addStretch(1)
        self.set_figure(value, company)

    def set_figure(self, value: str, company: str | None = None, tone: str = "text") -> None:
        """Show another value."""
        self._value.setText(value)
        self._value.set_tone(tone)
        if company is not None:
            self._company.setText(company)
        self.setAccessibleName(f"{self._caption.text()}: {self._value.text()} {self._company.text()}".strip())

    def set_caption(self, caption: str) -> None:
        """Show another caption."""
        self._caption.setText(caption)

    def value(self) -> str:
        """The shown value."""
        return self._value.text()
