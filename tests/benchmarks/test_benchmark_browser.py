"""A peer that draws too long is ended, and what it had told stays."""

from __future__ import annotations

import sys

import pytest

from benchmarks.browser import FIRST, Browsed, heard
from benchmarks.edf import beside
from benchmarks.table import cells, reached

ASKED = (FIRST, "10", "60")
_ENDLESS = "import time; print('first 12.5', flush=True); print('10 3', flush=True); time.sleep(600)"


def test_what_was_told_before_the_end_stays_and_what_it_was_in_is_longer() -> None:
    found = heard([sys.executable, "-c", _ENDLESS], ASKED, 3.0)
    assert found.spent == {FIRST: [12.5], "10": [3.0]}
    assert (found.median("10"), found.least("10")) == (3.0, None)
    assert (found.median("60"), found.least("60")) == (None, 3000 - 15.5)


def test_what_was_not_begun_is_not_known() -> None:
    found = Browsed({}, ASKED, 60_000.0)
    assert [found.least(one) for one in ASKED] == [60_000.0, None, None]


def test_one_that_ends_by_itself_is_told_as_it_is() -> None:
    found = heard([sys.executable, "-c", "print('10 1'); print('10 3'); print('10 9')"], ASKED, 60.0)
    assert (found.median("10"), found.median("60"), found.least("60")) == (3.0, None, None)


def test_a_row_tells_that_it_took_longer() -> None:
    row = beside("page", 10.0, Browsed({}, ("60",), 120_000.0), "60", None, "p50")
    assert cells(row)[1:4] == ("10 ms", "> 120,000 ms", "> 12,000 ×")
    assert row["note"] == "p50; after 120 s theirs was ended, before this was drawn"
    assert reached({**row, "goal": 25.0}) is True


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        (Browsed({"60": [50.0]}, ASKED), ("50 ms", "5 ×")),
        (Browsed(), ("–", "–")),
        (Browsed({}, ASKED, 9000.0), ("–", "–")),
    ],
)
def test_a_row_without_a_longer_wait_is_as_it_was(theirs: Browsed, told: tuple[str, str]) -> None:
    assert cells(beside("page", 10.0, theirs, "60", None, "p50"))[2:4] == told
