"""The bar above every page: menu, project, pages, find, undo, person."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from widgets import paint, theme, tokens
from widgets.parts.buttons import ToolButton
from widgets.parts.keys import caps_width, draw_caps
from widgets.parts.text import Logo, Rule


class Grounded(QWidget):
    """A widget on a ground of the style sheet with a line at one edge."""

    def __init__(self, ground: str, edge: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground, self._edge = ground, edge

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token(self._ground))
        if self._edge:
            paint.rule(painter, self.rect(), self._edge)


class Pressable(QWidget):
    """A painted control that a click, Enter or Space presses."""

    pressed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)


class ProjectButton(Pressable):
    """Name and domain of the project; pressed it offers others."""

    def __init__(self) -> None:
        super().__init__("Project")
        self._name, self._domain = "", ""
        self.setFixedHeight(tokens.CONTROL)

    def show_project(self, name: str, domain: str) -> None:
        """Tell another project, "" for none."""
        self._name, self._domain = name, domain
        self.setAccessibleName(f"Project {name}" if name else "No project")
        self.setToolTip("Other projects")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        wide = paint.width(self._name, "title") + paint.width(self._domain, "body") + 36
        return QSize(min(int(wide), 320), tokens.CONTROL)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.underMouse():
            paint.plate(painter, QRectF(self.rect()), theme.token("track"), 4)
        room = self.width() - 30 - paint.width(self._domain, "body")
        x = 4 + paint.text(painter, QRectF(4, 0, max(room, 30), self.height()), self._name, "title", "text")
        x += 8 + paint.text(painter, QRectF(x + 8, 0, 120, self.height()), self._domain, "body", "text2")
        theme.draw_sign(painter, QRectF(x + 6, 7, 12, 12), "caret_down", theme.token("text2"))


class PageTabs(QWidget):
    """The pages, the present one underlined; Left and Right choose when focused."""

    page_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._pages: list[tuple[str, str]] = []
        self._page = ""
        self.setFixedHeight(tokens.TOP_BAR)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", True)
        self.setAccessibleName("Pages")
        self.setMouseTracking(True)

    def set_pages(self, pages: Sequence[tuple[str, str]]) -> None:
        """Offer (name, title) pages."""
        self._pages = list(pages)
        self.updateGeometry()
        self.update()

    def show_page(self, name: str) -> None:
        """Underline a page."""
        self._page = name
        title = next((words for key, words in self._pages if key == name), "")
        self.setAccessibleDescription(title)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(int(sum(self._widths())), tokens.TOP_BAR)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def place(self, name: str) -> QRectF:
        """Where a page's tab is, for a click."""
        x = 0.0
        for (key, _title), wide in zip(self._pages, self._widths(), strict=True):
            if key == name:
                return QRectF(x, 0, wide, self.height())
            x += wide
        return QRectF()

    def _widths(self) -> list[float]:
        return [paint.width(title, "title") + 28 for _name, title in self._pages]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for name, title in self._pages:
            area = self.place(name)
            chosen = name == self._page
            role, tone = ("title", "text") if chosen else ("tab", "text2")
            paint.text(painter, area, title, role if role in tokens.FONTS else "subtitle", tone, paint.CENTRE)
            if chosen:
                line = QRectF(area.x() + 10, area.bottom() - 2, area.width() - 20, 2)
                painter.fillRect(line, theme.token("accent"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for name, _title in self._pages:
            if self.place(name).contains(event.position()):
                self.page_asked.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        names = [name for name, _title in self._pages]
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and self._page in names:
            self.page_asked.emit(names[(names.index(self._page) + step) % len(names)])
        else:
            super().keyPressEvent(event)


class FindBox(Pressable):
    """Looks like a field; pressed it opens the palette."""

    def __init__(self) -> None:
        super().__init__("Find or run anything")
        self.key = "Ctrl+K"
        self.setFixedHeight(tokens.CONTROL)
        self.setMinimumWidth(170)
        self.setMaximumWidth(236)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.token("line2"))
        painter.setBrush(theme.token("well"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        theme.draw_sign(painter, QRectF(8, 6, 14, 14), "search", theme.token("text2"))
        room = self.width() - 34 - caps_width(self.key)
        paint.text(painter, QRectF(28, 0, room, self.height()), "Find or run anything", "body", "text2")
        draw_caps(painter, self.width() - 6, self.height() / 2, self.key, to_left=True)


class Avatar(Pressable):
    """Initials of the curator in a circle."""

    def __init__(self) -> None:
        super().__init__("Curator")
        self._initials = ""
        self.setFixedSize(28, 28)

    def show_person(self, name: str) -> None:
        """Tell who labels."""
        words = name.replace("_", " ").replace(".", " ").split()
        self._initials = "".join(word[0] for word in words[:2]).upper() if len(words) > 1 else name[:2].upper()
        self.setAccessibleName(f"Curator {name}")
        self.setToolTip(f"Labels are given as {name}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.token("line2"))
        painter.setBrush(theme.token("track"))
        painter.drawEllipse(QRectF(1, 1, 26, 26))
        paint.text(painter, QRectF(0, 0, 28, 28), self._initials, "caption_strong", "text", paint.CENTRE)


class TopBar(Grounded):
    """Menu, mark, project, pages, find, undo and redo, person; 40 px."""

    def __init__(self) -> None:
        super().__init__("chrome", "bottom")
        self.setObjectName("topbar")
        self.setFixedHeight(tokens.TOP_BAR)
        self.setProperty("ground", "chrome")
        self.menu = ToolButton("menu", "Menu")
        self.project = ProjectButton()
        self.tabs = PageTabs()
        self.finder = FindBox()
        self.undo = ToolButton("undo", "Undo", key="Ctrl+Z")
        self.redo = ToolButton("redo", "Redo", key="Ctrl+Shift+Z")
        self.person = Avatar()
        named = {"menu": self.menu, "project": self.project, "pages": self.tabs, "find": self.finder}
        for name, widget in {**named, "undo": self.undo, "redo": self.redo, "person": self.person}.items():
            widget.setObjectName(f"topbar.{name}")
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 10, 0)
        row.setSpacing(6)
        for widget in (self.menu, Logo(20), self.project, _line(), self.tabs):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self.finder, self.undo, self.redo, self.person):
            row.addWidget(widget)
        row.setStretchFactor(self.finder, 1)


def _line() -> QWidget:
    rule = Rule(upright=True)
    rule.setFixedHeight(20)
    return rule
