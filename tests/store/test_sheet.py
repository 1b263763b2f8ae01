"""Cells that a spreadsheet does not run, and that come back as they were."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.store.sheet import bare, guarded, sheet_text

RUN = ("=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "-", "=", "@")


@pytest.mark.parametrize("text", RUN)
def test_text_that_would_run_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert bare(guarded(text)) == text


@pytest.mark.parametrize(
    "value", ["-1", "+5", "-0.5", "1e-3", "-.5", "-1,5", "a=b", "a-1", "", -0.5, 3, True, "'quoted'"]
)
def test_numbers_and_plain_text_stay(value: object) -> None:
    assert guarded(value) == value
    assert not isinstance(value, str) or bare(value) == value


@given(st.text(st.sampled_from("'=+-@\t\r\n a1＝,\";"), max_size=8))
def test_any_text_comes_back(text: str) -> None:
    cell = guarded(text)
    assert bare(cell) == text
    (row,) = csv.reader(io.StringIO(sheet_text([text, "x"], []), newline=""))
    assert row == [cell, "x"]
