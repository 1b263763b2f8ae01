"""The filter language over plain columns."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UserError
from models.store.where import WhereError, compile_where, quote, suggest


class Frame:
    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.columns = {name: np.asarray(values) for name, values in columns.items()}

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def functions(self) -> tuple[str, ...]:
        return ("prediction",)

    def column(self, name: str) -> Any:
        return self.columns[name]

    def call(self, name: str, argument: str) -> Any:
        if argument != "run-2":
            raise UserError("there is no run of that name.")
        return np.array(["1", "1", "2", None], object)


FRAME = Frame(
    {
        "id": np.array(["a_beta_0.40#1", "b#2", "c#3", None], object),
        "label": np.array(["1", "2", None, "1"], object),
        "noise": np.array([0.01, 0.03, np.nan, 0.05]),
        "unlabelled": np.array([False, False, True, False]),
        "odd name": np.array([1.0, 2.0, 3.0, 4.0]),
    }
)


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("", [0, 1, 2, 3]),
        ('label == "1"', [0, 3]),
        ("label == 1", [0, 3]),
        ("label != 1", [1]),
        ('label in ("1", "2")', [0, 1, 3]),
        ("label not in (1)", [1, 2]),
        ("noise >= 0.03", [1, 3]),
        ("noise != 0.03", [0, 3]),
        ("not noise >= 0.03", [0, 2]),
        ("unlabelled", [2]),
        ("unlabelled or noise < .02", [0, 2]),
        ("not (unlabelled or noise < .02)", [1, 3]),
        ('id ~ "BETA_0.40"', [0]),
        ('prediction("run-2") == label', [0]),
        ('label == prediction("run-2")', [0]),
        ("`odd name` > 2 and noise == 5e-2", [3]),
    ],
)
def test_chooses(expression: str, chosen: list[int]) -> None:
    assert np.flatnonzero(compile_where(expression).mask(FRAME)).tolist() == chosen


@pytest.mark.parametrize(
    ("expression", "at", "words"),
    [
        ("label = 1", 6, "=="),
        ("nois > 1", 0, "Did you mean noise"),
        ("noise >", 7, "missing"),
        ("(noise > 1", 10, "closing"),
        ("noise > 1 label == 1", 10, "and, or"),
        ("label < 3", 6, "text"),
        ('noise > "big"', 8, "numbers"),
        ('prediction("run-9") == label', 0, "no run"),
        ("noise ? 3", 6, "no meaning"),
        ("noise in 3", 9, "list"),
    ],
)
def test_says_where_it_is_wrong(expression: str, at: int, words: str) -> None:
    with pytest.raises(WhereError, match=words.replace("(", r"\(")) as caught:
        compile_where(expression).mask(FRAME)
    assert caught.value.at == at


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused_with_a_place(text: str) -> None:
    place = 0
    try:
        compile_where(text)
    except WhereError as error:
        place = error.at
    assert 0 <= place <= len(text)


@given(st.text(max_size=20))
def test_quoted_text_is_found_again(text: str) -> None:
    frame = Frame({"label": np.array([text, text + "x"], object)})
    assert compile_where(f"label == {quote(text)}").mask(frame).tolist() == [True, False]


def test_suggests_names_then_values() -> None:
    assert "noise" in suggest("no", 2, FRAME, lambda name: [])
    assert suggest("label == ", 9, FRAME, lambda name: ["1", "2"]) == ['"1"', '"2"']
