"""Numbers by size, texts as people count, gaps last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.natural import natural, order_of

WORDS = st.lists(st.text(st.sampled_from("x0129 é-\u0663"), max_size=8), max_size=20)


def test_numbers_in_texts_count_by_size() -> None:
    words = ["x10", "x9", "x", "10", "9", "x009", "x10b2", "x10b1", "9" * 90]
    expected = ["9", "10", "9" * 90, "x", "x9", "x009", "x10", "x10b1", "x10b2"]
    assert sorted(words, key=natural) == expected
    assert [words[place] for place in order_of(np.array(words, object))] == expected


@given(WORDS)
def test_many_texts_are_ordered_as_one_by_one(words: list[str]) -> None:
    found = [natural(words[place]) for place in order_of(np.array(words, object))]
    assert found == sorted(natural(word) for word in words if word) + [""] * words.count("")


HEX = [
    "0d058406", "0e121111", "12345678", "1234567a", "1e3a44c2", "35babd33", "5c1d8e22", "7d8e8432", "9e123456",
    "abcdef12",
]  # fmt: skip


def ordered(words: list[str]) -> list[str]:
    return [words[place] for place in order_of(np.array(words, object))]


@pytest.mark.parametrize("make", [str, str.upper, "{} x".format, "r/{}.jpg".format, "{}-5e5e-1e3f-a2".format])
def test_in_a_column_of_hexadecimal_ids_nothing_is_a_number(make: Callable[[str], str]) -> None:
    words = [make(word) for word in HEX]
    assert ordered(words[::-1]) == words
    more = [*words, make("not known"), ""]
    assert ordered(more[::-1]) == [*sorted(more[:-1]), ""], "one that is none changes nothing"


def test_behind_an_id_people_count_on() -> None:
    words = [f"{name} take {take}" for name in HEX for take in (2, 10)]
    assert ordered(words[::-1]) == words


@pytest.mark.parametrize(
    "words",
    [
        ["c999999", "c1000000", "c1000001"],
        ["bead9", "bead10", "bead999", "bead1000"],
        ["a1b2", "a1b10", "a2b1", "a10b1"],
        ["1e3", "1e12", "2", "9f", "12ab"],
        ["20230101", "20230101a", "20230102"],
        ["998", "0001000", "20000000", "100000000"],
        ["face 1 deed 2", "face 1 deed 10"],
    ],
)
def test_names_with_numbers_are_no_ids_however_hexadecimal(words: list[str]) -> None:
    assert ordered(words[::-1]) == words
    assert [natural(word) for word in words] == sorted(map(natural, words))


def test_one_text_alone_tells_an_id_where_its_signs_alternate() -> None:
    known = [word for word in HEX if word not in ("12345678", "1234567a", "abcdef12")]
    assert [natural(word) for word in known] == known
    uuid = "12345678-1234-5678-9abc-1234567890ab"
    assert natural(f"{uuid}_x10") == f"{uuid}_x210"
    assert natural("12345678-1234") == "812345678-41234"


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
