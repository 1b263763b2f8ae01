"""What the unit viewer counts: intervals, rates, amplitudes, the place among other units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor

from models.errors import UserError
from models.payload import Measure, Unit
from widgets.unit import digest as counting
from widgets.unit.digest import Digest, Lags, digest
from widgets.unit.measures import Population, value_words
from widgets.unit.over_time import time_scale
from widgets.unit.spots import FAINT, ink, raster


def test_the_first_choice_is_counted_with_the_spikes_and_kept(unit: Unit) -> None:
    found = digest(unit)
    first = found.correlogram(Lags())
    assert found.correlogram(Lags()) is first
    assert len(first.counts) == 100
    assert first.counts[48:52].sum() == 0, "it never fires within 2 ms"
    assert len(found.correlogram(Lags(0.01, 0.0005)).counts) == 40
    assert found.gaps(Lags()).counts.sum() == (np.diff(found.times) < 1500).sum()
    assert found.violations(0.002) == 0
    assert found.violations(0.1) == pytest.approx((np.diff(found.times) < 3000).mean())


@pytest.mark.parametrize("part", [2.0, 7.0, 30.0, 1000.0])
def test_rates_over_time_add_up_to_the_spikes(unit: Unit, part: float) -> None:
    found = digest(unit)
    rates, edges = found.firing(part)
    assert (edges[0], edges[-1]) == (0, found.length)
    assert (np.diff(edges)[:-1] == part).all()
    assert len(rates) == 1 or part / 2 <= np.diff(edges)[-1] <= part * 1.5
    assert (rates * np.diff(edges)).sum() == pytest.approx(1000)


def test_a_recording_ends_no_earlier_than_its_last_spike(unit: Unit) -> None:
    assert digest(replace(unit, seconds=1.0)).length == pytest.approx((digest(unit).times[-1] + 1) / 30_000)
    assert digest(replace(unit, seconds=500.0)).length == 500.0
    assert time_scale(digest(replace(unit, seconds=500.0)))[1] == "Time, min"
    assert time_scale(digest(unit))[1] == "Time, s"
    assert time_scale(digest(replace(unit, rate=None, seconds=None)))[1].endswith("samples")


def test_very_many_spikes_are_counted_from_the_middle_and_drawn_in_part(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED", 100)
    monkeypatch.setattr(counting, "SHOWN", 300)
    found = digest(unit)
    assert found.stretch.tolist() == found.times[450:550].tolist()
    assert len(found.times[found.shown]) == 250


def test_spikes_that_cannot_be_read_are_told(unit: Unit) -> None:
    class Broken:
        count = 3

        def times(self) -> np.ndarray:
            raise UserError("spike_times.npy is cut off.")

    found = digest(replace(unit, spikes=Broken()))  # type: ignore[arg-type]
    assert found.trouble == "spike_times.npy is cut off."
    assert not len(found.times)


def test_the_amplitude_axis_holds_all_but_stray_values_and_a_near_zero(unit: Unit) -> None:
    assert unit.spikes is not None
    low, high = digest(unit).extent
    assert high == 0
    assert low < float(unit.spikes.amplitudes().min())
    stray = unit.spikes.amplitudes().copy()
    stray[3], stray[4] = 1e9, np.nan
    spikes = replace(unit.spikes, sizes=stray)  # type: ignore[type-var]
    found = digest(replace(unit, spikes=spikes))
    assert found.extent[1] < 1000
    assert found.margin.sum() == pytest.approx(998, abs=2)
    none = replace(unit.spikes, sizes=np.zeros(0, np.float32))  # type: ignore[type-var]
    assert not len(digest(replace(unit, spikes=none)).amplitudes)


def test_a_picture_of_spikes_has_each_of_them_and_is_stronger_where_there_are_more() -> None:
    counts = raster(np.array([0.0, 0.5, 0.5, 0.999, 1.0]), np.array([0.0, 0.5, 0.5, 0.999, 0.5]), 4, 2)
    assert counts.tolist() == [[0, 0, 2, 1], [1, 0, 0, 0]]
    image = ink(counts, QColor(0, 0, 0))
    alphas = [image.pixelColor(x, 0).alpha() for x in range(4)]
    assert alphas[0] == alphas[1] == 0
    assert alphas[2] == 255
    assert FAINT * 255 <= alphas[3] < 255


def test_a_measure_knows_its_place_in_each_class() -> None:
    values = {"snr": np.arange(20.0), "flat": np.ones(20), "skewed": 10.0 ** np.arange(-10, 10)}
    codes = np.array([0] * 10 + [1] * 8 + [-1, -1])
    among = Population(values.get, codes, ("good", "mua"))
    spread = among.spread("snr")
    assert spread is not None
    assert spread is among.spread("snr")
    assert not spread.log
    assert spread.ranks(5) == [(0, 0.5, 10), (1, 0.0, 8)]
    assert spread.share(-100) == 0
    assert spread.share(100) == 1
    assert [code for code, _curve in spread.curves] == [0, 1]
    skewed = among.spread("skewed")
    assert skewed is not None
    assert skewed.log
    assert among.spread("flat") is None
    assert among.spread("unknown") is None


@pytest.mark.parametrize(
    ("value", "decimals", "unit", "words"),
    [
        (6.8, 2, "", "6.80"),
        (0.000136, 2, "s", "0.136 ms"),
        (0.25, 2, "s", "0.25 s"),
        (13605.0, 0, "", "13\u2009605"),
        (-1.5, 1, "µm", "−1.5 µm"),
        (float("nan"), 1, "Hz", "–"),
        (3.7e17, 1, "", "3.7e+17"),
        (0.0, 3, "", "0.000"),
    ],
)
def test_a_value_is_told_with_its_decimals(value: float, decimals: int, unit: str, words: str) -> None:
    assert value_words(Measure("m", "M", value, unit, decimals)).replace("\u202f", "\u2009") == words


def test_without_spikes_there_is_nothing_to_count(unit: Unit) -> None:
    found = digest(replace(unit, spikes=None))
    assert isinstance(found, Digest)
    assert found.trouble == ""
    assert np.isnan(found.violations(0.002))
