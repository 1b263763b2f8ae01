"""The tiles of an image, read and coloured in a thread beside the window, the last used kept for each level."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from PySide6.QtCore import QObject, QRect, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage

from models.payload import PictureReader
from widgets.picture.pixels import PLAIN, Ground, Look, Pixels, shown

#: Side of a tile in its own pixels.
SIDE = 512
#: The longer side of the overview has at most so many pixels; a chunk of it stands for so many of the image.
_OVERVIEW, _CHUNK = 1024, 2048
#: Tiles kept for each level: at least so many, and twice what is seen.
_KEPT = 48


@dataclass(frozen=True)
class Place:
    """Where a tile lies: level n has pixels of 2ⁿ × 2ⁿ of the image."""

    level: int
    column: int
    row: int

    @property
    def scale(self) -> int:
        return 1 << self.level

    def box(self, across: int, down: int) -> tuple[int, int, int, int]:
        """The part of the image that it shows."""
        side = SIDE * self.scale
        left, top = self.column * side, self.row * side
        return left, top, min(left + side, across), min(top + side, down)


@dataclass(eq=False)
class Tile:
    """Pixels as they were read, and as the look has them."""

    pixels: Pixels
    look: Look
    image: QImage


@dataclass
class Task:
    """What is wanted of one image; shared by the window and the thread that reads."""

    reader: PictureReader
    lock: threading.Lock = field(default_factory=threading.Lock)
    wishes: deque[tuple[Place, Pixels | None]] = field(default_factory=deque)
    flying: set[Place] = field(default_factory=set)
    chunks: deque[tuple[int, int, int, int]] = field(default_factory=deque)
    look: Look = field(default_factory=Look)
    small: Pixels = field(default_factory=lambda: np.zeros((0, 0, 3), np.uint8))
    ground: Ground | None = None
    dressed: Look | None = None  # the look that the overview was last shown in
    seen: bool = False  # some of the overview was read
    ended: bool = False
    running: bool = False

    @property
    def scale(self) -> int:
        """The scale of the overview."""
        longest = max(self.reader.width, self.reader.height)
        return 1 << max(int(np.ceil(np.log2(max(longest / _OVERVIEW, 1)))), 0)


class Tiles(QObject):
    """Gives tiles that are there at once, and reads those that are wanted; nothing ever waits for them.

    ``arrived(place)``: a tile came, or came in another look. ``overview_changed``: more of the small copy of the
    whole image. ``failed(text, whole)``: a part could not be read, or nothing of the image.
    """

    arrived = Signal(object)
    overview_changed = Signal()
    failed = Signal(str, bool)
    _came = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)  # a reader need not bear two threads
        self._task: Task | None = None
        self._levels: dict[int, OrderedDict[Place, Tile]] = {}
        self._lost: set[Place] = set()
        self.overview: QImage | None = None
        self.bright = True
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    # -- in the window's thread

    def start(self, reader: PictureReader, look: Look) -> None:
        """Another image; what is still read of the one before is dropped."""
        self.stop()
        task = Task(reader, look=look)
        task.chunks.extend(_chunks(reader.width, reader.height))
        rows, columns = (-(-side // task.scale) for side in (reader.height, reader.width))
        task.small = np.full((rows, columns, 3), 238, np.uint8)
        self._task = task
        self._run()

    def stop(self) -> None:
        """No image; nothing is waited for."""
        if self._task is not None:
            with self._task.lock:
                self._task.ended = True
        self._task, self.overview, self.bright = None, None, True
        self._levels, self._lost = {}, set()

    def close(self, seconds: float = 5.0) -> bool:
        """Stop, and wait until the thread is idle."""
        self.stop()
        return self._pool.waitForDone(int(seconds * 1000))

    def set_look(self, look: Look) -> None:
        """Another look; tiles stay as they are until they were coloured anew."""
        if self._task is not None and look != self._task.look:
            with self._task.lock:
                self._task.look, self._task.wishes = look, deque()
            self._run()

    @property
    def top(self) -> int:
        """The coarsest level that is worth tiles: the overview is as fine as any after it."""
        return self._task.scale.bit_length() - 1 if self._task is not None else 0

    def want(self, places: Sequence[Place]) -> None:
        """Read these, the first first, and none of those wanted before."""
        if self._task is None:
            return
        wishes = deque[tuple[Place, Pixels | None]]()
        for place in places:
            tile = self.get(place)
            if self._lacks(tile) and place not in self._task.flying and place not in self._lost:
                wishes.append((place, tile.pixels if tile is not None else None))
        for level in {place.level for place in places}:
            self._shrink(level, 2 * len(places))
        with self._task.lock:
            self._task.wishes = wishes
        if wishes:
            self._run()

    def _lacks(self, tile: Tile | None) -> bool:
        """Whether a tile has to be read, or coloured anew as far as the whole image is known."""
        assert self._task is not None
        look = self._task.look
        known = self._task.ground is not None or not look.is_wide
        return tile is None or (known and tile.look != look)

    def get(self, place: Place) -> Tile | None:
        """A tile that is there, now the last to go."""
        held = self._levels.get(place.level)
        if held is None or place not in held:
            return None
        held.move_to_end(place)
        return held[place]

    def busy(self) -> bool:
        """Whether something wanted is still to come."""
        task = self._task
        return task is not None and (task.running or bool(task.flying or task.wishes or task.chunks))

    def _shrink(self, level: int, count: int) -> None:
        held = self._levels.get(level, OrderedDict())
        while len(held) > max(count, _KEPT):
            held.popitem(last=False)

    def _run(self) -> None:
        task = self._task
        assert task is not None
        with task.lock:
            if task.running:
                return
            task.running = True
        self._pool.start(lambda: self._work(task))

    def _take(self, task: Task, place: Place | None, came: object) -> None:
        """Something was read; of an image that is no longer shown it is dropped."""
        if task is not self._task:
            return
        if place is not None:
            task.flying.discard(place)
        if isinstance(came, Tile) and place is not None:
            self._levels.setdefault(place.level, OrderedDict())[place] = came
            self.arrived.emit(place)
        elif isinstance(came, QImage):
            self.overview = came
            self.bright = task.ground is None or task.ground.bright
            self.overview_changed.emit()
        elif isinstance(came, Exception):
            if place is not None:
                self._lost.add(place)
            whole = place is None and not task.seen and not task.chunks
            self.failed.emit(str(came) or type(came).__name__, whole)

    # -- in the thread that reads

    def _work(self, task: Task) -> None:
        while True:
            with task.lock:
                act = self._next(task)
                if act is None:
                    task.running = False
                    return
            act()

    def _next(self, task: Task) -> Callable[[], None] | None:
        """The next thing to do, None when there is nothing; what is seen before the rest of the image."""
        if task.ended:
            return None
        if task.chunks and not task.wishes:
            chunk = task.chunks.popleft()
            return lambda: self._read_chunk(task, chunk)
        if task.ground is not None and task.dressed != task.look:
            return lambda: self._dress(task, task.look)
        if task.wishes:
            place, pixels = task.wishes.popleft()
            look = task.look
            task.flying.add(place)
            return lambda: self._read_tile(task, place, pixels, look)
        return None

    def _send(self, task: Task, place: Place | None, came: object) -> None:
        """Hand over what came; of an image that is no longer shown, or a window that has gone, it is dropped."""
        try:
            if not task.ended:
                self._came.emit(task, place, came)
        except RuntimeError:  # Qt has taken the window down without a word
            task.ended = True

    def _read_chunk(self, task: Task, chunk: tuple[int, int, int, int]) -> None:
        left, top, right, bottom = chunk
        try:
            part = task.reader.read(left, top, right, bottom, task.scale)
            row, column = top // task.scale, left // task.scale
            task.small[row : row + part.shape[0], column : column + part.shape[1]] = part
            task.seen = True
        except Exception as error:  # noqa: BLE001  it is delivered as `failed`
            self._send(task, None, error)
        if task.chunks and task.seen:
            self._send(task, None, as_image(task.small))
        elif task.seen:
            task.ground = Ground(task.small, task.scale)

    def _dress(self, task: Task, look: Look) -> None:
        assert task.ground is not None
        image = as_image(shown(task.small, look, task.ground, 0, 0, task.scale))
        task.dressed = look
        self._send(task, None, image)

    def _read_tile(self, task: Task, place: Place, pixels: Pixels | None, look: Look) -> None:
        box = place.box(task.reader.width, task.reader.height)
        try:
            if pixels is None:
                pixels = task.reader.read(*box, place.scale)
            if look.is_wide and task.ground is None:
                look = replace(look, kind=PLAIN)
            seen = shown(pixels, look, task.ground, box[0], box[1], place.scale)
        except Exception as error:  # noqa: BLE001  it is delivered as `failed`
            self._send(task, place, error)
            return
        self._send(task, place, Tile(pixels, look, as_image(seen)))


def as_image(pixels: Pixels) -> QImage:
    """(h, w, 3) pixels in the order that is painted fastest; the image keeps its own memory."""
    tall, wide = pixels.shape[:2]
    image = QImage(wide, tall, QImage.Format.Format_RGB32)
    into = np.frombuffer(image.bits(), np.uint8).reshape(tall, image.bytesPerLine() // 4, 4)[:, :wide]
    into[..., 0], into[..., 1], into[..., 2], into[..., 3] = pixels[..., 2], pixels[..., 1], pixels[..., 0], 255
    return image


def _chunks(across: int, down: int) -> list[tuple[int, int, int, int]]:
    """The image in chunks for the overview."""
    return [
        (left, top, min(left + _CHUNK, across), min(top + _CHUNK, down))
        for top in range(0, down, _CHUNK)
        for left in range(0, across, _CHUNK)
    ]


def part_of(place: Place, of: Place) -> QRect:
    """Where in a coarser tile a finer one lies, in the coarser one's pixels."""
    steps = of.level - place.level
    side = SIDE >> steps
    return QRect((place.column - (of.column << steps)) * side, (place.row - (of.row << steps)) * side, side, side)
