"""The command line that a training is copied as: what was asked for, and nothing that is as it would be anyway."""

from __future__ import annotations

import shlex
from typing import Any

from app.pages.train_asked import command_line

#: The arguments of the order for a training in which nothing was changed.
USUAL: dict[str, Any] = {
    "project": "/data/my voices", "recipe": "late_fusion", "where": "", "split": "", "split_by": "", "folds": 0,
    "cluster": "", "seed": 0, "device": "auto",
}  # fmt: skip
BEGIN = ["winnow", "train", "/data/my voices", "--recipe", "late_fusion", "--seed", "0"]


def words(given: dict[str, Any], differing: dict[str, tuple[str, str]], preset: dict[str, Any]) -> list[str]:
    return shlex.split(command_line(USUAL | given, differing, preset))


def test_what_is_as_usual_is_not_told() -> None:
    assert words({}, {}, {}) == BEGIN


def test_all_that_was_asked_for_is_told() -> None:
    given = {
        "where": "quality ~ \"it's\"", "split": "good.csv", "split_by": "speaker", "cluster": "local:2", "folds": 5,
        "device": "cpu", "seed": 7,
    }  # fmt: skip
    told = words(given, {"layers": ("1, 2, 5", "1"), "folds": ("5", "0")}, {"layers": (1,), "epochs": 20})
    assert told[:7] == [*BEGIN[:6], "7"]
    pairs = list(zip(told[7::2], told[8::2], strict=True))
    assert pairs == [
        ("--set", "layers=1,2,5"), ("--where", given["where"]), ("--split", "good.csv"), ("--split-by", "speaker"),
        ("--cluster", "local:2"), ("--folds", "5"), ("--device", "cpu"), ("--set", "epochs=20"),
    ]  # fmt: skip
