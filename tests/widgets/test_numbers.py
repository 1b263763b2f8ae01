"""Numbers read as the pages promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.605, ".605"),
        (1.0, "1.000"),
        (0.0, ".000"),
        (-0.08, "−.080"),
        (None, "–"),
        (float("nan"), "–"),
        (-1e-9, ".000"),
    ],
)
def test_share(value: float | None, text: str) -> None:
    assert numbers.share(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.64, ".64"), (0.9949, ".99"), (0.995, ".99+"), (1.0, ".99+"), (0.001, ".00"), (None, "–")]
)
def test_p(value: float | None, text: str) -> None:
    assert numbers.p(value) == text


def test_interval() -> None:
    assert numbers.interval(0.605, 0.53, 0.664) == ".605 [.530, .664]"
    assert numbers.interval(-0.08, -0.14, -0.03, 2) == "−.08 [−.14, −.03]"
    assert numbers.interval(0.5, None, None) == ".500"


def test_counts_have_thin_spaces_and_true_minus() -> None:
    assert numbers.count(1449) == f"1{numbers.THIN}449"
    assert numbers.count(1_000_000) == f"1{numbers.THIN}000{numbers.THIN}000"
    assert numbers.count(-12) == "−12"
    assert numbers.plural(1, "sample") == "1 sample"
    assert numbers.plural(2, "class", "classes") == "2 classes"


@given(st.integers())
def test_a_count_keeps_its_digits(value: int) -> None:
    assert int(numbers.count(value).replace(numbers.THIN, "").replace("−", "-")) == value


@pytest.mark.parametrize(
    ("value", "decimals", "unit", "text"),
    [
        (0.000304, 6, "s", "0.304 ms"),
        (0.25, 2, "s", "0.25 s"),
        (-12.3456, 1, "µV", "−12.3 µV"),
        (0.0004, 2, "Hz", "0.0004 Hz"),
        (2.0, 0, "", "2"),
        (float("nan"), 2, "Hz", "–"),
    ],
)
def test_what_was_measured_has_its_unit(value: float, decimals: int, unit: str, text: str) -> None:
    assert numbers.measured(value, decimals, unit) == text


def test_amounts_and_sizes() -> None:
    assert numbers.amount(0.4612, 2, "nats") == "0.46 nats"
    assert numbers.amount(float("inf")) == "–"
    assert [numbers.size(value) for value in (512, 5.1e9, 18e6, 2e15)] == ["512 B", "5.1 GB", "18 MB", "2000 TB"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(42, "0:42"), (60, "1:00"), (725, "12:05"), (3723, "1:02:03"), (None, "–"), (-3, "0:00")]
)
def test_duration(seconds: float | None, text: str) -> None:
    assert numbers.duration(seconds) == text


def test_times_are_of_today_then_days() -> None:
    now = datetime(2026, 11, 21, 15, 0).astimezone()
    today = now.replace(hour=14, minute=6)
    assert numbers.clock(today.astimezone(UTC).isoformat(), now) == "14:06"
    assert numbers.clock(today - timedelta(days=1), now) == "Nov 20"
    assert numbers.clock(today.replace(year=2024), now) == "Nov 21, 2024"
    assert numbers.day_and_clock(today, now) == "today, 14:06"
    assert numbers.day_and_clock(today - timedelta(days=1), now) == "yesterday"
    assert numbers.day_and_clock(today - timedelta(days=3), now) == "Nov 18"


def test_a_time_without_zone_is_utc() -> None:
    assert numbers.local("2026-11-21T10:00:00") == datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_a_difference_has_its_sign() -> None:
    assert numbers.difference(0.0594, 0.004, 0.124) == "+.059 [+.004, +.124]"
    assert numbers.difference(-0.08, -0.14, 0.03) == "−.080 [−.140, +.030]"
    assert numbers.difference(None, None, None) == "–"
