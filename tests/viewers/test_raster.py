"""The raster against a plain pixel-by-pixel reference, and what the item paints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from models.payload import ArrayReader
from widgets.traces.columns import FULL, Drawer, Floats, Mask, cross_columns, join, put_in_order
from widgets.traces.raster import Backdrop, Frame, Layer, LineSheet, Reads, Sheet, TraceRaster, column_runs, coverages


def slow_runs(top: Floats, bottom: Floats, height: int, pen: float) -> Mask:
    """The same mask pixel by pixel: the reference that the fast one is held against."""
    top, bottom = join(top, bottom)
    mask = np.zeros((height, top.shape[1]), np.uint8)
    for column in range(top.shape[1]):
        there = np.isfinite(top[:, column])
        runs = sorted(zip(top[there, column] - pen / 2, bottom[there, column] + pen / 2, strict=True))
        for row in range(height):
            total, reach = 0.0, float(row)
            for high, low in runs:
                total += max(min(low, row + 1) - max(high, reach), 0)
                reach = max(reach, low)
            mask[row, column] = min(round(total * FULL), FULL)
    return mask


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 20), st.sampled_from([1.0, 1.3, 2.6]))
@settings(max_examples=40, deadline=None)
def test_the_mask_is_that_of_the_plain_reference(seed: int, channels: int, columns: int, pen: float) -> None:
    rng = np.random.default_rng(seed)
    top = rng.uniform(-10, 40, (channels, columns)).astype(np.float32)
    bottom = top + rng.exponential(6, (channels, columns)).astype(np.float32)
    top[rng.random(top.shape) < 0.1] = np.nan
    fast = Drawer().draw(top, bottom, 30, pen).astype(int)
    slow = slow_runs(top, bottom, 30, pen).astype(int)
    assert np.abs(fast - slow).max() <= channels


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("reach", [0, 1, 3, 50])
def test_edges_are_put_in_order(count: int, reach: int) -> None:
    rng = np.random.default_rng(count)
    edges = (np.arange(count)[:, None] + rng.uniform(-reach, reach, (count, 40))).astype(np.float32)
    wanted = np.sort(edges, axis=0)
    put_in_order(edges)
    assert np.array_equal(edges, wanted)


def test_a_drawer_forgets_its_last_picture() -> None:
    drawer, top = Drawer(), np.full((1, 5), 3.0, np.float32)
    drawer.draw(top, top + 4, 20, 1.3)
    assert not drawer.draw(np.full((1, 5), np.nan, np.float32), top, 20, 1.3).any()


def test_more_channels_than_fit_at_once_are_all_drawn() -> None:
    top = np.linspace(0, 300, 150, dtype=np.float32)[:, None] + np.zeros((1, 4), np.float32)
    mask = Drawer().draw(top, top, 310, 1.0)
    assert (mask.max(axis=1) > 0).sum() >= 150


def test_runs_with_a_gap_meet_half_way() -> None:
    top, bottom = join(np.array([[0.0, 10.0, np.nan, 0.0]]), np.array([[2.0, 12.0, np.nan, 2.0]]))
    assert bottom[0, 0] == top[0, 1] == 6.0
    assert (top[0, 3], bottom[0, 3]) == (0.0, 2.0)


def test_points_further_apart_than_columns_become_a_line() -> None:
    low, high = cross_columns(np.array([[0.0, 10.0]]), np.array([0.0, 10.0]), 10)
    assert np.allclose(low[0], np.arange(10))
    assert np.allclose(high[0], np.arange(1, 11))
    low, high = cross_columns(np.array([[0.0, 5.0, 0.0]]), np.array([2.0, 4.5, 7.0]), 10)
    assert np.isnan(low[0, 0])
    assert high[0, 4] == 5.0


def layer(values: np.ndarray, **more: float) -> Layer:
    count = len(values)
    return Layer(ArrayReader(values), tuple(range(count)), (1.0,) * count, (0.0,) * count, QColor("#23262B"), **more)


def test_columns_hold_each_samples_extreme() -> None:
    values = np.random.default_rng(0).standard_normal((1, 10_000)).astype(np.float32)
    frame = Frame(0.0, 10_000.0, -5.0, 5.0, 100, 1000, 1.0)
    top, bottom = column_runs(layer(values), frame, Reads())
    assert np.allclose(top[0], frame.down(values.reshape(100, 100).max(axis=1)), atol=1e-3)
    assert np.allclose(bottom[0], frame.down(values.reshape(100, 100).min(axis=1)), atol=1e-3)


def test_panning_moves_columns_and_changes_none() -> None:
    values = np.random.default_rng(0).standard_normal((1, 10_000)).astype(np.float32)
    one, _ = column_runs(layer(values), Frame(1000.0, 3000.0, -5.0, 5.0, 200, 100, 1.0), Reads())
    two, _ = column_runs(layer(values), Frame(1070.0, 3070.0, -5.0, 5.0, 200, 100, 1.0), Reads())
    assert np.array_equal(one[0, 7:], two[0, :-7])


def test_outside_the_recording_nothing_is_drawn() -> None:
    values = np.zeros((1, 1000), np.float32)
    top, _ = column_runs(layer(values), Frame(-1000.0, 2000.0, -1.0, 1.0, 300, 100, 1.0), Reads())
    assert np.flatnonzero(np.isfinite(top[0])).tolist() == list(range(100, 200))
    top, _ = column_runs(layer(values), Frame(5000.0, 6000.0, -1.0, 1.0, 300, 100, 1.0), Reads())
    assert np.isnan(top).all()


def test_gain_offset_and_start_place_the_values() -> None:
    made = Layer(ArrayReader(np.ones((2, 20_000), np.float32)), (1,), (3.0,), (-1.0,), QColor("black"), 1.3, 5.0, 0.001)
    top, _ = column_runs(made, Frame(5.0, 25.0, 0.0, 4.0, 100, 400, 1.0), Reads())
    assert np.allclose(top[0], 200.0)


def pixels(image: QImage) -> npt.NDArray[np.uint32]:
    return (
        np.array(image.constBits(), np.uint8)
        .view(np.uint32)
        .reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()]
    )


def painted(
    sheets: list[Sheet | LineSheet], width: int, height: int, columns: npt.NDArray[np.uint32] | int = 0
) -> QImage:
    """Sheets over colours of columns."""
    ground = np.full((height, width), columns, np.uint32)
    kind = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(ground.data, width, height, 4 * width, kind).copy()
    painter = QPainter(image)
    for sheet in sheets:
        sheet.draw(painter, QPointF(0, 0), 1.0)
    painter.end()
    return image


def tinted(mask: Mask, colour: QColor) -> QImage:
    return painted([Sheet(mask, coverages(colour.rgba()), opaque=False)], mask.shape[1], mask.shape[0])


@pytest.mark.parametrize(
    ("colour", "full"), [("#23262B", 0xFF23262B), ("#FFFFFF", 0xFFFFFFFF), ("#0072B2", 0xFF0072B2)]
)
def test_full_coverage_is_the_pens_own_colour(colour: str, full: int) -> None:
    mask = np.array([[0, 128, 255]], np.uint8)
    out = pixels(tinted(mask, QColor(colour)))
    assert out[0, 0] == 0
    assert int(out[0, 2]) == full
    assert int(out[0, 1]) >> 24 == 128


def test_a_faint_pen_stays_premultiplied() -> None:
    faint = QColor("#E69F00")
    faint.setAlphaF(0.45)
    out = pixels(tinted(np.arange(256, dtype=np.uint8)[None], faint))
    alpha = out >> 24
    assert abs(int(alpha[0, 255]) - 115) <= 1
    assert all(((out >> shift) & 255 <= alpha).all() for shift in (0, 8, 16))


def test_lines_and_columns_put_the_ink_in_the_same_rows() -> None:
    values = np.sin(np.linspace(0, 12, 3000, dtype=np.float32))[None]
    frame = Frame(0.0, 3000.0, -1.5, 1.5, 400, 200, 1.0)
    pictures = []
    for repeat in (1, 2):
        item = TraceRaster()
        item.set_layers([layer(np.repeat(values, repeat, axis=0))])
        pictures.append(rows_of_ink(painted(item.sheets(frame), 400, 200)))
    lines, columns = pictures
    assert np.nanmax(np.abs(lines - columns)) < 1.5


def rows_of_ink(image: QImage) -> np.ndarray:
    """The mean row of the ink of each column."""
    bits = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    weight = (bits >> 24).astype(float)[:, 2:-2]
    return (weight * np.arange(len(weight))[:, None]).sum(axis=0) / weight.sum(axis=0)


@pytest.mark.parametrize("pen", ["#23262B", "#4D23262B", "#80E6E8EB"])
@pytest.mark.parametrize(
    "colours", [("#FFFFFF",), ("#FFFFFF", "#E8EAED"), ("#15181C", "#2A2F36", "#3B2A1C", "#1C2E3B")]
)
def test_rows_on_a_backdrop_look_as_rows_over_it(pen: str, colours: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    grounds = tuple(QColor(one).rgb() for one in colours)
    backdrop = Backdrop(grounds, rng.integers(0, len(colours), 300).astype(np.uint8))
    item, values = TraceRaster(), rng.standard_normal((4, 9000)).cumsum(axis=1).astype(np.float32)
    item.set_layers([replace(layer(values), colour=QColor(pen))])
    frame = Frame(0.0, 9000.0, -120.0, 120.0, 300, 150, 1.0)
    together = pixels(painted(item.sheets(frame, backdrop), 300, 150))
    apart = pixels(painted(item.sheets(frame), 300, 150, np.array(grounds, np.uint32)[backdrop.columns]))
    assert len(np.unique(apart)) > 20
    parts = [picture.view(np.uint8).astype(int) for picture in (apart, together)]
    # A colour has 256 / n steps of coverage.
    assert np.abs(parts[0] - parts[1]).max() <= 2 + 255 * len(colours) / 256


def test_another_backdrop_is_seen_at_once() -> None:
    item, now = TraceRaster(), Backdrop((0xFFFFFFFF,), np.zeros(300, np.uint8))
    item.set_layers([layer(np.zeros((1, 9000), np.float32))])
    seen = []
    plot = pg.PlotWidget()
    plot.resize(300, 150)
    plot.plotItem.getViewBox().addItem(item)
    plot.setXRange(0, 9000, padding=0)
    item.backdrop = lambda count: Backdrop(now.colours, np.zeros(count, np.uint8))
    for colour in (0xFFFFFFFF, 0xFF102030):
        now = Backdrop((colour,), now.columns)
        item.update()
        seen.append(plot.grab().toImage().pixelColor(150, 20).rgb())
    plot.close()
    assert seen == [0xFFFFFFFF, 0xFF102030]
