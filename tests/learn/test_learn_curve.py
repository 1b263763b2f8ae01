"""Learning curve, the stopping rule, and the model card."""

from __future__ import annotations

import json
from collections.abc import Generator

import numpy as np
import pytest

from models.errors import UserError
from models.job import Progress
from models.learn.card import write_card
from models.learn.curve import forecast, learning_curve, sample_groups, summarise
from models.learn.metrics import score
from models.learn.split import draw_split
from models.learn.stop import compare_step, stability

RNG = np.random.default_rng(0)
LABELS, GROUPS = np.tile(np.arange(3), 200), np.repeat(np.arange(60), 10)
X = RNG.normal(size=(600, 12)) + np.eye(3)[LABELS] @ RNG.normal(size=(3, 12)) * 0.6
TRAIN, HELD_OUT = np.arange(400), np.arange(400, 600)


def by_centres(rows: np.ndarray, seed: int) -> np.ndarray:
    """Probabilities of the held-out rows by distance to each class mean of the given rows."""
    centres = np.stack([X[rows][LABELS[rows] == code].mean(axis=0) for code in range(3)])
    powers = np.exp(-0.5 * ((X[HELD_OUT][:, None] - centres) ** 2).sum(axis=2))
    return powers / powers.sum(axis=1, keepdims=True)


def in_steps(rows: np.ndarray, seed: int) -> Generator[Progress, None, np.ndarray]:
    yield Progress(1, 1, "one epoch")
    return by_centres(rows, seed)


def run(steps: Generator) -> tuple[list[Progress], list]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


@pytest.mark.parametrize("fit", [by_centres, in_steps])
def test_the_score_grows_with_labels(fit) -> None:
    seen, found = run(learning_curve(fit, LABELS, GROUPS, TRAIN, HELD_OUT, ("a", "b", "c"), shares=(0.05, 0.3, 1)))
    curve = summarise(found)
    assert [point["share"] for point in curve] == [0.05, 0.3, 1]
    assert curve[0]["mean"] < curve[1]["mean"] < curve[2]["mean"]
    assert curve[0]["chance"] == pytest.approx(1 / 3)
    assert curve[2]["rows"] == 400
    assert seen[-1].done == seen[-1].total == 9
    assert seen[-1].values["balanced_accuracy"] == found[-1].metrics["balanced_accuracy"]
    assert any(step.text == "one epoch" for step in seen) == (fit is in_steps)
    json.dumps([point.plain() for point in found], allow_nan=False)


def test_held_out_samples_of_which_nothing_is_said_are_not_scored() -> None:
    def unsaid(rows: np.ndarray, seed: int) -> np.ndarray:
        p = by_centres(rows, seed)
        p[:3] = np.nan
        return p

    _, found = run(learning_curve(unsaid, LABELS, GROUPS, TRAIN, HELD_OUT, ("a", "b", "c"), shares=(1,), repeats=1))
    assert found[0].metrics["n"] == len(HELD_OUT) - 3


def test_shares_are_whole_nested_groups_with_every_class() -> None:
    labels = np.where(GROUPS == 17, 2, GROUPS % 2)
    before: set[int] = set()
    for share in (0.05, 0.2, 0.5, 1.0):
        rows = sample_groups(labels, GROUPS, TRAIN, share, 3)
        assert {0, 1, 2} == set(labels[rows])
        assert len(rows) == 10 * len(set(GROUPS[rows]))
        assert before <= set(rows)
        before = set(rows)
    single = sample_groups(LABELS, np.zeros(600, int), TRAIN, 0.1, 0)
    assert len(single) == 40


def test_a_curve_without_rows_or_with_wrong_shares_is_refused() -> None:
    with pytest.raises(UserError, match="held-out"):
        next(learning_curve(by_centres, LABELS, GROUPS, TRAIN, [], ("a", "b", "c")))
    with pytest.raises(UserError, match="shares"):
        next(learning_curve(by_centres, LABELS, GROUPS, TRAIN, HELD_OUT, ("a", "b", "c"), shares=(0, 1)))


