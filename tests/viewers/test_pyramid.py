"""The pyramid: exact envelopes, usable while it grows, kept in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.payload import ArrayReader
from models.pyramid import BASE, MappedReader, Pyramid, PyramidReader, envelope, fold_bins


def signal(length: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(length).standard_normal((channels, length)).astype(np.float32)


def grown(values: np.ndarray, folder: Path | None = None, chunk: int = 1000) -> PyramidReader:
    source = ArrayReader(values)
    pyramid = Pyramid(*values.shape, folder)
    assert list(pyramid.grow(source, chunk))[-1] == values.shape[1]
    return PyramidReader(source, pyramid)


@given(st.integers(1, 9000), st.integers(64, 3000))
@settings(max_examples=30, deadline=None)
def test_levels_hold_the_extremes_of_their_bins(length: int, chunk: int) -> None:
    values = signal(length, 2)
    pyramid = grown(values, chunk=chunk).pyramid
    size = BASE
    for low, high in zip(pyramid.low, pyramid.high, strict=True):
        starts = np.arange(0, length, size)
        assert np.array_equal(low, np.minimum.reduceat(values, starts, axis=1))
        assert np.array_equal(high, np.maximum.reduceat(values, starts, axis=1))
        size *= 4


@given(st.integers(0, 90_000), st.integers(1, 90_000), st.integers(1, 900))
@settings(max_examples=60, deadline=None)
def test_a_page_loses_no_extreme_and_moves_none_by_more_than_a_column(start: int, count: int, columns: int) -> None:
    values = signal(100_000, 1)
    stop = min(start + count, 100_000)
    low, high = grown_once().read(start, stop, columns)
    part = values[:, start:stop]
    if stop - start <= columns:
        assert np.array_equal(low, part)
        return
    assert low.shape == high.shape == (1, columns)
    assert low.min() <= part.min()
    assert high.max() >= part.max()
    edges = start + np.arange(columns + 1) * (stop - start) // columns
    wide = (edges[1:] - edges[:-1]).max()
    for column in range(0, columns, 37):
        near = values[0, max(edges[column] - wide, 0) : edges[column + 1] + wide]
        assert near.min() <= low[0, column] <= high[0, column] <= near.max()


_once: list[PyramidReader] = []


def grown_once() -> PyramidReader:
    if not _once:
        _once.append(grown(signal(100_000, 1), chunk=30_000))
    return _once[0]


def test_it_is_usable_while_it_grows() -> None:
    values = signal(64_000, 2)
    pyramid = Pyramid(2, 64_000)
    reader = PyramidReader(ArrayReader(values), pyramid)
    steps = pyramid.grow(reader.source, 16_000)
    assert next(steps) == 16_000
    low, _high = reader.read(0, 64_000, 100)
    assert np.isfinite(low[:, :25]).all()
    assert np.isnan(low[:, 26:]).all()
    narrow, _ = reader.read(50_000, 50_100, 200)
    assert np.array_equal(narrow, values[:, 50_000:50_100])


def test_it_comes_back_from_its_folder(tmp_path: Path) -> None:
    values = signal(50_000, 2)
    first = grown(values, tmp_path / "p")
    again = Pyramid.open(tmp_path / "p", 2, 50_000)
    assert again is not None
    assert all(np.array_equal(one, two) for one, two in zip(first.pyramid.low, again.low, strict=True))
    assert Pyramid.open(tmp_path / "p", 2, 50_001) is None
    assert Pyramid.open(tmp_path / "absent", 2, 50_000) is None


def test_an_unfinished_one_is_not_taken_from_its_folder(tmp_path: Path) -> None:
    values = signal(50_000, 2)
    pyramid = Pyramid(2, 50_000, tmp_path / "p")
    next(pyramid.grow(ArrayReader(values), 10_000))
    assert Pyramid.open(tmp_path / "p", 2, 50_000) is None


def test_missing_values_hide_only_themselves() -> None:
    values = signal(64 * 64, 1)
    values[0, 100] = np.nan
    values[0, 128:192] = np.nan
    low = fold_bins(values, 64, True)
    assert np.isnan(low[0, 2])
    assert np.isfinite(np.delete(low, 2, axis=1)).all()


def test_storage_is_about_four_percent() -> None:
    assert Pyramid(4, 1_000_000).size / (4 * 1_000_000 * 4) == pytest.approx(0.0417, abs=0.001)


def test_short_and_long_stretches_give_the_same_envelope() -> None:
    values = signal(1000, 2)
    for columns in (90, 40):  # gathered, reduced
        edges = np.arange(columns) * 1000 // columns
        low, high = envelope(values, values, edges, 1000)
        assert np.array_equal(low, np.minimum.reduceat(values, edges, axis=1))
        assert np.array_equal(high, np.maximum.reduceat(values, edges, axis=1))


def test_a_mapped_file_reads_as_the_array(tmp_path: Path) -> None:
    values = signal(5000, 3)
    values.tofile(tmp_path / "raw")
    reader = MappedReader(tmp_path / "raw", 3, 5000)
    assert (reader.channels, reader.length) == (3, 5000)
    assert np.array_equal(reader.read(100, 200, 200)[0], values[:, 100:200])
    low, _ = reader.read(0, 5000, 50)
    assert np.array_equal(low, values.reshape(3, 50, 100).min(axis=2))
    with pytest.raises(ValueError, match="shorter"):
        MappedReader(tmp_path / "raw", 4, 5000)
