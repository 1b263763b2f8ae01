"""The rows of the list of annotations: filtered and sorted as numbers, read one by one only where they are seen."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from models.region import Region
from widgets import paint
from widgets.recording.regions import RegionTable
from widgets.recording.scale import figure
from widgets.traces.plot import clock_text

Index = QModelIndex | QPersistentModelIndex
Rows = npt.NDArray[np.int64]
START, SECONDS, TEXT, CHANNELS, STOP, BAND, BY = range(7)
TITLES = ("Start", "Length", "Annotation", "Channels", "To, s", "Range, kHz", "By")
#: The columns of a recording's annotations, and of a sound's regions; how these are called where it is otherwise.
RECORDING, SOUND = (START, SECONDS, TEXT, CHANNELS), (TEXT, START, STOP, SECONDS, BAND, BY)
_OF_SOUND = {TEXT: "Region", START: "From, s", SECONDS: "Length, s"}
#: Those that a person can write.
_WRITTEN = (START, SECONDS, TEXT, STOP)
#: In place of a class: annotations without words, and those whose words name no class.
UNNAMED, OTHERS = "\0unnamed", "\0others"
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


def read_time(words: str) -> float | None:
    """Seconds as a person writes them: ``00:04:37.5``, ``4:37``, ``277.5``, ``2 min``; None for what is none."""
    words = words.strip().replace("−", "-")
    if found := _CLOCK.fullmatch(words):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return 3600 * hours + 60 * minutes + seconds
    found = _NUMBER.fullmatch(words)
    return float(found.group(1)) * _UNITS[found.group(2) or "s"] if found else None


def band_words(region: Region, highest: float) -> str:
    """``0.30–3.40`` in kHz; from 0, or to the highest, where it has one end; ``all`` of a stretch of time alone."""
    if region.low is None and region.high is None:
        return "all"
    low, high = ((0.0 if region.low is None else region.low), (highest if region.high is None else region.high))
    return f"{low / 1000:.2f}–{high / 1000:.2f}"


def length_words(seconds: float) -> str:
    """``0.25 s``, ``12.5 s``, ``2:30`` min."""
    if seconds >= 120:
        return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
    return f"{figure(seconds)} s" if seconds >= 0.1 or seconds == 0 else f"{1000 * seconds:.0f} ms"


@dataclass(frozen=True)
class Names:
    """Classes that annotations can be of: name → place, what each is called, and its letter."""

    places: Mapping[str, int]
    titles: Sequence[str] = ()
    letters: Sequence[str] = ()

    def meant(self, words: str) -> str:
        """The class that words name, in any case, by its name or its title; else the words."""
        plain = words.strip()
        for name, place in self.places.items():
            if plain.casefold() in (name.casefold(), self.titles[place].casefold()):
                return name
        return plain


class RegionModel(QAbstractTableModel):
    """``edited(Region, words)``: a person wrote another start, length or text; words tell what.

    ``refused(words)``: what was written is none.
    """

    edited = Signal(object, str)
    refused = Signal(str)

    def __init__(self, columns: Sequence[int] = RECORDING) -> None:
        super().__init__()
        #: Which columns there are; of a sound times are told in s to the ms.
        self.columns = tuple(columns)
        self.sounds = BAND in self.columns
        #: What one of them is called.
        self.called = "region" if self.sounds else "annotation"
        #: Who had the last word on each, by its name; and the highest frequency there is, in Hz.
        self.authors: Mapping[str, str] = {}
        self.highest = 0.0
        self.table = RegionTable((), {})
        self.names = Names({})
        self.rows: Rows = np.zeros(0, np.int64)
        self._row_at: Rows = np.zeros(0, np.int64)
        self.kind, self.words = "", ""
        self.sorted_by, self.descending = START, False
        self.bounds = (0.0, math.inf)

    # -- what is shown

    def show(self, table: RegionTable, names: Names) -> None:
        """Other annotations."""
        self.table, self.names = table, names
        self.arrange()

    def filter(self, kind: str, words: str) -> None:
        """Those of a class ("" all, or UNNAMED, OTHERS) that hold these words."""
        if (kind, words) != (self.kind, self.words):
            self.kind, self.words = kind, words
            self.arrange()

    def sort_by(self, column: int) -> None:
        """Sort by a column, the other way round where it is sorted by it."""
        self.descending = not self.descending if column == self.sorted_by else False
        self.sorted_by = column
        self.arrange()

    def arrange(self) -> None:
        """The rows anew."""
        self.beginResetModel()
        rows = np.flatnonzero(self._mask())
        self.rows = rows[np.argsort(self._keys()[rows], kind="stable")]
        if self.descending:
            self.rows = self.rows[::-1]
        self._row_at = np.full(len(self.table), -1, np.int64)
        self._row_at[self.rows] = np.arange(len(self.rows))
        self.endResetModel()

    def _mask(self) -> npt.NDArray[np.bool_]:
        regions, places = self.table.regions, self.table.colours
        texts = [one.text for one in regions]
        if self.kind == UNNAMED:
            mask = np.array([not text for text in texts], bool)
        elif self.kind == OTHERS:
            mask = np.array([bool(text) for text in texts], bool) & (places < 0)
        elif self.kind:
            mask = places == self.names.places.get(self.kind, -2)
        else:
            mask = np.ones(len(regions), bool)
        if words := self.words.strip().casefold():
            mask &= np.array([words in self._said(one) for one in regions], bool)
        return mask

    def _said(self, region: Region) -> str:
        return f"{self.table.words(region)} {region.text} {' '.join(region.channels)}".casefold()

    def _keys(self) -> npt.NDArray[Any]:
        regions, table, column = self.table.regions, self.table, self.sorted_by
        plain = {START: table.starts, STOP: table.stops, SECONDS: table.stops - table.starts}
        if column in plain:
            return plain[column]
        if column == BAND:
            return np.array([one.low or 0.0 for one in regions], np.float64)
        words: dict[int, Callable[[Region], str]] = {
            TEXT: lambda one: table.words(one).casefold(),
            CHANNELS: lambda one: " ".join(one.channels),
            BY: lambda one: self.authors.get(one.name, ""),
        }
        return np.array([words[column](one) for one in regions], np.str_)

    def region(self, row: int) -> Region | None:
        """The annotation in a row."""
        return self.table.regions[int(self.rows[row])] if 0 <= row < len(self.rows) else None

    def row_of(self, name: str) -> int:
        """The row of an annotation, −1 where it is not among those that are shown."""
        place = self.table.place(name)
        return int(self._row_at[place]) if place >= 0 else -1

    def kinds(self) -> list[tuple[str, int]]:
        """How many there are of each class that occurs, of other words, and without any."""
        places, regions = self.table.colours, self.table.regions
        found = [(name, int((places == place).sum())) for name, place in self.names.places.items()]
        bare = sum(not one.text for one in regions)
        found += [(OTHERS, int((places < 0).sum()) - bare), (UNNAMED, bare)]
        return [(name, count) for name, count in found if count]

    # -- for the view

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            arrow = ("  ↓" if self.descending else "  ↑") if self.columns[section] == self.sorted_by else ""
            return self.title(self.columns[section]) + arrow
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return paint.RIGHT if self.is_number(self.columns[section]) else paint.LEFT
        return None

    def title(self, column: int) -> str:
        """What a column is called."""
        return _OF_SOUND.get(column, TITLES[column]) if self.sounds else TITLES[column]

    def is_number(self, column: int) -> bool:
        """Whether a column stands at the right."""
        return column == SECONDS or (self.sounds and column in (START, STOP, BAND))

    def flags(self, index: Index) -> Qt.ItemFlag:
        kept = super().flags(index)
        return kept | Qt.ItemFlag.ItemIsEditable if self.columns[index.column()] in _WRITTEN else kept

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        region = self.region(index.row())
        if region is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.EditRole):
            return self.cell(region, self.columns[index.column()])
        if role == Qt.ItemDataRole.ToolTipRole:
            span = f"{clock_text(region.start, 0.001)} to {clock_text(region.stop, 0.001)}"
            return f"{span}, outside the recording" if self.is_lost(region) else span
        return None

    def cell(self, region: Region, column: int) -> str:
        """What stands in a column."""
        if self.sounds and column in (START, STOP, SECONDS):
            return f"{ {START: region.start, STOP: region.stop, SECONDS: region.seconds}[column]:.3f}"
        if column == BAND:
            return band_words(region, self.highest)
        if column == BY:
            return self.authors.get(region.name, "")
        if column == START:
            return clock_text(region.start, 0.01)
        if column == SECONDS:
            return length_words(region.seconds)
        return self.table.words(region) if column == TEXT else ", ".join(region.channels)

    def lost(self) -> int:
        """How many lie outside the recording, so that no page shows them."""
        return int(self.table.outside(self.bounds).sum())

    def is_lost(self, region: Region) -> bool:
        """Whether one of them does."""
        return region.start > self.bounds[1] or region.stop < self.bounds[0]

    def place_of(self, region: Region) -> int:
        """The place of the class that an annotation is of, −1 for none."""
        return int(self.table.colours[self.table.place(region.name)])

    # -- what is written

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        region, words, column = self.region(index.row()), str(value).strip(), self.columns[index.column()]
        if role != Qt.ItemDataRole.EditRole or region is None or words == self.cell(region, column):
            return False
        changed = self._changed(region, column, words)
        if changed is None:
            return False
        if changed != region:
            what = {TEXT: "words", STOP: "end"}.get(column, TITLES[column].lower())
            self.edited.emit(changed, f"Change the {what} of {region.text or 'an annotation'}")
        return True

    def _changed(self, region: Region, column: int, words: str) -> Region | None:
        if column == TEXT:
            return replace(region, text=self.names.meant(words))
        time = read_time(words)
        if time is None:
            self.refused.emit(f"{words} is no time. Write 00:04:37.5, 277.5 s or 2 min.")
            return None
        low, high = self.bounds
        start = time if column == START else region.start
        stop = {START: start + region.seconds, STOP: time}.get(column, start + time)
        if not low <= start <= stop <= high + 1e-6:
            self.refused.emit(f"That would be outside the recording, which ends at {clock_text(high, 0.01)}.")
            return None
        return replace(region, start=start, stop=min(stop, high))
