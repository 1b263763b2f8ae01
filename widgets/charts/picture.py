"""A figure of the window as a file: PNG at twice the screen's pixels, or SVG with its text as text."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QPoint
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QWidget

#: Suffix and words of each kind, the one that is offered first first.
KINDS = {".svg": "SVG, scales without loss", ".png": "PNG, pixels"}
SCALE = 2


def picture(figure: QWidget, suffix: str) -> bytes:
    """The figure as it stands in the window, as the file of this suffix (".svg" or ".png")."""
    return _svg(figure) if suffix == ".svg" else _png(figure)


def _svg(figure: QWidget) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    place = QBuffer()
    place.open(QIODevice.OpenModeFlag.WriteOnly)
    made = QSvgGenerator()
    made.setOutputDevice(place)
    made.setSize(figure.size())
    made.setViewBox(figure.rect())
    made.setTitle(figure.accessibleName())
    # Its own 90 dots an inch would scale fonts that are given in pixels.
    made.setResolution(figure.logicalDpiX())
    _render(figure, made)
    return bytes(place.data().data())


def _png(figure: QWidget) -> bytes:
    image = QImage(figure.size() * SCALE, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(SCALE)
    _render(figure, image)
    place = QBuffer()
    place.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(place, b"png").write(image)
    return bytes(place.data().data())


def _render(figure: QWidget, device: object) -> None:
    painter = QPainter(device)  # type: ignore[call-overload]
    figure.render(painter, QPoint())
    painter.end()
