"""Places that may not be looked into: said as they are, the rest goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.domain import Found
from models.domains.traces.walk import find_files
from models.errors import UserError
from models.store.project import Project


def refuse(monkeypatch: pytest.MonkeyPatch, closed: Path) -> None:
    """The system lets nobody look into this folder (root, who runs some tests, may look anywhere)."""
    stat, scandir = os.stat, os.scandir

    def no(path: object) -> None:
        if isinstance(path, str | os.PathLike) and closed in [Path(path), *Path(path).parents]:
            raise PermissionError(13, "Permission denied", str(path))

    def strict_stat(path: object, *given: object, **named: object) -> os.stat_result:
        if path != closed and path != str(closed):
            no(path)
        return stat(path, *given, **named)  # type: ignore[call-overload,no-any-return]

    def strict_scan(path: object = ".") -> object:
        no(path)
        return scandir(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "stat", strict_stat)
    monkeypatch.setattr(os, "scandir", strict_scan)


def test_a_source_in_a_closed_folder_is_missing_and_not_our_database_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "closed" / "a.h5"
    file.parent.mkdir()
    file.write_text("x", "utf-8")
    with Project.create(tmp_path / "p", "traces") as project:
        project.add(Found(file, "a.h5", ["1"], ["g"]))
        refuse(monkeypatch, file.parent)
        assert [source.missing for source in project.sources()] == [True]


def test_a_closed_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a.h5").write_text("x", "utf-8")
    closed = tmp_path / "closed"
    closed.mkdir()
    refuse(monkeypatch, closed)
    found, notes = find_files([tmp_path])
    assert [one.name for one in found] == ["open/a.h5"]
    assert [note.source for note in notes] == ["closed"]
    with pytest.raises(UserError, match="can't be listed"):
        find_files([closed])
