"""Finding the spikes of a unit: before and after the order of all spikes is made."""

from __future__ import annotations

import numpy as np
import pytest

from models.domains.units import trains
from models.domains.units.trains import Spikes


@pytest.fixture
def spikes() -> Spikes:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 7, 5000).astype(np.int32)
    codes[:3000][codes[:3000] == 6] = 0
    return Spikes(np.arange(5000) * 10, codes, 8)


def test_spikes_stand_by_unit(spikes: Spikes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trains, "_CHUNK", 700)
    for code in range(8):
        assert spikes.places(code).tolist() == np.flatnonzero(spikes.codes == code).tolist()
    assert spikes.counts.tolist() == np.bincount(spikes.codes, minlength=8).tolist()


def test_an_interval_from_one_stretch_to_the_next_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trains, "_CHUNK", 37)
    # Two units that fire in turn, each every ms: all intervals but none between the two are violations.
    two = Spikes(np.arange(400) * 10, np.arange(400) % 2, 2)
    found = trains.train_measures(two, 20_000.0, 1.0)
    assert found["isi_violations_count"].tolist() == [199, 199]


def test_more_units_than_a_short_number_holds() -> None:
    codes = np.array([70_000, 3, 70_000, 65_539])
    assert Spikes(np.arange(4), codes, 70_001).places(70_000).tolist() == [0, 2]
    assert Spikes(np.arange(4), codes, 70_001).places(3).tolist() == [1]


def test_units_of_a_large_sorting_are_found_before_all_are_ordered(
    spikes: Spikes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trains, "_LARGE", 1000)
    monkeypatch.setattr(trains, "_CHUNK", 900)
    # The order is made here and not beside, so that nothing hangs on who is faster.
    make = spikes._make_orders
    monkeypatch.setattr(Spikes, "_make_orders", lambda _self: None)
    first = {code: np.flatnonzero(spikes.codes == code) for code in range(8)}
    assert all(spikes.places(code).tolist() == first[code].tolist() for code in range(8))
    assert spikes.some(6).min() >= 3000
    assert set(spikes.some(2)) < set(first[2].tolist()), "those of one stretch only"
    assert not len(spikes.some(7))
    spikes.wait()
    assert "orders" not in spikes.__dict__
    make()
    assert "orders" in spikes.__dict__
    assert all(spikes.places(code).tolist() == first[code].tolist() for code in range(8))
