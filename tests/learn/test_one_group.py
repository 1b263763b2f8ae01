"""A score that rests on one group alone: it is told in words, and nothing pretends to bound it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.learn.card import _score
from models.learn.divergence import score_votes
from models.learn.metadata import confound_words
from models.learn.metrics import score
from models.learn.words import is_lone, is_unbounded, lone_words, tell_few
from models.orders.report import _scores


def judged(patients: int, perfect: bool = True) -> dict[str, Any]:
    """Twelve windows of three classes in so many patients."""
    truth = np.tile(np.arange(3), 4)
    said = truth if perfect else (truth + (np.arange(12) == 5)) % 3
    p = np.eye(3)[said] * 0.9 + 0.1 / 3
    by = {"rate": np.repeat([100, 200], 6)}
    return score(truth, p, np.arange(12) % patients, ("a", "b", "c"), balanced=True, by=by)


def intervals(found: dict[str, Any]) -> list[Any]:
    """Every interval that a score tells."""
    per_class = [one["interval"] for one in found["per_class"].values()]
    slices = [one[key] for one in found["by_rate"] for key in ("interval", "accuracy_interval")]
    return [*found["intervals"].values(), *per_class, *slices, found["balanced"]["interval"]]


@pytest.mark.parametrize("perfect", [True, False])
def test_one_patient_bounds_nothing(perfect: bool) -> None:
    found = judged(1, perfect)
    assert found["balanced_accuracy"] is not None
    assert set(intervals(found)) == {None}
    assert (found["interval_by"], found["interval_units"]) == ("group", 1)
    assert is_lone(found)
    told = "All 12 windows scored are of one patient: how well it does on another cannot be told, so there is no"
    assert lone_words(found, "patient", "window") == f"{told} interval."


def test_several_patients_have_intervals_and_no_such_words() -> None:
    found = judged(4, perfect=False)
    assert found["intervals"]["balanced_accuracy"] is not None
    assert not is_lone(found)
    assert not is_unbounded(found)
    assert lone_words(found, "patient", "window") == ""


def test_a_class_of_one_patient_has_no_interval_beside_those_that_have() -> None:
    truth, said = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 1, 0, 0, 1, 1])
    found = score(truth, np.eye(2)[said], np.array([0, 1, 2, 3, 4, 4]), ("many", "lone"))
    low, high = found["per_class"]["many"]["interval"]
    assert low < 0.75 < high
    assert found["per_class"]["lone"]["interval"] is None
    told = found["intervals"]
    assert [told[name] for name in ("balanced_accuracy", "auc", "macro_f1")] == [None] * 3, (
        "half of them is one patient"
    )
    assert told["accuracy"] is not None


@pytest.mark.parametrize("patients", [2, 3, 40])
def test_who_was_never_wrong_has_a_point_and_no_interval(patients: int) -> None:
    truth = np.tile([0, 1], patients)
    p = np.eye(2)[truth] * np.linspace(0.6, 0.9, len(truth))[:, None]
    found = score(truth, p + (1 - p.sum(axis=1, keepdims=True)) / 2, np.arange(patients).repeat(2), ("a", "b"))
    assert (found["auc"], found["balanced_accuracy"]) == (1.0, 1.0)
    assert [found["intervals"][name] for name in ("auc", "balanced_accuracy", "accuracy")] == [None] * 3
    assert [one["interval"] for one in found["per_class"].values()] == [None] * 2
    assert found["intervals"]["log_loss"] is not None
    assert is_unbounded(found)
    told = tell_few(found, "patient")
    assert ("its balanced accuracy, which has no interval" in told) is (patients < 10)


def test_metadata_that_were_never_wrong_tell_the_classes_apart_without_an_interval() -> None:
    told = {"balanced_accuracy": 1.0, "intervals": {"balanced_accuracy": None}, "chance": {"balanced_accuracy": 0.5}}
    assert "so they tell the classes apart" in confound_words(told)
    assert "no better than chance" in confound_words({**told, "balanced_accuracy": 0.5})
    assert "too few groups" in confound_words({**told, "balanced_accuracy": 0.9}), "neither is shown"


def test_the_divergence_of_one_patient_has_no_interval_either() -> None:
    votes = np.array([[3.0, 1.0], [1.0, 3.0], [4.0, 0.0]])
    found = score_votes(votes, np.full((3, 2), 0.5), np.zeros(3, np.int64))
    assert found["kl"] is not None
    assert found["interval"] is None
    assert set(found["raters"]["kl"]["intervals"].values()) == {None}
    assert score_votes(votes, np.full((3, 2), 0.5), np.arange(3))["interval"] is not None


def test_card_and_report_say_it() -> None:
    lone, several = judged(1), judged(4, perfect=False)
    words = lone_words(lone)
    assert words in _score("Test", lone)
    assert words in _scores(lone)
    assert "[1.00" not in _score("Test", lone)
    assert "cannot be told" not in _score("Test", several) + _scores(several)
