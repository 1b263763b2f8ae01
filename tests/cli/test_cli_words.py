"""What the command line says of errors that a person can mend."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from app.cli.run import _words_for, text_of
from models.errors import UserError, lacking
from models.job import Job
from models.store.project import Project
from workers.inline import run


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


def test_a_matrix_of_no_column_asks_for_one(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", "eeg").close()
    with pytest.raises(UserError, match=r"EEG: no column of levels is known here\. Name one with --column"):
        run(Job("matrix", {"project": str(tmp_path / "p"), "recipe": "features"}, "matrix"))


def test_what_is_not_installed_is_told_by_the_line_that_installs_it() -> None:
    assert str(lacking("UMAP needs", "umap", ", or choose PCA")) == (
        'UMAP needs an extra that is not installed. Run  pip install ".[umap]"  in Winnow\'s folder, or choose PCA.'
    )
