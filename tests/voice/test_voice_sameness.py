"""Rows of tables that name none: called by what they hold, known again when it changes, and never taken for others."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain import Placed
from models.domains.voice.sameness import hash_of, match, names_of, parts_of
from models.errors import UserError
from models.job import finish
from models.orders.importing import import_samples
from models.pairing import Pairing
from models.store.project import Project
from tests.voice.spoken import begun
from tests.voice.test_voice_headers import HEAD, NAMELESS, write

SAID = {"header": "no", "label_column": "4"}
#: How many columns the rows of the random tables have.
_WIDTH = 6
Row = tuple[str, ...]


def measured(number: int) -> Row:
    """The numbers of one row, the same whenever it is asked for."""
    source = random.Random(number)
    return tuple(f"{source.random():.6g}" for _ in range(_WIDTH))


def same(before: Sequence[Row], now: Sequence[Row], names: Sequence[str] = "abcdefgh") -> list[int]:
    """Which of the rows before each one now is, those that hold the same first, as an import pairs them."""
    known, found = (
        [Placed(f"k{at}", "", f"k{at}", dict(zip(names, row, strict=False))) for at, row in enumerate(rows)]
        for rows in (before, now)
    )
    pairing = Pairing(len(before), len(now))
    pairing.equal(before, now)
    match(known, found, pairing)
    return pairing.places


@settings(deadline=None)
@given(st.data())
def test_what_stayed_is_found_and_no_row_is_taken_for_another(data: st.DataObject) -> None:
    """Whatever goes, comes, is moved and corrected: a pair is of one row, and of measures what stayed is found."""
    before = list(range(data.draw(st.integers(4, 14))))
    stay = data.draw(st.lists(st.sampled_from(before), unique=True))
    new = data.draw(st.lists(st.integers(100, 120), unique=True, max_size=5))
    now = data.draw(st.permutations(stay + new))
    wrong = {number: data.draw(st.integers(0, _WIDTH - 1)) for number in now if data.draw(st.booleans())}
    rows = [list(measured(number)) for number in now]
    for row, number in zip(rows, now, strict=True):
        if number in wrong:
            row[wrong[number]] = "7.5"
    pairs = same([measured(number) for number in before], [tuple(row) for row in rows])
    assert pairs == [number if number in stay else -1 for number in now]


@settings(deadline=None)
@given(st.data())
def test_rows_of_grades_are_paired_with_rows_that_are_nearly_the_same_alone(data: st.DataObject) -> None:
    """Of grades a pair shares all but one of five fields; what differs more is another row."""
    row = st.tuples(*[st.sampled_from(["0", "1", "2", "3", ""])] * 5)
    before, now = (data.draw(st.lists(row, min_size=1, max_size=12)) for _ in range(2))
    for place, at in enumerate(same(before, now)):
        if at >= 0:
            assert sum(a == b for a, b in zip(now[place], before[at], strict=True)) >= 4


def test_equal_rows_stand_by_their_neighbours() -> None:
    a, b, c = (measured(number) for number in range(3))
    assert same([a, a, b, a], [c, a, a, b, a]) == [-1, 0, 1, 2, 3]
    assert same([a, b, a, c], [a, b, c]) == [0, 1, 3], "the a between b and c is gone"
    assert same([b, a, c], [a, b, a, c]) == [-1, 0, 1, 2], "it stands behind b as before"
    assert same([a, a], [a, a, a]) == [0, 1, -1]


def test_places_and_times_tell_no_row() -> None:
    """Numbers of rows that are counted anew, and times since the first, are those of another row by now."""
    rows = [measured(number)[:2] for number in range(8)]
    before = [(str(n), f"{n}.5", *row) for n, row in enumerate(rows)]
    after = [(str(n), f"{n}.5", *row) for n, row in enumerate([measured(9)[:2], *rows])]
    assert same(before, after) in ([-1, *range(8)], [-1] * 9), "rather none than the next one"
    wide = [(str(n), f"{n}.5", *measured(n)) for n in range(8)]
    moved = [(str(n), f"{n}.5", *measured(number)) for n, number in enumerate([9, *range(8)])]
    assert same(wide, moved) == [-1, *range(8)]


def test_names_are_of_what_a_row_holds() -> None:
    row = {"a": "0.50", "b": "20240101", "c": " x ", "d": ""}
    other = {"column_1": ".5", "column_2": "+20240101", "column_3": "x", "column_4": ""}
    assert hash_of(row) == hash_of(other), "however its columns are called, and its numbers are written"
    assert len({hash_of(row | change) for change in ({}, {"b": "20240102"}, {"c": "", "d": "x"}, {"a": "0012"})}) == 4
    names = names_of([row, other, row | {"c": "y"}])
    assert names == [names[0], f"{names[0]}-2", names[2]]
    assert names[0] == f"row {hash_of(row)[:10]}"


def test_parts_of_few_digits_leave_nothing() -> None:
    assert parts_of({"age": "61", "sex": "1", "hnr": "21.5"}) == [], "what can be tried is not left behind"
    row = {f"f{n}": f"{value:.6f}" for n, value in enumerate(np.random.default_rng(0).normal(size=12))}
    first = parts_of(row)
    assert len(first) >= 2
    assert parts_of(dict(reversed(row.items()))) == first
    kept = set(first) & set(parts_of(row | {"f3": "9.25"}))
    assert len(first) - 2 <= len(kept) < len(first), "one correction is of one part of few, and of one of many"


@pytest.mark.parametrize(
    ("first", "said", "second", "then"),
    [
        (NAMELESS, SAID, [HEAD, *NAMELESS], {}),  # what was said of the header holds, and is wrong now
        (NAMELESS, SAID, [HEAD, *NAMELESS], {"header": "yes"}),
        (NAMELESS, SAID, [HEAD, *NAMELESS[1:]], {"header": "guess"}),
        (NAMELESS, SAID, ["9.5,.6,.7,pd", *NAMELESS[:5], *NAMELESS[6:]], {}),
        ([HEAD, *NAMELESS], {}, NAMELESS, SAID),
        ([HEAD, *NAMELESS], {}, [*NAMELESS[:4], "9.5,.6,.7,pd", *NAMELESS[4:]], SAID),
        ([HEAD, *NAMELESS], {"header": "yes"}, NAMELESS, {"label_column": "4"}),  # a row is taken for a header
        ([HEAD, *NAMELESS], {}, ["who,jitter,hnr,shimmer,status", *(f"s{n},{NAMELESS[n]}" for n in range(8))], {}),
    ],
)
def test_labels_never_go_to_other_rows(
    first: list[str], said: dict[str, str], second: list[str], then: dict[str, str], tmp_path: Path
) -> None:
    """A person's label stays with the numbers it was given of, whatever is read as the header."""
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", *first)
    done = finish(import_samples(str(project), [str(path)], settings=said))
    assert done["samples"] == 8
    assert not any(name.startswith("_") for way in done["read_as"] for name in way)
    numbers = tuple(map(float, NAMELESS[2].split(",")[:3]))
    with Project.open(project) as opened:
        opened.journal.label([2], "pd", "anna")
        sample = opened.samples.ids()[2]
    write(path, *second)
    dry = finish(import_samples(str(project), [str(path)], settings=then, dry_run=True))
    done = finish(import_samples(str(project), [str(path)], settings=then))
    assert dry["added"] == done["added"]
    with Project.open(project) as opened:
        (row,) = opened.rows_of([sample])
        told = opened.samples.take(np.array([row]))
        columns = [name for name in told.names if told.column(name).dtype == float]
        assert {float(told.column(name)[0]) for name in columns} >= set(numbers)
        people = [name for name, label in zip(opened.samples.ids(), opened.journal.fold.labels(), strict=True) if label]
        assert sample in people
        assert opened.journal.fold.labels()[row] == "pd"
        assert len(opened.samples) == 8 + done["added"]


