"""What a sidecar keeps of files of regions: taken back while the file says what was written, each once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.domains.voice import sidecar
from models.domains.voice.mark_files import read_all
from models.domains.voice.sidecar import Kept, Restored, lost
from models.domains.voice.walk import MARKS, Files
from models.findings import Annotated, Noted, Skipped
from models.region import Region

#: A region, and how a file says it: no frequencies, blunter times, another text.
ONE = Region("r1", 0.123456789, 0.5, "two\nlines", (), 100.0, 900.0)
WRITTEN = replace(ONE, start=0.123457, text="two lines", low=None, high=None)


def taken(*said: Region, pairs: list[tuple[Region, Region]]) -> list[str]:
    restored = Restored(pairs)
    return [restored.take(one).name for one in said]


def test_what_was_written_is_what_it_was_again() -> None:
    assert Restored([(ONE, WRITTEN)]).take(replace(WRITTEN, name="")) == ONE


@pytest.mark.parametrize("change", [{"start": 0.1235}, {"stop": 0.51}, {"text": "two  lines"}, {"low": 100.0},
                                    {"high": 900.0}, {"channels": ("1",)}])  # fmt: skip
def test_what_says_anything_else_is_another(change: dict[str, object]) -> None:
    said = replace(WRITTEN, name="", **change)
    assert Restored([(ONE, WRITTEN)]).take(said) == said


def test_each_is_taken_once() -> None:
    other = replace(ONE, name="r2")
    said = replace(WRITTEN, name="new")
    assert taken(said, said, said, pairs=[(ONE, WRITTEN), (other, replace(WRITTEN, name="r2"))]) == ["r1", "r2", "new"]


@pytest.mark.parametrize(("start", "rounded"), [(0.0100000, 0.0099995), (0.0099995, 0.0100000), (0.5, 0.5)])
def test_what_another_program_rounded_over_a_millisecond_is_the_same(start: float, rounded: float) -> None:
    one = Region("r1", start, 1.0, "a", (), 100.0, 200.0)
    said = Region("", rounded, 1.000004, "a", (), 100.4, 199.6)
    assert Restored([(one, one)]).take(said) == one
    far = replace(said, start=rounded + 2e-3)
    assert Restored([(one, one)]).take(far) == far
    for change in ({"low": 101.0}, {"high": 201.0}, {"low": None}, {"stop": 1.0001}):
        other = replace(said, **change)
        assert Restored([(one, one)]).take(other) == other


def test_of_several_alike_in_start_the_one_that_says_so_is_taken() -> None:
    long, short = Region("long", 0.1, 0.9, "a"), Region("short", 0.1, 0.2, "a")
    assert taken(replace(short, name=""), pairs=[(long, long), (short, short)]) == ["short"]


def test_only_what_differs_is_kept_as_written(tmp_path: Path) -> None:
    same = Region("r2", 1, 2, "same", ("left",))
    kept = Kept("d#a.wav", "a.wav", "ill", "Ill", [(ONE, WRITTEN), (same, same)], {"label_by": "ada"})
    path = tmp_path / sidecar.NAME
    sidecar.write(path, "audacity", {"a.txt": kept, "b.txt": Kept("d#b.wav", "b.wav", "well", "well")})
    told = json.loads(path.read_text("utf-8"))["files"]
    assert told["a.txt"]["regions"][0]["written"] == {
        "text": "two lines", "low": None, "high": None, "start": 0.123457,
    }  # fmt: skip
    assert "written" not in told["a.txt"]["regions"][1]
    assert (told["a.txt"]["label_written"], told["a.txt"]["label_by"]) == ("Ill", "ada")
    assert "label_written" not in told["b.txt"]
    back = sidecar.read(path)
    assert back["a.txt"].regions == [(ONE, WRITTEN), (same, same)]
    assert (back["a.txt"].label, back["a.txt"].written) == ("ill", "Ill")
    assert (back["b.txt"].label, back["b.txt"].written) == ("well", "well")
    assert lost(kept.regions) == {
        "tabs, line ends or empty texts": 1, "frequencies": 1, "times to the nanosecond": 1,
    }  # fmt: skip


def test_channels_come_back_as_written(tmp_path: Path) -> None:
    one = Region("r1", 0, 1, "a", ("left", "right"))
    path = tmp_path / sidecar.NAME
    sidecar.write(path, "raven", {"a.txt": Kept("", "", "", "", [(one, replace(one, channels=("left",)))])})
    ((_, written),) = sidecar.read(path)["a.txt"].regions
    assert written.channels == ("left",)


# Files with their sidecar


def read(place: Path, *names: str) -> list[Annotated | Noted | Skipped]:
    marks = [place / name for name in names or ("one.txt",)]
    return [
        one for one in read_all(Files(place.parent, {MARKS: marks})) if isinstance(one, Annotated | Noted | Skipped)
    ]


def annotated(place: Path, *names: str) -> list[Annotated]:
    return [one for one in read(place, *names) if isinstance(one, Annotated)]


def files(place: Path, text: str, name: str = "one.txt", **kept: Any) -> Path:
    """A file of regions, and where it is told what is kept of it a sidecar that does so."""
    place.mkdir(exist_ok=True)
    (place / name).write_text(text, "utf-8")
    if kept:
        sidecar.write(place / sidecar.NAME, "audacity", {name: Kept("d#a/one.wav", "a/one.wav", **kept)})
    return place


def track(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def test_a_label_is_what_it_was_as_long_as_the_file_says_what_was_written(tmp_path: Path) -> None:
    how = {"label": "two\nlines", "written": "two lines"}
    for text, wanted in (
        ("two lines", "two\nlines"),
        ("two\u00a0lines", "two\u00a0lines"),
        ("well", "well"),
        ("", None),
    ):
        (one,) = annotated(files(tmp_path / "d", track(f"0\t1\trecording: {text}"), **how))
        assert one.label == wanted, text
    (bare,) = annotated(files(tmp_path / "d", track("0\t1\ta"), **how))
    assert bare.label is None, "a file that tells no label takes none away and gives none"
    (alone,) = annotated(files(tmp_path / "e", track("0\t1\trecording: two lines")))
    assert alone.label == "two lines"


def test_a_label_that_was_not_there_is_taken_from_the_file(tmp_path: Path) -> None:
    (one,) = annotated(files(tmp_path / "d", track("0\t1\trecording: ill"), regions=[(ONE, WRITTEN)]))
    assert one.label == "ill"


def test_regions_are_restored_and_those_before_are_known(tmp_path: Path) -> None:
    text = track("0.123457\t0.500000\ttwo lines", "0.6\t0.7\tnew")
    (one,) = annotated(files(tmp_path / "d", text, regions=[(ONE, WRITTEN)]))
    assert one.regions == [ONE, Region("", 0.6, 0.7, "new")]
    assert (one.before, one.damaged, one.source) == ([ONE], False, "d/one.txt")


def test_whose_it_is_the_sidecar_knows_best(tmp_path: Path) -> None:
    (one,) = annotated(files(tmp_path / "d", track("0\t1\ta"), label="x", written="x"))
    assert one.names == ["d#a/one.wav", "a/one.wav", "d/one.txt"]
    (alone,) = annotated(files(tmp_path / "e", track("0\t1\ta")))
    assert alone.names == ["e/one.txt"]


HEAD = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tBegin File"


def test_of_a_file_about_two_recordings_nothing_is_restored(tmp_path: Path) -> None:
    row = "1\tSpectrogram 1\t1\t0.1\t0.5\t100\t900\t{}"
    here = files(tmp_path / "d", track(HEAD, row.format("one.wav")), "t.txt", regions=[(ONE, ONE)])
    (one,) = annotated(here, "t.txt")
    assert one.before == [ONE]
    assert one.names == ["d#a/one.wav", "a/one.wav", "d/one.wav", "d/t.txt"]
    both = files(
        tmp_path / "e", track(HEAD, row.format("one.wav"), row.format("two.wav")), "t.txt", regions=[(ONE, ONE)]
    )
    told = annotated(both, "t.txt")
    assert [one.names for one in told] == [["e/one.wav", "e/t.txt"], ["e/two.wav", "e/t.txt"]]
    assert [one.before for one in told] == [[], []]


def test_an_empty_file_is_one_that_held_nothing_or_damage(tmp_path: Path) -> None:
    (one,) = annotated(files(tmp_path / "a", "", label="", written=""))
    assert (one.regions, one.label, one.names[0]) == ([], None, "d#a/one.wav")
    for place, how in (("b", {"regions": [(ONE, WRITTEN)]}), ("c", {"label": "ill", "written": "ill"}), ("e", {})):
        told = read(files(tmp_path / place, "", **how))
        assert [type(one) for one in told] == [Skipped], place


def test_a_damaged_row_marks_what_is_told_as_damaged(tmp_path: Path) -> None:
    told = read(files(tmp_path / "d", track("0\t1\ta", "nan\t1\tb")))
    assert [type(one) for one in told] == [Skipped, Annotated]
    assert isinstance(told[1], Annotated)
    assert told[1].damaged


def test_a_damaged_sidecar_is_told_once_and_the_files_go_on(tmp_path: Path) -> None:
    place = files(tmp_path / "d", track("0\t1\ta"))
    (place / "two.txt").write_text(track("0\t1\tb"), "utf-8")
    (place / sidecar.NAME).write_text("{", "utf-8")
    told = read(place, "one.txt", "two.txt")
    assert [type(one) for one in told] == [Noted, Annotated, Annotated]
    assert isinstance(told[0], Noted)
    assert told[0].source == f"d/{sidecar.NAME}"
