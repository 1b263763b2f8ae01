"""A score that rests on very few groups says so."""

from __future__ import annotations

from models.learn.words import FEW, moment, tell_few


def test_a_score_of_few_groups_is_told_with_the_weight_of_one() -> None:
    told = tell_few({"interval_by": "group", "interval_units": 4}, "speaker")
    assert told == (
        "This score rests on only 4 speakers: one of them is 25% of it. Training by folds judges every speaker."
    )


def test_where_all_are_judged_nobody_is_told_to_judge_all() -> None:
    told = tell_few({"interval_by": "group", "interval_units": 6}, "speaker", folded=True)
    assert told == "This score rests on only 6 speakers: one of them is 17% of it."


def test_enough_groups_samples_and_no_score_say_nothing() -> None:
    assert tell_few({"interval_by": "group", "interval_units": FEW}) == ""
    assert tell_few({"interval_by": "sample", "interval_units": 3}) == ""
    assert tell_few({}) == ""
    assert tell_few(None) == ""


def test_a_time_is_told_as_a_person_reads_it() -> None:
    assert moment("2026-11-22T10:20:00.322698+00:00") == "2026-11-22 10:20 UTC"
    assert moment("2026-11-22T10:20:06+02:00") == "2026-11-22 08:20 UTC"
    assert moment("2026-11-22T10:20:06") == "2026-11-22 10:20"
    assert moment("") == ""
    assert moment("yesterday") == "yesterday"
