"""A combo box with its label inside: ``Queue  Label issues``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from widgets import theme, tokens


class LabelledCombo(QComboBox):
    """A choice among (words, value) pairs; `chosen` tells the value that a person picked.

    The wheel changes nothing unless the combo has the focus, so that scrolling a page is safe.
    """

    chosen = Signal(object)

    def __init__(
        self,
        label: str = "",
        choices: Sequence[str | tuple[str, Any]] = (),
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._label = label
        self.setFont(theme.font("label"))
        self.setToolTip(tip)
        self.setAccessibleName(label or tip)
        self.setFixedHeight(tokens.CONTROL)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(20)
        self.set_choices(choices)
        self.activated.connect(lambda _index: self.chosen.emit(self.value()))

    def set_choices(self, choices: Sequence[str | tuple[str, Any]]) -> None:
        """Offer other choices; the present value stays where it is among them. Emits nothing."""
        before = self.value()
        self.blockSignals(True)
        self.clear()
        for choice in choices:
            words, value = choice if isinstance(choice, tuple) else (choice, choice)
            self.addItem(words, value)
        self.blockSignals(False)
        self.set_value(before)
        self.updateGeometry()

    def value(self) -> Any:
        """The chosen value, None without choices."""
        return self.currentData()

    def set_value(self, value: Any) -> bool:
        """Show a value without telling; False when it is no choice (the first one shows then)."""
        self.blockSignals(True)
        index = next((i for i in range(self.count()) if self.itemData(i) == value), -1)
        self.setCurrentIndex(max(index, 0 if self.count() else -1))
        self.blockSignals(False)
        self.update()
        return index >= 0

    def sizeHint(self) -> QSize:
        words = QFontMetrics(theme.font("label"))
        widest = max((words.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=40)
        return QSize(min(self._label_width() + widest + 40, 300), tokens.CONTROL)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self._label_width() + 60, self.sizeHint().width()), tokens.CONTROL)

    def _label_width(self) -> int:
        if not self._label:
            return 0
        return QFontMetrics(theme.font("body")).horizontalAdvance(self._label) + 7

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        on = self.isEnabled()
        area = QRect(9, 0, self.width() - 9 - 22, self.height())
        line = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        if self._label:
            painter.setFont(theme.font("body"))
            painter.setPen(theme.token("text3" if on else "disabled"))
            painter.drawText(area, line, self._label)
            area.setLeft(area.left() + self._label_width())
        face = theme.font("label")
        painter.setFont(face)
        painter.setPen(theme.token("text" if on else "disabled"))
        painter.drawText(
            area, line, QFontMetrics(face).elidedText(self.currentText(), Qt.TextElideMode.ElideRight, area.width())
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
