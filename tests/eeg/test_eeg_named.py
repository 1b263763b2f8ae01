"""A table of who voted what beside windows of HMS: votes by name where they are those that are counted."""

from __future__ import annotations

from pathlib import Path

from models.domains.eeg import fake
from models.job import finish
from tests.eeg.scanned import row, scanned, table

#: Votes of train.csv in its order of classes: seizure, lpd, gpd, lrda, grda, other.
VOTES = (0, 2, 1, 0, 0, 0)


def named(folder: Path, *lines: str) -> None:
    (folder / "votes.csv").write_text("\n".join(["label_id,rater,vote", *lines, ""]), "utf-8")


def test_votes_by_name_take_the_place_of_those_that_are_counted(tmp_path: Path) -> None:
    table(tmp_path, row(11, 0, 0.0, VOTES, label=5), row(11, 1, 2.0, VOTES, label=6), row(11, 2, 4.0, VOTES, label=7))
    named(tmp_path, "5,ann,LPD", "5,ben,lpd", "5,cy,gpd", "6,ann,lpd")
    found = scanned(tmp_path)
    (one,) = found.found
    assert one.votes == [{"ann": "lpd", "ben": "lpd", "cy": "gpd"}, {}, {}]
    assert one.tallies == [{}, {"lpd": 2.0, "gpd": 1.0}, {"lpd": 2.0, "gpd": 1.0}]
    assert found.labels == ["lpd", "lpd", "lpd"]
    assert "votes.csv: its votes on 1 window are not those that are counted, which hold" in found.words


def test_votes_by_name_stand_where_nothing_is_counted(tmp_path: Path) -> None:
    table(tmp_path, row(11, 0, 0.0, (0, 0, 0, 0, 0, 0), label=5))
    named(tmp_path, "5,ann,lpd", "5,ben,gpd")
    found = scanned(tmp_path)
    assert found.found[0].votes == [{"ann": "lpd", "ben": "gpd"}]
    assert "not those that are counted" not in found.words


def test_where_named_votes_are_split_no_rater_alone_gives_the_label(tmp_path: Path) -> None:
    split = row(11, 0, 0.0, (1, 1, 0, 0, 0, 0), consensus="", label=5)
    table(tmp_path, split, row(11, 1, 2.0, (1, 1, 0, 0, 0, 0), consensus="", label=6))
    named(tmp_path, "5,ann,seizure", "5,ben,lpd")
    assert scanned(tmp_path).labels == ["", None], "told that there is none, where else the last vote would be it"


def test_a_row_that_names_no_class_is_told(tmp_path: Path) -> None:
    table(tmp_path, row(11, 0, 0.0, VOTES, label=5))
    named(tmp_path, "5,ann,lpd", "5,ben,lpd", "5,cy,gpd", "5,di,wave", "5,,lpd")
    found = scanned(tmp_path)
    assert found.found[0].votes == [{"ann": "lpd", "ben": "lpd", "cy": "gpd"}]
    assert "2 rows without a rater or one of the six classes" in found.words
    assert "the first in row 4" in found.words


def test_without_windows_beside_it_the_table_is_left_out(tmp_path: Path) -> None:
    table(tmp_path, row(11, 0, 0.0, VOTES, label=5))
    (tmp_path / "truth").mkdir()
    named(tmp_path / "truth", "5,ann,lpd", "5,ben,lpd", "5,cy,gpd")
    found = scanned(tmp_path)
    assert found.found[0].votes == ()
    assert found.found[0].tallies == [{"lpd": 2.0, "gpd": 1.0}]
    assert "votes.csv" not in found.words
    alone = scanned(tmp_path / "truth" / "votes.csv")
    assert "no table of windows lies beside it, left out" in alone.words


def test_generated_raters_come_in_by_name(tmp_path: Path) -> None:
    finish(fake.fake(tmp_path, 8, 3, raters="5", named="yes", patients="2"))
    found = scanned(tmp_path)
    (one,) = found.found
    assert all(one.votes)
    assert not any(one.tallies)
    assert {name for votes in one.votes for name in votes} <= {f"r{number}" for number in range(1, 6)}
