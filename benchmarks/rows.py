"""A million rows on screen: our table and mosaic beside Qt's own views, in one run.

Peers: QTableView over a QSortFilterProxyModel with a Python model, QListView in icon mode that
decodes nothing (its pictures are ready). They show the same columns and pictures of the same rows.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QListView, QTableView, QWidget

from benchmarks.table import Row, row
from models.change import Rows
from models.natural import order_of
from models.store.where import Where, compile_where
from widgets import theme
from widgets.mosaic.marks import ThumbMark
from widgets.mosaic.tiles import Picture, tile
from widgets.sample_table import ChipMark, Head, SampleTable
from widgets.thumbnail_grid import ThumbnailGrid

Index = QModelIndex | QPersistentModelIndex
Kind = TypeVar("Kind", bound=QWidget)
SIDE = 86


class Toy:
    """A table of samples: ids, two numbers, label and model, a bar, a line each."""

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(0)
        self.noise = rng.random(count)
        self.issue = rng.random(count)
        self.label = rng.integers(0, 4, count)
        self.model = rng.integers(0, 4, count)
        self.lines = rng.normal(size=(997, 60)).astype(np.float32)
        self.atlas = rng.integers(0, 255, (997, SIDE, SIDE, 3), np.uint8)

    def names(self) -> Sequence[Head]:
        kinds = ("mono", "sparkline", "chips", "bar", "number")
        names = ("sample", "trace", "label", "issue", "noise")
        return [Head(name, name, kind, 110) for name, kind in zip(names, kinds, strict=True)]

    def text(self, rows: Rows, column: str) -> Sequence[str]:
        if column == "sample":
            return [f"2/{row // 25:05}:{row % 25:02}" for row in rows.tolist()]
        values = self.noise if column == "noise" else self.issue
        return [f"{value:.3f}" for value in values[rows].tolist()]

    def whole(self, row: int, column: str) -> str:
        return self.text(np.array([row]), column)[0]

    def chip(self, rows: Rows) -> Sequence[ChipMark]:
        return [ChipMark(a, b) for a, b in zip(self.label[rows].tolist(), self.model[rows].tolist(), strict=True)]

    def bar(self, rows: Rows, column: str) -> Any:
        return self.issue[rows]

    def pixels(self, rows: Rows, size: int) -> Sequence[Picture]:
        return list(self.atlas[rows % 997])

    def marks(self, rows: Rows) -> Sequence[ThumbMark]:
        parts = (self.label[rows].tolist(), self.model[rows].tolist(), self.issue[rows].tolist())
        return [ThumbMark(a, b, p) for a, b, p in zip(*parts, strict=True)]


class PlainModel(QAbstractTableModel):
    """The same columns as text, the usual way."""

    def __init__(self, toy: Toy, count: int) -> None:
        super().__init__()
        self._toy, self._count = toy, count

    def rowCount(self, parent: Index | None = None) -> int:
        return self._count

    def columnCount(self, parent: Index | None = None) -> int:
        return 5

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row, column = index.row(), index.column()
        if column == 0:
            return f"2/{row // 25:05}:{row % 25:02}"
        if column == 2:
            return f"{self._toy.label[row]} {self._toy.model[row]}"
        return float(self._toy.noise[row] if column == 4 else self._toy.issue[row])


class PlainPictures(QAbstractListModel):
    """The same pictures as decorations."""

    def __init__(self, toy: Toy, count: int) -> None:
        super().__init__()
        self._count = count
        self._pictures: list[QPixmap] = [tile(picture, SIDE, 1.0) for picture in toy.atlas[:97]]

    def rowCount(self, parent: Index | None = None) -> int:
        return self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self._pictures[index.row() % 97] if role == Qt.ItemDataRole.DecorationRole else None


def run(quick: bool) -> list[Row]:
    """Measure; a row each: name, ours, peer, ratio (peer / ours), unit, goal."""
    app = QApplication.instance() or QApplication([])
    if isinstance(app, QApplication):
        theme.apply(app, "light")
    count = 20_000 if quick else 1_000_000
    toy = Toy(count)
    jumps = 10 if quick else 60
    return [*_table(toy, count, jumps), *_grid(toy, count, jumps), *_sort(toy, count), *_filter(toy, count)]


def _table(toy: Toy, count: int, jumps: int) -> list[Row]:
    rng = np.random.default_rng(1)
    ours = _showing(SampleTable(toy))
    ours.sparklines_asked.connect(lambda rows: ours.give_sparklines(rows, toy.lines[rows % 997]))
    first = _timed(lambda: ours.set_rows(np.arange(count)), lambda: ours.viewport().repaint())
    QApplication.processEvents()
    jump = _jumps(ours, rng.integers(0, count * 26 - 1000, jumps))
    ours.close()
    peer = _showing(QTableView())
    proxy = QSortFilterProxyModel()
    proxy.setSourceModel(PlainModel(toy, count))
    peer_first = _timed(lambda: peer.setModel(proxy), lambda: peer.viewport().repaint())
    QApplication.processEvents()
    peer_jump = _jumps(peer, rng.integers(0, max(count - 60, 1), jumps))
    peer.close()
    return [
        row(f"table of {count} rows, first paint", first, peer_first, 100.0, "peer: QTableView + proxy, text only"),
        row(f"table of {count} rows, jump", jump, peer_jump, 8.0, "peer paints text only: no chips, bars, lines"),
    ]


def _grid(toy: Toy, count: int, jumps: int) -> list[Row]:
    rng = np.random.default_rng(2)
    ours = _showing(ThumbnailGrid(toy))
    ours.set_classes(["0", "1", "2", "3"], "0123")
    view = ours.mosaic.viewport()
    first = _timed(lambda: ours.set_rows(np.arange(count)), view.repaint)
    QApplication.processEvents()
    jump = _jumps(ours.mosaic, rng.integers(0, ours.mosaic.verticalScrollBar().maximum(), jumps))
    small = _jumps(ours.mosaic, ours.mosaic.verticalScrollBar().value() + np.arange(jumps) * 7)
    ours.close()
    peer = _showing(QListView())
    peer.setViewMode(QListView.ViewMode.IconMode)
    peer.setIconSize(QSize(SIDE, SIDE))
    peer.setGridSize(QSize(SIDE + 6, SIDE + 6))
    peer.setUniformItemSizes(True)
    pictures = PlainPictures(toy, count)
    peer_first = _timed(lambda: peer.setModel(pictures), peer.doItemsLayout, lambda: peer.viewport().repaint())
    QApplication.processEvents()
    spots = rng.integers(0, max(peer.verticalScrollBar().maximum(), 1), jumps)
    peer_jump = _jumps(peer, spots)
    peer_small = _jumps(peer, peer.verticalScrollBar().value() + np.arange(jumps) * 7)
    peer.close()
    note = "peer: QListView IconMode, pictures ready, no marks"
    return [
        row(f"mosaic of {count} rows, first paint", first, peer_first, 100.0, note),
        row(f"mosaic of {count} rows, jump", jump, peer_jump, 8.0, note),
        row(f"mosaic of {count} rows, scroll by 7 px", small, peer_small, 8.0, note),
    ]


def _sort(toy: Toy, count: int) -> list[Row]:
    times = [_timed(lambda: order_of(toy.noise, True)) for _repeat in range(5)]
    peer_count = min(count, 100_000)
    proxy = QSortFilterProxyModel()
    proxy.setSourceModel(PlainModel(toy, peer_count))
    peer = _timed(lambda: proxy.sort(4, Qt.SortOrder.DescendingOrder))
    note = f"peer: QSortFilterProxyModel, {peer_count} rows only"
    words = np.array([f"2/{place:07}" for place in np.random.default_rng(3).permutation(count)], object)
    order_of(words[:2])
    text = _timed(lambda: order_of(words))
    return [
        row(f"sort {count} rows by a number", float(np.median(times)), peer, 120.0, note),
        row(f"sort {count} rows by distinct texts", text, None, None, "no goal was set"),
    ]


class Wide:
    """The toy's columns as the filter language reads them."""

    def __init__(self, toy: Toy, count: int) -> None:
        self._columns: dict[str, np.ndarray[Any, Any]] = {"noise": toy.noise, "issue": toy.issue}
        self._columns["sample"] = np.array(toy.text(np.arange(count), "sample"), object)

    def __len__(self) -> int:
        return len(self._columns["noise"])

    def names(self) -> tuple[str, ...]:
        return tuple(self._columns)

    def column(self, name: str) -> np.ndarray[Any, Any]:
        return self._columns[name]

    def functions(self) -> tuple[str, ...]:
        return ()

    def call(self, name: str, argument: str) -> np.ndarray[Any, Any]:
        raise KeyError(name)


