"""Which recording a file of annotations means, and what of it is new, changed, gone or kept, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from models.domain import Annotated, Noted, Skipped
from models.domains import domain
from models.event import REGION, Entry
from models.orders.marking import Marking, Recordings
from models.region import Region, named_each, write_region
from models.sample import Samples
from models.store.project import Project
from tests.projects import project_from
from tests.voice.spoken import table, tone, wav

ONE, TWO = "d#a/one.wav", "d#a/two.wav"
VOICE = domain("voice")


def of_ids(*names: str) -> Samples:
    count = len(names)
    return Samples(
        pa.table({"id": list(names), "source": pa.array([0] * count, pa.int32()), "key": list(names)}), ("d",)
    )


def recordings(*names: str, carrier: Any = lambda samples, row: samples.ids()[row]) -> Recordings:
    kind: Any = SimpleNamespace(carrier=carrier)
    found = Recordings(kind)
    found.add(of_ids(*names))
    return found


# Which recording is meant


def test_an_id_is_that_recording_and_no_other_of_its_name() -> None:
    found = recordings("x#a/one.wav", "y#a/one.wav", "y#A/ONE.wav")
    assert found.find(["y#a/one.wav"]) == ["y#a/one.wav"]
    assert found.find(["x#a/one.wav", "y#a/one.wav"]) == ["x#a/one.wav"], "the surest comes first"
    assert found.find(["nothing", "y#A/ONE.wav"]) == ["y#A/ONE.wav"], "an id is surer than any name"


def test_a_sample_that_comes_twice_is_one_recording() -> None:
    found = recordings("d#one.wav", "d#two.wav")
    found.add(of_ids("d#one.wav"))
    assert found.find(["one"]) == ["d#one.wav"]


def test_capitals_and_ends_of_names_do_not_matter() -> None:
    found = recordings("D#Anna/Vowel_A.WAV", "D#Bert/other.flac")
    for name in ("vowel_a", "VOWEL_A.wav", "Vowel_A.TextGrid", "vowel_a.Table.1.selections.txt", "x/vowel_a.txt"):
        assert found.find([name]) == ["D#Anna/Vowel_A.WAV"], name
    assert found.find(["vowel"]) == found.find([""]) == found.find([".txt"]) == []


def test_points_inside_a_name_are_of_the_name() -> None:
    found = recordings("d#take.1.wav", "d#take.2.wav", "d#take.wav")
    assert found.find(["take.2.selections.txt"]) == ["d#take.2.wav"]
    assert found.find(["take.txt"]) == ["d#take.wav"]


def test_of_two_of_one_name_the_nearer_folder_is_meant() -> None:
    found = recordings("d#a/x/one.wav", "d#b/x/one.wav", "d#a/y/one.wav")
    assert found.find(["b/x/one.txt"]) == ["d#b/x/one.wav"]
    assert found.find(["q/a/y/one.txt"]) == ["d#a/y/one.wav"]
    assert found.find(["x/one.txt"]) == ["d#a/x/one.wav", "d#b/x/one.wav"], "both are as near"
    assert len(found.find(["one.txt"])) == 3


def test_what_carries_nothing_is_not_meant() -> None:
    assert recordings("d#one.wav", carrier=lambda samples, row: "").find(["d#one.wav"]) == []
    assert recordings("d#one.wav", carrier=None).find(["one"]) == []


# What comes of it


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two recordings of a second, and two of one name."""
    names = ("a/one.wav", "a/two.wav", "b/same.wav", "c/same.wav")
    for seed, name in enumerate(names):
        wav(tmp_path / "d" / name, tone(seed=seed))
    table(tmp_path / "d" / "t.csv", ("path", "speaker", "label"), *((name, name[0], "x") for name in names))
    project_from(tmp_path / "p", "voice", tmp_path / "d")
    with Project.open(tmp_path / "p") as opened:
        yield opened


def taken(project: Project, *asked: Annotated) -> tuple[Marking, list[Skipped | Noted]]:
    marking = Marking(project, VOICE)
    told = list(marking.take(asked))
    marking.act()
    return marking, told


def said(name: str, *regions: Region, before: Sequence[Region] = (), **more: Any) -> Annotated:
    return Annotated(more.pop("source", "one.txt"), [name], regions, before, **more)


def counts(marking: Marking) -> tuple[int, int, int, int]:
    return marking.new, marking.changed, marking.gone, marking.kept


def standing(project: Project, name: str = ONE) -> dict[str, tuple[float, str]]:
    (row,) = project.rows_of([name]).tolist()
    return {one.name: (one.start, one.text) for one in project.journal.fold.regions(row)}


def put(project: Project, name: str, region: Region | None, of: str = ONE, by: str = "ada") -> None:
    (row,) = project.rows_of([of]).tolist()
    project.journal.act([Entry(row, REGION, name, write_region(region) if region else "")], by, "draw")


