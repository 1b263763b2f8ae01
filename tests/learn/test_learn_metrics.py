"""Metrics against scikit-learn, intervals against simulation, and what is undefined."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as peer

from models.errors import UserError
from models.learn.metrics import ORDINAL, PLAIN, rank_auc, score
from models.learn.reliability import calibration_error, reliability
from models.learn.thresholds import precision_recall, roc


def random_case(seed: int, n: int = 200, k: int = 4, skill: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(k), rng.choice(k, n - k, p=rng.dirichlet(np.full(k, 3)))])
    logits = rng.normal(size=(n, k)) + skill * np.eye(k)[truth]
    powers = np.exp(logits)
    return truth, powers / powers.sum(axis=1, keepdims=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_figures_are_those_of_scikit_learn(seed: int, k: int) -> None:
    truth, p = random_case(seed, 150, k)
    guess = p.argmax(axis=1)
    found = score(truth, p, ordinal=True, draws=20)
    assert found["accuracy"] == pytest.approx(peer.accuracy_score(truth, guess))
    assert found["balanced_accuracy"] == pytest.approx(peer.balanced_accuracy_score(truth, guess))
    assert found["macro_f1"] == pytest.approx(peer.f1_score(truth, guess, average="macro", zero_division=0))
    auc = peer.roc_auc_score(truth, p[:, 1] if k == 2 else p, multi_class="ovr")
    assert found["auc"] == pytest.approx(auc)
    assert found["log_loss"] == pytest.approx(peer.log_loss(truth, p))
    assert found["mae"] == pytest.approx(peer.mean_absolute_error(truth, guess))
    assert found["quadratic_kappa"] == pytest.approx(peer.cohen_kappa_score(truth, guess, weights="quadratic"))
    assert found["within_one"] == pytest.approx((abs(truth - guess) <= 1).mean())
    assert found["confusion"] == peer.confusion_matrix(truth, guess).tolist()
    table = peer.precision_recall_fscore_support(truth, guess, zero_division=np.nan)
    for code, one in enumerate(found["per_class"].values()):
        for name, column in zip(("precision", "recall", "n"), (table[0], table[1], table[3]), strict=True):
            wanted = None if np.isnan(column[code]) else pytest.approx(column[code])
            assert one[name] == wanted


def test_tied_values_count_half_in_the_auc() -> None:
    rng = np.random.default_rng(0)
    positive, values = rng.random(300) < 0.3, rng.integers(0, 6, 300).astype(float)
    assert rank_auc(positive, values) == pytest.approx(peer.roc_auc_score(positive, values))


def test_curves_are_those_of_scikit_learn() -> None:
    truth, p = random_case(4, 300, 3)
    false, hits, _ = roc(truth, p, 1, points=10_000)
    assert peer.auc(false, hits) == pytest.approx(peer.roc_auc_score(truth == 1, p[:, 1]))
    recall, precision, _ = precision_recall(truth, p, 1, points=10_000)
    steps = np.diff(np.concatenate([[0], recall]))
    assert (steps * precision).sum() == pytest.approx(peer.average_precision_score(truth == 1, p[:, 1]))
    assert len(roc(truth, p, 1, points=50)[0]) <= 50
    assert [len(part) for part in (*roc(truth[truth > 1], p[truth > 1], 1), *precision_recall([0], p[:1], 1))] == [
        0
    ] * 6


def test_calibration_error_by_hand_and_its_diagram() -> None:
    truth, p = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.1, 0.9], [0.62, 0.38]])
    assert calibration_error(truth, p) == pytest.approx((2 * 0.1 + abs(1 - 1.22)) / 4)
    bins = reliability(truth, p)
    assert [one["n"] for one in bins] == [2, 2]
    assert bins[0]["accuracy"] == 0.5
    assert reliability([-1], p[:1]) == []


def test_chance_lines_are_what_blind_guesses_reach() -> None:
    truth = np.repeat([0, 1, 2], [60, 30, 10])
    blind = np.zeros(100, int)
    chance = score(truth, random_case(0, 100, 3)[1], ordinal=True, draws=10)["chance"]
    assert chance["accuracy"] == pytest.approx(0.6)
    assert chance["balanced_accuracy"] == pytest.approx(1 / 3)
    assert chance["macro_f1"] == pytest.approx(peer.f1_score(truth, blind, average="macro"))
    assert chance["log_loss"] == pytest.approx(peer.log_loss(truth, np.tile([0.6, 0.3, 0.1], (100, 1))))
    assert (chance["auc"], chance["quadratic_kappa"]) == (0.5, 0.0)
    assert chance["mae"] == pytest.approx(min(abs(truth - answer).mean() for answer in range(3)))
    assert chance["within_one"] == pytest.approx(1.0)


def test_permuted_labels_score_at_chance_within_the_interval() -> None:
    truth, p = random_case(3, 4000, 3)
    found = score(np.random.default_rng(0).permutation(truth), p, ordinal=True)
    for name in ("balanced_accuracy", "auc", "quadratic_kappa"):
        low, high = found["intervals"][name]
        assert low - 0.01 <= found["chance"][name] <= high + 0.01


@pytest.mark.parametrize("classes", [("a", "b", "c"), ("a", "b")])
def test_no_samples_give_none_everywhere(classes: tuple[str, ...]) -> None:
    empty = np.zeros((0, len(classes)))
    found = score([], empty, [], classes, ordinal=True, balanced=True, by={"site": []})
    assert found["n"] == 0
    assert all(found[name] is None for name in PLAIN + ORDINAL)
    assert set(found["intervals"].values()) == set(found["chance"].values()) == {None}
    assert found["balanced"]["accuracy"] is None
    json.dumps(found, allow_nan=False)


def test_one_class_leaves_what_compares_classes_undefined() -> None:
    _, p = random_case(1, 50, 3)
    found = score(np.zeros(50, int), p, ordinal=True, balanced=True)
    undefined = ("balanced_accuracy", "macro_f1", "auc", "quadratic_kappa")
    assert all(found[name] is None and found["intervals"][name] is None for name in undefined)
    assert found["accuracy"] is not None
    assert found["balanced"] == {
        "n": 0, "repeats": 0, "accuracy": None, "balanced_accuracy": None, "macro_f1": None, "mae": None,
        "within_one": None, "quadratic_kappa": None, "confusion": None, "interval": None, "chance": None,
    }  # fmt: skip
    assert found["per_class"]["1"] == {
        "n": 0, "precision": 0.0, "recall": None, "f1": 0.0, "auc": None, "interval": None,
    }  # fmt: skip
    json.dumps(found, allow_nan=False)


def test_keys_are_those_of_the_contract() -> None:
    truth, p = random_case(1)
    found = score(truth, p, np.arange(200) // 10, tuple("abcd"), balanced=True, by={"noise": np.arange(200) % 3 / 100})
    wanted = {"n", *PLAIN, *ORDINAL, "per_class", "confusion", "intervals", "chance", "by_noise", "balanced"}
    assert set(found) == wanted | {"interval_by", "interval_units"}
    assert (found["interval_by"], found["interval_units"]) == ("group", 20)
    assert [one["value"] for one in found["by_noise"]] == [0, 0.01, 0.02]
    assert sum(one["n"] for one in found["by_noise"]) == 200
    assert set(found["by_noise"][0]) >= {"value", "n", "accuracy", "balanced_accuracy", "interval", "chance"}
    assert found["mae"] is None
    json.dumps(found, allow_nan=False)


def test_unlabelled_rows_are_passed_over() -> None:
    truth, p = random_case(2)
    holes = np.where(np.arange(200) % 3 == 0, -1, truth)
    groups, noise = np.arange(200) % 40, np.arange(200) % 2
    kept = holes >= 0
    whole = score(holes, p, groups, by={"noise": noise})
    assert whole == score(holes[kept], p[kept], groups[kept], by={"noise": noise[kept]})


def test_a_column_of_words_of_gaps_and_of_many_numbers() -> None:
    truth, p = random_case(2)
    depth = np.linspace(0, 1, 200)
    depth[:3] = np.nan
    words = np.array(["x", None] * 100, dtype=object)
    found = score(truth, p, by={"depth": depth, "word": words, "flag": np.arange(200) > 50})
    assert [one["n"] for one in found["by_depth"]] == [40, 39, 39, 39, 40, 3]
    assert found["by_depth"][-1]["value"] is None
    assert [one["value"] for one in found["by_word"]] == [None, "x"]
    assert [one["value"] for one in found["by_flag"]] == [False, True]


def test_wrong_probabilities_say_how_many_rows() -> None:
    truth, p = random_case(1)
    p[3, 0], p[7, 1] = np.nan, np.inf
    with pytest.raises(UserError, match="2 of 200 rows of predictions are not numbers"):
        score(truth, p)
    p[3], p[7] = 0, -1
    with pytest.raises(UserError, match="2 of 200 rows of predictions are no probabilities"):
        score(truth, p)
    with pytest.raises(UserError, match="do not fit"):
        score(truth[:5], p)
    with pytest.raises(UserError, match="code 4, but the predictions know 3"):
        score([0, 4], np.full((2, 3), 1 / 3))


def test_the_balanced_figures_are_those_of_down_sampled_rows() -> None:
    truth, p = random_case(8, 900, 3)
    guess = p.argmax(axis=1)
    noise = np.arange(900) % 2
    found = score(truth, p, balanced=True, ordinal=True, by={"noise": noise})["balanced"]
    smallest = np.bincount(truth).min()
    assert found["n"] == 3 * smallest
    assert np.array(found["confusion"]).sum(axis=1).tolist() == [smallest] * 3
    rng, means = np.random.default_rng(0), []
    for _ in range(300):
        rows = np.concatenate([rng.choice(np.flatnonzero(truth == c), smallest, replace=False) for c in range(3)])
        means.append([(truth == guess)[rows].mean(), abs(truth - guess)[rows].mean()])
    assert found["accuracy"] == pytest.approx(np.mean(means, axis=0)[0], abs=0.01)
    assert found["mae"] == pytest.approx(np.mean(means, axis=0)[1], abs=0.02)
    assert found["chance"] == pytest.approx(1 / 3)
    assert found["interval"][0] < found["accuracy"] < found["interval"][1]
    assert [one["n"] for one in found["by_noise"]] == [3 * np.bincount(truth[noise == v]).min() for v in (0, 1)]


def test_intervals_repeat_by_seed() -> None:
    truth, p = random_case(5)
    first, again, other = (score(truth, p, np.arange(200) % 30, seed=seed)["intervals"] for seed in (0, 0, 1))
    assert first == again != other


def grouped_case(rng: np.random.Generator, groups: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows whose chance to be right depends on their group, so that rows of a group are alike."""
    truth, unit = rng.integers(0, 2, groups * size), np.repeat(np.arange(groups), size)
    right = rng.random(groups * size) < rng.beta(6, 3, groups)[unit]
    answer = np.where(right, truth, 1 - truth)
    return truth, np.where(np.arange(2) == answer[:, None], 0.8, 0.2), unit


