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
    steps: tuple[tuple[dict[str, str], int], ...] = (
        ({}, 2), ({"leave_out": "none"}, 3), ({}, 3), ({"leave_out": "shim*"}, 2), ({}, 2), ({"leave_out": "guess"}, 2),
        ({"leave_out": "shim*"}, 2), ({}, 2),
        ({"label_column": "status"}, 2),
    )  # fmt: skip
    for said, features in steps:
        finish(import_samples(str(project), [str(path)], settings=said))
        with Project.open(project) as opened:
            learnt = columns_of(opened.samples)
            assert len(learnt) == features, said
            if "shim*" in said.values():
                assert learnt == ["jitter", "score"], "a list of a person's takes the place of the guess"
    assert learnt == ["jitter", "score"], "what was said of columns before holds"


@pytest.mark.parametrize(
    ("well", "ill", "words"),
    [
        (["0", "0.0", "0", "0"], ["1", "2", "3", "4"], "0 in all of hc, and nowhere else"),
        (["0", "0", "0", "0"], ["0.0", "2", "3", "4"], ""),
        (["", "NA", "", "-"], ["10", "12", "30", "40"], "told in pd, and of nobody in hc"),
        (["", "NA", "", "3"], ["10", "12", "30", "40"], ""),
        (["0", "0", "0"], ["1", "2", "3", "4"], ""),  # too few to say so
        (["5", "6", "7", "8"], ["9", "9", "9", "9"], "9 in all of pd, and nowhere else"),
    ],
)
def test_what_may_be_the_class_by_another_name(well: list[str], ill: list[str], words: str, tmp_path: Path) -> None:
    rows = [f"{n},.{n}1,.{9 - n}2,.{n}3,{score},{state}" for n, (score, state) in
            enumerate([*((one, "hc") for one in well), *((one, "pd") for one in ill)])]  # fmt: skip
    found = scanned(write(tmp_path / "t.csv", "subject,a,b,c,score,status", *rows))
    assert ("score" not in columns_of(found.samples())) == bool(words)
    assert words in found.words
    assert ("by another name" in found.words) == bool(words)


def test_what_a_person_leaves_out_goes_before_the_features_he_names(tmp_path: Path) -> None:
    path = scored(tmp_path / "t.csv")
    mapping = '{"speaker": "subject", "label": "status", "features": ["jitter", "score"]}'
    found = scanned(path, mapping=mapping)
    assert columns_of(found.samples()) == ["jitter", "score"]
    assert "leave it out with --set leave_out=score" in found.words
    assert columns_of(scanned(path, mapping=mapping, leave_out="score").samples()) == ["jitter"]
    with pytest.raises(UserError, match="leave_out leaves no feature"):
        scanned(path, leave_out="*")


def test_columns_with_commas_are_left_out_as_json(tmp_path: Path) -> None:
    rows = [f"{n},.{n}1,.{9 - n}2,.{n}3,{int(n > 3) * n},{int(n > 3)}" for n in range(9)]
    path = write(tmp_path / "t.csv", 'subject,a,b,c,"Score, total",status', *rows)
    note = scanned(path, leave_out="none").note("by another name")
    said = note.split("--set leave_out='")[1].rstrip("'")
    assert columns_of(scanned(path, leave_out=said).samples()) == ["a", "b", "c"]


def test_a_column_that_goes_takes_nothing_of_what_was_said_with_it(tmp_path: Path) -> None:
    project = begun(tmp_path / "p")
    path = scored(tmp_path / "t.csv")
    finish(import_samples(str(project), [str(path)], settings={"speaker_column": "status", "label_column": "none"}))
    finish(import_samples(str(project), [str(path)], settings={"leave_out": "score"}))
    rows = [f"{n},.{n}1,.{9 - n}2,.{n},{'hc' if n < 4 else 'pd'}" for n in range(8)]
    write(path, "subject,jitter,shimmer,other,status", *rows)
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        assert set(opened.samples.table.column("group").to_pylist()) == {"hc", "pd"}
        assert columns_of(opened.samples) == ["subject", "jitter", "shimmer", "other"]


