"""A split or merge before it is done: the units now, what would be made, and what speaks for it."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from widgets import numbers, paint, theme
from widgets.parts import Button, KeyHints, PaneHeader, PrimaryButton
from widgets.unit.digest import Lags
from widgets.unit.lags import AutoField, GapField
from widgets.unit.parting import Column, Preview
from widgets.unit.probe import ProbeField
from widgets.unit.tints import tint

#: Channels of a waveform, and place of the colour of what is made.
CHANNELS, MADE = 6, 3
#: With these held a key is another one.
_OTHERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
#: The least and largest width of the verdict, and the least of a column.
LEAST, VERDICT, NARROW = 256, 300, 124


def colour_of(column: Column) -> QColor:
    """The colour of a unit of a preview."""
    return tint(column.place if column.place >= 0 else MADE)


class ColumnHead(QWidget):
    """The colour, the title, and how many spikes; what is made stands on a raised ground."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self._column = column
        self.setFixedHeight(32)
        self.setAccessibleName(f"{column.title}, {numbers.plural(len(column.digest.times), 'spike')}")

    def words(self) -> tuple[str, str]:
        """Title and count, as long as there is room for."""
        many, title = len(self._column.digest.times), self._column.title
        counted = numbers.plural(many, "spike")
        if paint.width(title, "strong") + paint.width(counted, "caption") <= self.width() - 50:
            return title, counted
        return title.partition(",")[0], numbers.count(many)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("raised" if self._column.made else "well"))
        painter.fillRect(QRectF(12, 12, 8, 8), colour_of(self._column))
        title, words = self.words()
        wide = paint.width(words, "caption")
        paint.text(painter, QRectF(26, 0, self.width() - 26 - 18 - wide, 32), title, "strong", "text")
        paint.text(painter, QRectF(self.width() - wide - 12, 0, wide + 2, 32), words, "caption", "text2")
        paint.rule(painter, self.rect(), "bottom")


