"""Files of annotations back into a project: the same everywhere, again harmless, a person's later word holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.errors import UserError
from models.event import REGION, Entry
from models.job import Job
from models.region import Region, write_region
from models.store.project import Project
from tests.voice.spoken import table, tone, wav
from workers.inline import run

FORMATS = pytest.mark.parametrize("form", ["raven", "textgrid", "audacity"])
NAMES = ("a/one.wav", "a/two.wav", "b/one.wav")
MARKED = {
    "d#a/one.wav": [
        Region("r1", 0.1, 0.5, 'say "ah"\tä'), Region("r2", 0.3, 0.7, "ill", (), 300, 1000.25),
        Region("r3", 0.4, 0.4, ""), Region("r4", 0.8, 2.5, "past the end", (), None, 900),
        Region("r5", 0.3, 0.7, "ill"),
    ],
    "d#b/one.wav": [Region("r6", 0, 1, "two\nlines", (), 100.0)],
}  # fmt: skip


def do(order: str, **arguments: Any) -> Any:
    return run(Job(order, arguments, order))


def bring(project: Path, *sources: Path, **more: Any) -> Any:
    return do("import_samples", project=str(project), sources=[str(one) for one in sources], **more)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    for seed, name in enumerate(NAMES):
        wav(tmp_path / "d" / name, tone(seed=seed))
    rows = [(name, f"s{place}", ("ill", "well")[place % 2]) for place, name in enumerate(NAMES)]
    table(tmp_path / "d" / "metadata.csv", ("path", "speaker_id", "label"), *rows)
    return tmp_path / "d"


@pytest.fixture
def first(sounds: Path, tmp_path: Path) -> Path:
    """A project with regions, in which a person relabelled one recording."""
    project = new(tmp_path / "p1", sounds)
    with Project.open(project) as opened:
        entries = [
            Entry(int(opened.rows_of([name])[0]), REGION, one.name, write_region(one))
            for name, regions in MARKED.items()
            for one in regions
        ]
        opened.journal.act(entries, "ada", "draw")
        opened.journal.label(opened.rows_of(["d#a/two.wav"]), "ill", "ada")
    return project


def new(place: Path, *sources: Path) -> Path:
    Project.create(place, "voice").close()
    bring(place, *sources)
    return place


def standing(project: Path) -> dict[str, list[Region]]:
    with Project.open(project) as opened:
        rows = {name: int(opened.rows_of([name])[0]) for name in opened.samples.ids()}
        found = {name: opened.journal.fold.regions(row) for name, row in rows.items()}
    return {name: sorted(regions, key=lambda one: one.name) for name, regions in found.items() if regions}


def labels(project: Path) -> list[str | None]:
    with Project.open(project) as opened:
        return list(opened.journal.fold.labels())


def position(project: Path) -> int:
    with Project.open(project) as opened:
        return int(opened.journal.position)


def put(project: Path, name: str, *regions: Region) -> None:
    with Project.open(project) as opened:
        row = int(opened.rows_of([name])[0])
        entries = [Entry(row, REGION, one.name, write_region(one) if one.stop >= 0 else "") for one in regions]
        opened.journal.act(entries, "ada", "draw")


@FORMATS
def test_regions_and_labels_come_back_identical(form: str, first: Path, sounds: Path, tmp_path: Path) -> None:
    told = do("export", project=str(first), format=form, out=str(tmp_path / "out"))
    assert told["written"] == len(NAMES)
    assert standing(first) == MARKED
    second = new(tmp_path / "p2", sounds)
    dry = bring(second, tmp_path / "out", dry_run=True)
    assert (dry["annotations"], standing(second)) == (6, {})
    back = bring(second, tmp_path / "out")
    assert (back["annotations"], back["skipped"]) == (6, [])
    assert standing(second) == MARKED
    assert labels(second) == labels(first) == ["ill", "ill", "ill"]
    before = position(second)
    again = bring(second, tmp_path / "out")
    assert (again["annotations"], position(second)) == (0, before)
    assert bring(first, tmp_path / "out")["annotations"] == 0, "nor where they came from"


@FORMATS
def test_they_come_with_their_sound_too_and_one_file_alone(
    form: str, first: Path, sounds: Path, tmp_path: Path
) -> None:
    do("export", project=str(first), format=form, out=str(sounds / "marks"))
    (sounds / "marks" / "annotations.json").rename(tmp_path / "kept.json")
    second = tmp_path / "p2"
    Project.create(second, "voice").close()
    told = bring(second, sounds)
    # Two sounds of one name: without the sidecar nobody knows whose regions these are.
    assert {one["source"].partition(".")[0] for one in told["skipped"]} == {"marks/one", "marks/b_one"}
    (tmp_path / "kept.json").rename(sounds / "marks" / "annotations.json")
    one = next(path for path in sorted((sounds / "marks").iterdir()) if path.name.startswith("one."))
    assert bring(second, one)["annotations"] == 5
    assert standing(second)["d#a/one.wav"] == MARKED["d#a/one.wav"]


def name_of(project: Path, name: str, label: str) -> None:
    with Project.open(project) as opened:
        opened.journal.label(opened.rows_of([name]), label, "ada")


@FORMATS
def test_a_label_that_a_person_gave_or_took_away_since_holds(form: str, first: Path, tmp_path: Path) -> None:
    do("export", project=str(first), format=form, out=str(tmp_path / "out"))
    name_of(first, "d#a/two.wav", "well")
    name_of(first, "d#b/one.wav", "")
    back = bring(first, tmp_path / "out")
    assert labels(first) == ["ill", "well", None]
    assert back["votes"] == 0
    assert any("2 labels given otherwise since, which holds" in one["text"] for one in back["notes"])
    told = json.loads((tmp_path / "out" / "annotations.json").read_text("utf-8"))
    for one in told["files"].values():
        one["label_at"] = "2999-01-01T00:00:00+00:00"
    (tmp_path / "out" / "annotations.json").write_text(json.dumps(told), "utf-8")
    bring(first, tmp_path / "out")
    assert labels(first) == ["ill", "ill", "ill"], "what was given later elsewhere is news"


def test_a_label_that_a_person_took_back_since_is_not_given_again(first: Path, tmp_path: Path) -> None:
    do("export", project=str(first), format="textgrid", out=str(tmp_path / "out"))
    with Project.open(first) as opened:
        assert opened.journal.undo("ada") is not None
        opened.journal.note(int(opened.rows_of(["d#a/two.wav"])[0]), "heard again", "ada")
    assert labels(first) == ["ill", "well", "ill"]
    back = bring(first, tmp_path / "out")
    assert (labels(first), back["votes"]) == (["ill", "well", "ill"], 0)


def test_what_was_changed_in_another_program_is_taken_over(first: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    do("export", project=str(first), format="audacity", out=str(out))
    path = next(path for path in out.iterdir() if "past the end" in path.read_text("utf-8"))
    text = path.read_text("utf-8")
    text = text.replace("0.100000\t0.500000", "0.100000\t0.600000").replace("0.400000\t0.400000\t\n", "")
    path.write_text(text + "0.9\t0.95\tnew in Audacity\n", "utf-8")
    put(first, "d#a/one.wav", Region("r5", 0.3, 0.75, "moved here since"))
    told = bring(first, out)
    assert told["annotations"] == 4
    found = standing(first)
    plain = {(one.start, one.stop, one.text) for one in found["d#a/one.wav"]}
    assert (0.1, 0.6, 'say "ah" ä') in plain
    assert (0.9, 0.95, "new in Audacity") in plain
    assert (0.3, 0.75, "moved here since") in plain, "what a person did since holds"
    assert not any(one.start == one.stop for one in found["d#a/one.wav"]), "what was deleted there is gone"
    assert found["d#b/one.wav"] == MARKED["d#b/one.wav"]
    words = next(note["text"] for note in told["notes"] if "read:" in note["text"])
    assert (
        words == "6 annotations of 3 recordings read: 2 new, 2 taken out; 1 annotation changed here since, which holds"
    )
    before = position(first)
    bring(first, out)
    assert position(first) == before


def test_an_annotation_that_a_person_took_out_stays_out(first: Path, tmp_path: Path) -> None:
    do("export", project=str(first), format="textgrid", out=str(tmp_path / "out"))
    put(first, "d#b/one.wav", Region("r6", -1, -1, ""))
    assert bring(first, tmp_path / "out")["annotations"] == 0
    assert "d#b/one.wav" not in standing(first)


def test_files_of_others_come_in_with_their_sound(sounds: Path, tmp_path: Path) -> None:
    (sounds / "a" / "two.Table.1.selections.txt").write_text(
        "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\n"
        "1\tSpectrogram 1\t1\t0.25\t0.5\t100\t2000\n2\tSpectrogram 1\t1\t5\t4\t100\t2000\n",
        "utf-8",
    )
    (sounds / "a" / "one.TextGrid").write_text("hello", "utf-8")
    (sounds / "b" / "one.txt").write_text("0,25\t0,5\tcough\n", "utf-8")
    (sounds / "lost.txt").write_text("0.25\t0.5\tcough\n", "utf-8")
    (sounds / "b" / "annotations.json").write_text("{", "utf-8")
    project = tmp_path / "p"
    Project.create(project, "voice").close()
    told = bring(project, sounds)
    assert told["samples"] == 3
    reasons = {one["source"]: (one["where"], one["reason"].partition(":")[0]) for one in told["skipped"]}
    assert reasons == {
        "a/one.TextGrid": ("", "it does not begin as a TextGrid, a Raven selection table or an Audacity label track"),
        "a/two.Table.1.selections.txt": ("line 3", "it ends at 4 s, before it begins at 5 s"),
        "lost.txt": ("", "no recording of the project is called so"),
    }
    found = standing(project)
    assert [(one.start, one.low, one.high) for one in found["d#a/two.wav"]] == [(0.25, 100, 2000)]
    assert [(one.start, one.text) for one in found["d#b/one.wav"]] == [(0.25, "cough")]
    words = [note["text"] for note in told["notes"]]
    assert any("decimal comma" in text for text in words)
    assert any("it is no JSON" in text for text in words)


def test_annotations_without_their_recordings_are_no_import(first: Path, tmp_path: Path) -> None:
    do("export", project=str(first), format="raven", out=str(tmp_path / "out"))
    empty = tmp_path / "p3"
    Project.create(empty, "voice").close()
    with pytest.raises(UserError, match=r"one\.selections\.txt: no recording of the project is called so"):
        bring(empty, tmp_path / "out")


def test_a_class_that_the_project_does_not_know_is_told(first: Path, sounds: Path, tmp_path: Path) -> None:
    do("export", project=str(first), format="textgrid", out=str(tmp_path / "out"))
    for path in (tmp_path / "out").glob("two*"):
        path.write_text(path.read_text("utf-8").replace('"ill"', '"il"'), "utf-8")
    strict = tmp_path / "strict"
    Project.create(strict, "voice", classes=["ill", "well"]).close()
    bring(strict, sounds)
    told = bring(strict, tmp_path / "out")
    assert any("'il'" in one["reason"] and "ill" in one["reason"] for one in told["skipped"])
    assert labels(strict) == ["ill", "well", "ill"]
    free = new(tmp_path / "free", sounds)
    told = bring(free, tmp_path / "out")
    assert any("'il' is a class that the project did not have" in note["text"] for note in told["notes"])
    assert labels(free) == ["ill", "il", "ill"]


def test_mel_images_have_no_regions(first: Path, tmp_path: Path) -> None:
    told = do("export", project=str(first), format="textgrid", out=str(tmp_path / "out"), where='id ~ "b/"')
    assert told["written"] == 1
    kept = json.loads((tmp_path / "out" / "annotations.json").read_text("utf-8"))
    (one,) = kept["files"].values()
    assert (one["sample"], one["label"], one["label_by"], one["label_kind"]) == ("d#b/one.wav", "ill", "file", "file")
    assert [region["text"] for region in one["regions"]] == ["two\nlines"]


@FORMATS
def test_a_file_that_is_cut_off_takes_nothing_out(form: str, first: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    do("export", project=str(first), format=form, out=str(out))
    for path in out.iterdir():
        if path.name != "annotations.json":
            text = path.read_text("utf-8")
            path.write_text(text[: len(text) - 20] + ("" if form == "raven" else "\tnan\n"), "utf-8")
    told = bring(first, out)
    assert told["skipped"], "what is damaged is named"
    found = {name: {one.name for one in regions} for name, regions in standing(first).items()}
    for name, regions in MARKED.items():
        assert {one.name for one in regions} <= found[name], "what a damaged file does not tell stays"


@FORMATS
def test_a_file_that_was_emptied_takes_nothing_out(form: str, first: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    do("export", project=str(first), format=form, out=str(out))
    for path in out.iterdir():
        if path.name != "annotations.json":
            path.write_bytes(b"")
    with pytest.raises(UserError, match="it is empty"):
        bring(first, out)
    (out / "sound").mkdir()
    wav(out / "sound" / "new.wav")
    told = bring(first, out)
    assert [one["reason"] for one in told["skipped"]] == ["it is empty"] * len(told["skipped"])
    assert standing(first) == MARKED
