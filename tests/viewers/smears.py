"""A generated smear, the viewer on it, and hands for its tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from models.payload import Picture
from widgets.picture.viewer import PictureViewer

TITLES = ("red blood cell", "trophozoite", "schizont")
SHIFT, PLAIN = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


def shown_viewer(qtbot: QtBot) -> Iterator[PictureViewer]:
    shown = PictureViewer()
    qtbot.addWidget(shown)
    shown.resize(760, 640)
    shown.show()
    qtbot.waitExposed(shown)
    shown.set_payload(smear(), 1, "T", "curator 1")
    label(shown)
    settle(qtbot, shown)
    yield shown
    shown.close_down()


@dataclass(eq=False)
class Smear:
    """A PictureReader over an array that notes what was read; see `models.payload.PictureReader`."""

    pixels: npt.NDArray[np.uint8]
    asked: list[tuple[int, ...]] = field(default_factory=list)
    broken: str = ""

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def read(self, left: int, top: int, right: int, bottom: int, scale: int) -> npt.NDArray[np.uint8]:
        self.asked.append((left, top, right, bottom, scale))
        if self.broken:
            raise OSError(self.broken)
        part = self.pixels[top:bottom, left:right].astype(np.float32)
        tall, wide = (-(-side // scale) * scale for side in part.shape[:2])
        part = np.pad(part, ((0, tall - part.shape[0]), (0, wide - part.shape[1]), (0, 0)), mode="edge")
        part = part.reshape(tall // scale, scale, wide // scale, scale, 3).mean(axis=(1, 3))
        return np.rint(part).astype(np.uint8)


def smear(across: int = 3000, down: int = 2000) -> Picture:
    """Forty violet discs on a pale ground with a box around each."""
    pixels = np.full((down, across, 3), (236, 232, 240), np.uint8)
    boxes = []
    for number in range(40):
        x, y = 200 + number % 8 * 160, 200 + number // 8 * 160
        rows, columns = np.ogrid[y - 50 : y + 50, x - 50 : x + 50]
        disc = (rows - y) ** 2 + (columns - x) ** 2 < 45**2
        pixels[y - 50 : y + 50, x - 50 : x + 50][disc] = (150, 90, 190)
        boxes.append((x - 50, y - 50, x + 50, y + 50))
    ids = tuple(f"a.png#{number}" for number in range(40))
    return Picture(Smear(pixels), np.array(boxes, np.float32), ids, 12, "a.png", facts=("cell 13 of 40",))


def label(shown: PictureViewer) -> None:
    """All red blood cells, the chosen one a trophozoite that the model takes for a schizont."""
    labels = np.zeros(40, int)
    labels[12] = 1
    predicted = np.where(labels == 1, 2, 0)
    shown.set_values(labels, predicted, np.full(40, 0.63), TITLES, ("R", "T", "S"))


def settle(qtbot: QtBot, shown: PictureViewer) -> None:
    """Wait until all that is wanted was read and drawn well."""

    def still() -> bool:
        return not shown.canvas.tiles.busy() and not shown.canvas.settling()

    qtbot.waitUntil(still, timeout=20_000)
    qtbot.wait(1)


def point(shown: PictureViewer, x: float, y: float) -> QPoint:
    """Where a place of the image is in the widget."""
    return shown.canvas.to_widget(x, y).toPoint()


def picture(shown: PictureViewer) -> QImage:
    return shown.canvas.grab().toImage()


def values_of(image: QImage) -> npt.NDArray[np.int64]:
    """The image as (h, w, 4) numbers."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4).astype(np.int64)


def near(one: QColor, other: str, by: int = 6) -> bool:
    wanted = QColor(other)
    pairs = ((one.red(), wanted.red()), (one.green(), wanted.green()), (one.blue(), wanted.blue()))
    return all(abs(a - b) <= by for a, b in pairs)


def pick(qtbot: QtBot, combo: object, value: str) -> None:
    """Choose in a combo by keys."""
    from widgets.parts import LabelledCombo

    assert isinstance(combo, LabelledCombo)
    for _ in range(combo.count()):
        qtbot.keyClick(combo, Qt.Key.Key_Up)
    while combo.value() != value:
        qtbot.keyClick(combo, Qt.Key.Key_Down)
