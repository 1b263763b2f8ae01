"""Tables of features as they are published: a line that groups the columns above their names, or no names at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from models.domains.voice.recipes.tabular import columns_of
from models.errors import UserError
from models.job import finish
from models.orders.importing import import_samples
from models.store.project import Project
from models.texttable import NoTable, read_table
from tests.voice.spoken import begun, scanned


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
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
    assert skip.reason.startswith(
        "it has no header: its columns are called column_1 to column_5; --set speaker_column=… and label_column=… tell"
    )
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


def scored(path: Path, *more: str) -> Path:
    rows = [f"{n},.{n}1,.{9 - n}2,{0 if n < 4 else 20 + n},{'hc' if n < 4 else 'pd'}" for n in range(8)]
    return write(path, "subject,jitter,shimmer,score,status", *rows, *more)


def test_a_column_that_is_the_class_by_another_name_is_no_feature(tmp_path: Path) -> None:
    path = scored(tmp_path / "t.csv")
    found = scanned(path)
    (note,) = [one.text for one in found.noted if "by another name" in one.text]
    assert note == (
        "score may be the class by another name (0 in all of hc, and nowhere else): it is left out of the features; "
        "--set leave_out=none learns from it"
    )
    assert columns_of(found.samples()) == ["jitter", "shimmer"]
    assert found.one.columns["score"][0] == 0, "it stays a column"
    whole = scanned(path, leave_out="none")
    assert columns_of(whole.samples()) == ["jitter", "shimmer", "score"]
    assert "a model may learn nothing else; leave it out with --set leave_out=score" in whole.words
    mixed = scored(tmp_path / "u.csv", "9,.1,.2,0,pd")
    assert "by another name" not in scanned(mixed).words


def test_columns_are_left_out_as_a_person_says(tmp_path: Path) -> None:
    path = scored(tmp_path / "t.csv", "9,.1,.2,0,pd")
    found = scanned(path, leave_out="sc*,subject")
    assert columns_of(found.samples()) == ["jitter", "shimmer"]
    assert '"leave_out": ["score"]' in found.words, "who speaks is none of them anyway"
    with pytest.raises(UserError, match=r"there is no column 'scor'\. Did you mean score\?"):
        scanned(path, leave_out="scor")
    write(tmp_path / "d" / "a.csv", "subject,a,b,c,status", *(f"{n},.1{n},.2,.3,{n % 2}" for n in range(4)))
    scored(tmp_path / "d" / "t.csv")
    both = scanned(tmp_path / "d", leave_out="score")
    assert len(both.found) == 2, "a column of one table of a folder need not be in the others"


def test_what_is_left_out_is_kept_and_taken_back(tmp_path: Path) -> None:
    path = scored(tmp_path / "t.csv")
    project = begun(tmp_path / "p")
    for said, features in (
        ({}, 2), ({"leave_out": "none"}, 3), ({}, 3), ({"leave_out": "shim*"}, 1), ({}, 1), ({"leave_out": "guess"}, 2),
    ):  # fmt: skip
        finish(import_samples(str(project), [str(path)], settings=said))
        with Project.open(project) as opened:
            assert len(columns_of(opened.samples)) == features, said


def test_a_feature_that_parts_the_classes_alone_is_told(tmp_path: Path) -> None:
    rows = [f"{n},{n % 7}.1,{n % 5}.2,{n + 100 * (n >= 12)},{n // 12}" for n in range(24)]
    found = scanned(write(tmp_path / "t.csv", "subject,a,b,c,status", *rows))
    assert "1 feature parts the classes without a mistake" in found.words
    assert "leave it out with --set leave_out=c): c" in found.words
    assert columns_of(found.samples()) == ["a", "b", "c"]


def test_scores_of_clinicians_are_no_features(tmp_path: Path) -> None:
    rows = [f"{n},.1{n},.2{n},.3{n},{n % 5},{n % 3},{n % 2}" for n in range(9)]
    path = write(tmp_path / "t.csv", "subject,a,b,c,motor_UPDRS,Hoehn & Yahr,status", *rows)
    assert columns_of(scanned(path).samples()) == ["a", "b", "c"]


def test_a_row_is_no_header(tmp_path: Path) -> None:
    rows = [f"S{n // 2},1.{n},.9{n},.5{n},{'HC' if n < 4 else 'PD'}" for n in range(8)]
    path = write(tmp_path / "t.csv", *rows)
    found = scanned(path, speaker_column="1", label_column="5")
    assert len(found.one.keys) == 8
    assert sorted(set(found.one.groups)) == ["S0", "S1", "S2", "S3"]
    assert Counter(found.labels) == {"HC": 4, "PD": 4}


def test_whether_a_table_has_a_header_may_be_said(tmp_path: Path) -> None:
    rows = [f"S{n // 2},{n},1{n},2{n},G{n}" for n in range(8)]
    path = write(tmp_path / "t.csv", *rows)
    assert read_table(path).names[0] == "S0"
    found = scanned(path, header="no", speaker_column="1")
    assert len(found.one.keys) == 8
    bins = write(tmp_path / "u.csv", "2.5,1.5,.5", "4,.5,.6")
    assert read_table(bins, True).names == ("2.5", "1.5", ".5")
    with pytest.raises(UserError, match="header is 'maybe': give yes, no or guess"):
        scanned(path, header="maybe")
    project = begun(tmp_path / "p")
    for said in ({"header": "no", "speaker_column": "1"}, {}):
        done = finish(import_samples(str(project), [str(path)], settings=said))
        assert "column_1 to column_5" in str(done["notes"])


def test_known_columns_are_listed_as_people_count(tmp_path: Path) -> None:
    rows = [",".join(str(place + line / 10) for place in range(12)) for line in range(3)]
    with pytest.raises(UserError, match=r"column_1, column_2, .*column_9, column_10"):
        scanned(write(tmp_path / "t.csv", *rows), speaker_column="who")


def test_a_table_without_a_column_of_people_says_what_follows(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b,c,status", *(f".{n}1,.{n}2,.{n}3,{n % 2}" for n in range(8)))
    told = scanned(path).words
    assert "no column is known to tell who speaks: name it with --set speaker_column=…" in told
    assert "until then a score may be of people that were learnt from" in told