def answers(codes: np.ndarray) -> np.ndarray:
    return np.eye(3)[codes] * 0.8 + 0.1


def test_kappa_between_runs_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import cohen_kappa_score

    first, second = RNG.integers(0, 3, 300), RNG.integers(0, 3, 300)
    second[:200] = first[:200]
    before, now = answers(first), answers(second)
    now[5] = np.nan
    keep = np.arange(300) != 5
    step = compare_step(before, now)
    assert step.kappa == pytest.approx(cohen_kappa_score(first[keep], second[keep]))
    assert (step.n, step.changed) == (299, int((first != second)[keep].sum()))


def test_predictions_that_stop_changing_say_stop() -> None:
    codes = RNG.integers(0, 3, 1000)
    moved = codes.copy()
    moved[:200] = (moved[:200] + 1) % 3
    still = answers(codes)
    assert stability([]).verdict.startswith("Too early")
    assert stability([answers(moved), still]).verdict.endswith("Labels still change the model: go on.")
    early = stability([answers(moved), still, still])
    assert (early.stable, "Stable for now" in early.verdict) == (False, True)
    done = stability([answers(moved), still, still, still, still])
    assert done.stable
    assert done.verdict.startswith("Stable over 3 retrainings: 0 of 1000 predictions changed")
    json.dumps(done.plain(), allow_nan=False)


def test_one_and_the_same_answer_everywhere_is_no_proof() -> None:
    same = answers(np.zeros(50, int))
    found = stability([same] * 6)
    assert not found.stable
    assert "no varied predictions" in found.verdict
    assert compare_step(same, np.full((50, 3), np.nan)).n == 0
    with pytest.raises(UserError, match="shapes"):
        compare_step(same, same[:, :2])


def record() -> dict:
    split = draw_split(LABELS, GROUPS, 0)
    metrics = score(LABELS[HELD_OUT], by_centres(TRAIN, 0), GROUPS[HELD_OUT], ("a|b", "b", "c"))
    return {
        "id": "run-3", "recipe": "mlp", "params": {"epochs": 15}, "seed": 7, "seconds": 12.34, "device": "cpu",
        "versions": {"numpy": "2.4"}, "snapshot": {"position": 12, "sha": "ab12", "labels": 600},
        "split": split.plain(), "classes": ["a|b", "b", "c"], "metrics": {"test": metrics}, "domain": "traces",
    }  # fmt: skip


def test_a_card_tells_score_interval_chance_split_and_how_to_repeat() -> None:
    card = write_card(json.loads(json.dumps(record())))
    assert card.startswith("# Model card: run-3\n")
    for words in ("Recipe: mlp", "12.3 s on cpu", "Labels: 600 at event 12", "Seed: 7", "| epochs | 15 |", "by group"):
        assert words in card
    line = next(line for line in card.splitlines() if line.startswith("| Balanced accuracy"))
    assert line.endswith("| .33 |")
    assert "[." in line
    assert "| a\\|b |" in card
    assert "Not independent" not in card


def test_a_card_of_a_bare_or_dependent_record_says_its_limits() -> None:
    assert "There is no test set" in write_card({"id": "run-1"})
    leaky = record()
    leaky["split"] |= {"independent": False, "notes": ["By sample."]}
    assert "**Not independent:**" in write_card(leaky)
    assert "- By sample." in write_card(leaky)
    assert "new groups will be harder" in write_card(leaky)


def test_a_forecast_follows_the_law_that_made_the_curve() -> None:
    rows = [100.0, 200.0, 400.0, 800.0]
    made = [{"rows": n, "mean": 0.9 - 2.0 * n**-0.5} for n in rows]
    told = forecast(made)
    assert told["gain"] == pytest.approx(2.0 * (800**-0.5 - 1600**-0.5), abs=0.002)
    assert told["words"].startswith("Twice the labels, 1")
    assert forecast([{"rows": n, "mean": 0.8 - 0.001 * place} for place, n in enumerate(rows)])["gain"] == 0
    assert forecast(made[:2])["words"] == ""
    assert "hardly more" in forecast([{"rows": n, "mean": 0.9 - 0.5 / n} for n in rows])["words"]
