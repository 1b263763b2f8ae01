"""The list's order: natural for text, missing values last in both directions."""

from __future__ import annotations

import itertools
import re
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.listing import Listing
from models.learn.review import Suggestion
from models.store.view import View

NAMES = st.lists(st.one_of(st.none(), st.text("ab 019_-é", max_size=6)), max_size=40)
FIGURES = st.lists(st.one_of(st.just(np.nan), st.floats(-1e9, 1e9)), max_size=40)


class OneColumn:
    """A view with one column."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> npt.NDArray[Any]:
        return self.values

    def mask(self, where: str) -> npt.NDArray[np.bool_]:
        return np.ones(len(self.values), bool)


def in_order(values: list[Any], kind: Any, descending: bool = False) -> list[Any]:
    column = np.empty(len(values), kind)
    column[:] = values
    rows = Listing(sort="x", descending=descending).rows(cast(View, OneColumn(column)))
    return [values[row] for row in rows]


def natural(text: str) -> list[tuple[int, float]]:
    """What people expect of names with numbers in them, written another way."""
    parts = re.findall(r"[0-9]+|[^0-9]", text)
    return [(ord("0"), float(part)) if part[0] in "0123456789" else (ord(part), 0.0) for part in parts]


@given(NAMES, st.booleans())
def test_text_sorts_naturally_and_missing_comes_last(names: list[str | None], descending: bool) -> None:
    order = in_order(names, object, descending)
    present = [name for name in order if name]
    assert [name for name in order[len(present) :] if name] == []
    expected = sorted((natural(name) for name in names if name), reverse=descending)
    assert [natural(name) for name in present] == expected


@given(FIGURES, st.booleans())
def test_figures_sort_and_nan_comes_last(figures: list[float], descending: bool) -> None:
    order = np.array(in_order(figures, float, descending), float)
    present = np.array([value for value in figures if not np.isnan(value)], float)
    assert order[: len(present)].tolist() == sorted(present.tolist(), reverse=descending)
    assert np.isnan(order[len(present) :]).all()


@given(st.lists(st.sampled_from(["b", "a", "", None])))
def test_equal_ones_keep_the_order_of_addition(names: list[str | None]) -> None:
    column = np.empty(len(names), object)
    column[:] = names
    rows = Listing(sort="x").rows(cast(View, OneColumn(column)))
    for one, other in itertools.pairwise(rows):
        if names[one] == names[other] or not (names[one] or names[other]):
            assert one < other


def test_booleans_sort() -> None:
    assert in_order([True, False, True], bool) == [False, True, True]


@pytest.mark.parametrize(
    ("names", "expected"), [(["x10", "x2", "x1"], ["x1", "x2", "x10"]), (["2", "11", "1"], ["1", "2", "11"])]
)
def test_numbers_in_names_count(names: list[str], expected: list[str]) -> None:
    assert in_order(names, object) == expected


def test_scores_and_reasons_of_a_queue() -> None:
    listing = Listing(sort="score", queue="Q", suggestions=(Suggestion(2, 0.5, "audit", "by chance"),))
    assert np.nan_to_num(listing.scores(4), nan=-1).tolist() == [-1, -1, 0.5, -1]
    assert (listing.reason(2), listing.reason(1)) == ("by chance", "")
    assert listing.without_queue() == Listing()
