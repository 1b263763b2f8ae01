"""The embedding map on a million points against pyqtgraph's ScatterPlotItem, in one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from matplotlib.path import Path as Outline
from PySide6.QtWidgets import QApplication

from benchmarks.table import Row, row
from widgets import theme
from widgets.map.view import EmbeddingMap

SIZE = (1300, 900)


def make_points(count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Points in twelve clouds, and the number of each one's cloud."""
    rng = np.random.default_rng(2)
    centres, cloud = rng.standard_normal((12, 2)) * 5, rng.integers(0, 12, count)
    widths = rng.uniform(0.3, 1.2, (12, 1))
    return centres[cloud] + rng.standard_normal((count, 2)) * widths[cloud], cloud


def time_frames(move: Callable[[int], None], count: int) -> tuple[float, float]:
    """Median and 95th percentile in ms of `count` moves to drawn frames."""
    spent = []
    for number in range(count + 2):
        began = time.perf_counter()
        move(number)
        QApplication.processEvents()
        if number >= 2:
            spent.append((time.perf_counter() - began) * 1000)
    middle, high = np.percentile(spent, (50, 95))
    return float(middle), float(high)


def ours(
    places: np.ndarray[Any, Any], codes: np.ndarray[Any, Any], frames: int
) -> tuple[dict[str, float], EmbeddingMap]:
    """Pan, zoom and lasso of our map in ms."""
    view = EmbeddingMap()
    view.resize(*SIZE)
    began = time.perf_counter()
    view.set_points(places)
    view.set_classes(codes % 4, ["a", "b", "c", "d"])
    view.show()
    QApplication.processEvents()
    found = {"first": (time.perf_counter() - began) * 1000}
    found["pan"], found["pan95"] = time_frames(lambda turn: view.field.pan(3 if turn % 2 else -3, 2), frames)
    found["zoom"], _ = time_frames(lambda turn: view.field.zoom(1.1 if turn % 2 else 1 / 1.1), frames)
    view.field.fit()
    found["lasso"], found["inside"] = time_calls(lambda: len(view.field.rows_inside(lasso())), 15)
    return found, view


def time_calls(act: Callable[[], int], count: int) -> tuple[float, int]:
    """Median in ms of `count` calls, and what the last gave."""
    spent, given = [], 0
    for _call in range(count):
        began = time.perf_counter()
        given = act()
        spent.append((time.perf_counter() - began) * 1000)
    return float(np.median(spent)), given


def lasso() -> np.ndarray[Any, Any]:
    """A wavy line around the middle of the window."""
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    reach = 1 + 0.2 * np.sin(5 * turn)
    return np.stack([SIZE[0] / 2 + 330 * reach * np.cos(turn), SIZE[1] / 2 + 260 * reach * np.sin(turn)], axis=1)


def scatter_item(places: np.ndarray[Any, Any], frames: int) -> float:
    """Pan of pyqtgraph's scatter in ms."""
    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    plot.addItem(pg.ScatterPlotItem(pos=places, size=3, pen=None, brush="b", pxMode=True))
    plot.plotItem.disableAutoRange()
    plot.show()
    QApplication.processEvents()
    box = plot.plotItem.getViewBox()
    middle, _ = time_frames(lambda turn: box.translateBy(x=0.02 if turn % 2 else -0.02), max(frames // 6, 2))
    plot.close()
    plot.deleteLater()
    QApplication.processEvents()
    return middle


def exact_lasso(view: EmbeddingMap, places: np.ndarray[Any, Any]) -> tuple[float, int]:
    """The same lasso by matplotlib's point-in-polygon over all points: ms, count."""
    camera = view.field.camera()
    pixels = np.stack(
        [camera.across(places[:, 0].astype(np.float32)), camera.down(places[:, 1].astype(np.float32))], axis=1
    )
    return time_calls(lambda: int(Outline(lasso()).contains_points(pixels).sum()), 3)


def run(quick: bool) -> list[Row]:
    """Pan and lasso; quick: 50,000 points."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, "light")  # type: ignore[arg-type]
    count, frames = (50_000, 12) if quick else (1_000_000, 60)
    places, codes = make_points(count)
    found, view = ours(places, codes, frames)
    test_time, inside = exact_lasso(view, places)
    view.close()
    view.deleteLater()
    pan = scatter_item(places, frames)
    same = (
        "counts agree" if abs(inside - found["inside"]) <= 2 else f"counts differ: {inside} and {found['inside']:.0f}"
    )
    size = f"{count:,} points"
    return [
        row(f"map of {size}, pan", found["pan"], pan, 12.0, "against ScatterPlotItem"),
        row(f"map of {size}, pan p95", found["pan95"], pan, 12.0, "against ScatterPlotItem's median"),
        row(f"map of {size}, zoom", found["zoom"], pan, 12.0, "against ScatterPlotItem's pan"),
        row(f"map of {size}, lasso", found["lasso"], test_time, 4.0, f"against matplotlib's contains_points; {same}"),
    ]
