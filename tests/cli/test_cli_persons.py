"""A person's act never goes under the name that marks the labels of the sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def project(winnow: Any, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("persons") / "p"
    winnow.ok("new", place, "--domain", "traces")
    winnow.ok("import", place, data, "--set", "per_file=all")
    winnow.ok("label", place, "--where", "row < 2", "--as", "1", "--by", "ann")
    (place / "labels.csv").write_text("sample,label\n")
    return place


ACTS: dict[str, tuple[str, ...]] = {
    "label": ("--where", "row < 2", "--as", "2"),
    "label from": ("--from", "labels.csv"),
    "flag": ("--where", "row < 2", "--as", "bookmark"),
    "note": ("SAMPLE", "words"),
    "undo": (),
    "redo": (),
    "train": ("--recipe", "forest"),
}


@pytest.mark.parametrize("name", ["file", "file:labels.csv", " file "])
@pytest.mark.parametrize("act", list(ACTS))
def test_the_name_of_a_source_is_refused(winnow: Any, project: Path, act: str, name: str) -> None:
    sample = winnow.ok("samples", project, "-n", "1")["rows"][0]["id"]
    before = len(winnow.ok("history", project)["events"])
    given = [sample if part == "SAMPLE" else part for part in ACTS[act]]
    ended = winnow(act.split(maxsplit=1)[0], project, *given, "--by", name)
    assert ended.status == 1
    assert ended.err.count("\n") == 1
    assert f"{name.strip()!r} marks the labels that came with the sources" in ended.err
    assert len(winnow.ok("history", project)["events"]) == before


def test_a_name_that_only_begins_like_it_is_a_person(winnow: Any, project: Path) -> None:
    assert winnow.ok("flag", project, "--where", "row < 1", "--as", "bookmark", "--by", "filemon")["changed"] == 1


def test_a_name_is_one_line(winnow: Any, project: Path) -> None:
    ended = winnow("flag", project, "--where", "row < 1", "--as", "bookmark", "--by", "a\nb")
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "'a\\nb' holds line ends" in ended.err


def test_the_name_of_a_run_is_refused(winnow: Any, project: Path) -> None:
    ended = winnow("label", project, "--where", "row < 1", "--as", "2", "--by", "model")
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "'model' is what a run is called" in ended.err


def test_an_import_may_name_its_table_as_the_source(winnow: Any, project: Path, tmp_path: Path, data: Path) -> None:
    sample = winnow.ok("samples", project, "-n", "1")["rows"][0]["id"]
    (tmp_path / "t.csv").write_text(f"sample,label\n{sample},3\n")
    told = winnow.ok("import", project, data, "--labels", tmp_path / "t.csv", "--by", "file:t.csv")
    assert told["votes"] == 1
