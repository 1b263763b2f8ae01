"""Correlograms and intervals against a slow count and against spikeinterface's own."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from models.correlograms import autocorrelogram, crosscorrelogram, intervals

RATE = 1000.0


def counted(times: npt.NDArray[np.int64], others: npt.NDArray[np.int64], half: int, size: int) -> list[int]:
    total = [0] * (2 * half)
    for at in times:
        for other in others:
            place = (int(other) - int(at)) // size + half
            if 0 <= place < 2 * half:
                total[place] += 1
    return total


@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_pair_is_counted_once(size: int) -> None:
    rng = np.random.default_rng(size)
    times, others = (np.sort(rng.integers(0, 2000, 150)) for _ in range(2))
    width = size / RATE
    cross = crosscorrelogram(times, others, RATE, 10 * width, width)
    assert cross.counts.tolist() == counted(times, others, 10, size)
    np.testing.assert_allclose(cross.edges, np.arange(-10, 11) * width)
    auto = autocorrelogram(times, RATE, 10 * width, width)
    ahead = np.array(counted(times, times, 10, size))[10:]
    same = sum(int((times == at).sum()) for at in times)
    pairs = (same - len(times)) // 2
    ahead[0] -= same - pairs
    assert auto.counts[10:].tolist() == ahead.tolist()
    assert auto.counts[:10].tolist() == ahead[::-1].tolist()


def test_many_pairs_are_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    times, others = (np.sort(rng.integers(0, 3000, 300)) for _ in range(2))
    whole = crosscorrelogram(times, others, RATE)
    monkeypatch.setattr("models.correlograms._PAIRS", 17)
    assert crosscorrelogram(times, others, RATE).counts.tolist() == whole.counts.tolist()


def test_no_spikes_are_no_trouble() -> None:
    none, one = np.zeros(0, np.int64), np.array([5])
    for times in (none, one):
        assert autocorrelogram(times, RATE).counts.sum() == 0
        assert crosscorrelogram(times, none, RATE).counts.sum() == 0
        assert crosscorrelogram(none, times, RATE).counts.sum() == 0
        assert intervals(times, RATE).counts.sum() == 0
    assert len(intervals(one, RATE, 0.01, 0.002).counts) == 5


def test_intervals() -> None:
    found = intervals(np.array([0, 1, 3, 6, 100]), RATE, 0.004, 0.001)
    assert found.counts.tolist() == [0, 1, 1, 1]


def test_they_are_those_of_spikeinterface(data: Path) -> None:
    from models.domains.units.analyzer import opened

    folder = data / "si_sim" / "analyzer"
    one = opened(folder)
    theirs = np.load(folder / "extensions" / "correlograms" / "ccgs.npy")
    gaps = np.load(folder / "extensions" / "isi_histograms" / "isi_histograms.npy")
    trains = [one.train(key) for key in one.keys]
    times = [train.times() for train in trains if train is not None]
    assert len(times) == 16
    for place in range(16):
        other = (place + 5) % 16
        assert autocorrelogram(times[place], one.rate, 0.025).counts[25:].tolist() == theirs[place, place, 25:].tolist()
        cross = crosscorrelogram(times[place], times[other], one.rate, 0.025)
        assert cross.counts.tolist() == theirs[other, place].tolist()
        # Theirs divide seconds, in which a lag that is just a whole bin may fall on either side.
        assert np.abs(intervals(times[place], one.rate, 0.05).counts - gaps[place]).sum() <= 2


@pytest.mark.parametrize("seconds", [300, 3600])
def test_a_hundred_thousand_spikes_are_quick(seconds: int) -> None:
    times = np.sort(np.random.default_rng(0).integers(0, seconds * 30_000, 100_000))
    autocorrelogram(times, 30_000.0)
    before = time.thread_time()
    autocorrelogram(times, 30_000.0)
    assert time.thread_time() - before < 0.03
