"""Garbage is looked for in the thread of the window alone."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workers.garbage import Garbage


class _Ring:
    """Holds itself, so that only a look for garbage takes it away."""

    def __init__(self) -> None:
        self.own = self


def _fill(kept: list[list[int]]) -> None:
    """Make more objects than Python makes without a look for garbage."""
    kept.extend([number] for number in range(20 * gc.get_threshold()[0]))


def _dropped() -> weakref.ref[_Ring]:
    return weakref.ref(_Ring())


def test_no_other_thread_looks_for_garbage(qapp: QApplication) -> None:
    garbage = Garbage()
    try:
        ring = _dropped()
        kept: list[list[int]] = []
        thread = threading.Thread(target=_fill, args=(kept,))
        thread.start()
        thread.join()
        assert ring() is not None
        garbage.look()
        assert ring() is None
    finally:
        garbage.end()
        gc.disable()  # as all tests of the window have it


def test_the_timer_looks(qapp: QApplication, qtbot: QtBot) -> None:
    garbage = Garbage()
    try:
        ring = _dropped()
        kept: list[list[int]] = []
        _fill(kept)
        assert ring() is not None
        qtbot.waitUntil(lambda: ring() is None, timeout=60_000)
    finally:
        garbage.end()
        assert gc.isenabled()
        gc.disable()
