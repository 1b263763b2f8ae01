"""The curate page: list, viewers, label panel; everything about one sample at one place."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QPlainTextEdit, QVBoxLayout, QWidget

from app.commands import Command
from app.pages import figure_file
from app.pages.alike import Alike
from app.pages.fetching import fetching_commands
from app.pages.label_panel import LabelPanel
from app.pages.list_pane import ListPane
from app.pages.page import Page, set_tab_order
from app.pages.recording_commands import recording_commands
from app.pages.region_commands import region_commands, sound_commands
from app.pages.reviewing import Reviewing
from app.pages.showing import Showing
from app.pages.sides import Sides
from app.pages.viewers import Viewers
from models.change import (
    Change,
    LabelsChanged,
    ListChanged,
    RunsChanged,
    RunShown,
    SamplesChanged,
    SelectionChanged,
)
from models.orders.cards import card_file, renew_counts, write_card
from widgets import numbers
from widgets.parts.dock import Dock
from widgets.parts.notice import Note
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

LOW = 780
#: Share of the height that the panes below the viewer have at first.
LOWER = 0.4
#: Areas where the label panel is wide and low.
BELOW = (Qt.DockWidgetArea.BottomDockWidgetArea, Qt.DockWidgetArea.TopDockWidgetArea)
#: Keys of the viewer that the list has no use for: pages, how tall rows are drawn, annotations by hand.
NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
HANDED = (
    *((Qt.Key.Key_Left, NONE), (Qt.Key.Key_Right, NONE), (Qt.Key.Key_R, NONE)),
    *((Qt.Key.Key_Up, CONTROL), (Qt.Key.Key_Down, CONTROL)),
)
#: Width of the line between two panes.
EDGE = 1


class CuratePage(Page):
    """List at the left, viewers in the middle, label panel at the right; docks can move and float."""

    name = "curate"
    title = "Curate"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(parent=self)
        self.reader.rest()
        self.list = ListPane(window, self.reader)
        self.panel = LabelPanel(window)
        self.viewers = Viewers(self.session)
        self.reviewing = Reviewing(window)
        self.alike = Alike(window, self.panel)
        window.commands.unused.connect(self._hand_on)
        self.viewers.similar_asked.connect(self.alike.find)
        self.viewers.sample_asked.connect(self._go_to_id)
        self.viewers.front_changed.connect(self._front_changed)
        self.viewers.picture_asked.connect(self._ask_picture)
        self.viewers.why_asked.connect(self.reviewing.explain)
        self.viewers.compute_asked.connect(lambda: window.run_command("project.complete"))
        self.panel.note.left.connect(self._focus)
        self.panel.list_asked.connect(self.toggle_list)
        self.showing = Showing(self.session, self.viewers, self.reader, self._label_look)
        self.reviewing.explained.connect(self._explained)
        self.session.leaving.connect(self._renew_picture)
        self._stale = True
        self._build()

    def _build(self) -> None:
        self.inner = QMainWindow()
        self.inner.setObjectName("curate.docks")
        self.inner.setWindowFlags(Qt.WindowType.Widget)
        self.inner.setDockNestingEnabled(True)
        self.inner.setCentralWidget(self.viewers.centre)
        for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
            self.inner.setCorner(corner, Qt.DockWidgetArea.LeftDockWidgetArea)
        for corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner):
            self.inner.setCorner(corner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.list_dock = Dock("Samples", "dock.list", self.list, bar=self.list.bar)
        self.label_dock = Dock("Label", "dock.label", self.panel, bar=self.panel.head)
        self.inner.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.list_dock)
        self.inner.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.label_dock)
        for dock in self.viewers.docks:
            self.inner.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        self.inner.splitDockWidget(self.viewers.docks[0], self.viewers.docks[1], Qt.Orientation.Horizontal)
        self.sides = Sides(self.inner, (self.list_dock, self.label_dock), self.list.wanted_width, self.list.is_broad)
        self.list.broadened.connect(self._arrange)
        self.label_dock.dockLocationChanged.connect(lambda area: self.panel.set_wide(area in BELOW))
        self.list.table.columns_changed.connect(lambda _state: self.sides.apply())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.inner)
        self._sized = False
        self._was = QSize()
        #: Of the height, that of the lower panes; of their width, that of the first; and what was set so, in px.
        self._shares, self._set = (LOWER, 0.5), (0, 0)
        #: Height of a wide label panel as a person dragged it, 0 where it takes what it needs; and what was set so.
        self._high = self._low_set = 0

    def commands(self) -> list[Command]:
        on = ("curate",)

        def shown() -> bool:
            return self.session.current >= 0

        def drawn() -> bool:
            return shown() and self.viewers.front is not None

        def traced() -> bool:
            return shown() and self.viewers.is_traced()

        return [
            Command("filter.focus", "Filter the list", self._focus_filter, ("/",), "List", pages=on, look="filter"),
            Command("filter.clear", "Clear the filter", self._clear_filter, (), "List", pages=on, look="close"),
            Command("list.table", "Show the list as a table", lambda: self._choose_face("table"), (), "List",
                    pages=on),
            Command("list.grid", "Show the list as a grid", lambda: self._choose_face("grid"), (), "List",
                    pages=on),
            Command("list.hide", self._list_words, self.toggle_list, ("H",), "List", pages=on),
            Command("note.focus", "Write a note", self.panel.note.setFocus, ("T",), "Label", shown, on, "note"),
            Command("view.compare", "Compare with the sample before", self.compare, ("C",), "View", drawn, on,
                    "compare"),
            Command("view.fit", "Fit the viewer", self._fit, ("Home",), "View", drawn, on, "fit"),
            Command("view.zoom_in", "Zoom in", lambda: self._key(Qt.Key.Key_Plus), ("+",), "View", drawn, on,
                    "zoom_in"),
            Command("view.zoom_out", "Zoom out", lambda: self._key(Qt.Key.Key_Minus), ("-",), "View", drawn, on,
                    "zoom_out"),
            Command("view.cursors", "Cursors A and B", self._toggle_cursors, (), "View", traced, on, "cursors"),
            Command("view.explain", "Explain the model's class", self.reviewing.explain, (), "View", shown, on, "bulb"),
            Command("view.reset", "Panels as at first", self.reset_layout, (), "View", pages=on, look="reset"),
            *self.viewers.commands(on),
            *recording_commands(self.desk, self.viewers.recording_desk, on),
            *region_commands(self.viewers.region_desk, on),
            *sound_commands(self.viewers.sound_desk, on),
            *self.panel.kin.commands(),
            *self.reviewing.commands(),
            *self.alike.commands(),
            *fetching_commands(self.desk, self.reviewing),
        ]  # fmt: skip

    def _clear_filter(self) -> None:
        self.list.clear_filter()
        self._focus()

    def _focus_filter(self) -> None:
        if self.list_dock.isHidden():
            self.toggle_list()
        self.list.focus_filter()

    def _choose_face(self, face: str) -> None:
        if self.list_dock.isHidden():
            self.toggle_list()
        self.list.choose_face(face)

    def _list_words(self) -> str:
        return "Show the list" if self.list_dock.isHidden() else "Hide the list"

    def toggle_list(self) -> None:
        """The list beside the viewer, or all of its room for the viewer, which then has the keyboard."""
        self._show_list(self.list_dock.isHidden())
        self._focus()

    def _show_list(self, there: bool) -> None:
        self.list_dock.setVisible(there)
        self._list_changed()

    def _list_changed(self) -> None:
        self.panel.show_listed(not self.list_dock.isHidden())
        QTimer.singleShot(0, self, self._settle)

    def _focus(self) -> None:
        """The keyboard to what the page begins with."""
        self.first_focus().setFocus()

    def _key(self, key: Qt.Key) -> None:
        text = "+" if key == Qt.Key.Key_Plus else "-"
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
        self.viewers.press(event)

    def _fit(self) -> None:
        self.viewers.fit()

    def _toggle_cursors(self) -> None:
        self.viewers.trace.set_cursors(not self.viewers.trace.cursor_button.isChecked())

    def compare(self) -> None:
        """Draw the sample before behind this one, or stop it."""
        self.viewers.toggle_compare()

    def first_focus(self) -> QWidget:
        """The list; where that is hidden what is looked at, whose keys turn pages then."""
        face: QWidget = self.list.face()
        return face if not self.list_dock.isHidden() else self.viewers.front or self.viewers.centre

    def panes(self) -> list[QWidget]:
        return [self.list.face(), *self.viewers.panes(), *self.panel.classes.rows()[:1], self.panel.note]

    # Changes

    def opened(self) -> None:
        self._stale = True
        self.reader.forget()
        self.list.show_project()
        if self.session.project is not None:
            self.panel.show_project()
            self.viewers.show_features()
            self.alike.show_project()

    def outdated(self) -> None:
        self.opened()

    def refresh(self) -> None:
        if self._stale and self.session.project is not None:
            self._stale = False
            self._restore()
            self._keep_picture()
        self.list.show_rows()
        self.panel.show_features()
        self._show_sample()
        self._order_tabs()

    def _front_changed(self) -> None:
        self._order_tabs()
        if self.list_dock.isHidden() and not isinstance(QApplication.focusWidget(), QLineEdit | QPlainTextEdit):
            self._focus()

    def _order_tabs(self) -> None:
        """Class rows are new with each project, and a new control goes to the end of the line."""
        set_tab_order([self.list.bar, self.list, self.viewers.centre, *self.viewers.docks, self.label_dock])

    def follow(self, change: Change) -> None:
        if isinstance(change, SelectionChanged):
            self.reviewing.follow()
            self.list.show_selection()
            self._show_sample()
        elif isinstance(change, ListChanged):
            self.list.show_rows()
            self.panel.show_sample()  # the same sample may stand in another queue now, for another reason
        elif isinstance(change, LabelsChanged):
            self._labels_changed()
        elif isinstance(change, SamplesChanged):
            self.opened()
            self.refresh()
        elif isinstance(change, RunShown | RunsChanged):
            if isinstance(change, RunShown):
                self.viewers.explain_nothing()
            self.list.show_columns()
            self.list.show_rows()
            self.alike.show()
            self._labels_changed()

    def _labels_changed(self) -> None:
        self.list.refresh()
        self.panel.show_sample()
        self.showing.show_label()
        self.viewers.recolour()

    def _label_look(self) -> tuple[int, str, str]:
        """Place and letter of the shown sample's label, and the person who gave it."""
        row = self.session.current
        place = int(self.session.places()[row]) if row >= 0 else -1
        return place, self.panel.letters[place] if place >= 0 else "", self.session.labelled_by(row)

    # The sample

    def _show_sample(self) -> None:
        self.panel.show_sample()
        self.alike.show()
        self.showing.show()

    def _explained(self, sample: str, values: Any, result: dict[str, Any]) -> None:
        if self.session.current >= 0 and self.session.sample_id(self.session.current) == sample:
            if self.viewers.explain_below(sample, result):
                return
            self.viewers.show_reasons(result.get("reasons", {}).get(sample))
            if values is None:
                return
            sanity = result.get("sanity")
            note = f"random weights {numbers.share(sanity['similarity'], 2)}" if sanity else ""
            note = "nothing to see" if sample in result.get("empty", ()) else note
            region = result.get("regions", {}).get(sample)
            layers, layer = result.get("layers", ()), result.get("layer", "")
            self.viewers.show_relevance(np.asarray(values, np.float64), note, region, layers, layer)
            self.desk.notify(Note(result.get("words") or "Dark is where the model looked.", "info"))

    def _keep_picture(self) -> None:
        """Small lines of a few classes, or their counts, for the project's card on the start page."""
        session = self.session
        project = session.open_project
        path = card_file(project.path)
        keep = partial(write_card, path, session.open_domain, project.samples, session.places(), session.classes)
        self.reader.ask(("card", str(path)), keep, "card")

    def _renew_picture(self) -> None:
        """The card tells the labels as they were left."""
        session = self.session
        if session.project is not None:
            renew_counts(card_file(session.project.path), session.places(), session.classes)

    def _ask_picture(self, figure: QWidget) -> None:
        figure_file.ask(self.desk, figure, self.viewers.front.kind if self.viewers.front is not None else "sample")

    def _go_to_id(self, sample: str) -> None:
        row = self.session.rows_of([sample])[0]
        if row >= 0:
            self.session.go_to(row)

    def preview_merge(self) -> bool:
        return self.viewers.preview_merge()

    def busy(self) -> bool:
        return self.showing.busy()

    def step_back(self) -> bool:
        home, focus = self.first_focus(), QApplication.focusWidget()
        if focus is not home and not (focus is not None and home.isAncestorOf(focus)):
            home.setFocus()
            return True
        if self.session.listing.queue:
            self.session.leave_queue()
            return True
        if len(self.session.selected) > 1:
            self.session.go_to(self.session.current)
            return True
        return self.list.clear_filter()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the list leaves is for the viewer: who goes through rows turns pages with the same hand."""
        face, focus, front = self.list.face(), QApplication.focusWidget(), self.viewers.front
        listed = focus is not None and (focus is face or face.isAncestorOf(focus))
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not listed or front is None or (Qt.Key(event.key()), held) not in HANDED:
            super().keyPressEvent(event)
            return
        event.accept()
        self.viewers.press(event)
        if event.isAccepted() and event.key() == Qt.Key.Key_R:
            front.setFocus()  # Delete and Escape are its own from here on

    def _hand_on(self, keys: str) -> None:
        """A key whose command rests is the viewer's, as that of the next of a group where there are none."""
        if self.isVisible() and self.viewers.front is not None:
            stroke = QKeySequence(keys)[0]  # type: ignore[index]
            self.viewers.press(QKeyEvent(QEvent.Type.KeyPress, stroke.key(), stroke.keyboardModifiers()))

    # Layout

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        was, self._was = self._was, event.size()  # the event itself knows no old size where the page was hidden
        low = self.height() < LOW
        self.panel.compact(low)
        if not self._sized and self.width() > 400:
            self._sized = True
            self.reset_layout()
        elif self._sized and was.width() > 400:
            self._note_shares(was)
            QTimer.singleShot(0, self, self._settle)

    def _note_shares(self, size: QSize) -> None:
        """Remember how the panes share the page when a person moved their edges. size: of the page then."""
        high = self.label_dock.height()
        if self.panel.wide and self._low_set and abs(high - self._low_set) > 2 and not self.label_dock.isFloating():
            self._high = high
        first, second = self.viewers.docks
        if not first.isVisible() or not second.isVisible() or first.isFloating() or second.isFloating():
            return
        now = (first.height(), first.width())
        if any(abs(is_now - was) > 2 for is_now, was in zip(now, self._set, strict=True)):
            self._shares = (now[0] / size.height(), now[1] / (now[1] + second.width()))

    def _apply_shares(self) -> None:
        """Lower panes keep their share of a page that is larger or smaller now."""
        below = round(self.height() * self._shares[0])
        room = self.width() - sum(dock.width() + EDGE for dock in self._beside()) - EDGE
        first = round(room * self._shares[1])
        if min(below, first, room - first) <= 0:
            return
        self.inner.resizeDocks(self.viewers.docks, [below, below], Qt.Orientation.Vertical)
        self.inner.resizeDocks(self.viewers.docks, [first, room - first], Qt.Orientation.Horizontal)
        QTimer.singleShot(0, self, self._note_set)

    def _beside(self) -> list[Dock]:
        """What takes its width from the viewer's."""
        docks = (self.list_dock, self.label_dock)
        return [dock for dock in docks if not dock.isHidden() and not dock.isFloating()]

    def _note_set(self) -> None:
        first = self.viewers.docks[0]
        self._set = (first.height(), first.width())

    def _arrange(self) -> None:
        """The label panel below the viewer while the list is a broad grid, else at the right."""
        wide = Qt.DockWidgetArea.BottomDockWidgetArea
        area = wide if self.list.is_broad() else Qt.DockWidgetArea.RightDockWidgetArea
        if not self.label_dock.isFloating() and self.inner.dockWidgetArea(self.label_dock) != area:
            shown = self.label_dock.isVisible() or not self.isVisible()
            self.inner.addDockWidget(area, self.label_dock)
            self.label_dock.setVisible(shown)
            self._high = 0
        QTimer.singleShot(0, self, self._settle)

    def reset_layout(self) -> None:
        """Docks at their first places and sizes."""
        self._arrange()
        for dock in (self.list_dock, self.label_dock, *self.viewers.docks):
            # One that stands already would be hidden for a moment, and the keyboard would go elsewhere.
            if dock.isFloating():
                dock.setFloating(False)
        self._show_list(True)
        self.label_dock.show()
        self.viewers.reset_panes()
        self._high = 0
        self.sides.forget()
        self.sides.apply()
        self._shares = (LOWER, 0.5)
        QTimer.singleShot(0, self, self._settle)  # the page inside has its size by then

    def _settle(self) -> None:
        self.sides.apply()
        self._apply_shares()
        if self.panel.wide:
            wanted = self._high or self.panel.wanted_height() + self.panel.head.height()
            self._low_set = min(wanted, round(self.height() * LOWER))
            self.inner.resizeDocks([self.label_dock], [self._low_set], Qt.Orientation.Vertical)

    def _restore(self) -> None:
        kept = self.session.settings.get("curate", {})
        domain = self.session.open_project.domain
        if domain in kept:
            self._sized = True
            self.inner.restoreState(QByteArray(base64.b64decode(kept[domain])))
            below, first = kept.get(f"{domain}.lower", self._shares)
            self._shares = (float(below), float(first))
            self.sides.set_state(kept.get(f"{domain}.sides", {}))
            self._high = int(kept.get(f"{domain}.high", 0))
        if kept.get(f"{domain}.broad", False) != self.list.is_broad():
            self._arrange()
        self._list_changed()
        if self._sized:
            QTimer.singleShot(0, self, self._settle)

    def keep(self) -> None:
        self.panel.note.write()
        if self.session.project is not None and self._sized:
            state, domain = bytes(self.inner.saveState().data()), self.session.project.domain
            self._note_shares(self.size())
            kept = {
                **self.session.settings.get("curate", {}),
                domain: base64.b64encode(state).decode(),
                f"{domain}.lower": [*self._shares],
                f"{domain}.sides": self.sides.state(),
                f"{domain}.broad": self.list.is_broad(),
                f"{domain}.high": self._high,
            }
            self.session.settings.set("curate", kept)
        self.reader.close()
        self.alike.close()
        self.viewers.close_down()
