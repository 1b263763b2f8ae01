"""Annotations inside a sample: kept in the journal, undone like any act, read back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.domain import Found
from models.errors import UserError
from models.event import REGION, Entry
from models.region import (
    Region,
    named,
    named_each,
    outside,
    read_region,
    read_regions,
    region_name,
    split_region,
    write_region,
)
from models.store.check import check
from models.store.project import Project

WHOLE = [(1.5, 3.0, "seizure", ()), (2.0, 2.0, "spike é", ("F7", "Fp1")), (2.0, 2.0, "spike é", ("F7", "Fp1"))]


def add(project: Project, folder: Path, regions: list[tuple[float, float, str, tuple[str, ...]]]) -> int:
    source = folder / "r.edf"
    source.write_text("r")
    found = Found(source, "r.edf", [""], ["g"], regions={"": named("r.edf", regions)})
    project.add(found)
    return int(project.rows_of(["r.edf"])[0])


def told(project: Project, row: int) -> list[tuple[float, float, str, tuple[str, ...]]]:
    return [(one.start, one.stop, one.text, one.channels) for one in project.journal.fold.regions(row)]


def test_boxes_of_other_frequencies_are_other_ones_whatever_their_order() -> None:
    low, high = Region("", 1.0, 2.0, "a", (), 100.0, 200.0), Region("", 1.0, 2.0, "a", (), 300.0, None)
    plain, known = Region("", 1.0, 2.0, "a"), Region("mine", 1.0, 2.0, "a")
    names = {(one.low, one.high): one.name for one in named_each("r", [low, high, plain])}
    turned = {(one.low, one.high): one.name for one in named_each("r", [plain, high, low])}
    assert names == turned, "each keeps its name when a file has them in another order"
    assert len(set(names.values())) == 3
    assert [one.name for one in named_each("r", [known, plain])] == ["mine", names[None, None]]
    assert names[None, None] == named("r", [(1.0, 2.0, "a", ())])[0].name, "as an import names what is no box"
    twice = named_each("r", [low, low])
    assert twice[0].name == names[100.0, 200.0] != twice[1].name


def test_what_lies_outside_of_a_recording_is_told_once() -> None:
    spans = [(1.0, 2.0), (9.0, 10.0009), (9.0, 11.0), (12.0, 12.0), (-2.0, -1.0), (-1.0, 0.0), (-1.0, 3.0)]
    assert outside(spans, 10.0) == [
        "1 of 7 annotations lies past the end of the recording: no page shows it",
        "1 of 7 annotations goes on past the end of the recording",
        "1 of 7 annotations lies before the start of the recording: no page shows it",
        "2 of 7 annotations begin before the start of the recording",
    ]
    assert outside(spans[:2], 10.0) == []
    assert outside([(11.0, 12.0)] * 2, 10.0) == ["2 annotations lie past the end of the recording: no page shows them"]


def test_the_annotations_of_a_source_come_in_once(project: Project, tmp_path: Path) -> None:
    row = add(project, tmp_path, WHOLE)
    assert told(project, row) == WHOLE, "two alike are two"
    position = project.journal.position
    assert add(project, tmp_path, WHOLE) == row
    assert project.journal.position == position
    add(project, tmp_path, [*WHOLE[1:], (9, 10, "new", ())])
    assert told(project, row) == [*WHOLE[1:], (9, 10, "new", ())], "what the source lost is gone"
    with Project.open(project.path) as again:
        assert told(again, row) == [*WHOLE[1:], (9, 10, "new", ())]
        assert [one for one in check(again) if "r.edf" not in one] == []


def test_an_act_on_annotations_is_undone_as_one(project: Project, tmp_path: Path) -> None:
    row, journal = add(project, tmp_path, WHOLE), project.journal
    first, *_ = journal.fold.regions(row)
    before, after = split_region(first, 2.0)
    entries = [Entry(row, REGION, one.name, write_region(one)) for one in (before, after)]
    journal.act(entries, "ann", "split seizure")
    assert [one[:3] for one in told(project, row)][:2] == [(1.5, 2.0, "seizure"), (2.0, 2.0, "spike é")]
    assert len(told(project, row)) == 4
    journal.act([Entry(row, REGION, first.name, "")], "ann", "delete seizure")
    assert len(told(project, row)) == 3
    journal.undo("ann")
    journal.undo("ann")
    assert told(project, row) == WHOLE
    journal.redo("ann")
    assert len(told(project, row)) == 4


def test_a_curators_word_outlasts_the_same_import(project: Project, tmp_path: Path) -> None:
    row = add(project, tmp_path, WHOLE)
    first = project.journal.fold.regions(row)[0]
    project.journal.act([Entry(row, REGION, first.name, "")], "ann", "delete seizure")
    add(project, tmp_path, WHOLE)
    assert told(project, row) == WHOLE[1:]


def test_texts_that_are_no_annotation_are_passed_over() -> None:
    for text in (
        "",
        "x",
        "{",
        "[]",
        '{"start":1}',
        '{"start":2,"stop":1,"text":"a"}',
        '{"start":NaN,"stop":1,"text":""}',
        '{"start":1,"stop":2,"text":"","low":500,"high":400}',
        '{"start":1,"stop":2,"text":"","low":-1}',
        '{"start":1,"stop":2,"text":"","high":"x"}',
    ):
        assert read_region("n", text) is None, text
    region = Region(region_name("one"), 0.12345678912, 2, "a, b", ("Cz", "Fp1", "Cz"))
    again = read_region(region.name, write_region(region))
    assert again == Region(region.name, 0.123456789, 2, "a, b", ("Fp1", "Cz")), "to the nanosecond, channels unordered"
    assert region_name("one") == region.name != region_name("two") != region_name()


@pytest.mark.parametrize(("start", "stop"), [(2, 1), (float("nan"), 1), (0, float("inf"))])
def test_times_that_cannot_be_are_refused(start: float, stop: float) -> None:
    with pytest.raises(UserError, match="cannot be"):
        write_region(Region("n", start, stop, "a"))


def test_a_split_is_inside(project: Project) -> None:
    region = Region("n", 1, 3, "a")
    with pytest.raises(UserError, match="not inside"):
        split_region(region, 3)
    with pytest.raises(UserError, match="not inside"):
        split_region(region, 1)


def test_annotations_stand_in_order_of_time() -> None:
    spans = {"d": (2.0, 3.0), "c": (2.0, 2.5), "a": (4.0, 5.0), "b": (0.0, 9.0)}
    texts = {name: write_region(Region(name, *span, "x")) for name, span in spans.items()}
    assert [one.name for one in read_regions({**texts, "gone": ""})] == ["b", "c", "d", "a"]


HERTZ = st.none() | st.floats(0, 1e6).map(lambda at: round(at, 3))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.floats(0, 1e6), st.floats(0, 1e5), st.text(max_size=8), HERTZ, HERTZ)
def test_a_region_comes_back_as_it_was_written(
    start: float, long: float, text: str, low: float | None, high: float | None
) -> None:
    start = round(start, 6)
    region = Region("n", start, round(start + long, 6), text, (), low, high)
    if low is not None and high is not None and low >= high:
        with pytest.raises(UserError, match="frequencies"):
            write_region(region)
        return
    written = write_region(region)
    assert read_region("n", written) == region
    assert region.banded == (low is not None or high is not None)


def test_a_text_of_before_frequencies_is_of_all_of_them() -> None:
    found = read_region("n", '{"start":1,"stop":2,"text":"a"}')
    assert found == Region("n", 1, 2, "a")
    assert write_region(found) == '{"start":1,"stop":2,"text":"a"}'


def test_the_parts_of_a_split_keep_its_frequencies() -> None:
    for part in split_region(Region("n", 1, 3, "a", (), 300, 3000), 2):
        assert (part.low, part.high) == (300, 3000)
