"""Payloads for the viewers, and the theme."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.payload import ArrayReader, Mark, Tissue, Traces
from widgets import theme


@pytest.fixture(scope="session")
def look(qapp: QApplication) -> QApplication:
    """The application dressed once: a style sheet takes long to set."""
    theme.apply(qapp, "light")
    return qapp


@pytest.fixture(autouse=True)
def dressed(look: QApplication, qtbot: QtBot) -> Iterator[None]:
    """Light theme before and after, however a test before left it."""
    if theme.is_dark():
        theme.apply(look, "light")
    yield
    if theme.is_dark():
        theme.apply(look, "light")


@pytest.fixture
def traces() -> Traces:
    """One trace of 1,000 samples without a rate, an overlay, a mark."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal((1, 1000)).astype(np.float32)
    other = ArrayReader(rng.standard_normal((1, 1000)).astype(np.float32))
    marks = (Mark(331.0, "cMax 1.21"),)
    return Traces(ArrayReader(values), ("noise 0.030",), title="2/08:22", marks=marks, overlays=(("same cell", other),))


@pytest.fixture
def tissue() -> Tissue:
    """A 3 × 3 tissue; the cell in the middle is the target."""
    column, row = np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)
    ring = np.array([1, 1, 2, 1, 0, 1, 1, 1, 2])
    values = np.random.default_rng(1).standard_normal((9, 200)).astype(np.float32)
    return Tissue(tuple(f"t#{i}" for i in range(9)), column, row, ring, values, 4, "2/08")