def test_new_changed_gone_and_kept_are_counted_each_for_itself(project: Project) -> None:
    first = [Region("r1", 0, 0.1, "a"), Region("r2", 0.1, 0.2, "b"), Region("r3", 0.2, 0.3, "c")]
    marking, told = taken(project, said(ONE, *first))
    assert (counts(marking), told, marking.asked) == ((3, 0, 0, 0), [], 3)
    assert marking.words() == "3 annotations of 1 recording read: 3 new"
    marking, _ = taken(project, said(ONE, *first))
    assert (counts(marking), marking.asked) == ((0, 0, 0, 0), 0)
    assert marking.words() == "3 annotations of 1 recording read: all are in the project"
    marking, _ = taken(project, said(ONE, Region("r1", 0, 0.15, "a"), first[1]))
    assert counts(marking) == (0, 1, 1, 0)
    assert standing(project) == {"r1": (0, "a"), "r2": (0.1, "b")}
    put(project, "r2", Region("r2", 0.1, 0.2, "another"))
    marking, _ = taken(project, said(ONE, Region("r1", 0, 0.15, "a"), first[1]))
    assert counts(marking) == (0, 0, 0, 1)
    assert standing(project)["r2"] == (0.1, "another")
    assert marking.words().endswith("; 1 annotation changed here since, which holds")


def test_a_file_that_changed_again_is_taken_over_where_nobody_was_after_it(project: Project) -> None:
    taken(project, said(ONE, Region("r1", 0, 0.1, "a")))
    put(project, "r1", Region("r1", 0, 0.1, "mine"))
    marking, _ = taken(project, said(ONE, Region("r1", 0, 0.1, "theirs anew")))
    assert counts(marking) == (0, 1, 0, 0)
    assert standing(project)["r1"] == (0, "theirs anew")


def test_what_a_person_changed_is_not_taken_out_by_a_file_that_lost_it(project: Project) -> None:
    taken(project, said(ONE, Region("r1", 0, 0.1, "a"), Region("r2", 0.5, 0.6, "b")))
    put(project, "r1", Region("r1", 0, 0.2, "mine"))
    marking, _ = taken(project, said(ONE))
    assert counts(marking) == (0, 0, 1, 1)
    assert standing(project) == {"r1": (0, "mine")}
    marking, _ = taken(project, said(ONE))
    assert counts(marking)[:3] == (0, 0, 0)


def test_what_a_person_took_out_stays_out_and_is_no_more_asked_for(project: Project) -> None:
    one = Region("r1", 0, 0.1, "a")
    taken(project, said(ONE, one))
    put(project, "r1", None)
    marking, _ = taken(project, said(ONE, one))
    assert (counts(marking), standing(project)) == ((0, 0, 0, 1), {})
    marking, _ = taken(project, said(ONE))
    assert (counts(marking), marking.asked) == ((0, 0, 0, 0), 0)


def test_what_the_file_took_out_and_a_person_drew_again_stays_unasked(project: Project) -> None:
    one = Region("r1", 0, 0.1, "a")
    taken(project, said(ONE, one))
    taken(project, said(ONE))
    put(project, "r1", Region("r1", 0, 0.2, "again"))
    marking, told = taken(project, said(ONE))
    assert (counts(marking), told) == ((0, 0, 0, 0), [])
    assert standing(project) == {"r1": (0, "again")}


def test_of_a_damaged_file_what_a_person_took_out_is_not_told_to_stay(project: Project) -> None:
    one, other = Region("r1", 0, 0.1, "a"), Region("r2", 0.5, 0.6, "b")
    taken(project, said(ONE, one, other))
    put(project, "r2", None)
    marking, told = taken(project, said(ONE, one, damaged=True))
    assert (counts(marking), told) == ((0, 0, 0, 0), [])


def test_what_was_written_by_another_project_is_new_here(project: Project) -> None:
    one = Region("r1", 0, 0.1, "a")
    marking, _ = taken(project, said(ONE, one, before=[one]))
    assert (counts(marking), standing(project)) == ((1, 0, 0, 0), {"r1": (0, "a")})


def test_what_was_written_and_is_deleted_in_the_file_goes(project: Project) -> None:
    one, other = Region("r1", 0, 0.1, "a"), Region("r2", 0.5, 0.6, "b")
    put(project, "r1", one)
    put(project, "r2", other)
    marking, _ = taken(project, said(ONE, other, before=[one, other]))
    assert (counts(marking), standing(project)) == ((0, 0, 1, 0), {"r2": (0.5, "b")})


