"""What trainings over given splits said, kept by fold and side, and where they erred by the labels of now."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.learn.given import Answered
from models.orders.answers import keep_answers, misjudged
from models.recipe import Given

#: Six samples of three groups, the class of each, and None for one that lost its label.
IDS = ["a1", "a2", "b1", "b2", "c1", "c2"]
GROUPS = np.array(["a", "a", "b", "b", "c", "c"], object)
CLASSES = ("well", "ill")


class Columns:
    """In place of samples."""

    def ids(self) -> list[str]:
        return IDS

    def column(self, name: str) -> np.ndarray:
        return {"group": GROUPS}[name]


def answered(fold: int, test: list[float], val: list[float]) -> Answered:
    """Of fold 0 the groups a and b are judged and c validates; of fold 1 the other way round. p: of being ill."""
    sides = [np.arange(4), np.arange(4, 6)]
    given = Given("set", fold, np.empty(0, np.int64), sides[1 - fold], sides[fold])

    def shares(p: list[float]) -> np.ndarray:
        return np.array([[1 - one, one] for one in p], np.float32)

    return Answered(given, shares(val), shares(test))


def wrong(
    tmp_path: Path, labels: list[str | None], fold: int, level: str, cut: float | None = 0.5, positive: Any = "ill"
) -> list[str]:
    """The samples that a fold misjudged by these labels."""
    answers = [answered(0, [0.9, 0.2, 0.6, 0.1], [0.9, 0.9]), answered(1, [0.4, 0.8], [0.1] * 4)]
    keep_answers(tmp_path, Columns(), {"set": answers}, CLASSES)  # type: ignore[arg-type]
    folds = [{"fold": one, "threshold": {"sample": cut, "group": cut}} for one in (0, 1)]
    metrics = {"given": {"sets": {"set": {"folds": folds}}, "positive": positive}}
    record: Any = SimpleNamespace(record={"metrics": metrics}, path=tmp_path, title="run 1")
    journal: Any = SimpleNamespace(labels=lambda: np.array(labels, object))
    found = misjudged(record, Columns(), journal, "set", fold, level)  # type: ignore[arg-type]
    return [IDS[row] for row in found.tolist()]


ILL_B: list[str | None] = ["ill", "ill", "well", "well", "ill", "well"]


def test_only_the_test_rows_of_a_fold_count_and_only_the_labelled_ones(tmp_path: Path) -> None:
    assert wrong(tmp_path, ILL_B, 0, "sample") == ["a2", "b1"]
    assert wrong(tmp_path, ILL_B, 1, "sample") == ["c1", "c2"], "what validated in fold 0 is judged in fold 1"
    assert wrong(tmp_path, ["ill", None, "well", "well", None, None], 0, "sample") == ["b1"]
    assert wrong(tmp_path, [None] * 6, 0, "sample") == []


def test_the_threshold_of_the_fold_decides_of_two_classes_and_the_greatest_share_of_more(tmp_path: Path) -> None:
    assert wrong(tmp_path, ILL_B, 0, "sample", cut=0.15) == ["b1"], "p = .2 is ill from .15 on"
    assert wrong(tmp_path, ILL_B, 0, "sample", cut=0.95) == ["a1", "a2"]
    assert wrong(tmp_path, ILL_B, 0, "sample", cut=0.15, positive=None) == ["a2", "b1"]


def test_a_group_is_misjudged_as_a_whole_by_its_mean_log_odds(tmp_path: Path) -> None:
    """Of a the odds are 9 and 1/4, so it is ill; of b 3/2 and 1/9, so it is well."""
    assert wrong(tmp_path, ILL_B, 0, "group") == []
    assert wrong(tmp_path, ["well", "well", "ill", "ill", None, None], 0, "group") == ["a1", "a2", "b1", "b2"]


def test_a_group_of_as_many_of_both_classes_counts_as_the_first_one_as_in_the_score(tmp_path: Path) -> None:
    torn: list[str | None] = ["ill", "well", "well", "ill", None, None]
    assert wrong(tmp_path, torn, 0, "group") == ["a1", "a2"], "well stands before ill among the classes of the run"


def test_a_class_that_the_run_does_not_know_is_always_misjudged(tmp_path: Path) -> None:
    assert wrong(tmp_path, ["new", "ill", "well", "well", None, None], 0, "sample") == ["a1", "a2", "b1"]


def test_a_run_that_kept_no_answers_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"did not keep what set, fold 7 said\. Train it again"):
        wrong(tmp_path, ILL_B, 7, "sample")
