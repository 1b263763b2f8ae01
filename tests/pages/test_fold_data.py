"""Trainings over given splits as a matrix: scores with reasons where there are none, and states while they run."""

from __future__ import annotations

from typing import Any

import pytest

from app.pages.fold_data import Fanned, fusion_of, judged_words, score_rows
from models.job import Progress
from widgets import numbers
from widgets.charts.fold_matrix import DONE, FAILED, PENDING, RUNNING, SCORED, UNDEFINED, FoldCell, FoldRow

CELLS = [(name, fold) for name in ("subdb1", "subdb2") for fold in (0, 1)]


def states(fanned: Fanned) -> list[str]:
    return [cell.state for row in fanned.rows() for cell in row.cells]


def begun(number: int) -> Progress:
    name, fold = CELLS[number]
    return Progress(number, 4, f"{name}, fold {fold}", {"fold": number + 1, "folds": 4})


def test_one_after_the_other_what_came_before_is_done() -> None:
    fanned = Fanned()
    fanned.know(CELLS)
    assert states(fanned) == [PENDING] * 4
    fanned.take(begun(0))
    fanned.take(Progress(2, 8, "Epoch 2 of 8", {"epoch": 2.0}))
    assert fanned.states["subdb1", 0].part == pytest.approx(0.25)
    fanned.take(begun(1))
    assert states(fanned) == [DONE, RUNNING, PENDING, PENDING]
    assert fanned.words() == "1 of 4 done, 1 running"


def test_where_it_is_not_known_which_there_are_those_before_count_as_done() -> None:
    fanned = Fanned()
    fanned.take(begun(2))
    assert fanned.words() == "2 done, 1 running"
    fanned.take(Progress(9, 8, "Epoch 9 of 8"))
    assert fanned.states["subdb2", 0].part == 1.0, "never more than all of it"


def test_who_goes_on_begins_behind_what_was_finished() -> None:
    fanned = Fanned()
    fanned.know(CELLS)
    fanned.take(Progress(2, 4, "2 of 4 were finished before", log="2 of 4 were finished before"))
    assert fanned.done == 2
    fanned.take(begun(2))
    assert states(fanned) == [DONE, DONE, RUNNING, PENDING]
    fanned.take(Progress(0, 2, "The model of subdb1"))
    assert states(fanned) == [DONE] * 4


def test_of_a_cluster_it_is_known_who_does_what() -> None:
    fanned = Fanned()
    fanned.know(CELLS)
    fanned.take(Progress(0, 4, "subdb2, fold 1", {"fold": 4.0}, "subdb2, fold 1 begun on w1"))
    fanned.take(Progress(0, 4, "subdb1, fold 0", {"fold": 1.0}, "subdb1, fold 0 begun on w2"))
    assert fanned.at == {"w1": ("subdb2", 1), "w2": ("subdb1", 0)}
    words = "0 of 4 done: subdb2, fold 1, epoch 3 of 12; subdb1, fold 0, epoch 1: 32 of 300"
    fanned.take(Progress(0, 4, words))
    assert fanned.states["subdb2", 1].part == pytest.approx(0.25)
    assert states(fanned) == [RUNNING, PENDING, PENDING, RUNNING]
    fanned.take(Progress(1, 4, "1 of 4 done: subdb1, fold 0", log="subdb2, fold 1 done on w1"))
    assert states(fanned) == [RUNNING, PENDING, PENDING, DONE]
    assert fanned.at == {"w2": ("subdb1", 0)}
    fanned.take(Progress(1, 4, "1 of 4 done: subdb2, fold 1, epoch 12 of 12; subdb1, fold 0"))
    assert states(fanned) == [RUNNING, PENDING, PENDING, DONE], "what is told late begins nothing anew"


def test_an_error_marks_the_training_that_it_names() -> None:
    fanned = Fanned()
    fanned.know(CELLS)
    fanned.take(begun(0))
    fanned.fail("subdb2, fold 0: fewer than two classes stand in its training part.")
    assert states(fanned) == [PENDING, PENDING, FAILED, PENDING]
    assert "fewer than two classes" in fanned.states["subdb2", 0].why
    assert not fanned.at


def summary(**first: Any) -> dict[str, Any]:
    figures = {"n": 4, "auc": 0.7, "accuracy": 0.5, "sensitivity": 0.5, "specificity": 0.5, "f1": 0.5}
    lines = [{"fold": 0, "group": figures | first}, {"fold": 2, "group": figures}]
    return {"folds": lines, "mean": {"group": {"auc": 0.7}}, "sd": {"group": {"auc": None}}}


