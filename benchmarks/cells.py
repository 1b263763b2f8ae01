"""A million cells as thumbnails out of their pack, and the nearest ones of them.

Peer: QListView in icon mode over a file for each cell, which it reads as they come on screen. Here every picture
is read and painted before the clock stops; in the window they are read beside it, and the grid stands at once.
"""

from __future__ import annotations

import functools
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QListView

from benchmarks.table import Row, row
from models.change import Rows
from models.domains.smears import atlas, kept
from models.learn import pack
from models.natural import order_of
from models.orders.likeness import Likeness
from models.sample import Samples
from models.store.atomic import write_whole
from widgets import theme
from widgets.mosaic.marks import ThumbMark
from widgets.mosaic.tiles import Picture
from widgets.thumbnail_grid import ThumbnailGrid

#: Different pictures; cells of an image; side of a thumbnail on screen.
LOOKS, PER_IMAGE, SIDE = 997, 70, 86


class Cells:
    """What the grid reads: cells of images that are not there, so that only the pack can give their pictures."""

    def __init__(self, folder: Path, count: int) -> None:
        self.cache = folder / "cache"
        rng = np.random.default_rng(0)
        self.noise = rng.random(count)
        numbers = np.arange(count)
        boxes = np.char.add((numbers % PER_IMAGE * 20).astype(str), ",0,40,40")
        images = np.char.add(np.char.add("image", (numbers // PER_IMAGE).astype(str)), ".png")
        self.samples = Samples(
            pa.table(
                {
                    "id": pa.array(numbers.astype(str)),
                    "source": pa.array(np.zeros(count, np.int32)),
                    "key": pa.array(numbers.astype(str)),
                    "group": pa.array(images).dictionary_encode(),
                    "_image": pa.array(images),
                    "_box": pa.array(boxes),
                }
            ),
            (str(folder / "list.json"),),
        )
        self.looks = _looks(rng)
        self._pack(count)

    def _pack(self, count: int) -> None:
        """The pack as it is made of images: in parts, each cell with its own entry. Pictures come again and again."""
        pictures = [found for cell in self.looks for found in pack.encode(cell[None])]
        marked = kept.marks(self.samples, np.arange(count, dtype=np.int64))
        folder = self.cache / "smears" / "atlas"
        folder.mkdir(parents=True)
        sizes = np.array([len(one) for one in pictures])
        starts = np.cumsum(sizes) - sizes
        for first in range(0, count, atlas.PART):
            rows = np.arange(first, min(first + atlas.PART, count))
            entries = np.zeros(len(rows), pack.ENTRY)
            entries["mark"], entries["size"] = marked[rows], sizes[rows % LOOKS]
            entries["start"] = starts[rows % LOOKS]
            write_whole(folder / f"{first}.jpk", lambda target: target.writelines(pictures), sync=False)
            write_whole(folder / f"{first}.npy", functools.partial(_save, entries), sync=False)

    def pixels(self, rows: Rows, size: int) -> Sequence[Picture]:
        return list(atlas.thumbs(self.samples, rows, atlas.SIDE, self.cache))

    def marks(self, rows: Rows) -> Sequence[ThumbMark]:
        return [ThumbMark(int(row) % 4, int(row) % 5 % 4, float(self.noise[row])) for row in rows.tolist()]


def _save(entries: np.ndarray[Any, Any], target: BinaryIO) -> None:
    np.save(target, entries)


def _looks(rng: np.random.Generator) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Smooth discs on bright ground: JPEGs of the size that cells have."""
    down, across = np.mgrid[: atlas.SIDE, : atlas.SIDE] / atlas.SIDE - 0.5
    disc = 1 / (1 + np.exp((np.hypot(down, across) - 0.38) * 60))
    tint = rng.uniform(60, 160, (LOOKS, 1, 1, 3))
    spot = np.exp(-((down - rng.uniform(-0.2, 0.2, (LOOKS, 1, 1))) ** 2 + across**2) * 90)[..., None]
    noise = rng.normal(0, 4, (LOOKS, atlas.SIDE, atlas.SIDE, 1))
    return np.asarray(np.clip(235 - tint * disc[..., None] - 60 * spot + noise, 0, 255), np.uint8)


class Files(QAbstractListModel):
    """A file for each cell, read when it is shown."""

    def __init__(self, cells: Cells, folder: Path, count: int) -> None:
        super().__init__()
        self._count = count
        self._paths = []
        for place, picture in enumerate(pack.encode(cells.looks)):
            path = folder / f"{place}.jpg"
            path.write_bytes(picture)
            self._paths.append(str(path))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return self._count

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return QPixmap(self._paths[index.row() % LOOKS]) if role == Qt.ItemDataRole.DecorationRole else None


def run(quick: bool) -> list[Row]:
    """Measure; a row each: name, ours, peer, ratio (peer / ours), unit, goal."""
    app = QApplication.instance() or QApplication([])
    if isinstance(app, QApplication):
        theme.apply(app, "light")
    count, jumps = (20_000, 6) if quick else (1_000_000, 40)
    with tempfile.TemporaryDirectory(prefix="winnow-cells-") as folder:
        cells = Cells(Path(folder), count)
        opened = _timed(lambda: atlas.album(cells.cache).pack())
        rows = _grid(cells, Path(folder), count, jumps)
    rows.append(row(f"pack of {count} cells, opened", opened, None, 500.0, "once a project, beside the window"))
    return [*rows, *_near(count, 64 if quick else 128)]


def _grid(cells: Cells, folder: Path, count: int, jumps: int) -> list[Row]:
    rng = np.random.default_rng(1)
    ours = ThumbnailGrid(cells)
    ours.set_classes(["0", "1", "2", "3"], "0123")
    ours.resize(928, 900)
    ours.show()
    QApplication.processEvents()
    view = ours.mosaic.viewport()
    first = _timed(lambda: ours.set_rows(np.arange(count)), view.repaint)
    jump = _jumps(ours.mosaic, rng.integers(0, ours.mosaic.verticalScrollBar().maximum(), jumps))
    ours.mosaic.verticalScrollBar().setValue(0)
    sort = _timed(lambda: ours.set_rows(order_of(cells.noise, True)), view.repaint)
    ours.close()
    peer = QListView()
    peer.setViewMode(QListView.ViewMode.IconMode)
    peer.setIconSize(QSize(SIDE, SIDE))
    peer.setGridSize(QSize(SIDE + 6, SIDE + 6))
    peer.setUniformItemSizes(True)
    peer.resize(928, 850)
    peer.show()
    model = Files(cells, folder, count)
    peer_first = _timed(lambda: peer.setModel(model), peer.doItemsLayout, lambda: peer.viewport().repaint())
    peer_jump = _jumps(peer, rng.integers(0, max(peer.verticalScrollBar().maximum(), 1), jumps))
    peer.close()
    note = "peer: QListView IconMode, a file for each cell"
    return [
        row(f"{count} cells as thumbnails, first paint", first, peer_first, 100.0, note),
        row(f"{count} cells as thumbnails, jump to 90 others", jump, peer_jump, 30.0, note),
        row(f"{count} cells as thumbnails, sorted by a score", sort, None, 120.0, "order, layout, other pictures"),
    ]


def _near(count: int, width: int) -> list[Row]:
    """Exact neighbours of a cell among all, vectors in memory; peer: scikit-learn's brute force."""
    from sklearn.neighbors import NearestNeighbors

    vectors = np.random.default_rng(2).normal(size=(count, width)).astype(np.float32)
    found, every = Likeness(vectors), np.ones(count, bool)
    found.nearest(0, 300, every)
    times = [_timed(functools.partial(found.nearest, row, 300, every)) for row in range(1, 6)]
    ours = float(np.median(times))
    brute = NearestNeighbors(n_neighbors=301, algorithm="brute", metric="cosine").fit(vectors)
    peer = _timed(lambda: brute.kneighbors(vectors[1:2]))
    note = f"vectors of {width}; peer: scikit-learn, brute force, cosine"
    return [row(f"300 nearest of {count} cells", ours, peer, 1000.0, note)]


def _jumps(view: Any, values: Any) -> float:
    """Median milliseconds from a new scroll position to the painted picture."""
    times, bar = [], view.verticalScrollBar()
    for value in np.asarray(values).tolist():
        times.append(_timed(functools.partial(bar.setValue, value), QApplication.processEvents))
    return float(np.median(times))


def _timed(*acts: Callable[[], object]) -> float:
    """Milliseconds that these calls take together."""
    start = time.perf_counter()
    for act in acts:
        act()
    return (time.perf_counter() - start) * 1e3
