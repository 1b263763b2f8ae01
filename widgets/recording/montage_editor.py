"""The editor of montages of one's own: made, written over, put in order, deleted; kept only when they are saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from models.errors import UserError
from models.montage import BUILT_IN, Montage
from models.montage_draft import Draft, DraftRow, draft_of, montage_of_draft, with_channel
from widgets import theme
from widgets.parts import Button, PrimaryButton, Text
from widgets.recording.montage_rows import TEXT, MontageRows, MontageTable


@dataclass(frozen=True)
class Desk:
    """All montages as they are written, and which of them is looked at."""

    drafts: tuple[Draft, ...]
    place: int = 0

    @property
    def draft(self) -> Draft:
        """The one that is looked at."""
        return self.drafts[self.place]

    def written(self, draft: Draft) -> Desk:
        """With another one in its place."""
        return Desk((*self.drafts[: self.place], draft, *self.drafts[self.place + 1 :]), self.place)


class MontageEditor(QDialog):
    """``previewed(Montage)``: look at the recording by this one meanwhile. ``saved(montages, name)``: all own ones are
    these, the named one is looked by. Closed otherwise nothing has changed.

    names: of the recording's channels. montage: the name of the one that is looked by.
    """

    previewed = Signal(object)
    saved = Signal(object, str)

    def __init__(self, own: Sequence[Montage], montage: str, names: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("montages")
        self.setWindowTitle("Montages")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.resize(980, 600)
        every = [*BUILT_IN.values(), *own]
        place = next((place for place, one in enumerate(every) if one.name == montage), 0)
        self._past: list[Desk] = []
        self._future: list[Desk] = []
        self.desk = Desk(tuple(draft_of(one) for one in every), place)
        self._looked = self.desk.draft
        self._names = tuple(names)
        self._build()
        self._show()

    # -- building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.addWidget(Text("Montages", "head"))
        words = "Each row is a channel less others, such as Fp1 - F7, Cz - average or C3 - 0.5 F3 - 0.5 P3."
        column.addWidget(Text(words, "body", "text2", wrap=True))
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addLayout(self._build_list())
        body.addLayout(self._build_rows(), 1)
        body.addLayout(self._build_channels())
        column.addLayout(body, 1)
        self.trouble = Text("", "body", "warn", wrap=True)
        self.trouble.setObjectName("montages.trouble")
        column.addWidget(self.trouble)
        column.addLayout(self._build_foot())
        for keys, act in (("Ctrl+Z", self.undo), ("Ctrl+Shift+Z", self.redo), ("Ctrl+Y", self.redo)):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _build_list(self) -> QVBoxLayout:
        self.list = QListWidget()
        self.list.setObjectName("montages.list")
        self.list.setAccessibleName("Montages")
        self.list.setFixedWidth(212)
        self.list.setIconSize(QSize(14, 14))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.currentRowChanged.connect(self._look_at)
        acts = [("New", "new", self._new), ("Copy", "copy", self._copy), ("Delete", "delete", self._delete)]
        return _below(self.list, self._buttons(acts))

    def _build_rows(self) -> QVBoxLayout:
        self.title = QLineEdit()
        self.title.setObjectName("montages.title")
        self.title.setAccessibleName("Name of the montage")
        self.title.editingFinished.connect(self._rename)
        self.partial = QCheckBox("Draw a row without what is missing of what is taken off")
        self.partial.setObjectName("montages.partial")
        self.partial.clicked.connect(lambda on: self._write(replace(self.desk.draft, partial=on)))
        self.rows = MontageRows(self._names)
        self.rows.written.connect(self._write)
        self.table = MontageTable(self.rows)
        self.table.moved.connect(self._move)
        self.table.added.connect(self._add)
        self.table.removed.connect(self._remove)
        acts = [
            ("Add row", "add", self._add),
            ("Remove row", "remove", self._remove),
            ("Up", "up", lambda: self.table.step(-1)),
            ("Down", "down", lambda: self.table.step(1)),
        ]
        found = _below(self.title, self.table, self.partial, self._buttons(acts))
        found.setStretch(1, 1)
        return found

    def _build_channels(self) -> QVBoxLayout:
        self.channels = QListWidget()
        self.channels.setObjectName("montages.channels")
        self.channels.setAccessibleName("Channels of this recording")
        self.channels.setFixedWidth(120)
        self.channels.addItems([*self._names, "average"] if self._names else [])
        self.channels.itemActivated.connect(lambda item: self._take(item.text()))
        take = Button("Take into row", tip="Enter")
        take.setObjectName("montages.take")
        take.clicked.connect(self._take_chosen)
        return _below(Text("Channels here", "caption_strong", "text2"), self.channels, take)

    def _buttons(self, acts: Sequence[tuple[str, str, Callable[[], object]]]) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for words, name, act in acts:
            button = Button(words)
            button.setObjectName(f"montages.{name}")
            button.clicked.connect(lambda _on=False, act=act: act())
            row.addWidget(button)
        row.addStretch(1)
        return line

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        self._undo, self._redo = Button("Undo", "undo", "Ctrl+Z"), Button("Redo", "redo", "Ctrl+Shift+Z")
        cancel, self.save = Button("Cancel"), PrimaryButton("Save")
        named: Mapping[str, tuple[Button, Callable[[], object]]] = {
            "undo": (self._undo, self.undo),
            "redo": (self._redo, self.redo),
            "cancel": (cancel, self.reject),
            "save": (self.save, self._save),
        }
        for name, (button, act) in named.items():
            button.setObjectName(f"montages.{name}")
            button.clicked.connect(lambda _on=False, act=act: act())
            foot.addWidget(button)
            if name == "redo":
                foot.addStretch(1)
        return foot

    # -- what is shown

    def _show(self, chosen: Sequence[int] = ()) -> None:
        desk, draft = self.desk, self.desk.draft
        self.list.blockSignals(True)
        self.list.clear()
        for one in desk.drafts:
            item = QListWidgetItem(one.title or "without a name")
            item.setToolTip(one.title)
            item.setIcon(theme.icon("lock" if one.built_in else "edit", "text3"))
            self.list.addItem(item)
        self.list.setCurrentRow(desk.place)
        self.list.blockSignals(False)
        self.title.setText(draft.title)
        self.partial.setChecked(draft.partial)
        self.rows.show(draft)
        self.table.choose(chosen)
        for name in ("add", "remove", "up", "down", "delete", "take"):
            self.findChild(Button, f"montages.{name}").setEnabled(not draft.built_in)  # type: ignore[union-attr]
        for widget in (self.title, self.partial):
            widget.setEnabled(not draft.built_in)
        self._undo.setEnabled(bool(self._past))
        self._redo.setEnabled(bool(self._future))
        self._say()

    def _say(self) -> None:
        """What stands against saving, or what the recording lacks; else the recording is seen by it."""
        draft, wrong = self.desk.draft, self._wrong()
        lacks = sum(tone == "warn" for tone, _words, _label in self.rows.states)
        told = (
            f"{lacks} of {len(draft.rows)} rows cannot be drawn: this recording lacks their channels." if lacks else ""
        )
        own = "Built in: copy it to change it." if draft.built_in else ""
        self.trouble.setText(wrong or told or own)
        self.save.setEnabled(not wrong)
        if draft.built_in:
            built = next(one for one in BUILT_IN.values() if one.title == draft.title)
            self.previewed.emit(built)
        elif not wrong:
            self.previewed.emit(montage_of_draft(draft))

    def _wrong(self) -> str:
        """Why it cannot be saved as it stands."""
        seen: set[str] = set()
        for draft in self.desk.drafts:
            if draft.built_in:
                continue
            name = draft.title.strip().casefold()
            if name in seen:
                return f"Two montages are called {draft.title}. Give one of them another name."
            seen.add(name)
            try:
                montage_of_draft(draft)
            except UserError as error:
                where = "" if draft is self.desk.draft or not draft.title else f"{draft.title}: "
                return f"{where}{error}"
        return ""

    # -- acts

    def _do(self, desk: Desk, chosen: Sequence[int] = ()) -> None:
        if desk.drafts == self.desk.drafts:
            return
        self._past.append(self.desk)
        self._future.clear()
        self.desk = desk
        self._show(chosen)

    def _write(self, draft: Draft, chosen: Sequence[int] | None = None) -> None:
        if not self.desk.draft.built_in:
            self._do(self.desk.written(draft), self.table.chosen() if chosen is None else chosen)

    def undo(self) -> None:
        """Take the last change back."""
        if self._past:
            self._future.append(self.desk)
            self.desk = self._past.pop()
            self._show()

    def redo(self) -> None:
        """Bring back what was taken back."""
        if self._future:
            self._past.append(self.desk)
            self.desk = self._future.pop()
            self._show()

    def _look_at(self, place: int) -> None:
        if 0 <= place < len(self.desk.drafts) and place != self.desk.place:
            self.desk = replace(self.desk, place=place)
            self._show()

    def _rename(self) -> None:
        self._write(replace(self.desk.draft, title=self.title.text().strip()))

    def _new(self) -> None:
        self._insert(Draft(self._free("My montage"), ()))

    def _copy(self) -> None:
        draft = self.desk.draft
        self._insert(replace(draft, title=self._free(f"{draft.title} copy"), built_in=False))

    def _insert(self, draft: Draft) -> None:
        self._do(Desk((*self.desk.drafts, draft), len(self.desk.drafts)))
        self.title.setFocus()
        self.title.selectAll()

    def _free(self, title: str) -> str:
        """A title that no other montage has."""
        taken, number, found = {one.title for one in self.desk.drafts}, 2, title
        while found in taken:
            found, number = f"{title} {number}", number + 1
        return found

    def _delete(self) -> None:
        desk = self.desk
        if not desk.draft.built_in:
            rest = (*desk.drafts[: desk.place], *desk.drafts[desk.place + 1 :])
            # Saved, the chosen one is looked by: nobody asked for the one that stood above the deleted one.
            self._do(Desk(rest, rest.index(self._looked) if self._looked in rest else 0))

    def _add(self) -> None:
        chosen, draft = self.table.chosen(), self.desk.draft
        place = chosen[-1] + 1 if chosen else len(draft.rows)
        group = draft.rows[place - 1].group if draft.rows else ""
        self._write(draft.added(place, DraftRow(group=group)), [place])
        self.table.setCurrentIndex(self.rows.index(place, TEXT))
        self.table.edit(self.rows.index(place, TEXT))

    def _remove(self) -> None:
        if chosen := self.table.chosen():
            draft = self.desk.draft.without(chosen)
            self._write(draft, [min(chosen[0], len(draft.rows) - 1)])

    def _move(self, places: Sequence[int], before: int) -> None:
        first = before - sum(place < before for place in places)
        self._write(self.desk.draft.moved(places, before), range(first, first + len(places)))

    def _take_chosen(self) -> None:
        item = self.channels.currentItem()
        if item is not None:
            self._take(item.text())

    def _take(self, name: str) -> None:
        """Into the chosen row; into a new one where none is chosen."""
        chosen, draft = self.table.chosen(), self.desk.draft
        if len(chosen) == 1:
            row = draft.rows[chosen[0]]
            self._write(draft.written(chosen[0], replace(row, text=with_channel(row.text, name), label="")), chosen)
        else:
            group = draft.rows[-1].group if draft.rows else ""
            place = len(draft.rows)
            self._write(draft.added(place, DraftRow(text=with_channel("", name), group=group)), [place])

    def _save(self) -> None:
        self._rename()
        if self._wrong():
            self._say()
            return
        own = [montage_of_draft(draft) for draft in self.desk.drafts if not draft.built_in]
        draft = self.desk.draft
        built = {one.title: one.name for one in BUILT_IN.values()}
        self.saved.emit(own, built[draft.title] if draft.built_in else draft.title)
        self.accept()


def _below(*parts: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(6)
    for part in parts:
        column.addWidget(part)
    return column
