"""Scores of trainings whose splits came with the data: thresholds from validation, undefined figures, fusion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from models.learn.given import (
    Answered,
    Truth,
    choose_threshold,
    fuse_sets,
    summarise,
    tell,
    tell_fusion,
    weigh_rules,
)
from models.learn.metrics import mean_auc
from models.recipe import Given

#: 40 patients of two recordings each, every second one ill; ten folds of four test patients, the next four validate.
GROUPS = np.repeat(np.arange(40), 2)
CODES = (GROUPS % 2).astype(np.int64)
TRUTH = Truth(CODES, GROUPS, 2, 1)


def said(strength: float, seed: int) -> npt.NDArray[np.float32]:
    """Probabilities of all recordings by a model that hears so much of the illness."""
    score = np.random.default_rng(seed).normal(size=len(CODES)) + strength * (2 * CODES - 1)
    p = 1 / (1 + np.exp(-score))
    return np.stack([1 - p, p], axis=1).astype(np.float32)


def folds(name: str, p: npt.NDArray[np.float32]) -> list[Answered]:
    found = []
    for fold in range(10):
        test = np.flatnonzero(fold == GROUPS // 4)
        val = np.flatnonzero((fold + 1) % 10 == GROUPS // 4)
        train = np.setdiff1d(np.arange(len(GROUPS)), [*test, *val])
        found.append(Answered(Given(name, fold, train, val, test), p[val], p[test]))
    return found


@drawn(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_no_other_threshold_is_better_on_validation(rows: list[tuple[float, bool]]) -> None:
    p, truth = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    cut = choose_threshold(p, truth)
    if truth.all() or not truth.any():
        assert cut == 0.5
        return

    def score(at: float) -> float:
        return float((p[truth] >= at).mean() + (p[~truth] < at).mean())

    known = np.unique(p)
    assert score(cut) >= max(score(float(at)) for at in [0.5, *(known[1:] + known[:-1]) / 2]) - 1e-9


def test_the_threshold_never_looks_at_what_is_judged() -> None:
    p = said(1.0, 0)
    one = folds("a", p)[0]
    other = Answered(one.given, one.val, 1 - one.test)
    assert tell(one, TRUTH, "group")[1] == tell(other, TRUTH, "group")[1]


def test_of_thresholds_that_are_as_good_the_one_nearest_a_half_is_taken() -> None:
    assert choose_threshold([0.1, 0.2, 0.6, 0.9], [False, False, True, True]) == 0.5
    assert choose_threshold([0.6, 0.7, 0.8, 0.9], [False, True, False, True]) == pytest.approx(0.65)
    assert choose_threshold([0.1, 0.2, 0.3, 0.4], [False, True, False, True]) == pytest.approx(0.35)


def test_one_fold_has_no_deviation() -> None:
    told = summarise(folds("a", said(0.4, 1))[:1], TRUTH)
    assert told["mean"]["sample"]["auc"] is not None
    assert set(told["sd"]["sample"].values()) == {None}


def test_a_summary_has_folds_mean_deviation_and_what_is_pooled() -> None:
    p = said(0.4, 1)
    told = summarise(folds("a", p), TRUTH)
    assert [fold["fold"] for fold in told["folds"]] == list(range(10))
    values = [fold["sample"]["auc"] for fold in told["folds"]]
    assert told["mean"]["sample"]["auc"] == pytest.approx(np.mean(values))
    assert told["sd"]["sample"]["auc"] == pytest.approx(np.std(values, ddof=1))
    assert told["pooled"]["sample"]["n"] == 80
    assert told["pooled"]["group"]["n"] == 40
    assert told["pooled"]["sample"]["auc"] == pytest.approx(mean_auc(CODES, p))
    low, high = told["intervals"]["group"]["auc"]
    assert low < told["pooled"]["group"]["auc"] < high


def test_what_one_class_leaves_undefined_is_null_there_and_pooled() -> None:
    codes = CODES.copy()
    codes[GROUPS < 4] = 1
    told = summarise(folds("a", said(1.0, 2)), Truth(codes, GROUPS, 2, 1))
    first = told["folds"][0]["group"]
    assert (first["auc"], first["balanced_accuracy"], first["specificity"]) == (None, None, None)
    assert first["accuracy"] is not None
    assert first["sensitivity"] == first["accuracy"]
    assert first["f1"] is not None, "all that is positive there can be found or missed"
    assert told["counted"]["group"] == {
        **dict.fromkeys(("accuracy", "f1", "sensitivity"), 10), "auc": 9, "balanced_accuracy": 9, "specificity": 9,
    }  # fmt: skip
    defined = [fold["group"]["auc"] for fold in told["folds"][1:]]
    assert told["mean"]["group"]["auc"] == pytest.approx(np.mean(defined))
    assert told["pooled"]["group"]["n"] == 40
    assert [fold["group"]["positives"] for fold in told["folds"][:2]] == [4, 2]
    assert [told["folds"][0][level]["n"] for level in ("sample", "group")] == [8, 4]
    assert told["folds"][1]["sample"]["positives"] == 4
    assert told["folds"][9]["threshold"]["group"] == 0.5, "its validation patients are of one class"


def test_a_fold_without_the_positive_class_has_no_sensitivity_and_no_f1() -> None:
    codes = CODES.copy()
    codes[GROUPS < 8] = 0
    told = summarise(folds("a", said(1.0, 2)), Truth(codes, GROUPS, 2, 1))
    for fold in told["folds"][:2]:
        for level in ("sample", "group"):
            assert [fold[level][name] for name in ("f1", "sensitivity", "auc", "balanced_accuracy")] == [None] * 4
            assert fold[level]["specificity"] == fold[level]["accuracy"]
    for name in ("f1", "sensitivity", "auc"):
        values = [fold["group"][name] for fold in told["folds"][2:]]
        assert told["mean"]["group"][name] == pytest.approx(np.mean(values))
        assert told["sd"]["group"][name] == pytest.approx(np.std(values, ddof=1))
        assert told["counted"]["group"][name] == 8
        assert told["pooled"]["group"][name] is not None
    pooled = told["pooled"]["group"]
    assert pooled["n"] == 40, "the negatives of such folds count among all"
    assert told["counted"]["group"]["specificity"] == 10


def test_of_three_classes_one_alone_in_a_fold_has_no_f1() -> None:
    codes = np.where(GROUPS < 4, 2, GROUPS % 3)
    told = summarise(folds("a", (np.eye(3)[codes] * 0.8 + 0.1).astype(np.float32)), Truth(codes, GROUPS, 3, None))
    assert told["folds"][0]["group"]["f1"] is None
    assert told["folds"][1]["group"]["f1"] == 1
    assert (told["counted"]["group"]["f1"], told["counted"]["group"]["sensitivity"]) == (9, 0)


def test_unlabelled_and_unread_rows_are_passed_over() -> None:
    codes, p = CODES.copy(), said(1.0, 3)
    codes[GROUPS == 5] = -1
    p[GROUPS == 7] = np.nan
    told = summarise(folds("a", p), Truth(codes, GROUPS, 2, 1))
    assert told["pooled"]["group"]["n"] == 38
    empty = summarise([], TRUTH)
    assert (empty["folds"], empty["mean"]["group"]["auc"], empty["pooled"]["group"]["n"]) == ([], None, 0)


def test_of_three_classes_there_is_no_threshold() -> None:
    codes = GROUPS % 3
    p = np.eye(3, dtype=np.float32)[codes] * 0.8 + 0.1
    told = summarise(folds("a", p), Truth(codes, GROUPS, 3, None))
    assert told["pooled"]["group"]["accuracy"] == 1
    assert told["pooled"]["group"]["auc"] == 1
    assert told["pooled"]["group"]["sensitivity"] is None
    assert told["folds"][0]["threshold"] == {"sample": None, "group": None}


def test_sets_are_joined_by_fold_and_weighed_against_the_best_single_one() -> None:
    sets = {
        f"subdb{seed}": folds(f"subdb{seed}", said(strength, seed)) for seed, strength in ((1, 0.3), (2, 0.9), (3, 0.6))
    }
    joined = fuse_sets(sets, TRUTH, "mean")
    expected = (sets["subdb1"][4].test.astype(float) + sets["subdb2"][4].test + sets["subdb3"][4].test) / 3
    np.testing.assert_allclose(joined.answers[4].test, expected, atol=1e-6)
    told = weigh_rules(sets, TRUTH)
    assert told["best"] == "subdb2"
    assert set(told["rules"]) == {"mean", "weighted", "stacking"}
    gap = told["rules"]["mean"]["auc"] - told["single"]
    assert told["against"]["mean"]["difference"] == pytest.approx(gap)
    low, high = told["against"]["mean"]["interval"]
    assert low <= gap <= high


def flipped(answers: list[Answered]) -> list[Answered]:
    """The same word on validation, the opposite one on what is judged."""
    return [Answered(one.given, one.val, 1 - one.test) for one in answers]


@pytest.mark.parametrize("rule", ["weighted", "stacking"])
def test_what_joins_sets_never_looks_at_what_is_judged(rule: str) -> None:
    sets = {"a": folds("a", said(0.9, 1)), "b": folds("b", said(0.2, 2))}
    one, other = (
        fuse_sets(told, TRUTH, rule).fusions for told in (sets, {"a": flipped(sets["a"]), "b": flipped(sets["b"])})
    )
    assert [fusion.weights for fusion in one] == [fusion.weights for fusion in other]
    assert [fusion.note for fusion in one] == [fusion.note for fusion in other]


def test_the_best_single_set_is_chosen_on_validation() -> None:
    told = weigh_rules({"a": flipped(folds("a", said(1.5, 1))), "b": folds("b", said(0.3, 2))}, TRUTH)
    assert told["best"] == "a"
    assert told["single"] < 0.5


def test_sets_that_tell_of_other_rows_are_joined_where_they_meet() -> None:
    p = said(1.0, 5)
    whole, part = folds("a", p)[:1], folds("b", p)[:1]
    given = part[0].given
    order = np.arange(len(given.test))[::-1][2:]
    part = [Answered(Given("b", 0, given.train, given.val, given.test[order]), part[0].val, part[0].test[order])]
    joined = fuse_sets({"a": whole, "b": part}, TRUTH, "mean").answers[0]
    np.testing.assert_array_equal(joined.given.test, np.sort(given.test[order]))
    np.testing.assert_allclose(joined.test, p[joined.given.test], atol=1e-6)


def test_what_a_set_does_not_say_of_a_validation_row_teaches_no_weights() -> None:
    sets = {"a": folds("a", said(0.0, 7)), "b": folds("b", said(0.2, 3))}
    silent, without = {name: list(answers) for name, answers in sets.items()}, dict(sets)
    one = sets["a"][0]
    gone = np.where(np.arange(len(one.val)) == 3, np.nan, 1.0)[:, None]
    silent["a"][0] = Answered(one.given, (one.val * gone).astype(np.float32), one.test)
    rest = np.delete(np.arange(len(one.val)), 3)
    shorter = Given("a", 0, one.given.train, one.given.val[rest], one.given.test)
    without["a"] = [Answered(shorter, one.val[rest], one.test), *sets["a"][1:]]
    found, expected = (fuse_sets(told, TRUTH, "weighted").fusions[0].weights for told in (silent, without))
    assert found == pytest.approx(expected)
    assert found != pytest.approx(fuse_sets(sets, TRUTH, "weighted").fusions[0].weights)


def test_of_sets_that_are_as_good_the_surer_one_is_taken_and_else_the_first() -> None:
    right = np.eye(2, dtype=np.float32)[CODES]

    def sure(name: str, share: float) -> list[Answered]:
        return folds(name, (share * right + (1 - share) * (1 - right)).astype(np.float32))

    told = weigh_rules({"unsure": sure("unsure", 0.7), "sure": sure("sure", 0.9)}, TRUTH)
    assert set(told["by_fold"]["sets"].values()) == {"sure"}
    told = weigh_rules({"first": sure("first", 0.9), "second": sure("second", 0.9)}, TRUTH)
    assert set(told["by_fold"]["sets"].values()) == {"first"}
    assert told["best"] == "first"


def three() -> dict[str, list[Answered]]:
    return {f"subdb{seed}": folds(f"subdb{seed}", said(0.3 * seed, seed)) for seed in (1, 2, 3)}


def test_the_best_set_is_chosen_without_a_look_at_what_is_judged() -> None:
    sets = three()
    spoilt = {name: [Answered(one.given, one.val, 1 - one.test) for one in answers] for name, answers in sets.items()}
    told, other = weigh_rules(sets, TRUTH), weigh_rules(spoilt, TRUTH)
    assert told["single"] != other["single"]
    assert (told["best"], told["by_fold"]["sets"]) == (other["best"], other["by_fold"]["sets"])


def test_the_choice_of_a_fold_knows_its_own_validation_rows_alone() -> None:
    sets = three()
    told = weigh_rules(sets, TRUTH)["by_fold"]
    changed = {name: [one if one.given.fold == 4 else Answered(one.given, 1 - one.val, one.test) for one in answers]
               for name, answers in sets.items()}  # fmt: skip
    again = weigh_rules(changed, TRUTH)["by_fold"]
    assert again["sets"][4] == told["sets"][4]
    assert again["sets"] != told["sets"]
    assert told["interval"][0] < told["auc"] < told["interval"][1]


def test_fusion_and_the_best_set_are_told_in_words() -> None:
    told = weigh_rules(three(), TRUTH)
    words = tell_fusion(told, "mean", "speaker")
    assert f"of {told['best']}, which is best on validation" in words
    assert "over 40 speakers" in words
    gap = {"difference": 0.1, "interval": [0.02, 0.2]}
    better = {**told, "against": {"mean": gap}}
    assert tell_fusion(better, "mean").endswith("+.10 [.02, .20] over 40 groups, fusion is better.")
    worse = {**told, "against": {"mean": {"difference": -0.1, "interval": [-0.2, -0.02]}}}
    assert tell_fusion(worse, "mean").endswith("fusion is worse.")
    zero = {**told, "against": {"mean": {"difference": 0.0, "interval": [-0.1, 0.1]}}}
    assert tell_fusion(zero, "mean").endswith("nothing is proven.")
    edge = {**told, "against": {"mean": {"difference": 0.1, "interval": [0.0, 0.2]}}}
    assert tell_fusion(edge, "mean").endswith("nothing is proven.")
    one_class = weigh_rules(three(), Truth(np.ones_like(CODES), GROUPS, 2, 1))
    assert "only one class is judged" in tell_fusion(one_class, "mean")


def test_sets_that_say_the_same_differ_by_nothing_and_without_an_interval() -> None:
    same = {name: folds(name, said(0.3, 1)) for name in ("subdb1", "subdb2")}
    told = weigh_rules(same, TRUTH)
    assert told["against"]["mean"] == {"difference": 0.0, "interval": None}
    assert tell_fusion(told, "mean").endswith(": .00 over 40 groups, nothing is proven.")


def test_a_perfect_pooled_score_has_no_interval_nor_one_that_rests_on_one_patient() -> None:
    codes = np.array([0, 0, 1, 1, 1, 1])
    p = np.eye(2, dtype=np.float32)[codes] * 0.8 + 0.1
    empty = np.empty(0, np.int64)
    for groups, wrong in ((np.array([0, 1, 2, 3, 4, 5]), 0), (np.array([0, 0, 2, 3, 4, 5]), 1)):
        said = p.copy()
        said[5] = p[0] if wrong else p[5]
        answered = Answered(Given("a", 0, empty, empty, np.arange(6)), np.empty((0, 2), np.float32), said)
        told = summarise([answered], Truth(codes, groups, 2, 1))
        assert told["pooled"]["group"]["auc"] is not None
        assert told["intervals"]["group"] == {"auc": None, "balanced_accuracy": None}
