"""The colours keep the contrasts that the look promises; letters are unique."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets import tokens

TEXT = [
    ("text", "well", 17.1, 14.6),
    ("text", "chrome", 14.2, 13.9),
    ("text2", "well", 7.6, 8.7),
    ("text2", "selection", 6.1, 5.8),
    ("text3", "well", 6.1, 6.8),
    ("text3", "chrome", 5.0, 6.5),
    ("text3", "selection", 4.8, 4.6),
    ("accent", "well", 7.1, 7.4),
    ("accent_text", "well", 7.1, 8.9),
    ("primary_text", "primary", 15.2, 14.6),
    ("ok", "ok_bg", 5.1, 6.6),
    ("warn", "warn_bg", 5.6, 6.9),
    ("error", "error_bg", 5.5, 6.3),
]


@pytest.mark.parametrize(("ink", "ground", "light", "dark"), TEXT)
def test_text_reaches_the_stated_contrast(ink: str, ground: str, light: float, dark: float) -> None:
    for theme, stated in ((tokens.LIGHT, light), (tokens.DARK, dark)):
        found = tokens.contrast(tokens.COLOURS[ink][theme], tokens.COLOURS[ground][theme])
        assert found == pytest.approx(stated, abs=0.06)


@pytest.mark.parametrize("ink", ["text", "text2", "text3", "accent_text", "ok", "warn", "error"])
@pytest.mark.parametrize("ground", ["well", "panel", "chrome", "raised"])
@pytest.mark.parametrize("theme", [tokens.LIGHT, tokens.DARK])
def test_text_is_readable_on_every_ground(ink: str, ground: str, theme: int) -> None:
    assert tokens.contrast(tokens.COLOURS[ink][theme], tokens.COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("look", tokens.CLASSES)
def test_class_letters_and_strokes_are_readable(look: tuple[str, str, str, str]) -> None:
    fill, ink, stroke, _shape = look
    assert tokens.contrast(ink, fill) >= 4.6
    assert tokens.contrast(stroke, tokens.COLOURS["well"][tokens.LIGHT]) >= 3
    assert tokens.contrast(fill, tokens.COLOURS["well"][tokens.DARK]) >= 3


def test_class_looks_differ_in_colour_and_shape() -> None:
    assert len({fill for fill, *_rest in tokens.CLASSES}) == len({shape for *_rest, shape in tokens.CLASSES}) == 10


@pytest.mark.parametrize(
    ("names", "letters"),
    [
        (["0", "1", "2", "3"], ["0", "1", "2", "3"]),
        (["Seizure", "LPD", "GPD", "LRDA", "GRDA", "Other"], ["S", "L", "G", "R", "D", "O"]),
        (["red blood cell", "ring", "trophozoite", "schizont"], ["R", "N", "T", "S"]),
        (["a", "A", "aa"], ["A", "B", "C"]),
        (["15 Young Healthy", "22 Elderly Healthy", "3D", "40 5", "6-ill"], ["Y", "E", "3", "4", "6"]),
        ([], []),
    ],
)
def test_letters_are_proposed_from_the_names(names: list[str], letters: list[str]) -> None:
    assert tokens.propose_letters(names) == letters


@given(st.lists(st.text(max_size=6), max_size=60))
def test_letters_are_unique_for_any_names(names: list[str]) -> None:
    letters = tokens.propose_letters(names)
    assert len(set(letters)) == len(names)
    assert all(letters)


def test_keys_are_digits_of_the_names_or_places() -> None:
    assert [tokens.key_of(i, ["0", "1"]) for i in range(2)] == ["0", "1"]
    names = [f"class {i}" for i in range(11)]
    assert [tokens.key_of(i, names) for i in range(11)] == [*"123456789", "", ""]


def test_keys_of_all_classes_in_few_words() -> None:
    asked = (("ill", "well"), ("0", "1"), ("0", "2", "5"), ("ill",), (), [f"class {place}" for place in range(11)])
    assert [tokens.keys_of(names) for names in asked] == ["1–2", "0–1", "0, 2, 5", "1", "", "1–9"]


def test_luminance_of_the_ends() -> None:
    assert tokens.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert all(tokens.contrast(one, one) == 1 for one in itertools.chain(*tokens.COLOURS.values()))
