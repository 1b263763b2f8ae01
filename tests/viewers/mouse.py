"""A mouse in a person's hand: drags in steps, and turns of the wheel."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

PLAIN = Qt.KeyboardModifier.NoModifier


def drag(qtbot: QtBot, port: QWidget, start: QPoint, stop: QPoint, keys: Qt.KeyboardModifier = PLAIN) -> None:
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, keys, start)
    for share in (0.3, 0.7, 1.0):
        qtbot.mouseMove(port, (QPointF(start) + (QPointF(stop) - QPointF(start)) * share).toPoint())
        QApplication.processEvents()
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, keys, stop)


def wheel(port: QWidget, at: QPoint, turn: int, keys: Qt.KeyboardModifier = PLAIN) -> None:
    place, world = QPointF(at), QPointF(port.mapToGlobal(at))
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(port, QWheelEvent(place, world, QPoint(), QPoint(0, turn), none, keys, phase, False))