def test_intervals_by_group_cover_the_truth_and_those_by_sample_do_not() -> None:
    rng, covered, narrow = np.random.default_rng(11), 0, 0
    for _ in range(120):
        truth, p, unit = grouped_case(rng, 40, 25)
        low, high = score(truth, p, unit, draws=200)["intervals"]["accuracy"]
        covered += low <= 6 / 9 <= high
        low, high = score(truth, p, draws=200)["intervals"]["accuracy"]
        narrow += low <= 6 / 9 <= high
    assert covered / 120 >= 0.88
    assert narrow < covered - 15


def test_merged_units_give_the_interval_of_single_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, p, unit = grouped_case(np.random.default_rng(2), 3000, 2)
    widths = []
    for most in (1000, 3000):
        monkeypatch.setattr("models.learn.bootstrap.MOST", most)
        found = score(truth, p, unit)["intervals"]
        widths.append([found[name][1] - found[name][0] for name in ("accuracy", "macro_f1", "log_loss")])
    assert np.allclose(widths[0], widths[1], rtol=0.2)


@pytest.mark.parametrize("name", ["auc", "log_loss", "calibration_error", "macro_f1", "quadratic_kappa"])
def test_an_interval_is_that_of_resampled_rows(name: str) -> None:
    truth, p = random_case(6, 400, 3, 1.0)
    low, high = score(truth, p, ordinal=True, draws=2000)["intervals"][name]
    rng, plain = np.random.default_rng(0), []
    for _ in range(150):
        rows = rng.integers(0, 400, 400)
        plain.append(score(truth[rows], p[rows], ordinal=True, draws=2)[name])
    assert high - low == pytest.approx(4 * np.std(plain), rel=0.35)
    assert low < score(truth, p, ordinal=True, draws=2)[name] < high


def test_the_chance_of_one_class_alone_is_nothing_without_a_sign() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2]])
    assert str(score(np.zeros(2, int), p, draws=10)["chance"]["log_loss"]) == "0.0"
