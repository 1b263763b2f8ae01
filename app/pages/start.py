"""The start page: new, open, import; recent projects as cards; demo projects; health and keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QMenu, QScrollArea, QVBoxLayout, QWidget

from app.pages.card_picture import draw_pictures, draw_sign, drawing
from app.pages.page import Page
from app.settings import Recent
from models.domains import NAMES
from models.domains import domain as find_domain
from models.orders.cards import card_file
from widgets import numbers
from widgets.parts.cards import CardButton, DemoCard, Drawing, ProjectCard
from widgets.parts.keys import KeyCap
from widgets.parts.notice import Note
from widgets.parts.states import EmptyState
from widgets.parts.text import Logo, Text
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

SIDE = 352
#: Around the cards, between and of the demos, and what a bar to scroll by takes.
MARGIN, DEMO, DEMO_GAP, GROOVE = 32, 260, 12, 12
#: A card wider than this would cut its picture.
WIDEST = 430
KEYS = (
    ("Ctrl+K", "find or run anything"),
    ("1", "label, then go on"),
    ("Space", "next sample"),
    ("Ctrl+Z", "undo, even after a restart"),
    ("F1", "all keys"),
)


class StartPage(Page):
    """What stands there before a project is open."""

    name = "start"
    title = "Start"
    needs_project = False

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setProperty("ground", "panel")
        self._cards: list[ProjectCard] = []
        self._demos: dict[str, DemoCard] = {}
        self._demo_cards: list[DemoCard] = []
        self._reader = Reader(threads=1, count=8, parent=self)
        self._reader.arrived.connect(self._pictures_came)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._build_side())
        row.addWidget(self._build_right(), 1)

    def _build_side(self) -> QWidget:
        side = QWidget()
        side.setProperty("ground", "chrome")
        side.setFixedWidth(SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(32, 36, 32, 20)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Logo(34))
        head.addWidget(Text("Winnow", "start"))
        head.addStretch(1)
        column.addLayout(head)
        column.addWidget(Text("Curate samples, train, review, correct.", "subtitle", "text2"))
        column.addSpacing(12)
        for title, text, icon, key, command, primary in (
            ("New project", "domain, classes, where labels live", "add", "Ctrl+N", "project.new", True),
            ("Open project", "a project folder", "folder_open", "Ctrl+O", "project.open", False),
        ):
            card = CardButton(title, text, icon, key, primary)
            card.setObjectName(f"start.{command.split('.')[1]}")
            card.clicked.connect(partial(self.desk.run_command, command))
            column.addWidget(card)
        column.addSpacing(24)
        column.addWidget(Text("Health", "strong"))
        self.health = Text("", "body", "text2", wrap=True)
        self.health.setObjectName("start.health")
        column.addWidget(self.health)
        column.addSpacing(24)
        column.addWidget(Text("Keys", "strong"))
        column.addLayout(_build_keys())
        column.addStretch(1)
        column.addWidget(Text("Winnow 1.0  ·  research use, no diagnosis", "caption", "text2"))
        return side

    def _build_right(self) -> QWidget:
        scroll = QScrollArea()
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        inside = QWidget()
        inside.setProperty("ground", "panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(MARGIN, 34, MARGIN, 24)
        column.setSpacing(14)
        self._build_recent(column)
        column.addSpacing(12)
        column.addWidget(Text("Demo projects", "head"))
        self.demos = self._build_demos()
        column.addLayout(self.demos)
        column.addWidget(Text("Generated in seconds, in each domain's real file layout.", "body", "text2"))
        column.addStretch(1)
        scroll.setWidget(inside)
        return scroll

    def _build_recent(self, column: QVBoxLayout) -> None:
        head = QHBoxLayout()
        head.addWidget(Text("Recent projects", "head"))
        head.addStretch(1)
        self.search = QLineEdit()
        self.search.setObjectName("start.find")
        self.search.setAccessibleName("Find a project")
        self.search.setPlaceholderText("Find a project")
        self.search.setFixedWidth(236)
        self.search.textChanged.connect(lambda _text: self._show_recent())
        head.addWidget(self.search)
        column.addLayout(head)
        self.cards = QGridLayout()
        self.cards.setSpacing(18)
        column.addLayout(self.cards)
        self.empty = EmptyState(
            "No project yet",
            "Make a new one, open one, or begin with a demo project below.",
            "project",
            [("new", "New project")],
            primary=False,
        )
        self.empty.setMinimumHeight(220)
        self.empty.action_asked.connect(lambda _key: self.desk.run_command("project.new"))
        column.addWidget(self.empty)

    def _build_demos(self) -> QGridLayout:
        demos = QGridLayout()
        demos.setSpacing(DEMO_GAP)
        for name in NAMES:
            card = DemoCard(name, find_domain(name).title)
            card.setObjectName(f"start.demo.{name}")
            card.setFixedWidth(DEMO)
            card.clicked.connect(partial(self._make_demo, name))
            card.set_drawing(self._demo_drawing(name, card))
            self._demo_cards.append(card)
        return demos

    def _place_demos(self) -> None:
        """As many beside each other as there is room for: none is out of sight at the right."""
        across = max(1, (self.width() - SIDE - 2 * MARGIN - GROOVE + DEMO_GAP) // (DEMO + DEMO_GAP))
        for place, card in enumerate(self._demo_cards):
            self.demos.addWidget(card, place // across, place % across)
        for place in range(max(self.demos.columnCount(), across + 1)):
            self.demos.setColumnStretch(place, int(place >= across))

    def _demo_drawing(self, name: str, card: DemoCard) -> Drawing:
        """Lines, or a sign until the pictures of the domain are made beside the window."""
        make = find_domain(name).demo.pictures
        if make is None:
            return drawing(name, None)
        self._demos[name] = card
        self._reader.ask(name, make, name)
        return draw_sign

    def _pictures_came(self, name: Any, pictures: Any) -> None:
        self._demos[name].set_drawing(partial(draw_pictures, pictures))

    def refresh(self) -> None:
        self._show_recent()

    def _show_recent(self) -> None:
        wanted = self.search.text().strip().lower()
        recents = list(self.session.settings.recents())
        shown = [item for item in recents if wanted in f"{item.name} {item.domain}".lower()]
        for card in self._cards:
            self.cards.removeWidget(card)
            card.deleteLater()
        self._cards = [self._card(recent) for recent in shown]
        self._place_cards()
        self.empty.setVisible(not recents)
        gone = [item.name for item in recents if not Path(item.path).is_dir()]
        if gone:
            self.health.setText(f"{', '.join(gone[:3])}: the folder is not where it was. Open it at its new place.")
        else:
            many = f"All {len(recents)} projects are where they were."
            told = {0: "Nothing to tell yet.", 1: "The project is where it was."}.get(len(recents), many)
            self.health.setText(told)

    def _place_cards(self) -> None:
        """Three cards a row, more where they would become so wide that their pictures are cut."""
        across = max(3, (self.width() - SIDE) // WIDEST)
        for place in range(max(self.cards.columnCount(), across)):
            self.cards.setColumnStretch(place, int(place < across))
        for place, card in enumerate(self._cards):
            self.cards.addWidget(card, place // across, place % across)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_cards()
        self._place_demos()

    def _card(self, recent: Recent) -> ProjectCard:
        card = ProjectCard(recent.name)
        card.setObjectName(f"start.project.{recent.name}")
        left = recent.samples - recent.labelled
        line = f"{numbers.count(recent.labelled)} labelled" + (f", {numbers.count(left)} left" if left else "")
        run = f"{recent.run}, {recent.score}" if recent.run else "no run yet"
        facts = [recent.domain, f"{numbers.count(recent.samples)} samples"]
        share = recent.labelled / recent.samples if recent.samples else 0.0
        when = numbers.day_and_clock(recent.at) if recent.at else ""
        card.set_facts(when, facts, share, line, run)
        card.set_drawing(drawing(recent.domain, card_file(Path(recent.path))))
        card.clicked.connect(partial(self.desk.open_project, Path(recent.path)))
        card.menu_asked.connect(partial(self._card_menu, recent))
        return card

    def _card_menu(self, recent: Recent, point: QPoint) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction("Open", partial(self.desk.open_project, Path(recent.path)))
        menu.addAction("Take from this list", partial(self._forget, recent.path))
        menu.popup(point)

    def _forget(self, path: str) -> None:
        self.session.settings.forget(path)
        self._show_recent()

    def _make_demo(self, domain: str) -> None:
        folder = Path.home() / "winnow-demo" / domain
        made = folder / find_domain(domain).demo_name
        if made.is_dir():
            self.desk.open_project(made)
            return
        self.desk.notify(Note(f"Making the demo of {domain}. It opens by itself.", "info"))
        arguments = {"folder": str(folder), "domain": domain}
        self.session.jobs.start("make_demo", arguments, f"Demo {domain}", self._open_demo)

    def _open_demo(self, result: dict[str, Any]) -> None:
        self.desk.open_project(Path(result["project"]))

    def first_focus(self) -> QWidget | None:
        return self._cards[0] if self._cards else None


def _build_keys() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(9)
    for place, (key, words) in enumerate(KEYS):
        grid.addWidget(KeyCap(key), place, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(Text(words, "body", "text2"), place, 1)
    grid.setColumnStretch(1, 1)
    grid.setColumnMinimumWidth(0, 76)
    return grid
