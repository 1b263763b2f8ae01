"""Lines of text in a role and a tone, and the rules between blocks."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from widgets import paint, theme, tokens


class Text(QLabel):
    """A label in a font role (``caption body strong title …``) and a tone (``text text2 … error``)."""

    def __init__(
        self, words: str = "", role: str = "body", tone: str = "text", wrap: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(words, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(role))
        self.setMinimumHeight(tokens.FONTS[role].line)
        self.setWordWrap(wrap)
        self.set_tone(tone)

    def set_tone(self, tone: str) -> None:
        """Change the tone; the style sheet gives it its colour in each theme."""
        self.setProperty("tone", tone)
        self.style().unpolish(self)
        self.style().polish(self)


class ElidedText(QWidget):
    """Words that give way: in so many lines, the last elided at its end where room is short, in full as a tip."""

    def __init__(
        self,
        words: str = "",
        role: str = "body",
        tone: str = "text",
        parent: QWidget | None = None,
        middle: bool = False,
        lines: int = 1,
    ) -> None:
        super().__init__(parent)
        self._words, self._role, self._tone, self._lines = words, role, tone, lines
        self._full, self._beside = "", ""
        self._mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(words)

    def text(self) -> str:
        """The whole text."""
        return self._words

    def setText(self, words: str) -> None:
        """Show other words."""
        self._words = words
        self.setAccessibleName(words)
        self.updateGeometry()
        self._tell()
        self.update()

    def set_full(self, words: str) -> None:
        """What a short name stands for, told on hover."""
        self._full = words
        self._tell()

    def set_beside(self, words: str) -> None:
        """What stood beside these words and has no room, told on hover as well."""
        if words != self._beside:
            self._beside = words
            self._tell()

    def set_middle(self, on: bool) -> None:
        """Whether words are elided in their middle."""
        self._mode = Qt.TextElideMode.ElideMiddle if on else Qt.TextElideMode.ElideRight
        self.update()

    def set_tone(self, tone: str) -> None:
        """Change the tone."""
        self._tone = tone
        self.update()

    def sizeHint(self) -> QSize:
        measure = QFontMetrics(theme.font(self._role))
        return QSize(measure.horizontalAdvance(self._words) + 2, self._lines * tokens.FONTS[self._role].line)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(24, self.sizeHint().width()), self.sizeHint().height())

    def lines(self) -> list[str]:
        """What stands in each line at the present width."""
        measure, rest = QFontMetrics(theme.font(self._role)), self._words.split(" ")
        found = list[str]()
        while rest and len(found) < self._lines - 1:
            count = len(rest)
            while count > 1 and measure.horizontalAdvance(" ".join(rest[:count])) > self.width():
                count -= 1
            found.append(measure.elidedText(" ".join(rest[:count]), self._mode, self.width()))
            rest = rest[count:]
        return [*found, measure.elidedText(" ".join(rest), self._mode, self.width())] if rest else found

    def resizeEvent(self, event: object) -> None:
        self._tell()

    def _tell(self) -> None:
        own = self._full or (self._words if " ".join(self.lines()) != self._words else "")
        self.setToolTip("\n".join(words for words in (own, self._beside) if words))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        face = theme.font(self._role)
        painter.setFont(face)
        painter.setPen(theme.token(self._tone if self.isEnabled() else "disabled"))
        painter.drawText(self.rect(), paint.LEFT, "\n".join(self.lines()))


class Rule(QFrame):
    """A line of one pixel, level or upright."""

    def __init__(self, upright: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("upright" if upright else "rule", True)
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)


class Logo(QWidget):
    """The mark: four grains, one of them chosen."""

    def __init__(self, side: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(side, side)
        self.setAccessibleName("Winnow")

    def paintEvent(self, event: QPaintEvent) -> None:
        draw_logo(QPainter(self), self.width())


def draw_logo(painter: QPainter, side: float) -> None:
    """Paint the mark into a square at the origin."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.scale(side / 20, side / 20)
    for x, y, chosen in ((3.4, 14.0, False), (9.9, 15.0, False), (8.6, 7.4, False), (16.2, 5.4, True)):
        painter.save()
        painter.translate(x, y)
        painter.rotate(28)
        painter.setBrush(theme.token("accent" if chosen else "text"))
        painter.drawEllipse(QRectF(-2.4, -3.7, 4.8, 7.4))
        painter.restore()
    painter.restore()


def logo_icon() -> QIcon:
    """The mark as the window's icon, in the theme's colours."""
    icon = QIcon()
    for side in (16, 32, 64, 128):
        picture = QPixmap(side, side)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        draw_logo(painter, side)
        painter.end()
        icon.addPixmap(picture)
    return icon
