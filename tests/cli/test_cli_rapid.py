"""Rapid labelling by verbs: medoids, spreading, accepting and refusing; no file holds what is only proposed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from tests.eeg.sessions import STEPS, make_session


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_medoids_are_labelled_spread_accepted_and_written(winnow: Any, tmp_path: Path) -> None:
    project = make_session(tmp_path)
    first = winnow.ok("queue", project, "--strategy", "medoids", "-n", 4, "--by", "ann")["queue"]
    assert [entry["reason"] for entry in first[:1]] == ["Stands for a stretch of 15 samples; number 1 of 4."]
    second = next(entry["sample"] for entry in first if 16 <= int(entry["sample"].rpartition("/")[2]) <= 30)
    winnow.ok("label", project, f"{second}=grda", "--by", "ann")
    before = winnow.ok("summary", project)
    winnow.ok("export", project, "--format", "csv", "--out", tmp_path / "before.csv")
    told = winnow.ok("label", project, "--spread", "-n", 4, "--by", "ann")
    assert (told["proposed"], told["classes"]) == (14, {"grda": 14})
    winnow.ok("export", project, "--format", "csv", "--out", tmp_path / "after.csv")
    assert (tmp_path / "before.csv").read_bytes() == (tmp_path / "after.csv").read_bytes()
    after = winnow.ok("summary", project)
    assert (after["labels"], after["votes"]) == (before["labels"], before["votes"])
    assert len(winnow.ok("samples", project, "--where", 'proposed == "grda"')["rows"]) == 14
    some = 'proposed == "grda" and start < 40'
    assert winnow.ok("label", project, "--accept", "--where", some, "--by", "ann")["changed"] == 5 - (
        int(second.rpartition("/")[2]) <= 20
    )
    assert winnow.ok("label", project, "--refuse", "--by", "ann")["title"].startswith("Refuse what was spread to ")
    winnow.ok("export", project, "--format", "csv", "--out", tmp_path / "accepted.csv")
    rows = rows_of(tmp_path / "accepted.csv")
    assert len(rows) == STEPS
    accepted = [row for row in rows if row["how"] == "spread"]
    assert {(row["label"], row["by"], row["kind"]) for row in accepted} == {("grda", "ann", "human")}
    undone = winnow.ok("undo", project, "--by", "ann")["undone"]
    assert undone["title"].startswith("Undo Refuse what was spread")
    assert winnow.ok("check", project)["ok"]


def test_what_cannot_be_done_is_said_in_one_line(winnow: Any, tmp_path: Path) -> None:
    project = make_session(tmp_path)
    ended = winnow("label", project, "--accept", "--by", "ann")
    assert ended.status == 1
    assert ended.err.strip() == (
        "winnow: no proposed label waits for ann there. Have labels spread first (winnow label PROJECT --spread)."
    )
    assert winnow("label", project, "--spread", "--where", "unlabelled").status == 2
    assert winnow("label", project, "--accept", "--as", "grda").status == 2
