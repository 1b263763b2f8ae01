"""Parameters as flags, SAMPLE=CLASS, answers as text."""

from __future__ import annotations

import pytest

from app.cli.flags import take_flags
from app.cli.labels import split_pair
from app.cli.run import text_of

KNOWN = {"--recipe": True, "--json": False, "--set": True}


@pytest.mark.parametrize(
    ("args", "flags", "rest"),
    [
        (["p", "--epochs", "50"], {"epochs": "50"}, ["p"]),
        (["p", "--epochs=50", "--json"], {"epochs": "50"}, ["p", "--json"]),
        (["p", "--layers", "1,2,5", "--recipe", "mlp"], {"layers": "1,2,5"}, ["p", "--recipe", "mlp"]),
        (["p", "--layers", "1", "2", "5"], {"layers": "1,2,5"}, ["p"]),
        (["--epochs", "50", "p"], {"epochs": "50"}, ["p"]),
        (["p", "--shift", "-3"], {"shift": "-3"}, ["p"]),
        (["p", "--calibrate"], {"calibrate": "yes"}, ["p"]),
        (["p", "--columns", "!a", "--columns", "!b", "c"], {"columns": "!a,!b,c"}, ["p"]),
        (["p", "--set", "--odd"], {}, ["p", "--set", "--odd"]),
    ],
)
def test_unknown_flags_are_kept(args: list[str], flags: dict[str, str], rest: list[str]) -> None:
    assert take_flags(args, KNOWN) == (flags, rest)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("file.h5#1/2=3", ("file.h5#1/2", "3")),
        ("beta=0.4.h5#1=3", ("beta=0.4.h5#1", "3")),
        ("a=b=c=d", ("a=b", "c=d")),
        ("a=b=x", ("a=b", "x")),
        ("a=", ("a", "")),
    ],
)
def test_pair_splits_at_a_known_class(text: str, pair: tuple[str, str]) -> None:
    assert split_pair(text, ("3", "c=d")) == pair


def test_whole_numbers_are_written_out() -> None:
    told = {"length": 48160.0, "range": [1170.0, 12000.0], "loss": 1.05678, "none": float("inf")}
    assert text_of(told) == ["length: 48160", "range: 1170, 12000", "loss: 1.057", "none: inf"]


def test_a_list_that_would_fill_a_page_is_told_by_its_begin() -> None:
    """Two hundred generated windows come in hundreds of files."""
    files = [f"/data/train_eegs/{number}.parquet" for number in range(300)]
    assert text_of({"files": files}) == [f"files: {', '.join(files[:5])} and 295 more, all of which --json tells"]
    assert text_of({"raters": [f"r{number}" for number in range(124)]})[0].endswith(", r123")


def test_text_of_nested_answers() -> None:
    told = text_of({"a": 1, "b": {"c": None}, "d": [{"e": 1.23456, "f": "x"}], "g": []})
    assert told == ["a: 1", "b:", "  c: –", "d:", "  e      f", "  1.235  x", "g: none"]
