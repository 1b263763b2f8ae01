"""The rules that raise alerts: how they are read, what is wrong with one, where they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alert import AlertRule, alert_words, is_news, judge, read_rule, read_rules
from models.course import Course, EpisodeRule
from models.errors import UserError

CLASSES = ("seizure", "lpd", "other")


def course(count: int, apart: dict[int, float] | None = None) -> Course:
    starts = np.arange(count) * 10.0
    for place, seconds in (apart or {}).items():
        starts[place:] += seconds
    return Course("a.edf", "a.edf", "p1", np.arange(count), starts, starts + 10)


def found(text: str, p: list[float], drift: float | None = None, apart: dict[int, float] | None = None) -> list:
    values = np.array(p)
    table = np.stack([values, 1 - values, np.zeros(len(p))], 1)
    rule = read_rule(text, CLASSES)
    return [
        (one.start, one.stop, one.first, round(one.value, 3))
        for one in judge(rule, course(len(p), apart), table, CLASSES, EpisodeRule(0.5, 20, 10), drift)
    ]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("seizure >= .8 for 3 windows", "seizure >= .8 for 3 windows"),
        ("  Seizure ≥ 0.80 in 3 window", "seizure >= .8 for 3 windows"),
        ("seizure>.5", "seizure > .5 for 1 window"),
        ("lpd > .5 for 10 minutes", "lpd > .5 for 10 min"),
        ("burden seizure > 5 % of an hour", "burden seizure > 5 %"),
        ("burden seizure >= 3 min per hour", "burden seizure >= 3 min"),
        ("drift", "drift > 1.25"),
        ("drift >= 2", "drift >= 2"),
    ],
)
def test_a_rule_is_read_and_written_the_same(text: str, same: str) -> None:
    rule = read_rule(text, CLASSES)
    assert rule.text == same
    assert read_rule(rule.text, CLASSES) == rule


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("seizur >= .8", 1, "perhaps seizure"),
        ("seizure .8", 9, "where one of >=, >, <=, < belongs"),
        ("seizure >=", 11, "a probability is missing"),
        ("seizure >= 1.5", 12, "1.5 is more than a probability can be"),
        ("seizure >= .8 for", 18, "a length is missing"),
        ("seizure >= .8 for 3", 20, "windows, s, min, h is missing"),
        ("seizure >= .8 for 3 moons", 21, "'moons' is no unit"),
        ("seizure >= .8 for 2.5 windows", 19, "whole number"),
        ("seizure >= .8 for 0 windows", 19, "above 0"),
        ("seizure >= .8 for 3 windows ever", 29, "'ever' is more than a rule says"),
        ("seizure >= .8 since 3 windows", 15, "where for belongs"),
        ("burden >= 5 %", 8, "where a class belongs"),
        ("burden seizure > 80 min", 18, "60 minutes"),
        ("burden seizure > 5 h", 20, "'h' is no unit"),
        ("drift > x", 9, "where a drift belongs"),
        ("= 5", 1, "'=' is not understood"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_with_its_place(text: str, column: int, words: str) -> None:
    with pytest.raises(UserError) as error:
        read_rule(text, CLASSES, 4)
    assert f"Rule 4, column {column}: " in str(error.value)
    assert words in str(error.value)
    assert "such as seizure >= .8 for 3 windows" in str(error.value)


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_word_on_what_is_wrong(text: str) -> None:
    try:
        rule = read_rule(text, CLASSES)
    except UserError as error:
        assert "Rule 1, column " in str(error)  # noqa: PT017 - both outcomes are right
    else:
        assert read_rule(rule.text, CLASSES) == rule


def test_rules_stand_one_a_line_each_once_and_remarks_are_not_read() -> None:
    text = "# at night\nseizure >= .8 for 3 windows\n\nseizure >= 0.8 for 3 windows # the same\ndrift\n"
    assert [rule.text for rule in read_rules(text, CLASSES)] == ["seizure >= .8 for 3 windows", "drift > 1.25"]
    with pytest.raises(UserError, match="Rule 3, column 1"):
        read_rules("drift\n\nsezure > 1\n", CLASSES)
    with pytest.raises(UserError, match="more than the 100"):
        read_rules("\n".join(f"seizure > .{number:03}" for number in range(101)), CLASSES)


def test_a_class_that_is_called_drift_is_the_class() -> None:
    assert read_rule("drift > .5", ("drift", "rest")).kind == "level"


def test_a_level_holds_where_enough_windows_follow_each_other() -> None:
    p = [0.9, 0.9, 0.1, 0.8, 0.95, 0.85, 0.1, 0.9]
    assert found("seizure >= .8 for 3 windows", p) == [(30.0, 60.0, 3, 0.95)]
    assert [one[0] for one in found("seizure >= .8", p)] == [0.0, 30.0, 70.0]
    assert found("seizure >= .8 for 30 s", p) == [(30.0, 60.0, 3, 0.95)]
    assert found("seizure >= .8 for 31 s", p) == []


def test_windows_with_nothing_recorded_between_do_not_follow_each_other() -> None:
    assert found("seizure >= .8 for 3 windows", [0.9] * 4, apart={2: 100.0}) == []
    assert len(found("seizure >= .8 for 2 windows", [0.9] * 4, apart={2: 100.0})) == 2


def test_a_window_without_a_prediction_fulfils_nothing() -> None:
    assert found("seizure < .5 for 2 windows", [0.1, float("nan"), 0.2, 0.3]) == [(20.0, 40.0, 2, 0.2)]


def test_a_burden_is_that_of_one_hour() -> None:
    p = [0.0] * 720
    p[30:60] = [0.9] * 30
    assert found("burden seizure > 5 %", p) == [(0.0, 3600.0, 0, 8.333)]
    assert found("burden seizure >= 5 min", p) == [(0.0, 3600.0, 0, 5.0)]
    assert found("burden seizure > 5 min", p) == []
    # Little in an hour is told of whole hours alone.
    assert [one[0] for one in found("burden seizure < 1 min", p[:700])] == []
    assert [one[0] for one in found("burden seizure < 1 min", p)] == [3600.0]


def test_drift_is_told_where_it_is_known() -> None:
    assert found("drift", [0.5] * 3, 1.4) == [(0.0, 30.0, 0, 1.4)]
    assert found("drift", [0.5] * 3, 1.1) == []
    assert found("drift", [0.5] * 3, None) == []


def test_a_class_that_the_run_does_not_know_raises_nothing() -> None:
    rule = AlertRule("level", "gpd", ">", 0.1)
    assert judge(rule, course(2), np.ones((2, 3)), CLASSES, EpisodeRule(), None) == []


def test_the_same_over_the_same_time_is_no_news() -> None:
    rule = read_rule("seizure >= .8 for 2 windows", CLASSES)
    (one,) = judge(rule, course(3), np.array([[0.9, 0, 0]] * 3), CLASSES, EpisodeRule(), None)
    assert is_news(one, [])
    assert not is_news(one, [(rule.text, 20.0, 90.0)])
    assert is_news(one, [(rule.text, 30.0, 90.0)])
    assert is_news(one, [("drift > 1.25", 0.0, 90.0)])
    assert alert_words(one) == "30 s, greatest p .90"