class Verdict(QWidget):
    """What the evidence says, its figures with their limits, and the correlogram of the parts."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(LEAST)
        self.setMaximumWidth(VERDICT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.preview: Preview | None = None

    def show_preview(self, preview: Preview) -> None:
        """Show the verdict of another one."""
        self.preview = preview
        told = [f"{reason.title} {reason.words}, limit {reason.limit}" for reason in preview.reasons]
        self.setAccessibleName(preview.title)
        self.setAccessibleDescription(". ".join([preview.text, *told]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("panel"))
        preview = self.preview
        if preview is None:
            return
        wide = self.width() - 24
        metrics = paint.metrics("body")
        flags = int(Qt.AlignmentFlag.AlignLeft.value) | int(Qt.TextFlag.TextWordWrap.value)
        tall = metrics.boundingRect(QRectF(0, 0, wide - 20, 400), flags, preview.text).height()
        box = QRectF(12, 12, wide, 38 + tall)
        sure = preview.likely
        paint.plate(painter, box, theme.token("ok_bg" if sure else "warn_bg"), 4)
        paint.text(painter, QRectF(22, 18, wide - 20, 18), preview.title, "strong", "ok" if sure else "warn")
        painter.setFont(theme.font("body"))
        painter.setPen(theme.token("text"))
        painter.drawText(QRectF(22, 38, wide - 20, tall + 2), flags, preview.text)
        top = self._draw_reasons(painter, box.bottom() + 14)
        self._draw_cross(painter, top + 12)

    def _draw_reasons(self, painter: QPainter, top: float) -> float:
        assert self.preview is not None
        wide = self.width() - 24
        paint.text(painter, QRectF(12, top, wide, 18), "Reasons", "strong", "text")
        paint.text(painter, QRectF(12, top, wide, 18), "value, limit", "caption", "text3", paint.RIGHT)
        for place, reason in enumerate(self.preview.reasons):
            y = top + 24 + place * 24
            sign, tone = ("–", "text3") if reason.holds is None else ("✓", "ok") if reason.holds else ("✕", "error")
            paint.text(painter, QRectF(12, y, 16, 20), sign, "strong", tone)
            room = wide - 62 - 18 - 6 - paint.width(reason.words, "strong")
            paint.text(painter, QRectF(30, y, room, 20), reason.title, "body", "text")
            paint.text(painter, QRectF(12, y, wide - 62, 20), reason.words, "strong", "text", paint.RIGHT)
            paint.text(painter, QRectF(12, y, wide, 20), reason.limit, "caption", "text3", paint.RIGHT)
        return top + 24 + len(self.preview.reasons) * 24

    def _draw_cross(self, painter: QPainter, top: float) -> None:
        assert self.preview is not None
        cross, wide = self.preview.cross, self.width() - 24
        room = self.height() - top - 44
        if cross is None or room < 50:
            return
        paint.text(painter, QRectF(12, top, wide, 18), "Cross-correlogram", "strong", "text")
        box = QRectF(12, top + 22, wide, min(room, 180.0))
        painter.fillRect(box, theme.token("well"))
        edges = box.left() + (cross.edges - cross.edges[0]) / (cross.edges[-1] - cross.edges[0]) * box.width()
        high = float(cross.counts.max(initial=0)) or 1.0
        for place in np.flatnonzero(cross.counts > 0).tolist():
            tall = float(cross.counts[place]) / (high * 1.06) * box.height()
            left, right = round(edges[place]), round(edges[place + 1])
            painter.fillRect(QRectF(left, box.bottom() - tall, max(right - left, 1), tall), theme.token("bar"))
        below = QRectF(12, box.bottom() + 2, wide, 16)
        edge = f"{float(cross.edges[-1]) * 1000:g}"
        paint.text(painter, below, f"−{edge}", "caption", "text3")
        paint.text(painter, below, "0", "caption", "text3", paint.CENTRE)
        paint.text(painter, below, f"{edge} ms", "caption", "text3", paint.RIGHT)


class PreviewView(QWidget):
    """Columns of units, the verdict, and what to do. decided(preview, yes)."""

    decided = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unit_preview")
        self.setAccessibleName("Preview")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.preview: Preview | None = None
        self.header = PaneHeader("Preview", "nothing is written before you decide")
        self.verdict = Verdict()
        holder = QWidget()
        self._columns = QHBoxLayout(holder)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(1)
        # Many columns scroll: list and label panel keep their widths beside them.
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(holder)
        self._foot = QHBoxLayout()
        self._foot.setContentsMargins(12, 6, 12, 6)
        self._foot.setSpacing(8)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.area, 4)
        row.addWidget(self.verdict, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(row, 1)
        column.addLayout(self._foot)

    def sizeHint(self) -> QSize:
        return QSize(800, 560)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("panel"))

    def show_preview(self, preview: Preview, lags: Lags, refractory: float) -> None:
        """Show what would be made."""
        self.preview = preview
        self.header.set_title("Split, preview" if preview.kind == "split" else "Merge, preview")
        self.verdict.show_preview(preview)
        _clear(self._columns)
        for one in preview.columns:
            self._columns.addWidget(_column(one, lags, refractory), 1)
        self._fill_foot(preview)
        self.setFocus()

    def _fill_foot(self, preview: Preview) -> None:
        _clear(self._foot)
        split = preview.kind == "split"
        yes, no = ("Split", "Leave whole") if split else ("Merge", "Keep apart")
        keys = [("Enter", yes.lower()), ("K", no.lower())] if preview.likely else [("Enter", no.lower())]
        keys += [] if preview.likely else [("S", "split anyway") if split else ("Ctrl+M", "merge anyway")]
        self._foot.addWidget(KeyHints([*keys, ("Esc", "cancel")]), 1)
        # What Enter does stands last and dark: what the evidence says, and to leave all as it is where it says nothing.
        before: QWidget = self
        for answer in (not preview.likely, preview.likely):
            words = no if not answer else yes if preview.likely else f"{yes} anyway"
            button = PrimaryButton(words) if answer is preview.likely else Button(words)
            button.setObjectName("unit_preview_yes" if answer else "unit_preview_no")
            button.setDefault(answer is preview.likely)
            button.clicked.connect(partial(self._decide, answer))
            self._foot.addWidget(button)
            self.setTabOrder(before, button)
            before = button

    def _decide(self, yes: bool, *_checked: object) -> None:
        preview, self.preview = self.preview, None
        if preview is not None:
            self.decided.emit(preview, yes)

    def event(self, event: QEvent) -> bool:
        # These keys are the preview's while it is seen, whatever they are on the page.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._answer(event) is not None
        ):
            event.accept()
            return True
        return super().event(event)

    def _answer(self, event: QKeyEvent) -> bool | None:
        """What a key says; None for one that says nothing. A key that is held down says nothing anew."""
        preview, held = self.preview, event.modifiers() & _OTHERS
        if preview is None or event.isAutoRepeat():
            return None
        if event.key() == Qt.Key.Key_M and held == Qt.KeyboardModifier.ControlModifier:
            return True if preview.kind == "merge" else None
        if held:
            return None
        if event.key() == Qt.Key.Key_S:
            return True if preview.kind == "split" else None
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_K):
            return False
        return self._at_hand(preview) if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) else None

    def _at_hand(self, preview: Preview) -> bool:
        """The answer of Enter: of the button that was stepped to, else of the dark one."""
        focused = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused) and focused.objectName().startswith("unit_preview_"):
            return focused.objectName() == "unit_preview_yes"
        return preview.likely

    def keyPressEvent(self, event: QKeyEvent) -> None:
        answer = self._answer(event)
        if answer is None:
            event.ignore()
        else:
            self._decide(answer)


def _column(one: Column, lags: Lags, refractory: float) -> QWidget:
    """Waveform, autocorrelogram and intervals of one unit below each other."""
    holder = QWidget()
    holder.setMinimumWidth(NARROW)
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    probe, auto, gaps = ProbeField(), AutoField(), GapField()
    probe.count = CHANNELS
    for field in (probe, auto, gaps):
        field.setObjectName(f"{field.objectName()}_preview")
        field.tint = partial(colour_of, one)
    probe.show_unit(one.digest.unit)
    for counted in (auto, gaps):
        counted.show_digest(one.digest, lags, refractory)
    column.addWidget(ColumnHead(one))
    column.addWidget(probe, 4)
    column.addWidget(auto, 3)
    column.addWidget(gaps, 3)
    return holder


def _clear(layout: QHBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