def test_a_feature_that_tells_nothing_any_more_is_learnt_from_again(tmp_path: Path) -> None:
    project, path = begun(tmp_path / "p"), scored(tmp_path / "t.csv")
    finish(import_samples(str(project), [str(path)]))
    scored(path, *(f"{n},.{n}1,.2,{n % 3},{'hc' if n % 2 else 'pd'}" for n in range(10, 40)))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        assert columns_of(opened.samples) == ["jitter", "shimmer", "score"]


@pytest.mark.parametrize("turned", [False, True])
def test_too_few_rows_part_nothing(turned: bool, tmp_path: Path) -> None:
    for count, told in ((9, False), (10, True)):
        rows = [f"{n},{n % 7}.1,{n % 5}.2,{(n + 100 * (n >= count)) * (-1 if turned else 1)},{int(n >= count)}"
                for n in range(2 * count)]  # fmt: skip
        found = scanned(write(tmp_path / "t.csv", "subject,a,b,c,status", *rows))
        assert ("without a mistake" in found.words) == told


@pytest.mark.parametrize(
    ("first", "other", "headed"),
    [
        ("who,8000.5,4000.5,2000.5,kind", "who,1.5,2.5,.5,kind", False),
        ("who,500.5,1000.5,2000.5,kind", "who,1.5,2.5,.5,kind", True),  # frequencies rise
        ("who,3,1,2,kind", "who,1,2,0,kind", True),  # whole numbers may number columns
        ("who,2.5,1.5,.5,kind", "a,1.5,2.5,.5,b", True),
    ],
)
def test_a_first_line_of_numbers_and_words(first: str, other: str, headed: bool, tmp_path: Path) -> None:
    found = read_table(write(tmp_path / "t.csv", first, other))
    assert (found.names[0] == "who") == headed


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


NAMELESS = [f"{n * 37 % 11}.1{n},.{9 - n}2,.{n}3,{'hc' if n < 4 else 'pd'}" for n in range(8)]
HEAD = "jitter,shimmer,hnr,status"


def test_a_header_that_is_read_as_a_row_is_told_once(tmp_path: Path) -> None:
    found = scanned(write(tmp_path / "t.csv", HEAD, *NAMELESS), header="no", label_column="4")
    (skip,) = found.skipped
    assert (skip.where, skip.reason) == (
        "line 1",
        "none of its features is told; it seems to name the columns: --set header=yes reads it so",
    )
    assert "no number" not in found.words
    assert scanned(tmp_path / "t.csv", label_column="4").found[0].labels[0] == "hc", "the fourth, whatever it is called"


def test_a_mapping_that_a_person_gave_holds_while_the_table_grows(tmp_path: Path) -> None:
    project, path = begun(tmp_path / "p"), scored(tmp_path / "t.csv")
    mapping = '{"speaker": "status", "label": "status", "features": ["jitter"]}'
    finish(import_samples(str(project), [str(path)], settings={"mapping": mapping}))
    for more in ((), ("9,.1,.2,0,pd",), ("9,.1,.2,0,pd", "10,.1,.2,0,hc")):
        scored(path, *more)
        finish(import_samples(str(project), [str(path)]))
        with Project.open(project) as opened:
            assert columns_of(opened.samples) == ["jitter"]


def test_known_columns_are_listed_as_people_count(tmp_path: Path) -> None:
    rows = [",".join(str(place + line / 10) for place in range(12)) for line in range(3)]
    with pytest.raises(UserError, match=r"column_1, column_2, .*column_9, column_10"):
        scanned(write(tmp_path / "t.csv", *rows), speaker_column="who")


def test_a_table_without_a_column_of_people_says_what_follows(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b,c,status", *(f".{n}1,.{n}2,.{n}3,{n % 2}" for n in range(8)))
    told = scanned(path).words
    assert "no column is known to tell who speaks: name it with --set speaker_column=…" in told
    assert "until then a score may be of people that were learnt from" in told
