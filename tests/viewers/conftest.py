"""Payloads for the viewers, and the theme."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.payload import ArrayReader, Mark, Measure, Spectrogram, Tissue, Traces, Unit
from tests.viewers.spectrograms import STEP, strips
from widgets import theme
from widgets.unit.parting import Spikes


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


@pytest.fixture
def unit() -> Unit:
    """A unit on two columns of eight channels, largest on channel 6, that fires for 100 s and never within 2 ms."""
    rng = np.random.default_rng(0)
    places = np.array([[32.0 * (channel % 2), 20.0 * (channel // 2)] for channel in range(16)], np.float32)
    size = 50 * np.exp(-np.hypot(*(places - places[6]).T) / 25)
    template = np.asarray(-size[:, None] * np.exp(-(((np.arange(60) - 20) / 3) ** 2)), np.float32)
    at = np.cumsum(rng.integers(60, 6000, 1000))
    return Unit(
        key="7",
        title="session:7",
        template=template,
        spread=np.full_like(template, 4.0),
        positions=places,
        channels=tuple(f"c{channel}" for channel in range(16)),
        best=tuple(int(channel) for channel in np.argsort(-size, kind="stable")[:12]),
        before=20,
        unit="µV",
        rate=30_000.0,
        seconds=110.0,
        location=(10.0, 65.0),
        spikes=Spikes(at.astype(np.int64), rng.normal(-50, 5, 1000).astype(np.float32)),
        measures=(
            Measure("snr", "SNR", 6.8, "", 2, "quality"),
            Measure("firing_rate", "Firing rate", float("nan"), "Hz", 2, "quality"),
            Measure("depth", "Depth", 60.0, "µm", 0, ""),
        ),
        facts=("session",),
    )


@pytest.fixture
def spectrogram() -> Spectrogram:
    """Three hours, 0.5 to 20 Hz, a window an hour from the beginning."""
    return Spectrogram(strips(), 2.0, STEP, 0.5, 20.0, -40.0, 60.0, window=(3600, 3650), labelled=(3620, 3630))
