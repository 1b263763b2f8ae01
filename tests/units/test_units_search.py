"""Successive halving: rows of the table, grouped folds, broken and slow cells, the vote."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from models.domains.units import halving, pipelines
from models.domains.units.halving import Limits, Outcome, Tried, plan_rungs, search
from models.domains.units.pipelines import CLASSIFIERS, IMPUTERS, SCALERS, Configuration, draw_configurations
from tests.units.tables import NAMES, finish, table

QUICK = ("LogisticRegression", "RandomForestClassifier", "HistGradientBoostingClassifier")


def run(
    configurations: list[Configuration], limits: Limits | None = None, **more: Any
) -> tuple[list[Any], Outcome, list[Tried]]:
    tried: list[Tried] = []
    seen, outcome = finish(search(table(), configurations, limits or Limits(), 3, tried, 3, **more))
    return seen, outcome, tried


def test_configurations_are_dealt_evenly_and_by_seed() -> None:
    drawn = draw_configurations(45, QUICK, IMPUTERS, SCALERS, 1)
    assert drawn == draw_configurations(45, QUICK, IMPUTERS, SCALERS, 1)
    assert drawn != draw_configurations(45, QUICK, IMPUTERS, SCALERS, 2)
    assert draw_configurations(6, QUICK, IMPUTERS, SCALERS, 1) == drawn[:6]
    assert [one.classifier for one in drawn[:3]] == list(QUICK)
    assert {one.imputation for one in drawn} == set(IMPUTERS)
    assert {one.scaling for one in drawn} == set(SCALERS)


@pytest.mark.parametrize("name", [name for name, kind in CLASSIFIERS.items() if kind.installed])
def test_each_installed_classifier_fits_with_what_is_drawn_for_it(name: str) -> None:
    small = table(90)
    for one in draw_configurations(3, [name], ["median"], ["standard_scaler"], 0):
        fitted = pipelines.fit_pipeline(one, small.x, NAMES, small.codes, small.weights, 0)
        p = pipelines.probabilities(fitted, small.x, NAMES)
        assert p.shape == (90, 3)
        assert tuple(fitted.feature_names_in_) == NAMES


@pytest.mark.parametrize("imputation", IMPUTERS)
@pytest.mark.parametrize("scaling", SCALERS)
def test_each_imputer_and_scaler_takes_gaps_and_an_empty_metric(imputation: str, scaling: str) -> None:
    small = table(90)
    small.x[:, 1] = np.nan
    one = Configuration("LogisticRegression", imputation, scaling, (("C", 1.0),))
    fitted = pipelines.fit_pipeline(one, small.x, NAMES, small.codes, small.weights, 0)
    assert np.isfinite(pipelines.probabilities(fitted, small.x, NAMES)).all()


def test_each_score_is_a_row_that_progress_carries() -> None:
    seen, outcome, tried = run(draw_configurations(9, QUICK, IMPUTERS, SCALERS, 0))
    rows = [dict(step.row) for step in seen if step.row is not None]
    assert len(rows) == len(tried) == len(outcome.tried)
    assert rows == [one.plain() for one in tried]
    assert {row["rung"] for row in rows} == {0, 1}
    assert rows[-1]["classifier"].startswith("Vote of ")
    assert len({pipelines.CLASSIFIERS[one.classifier].family for one in tried[-1].voters}) == len(tried[-1].voters) == 3


def test_the_same_seed_finds_the_same() -> None:
    drawn = draw_configurations(6, QUICK, IMPUTERS, SCALERS, 0)
    first, again = run(drawn)[1], run(drawn)[1]
    assert first.winners == again.winners
    np.testing.assert_array_equal(first.probabilities, again.probabilities)


def test_sessions_stay_together_and_scalers_see_training_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    made = halving.make_scaler

    def spy(name: str) -> Any:
        scaler = made(name)
        fit = scaler.fit_transform
        scaler.fit_transform = lambda z: (seen.append(len(z)), fit(z))[1]
        return scaler

    monkeypatch.setattr(halving, "make_scaler", spy)
    whole = table()
    stage = halving._stage(whole, halving.Rung(len(whole), 3, 1.0, 1), 0, 0)
    for held_out in stage.folds:
        others = np.setdiff1d(np.arange(len(whole)), held_out)
        assert not set(whole.groups[held_out]) & set(whole.groups[others])
    one = Configuration("LogisticRegression")
    train, held_out, z, _ = stage.fold(one, 0)
    assert seen == [len(train)] == [len(z)]
    stage.fold(Configuration("RandomForestClassifier"), 0)
    assert len(seen) == 1  # shared by all configurations of the same imputer and scaler


def test_a_broken_cell_is_told_and_skipped() -> None:
    bad = Configuration("RandomForestClassifier", values=(("n_estimators", -1),))
    seen, outcome, tried = run([bad, Configuration("LogisticRegression")])
    assert math.isnan(tried[0].balanced_accuracy)
    assert "n_estimators" in tried[0].note
    assert [step.log for step in seen if step.log] == [f"Left out: {bad.words}: {tried[0].note}"]
    assert outcome.winners == (Configuration("LogisticRegression"),)
    with pytest.raises(ValueError, match="no configuration could be fitted"):
        run([bad])


def test_a_cell_over_its_bounds_is_left_out() -> None:
    large = Configuration("RandomForestClassifier", values=(("n_estimators", 40),))
    _, outcome, tried = run([large, Configuration("LogisticRegression")], Limits(megabytes=0.05))
    assert "MB large" in tried[0].note
    assert outcome.winners[0].classifier == "LogisticRegression"
    with pytest.raises(ValueError, match="more than the limit"):
        run([large], Limits(seconds=1e-9))


def test_later_rungs_see_more_rows_and_fewer_configurations() -> None:
    rungs = plan_rungs(3536, 20, 5)
    assert [rung.rows for rung in rungs] == [500, 1768, 3536]
    assert rungs[0].keep > rungs[1].keep > rungs[2].keep
    assert rungs[-1].size == 1
    assert len(plan_rungs(600, 20, 5)) == 2
    assert plan_rungs(600, 1, 3) == [halving.Rung(600, 3, 1.0, 1)]


def test_a_slow_configuration_is_not_carried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "_expected", lambda seconds, now, then, rows: 1e6 if seconds else 0.0)
    with pytest.raises(ValueError, match="would take about"):
        run(draw_configurations(9, QUICK, IMPUTERS, SCALERS, 0), Limits(seconds=1e5))


def test_a_drawn_configuration_must_beat_the_known_one_clearly() -> None:
    known, *_, drawn = draw_configurations(4, ("LogisticRegression",), IMPUTERS, SCALERS, 0)
    assert known.known
    assert not drawn.known
    assert halving._champions([drawn, known], {known: 0.70, drawn: 0.71}) == [known]
    assert halving._champions([drawn, known], {known: 0.70, drawn: 0.75}) == [drawn]
    assert halving._champions([drawn], {drawn: 0.5}) == [drawn]
    kept = halving._best(
        {known: 0.1, drawn: 0.2, **dict.fromkeys(draw_configurations(20, QUICK, IMPUTERS, SCALERS, 1), 0.5)}, 6
    )
    assert {CLASSIFIERS[one.classifier].family for one in kept if one.known} == {"smooth", "forest", "boosting"}


def test_how_long_a_later_round_takes_is_told_by_its_rows_folds_and_size() -> None:
    small, large = halving.Rung(500, 2, 0.5, 9), halving.Rung(1000, 5, 1.0, 1)
    # Twice the rows, of which a fold trains on 4/5 and not on 1/2, in 5 folds and not 2, twice as many trees.
    assert halving._expected(3.0, small, large, 1000) == pytest.approx(3.0 * 2 * 1.6 * 2.5 * 2)
    assert halving._expected(3.0, small, large, 500) == pytest.approx(3.0 * 1.6 * 2.5 * 2), "there are no more rows"


@pytest.mark.parametrize(("lead", "voters"), [(0.01, 2), (0.05, 1)])
def test_one_alone_must_beat_the_vote_clearly(lead: float, voters: int) -> None:
    whole = table(90)
    stage = halving._stage(whole, halving.Rung(90, 3, 1.0, 1), 1, 0)
    one, other = Configuration("LogisticRegression"), Configuration("RandomForestClassifier")
    right = np.eye(3, dtype=np.float32)[whole.codes]  # their vote scores 1
    scores = {one: 1 + lead, other: 0.5}
    _, outcome = finish(halving._settle(stage, [one, other], scores, {one: right, other: right}, [], 3))
    assert len(outcome.winners) == voters
    assert outcome.winners[0] == one
