"""Montages as a person writes them: rows as text, their order, what is wrong and what a recording lacks."""

from __future__ import annotations

import pytest

from models.electrodes import CHANNELS
from models.errors import UserError
from models.montage import BUILT_IN, Row, rows
from models.montage_draft import (
    Draft,
    DraftRow,
    draft_of,
    lacking,
    montage_of_draft,
    read_row,
    row_text,
    with_channel,
)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_montage_reads_back_as_it_was_written(name: str) -> None:
    montage, draft = BUILT_IN[name], draft_of(BUILT_IN[name])
    assert draft.built_in
    copied = montage_of_draft(Draft("My own", draft.rows, draft.partial))
    assert [group.name for group in copied.groups] == [group.name for group in montage.groups]
    first, second = rows(CHANNELS, montage), rows(CHANNELS, copied)
    assert first.labels == second.labels
    assert first.matrix == pytest.approx(second.matrix, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "label", "terms", "average"),
    [
        ("Fp1 - F7", "Fp1-F7", (("Fp1", 1.0), ("F7", -1.0)), False),
        ("fp1-f7", "Fp1-F7", (("Fp1", 1.0), ("F7", -1.0)), False),
        ("T7 − P7", "T3-T5", (("T3", 1.0), ("T5", -1.0)), False),
        ("Cz - Average", "Cz-average", (("Cz", 1.0),), True),
        ("C3 - .5*F3 - 0.5 P3", "C3-0.5 F3-0.5 P3", (("C3", 1.0), ("F3", -0.5), ("P3", -0.5)), False),
        ("EKG", "EKG", (("EKG", 1.0),), False),
        ('"strange one" + 2 X1', '"strange one" + 2 X1', (("strange one", 1.0), ("X1", 2.0)), False),
    ],
)
def test_rows_are_read_as_they_are_written(
    text: str, label: str, terms: tuple[tuple[str, float], ...], average: bool
) -> None:
    row = read_row(DraftRow("", text))
    assert row == Row(label, terms, average)
    assert read_row(DraftRow("", row_text(row))) == row
    assert read_row(DraftRow("mine", text)).label == "mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no channel"),
        ("average", "once"),
        ("Fp1 F7", "cannot be read"),
        ("Fp1 - - F7", "cannot be read"),
        ("Fp1 - 0 F7", "weight 0"),
        ("Fp1 - Fp1", "twice"),
        ("Fp1 - 2 average", "once"),
        ("3", "cannot be read"),
    ],
)
def test_what_is_no_row_is_told(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_row(DraftRow("", text))
    with pytest.raises(UserError, match="Row 2"):
        montage_of_draft(Draft("own", (DraftRow("", "Fp1"), DraftRow("", text))))


def test_names_that_are_built_in_or_none_are_refused() -> None:
    for title in ("", "average", "Laplacian"):
        with pytest.raises(UserError):
            montage_of_draft(Draft(title, (DraftRow("", "Fp1"),)))
    with pytest.raises(UserError, match="0 rows"):
        montage_of_draft(Draft("own", ()))


def test_channels_that_a_recording_lacks_are_named() -> None:
    assert lacking(read_row(DraftRow("", "A1 - T7")), CHANNELS) == ["A1"]
    assert lacking(read_row(DraftRow("", "T7 - C3")), CHANNELS) == []
    assert lacking(read_row(DraftRow("", "A1 - T9 - C3")), CHANNELS) == ["A1", "T9"]
    assert lacking(read_row(DraftRow("", "C3 - 0.5 A1 - 0.5 P3")), CHANNELS, partial=True) == []
    assert lacking(read_row(DraftRow("", "Fp1 - F7")), ["Fp1-F7"]) == []


def test_rows_are_moved_added_and_taken_out() -> None:
    draft = Draft("own", tuple(DraftRow(name) for name in "abcde"))

    def order(other: Draft) -> str:
        return "".join(row.label for row in other.rows)

    assert order(draft.moved([1], 4)) == "acdbe"
    assert order(draft.moved([3], 0)) == "dabce"
    assert order(draft.moved([0, 2], 5)) == "bdeac"
    assert order(draft.moved([1, 2], 2)) == "abcde"
    assert order(draft.without([0, 4])) == "bcd"
    assert order(draft.added(2, DraftRow("x"))) == "abxcde"


def test_a_channel_is_taken_into_a_row() -> None:
    assert with_channel("", "Fp1") == "Fp1"
    assert with_channel("Fp1", "F7") == "Fp1 - F7"
    assert with_channel("Fp1", "cap A1") == 'Fp1 - "cap A1"'
