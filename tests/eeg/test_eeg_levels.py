"""The shown spectrogram: right power, found again, and what is short is seen at any width."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import signal

from models.domains.eeg import levels, spectrogram
from models.domains.eeg.constants import CHANNELS, REGIONS
from models.domains.eeg.features import PAIRS
from models.domains.eeg.levels import FLOOR, TOP, Grid, View
from models.job import Progress, finish
from models.levels import FACTOR, Levels, StripReader, pooled


@dataclass
class Held:
    """A recording in memory that counts how much of it is read at once."""

    values: np.ndarray
    most: int = 0
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def channels(self) -> int:
        return len(self.values)

    @property
    def length(self) -> int:
        return self.values.shape[1]

    def read(self, first: int, last: int) -> np.ndarray:
        self.reads.append((first, last))
        self.most = max(self.most, last - first)
        return self.values[:, first:last]


RATE = 256


def noise(seconds: int, channels: int = 2) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.standard_normal((channels, seconds * RATE)) * 20).astype(np.float32)


def as_they_are(channels: int) -> dict[str, levels.Pairs]:
    return {f"C{row}": [(row, -1)] for row in range(channels)}


def made_levels(
    reader: Held,
    rate: float,
    strips: dict[str, levels.Pairs],
    folder: Path | None = None,
    key: str = "",
    view: View | None = None,
) -> Generator[Progress, None, Levels]:
    """Levels as the window fills them."""
    made = Levels([*strips], Grid(rate, reader.length, view or View()))
    yield from levels.fill(made, reader, strips, folder, key)
    return made


def decibels(found: np.ndarray) -> np.ndarray:
    """dB of levels, NaN where nothing is there."""
    return np.where(found > 0, FLOOR + (found.astype(float) - 1) * (TOP - FLOOR) / 254, np.nan)


def test_power_is_that_of_scipy() -> None:
    held = Held(noise(60))
    made = finish(made_levels(held, RATE, as_they_are(2)))
    grid = made.grid
    window = signal.windows.hann(1024, sym=False)
    peer = signal.ShortTimeFFT(window, 512, RATE, scale_to="psd", fft_mode="twosided")
    part = {"detr": "constant", "p0": 1, "p1": 1 + grid.columns}
    power = np.stack([peer.spectrogram(row.astype(float), **part) for row in held.values])
    # ShortTimeFFT centres its windows on multiples of the hop: the first whole one is the second.
    wanted = 10 * np.log10(power[:, slice(*grid.bins)])
    found = np.stack([decibels(strip.reader.read(0, grid.columns, 10**6)) for strip in made.strips])
    assert grid.columns == (60 * RATE - 1024) // 512 + 1
    assert (grid.frequencies[0], grid.frequencies[-1]) == (0.5, 20.0)
    assert grid.start == 2.0
    np.testing.assert_allclose(found, wanted, atol=(TOP - FLOOR) / 254)


def test_strips_of_regions_are_near_the_regional_recipe() -> None:
    rng = np.random.default_rng(1)
    eeg = np.cumsum(rng.standard_normal((20, 300 * 200)), axis=1).astype(np.float32)
    eeg -= eeg.mean(axis=1, keepdims=True)
    made = finish(made_levels(Held(eeg), 200, levels.regional_strips(CHANNELS)))
    wanted = 10 * np.log10(spectrogram.regional_power(eeg))
    assert made.names == REGIONS
    for number, strip in enumerate(made.strips):
        found = decibels(strip.reader.read(0, strip.reader.length, 10**6))
        assert found.shape == wanted[number].shape
        assert abs(np.mean(found - wanted[number])) < 1.5
    fewer = levels.regional_strips([name for name in CHANNELS if name != "F8"])
    assert [len(pairs) for pairs in fewer.values()] == [4, 2, 4, 4]
    assert "RP" not in levels.regional_strips([name for name in CHANNELS if name not in ("F4", "P4")])


def test_strips_of_pairs_that_were_recorded_are_those_of_their_electrodes() -> None:
    rng = np.random.default_rng(2)
    eeg = (rng.standard_normal((20, 60 * 200)) * 20).astype(np.float32)
    apart = {f"{b}-{a}" if a == "T3" else f"{a}-{b}": (a, b) for a, b in PAIRS}
    pairs = np.stack([eeg[CHANNELS.index(a)] - eeg[CHANNELS.index(b)] for a, b in apart.values()])
    pairs[list(apart).index("T5-T3")] *= -1
    wanted = finish(made_levels(Held(eeg), 200, levels.regional_strips(CHANNELS)))
    made = finish(made_levels(Held(pairs), 200, levels.regional_strips(list(apart))))
    assert made.names == wanted.names == REGIONS
    for one, other in zip(made.values, wanted.values, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1


def test_it_is_read_block_by_block_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = finish(made_levels(Held(noise(120)), RATE, as_they_are(2)))
    monkeypatch.setattr(levels, "_BLOCK", 7)
    held = Held(noise(120))
    steps = list(made_levels(held, RATE, as_they_are(2)))
    parts = finish(made_levels(held, RATE, as_they_are(2)))
    assert all(isinstance(step, Progress) for step in steps)
    assert [step.done for step in steps] == list(range(0, whole.grid.columns, 7))
    assert held.most == 6 * 512 + 1024
    for one, other in zip(whole.values, parts.values, strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_is_kept_and_found_again(tmp_path: Path) -> None:
    held = Held(noise(90))
    made = finish(made_levels(held, RATE, as_they_are(2), tmp_path, "digest"))
    count = len(held.reads)
    again = finish(made_levels(held, RATE, as_they_are(2), tmp_path, "digest"))
    assert len(held.reads) == count
    np.testing.assert_array_equal(made.values[0], again.values[0])
    for other in ({"key": "another"}, {"key": "digest", "view": View(high=30)}):
        finish(made_levels(held, RATE, as_they_are(2), tmp_path, **other))
    assert len(held.reads) > count
    assert len([*tmp_path.iterdir()]) == 3


def test_what_was_begun_is_kept_nowhere_and_made_again(tmp_path: Path) -> None:
    held = Held(noise(90))
    steps = made_levels(held, RATE, as_they_are(1), tmp_path, "digest")
    next(steps)
    steps.close()
    assert not [*tmp_path.iterdir()]
    made = finish(made_levels(held, RATE, as_they_are(1), tmp_path, "digest"))
    assert made.values[0].all()


def test_what_is_missing_is_nothing_there() -> None:
    values = noise(120)
    values[0, 40 * RATE : 80 * RATE] = np.nan
    made = finish(made_levels(Held(values), RATE, as_they_are(2)))
    first, second = (strip.reader.read(0, made.grid.columns, 10**6) for strip in made.strips)
    assert not first[:, 21:37].any()
    assert first[:, :18].all()
    assert first[:, 42:].all()
    assert second.all()


def test_a_difference_is_missing_where_either_of_its_channels_is() -> None:
    values = noise(120)
    values[1, 40 * RATE : 80 * RATE] = np.nan
    made = finish(made_levels(Held(values), RATE, {"both": [(0, 1)]}))
    found = made.strips[0].reader.read(0, made.grid.columns, 10**6)
    assert not found[:, 21:37].any()
    assert found[:, :18].all()


def test_levels_are_db() -> None:
    power = 10 ** (np.linspace(-6, 8, 5000) / 1.0)
    back = decibels(levels.to_levels(power))
    wanted = np.clip(10 * np.log10(power), FLOOR, TOP)
    np.testing.assert_allclose(back, wanted, atol=0.25)
    assert levels.to_levels(np.array([np.nan, 0, -1, np.inf, 1e-30])).tolist() == [0, 1, 0, 255, 1]
    reader = levels.array_reader(np.array([[1.0, 10.0], [np.nan, 100.0]]))
    assert (reader.bins, reader.length) == (2, 2)
    np.testing.assert_allclose(decibels(reader.read(0, 2, 9)), [[0, 10], [np.nan, 20]], atol=0.25)


def test_twenty_seconds_are_seen_in_a_day() -> None:
    values = np.zeros((1, 43_200, 40), np.uint8) + 50
    values[0, 30_000:30_010, 12] = 200
    made = Levels(["LL"], Grid(RATE, 43_201 * 512, View(high=10.25)))
    for first in range(0, 43_200, 1000):
        made.take_in(first, values[:, first : first + 1000])
    reader = made.strips[0].reader
    for columns in (100, 640, 1900):
        seen = reader.read(0, 43_200, columns)
        assert seen.shape == (40, columns)
        place = int(seen[12].argmax())
        assert seen[12, place] == 200
        assert abs(place - 30_005 * columns / 43_200) <= 1
        assert (seen[12] == 200).sum() <= 3
        assert seen[11].max() == 50


@given(
    some.integers(1, 700), some.integers(0, 700), some.integers(0, 700), some.integers(1, 200), some.integers(0, 99)
)  # fmt: skip
def test_no_column_is_lost_at_any_width(length: int, one: int, other: int, columns: int, seed: int) -> None:
    base = np.random.default_rng(seed).integers(1, 256, (length, 2)).astype(np.uint8)
    parts = [base]
    while len(parts[-1]) > 16:
        parts.append(pooled(parts[-1], FACTOR))
    reader = StripReader(tuple(parts))
    first, last = sorted((min(one, length), min(other, length)))
    found = reader.read(first, last, columns)
    wanted = base[first:last].T
    assert found.shape == (2, min(columns, last - first))
    if last - first <= columns:
        np.testing.assert_array_equal(found, wanted)
    else:
        edges = (np.arange(columns) * (last - first)) // columns
        own = np.searchsorted(edges, np.arange(last - first), side="right") - 1
        near = np.stack([found[:, np.clip(own + by, 0, columns - 1)] for by in (-1, 0, 1)]).max(axis=0)
        assert (near >= wanted).all(), "the highest stands in its column or the one beside it"


def test_shorter_than_a_window_has_no_columns(tmp_path: Path) -> None:
    made = finish(made_levels(Held(noise(3)), RATE, as_they_are(2), tmp_path, "short"))
    assert made.grid.columns == 0
    assert made.strips[0].reader.read(0, 10, 10).shape == (79, 0)


def test_viewers_are_told_where_columns_stand() -> None:
    made = finish(made_levels(Held(noise(60)), RATE, as_they_are(2)))
    assert [strip.name for strip in made.strips] == ["C0", "C1"]
    hz = made.grid.frequencies
    assert (made.grid.start, made.grid.step / RATE, hz[0], hz[-1]) == (2.0, 2.0, 0.5, 20.0)
    assert made.strips[0].reader.length == 29


def test_power_in_memory_is_read_as_decibels() -> None:
    power = np.random.default_rng(0).random((100, 300))
    found = decibels(levels.array_reader(power).read(0, 300, 300))
    np.testing.assert_allclose(found, np.clip(10 * np.log10(power), FLOOR, TOP), atol=0.25)


def test_what_is_kept_again_leaves_those_who_look_at_it_alone(tmp_path: Path) -> None:
    made = finish(made_levels(Held(noise(60)), RATE, as_they_are(1)))
    made.keep(tmp_path / "cache" / "one")
    seen = Levels.open(["C0"], made.grid, tmp_path / "cache" / "one")
    assert seen is not None
    before = [np.array(one) for one in seen.values]
    other = Levels(["C0"], made.grid)
    other.keep(tmp_path / "cache" / "one")
    assert all(np.array_equal(one, two) for one, two in zip(seen.values, before, strict=True))
    again = Levels.open(["C0"], made.grid, tmp_path / "cache" / "one")
    assert again is not None
    assert not again.values[0].any()
    assert [one.name for one in (tmp_path / "cache").iterdir()] == ["one"], "nothing is left beside it"
