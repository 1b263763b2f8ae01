"""Histograms of columns: each bin holds what its filter chooses, whole numbers are shared out evenly."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import UserError
from models.store.profile import profile
from models.store.where import Array, compile_where


class Frame:
    """One column, as the filter language reads it."""

    def __init__(self, values: Array) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def names(self) -> tuple[str, ...]:
        return ("x",)

    def functions(self) -> tuple[str, ...]:
        return ()

    def column(self, name: str) -> Array:
        return self.values

    def call(self, name: str, argument: str) -> Array:
        raise UserError("there is none")


@pytest.mark.parametrize(("span", "words"), [(25, "24"), (1000, "966 – 1007"), (33, "32 – 33")])
def test_whole_numbers_are_shared_out_evenly(span: int, words: str) -> None:
    values = np.tile(np.arange(span, dtype=np.float64), 4)
    found = profile("cell_id", "cell_id", values)
    counts = [count for _words, count, _where in found.bins]
    assert sum(counts) == 4 * span
    assert len(set(counts[:-1])) == 1
    assert counts[-1] <= counts[0], "the last one is never doubled"
    assert found.bins[-1][0] == words
    assert len(found.bins) <= 32


@pytest.mark.parametrize(
    "values",
    [
        np.arange(-7.0, 43.0),
        np.arange(30.0),
        np.linspace(-1, 1, 997) / 7,
        np.arange(0, 24.5, 0.5),
        np.array([0.01, 0.02, 0.03], np.float32).astype(np.float64),
        np.array([0.1 + 0.2, 0.1]),
        1.7e15 + np.arange(20),
        1.7e15 + np.arange(1200),
    ],
)
def test_each_bins_filter_chooses_what_it_counts(values: Array) -> None:
    for _words, count, where in profile("x", "x", values).bins:
        assert int(compile_where(where).mask(Frame(values)).sum()) == count


def test_ranges_are_written_without_powers_of_ten() -> None:
    whole = profile("n", "n", np.array([7.0, 11904.0, *range(100, 160)]))
    assert (whole.low, whole.high) == ("7", "11904")
    parts = profile("x", "x", np.array([0.00043471, 12345.678, *np.linspace(1, 50, 60)]))
    assert (parts.low, parts.high) == ("0.0004347", "12350")
    assert not [words for words, _, _ in parts.bins if "e+" in words]