@pytest.mark.parametrize(
    ("score", "figures", "why"),
    [
        ("auc", {"auc": None}, "only one class"),
        ("sensitivity", {"sensitivity": None}, "no PD stands"),
        ("specificity", {"specificity": None}, "only PD stands"),
        ("f1", {"f1": None}, "no PD stands"),
        ("accuracy", {"accuracy": None, "n": 0}, "nothing labelled"),
    ],
)
def test_a_score_that_is_undefined_says_why(score: str, figures: dict[str, Any], why: str) -> None:
    given = {"positive": "PD", "sets": {"subdb1": summary(**figures)}}
    row = score_rows(given, score, "group")[0]
    assert [cell.state for cell in row.cells] == [UNDEFINED, SCORED]
    assert why in row.cells[0].why


def test_an_f1_of_several_classes_lacks_no_class_of_its_own() -> None:
    row = score_rows({"positive": None, "sets": {"subdb1": summary(f1=None)}}, "f1", "group")[0]
    assert row.cells[0].why == "only one class stands in its test"


def test_a_fold_that_a_set_lacks_stands_there_as_not_trained() -> None:
    other = summary()
    other["folds"] = other["folds"][1:]
    given = {"positive": "PD", "sets": {"subdb1": summary(), "subdb2": other}}
    rows = score_rows(given, "auc", "group")
    assert [cell.state for cell in rows[1].cells] == [UNDEFINED, SCORED]
    assert "not trained" in rows[1].cells[0].why
    assert rows[0].mean == pytest.approx(0.7)


def test_fusion_stands_beside_the_best_set_with_its_difference() -> None:
    rules = {"mean": {"auc": 0.75, "interval": [0.6, 0.9]}, "weighted": {"auc": 0.76, "interval": [0.6, 0.9]}}
    beside = {
        "best": "subdb5", "single": 0.7, "single_interval": [0.5, 0.8], "rules": rules,
        "against": {"weighted": {"difference": 0.06, "interval": [0.01, 0.12]}},
    }  # fmt: skip
    told = fusion_of({"rule": "weighted", "sets": {"a": {}, "b": {}}, "beside": beside}, "patient", lambda *f: str(f))
    assert told is not None
    assert [(row[0], row[4]) for row in told.rows] == [
        ("subdb5 alone, best", False), ("mean of 2", False), ("weighted on validation", True),
    ]  # fmt: skip
    assert "less subdb5: (0.06, 0.01, 0.12), paired by patient" in told.words
    assert fusion_of({"rule": "mean", "sets": {"a": {}}}, "patient", str) is None
    beside["against"] = {"mean": {"difference": 0.0, "interval": None}}
    same = fusion_of({"rule": "mean", "sets": {"a": {}, "b": {}}, "beside": beside}, "patient", numbers.difference)
    assert same is not None
    assert same.words == (
        "Mean of 2 less subdb5: .000, paired by patient. No draw of patients changes it, so there is no interval."
    )


def test_how_many_a_fold_is_judged_by_is_told() -> None:
    cells = [FoldCell(SCORED, 1.0, of=count) for count in (2, 3)]
    assert judged_words([FoldRow("a", tuple(cells))], "patient") == "folds of 2–3 patients"
    assert judged_words([FoldRow("a", (cells[0],)), FoldRow("b", (cells[0],))], "patient") == "folds of 2 patients"
    assert judged_words([FoldRow("a", (FoldCell(UNDEFINED),))], "patient") == ""
    given = {"sets": {"a": {"folds": [{"fold": 0, "group": {"n": 2, "auc": 1.0}}], "mean": {}, "sd": {}}}}
    assert score_rows(given, "auc", "group")[0].cells[0].of == 2


def test_sensitivity_is_of_the_positive_ones_alone_and_specificity_of_the_others() -> None:
    first = {"n": 3, "positives": 1, "auc": 1.0, "sensitivity": 1.0, "specificity": 0.5}
    second = {"n": 4, "positives": 2, "auc": 0.5, "sensitivity": 0.5, "specificity": 1.0}
    lines = [{"fold": fold, "group": told} for fold, told in enumerate((first, second))]
    given = {"positive": "PD", "sets": {"a": {"folds": lines, "mean": {}, "sd": {}}}}

    def of(score: str) -> tuple[list[int], str]:
        rows = score_rows(given, score, "group")
        return [cell.of for cell in rows[0].cells], judged_words(rows, "patient", score, "PD")

    assert of("auc") == ([3, 4], "folds of 3–4 patients")
    assert of("sensitivity") == ([1, 2], "folds of 1–2 patients labelled PD")
    assert of("specificity") == ([2, 2], "folds of 2 patients not labelled PD")
    assert score_rows(given, "auc", "group")[0].cells[0].why == "3 judged, 1 of them PD"


def test_a_run_that_kept_no_count_of_positives_tells_none_of_sensitivity() -> None:
    lines = [{"fold": 0, "group": {"n": 3, "auc": 1.0, "sensitivity": 1.0}}]
    given = {"positive": "PD", "sets": {"a": {"folds": lines, "mean": {}, "sd": {}}}}
    rows = score_rows(given, "sensitivity", "group")
    assert (rows[0].cells[0].of, rows[0].cells[0].why) == (0, "3 judged")
    assert judged_words(rows, "patient", "sensitivity", "PD") == ""
