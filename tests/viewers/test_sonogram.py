"""The spectrogram of a sound: right levels, the same at any place of a page, no event lost, kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import signal

from models import sonogram
from models.job import Progress
from models.sonogram import FLOOR, TOP, WINDOWS, Grid, Overview, Rows, Scale, centres, column_levels, hop_for, loudest
from tests.viewers.sounds import RATE, Samples, sine, voiced

#: A machine that does much else is no fault of theirs.
CALM = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def decibels(levels: np.ndarray) -> np.ndarray:
    return FLOOR + (levels.astype(float) - 1) * (TOP - FLOOR) / 254


@pytest.mark.parametrize("window", WINDOWS)
def test_a_sine_at_full_scale_is_0_db_in_its_bin(window: int) -> None:
    at = 20 * RATE / window
    levels = decibels(column_levels(Samples(sine(at, 2.0)), window, window // 4, 8, 12))
    assert levels.shape == (4, window // 2 + 1)
    assert levels.argmax(axis=1).tolist() == [20] * 4
    assert levels[:, 20] == pytest.approx(0.0, abs=0.3)
    quiet = decibels(column_levels(Samples(sine(at, 2.0, height=0.01)), window, 128, 125, 126))
    assert quiet[0, 20] == pytest.approx(-40, abs=0.3)


def test_levels_are_those_of_scipy() -> None:
    values = np.random.default_rng(0).normal(0, 0.1, 8192).astype(np.float32)
    window, hop = 512, 128
    taper = np.hanning(window + 1)[:-1] * 2 / np.hanning(window + 1)[:-1].sum()
    peer = signal.ShortTimeFFT(taper, hop, RATE, phase_shift=None)
    # A column stands around the middle of its own samples.
    wanted = np.abs(peer.stft(np.concatenate([values[hop // 2 :], np.zeros(hop // 2)]), p0=4, p1=40)) ** 2
    found = decibels(column_levels(Samples(values), window, hop, 4, 40)).T
    assert np.abs(found - np.maximum(10 * np.log10(wanted), FLOOR)).max() < 0.35


@CALM
@given(st.integers(1, 60), st.integers(1, 30), st.sampled_from((64, 96, 128, 1024, 1536)))
def test_columns_are_the_same_wherever_a_page_begins(first: int, count: int, hop: int) -> None:
    reader = Samples(VALUES)
    whole = column_levels(reader, 256, hop, 0, 92)
    assert np.array_equal(column_levels(reader, 256, hop, first, first + count), whole[first : first + count])


VALUES = np.random.default_rng(1).normal(0, 0.1, 50_000).astype(np.float32)


@CALM
@given(st.floats(0.01, 1e6), st.sampled_from(WINDOWS))
def test_a_page_has_no_more_columns_than_pixels_and_no_event_is_lost(per: float, window: int) -> None:
    hop = hop_for(per, window)
    assert per <= hop or hop >= window / 64
    assert hop <= max(1.51 * max(per, window / 64, 4), 4)
    count = sonogram.windows_in(hop, window)
    assert hop % count == 0
    assert hop // count <= window // 2


def test_a_click_is_seen_wherever_it_falls() -> None:
    for place in range(30_000, 34_096, 97):
        values = np.zeros(100_000, np.float32)
        values[place] = 1.0
        levels = decibels(column_levels(Samples(values), 512, 4096, 0, 24)).max(axis=1)
        seen = np.flatnonzero(levels > -60)
        assert place // 4096 in range(seen.min(), seen.max() + 1), place


def test_what_is_not_there_is_silence() -> None:
    assert (decibels(column_levels(Samples(np.zeros(0, np.float32)), 256, 64, 0, 3)) == FLOOR).all()
    assert (decibels(column_levels(Samples(sine(440, 0.1)), 256, 64, 900, 902)) == FLOOR).all()


def test_the_loudest_is_found() -> None:
    assert loudest(Samples(sine(1000, 3.0, height=0.1)), 512) == pytest.approx(-20, abs=0.5)
    assert loudest(Samples(np.zeros(0, np.float32)), 512) == FLOOR
    assert loudest(Samples(np.zeros(9000, np.float32)), 512) == FLOOR


# -- the whole recording


def grown(overview: Overview, folder: Path | None = None) -> list[Progress]:
    return list(overview.grow(folder))


def test_the_overview_holds_the_columns_and_grows(tmp_path: Path) -> None:
    reader = Samples(voiced(60.0), "key")
    overview = Overview(reader, RATE, 512)
    steps = overview.grow(tmp_path)
    next(steps)
    assert overview.reached() == 0
    next(steps)
    assert 0 < overview.reached() < reader.length
    grown(overview, None)
    list(steps)
    hop = overview.grid.hop
    assert overview.reached() >= reader.length
    fine = column_levels(reader, 512, hop, 0, overview.grid.columns)
    wanted = np.maximum.reduceat(fine, overview.grid.firsts, axis=1)
    assert np.array_equal(overview.read(hop, 3, 40), wanted[3:40])
    wide = overview.read(hop * 8, 0, 100)
    assert np.array_equal(wide[1], wanted[8:16].max(axis=0)), "the highest of them"
    count = len(reader.asked)
    again = Overview(reader, RATE, 512)
    grown(again, tmp_path)
    assert len(reader.asked) == count, "it was kept"
    assert np.array_equal(again.read(hop, 3, 40), wanted[3:40])
    other = Overview(reader, RATE, 1024)
    grown(other, tmp_path)
    assert len(reader.asked) > count, "of another window it is another one"


@CALM
@given(st.floats(8000, 192_000), st.integers(1, 1 << 34), st.sampled_from(WINDOWS))
def test_the_overview_of_a_day_fits(rate: float, length: int, window: int) -> None:
    grid = Grid(rate, length, window)
    assert grid.columns <= 1 << 20
    assert grid.hop * grid.columns >= length
    assert (np.diff(grid.firsts) > 0).all()
    assert grid.firsts[0] == 0
    assert grid.firsts[-1] <= window // 2
    assert len(grid.firsts) <= 384
    assert (np.diff(grid.centres) > 0).all()
    assert sonogram.windows_in(grid.hop, window) * (window // 2) == grid.hop


# -- frequencies


@CALM
@given(st.sampled_from(list(sonogram.SCALES)), st.floats(500, 48_000), st.floats(0.0, 1.0))
def test_a_scale_goes_both_ways(name: str, high: float, share: float) -> None:
    scale = Scale(name, high)
    assert scale.share(scale.hertz(share)) == pytest.approx(share, abs=1e-6)
    assert scale.share(scale.low) == pytest.approx(0, abs=1e-9)
    assert scale.share(high) == pytest.approx(1)
    edges = scale.edges(50)
    assert (np.diff(edges) > 0).all()


@pytest.mark.parametrize("name", list(sonogram.SCALES))
@pytest.mark.parametrize("rows", [40, 300, 900])
def test_a_tone_stands_at_its_height(name: str, rows: int) -> None:
    bins, scale = centres(RATE, 1024), Scale(name, 5000.0)
    levels = np.full((3, len(bins)), 10, np.uint8)
    place = 64  # 1000 Hz
    levels[:, place] = 200
    picture = Rows(bins, scale, rows).of(levels)
    assert picture.shape == (rows, 3)
    row = rows - 1 - int(picture[:, 0].argmax())
    edges = scale.edges(rows)
    assert picture.max() > 180, "it is not lost between rows"
    assert edges[row] - RATE / 1024 <= 1000 <= edges[row + 1] + RATE / 1024


def test_nothing_stays_nothing() -> None:
    bins = centres(RATE, 256)
    levels = np.zeros((4, len(bins)), np.uint8)
    levels[:2] = 100
    picture = Rows(bins, Scale("mel", 8000.0), 333).of(levels)
    assert (picture[:, :2] == 100).all()
    assert (picture[:, 2:] == 0).all()
