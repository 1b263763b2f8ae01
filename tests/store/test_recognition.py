"""Rows of tables without names: known again by what they hold, so that no label goes to another row."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain import Found
from models.domains.voice.sameness import match, prints_of
from models.findings import Placed
from models.sample import LINE, PRINTS
from models.store.project import Project
from models.store.recognition import Strangers

#: What a row measures: so many numbers that hardly two rows share.
_WIDTH = 6
Row = tuple[str, ...]


def measured(number: int) -> Row:
    """The numbers of one row, the same whenever it is asked for."""
    source = random.Random(number)
    return tuple(f"{source.random():.6g}" for _ in range(_WIDTH))


def edited(row: Row, place: int) -> Row:
    return (*row[:place], "7.5", *row[place + 1 :])


def same(before: Sequence[Row], now: Sequence[Row], groups: Sequence[Sequence[str]] = ((), ())) -> list[int]:
    """Which of the rows before each one now is."""
    known, found = (
        [
            Placed(
                f"row {place}", "", names[place] if names else f"row {place}", {f"c{at}": v for at, v in enumerate(row)}
            )
            for place, row in enumerate(rows)
        ]
        for rows, names in zip((before, now), groups, strict=True)
    )
    return list(match(known, found).places)


@settings(deadline=None)
@given(st.data())
def test_no_row_is_taken_for_another(data: st.DataObject) -> None:
    """Whatever goes, comes, is moved and corrected: a pair is of one row, and what stayed is found."""
    before = list(range(data.draw(st.integers(1, 12))))
    stay = data.draw(st.lists(st.sampled_from(before), unique=True))
    new = data.draw(st.lists(st.integers(100, 120), unique=True, max_size=5))
    now = data.draw(st.permutations(stay + new))
    wrong = {number: data.draw(st.integers(0, _WIDTH - 1)) for number in now if data.draw(st.booleans())}
    rows = [edited(measured(number), wrong[number]) if number in wrong else measured(number) for number in now]
    pairs = same([measured(number) for number in before], rows)
    assert pairs == [number if number in stay else -1 for number in now]


def test_equal_rows_stand_by_their_neighbours() -> None:
    a, b, c = (measured(number) for number in range(3))
    assert same([a, a, b, a], [c, a, a, b, a]) == [-1, 0, 1, 2, 3]
    assert same([a, b, a, c], [a, b, c]) == [0, 1, 3], "the a between b and c is gone"
    assert same([b, a, c], [a, b, a, c]) == [-1, 0, 1, 2], "it stands behind b as before"
    assert same([a, a], [a, a, a]) == [0, 1, -1]


def test_few_equal_values_make_no_row_the_same() -> None:
    old = [("1", "2", "0.5"), ("0", "2", "0.25"), ("1", "0", "0.75")]
    assert same(old, [("1", "2", "0.6")]) == [-1], "grades are of many"
    assert same(old, [("8", "9", "0.5")]) == [-1], "one number is chance"
    assert same(old, [("7", "8", "9"), ("3",)], (("s1", "s2", "s2"), ("s1", "s2"))) == [0, -1], "the only one of s1"


def table(path: Path, rows: Sequence[Row], head: int = 1, key: str = "", group: str = "") -> Found:
    """What a domain finds in a table of these rows below so many lines of a header."""
    path.write_text("\n" * head + "\n".join(",".join(row) for row in rows))
    keys = [f"{key}{place}" if key else f"row {place}" for place in range(1, len(rows) + 1)]
    columns: dict[str, Sequence[Any]] = {f"c{at}": [float(row[at]) for row in rows] for at in range(_WIDTH)}
    if not key:
        columns[PRINTS] = [prints_of({name: values[at] for name, values in columns.items()}) for at in range(len(rows))]
        columns[LINE] = [f"line {head + place}" for place in range(1, len(rows) + 1)]
    groups = [group or one for one in keys]
    return Found(path, path.name, keys, groups, ["a"] * len(rows), (), columns, beside=True, match=match)


@pytest.fixture
def begun(tmp_path: Path) -> Any:
    with Project.create(tmp_path / "p", "traces", ["a", "b"]) as made:
        made.add(table(tmp_path / "t.csv", [measured(number) for number in range(6)]))
        made.journal.label(made.rows_of(["t.csv#row 3"]), "b", "anna")
        yield made


def held(project: Project) -> dict[str, float]:
    """The first number of each sample."""
    table = project.samples.table
    return dict(zip(table.column("id").to_pylist(), table.column("c0").to_pylist(), strict=True))


def label_of(project: Project, sample: str) -> tuple[str, float]:
    """The label of a sample, and its first number."""
    (row,) = project.rows_of([sample]).tolist()
    return str(project.journal.fold.labels()[row]), held(project)[sample]


def test_a_label_stays_with_its_row(begun: Project, tmp_path: Path) -> None:
    ours = ("b", float(measured(2)[0]))
    assert label_of(begun, "t.csv#row 3") == ours
    path = tmp_path / "t.csv"
    tables = [
        ([measured(9), *map(measured, range(6))], 1, 7),
        ([measured(number) for number in (5, 4, 2, 9)], 0, 7),
        ([measured(8), edited(measured(2), 3)], 7, 8),
        ([measured(number) for number in range(6)], 1, 8),
    ]
    for rows, head, samples in tables:
        found = table(path, rows, head)
        assert begun.recognise(found).found.keys == begun.add(found).found.keys, "a dry run calls them alike"
        assert begun.add(found).added == 0, "again is harmless"
        assert label_of(begun, "t.csv#row 3") == ours, "at each place and in each company"
        assert set(held(begun)) == {f"t.csv#row {number}" for number in range(1, samples + 1)}


def test_what_is_said_of_rows_that_moved(begun: Project, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [measured(9), edited(measured(0), 2), *map(measured, range(1, 5))]
    added = begun.add(table(path, rows))
    told = (
        "t.csv: it does not name its samples, which are known again by what they hold: 5 stand elsewhere (row 1 in "
        "line 3, row 2 in line 4, row 3 in line 5, …); 1 holds something else than before (row 1 in line 3); 1 is new "
        "(row 7 in line 2)."
    )
    assert told in added.notes
    assert (
        "t.csv: a sample that it had before is not in it any more (t.csv#row 6). It stays, with its label; `winnow "
        "purge` takes it out." in added.notes
    )
    assert begun.samples.column("group").tolist()[-1] == "row 7", "alone in a group of its name"


def test_a_table_of_strangers_is_refused(begun: Project, tmp_path: Path) -> None:
    other = table(tmp_path / "t.csv", [measured(number) for number in range(20, 26)])
    before = held(begun)
    for act in (begun.add, begun.recognise):
        with pytest.raises(Strangers, match="nothing in it is one of the 6 samples that are known of it"):
            act(other)
    assert held(begun) == before


def test_rows_that_get_names_stay_the_samples_they_are(begun: Project, tmp_path: Path) -> None:
    named = table(tmp_path / "t.csv", [measured(number) for number in (0, 2, 7)], key="S")
    for added in (1, 0):
        done = begun.add(named)
        assert done.found.keys == ["row 1", "row 3", "S3"]
        assert done.added == added
        assert label_of(begun, "t.csv#row 3")[0] == "b"
    again = begun.add(table(tmp_path / "t.csv", [measured(number) for number in (2, 7)], head=0))
    assert again.found.keys == ["row 3", "S3"], "and those that lose them keep them"


def test_projects_of_before_know_their_rows_by_what_they_hold(begun: Project, tmp_path: Path) -> None:
    with begun._database.writing() as connection:
        for name, text in connection.exec_driver_sql("SELECT id, meta FROM sample").all():
            meta = {key: value for key, value in json.loads(text).items() if key not in (LINE, PRINTS)}
            connection.exec_driver_sql("UPDATE sample SET meta = ? WHERE id = ?", (json.dumps(meta), name))
    begun.add(table(tmp_path / "t.csv", [measured(9), *map(measured, range(6))]))
    assert label_of(begun, "t.csv#row 3") == ("b", float(measured(2)[0]))


@pytest.mark.parametrize("wrong", [None, 4])
def test_withdrawn_rows_stay_out_wherever_they_stand(wrong: int | None, begun: Project, tmp_path: Path) -> None:
    begun.purge(begun.rows_of(["t.csv#row 3", "t.csv#row 6"]))
    gone = measured(2) if wrong is None else edited(measured(2), wrong)
    rows = [measured(9), gone, *map(measured, (0, 1, 3, 4))]
    for added in (1, 0):
        done = begun.add(table(tmp_path / "t.csv", rows))
        assert (done.added, done.skipped) == (added, 1)
        assert done.found.keys == ["row 7", "row 1", "row 2", "row 4", "row 5"], "no other row gets its place"
    grown = begun.add(table(tmp_path / "t.csv", [*map(measured, (0, 1, 3, 4, 9)), measured(10)]))
    assert (grown.added, grown.skipped) == (1, 0)
    assert float(measured(2)[0]) not in held(begun).values()


def test_rows_withdrawn_by_their_ids_alone_stay_out(begun: Project, tmp_path: Path) -> None:
    begun.purge(begun.rows_of(["t.csv#row 3"]))
    with begun._labels.writing() as connection:
        from models.store.digest import id_digest

        kept = id_digest("t.csv#row 3")
        connection.exec_driver_sql("DELETE FROM tombstone WHERE sha <> ?", (kept,))
    done = begun.add(table(tmp_path / "t.csv", [measured(number) for number in range(6)]))
    assert (done.added, done.skipped) == (0, 1)
