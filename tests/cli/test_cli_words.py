"""What the command line says of errors that a person can mend."""

from __future__ import annotations

import errno

import pytest

from app.cli.run import _words_for, text_of


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_called_so(number: int) -> None:
    words = _words_for(OSError(number, "No space left on device", "/data/p/runs/a"))
    assert words.startswith("the disk is full (/data/p/runs/a). Free some space")
    assert "rights" not in words


def test_sentences_of_a_list_stand_one_behind_the_other() -> None:
    assert text_of({"notes": ["One is flagged.", "See there."], "files": ["a.csv", "b"]}) == [
        "notes: One is flagged. See there.",
        "files: a.csv, b",
    ]


def test_other_places_are_to_be_looked_at() -> None:
    assert _words_for(PermissionError(errno.EACCES, "Permission denied", "/a")).endswith(
        "Check the place and its rights."
    )