def test_two_files_of_one_recording_do_not_take_out_each_others(project: Project) -> None:
    taken(project, said(ONE, Region("r1", 0, 0.1, "a"), source="x/first.txt"))
    marking, _ = taken(project, said(ONE, Region("r2", 0.5, 0.6, "b"), source="second.txt"))
    assert counts(marking) == (1, 0, 0, 0)
    marking, _ = taken(project, said(ONE, source="y/first.txt"))
    assert counts(marking) == (0, 0, 1, 0), "a file that moved is known by its name"
    assert standing(project) == {"r2": (0.5, "b")}


def test_regions_that_say_the_same_are_those_that_are_there_each_once(project: Project) -> None:
    put(project, "mine", Region("mine", 0, 0.1, "a"))
    put(project, "other", Region("other", 0, 0.1, "a"))
    marking, _ = taken(project, said(ONE, *[Region("", 0, 0.1, "a")] * 3))
    assert counts(marking) == (1, 0, 0, 0)
    assert len(standing(project)) == 3
    assert {"mine", "other"} < set(standing(project))


def test_a_region_that_is_known_by_its_name_is_no_other_that_says_the_same(project: Project) -> None:
    taken(project, said(ONE, Region("r1", 0, 0.1, "a")))
    put(project, "mine", Region("mine", 0.5, 0.6, "b"))
    marking, _ = taken(project, said(ONE, Region("r1", 0.5, 0.6, "b")))
    assert counts(marking) == (0, 1, 0, 0)
    assert standing(project) == {"r1": (0.5, "b"), "mine": (0.5, "b")}
    put(project, "r1", Region("r1", 0, 0.1, "a"))
    named, given = Region("new", 0, 0.1, "a"), Region("r1", 0, 0.1, "a")
    marking, _ = taken(project, said(ONE, named, given, source="third.txt"))
    assert standing(project)["new"] == (0, "a"), "a name that the file gives to another is not free"


def test_a_damaged_file_takes_nothing_out_and_says_so_only_then(project: Project) -> None:
    one, other = Region("r1", 0, 0.1, "a"), Region("r2", 0.5, 0.6, "b")
    marking, told = taken(project, said(ONE, one, other, damaged=True))
    assert (counts(marking), told) == ((2, 0, 0, 0), [])
    marking, told = taken(project, said(ONE, one, damaged=True))
    assert counts(marking) == (0, 0, 0, 0)
    assert [note.text for note in told if isinstance(note, Noted)] == [
        "1 annotation that it told before stay: part of the file is damaged"
    ]


def test_who_is_meant_by_nobody_or_several_is_told_and_the_rest_goes_on(project: Project) -> None:
    asked = [
        said("nobody.txt", Region("r0", 0, 1, "x"), source="nobody.txt"),
        said("same.txt", Region("r0", 0, 1, "x"), source="same.txt"),
        said("one.txt", Region("r1", 0, 0.5, "a"), label="ill"),
        said("two.txt", Region("r2", 0, 0.5, "a"), Region("r3", 0.9, 1.5, "b"), source="two.txt"),
    ]
    marking, told = taken(project, *asked)
    reasons = [one.reason for one in told if isinstance(one, Skipped)]
    assert "no recording of the project is called so" in reasons[0]
    assert "it may be of 2 recordings (d#b/same.wav, d#c/same.wav): put" in reasons[1]
    assert marking.words() == "3 annotations of 2 recordings read: 3 new"
    assert (marking.labels, marking.recordings) == ({ONE: "ill"}, {ONE, TWO})
    assert [note.source for note in told if isinstance(note, Noted)] == ["two.txt"], "what lies past the end is told"
    assert {event.by for event in project.journal.events()[:2]} == {"file:one.txt", "file:two.txt"}


def test_of_very_many_that_may_be_meant_the_first_are_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for count, words in ((3, "(0, 1, 2):"), (4, "(0, 1, 2, …):")):
        monkeypatch.setattr(Recordings, "find", lambda _own, _names, count=count: [str(one) for one in range(count)])
        ((told,)) = list(Marking(project, VOICE).take([said("x")]))
        assert isinstance(told, Skipped)
        assert words in told.reason


def test_a_recording_that_comes_with_the_same_import_is_found_before_it_is_there(project: Project) -> None:
    found: Any = SimpleNamespace(addresses=lambda: of_ids("e#new.wav"))
    kind: Any = SimpleNamespace(carrier=lambda samples, row: samples.ids()[row])
    marking = Marking(project, kind)
    told = list(marking.take([said("new.txt", Region("", 5, 6, "later"))], [found]))
    assert (told, marking.new, marking.recordings) == ([], 1, {"e#new.wav"})


def test_names_of_regions_come_of_what_they_say(project: Project) -> None:
    taken(project, said(ONE, Region("", 0, 0.1, "a"), Region("", 0, 0.1, "a")))
    assert set(standing(project)) == {one.name for one in named_each(ONE, [Region("", 0, 0.1, "a")] * 2)}