def _found(read: Where, wide: Wide) -> np.ndarray[Any, Any]:
    return np.flatnonzero(read.mask(wide))


def _filter(toy: Toy, count: int) -> list[Row]:
    wide = Wide(toy, count)
    peer_count = min(count, 100_000)
    proxy = QSortFilterProxyModel()
    proxy.setSourceModel(PlainModel(toy, peer_count))
    peer = _timed(lambda: proxy.setFilterFixedString("7:1"), proxy.rowCount)
    rows = []
    for told, where in (("by two numbers", "noise >= 0.5 and issue < 0.3"), ("by a part of a text", 'sample ~ "7:1"')):
        find = partial(_found, compile_where(where), wide)
        times = [_timed(find) for _repeat in range(5)]
        note = f"peer: QSortFilterProxyModel, a part of a text, {peer_count} rows only"
        rows.append(row(f"filter {count} rows {told}", float(np.median(times)), peer, 120.0, note))
    return rows


def _showing(widget: Kind) -> Kind:
    widget.resize(900, 1000)
    widget.show()
    QApplication.processEvents()
    return widget


def _timed(*acts: Callable[[], object]) -> float:
    """Milliseconds that these calls take together."""
    start = time.perf_counter()
    for act in acts:
        act()
    return (time.perf_counter() - start) * 1e3


def _jumps(view: Any, values: Any) -> float:
    """Median milliseconds from a new scroll position to the painted picture."""
    times, bar = [], view.verticalScrollBar()
    for value in np.asarray(values).tolist():
        times.append(_timed(functools.partial(bar.setValue, value), QApplication.processEvents))
    return float(np.median(times))
