"""From a unit with 100,000 spikes to its drawn picture, pane by pane and whole; reading and counting beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.table import Row, row
from models.payload import Measure, Unit
from widgets import theme
from widgets.unit.digest import Digest, Lags, digest
from widgets.unit.measures import Population
from widgets.unit.parting import Spikes
from widgets.unit.viewer import UnitViewer

RATE, SECONDS, CHANNELS, SAMPLES, MEASURES, UNITS = 30_000.0, 3600.0, 384, 82, 36, 5_000
#: A drawn unit takes no longer than this, in ms.
GOAL = 30.0


def made(number: int, spikes: int) -> Unit:
    """A unit of a Neuropixels-like probe; each number another one."""
    rng = np.random.default_rng(number)
    places = np.stack([np.tile([43.0, 11.0, 59.0, 27.0], CHANNELS // 4), np.arange(CHANNELS) // 2 * 20.0], axis=1)
    best = 150 + number
    size = 90 * np.exp(-np.hypot(*(places - places[best]).T) / 40)
    wave = np.exp(-(((np.arange(SAMPLES) - 30) / 4) ** 2)) - 0.4 * np.exp(-(((np.arange(SAMPLES) - 42) / 9) ** 2))
    template = np.asarray(-size[:, None] * wave, np.float32)
    at = np.sort(rng.integers(0, int(SECONDS * RATE), spikes))
    return Unit(
        key=str(number),
        title=f"session:{number}",
        template=template,
        spread=np.full_like(template, 8.0),
        positions=np.asarray(places, np.float32),
        channels=tuple(str(channel) for channel in range(CHANNELS)),
        best=tuple(int(channel) for channel in np.argsort(-size)[:12]),
        before=30,
        unit="µV",
        rate=RATE,
        seconds=SECONDS,
        spikes=Spikes(at, rng.normal(-80, 12, spikes).astype(np.float32)),
        measures=tuple(Measure(f"m{i}", f"Measure {i}", float(rng.normal()), "Hz", 2) for i in range(MEASURES)),
        facts=("session",),
    )


def run(quick: bool = False) -> list[Row]:
    """Medians over several units at 1920×1080."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    many, turns = (10_000, 3) if quick else (100_000, 15)
    units = [made(number, many) for number in range(turns)]
    viewer = UnitViewer()
    viewer.resize(1920, 1080)
    rng = np.random.default_rng(0)
    columns = {f"m{number}": rng.normal(size=UNITS) for number in range(MEASURES)}
    viewer.set_population(Population(columns.get, rng.integers(0, 3, UNITS), ("good", "mua", "noise")))
    viewer.show()
    ready: list[Digest] = []
    read = [_timed(partial(_take, unit, ready)) for unit in units]
    show_unit(viewer, ready[-1])
    drawn = [_timed(partial(show_unit, viewer, one)) for one in ready[:-1]]
    again = Lags(0.1, 0.0005)
    chosen = [_timed(partial(_count, one, again)) for one in ready]
    words = f"{many:,} spikes, {CHANNELS} channels, {MEASURES} measures among {UNITS:,} units, 1920×1080"
    counted, other = "autocorrelogram and intervals ± 50 ms", "autocorrelogram and intervals ± 100 ms in bins of 0.5 ms"
    rows = [
        row("unit, drawn", median(drawn), None, GOAL, words),
        row("unit, spikes taken and counted beside the window", median(read), note=counted),
        row("unit, another window chosen", median(chosen), None, GOAL, other),
    ]
    panes = (viewer.probe, viewer.heat, viewer.auto, viewer.gaps, viewer.amplitude, viewer.rate, viewer.measures)
    rows += [row(f"unit, pane: {pane.accessibleName()}", median(_timed(pane.grab) for _ in range(5))) for pane in panes]
    viewer.close()
    return rows


def _take(unit: Unit, ready: list[Digest]) -> None:
    ready.append(digest(unit))


def _count(one: Digest, lags: Lags) -> None:
    one.correlogram(lags)
    one.gaps(lags)


def show_unit(viewer: UnitViewer, one: Digest) -> None:
    """Show a unit and wait for its picture."""
    viewer.set_payload(one, 0, "G")
    viewer.repaint()
    QApplication.processEvents()


def _timed(act: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1e3
