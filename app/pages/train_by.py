"""What a split keeps together: the group, a column's values, nothing, or what a file says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.nouns import group_noun, sample_noun
from app.pages.train_split import COLUMN, FILE, GROUP, SAMPLE
from models.sample import Samples
from widgets.form import FIELD, Form, FormRow
from widgets.parts.combo import LabelledCombo
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

Codes = npt.NDArray[np.int64]
#: More different numbers that are not whole are a measurement, not a level.
LEVELS = 12


def group_columns(samples: Samples, codes: Codes, left_out: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Columns whose values can be kept together: several values, each of several samples.

    codes: (n,) class of each sample, −1 without. A column that has one value a class is left out:
    nothing of a class could be held out.
    """
    names = [name for name in samples.names if not name.startswith("_") and name not in left_out]
    return tuple(name for name in names if _groups(samples.table.column(name), codes))


def _groups(values: pa.ChunkedArray, codes: Codes) -> bool:
    distinct = int(pc.count_distinct(values).as_py())
    if not 2 <= distinct <= len(codes) // 2:
        return False
    if pa.types.is_floating(values.type) and distinct > LEVELS:
        return False
    place = values.combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    known = codes >= 0
    pairs = np.unique(codes[known] * (distinct + 1) + place[known] + 1)
    return len(pairs) > len(np.unique(codes[known]))


class SplitBy(QObject):
    """The row "Split by" of the train form. ``changed`` tells that a file was chosen or columns became known."""

    changed = Signal()

    def __init__(self, window: Window, form: Form, reader: Reader, parent: QWidget) -> None:
        super().__init__(parent)
        self.session, self.form, self.reader = window.session, form, reader
        self.file = ""
        self._parent = parent
        self._columns: tuple[str, ...] = ()
        self._before = self._wanted = GROUP
        self._key: tuple[Any, ...] = ()
        reader.arrived.connect(self._arrived)

    def show_project(self, value: str, file: str) -> None:
        """Another project: look at its columns; value and file are those that were used last."""
        self._columns, self.file, self._wanted = (), file, value
        self.look()

    def look(self) -> None:
        """Find the columns that can group, beside the window; samples may have come."""
        session = self.session
        samples, fold = session.open_project.samples, session.open_project.journal.fold
        codes = np.where(fold.live, session.places_of(fold.codes), -1)
        features = frozenset(column.name for column in session.open_domain.columns if column.feature)
        key = ("group columns", str(session.open_project.path), len(samples), int((codes >= 0).sum()))
        if key == self._key:
            return
        self._key = key
        self.reader.ask(key, lambda: group_columns(samples, codes, features), "group columns")

    def _arrived(self, key: Any, value: Any) -> None:
        if key == self._key and self.session.project is not None and value != self._columns:
            self._columns = value
            self.dress()
            self.changed.emit()

    @property
    def row(self) -> FormRow:
        """Its row in the form as it is now."""
        return self.form.row("split_by")

    def dress(self) -> None:
        """Offer what there is, in words; the value that was wished for is taken as soon as it is known."""
        titles = {column.name: column.title for column in self.session.open_domain.columns}
        items = [(group_noun(self.session), GROUP)]
        items += [(titles.get(name, name).lower(), f"{COLUMN}{name}") for name in self._columns]
        items += [(f"{sample_noun(self.session)} (leaks)", SAMPLE), ("a file…", FILE)]
        row, before = self.row, str(self.row.raw())
        row.set_choices(items)
        wish = before if self._wanted == GROUP else self._wanted
        if wish in [value for _words, value in items] and (wish != FILE or self.file):
            row.show_value(wish)
            self._before, self._wanted = wish, GROUP
        if isinstance(row.field, LabelledCombo) and not row.field.property("asks"):
            row.field.setProperty("asks", True)
            row.field.setFixedWidth(FIELD)
            row.field.chosen.connect(self._chosen)

    def _chosen(self, value: Any) -> None:
        if value != FILE:
            self._before = str(value)
            return
        # What stood there stays until a file is chosen; the one that is there is offered again.
        if not self.file:
            self.row.show_value(self._before)
        folder = Path(self.file).parent if self.file else Path.home()
        dialog = QFileDialog(self._parent, "Split file", str(folder), "Tables (*.csv *.tsv *.txt)")
        dialog.setObjectName("train.split_file")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._take)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take(self, path: str) -> None:
        self.file = path
        self.row.show_value(FILE)
        self._before = FILE
        self.changed.emit()

    def arguments(self) -> dict[str, str]:
        """`split` and `split_by` as the order ``train`` takes them."""
        value = str(self.row.raw())
        column = value.removeprefix(COLUMN) if value.startswith(COLUMN) else SAMPLE if value == SAMPLE else ""
        return {"split": self.file if value == FILE else "", "split_by": column}

    def hint(self, words: str, leaks: bool) -> None:
        """Say beside the field what the split comes to, or its file."""
        value = self.row.raw()
        told = "scores come out too high" if leaks else words
        self.row.set_hint(Path(self.file).name if value == FILE else told)
        self.row.field.setToolTip(self.file if value == FILE else self.row.param.note.help)
