"""Tables of features as they are published: a line that groups the columns above their names, or no names at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.texttable import NoTable, read_table
from tests.voice.spoken import scanned


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_line_that_groups_columns_stands_above_their_names(tmp_path: Path) -> None:
    rows = [f"{speaker},0,.{turn}1,.{speaker}2,.{turn}3,{speaker % 2}" for speaker in range(4) for turn in range(3)]
    path = write(tmp_path / "pd.csv", "Basic Info,,Baseline Features,,,", "id,gender,PPE,DFA,RPDE,class", *rows, "9,1")
    found = scanned(path)
    one = found.one
    assert len(one.keys) == 12
    assert sorted(set(one.groups)) == ["0", "1", "2", "3"]
    assert one.labels[:6] == ["0"] * 3 + ["1"] * 3
    assert one.columns["PPE"][:2] == [0.01, 0.11]
    assert found.note("groups the columns") == "pd.csv||line 1 groups the columns: they are called as line 2 says"
    assert [(skip.where, skip.reason) for skip in found.skipped] == [
        ("line 15", "it has 2 fields where the table has 6 columns")
    ]


def test_columns_without_names_are_called_by_their_places(tmp_path: Path) -> None:
    rows = [f"{speaker},.{turn}1,.{speaker}2,.{turn}3,{speaker % 2}" for speaker in range(4) for turn in range(3)]
    path = write(tmp_path / "train_data.txt", *rows)
    unsaid = scanned(path)
    assert not unsaid.found
    (skip,) = unsaid.skipped
    assert skip.reason.startswith("it has no header: its columns are called column_1 to column_5; it names neither")
    assert "--set speaker_column=… and label_column=…" in skip.reason
    found = scanned(path, speaker_column="column_1", label_column="column_5")
    assert len(found.one.keys) == 12, "the first line is a row"
    assert sorted(set(found.one.groups)) == ["0", "1", "2", "3"]
    assert found.one.columns["column_2"][:2] == [0.01, 0.11]
    assert found.note("no header").startswith("train_data.txt||")


@pytest.mark.parametrize(
    ("head", "names", "first"),
    [
        ("0,1,2", ("0", "1", "2"), 2),  # what numbers its columns is a header
        ("3,7,5", ("3", "7", "5"), 2),
        ("1,0,1", ("column_1", "column_2", "column_3"), 1),
        ("0.5,1.5,2.5", ("column_1", "column_2", "column_3"), 1),
        ("id,0.59,0.78", ("id", "0.59", "0.78"), 2),
    ],
)
def test_numbers_are_a_header_where_they_number_columns(
    head: str, names: tuple[str, ...], first: int, tmp_path: Path
) -> None:
    found = read_table(write(tmp_path / "t.csv", head, "4,.5,.6"))
    assert found.names == names
    assert found.lines[0] == first
    assert bool(found.note) == (first == 1)


@pytest.mark.parametrize("second", ["a,b,b", "a,,c", "a,b", "a,b,3", "a,b,c,d", ""])
def test_what_no_line_names_is_no_table(second: str, tmp_path: Path) -> None:
    with pytest.raises(NoTable, match="two of its columns have one name, or it has no header"):
        read_table(write(tmp_path / "t.csv", "All,,", second, "1,2,3"))


def test_a_column_that_is_the_class_by_another_name_is_told(tmp_path: Path) -> None:
    rows = [f"{n},.{n}1,.{n}2,{1 if n < 4 else 23},{'hc' if n < 4 else 'pd'}" for n in range(8)]
    path = write(tmp_path / "t.csv", "subject,jitter,shimmer,updrs,status", *rows)
    found = scanned(path)
    (note,) = [one.text for one in found.noted if "one value in each class" in one.text]
    assert note.startswith("updrs has one value in each class (1 in hc, 23 in pd)")
    mixed = write(tmp_path / "u.csv", "subject,jitter,shimmer,updrs,status", *rows, "9,.1,.2,1,pd")
    assert "one value in each class" not in scanned(mixed).words


def test_a_table_without_a_column_of_people_says_what_follows(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b,c,status", *(f".{n}1,.{n}2,.{n}3,{n % 2}" for n in range(8)))
    told = scanned(path).words
    assert "no column is known to tell who speaks: name it with --set speaker_column=…" in told
    assert "until then a score may be of people that were learnt from" in told
