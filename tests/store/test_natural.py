"""Numbers by size, texts as people count, gaps last."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.natural import natural, order_of

WORDS = st.lists(st.text(st.sampled_from("a0129 é-\u0663"), max_size=8), max_size=20)


def test_numbers_in_texts_count_by_size() -> None:
    words = ["x10", "x9", "x", "10", "9", "x009", "x10b2", "x10b1", "9" * 90]
    expected = ["9", "10", "9" * 90, "x", "x9", "x009", "x10", "x10b1", "x10b2"]
    assert sorted(words, key=natural) == expected
    assert [words[place] for place in order_of(np.array(words, object))] == expected


@given(WORDS)
def test_many_texts_are_ordered_as_one_by_one(words: list[str]) -> None:
    found = [natural(words[place]) for place in order_of(np.array(words, object))]
    assert found == sorted(natural(word) for word in words if word) + [""] * words.count("")


@given(
    hnp.arrays(np.float64, st.integers(0, 40), elements=st.sampled_from([0.0, 1.0, 2.5, -3.0, np.nan])), st.booleans()
)
def test_the_order_is_stable_with_gaps_last(values: np.ndarray, descending: bool) -> None:
    expected = np.argsort(-values if descending else values, kind="stable")
    assert order_of(values, descending).tolist() == expected.tolist()


CLOSE = st.sampled_from(
    [1.0, 1.0 + 1e-12, 1.0 + 2e-12, -1.0, -1.0 - 1e-12, 0.0, -0.0, 1e300, 2e300, -1e300, 1e-320, np.nan]
)


@given(hnp.arrays(np.float64, st.integers(0, 60), elements=CLOSE | st.just(np.inf) | st.floats()), st.booleans())
def test_numbers_that_differ_in_their_last_bits_alone_are_told_apart(values: np.ndarray, descending: bool) -> None:
    expected = np.argsort(-values if descending else values, kind="stable")
    assert order_of(values, descending).tolist() == expected.tolist()


def test_an_order_is_found_by_sorting_numbers_which_is_faster_than_to_find_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(np, "argsort", None)
    values = np.random.default_rng(0).random(10_000)
    found = values[order_of(values)]
    assert (found[1:] >= found[:-1]).all()


def test_a_zero_is_a_zero_whatever_its_sign() -> None:
    assert order_of(np.array([0.0, -0.0, 0.0, -1.0, -0.0])).tolist() == [3, 0, 1, 2, 4]


def test_text_is_ordered_and_none_is_last() -> None:
    values = np.array(["b", None, "a", "b"], object)
    assert order_of(values).tolist() == [2, 0, 3, 1]
    assert order_of(values, True).tolist() == [0, 3, 2, 1]
    assert order_of(np.array(["", "a", None, "a"], object), True).tolist() == [1, 3, 0, 2]