WIDE = "f1,f2,f3,f4,f5,f6,age,status"


def wide(count: int = 12) -> list[list[str]]:
    """Rows of six measures, an age that several have, and a class."""
    rng = np.random.default_rng(4)
    rows = [[*(f"{value:.5f}" for value in rng.normal(size=6)), str(50 + n % 5)] for n in range(count)]
    return [[*row, "hc" if n < count // 2 else "pd"] for n, row in enumerate(rows)]


def rounded(rows: list[list[str]], form: str) -> list[list[str]]:
    return [[*(format(float(value), form) for value in row[:6]), *row[6:]] for row in rows]


CHANGES: dict[str, Any] = {
    "sorted": lambda rows: sorted(rows, key=lambda row: float(row[2])),
    "one is corrected": lambda rows: [[*row[:4], "7.5", *row[5:]] if n == 3 else row for n, row in enumerate(rows)],
    "two others are corrected": lambda rows: [["1", *row[1:]] if n in (2, 3) else row for n, row in enumerate(rows)],
    "a class is corrected": lambda rows: [[*row[:7], "pd"] if n == 3 else row for n, row in enumerate(rows)],
    "fewer decimals": lambda rows: rounded(rows, ".3f")[::-1],
    "fewer digits": lambda rows: rounded(rows, ".3g"),
    "another unit": lambda rows: [[f"{1000 * float(row[0]):.2f}", *row[1:]] for row in rows][::-1],
    "a gap": lambda rows: [["", *row[1:]] if n == 3 else row for n, row in enumerate(rows)],
    "one goes": lambda rows: [rows[9], *rows[2:6]],
}


@pytest.mark.parametrize("name", CHANGES)
def test_rows_are_known_again_when_their_table_changes(name: str, tmp_path: Path) -> None:
    rows = wide()
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", WIDE, *map(",".join, rows))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        ids = opened.samples.ids()
        opened.journal.label([3], "else", "anna")
    now = CHANGES[name](rows)
    there = len(now)
    for head, some in ((WIDE, now), (f"nr,{WIDE}", [[str(n), *row] for n, row in enumerate(now)])):
        write(path, head, *map(",".join, some))
        done = finish(import_samples(str(project), [str(path)]))
        assert (done["added"], done["samples"]) == (0, 12)
        with Project.open(project) as opened:
            (row,) = opened.rows_of([ids[3]]).tolist()
            assert opened.journal.fold.labels()[row] == "else"
            assert np.isfinite(opened.samples.column("line").astype(float)).sum() == there, "what is gone is in no line"
            held = opened.samples.column("f2")[row], opened.samples.column("f6")[row]
            assert held == pytest.approx((float(rows[3][1]), float(rows[3][5])), rel=0.01)
            assert opened.samples.column("line")[row] == next(
                line for line, one in enumerate(some, 2) if float(one[-3]) == pytest.approx(held[1])
            )


@pytest.mark.parametrize(
    ("head", "first", "second", "new"),
    [
        # Columns in another order: grades tell nobody.
        ("a,b,c,status", ["1,2,0,hc", "2,1,0,hc", "3,0,1,pd", "0,3,1,pd"], ["2,1,0,hc", "1,2,0,hc"], 0),
        # A gap is no value of its neighbour.
        ("a,b,c,status", ["1.5,,2.5,hc", "1.5,2.5,,hc", "3,4,5,pd"], ["1.5,2.5,,hc", "3,4,5,pd"], 0),
        # Numbers of many digits are no others.
        ("a,b,c,status", ["1,2,20240101,hc", "1,2,20240102,pd"], ["1,2,20240102,pd", "1,2,20240103,hc"], 1),
        # Grades of somebody else.
        ("subject,a,b,c,status", ["anna,2,3,1,hc", "bob,1,1,1,pd"], ["emil,2,3,1,hc", "bob,1,1,1,pd"], 1),
        # The only row of a speaker, measured anew.
        (
            "subject,a,b,c,status",
            ["anna,2.22,3.11,1.41,hc", "bob,1,1,1,pd"],
            ["anna,5.1,7.7,8.2,hc", "bob,1,1,1,pd"],
            1,
        ),
        # Another recording of a speaker, of whom a table tells a lot.
        (
            "subject,age,kg,cm,a,b,c,status",
            ["anna,61,70.5,171.5,2.22,3.11,1.41,hc", "bob,55,80.5,181.5,2.3,3.4,1.5,pd"],
            ["anna,61,70.5,171.5,5.1,7.7,8.2,hc", "bob,55,80.5,181.5,2.3,3.4,1.5,pd"],
            1,
        ),
    ],
)
def test_no_row_is_taken_for_another(head: str, first: list[str], second: list[str], new: int, tmp_path: Path) -> None:
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", head, *first)
    finish(import_samples(str(project), [str(path)]))

    def held() -> dict[str, tuple[object, ...]]:
        with Project.open(project) as opened:
            names = [name for name in (*head.split(","), "speaker") if name in opened.samples.names]
            rows = zip(*(opened.samples.column(name).tolist() for name in names), strict=True)
            return {name: tuple(map(str, row)) for name, row in zip(opened.samples.ids(), rows, strict=True)}

    before = held()
    write(path, head, *second)
    done = finish(import_samples(str(project), [str(path)]))
    after = held()
    assert {name: after[name] for name in before} == before
    assert done["added"] == new
    assert len(after) == len(before) + new


def test_other_settings_of_an_unchanged_table_move_nothing(tmp_path: Path) -> None:
    rows = ["2,1,1.51,.11,.173,hc,0", "3,2,2.52,.21,.273,hc,1", "1,3,3.53,.31,.373,pd,1", "4,4,4.54,.41,.473,pd,0"]
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", "nr,subject,a,b,c,status,grade", *rows)
    finish(import_samples(str(project), [str(path)], settings={"speaker_column": "nr"}))
    with Project.open(project) as opened:
        ids = opened.samples.ids()
        opened.journal.label([2], "hc", "ann")
    others: tuple[dict[str, str], ...] = (
        {"speaker_column": "subject"},
        {"label_column": "grade"},
        {"classes": "0=no,1=yes"},
        {"header": "no", "speaker_column": "2", "label_column": "6"},
    )
    for said in others:
        done = finish(import_samples(str(project), [str(path)], settings=said))
        assert done["added"] == 0
        with Project.open(project) as opened:
            assert opened.samples.ids() == ids
            assert opened.journal.fold.labels()[2] == "hc"
            assert opened.samples.column("line").tolist() == [2, 3, 4, 5]


WITHDRAWN: dict[str, Any] = {
    "as it was": lambda rows: rows,
    "sorted": lambda rows: [rows[0], *rows[:0:-1]],
    "a column in front": lambda rows: [[f"{n}.5" if n else "new", *row] for n, row in enumerate(rows)],
    "a column behind": lambda rows: [[*row, f"{n}.5" if n else "new"] for n, row in enumerate(rows)],
    "a column less": lambda rows: [row[1:] for row in rows],
    "columns in another order": lambda rows: [row[::-1] for row in rows],
    "a correction": lambda rows: [rows[0], *(["7.25", *row[1:]] for row in rows[1:])],
    "a gap": lambda rows: [rows[0], *(["", *row[1:]] for row in rows[1:])],
    "another goes": lambda rows: [*rows[:2], *rows[3:]],
    "two corrections": lambda rows: [rows[0], *(["7.25", *row[1:4], ".5", *row[5:]] for row in rows[1:])],
}


@pytest.mark.parametrize("name", WITHDRAWN)
@pytest.mark.parametrize("keyed", [False, True])
def test_withdrawn_rows_stay_out_however_the_table_changes(name: str, keyed: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = [
        [*(f"{value:.6f}" for value in rng.normal(size=12)), f"s{n // 2}", "hc" if n < 5 else "pd"] for n in range(10)
    ]
    head = [*(f"f{n}" for n in range(12)), "subject", "status"]
    project, path = begun(tmp_path / "p"), tmp_path / "t.csv"
    begin = [[*row, f"r{n}"] for n, row in enumerate(rows)] if keyed else rows
    write(path, ",".join([*head, "name"] if keyed else head), *map(",".join, begin))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        gone = float(rows[3][5])
        opened.purge([3])
    now, *table = WITHDRAWN[name]([head, *rows])
    for place in (path, tmp_path / "other" / "renamed.csv"):
        write(place, ",".join(now), *map(",".join, table))
        done = finish(import_samples(str(project), [str(place)]))
        assert "1 withdrawn before, kept out" in str(done["notes"])
        with Project.open(project) as opened:
            assert gone not in opened.samples.column("f5").tolist()


@pytest.mark.parametrize("form", [".3f", ".3g"])
def test_withdrawn_rows_stay_out_where_all_numbers_are_rounded(form: str, tmp_path: Path) -> None:
    rows = wide()
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", WIDE, *map(",".join, rows))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        opened.purge([3, 4])
    write(path, WIDE, *map(",".join, rounded(rows, form)[::-1]))
    for turn in range(3):
        done = finish(import_samples(str(project), [str(path)]))
        assert (done["added"], done["samples"]) == (0, 10)
        assert "2 withdrawn before, kept out" in str(done["notes"])
        words = "line 9, line 10 are none of those that are known, and as many withdrawn ones are not in it as before"
        assert (words in str(done["notes"])) == (not turn), "they are known by what they hold then"


def test_new_rows_where_withdrawn_ones_are_not_as_they_were_are_told(tmp_path: Path) -> None:
    rows, new = wide(), wide(14)[12:]
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", WIDE, *map(",".join, rows))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        opened.purge([3, 4])
    write(path, WIDE, *map(",".join, [*rows[:3], *rows[5:], new[0]]))
    words = "2 samples that were withdrawn from it are not in it as before. See that the new one is another"
    assert words in str(finish(import_samples(str(project), [str(path)], dry_run=True))["notes"])
    done = finish(import_samples(str(project), [str(path)]))
    assert (done["added"], done["samples"]) == (1, 11)
    assert words in str(done["notes"])
    later = [[str(n % 3), *row] for n, row in enumerate([*rows[:3], *rows[5:], *new])]
    write(path, f"grade,{WIDE}", *map(",".join, later))
    for added in (1, 0):
        done = finish(import_samples(str(project), [str(path)]))
        assert (done["added"], done["samples"]) == (added, 12)
        assert "withdrawn" not in str(done["notes"]), "what has left the table is not looked for any more"


def test_a_purge_in_another_table_changes_nothing_here(tmp_path: Path) -> None:
    project, rows = begun(tmp_path / "p"), wide(16)
    paths = [
        write(tmp_path / name, WIDE, *map(",".join, some)) for name, some in (("a.csv", rows[:8]), ("b.csv", rows[8:]))
    ]
    finish(import_samples(str(project), list(map(str, paths))))
    with Project.open(project) as opened:
        opened.purge([9])
    for path in (*paths, *paths):
        done = finish(import_samples(str(project), [str(path)]))
        assert (done["added"], done["samples"]) == (0, 15)
    write(paths[1], WIDE, *map(",".join, [rows[8], *rows[10:]]))
    for _ in range(3):
        done = finish(import_samples(str(project), [str(paths[1])]))
        assert (done["added"], done["samples"]) == (0, 15)


def of_people(count: int, constants: int = 8) -> list[list[str]]:
    """Three rows of each person: what tells of the person, then four measures."""
    rng = np.random.default_rng(8)
    people = [[f"{value:.4f}" for value in rng.normal(size=constants)] for _ in range(count)]
    return [[f"s{n}", *person, *(f"{value:.5f}" for value in rng.normal(size=4)), "hc" if n % 2 else "pd"]
            for n, person in enumerate(people) for _ in range(3)]  # fmt: skip


def test_what_tells_of_a_person_is_no_sign_of_a_recording(tmp_path: Path) -> None:
    """A new recording of somebody is neither the one that was withdrawn nor the one that it stands in the place of."""
    rows = of_people(5)
    head = ",".join(["subject", *(f"p{n}" for n in range(8)), *(f"m{n}" for n in range(4)), "status"])
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", head, *map(",".join, rows))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        ids = opened.samples.ids()
        opened.journal.label([4], "else", "anna")
        opened.purge([0])
    new = [[*row[:9], "7.11111", f"{n}.22222", "3.33333", f"{n}.44444", row[-1]] for n, row in enumerate(rows)]
    write(path, head, *map(",".join, [*rows[1:4], new[4], *rows[5:], new[0]]))
    for added in (2, 0):
        done = finish(import_samples(str(project), [str(path)]))
        assert (done["added"], done["samples"]) == (added, 16)
    with Project.open(project) as opened:
        (row,) = opened.rows_of([ids[4]]).tolist()
        assert opened.samples.column("m0")[row] == float(rows[4][9]), "the one that went stays as it was"
    write(path, head, *map(",".join, [[*row[:9], "", *row[10:]] for row in [*rows[1:4], new[4], *rows[5:], new[0]]]))
    done = finish(import_samples(str(project), [str(path)]))
    assert (done["added"], done["samples"]) == (0, 16)
    assert "withdrawn" not in str(done["notes"])


def test_the_only_rows_of_people_are_not_taken_for_their_next_ones(tmp_path: Path) -> None:
    rows = of_people(8)[::3]
    head = ",".join(["subject", *(f"p{n}" for n in range(8)), *(f"m{n}" for n in range(4)), "status"])
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", head, *map(",".join, rows))
    finish(import_samples(str(project), [str(path)]))
    write(path, head, *map(",".join, [[*rows[0][:9], "7.1", "6.2", "3.3", "2.4", rows[0][-1]], *rows[1:]]))
    assert finish(import_samples(str(project), [str(path)]))["added"] == 1


def test_of_two_equal_rows_the_one_that_stayed_is_known(tmp_path: Path) -> None:
    rows = wide()
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", WIDE, *map(",".join, [*rows, rows[2]]))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        opened.purge([12])
    corrected = [*rows[2][:5], "7.25", *rows[2][6:]]
    for some, added, words in (
        ([*rows, rows[2]], 0, "1 withdrawn before"),
        ([*rows[:2], corrected, *rows[3:]], 0, "else"),
    ):
        write(path, WIDE, *map(",".join, some))
        done = finish(import_samples(str(project), [str(path)]))
        assert (done["added"], done["samples"]) == (added, 12)
        assert words in str(done["notes"])
        assert "not in it any more" not in str(done["notes"])


def test_numbers_of_thousands_of_digits_are_texts(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", WIDE, *map(",".join, wide()), f"{'7' * 5000},1,2,3,4,5,60,pd")
    assert finish(import_samples(str(begun(tmp_path / "p")), [str(path)]))["added"] == 13


def test_what_was_withdrawn_and_corrected_keeps_no_other_recording_out(tmp_path: Path) -> None:
    rows = of_people(5, constants=12)
    head = ",".join(["subject", *(f"p{n}" for n in range(12)), *(f"m{n}" for n in range(4)), "status"])
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", head, *map(",".join, rows))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        opened.purge([0])
    rows[0][14] = "7.25"
    write(path, head, *map(",".join, rows))
    assert "1 withdrawn before" in str(finish(import_samples(str(project), [str(path)]))["notes"])
    new = [*rows[0][:13], "5.55555", "6.66666", "7.77777", "8.88888", "pd"]
    write(path, head, *map(",".join, [*rows, new]))
    for added in (1, 0):
        assert finish(import_samples(str(project), [str(path)]))["added"] == added
    with Project.open(project) as opened:
        assert 5.55555 in opened.samples.column("m0").tolist()


def test_a_table_of_which_all_was_withdrawn_says_so(tmp_path: Path) -> None:
    project, path = begun(tmp_path / "p"), write(tmp_path / "t.csv", WIDE, *map(",".join, wide()))
    finish(import_samples(str(project), [str(path)]))
    with Project.open(project) as opened:
        opened.purge(list(range(12)))
    with pytest.raises(UserError, match="12 withdrawn before, kept out"):
        finish(import_samples(str(project), [str(path)]))
